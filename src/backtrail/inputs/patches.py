"""What a change does to the files that requirements stand in, as a unified diff. No file is written here."""

import difflib
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from io import StringIO

from backtrail.inputs.requirements_file import logical_lines
from backtrail.model.errors import InputError
from backtrail.model.finding import Amendment, Remedy, RemedyKind
from backtrail.model.question import Question
from backtrail.model.requirement import Origin, Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Read", "patch"]

Read = Callable[[str], bytes]
"""Reads a file; raises OSError."""

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")


def patch(remedy: Remedy, number: int, question: Question, read: Read) -> bytes:
    """The changed files of a fix as a unified diff for ``patch -p1`` and ``git apply``.

    Raises InputError where it is no line of a file, or where its line is not found as it was read.
    """
    texts: dict[str, _Text] = {}
    for one in (Amendment(kind=remedy.kind, change=remedy.change, of=remedy.of), *remedy.also):
        file, line = _place(one, number, question)
        if file not in texts:
            texts[file] = _Text(file, _decoded(file, read))
        texts[file].make(one, line, number)
    return "".join(text.difference() for text in texts.values()).encode("utf-8", "surrogateescape")


def _place(change: Amendment, number: int, question: Question) -> tuple[str, Origin]:
    """The file to change, and the line to change or to stand beside."""
    lines = question.requirements
    match change.kind:
        case RemedyKind.REPLACE | RemedyKind.RELAX | RemedyKind.DROP:
            found = next((one for one in (*lines, *question.constraints) if one.text == change.of), None)
        case RemedyKind.ORDER:
            found = next(iter(lines), None)
        case RemedyKind.ADD:
            found = next((one for one in reversed(lines) if _file(one) is not None), None)
        case RemedyKind.CONSTRAIN:
            found = next((one for one in reversed(question.constraints) if _file(one) is not None), None)
        case _:
            found = None
    file = None if found is None else _file(found)
    if found is not None and found.origin is not None and file is not None:
        return file, found.origin
    option = _option(change)
    if option is None:
        raise InputError(f"--fix {number}: no file has the line {change.of or change.change}")
    raise InputError(f"--fix {number} is an option, not a line of a file: {option}")


def _option(change: Amendment) -> str | None:
    """How a change is made where no file has its line; None: in no other way."""
    match change.kind:
        case RemedyKind.POLICY:
            return change.change
        case RemedyKind.PYTHON:
            return f"--python {change.change}"
        case RemedyKind.CONSTRAIN:
            return f"-c FILE, with the line {change.change}"
        case RemedyKind.BUILD_CONSTRAINT:
            return f"--build-constraint FILE, with the line {change.change}"
        case RemedyKind.EXTEND:
            return f"of [tool.uv], {change.change}"
        case RemedyKind.REQUIRES_PYTHON:
            return f"requires-python of the project, {change.change}"
        case RemedyKind.ADD | RemedyKind.ORDER | RemedyKind.REPLACE | RemedyKind.RELAX | RemedyKind.DROP:
            return None


def _file(line: Requirement) -> str | None:
    """The file that a line stands in, None: none that can be changed."""
    file = line.origin.file if line.origin is not None else None
    return None if file is None or "://" in file or file.startswith("<") else file


def _decoded(file: str, read: Read) -> str:
    try:
        return read(file).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from None


