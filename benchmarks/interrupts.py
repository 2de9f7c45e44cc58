"""Interrupts the program at random moments, and says what was wrong with how it ended, and with the run after it.

    python benchmarks/interrupts.py [--runs 200] [--seed 0] [--only SCENE] [--seconds 1.0]

Everything is on this computer: an index that answers slowly, sdists whose backends take a while and start others, a
search of seconds with remedies to try, and recordings. Each run is sent a signal (every fifth one to terminate) some
time after it began to listen, sometimes several. Then it has to be gone within ``--seconds``, with the code and the
one word that belong to the signal, without output, process, or temporary file; and the same run again, to its end,
has to give the answer of an uninterrupted one. A signal that came after the end is counted as that, and sent again.
"""

import argparse
import random
import shutil
import signal
import statistics
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.building import BuildIndex
from support.interrupts import PROGRAM, Ended, Scene, flaws
from support.loopback import Loopback
from support.worlds import Project, Question, World, release

SLOW = 0.03  # seconds until a page comes
CODES = {signal.SIGINT: (130, b"interrupted"), signal.SIGTERM: (143, b"terminated")}


class Run(NamedTuple):
    """A kind of run: the program and its arguments, and whether each begins without a cache."""

    name: str
    program: list[str]
    cold: bool


def search() -> World:
    """Seven pigeons and six holes: there is no answer, and every resolver has to try for long to know."""
    names, holes = [f"pigeon{number}" for number in range(7)], range(1, 7)
    projects = [
        Project(
            name=name,
            releases=tuple(
                release(name, str(hole), *(f"{other}!={hole}" for other in names[place + 1 :])) for hole in holes
            ),
        )
        for place, name in enumerate(names)
    ]
    return World(name="search", projects=tuple(projects), question=Question(requirements=tuple(names)))


def wide() -> World:
    """Many projects, one after the other."""
    names = [f"p{number}" for number in range(30)]
    after = dict(pairwise(names))
    projects = [
        Project(
            name=name,
            releases=tuple(release(name, str(one), *([after[name]] if name in after else [])) for one in range(1, 4)),
        )
        for name in names
    ]
    return World(name="wide", projects=tuple(projects), question=Question(requirements=("p0",)))


def runs(server: Loopback, scene: Scene) -> Iterator[Run]:
    folder = scene.folder
    packages = BuildIndex(server, folder / "notes")
    for name in "abcd":
        packages.sdist(name, "import subprocess, tempfile; tempfile.mkdtemp(); subprocess.run(['sleep', '0.3'])")
    index, hard = server.mount(wide(), "/wide"), server.mount(search(), "/search")
    server.delays.update({f"/wide/simple/p{number}/": SLOW for number in range(30)})
    uv = ["--resolver", "uv@0.13.9"]
    thrash = ["--index-url", hard, "--resolver", "pip@23.0", "--max-rounds", "1000", *search().question.requirements]
    yield Run("cold", [PROGRAM, "explain-backtrack", "p0", "--index-url", index, *uv], cold=True)
    built = [PROGRAM, "explain-backtrack", *"abcd", "--index-url", packages.url, "--build-sdists"]
    yield Run("builds", [*built, *uv], cold=True)
    yield Run("builds, one after the other", [*built, "--resolver", "pip@26.3"], cold=True)
    yield Run("warm, with trials", [PROGRAM, "explain-backtrack", *thrash], cold=False)
    yield Run("compare", [PROGRAM, "compare", *thrash, *uv], cold=False)
    case, other = folder / "one.backtrail", folder / "other.backtrail"
    for path, more in ((case, []), (other, ["pigeon0<6"])):
        scene.run([PROGRAM, "report", *thrash, *more, "-o", str(path)])
    yield Run("replay", [PROGRAM, "replay", str(case)], cold=False)
    yield Run("shrink", [PROGRAM, "shrink", str(case), "--keep", "outcome", "--budget", "20"], cold=False)
    yield Run("diff", [PROGRAM, "diff", str(case), str(other), "--budget", "20"], cold=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Interrupt the program at random moments.")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.0, help="until a run that is interrupted has to be gone")
    parser.add_argument("--only", help="the name of a scene")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    failed = 0
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a job in the background ignores it, and would hand that on
    with TemporaryDirectory() as name, Loopback() as server:
        scene = Scene(Path(name))
        kinds = [run for run in runs(server, scene) if args.only in (None, run.name)]
        for place, run in enumerate(kinds):
            forget(scene, cold=True)
            answers = [answer(scene, run) for _ in range(2)]
            expected, lasts = answers[-1]
            ends: list[float] = []
            late = wrong = 0
            for turn in range(place, args.runs, len(kinds)):
                number = signal.SIGTERM if turn % 5 == 4 else signal.SIGINT
                while True:
                    forget(scene, cold=run.cold)
                    moment, times = chance.uniform(0.0, lasts), chance.choice([1, 1, 3])
                    ended = scene.interrupt(run.program, moment, number=number, times=times)
                    if not is_late(ended, expected):
                        break
                    late, lasts = late + 1, 0.95 * lasts  # it was faster this time
                code, word = CODES[number]
                found = flaws(ended, seconds=args.seconds, code=code, word=word)
                again, _ = answer(scene, run)
                if again != expected:
                    found.append(f"the run after it answered {again!r}")
                ends.append(ended.seconds)
                wrong += bool(found)
                for flaw in found:
                    print(f"  {run.name}: {flaw}", flush=True)
            failed += wrong
            gone = f"gone after {statistics.median(ends):.3f} s, {max(ends):.3f} s at most" if ends else ""
            shown = f"{len(ends):3} interrupted, {late:2} too late, {wrong:2} wrong; {gone}"
            print(f"{run.name:28} {lasts:4.1f} s  {shown}", flush=True)
    sys.exit(f"{failed} ended wrongly" if failed else 0)


def forget(scene: Scene, *, cold: bool) -> None:
    if cold:
        shutil.rmtree(scene.folder / "cache", ignore_errors=True)


def answer(scene: Scene, run: Run) -> tuple[tuple[int, bytes, bytes], float]:
    """What a run gives, and the seconds that it takes once it listens."""
    forget(scene, cold=run.cold)
    return scene.run(run.program)


def is_late(ended: Ended, expected: tuple[int, bytes, bytes]) -> bool:
    return (ended.code, ended.out, ended.err) == expected


if __name__ == "__main__":
    main()
