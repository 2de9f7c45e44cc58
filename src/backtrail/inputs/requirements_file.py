"""Requirement files as pip reads them: what is required, what constrains, and the run-wide options among the lines."""

import codecs
import locale
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from optparse import OptionParser, Values
from pathlib import Path
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

from backtrail import bounds
from backtrail.inputs.conda_builds import refuse_conda_builds
from backtrail.inputs.file_content import exists, file_bytes, is_folder
from backtrail.inputs.file_kinds import DASH, LISTS, Kind, kind_of, refuse
from backtrail.inputs.requirement_text import read_requirement
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.question import Setting
from backtrail.model.record import Record
from backtrail.model.requirement import STDIN, Origin, Requirement
from backtrail.model.safe_text import without_secrets

HASHES = ("sha256", "sha384", "sha512")

# A UTF-16 mark begins the UTF-32 one of the same byte order, so the longer come first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")  # PEP 263
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_COMMENT_LINE = re.compile(r"\s*#")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_REMOTE = re.compile(r"(https?|ftp):", re.IGNORECASE)

_FLAGS = ("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre")
_VALUES: tuple[tuple[str, ...], ...] = (
    ("--index-url", "-i", "--pypi-url"), ("--extra-index-url",), ("--find-links", "-f"), ("--no-binary",),
    ("--only-binary",), ("--all-releases",), ("--only-final",), ("--trusted-host",), ("--use-feature",),
    ("--requirement", "-r"), ("--constraint", "-c"), ("--editable", "-e"), ("--hash",),
    ("--config-settings", "--config-setting", "-C"),
)  # fmt: skip


Remote = Callable[[str], bytes]
"""Gives what stands behind a URL; raises IndexFailure."""


class Lines(Record, frozen=True, kw_only=True):
    """What requirement files say, in the order of their lines with includes expanded in place.

    ``settings`` are the run-wide options, named without dashes, credentials still in the URLs. ``warnings`` are
    sentences about what was read and has no effect. ``files`` are all that was read.
    """

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    settings: tuple[Setting, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def read_requirements_file(
    path: str,
    *,
    environ: Mapping[str, str],
    constraint: bool = False,
    stdin: Callable[[], bytes] | None = None,
    remote: Remote | None = None,
) -> Lines:
    """Read a file and all that it includes; ``-`` is what ``stdin`` gives. ``environ`` replaces ``${VARIABLES}``.

    A URL is what ``remote`` gives for it, None: it is refused. All that is included under a ``-c`` constrains, as in
    uv. Raises InputError, one sentence with file, line and value, at the first line that cannot be read.
    """
    reader = _Reader(environ=environ, stdin=stdin, remote=remote)
    reader.read(path, constraint=constraint, including={_identity(path): None}, origin=None)
    return reader.lines()


def read_listed(
    path: str, lines: Iterable[tuple[int, str]], *, environ: Mapping[str, str], remote: Remote | None = None
) -> Lines:
    """Read lines of a requirements file that stand in a file of another kind, each with its number there.

    Raises InputError as ``read_requirements_file`` does.
    """
    reader = _Reader(environ=environ, stdin=None, remote=remote, is_listed=True)
    reader.files.append(path)
    reader.take(path, list(lines), constraint=False, including={_identity(path): None})
    return reader.lines()


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined at trailing backslashes, without comments and blanks, numbered by their first line.

    A comment line ends a continuation. No space is put where lines are joined.
    """
    for number, joined in _joined(text):
        line = _COMMENT.sub("", joined).strip()
        if line:
            yield number, line


def _joined(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if parts else number
        if _COMMENT_LINE.match(line):
            yield first, "".join([*parts, " ", line])  # the space keeps it a comment behind what it is joined to
            parts = []
        elif line.endswith("\\"):
            parts.append(line.strip("\\"))
        else:
            yield first, "".join([*parts, line])
            parts = []
    if parts:
        yield first, "".join(parts)


def decode(data: bytes) -> tuple[str, str | None]:
    """The text of a file, and the encoding that had to be guessed from the locale, None if none had to.

    A byte order mark wins, then a PEP 263 comment in the first two lines, then UTF-8. Raises ValueError or LookupError.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding), None
    for line in data.split(b"\n")[:2]:
        declared = _CODING.search(line) if line.startswith(b"#") else None
        if declared is not None:
            return data.decode(declared[1].decode("ascii")), None
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        guess = locale.getpreferredencoding(do_setlocale=False)
        return data.decode(guess), guess


