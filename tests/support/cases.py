"""Case files of small worlds: asked, answered and written as a user's would be."""

from pathlib import Path
from typing import Any

from backtrail.index.recording import Recorder
from backtrail.inquiry import Answered, Asked, Inquiry, answer
from backtrail.model.policy import parse_resolver
from support.ours import WorldSource, question_of
from support.worlds import World


def write_case(path: Path, world: World, *resolvers: str, **options: Any) -> Path:
    """Ask a world's question of some resolvers (None named: uv) and record it."""
    policies = [parse_resolver(name) for name in resolvers or ("uv",)]
    inquiry = Inquiry(
        asked=tuple(Asked(policy=policy, question=question_of(world, policy, **options)) for policy in policies),
        solves=True,
        budget=0,
    )
    recorder = Recorder(WorldSource(world))
    Answered(inquiry, answer(inquiry, recorder), recorder).case.write(path)
    return path
