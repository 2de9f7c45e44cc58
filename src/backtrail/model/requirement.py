"""A requirement: what somebody asked for, in their own words, and where they wrote it."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

import msgspec
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as ParsedRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.lock import LockSource
from backtrail.model.record import Record

STDIN = "<stdin>"
"""The file that a line of standard input is from."""

DEEPEST = 200
"""Parentheses in parentheses of a marker at most; `packaging` reads no deeper."""

LONGEST_KEPT = 2000
"""Characters of specifiers that are remembered once parsed, at most: lines that each bound a project further, merged
line by line, would otherwise be kept in every length."""

_MOST_DIGITS = 4300  # Python's own limit, unless somebody changed it
_ENDLESS_NUMBER = re.compile(rf"[0-9]{{{_MOST_DIGITS + 1}}}")
_ENDLESS = "a number in it has too many digits"

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class Origin(Record, frozen=True, kw_only=True):
    """Where the author wrote a line. ``file`` is the path as the user named it; None: the command line."""

    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """``requirements.txt:4``; the command line has no place of its own."""
        return "command line" if self.file is None else f"{self.file}:{self.line}"


class Source(Record, frozen=True, kw_only=True):
    """Where a project is taken from instead of any index (``tool.uv.sources``).

    ``index`` is the only index to look at, ``url`` a direct reference or a member of the workspace. ``marker`` is where
    that counts, empty: everywhere; ``extra`` and ``group``: only for what one of these requires. ``editable`` is how a
    local project is wanted, None: it does not say. ``wrong`` is a sentence about what it names and is not there, which
    matters only to who follows it. ``locked_as`` is what a lock calls the place, None: what its URL says.
    ``names_index``: it is for an index, which may be ``wrong``.
    """

    index: str | None = None
    url: str | None = None
    marker: str = ""
    extra: NormalizedName | None = None
    group: NormalizedName | None = None
    editable: bool | None = None
    wrong: str | None = None
    locked_as: LockSource | None = None
    names_index: bool = False


_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class Requirement(Record, frozen=True, kw_only=True):
    """A project, the versions and extras wanted of it, and when (PEP 508).

    ``extras`` are normalised and keep the author's order. ``url`` is a direct reference (PEP 440), None for an index
    requirement. ``marker`` is in the words of `packaging`, escapes and all, so that it reads the same again. ``text``
    is what the author wrote. ``hashes`` are ``algorithm:hex``, from a requirements file only. ``origin`` is None for
    what a package's own metadata says. ``index`` is the only index to look at, None: those of the question. ``groups``
    are dependency groups asked for in place of the project itself, which only uv's lock does. ``sources`` are what its
    file says besides, which only uv reads; a question asked has none left. ``locked_as`` is what a lock calls the place
    of ``url``, None: what that says. ``pythons`` are specifiers of the Pythons that its groups are for, which only uv
    reads, too.
    """

    name: NormalizedName
    extras: tuple[NormalizedName, ...] = ()
    specifier: str = ""
    marker: str | None = None
    url: str | None = None
    text: str
    hashes: tuple[str, ...] = ()
    origin: Origin | None = None
    index: str | None = None
    groups: tuple[NormalizedName, ...] = ()
    sources: tuple[Source, ...] = ()
    locked_as: LockSource | None = None
    pythons: tuple[str, ...] = ()

    @property
    def specifiers(self) -> SpecifierSet:
        """The version specifiers, parsed once a text (PEP 440)."""
        return specifier_set(self.specifier)

    @property
    def parsed_marker(self) -> Marker | None:
        """The marker, parsed once a text (PEP 508)."""
        return None if self.marker is None else marker(self.marker)

    @property
    def is_editable(self) -> bool:
        """Whether an editable install is asked for (``-e PATH``)."""
        return self.text.startswith("-e ")

    @property
    def is_own_project(self) -> bool:
        """Whether a project in a folder here is asked for: what it requires is the user's to change."""
        url = self.url or ""
        return url.startswith("file:") and not url.partition("#")[0].endswith(_ARCHIVES)

    def rewritten(self, specifier: str) -> str:
        """The text of the same project with the same extras under the same marker, in other versions; "": in any."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f"; {self.marker}" if self.marker else ""
        return f"{self.name}{extras}{specifier}{marker}"

    def applies(self, environment: Mapping[str, str], extras: Iterable[str] = ()) -> bool | None:
        """Whether the marker holds without extras or for one of these; None where PEP 508 does not define that."""
        return True if self.marker is None else holds(self.marker, environment, extras)


def specifier_set(text: str) -> SpecifierSet:
    """Parse and remember; raises ``packaging.specifiers.InvalidSpecifier``, also where a number is none to Python.

    One longer than ``LONGEST_KEPT`` is not remembered.
    """
    return _kept_specifier_set(text) if len(text) <= LONGEST_KEPT else _specifier_set(text)


def _specifier_set(text: str) -> SpecifierSet:
    if _has_endless_number(text):
        raise InvalidSpecifier(_ENDLESS)
    return SpecifierSet(text)


_kept_specifier_set = lru_cache(maxsize=65536)(_specifier_set)


def _has_endless_number(text: str) -> bool:
    """Whether a number in it has more digits than Python converts, which `packaging` finds out when it compares."""
    return len(text) > _MOST_DIGITS and _ENDLESS_NUMBER.search(text) is not None


@lru_cache(maxsize=65536)
def marker(text: str) -> Marker:
    """Parse and remember; raises ``packaging.markers.InvalidMarker``."""
    try:
        return Marker(text)
    except RecursionError:
        raise InvalidMarker("it is nested too deeply") from None


def holds(text: str, environment: Mapping[str, str | AbstractSet[str]], extras: Iterable[str] = ()) -> bool | None:
    """Whether a marker holds without extras or for one of these; None where PEP 508 does not define that."""
    try:
        parsed = marker(text)
        return any(parsed.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
    except (ValueError, KeyError, RecursionError):  # comparisons and variables that `packaging` does not know
        return None


def marker_text(parsed: Marker) -> str:
    """A marker as text that reads the same again, as that of `packaging` does not where a value has a backslash."""
    return literal(str(parsed))


def literal(text: str) -> str:
    """Text whose quoted values are read letter by letter by `packaging`, which takes them for literals of Python."""
    if "\\" not in text and text.isprintable():
        return text
    return _QUOTED.sub(lambda found: "".join(map(_escaped, found[0])), text)


def _escaped(char: str) -> str:
    return char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode("ascii")


def is_too_deep(text: str) -> bool:
    """Whether a requirement's marker is nested deeper than we read. Where parentheses are left open nobody reads it."""
    if text.count("(") <= DEEPEST:
        return False
    depth = deepest = 0
    for parenthesis in re.findall(r"[()]", text):
        depth += 1 if parenthesis == "(" else -1
        deepest = max(deepest, depth)
    return deepest > DEEPEST and depth == 0


