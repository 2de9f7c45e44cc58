"""Our engines on a synthetic world: the facts come from memory, in no particular order of arrival."""

import sys
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.explain.causes.newer import Elsewhere
from backtrail.index.build.builder import Builder
from backtrail.index.build.direct_references import read_direct
from backtrail.index.pages.find_links import Links, remote_links
from backtrail.index.pages.project_page import parse_page
from backtrail.inputs.asked_target import target
from backtrail.inputs.moments import cutoff
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.uv_project import read_locked
from backtrail.model.errors import InputError
from backtrail.model.files import Absent, File, Listing, Page, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import ALL, FormatControl, Indexes, Options, Question
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.trail import Outcome
from backtrail.model.universal import Preferred, Universal
from backtrail.resolvers.pip.engine import Engine as PipEngine
from backtrail.resolvers.registry import resolve, resolver_of
from backtrail.resolvers.uv.engine import Engine
from backtrail.resolvers.uv.universal.python_range import pythons_of
from backtrail.resolvers.uv.universal.question_scope import for_lock
from backtrail.resolvers.uv.universal.resolver import solve as solve_for_all
from backtrail.standards.core_metadata import parse_metadata
from support import worlds
from support.likeness import OurAnswer
from support.loopback import HTML_PAGE, JSON_PAGE
from support.real_pip import advertises
from support.real_uv import Outcome as RealOutcome
from support.worlds import Project, World, page_entries, write_files

INDEX = "http://127.0.0.1/simple"
LINKS = "http://127.0.0.1/links"


def _extra(place: int) -> str:
    return f"http://127.0.0.1/extra-{place}"


class WorldSource:
    """A world as a Source: pages, metadata and sdists from values.

    ``extra`` are the worlds of further indexes and ``links`` those of find-links locations, by URL, beside the world's
    own. ``faults`` are what is answered instead: by project for pages, by file name for metadata. ``built`` is what
    builds give, by file name. ``advertises``: metadata of wheels stands beside them.
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
        advertises: bool = True,
    ) -> None:
        all_projects = {
            INDEX: world.projects,
            **{_extra(place): projects for place, projects in enumerate(world.extra)},
            **{place: each.projects for place, each in (extra or {}).items()},
        }
        linked = {LINKS: world.links, **{place: each.projects for place, each in (links or {}).items()}}
        self._pages = {
            place: {canonicalize_name(each.name): _page(place, each, hashes=world.question.hashes) for each in projects}
            for place, projects in all_projects.items()
        }
        self._parsed: dict[tuple[str, NormalizedName], Page] = {}
        self._said: dict[str, Metadata | Unavailable] = {}
        self._links = {
            place: _links(place, projects, hashes=world.question.hashes) for place, projects in linked.items()
        }
        self._entries = {
            f"{place}/files/{quote(entry.file.filename)}": entry
            for place, projects in (all_projects | linked).items()
            for entry in page_entries(projects)
        }
        self._faults = faults or {}
        self._built = built or {}
        self._direct = direct or {}
        self._wheels = MetadataSource.METADATA_FILE if advertises else MetadataSource.WHEEL

    def page(self, index: str, name: NormalizedName) -> Page:
        fault = self._faults.get(name)
        if isinstance(fault, Unreadable):
            return fault
        body = self._pages[index].get(name)
        if body is None:
            return Absent(index=index)
        found = self._parsed.get((index, name))
        if found is None:
            found = self._parsed[index, name] = parse_page(body, JSON_PAGE, f"{index}/{name}/", name, index, 0.0)
        return found

    def links(self, location: str, name: NormalizedName) -> Listing:
        return self._links[location].listing(name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        fault = self._faults.get(file.filename)
        if isinstance(fault, Unavailable):
            return fault
        found = self._said.get(file.url)
        if found is None:
            entry = self._entries[file.url]
            found = self._said[file.url] = parse_metadata(entry.metadata(), file=file, source=self._wheels)
        return found

    def sdist(self, file: File) -> SdistContents | Unavailable:
        fault = self._faults.get(file.filename)
        if isinstance(fault, Unavailable):
            return fault
        text = None if file.filename in self._built else self._entries[file.url].metadata().decode()
        egg_requires = self._entries[file.url].file.egg_requires
        return SdistContents(file=file.filename, pkg_info=text, egg_requires=egg_requires)

    def build(self, file: File, _constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        return self._built.get(file.filename, Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename))

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        missing = Unavailable(failure=Failure.NETWORK, file=requirement.text)
        return self._direct.get(requirement.url or "", missing)

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None: ...

    def want_metadata(self, files: Iterable[File]) -> None: ...


def _page(place: str, project: Project, *, hashes: bool) -> bytes:
    return worlds.json_page(project, files_url=f"{place}/files/", hashes=hashes)


def _links(place: str, projects: tuple[Project, ...], *, hashes: bool) -> Links:
    body = worlds.links_page(projects, files_url=f"{place}/files/", hashes=hashes)
    return remote_links(place, body, HTML_PAGE, f"{place}/")


@cache
def _target(python: str, platform: str | None, policy: Policy) -> Target:
    """As the real tool sees it, which the running interpreter runs builds for where no other can."""
    found = target(python, platform, resolver_of(policy).behaviour.target)
    runner = {"interpreter": sys.executable, "installed": running_target(policy).python}
    return found if found.installed is not None else msgspec.structs.replace(found, **runner)


def question_of(world: World, policy: Policy, *, indexes: Indexes | None = None, **options: Any) -> Question:
    """The world's question as the engine takes it; ``options`` are changed after those the world itself sets."""
    asked = world.question
    here = Origin()
    settled: dict[str, Any] = {
        "exclude_newer": asked.exclude_newer and cutoff(asked.exclude_newer, datetime.now(timezone.utc)),
        "prerelease": asked.prerelease,
        "resolution": asked.resolution or "highest",
        "index_strategy": asked.index_strategy or "first-index",
        "no_deps": asked.no_deps,
        "prefer_binary": asked.prefer_binary,
        "ignore_requires_python": asked.ignore_requires_python,
        "require_hashes": asked.require_hashes,
        "formats": FormatControl(only_binary=_names(asked.only_binary), no_binary=_names(asked.no_binary)),
    }
    return Question(
        command="explain-backtrack",
        requirements=tuple(map(_read_line, asked.requirements)),
        constraints=tuple(_read_line(text, constraint=True) for text in asked.constraints),
        overrides=tuple(read_requirement(text, here) for text in asked.overrides),
        excludes=tuple(map(canonicalize_name, asked.excludes)),
        target=_target(asked.python, asked.python_platform, policy),
        indexes=indexes
        or Indexes(
            default=None if asked.no_index else INDEX,
            extra=() if asked.no_index else tuple(map(_extra, range(len(world.extra)))),
            find_links=(LINKS,) if world.links else (),
        ),
        options=Options(**{**settled, **options}),
        universal=Universal(preferred=_preferred(asked.output)),
    )


