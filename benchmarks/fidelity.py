"""Answers recorded requirement sets and compares with what the real tools answered.

    python benchmarks/fidelity.py TRUTH [--tool uv-0.13.9] [--build-sdists] [--only CASE] [--pythons DIR] [--jobs 2]

TRUTH is a folder with ``cases/*.toml`` (requirements, constraints, cutoff, only_binary) and ``results/*.json`` (outcome
and pins). PyPI is read through the cache, pages of any age are taken. DIR holds interpreters as
``3.11.7/bin/python``; they are asked for their markers and run the builds.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from backtrail.index import DEFAULT_INDEX
from backtrail.index.cache import Cache, default_folder
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.settings import Flags, settle
from backtrail.inputs.target import target
from backtrail.inquiry import live_source, resolve
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Origin
from backtrail.model.trail import Outcome

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

YEARS = 10 * 365 * 86400.0
HOST_DEPENDENT = ("build", "other", "input")  # failures that say more of the machine than of the tool


@dataclass(frozen=True)
class Job:
    """One recorded answer and the question behind it."""

    case: dict[str, Any]
    result: dict[str, Any]
    name: str
    build_sdists: bool
    pythons: Path | None


def jobs(truth: Path, args: argparse.Namespace) -> Iterator[Job]:
    for path in sorted((truth / "results").glob("*.json")):
        result = json.loads(path.read_text())
        if f"{result['tool']}-{result['version']}" != args.tool or (args.only and args.only not in path.name):
            continue
        if result["outcome"] == "timeout":
            continue
        case = tomllib.loads((truth / "cases" / f"{result['id']}.toml").read_text())
        yield Job(case, result, path.name, args.build_sdists, args.pythons)


def asked(job: Job) -> tuple[Question, Policy]:
    case, result = job.case, job.result
    policy = Policy(tool=result["tool"], release=result["version"])
    here = Origin()
    binary = case.get("only_binary") or ()
    flags = Flags(
        exclude_newer=case["cutoff"],
        only_binary=(binary,) if isinstance(binary, str) else tuple(binary),
        build_sdists=job.build_sdists,
    )
    settled = settle(
        flags,
        environ={},
        now=datetime.now(timezone.utc),
        default_index=DEFAULT_INDEX,
        tool="uv" if policy.tool == "uv" else "pip",
    )
    python = result["python"]
    own = None if job.pythons is None else job.pythons / python / "bin" / "python"
    own_python = str(own) if own is not None and own.exists() else python
    question = Question(
        command="explain-backtrack",
        requirements=tuple(read_requirement(text, here) for text in case["requirements"]),
        constraints=tuple(read_requirement(text, here, constraint=True) for text in case.get("constraints", ())),
        target=target(own_python, None, policy, environ={}),
        indexes=settled.indexes,
        options=settled.options,
    )
    return question, policy


def answer(job: Job) -> tuple[str, dict[str, Any], float, list[str]]:
    gc.disable()
    question, policy = asked(job)
    started = time.perf_counter()
    try:
        with live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source:
            run = resolve(question, policy, source, silent=True)
    except Exception as error:  # noqa: BLE001  one broken case must not hide the others
        return job.name, {"outcome": "failed", "pins": {}, "why": f"{type(error).__name__}: {error}"}, 0.0, []
    elapsed = time.perf_counter() - started
    solved = run.outcome is Outcome.SOLVED
    prediction = {
        "outcome": "resolved" if solved else "failed",
        "kind": run.outcome.value,
        "pins": {pin.name: pin.version for pin in run.pins} if solved else {},
        "why": str(run.failure) if run.failure else "",
    }
    return job.name, prediction, elapsed, [pin.name for pin in run.pins if not pin.verified]


def difference(job: Job, prediction: dict[str, Any], unverified: list[str]) -> str:
    real, ours = job.result["pins"], prediction["pins"]
    moved = [
        f"{name} {real.get(name)} -> {ours.get(name)}"
        for name in sorted({*real, *ours})
        if real.get(name) != ours.get(name)
    ]
    head = (
        f"{job.name}: {job.result['outcome']} -> {prediction['outcome']} ({prediction.get('kind')}) {prediction['why']}"
    )
    return f"{head}\n    {len(moved)} moved: {', '.join(moved[:12])}\n    unverified: {', '.join(unverified)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare recorded answers of the real tools with ours.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--tool", default="uv-0.13.9")
    parser.add_argument("--build-sdists", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="a folder for the predictions, for the truth's own score.py")
    args = parser.parse_args()
    counted, exact, packages = 0, 0, 0.0
    with ProcessPoolExecutor(args.jobs) as pool:
        todo = list(jobs(args.truth, args))
        for job, (name, prediction, elapsed, unverified) in zip(todo, pool.map(answer, todo), strict=True):
            if args.out:
                args.out.mkdir(parents=True, exist_ok=True)
                (args.out / name).write_text(json.dumps(prediction))
            real, ours = job.result["pins"], prediction["pins"]
            same = job.result["outcome"] == prediction["outcome"]
            names = {*real, *ours}
            share = sum(real.get(one) == ours.get(one) for one in names) / len(names) if names and same else float(same)
            if job.result.get("failure_kind") not in HOST_DEPENDENT:
                counted, packages = counted + 1, packages + share
                exact += same and share == 1
            mark = "same" if same and share == 1 else "DIFF"
            print(f"{mark} {name} {elapsed:.1f}s", flush=True)
            if mark == "DIFF":
                print("    " + difference(job, prediction, unverified), flush=True)
    if counted:
        print(f"{args.tool}: {counted} cases, packages {packages / counted:.4f}, exact {exact / counted:.4f}")


if __name__ == "__main__":
    main()
