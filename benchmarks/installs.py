"""Installs into random environments: our plan beside what the real tools say that they would do there.

    python benchmarks/installs.py --tool uv@0.13.9 --seeds 200
    python benchmarks/installs.py --tool pip@26.3 --seeds 100

Each seed is a small world on a loopback index, an environment with some of its projects, and options of an install.
Compared are the outcome and, where there is an answer, each project that would be installed, with its version.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.installs import differences, real_of


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare planned installs with those of the real tools.")
    parser.add_argument("--tool", default="uv@0.13.9", help="pip@26.3, uv@0.13.9 …")
    parser.add_argument("--seeds", type=int, default=100, help="how many environments")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    args = parser.parse_args()
    tool, _, release = args.tool.partition("@")
    real = real_of(tool, release)
    if real is None:
        parser.error(f"{args.tool} is not installed")
    found = differences(tool, release, real, range(args.first, args.first + args.seeds))
    sys.stdout.write("".join(f"{one}\n\n" for one in found))
    sys.stdout.write(f"{args.tool}: {args.seeds - len(found)} of {args.seeds} environments alike\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
