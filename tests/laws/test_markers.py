"""Markers: what they hold for, when two are one, and how much work a hostile one may make."""

import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import hypothesis.strategies as st
import pytest
from hypothesis import given
from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from backtrail.model.policy import Policy
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import Reader, reader
from backtrail.resolvers.uv.markers import FALSE, TRUE, Node, evaluate
from backtrail.resolvers.uv.universal.marker_relations import python_bounds, restricted, simplified
from backtrail.resolvers.uv.universal.marker_writing import Writer
from backtrail.resolvers.uv.versions import key

CURRENT = Reader(profile(Policy(tool="uv", release="0.13.9")))
EARLY = Reader(profile(Policy(tool="uv", release="0.4.18")))
ALGEBRA = CURRENT.algebra

PYTHONS = ("3.7.0", "3.8.5", "3.9.0", "3.10.0", "3.10.9", "3.11.0", "3.12.4", "4.0.0")
SYSTEMS = (("posix", "linux", "Linux"), ("nt", "win32", "Windows"), ("posix", "darwin", "Darwin"))
EXTRAS = (frozenset[str](), frozenset({"x"}), frozenset({"y"}), frozenset({"x", "y"}))


def environment(python: str, system: tuple[str, str, str], machine: str = "x86_64") -> dict[str, str]:
    return {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "implementation_version": python,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": system[0],
        "sys_platform": system[1],
        "platform_system": system[2],
        "platform_machine": machine,
        "platform_release": "6.1",
        "platform_version": "#1",
    }


GRID = [environment(*point) for point in itertools.product(PYTHONS, SYSTEMS, ("x86_64", "arm64"))]

VERSION_TESTS = st.builds(
    "{} {} '{}'".format,
    st.sampled_from(("python_version", "python_full_version")),
    st.sampled_from(("==", "!=", "<", "<=", ">", ">=")),
    st.sampled_from(("3.8", "3.9", "3.10", "3.11")),
)
SERIES_TESTS = st.sampled_from((
    "python_version ~= '3.8'", "python_full_version == '3.10.*'", "python_full_version != '3.10.*'",
    "python_full_version < '3.10.9'", "python_full_version >= '3.10.9'", "python_version in '3.9 3.10'",
))  # fmt: skip
STRING_TESTS = st.builds(
    "{} {} '{}'".format,
    st.sampled_from(("os_name", "sys_platform", "platform_system", "platform_machine")),
    st.sampled_from(("==", "!=", "in", "not in")),
    st.sampled_from(("posix", "nt", "linux", "win32", "darwin", "Linux", "Windows", "x86_64", "arm64 aarch64")),
)
REVERSED_TESTS = st.builds(
    "'{}' {} {}".format,
    st.sampled_from(("linux", "win", "x86_64")),
    st.sampled_from(("==", "!=", "in", "not in")),
    st.sampled_from(("sys_platform", "platform_machine")),
)
EXTRA_TESTS = st.builds("extra {} '{}'".format, st.sampled_from(("==", "!=")), st.sampled_from(("x", "y")))
PLAIN = st.one_of(VERSION_TESTS, SERIES_TESTS, STRING_TESTS, REVERSED_TESTS)


def combined(tests: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        tests,
        lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner),
        max_leaves=6,
    )


MARKERS = combined(st.one_of(PLAIN, EXTRA_TESTS))
ONLY_PLAIN = combined(PLAIN)


def truth(node: Node) -> tuple[bool, ...]:
    return tuple(evaluate(node, here, extras) for here in GRID for extras in EXTRAS)


def negated(text: str) -> Node:
    return ALGEBRA.negate(CURRENT.read(text))


@given(ONLY_PLAIN)
def test_a_marker_holds_where_pep_508_says(text: str) -> None:
    marker = Marker(text)
    for here in GRID:
        expected = marker.evaluate({**here, "extra": ""})
        assert evaluate(CURRENT.read(text), here) is expected
        assert evaluate(EARLY.read(text), here) is expected


@given(MARKERS, st.sampled_from(("x", "y")))
def test_one_extra_at_a_time_is_as_pep_508_says(text: str, extra: str) -> None:
    marker = Marker(text)
    for here in GRID:
        expected = marker.evaluate({**here, "extra": extra})
        assert evaluate(CURRENT.read(text), here, frozenset({extra})) is expected


@given(MARKERS, MARKERS)
def test_combining_markers_combines_their_truth(one: str, other: str) -> None:
    mine, theirs = CURRENT.read(one), CURRENT.read(other)
    pairs = list(zip(truth(mine), truth(theirs), strict=True))
    assert truth(ALGEBRA.both(mine, theirs)) == tuple(left and right for left, right in pairs)
    assert truth(ALGEBRA.either(mine, theirs)) == tuple(left or right for left, right in pairs)
    assert truth(ALGEBRA.negate(mine)) == tuple(not left for left, _ in pairs)