_EXTRAS = re.compile(r"[^\[]*\[([^\]]*)\]")


def written_extras(text: str) -> tuple[str, ...]:
    """The extras of a valid requirement in the author's order and spelling, which `packaging` does not keep."""
    found = _EXTRAS.match(text)
    return () if found is None else tuple(extra.strip() for extra in found[1].split(","))


class UnforeseenError(InvalidRequirement):
    """A requirement that `packaging` fails at and pip with it: more digits than Python converts, a marker too deep."""


@lru_cache(maxsize=65536)
def parse_requirement(text: str) -> Requirement:
    """Read one PEP 508 string as strictly as `packaging` does.

    Raises ``packaging.requirements.InvalidRequirement``, UnforeseenError where `packaging` itself fails.
    """
    try:
        parsed = ParsedRequirement(text)
        specifier = str(parsed.specifier)
        if _has_endless_number(specifier):  # in a marker it is for who evaluates it
            raise UnforeseenError(_ENDLESS)
        return Requirement(
            name=canonicalize_name(parsed.name),
            extras=tuple(dict.fromkeys(map(canonicalize_name, written_extras(text)))) if parsed.extras else (),
            specifier=",".join(part.strip() for part in specifier.split(",")),
            marker=None if parsed.marker is None else marker_text(parsed.marker),
            url=parsed.url,
            text=text,
        )
    except InvalidRequirement:
        raise
    except (ValueError, RecursionError) as error:
        raise UnforeseenError(str(error)) from None


def user_line(text: str) -> Requirement:
    """A requirement as if the user had named it on the command line. Raises as ``parse_requirement``."""
    return msgspec.structs.replace(parse_requirement(text), origin=Origin())
