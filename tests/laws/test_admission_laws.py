"""What holds of every choice of a file, whatever lies on the page."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.explain.lookup.availability import availability
from backtrail.explain.lookup.selection import Look, choose
from backtrail.model.files import File, FileKind, Listing
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Options
from backtrail.model.requirement import parse_requirement
from backtrail.model.verdict import Reason
from backtrail.resolvers.pip.finder import ProjectFiles
from backtrail.resolvers.registry import resolver_of
from backtrail.resolvers.uv.distributions import represent
from backtrail.standards.requires_python import from_below
from backtrail.standards.wheel_tags import wheel_name
from support.listings import OLD_UV, PIP, UV, file, target

HERE = target("3.11.0")
RECENT = [UV, Policy(tool="uv", release="0.6.0"), OLD_UV]

tags = st.sampled_from([
    "py3-none-any", "py2.py3-none-any", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp311-cp311-win_amd64", "cp38-abi3-linux_x86_64", "cp312-cp312-linux_x86_64", "cp311-cp311d-linux_x86_64",
    "cp27.cp311-none-any",
])  # fmt: skip
versions = st.sampled_from(["1.0", "1.1", "2.0rc1", "2.0", "2.0+cpu", "2.1"])
builds = st.sampled_from(["", "-1", "-2", "-2a"])
uploads = st.sampled_from([None, "2023-01-01T00:00:00Z", "2024-06-01T00:00:00Z", "2025-01-01T00:00:00Z"])
pythons = st.sampled_from([None, ">=3.8", ">=3.12", ">=3.6,<3.10", "three"])


@st.composite
def files(draw: st.DrawFn) -> File:
    version = draw(versions)
    name = draw(
        st.one_of(
            st.builds("a-{}{}-{}.whl".format, st.just(version), builds, tags),
            st.builds("a-{}{}".format, st.just(version), st.sampled_from([".tar.gz", ".zip", ".tar.bz2"])),
        )
    )
    return file(
        name,
        requires_python=draw(pythons),
        uploaded=draw(uploads),
        yanked=draw(st.sampled_from([None, None, "", "broken"])),
        hashes=draw(st.sampled_from([{}, {"sha256": "aa"}, {"sha256": "bb"}])),
    )


file_lists = st.lists(files(), max_size=8, unique_by=lambda one: one.filename)
options = st.builds(
    Options,
    exclude_newer=st.sampled_from([None, "2024-06-01T00:00:00.000000Z"]),
    prerelease=st.sampled_from([None, "allow", "disallow"]),
    resolution=st.sampled_from(["highest", "lowest"]),
    formats=st.sampled_from(
        [
            FormatControl(),
            FormatControl(only_binary=frozenset({":all:"})),
            FormatControl(no_binary=frozenset({"a"})),
        ]
    ),
    prefer_binary=st.booleans(),
    ignore_requires_python=st.booleans(),
)
requirements = st.sampled_from(["a", "a==2.0", "a>=1.1", "a<2", "a==2.*", "a>=2.0rc1", "a!=2.0", "a===1.0", "a<=2.0"])


@pytest.mark.parametrize("policy", [UV, OLD_UV, PIP], ids=lambda policy: policy.key)
@settings(deadline=None)
@given(files=file_lists, text=requirements, asked=options)
def test_what_is_taken_is_usable_and_what_is_refused_has_a_reason(
    policy: Policy, files: list[File], text: str, asked: Options
) -> None:
    look = Look(policy=policy, target=HERE, pages=(Listing.of(canonicalize_name("a"), "i", files),))
    found = choose(parse_requirement(text), look, asked)
    stops = policy.tool == "pip" and asked.exclude_newer is not None
    judged = [verdict for one in files if (verdict := resolver_of(policy).judge(one, HERE, asked)).exclusions]
    undated = [one.file.filename for one in judged if one.exclusions[0].reason is Reason.NO_UPLOAD_TIME]
    assert (found.stop is not None) is (stops and bool(undated))
    if found.stop is not None:
        assert found.stop.file in undated
    if found.verdict is not None:
        assert found.verdict.usable
        assert found.verdict.file in files
        assert str(found.version) == found.verdict.file.version
    elif policy.tool == "pip":
        assert all(verdict.exclusions for considered in found.considered for verdict in considered.verdicts)
    else:
        # uv asks one file of a version whether this Python will do, and passes over the others.
        assert all(any(one.exclusions for one in considered.verdicts) for considered in found.considered)


@settings(deadline=None)
@given(files=file_lists, text=requirements, asked=options)
def test_every_answer_is_given_and_every_refusal_explained(files: list[File], text: str, asked: Options) -> None:
    page = Listing.of(canonicalize_name("a"), "i", files)
    looks = [Look(policy=policy, target=HERE, pages=(page,)) for policy in (UV, OLD_UV, PIP)]
    found = availability(parse_requirement(text), looks, asked)
    explained = {run for finding in found.findings for run in finding.runs}
    for run, answer in found.answers.items():
        assert answer.available is (answer.file is not None)
        assert answer.available or (answer.reason is not None and (run in explained or answer.failure is not None))


@pytest.mark.parametrize("policy", RECENT, ids=lambda policy: policy.key)
@settings(deadline=None)
@given(files=file_lists, asked=options, hashes=st.sampled_from([(), ("sha256:aa",)]))
def test_uv_takes_the_best_of_a_version_by_brute_force(
    policy: Policy, files: list[File], asked: Options, hashes: tuple[str, ...]
) -> None:
    """Nothing compatible is better than what is taken, and of equals the first by name stands."""
    some = [one for one in files if one.version == "2.0"]
    found = represent(some, policy, HERE, asked, hashes=hashes)
    later = {Reason.HASH, Reason.REQUIRES_PYTHON}
    compatible = [
        one
        for one in sorted(some, key=lambda one: one.filename)
        if all(
            exclusion.reason in later
            for exclusion in resolver_of(policy).judge(one, HERE, asked, hashes=hashes).exclusions
        )
    ]

    def outcome(one: File) -> int:
        matched = not hashes or one.hashes == {"sha256": "aa"}
        return 2 if matched else 0 if one.hashes else 1

    def merit(one: File) -> tuple[object, ...]:
        wheel = wheel_name(one.filename)
        assert wheel is not None
        place = resolver_of(policy).judge(one, HERE, asked, hashes=hashes).rank
        assert place is not None
        return outcome(one), -place, wheel.build

    wheels = [one for one in compatible if one.kind is FileKind.WHEEL]
    sdists = [one for one in compatible if one.kind is FileKind.SDIST]
    wheel = max(wheels, key=merit, default=None)
    sdist = max(sdists, key=outcome, default=None)
    best = wheel if sdist is None or (wheel is not None and outcome(wheel) >= outcome(sdist)) else sdist
    assert found.install == best
    if found.install is None:
        assert found.kind == "incompatible"
        assert bool(found.exclusions) or not found.exists
    else:
        assert found.exists
        assert (found.kind == "wheel") is (found.install.kind is FileKind.WHEEL)
        assert found.metadata == best or found.kind == "incompatible-wheel"


releases = st.builds("3.{}".format, st.integers(5, 14)) | st.builds(
    "3.{}.{}".format, st.integers(5, 14), st.integers(0, 3)
)
specifiers = st.builds("{}{}".format, st.sampled_from([">=", ">", "<", "<=", "==", "!=", "~="]), releases) | st.builds(
    "{}3.{}.*".format, st.sampled_from(["==", "!="]), st.integers(5, 14)
)


@settings(deadline=None)
@given(wanted=st.lists(specifiers, min_size=1, max_size=3).map(",".join))
def test_uv_counts_requires_python_from_the_first_python_it_admits(wanted: str) -> None:
    """Against a grid fine enough for these specifiers: a Python is refused only where all it admits are newer."""
    grid = [
        Version(f"{major}.{minor}.{patch}")
        for major, minor, patch in [(3, 0, 0), *product([3], range(4, 17), range(6)), (4, 0, 0)]
    ]
    whole = SpecifierSet(wanted)
    admitted = [python for python in grid if python in whole]
    for python in grid:
        if admitted:
            assert from_below(wanted, python) is (python >= admitted[0])


VERSIONS = ("0.9", "1.0.dev1", "1.0a1", "1.0", "1.0+cpu", "1.0.post1", "1.1rc1", "1.1", "1!0.1", "2.0")
BOUNDS = st.builds(
    "".join, st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "~="]), st.sampled_from(VERSIONS))
).filter(lambda text: "+" not in text or text.startswith(("==", "!=")))
WILDCARDS = st.sampled_from(["==1.*", "!=1.0.*", "===1.0", "~=1.0"])


@given(wanted=st.lists(BOUNDS | WILDCARDS, max_size=3).map(",".join))
def test_pip_finds_what_is_in_range_however_little_of_the_shelf_it_looks_at(wanted: str) -> None:
    specifiers = SpecifierSet(wanted)
    listing = Listing.of(canonicalize_name("a"), "", [file(f"a-{version}-py3-none-any.whl") for version in VERSIONS])
    files = ProjectFiles((), (listing,), PIP, target(), Options(prerelease="allow"))
    in_range = sorted(map(Version, specifiers.filter(VERSIONS, prereleases=True)), reverse=True)
    assert [offer.version for offer in files.offers(specifiers)] == in_range


moments = st.sampled_from([
    "2024-05-31T23:59:59.999000Z", "2024-06-01T00:00:00Z", "2024-06-01T00:00:00.000001Z", "2024-06-01T00:00:01Z",
])  # fmt: skip


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
@settings(deadline=None)
@given(uploaded=st.lists(moments, min_size=1, max_size=3), cut_off=moments)
def test_a_version_exists_where_one_of_its_files_does(policy: Policy, uploaded: list[str], cut_off: str) -> None:
    named = [file(f"a-1.0-{place}-py3-none-any.whl", uploaded=one) for place, one in enumerate(uploaded)]
    rule, options = resolver_of(policy).behaviour.cut_off, Options(exclude_newer=cut_off)
    exists = rule.exists(Listing.of(canonicalize_name("a"), "i", named), 0, options, flat=False)
    assert exists is any(rule.hides(one, options, flat=False) is None for one in named)
