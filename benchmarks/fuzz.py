"""Gives every reader inputs that nobody would write, for as long as you like, and prints how many each has had.

    python benchmarks/fuzz.py [--seconds 60] [--inputs N] [--only TARGET] [--seed 0] [--keep FOLDER]

The time is for each target, and so is the number of inputs, which ends it sooner. What raises, or takes longer than
ten seconds, is kept in the folder (default: fuzz-found) as ``TARGET-NUMBER``; as a file of tests/unit/fuzz/TARGET it is
a test. The same seed gives the same inputs.
"""

import argparse
import sys
import time
import traceback
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.fuzzing import TARGETS, mutated
from support.patience import patience


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--inputs", type=int)
    parser.add_argument("--only", choices=sorted(TARGETS), action="append")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    total = wrong = 0
    for name in given.only or TARGETS:
        count, bad = fuzz(name, given.seconds, given.inputs, given.seed, given.keep)
        print(f"{name:20s} {count:9d} inputs  {bad} wrong", flush=True)
        total, wrong = total + count, wrong + bad
    print(f"{'all':20s} {total:9d} inputs  {wrong} wrong")
    return 1 if wrong else 0


def fuzz(name: str, seconds: float, inputs: int | None, seed: int, keep: Path) -> tuple[int, int]:
    """How many inputs a target had, and of how many it did not answer."""
    ends = time.monotonic() + seconds
    count = wrong = 0
    seen: set[str] = set()
    for data in islice(mutated(name, seed), inputs):
        count += 1
        try:
            with patience(10):
                TARGETS[name](data)
        except Exception as error:  # noqa: BLE001  whatever it is, it is wrong
            wrong += 1
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} {last.filename}:{last.lineno}"
            if what not in seen:
                seen.add(what)
                keep.mkdir(exist_ok=True)
                (keep / f"{name}-{count}").write_bytes(data)
                print(f"{name}: {what}: {str(error)[:200]!r} ({keep / f'{name}-{count}'})", flush=True)
        if time.monotonic() > ends:
            return count, wrong
    return count, wrong


if __name__ == "__main__":
    sys.exit(main())
