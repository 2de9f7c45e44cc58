"""Whatever stands in somebody's markers: no resolver's run ends in an error of ours, and what is answered is shown."""

import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backtrail.cli.rendering import _encoded
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.errors import InputError
from backtrail.model.policy import Policy
from backtrail.model.requirement import Origin, marker, parse_requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from support.ours import WorldSource, question_of
from support.worlds import Project, Question, World, release

NAMES = (
    "os_name", "sys_platform", "platform_system", "platform_machine", "platform_python_implementation",
    "platform_release", "platform_version", "implementation_name", "implementation_version", "python_version",
    "python_full_version", "extra", "extras", "dependency_groups", "os.name", "python_implementation", "unknown",
)  # fmt: skip
VALUES = (
    "", "3", "3.8", "3.11.0", "3.*", "x", "X_y", "posix", "linux", "3.8 3.9", "1!3", "3.8+x", "9" * 5000, "9" * 30,
    "a\\", "\\x41", "\\", "'", '"', "\t", "\x00", "é", "three",
)  # fmt: skip
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in", "<>", "=", "not", "is")

QUOTED = st.builds("{0}{1}{0}".format, st.sampled_from("'\""), st.sampled_from(VALUES) | st.text(max_size=4))
SIDES = QUOTED | st.sampled_from(NAMES)
TESTS = st.builds("{} {} {}".format, SIDES, st.sampled_from(OPERATORS), SIDES)
SENSIBLE = st.recursive(
    TESTS, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner), max_leaves=4
)
PIECES = st.sampled_from((*NAMES, *OPERATORS, "and", "or", "(", ")", ";", ",", "#", " ", "'", '"', "\\", "3.8"))
SENSELESS = st.lists(PIECES | st.text(string.printable, max_size=3), max_size=8).map(" ".join)
ODD = (SENSIBLE | SENSELESS).filter(lambda text: "\n" not in text and "\r" not in text)

POLICIES = [
    Policy(tool="uv", release="0.13.9"),
    Policy(tool="uv", release="0.4.18"),
    Policy(tool="pip", release="26.3"),
    Policy(tool="pip", release="22.0"),
]

thoroughly = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def world(*requirements: str, of_a: str = "b") -> World:
    return World(
        name="odd",
        projects=(
            Project(name="a", releases=(release("a", "1"), release("a", "2", of_a))),
            Project(name="b", releases=(release("b", "1"), release("b", "2"))),
        ),
        question=Question(requirements=requirements, python="3.11", python_platform="x86_64-unknown-linux-gnu"),
    )


def runs(asked: World) -> list[Run]:
    """Every resolver's run, reported in a form that shows all of it."""
    inquiry = Inquiry(
        asked=tuple(Asked(policy=policy, question=question_of(asked, policy)) for policy in POLICIES),
        solves=True,
        budget=4,
    )
    report = answer(inquiry, WorldSource(asked))
    assert _encoded("markdown", report, frozenset())
    return list(report.runs)


@thoroughly
@given(ODD)
@example("python_version ~= '3'")
@example("'x' in extras")
@example(r'os_name == "a\\"')
@example("(" * 300 + "os_name == 'x'" + ")" * 300)
def test_a_marker_in_metadata_ends_no_run_in_an_error(text: str) -> None:
    found = runs(world("a", of_a=f"b ; {text}"))
    assert all(run.failure is not None for run in found if run.outcome in (Outcome.ABORTED, Outcome.UNKNOWN))


@thoroughly
@given(ODD)
@example("python_version ~= '3'")
@example("'x' in extras")
def test_a_marker_of_the_users_is_refused_or_ends_no_run_in_an_error(text: str) -> None:
    try:
        found = runs(world("a", f"b ; {text}"))
    except InputError:
        return
    assert all(run.failure is not None for run in found if run.outcome in (Outcome.ABORTED, Outcome.UNKNOWN))


@thoroughly
@given(ODD)
def test_a_marker_that_was_read_reads_the_same_again(text: str) -> None:
    try:
        read = read_requirement(f"b ; {text}", Origin())
    except InputError:
        return
    if read.marker is not None:
        assert parse_requirement(f"b ; {read.marker}").marker == read.marker
        assert marker(read.marker) == parse_requirement(f"b ; {text}").parsed_marker


@pytest.mark.parametrize(
    ("text", "uv", "pip"),
    [
        ("python_version ~= '3'", "b 2", "aborted"),
        ("'x' in extras", "no b", "aborted"),
        (r'os_name == "a\\"', "no b", "no b"),
        (r'os_name != "a\\"', "b 2", "aborted"),
        ("(" * 300 + "os_name == 'posix'" + ")" * 300, "unknown", "unknown"),
    ],
)
def test_a_marker_does_to_each_tool_what_it_does(text: str, uv: str, pip: str) -> None:
    found = {run.key: run for run in runs(world("a", of_a=f"b ; {text}"))}
    for key, expected in (("uv@0.13.9", uv), ("pip@26.3", pip)):
        run = found[key]
        pin = run.pin("b")
        said = run.outcome.value if run.outcome is not Outcome.SOLVED else "no b" if pin is None else f"b {pin.version}"
        assert (key, said) == (key, expected)
