"""The report of the bug that started the project, in each form, and what stories merge."""

import io
import json

import msgspec
import pytest
from jsonschema import Draft202012Validator
from packaging.utils import canonicalize_name
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from backtrail.model.case import Report
from backtrail.model.files import Unreadable
from backtrail.model.finding import Conflict, ConflictReason, Finding, HeldBack, OwnLine, Refusals, RemedyResult
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.project import Answer, Hold, ProjectView, Standing, VersionRow, VersionTable
from backtrail.model.requirement import parse_requirement
from backtrail.model.run import Asked, Run
from backtrail.model.trail import Because, Outcome
from backtrail.report.layout import stories
from backtrail.report.lines import height, plain
from backtrail.report.page import page
from backtrail.report.schema import SCHEMAS, generated, schema
from backtrail.report.skins.json_document import document, encode
from backtrail.report.skins.markdown import markdown
from backtrail.report.skins.text import show, text
from backtrail.report.wording import BLOCK_HEIGHT, headline, story_block
from support.reports import FIXES, HELD_BACK, INDEX, LIBROSA, UV, finding, seed, wanted


def test_the_seed_as_text(snapshot: SnapshotAssertion) -> None:
    assert text(page(seed())) == snapshot


def test_the_seed_in_full(snapshot: SnapshotAssertion) -> None:
    assert text(page(seed(), verbose=True)) == snapshot


def test_the_seed_on_a_narrow_terminal(snapshot: SnapshotAssertion) -> None:
    out = io.StringIO()
    show(page(seed()), Console(file=out, width=72, color_system=None))
    assert out.getvalue() == snapshot


def test_the_seed_as_markdown(snapshot: SnapshotAssertion) -> None:
    report = seed()
    assert markdown(report, page(report), page(report, verbose=True)) == snapshot


def test_the_seed_as_json(snapshot: SnapshotAssertion) -> None:
    Draft202012Validator(schema()).validate(document(seed()))
    assert encode(seed()).decode() == snapshot


def test_colour_is_all_that_a_terminal_adds() -> None:
    coloured, plainly = io.StringIO(), io.StringIO()
    show(page(seed()), Console(file=coloured, width=200, force_terminal=True, color_system="standard"))
    show(page(seed()), Console(file=plainly, width=200, color_system=None))
    assert "\x1b[" in coloured.getvalue()
    assert "\x1b[" not in plainly.getvalue()
    ours = [line for line in text(page(seed())).splitlines() if "BT" not in line]
    assert ours == [line for line in plainly.getvalue().splitlines() if "BT" not in line]


def test_what_concerns_one_version_is_one_story() -> None:
    explained = stories(seed().findings)
    assert [(story.lead.subject, story.codes) for story in explained] == [
        ("numba", ("BT101", "BT102", "BT103", "BT104")),
        ("llvmlite", ("BT102", "BT103", "BT104")),
    ]


def test_the_same_fact_in_two_runs_is_reported_once() -> None:
    report = seed()
    again = tuple(msgspec.structs.replace(one, runs=("uv@0.4.18",)) for one in report.findings)
    explained = stories((*report.findings, *again))
    assert [story.lead.runs for story in explained] == [(UV, "uv@0.4.18")] * 2


def test_runs_with_the_same_answer_share_a_verdict() -> None:
    report = seed()
    older = msgspec.structs.replace(report.runs[0], profile="0.4.18")
    both = (UV, "uv@0.4.18")
    findings = tuple(msgspec.structs.replace(one, runs=both) for one in report.findings)
    shown = text(page(msgspec.structs.replace(report, runs=(*report.runs, older), findings=findings)))
    assert shown.startswith("uv 0.13.9 and uv 0.4.18 resolve 6 packages for Python 3.10 on Linux x86_64, but two will")


