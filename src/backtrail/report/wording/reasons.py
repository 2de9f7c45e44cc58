"""Why files, versions and pages are refused or unusable."""

from collections.abc import Sequence

import msgspec

from backtrail.model.files import Unreadable
from backtrail.model.finding import NearestMiss, Refusals
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.trail import Because
from backtrail.model.verdict import Exclusion, Reason
from backtrail.report.layout import direction, refusing_clauses
from backtrail.report.lines import Spans, spans
from backtrail.report.wording.words import NAMES_SHOWN, file, listed, package, quote, release, specifier, version
from backtrail.standards.lenient import lenient_requirement


def exclusion(reason: str, value: str = "") -> Spans:
    """A reason for which a file is refused, said of the file; an unknown one as it stands."""
    try:
        known = Reason(reason)
    except ValueError:
        return spans(quote(reason))
    words = reason_words(known)
    return spans(words, " (", quote(value), ")") if value else spans(words)


def reason_words(reason: Reason) -> str:
    """A reason for which a file is refused."""
    match reason:
        case Reason.EXCLUDE_NEWER:
            return "uploaded after the cut-off"
        case Reason.NO_UPLOAD_TIME:
            return "no upload time, so the cut-off hides it"
        case Reason.NO_BINARY:
            return "a wheel, and wheels are forbidden"
        case Reason.ONLY_BINARY:
            return "an sdist, and sdists are forbidden"
        case Reason.YANKED:
            return "yanked"
        case Reason.TAG_INVALID:
            return "a wheel with unreadable tags"
        case Reason.TAG_PYTHON:
            return "for another Python implementation"
        case Reason.TAG_ABI:
            return "for another ABI"
        case Reason.TAG_ABI_FREE_THREADED:
            return "not for a free-threaded Python"
        case Reason.TAG_PYTHON_VERSION:
            return "for another Python version"
        case Reason.TAG_PLATFORM:
            return "for another platform"
        case Reason.SDIST_NAME:
            return "not a .tar.gz or .zip"
        case Reason.REQUIRES_PYTHON:
            return "Requires-Python excludes this Python"
        case Reason.INVALID_REQUIRES_PYTHON:
            return "unreadable Requires-Python"
        case Reason.HASH:
            return "none of the hashes asked for"
        case Reason.PRERELEASE:
            return "a pre-release"
        case Reason.INVALID_NAME:
            return "a file name that cannot be read"
        case Reason.UNCOVERED:
            return "no wheel for an environment that has to be covered"


def axis_name(axis: str) -> str:
    """What a wheel's tag can miss."""
    return {"python": "Python version", "abi": "ABI", "platform": "platform", "libc": "libc"}.get(axis, axis)


def nearest(miss: NearestMiss) -> Spans:
    """The file that comes nearest, and what it misses."""
    axes = listed((axis_name(axis) for axis in miss.axes), last="and")
    return spans("the nearest is ", file(miss.file), ", for another ", axes) if miss.axes else spans(file(miss.file))


def pythons(pythons: tuple[str, ...]) -> Spans:
    """``Python 3.10 and 3.11``."""
    return spans("Python ", listed((version(one) for one in pythons), last="and"))


def refusal(subject: str, group: Refusals) -> Spans:
    """Why a run of versions was refused, said of them: ``need numpy <2.1 or older``."""
    many = len(group.versions) > 1
    match group.because:
        case (
            Because.CONFLICT
            | Because.BACKJUMP
            | Because.DISPLACED
            | Because.ROLLBACK
            | Because.PRIORITY
            | Because.UNNEEDED
        ):
            return _contradiction(subject, group)
        case Because.FILES:
            reasons = listed((exclusion(one.reason, one.value) for one in group.exclusions), last="or", shown=2)
            return spans("no file can be used: ", reasons) if reasons else spans("no file can be used")
        case Because.REQUIRES_PYTHON:
            return spans(("exclude" if many else "excludes"), " this Python", requires_python_values(group.exclusions))
        case Because.METADATA:
            return spans("metadata cannot be used")
        case Because.EMPTY:
            return spans(("need" if many else "needs"), " what no version can meet", _wanted(group))
        case Because.NO_VERSION:
            return spans(("need" if many else "needs"), " a version that does not exist", _wanted(group))
        case Because.NOT_FOUND:
            return spans(("need" if many else "needs"), " a project that no index has", _wanted(group))
        case Because.UNREAD:
            return spans(("need" if many else "needs"), " what is on a page that could not be read", _wanted(group))
        case Because.SELF:
            return spans(("depend" if many else "depends"), " on another version of itself", _wanted(group))


def each_refused(name: str, group: Refusals) -> Spans:
    """Why each of several versions was refused, as one of them says it."""
    return refusal(name, msgspec.structs.replace(group, versions=group.versions[:1]))


def requires_python_values(exclusions: tuple[Exclusion, ...]) -> Spans:
    """``(Requires-Python <3.11)``; nothing where no value is known."""
    values = tuple(dict.fromkeys(one.value for one in exclusions if one.value))
    return spans(" (Requires-Python ", listed(map(specifier, values), last="or", shown=2), ")") if values else ()


def _need(requirement: Requirement) -> Spans:
    """``numpy <2.1``, however its author set the spaces."""
    bounds = "" if requirement.url else requirement.specifier
    return spans(package(requirement.name), " ", specifier(bounds)) if bounds else spans(package(requirement.name))


