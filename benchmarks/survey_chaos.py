"""Disturbs surveys at random moments, again and again, and says whether their tables are those of one left alone.

    python benchmarks/survey_chaos.py [--rounds 10] [--questions 20] [--seed 0]

Each round has one survey here and one on a cluster: processes, workers and the program are killed, the scheduler is
restarted, files get no room at each stage, and a question hangs, takes too much memory and crashes.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from backtrail.cli import run

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.dask_cluster import dask_cluster
from support.survey_chaos import OPTIONS, Disturbed, disturb_here, disturb_there, flaws, on, write_questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    seen: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions = write_questions(folder / "cases", args.questions)
        assert run(["survey", str(questions), "-o", str(folder / "undisturbed"), *OPTIONS]) == 0
        for number in range(args.rounds):
            dice, place = random.Random(args.seed + number), folder / f"round {number}"
            place.mkdir()
            here = Disturbed(place / "here", questions, dice)
            disturb_here(here)
            with dask_cluster(place, workers=2) as cluster:
                there = Disturbed(place / "there", questions, dice, "--scheduler", cluster.address, **on(cluster))
                disturb_there(there, cluster)
            for survey in (here, there):
                seen.update(survey.seen)
                for line in flaws(survey.folder, folder / "undisturbed"):
                    wrong += 1
                    print(f"seed {args.seed + number}, {survey.folder.name}: {line}", flush=True)
    for what, times in sorted(seen.items()):
        print(f"{times:5} times {what}")
    print(f"{2 * args.rounds} surveys disturbed, {wrong} flaws")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
