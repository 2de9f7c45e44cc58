"""Ctrl-C, at each phase of a run: the program ends at once, says one word, and leaves nothing behind."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backtrail.index.network import transport
from support.building import BuildIndex
from support.interrupts import PROGRAM, STOPPING, Ended, Scene, flaws
from support.kills import wrong_after_kills
from support.loopback import Loopback

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them")

SLACK = 5.0
"""Seconds that an end may take here, where other tests run at the same time; it takes a tenth of one."""

LINGERING = (
    "import subprocess, tempfile; tempfile.mkdtemp(); subprocess.Popen(['sleep', '600']); note('up'); time.sleep(600)"
)
"""What a backend does that starts others, and leaves files where temporary ones go."""


class Stage:
    """An index, and the program that asks it."""

    def __init__(self, server: Loopback, folder: Path) -> None:
        self.scene = Scene(folder)
        self.packages = BuildIndex(server, folder / "notes")

    def asking(self, *arguments: str, command: str = "explain-backtrack") -> list[str]:
        return [PROGRAM, command, *arguments, "--index-url", self.packages.url, "--resolver", "uv@0.13.9"]

    def noted(self, name: str) -> Callable[[], bool]:
        """Whether a backend, or a program that goes no further, left this note."""
        note = self.packages.notes / name
        return lambda: note.exists() and (name == "stopped" or bool(note.read_text()))

    def stopped_at(self, place: str, turn: int, program: list[str]) -> Ended:
        """A run that is interrupted where a function is called for the so-manieth time."""
        stopping = [STOPPING, place, str(turn), str(self.packages.notes / "stopped"), *program[1:]]
        return self.scene.interrupt(stopping, self.noted("stopped"))

    def hanging(self, path: str) -> Callable[[], bool]:
        """From now on nobody answers for a path; whether that was asked for."""
        self.packages.server.delays[path] = 600.0
        return lambda: path in self.packages.server.delayed


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "PAUSE", 0.001)
    with Loopback() as server:
        yield Stage(server, tmp_path)


def test_while_pages_are_fetched_and_the_next_run_answers(stage: Stage) -> None:
    stage.packages.wheel("a", "1.0", "b")
    stage.packages.wheel("b")
    asked = stage.asking("a")
    ended = stage.scene.interrupt(asked, stage.hanging("/simple/b/"))
    assert flaws(ended, seconds=SLACK) == []
    stage.packages.server.delays.clear()
    (code, out, err), _ = stage.scene.run(asked)
    assert (code, err) == (0, b"")
    assert b"resolves 2 packages" in out


def test_more_presses_change_nothing(stage: Stage) -> None:
    stage.packages.wheel("a", "1.0", "b")
    ended = stage.scene.interrupt(stage.asking("a"), stage.hanging("/simple/b/"), times=4)
    assert flaws(ended, seconds=SLACK) == []


def test_a_request_to_terminate_ends_the_same_way(stage: Stage) -> None:
    stage.packages.sdist("a", LINGERING)
    program = stage.asking("a", "--build-sdists")
    ended = stage.scene.interrupt(program, stage.noted("up"), number=signal.SIGTERM)
    assert flaws(ended, seconds=SLACK, code=143, word=b"terminated") == []


def test_after_a_kill_the_next_run_answers(stage: Stage) -> None:
    for name in ("a", "b", "c", "d"):
        stage.packages.wheel(name)
    program = stage.asking("a", "b", "c", "d", "--isolated")
    assert [flaws for flaws in wrong_after_kills(stage.scene, program, (0.3, 0.5, 0.6, 0.8)) if flaws] == []


def test_who_was_started_to_ignore_it_goes_on(stage: Stage) -> None:
    """As ``nohup`` and a shell's background jobs are."""
    stage.packages.wheel("a")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stage.packages.server.delays["/simple/a/"] = 1.0
        ended = stage.scene.interrupt(stage.asking("a"), lambda: "/simple/a/" in stage.packages.server.delayed)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (ended.code, ended.err) == (0, b"")


def test_while_a_backend_runs_that_started_others_and_wrote_files(stage: Stage) -> None:
    stage.packages.sdist("a", LINGERING)
    ended = stage.scene.interrupt(stage.asking("a", "--build-sdists"), stage.noted("up"))
    assert flaws(ended, seconds=SLACK) == []