def test_a_block_has_at_most_twelve_lines() -> None:
    refused = tuple(
        Refusals(
            versions=(f"{number}.1", f"{number}.0"),
            because=Because.CONFLICT,
            on=HELD_BACK.blocker,
            version="2.1.2",
            requirement=f"numpy<{number}",
        )
        for number in range(2, 30)
    )
    report = msgspec.structs.replace(
        seed(),
        findings=tuple(
            msgspec.structs.replace(one, detail=msgspec.structs.replace(one.detail, refused=refused))
            if isinstance(one.detail, HeldBack)
            else one
            for one in seed().findings
        ),
    )
    story = stories(report.findings)[0]
    assert height(story_block(story, report)) == BLOCK_HEIGHT
    assert height(story_block(story, report, verbose=True)) > 2 * BLOCK_HEIGHT


def _headline(detail: HeldBack) -> str:
    return plain(headline(finding("BT101", "numba", detail), seed()))


def test_a_held_back_headline_says_only_what_the_refusals_say() -> None:
    one = HELD_BACK.refused[0]
    assert _headline(HELD_BACK).endswith("each of the 16 newer versions needs numpy older than 2.1.2")

    def changed(*refused: Refusals) -> HeldBack:
        return msgspec.structs.replace(HELD_BACK, refused=refused)

    newer = msgspec.structs.replace(one, versions=("0.60.0",), requirement="numpy>=3")
    assert _headline(changed(newer)).endswith("the newer version needs numpy newer than 2.1.2")
    excluded = msgspec.structs.replace(one, requirement="numba<0.54")
    assert _headline(changed(excluded)).endswith("each of the 16 newer versions is excluded by numpy 2.1.2")
    broken = Refusals(versions=("0.61.0",), because=Because.METADATA)
    assert _headline(changed(broken, one)).endswith("16 of the 17 newer versions do not fit beside numpy 2.1.2")
    unread = msgspec.structs.replace(one, requirement="numpy ~~ what")
    assert _headline(changed(unread)).endswith("each of the 16 newer versions does not fit beside numpy 2.1.2")


def test_remedies_that_do_not_help_are_not_called_fixes() -> None:
    report = seed()
    failing = tuple(msgspec.structs.replace(one, result=RemedyResult.FAILS) for one in FIXES)
    first = msgspec.structs.replace(report.findings[0], remedies=failing)
    shown = text(page(msgspec.structs.replace(report, findings=(first,))))
    assert "Fix" not in shown
    assert "Does not help: numba>=0.54, numpy<2.1 and name numba before the others" in shown


def test_a_quiet_success_promises_nothing_that_was_not_counted() -> None:
    (verdict,) = text(page(msgspec.structs.replace(seed(), findings=()))).splitlines()
    assert "resolve" in verdict


def test_pins_read_without_a_build_are_named() -> None:
    report = seed()
    pins = tuple(msgspec.structs.replace(pin, verified=pin.name != "numba") for pin in report.runs[0].pins)
    run = msgspec.structs.replace(report.runs[0], pins=pins)
    shown = text(page(msgspec.structs.replace(report, runs=(run,))))
    assert "requirements read without running the build that the resolver runs: numba 0.53.1" in shown


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_that_of_the_types(name: str) -> None:
    assert schema(name) == generated(name), "python -m backtrail.report.schema writes it anew"
    Draft202012Validator.check_schema(schema(name))


def test_the_schema_says_which_detail_a_code_has() -> None:
    for one in document(seed())["findings"]:
        other = one | {"code": "BT107", "kind": "not-found"}
        whole = {"$defs": schema()["$defs"], "$ref": "#/$defs/Finding"}
        assert Draft202012Validator(whole).is_valid(one)
        assert not Draft202012Validator(whole).is_valid(other)


def test_a_run_of_why_without_a_solve_has_no_outcome() -> None:
    report = seed()
    answered = Report(question=report.question, runs=(), answers={"pip@26.3": _answer()})
    (run,) = json.loads(encode(answered))["runs"]
    assert (run["resolver"], run["profile"], run["outcome"], run["pins"]) == ("pip", "26.3", None, {})
    answer: dict[str, object] = {
        "available": False, "version": None, "file": None, "reason": "no-version", "index": None, "elsewhere": [],
        "failure": None,
    }  # fmt: skip
    assert run["answer"] == answer


