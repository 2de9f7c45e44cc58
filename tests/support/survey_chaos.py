"""Surveys to disturb: questions, a program that asks them, and what is left of its tables to be held against others.

The program asks as ``backtrail survey`` does. Of questions that are named after a way to go wrong one cell goes so.
"""

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import pyarrow.parquet as pq

from backtrail.survey.answering import unpacked
from backtrail.survey.answering import work as answer
from backtrail.survey.journal import NAME
from backtrail.survey.tables import TABLES, path_of
from support import survey_work
from support.cases import write_case
from support.dask_cluster import DaskCluster
from support.interrupts import Scene
from support.worlds import Project, Question, World, release

POISON = {
    "hang": "hung: it took longer than 6 s",
    "memory": "out of memory: it took more than 300 MiB of memory",
    "crash": "crashed: its process ended with SIGSEGV",
}
"""What is told of a question that goes wrong in each way."""

POISONED = "python=3.12"
"""The cell in which they do."""

OPTIONS = ("--vary", "python=3.10,3.11,3.12", "--kill-after", "6", "--max-memory", "300M", "--workers", "2", "-q")

TELLING = tuple(name for name in TABLES if name != "timings")

_TESTS = str(Path(__file__).parents[1])
_PATIENCE = 120.0


def write_questions(folder: Path, count: int) -> Path:
    """Recorded questions, each of an index of its own, and one for each way to go wrong."""
    folder.mkdir()
    for place, name in enumerate((*POISON, *(f"question-{number}" for number in range(count)))):
        library = Project(name="lib", releases=tuple(release("lib", f"{number}.0") for number in range(1, 4 + place)))
        behind = release("tool", "1.0", f'lib<{2 + place}; python_version < "3.11"', "lib")
        projects = (library, Project(name="tool", releases=(behind,)))
        world = World(name=name, projects=projects, question=Question(requirements=("lib", "tool"), python="3.10"))
        write_case(folder / f"{name}.backtrail", world, "uv", "pip")
    return folder


def slowed(store: str, payload: bytes) -> bytes:
    """Answer, and give others time to disturb it."""
    time.sleep(0.1)
    return answer(store, payload)


def poisoned(store: str, payload: bytes) -> bytes:
    """The same, but of the questions that go wrong."""
    task = unpacked(payload)
    word = Path(task.question).stem
    if word in POISON and task.cell.name == POISONED:
        return survey_work.work(word.encode())
    return slowed(store, payload)


def main() -> None:
    """Be the program: ``most`` bytes that a file may have (0: as many as it wants), and what a user types."""
    import resource

    from backtrail.cli import main as program
    from backtrail.survey import conduct

    most = int(sys.argv.pop(1))
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    with patch.object(conduct, "work", poisoned):
        program()


