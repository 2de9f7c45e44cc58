"""Kills the program (SIGKILL) at random moments, each time with the same cache, and says what the next run answers.

    python benchmarks/kills.py [--rounds 200] [--seed 0]

Everything is on this computer. A run after a kill has to give the answer of a run that nothing happened to: whatever
was being written, at worst it is fetched again.
"""

import argparse
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.interrupts import PROGRAM, Scene
from support.kills import wrong_after_kills
from support.loopback import Loopback
from support.worlds import Project, Question, World, release

PACKAGES = 60


def _project(number: int) -> Project:
    name = f"p{number}"
    needs = (f"p{number + 1}",) if number < PACKAGES else ()
    return Project(name=name, releases=tuple(release(name, f"{one}.0", *needs, sdist=True) for one in (1, 2)))


WORLD = World(name="kills", projects=tuple(map(_project, range(PACKAGES + 1))), question=Question(requirements=("p0",)))


def main() -> None:
    """Kill, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    with TemporaryDirectory() as folder, Loopback() as server:
        program = [
            PROGRAM,
            "explain-backtrack",
            "p0",
            "--isolated",
            "-i",
            server.mount(WORLD),
            "--resolver",
            "uv@0.13.9",
        ]
        scene = Scene(Path(folder))
        _, seconds = scene.run(program)
        moments = (dice.uniform(0.1, 0.5 + 1.5 * seconds) for _ in range(asked.rounds))
        wrong = [flaws for flaws in wrong_after_kills(scene, program, moments) if flaws]
    for flaws in wrong:
        print("; ".join(flaws))
    print(f"{asked.rounds} kills, {len(wrong)} with a wrong answer after")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
