"""Our engines on a synthetic world: the facts come from memory, in no particular order of arrival."""

import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import cache

import msgspec
from packaging.utils import NormalizedName

from backtrail.engines.pip.engine import Engine as PipEngine
from backtrail.engines.uv.engine import Engine
from backtrail.index.core_metadata import parse_metadata
from backtrail.index.parse import parse_page
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.settings import cutoff
from backtrail.inputs.target import target
from backtrail.model.files import Absent, File, Listing, Page
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Indexes, Options, Question
from backtrail.model.requirement import Origin, Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.trail import Outcome
from support import worlds
from support.likeness import OurAnswer
from support.real_uv import Outcome as RealOutcome
from support.worlds import World

INDEX = "http://127.0.0.1/simple"


class WorldSource:
    """A world as a Source: pages, metadata and sdists from values."""

    def __init__(self, world: World) -> None:
        self._pages = worlds.index_pages(world)
        self._metadata = worlds.metadata_files(world)

    def page(self, index: str, name: NormalizedName) -> Page:
        body = self._pages.get(name)
        if body is None:
            return Absent(index=index)
        kind = "application/vnd.pypi.simple.v1+json"
        return parse_page(body, kind, f"{INDEX}/{name}/", name, index, 0.0)

    def links(self, location: str, name: NormalizedName) -> Listing:
        return Listing.of(name, location, ())

    def metadata(self, file: File) -> Metadata | Unavailable:
        return parse_metadata(self._metadata[file.filename], file=file, source=MetadataSource.METADATA_FILE)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        return SdistContents(file=file.filename, pkg_info=self._metadata[file.filename].decode())

    def build(self, file: File) -> Metadata | Unavailable:
        return parse_metadata(self._metadata[file.filename], file=file, source=MetadataSource.BUILT)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        return Unavailable(failure=Failure.NETWORK, file=requirement.text)

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None: ...

    def want_metadata(self, files: Iterable[File]) -> None: ...


@cache
def _target(python: str, platform: str | None, policy: Policy) -> Target:
    return target(python, platform, policy)


def question_of(world: World, policy: Policy, *, build_sdists: bool = False) -> Question:
    """The world's question as the engine takes it."""
    asked = world.question
    here = Origin()
    return Question(
        command="explain-backtrack",
        requirements=tuple(read_requirement(text, here) for text in asked.requirements),
        constraints=tuple(read_requirement(text, here, constraint=True) for text in asked.constraints),
        overrides=tuple(read_requirement(text, here) for text in asked.overrides),
        target=_target(asked.python, asked.python_platform, policy),
        indexes=Indexes(default=INDEX),
        options=Options(
            exclude_newer=asked.exclude_newer and cutoff(asked.exclude_newer, datetime.now(timezone.utc)),
            prerelease=asked.prerelease,
            resolution=asked.resolution or "highest",
            formats=FormatControl(only_binary=frozenset(asked.only_binary), no_binary=frozenset(asked.no_binary)),
            build_sdists=build_sdists,
        ),
    )


def run_world(world: World, release: str) -> tuple[Run, list[tuple[str, str]]]:
    """The run of a world, and every selection in order."""
    policy = Policy(tool="uv", release=release)
    engine = Engine(question_of(world, policy), policy, WorldSource(world))
    run = engine.run()
    return run, engine.selections


_OUTCOMES = {Outcome.SOLVED: RealOutcome.SOLVED, Outcome.IMPOSSIBLE: RealOutcome.IMPOSSIBLE}


def solve_world(world: World, profile: str) -> OurAnswer:
    """What the likeness comparison asks for."""
    run, selections = run_world(world, profile)
    solved = run.outcome is Outcome.SOLVED
    return OurAnswer(
        outcome=_OUTCOMES.get(run.outcome, RealOutcome.ABORTED),
        pins={pin.name: pin.version for pin in run.pins} if solved else {},
        attempts=selections,
    )


@cache
def _running_target(policy: Policy) -> Target:
    """The running interpreter's."""
    return target(sys.executable, None, policy)


def run_pip_world(
    world: World, release: str, *, source: Source | None = None, running: bool = True, max_rounds: int | None = None
) -> tuple[Run, list[tuple[str, str]]]:
    """The run of a world as pip's, and every preparation in order.

    ``running``: on the running interpreter, whatever the world says; the real pip can be run on no other.
    """
    policy = Policy(tool="pip", release=release)
    question = question_of(world, policy, build_sdists=True)
    question = msgspec.structs.replace(
        question,
        target=_running_target(policy) if running else question.target,
        options=msgspec.structs.replace(question.options, max_rounds=max_rounds),
    )
    engine = PipEngine(question, policy, source or WorldSource(world))
    return engine.run(), engine.preparations


def pip_solve_world(world: World, profile: str, *, running: bool = True) -> OurAnswer:
    """What the likeness comparison with pip asks for."""
    run, preparations = run_pip_world(world, profile, running=running)
    solved = run.outcome is Outcome.SOLVED
    return OurAnswer(
        outcome=_OUTCOMES.get(run.outcome, RealOutcome.ABORTED),
        pins={pin.name: pin.version for pin in run.pins} if solved else {},
        attempts=preparations,
    )