class _Reader:
    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        stdin: Callable[[], bytes] | None,
        remote: Remote | None,
        is_listed: bool = False,
    ) -> None:
        self._remote = remote
        self._is_listed = is_listed
        self._environ = environ
        self._stdin = stdin
        self._requirements: list[Requirement] = []
        self._constraints: list[Requirement] = []
        self._settings: list[Setting] = []
        self._warnings: list[str] = []
        self.files: list[str] = []
        self._left = bounds.LINES
        self._included = 0

    def lines(self) -> Lines:
        return Lines(
            requirements=tuple(self._requirements),
            constraints=tuple(self._constraints),
            settings=tuple(self._settings),
            warnings=tuple(self._warnings),
            files=tuple(self.files),
        )

    def read(self, path: str, *, constraint: bool, including: dict[str, str | None], origin: Origin | None) -> None:
        """Read one file. ``including`` are the files being read, each with the one that included it."""
        self.take(path, list(logical_lines(self._text(path, origin))), constraint=constraint, including=including)

    def take(
        self, path: str, lines: list[tuple[int, str]], *, constraint: bool, including: dict[str, str | None]
    ) -> None:
        """Read the lines of one file."""
        shown = STDIN if path == DASH else without_secrets(path)
        self._left -= len(lines)
        if self._left < 0:
            raise InputError(f"{shown}: with what it includes, or is included by, it has over {bounds.LINES} lines")
        long = next((number for number, line in lines if len(line) > bounds.LINE), None)
        if long is not None:
            raise InputError(f"{shown}:{long}: a line of more than {bounds.LINE} characters")
        refuse_conda_builds(STDIN if path == DASH else path, lines)
        for number, line in lines:
            here = Origin(file=shown, line=number)
            try:
                self._line(line, here, path, constraint=constraint, including=including)
            except InputError:
                kind = Kind.REQUIREMENTS if self._is_listed else kind_of(path)
                if kind is Kind.REQUIREMENTS or (number, line) != lines[0]:
                    raise
                # Not even the first line is one of such a list.
                raise refuse(path, kind) from None

    def _line(self, line: str, here: Origin, path: str, *, constraint: bool, including: dict[str, str | None]) -> None:
        written, _ = _split(line)
        words, rest = _split(self._expanded(line))
        options = _options(rest, here)
        editable = _first(options, "editable")
        if words or editable is not None:
            self._requirement(words, editable, written, options, here, constraint=constraint)
            return
        required = _first(options, "requirement")
        included = _first(options, "constraint") if required is None else required
        if included is None:
            self._run_wide(options, here)
            return
        if constraint and required is not None:
            self._warnings.append(f"{here}: -r inside a constraints file: pip reads {included} as requirements")
        nested = _relative(path, included)
        if _identity(nested) in including:
            again = including[_identity(nested)]
            raise InputError(
                f"{here}: {included!r} includes itself: {nested} is being read already"
                + (f", included by {again}" if again else "")
            )
        self._included += 1
        if self._included > bounds.INCLUDED or len(including) > bounds.INCLUDED_WITHIN:
            raise InputError(f"{here}: {included!r}: too many files are included, or one in the other")
        self.read(
            nested,
            constraint=constraint or required is None,
            including={**including, _identity(nested): path},
            origin=here,
        )

    def _text(self, path: str, origin: Origin | None) -> str:
        where = "" if origin is None else f"{origin}: "
        if _REMOTE.match(path):
            return self._fetched(path, where)
        if is_folder(path):
            raise InputError(f"{where}{path!r} is a folder: write -e {path} for the project in it")
        try:
            data = self._bytes(path)
        except (OSError, ValueError) as failure:
            why = failure.strerror if isinstance(failure, OSError) and failure.strerror else failure
            raise InputError(f"{where}{path!r} cannot be read: {why}") from None
        kind = kind_of(path.removeprefix("file://"))
        if kind not in LISTS:
            raise InputError(f"{where}{refuse(path, kind)}")
        try:
            text, guessed = decode(data)
        except (ValueError, LookupError) as failure:
            raise InputError(f"{where}{path!r} cannot be decoded: {failure}") from None
        if guessed is not None:
            self._warnings.append(f"{path} is not UTF-8: read as {guessed}, the encoding of the locale")
        return text

    def _fetched(self, url: str, where: str) -> str:
        """The text behind a URL. Raises InputError, and IndexFailure where it is not available."""
        shown = without_secrets(url)
        if self._remote is None or not url.lower().startswith("http"):
            raise InputError(f"{where}{shown!r} is not on this machine, and nothing is fetched here")
        kind = kind_of(urlsplit(url).path)
        if kind not in LISTS:
            raise InputError(f"{where}{refuse(shown, kind)}")
        try:
            return decode(self._remote(url))[0]
        except IndexFailure as failure:
            raise IndexFailure(f"{where}{shown!r} cannot be read: {failure}") from None
        except (ValueError, LookupError) as failure:
            raise InputError(f"{where}{shown!r} cannot be decoded: {failure}") from None

    def _bytes(self, path: str) -> bytes:
        if path == DASH:
            if self._stdin is None:
                raise ValueError("there is no standard input")
            return self._stdin()
        path = path.removeprefix("file://")
        self.files.append(path)
        return file_bytes(path)

    def _expanded(self, line: str) -> str:
        """A variable that is not set, or empty, stays as it is written."""
        return _VARIABLE.sub(lambda found: self._environ.get(found[1]) or found[0], line)

    def _requirement(
        self,
        words: str,
        editable: str | None,
        written: str,
        options: list[tuple[str, str]],
        origin: Origin,
        *,
        constraint: bool,
    ) -> None:
        ignored = [name for name, _ in options if name not in {"hash", "config-settings", "editable"}]
        if ignored:
            self._warnings.append(f"{origin}: --{ignored[0]} behind a requirement has no effect")
        requirement = read_requirement(
            words or editable or "",
            origin,
            editable=not words,
            constraint=constraint,
            hashes=tuple(_hash(value, origin) for name, value in options if name == "hash"),
            written=written or None,
        )
        (self._constraints if constraint else self._requirements).append(requirement)

    def _run_wide(self, options: list[tuple[str, str]], origin: Origin) -> None:
        links = 0
        for name, given in options:
            value = given
            if name == "hash":
                self._warnings.append(f"{origin}: --hash without a requirement has no effect")
                continue
            if name == "find-links":
                links += 1
                if links > 1:
                    self._warnings.append(f"{origin}: only the first --find-links of a line counts, not {value!r}")
                    continue
                beside = _relative(origin.file or "", value)
                value = beside if exists(beside) else value
            self._settings.append(Setting(name=name, value=value, origin=str(origin)))


