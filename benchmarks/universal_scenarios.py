"""Answers recorded packse scenarios for all environments, and compares with what the real uv answered.

    python benchmarks/universal_scenarios.py TRUTH [--only SCENARIO]

TRUTH is a folder with ``packse.json`` (the worlds) and ``universal/packse-universal.json`` (what uv printed for each:
``compile``, ``lock`` and ``relock``). Forks in order, every line and the whole text of each lock are compared, and
whether a second lock leaves the first as it is.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.lock_text import lock_text
from support.lock_text import without_places
from support.ours import lock_world, run_for_all
from support.packse import projects
from support.worlds import ForAll, Question, World

RELEASE = "0.13.9"
PYTHON = "3.12.1"


def answers(name: str, scenario: dict[str, Any], real: dict[str, Any], folder: Path) -> Iterator[tuple[str, Any, Any]]:
    """What was asked of a scenario, uv's answer and ours."""
    options = scenario["resolver_options"]
    world = World(
        name=name,
        projects=projects(scenario["packages"]),
        question=Question(
            requirements=tuple(scenario["root"]["requires"]),
            prerelease="allow" if options.get("prereleases") else None,
            resolution=options.get("resolution"),
            only_binary=tuple(options.get("no_build", ())),
            no_binary=tuple(options.get("no_binary", ())),
        ),
    )
    if "compile" in real:
        asked, stated = real["compile"], real["compile"]["options"]
        question = replace(world.question, python=stated[stated.index("--python-version") + 1], for_all=ForAll())
        run = run_for_all(replace(world, question=question), RELEASE)
        ours = [f"{line.name}=={line.version}{f' ; {line.marker}' if line.marker else ''}" for line in run.lines]
        yield "compile", (asked["outcome"], asked["fork_markers"], asked.get("lines", [])), (*_forks(run), ours)
    pyproject, lock = folder / "pyproject.toml", folder / "uv.lock"
    pyproject.write_text(real["pyproject"], encoding="utf-8")
    lock.unlink(missing_ok=True)
    question = replace(world.question, python=PYTHON)
    run = lock_world(replace(world, question=question), RELEASE, pyproject)
    asked, text = real["lock"], lock_text(run.lock) if run.lock else ""
    yield (
        "lock",
        (asked["outcome"], asked["fork_markers"], without_places(asked.get("text", ""))),
        (*_forks(run), without_places(text)),
    )
    if "relock" in real:
        lock.write_text(text, encoding="utf-8")
        again = lock_world(replace(world, question=question), RELEASE, pyproject)
        yield "relock", real["relock"]["unchanged"], again.lock is not None and lock_text(again.lock) == text


def _forks(run: Run) -> tuple[str, list[str | None]]:
    """The outcome, and the markers of the forks that were solved."""
    solved = [fork.marker for fork in run.forks if fork.outcome is Outcome.SOLVED]
    return "resolved" if run.outcome is Outcome.SOLVED else "failed", solved


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare scenarios answered for all environments with the real uv.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    worlds = json.loads((args.truth / "packse.json").read_text())["scenarios"]
    real = json.loads((args.truth / "universal" / "packse-universal.json").read_text())["scenarios"]
    asked, same = Counter[str](), Counter[str]()
    with TemporaryDirectory() as folder:
        for name in (name for name in real if args.only in name):
            for part, theirs, ours in answers(name, worlds[name], real[name], Path(folder)):
                asked[part] += 1
                same[part] += theirs == ours
                if theirs != ours:
                    print(f"DIFF {name} {part}\n  uv:   {theirs}\n  ours: {ours}")
    for part, count in asked.items():
        print(f"{part}: {same[part]} of {count} the same")


if __name__ == "__main__":
    main()
