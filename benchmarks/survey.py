"""What a survey costs: on one and more processes, in memory, beside the work itself, and on a large cluster.

    python benchmarks/survey.py questions TRUTH FILE.jsonl
    python benchmarks/survey.py scale FILE.jsonl [--workers 1 2] -- --snapshot PLACE --offline OPTIONS
    python benchmarks/survey.py overhead [--tasks 2000] [--workers 2]
    python benchmarks/survey.py cluster [--workers 32] [--seconds 1 0.1 0.01]
    python benchmarks/survey.py apart [--workers 32] [--tasks 1000]

``questions`` writes recorded requirement sets (a folder as for fidelity.py) as a list that ``backtrail survey ask``
reads. Ask it once, with the network, and then measure how the same is answered from its snapshot:

    backtrail survey ask FILE.jsonl -o FOLDER --resolver uv --vary python=3.9,3.10,3.11,3.12 --vary cut-off=…
    python benchmarks/survey.py scale FILE.jsonl -- --snapshot FOLDER/snapshot --offline --resolver uv --vary …

``overhead`` has tasks that do nothing, and ``cluster`` workers of Dask in this process whose tasks sleep as long as a
question takes: what is left is what Dask and the journal need. ``apart`` says which process of a cluster needs how much
of that: this one, the scheduler, or a worker, which speak TLS on loopback.

``cpu`` is processor seconds, of those that answer and of this process; ``MB`` resident sizes, the largest of one that
answers and that of this process, after a tenth of the tasks and at the end. Only processor seconds mean anything where
a computer does something else as well.
"""

import argparse
import contextlib
import json
import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import psutil
from speed import spend

from backtrail.survey import question_process
from backtrail.survey.journal import End, Journal
from backtrail.survey.question_process import Limits, Reply
from backtrail.survey.running import Task, Work, run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIMITS = Limits(seconds=600.0)
LOOKS = 0.2


class Sizes:
    """Resident sizes in MB: the largest of a process that answers since it was last taken, and of the one that asks."""

    def __init__(self, number: int | None = None) -> None:
        self._answering = self._asking = 0.0
        self._over = threading.Event()
        if number is not None:
            self.watch(number)

    def watch(self, number: int) -> None:
        threading.Thread(target=self._look, args=[psutil.Process(number)], daemon=True).start()

    def _look(self, asking: psutil.Process) -> None:
        with contextlib.suppress(psutil.Error):
            while not self._over.wait(LOOKS):
                self._asking = asking.memory_info().rss / 1e6 or self._asking  # none is left at its end
                for child in asking.children():
                    with contextlib.suppress(psutil.Error):
                        self._answering = max(self._answering, child.memory_info().rss / 1e6)

    def take(self) -> str:
        found = f"{self._answering:4.0f} {self._asking:4.0f}"
        self._answering = 0.0
        return found

    def stop(self) -> None:
        self._over.set()


