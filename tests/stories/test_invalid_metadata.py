"""A requirement that only earlier releases could read: the words, who says them, and since when they are refused."""

import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.model.finding import Conflict, ConflictReason
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import parse_resolver
from support.small_worlds import Projects, releases, report_of, said, small_world

# As omegaconf 2.0 under hydra-core 1.0.
PROJECTS: Projects = {
    "hydra": releases("hydra", "1.0 omega<2.1,>=2.0", "1.3 omega>=2.3"),
    "omega": releases("omega", "2.0.5 yaml>=5.1.*", "2.0.6 yaml>=5.1.*", "2.3 yaml>=5.1"),
    "yaml": releases("yaml", "5.1", "6.0"),
}


@pytest.mark.parametrize("line", ["omega==2.0.5", "hydra==1.0"])
def test_the_release_that_refuses_it_says_where_it_stands_and_since_when(
    line: str, snapshot: SnapshotAssertion
) -> None:
    report = report_of(small_world("invalid", PROJECTS, line), policy=parse_resolver("pip@24.1"))
    detail = report.findings[0].detail
    assert isinstance(detail, Conflict)
    assert (detail.because, detail.project) == (ConflictReason.INVALID_METADATA, "omega")
    assert {one.since for one in detail.unreadable} == {"24.1"}
    assert said(report) == snapshot


@pytest.mark.parametrize("resolver", ["pip@24.0", "uv@0.13.9"])
def test_the_release_before_reads_it_and_so_does_uv(resolver: str) -> None:
    report = report_of(small_world("invalid", PROJECTS, "hydra==1.0"), policy=parse_resolver(resolver))
    assert report.runs[0].outcome is Outcome.SOLVED


def test_what_no_release_could_read_is_refused_by_all() -> None:
    projects: Projects = {"omega": releases("omega", "2.0 yaml>=@1")}
    report = report_of(small_world("never", projects, "omega"), policy=parse_resolver("pip@26.3"))
    detail = report.findings[0].detail
    assert isinstance(detail, Conflict)
    assert [(one.text, one.since) for one in detail.unreadable] == [("yaml>=@1", None)]


def test_where_another_release_would_do_it_is_no_reason() -> None:
    projects = {**PROJECTS, "omega": releases("omega", "2.0.5 yaml>=5.1.*", "2.3 yaml>=6")}
    report = report_of(small_world("other", projects, "omega", "yaml<6"), policy=parse_resolver("pip@26.3"))
    detail = report.findings[0].detail
    assert isinstance(detail, Conflict)
    assert detail.because is not ConflictReason.INVALID_METADATA
