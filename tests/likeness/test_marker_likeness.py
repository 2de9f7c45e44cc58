"""Markers that a tool reads in its own way: whether they hold, which of them are one, and which end pip's run."""

import itertools

import pytest

from support.likeness import Comparison, compare, compare_with_pip
from support.ours import pip_solve_world, solve_world
from support.real_pip import find_pip
from support.real_uv import Outcome, find_uv
from support.worlds import Project, Question, World, release

pytestmark = pytest.mark.likeness

MARKERS = (
    "python_version in '3.10 3.11'",
    "python_version in '3.10, 3.11'",
    "python_version not in '3.8 3.9'",
    "'3.11' in python_version",
    "'3.8' <= python_version",
    "python_version == '3.11.*'",
    "python_version ~= '3.8'",
    "python_version ~= '3.11.0'",
    "python_version >= '3.11.0'",
    "python_version < '3.11.0'",
    "python_version >= '3.11.1'",
    "python_version != '3.11.1'",
    "python_version > '3'",
    "python_version == '3'",
    "python_version < '3.11.0a1'",
    "python_version < '3.11' or python_version >= '3.11'",
    "python_version >= 'three'",
    "python_version >= 'three' or sys_platform == 'win32'",
    "python_version === '3.11'",
    "python_full_version in '3.11.0'",
    "python_full_version == '3.11.0'",
    "implementation_version >= '3'",
    "platform_system in 'Linux Darwin'",
    "platform_system != 'Windows'",
    "platform_system > 'A'",
    "sys_platform != 'win32'",
    "sys_platform < 'M'",
    "sys_platform < 'm'",
    "sys_platform ~= 'linux'",
    "sys_platform === 'linux'",
    "sys_platform == os_name",
    "sys_platform != 'win32' and os_name != 'nt'",
    "os_name == 'nt' and sys_platform == 'linux' or python_version >= '3.8'",
    "python_version >= '3.8'",
    "os_name == 'posix' and (sys_platform == 'linux' or sys_platform == 'darwin')",
    "sys_platform == 'linux' and platform_system == 'FreeBSD' or os_name == 'posix'",
    "extra != 'x'",
    "extra in 'x y'",
    "'x' in extras",
)

ODD = (
    "extras == 'x'",
    "'x' == dependency_groups",
    "'x y' not in extras",
    "os_name in extras",
    "extras == os_name",
    f"python_version > '{2**64}'",
    f"python_version not in '3.{2**64}'",
    "python_version ~= '3'",
    r'os_name == "a\\"',
    r'os_name != "a\"',
    r"os_name == 'a\x'",
    r"os_name != '\u0041'",
    f"python_version < '{'9' * 5000}'",
    "os_name == 'posix' or os_name ~= 'x'",
    "unknown == 'x'",
)
"""What only carelessness or malice writes."""

OF_PIP = (
    *ODD,
    "'x' in extras",
    "'x' not in extras",
    "sys_platform === 'linux'",
    "sys_platform == os_name",
    "python_version ~= '3' and os_name == 'nt'",
    "os_name == 'nt' and os_name ~= 'x'",
    "python_version < '3' and 'x' in extras",
    "'a' == 'a'",
    "extra ~= 'x'",
    "extra == ''",
    "python_version ~= '3.8+local'",
    "platform_release ~= '1'",
    "platform_release >= 'one'",
    "python_version ~= python_version",
    r"os_name != 'a\n'",
    r"os_name != 'a\x41'",
    r"os_name == 'a\x27'",
)
"""Where pip cannot tell whether a requirement applies it stops; what applies it writes down and reads again."""


def one_marker(marker: str) -> World:
    return asked(marker, f"b; {marker}")


def two_markers(one: str, other: str) -> World:
    """The same project under two markers: one package or two, which shows in the attempts."""
    return asked(f"{one} | {other}", f"b<3; {one}", f"b>1; {other}")


def asked(name: str, *requirements: str) -> World:
    return World(
        name=name,
        projects=(
            Project(name="a", releases=(release("a", "1", *requirements),)),
            Project(name="b", releases=(release("b", "1"), release("b", "2"), release("b", "3"))),
        ),
        question=Question(requirements=("a",), python="3.11", python_platform="x86_64-unknown-linux-gnu"),
    )


WORLDS = [
    *map(one_marker, (*MARKERS, *ODD)),
    *itertools.starmap(two_markers, itertools.pairwise(MARKERS)),
    *itertools.starmap(two_markers, zip(MARKERS, MARKERS[7:], strict=False)),
]


@pytest.mark.parametrize("release", ["0.13.9", "0.4.18"])
def test_markers_hold_and_are_distinguished_as_uv_does(release: str) -> None:
    uv = find_uv(release)
    if uv is None:
        pytest.skip(f"uv {release} is not installed")
    compared: list[Comparison] = compare(WORLDS, uv, solve_world)
    assert [each.difference() for each in compared if each.difference()] == []


def older_without(marker: str) -> World:
    """A version that pip might go back to, if it ever went on."""
    return World(
        name=f"older {marker}",
        projects=(
            Project(name="a", releases=(release("a", "1"), release("a", "2", f"b; {marker}"))),
            Project(name="b", releases=(release("b", "1"), release("b", "2"))),
        ),
        question=Question(requirements=("a",)),
    )


def test_markers_hold_or_end_the_run_as_in_pip() -> None:
    pip = find_pip("26.3")
    if pip is None:
        pytest.skip("pip 26.3 is not installed")
    compared = compare_with_pip(list(map(older_without, OF_PIP)), pip, pip_solve_world)
    assert [each.difference() for each in compared if each.difference()] == []
    assert any(each.real.outcome is Outcome.ABORTED for each in compared)