def test_while_what_is_built_ahead_is_built(stage: Stage) -> None:
    stage.packages.sdist("a", LINGERING)
    stage.hanging("/simple/b/")
    ended = stage.scene.interrupt(stage.asking("b", "a", "--build-sdists"), stage.noted("up"))
    assert flaws(ended, seconds=SLACK) == []


def test_while_build_requirements_are_fetched(stage: Stage) -> None:
    stage.packages.sdist("a", requires=["helper"])
    stage.packages.wheel("helper")
    ended = stage.scene.interrupt(
        stage.asking("a", "--build-sdists"), stage.hanging("/files/helper-1.0-py3-none-any.whl")
    )
    assert flaws(ended, seconds=SLACK) == []


def test_while_an_interpreter_is_asked_what_it_is(stage: Stage) -> None:
    slow = stage.scene.folder / "slow-python"
    slow.write_text(f"#!/bin/sh\necho $$ > {stage.packages.notes / 'asked'}\nsleep 600\n")
    slow.chmod(0o755)
    ended = stage.scene.interrupt(stage.asking("a", "--python", str(slow)), stage.noted("asked"))
    assert flaws(ended, seconds=SLACK) == []


SLOW_TO_CLEAR = """
import time
from backtrail import transient
remove = transient._remove
transient._remove = lambda path: (time.sleep(2.0), remove(path))
from backtrail.cli import main
main()
"""


@pytest.mark.parametrize("output", [(), ("-o", "answer.json")])
def test_an_answer_that_comes_while_everything_is_cleared_away_is_kept_back(
    stage: Stage, output: tuple[str, ...]
) -> None:
    stage.packages.wheel("a")
    stage.packages.server.delays["/simple/a/"] = 0.5
    asked = [SLOW_TO_CLEAR, *stage.asking("a", "--build-sdists", *output)[1:]]
    ended = stage.scene.interrupt(asked, lambda: "/simple/a/" in stage.packages.server.delayed)
    assert flaws(ended, seconds=SLACK + 4.0) == []
    assert not (stage.scene.folder / "answer.json").exists()


def held_back(stage: Stage) -> list[str]:
    """A question with something to explain, and to try again for."""
    stage.packages.wheel("a", "1.0")
    stage.packages.wheel("a", "2.0", "b<2")
    stage.packages.wheel("b", "1.0")
    stage.packages.wheel("b", "2.0")
    return stage.asking("b", "a")


def test_while_a_remedy_is_tried_and_no_file_is_written(stage: Stage) -> None:
    program = [*held_back(stage), "-o", "answer.json"]
    ended = stage.stopped_at("backtrail.solving:resolve", 2, program)
    assert flaws(ended, seconds=SLACK) == []
    assert not (stage.scene.folder / "answer.json").exists()


def test_while_a_file_is_put_in_place(stage: Stage) -> None:
    program = [*held_back(stage), "-o", "case.backtrail"]
    ended = stage.stopped_at("pathlib:Path.replace", 1, program)
    assert flaws(ended, seconds=SLACK) == []
    assert not list(stage.scene.folder.glob("*case*"))


@pytest.mark.parametrize(
    "command",
    [
        ["replay", "case.backtrail"],
        ["shrink", "case.backtrail", "--keep", "a==1.0"],
        ["diff", "case.backtrail", "other.backtrail"],
        ["report", "case.backtrail", "-o", "answer.html"],
    ],
    ids=lambda command: command[0],
)
def test_while_a_recorded_question_is_answered(stage: Stage, command: list[str]) -> None:
    program = held_back(stage)
    for number, name in enumerate(("case", "other"), start=1):
        assert stage.scene.run([*program, f"a=={number}", "-o", f"{name}.backtrail"])[0][0] == 0
    ended = stage.stopped_at("backtrail.solving:resolve", 1, [PROGRAM, *command])
    assert flaws(ended, seconds=SLACK) == []
    assert not (stage.scene.folder / "answer.html").exists()


def test_while_resolvers_are_compared(stage: Stage) -> None:
    program = [*held_back(stage), "--resolver", "pip@26.3"]
    program[1] = "compare"
    assert flaws(stage.stopped_at("backtrail.solving:resolve", 2, program), seconds=SLACK) == []
