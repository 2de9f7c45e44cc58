"""Two Cases, or two locks, held against each other: the pins that changed, and what changed them."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.finding import Finding
from backtrail.model.index_change import Published
from backtrail.model.project import Answer
from backtrail.model.record import Record
from backtrail.model.run import Run


class Kind(str, Enum):
    """What can differ between two Cases, or two locks."""

    REQUIREMENTS = "requirements"  # of one project: requirements, constraints, overrides
    INDEX = "index"  # the page of one project
    INDEX_CHANGES = "index-changes"  # what is asked of one project on the index as if it were so
    RESOLVER = "resolver"
    TARGET = "target"
    OPTIONS = "options"  # one of them, or where to look
    INSTALLED = "installed"  # of one project
    REQUESTER = "requester"  # a package that asks for the project; of locks
    UPGRADE = "upgrade"  # the old lock held a version, and it was taken anew; of locks
    MARKERS = "markers"  # where a version counts; of locks
    SOURCE = "source"  # where a version is taken from; of locks


class EventKind(str, Enum):
    """What can happen on an index to a version, to a file or (created, deleted) to a project."""

    RELEASED = "released"
    VANISHED = "vanished"
    YANKED = "yanked"
    UNYANKED = "unyanked"
    FILE_ADDED = "file-added"
    FILE_VANISHED = "file-vanished"
    REQUIRES_PYTHON = "requires-python"  # a file says another one now
    CREATED = "created"
    DELETED = "deleted"


class Unsolved(str, Enum):
    """Why the causes between two locks stand in the locks, and were not found by solving."""

    NO_INPUTS = "no-inputs"  # what one of them was made from is not here
    OTHER_INDEX = "other-index"  # a lock names one that is asked only if the user names it
    NO_SOLUTION = "no-solution"  # of what one of them was made from, today
    UNREAD = "unread"  # a page or a file could not be read
    BUDGET = "budget"
    REFUSED = "refused"  # the inputs cannot be read; ``unsolved_detail`` is the sentence


class Event(Record, frozen=True, kw_only=True):
    """Something that happened to a project on the index; ``version`` and ``file`` None: to more than one of them.

    ``uploaded`` is when a release came, where that was looked up (UTC, ISO 8601).
    """

    kind: EventKind
    project: NormalizedName
    version: str | None = None
    file: str | None = None
    uploaded: str | None = None


class Cause(Record, frozen=True, kw_only=True):
    """A thing that differs, shown to matter for a pin.

    ``about`` is the project (requirements, index, index changes, installed) or the option; None: all that differs of
    this kind.
    ``alone``: it suffices for the new pin; else the new pin is not there without it, and None where it is not known
    whether it suffices. ``events`` are what happened on the index. ``read``: it stands in two locks and was not tried
    by solving; where it does not suffice, it may be one of several. ``versions`` of a requester are those that ask in
    the words of ``old`` and ``new``; None: it is not there, empty: the lock names none. ``new`` of an upgrade are
    versions that there were newer ones than.
    """

    kind: Kind
    about: str | None
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    alone: bool | None = False
    events: tuple[Event, ...] = ()
    read: bool = False
    versions: tuple[str | None, str | None] = (None, None)


class Change(Record, frozen=True, kw_only=True):
    """A pin that differs. ``old`` and ``new`` are None where there is none, and empty where a lock names no version.

    ``causes`` is empty where nothing that differs matters by itself; ``known`` is False where that could not be seen,
    because the recordings do not reach far enough or the budget ran out, or the locks do not say it.
    """

    name: NormalizedName
    old: str | None
    new: str | None
    old_file: str | None = None
    new_file: str | None = None
    causes: tuple[Cause, ...] = ()
    known: bool = True


class Difference(Record, frozen=True, kw_only=True):
    """Two runs held against each other; ``differs`` are the things exchanged, whether they matter or not.

    Of two locks ``solved_with`` is the resolver that the causes were found with, None: they stand in the locks, and
    ``unsolved`` says why, ``unsolved_detail`` with which index, page or sentence.
    """

    old: Run
    new: Run
    changes: tuple[Change, ...] = ()
    differs: tuple[Cause, ...] = ()
    solves: int = 0
    solved_with: str | None = None
    unsolved: Unsolved | None = None
    unsolved_detail: str = ""


class WhatIf(Record, frozen=True, kw_only=True):
    """An answer for a changed index, held against that for the index as it is.

    ``differences`` are those of each run, in order. ``appeared`` are findings that are there with the change alone,
    ``vanished`` those that are there without it alone; one that is told of the same project in both is neither.
    ``answers`` are those on the index as it is, by run key, for ``why`` only. ``unmade`` could not be published, for
    the recording lacks files that an index has of the version: what that changes is not known.
    """

    differences: tuple[Difference, ...] = ()
    appeared: tuple[Finding, ...] = ()
    vanished: tuple[Finding, ...] = ()
    answers: dict[str, Answer] = {}
    unmade: tuple[Published, ...] = ()
