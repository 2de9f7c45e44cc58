"""Case files of small worlds: asked, answered and written as a user's would be."""

from pathlib import Path
from typing import Any

import msgspec

from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.uv_project import read_locked
from backtrail.inquiry import Answered, Asked, Inquiry, answer
from backtrail.model.index_change import IndexChange
from backtrail.model.requirement import Origin
from backtrail.model.source import Source
from backtrail.resolvers.registry import parse_resolver
from backtrail.resolvers.uv.universal.question_scope import for_lock
from backtrail.sources.case_file import Recorder
from support.ours import WorldSource, question_of
from support.worlds import World


def write_case(
    path: Path,
    world: World,
    *resolvers: str,
    why: str | None = None,
    source: Source | None = None,
    project: Path | None = None,
    index_changes: tuple[IndexChange, ...] = (),
    **options: Any,
) -> Path:
    """Ask a world's question of some resolvers (None named: uv) and record it; ``why``: as ``why REQ -r FILE`` does.

    ``source`` answers instead of the world. ``project`` is the pyproject.toml to lock.
    """
    policies = [parse_resolver(name) for name in resolvers or ("uv",)]
    subject = None if why is None else read_requirement(why, Origin())
    questions = [msgspec.structs.replace(question_of(world, one, **options), subject=subject) for one in policies]
    if project is not None:
        read = read_locked(str(project))
        questions = [for_lock(asked, read, one) for one, asked in zip(policies, questions, strict=True)]
    questions = [msgspec.structs.replace(asked, index_changes=index_changes) for asked in questions]
    inquiry = Inquiry(
        asked=tuple(Asked(policy=one, question=asked) for one, asked in zip(policies, questions, strict=True)),
        solves=bool(world.question.requirements),
        budget=0,
    )
    recorder = Recorder(source or WorldSource(world))
    Answered(inquiry, answer(inquiry, recorder), recorder).case.write(path)
    return path
