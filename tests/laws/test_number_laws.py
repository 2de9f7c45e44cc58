"""Every number in a sentence is that of the JSON document, as a reader counts who knows nothing but the document.

Sentences are found by their words; what is counted is looked up in plain objects and lists. Numbers up to twelve are
words.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from backtrail.inquiry import Asked, Inquiry, answer, recorded
from backtrail.model.policy import Policy
from backtrail.report.page import page
from backtrail.report.skins.json_document import encode
from backtrail.report.skins.text import text
from backtrail.sources.case_file import Replay
from support.ours import BuildingSource, question_of
from support.random_worlds import CORNERS, EVERYDAY, PLAIN, random_world
from support.recorded import FIXTURES

WORLDS = range(80)
RESOLVERS = tuple(Policy(tool=tool, release=release) for tool, release in (("uv", "0.13.9"), ("pip", "26.3")))
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBER = rf"(\d+|{'|'.join(WORDS)})"


def value(words: str) -> int:
    return WORDS.index(words) if words in WORDS else int(words)


@dataclass(frozen=True)
class Told:
    """A report as its two forms."""

    said: str
    read: dict[str, Any]

    def found(self, code: str, **wanted: str) -> list[dict[str, Any]]:
        return [one["detail"] for one in self.read["findings"]
                if one["code"] == code and all(one[key] == value for key, value in wanted.items())]  # fmt: skip

    def pins(self, name: str) -> list[dict[str, Any]]:
        return [run["pins"][name] for run in self.read["runs"] if name in run["pins"]]


def told(inquiry: Inquiry, source: Any) -> Iterator[Told]:
    report = answer(inquiry, source)
    read = json.loads(encode(report))
    for verbose in (False, True):
        yield Told(text(page(report, verbose=verbose)), read)


@pytest.fixture(scope="module")
def shown() -> list[Told]:
    found: list[Told] = []
    for seed in WORLDS:
        world = random_world(seed, (EVERYDAY, PLAIN, CORNERS)[seed % 3])
        asked = tuple(Asked(policy=one, question=question_of(world, one, build_sdists=True)) for one in RESOLVERS)
        found += told(Inquiry(asked=asked, solves=True, budget=8), BuildingSource(world))
    for path in sorted(FIXTURES.glob("*/*.backtrail")):
        inquiry, case = recorded(str(path))
        found += told(inquiry, Replay(case))
    return found


# What a sentence says, and what the document has


def packages(one: Told, number: str) -> set[int]:
    del number
    return {len(run["pins"]) for run in one.read["runs"]}


def newest(one: Told, at: str, of: str) -> set[tuple[int, int]]:
    del at, of
    fresh = [run["freshness"] for run in one.read["runs"] if run["freshness"]]
    return {(each["compared"] - len(each["behind"]), each["compared"]) for each in fresh}


def newer(one: Told, subject: str, chosen: str, number: str) -> set[int]:
    del number
    return {sum(len(group["versions"]) for group in detail["refused"])
            for detail in one.found("BT101", subject=subject) if detail["chosen"] == chosen}  # fmt: skip


def beside(one: Told, subject: str, part: str, whole: str, on: str) -> set[tuple[int, int]]:
    del part, whole
    return {
        (
            sum(len(group["versions"]) for group in detail["refused"] if group["on"] == on),
            sum(len(group["versions"]) for group in detail["refused"]),
        )
        for detail in one.found("BT101", subject=subject)
    }


def askers(one: Told, project: str, number: str) -> set[int]:
    """Who asks for the pin beside the project that the sentence stands below: one of them less, at most."""
    del number
    asked = [len({each["by"] for each in pin["requested_by"]}) for pin in one.pins(project)]
    return {count - less for count in asked for less in (0, 1)}


def looked_at(one: Told, versions: str, projects: str) -> set[tuple[int, int]]:
    del versions, projects
    attempts = [run["attempts"] for run in one.read["runs"]]
    return {(sum(map(len, each.values())), len(each)) for each in attempts}


def refused(one: Told, project: str, versions: str) -> set[int]:
    del versions
    return {len(run["attempts"].get(project, ())) for run in one.read["runs"]}


NAME, VERSION = r"([a-z0-9-]+)", r"([0-9][^ ,;:()]*)"
SENTENCES: tuple[tuple[str, str, Callable[..., set[Any]], tuple[int, ...]], ...] = (
    ("packages", rf"resolves? {NUMBER} packages? for", packages, (0,)),
    ("newest", rf"^  {NUMBER} of {NUMBER} packages? (?:is|are) at the newest", newest, (0, 1)),
    (
        "newer",
        rf"^(?:.*: )?{NAME} {VERSION} (?:\([^)]*\) )?chosen: each of the {NUMBER} newer versions",
        newer,
        (2,),
    ),
    (
        "beside",
        rf"^(?:.*: )?{NAME} [^ ]+ (?:\([^)]*\) )?chosen: {NUMBER} of the {NUMBER} newer versions?(?: tried)? "
        rf"do(?:es)? not fit beside {NAME}",
        beside,
        (1, 2),
    ),
    ("askers", rf"^  {NAME} [^ ]+ was decided first: {NUMBER} packages? asks? for it", askers, (1,)),
    ("looked_at", rf"^{NUMBER} versions? of {NUMBER} projects? (?:was|were) looked at", looked_at, (0, 1)),
    ("refused", rf"^    {NAME} +{NUMBER} versions? ", refused, (1,)),
)
OFTEN = {"packages": 60, "newest": 10, "newer": 4, "askers": 3}
"""How often a sentence has to be met at least, so that a changed word is noticed."""


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one[0])
def test_a_number_in_a_sentence_is_that_of_the_document(
    shown: list[Told], sentence: tuple[str, str, Callable[..., set[Any]], tuple[int, ...]]
) -> None:
    kind, pattern, counted, numbers = sentence
    met = 0
    for one in shown:
        for match in re.finditer(pattern, one.said, re.MULTILINE):
            groups = match.groups()
            said = tuple(value(groups[place]) for place in numbers)
            there = counted(one, *groups)
            assert (said if len(said) > 1 else said[0]) in there, (match[0], there)
            met += 1
    assert met >= OFTEN.get(kind, 0), f"met {met} times"


def test_a_table_of_versions_has_the_versions_that_its_sentence_counts(shown: list[Told]) -> None:
    """``numba 0.60.0 … 0.54.0`` begins and ends as the group of the document does, and no version stands in two."""
    for one in shown:
        for detail in one.found("BT101"):
            versions = [version for group in detail["refused"] for version in group["versions"]]
            assert len(versions) == len(set(versions))
            assert detail["chosen"] not in versions


def test_a_fix_is_told_with_pins_of_the_document(shown: list[Told]) -> None:
    """``1. numba>=0.55  numba 0.60.0, llvmlite 0.43.0``: each is what a fix of the document moves a project to."""
    met = 0
    for one in shown:
        remedies = [each for found in one.read["findings"] for each in found["remedies"]]
        moves = {(name, new) for each in remedies for name, (_, new) in each["pins_changed"].items()}
        there = {(name, pin["version"]) for run in one.read["runs"] for name, pin in run["pins"].items()}
        for line in re.findall(r"^    \d+\. .*  (\S.*)$", one.said, re.MULTILINE):
            for name, version in re.findall(rf"{NAME} {VERSION}", re.sub(r" and \S+ more$", "", line)):
                assert (name, version.rstrip(".")) in moves | there, line
                met += 1
    assert met >= 20
