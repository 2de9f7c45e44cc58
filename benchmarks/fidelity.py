"""Compares what the real tools answer with what our engines answer, and says which questions those were.

    python benchmarks/fidelity.py [TRUTH] [--tool uv-0.13.9] [--build-sdists] [--only CASE] [--pythons DIR] [--jobs 2]

Without TRUTH the questions are those of `questions.toml`, written here, and the real tool is asked them there and then,
about PyPI: that of ``.venv-TOOL``, which `tests/run` makes, or of this environment. It builds sdists where it needs to.
TRUTH is a folder of recorded answers: ``cases/*.toml`` (requirements, constraints, cutoff, only_binary) and
``results/*.json`` (outcome and pins); PyPI is then read through the cache, pages of any age are taken. DIR holds
interpreters as ``3.11.7/bin/python``: real pip runs on the Python that is asked about, and recorded builds ran on it.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import real_tools

from backtrail.index import DEFAULT_INDEX
from backtrail.index.cache import Cache, default_folder
from backtrail.inputs.asked_target import target
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.settings import Flags, settle
from backtrail.inquiry import live_source, resolve
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Origin
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import resolver_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

QUESTIONS = Path(__file__).with_name("questions.toml")
YEARS = 10 * 365 * 86400.0
MINUTES = 10 * 60.0
ANSWERS = ("resolved", "failed")
HOST_DEPENDENT = ("build", "other", "input")


@dataclass(frozen=True)
class Job:
    """A question and the real tool's recorded answer; empty: the tool is asked in its turn."""

    name: str
    tool: str
    release: str
    python: str
    case: dict[str, Any]
    result: dict[str, Any]
    build_sdists: bool
    pythons: Path | None


def written_here(args: argparse.Namespace) -> Iterator[Job]:
    tool, _, release = args.tool.partition("-")
    if real_tools.program(tool, release) is None:
        sys.exit(f"--tool {args.tool}: neither this environment nor .venv-{args.tool} has it")
    for case in tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["question"]:
        if tool in case.get("tools", ("uv", "pip")) and (not args.only or args.only in case["id"]):
            yield Job(case["id"], tool, release, case["python"], case, {}, args.build_sdists, args.pythons)


def recorded(args: argparse.Namespace) -> Iterator[Job]:
    for path in sorted((args.truth / "results").glob("*.json")):
        result = json.loads(path.read_text())
        tool, release = result["tool"], result["version"]
        if f"{tool}-{release}" != args.tool or (args.only and args.only not in path.name):
            continue
        if result["outcome"] in ANSWERS:
            case = tomllib.loads((args.truth / "cases" / f"{result['id']}.toml").read_text())
            yield Job(path.name, tool, release, result["python"], case, result, args.build_sdists, args.pythons)


def asked(job: Job) -> tuple[Question, Policy]:
    case = job.case
    policy = Policy(tool=job.tool, release=job.release)
    here = Origin()
    binary = case.get("only_binary") or ()
    flags = Flags(
        index_url=case.get("index"),
        extra_index_url=tuple(case.get("extra_index", ())),
        index_strategy=case.get("index_strategy"),
        prerelease=case.get("prerelease"),
        resolution=case.get("resolution"),
        exclude_newer=case.get("cutoff"),
        only_binary=(binary,) if isinstance(binary, str) else tuple(binary),
        no_binary=tuple(case.get("no_binary", ())),
        build_sdists=job.build_sdists,
    )
    settled = settle(
        flags,
        environ={},
        now=datetime.now(timezone.utc),
        default_index=DEFAULT_INDEX,
        dialect=resolver_of(policy).behaviour.dialect,
    )
    own = None if job.pythons is None else job.pythons / job.python / "bin" / "python"
    own_python = str(own) if own is not None and own.exists() else job.python
    question = Question(
        command="explain-backtrack",
        requirements=tuple(read_requirement(text, here) for text in case["requirements"]),
        constraints=tuple(read_requirement(text, here, constraint=True) for text in case.get("constraints", ())),
        overrides=tuple(read_requirement(text, here) for text in case.get("overrides", ())),
        target=target(own_python, None, resolver_of(policy).behaviour.target, environ={}),
        indexes=settled.indexes,
        options=settled.options,
    )
    return question, policy