def _preferred(output: tuple[str, ...]) -> tuple[Preferred, ...]:
    """The versions in the lines of an output file."""
    lines = map(parse_requirement, output)
    return tuple(
        Preferred(name=line.name, version=line.specifier.lstrip("="), marker=line.marker or "") for line in lines
    )


def _names(listed: tuple[str, ...]) -> frozenset[str]:
    """The names in a list of formats, of which ``:all:`` is more than any others."""
    return frozenset({ALL}) if ALL in listed else frozenset(listed)


def _read_line(line: str, *, constraint: bool = False) -> Requirement:
    """A requirement as a line of a file, where hashes may follow it."""
    text, *hashes = line.split(" --hash=")
    read = read_requirement(text, Origin(), constraint=constraint)
    return msgspec.structs.replace(read, hashes=tuple(hashes))


def for_all(question: Question, asked: worlds.ForAll) -> Question:
    """The question for all platforms, and for all Pythons from the target's on."""
    return msgspec.structs.replace(
        question,
        target=msgspec.structs.replace(question.target, pythons=pythons_of([f">={question.target.python}"])),
        options=msgspec.structs.replace(question.options, fork_strategy=asked.fork_strategy or "requires-python"),
        universal=Universal(
            environments=asked.environments,
            required=asked.required_environments,
            preferred=_preferred(asked.output),
        ),
    )


def run_for_all(
    world: World,
    release: str,
    source: Source | None = None,
    *,
    markers: Mapping[str, str] | None = None,
    switched: frozenset[str] = frozenset(),
) -> Run:
    """The run of a world for all environments; ``markers`` are those in which this computer is another."""
    policy = Policy(tool="uv", release=release, mode=Mode.UNIVERSAL, switched=switched)
    assert world.question.for_all is not None
    question = for_all(question_of(world, policy), world.question.for_all)
    here = msgspec.structs.replace(question.target, markers={**question.target.markers, **(markers or {})})
    return solve_for_all(msgspec.structs.replace(question, target=here), policy, source or WorldSource(world))


def lock_world(world: World, release: str, pyproject: Path, *, source: Source | None = None, **asked: Any) -> Run:
    """The lock of a project, from a world's index; ``asked`` is as ``for_lock`` takes it."""
    policy = Policy(tool="uv", release=release, mode=Mode.LOCK)
    question = for_lock(question_of(world, policy), read_locked(str(pyproject)), policy, **asked)
    return solve_for_all(question, policy, source or WorldSource(world))


