"""Metadata that says more or other than it should: what ends a run, and what is passed over."""

from dataclasses import replace

import pytest

from backtrail.index import DEFAULT_INDEX
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.question import Indexes
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from support.ours import INDEX, BuildingSource, run_pip_world, run_world
from support.worlds import File, Project, Question, Release, World, release

REFERENCE = "https://forge.example/c-1.0.tar.gz"
WHEEL = "a-2-py3-none-any.whl"


def asking(*requirements: str, **projects: tuple[Release, ...]) -> World:
    listed = tuple(Project(name=name, releases=releases) for name, releases in projects.items())
    return World(name="story", projects=listed, question=Question(requirements=requirements))


def pins(run: Run) -> dict[str, str]:
    return {str(pin.name): pin.version for pin in run.pins}


@pytest.mark.parametrize("uv", ["0.13.9", "0.4.18"])
def test_a_wheel_of_another_project_ends_a_run_of_uvs_and_one_of_another_version_is_taken(uv: str) -> None:
    def answer(says: bytes) -> Run:
        one = release("a", "2")
        other = replace(one, files=(replace(one.files[0], raw_metadata=b"Metadata-Version: 2.1\n" + says),))
        return run_world(asking("a", a=(release("a", "1"), other)), uv)[0]

    stopped = answer(b"Name: b\nVersion: 2\n")
    assert stopped.outcome is Outcome.ABORTED
    assert isinstance(stopped.failure, Unavailable)
    assert stopped.failure.failure is Failure.INCONSISTENT
    assert pins(answer(b"Name: a\nVersion: 3\n")) == {"a": "2"}


def test_a_direct_reference_to_another_project_ends_uv_and_has_no_version_for_pip() -> None:
    other = Metadata(name="other", version="1.0", source=MetadataSource.WHEEL)
    world = asking(f"c @ {REFERENCE}")

    def source() -> BuildingSource:
        return BuildingSource(world, direct={REFERENCE: other})

    assert run_world(world, "0.13.9", source())[0].outcome is Outcome.ABORTED
    assert run_pip_world(world, "24.2", source())[0].outcome is Outcome.IMPOSSIBLE
    assert pins(run_pip_world(world, "24.1", source())[0]) == {"c": "1.0"}  # it goes by the file


@pytest.mark.parametrize("python", ["3.11", "3.10"])
def test_a_wheel_without_a_name_ends_an_early_pip_where_it_says_what_it_takes(python: str) -> None:
    nameless = replace(release("a", "2"), files=(File(filename=WHEEL, raw_metadata=b"Version: 2\n"),))

    def outcome(pip: str, *requirements: str) -> Outcome:
        world = asking(*requirements, a=(nameless,), b=())
        world = replace(world, question=replace(world.question, python=python))
        return run_pip_world(world, pip, running=False)[0].outcome

    assert outcome("24.1", "a") is (Outcome.ABORTED if python == "3.11" else Outcome.SOLVED)
    assert outcome("24.1", "a", "b") is Outcome.IMPOSSIBLE
    assert outcome("24.2", "a", "b") is Outcome.ABORTED


@pytest.mark.parametrize(("pip", "outcome"), [("26.3", Outcome.ABORTED), ("26.2", Outcome.SOLVED)])
def test_a_file_of_pypi_that_asks_for_a_direct_reference_ends_a_run_of_pips_at_once_or_when_it_is_followed(
    pip: str, outcome: Outcome
) -> None:
    """The first look at `a` is at the version with the reference; `b` then rules it out."""
    projects = {
        "a": (release("a", "1"), release("a", "2", f"c @ {REFERENCE}")),
        "b": (release("b", "1", "a<2"),),
    }

    referred = Metadata(name="c", version="1.0", source=MetadataSource.STAND_IN)

    def answer(*requirements: str, index: str = DEFAULT_INDEX) -> Run:
        world = asking(*requirements, **projects)
        source = BuildingSource(world, extra={DEFAULT_INDEX: world}, direct={REFERENCE: referred})
        return run_pip_world(world, pip, source, indexes=Indexes(default=index))[0]

    assert answer("b==1", "a").outcome is outcome
    followed = answer("a")
    assert followed.outcome is Outcome.ABORTED
    assert isinstance(followed.failure, Unavailable)
    assert REFERENCE in (followed.failure.detail or "")
    assert pins(answer("a", index=INDEX)) == {"a": "2", "c": "1.0"}
