"""What a release of uv does about forks, at the release that introduced it and before: what the real ones printed."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backtrail.model.policy import Policy
from backtrail.resolvers.uv.behaviour import fork_defaults
from backtrail.resolvers.uv.markers import Node
from support.marked_lines import meaning, printed
from support.ours import run_for_all
from support.worlds import File, ForAll, Project, Question, Release, World, release

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REAL: dict[str, Any] = tomllib.loads(Path(__file__).with_name("universal").joinpath("releases.toml").read_text("utf-8"))
PYTHON = "3.9"

Told = tuple[list[tuple[str, Node]], int]
"""Lines by what they mean, and how many forks were solved."""

LINUX, WINDOWS = "py3-none-manylinux2014_x86_64", "py3-none-win_amd64"
ARM_MAC, INTEL_MAC = "py3-none-macosx_11_0_arm64", "py3-none-macosx_10_9_x86_64"

TWO = (release("a", "1"), release("a", "2"))
THREE = (*TWO, release("a", "3"))
NEWER_PYTHON = (release("a", "1"), release("a", "2", requires_python=">=3.11"))
NOT_ON_THE_PAGE = Release(
    version="2",
    requires_python=">=3.11",
    files=(File(filename="a-2-py3-none-any.whl", requires_python_on_page=False),),
)
SOME_PLATFORMS = (
    release("a", "1", tags=(LINUX, WINDOWS, ARM_MAC, INTEL_MAC)),
    release("a", "2", tags=(LINUX, ARM_MAC)),
)
SOME_PYTHONS = (
    release("a", "1", tags=("cp39-cp39-manylinux2014_x86_64",)),
    release("a", "2", tags=("cp312-cp312-manylinux2014_x86_64",)),
)
FIRST_AND_LAST_PYTHON = (
    release("a", "1"),
    release("a", "2", tags=("cp39-cp39-manylinux2014_x86_64", "cp312-cp312-manylinux2014_x86_64")),
)


def local(*tags: str) -> tuple[Release, ...]:
    return (release("a", "2"), release("a", "2+cpu", tags=tags))


def world(releases: tuple[Release, ...], *lines: str, **asked: tuple[str, ...]) -> World:
    b = Project(name="b", releases=(release("b", "1"), release("b", "2", requires_python=">=3.11")))
    question = Question(requirements=lines, python=PYTHON, for_all=ForAll(**asked))  # type: ignore[arg-type]
    return World(name="forks", projects=(Project(name="a", releases=releases), b), question=question)


def lowest_direct(asked: World) -> World:
    return replace(asked, question=replace(asked.question, resolution="lowest-direct"))


WORLDS = {
    "splits_on_rising_python": world(NEWER_PYTHON, "a ; python_version >= '3.11'"),
    "splits_on_requires_python": world(NEWER_PYTHON, "a"),
    "newest_python_first": world(TWO, "a ; python_version >= '3.11'", "a<2 ; python_version < '3.11'"),
    "splits_on_local_versions": world(
        (release("a", "2", tags=(ARM_MAC, WINDOWS, LINUX)), release("a", "2+cpu", tags=(LINUX, WINDOWS))), "a"
    ),
    "keeps_lowest_direct": lowest_direct(world(THREE, "a", "a>2 ; sys_platform == 'win32'")),
    "joins_same_markers": world(THREE, "a>1 ; sys_platform == 'linux'", "a<3 ; sys_platform == 'linux'"),
    "sorts_preferences": world(THREE, "a", output=("a==1 ; sys_platform == 'linux'", "a==2 ; sys_platform != 'linux'")),
    "covers_required_of_lines": world(SOME_PLATFORMS, "a", required_environments=("sys_platform == 'win32'",)),
    "covers_environments": world(
        SOME_PLATFORMS, "a", environments=("sys_platform == 'win32'", "sys_platform == 'linux'")
    ),
    "covers_within_forks": world(
        FIRST_AND_LAST_PYTHON,
        "a ; python_version >= '3.11'",
        "a>=1 ; python_version < '3.11'",
        required_environments=("python_version < '3.12'",),
    ),
    "wheels_say_pythons": world(local(LINUX), "a", environments=("sys_platform == 'linux'",)),
    "stable_abis_reach_up": world(
        local("cp310-abi3-manylinux2014_x86_64"), "a", environments=("sys_platform == 'linux'",)
    ),
    "pure_tags_reach_up": world(local("py310-none-any"), "a"),
    "wheels_say_machines": world(local(LINUX), "a", environments=("sys_platform == 'linux'",)),
    "names_windows_amd64": world(local(WINDOWS), "a", environments=("sys_platform == 'win32'",)),
    "names_windows_arm64": world(local("py3-none-win_arm64"), "a", environments=("sys_platform == 'win32'",)),
    "wheels_say_macos": world(local(ARM_MAC), "a", environments=("sys_platform == 'darwin'",)),
    "splits_on_metadata_python": world((release("a", "1"), NOT_ON_THE_PAGE), "a"),
    "checks_last_python": world(SOME_PYTHONS, "b", "a"),
    "splits_coarsely": world(
        SOME_PLATFORMS, "a", required_environments=("sys_platform == 'darwin' and platform_machine == 'x86_64'",)
    ),
}


def answer(asked: World, release: str, forks: int, switched: frozenset[str] = frozenset()) -> Told:
    run = run_for_all(asked, release, switched=switched)
    return meaning(printed(run), PYTHON), len(run.forks) if forks else 0


@pytest.mark.parametrize("rule", WORLDS)
def test_a_release_prints_what_the_real_one_prints(rule: str) -> None:
    real, asked = REAL[rule], WORLDS[rule]
    before, after = ((meaning(real[f"{when}_lines"], PYTHON), real[when]["forks"]) for when in ("before", "after"))
    assert answer(asked, real["before"]["release"], before[1]) == before
    assert answer(asked, real["after"]["release"], after[1]) == after
    assert answer(asked, real["after"]["release"], before[1], frozenset({rule})) == before


def test_each_rule_of_forks_has_a_world() -> None:
    assert fork_defaults(Policy(tool="uv", release="0.13.9")).keys() == WORLDS.keys() == REAL.keys()
