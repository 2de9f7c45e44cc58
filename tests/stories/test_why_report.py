"""What `why REQ` prints: the sentence each answer gets, and that "no such version" and "none fits" are never mixed."""

from packaging.utils import canonicalize_name
from syrupy.assertion import SnapshotAssertion

from backtrail.explain.availability import availability
from backtrail.explain.selection import Look
from backtrail.model.case import Report
from backtrail.model.files import Absent, File, Listing, Page, Unreadable
from backtrail.model.question import Indexes, Options, Question, Setting
from backtrail.model.requirement import parse_requirement
from backtrail.report.page import page
from backtrail.report.text import text
from support.shelves import OLD_UV, PIP, UV, file, target

INDEX = "https://index.example/simple"
LINUX = "manylinux_2_17_x86_64"
CUT_OFF = "2024-06-01T00:00:00Z"


def shelf(name: str, *files: File) -> Listing:
    return Listing.of(canonicalize_name(name), INDEX, files)


def why(requirement: str, *pages: Page, python: str = "3.10.0", options: Options | None = None) -> str:
    here = target(python)
    asked = parse_requirement(requirement)
    settings = (Setting(name="exclude-newer", value=CUT_OFF, origin="UV_EXCLUDE_NEWER"),) if options else ()
    looks = [Look(policy=policy, target=here, pages=pages, links=()) for policy in (UV, PIP, OLD_UV)]
    found = availability(asked, looks, options or Options(), settings=settings)
    question = Question(
        command="why", requirements=(), subject=asked, target=here, indexes=Indexes(default=INDEX), settings=settings
    )
    return text(
        page(Report(question=question, runs=(), findings=found.findings, project=found.project, answers=found.answers))
    )


TORCH = shelf(
    "torch", file(f"torch-2.3.0-cp310-cp310-{LINUX}.whl"), file("torch-2.3.0-cp310-cp310-macosx_11_0_arm64.whl")
)


def test_the_file_that_would_be_taken(snapshot: SnapshotAssertion) -> None:
    assert why("torch==2.3.0", TORCH) == snapshot


def test_local_builds_only(snapshot: SnapshotAssertion) -> None:
    builds = shelf(
        "torch",
        file(f"torch-2.3.0+cpu-cp310-cp310-{LINUX}.whl"),
        file(f"torch-2.3.0+cu118-cp310-cp310-{LINUX}.whl"),
        file("torch-2.3.0+rocm6-cp310-cp310-win_amd64.whl"),
    )
    assert why("torch==2.3.0", builds) == snapshot


def test_none_fits_this_python(snapshot: SnapshotAssertion) -> None:
    shown = why("torch==2.3.0", TORCH, python="3.13.0")
    assert "no such version exists" not in shown
    assert shown == snapshot


def test_no_such_version(snapshot: SnapshotAssertion) -> None:
    shown = why("torch==2.99", TORCH)
    assert "fits" not in shown
    assert shown == snapshot


def test_no_such_project_and_the_standard_library(snapshot: SnapshotAssertion) -> None:
    assert why("toch", Absent(index=INDEX)) + why("pickle", Absent(index=INDEX)) == snapshot


def test_hidden_by_policy(snapshot: SnapshotAssertion) -> None:
    yanked = why("a>=1", shelf("a", file("a-1-py3-none-any.whl", yanked="broken")))
    later = shelf("a", file("a-2-py3-none-any.whl", uploaded="2025-01-01T00:00:00Z"))
    assert yanked + why("a==2", later, options=Options(exclude_newer=CUT_OFF)) == snapshot


def test_resolvers_of_two_minds(snapshot: SnapshotAssertion) -> None:
    assert why("a==2", shelf("a", file("a-2-py3-none-any.whl", requires_python="<3.9"))) == snapshot


def test_a_page_that_could_not_be_read_is_no_answer(snapshot: SnapshotAssertion) -> None:
    shown = why("torch", Unreadable(index=INDEX, reason="network", detail="connection refused"))
    assert "unknown" in shown
    assert shown == snapshot
