"""A survey that is killed or interrupted leaves nothing behind but its journal, and goes on from there."""

import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from backtrail.survey.journal import NAME, End, Journal
from support.interrupts import Scene, flaws
from support.survey_program import TASKS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

PATH = str(Path(__file__).parents[1])


def program(folder: Path) -> list[str]:
    return [f"import sys; sys.path.append({PATH!r}); from support.survey_program import main; main()", str(folder)]


def size(folder: Path) -> int:
    path = folder / NAME
    return path.stat().st_size if path.exists() else 0


def told_in(folder: Path) -> list[tuple[str, End, bytes]]:
    journal = Journal(folder, resume=True)
    journal.close()
    return [(one.key, one.end, one.answer) for one in journal.told()]


def assert_undisturbed(folder: Path) -> None:
    told = told_in(folder)
    assert sorted(told) == sorted(
        (f"task {number}", End.ANSWERED, f"{number}.{number}.".encode()) for number in range(TASKS)
    )


def test_killed_at_random_moments_it_goes_on_and_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    """A process that answered it ends as well."""
    dice, folder, scene = random.Random(0), tmp_path / "survey", Scene(tmp_path)
    for _ in range(4):
        kept = size(folder)
        with scene.started(program(folder)) as process:
            while size(folder) < kept + 100 and process.poll() is None:
                time.sleep(0.01)
            time.sleep(dice.uniform(0, 0.3))
            there = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGKILL)
        gone, left = psutil.wait_procs(there, timeout=30)
        assert gone
        assert not left
    assert scene.run(program(folder))[0] == (0, b"", b"")
    assert_undisturbed(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_at_once_and_goes_on_later(tmp_path: Path, number: signal.Signals) -> None:
    folder, scene = tmp_path / "survey", Scene(tmp_path)
    ended = scene.interrupt(program(folder), lambda: size(folder) > 500, number=number)
    word = b"interrupted" if number is signal.SIGINT else b"terminated"
    assert flaws(ended, seconds=30.0, code=128 + number, word=word) == []
    assert 0 < len(told_in(folder)) < TASKS
    assert scene.run(program(folder))[0] == (0, b"", b"")
    assert_undisturbed(folder)
