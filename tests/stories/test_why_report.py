"""What `why REQ` prints: the sentence each answer gets, and that "no such version" and "none fits" are never mixed."""

import re
import shlex

import msgspec
from packaging.utils import canonicalize_name
from syrupy.assertion import SnapshotAssertion

from backtrail.cli import exit_code
from backtrail.explain.lookup.availability import availability
from backtrail.explain.lookup.selection import Look
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.files import Absent, File, Listing, Page, Unreadable
from backtrail.model.policy import Policy
from backtrail.model.question import Indexes, Options, Question, Setting
from backtrail.model.requirement import parse_requirement
from backtrail.report.page import page
from backtrail.report.skins.html import html
from backtrail.report.skins.json_document import document
from backtrail.report.skins.markdown import markdown
from backtrail.report.skins.text import text
from support.listings import OLD_UV, PIP, UV, file, target
from support.ours import WorldSource
from support.small_worlds import Projects, asked_of, releases, report_of, small_world

INDEX = "https://index.example/simple"
LINUX = "manylinux_2_17_x86_64"
CUT_OFF = "2024-06-01T00:00:00Z"


def listing(name: str, *files: File) -> Listing:
    return Listing.of(canonicalize_name(name), INDEX, files)


def why(
    requirement: str,
    *pages: Page,
    python: str = "3.10.0",
    options: Options | None = None,
    policies: tuple[Policy, ...] = (UV, PIP, OLD_UV),
) -> str:
    here = target(python)
    asked = parse_requirement(requirement)
    settings = (Setting(name="exclude-newer", value=CUT_OFF, origin="UV_EXCLUDE_NEWER"),) if options else ()
    looks = [Look(policy=policy, target=here, pages=pages, links=()) for policy in policies]
    found = availability(
        asked, looks, options or Options(), settings=settings, there=lambda name: name in ("torch", "jsonpickle")
    )
    question = Question(
        command="why", requirements=(), subject=asked, target=here, indexes=Indexes(default=INDEX), settings=settings
    )
    return text(
        page(Report(question=question, runs=(), findings=found.findings, project=found.project, answers=found.answers))
    )


TORCH = listing(
    "torch", file(f"torch-2.3.0-cp310-cp310-{LINUX}.whl"), file("torch-2.3.0-cp310-cp310-macosx_11_0_arm64.whl")
)


# azure-cli in small: the index has the newest release, and what that needs is a pre-release that nobody takes.
AZURE: Projects = {
    "azure-cli": releases("azure-cli", "1.0", "2.66.0 vault==4.4.0b2"),
    "vault": releases("vault", "4.3.0"),
}
WANTED = "azure-cli==2.66.0"


def test_what_the_index_has_is_not_taken_for_what_a_resolver_would_answer() -> None:
    """Without requirements nothing is resolved, and each form says so in its first sentence."""
    question = msgspec.structs.replace(
        asked_of(small_world("azure", AZURE)), command="why", subject=parse_requirement(WANTED), requirements=()
    )
    asked = Inquiry(asked=(Asked(policy=UV, question=question),), solves=False, budget=0)
    report = answer(asked, WorldSource(small_world("azure", AZURE)))
    full = page(report, verbose=True)
    for explained in (text(page(report)), markdown(report, page(report), full), html(report, full)):
        plain = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>|[`\\*]", "", explained)
        first, _, rest = plain.partition("nothing was resolved")
        assert "azure-cli 2.66.0 is available to uv 0.13.9" in first
        assert f"whether all it needs can be met: explain-backtrack {WANTED}" in rest
        assert " takes " not in plain
    (run,) = document(report)["runs"]
    assert (run["outcome"], run["pins"], run["answer"]["available"]) == (None, {}, True)
    assert exit_code(report) == 0


def test_what_a_resolution_answers_comes_before_what_the_index_has() -> None:
    report = report_of(small_world("azure", AZURE, WANTED), why=WANTED)
    explained = text(page(report))
    assert explained.startswith(
        f"uv 0.13.9 finds no solution for Python 3.11 on Linux x86_64 (glibc 2.28): {WANTED} cannot"
    )
    last = "as far as the index alone says, azure-cli 2.66.0 is available to uv 0.13.9 for Python 3.11"
    assert explained.splitlines()[-1].startswith(last)
    assert "nothing was resolved" not in explained
    assert exit_code(report) == 1


def test_the_verdict_names_what_was_asked_about() -> None:
    held = text(page(report_of(small_world("azure", AZURE, "azure-cli"), why="azure-cli>=2")))
    assert "resolves 1 package for Python 3.11 on Linux x86_64 (glibc 2.28): azure-cli 1.0" in held
    several = text(page(report_of(small_world("azure", AZURE, "azure-cli", "vault"), why="vault")))
    assert several.splitlines()[0].endswith("(glibc 2.28), one of them vault 4.3.0")
    absent = text(page(report_of(small_world("azure", AZURE, "azure-cli"), why="vault")))
    assert absent.splitlines()[0].endswith("(glibc 2.28), none of them vault")


def test_a_file_at_which_pip_stops_ends_every_answer_about_the_project() -> None:
    dated = file("a-1.0-py3-none-any.whl", uploaded="2024-01-01T00:00:00Z")
    undated = file("a-0.1.tar.gz", uploaded=None)
    explained = why("a==1.0", listing("a", dated, undated), options=Options(exclude_newer=CUT_OFF)).splitlines()
    assert explained[0].startswith("a 1.0 is available to uv 0.13.9 and uv 0.4.18 for Python 3.10")
    assert explained[-1] == (
        "pip 26.3 would stop without an answer to a==1.0 for Python 3.10 (test) on Linux x86_64: "
        "a-0.1.tar.gz has no upload time, and under a cut-off pip does not go on without one"
    )


def test_the_file_that_would_be_taken(snapshot: SnapshotAssertion) -> None:
    assert why("torch==2.3.0", TORCH) == snapshot


def test_the_command_to_go_on_with_is_one_that_a_shell_reads() -> None:
    asked = 'torch[cuda]; python_version < "4"'
    (shown,) = (line for line in why(asked, TORCH).splitlines() if "whether all it needs" in line)
    command = shown.partition(": ")[2].removesuffix(", with the same options")
    assert shlex.split(command) == ["explain-backtrack", asked]


def test_a_release_that_was_not_measured_is_said_to_be_so() -> None:
    newer, composed = (msgspec.structs.replace(UV, release=one) for one in ("99.0", "0.6.0"))
    assert "is available to uv 99.0 (newer than any known release: answered as uv 0.13.9) for" in why(
        "torch", TORCH, policies=(newer,)
    )
    assert "is available to uv 0.6.0 (composed from known changes, not measured) for" in why(
        "torch", TORCH, policies=(composed,)
    )


def test_local_builds_only(snapshot: SnapshotAssertion) -> None:
    builds = listing(
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
    yanked = why("a>=1", listing("a", file("a-1-py3-none-any.whl", yanked="broken")))
    later = listing("a", file("a-2-py3-none-any.whl", uploaded="2025-01-01T00:00:00Z"))
    assert yanked + why("a==2", later, options=Options(exclude_newer=CUT_OFF)) == snapshot


def test_resolvers_of_two_minds(snapshot: SnapshotAssertion) -> None:
    assert why("a==2", listing("a", file("a-2-py3-none-any.whl", requires_python="<3.9"))) == snapshot


def test_a_page_that_could_not_be_read_is_no_answer(snapshot: SnapshotAssertion) -> None:
    shown = why("torch", Unreadable(index=INDEX, reason="network", detail="connection refused"))
    assert "unknown" in shown
    assert shown == snapshot