class _LineOptions(OptionParser):
    """One line's options, in order, as (name, value). A parser of its own for each line keeps nothing between them."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(add_help_option=False)
        self.origin = origin
        self.found: list[tuple[str, str]] = []
        for name in _FLAGS:
            self.add_option(name, action="callback", callback=self._note, callback_args=(name,))
        for names in _VALUES:
            self.add_option(*names, action="callback", callback=self._note, callback_args=(names[0],), type="string")

    def _note(self, _option: object, _given: str, value: str | None, _parser: object, name: str) -> None:
        self.found.append((name.removeprefix("--"), "true" if value is None else value))

    def error(self, msg: str) -> NoReturn:
        raise InputError(f"{self.origin}: {msg}")


def _split(line: str) -> tuple[str, str]:
    """The requirement, which no shell rule touches (markers have quotes), and the options from the first ``-`` on."""
    words = line.split(" ")
    at = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:at]).strip(), " ".join(words[at:])


def _options(text: str, origin: Origin) -> list[tuple[str, str]]:
    if not text:
        return []
    parser = _LineOptions(origin)
    try:
        parser.parse_args(shlex.split(text), Values())
    except ValueError as failure:
        raise InputError(f"{origin}: {without_secrets(text)!r} cannot be split into options: {failure}") from None
    return parser.found


def _first(options: list[tuple[str, str]], wanted: str) -> str | None:
    return next((value for name, value in options if name == wanted), None)


def _hash(value: str, origin: Origin) -> str:
    algorithm, colon, digest = value.partition(":")
    if not colon or algorithm not in HASHES or not digest:
        raise InputError(f"{origin}: '--hash={value}' is not ALGORITHM:HEX with one of {', '.join(HASHES)}")
    return value


def _relative(including: str, path: str) -> str:
    """A path as the user would name it from where the including file's own path starts."""
    if _REMOTE.match(path):
        return path
    if _REMOTE.match(including):
        return urljoin(including, path)
    return os.path.normpath(Path(including).parent / path)


def _identity(path: str) -> str:
    return path if path == DASH or _REMOTE.match(path) else os.path.normcase(os.path.abspath(path))  # noqa: PTH100  never looks at the disk
