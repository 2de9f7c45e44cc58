"""What the program says of a small world: asked, solved and explained in memory, from the question to the text."""

from collections.abc import Mapping
from typing import Any

import msgspec

from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.index_change import IndexChange
from backtrail.model.policy import Policy
from backtrail.model.question import Indexes, Question, Setting
from backtrail.model.requirement import Origin
from backtrail.model.source import Source
from backtrail.report.page import page
from backtrail.report.skins.text import text
from backtrail.resolvers.registry import parse_resolver
from support import worlds
from support.ours import INDEX, WorldSource, question_of
from support.worlds import Project, Release, World, release

FILE = "requirements.txt"
UV = parse_resolver("uv@0.13.9")
LINUX = "x86_64-unknown-linux-gnu"

Projects = Mapping[str, tuple[Release, ...]]


def releases(name: str, *texts: str) -> tuple[Release, ...]:
    """``"1.0 blocker<2"``: a release and what it needs, as a wheel for every machine."""
    return tuple(release(name, *text.split(" ")) for text in texts)


def small_world(name: str, projects: Projects, *lines: str, **asked: Any) -> World:
    """A world with a question of these lines, for Python 3.11 on Linux."""
    return World(
        name=name,
        projects=tuple(Project(name=project, releases=each) for project, each in projects.items()),
        question=worlds.Question(requirements=lines, python="3.11", python_platform=LINUX, **asked),
    )


def asked_of(world: World, policy: Policy = UV, *, indexes: Indexes | None = None, **options: Any) -> Question:
    """The world's question, its lines numbered in one file."""
    question = question_of(world, policy, indexes=indexes, **options)
    lines = tuple(
        msgspec.structs.replace(line, origin=Origin(file=FILE, line=number))
        for number, line in enumerate(question.requirements, start=1)
    )
    return msgspec.structs.replace(question, requirements=lines)


def report_of(
    world: World,
    *,
    policy: Policy = UV,
    why: str | None = None,
    later: World | None = None,
    settings: tuple[Setting, ...] = (),
    source: Source | None = None,
    budget: int = 24,
    index_changes: tuple[IndexChange, ...] = (),
    **options: Any,
) -> Report:
    """The report on a world's question; ``later`` is what the default index has, the world's own being asked first."""
    behind = f"{INDEX}-later"
    indexes = None if later is None else Indexes(default=behind, extra=(INDEX,))
    question = msgspec.structs.replace(
        asked_of(world, policy, indexes=indexes, **options),
        subject=None if why is None else read_requirement(why, Origin()),
        command="explain-backtrack" if why is None else "why",
        settings=settings,
        index_changes=index_changes,
    )
    facts = source or WorldSource(world, extra={} if later is None else {behind: later})
    inquiry = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=budget)
    return answer(inquiry, facts)


def said(report: Report, *, verbose: bool = False) -> str:
    """The report as piped text."""
    return text(page(report, verbose=verbose))
