"""Answers recorded universal resolutions and locks, and compares with what the real uv answered.

    python benchmarks/universal.py TRUTH [--build-sdists] [--only CASE,CASE] [--pythons DIR] [--jobs 2] [--out DIR]

TRUTH is a folder with ``cases/*.toml`` and, in ``universal``, ``results/*.uv-universal-*.json`` (outcome, lines, fork
markers), ``results/*.uv-lock-*.json`` (a lock) and ``projects/*.toml``. PyPI is read through the cache, pages of any
age are taken. ``--out``: a folder for a prediction of each result.
"""

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from fidelity import HOST_DEPENDENT, YEARS, Job, asked

from backtrail.index.cache import Cache, default_folder
from backtrail.inputs.uv_project import read_locked
from backtrail.inquiry import live_source, resolve
from backtrail.model.case import Report
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question
from backtrail.model.trail import Outcome
from backtrail.model.universal import Universal
from backtrail.report.skins.json_document import document
from backtrail.resolvers.uv.universal.question_scope import for_all, for_lock

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RELEASE = "0.13.9"
LINES, LOCK = f".uv-universal-{RELEASE}.json", f".uv-lock-{RELEASE}.json"


def jobs(truth: Path, args: argparse.Namespace) -> Iterator[Job]:
    wanted = args.only.split(",") if args.only else [""]
    for path in sorted((truth / "universal" / "results").glob("*.json")):
        result = json.loads(path.read_text())
        if result["outcome"] == "timeout" or not any(one in path.name for one in wanted):
            continue
        if result.get("failure_kind") in HOST_DEPENDENT and not args.build_sdists:
            continue
        if path.name.endswith(LINES):
            case = tomllib.loads((truth / "cases" / f"{path.name.removesuffix(LINES)}.toml").read_text())
        else:
            project = (truth / "universal" / "projects" / f"{path.name.removesuffix(LOCK)}.toml").read_text()
            case = {"cutoff": json.loads(project.partition("\n")[0].lstrip("# "))["cutoff"], "requirements": []}
            result["project"] = project
        yield Job(path.name, "uv", RELEASE, result["python"], case, result, args.build_sdists, args.pythons)


def universal(job: Job) -> tuple[Question, Policy]:
    question, policy = asked(job)
    if "project" not in job.result:
        minor = job.result["options"][job.result["options"].index("--python-version") + 1]
        return for_all(question, minor, Universal()), msgspec.structs.replace(policy, mode=Mode.UNIVERSAL)
    given = dict(pairwise(job.result["options"]))
    options = msgspec.structs.replace(
        question.options,
        resolution=given.get("--resolution", "highest"),
        fork_strategy=given.get("--fork-strategy", "requires-python"),
    )
    question = msgspec.structs.replace(question, options=options)
    with TemporaryDirectory() as folder:
        path = Path(folder, "pyproject.toml")
        path.write_text(job.result["project"])
        policy = msgspec.structs.replace(policy, mode=Mode.LOCK)
        return for_lock(question, read_locked(str(path)), policy), policy


def answer(job: Job) -> tuple[str, dict[str, Any], float]:
    gc.disable()
    question, policy = universal(job)
    started = time.perf_counter()
    try:
        with live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source:
            run = resolve(question, policy, source, silent=True)
    except Exception as error:  # noqa: BLE001  one broken case must not hide the others
        return job.name, {"outcome": "failed", "why": f"{type(error).__name__}: {error}"}, 0.0
    elapsed = time.perf_counter() - started
    solved = run.outcome is Outcome.SOLVED
    prediction: dict[str, Any] = {
        "outcome": "resolved" if solved else "failed",
        "kind": run.outcome.value,
        "fork_markers": [fork.marker for fork in run.forks if fork.outcome is Outcome.SOLVED],
        "why": str(run.failure) if run.failure else "",
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if solved:
        shown = document(Report(question=question, runs=(run,)))["runs"][0]
        prediction |= {"lines": shown["lines"], "lock": shown.get("lock")}
    return job.name, prediction, elapsed


def difference(job: Job, prediction: dict[str, Any]) -> str:
    """What is not the same; empty where all is."""
    real, shown = job.result, []
    if real["outcome"] != prediction["outcome"]:
        shown.append(f"{real['outcome']} -> {prediction['outcome']} ({prediction.get('kind')}) {prediction['why']}")
    if real["fork_markers"] != prediction.get("fork_markers"):
        shown.append(f"forks {real['fork_markers']} -> {prediction.get('fork_markers')}")
    if "lock" in real:
        return "\n    ".join([*shown, *_parted(real["lock"], prediction.get("lock"), "lock")][:20])
    before, after = _texts(real.get("lines", [])), _texts(prediction.get("lines", []))
    shown += [f"- {line}" for line in before if line not in after] + [
        f"+ {line}" for line in after if line not in before
    ]
    return "\n    ".join(shown)


def _parted(real: Any, ours: Any, where: str) -> Iterator[str]:
    """Where two values part, by key."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in {**real, **ours}:
            yield from _parted(real.get(key), ours.get(key), f"{where}.{key}")
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for place, (one, other) in enumerate(zip(real, ours, strict=True)):
            yield from _parted(one, other, f"{where}[{place}]")
    elif (real or None) != (ours or None):
        yield f"{where}: {real} -> {ours}"


def _texts(lines: list[dict[str, str]]) -> list[str]:
    return [
        f"{one['name']}=={one['version']}{' ; ' * bool(one['marker'])}{one['marker']}" for one in lines if "name" in one
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare recorded universal answers of the real uv with ours.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--build-sdists", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    same = 0
    todo = list(jobs(args.truth, args))
    with ProcessPoolExecutor(args.jobs, max_tasks_per_child=1) as pool:
        for job, (name, prediction, elapsed) in zip(todo, pool.map(answer, todo), strict=True):
            if args.out:
                args.out.mkdir(parents=True, exist_ok=True)
                (args.out / name).write_text(json.dumps(prediction))
            shown = difference(job, prediction)
            same += not shown
            print(
                f"{'DIFF' if shown else 'same'} {name} {elapsed:.1f}s "
                f"{len(prediction.get('fork_markers', ()))} forks {prediction.get('megabytes')} MB",
                flush=True,
            )
            if shown:
                print(f"    {shown}", flush=True)
    print(f"{same} of {len(todo)} the same")


if __name__ == "__main__":
    main()
