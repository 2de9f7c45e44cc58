"""The bug that started the project, from its recording: an install that succeeds, with a numba of 2021."""

import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from jsonschema import Draft202012Validator

from backtrail.index import DEFAULT_INDEX
from backtrail.inquiry import Answered, replay, resolve
from backtrail.model.finding import Finding, Remedy, RemedyResult, Severity
from backtrail.model.question import Question
from backtrail.model.requirement import parse_requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.page import page
from backtrail.report.schema import schema
from backtrail.report.skins.json_document import document, encode
from backtrail.report.skins.text import text
from backtrail.sources.case_file import Replay, read_case
from support.recorded import FIXTURES, pins, seed_asked, story

# A whole real set goes over the same lines thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

SEED = FIXTURES / "seed"
CASE = SEED / "seed.backtrail"
STORY = story("seed")
RUNS: list[str] = list(STORY["runs"])
UV = [key for key in RUNS if key.startswith("uv")]


@pytest.fixture(scope="module")
def answered() -> Answered:
    return replay(str(CASE))


def run_of(answered: Answered, key: str) -> Run:
    return next(run for run in answered.report.runs if run.key == key)


def shown(answered: Answered, key: str) -> list[Finding]:
    """What a run's findings say that is more than information."""
    return [
        finding for finding in answered.report.findings if key in finding.runs and finding.severity is not Severity.INFO
    ]


def test_the_recording_asks_what_the_story_asks(answered: Answered) -> None:
    assert [run.key for run in answered.report.runs] == RUNS
    question = answered.report.question
    assert question.requirements[0].text == STORY["asked"][1]
    lines = (SEED / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for requirement in question.requirements[1:]:
        origin = requirement.origin
        assert origin is not None
        assert origin.file == "requirements.txt"
        assert origin.line is not None
        assert lines[origin.line - 1].startswith(requirement.text)


def test_the_recording_speaks_of_placeholders_only() -> None:
    world = read_case(CASE)[1]
    assert {index for index, _ in world.pages} == {"https://index.example/simple"}
    assert not world.links
    with zipfile.ZipFile(CASE) as case:
        texts = [case.read(member).decode() for member in case.namelist()]
    assert not [text for text in texts if str(urlsplit(DEFAULT_INDEX).hostname) in text]


@pytest.mark.parametrize("key", RUNS)
def test_the_pins_of_the_real_tool(answered: Answered, key: str) -> None:
    run = run_of(answered, key)
    assert run.outcome is Outcome.SOLVED
    assert {pin.name: pin.version for pin in run.pins} == pins(SEED / STORY["runs"][key]["pins"])


@pytest.mark.parametrize("key", RUNS)
def test_which_versions_of_numba_are_tried(answered: Answered, key: str) -> None:
    assert list(run_of(answered, key).attempts["numba"]) == STORY["runs"][key]["numba"]


@pytest.mark.parametrize("key", RUNS)
def test_what_must_be_found(answered: Answered, key: str) -> None:
    found = [f"{finding.code} {finding.subject}" for finding in shown(answered, key)]
    expected = STORY["runs"][key]["findings"]
    assert [each for each in found if each in expected] == expected


def remedies(answered: Answered, key: str) -> tuple[Remedy, ...]:
    return next(each for each in shown(answered, key) if (each.code, each.subject) == ("BT101", "numba")).remedies


def changed(question: Question, remedy: Remedy) -> Question:
    line = parse_requirement(remedy.change)
    more = (line, *question.requirements) if remedy.kind == "order" else (*question.requirements, line)
    return msgspec.structs.replace(question, requirements=more)


@pytest.mark.parametrize("key", UV)
def test_remedies_solved_again_give_their_pins(answered: Answered, key: str) -> None:
    asked = next(each for each in answered.inquiry.asked if each.policy.key == key)
    before = run_of(answered, key)
    source = Replay(read_case(CASE)[1])
    found = remedies(answered, key)
    assert {f"{remedy.kind.value} {remedy.change}" for remedy in found} == STORY["remedies"].keys()
    for remedy in found:
        assert remedy.result is RemedyResult.VERIFIED
        after = resolve(changed(asked.question, remedy), asked.policy, source)
        new = {pin.name: pin.version for pin in after.pins}
        old = {pin.name: pin.version for pin in before.pins}
        moved = {name: (old.get(name), new.get(name)) for name in old | new if old.get(name) != new.get(name)}
        assert moved == remedy.pins_changed
        assert STORY["remedies"][f"{remedy.kind.value} {remedy.change}"].items() <= new.items()


def test_the_report(answered: Answered) -> None:
    assert text(page(answered.report)) == (SEED / "report.txt").read_text(encoding="utf-8")


def test_the_document_keeps_to_its_schema(answered: Answered) -> None:
    Draft202012Validator(schema()).validate(document(answered.report))


def test_a_replay_gives_the_same_bytes_wherever_the_file_lies(answered: Answered, tmp_path: Path) -> None:
    elsewhere = replay(str(shutil.copy(CASE, tmp_path / "another name.backtrail")))
    assert encode(elsewhere.report) == encode(answered.report)
    part = replay(seed_asked(tmp_path, budget=3))
    part.case.write(tmp_path / "again.backtrail")
    assert encode(replay(str(tmp_path / "again.backtrail")).report) == encode(part.report)
