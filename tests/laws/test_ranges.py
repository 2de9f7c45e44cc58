"""Sets of versions: what a specifier admits, the algebra of the sets, and the order behind both."""

from functools import reduce

import hypothesis.strategies as st
import pytest
from hypothesis import given
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.ranges import EARLIEST, EVERY_VERSION, EVERYTHING, NEWEST, NOTHING, Range, Reading
from backtrail.resolvers.uv.versions import is_prerelease, key, spell

SMALL = st.integers(0, 3)


@st.composite
def versions(draw: st.DrawFn, *, local: bool = True) -> Version:
    text = ".".join(map(str, draw(st.lists(SMALL, min_size=1, max_size=3))))
    if draw(st.integers(0, 9)) == 0:
        text = f"1!{text}"
    if draw(st.booleans()):
        text += draw(st.sampled_from(("a", "b", "rc"))) + str(draw(SMALL))
    if draw(st.booleans()):
        text += f".post{draw(SMALL)}"
    if draw(st.booleans()):
        text += f".dev{draw(SMALL)}"
    if local and draw(st.booleans()):
        text += "+" + draw(st.sampled_from(("cpu", "cu118", "1", "2.a")))
    return Version(text)


@st.composite
def specifiers(draw: st.DrawFn) -> Specifier:
    operator = draw(st.sampled_from(("==", "!=", "<", "<=", ">", ">=", "~=", "==.*", "!=.*")))
    version = draw(versions(local=operator in ("==", "!=")))
    if operator.endswith(".*"):
        return Specifier(f"{operator[:2]}{version.epoch}!{'.'.join(map(str, version.release))}.*")
    if operator == "~=" and len(version.release) < 2:
        version = Version(f"{version.epoch}!{version.release[0]}.0")
    return Specifier(f"{operator}{version}")


def admitted(specifier: Specifier | SpecifierSet, reading: Reading = NEWEST) -> Range:
    return ranges.specifier_range(SpecifierSet(str(specifier)), reading)


sets = st.lists(specifiers(), max_size=3).map(
    lambda some: reduce(ranges.union, (admitted(one) for one in some), NOTHING)
)
terms = st.tuples(sets, st.booleans()).map(lambda pair: ranges.complement(pair[0]) if pair[1] else pair[0])


@given(versions(), versions())
def test_keys_sort_as_versions_do(one: Version, other: Version) -> None:
    assert (key(one) < key(other), key(one) == key(other)) == (one < other, one == other)


@given(versions())
def test_a_key_spells_its_version(version: Version) -> None:
    assert Version(spell(key(version))) == version
    assert is_prerelease(key(version)) is version.is_prerelease


@given(specifiers(), versions())
def test_a_range_holds_the_versions_its_specifier_admits(specifier: Specifier, version: Version) -> None:
    expected = specifier.contains(version, prereleases=True)
    assert ranges.contains(admitted(specifier), key(version)) is expected, f"{version} in {specifier}"


@given(st.lists(specifiers(), max_size=4), versions())
def test_several_specifiers_hold_together(some: list[Specifier], version: Version) -> None:
    together = SpecifierSet(",".join(map(str, some)))
    each = all(ranges.contains(admitted(one), key(version)) for one in some)
    assert ranges.contains(admitted(together), key(version)) is each


@given(terms, terms, terms)
def test_the_sets_are_a_boolean_algebra(one: Range, other: Range, third: Range) -> None:
    both, either, outside = ranges.intersection, ranges.union, ranges.complement
    assert outside(outside(one)) == one
    assert both(one, outside(one)) == NOTHING
    assert either(one, outside(one)) == EVERYTHING
    assert both(one, other) == both(other, one)
    assert either(one, other) == either(other, one)
    assert outside(both(one, other)) == either(outside(one), outside(other))
    assert both(one, both(other, third)) == both(both(one, other), third)
    assert both(one, either(other, third)) == either(both(one, other), both(one, third))
    assert either(one, both(one, other)) == one


@given(terms, terms, versions())
def test_the_algebra_is_that_of_membership(one: Range, other: Range, version: Version) -> None:
    at = key(version)
    in_one, in_other = ranges.contains(one, at), ranges.contains(other, at)
    assert ranges.contains(ranges.intersection(one, other), at) is (in_one and in_other)
    assert ranges.contains(ranges.union(one, other), at) is (in_one or in_other)
    assert ranges.contains(ranges.complement(one), at) is not in_one


@given(terms)
def test_a_set_is_ascending_cuts(term: Range) -> None:
    assert list(term) == sorted(set(term))
    assert ranges.is_positive(term) is not ranges.is_positive(ranges.complement(term))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("==1.0", ">=1.0,<1.0.post0.dev0"),
        ("<=1.0", "<1.0.post0.dev0"),
        ("==1.*", ">=1.dev0,<2.dev0"),
        ("~=1.2", ">=1.2,<2.dev0"),
        (">=0.dev0", ""),
        ("<1.0", "<1.0.dev0"),
        ("==1.0", "==1.0.0"),
        ("!=1.0,==1.0", ">2,<1"),
    ],
)
def test_equal_sets_are_equal_however_they_are_written(one: str, other: str) -> None:
    assert admitted(SpecifierSet(one)) == admitted(SpecifierSet(other))


