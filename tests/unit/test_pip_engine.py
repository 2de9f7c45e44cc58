"""The pip engine on small questions whose answers were seen with the real pip 26.3."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.index.pages.project_page import parse_page
from backtrail.model.files import Page, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Indexes
from backtrail.model.requirement import Requirement, parse_requirement
from backtrail.model.run import Run
from backtrail.model.trail import Because, Decided, Outcome, Rejected, Required
from backtrail.resolvers.pip.behaviour import preset
from backtrail.resolvers.pip.candidates import Distribution
from backtrail.resolvers.pip.dependencies import Environment
from backtrail.resolvers.pip.engine import Engine
from support.loopback import JSON_PAGE
from support.ours import INDEX, BuildingSource, question_of, run_pip_world
from support.worlds import File, Project, Question, Release, World, release

PIP = "26.3"
EXTRA = "http://127.0.0.1/extra"
LINKS = "http://127.0.0.1/links"
TOO_NEW = ">=3.99"


def world(*releases: tuple[str, Release], asked: tuple[str, ...], constraints: tuple[str, ...] = ()) -> World:
    projects: dict[str, list[Release]] = {}
    for name, one in releases:
        projects.setdefault(name, []).append(one)
    return World(
        name="vector",
        projects=tuple(Project(name=name, releases=tuple(rows)) for name, rows in projects.items()),
        question=Question(requirements=asked, constraints=constraints),
    )


def n(version: str, *requires: str, **said: Any) -> tuple[str, Release]:
    return other("n", version, *requires, **said)


def other(name: str, version: str, *requires: str, **said: Any) -> tuple[str, Release]:
    return name, release(name, version, *requires, **said)


def pins(run: Run) -> dict[str, str]:
    return {str(pin.name): pin.version for pin in run.pins} if run.outcome is Outcome.SOLVED else {}


def taken(run: Run) -> str | None:
    """The version of `n`; None where the run has no solution."""
    assert run.outcome in {Outcome.SOLVED, Outcome.IMPOSSIBLE}
    return pins(run).get("n")


PRE = (n("1.0"), n("2.0a1"))
LOCAL = (n("1.0"), n("1.0+cpu"), n("1.0+cu121"))
YANKED = (n("1.0"), n("2.0", yanked=True))


@pytest.mark.parametrize(
    ("releases", "asked", "constraint", "prerelease", "expected"),
    [
        (YANKED, "n", None, None, "1.0"),
        (YANKED, "n==2.0", None, None, "2.0"),
        (YANKED, "n>=2.0", None, None, None),
        (YANKED, "n==2.*", None, None, None),
        (YANKED, "n", "n==2.0", None, "2.0"),
        (PRE, "n", None, None, "1.0"),
        (PRE, "n>=1.5", None, None, "2.0a1"),
        (PRE, "n>=0a0", None, None, "2.0a1"),
        (PRE, "n!=2.0a2", None, None, "1.0"),
        (PRE, "n<=2.0a1", None, None, "2.0a1"),
        (PRE, "n", None, "allow", "2.0a1"),
        (PRE, "n>=1.5", None, "disallow", None),
        (LOCAL, "n==1.0", None, None, "1.0+cu121"),
        (LOCAL, "n>1.0", None, None, None),
        (LOCAL, "n!=1.0", None, None, None),
        (LOCAL, "n==1.0+cpu", None, None, "1.0+cpu"),
    ],
)
def test_yanks_prereleases_and_locals(
    releases: tuple[tuple[str, Release], ...],
    asked: str,
    constraint: str | None,
    prerelease: str | None,
    expected: str | None,
) -> None:
    one = world(*releases, asked=(asked,), constraints=(constraint,) if constraint else ())
    assert taken(run_pip_world(one, PIP, prerelease=prerelease)[0]) == expected


def test_before_packaging_26_only_an_unbounded_requirement_falls_back_to_prereleases() -> None:
    assert taken(run_pip_world(world(n("2.0a1"), asked=("n",)), "25.3")[0]) == "2.0a1"
    assert taken(run_pip_world(world(*PRE, asked=("n>=1.5",)), "25.3")[0]) is None
    assert taken(run_pip_world(world(*PRE, asked=("n<3.0a1",)), "25.0")[0]) == "2.0a1"
    assert taken(run_pip_world(world(*PRE, asked=("n<3.0a1",)), "24.3")[0]) == "1.0"


@pytest.mark.parametrize(("asked", "found"), [("n===2.0.0", True), ("n===2.0", False), ("n==2.0", True)])
def test_a_version_is_spelled_as_in_the_file_name_whatever_its_metadata_says(asked: str, found: bool) -> None:
    spelled = Release(version="2.0", files=(File(filename="n-2.0.0-py3-none-any.whl"),))
    run, order = run_pip_world(world(("n", spelled), other("m", "1", asked), asked=("n", "m")), PIP)
    assert order[0] == ("n", "2.0.0")
    assert pins(run) == ({"n": "2.0.0", "m": "1"} if found else {})
    decided = {event.version for event in run.trail if isinstance(event, Decided) and event.package.name == "n"}
    assert decided == ({"2.0.0"} if found else decided)


def test_a_prerelease_somebody_asks_for_later_replaces_the_final() -> None:
    run, order = run_pip_world(world(*PRE, other("m", "1", "n>=2.0a1"), asked=("n", "m")), PIP)
    assert pins(run) == {"n": "2.0a1", "m": "1"}
    assert order == [("n", "1.0"), ("m", "1"), ("n", "2.0a1")]


def test_the_last_index_wins_and_an_index_beats_find_links() -> None:
    one = world(n("1.0"), asked=("n",))
    everywhere = BuildingSource(one, extra={EXTRA: one}, links={LINKS: one})
    for indexes, expected in (
        (Indexes(default=INDEX, extra=(EXTRA,)), EXTRA),
        (Indexes(default=EXTRA, extra=(INDEX,)), INDEX),
        (Indexes(default=INDEX, find_links=(LINKS,)), INDEX),
        (Indexes(default=None, find_links=(LINKS,)), LINKS),
    ):
        pin = run_pip_world(one, PIP, everywhere, indexes=indexes)[0].pin("n")
        assert pin is not None
        assert pin.file is not None
        assert pin.file.url.startswith(f"{expected}/")


def test_wheels_before_sdists_only_if_preferred() -> None:
    one = world(n("1.0"), n("2.0", tags=(), sdist=True), asked=("n",))
    assert taken(run_pip_world(one, PIP)[0]) == "2.0"
    assert taken(run_pip_world(one, PIP, prefer_binary=True)[0]) == "1.0"
    only = FormatControl(only_binary=frozenset({":all:"}))
    assert taken(run_pip_world(one, PIP, formats=only)[0]) == "1.0"


def test_requires_python_on_the_page_hides_and_in_the_metadata_refuses() -> None:
    hidden = world(n("1.0"), n("2.0", requires_python=TOO_NEW), asked=("n",))
    assert run_pip_world(hidden, PIP)[1] == [("n", "1.0")]
    said: dict[str, Any] = {"requires_python": TOO_NEW, "requires_python_on_page": False}
    refused = world(n("1.0"), n("2.0", **said), asked=("n",))
    run, order = run_pip_world(refused, PIP)
    assert taken(run) == "1.0"
    assert order == [("n", "2.0"), ("n", "1.0")]
    (event,) = [event for event in run.trail if isinstance(event, Rejected)]
    assert (event.version, event.because, event.exclusions[0].value) == ("2.0", Because.REQUIRES_PYTHON, TOO_NEW)
    assert taken(run_pip_world(refused, PIP, ignore_requires_python=True)[0]) == "2.0"
    assert taken(run_pip_world(world(n("2.0", **said), asked=("n>=2",)), PIP)[0]) is None
    transitive = world(n("2.0", **said), other("a", "1.0", "n>=2"), other("a", "0.9"), asked=("a",))
    assert pins(run_pip_world(transitive, PIP)[0]) == {"a": "0.9"}


def test_before_25_1_a_candidates_dependencies_are_read_before_its_python_refuses_it() -> None:
    said: dict[str, Any] = {"requires_python": TOO_NEW, "requires_python_on_page": False}
    one = world(n("1.0"), n("2.0", "dep", **said), other("dep", "1"), asked=("n",))
    assert run_pip_world(one, "25.1")[1] == [("n", "2.0"), ("n", "1.0")]
    assert run_pip_world(one, "25.0")[1] == [("n", "2.0"), ("dep", "1"), ("n", "1.0")]


@pytest.mark.parametrize(
    ("asked", "provided", "marker", "first", "both", "now"),
    [
        ("y-z", "y-z", "y-z", True, True, True),
        ("Y_z", "y_z", "y_z", True, True, True),
        ("Y_z", "Y_z", "Y_z", False, False, True),
        ("Y_z", "y-z", "y-z", False, True, True),
        ("Y_z", "y-z", "y_z", False, True, True),
        ("y-z", "y_z", "y_z", False, False, True),
        ("y.z", "y_z", "y.z", False, True, True),
    ],
)
def test_extras_were_asked_for_in_fewer_spellings_and_markers_read_as_written(
    asked: str, provided: str, marker: str, first: bool, both: bool, now: bool
) -> None:
    one = world(n("1", f"m; '{marker}' == extra", provides_extra=(provided,)), other("m", "1"), asked=(f"n[{asked}]",))
    for pip, follows in (("23.2.1", first), ("23.3", both), ("24.0", both), ("24.1", now)):
        assert (pip, "m" in pins(run_pip_world(one, pip)[0])) == (pip, follows)


def test_extras_are_nodes_of_their_own_and_unknown_ones_are_passed_over() -> None:
    one = world(
        n("1.0"),
        n("2.0", "dep; extra == 'x'", "n[x]; extra == 'all'", provides_extra=("x", "all")),
        other("dep", "1"),
        asked=("n[all]", "n[nowhere]"),
    )
    run, order = run_pip_world(one, PIP)
    assert pins(run) == {"n": "2.0", "dep": "1"}
    assert order == [("n", "2.0"), ("dep", "1")]
    pin = run.pin("n")
    assert pin is not None
    assert pin.extras == ("all", "nowhere", "x")
    bounded = world(*one_of(one), asked=("n[x]<2",))
    assert pins(run_pip_world(bounded, PIP)[0]) == {"n": "1.0"}


def one_of(asked: World) -> Iterator[tuple[str, Release]]:
    return ((project.name, each) for project in asked.projects for each in project.releases)


def test_a_constraint_narrows_and_never_adds() -> None:
    one = world(
        n("1.0"), n("2.0"), other("m", "1"), asked=("n",), constraints=("n<2", "m==1", "n; python_version < '3'")
    )
    assert pins(run_pip_world(one, PIP)[0]) == {"n": "1.0"}


def test_a_version_with_invalid_metadata_is_skipped_and_read_again_each_time() -> None:
    bad = Release(version="2.0", files=(File(filename="n-2.0-py3-none-any.whl"),), requires_dist=("dep (>=2.0.*)",))
    one = world(n("1.0"), ("n", bad), asked=("n",))
    run, order = run_pip_world(one, PIP)
    assert taken(run) == "1.0"
    assert order == [("n", "2.0"), ("n", "1.0"), ("n", "2.0")]
    assert run.attempts == {"n": ("2.0", "1.0")}
    refused = [event for event in run.trail if isinstance(event, Rejected)]
    assert [(event.version, event.because) for event in refused] == [("2.0", Because.METADATA)]


def test_an_sdist_that_builds_to_another_version_is_discarded() -> None:
    one = world(n("1.0"), n("2.0", tags=(), sdist=True), asked=("n",))
    built = Metadata(name="n", version="2.1", source=MetadataSource.BUILT)
    run, order = run_pip_world(one, PIP, BuildingSource(one, built={"n-2.0.tar.gz": built}))
    assert taken(run) == "1.0"
    assert order == [("n", "2.0"), ("n", "1.0")]


SDIST = "n-2.0.tar.gz"
WHEEL = "n-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Unavailable(failure=Failure.STATUS, file=WHEEL, status=404), Outcome.ABORTED),
        (Unavailable(failure=Failure.STATUS, file=WHEEL, status=503), Outcome.UNKNOWN),
        (Unavailable(failure=Failure.NETWORK, file=WHEEL), Outcome.UNKNOWN),
        (Unavailable(failure=Failure.STRUCTURE, file=WHEEL), Outcome.ABORTED),
        (Unreadable(index=INDEX, reason="network"), Outcome.UNKNOWN),
        (Unreadable(index=INDEX, reason="forbidden", status=403), Outcome.UNKNOWN),
    ],
)
def test_what_cannot_be_read_ends_the_run_as_it_ends_pip_or_leaves_it_unknown(
    fault: Unavailable | Unreadable, expected: Outcome
) -> None:
    one = world(n("1.0"), n("0.9"), asked=("n",))
    where = WHEEL if isinstance(fault, Unavailable) else "n"
    run, _ = run_pip_world(one, PIP, BuildingSource(one, faults={where: fault}))
    assert run.outcome is expected
    assert run.failure == fault


@pytest.mark.parametrize("needed", ["", "n<2"])
def test_a_failing_build_ends_the_run_even_if_another_requirement_would_rule_the_version_out(needed: str) -> None:
    one = world(n("1.0"), n("2.0", tags=(), sdist=True), other("m", "1", *filter(None, [needed])), asked=("n", "m"))
    failed = Unavailable(failure=Failure.BUILD_FAILED, file=SDIST)
    run, order = run_pip_world(one, PIP, BuildingSource(one, built={SDIST: failed}))
    assert (run.outcome, run.failure) == (Outcome.ABORTED, failed)
    assert order == [("n", "2.0")]
    unbuilt, _ = run_pip_world(one, PIP, build_sdists=False)
    assert unbuilt.outcome is Outcome.SOLVED
    pin = unbuilt.pin("n")
    assert pin is not None
    assert pin.verified is bool(needed)  # what stands in for a build is not what pip would read


def test_a_cut_off_refuses_equality_and_stops_at_a_file_without_a_time() -> None:
    dated = world(
        n("1.0", upload_time="2024-01-01T00:00:00Z"), n("2.0", upload_time="2024-06-01T00:00:00Z"), asked=("n",)
    )
    options: dict[str, Any] = {"exclude_newer": "2024-06-01T00:00:00.000000Z"}
    assert taken(run_pip_world(dated, PIP, **options)[0]) == "1.0"
    undated = world(n("1.0"), n("0.1", upload_time=None), asked=("n",))
    assert run_pip_world(undated, PIP, **options)[0].outcome is Outcome.ABORTED


@pytest.mark.parametrize(
    ("undated", "stops"),
    [
        ("n-1.0-py3-none-any.whl", True),
        ("n-1.0.tar.gz", True),
        ("n-1.0-cp27-cp27m-win_amd64.whl", False),
        ("n-1.0-1-py3-none-any.whl", True),
    ],
)
def test_one_file_without_a_time_stops_a_run_with_a_cut_off_though_the_others_of_its_version_have_one(
    undated: str, stops: bool
) -> None:
    dated = File(filename="n-1.0-py2.py3-none-any.whl")
    files = (dated, File(filename=undated, upload_time=None))
    mixed = world(("n", Release(version="1.0", files=files)), n("2.0"), asked=("n",))
    run, _ = run_pip_world(mixed, PIP, exclude_newer="2024-06-01T00:00:00.000000Z")
    assert (run.outcome is Outcome.ABORTED) is stops
    assert run.failure == (Unavailable(failure=Failure.NO_UPLOAD_TIME, file=undated) if stops else None)
    without, _ = run_pip_world(mixed, PIP)
    assert taken(without) == "2.0"


def test_requirements_that_contradict_each_other_at_once_name_the_constraint_too() -> None:
    one = world(
        n("1.0"), n("2.0"), other("x", "1", "n==1.0"), other("y", "1", "n==2.0"),
        asked=("x", "y"), constraints=("n>=1",),
    )  # fmt: skip
    run, _ = run_pip_world(one, PIP)
    assert run.outcome is Outcome.IMPOSSIBLE
    said = {event.id: event.requirement.text for event in run.trail if isinstance(event, Required)}
    refused = next(event for event in run.trail if isinstance(event, Rejected))
    assert {said[number] for number in refused.requirements} == {"n==1.0", "n==2.0", "n>=1"}


def test_what_no_index_has_is_said_to_be_so() -> None:
    run, _ = run_pip_world(world(other("x", "1", "nowhere"), asked=("x",)), PIP)
    assert run.outcome is Outcome.IMPOSSIBLE
    refusals = [
        (str(event.package), event.version, event.because) for event in run.trail if isinstance(event, Rejected)
    ]
    assert refusals == [("nowhere", None, Because.NOT_FOUND), ("x", "1", Because.EMPTY)]


REFERENCE = "https://index.example/n-3.0.tar.gz"


def referring(asked: World, name: str, *requires: str) -> BuildingSource:
    said = Metadata(name=name, version="3.0", requires_dist=requires, source=MetadataSource.STAND_IN)
    return BuildingSource(asked, direct={REFERENCE: said})


def test_a_direct_reference_is_read_first_and_has_to_meet_what_others_ask() -> None:
    one = world(n("1.0"), other("m", "1", "n<4"), asked=("m", f"n @ {REFERENCE}"))
    run, order = run_pip_world(one, PIP, referring(one, "n", "m"))
    assert pins(run) == {"m": "1", "n": "3.0"}
    assert order == [("n", "3.0"), ("m", "1")]
    pin = run.pin("n")
    assert pin is not None
    assert (pin.url, pin.file, {asked.by for asked in pin.requested_by}) == (REFERENCE, None, {None, "m"})
    strict = world(n("1.0"), other("m", "1", "n<3"), asked=("m", f"n @ {REFERENCE}"))
    assert run_pip_world(strict, PIP, referring(strict, "n"))[0].outcome is Outcome.IMPOSSIBLE
    misnamed = run_pip_world(one, PIP, referring(one, "other"))[0]
    assert misnamed.outcome is Outcome.IMPOSSIBLE


@pytest.mark.parametrize(("release", "unpinned"), [("26.0.1", Outcome.ABORTED), ("26.1", Outcome.SOLVED)])
def test_hashes_need_a_file_that_has_one_of_them_and_before_26_1_an_exact_version(
    release: str, unpinned: Outcome
) -> None:
    one = world(n("1.0"), asked=("n==1.0",))
    policy = Policy(tool="pip", release=release)
    question = question_of(one, policy, build_sdists=True)
    source = Hashed(one)

    def outcome(text: str, *hashes: str) -> Outcome:
        requirement = msgspec.structs.replace(parse_requirement(text), hashes=hashes)
        asked = msgspec.structs.replace(
            question,
            requirements=(requirement,),
            options=msgspec.structs.replace(question.options, require_hashes=True),
        )
        return Engine(asked, policy, source).run().outcome

    assert outcome("n==1.0", "sha256:aa") is Outcome.SOLVED
    assert outcome("n==1.0", "sha256:bb") is Outcome.ABORTED
    assert outcome("n==1.*", "sha256:aa") is Outcome.SOLVED
    assert outcome("n", "sha256:aa") is unpinned
    assert outcome("n") is outcome("n==1.0") is Outcome.ABORTED


class Hashed(BuildingSource):
    """A world whose files all have one hash."""

    def page(self, index: str, name: NormalizedName) -> Page:
        body = self._pages[index][name].replace(b'"hashes": {}', b'"hashes": {"sha256": "aa"}')
        return parse_page(body, JSON_PAGE, f"{index}/{name}/", name, index, 0.0)


def distribution(*requires: str, extras: tuple[str, ...] = ()) -> Distribution:
    return Distribution(
        name=canonicalize_name("n"),
        version=Version("1.0"),
        metadata=Metadata(name="n", version="1.0", provides_extra=extras, source=MetadataSource.WHEEL),
        requires=tuple(parse_requirement(text) for text in requires),
        requires_python=None,
    )


def texts(requirements: Iterator[Requirement]) -> list[str]:
    return [requirement.text for requirement in requirements]


def test_python_3_10_and_older_read_plain_dependencies_first_and_once() -> None:
    requires = ("z; extra == 'x'", "b>=1", "a", "b>=1.0", "c; extra == 'y'", "b>=1")
    one = distribution(*requires, extras=("x", "y"))
    extras = [canonicalize_name("x"), canonicalize_name("nowhere")]
    new, old = (
        Environment({}, Version(python), preset(Policy(tool="pip", release=PIP))) for python in ("3.11.0", "3.10.13")
    )
    assert texts(new.dependencies(one, ())) == ["b>=1", "a", "b>=1.0", "b>=1"]
    assert texts(new.dependencies(one, extras)) == ["z; extra == 'x'", "b>=1", "a", "b>=1.0", "b>=1"]
    assert texts(old.dependencies(one, ())) == ["b>=1", "a"]
    assert texts(old.dependencies(one, extras)) == ["b>=1", "a", "z; extra == 'x'"]
