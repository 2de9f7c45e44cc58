"""Stories from the field in small, each with what the program says of it, in full."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.explain.remedies.proposals import is_made, made, opted
from backtrail.model.case import Report
from backtrail.model.finding import (
    Finding,
    IndexShadowed,
    MetadataDiffers,
    OrderSensitive,
    PrereleaseTaken,
    RemedyKind,
    RemedyResult,
    Severity,
    YankedTaken,
)
from backtrail.model.question import Setting
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import parse_resolver
from support.small_worlds import Projects, asked_of, releases, report_of, said, small_world
from support.worlds import release

WHEEL = ("cp39-cp39-manylinux_2_17_x86_64",)

# numba and numpy in small: the newer numpy is decided first, each numba but the oldest needs an older one.
SCIENCE: Projects = {
    "numpy": releases("numpy", "1.26.0", "2.0.2", "2.1.2"),
    "numba": (
        release("numba", "0.53.1", "numpy>=1.15", tags=WHEEL, sdist=True, requires_python="<3.10"),
        *releases("numba", "0.58.1 numpy<1.27,>=1.21", "0.59.1 numpy<1.27,>=1.22", "0.60.0 numpy<2.1,>=1.22"),
    ),
    "librosa": releases("librosa", "0.10.2 numba>=0.51.0 numpy>=1.20"),
}


def shown(report: Report, code: str) -> Finding:
    (finding,) = (one for one in report.findings if one.code == code)
    return finding


def verified(finding: Finding) -> list[tuple[str, str]]:
    return [(one.kind, one.change) for one in finding.remedies if one.result is RemedyResult.VERIFIED]


def test_numpy_first_and_a_dependent_without_a_bound(snapshot: SnapshotAssertion) -> None:
    """Also the sdist without a cap: the oldest numba is the only one that never set a bound on numpy."""
    report = report_of(small_world("science", SCIENCE, "numpy", "librosa"))
    assert [pin.version for pin in report.runs[0].pins if pin.name == "numba"] == ["0.53.1"]
    assert said(report) == snapshot


def test_what_binds_the_dependent(snapshot: SnapshotAssertion) -> None:
    report = report_of(small_world("science", SCIENCE, "numpy", "librosa"), why="numba")
    assert report.project is not None
    (table,) = report.project.tables
    assert [(one.standing, one.versions) for one in table.rows] == [("refused", ("0.60.0", "0.59.1", "0.58.1"))]
    assert [(one.asked.requirement.text, one.gives) for one in table.holds if one.binding] == [
        ("numpy<2.1,>=1.22", "0.60.0")
    ]
    assert said(report) == snapshot


def test_two_orders_of_the_same_lines(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "client": releases("client", "1.0", "2.0 pool<2"),
        "pool": releases("pool", "1.0", "2.0"),
        "log": releases("log", "1.0"),
    }
    report = report_of(small_world("orders", projects, "log", "pool", "client"))
    finding = shown(report, "BT112")
    detail = finding.detail
    assert isinstance(detail, OrderSensitive)
    assert detail.moved == ("client", "pool")
    assert detail.pins_changed == {"client": ("1.0", "2.0"), "pool": ("2.0", "1.0")}
    again = report_of(small_world("orders", projects, *detail.order))
    assert {pin.name: pin.version for pin in again.runs[0].pins} == {"client": "2.0", "pool": "1.0", "log": "1.0"}
    assert said(report) == snapshot


def test_an_order_that_does_not_matter_is_not_reported() -> None:
    projects: Projects = {name: releases(name, "1.0", "2.0") for name in ("one", "two", "three")}
    report = report_of(small_world("calm", projects, "one", "two", "three"))
    assert report.findings == ()


def test_what_takes_long_is_not_tried_in_other_orders() -> None:
    """The rounds of the run decide, no clock: the same case gives the same answer."""
    many: Projects = {f"p{number}": releases(f"p{number}", "1.0") for number in range(2_100)}
    two = {"client": releases("client", "1.0", "2.0 pool<2"), "pool": releases("pool", "1.0", "2.0")}
    report = report_of(small_world("large", {**many, **two}, "pool", "client", *many))
    assert report.runs[0].counters.rounds > 2_000
    assert [one.code for one in report.findings if one.code == "BT112"] == []


def test_an_index_that_hides_a_newer_release(snapshot: SnapshotAssertion) -> None:
    nightly = small_world(
        "nightly",
        {"torch": releases("torch", "2.4.0 requests"), "requests": releases("requests", "2.28.1")},
        "torch", "requests>=2",
    )  # fmt: skip
    main = small_world("main", {"requests": releases("requests", "2.28.1", "2.31.0", "2.32.3", "3.0a1")})
    report = report_of(nightly, later=main)
    finding = shown(report, "BT118")
    detail = finding.detail
    assert isinstance(detail, IndexShadowed)
    assert (detail.version, detail.hidden) == ("2.28.1", ("2.32.3", "2.31.0"))
    assert verified(finding) == [("policy", "--index-strategy unsafe-best-match")]
    assert said(report) == snapshot


def test_an_index_hides_nothing_that_nobody_would_take() -> None:
    nightly = small_world("nightly", {"requests": releases("requests", "2.28.1")}, "requests<2.30")
    main = small_world("main", {"requests": releases("requests", "2.28.0", "2.28.1", "2.31.0")})
    assert report_of(nightly, later=main).findings == ()


SDISTS_BUT_A_PREVIEW: Projects = {
    "app": releases("app", "1.0 tool"),
    "tool": (
        release("tool", "1.4", tags=(), sdist=True),
        release("tool", "1.5", tags=(), sdist=True),
        *releases("tool", "2.0rc1"),
    ),
}


def test_a_prerelease_because_only_wheels_are_allowed(snapshot: SnapshotAssertion) -> None:
    setting = Setting(name="only-binary", value=":all:", origin="--only-binary")
    world = small_world("preview", SDISTS_BUT_A_PREVIEW, "app", only_binary=(":all:",))
    report = report_of(world, settings=(setting,))
    finding = shown(report, "BT113")
    detail = finding.detail
    assert isinstance(detail, PrereleaseTaken)
    assert (finding.severity, detail.rule, detail.stable) == (Severity.WARNING, "no-stable", "1.5")
    assert ("policy", "--no-binary tool") in verified(finding)
    assert said(report) == snapshot


@pytest.mark.parametrize(
    ("line", "allowed", "rule"),
    [
        ("tool==2.0rc1", None, "requirement"),
        ("tool", "allow", "setting"),
        ("early", None, "only-prereleases"),
    ],
)
def test_a_prerelease_that_somebody_wanted_is_no_surprise(line: str, allowed: str | None, rule: str) -> None:
    projects = {"tool": releases("tool", "1.0", "2.0rc1"), "early": releases("early", "0.1a1", "0.1a2")}
    finding = shown(report_of(small_world("wanted", projects, line), prerelease=allowed), "BT113")
    assert isinstance(finding.detail, PrereleaseTaken)
    assert (finding.severity, finding.detail.rule) == (Severity.INFO, rule)


def test_a_prerelease_that_a_package_asks_for_is_pips_to_take() -> None:
    projects = {"app": releases("app", "1.0 tool>=2.0rc1"), "tool": releases("tool", "1.0", "2.0rc2")}
    report = report_of(small_world("asked", projects, "app"), policy=parse_resolver("pip"))
    finding = shown(report, "BT113")
    assert isinstance(finding.detail, PrereleaseTaken)
    assert finding.severity is Severity.WARNING
    assert finding.detail.rule == "requirement"
    assert finding.detail.asked is not None
    assert (finding.detail.asked.by, finding.detail.asked.requirement.text) == ("app", "tool>=2.0rc1")


def test_a_pin_of_a_yanked_release(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "tool": (
            *releases("tool", "1.1"),
            release("tool", "1.2", yanked="loses data on Windows"),
            *releases("tool", "1.2.1", "1.3"),
        )
    }
    report = report_of(small_world("yanked", projects, "tool==1.2"))
    finding = shown(report, "BT114")
    detail = finding.detail
    assert isinstance(detail, YankedTaken)
    assert (detail.version, detail.reason, detail.newest) == ("1.2", "loses data on Windows", "1.3")
    assert verified(finding) == [("replace", "tool==1.3"), ("relax", "tool>=1.2")]
    assert said(report) == snapshot


def test_wheels_of_one_version_that_disagree(snapshot: SnapshotAssertion) -> None:
    both = release("codec", "1.0", "core", tags=("cp311-cp311-manylinux_2_17_x86_64", "py3-none-any"))
    compiled, pure = both.files
    projects: Projects = {
        "codec": (replace(both, files=(compiled, replace(pure, requires_dist=("core", "fallback>=2")))),),
        "core": releases("core", "1.0"),
        "fallback": releases("fallback", "2.0"),
    }
    report = report_of(small_world("disagree", projects, "codec"))
    finding = shown(report, "BT115")
    detail = finding.detail
    assert isinstance(detail, MetadataDiffers)
    assert finding.severity is Severity.WARNING
    assert (detail.file, detail.read, detail.other) == (compiled.filename, compiled.filename, pure.filename)
    assert (detail.only_read, detail.only_other) == ((), ("fallback>=2",))
    assert said(report) == snapshot


def test_files_that_differ_for_other_machines_only_agree_here() -> None:
    both = release("codec", "1.0", "core", tags=("cp311-cp311-manylinux_2_17_x86_64", "py3-none-any"))
    compiled, pure = both.files
    elsewhere = replace(pure, requires_dist=("core", "shim; sys_platform == 'win32'"))
    projects: Projects = {"codec": (replace(both, files=(compiled, elsewhere)),), "core": releases("core", "1.0")}
    assert report_of(small_world("agree", projects, "codec")).findings == ()


REQUESTS: Projects = {
    "requests": releases(
        "requests", "2.15.1", "2.16.0 urllib3<1.22", "2.18.0 urllib3<1.23", "2.19.1 urllib3<1.24", "2.32.3 urllib3<3"
    ),
    "urllib3": releases("urllib3", "1.22", "1.23", "1.26", "2.0", "2.2"),
}


def test_met_only_by_a_release_that_vendors(snapshot: SnapshotAssertion) -> None:
    """The last requests that carried urllib3 inside asks for none; nothing fails, and the install is of 2017."""
    report = report_of(small_world("vendored", REQUESTS, "requests<2.20", "urllib3>=2"), why="requests")
    assert {pin.name: pin.version for pin in report.runs[0].pins} == {"requests": "2.15.1", "urllib3": "2.2"}
    assert report.project is not None
    (table,) = report.project.tables
    assert [(one.standing, one.versions) for one in table.rows] == [
        ("excluded", ("2.32.3",)),
        ("refused", ("2.19.1", "2.18.0", "2.16.0")),
    ]
    stars = {one.asked.requirement.text: one.gives for one in table.holds if one.binding}
    assert stars == {"requests<2.20": "2.32.3", "urllib3>=2": "2.19.1", "urllib3<1.24": "2.19.1"}
    assert said(report) == snapshot


def test_a_cut_off_that_hides_the_answer(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "tool": (
            release("tool", "1.0", upload_time="2023-01-01T00:00:00Z"),
            release("tool", "2.0", upload_time="2024-05-05T10:00:00Z"),
        )
    }
    setting = Setting(name="exclude-newer", value="2024-01-01", origin="UV_EXCLUDE_NEWER")
    report = report_of(small_world("cut-off", projects, "tool>=2", exclude_newer="2024-01-01"), settings=(setting,))
    assert report.runs[0].outcome is Outcome.IMPOSSIBLE
    assert ("policy", "--exclude-newer 2024-05-05T10:00:01Z") in verified(shown(report, "BT108"))
    assert said(report) == snapshot


def test_only_sdists_where_only_wheels_are_allowed(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {"tool": (release("tool", "1.0", tags=(), sdist=True),)}
    setting = Setting(name="only-binary", value=":all:", origin="requirements.txt:1")
    report = report_of(small_world("sdists", projects, "tool", only_binary=(":all:",)), settings=(setting,))
    assert report.runs[0].outcome is Outcome.IMPOSSIBLE
    assert verified(shown(report, "BT108")) == [("policy", "--no-binary tool")]
    assert said(report) == snapshot


def test_the_chain_shows_what_each_says(snapshot: SnapshotAssertion) -> None:
    """Specifiers, extras and markers on every hop, and which of two caps binds."""
    projects: Projects = {
        "site": releases("site", "3.1 api[fast]>=1"),
        "api": (
            release("api", "1.4", "store<4", "pool<3; extra == 'fast' and sys_platform == 'linux'",
                    provides_extra=("fast",)),
        ),
        "store": releases("store", "3.0 pool<5"),
        "pool": releases("pool", "1.0", "2.0", "3.0", "4.0", "5.0"),
    }  # fmt: skip
    report = report_of(small_world("chain", projects, "site", "pool<5"), why="pool")
    assert report.project is not None
    (table,) = report.project.tables
    assert [one.asked.by for one in table.holds if one.binding] == ["api"]
    assert said(report) == snapshot


@pytest.mark.parametrize(
    ("lines", "constraints", "kind", "change", "expected"),
    [
        (("numpy>=2,<2.1", "librosa"), (), RemedyKind.ADD, "numpy<2.1", True),
        (("librosa",), ("numpy<2.1",), RemedyKind.CONSTRAIN, "numpy<2.1", True),
        (("librosa",), ("numpy<2.1",), RemedyKind.ADD, "numpy<2.1", False),  # a constraint asks for nothing
        (("numpy", "librosa"), ("numpy<2.1",), RemedyKind.ADD, "numpy<2.1", True),
        (("numpy<2", "librosa"), (), RemedyKind.ADD, "numpy<2.1", False),
    ],
)
def test_a_bound_that_the_user_set_already_is_no_remedy(
    lines: tuple[str, ...], constraints: tuple[str, ...], kind: RemedyKind, change: str, *, expected: bool
) -> None:
    question = asked_of(small_world("made", SCIENCE, *lines, constraints=constraints))
    proposed = made(question, kind, change)
    assert proposed is not None
    assert is_made(proposed, question) is expected


def test_an_option_that_is_set_already_is_no_remedy() -> None:
    question = asked_of(small_world("made", SCIENCE, "librosa", only_binary=("numba",)))
    for text, expected in (("--only-binary numba", True), ("--only-binary numpy", False)):
        proposed = opted(question, text)
        assert proposed is not None
        assert is_made(proposed, question) is expected