def test_a_pin_without_a_finding_is_still_explained(snapshot: SnapshotAssertion) -> None:
    report = seed()
    numba = parse_requirement("numba")
    own = Asked(requirement=parse_requirement("numpy<2.1,>=1.22"), by=numba.name, version="0.60.0")
    librosa = report.runs[0].pin("librosa")
    assert librosa is not None
    table = VersionTable(
        run=UV,
        chosen="0.53.1",
        rows=(
            VersionRow(
                versions=("0.60.0", "0.59.1", "0.59.0"),
                standing=Standing.REFUSED,
                because=Because.CONFLICT,
                asked=own,
                on=canonicalize_name("numpy"),
                version="2.1.2",
            ),
            VersionRow(versions=("0.58.0",), standing=Standing.NEVER_REACHED),
        ),
        holds=(
            Hold(asked=LIBROSA, path=(*librosa.requested_by, LIBROSA)),
            Hold(asked=own, path=(own,), binding=True, gives="0.60.0"),
        ),
    )
    view = ProjectView(name=numba.name, requirement=numba, variants=(), files=(), tables=(table,))
    answers = {UV: Answer(available=True, version="0.60.0", file=None, reason=None)}
    asked = Report(question=report.question, runs=report.runs, project=view, answers=answers)
    assert text(page(asked)) == snapshot


def _ended(outcome: Outcome, **fields: object) -> str:
    run = Run(resolver="uv", profile="0.13.9", basis="exact", outcome=outcome, **fields)  # type: ignore[arg-type]
    return text(page(Report(question=seed().question, runs=(run,)))).rstrip("\n")


def _clash(*lines: str) -> Finding:
    detail = Conflict(
        lines=tuple(OwnLine(requirement=wanted(text)) for text in lines),
        minimal=True,
        project=None,
        because=ConflictReason.TOGETHER,
        chains=(),
    )
    return msgspec.structs.replace(finding("BT109", "a", detail), subject=None)


def _without_answer(*clashes: Finding) -> str:
    run = Run(resolver="uv", profile="0.13.9", basis="exact", outcome=Outcome.IMPOSSIBLE)
    return text(page(Report(question=seed().question, runs=(run,), findings=clashes))).splitlines()[0]


def test_a_run_without_a_solution_names_the_lines_at_fault() -> None:
    finds = "uv 0.13.9 finds no solution for Python 3.10 on Linux x86_64"
    assert _without_answer() == finds
    assert _without_answer(_clash("a", "b>=2")) == f"{finds}: a and b>=2 cannot be met together"
    assert _without_answer(_clash("zz>1")) == f"{finds}: zz>1 cannot be met"
    both = (_clash("a", "b>=2"), _clash("zz>1"))
    assert _without_answer(*both) == f"{finds}: a and b>=2 cannot be met together; zz>1 cannot be met"
    seven = [_clash(f"p{number}") for number in range(7)]
    assert _without_answer(*seven) == f"{finds}: 7 lines cannot be met; the first three: p0, p1 and p2"
    pairs = [_clash(f"p{number}", f"q{number}") for number in range(5)]
    assert _without_answer(*pairs).endswith("; p2 and q2 cannot be met together, and two more conflicts")


def test_what_is_not_known_is_called_so() -> None:
    where = "Python 3.10 on Linux x86_64"
    unread = Unavailable(failure=Failure.STATUS, file="a-1.whl", status=500)
    assert _ended(Outcome.UNKNOWN, failure=unread) == (
        f"What uv 0.13.9 answers for {where} is unknown: a-1.whl was not handed out by the index (status 500)"
    )
    page_lost = Unreadable(index=INDEX, reason="network", detail="connection refused")
    assert _ended(Outcome.UNKNOWN, failure=page_lost) == (
        f"What uv 0.13.9 answers for {where} is unknown: {INDEX} could not be read (network: connection refused)"
    )
    assert _ended(Outcome.GAVE_UP) == f"uv 0.13.9 gives up for {where}; whether a solution exists is not known"
    failed = Unavailable(failure=Failure.BUILD_FAILED, file="a-1.tar.gz", detail="no cc")
    assert _ended(Outcome.ABORTED, failure=failed) == (
        f"uv 0.13.9 would stop without an answer for {where}: a-1.tar.gz has to be built, and the build fails: no cc"
    )


def _answer() -> Answer:
    return Answer(available=False, version=None, file=None, reason="no-version")
