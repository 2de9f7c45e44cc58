"""What the fields of a lock that was read must look like."""

from backtrail.inputs.recorded_universal import LOCK_FORMS
from backtrail.model.forms import (
    CONDITION,
    EXTRA,
    MOMENT,
    NAME,
    SPECIFIER,
    TEXT,
    VERSION,
    WORDS,
    Forms,
    number,
    or_nothing,
)
from backtrail.model.locked import LockedEdge, LockedVersion, LockFile

LOCKED_FORMS: Forms = {
    LockFile: {
        "file": TEXT,
        "made_by": WORDS,
        "command": TEXT,
        "requires_python": SPECIFIER,
        "origins": WORDS,
        "options": TEXT,
    },
    LockedVersion: {
        "name": NAME,
        "version": VERSION,
        "marker": CONDITION,
        "uploaded": MOMENT,
        "line": number(1, 2**31),
    },
    LockedEdge: {
        "name": NAME,
        "version": VERSION,
        "by": NAME,
        "by_version": VERSION,
        "extra": or_nothing(EXTRA),
        "group": WORDS,
        "specifier": TEXT,
        "marker": CONDITION,
        "origin": WORDS,
    },
    **LOCK_FORMS,
}
