"""What uv does that one would not expect: each rule as a small world, in the two releases reproduced exactly."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from packaging.utils import NormalizedName

from backtrail.model.errors import InputError
from backtrail.model.files import Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.question import Indexes
from backtrail.model.run import Run
from backtrail.model.trail import Because, Chosen, Decided, Outcome, Rejected, Reprioritised, Rewound
from backtrail.model.verdict import Reason
from support.ours import INDEX, WorldSource, run_world
from support.worlds import Project, Question, Release, World, release

NEW, OLD = "0.13.9", "0.4.18"
BOTH = pytest.mark.parametrize("uv", [NEW, OLD])
EXTRA, LINKS = "http://127.0.0.1/extra", "http://127.0.0.1/links"
LINUX = "x86_64-unknown-linux-gnu"


def project(name: str, *releases: Release | str) -> Project:
    return Project(
        name=name, releases=tuple(one if isinstance(one, Release) else release(name, one) for one in releases)
    )


def asking(*requirements: str, projects: tuple[Project, ...], **options: Any) -> World:
    question = Question(requirements=requirements, python="3.11", python_platform=LINUX, **options)
    return World(name="story", projects=projects, question=question)


class Story:
    """A run, asked about."""

    def __init__(self, world: World, uv: str, source: WorldSource | None = None, **options: Any) -> None:
        self.run: Run
        self.run, selections = run_world(world, uv, source, **options)
        self.outcome = self.run.outcome
        self.selected = [f"{name} {version}" for name, version in selections]
        self.pins = {pin.name: pin.version for pin in self.run.pins} if self.outcome is Outcome.SOLVED else None

    @property
    def wanted(self) -> list[str]:
        """Every look for a version: the package and the range."""
        return [f"{event.package} {event.wanted}" for event in self.run.trail if isinstance(event, Chosen)]

    @property
    def rejected(self) -> list[tuple[str, str | None, Because]]:
        return [
            (str(event.package), event.version, event.because)
            for event in self.run.trail
            if isinstance(event, Rejected)
        ]

    @property
    def decided(self) -> list[str]:
        return [f"{event.package} {event.version}" for event in self.run.trail if isinstance(event, Decided)]


def solve(*requirements: str, projects: tuple[Project, ...], uv: str = NEW, **options: Any) -> Story:
    return Story(asking(*requirements, projects=projects, **options), uv)


# One package is several: extras and markers


def test_an_extra_is_a_package_of_its_own_that_pins_its_base() -> None:
    a = project("a", release("a", "1"), release("a", "2", "b; extra == 'x'", provides_extra=("x",)))
    shown = solve("a[x]", projects=(a, project("b", "1")))
    assert shown.wanted[1:4] == ["a[x] *", "a ==2.0", "a[x] ==2.0"]
    assert shown.pins == {"a": "2", "b": "1"}
    assert shown.run.pins[0].extras == ("x",)


MARKED = (
    project("a", release("a", "1", "b<3; sys_platform == 'linux'", "b>1; python_version >= '3.8'")),
    project("b", "1", "2", "3"),
)


def test_true_markers_are_not_erased() -> None:
    shown = solve("a", projects=MARKED)
    linux, python = "b{sys_platform == 'linux'}", "b{python_full_version >= '3.8'}"
    assert list(dict.fromkeys(shown.wanted[2:])) == [
        f"{linux} <3.0", "b ==2.0", f"{linux} ==2.0", f"{python} >1.0", f"{python} >1.0,<=2.0", f"{python} ==2.0",
    ]  # fmt: skip
    assert shown.selected == ["a 1", "b 2", "b 2", "b 2", "b 3", "b 2", "b 2"]
    assert shown.pins == {"a": "1", "b": "2"}


def test_without_proxies_bound_to_their_base_the_path_is_longer() -> None:
    shown = solve("a", projects=MARKED, uv=OLD)
    assert shown.selected[1] == "b 3"
    assert len(shown.selected) > len(solve("a", projects=MARKED).selected)
    assert shown.pins == {"a": "1", "b": "2"}


@BOTH
def test_a_false_marker_drops_the_requirement(uv: str) -> None:
    shown = solve("a", "missing; sys_platform == 'win32'", projects=(project("a", "1"),), uv=uv)
    assert shown.pins == {"a": "1"}


@BOTH
def test_an_extra_that_does_not_exist_is_no_error(uv: str) -> None:
    assert solve("a[nowhere]", projects=(project("a", "1"),), uv=uv).pins == {"a": "1"}


@BOTH
def test_recursive_extras_are_flattened(uv: str) -> None:
    a = project(
        "a",
        release(
            "a", "1", "b; extra == 'x'", "c; extra == 'y'", "a[x,y]; extra == 'all'", provides_extra=("x", "y", "all")
        ),
    )
    shown = solve("a[all]", projects=(a, project("b", "1"), project("c", "1")), uv=uv)
    assert shown.pins == {"a": "1", "b": "1", "c": "1"}


@BOTH
def test_extras_that_ask_for_each_other_end(uv: str) -> None:
    a = project("a", release("a", "1", "a[y]; extra == 'x'", "a[x]; extra == 'y'", "b; extra == 'y'"))
    assert solve("a[x]", projects=(a, project("b", "1")), uv=uv).pins == {"a": "1", "b": "1"}


def test_a_requirement_for_those_without_an_extra() -> None:
    a = project("a", release("a", "1", "b; extra != 'x'", provides_extra=("x",)))
    projects = (a, project("b", "1"))
    assert solve("a[x]", projects=projects).pins == {"a": "1", "b": "1"}
    assert solve("a[x]", projects=projects, uv=OLD).pins == {"a": "1"}


@pytest.mark.parametrize("uv", [OLD, "0.8.10"])
def test_what_only_an_impossible_marker_leads_to_is_no_part_of_the_answer(uv: str) -> None:
    projects = (project("a", "1"), project("b", release("b", "1", "c")), project("c", "1"))
    shown = solve("a", "b; extra != 'x'", projects=projects, uv=uv)
    assert "c 1" in shown.selected
    assert shown.pins == {"a": "1"}


# Order


@BOTH
def test_names_are_decided_in_the_order_they_were_seen(uv: str) -> None:
    projects = (project("z", release("z", "1", "m")), project("a", "1"), project("m", "1"))
    assert solve("z", "a", projects=projects, uv=uv).decided == ["your requirements 0.0", "z 1", "a 1", "m 1"]


@BOTH
def test_a_pin_anywhere_brings_its_name_forward(uv: str) -> None:
    projects = (project("a", release("a", "1", "c==1")), project("b", "1"), project("c", "1", "2"))
    assert solve("a", "b", "c", projects=projects, uv=uv).decided[1:] == ["a 1", "c 1", "b 1"]


@pytest.mark.parametrize(("uv", "first"), [(OLD, "b 1"), ("0.5.0", "a 1"), ("0.5.16", "a 1"), (NEW, "b 1")])
def test_equality_was_no_pin_once_it_admitted_locals_until_it_was_again(uv: str, first: str) -> None:
    assert solve("a", "b==1", projects=(project("a", "1"), project("b", "1")), uv=uv).decided[1] == first


def test_a_marker_brings_its_name_forward_too() -> None:
    """The proxy pins its base, and a pin is decided early for the rest of the run."""
    projects = (project("a", "1"), project("b", "1"))
    shown = solve("a", "b; sys_platform == 'linux'", projects=projects)
    assert shown.decided[1:3] == ["a 1", "b{sys_platform == 'linux'} 1"]
    last = [event for event in shown.run.trail if isinstance(event, Chosen) and event.package.name == "b"][-1]
    assert last.why == "singleton"


@BOTH
def test_series_and_compatible_releases_are_no_pins(uv: str) -> None:
    projects = (project("a", "1.0"), project("b", "1.0"), project("c", "1.0"))
    shown = solve("a", "b==1.*", "c~=1.0", projects=projects, uv=uv)
    assert {event.why for event in shown.run.trail if isinstance(event, Chosen) and event.package.name} == {
        "unspecified"
    }


def stubborn(count: int) -> tuple[Project, ...]:
    """Many releases of a late project need an older release of one decided before."""
    return (
        project("early", "1", "2"),
        project("late", release("late", "0.1"), *(release("late", f"{n}", "early<2") for n in range(1, count))),
    )


def test_first_decisions_are_not_checked_against_each_other() -> None:
    """Until the first backtrack a decision is taken at once, and propagation undoes it."""
    shown = solve("early", "late", projects=stubborn(4))
    kinds = [type(event).__name__ for event in shown.run.trail]
    assert kinds.index("Conflicted") < kinds.index("Rejected") if "Rejected" in kinds else "Conflicted" in kinds
    early = solve("early", "late", projects=stubborn(4), uv=OLD)
    assert early.rejected[0] == ("late", "3", Because.CONFLICT)


def test_at_five_conflicts_the_order_changes_once() -> None:
    shown = solve("early", "late", projects=stubborn(12))
    changes = [event for event in shown.run.trail if isinstance(event, Reprioritised)]
    assert [(str(event.package), event.to) for event in changes] == [
        ("late", "conflict-early"),
        ("early", "conflict-late"),
    ]
    assert any(event.because is Because.PRIORITY for event in shown.run.trail if isinstance(event, Rewound))
    assert shown.pins == {"early": "1", "late": "11"}
    assert solve("early", "late", projects=stubborn(12), uv=OLD).pins == {"early": "2", "late": "0.1"}
    assert solve("early", "late", projects=stubborn(5)).pins == {"early": "2", "late": "0.1"}


def test_a_conflict_class_ends_a_pin_until_the_next_pin() -> None:
    projects = stubborn(12)
    shown = solve("early", "late", "late>=0.1", projects=projects)
    classes = [event.why for event in shown.run.trail if isinstance(event, Chosen) and event.package.name == "late"]
    assert classes[0] == "unspecified"
    assert classes[-1] == "conflict-early"


def test_a_choice_for_the_same_range_is_remembered() -> None:
    def again(shown: Story) -> list[str]:
        return [str(event.package) for event in shown.run.trail if isinstance(event, Decided) and event.again]

    assert again(solve("a", projects=MARKED))[:2] == ["b{sys_platform == 'linux'}", "b"]
    assert again(solve("a", projects=MARKED, uv=OLD)) == []


# Versions

LOCAL_ONLY = project("torch", "2.2.0", "2.3.0+cpu", "2.3.0+cu118", "2.4.0+cpu")
LOCAL_TOO = project("torch", "2.2.0", "2.3.0", "2.3.0+cpu", "2.3.1")


@pytest.mark.parametrize(
    ("specifier", "old_only", "old_too", "new_only", "new_too"),
    [
        ("==2.3.0", None, "2.3.0", "2.3.0+cu118", "2.3.0+cpu"),
        ("<=2.3.0", "2.2.0", "2.3.0", "2.3.0+cu118", "2.3.0+cpu"),
        (">=2.3.0,<2.4", "2.3.0+cu118", "2.3.1", "2.3.0+cu118", "2.3.1"),
        (">2.3.0,<2.4", None, "2.3.1", None, "2.3.1"),
        ("!=2.3.0,<2.4", "2.3.0+cu118", "2.3.1", "2.2.0", "2.3.1"),
        ("~=2.3.0", "2.3.0+cu118", "2.3.1", "2.3.0+cu118", "2.3.1"),
        ("==2.3.*", "2.3.0+cu118", "2.3.1", "2.3.0+cu118", "2.3.1"),
        ("===2.3.0", None, "2.3.0", None, "2.3.0"),
        ("<2.3.0", "2.2.0", "2.2.0", "2.2.0", "2.2.0"),
    ],
)
def test_local_versions(
    specifier: str, old_only: str | None, old_too: str | None, new_only: str | None, new_too: str | None
) -> None:
    for uv, projects, expected in (
        (OLD, LOCAL_ONLY, old_only), (OLD, LOCAL_TOO, old_too), (NEW, LOCAL_ONLY, new_only), (NEW, LOCAL_TOO, new_too),
    ):  # fmt: skip
        shown = solve(f"torch{specifier}", projects=(projects,), uv=uv)
        assert shown.pins == (None if expected is None else {"torch": expected})


def test_before_pep_440_a_local_pin_of_the_user_met_other_requirements_of_its_version() -> None:
    projects = (LOCAL_ONLY, project("vision", release("vision", "1", "torch==2.3.0")))
    asked = ("torch==2.3.0+cpu", "vision")
    assert solve(*asked, projects=projects, uv=OLD).pins == {"torch": "2.3.0+cpu", "vision": "1"}
    assert solve(*asked, projects=projects).pins == {"torch": "2.3.0+cpu", "vision": "1"}
    assert solve("vision", projects=projects, uv=OLD).outcome is Outcome.IMPOSSIBLE


@BOTH
def test_epochs_come_first(uv: str) -> None:
    projects = (project("a", "2", "1!1"),)
    assert solve("a", projects=projects, uv=uv).pins == {"a": "1!1"}
    assert solve("a<3", projects=projects, uv=uv).pins == {"a": "2"}


PRERELEASES = project("a", "1.0", "2.0b1")


@pytest.mark.parametrize(
    ("mode", "requirement", "new", "old"),
    [
        (None, "a", "1.0", "1.0"),
        (None, "a>1", "2.0b1", None),
        (None, "a>=2.0b1", "2.0b1", "2.0b1"),
        (None, "a<3.0b1", "1.0", "2.0b1"),
        (None, "a!=3.0b1", "1.0", "2.0b1"),  # before 0.5.0 any mention opted in
        ("allow", "a", "2.0b1", "2.0b1"),
        ("disallow", "a>1", None, None),
        ("explicit", "a>1", None, None),
        ("explicit", "a>=2.0b1", "2.0b1", "2.0b1"),
        ("if-necessary", "a>1", "2.0b1", None),
        ("if-necessary", "a>=2.0b1", "2.0b1", None),
    ],
)
def test_pre_releases_by_mode(mode: str | None, requirement: str, new: str | None, old: str | None) -> None:
    for uv, expected in ((NEW, new), (OLD, old)):
        shown = solve(requirement, projects=(PRERELEASES,), uv=uv, prerelease=mode)
        assert shown.pins == (None if expected is None else {"a": expected}), uv


@BOTH
def test_a_project_of_nothing_but_pre_releases(uv: str) -> None:
    assert solve("a", projects=(project("a", "1.0a1", "1.0rc1"),), uv=uv).pins == {"a": "1.0rc1"}


def test_pre_releases_that_a_package_asks_for() -> None:
    projects = (project("b", release("b", "1", "a>=2.0b1")), PRERELEASES)
    assert solve("b", projects=projects).pins == {"a": "2.0b1", "b": "1"}
    assert solve("b", projects=projects, uv=OLD).outcome is Outcome.IMPOSSIBLE


@BOTH
def test_lowest_and_lowest_direct(uv: str) -> None:
    projects = (project("a", release("a", "1", "b"), release("a", "2", "b")), project("b", "1", "2"))
    assert solve("a", projects=projects, uv=uv, resolution="lowest").pins == {"a": "1", "b": "1"}
    assert solve("a", projects=projects, uv=uv, resolution="lowest-direct").pins == {"a": "1", "b": "2"}


# Files


@BOTH
@pytest.mark.parametrize("python", [">=3.6,<3.10", "!=3.11.*,>=3.8", "==3.9.*", "<3.8"])
def test_upper_bounds_and_holes_of_requires_python_are_ignored(uv: str, python: str) -> None:
    projects = (project("a", "1", release("a", "2", requires_python=python)),)
    assert solve("a", projects=projects, uv=uv).pins == {"a": "2"}


@BOTH
def test_a_requires_python_miss_is_decided_and_goes_through_the_interpreter(uv: str) -> None:
    shown = solve("a", projects=(project("a", "1", release("a", "2", requires_python=">=3.12")),), uv=uv)
    assert shown.pins == {"a": "1"}
    assert shown.rejected[:2] == [("a", "2", Because.REQUIRES_PYTHON), ("Python", None, Because.NO_VERSION)]
    assert shown.decided[1] == "a 2"


def test_requires_python_of_the_metadata_alone() -> None:
    hidden = release("a", "2", requires_python=">=3.12", requires_python_on_page=False)
    projects = (project("a", "1", hidden),)
    shown = solve("a", projects=projects)
    assert shown.pins == {"a": "1"}
    assert shown.rejected == [("a", "2", Because.REQUIRES_PYTHON)]
    assert solve("a", projects=projects, uv=OLD).pins == {"a": "2"}


YANKED = project("a", "1", release("a", "2", yanked="broken"))


@BOTH
@pytest.mark.parametrize(
    ("requirement", "version"), [("a", "1"), ("a==2", "2"), ("a===2", "2"), ("a==2,>=1", None), ("a==2.*", None)]
)
def test_a_yanked_version_needs_a_lone_pin_of_the_user(uv: str, requirement: str, version: str | None) -> None:
    shown = solve(requirement, projects=(YANKED,), uv=uv)
    assert shown.pins == (None if version is None else {"a": version})


@BOTH
def test_a_constraint_pins_a_yanked_version_and_a_package_does_not(uv: str) -> None:
    assert solve("a", projects=(YANKED,), uv=uv, constraints=("a==2",)).pins == {"a": "2"}
    asking_for_it = (YANKED, project("b", release("b", "1", "a==2")))
    assert solve("b", projects=asking_for_it, uv=uv).outcome is Outcome.IMPOSSIBLE


@BOTH
def test_a_partly_yanked_version_stays(uv: str) -> None:
    two = release("a", "2", sdist=True)
    partly = replace(two, files=(replace(two.files[0], yanked=True), two.files[1]))
    shown = solve("a", projects=(project("a", "1", partly),), uv=uv)
    assert shown.run.pins[0].file is not None
    assert shown.run.pins[0].file.filename == "a-2.tar.gz"


def test_a_wheel_that_does_not_fit_gives_the_metadata_of_the_sdist_that_is_installed() -> None:
    foreign = release("a", "2", "b", tags=("cp39-cp39-win_amd64",), sdist=True)
    split = replace(foreign, files=(foreign.files[0], replace(foreign.files[1], requires_dist=("c",))))
    shown = solve("a", projects=(project("a", split), project("b", "1"), project("c", "1")))
    assert shown.pins == {"a": "2", "b": "1"}
    assert shown.run.pin("a").file.filename == "a-2.tar.gz"  # type: ignore[union-attr]


def test_which_wheel_gives_the_metadata_is_the_nearest_miss_now_and_the_first_before() -> None:
    tags = ("cp27-cp27m-win_amd64", "cp311-cp311-win_amd64")
    both = release("a", "2", tags=tags, sdist=True)
    far, near, sdist = both.files
    shown = replace(both, files=(replace(far, requires_dist=("b",)), replace(near, requires_dist=("c",)), sdist))
    projects = (project("a", shown), project("b", "1"), project("c", "1"))
    assert solve("a", projects=projects).pins == {"a": "2", "c": "1"}
    assert solve("a", projects=projects, uv=OLD).pins == {"a": "2", "b": "1"}


@BOTH
def test_versions_without_a_fitting_file_are_refused_one_by_one(uv: str) -> None:
    foreign = [release("a", version, tags=("cp311-cp311-win_amd64",)) for version in ("2", "3")]
    shown = solve("a", projects=(project("a", "1", *foreign),), uv=uv)
    assert shown.rejected == [("a", "3", Because.FILES), ("a", "2", Because.FILES)]
    ranges = {NEW: ["a *", "a <=2.0", "a <=1.0"], OLD: ["a *", "a <3.0 | >3.0", "a <2.0 | >2.0,<3.0 | >3.0"]}
    assert shown.wanted[1:] == ranges[uv]
    first = next(event for event in shown.run.trail if isinstance(event, Rejected))
    assert first.exclusions[0].reason is Reason.TAG_PLATFORM


@BOTH
def test_the_cut_off_hides_files_and_versions(uv: str) -> None:
    at = "2024-06-01T00:00:00Z"
    projects = (
        project("a", release("a", "1", upload_time="2024-05-31T23:59:59.999Z"), release("a", "2", upload_time=at)),
    )
    assert solve("a", projects=projects, uv=uv, exclude_newer=at).pins == {"a": "1"}
    assert solve("a", projects=projects, uv=uv, exclude_newer="2024-06-01T00:00:00.001Z").pins == {"a": "2"}
    assert solve("a", projects=projects, uv=uv, exclude_newer="2024-06-01").pins == {"a": "2"}, (
        "a date is its whole day"
    )
    undated = (project("a", release("a", "1"), release("a", "2", upload_time=None)),)
    assert solve("a", projects=undated, uv=uv, exclude_newer=at).pins == {"a": "1"}


def test_a_yank_is_named_before_tags_and_tags_before_requires_python() -> None:
    bad = release("a", "2", tags=("cp311-cp311-win_amd64",), yanked=True, requires_python=">=3.12")
    shown = solve("a", projects=(project("a", "1", bad),))
    reasons = next(event.exclusions for event in shown.run.trail if isinstance(event, Rejected))
    assert [one.reason for one in reasons] == [Reason.YANKED, Reason.TAG_PLATFORM]


# Requirements


@BOTH
def test_overrides_replace_and_constraints_add(uv: str) -> None:
    projects = (project("a", release("a", "1", "b<2")), project("b", "1", "2", "3"))
    assert solve("a", projects=projects, uv=uv).pins == {"a": "1", "b": "1"}
    assert solve("a", projects=projects, uv=uv, overrides=("b>=2",)).pins == {"a": "1", "b": "3"}
    assert solve("a", projects=projects, uv=uv, overrides=("b",), constraints=("b<3",)).pins == {"a": "1", "b": "2"}


@BOTH
def test_constraints_are_no_wishes_and_obey_their_markers(uv: str) -> None:
    projects = (project("a", "1", "2"), project("b", "1"))
    assert solve("a", projects=projects, uv=uv, constraints=("b==1",)).pins == {"a": "2"}
    assert solve("a", projects=projects, uv=uv, constraints=("a<2; sys_platform == 'linux'",)).pins == {"a": "1"}
    assert solve("a", projects=projects, uv=uv, constraints=("a<2; sys_platform == 'win32'",)).pins == {"a": "2"}


def test_a_requirement_that_nothing_meets() -> None:
    projects = (project("a", "1", release("a", "2", "c", "b>2,<1")), project("b", "1", "2"), project("c", "1"))
    shown, early = solve("a", projects=projects), solve("a", projects=projects, uv=OLD)
    assert shown.pins == early.pins == {"a": "1"}
    assert shown.rejected == [("a", "2", Because.EMPTY)]
    assert early.rejected == [("a", "2", Because.CONFLICT)]


def test_a_requirement_on_oneself() -> None:
    projects = (project("a", "1", release("a", "2", "a<2")),)
    assert solve("a", projects=projects).pins == {"a": "1"}
    assert solve("a", projects=projects, uv=OLD).pins == {"a": "2"}


@BOTH
def test_slips_in_metadata_are_mended(uv: str) -> None:
    projects = (project("a", release("a", "1", "b>=1.*")), project("b", "1", "2"))
    assert solve("a", projects=projects, uv=uv).pins == {"a": "1", "b": "2"}


@BOTH
@pytest.mark.parametrize(
    "requirement",
    ["not a requirement", "b===one", "b; python_version === '3.11'", "b>=" + "9" * 5000, "b; " + "(" * 5000],
)
def test_metadata_that_cannot_be_read_refuses_the_version(uv: str, requirement: str) -> None:
    projects = (project("a", "1", release("a", "2", requirement)), project("b", "1"))
    shown = solve("a", projects=projects, uv=uv)
    assert shown.pins == {"a": "1"}
    assert shown.rejected[0] == ("a", "2", Because.METADATA)


@BOTH
@pytest.mark.parametrize("requirement", ["a===one", "a; sys_platform === 'linux'"])
def test_a_requirement_of_the_user_that_uv_cannot_read_is_said(uv: str, requirement: str) -> None:
    with pytest.raises(InputError, match="a"):
        solve(requirement, projects=(project("a", "1"),), uv=uv)


# Indexes


def shelved(main: Mapping[str, tuple[str, ...]], extra: Mapping[str, tuple[str, ...]]) -> tuple[World, WorldSource]:
    def world(versions: Mapping[str, tuple[str, ...]]) -> World:
        return asking("a", projects=tuple(project(name, *each) for name, each in versions.items()))

    return world(main), WorldSource(world(main), extra={EXTRA: world(extra)})


@BOTH
@pytest.mark.parametrize(
    ("strategy", "main", "extra", "version"),
    [
        ("first-index", ("1", "3"), ("2",), "2"),
        ("first-index", ("1", "3"), (), None),
        ("unsafe-first-match", ("1", "3"), ("2",), "2"),
        ("unsafe-first-match", ("1", "3"), (), "3"),
        ("unsafe-best-match", ("1", "3"), ("2",), "3"),
    ],
)
def test_index_strategies(
    uv: str, strategy: str, main: tuple[str, ...], extra: tuple[str, ...], version: str | None
) -> None:
    world, source = shelved({"a": main}, {"a": extra})
    shown = Story(world, uv, source, indexes=Indexes(default=INDEX, extra=(EXTRA,)), index_strategy=strategy)
    assert shown.pins == (None if version is None else {"a": version})


def test_a_pre_release_of_the_first_index_and_a_stable_one_of_the_second() -> None:
    world, source = shelved({"a": ("1.0",)}, {"a": ("2.0b1",)})
    options: dict[str, Any] = {
        "indexes": Indexes(default=INDEX, extra=(EXTRA,)), "index_strategy": "unsafe-first-match",
    }  # fmt: skip
    assert Story(world, NEW, source, **options).pins == {"a": "2.0b1"}
    assert Story(world, OLD, source, **options).pins == {"a": "1.0"}


def test_a_later_index_may_have_the_fitting_file_of_the_same_version() -> None:
    foreign = asking("a", projects=(project("a", "1", release("a", "2", tags=("cp311-cp311-win_amd64",))),))
    fitting = asking("a", projects=(project("a", "2"),))
    options: dict[str, Any] = {
        "indexes": Indexes(default=INDEX, extra=(EXTRA,)), "index_strategy": "unsafe-best-match",
    }  # fmt: skip
    source = WorldSource(fitting, extra={EXTRA: foreign})
    assert Story(fitting, NEW, source, **options).pins == {"a": "2"}
    assert Story(fitting, OLD, source, **options).pins == {"a": "1"}


@BOTH
def test_find_links_join_every_index_and_know_no_cut_off(uv: str) -> None:
    world = asking("a", "b", projects=(project("a", "1", "3"),), exclude_newer="2023-01-01T00:00:00Z")
    links = asking("a", projects=(project("a", "2"), project("b", "1")))
    indexes = Indexes(default=INDEX, find_links=(LINKS,))
    shown = Story(world, uv, WorldSource(world, links={LINKS: links}), indexes=indexes)
    assert shown.pins == {"a": "2", "b": "1"}


@BOTH
def test_without_an_index_only_links_are_left(uv: str) -> None:
    world = asking("a", projects=(project("a", "2"),))
    links = asking("a", projects=(project("a", "1"),))
    indexes = Indexes(default=None, find_links=(LINKS,))
    assert Story(world, uv, WorldSource(world, links={LINKS: links}), indexes=indexes).pins == {"a": "1"}


@BOTH
def test_a_project_no_index_has(uv: str) -> None:
    shown = solve("nowhere", projects=(), uv=uv)
    assert shown.outcome is Outcome.IMPOSSIBLE
    assert shown.rejected == [("nowhere", None, Because.NOT_FOUND)]


@BOTH
def test_a_page_that_cannot_be_read_is_unknown_not_absent(uv: str) -> None:
    world = asking("a", projects=(project("a", "1"),))
    fault = Unreadable(index=INDEX, reason="status", status=500)
    shown = Story(world, uv, WorldSource(world, faults={"a": fault}))
    assert (shown.outcome, shown.run.failure) == (Outcome.UNKNOWN, fault)


# Metadata


@BOTH
@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Failure.NETWORK, Outcome.UNKNOWN),
        (Failure.STATUS, Outcome.UNKNOWN),
        (Failure.OFFLINE, Outcome.UNKNOWN),
        (Failure.INVALID, Outcome.SOLVED),
        (Failure.INCONSISTENT, Outcome.SOLVED),
        (Failure.STRUCTURE, Outcome.SOLVED),
    ],
)
def test_what_cannot_be_looked_at_is_unknown_and_what_is_broken_is_refused(
    uv: str, failure: Failure, outcome: Outcome
) -> None:
    world = asking("a", projects=(project("a", "1", "2"),))
    fault = Unavailable(failure=failure, file="a-2-py3-none-any.whl")
    shown = Story(world, uv, WorldSource(world, faults={"a-2-py3-none-any.whl": fault}))
    assert shown.outcome is outcome
    assert shown.run.failure == (None if outcome is Outcome.SOLVED else fault)


@BOTH
def test_a_build_that_fails_ends_the_run(uv: str) -> None:
    world = asking("a", projects=(project("a", "1", release("a", "2", tags=(), sdist=True)),))
    failed = Unavailable(failure=Failure.BUILD_FAILED, file="a-2.tar.gz", detail="no compiler")
    source = WorldSource(world, built={"a-2.tar.gz": failed})
    shown = Story(world, uv, source, build_sdists=True)
    assert (shown.outcome, shown.run.failure) == (Outcome.ABORTED, failed)
    assert Story(asking("a<2", projects=world.projects), uv, source, build_sdists=True).pins == {"a": "1"}


@BOTH
def test_without_a_build_what_an_sdist_says_is_unverified(uv: str) -> None:
    old = release("a", "2", tags=(), sdist=True)
    legacy = replace(old.files[0], raw_metadata=b"Metadata-Version: 2.1\nName: a\nVersion: 2\nRequires-Dist: b\n")
    world = asking("a", projects=(project("a", replace(old, files=(legacy,))), project("b", "1")))
    shown = Story(world, uv)
    assert shown.pins == {"a": "2", "b": "1"}
    assert [pin.verified for pin in shown.run.pins] == [False, True]
    built = Metadata(name="a", version="2", source=MetadataSource.BUILT, file="a-2.tar.gz")
    shown = Story(world, uv, WorldSource(world, built={"a-2.tar.gz": built}), build_sdists=True)
    assert shown.pins == {"a": "2"}
    assert shown.run.pins[0].verified


def test_a_limit_of_rounds_gives_up() -> None:
    world = asking("early", "late", projects=stubborn(12))
    assert Story(world, NEW, max_rounds=4).outcome is Outcome.GAVE_UP


@BOTH
def test_without_dependencies_only_what_was_asked_for_is_there(uv: str) -> None:
    world = asking("a", projects=(project("a", release("a", "1", "missing")),))
    assert Story(world, uv, no_deps=True).pins == {"a": "1"}


# Direct references

WHEEL = "https://index.example/files/a-1.0-py3-none-any.whl"


def direct(version: str = "1.0", requires_python: str | None = None, *requires: str) -> Metadata:
    return Metadata(
        name="a", version=version, requires_dist=requires, requires_python=requires_python,
        provides_extra=("x",), source=MetadataSource.STAND_IN,
    )  # fmt: skip


@BOTH
def test_a_direct_reference_has_one_version_and_comes_first(uv: str) -> None:
    world = asking("b", f"a[x] @ {WHEEL}", projects=(project("a", "2"), project("b", "1"), project("c", "1")))
    source = WorldSource(world, direct={WHEEL: direct("1.0", None, "c; extra == 'x'")})
    shown = Story(world, uv, source)
    assert shown.pins == {"a": "1.0", "b": "1", "c": "1"}
    assert shown.run.pins[0].url == WHEEL
    assert (
        next(event.why for event in shown.run.trail if isinstance(event, Chosen) and event.package.name) == "direct-url"
    )
    assert Story(replace(world, question=replace(world.question, constraints=("a>1",))), uv, source).pins is None


@BOTH
def test_a_constraint_may_be_a_direct_reference(uv: str) -> None:
    world = asking(
        "b", projects=(project("a", "2"), project("b", release("b", "1", "a"))), constraints=(f"a @ {WHEEL}",)
    )
    shown = Story(world, uv, WorldSource(world, direct={WHEEL: direct()}))
    assert shown.pins == {"a": "1.0", "b": "1"}


@BOTH
def test_a_direct_reference_in_a_package_must_be_the_users_too(uv: str) -> None:
    projects = (project("b", release("b", "1", f"a @ {WHEEL}#sha256=00")),)
    source = WorldSource(asking(projects=projects), direct={WHEEL: direct()})
    assert Story(asking("b", projects=projects), uv, source).outcome is Outcome.ABORTED
    assert Story(asking("b", f"a @ {WHEEL}", projects=projects), uv, source).pins == {"a": "1.0", "b": "1"}


@BOTH
def test_two_direct_references_to_one_project_end_the_run(uv: str) -> None:
    other = WHEEL.replace("1.0", "2.0")
    world = asking(f"a @ {WHEEL}", projects=(), constraints=(f"a @ {other}",))
    source = WorldSource(world, direct={WHEEL: direct(), other: direct("2.0")})
    assert Story(world, uv, source).outcome is Outcome.ABORTED
    overridden = replace(world, question=replace(world.question, constraints=(), overrides=(f"a @ {other}",)))
    assert Story(overridden, uv, source).pins == {"a": "2.0"}


@pytest.mark.parametrize(
    ("filename", "fits"),
    [
        ("a-1.0-py3-none-any.whl", True),
        ("a-1.0-py2.py3-none-any.whl", True),
        ("a-1.0-py2-none-any.whl", False),
        ("a-1.0-cp39-cp39-win_amd64.whl", False),
        ("a-1.0-cp39-abi3-win_amd64.whl", True),
        ("a-1.0-cp312-cp312-win_amd64.whl", True),
        ("a-1.0-cp39-none-any.whl", False),
    ],
)
def test_a_direct_wheel_for_an_older_python_is_refused(filename: str, fits: bool) -> None:
    url = f"https://index.example/files/{filename}"
    world = asking(f"a @ {url}", projects=())
    source = WorldSource(world, direct={url: direct()})
    assert (Story(world, NEW, source).outcome is Outcome.SOLVED) is fits
    assert Story(world, OLD, source).pins == {"a": "1.0"}


@BOTH
def test_a_direct_reference_for_a_newer_python(uv: str) -> None:
    world = asking(f"a @ {WHEEL}", projects=())
    assert Story(world, uv, WorldSource(world, direct={WHEEL: direct("1.0", ">=3.12")})).outcome is Outcome.IMPOSSIBLE


# Who asked


def test_a_pin_tells_who_asked_for_it_in_which_words() -> None:
    shown = solve("b>=1", "a", projects=(project("a", release("a", "3", "b<2")), project("b", "1", "2")))
    pin = shown.run.pin(NormalizedName("b"))
    assert pin is not None
    assert [(asked.by, asked.version, asked.requirement.text) for asked in pin.requested_by] == [
        (None, None, "b>=1"),
        ("a", "3", "b<2"),
    ]
