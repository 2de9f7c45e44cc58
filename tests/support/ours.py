"""Our engines on a synthetic world: the facts come from memory, in no particular order of arrival."""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain.causes.newer import Elsewhere
from backtrail.index.files.core_metadata import parse_metadata
from backtrail.index.pages.project_page import parse_page
from backtrail.inputs.moments import cutoff
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.target import target
from backtrail.model.files import Absent, File, Listing, Page, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import FormatControl, Indexes, Options, Question
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.trail import Outcome
from backtrail.model.universal import Preferred, Universal
from backtrail.resolvers import resolve
from backtrail.resolvers.pip.engine import Engine as PipEngine
from backtrail.resolvers.uv.engine import Engine
from backtrail.resolvers.uv.universal.python_range import pythons_of
from backtrail.resolvers.uv.universal.questions import for_lock
from backtrail.resolvers.uv.universal.resolver import solve as solve_for_all
from support import worlds
from support.likeness import OurAnswer
from support.loopback import JSON_PAGE
from support.real_uv import Outcome as RealOutcome
from support.worlds import World

INDEX = "http://127.0.0.1/simple"


class WorldSource:
    """A world as a Source: pages, metadata and sdists from values.

    ``extra`` are the worlds of further indexes and ``links`` those of find-links locations, by URL. ``faults`` are what
    is answered instead: by project for pages, by file name for metadata. ``built`` is what builds give, by file name.
    """

    def __init__(
        self,
        world: World,
        *,
        extra: Mapping[str, World] | None = None,
        links: Mapping[str, World] | None = None,
        faults: Mapping[str, Unavailable | Unreadable] | None = None,
        built: Mapping[str, Metadata | Unavailable] | None = None,
        direct: Mapping[str, Metadata | Unavailable] | None = None,
    ) -> None:
        places = {INDEX: world, **(extra or {}), **(links or {})}
        self._pages = {place: worlds.index_pages(each, files_url=f"{place}/files/") for place, each in places.items()}
        self._metadata = {
            f"{place}/files/{quote(name)}": text
            for place, each in places.items()
            for name, text in worlds.metadata_files(each).items()
        }
        self._faults = faults or {}
        self._built = built or {}
        self._direct = direct or {}

    def page(self, index: str, name: NormalizedName) -> Page:
        fault = self._faults.get(name)
        if isinstance(fault, Unreadable):
            return fault
        body = self._pages[index].get(name)
        if body is None:
            return Absent(index=index)
        return parse_page(body, JSON_PAGE, f"{index}/{name}/", name, index, 0.0)

    def links(self, location: str, name: NormalizedName) -> Listing:
        page = self.page(location, name)
        return page if isinstance(page, Listing) else Listing.of(name, location, ())

    def metadata(self, file: File) -> Metadata | Unavailable:
        fault = self._faults.get(file.filename)
        if isinstance(fault, Unavailable):
            return fault
        return parse_metadata(self._metadata[file.url], file=file, source=MetadataSource.METADATA_FILE)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        fault = self._faults.get(file.filename)
        if isinstance(fault, Unavailable):
            return fault
        text = None if file.filename in self._built else self._metadata[file.url].decode()
        return SdistContents(file=file.filename, pkg_info=text)

    def build(self, file: File) -> Metadata | Unavailable:
        return self._built.get(file.filename, Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename))

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        return self._direct.get(requirement.url or "", Unavailable(failure=Failure.NETWORK, file=requirement.text))

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None: ...

    def want_metadata(self, files: Iterable[File]) -> None: ...


@cache
def _target(python: str, platform: str | None, policy: Policy) -> Target:
    return target(python, platform, policy)