@given(MARKERS, MARKERS)
def test_the_algebra_is_one_of_objects(one: str, other: str) -> None:
    mine, theirs = EARLY.read(one), EARLY.read(other)
    algebra = EARLY.algebra
    assert algebra.both(mine, theirs) is algebra.both(theirs, mine)
    assert algebra.negate(algebra.negate(mine)) is mine
    assert algebra.both(mine, algebra.negate(mine)) is FALSE
    assert algebra.either(mine, algebra.negate(mine)) is TRUE
    assert algebra.negate(algebra.both(mine, theirs)) is algebra.either(algebra.negate(mine), algebra.negate(theirs))
    assert algebra.both(mine, algebra.either(mine, theirs)) is mine


@given(combined(st.one_of(VERSION_TESTS, EXTRA_TESTS)), combined(st.one_of(VERSION_TESTS, EXTRA_TESTS)))
def test_two_markers_are_one_exactly_when_they_hold_alike(one: str, other: str) -> None:
    grid = [
        environment(f"3.{minor}.{patch}", SYSTEMS[0]) for minor in range(7, 13) for patch in (0, 1)
    ]  # a point in, between and beside all versions the markers name
    mine, theirs = CURRENT.read(one), CURRENT.read(other)
    alike = all(evaluate(mine, here, extras) is evaluate(theirs, here, extras) for here in grid for extras in EXTRAS)
    assert (mine is theirs) is alike
    assert (str(mine) == str(theirs)) is alike


@given(MARKERS)
def test_the_words_of_a_marker_mean_the_marker(text: str) -> None:
    node = EARLY.read(text)
    if node not in (TRUE, FALSE) and "…" not in str(node):
        assert EARLY.read(str(node)) is node


@given(MARKERS)
def test_assuming_extras_leaves_none(text: str) -> None:
    node = CURRENT.read(text)
    for active in EXTRAS:
        assumed = ALGEBRA.assume_extras(node, lambda extra, active=active: extra in active)  # type: ignore[misc]
        assert not assumed.extras
        assert [evaluate(assumed, here) for here in GRID] == [evaluate(node, here, active) for here in GRID]


@given(MARKERS)
def test_without_its_top_level_extra_a_marker_cannot_hold(text: str) -> None:
    gate = ALGEBRA.top_level_extra(CURRENT.read(text))
    holding = [extras for extras in EXTRAS if any(evaluate(CURRENT.read(text), here, extras) for here in GRID)]
    assert all(evaluate(gate, GRID[0], extras) for extras in holding)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python_version < '3.8' or python_version >= '3.8'", "python_version >= '2' or python_version < '2'"),
        ("python_version == '3.8'", "python_full_version == '3.8.*'"),
        ("python_version > '3.8'", "python_full_version >= '3.9'"),
        ("python_version <= '3.8'", "python_full_version < '3.9'"),
        ("python_version >= '3.8.0'", "python_version >= '3.8'"),
        ("'3.8' <= python_version", "python_version >= '3.8'"),
        ("python_version not in '3.8 3.9'", "python_version != '3.8' and python_version != '3.9'"),
        ("sys_platform != 'win32'", "sys_platform < 'win32' or sys_platform > 'win32'"),
        ("os.name == 'posix'", "os_name == 'posix'"),
        ("extra == 'A_b'", "extra == 'a-b'"),
    ],
)
def test_spellings_of_one_marker(one: str, other: str) -> None:
    assert EARLY.read(one) is EARLY.read(other)


@pytest.mark.parametrize(
    ("text", "current", "early"),
    [
        ("platform_system == 'Linux'", "sys_platform == 'linux'", "platform_system == 'Linux'"),
        ("os_name == 'nt' and sys_platform == 'linux'", "false", "os_name == 'nt' and sys_platform == 'linux'"),
        ("python_version ~= '3.11.0'", "python_full_version == '3.11.*'", "python_version ~= '3.11'"),
        ("sys_platform < 'm'", "false", "sys_platform < 'm'"),
    ],
)
def test_releases_of_uv_differ_in_what_is_one_marker(text: str, current: str, early: str) -> None:
    for reading, expected in ((CURRENT, current), (EARLY, early)):
        assert reading.read(text) is (FALSE if expected == "false" else reading.read(expected))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("python_version >= 'three'", None),
        ("python_version >= 'three' or os_name == 'nt'", "os_name == 'nt'"),
        ("python_version in '3.10, 3.11'", None),
        ("'3.11' in python_version", None),
        ("sys_platform ~= 'linux' and os_name == 'nt'", "os_name == 'nt'"),
        ("sys_platform == os_name", None),
        ("extra in 'x y'", None),
    ],
)
def test_what_makes_no_sense_is_ignored(text: str, kept: str | None) -> None:
    assert CURRENT.read(text) is CURRENT.read(kept)
    assert EARLY.read(text) is EARLY.read(kept)


