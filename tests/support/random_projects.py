"""Random small projects to lock: extras, groups, conflicts between them, ranges of Pythons."""

import json
from dataclasses import dataclass

from support.random_worlds import Dice
from support.universal_worlds import ENVIRONMENTS, UniversalMaker
from support.worlds import Question, World

REQUIRES_PYTHON = (">=3.9", ">=3.9", ">=3.10", ">=3.9,<3.15", ">=3.8.1", ">=3.9,<4", ">=3.9,!=3.10.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectWorld:
    """An index, and the `pyproject.toml` of a project that is locked from it."""

    world: World
    pyproject: str


def random_project(seed: int, *, wheels: bool = False) -> ProjectWorld:
    """Return the project of a seed; ``wheels``: releases may have wheels of some platforms only."""
    maker = UniversalMaker(seed, wheels=wheels)
    dice = Dice(seed + 1_000_000)
    world = World(name=f"project {seed}", projects=maker.projects(), question=Question(requirements=(), python="3.12"))
    lines = ["[project]", 'name = "proj"', 'version = "0.1"', f"requires-python = {_text(dice.one(REQUIRES_PYTHON))}"]
    lines.append(f"dependencies = {_list(_asked(maker, dice, 2))}")
    extras = ["x1", "x2", "x3"][: dice.between(0, 3)]
    groups = ["dev", "lint"][: dice.between(0, 2)]
    if extras:
        lines.append("[project.optional-dependencies]")
        lines += [f"{name} = {_list(_asked(maker, dice, 2))}" for name in extras]
    if groups:
        lines.append("[dependency-groups]")
        lines += [f"{name} = {_list(_asked(maker, dice, 2))}" for name in groups]
    lines.append("[tool.uv]")
    if dice.chance(0.15):
        lines.append(f"environments = {_list([dice.one(ENVIRONMENTS)])}")
    if wheels and dice.chance(0.3):
        lines.append(f"required-environments = {_list([dice.one(ENVIRONMENTS)])}")
    items = [*(f'{{ extra = "{name}" }}' for name in extras), *(f'{{ group = "{name}" }}' for name in groups)]
    if len(items) > 1 and dice.chance(0.6):
        lines.append(f"conflicts = [[{', '.join(dice.some(items, dice.between(2, 3)))}]]")
    return ProjectWorld(world=world, pyproject="\n".join(lines) + "\n")


def _asked(maker: UniversalMaker, dice: Dice, most: int) -> list[str]:
    return [line for name in dice.some(maker.names, dice.between(0, most)) for line in maker.asked(name)]


def _list(texts: list[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    return json.dumps(text)
