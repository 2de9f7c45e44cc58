"""What only direct references and builds tell of the lines of a question."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.documents import told, told_lists
from backtrail.inputs.pyproject import DYNAMIC, Extras, is_to_build
from backtrail.inputs.uv_sources import with_sources
from backtrail.model.errors import InputError
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import LeftOut
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.workspace import Workspace
from backtrail.preparation.ask import Inquiry
from backtrail.resolvers.registry import resolver_of
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.lowering import applied, unsourced
from backtrail.sources.declared_first import with_declared
from backtrail.sources.live import LiveSource

_Takes = Callable[[Metadata | Unavailable, Requirement], Metadata | Unavailable]


def reachable(inquiry: Inquiry, source: Source) -> Inquiry:
    """The question without the lines that name what cannot be fetched: the rest can be answered nevertheless.

    A line that only some of the resolvers can take stays for all of them. Where only a repository tells the name of its
    project, the line has it from now on.
    """
    if not inquiry.solves:
        return inquiry
    replace = msgspec.structs.replace
    takes = [resolver_of(one.policy).behaviour.taken for one in inquiry.asked]
    asked = []
    for one in inquiry.asked:
        world = with_declared(source, one.question)
        looked = [_looked_up(line, one.question.target, world, takes) for line in one.question.requirements]
        kept = tuple(line for line in looked if isinstance(line, Requirement))
        left_out = tuple(line for line in looked if isinstance(line, LeftOut))
        asked.append(replace(one, question=replace(one.question, requirements=kept, left_out=left_out)))
    return replace(inquiry, asked=tuple(asked))


def with_builds(inquiry: Inquiry, source: LiveSource, extras: Extras) -> Inquiry:
    """The question with what builds say in place of the projects of which only they know what is required.

    Raises InputError where a build fails, in a sentence.
    """
    asked = []
    for one in inquiry.asked:
        question, workspace = one.question, one.question.universal.workspace
        if workspace is None:
            lines = tuple(
                read
                for line in question.requirements
                for read in (
                    with_sources_of(_of_build(line, source, extras), one.policy, question.options.no_sources)
                    if is_to_build(line)
                    else (line,)
                )
            )
            question = msgspec.structs.replace(question, requirements=lines)
        else:
            question = question.of_workspace(_built_members(workspace, source))
        asked.append(msgspec.structs.replace(one, question=question))
    built = dict.fromkeys(line.text for line in inquiry.asked[0].question.requirements if is_to_build(line))
    warnings = (*inquiry.warnings, *(f"{path}: its requirements are what its build backend says" for path in built))
    return msgspec.structs.replace(inquiry, asked=tuple(asked), warnings=warnings)


def _of_build(line: Requirement, source: LiveSource, extras: Extras) -> tuple[Requirement, ...]:
    """What the build of a project says that it requires."""
    found = _built(line, source)
    sources = {canonicalize_name(name): listed for name, listed in found.sources.items()}
    return with_sources(told(line.text, found, extras), sources)


def _built_members(workspace: Workspace, source: LiveSource) -> Workspace:
    """The workspace with what builds say of the projects that are to be built."""
    members = []
    for member in workspace.members:
        line = next(filter(is_to_build, member.dependencies), None)
        if line is not None:
            found = _built(line, source)
            dependencies, optional = told_lists(line.text, found)
            built = msgspec.structs.replace(member, built=found.version, dependencies=dependencies, optional=optional)
        members.append(member if line is None else built)
    return msgspec.structs.replace(workspace, members=tuple(members))


def _built(line: Requirement, source: LiveSource) -> Metadata:
    """What the build of a project says. Raises InputError where it fails."""
    found = source.direct(msgspec.structs.replace(line, url=(line.url or "").removeprefix(DYNAMIC)))
    if isinstance(found, Unavailable):
        raise InputError(f"{line.text}: its build does not say what it requires: {found.detail or found.failure.value}")
    return found


def _looked_up(line: Requirement, target: Target, source: Source, takes: Sequence[_Takes]) -> Requirement | LeftOut:
    """A line whose direct reference can be read, or that has none."""
    is_away = line.url is not None and urlsplit(line.url).scheme not in ("file", "workspace")
    if not is_away or (line.name and line.applies(target.markers) is False):
        return line
    found = _taken(line, source, takes)
    if isinstance(found, Unavailable):
        if line.name and not found.failure.unknown:
            return line
        named = msgspec.structs.replace(line, name=line.name or _guessed_name(line.url or ""))
        if not isinstance(_taken(named, source, takes), Unavailable):  # a stand-in speaks for it
            return named
        return LeftOut(requirement=named, why=_why(found))
    if line.name:
        return line
    name = canonicalize_name(found.name)
    return msgspec.structs.replace(line, name=name) if name else LeftOut(requirement=line, why="it has no name")


def _taken(line: Requirement, source: Source, takes: Sequence[_Takes]) -> Metadata | Unavailable:
    """What a direct reference says to a resolver that can take it; what it says to the first, if none can."""
    said = [take(source.direct(line), line) for take in takes]
    return next((one for one in said if isinstance(one, Metadata)), said[0])


def _why(lost: Unavailable) -> str:
    """Why a line is left out, in a few words."""
    status = None if lost.status is None else f"status {lost.status}"
    return ": ".join(filter(None, (status, lost.detail))) or lost.failure.value


def _guessed_name(url: str) -> NormalizedName:
    """What a project is most likely called of which only the URL is known."""
    stem = PurePosixPath(urlsplit(url).path.partition("@")[0]).stem
    return canonicalize_name(re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-") or "unknown")


def with_sources_of(
    requirements: tuple[Requirement, ...], policy: Policy, without: frozenset[str]
) -> tuple[Requirement, ...]:
    """What a resolver is asked: a tool that reads no sources, what the requirements say without them."""
    if resolver_of(policy).behaviour.reads_sources:
        return applied(requirements, profile(policy), without=without)
    return tuple(map(unsourced, requirements))