def question_of(world: World, policy: Policy, *, indexes: Indexes | None = None, **options: Any) -> Question:
    """The world's question as the engine takes it; ``options`` are changed after those the world itself sets."""
    asked = world.question
    here = Origin()
    settled: dict[str, Any] = {
        "exclude_newer": asked.exclude_newer and cutoff(asked.exclude_newer, datetime.now(timezone.utc)),
        "prerelease": asked.prerelease,
        "resolution": asked.resolution or "highest",
        "formats": FormatControl(only_binary=frozenset(asked.only_binary), no_binary=frozenset(asked.no_binary)),
    }
    return Question(
        command="explain-backtrack",
        requirements=tuple(read_requirement(text, here) for text in asked.requirements),
        constraints=tuple(read_requirement(text, here, constraint=True) for text in asked.constraints),
        overrides=tuple(read_requirement(text, here) for text in asked.overrides),
        target=_target(asked.python, asked.python_platform, policy),
        indexes=indexes or Indexes(default=INDEX),
        options=Options(**{**settled, **options}),
    )


def for_all(question: Question, asked: worlds.ForAll) -> Question:
    """The question for all platforms, and for all Pythons from the target's on."""
    lines = [parse_requirement(line) for line in asked.output]
    return msgspec.structs.replace(
        question,
        target=msgspec.structs.replace(question.target, pythons=pythons_of([f">={question.target.python}"])),
        options=msgspec.structs.replace(question.options, fork_strategy=asked.fork_strategy or "requires-python"),
        universal=Universal(
            environments=asked.environments,
            required=asked.required_environments,
            preferred=tuple(
                Preferred(name=line.name, version=line.specifier.lstrip("="), marker=line.marker or "")
                for line in lines
            ),
        ),
    )


def run_for_all(
    world: World, release: str, source: Source | None = None, *, markers: Mapping[str, str] | None = None
) -> Run:
    """The run of a world for all environments; ``markers`` are those in which this computer is another."""
    policy = Policy(tool="uv", release=release, mode=Mode.UNIVERSAL)
    assert world.question.for_all is not None
    question = for_all(question_of(world, policy), world.question.for_all)
    here = msgspec.structs.replace(question.target, markers={**question.target.markers, **(markers or {})})
    return solve_for_all(msgspec.structs.replace(question, target=here), policy, source or WorldSource(world))


def lock_world(world: World, release: str, pyproject: Path, *, source: Source | None = None, **asked: Any) -> Run:
    """The lock of a project, from a world's index; ``asked`` is as ``for_lock`` takes it."""
    policy = Policy(tool="uv", release=release, mode=Mode.LOCK)
    question = for_lock(question_of(world, policy), str(pyproject), **asked)
    return solve_for_all(question, policy, source or WorldSource(world))


def run_world(
    world: World, release: str, source: Source | None = None, *, indexes: Indexes | None = None, **options: Any
) -> tuple[Run, list[tuple[str, str]]]:
    """The run of a world, and every selection in order; ``source`` None: the world's own facts."""
    policy = Policy(tool="uv", release=release)
    question = question_of(world, policy, indexes=indexes, **options)
    engine = Engine(question, policy, WorldSource(world) if source is None else source)
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


def elsewhere(policy: Policy, source: Source) -> Elsewhere:
    """How our engine of a release answers from facts that were changed."""

    def solve(question: Question, where: Source, *, silent: bool = False) -> Run:
        return resolve(question, policy, where, silent=silent)

    return Elsewhere(lambda: source, solve, partial(solve, silent=True))


class BuildingSource(WorldSource):
    """A world whose sdists build, and say what their PKG-INFO says."""

    def build(self, file: File) -> Metadata | Unavailable:
        return self._built.get(
            file.filename, parse_metadata(self._metadata[file.url], file=file, source=MetadataSource.BUILT)
        )


@cache
def _running_target(policy: Policy) -> Target:
    """The running interpreter's."""
    return target(sys.executable, None, policy)


def run_pip_world(
    world: World,
    release: str,
    source: Source | None = None,
    *,
    running: bool = True,
    silent: bool = False,
    indexes: Indexes | None = None,
    **options: Any,
) -> tuple[Run, list[tuple[str, str]]]:
    """The run of a world as pip's, and every preparation in order.

    ``running``: on the running interpreter, whatever the world says; the real pip can be run on no other.
    """
    policy = Policy(tool="pip", release=release)
    question = question_of(world, policy, indexes=indexes, **{"build_sdists": True, **options})
    if running:
        question = msgspec.structs.replace(question, target=_running_target(policy))
    engine = PipEngine(question, policy, BuildingSource(world) if source is None else source, silent=silent)
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
