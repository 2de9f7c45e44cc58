"""A cluster that is there does the tasks of a survey, over TLS, whatever happens to it; and it stays."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import distributed  # noqa: F401  it has defaults for what is configured here
import psutil
import pytest

from backtrail.model.errors import ClusterFailure, InputError
from backtrail.survey import running
from backtrail.survey.journal import End, Journal
from backtrail.survey.question_process import Limits
from backtrail.survey.running import Task, run
from support.dask_cluster import DaskCluster, dask_cluster
from support.patience import patience
from support.survey_work import work

# The same lines are gone over thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

LIMITS = Limits(seconds=30.0, memory=200 << 20)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as started:
        yield started


@pytest.fixture(autouse=True)
def _reached(cluster: DaskCluster) -> Iterator[None]:
    with dask.config.set(cluster.config):
        yield


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "survey", resume=False)
    yield journal
    journal.close()


def tasks(count: int) -> list[Task]:
    return [(f"task {number}", f"slow 0.05 {number}.".encode()) for number in range(count)]


def assert_undisturbed(journal: Journal, count: int) -> None:
    """What the journal holds is what it would hold had nothing happened."""
    told = list(journal.told())
    assert len(told) == count
    assert {one.key: (one.end, one.answer) for one in told} == {
        f"task {number}": (End.ANSWERED, f"{number}.{number}.".encode()) for number in range(count)
    }


def test_it_does_the_tasks_over_tls_and_is_there_afterwards(cluster: DaskCluster, journal: Journal) -> None:
    with patience():
        told = list(run(tasks(40), work, journal, limits=LIMITS, scheduler=cluster.address))
    assert len(told) == 40
    assert_undisturbed(journal, 40)
    assert cluster.scheduler.poll() is None
    assert [worker.poll() for worker in cluster.workers] == [None, None]


def test_without_certificates_it_is_not_reached(cluster: DaskCluster, journal: Journal) -> None:
    with (
        dask.config.set(dict.fromkeys(cluster.config, None) | {"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises((InputError, ClusterFailure), match=f"--scheduler {cluster.address}: "),
    ):
        list(run(tasks(1), work, journal, limits=LIMITS, scheduler=cluster.address))


def test_a_task_that_goes_wrong_there_costs_nobody_a_worker(cluster: DaskCluster, journal: Journal) -> None:
    before = [worker.pid for worker in cluster.workers]
    poisoned: list[Task] = [("hang", b"hang"), ("crash", b"crash"), ("memory", b"memory")]
    with patience():
        told = {
            one.key: one
            for one in run(
                [*poisoned, *tasks(20)],
                work,
                journal,
                limits=Limits(seconds=8.0, memory=LIMITS.memory),
                scheduler=cluster.address,
            )
        }
    assert [told[key].end for key, _ in poisoned] == [End.HUNG, End.CRASHED, End.OUT_OF_MEMORY]
    assert all(told[key].end is End.ANSWERED for key, _ in tasks(20))
    assert [worker.pid for worker in cluster.workers if worker.poll() is None] == before


def test_workers_killed_at_random_change_nothing(cluster: DaskCluster, journal: Journal) -> None:
    running_tasks = run(tasks(120), work, journal, limits=LIMITS, scheduler=cluster.address)
    with patience(120):
        for place, _ in enumerate(running_tasks):
            if place in (10, 30, 31, 70):
                worker = cluster.workers.pop(0)
                worker.kill()
                worker.wait()
                cluster.worker("--no-nanny")
    assert_undisturbed(journal, 120)


def test_a_scheduler_that_is_restarted_changes_nothing(cluster: DaskCluster, journal: Journal) -> None:
    running_tasks = run(tasks(80), work, journal, limits=LIMITS, scheduler=cluster.address)
    with patience(120):
        for place, _ in enumerate(running_tasks):
            if place == 20:
                cluster.restart()
    assert_undisturbed(journal, 80)


# Of a connection that is refused, distributed leaves the socket to whoever collects it.
@pytest.mark.filterwarnings("ignore:.*unclosed <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_a_scheduler_that_does_not_come_back_ends_it_and_it_goes_on_later(journal: Journal, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, workers=1) as lost, dask.config.set(lost.config):
        running_tasks = run(tasks(30), work, journal, limits=LIMITS, scheduler=lost.address)
        with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), patience():
            next(running_tasks)
            lost.close()
            with pytest.raises(ClusterFailure) as raised:
                list(running_tasks)
        assert str(raised.value) == (
            f"--scheduler {lost.address}: the scheduler is gone; what was answered so far is kept, and --resume goes "
            "on from there"
        )
    with patience():
        list(run(tasks(30), work, journal, limits=LIMITS, workers=2))
    assert_undisturbed(journal, 30)


def test_a_cluster_without_workers_is_not_waited_for_for_ever(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_PATIENCE", 0.5)
    monkeypatch.setattr(running, "_LOOKS", 0.1)
    with (
        dask_cluster(tmp_path, workers=0) as empty,
        dask.config.set(empty.config),
        patience(),
        pytest.raises(ClusterFailure, match="no worker has come for"),
    ):
        list(run(tasks(1), work, journal, limits=LIMITS, scheduler=empty.address))


def test_workers_that_come_later_work_too(journal: Journal, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, workers=0) as growing, dask.config.set(growing.config):
        later = threading.Timer(0.5, growing.worker)
        later.start()
        with patience():
            list(run(tasks(5), work, journal, limits=LIMITS, scheduler=growing.address))
        later.join()
        assert_undisturbed(journal, 5)


def test_workers_that_lack_the_function_are_a_sentence(journal: Journal, tmp_path: Path) -> None:
    with (
        dask_cluster(tmp_path, workers=1, path="") as poor,
        dask.config.set(poor.config),
        patience(),
        pytest.raises(ClusterFailure, match="its workers cannot run backtrail: No module named 'support'"),
    ):
        list(run(tasks(1), work, journal, limits=LIMITS, scheduler=poor.address))
    assert not list(journal.told())


def answering(cluster: DaskCluster) -> list[int]:
    """The processes that answer for workers."""
    children = [child for worker in cluster.workers for child in psutil.Process(worker.pid).children()]
    return [child.pid for child in children if "question_server" in " ".join(child.cmdline())]


def test_nothing_is_left_of_a_worker_that_was_killed(cluster: DaskCluster, journal: Journal) -> None:
    """The process that it asked ends with it, even in the midst of a task."""
    waiting = [(f"task {number}", f"slow 20 {number}".encode()) for number in range(2)]
    asked = run([("first", b"double x"), *waiting], work, journal, limits=LIMITS, scheduler=cluster.address)
    with patience():
        next(asked)
        before = answering(cluster)
        for worker in [*cluster.workers]:
            worker.kill()
            worker.wait()
            cluster.workers.remove(worker)
            cluster.worker("--no-nanny")
        asked.close()
        while any(map(psutil.pid_exists, before)):
            time.sleep(0.05)
    assert len(before) == 2
