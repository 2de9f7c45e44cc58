"""Runs recorded requirement sets cold and with builds beside the real uv, and prints how long and how large each was.

    python benchmarks/memory.py TRUTH [--pythons DIR] [--only CASE] [--tool uv-0.13.9] [--limit 600] [--uv PATH]

TRUTH is a folder as for fidelity.py. DIR holds interpreters as ``3.11.7/bin/python``; cases for others are left out.
Both tools start with an empty cache, one after the other; ours explains, too. ``MB`` is the largest resident size of
the program's own processes: of ours those that run this program, without build backends, which are the same for both.
``all MB`` is that of all processes together at one moment, pages that they share counted for each: Linux only, looked
at twenty times a second. A case is marked that is beyond the goals: 400 MB, or one and a half times as long as uv and
a second. Run it on a quiet machine, or look at ratios alone.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from speed import Spent, spend

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST = 400.0
SLOWEST = 1.5, 1.0
LOOKS = 0.05


@dataclass
class Sizes:
    """Resident sizes in MB that were seen, the largest: of each process by its number, and of all together."""

    own: dict[int, float] = field(default_factory=dict)
    together: float = 0.0

    def watch(self, number: int) -> None:
        threading.Thread(target=self._look, args=[number], daemon=True).start()

    def _look(self, number: int) -> None:
        while Path(f"/proc/{number}/statm").exists():
            sizes = {one: _resident(one) for one in _tree(number)}
            if not sizes.get(number):
                return  # it has ended
            self.together = max(self.together, sum(sizes.values()))
            for one, size in sizes.items():
                if one == number or _is_ours(one):
                    self.own[one] = max(self.own.get(one, 0.0), size)
            time.sleep(LOOKS)

    @property
    def largest(self) -> float:
        return max(self.own.values(), default=0.0)


def _tree(root: int) -> list[int]:
    """A process and those that it started, as far as they are still its own."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parents.setdefault(int((path / "stat").read_text().rpartition(")")[2].split()[1]), []).append(
                int(path.name)
            )
    found = [root]
    for one in found:
        found += parents.get(one, [])
    return found


def _resident(number: int) -> float:
    with contextlib.suppress(OSError, ValueError):
        return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


def _is_ours(number: int) -> bool:
    """Whether a process runs this program: to fetch, to unpack or to install, not to import a backend."""
    with contextlib.suppress(OSError):
        said = Path(f"/proc/{number}/cmdline").read_bytes()
        return b"fetch_server" in said or (b"backtrail/index/" in said and b"hook_server" not in said)
    return False


def results(args: argparse.Namespace) -> Iterator[tuple[dict[str, Any], dict[str, Any], Path]]:
    for path in sorted((args.truth / "results").glob(f"*.{args.tool}.json")):
        result = json.loads(path.read_text())
        python = args.pythons / result["python"] / "bin" / "python"
        if (args.only is None or args.only in path.name) and python.exists():
            yield tomllib.loads((args.truth / "cases" / f"{result['id']}.toml").read_text()), result, python


def commands(case: dict[str, Any], python: Path, args: argparse.Namespace, folder: Path) -> tuple[list[str], list[str]]:
    (folder / "requirements.in").write_text("".join(f"{line}\n" for line in case["requirements"]))
    (folder / "constraints.in").write_text("".join(f"{line}\n" for line in case.get("constraints", ())))
    binary = case.get("only_binary") or ()
    asked = ["--exclude-newer", case["cutoff"], "--python", str(python), "-c", str(folder / "constraints.in")]
    for name in [binary] if isinstance(binary, str) else binary:
        asked += ["--only-binary", name]
    requirements = str(folder / "requirements.in")
    resolver = args.tool.replace("-", "@")
    ours = [args.program, "-r", requirements, *asked, "--build-sdists", "--resolver", resolver, "--quiet"]
    theirs = [args.uv, "pip", "compile", requirements, *asked, "--no-config", "--quiet", "-o", str(folder / "pins.txt")]
    return ours, theirs


def run(command: list[str], folder: Path, limit: float, **environment: str) -> tuple[Spent, Sizes]:
    sizes = Sizes()
    spent = spend(command, folder, limit=limit, fails=True, watch=sizes.watch, **environment)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return spent, sizes


def main() -> None:
    here = Path(sys.executable).parent
    parser = argparse.ArgumentParser(description="Time and memory of recorded requirement sets beside the real uv.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--pythons", type=Path, default=Path.home() / ".pyenv" / "versions")
    parser.add_argument("--only")
    parser.add_argument("--tool", default="uv-0.13.9")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds at most for one run")
    parser.add_argument("--program", default=str(here / "explain-backtrack"))
    parser.add_argument("--uv", default=str(here / "uv"))
    parser.add_argument("--folder", help="where caches and temporary files go, instead of the system's folder")
    args = parser.parse_args()
    print(f"{'':48} {'uv':>14}  {'ours':>36}  {'ratio':>6}")
    print(f"{'case':48} {'s':>7} {'MB':>6}  {'s':>7} {'MB':>6} {'all MB':>7} {'one MB':>7} {'code':>5}")
    beyond = total = 0
    for case, result, python in results(args):
        with TemporaryDirectory(dir=args.folder, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            ours, theirs = commands(case, python, args, folder)
            their, their_sizes = run(theirs, folder, args.limit, UV_CACHE_DIR=str(folder / "cache"))
            our, sizes = run(ours, folder, args.limit, BACKTRAIL_CACHE_DIR=str(folder / "cache"))
        late, large = our.wall > SLOWEST[0] * their.wall + SLOWEST[1], sizes.largest > LARGEST
        total, beyond = total + 1, beyond + (late or large)
        print(
            f"{result['id']:48} {their.wall:7.1f} {their_sizes.largest:6.0f}  {our.wall:7.1f} {sizes.largest:6.0f} "
            f"{sizes.together:7.0f} {our.peak:7.0f} {our.code:5}  {our.wall / their.wall:6.2f}"
            f"{' LATE' if late else ''}{' LARGE' if large else ''}",
            flush=True,
        )
    print(f"{total} cases, {beyond} beyond the goals")


if __name__ == "__main__":
    main()
