"""Tasks of a survey are all done, each once, few at a time, and what goes wrong with one is told of that one alone."""

import contextlib
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backtrail.model.errors import ClusterFailure, InputError
from backtrail.survey.journal import End, Journal
from backtrail.survey.question_process import Limits
from backtrail.survey.running import Task, run
from support.patience import patience
from support.survey_work import work

# The same lines are gone over thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

LIMITS = Limits(seconds=30.0, memory=200 << 20)


def tasks(count: int) -> Iterator[Task]:
    return ((f"task {number}", f"double {number}.".encode()) for number in range(count))


def answers(count: int) -> dict[str, bytes]:
    return {f"task {number}": f"{number}.{number}.".encode() for number in range(count)}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "survey", resume=False)
    yield journal
    journal.close()


def told_of(journal: Journal) -> dict[str, bytes]:
    """What the journal holds, each key once."""
    told = list(journal.told())
    assert len({one.key for one in told}) == len(told)
    assert all(one.end is End.ANSWERED for one in told)
    return {one.key: one.answer for one in told}


def test_every_task_is_done_once(journal: Journal) -> None:
    with patience():
        told = list(run(tasks(50), work, journal, limits=LIMITS, workers=2))
    assert {one.key: one.answer for one in told} == told_of(journal) == answers(50)
    assert list(run(tasks(50), work, journal, limits=LIMITS, workers=2)) == []


def test_a_key_that_comes_twice_is_one_task(journal: Journal) -> None:
    with patience():
        told = list(run([*tasks(3), *tasks(20), *tasks(3)], work, journal, limits=LIMITS, workers=2))
    assert sorted(one.key for one in told) == sorted(answers(20))


POISON = {
    "hang": (End.HUNG, "it took longer than 8 s"),
    "stuck": (End.HUNG, "it took longer than 8 s"),
    "memory": (End.OUT_OF_MEMORY, "it took more than 200 MiB of memory"),
    "mapped": (End.OUT_OF_MEMORY, "it took more than 200 MiB of memory"),
    "crash": (End.CRASHED, "its process ended with SIGSEGV"),
    "leave": (End.CRASHED, "its process ended with code 3"),
    "raise what": (End.CRASHED, "ValueError: what"),
}


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_task_that_goes_wrong_is_tried_again_and_told_and_no_other_notices(journal: Journal) -> None:
    poisoned = [(word, word.encode()) for word in POISON]
    mixed = [*tasks(5), *poisoned, *((f"{key} after", payload) for key, payload in tasks(30))]
    with patience(120):
        told = {
            one.key: one
            for one in run(mixed, work, journal, limits=Limits(seconds=8.0, memory=LIMITS.memory), workers=2)
        }
    assert {word: (told[word].end, told[word].sentence, told[word].attempts) for word in POISON} == {
        word: (*ends, 2) for word, ends in POISON.items()
    }
    well = [one for key, one in told.items() if key not in POISON]
    assert all((one.end, one.attempts) == (End.ANSWERED, 1) for one in well)
    assert len(told) == len(mixed)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_task_whose_process_was_killed_is_done_again(journal: Journal, tmp_path: Path) -> None:
    killed: list[Task] = [("once", f"killed {tmp_path / 'once'}".encode()), ("always", b"always-killed")]
    with patience():
        told = {one.key: one for one in run(killed, work, journal, limits=LIMITS, workers=2)}
    assert (told["once"].answer, told["once"].attempts) == (b"alive", 2)
    assert (told["always"].end, told["always"].attempts) == (End.CRASHED, 5)
    assert told["always"].sentence == "what it ran in was killed 5 times, as systems do that have no memory left"


def test_what_a_task_prints_is_no_answer(journal: Journal) -> None:
    with patience():
        (told,) = run([("print", b"print hello")], work, journal, limits=LIMITS, workers=1)
    assert told.answer == b"printed"


def test_few_tasks_are_under_way_however_many_there_are(journal: Journal) -> None:
    taken = 0

    def counted() -> Iterator[Task]:
        nonlocal taken
        for task in tasks(300):
            taken += 1
            yield task

    most = 0
    with patience():
        for done, _ in enumerate(run(counted(), work, journal, limits=LIMITS, workers=2)):
            most = max(most, taken - done)
    assert taken == 300
    assert most <= 17


