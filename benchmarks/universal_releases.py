"""Asks releases of the real uv about random worlds for all environments, and counts where ours answers alike.

    python benchmarks/universal_releases.py [0.4.18 0.5.31 ...] [--worlds 60] [--show]

Releases are installed from PyPI into ``--folder`` (by default in the user's cache directory). Outcomes, lines and forks
in order are compared, markers by what they mean: uv 0.13 writes them in other words than releases before. Old releases
do not say in their log which forks they solved. ``--show`` prints the worlds that differ.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.likeness import real_answers
from support.marked_lines import meaning, meanings, printed, solved_forks
from support.ours import run_for_all
from support.real_releases import default_folder, real
from support.real_uv import RealUv, UvAnswer
from support.universal_worlds import known_to, universal_world
from support.worlds import World

RELEASES = ("0.4.18", "0.5.31", "0.8.24", "0.11.33", "0.13.9")


def alike(world: World, answer: UvAnswer, release: str) -> Iterator[str]:
    """What is the same in an answer of the real uv and in ours."""
    run, python = run_for_all(world, release), world.question.python
    if answer.outcome.value != run.outcome.value:
        return
    yield "outcome"
    if meaning(answer.lines, python) == meaning(printed(run), python):
        yield "lines"
    if meanings(answer.forks, python) == meanings(solved_forks(run), python):
        yield "forks"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare releases of the real uv with ours, for all environments.")
    parser.add_argument("releases", nargs="*", default=RELEASES)
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    print("| release | worlds | of | outcome | lines | forks |\n|---|---|---|---|---|---|")
    for release in args.releases:
        uv = real("uv", release, args.folder)
        assert isinstance(uv, RealUv)
        for kind, first in (("markers", 0), ("wheels", 1000)):
            seeds = range(first, first + args.worlds)
            worlds = [known_to(universal_world(seed, wheels=kind == "wheels"), release) for seed in seeds]
            count = Counter[str]()
            answers = real_answers(worlds, uv)
            for world, answer in zip(worlds, answers, strict=True):
                same = list(alike(world, answer, release))
                count.update(same)
                if args.show and "lines" not in same:
                    print(world.name, *same, answer.lines, printed(run_for_all(world, release)))
            named = count["forks"] if any(answer.forks for answer in answers) else "not said"
            counted = f"{count['outcome']} | {count['lines']} | {named}"
            print(f"| {release} | {len(worlds)} | {kind} | {counted} |", flush=True)


if __name__ == "__main__":
    main()