@given(versions())
def test_a_singleton_holds_one_version(version: Version) -> None:
    only = ranges.singleton(key(version))
    assert ranges.contains(only, key(version))
    assert ranges.is_singleton(only)
    assert ranges.is_pin(only)
    assert ranges.intersection(only, EVERY_VERSION) == only


@given(specifiers())
def test_pins_are_what_double_equal_signs_make(specifier: Specifier) -> None:
    exact = specifier.operator == "==" and not specifier.version.endswith(".*")
    if exact:
        assert ranges.is_pin(admitted(specifier))
    elif specifier.operator not in ("==", "~="):
        assert not ranges.is_pin(admitted(specifier))


@given(versions(), versions(), versions())
def test_a_gap_holds_what_lies_between(low: Version, middle: Version, high: Version) -> None:
    gap = ranges.open_interval(key(low), key(high))
    assert ranges.contains(gap, key(middle)) is (low < middle < high)
    assert ranges.contains(ranges.open_interval(None, key(high)), key(middle)) is (middle < high)
    assert ranges.contains(ranges.open_interval(key(low), None), key(middle)) is (low < middle)


@given(specifiers(), versions(local=False))
def test_before_local_versions_were_pep_440_a_pin_meant_itself_alone(specifier: Specifier, version: Version) -> None:
    early = admitted(specifier, EARLIEST)
    if specifier.operator in ("==", "!=") and not specifier.version.endswith(".*"):
        local = Version(f"{version}+cpu")
        assert ranges.contains(early, key(local)) is specifier.contains(local, prereleases=True) or (
            Version(specifier.version) == version
        )
        assert ranges.contains(early, key(version)) is specifier.contains(version, prereleases=True)


@given(st.lists(specifiers(), max_size=3), st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_releases_compare_alike_with_and_without_pre_releases(some: list[Specifier], release: list[int]) -> None:
    """Markers and Requires-Python look at releases only; for a release and plain bounds that changes nothing."""
    plain = [one for one in some if Version(one.version.removesuffix(".*")).release == _whole(one)]
    at = key(Version(".".join(map(str, release))))
    together = SpecifierSet(",".join(map(str, plain)))
    assert ranges.contains(ranges.release_ranges(together), at) is ranges.contains(admitted(together), at)


def _whole(specifier: Specifier) -> tuple[int, ...] | None:
    version = Version(specifier.version.removesuffix(".*"))
    return version.release if str(version) == ".".join(map(str, version.release)) else None


@given(specifiers())
def test_by_releases_a_complement_is_exact(specifier: Specifier) -> None:
    opposite = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}.get(specifier.operator)
    if opposite is not None:
        range_, other = (
            ranges.release_range(Specifier(f"{sign}{specifier.version}")) for sign in (specifier.operator, opposite)
        )
        assert ranges.union(range_, other) == EVERY_VERSION
        assert ranges.intersection(range_, other) == NOTHING


@pytest.mark.parametrize(
    ("specifier", "words"),
    [
        ("", "*"),
        (">2,<1", "∅"),
        ("==1.0", "==1.0"),
        ("==1.0+cpu", "==1.0+cpu"),
        (">=1.0,<2", ">=1.0,<2.0"),
        ("<=1.0", "<=1.0"),
        ("!=1.0+cpu", "<1.0+cpu | >1.0+cpu"),
        (">1.0", ">1.0"),
        ("~=1.4.2", ">=1.4.2,<1.5"),
        ("==1.4.*", ">=1.4.dev0,<1.5"),
    ],
)
def test_a_set_in_words(specifier: str, words: str) -> None:
    assert ranges.describe(admitted(SpecifierSet(specifier))) == words


public = specifiers().filter(lambda specifier: "+" not in specifier.version)  # PEP 440 orders no local versions
finals = versions(local=False).filter(lambda version: not version.is_prerelease)


@given(st.lists(public, max_size=2), finals)
def test_words_mean_what_they_describe(some: list[Specifier], version: Version) -> None:
    """Words leave out pre-releases at a bound; read again they hold the same final versions."""
    described = admitted(SpecifierSet(",".join(map(str, some))))
    words = ranges.describe(described)
    if words == "∅":
        assert described == NOTHING
    elif version.post is None:
        segments = [SpecifierSet("" if words == "*" else segment.strip()) for segment in words.split("|")]
        assert any(segment.contains(version, prereleases=True) for segment in segments) is ranges.contains(
            described, key(version)
        ), f"{version} in {words}"