@dataclass(frozen=True)
class Compared:
    """Two answers to one question; ``ours`` is None where the real tool gave none.

    Not every pair ``counts``: some failures say more of the machine of a recording than of the tool.
    """

    real: dict[str, Any]
    ours: dict[str, Any] | None
    seconds: float = 0.0

    @property
    def counts(self) -> bool:
        return self.real.get("failure_kind") not in HOST_DEPENDENT

    @property
    def share(self) -> float:
        """Of the packages of both answers, those with the same version; 0 where the outcomes differ."""
        if self.ours is None or self.real["outcome"] != self.ours["outcome"]:
            return 0.0
        real, ours = self.real["pins"], self.ours["pins"]
        names = {*real, *ours}
        return sum(real.get(name) == ours.get(name) for name in names) / len(names) if names else 1.0

    def difference(self) -> str:
        """What moved, in three lines."""
        assert self.ours is not None
        real, ours = self.real["pins"], self.ours["pins"]
        moved = [f"{name} {real.get(name)} -> {ours.get(name)}" for name in sorted({*real, *ours})
                 if real.get(name) != ours.get(name)]  # fmt: skip
        return (
            f"    {self.real['outcome']} -> {self.ours['outcome']} ({self.ours['kind']}) {self.ours['why']}"
            f"\n    {self.real.get('said', '').strip()[-600:]}"
            f"\n    {len(moved)} moved: {', '.join(moved[:12])}"
            f"\n    unverified: {', '.join(self.ours['unverified'])}"
        )


def compare(job: Job) -> Compared:
    """Both answers, the real one asked for where none was recorded."""
    with TemporaryDirectory() as folder:
        return _compare(replace(job, case=real_tools.with_local_wheels(job.case, Path(folder))))


def _compare(job: Job) -> Compared:
    real = job.result or real_tools.ask(job.tool, job.release, job.case, job.pythons)
    if real["outcome"] not in ANSWERS:
        return Compared(real, None)
    gc.disable()
    question, policy = asked(replace(job, python=real["python"]))
    started = time.perf_counter()
    try:
        max_age = YEARS if job.result else MINUTES
        with live_source(question, policy, Cache(default_folder()), max_age=max_age) as source:
            run = resolve(question, policy, source, silent=True)
    except Exception as error:  # noqa: BLE001  one broken case must not hide the others
        why = f"{type(error).__name__}: {error}"
        return Compared(real, {"outcome": "error", "kind": "error", "pins": {}, "why": why, "unverified": []})
    solved = run.outcome is Outcome.SOLVED
    ours = {
        "outcome": "resolved" if solved else "failed",
        "kind": run.outcome.value,
        "pins": {pin.name: pin.version for pin in run.pins} if solved else {},
        "why": str(run.failure) if run.failure else "",
        "unverified": [pin.name for pin in run.pins if not pin.verified],
    }
    return Compared(real, ours, time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare answers of the real tools with ours.")
    parser.add_argument("truth", type=Path, nargs="?", help="a folder of recorded answers; without: questions.toml")
    parser.add_argument("--tool", default="uv-0.13.9")
    parser.add_argument("--build-sdists", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="a folder for the predictions, for the truth's own score.py")
    args = parser.parse_args()
    todo = list(recorded(args) if args.truth else written_here(args))
    counted: list[float] = []
    with ProcessPoolExecutor(args.jobs) as pool:
        for job, both in zip(todo, pool.map(compare, todo), strict=True):
            if both.ours is None:
                print(f"left out {job.name}: {both.real['outcome']}", flush=True)
                continue
            if args.out:
                args.out.mkdir(parents=True, exist_ok=True)
                (args.out / job.name).write_text(json.dumps(both.ours))
            if both.counts:
                counted.append(both.share)
            came_to = f"{both.real['outcome']}, {len(both.real['pins'])} packages"
            print(f"{'same' if both.share == 1 else 'DIFF'} {job.name}: {came_to}, {both.seconds:.1f}s", flush=True)
            if both.share < 1:
                print(both.difference(), flush=True)
    if counted:
        said = f"recorded in {args.truth}" if args.truth else "of questions.toml, asked now"
        packages, exact = sum(counted) / len(counted), sum(share == 1 for share in counted) / len(counted)
        built = "with `--build-sdists`" if args.build_sdists else "nothing built"
        print(f"answers {said}\n")
        print("| | questions | packages the same | questions the same throughout |\n|---|---|---|---|")
        print(f"| {args.tool.replace('-', ' ')}, {built} | {len(counted)} | {packages:.1%} | {exact:.1%} |")


if __name__ == "__main__":
    main()
