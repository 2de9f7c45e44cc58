"""Times the bug that started the project beside the real uv, on PyPI: cold, cold with builds, and warm.

    python benchmarks/speed.py [--runs 5] [--python PATH] [--program PATH] [--uv PATH] [--only NAME] [--folder PATH]

PATH of ``--python`` is a Python 3.10: uv and builds need one. Programs take turns, so that both see the same network
and the same noise; figures are of whole processes, start and report included: medians, and the ratio of each pair's
wall times. Cold means a cache of its own that is empty. The two stand-ins are wheels for uv. It cannot go without
builds: without ``--build-sdists`` there is no equal, and it does more. Caches and temporary files of both lie in
``--folder``. Name one in memory, such as ``/dev/shm``, where many runs follow each other: ext4 takes up to fifty times
as long to create a file beside many that were just deleted, and builds create a thousand.
"""

import argparse
import compileall
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from tempfile import TemporaryDirectory

SEED = Path(__file__).parents[1] / "fixtures" / "seed"
CUT_OFF = "2024-10-07T21:46:00Z"


@dataclass(frozen=True)
class Spent:
    """What a process took: seconds on the clock and on processors, the largest resident size in MB of it or one that it
    started, and the code it ended with."""

    wall: float
    cpu: float
    peak: float
    code: int


def spend(
    command: list[str],
    folder: Path,
    *,
    limit: float | None = None,
    fails: bool = False,
    watch: Callable[[int], None] = lambda _: None,
    **environment: str,
) -> Spent:
    """Run a command to its end, or for ``limit`` seconds; ``watch`` gets its number. ``fails``: it may fail."""
    # Python keeps compiled files unless asked not to, as builds do on a user's computer.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**inherited, "TMPDIR": str(folder), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        watch(child.pid)
        alarm = None if limit is None else threading.Timer(limit, os.killpg, [child.pid, signal.SIGKILL])
        if alarm is not None:
            alarm.start()
        said = child.stderr.read() if child.stderr is not None else b""
        _, status, usage = os.wait4(child.pid, 0)
        if alarm is not None:
            alarm.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if child.returncode != 0 and not fails:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}: {said.decode(errors='replace')[-2000:]}")
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, child.returncode)


def stand_in(metadata: Path, folder: Path) -> tuple[str, Path]:
    """A wheel that says nothing but this metadata."""
    text = metadata.read_text(encoding="utf-8")
    fields = Parser().parsestr(text)
    stem = f"{fields['Name'].replace('-', '_')}-{fields['Version']}"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", text)
        wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return fields["Name"], path


def for_uv(folder: Path) -> Path:
    """The requirements with the stand-ins in place of what cannot be fetched."""
    lines = ["torch==2.3.1", *(SEED / "requirements.txt").read_text(encoding="utf-8").splitlines()]
    for metadata in SEED.glob("*.METADATA"):
        name, wheel = stand_in(metadata, folder)
        lines = [f"{name} @ {wheel.as_uri()}" if line.startswith(f"{name} @") else line for line in lines]
    path = folder / "requirements.in"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def pairs(args: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, list[str], list[str], bool]]:
    """What is compared: its name, our command, uv's, and whether caches are kept."""
    ours = [
        args.program, "torch==2.3.1", "-r", str(SEED / "requirements.txt"), "--dependency-metadata", str(SEED),
        "--exclude-newer", CUT_OFF, "--resolver", "uv", "--python",
    ]  # fmt: skip
    theirs = [
        args.uv, "pip", "compile", str(for_uv(scratch)), "--python", args.python, "--exclude-newer", CUT_OFF,
        "--no-config", "--quiet", "--output-file", str(scratch / "pins.txt"),
    ]  # fmt: skip
    yield "cold", [*ours, "3.10"], [*theirs, "--no-cache"], False
    yield "cold, with builds", [*ours, args.python, "--build-sdists"], [*theirs, "--no-cache"], False
    yield "warm", [*ours, "3.10"], [*theirs, "--cache-dir", str(scratch / "uv")], True


def compare(name: str, ours: list[str], theirs: list[str], scratch: Path, *, runs: int, warm: bool) -> None:
    cache = scratch / "cache"
    taken: tuple[list[Spent], list[Spent]] = [], []
    for turn in range(runs + warm):
        if not warm:
            shutil.rmtree(cache, ignore_errors=True)
        (scratch / "pins.txt").unlink(missing_ok=True)
        both = spend(ours, scratch, BACKTRAIL_CACHE_DIR=str(cache)), spend(theirs, scratch)
        if turn or not warm:  # the first of the warm ones fills the caches
            for column, spent in zip(taken, both, strict=True):
                column.append(spent)
    print(name)
    for who, column in zip(("backtrail", "uv"), taken, strict=True):
        wall, cpu, peak = (
            statistics.median(getattr(spent, field) for spent in column) for field in ("wall", "cpu", "peak")
        )
        fastest, slowest = min(spent.wall for spent in column), max(spent.wall for spent in column)
        print(f"  {who:9}  {wall:6.2f} s ({fastest:.2f} to {slowest:.2f})  {cpu:6.2f} s of processor  {peak:6.0f} MB")
    ratio = statistics.median(our.wall / their.wall for our, their in zip(*taken, strict=True))
    print(f"  ratio      {ratio:6.2f}", flush=True)


def main() -> None:
    here = Path(sys.executable).parent
    parser = argparse.ArgumentParser(description="Time the seed beside the real uv.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--python", default=shutil.which("python3.10") or "3.10", help="a Python 3.10")
    parser.add_argument("--program", default=str(here / "explain-backtrack"))
    parser.add_argument("--uv", default=str(here / "uv"))
    parser.add_argument("--only", help="cold, 'cold, with builds' or warm")
    parser.add_argument("--folder", help="where caches and temporary files go, instead of the system's folder")
    args = parser.parse_args()
    compileall.compile_path(maxlevels=9, quiet=2)  # as an installer leaves packages
    with TemporaryDirectory(dir=args.folder) as folder:
        for name, ours, theirs, warm in pairs(args, Path(folder)):
            if args.only in (None, name):
                compare(name, ours, theirs, Path(folder), runs=args.runs, warm=warm)


if __name__ == "__main__":
    main()