class Disturbed:
    """A survey in a folder, which is begun, disturbed and gone on with; ``seen`` counts what was done to it."""

    def __init__(self, folder: Path, questions: Path, dice: random.Random, *options: str, **environment: str) -> None:
        """Nothing was asked yet. ``options`` and variables of the environment are for each time that it is begun."""
        self.folder = folder
        self.seen: dict[str, int] = {}
        self._questions = questions
        self._dice = dice
        self._options = options
        self._environment = environment
        self._scene = Scene(folder.parent)
        self._begun = False

    @contextlib.contextmanager
    def going(self, *, most: int = 0) -> Iterator["subprocess.Popen[bytes]"]:
        """Begin it or go on with it; it may be told to write no file of more than ``most`` bytes."""
        resume = ["--resume"] if self._begun else []
        self._begun = True
        asked = ["survey", str(self._questions), "-o", str(self.folder), *OPTIONS, *self._options, *resume]
        program = f"import sys; sys.path.append({_TESTS!r}); from support.survey_chaos import main; main()"
        with self._scene.started([program, str(most), *asked], **self._environment) as process:
            try:
                yield process
            finally:
                process.kill()

    def ended(self, process: "subprocess.Popen[bytes]") -> tuple[int, str]:
        """Its code and what it says at its end."""
        out, err = process.communicate(timeout=_PATIENCE)
        assert out == b""
        return process.returncode, err.decode()

    def finish(self) -> None:
        """Go on to its end."""
        with self.going() as process:
            assert self.ended(process) == (0, "")

    def grown(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until some more is answered, and a moment more."""
        wanted = self.size() + self._dice.randrange(1, 2500)
        _await(lambda: self.size() >= wanted or process.poll() is not None)
        assert process.poll() is None, "it ended before it was disturbed"
        time.sleep(self._dice.uniform(0, 0.3))

    def size(self) -> int:
        """Bytes of the journal."""
        path = self.folder / NAME
        return path.stat().st_size if path.exists() else 0

    def kill_one(self, among: int) -> None:
        """Kill a process that answers for ``among`` or what it started, whichever it is."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(among).children(recursive=True)
            there = [child for child in children if "question_server" in " ".join(child.cmdline())]
            if there:
                self._dice.choice(there).kill()
                self.count("a question's process was killed")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill the program; what answered it ends by itself."""
        there = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not psutil.wait_procs(there, timeout=_PATIENCE)[1]
        self.count("the program was killed")

    def fill(self, most: int, says: str) -> None:
        """Go on with no more room than that."""
        with self.going(most=most) as process:
            code, said = self.ended(process)
        assert code == 2, said
        assert says in said, said
        assert said.count("\n") == 1, said
        self.count("the disk was full")

    def without_tables(self) -> None:
        """Take away what was made of the answers."""
        for name in TABLES:
            if name != "questions":
                path_of(self.folder, name).unlink(missing_ok=True)

    def count(self, what: str) -> None:
        """Count a disturbance."""
        self.seen[what] = self.seen.get(what, 0) + 1


def _await(so: Callable[[], bool]) -> None:
    ends = time.monotonic() + _PATIENCE
    while not so():
        assert time.monotonic() < ends, "it does not come to that"
        time.sleep(0.01)


def disturb_here(survey: Disturbed) -> None:
    """A disk without room at each stage, processes and the program killed at random moments, and its end."""
    survey.fill(1000, "File too large")
    with survey.going() as process:
        for _ in range(3):
            survey.grown(process)
            survey.kill_one(process.pid)
        survey.kill(process)
    survey.fill(survey.size() + 300, "what was answered so far is kept, and --resume goes on from there")
    with survey.going() as process:
        survey.grown(process)
        survey.kill_one(process.pid)
        survey.grown(process)
        survey.kill(process)
    survey.finish()
    survey.without_tables()
    survey.fill(2500, "File too large")
    assert not any(path.suffix == ".part" for path in survey.folder.iterdir())
    survey.finish()


def disturb_there(survey: Disturbed, cluster: DaskCluster) -> None:
    """Workers and what answers for them killed at random moments, the scheduler restarted, and its end."""
    with survey.going() as process:
        survey.grown(process)
        survey.kill_one(cluster.workers[0].pid)
        survey.grown(process)
        worker = cluster.workers.pop(0)
        worker.kill()
        worker.wait()
        cluster.worker("--no-nanny")
        survey.count("a worker was killed")
        survey.grown(process)
        cluster.restart()
        survey.count("the scheduler was restarted")
        assert survey.ended(process) == (0, "")


def on(cluster: DaskCluster) -> dict[str, str]:
    """The variables with which the program reaches a cluster."""
    names = {name.upper().replace(".", "__").replace("-", "_"): value for name, value in cluster.config.items()}
    return {f"DASK_{name}": str(value) for name, value in names.items()}


def flaws(found: Path, expected: Path) -> list[str]:
    """What tables have that those of an undisturbed survey have not, or the other way round; poison aside."""
    wrong: list[str] = []
    for name in TELLING:
        here, there = (_rows(folder, name) for folder in (found, expected))
        well, undisturbed = ([row for row in rows if not _is_poisoned(row)] for rows in (here, there))
        if well != undisturbed:
            wrong.append(f"{name}: {len(well)} rows are not the {len(undisturbed)} of the undisturbed survey")
        bad = [row for row in here if _is_poisoned(row)]
        if name != "runs" and bad:
            wrong.append(f"{name}: something is said of what has no answer: {bad}")
    told = [(Path(row["question"]).stem, row["run"], row["error"]) for row in _rows(found, "runs") if _is_poisoned(row)]
    asked = [(word, run, said) for word, said in sorted(POISON.items()) for run in ("uv@0.13.9", "pip@26.3")]
    if told != asked:
        wrong.append(f"of what went wrong is told {told}")
    return wrong


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path_of(folder, name)).to_pylist()
    return found


def _is_poisoned(row: dict[str, Any]) -> bool:
    return row.get("cell") == POISONED and Path(row["question"]).stem in POISON
