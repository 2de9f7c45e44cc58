"""Laws of shrinking: what is left still shows it, in the user's order, and nothing more can be left out."""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from backtrail.cases.ddmin import ddmin
from backtrail.cases.shrink import Trying, smaller_question
from backtrail.inputs.uv_project import read_locked
from backtrail.inquiry import resolve
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import FormatControl, Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.model.universal import Preferred, Universal
from backtrail.model.workspace import Member
from backtrail.resolvers.uv.universal.question_scope import for_lock
from support.ours import WorldSource, question_of
from support.random_projects import random_project
from support.random_worlds import random_world

UV = Policy(tool="uv", release="0.13.9")
LOCK = Policy(tool="uv", release="0.13.9", mode=Mode.LOCK)


@given(st.integers(0, 12), st.sets(st.frozensets(st.integers(0, 11), max_size=4), max_size=5), st.booleans())
def test_what_ddmin_leaves_is_a_part_that_holds_and_without_any_one_item_does_not(
    size: int, wanted: set[frozenset[int]], some: bool
) -> None:
    items = tuple(range(size))

    def holds(kept: tuple[int, ...]) -> bool:
        return kept == items or any(need <= set(kept) and len(kept) % 3 != 1 for need in wanted)

    kept = ddmin(items, holds, some=some)
    assert holds(kept)
    assert kept == tuple(sorted(set(kept)))
    for place in range(len(kept)):
        rest = kept[:place] + kept[place + 1 :]
        assert not holds(rest) or (some and not rest)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000))
def test_a_shrunk_question_still_gives_the_pin_and_needs_each_of_its_lines(seed: int) -> None:
    world = random_world(seed)
    source = WorldSource(world)
    asked = question_of(world, UV, formats=FormatControl(only_binary=frozenset({"zzz"})), prefer_binary=True)
    run = resolve(asked, UV, source, silent=True)
    if run.outcome is not Outcome.SOLVED or not run.pins:
        return
    kept = run.pins[-1]

    def shows(question: Question) -> bool:
        found = resolve(question, UV, source, silent=True)
        return found.outcome is Outcome.SOLVED and _version(found, kept.name) == kept.version

    small = smaller_question(asked, Trying(shows, 1000))
    assert small.minimal
    question = small.question
    assert shows(question)
    assert not question.options.prefer_binary
    assert not question.options.formats.only_binary
    for field in ("requirements", "constraints"):
        lines = getattr(question, field)
        assert set(lines) <= set(getattr(asked, field))
        for place in range(len(lines)):
            rest = lines[:place] + lines[place + 1 :]
            if rest or field == "constraints":
                assert not shows(msgspec.structs.replace(question, **{field: rest}))


def _version(run: Run, name: str) -> str | None:
    pin = run.pin(name)
    return None if pin is None else pin.version


@pytest.mark.parametrize("budget", [0, 1, 3])
def test_a_budget_is_kept_and_its_end_is_reported(budget: int) -> None:
    world = random_world(7)
    asked = question_of(world, UV)
    asked = msgspec.structs.replace(asked, requirements=asked.requirements * 4)
    tried: list[Question] = []

    def shows(question: Question) -> bool:
        tried.append(question)
        return False

    small = smaller_question(asked, Trying(shows, budget))
    assert len(tried) == budget
    assert not small.minimal
    assert small.question == asked


def test_of_what_a_lock_has_only_what_matters_is_left() -> None:
    versions = tuple(Preferred(name=canonicalize_name(name), version="1.0") for name in ("num", "tls", "web"))
    asked = question_of(random_world(7), UV)
    asked = replace(asked, universal=Universal(preferred=versions, upgraded=frozenset({versions[1].name})))
    small = smaller_question(asked, Trying(lambda question: versions[2] in question.universal.tried_first, 100))
    assert small.question.universal == Universal(preferred=versions[2:])


def test_progress_is_reported_with_every_question() -> None:
    asked = question_of(random_world(7), UV)
    asked = msgspec.structs.replace(asked, requirements=asked.requirements[:1] * 8)
    shown: list[tuple[int, int]] = []
    trying = Trying(lambda question: len(question.requirements) >= 3, 100, lambda *now: shown.append(now))
    assert len(smaller_question(asked, trying).question.requirements) == 3
    assert shown == [(number, 100) for number in range(1, trying.tries + 1)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300))
def test_a_shrunk_lock_ends_the_same_and_needs_all_that_it_declares(seed: int) -> None:
    project = random_project(seed)
    source = WorldSource(project.world)
    with TemporaryDirectory() as folder:
        path = Path(folder, "pyproject.toml")
        path.write_text(project.pyproject, encoding="utf-8")
        asked = for_lock(question_of(project.world, LOCK), read_locked(str(path)), LOCK)
    outcome = resolve(asked, LOCK, source, silent=True).outcome

    def shows(question: Question) -> bool:
        return resolve(question, LOCK, source, silent=True).outcome is outcome

    small = smaller_question(asked, Trying(shows, 1000))
    assert small.minimal
    question = small.question
    workspace = question.universal.workspace
    assert workspace is not None
    assert shows(question)
    assert question.requirements == workspace.requirements
    assert set(question.requirements) <= set(asked.requirements)
    if outcome is Outcome.SOLVED:
        assert not question.requirements
        assert not workspace.conflicts
        assert not question.universal.environments
        return
    (member,) = workspace.members
    for lines in (member.dependencies, *member.optional.values(), *member.groups.values()):
        for line in lines:
            less = _member_without(member, line)
            universal = replace(question.universal, workspace=replace(workspace, members=(less,)))
            assert not shows(replace(question, universal=universal))


def _member_without(member: Member, gone: Requirement) -> Member:
    def left(lines: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(line for line in lines if line is not gone)

    return replace(
        member,
        dependencies=left(member.dependencies),
        optional={name: left(lines) for name, lines in member.optional.items()},
        groups={name: left(lines) for name, lines in member.groups.items()},
    )