def test_processes_are_kept_for_further_tasks_and_gone_at_the_end(journal: Journal) -> None:
    asked = [(f"task {number}", b"process") for number in range(40)]
    with patience():
        used = {int(told.answer) for told in run(asked, work, journal, limits=LIMITS, workers=2)}
    assert len(used) <= 2
    assert not any(map(psutil.pid_exists, used))


def test_a_process_in_which_much_is_left_is_not_kept(journal: Journal) -> None:
    asked = [(f"task {number}", b"keep 150000000") for number in range(4)]
    with patience():
        told = list(run(asked, work, journal, limits=LIMITS, workers=1))
    assert [one.attempts for one in told] == [1] * 4
    assert len({one.answer for one in told}) == 4


def test_no_other_computer_can_ask_the_cluster_here(journal: Journal) -> None:
    with patience():
        running = run(tasks(40), work, journal, limits=LIMITS, workers=2)
        next(running)
        listening = [one.laddr.ip for one in psutil.Process().net_connections("inet") if one.status == "LISTEN"]
        running.close()
    assert set(listening) <= {"127.0.0.1"}


def test_who_wants_no_more_gets_no_more_and_can_go_on(journal: Journal) -> None:
    with patience():
        running = run(tasks(40), work, journal, limits=LIMITS, workers=2)
        first = [next(running) for _ in range(7)]
        running.close()
        assert [one.key for one in journal.told()] == [one.key for one in first]
        rest = list(run(tasks(40), work, journal, limits=LIMITS, workers=2))
    assert len(rest) == 33
    assert told_of(journal) == answers(40)


def test_progress_counts_what_was_done_before(journal: Journal) -> None:
    for _ in run(tasks(4), work, journal, limits=LIMITS, workers=1):
        pass
    said: list[tuple[int, int, str]] = []
    for _ in run(
        tasks(6), work, journal, limits=LIMITS, workers=1, total=6, progress=lambda *words: said.append(words)
    ):
        pass
    assert [(done, total) for done, total, _ in said] == [(4, 6), (5, 6), (6, 6)]
    assert said[1][2].endswith(" s left")


def test_a_disk_without_room_ends_it_and_it_goes_on_later(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(data: bytes) -> None:
        if len(journal.keys) == 11:
            raise OSError(28, "No space left on device")
        write(data)

    write = journal._write
    monkeypatch.setattr(journal, "_write", full)
    with patience(), pytest.raises(InputError, match="No space left on device; what was answered so far is kept"):
        list(run(tasks(30), work, journal, limits=LIMITS, workers=2))
    monkeypatch.undo()
    with patience():
        assert len(list(run(tasks(30), work, journal, limits=LIMITS, workers=2))) == 19
    assert told_of(journal) == answers(30)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_processes_killed_at_random_change_nothing(journal: Journal) -> None:
    slow = [(key, payload.replace(b"double ", b"slow 0.02 ")) for key, payload in tasks(120)]
    dice = random.Random(0)
    with patience(120):
        for place, _ in enumerate(run(slow, work, journal, limits=LIMITS, workers=2)):
            if place % 9 == 0 and (there := answering()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    dice.choice(there).send_signal(signal.SIGKILL)
    assert told_of(journal) == answers(120)


def answering() -> list[psutil.Process]:
    """The processes that answer here."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [child for child in psutil.Process().children() if "question_server" in " ".join(child.cmdline())]
    return []


def test_a_scheduler_that_is_not_there_is_a_sentence(journal: Journal) -> None:
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "0.2s"}), pytest.raises(ClusterFailure) as raised:
        list(run(tasks(1), work, journal, limits=LIMITS, scheduler="tcp://127.0.0.1:9"))
    assert str(raised.value).startswith("--scheduler tcp://127.0.0.1:9: ")


@pytest.mark.parametrize("address", ["nonsense://here", "tcp://127.0.0.1:port", ""])
def test_an_address_that_is_none_is_a_sentence(journal: Journal, address: str) -> None:
    with pytest.raises(InputError, match=f"--scheduler ?{address}: "):
        list(run(tasks(1), work, journal, limits=LIMITS, scheduler=address))