def run_world(
    world: World,
    release: str,
    source: Source | None = None,
    *,
    indexes: Indexes | None = None,
    switched: frozenset[str] = frozenset(),
    **options: Any,
) -> tuple[Run, list[tuple[str, str]]]:
    """The run of a world, and every selection in order; ``source`` None: the world's own facts."""
    policy = Policy(tool="uv", release=release, switched=switched)
    question = question_of(world, policy, indexes=indexes, **options)
    engine = Engine(question, policy, WorldSource(world) if source is None else source)
    run = engine.run()
    return run, engine.selections


class BuildingSource(WorldSource):
    """A world whose sdists build, and say what their PKG-INFO says, and whose files stand on the disk."""

    def build(self, file: File, _constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        entry = self._entries[file.url]
        if file.filename in self._built or not entry.file.build_fails:
            return self._built.get(
                file.filename, parse_metadata(entry.metadata(), file=file, source=MetadataSource.BUILT)
            )
        return Unavailable(failure=Failure.BUILD_FAILED, file=file.filename)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        if (requirement.url or "").startswith("file:") and requirement.url not in self._direct:
            return read_direct(requirement, _LocalBuilder(self))
        return super().direct(requirement)

    def build_local(self, path: Path) -> bytes | Unavailable:
        """What the build of a file on the disk gives."""
        entry = next(entry for entry in self._entries.values() if entry.file.filename == path.name)
        return Unavailable(failure=Failure.BUILD_FAILED, file=path.name) if entry.file.build_fails else entry.metadata()


class _LocalBuilder(Builder):
    """Builds nothing: it looks up what the world says."""

    def __init__(self, source: BuildingSource) -> None:
        self._source = source

    def build_local(self, path: Path, subdirectory: str = "") -> bytes | Unavailable:
        del subdirectory
        return self._source.build_local(path)


_OUTCOMES = {Outcome.SOLVED: RealOutcome.SOLVED, Outcome.IMPOSSIBLE: RealOutcome.IMPOSSIBLE}


def answer_of(run: Run, attempts: list[tuple[str, str]]) -> OurAnswer:
    """A run as the comparison sees it."""
    return OurAnswer(
        outcome=_OUTCOMES.get(run.outcome, RealOutcome.ABORTED),
        pins={pin.name: pin.version for pin in run.pins} if run.outcome is Outcome.SOLVED else {},
        attempts=attempts,
    )


def _unread(error: InputError) -> OurAnswer:
    """The tool stops at a line that it cannot read, and so do we."""
    return OurAnswer(outcome=RealOutcome.ABORTED, pins={}, attempts=[(str(error), "")])


def solve_world(world: World, profile: str, *, switched: frozenset[str] = frozenset()) -> OurAnswer:
    """What the likeness comparison asks for."""
    with tempfile.TemporaryDirectory() as folder:
        placed = write_files(world, Path(folder)) if world.referenced else world
        try:
            run = run_world(placed, profile, BuildingSource(placed), switched=switched, build_sdists=True)
            return answer_of(*run)
        except InputError as error:
            return _unread(error)


def elsewhere(policy: Policy, source: Source) -> Elsewhere:
    """How our engine of a release answers from facts that were changed."""

    def solve(question: Question, where: Source, *, silent: bool = False) -> Run:
        return resolve(question, policy, where, silent=silent)

    return Elsewhere(lambda: source, solve, partial(solve, silent=True))


@cache
def running_target(policy: Policy) -> Target:
    """The running interpreter's."""
    return target(sys.executable, None, resolver_of(policy).behaviour.target)


def run_pip_world(
    world: World,
    release: str,
    source: Source | None = None,
    *,
    running: bool = True,
    silent: bool = False,
    indexes: Indexes | None = None,
    switched: frozenset[str] = frozenset(),
    **options: Any,
) -> tuple[Run, list[tuple[str, str]]]:
    """The run of a world as pip's, and every preparation in order.

    ``running``: on the running interpreter, whatever the world says; the real pip can be run on no other.
    """
    policy = Policy(tool="pip", release=release, switched=switched)
    question = question_of(world, policy, indexes=indexes, **{"build_sdists": True, **options})
    if running:
        question = msgspec.structs.replace(question, target=running_target(policy))
    source = source or BuildingSource(world, advertises=advertises(release, world))
    engine = PipEngine(question, policy, source, silent=silent)
    return engine.run(), engine.preparations


def pip_solve_world(
    world: World, profile: str, *, running: bool = True, switched: frozenset[str] = frozenset()
) -> OurAnswer:
    """What the likeness comparison with pip asks for."""
    with tempfile.TemporaryDirectory() as folder:
        placed = write_files(world, Path(folder)) if world.referenced else world
        try:
            return answer_of(*run_pip_world(placed, profile, running=running, switched=switched))
        except InputError as error:
            return _unread(error)
