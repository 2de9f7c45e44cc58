"""Resolution for all platforms and Pythons at once: what the real uv 0.13.9 answered to small indexes."""

from typing import Any

import msgspec
import pytest

from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.run import PinnedLine, Run
from backtrail.model.trail import Outcome, Preferred, Split, SplitBy
from backtrail.model.verdict import Reason
from support.ours import WorldSource, run_for_all
from support.vectors import vectors, world
from support.worlds import World, entries

BASE = "http://127.0.0.1/base"
COMPILE = vectors("compile")


def answer(name: str, vector: dict[str, Any]) -> Run:
    asked = {**vector, "requirements": [line.replace("BASE", BASE) for line in vector["requirements"]]}
    here = world(name, asked)
    return run_for_all(here, "0.13.9", WorldSource(here, direct=direct(here)))


def direct(world: World) -> dict[str, Metadata]:
    """The metadata of the files of a world, by a URL outside the index."""
    return {
        f"{BASE}/files/{one.file.filename}": Metadata(
            name=one.project.name, version=one.release.version, source=MetadataSource.WHEEL
        )
        for one in entries(world)
    }


def written(line: PinnedLine) -> str:
    """A line as uv prints it."""
    pin = f"{line.name}=={line.version}" if line.url is None else f"{line.name} @ {line.url.replace(BASE, 'BASE')}"
    return f"{pin} ; {line.marker}" if line.marker else pin


@pytest.mark.parametrize("name", COMPILE)
def test_forks_and_lines_are_uvs(name: str) -> None:
    vector = COMPILE[name]
    run = answer(name, vector)
    assert (run.outcome is Outcome.SOLVED) is ("lines" in vector)
    assert [fork.marker for fork in run.forks if fork.outcome is Outcome.SOLVED] == vector["forks"]
    assert ([*map(written, run.lines)] if run.outcome is Outcome.SOLVED else None) == vector.get("lines")


def test_a_fork_is_a_run_of_its_own() -> None:
    run = answer("nested-fork", COMPILE["nested-fork"])
    pins = [{pin.name: pin.version for pin in fork.pins} for fork in run.forks]
    assert pins == [{"a": "1", "c": "1"}, {"a": "1", "c": "2"}, {"a": "2"}]
    splits = [[(event.why, event.names, event.marker) for event in _events(fork, Split)] for fork in run.forks]
    assert splits[0] == [
        (SplitBy.MARKERS, ("a",), "sys_platform == 'linux'"),
        (SplitBy.MARKERS, ("c",), "platform_machine == 'x86_64' and sys_platform == 'linux'"),
    ]
    assert splits[2] == [(SplitBy.MARKERS, ("a",), "sys_platform != 'linux'")]


def test_what_an_earlier_fork_chose_is_an_event_of_the_later_one() -> None:
    run = answer("fork-same-version", COMPILE["fork-same-version"])
    first, second = run.forks
    assert _events(first, Preferred) == []
    assert _events(second, Preferred)[0] == Preferred(
        name=first.pins[0].name, version="2", fork="sys_platform == 'linux'"
    )


def test_the_fork_that_failed_is_the_last_and_tells_the_run() -> None:
    run = answer("rp-fail", COMPILE["rp-fail"])
    assert run.outcome is Outcome.IMPOSSIBLE
    assert [fork.outcome for fork in run.forks] == [Outcome.SOLVED, Outcome.IMPOSSIBLE]
    failed = run.forks[-1]
    assert failed.marker == "python_full_version == '3.9.*'"
    assert (run.trail, run.terminal) == (failed.trail, failed.terminal)


def test_pins_are_those_of_this_computer() -> None:
    run = run_for_all(
        world("fork-basic", COMPILE["fork-basic"]), "0.13.9", markers={"sys_platform": "win32", "os_name": "nt"}
    )
    assert {pin.name: pin.version for pin in run.pins} == {"a": "2"}
    assert [asked.requirement.text for asked in run.pins[0].requested_by] == ["a>=2 ; sys_platform != 'linux'"]


def test_a_version_without_wheels_for_a_required_environment_says_which() -> None:
    run = answer("required-env-fail", COMPILE["required-env-fail"])
    exclusions = [one for event in run.trail for one in getattr(event, "exclusions", ())]
    assert (Reason.UNCOVERED, "sys_platform == 'win32'") in [(one.reason, one.value) for one in exclusions]


def test_two_direct_references_in_one_fork_end_the_run() -> None:
    run = answer("url-conflict", COMPILE["url-conflict"])
    assert run.outcome is Outcome.ABORTED
    assert run.failure is not None
    assert "two direct references" in msgspec.json.encode(run.failure).decode()


def _events(run: Run, kind: type[Any]) -> list[Any]:
    return [event for event in run.trail if isinstance(event, kind)]
