"""The lines of a log without what CI systems put before them: times, steps of a build, colours."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from backtrail import bounds
from backtrail.inputs.file_kinds import DASH
from backtrail.model.errors import InputError
from backtrail.model.requirement import STDIN

MOST_BYTES = 64_000_000
"""What is read of a log at most; the longest seen, of pip with -vv, has 20 MB."""

LONGEST = 20_000
"""Characters of a line that are read; what is longer says nothing that we know."""

# Each is one bounded prefix, tried at the start of what is left: no pattern can take more than linear time.
_ANSI = re.compile(r"\x1b\[[0-9;?]{0,40}[ -/]{0,4}[@-~]|\\x1b\[[0-9;]{0,20}m|\x1b\][^\x07\x1b]{0,200}\x07")
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
# GitLab writes the number of a stream behind the time: "01O ", "01E+".
_MOMENT = re.compile(rf"\[?(?P<moment>{_TIME})\]?(?: |\t|$)(?:[0-9a-f]{{2}}[OE][ +])?")
_JOB = re.compile(r"(?P<stream>[^\t]{1,200}\t[^\t]{1,200})\t(?=\ufeff?\d{4}-\d\d-\d\dT)")
_DOCKER = re.compile(r"(?P<stream>#\d{1,6}) (?:\[[^\]]{1,200}\] ?)?(?:\d{1,8}\.\d{1,6} )?")
_OTHERS = tuple(
    map(
        re.compile,
        (
            r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})? ",
            r"section_(?:start|end):\d{1,12}:\S{1,200}(?: |$)",
            r" > \[[^\]]{1,200}\]:? ",
            r"\s{0,8}\d{1,8}\.\d{1,6} {1,4}(?=(?:TRACE|DEBUG|INFO|WARN|ERROR) )",
            r"\[[^\]\n]{1,40}\] (?=Collecting|INFO|ERROR|WARNING|DEBUG|TRACE|WARN|  )",
            r"(?:remote: |-----> )",
            r"##\[\w{1,20}\]",
        ),
    )
)
_COMPOSE = re.compile(r"(?P<stream>[\w.-]{1,60}) {1,40}\| ")
_AT_MOST = 6  # prefixes on prefixes


class LogLine(NamedTuple):
    """One line: its number in the file, its text, what of a CI job it belongs to, and its time (None: none)."""

    number: int
    text: str
    stream: str = ""
    moment: str | None = None


def read_text(path: str, stdin: Callable[[], bytes] | None) -> tuple[str, str]:
    """The name of a log and its text. Raises InputError for what cannot be read, or is no text."""
    if path == DASH:
        if stdin is None:
            raise InputError(f"{DASH}: there is no standard input")
        name, data = STDIN, stdin()
    else:
        name = path
        try:
            with Path(path).open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            raise InputError(f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{name}: a log of more than {MOST_BYTES // 1_000_000} MB is not read")
    if data.count(b"\n") > bounds.LOG_LINES:
        raise InputError(f"{name}: a log of more than {bounds.LOG_LINES} lines is not read")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what PowerShell's > writes
        return name, data.decode("utf-16", "replace")
    if b"\0" in data:
        raise InputError(f"{name!r} is a binary file, and not a log")
    return name, data.decode("utf-8-sig", "replace")


def log_lines(text: str) -> Iterator[LogLine]:
    """The lines of a text, without prefixes."""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if len(line) > LONGEST:
            line = line[:LONGEST]
        # A progress bar writes over itself: what stands last is what one sees.
        yield _stripped(number, _ANSI.sub("", line.rpartition("\r")[2]))


def _stripped(number: int, text: str) -> LogLine:
    stream, moment = "", None
    for _ in range(_AT_MOST):
        text = text.removeprefix("\ufeff")
        for pattern in (_JOB, _MOMENT, _DOCKER, _COMPOSE, *_OTHERS):
            found = pattern.match(text)
            if found is not None:
                break
        else:
            break
        groups = found.groupdict()
        stream = stream or groups.get("stream") or ""
        moment = moment or groups.get("moment")
        text = text[found.end() :]
    return LogLine(number, text, stream, moment)