def _wanted(group: Refusals) -> Spans:
    return spans(": ", specifier(group.requirement)) if group.requirement else ()


def _contradiction(subject: str, group: Refusals) -> Spans:
    many = len(group.versions) > 1
    need = "need" if many else "needs"
    other = spans(" beside ", release(group.on, group.version)) if group.on and group.version else ()
    requirement = None if group.requirement is None else lenient_requirement(group.requirement)
    if group.requirement is None:
        beside = other or spans(" beside what was decided before")
        return spans("do not fit" if many else "does not fit", beside)
    if requirement is None:
        return spans(need, " ", specifier(group.requirement), other)
    if group.on is None or group.version is None:
        return spans(need, " ", _need(requirement))
    if requirement.name == subject != group.on:
        return spans("excluded by ", release(group.on, group.version), ", which needs ", specifier(group.requirement))
    clauses = refusing_clauses(requirement, group.version)
    if requirement.name != group.on or not clauses:
        return spans(need, " ", specifier(group.requirement), other)
    ways = {direction(clause, group.version) for clause in clauses}
    tail = f" or {ways.pop()}" if many and len(ways) == 1 and ways <= {"older", "newer"} else ""
    return spans(need, " ", package(group.on), " ", specifier(",".join(clauses)), tail)


def unavailable(reason: str) -> Spans:
    """Why ``why`` says no: no such version, none that fits, or none that policy allows."""
    match reason:
        case "not-found":
            return spans("there is no such project")
        case "no-version":
            return spans("no such version exists")
        case "first-index":
            return spans("only a later index has it")
        case "unknown":
            return spans("a page of the index could not be read")
        case Reason.EXCLUDE_NEWER | Reason.YANKED:
            return spans("it was ", exclusion(reason))
        case Reason.PRERELEASE:
            return spans("there are only pre-releases")
        case Reason.ONLY_BINARY:
            return spans("there are only sdists")
        case Reason.NO_BINARY:
            return spans("there are only wheels")
        case Reason.REQUIRES_PYTHON:
            return spans("none fits this Python")
        case (
            Reason.TAG_PYTHON
            | Reason.TAG_ABI
            | Reason.TAG_ABI_FREE_THREADED
            | Reason.TAG_PYTHON_VERSION
            | Reason.TAG_PLATFORM
        ):
            return spans("none fits this Python and platform")
        case _:
            return spans("every file is refused: ", exclusion(reason))


_UNAUTHORIZED = 401
_CREDENTIALS = (
    "; it asks for a user and password, which stand in its URL, in the .netrc file, in a keyring (--keyring-provider), "
    "or for a named index of uv in UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD"
)


def unread(page: Unreadable, *projects: str) -> Spans:
    """Why the pages of some projects on an index could not be read, and what would help; of none: why the index."""
    said = _unread(page, *projects)
    return spans(said, _CREDENTIALS) if page.reason == "unauthorized" and not page.detail else said


def _unread(page: Unreadable, *projects: str) -> Spans:
    if page.reason == "not-recorded":
        return spans(quote(page.detail or page.index), " is not in the recording")
    status = f" {page.status}" if page.status else ""
    names = listed(map(package, projects), shown=NAMES_SHOWN)
    of = spans("the page of " if len(projects) == 1 else "the pages of ", names, " on ") if projects else ()
    return spans(of, file(page.index), " could not be read (", quote(page.reason), status, tail(page.detail), ")")


def passed_over(page: Unreadable, projects: Sequence[str]) -> Spans:
    """Pages that could not be read, and that pip does without."""
    them = "it" if len(projects) == 1 else "them"
    return spans(_unread(page, *projects), f"; pip goes on without {them}")


def tail(detail: str) -> Spans:
    """A detail after a colon, if there is one."""
    return spans(": ", quote(detail)) if detail else ()


def unusable(lost: Unavailable) -> Spans:
    """A file that cannot be used, and why."""
    status = f" (status {lost.status})" if lost.status else ""
    help_ = _CREDENTIALS if lost.status == _UNAUTHORIZED and not lost.detail else ""
    return spans(file(lost.file), " ", failed(lost.failure), status, tail(lost.detail), help_)


def failed(failure: Failure) -> str:
    """Why metadata cannot be used."""
    match failure:
        case Failure.INVALID:
            return "has metadata that cannot be parsed"
        case Failure.INCONSISTENT:
            return "has metadata of another name or version"
        case Failure.STRUCTURE:
            return "is not a readable distribution"
        case Failure.BUILD_FAILED:
            return "has to be built, and the build fails"
        case Failure.BUILD_FORBIDDEN:
            return "has to be built, and builds are off (--build-sdists turns them on)"
        case Failure.NETWORK:
            return "could not be fetched"
        case Failure.STATUS:
            return "was not handed out by the index"
        case Failure.HASH:
            return "does not have the hash the index promised"
        case Failure.OFFLINE:
            return "is not in the cache, and the network is off"
        case Failure.TOO_LARGE:
            return "is too large to be read"
        case Failure.NOT_RECORDED:
            return "is not in the recording"
        case Failure.NO_UPLOAD_TIME:
            return "has no upload time, and under a cut-off pip does not go on without one"