@pytest.mark.parametrize("text", ["python_version === '3.11'", "sys_platform === 'linux'", "os_name ="])
def test_what_uv_cannot_read_is_invalid(text: str) -> None:
    with pytest.raises(InvalidMarker):
        CURRENT.read(text)


def test_no_marker_always_holds() -> None:
    assert CURRENT.read(None) is TRUE
    assert evaluate(TRUE, {})
    assert not evaluate(FALSE, {})


HOSTILE: Mapping[str, str] = {
    "wide": " or ".join(f"('a{n}' in sys_platform and 'b{n}' in os_name)" for n in range(60)),
    "deep": " and ".join(f"'a{n:03}' in sys_platform" for n in range(400)),
    "nested": "(" * 4000 + "os_name == 'nt'" + ")" * 4000,
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_a_hostile_marker_is_refused(shape: str) -> None:
    with pytest.raises(InvalidMarker):
        CURRENT.read(HOSTILE[shape])


def test_a_marker_that_holds_in_many_ways_has_a_short_name() -> None:
    text = " and ".join(f"('a{n}' in sys_platform or 'b{n}' in os_name)" for n in range(8))
    node = CURRENT.read(text)
    assert len(str(node)) < 2000
    assert str(node) != str(ALGEBRA.both(node, CURRENT.read("'c' in os_name")))


def test_many_values_of_one_variable_are_no_burden() -> None:
    text = " or ".join(f"platform_machine == 'm{n}'" for n in range(300))
    assert evaluate(CURRENT.read(text), environment("3.11.0", SYSTEMS[0], "m299"))
    assert not evaluate(negated(text), environment("3.11.0", SYSTEMS[0], "m299"))


def test_two_threads_have_readers_of_their_own() -> None:
    """A marker is one object only where one thread makes it, and runs beside each other compare markers so."""
    current = profile(Policy(tool="uv", release="0.13.9"))
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(reader, current).result()
    mine = reader(current)
    assert mine is reader(current)
    assert mine is not theirs
    assert mine.algebra is not theirs.algebra


WRITER = Writer(ALGEBRA)
SUPPORTED = ranges.release_ranges(SpecifierSet(">=3.8.5,<3.12"))


@given(MARKERS)
def test_the_text_of_a_marker_reads_as_that_marker(text: str) -> None:
    node = CURRENT.read(text)
    assert CURRENT.read(WRITER.text(node) or None) is node


@given(ONLY_PLAIN)
def test_within_its_pythons_a_simplified_marker_holds_as_before(text: str) -> None:
    node = CURRENT.read(text)
    simple = simplified(ALGEBRA, node, SUPPORTED)
    assert simplified(ALGEBRA, simple, SUPPORTED) is simple
    for here in GRID:
        if ranges.contains(SUPPORTED, key(Version(here["python_full_version"]))):
            assert evaluate(simple, here) is evaluate(node, here)


@given(ONLY_PLAIN, ONLY_PLAIN)
def test_where_another_marker_holds_a_restricted_one_holds_as_before(one: str, other: str) -> None:
    node, given = CURRENT.read(one), CURRENT.read(other)
    left = restricted(ALGEBRA, node, given)
    for here in GRID:
        assert evaluate(left, here) is evaluate(node, here) or not evaluate(given, here)


@given(ONLY_PLAIN)
def test_no_python_outside_its_bounds_meets_a_marker(text: str) -> None:
    node = CURRENT.read(text)
    bounds = python_bounds(node) or ranges.EVERY_VERSION
    for here in GRID:
        if not ranges.contains(bounds, key(Version(here["python_full_version"]))):
            assert not evaluate(node, here)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("(sys_platform == 'linux' or sys_platform == 'aix') and (python_version < '3.11' or os_name == 'java')",
         "(python_full_version < '3.11' or os_name == 'java') and (sys_platform == 'aix' or sys_platform == 'linux')"),
        ("platform_release >= '20.0'",
         "(platform_release >= '20.0' and sys_platform != 'darwin') "
         "or (platform_release >= '20' and sys_platform == 'darwin')"),
        ("os_name != 'nt' and sys_platform == 'linux'", "sys_platform == 'linux'"),
        ("python_version != '3.10'", "python_full_version != '3.10.*'"),
        ("'linux' in sys_platform and platform_machine not in 'x86_64 arm64'",
         "platform_machine not in 'x86_64 arm64' and 'linux' in sys_platform"),
        ("sys_platform == 'win32' and os_name == 'posix'", "python_version < '0'"),
    ],
)  # fmt: skip
def test_markers_are_written_as_uv_writes_them(text: str, written: str) -> None:
    assert WRITER.text(CURRENT.read(text)) == written


def test_a_marker_that_takes_too_many_words_has_a_short_name() -> None:
    text = " and ".join(f"('a{n}' in sys_platform or 'b{n}' in os_name)" for n in range(9))
    assert len(WRITER.text(CURRENT.read(text))) < 2000