class _Text:
    """A file whose lines are changed."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._before = text.splitlines(keepends=True)
        # Lines keep their place: what comes beside one is put into it.
        self._after = list(self._before)
        self._end = "\r\n" if any(line.endswith("\r\n") for line in self._before) else "\n"

    def make(self, change: Amendment, origin: Origin, number: int) -> None:
        """Make a change at a line. Raises InputError where that has not what is to be changed."""
        place = (origin.line or 0) - 1
        if not 0 <= place < len(self._before):
            raise InputError(f"--fix {number}: {origin} is not there any more")
        is_toml = self._file.endswith(".toml")
        made = self._in_array(change, place) if is_toml else self._in_list(change, place)
        if made is None:
            raise InputError(f"--fix {number}: {origin} has hashes, which are those of another release")
        if not made or (is_toml and not _is_toml("".join(self._after))):
            raise InputError(f"--fix {number}: {origin} does not say it as a requirement: {change.of or change.change}")

    def _in_list(self, change: Amendment, place: int) -> bool | None:
        """The line of a requirements file, joined lines being one; None: its hashes are not those of another."""
        stretch = range(place, self._last(place) + 1)
        whole = "".join(self._before[one] for one in stretch)
        match change.kind:
            case RemedyKind.DROP:
                self._set(stretch, "")
            case RemedyKind.ORDER:
                self._after[place] = f"{change.change}{self._end}{self._after[place]}"
            case RemedyKind.ADD | RemedyKind.CONSTRAIN:
                last = self._after[stretch[-1]]
                self._after[stretch[-1]] = (
                    f"{last}{'' if last.endswith(self._end) else self._end}{change.change}{self._end}"
                )
            case _:
                _, said = next(iter(logical_lines(whole)), (0, ""))
                if "--hash" in said:
                    return None
                comment = re.search(r"\s+#.*", self._before[place]) if len(stretch) == 1 else None
                note = comment.group().rstrip() if comment else ""
                last = self._before[stretch[-1]]
                ends = last[len(last.splitlines()[0]) :]
                self._set(stretch, f"{change.change}{note}{ends}")
        return True

    def _last(self, place: int) -> int:
        while self._before[place].rstrip("\r\n").endswith("\\") and place + 1 < len(self._before):
            place += 1
        return place

    def _set(self, stretch: Sequence[int], text: str) -> None:
        for one in stretch:
            self._after[one] = ""
        self._after[stretch[0]] = text

    def _in_array(self, change: Amendment, place: int) -> bool:
        """A text of an array in a TOML file."""
        wanted = change.of
        line = self._after[place]
        found = [one for one in _QUOTED.finditer(line) if wanted is None or _value(one.group()) == wanted]
        if not found:
            return False
        item = found[0] if change.kind is RemedyKind.ORDER or wanted is not None else found[-1]
        alone = not line[: item.start()].strip()
        new = _written(change.change, item.group()[0])
        head, tail = line[: item.start()], line[item.end() :]
        match change.kind:
            case RemedyKind.DROP if alone and not re.sub(r"^\s*,?", "", tail).split("#")[0].strip():
                self._after[place] = ""
            case RemedyKind.DROP:
                self._after[place] = (
                    head + re.sub(r"^\s*,\s*", "", tail) if "," in tail else re.sub(r",\s*$", "", head) + tail
                )
            case RemedyKind.ORDER:
                self._after[place] = f"{head}{new},{self._end + head if alone else ' '}{item.group()}{tail}"
            case RemedyKind.ADD | RemedyKind.CONSTRAIN:
                rest = tail.removeprefix(",")
                self._after[place] = (
                    f"{head}{item.group()},{rest}{head}{new},{self._end}"
                    if alone and not rest.split("#")[0].strip()
                    else f"{head}{item.group()}, {new}{tail}"
                )
            case _:
                self._after[place] = f"{head}{new}{tail}"
        return True

    def difference(self) -> str:
        """The unified diff; lines end as they do in the file."""
        name = os.path.relpath(self._file).replace(os.sep, "/")
        # Requirements have more ends of lines than a patch, such as form feeds.
        before, after = (list(StringIO("".join(lines), newline="\n")) for lines in (self._before, self._after))
        parts = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
        return "".join(_ended(parts))


def _ended(parts: Iterator[str]) -> Iterator[str]:
    """Every line of a diff with an end, and what says that the file's last has none."""
    for part in parts:
        yield part if part.endswith("\n") else f"{part}\n\\ No newline at end of file\n"


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


def _value(quoted: str) -> str | None:
    try:
        found = tomllib.loads(f"value = {quoted}")["value"]
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _written(text: str, quote: str) -> str:
    """A text between quotes: those that are used beside it, or the others where it has such itself."""
    if quote in text:
        quote = "'" if quote == '"' else '"'
    return f"{quote}{text}{quote}"
