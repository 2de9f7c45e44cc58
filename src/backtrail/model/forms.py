"""What the fields of a record from outside must look like: a Case comes from a stranger, and each field has a form."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.model.errors import InputError
from backtrail.model.files import File
from backtrail.model.lock import LockSource
from backtrail.model.metadata import Metadata
from backtrail.model.requirement import Source
from backtrail.model.safe_text import visible

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z", re.ASCII)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PLAIN_URL = re.compile(r"(?:https?|file)://[!-Z_-~]*")  # no brackets, nothing that `urlsplit` would object to
_OPTION = re.compile(r"--?[A-Za-z][A-Za-z-]*", re.ASCII)
_SHOWN = 100
_NOTHING_INSIDE = frozenset({str, int, float, bool, type(None)})


class Form(NamedTuple):
    """A form: ``says`` completes "is not …"; a value that ``holds`` raises ValueError for is not of it either."""

    says: str
    holds: Callable[[Any], bool]


Forms = Mapping[type, Mapping[str, Form]]
"""For records of each type the form of each field by its name, and under ``""`` that of the record as a whole."""


def check(record: msgspec.Struct, forms: Forms, where: str) -> None:
    """Raise InputError for the first field that is not of its form, with its place after ``where``, and its value.

    None is of every form, a sequence if each of its values is. What a type allows is not checked again.
    """
    try:
        _check(record, forms)
    except _FormError as error:
        place = "".join(reversed(error.path)).removeprefix(".")
        raise InputError(f"{where}{place}: {_shown(error.value)} is not {error.says}") from None


class _FormError(Exception):
    """``path`` is the way to the value, the last step first."""

    def __init__(self, value: object, says: str) -> None:
        super().__init__(says)
        self.value = value
        self.says = says
        self.path: list[str] = []


def _check(value: object, forms: Forms) -> None:
    own = forms.get(type(value), {})
    for step, one, form in _steps(value, own):
        try:
            if form is not None:
                _check_form(one, form)
            if (form is None or isinstance(one, Mapping)) and type(one) not in _NOTHING_INSIDE:
                _check(one, forms)
        except _FormError as error:
            error.path.append(step)
            raise
    if "" in own:
        _check_form(value, own[""])


def _steps(value: object, own: Mapping[str, Form]) -> Iterable[tuple[str, object, Form | None]]:
    """What is in a value: how to name it, itself, and its form."""
    if isinstance(value, msgspec.Struct):
        return [(f".{field}", getattr(value, field), own.get(field)) for field in value.__struct_fields__]
    if isinstance(value, Mapping):
        return [(f"[{_shown(key)}]", one, None) for key, one in value.items()]
    if isinstance(value, tuple | frozenset):
        return [(f"[{place}]", one, None) for place, one in enumerate(value)]
    return ()


def _check_form(value: object, form: Form) -> None:
    if isinstance(value, tuple | frozenset):
        for place, one in enumerate(value):
            if not _holds(form, one):
                error = _FormError(one, form.says)
                error.path.append(f"[{place}]")
                raise error
    elif value is not None and not _holds(form, value):
        raise _FormError(value, form.says)


def _holds(form: Form, value: object) -> bool:
    try:
        return form.holds(value)
    except (ValueError, RecursionError):  # what `packaging` and `urllib` raise, and int for too many digits
        return False


def _shown(value: object) -> str:
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # a number of more digits than Python prints
        text = "a number"
    return visible(repr(text[:_SHOWN]) if isinstance(value, str) else text[:_SHOWN])


def text_up_to(limit: int) -> Form:
    """Any text, up to so many characters."""
    return Form(f"a text of at most {limit} characters", lambda value: len(value) <= limit)


def one_of(values: Mapping[str, object] | frozenset[str] | tuple[str, ...], says: str) -> Form:
    """A word of a closed list."""
    return Form(f"{says} ({', '.join(sorted(values))})", lambda value: value in values)


def matching(pattern: str, says: str) -> Form:
    """Text that a regular expression matches as a whole."""
    compiled = re.compile(pattern, re.ASCII)
    return Form(says, lambda value: compiled.fullmatch(value) is not None)


def number(least: int, most: int) -> Form:
    """A number in these bounds."""
    return Form(f"a number from {least} to {most}", lambda value: least <= value <= most)


TEXT = text_up_to(100_000)
WORDS = Form("a short line of text", lambda value: len(value) <= 1000 and value.isprintable())
NAME = Form(
    "the normal form of a project's name (PEP 503)",
    lambda value: len(value) <= 1000 and canonicalize_name(value, validate=True) == value,
)
WRITTEN_NAME = Form(
    "a project's name (PEP 508)", lambda value: len(value) <= 1000 and bool(canonicalize_name(value, validate=True))
)
EXTRA = Form(
    "the normal form of an extra (PEP 685)",
    lambda value: len(value) <= 1000 and value.isprintable() and canonicalize_name(value) == value,
)
VERSION = Form("a version (PEP 440)", lambda value: len(value) <= 1000 and bool(Version(value)))
SPECIFIER = Form(
    "a version specifier (PEP 440)", lambda value: len(value) <= 20_000 and SpecifierSet(value) is not None
)
MARKER = Form("a marker (PEP 508)", lambda value: len(value) <= 20_000 and Marker(value) is not None)
MOMENT = Form(
    "a moment in UTC (2024-10-07T21:46:00Z)",
    lambda value: _MOMENT.fullmatch(value) is not None and datetime.fromisoformat(value[:-1]) is not None,
)
URL = Form("a URL", lambda value: len(value) <= 20_000 and _is_url(value))
DIGESTS = Form(
    "digests by algorithm",
    lambda value: all(len(name) <= 100 and len(digest) <= 1000 for name, digest in value.items()),
)
STATUS = number(100, 999)
FILENAME = text_up_to(1000)

FILE: Forms = {
    File: {
        "filename": FILENAME,
        "url": URL,
        "version": TEXT,
        "index": TEXT,
        "hashes": DIGESTS,
        "requires_python": TEXT,
        "uploaded": MOMENT,
        "yanked": TEXT,
        "metadata_hashes": DIGESTS,
        "size": number(0, 2**63),
    }
}

MANY = 1_000
"""Places of a release, extras and groups of a project: more than anybody has."""


def or_nothing(form: Form) -> Form:
    """A form whose values may also be empty."""
    return Form(f"{form.says}, or nothing", lambda value: value == "" or form.holds(value))


def keys(form: Form) -> Form:
    """A table whose keys are of a form."""
    return Form(f"a table by {form.says}", lambda table: len(table) <= MANY and all(map(form.holds, table)))


CONDITION = or_nothing(MARKER)
COMMIT = matching(r"[0-9a-f]{7,64}", "a commit")

METADATA: Forms = {
    Metadata: {
        "name": WRITTEN_NAME,
        "version": VERSION,
        "requires_dist": TEXT,
        "requires_python": TEXT,
        "provides_extra": TEXT,
        "file": TEXT,
        "sources": keys(NAME),
        "groups": keys(EXTRA),
        "commit": COMMIT,
        "digest": matching(r"\w{1,20}:[0-9a-f]{1,200}", "a digest (sha256:…)"),
    },
    Source: {"index": TEXT, "url": TEXT, "marker": CONDITION, "extra": EXTRA, "group": EXTRA, "wrong": TEXT},
    LockSource: {"kind": WORDS, "value": TEXT},
}


def _is_url(value: str) -> bool:
    if _PLAIN_URL.fullmatch(value):
        return True
    return _URL.match(value) is not None and urlsplit(value) is not None


def is_option(word: str) -> bool:
    """Whether a word is an option as it is typed: ``-i``, ``--index-url``."""
    return len(word) <= 100 and _OPTION.fullmatch(word) is not None