def processor_seconds() -> tuple[float, float]:
    """Those of this process, and of processes that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return spent[0].ru_utime + spent[0].ru_stime, spent[1].ru_utime + spent[1].ru_stime


def measure(name: str, count: int, tasks: Iterable[Task], work: Work, **options: Any) -> float:
    """Do tasks, say what they cost, and return how many there were in a second."""
    own, others = processor_seconds()
    began, sizes, early = time.perf_counter(), Sizes(os.getpid()), ""
    with TemporaryDirectory() as folder, contextlib.closing(Journal(Path(folder), resume=False)) as journal:
        for done, _ in enumerate(run(tasks, work, journal, limits=LIMITS, **options), 1):
            if done == max(1, count // 10):
                early = sizes.take()
        late = sizes.take()
        bytes_each = journal.path.stat().st_size / count
    wall = time.perf_counter() - began
    sizes.stop()
    own, others = (after - before for after, before in zip(processor_seconds(), (own, others), strict=True))
    print(
        f"{name:28} {count:6} tasks {wall:7.1f} s {count / wall:7.1f} a second   "
        f"cpu each {1e3 * others / count:7.1f} ms + {1e3 * own / count:5.2f} ms   "
        f"MB {early} -> {late}   {bytes_each:7.0f} bytes",
        flush=True,
    )
    return count / wall


def questions(truth: Path, file: Path) -> None:
    kept = {"requirements": "requirements", "python": "python", "cutoff": "cutoff", "constraints": "constraints"}
    with file.open("w", encoding="utf-8") as stream:
        for path in sorted((truth / "cases").glob("*.toml")):
            case = tomllib.loads(path.read_text(encoding="utf-8"))
            one: dict[str, Any] = {"id": path.stem, **{name: case[key] for name, key in kept.items() if case.get(key)}}
            binary = case.get("only_binary") or ()
            if binary:
                one["only_binary"] = [binary] if isinstance(binary, str) else binary
            stream.write(f"{json.dumps(one)}\n")


def scale(file: Path, workers: list[int], options: list[str]) -> None:
    from pyarrow import parquet

    program = str(Path(sys.executable).parent / "backtrail")
    rates = []
    for number in workers:
        with TemporaryDirectory() as name:
            out, sizes = Path(name) / "survey", Sizes()
            command = [program, "survey", "ask", str(file.absolute()), "-o", str(out), "--workers", str(number), "-q"]
            spent = spend([*command, *options], Path.cwd(), fails=True, watch=sizes.watch)
            count = parquet.read_metadata(out / "tasks.parquet").num_rows
            journal = (out / "journal").stat().st_size
        rates.append(count / spent.wall)
        print(
            f"{number} processes: {count} questions in {spent.wall:.1f} s, {rates[-1]:.2f} a second; "
            f"{spent.cpu:.1f} s of processors; MB {sizes.take()}; {journal / count:.0f} bytes a question; "
            f"ended with {spent.code}",
            flush=True,
        )
    for number, rate in zip(workers[1:], rates[1:], strict=True):
        print(f"{number} processes do {rate / rates[0]:.2f} times as much as {workers[0]}")


def made(count: int, payload: bytes = b"") -> Iterator[Task]:
    return ((f"task {number}", payload) for number in range(count))


def overhead(count: int, workers: int) -> None:
    for number in (count // 10, count):
        measure(f"nothing, {workers} processes", number, made(number), bytes, workers=workers)


def cluster(workers: int, seconds: list[float]) -> None:
    for each in seconds:
        with sleeping(each), started(workers) as address:
            count = max(2 * workers, min(4000, int(30 * workers / each)))
            rate = measure(f"{workers} workers, {each:g} s", count, made(count, bytes(4000)), bytes, scheduler=address)
        print(f"    {rate * each / workers:.0%} of what {workers} workers can do that are never waiting")


def apart(workers: int, count: int) -> None:
    import dask
    import distributed  # noqa: F401  it has defaults for what is configured here

    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support.dask_cluster import dask_cluster
    from support.survey_work import work

    with TemporaryDirectory() as folder, dask_cluster(Path(folder), workers=0) as there, dask.config.set(there.config):
        there.worker("--no-nanny", "--nthreads", str(workers))
        processes = {"scheduler": there.scheduler, "worker": there.workers[0]}
        seen = {name: psutil.Process(process.pid) for name, process in processes.items()}
        tasks = [(f"task {number}", b"slow 0.2 " + bytes(4000)) for number in range(count)]
        measure("to begin", 2 * workers, tasks[: 2 * workers], work, scheduler=there.address)
        before = {name: sum(one.cpu_times()[:2]) for name, one in seen.items()}
        measure(f"{workers} threads apart, 0.2 s", count, tasks, work, scheduler=there.address)
        for name, one in seen.items():
            spent = sum(one.cpu_times()[:2]) - before[name]
            print(f"    {name:10} {1e3 * spent / count:6.2f} ms each, {one.memory_info().rss / 1e6:.0f} MB")


@contextlib.contextmanager
def sleeping(seconds: float) -> Iterator[None]:
    """Tasks that sleep on their worker, and need no process."""

    def answer(request: bytes, limits: Limits) -> Reply:  # noqa: ARG001  as it is called
        time.sleep(seconds)
        return Reply(end=End.ANSWERED, packed=os.urandom(6_000))

    with patch.object(question_process, "answer", answer):
        yield


@contextlib.contextmanager
def started(workers: int) -> Iterator[str]:
    """The address of a cluster of Dask in this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        memory_limit=0,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL + 1,
    ) as there:
        yield there.scheduler_address


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    asked = commands.add_parser("questions")
    asked.add_argument("truth", type=Path)
    asked.add_argument("file", type=Path)
    asked = commands.add_parser("scale")
    asked.add_argument("file", type=Path)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = commands.add_parser("overhead")
    asked.add_argument("--tasks", type=int, default=2000)
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = commands.add_parser("cluster")
    asked.add_argument("--workers", type=int, default=32)
    asked.add_argument("--seconds", type=float, nargs="+", default=[1.0, 0.1, 0.01])
    asked = commands.add_parser("apart")
    asked.add_argument("--tasks", type=int, default=1000)
    asked.add_argument("--workers", type=int, default=32)
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)  # what follows is the survey's
    args = parser.parse_args(given[:end])
    match args.command:
        case "questions":
            questions(args.truth, args.file)
        case "scale":
            scale(args.file, args.workers, given[end + 1 :])
        case "overhead":
            overhead(args.tasks, args.workers)
        case "apart":
            apart(args.workers, args.tasks)
        case _:
            cluster(args.workers, args.seconds)


if __name__ == "__main__":
    main()
