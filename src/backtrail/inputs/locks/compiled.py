"""What pip-compile and uv write as a list of requirements: pinned versions, and who asks for them in comments."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail import bounds
from backtrail.inputs.locks.made_by import Maker, maker_of
from backtrail.inputs.requirements_file import logical_lines, read_listed
from backtrail.model.errors import InputError
from backtrail.model.lock import LockSource
from backtrail.model.locked import LockedEdge, LockedVersion, LockFile, LockFormat
from backtrail.model.requirement import Requirement

_VIA = re.compile(r"#\s*via\b(?P<rest>.*)")
_MORE = re.compile(r"\s+#\s{2,}(?P<asker>\S.*)")
_FROM = re.compile(r"\s+#\s*from (?P<index>\S+)\s*")
_FILE = re.compile(r"(?P<option>-r|-c|--override|--build-constraint)\s+(?P<file>\S.*)")
_PROJECT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[(?P<extra>[^\]]*)\])?(?: \((?P<file>[^()]*)\))?")


class _Notes(NamedTuple):
    """The comments of one requirement: who asks, in the words of the file, and the index it is from."""

    askers: tuple[str, ...]
    place: str | None


def read_compiled(path: str, text: str) -> LockFile:
    """The lock. Raises InputError for a list in which some requirement names no single version."""
    notes = dict(_notes(text))
    maker = maker_of(text) or Maker(None, ())
    lines = list(logical_lines(text))
    read = read_listed(path, [one for one in lines if not one[1].startswith("-r")], environ={})
    edges = list(islice((edge for one in read.requirements for edge in _edges(one, notes)), bounds.ASKERS + 1))
    if len(edges) > bounds.ASKERS:
        raise InputError(f"{path!r} says more than {bounds.ASKERS} times who asks for what")
    return LockFile(
        file=path,
        format=LockFormat.COMPILED,
        made_by=maker.tool,
        command=maker.command,
        origins=tuple(dict.fromkeys(edge.origin for edge in edges if edge.origin is not None)),
        versions=tuple(_version(path, one, notes) for one in read.requirements),
        edges=tuple(edges),
        says_askers=bool(edges),
    )


def _version(path: str, requirement: Requirement, notes: dict[int, _Notes]) -> LockedVersion:
    line = None if requirement.origin is None else requirement.origin.line
    version, source = None, None
    if requirement.url is not None:
        kind = "git" if requirement.url.startswith("git+") else "url"
        source = LockSource(kind=kind, value=requirement.url)
    else:
        exact = re.fullmatch(r"===?\s*(?P<version>[^\s,*]+)", requirement.specifier)
        try:
            version = str(Version(exact["version"])) if exact else None
        except InvalidVersion:
            version = None
        if version is None:
            raise InputError(f"{path}:{line}: {requirement.text!r} names no single version, so this file is no lock")
        index = notes[line].place if line in notes else None
        source = None if index is None else LockSource(kind="registry", value=index)
    return LockedVersion(
        name=requirement.name, version=version, source=source, marker=requirement.marker or "", line=line
    )


def _edges(requirement: Requirement, notes: dict[int, _Notes]) -> Iterator[LockedEdge]:
    line = None if requirement.origin is None else requirement.origin.line
    for asker in notes[line].askers if line in notes else ():
        version = requirement.specifier.lstrip("= ") or None
        file, project = _FILE.fullmatch(asker), _PROJECT.fullmatch(asker)
        if file is not None:
            bounds = file["option"] != "-r"
            yield LockedEdge(name=requirement.name, version=version, origin=file["file"], constraint=bounds)
        elif project is not None and project["file"]:
            origin, _, group = project["file"].partition(":")
            yield LockedEdge(name=requirement.name, version=version, origin=origin, group=group)
        elif project is not None:
            yield LockedEdge(
                name=requirement.name,
                version=version,
                by=_name(project["name"]),
                extra=canonicalize_name(project["extra"] or ""),
            )


def _name(text: str) -> NormalizedName:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:  # the pattern is a little wider
        return canonicalize_name(text.strip("._-"))


def _notes(text: str) -> Iterator[tuple[int, _Notes]]:
    """By the first line of each requirement, what the comments on and below it say."""
    first, askers, index, listing, joined = 0, list[str](), None, False, False
    for number, line in enumerate(text.splitlines(), start=1):
        begins = bool(line.strip()) and not line[0].isspace() and not line.startswith(("#", "-"))
        if begins and not joined:
            if first:
                yield first, _Notes(tuple(askers), index)
            first, askers, index, listing = number, [], None, False
        joined = line.rstrip().endswith("\\")
        via, more, source = _VIA.search(line), _MORE.fullmatch(line), _FROM.fullmatch(line)
        if via is not None and first:
            askers += [one.strip() for one in via["rest"].split(",") if one.strip()]
            listing = not begins
        elif source is not None:
            index = source["index"]
        elif more is not None and listing:
            askers.append(more["asker"].strip())
    if first:
        yield first, _Notes(tuple(askers), index)
