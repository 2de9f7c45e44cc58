"""Stories of other Pythons as a fix: they have to be some on which the resolver itself runs."""

import pytest
from packaging.version import Version

from backtrail.model.finding import RemedyKind, RemedyResult
from backtrail.model.policy import Policy
from backtrail.resolvers.registry import parse_resolver, resolver_of
from support.small_worlds import Projects, report_of, small_world
from support.worlds import release

ONLY_OLD: Projects = {"tool": (release("tool", "1.0", tags=("cp39-cp39-manylinux2014_x86_64",)),)}
OLD_AND_NEW: Projects = {
    "tool": (release("tool", "1.0", tags=("cp310-cp310-manylinux2014_x86_64", "cp312-cp312-manylinux2014_x86_64")),)
}


def pythons(policy: Policy, projects: Projects) -> list[str]:
    report = report_of(small_world("other", projects, "tool"), policy=policy)
    (finding,) = report.findings
    return [
        one.change for one in finding.remedies if one.kind is RemedyKind.PYTHON and one.result is RemedyResult.VERIFIED
    ]


@pytest.mark.parametrize(
    ("resolver", "found"), [("pip@26.1", []), ("pip@26.0", ["3.9"]), ("pip@25.0", ["3.9"]), ("uv@0.13.9", ["3.9"])]
)
def test_a_python_on_which_pip_no_longer_runs_is_no_fix(resolver: str, found: list[str]) -> None:
    """Pip 26.1 says that it needs Python 3.10; uv need not run on the Python that it resolves for."""
    assert pythons(parse_resolver(resolver), ONLY_OLD) == found


@pytest.mark.parametrize(("resolver", "found"), [("pip@23.0.1", ["3.10"]), ("pip@23.1", ["3.12"])])
def test_a_python_on_which_pip_does_not_run_yet_is_no_fix(resolver: str, found: list[str]) -> None:
    """Before 23.1, on Python 3.12: module 'pkgutil' has no attribute 'ImpImporter'."""
    assert pythons(parse_resolver(resolver), OLD_AND_NEW) == found


@pytest.mark.parametrize(
    ("release", "oldest"),
    [("21.0", "3.6"), ("22.0", "3.7"), ("24.0", "3.7"), ("24.1", "3.8"), ("25.0", "3.8"), ("25.1", "3.9"),
     ("26.0", "3.9"), ("26.1", "3.10"), ("26.3", "3.10")],
)  # fmt: skip
def test_the_oldest_python_of_each_release(release: str, oldest: str) -> None:
    runs_on = resolver_of(Policy(tool="pip", release=release)).behaviour.runs_on
    below = Version(f"3.{Version(oldest).minor - 1}")
    assert runs_on(Version(oldest))
    assert runs_on(below) is (release == "21.0")
