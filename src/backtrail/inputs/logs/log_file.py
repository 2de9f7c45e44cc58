"""A log, whoever wrote it: which tool it is of, which of its streams tells of a resolution, when and where it ran."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone

from backtrail.inputs.logs.error_text import asked_by, is_conflict_of_pip, python_of, statements
from backtrail.inputs.logs.log_lines import LogLine, log_lines, read_text
from backtrail.inputs.logs.pip_log import PipLog, is_pip_line
from backtrail.inputs.logs.uv_log import UvLog, is_uv_line, versions_of_direct
from backtrail.model.errors import InputError
from backtrail.model.log import Coverage, Direct, Log, Visit
from backtrail.model.requirement import Requirement
from backtrail.model.safe_text import without_secrets
from backtrail.model.trail import Outcome

_LINUX = re.compile(r"manylinux_2_(?P<minor>\d{1,3})_(?P<machine>\w{1,20}?)(?:\.|$)")
_OLD_LINUX = re.compile(r"manylinux(?:2014|2010|1)_(?P<machine>\w{1,20}?)(?:\.|$)")
_PLATFORMS = (
    (re.compile(r"musllinux_\d_\d{1,2}_x86_64"), "x86_64-unknown-linux-musl"),
    (re.compile(r"musllinux_\d_\d{1,2}_aarch64"), "aarch64-unknown-linux-musl"),
    (re.compile(r"win_amd64"), "x86_64-pc-windows-msvc"),
    (re.compile(r"win_arm64"), "aarch64-pc-windows-msvc"),
    (re.compile(r"macosx_\d{1,2}_\d{1,2}_arm64"), "aarch64-apple-darwin"),
    (re.compile(r"macosx_\d{1,2}_\d{1,2}_x86_64"), "x86_64-apple-darwin"),
)
_GLIBC = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)  # those that uv has names for
_LEAST_GLIBC = 28
_PYTHON = re.compile(r"-cp(?P<major>3)(?P<minor>\d{1,2})-cp3\d{1,2}-")


def read_log(path: str, stdin: Callable[[], bytes] | None = None) -> Log:
    """Read the log of uv or pip in a file, or ``-``. Raises InputError for what cannot be read, or is no such log."""
    name, text = read_text(path, stdin)
    lines = tuple(log_lines(text))
    streams: dict[str, list[LogLine]] = defaultdict(list)
    for line in lines:
        streams[line.stream].append(line)
    # Steps that run side by side have their names before their lines.
    found = [
        log
        for stream in streams.values()
        for log in (_as_uv(name, stream, lines), _as_pip(name, stream, lines))
        if log is not None
    ]
    best = max(found, key=_tells, default=None) or _as_message(name, lines)
    if best is None:
        raise InputError(
            f"{name!r}: no line of a log of uv or pip: write one with uv -v, or pip -v, and give all of it"
        )
    return best


def _tells(log: Log) -> tuple[int, int]:
    return len(log.visits), len(log.requirements) + len(log.statements)


def _as_uv(name: str, stream: Sequence[LogLine], lines: Sequence[LogLine]) -> Log | None:
    if not any(is_uv_line(line.text) for line in stream):
        return None
    read = UvLog(name)
    read.read(stream)
    largest = read.largest
    direct = tuple(versions_of_direct(largest))
    return Log(
        file=name,
        tool="uv",
        release=read.release,
        python=largest.target or largest.python,
        platform=None if largest.universal else _platform((one.file for one in largest.visits), read.build),
        cut_off=largest.cut_off,
        moment=_moment(stream),
        indexes=tuple(without_secrets(url) for url, _ in read.pages.most_common()),
        requirements=tuple(_referring(one, largest.direct.get(one.name)) for one in largest.requirements),
        stated=tuple(largest.stated),
        direct=direct,
        visits=tuple(largest.visits),
        pins=tuple(read.pins.values()) if _is_complete(read) else (),
        packages=read.packages,
        outcome=read.outcome,
        statements=statements(stream, name),
        coverage=Coverage(lines=len(lines), of_tool=read.levelled, understood=read.understood),
        runs=max(len(read.resolutions), 1),
        complete=not largest.lost,
        universal=largest.universal,
    )


def _is_complete(read: UvLog) -> bool:
    """Whether the pins printed are all that there are: of an install, those that were there are not among them."""
    return read.packages is not None and len(read.pins) == read.packages


def _as_pip(name: str, stream: Sequence[LogLine], lines: Sequence[LogLine]) -> Log | None:
    if not any(is_pip_line(line.text) for line in stream):
        return None
    read = PipLog(name)
    read.read(stream)
    files = [one.file for one in read.visits if one.file is not None]
    said = statements(stream, name)
    return Log(
        file=name,
        tool="pip",
        release=read.release,
        python=read.python or _python(files),
        platform=_platform(files, None),
        cut_off=read.cut_off,
        moment=_moment(stream),
        indexes=tuple(without_secrets(url.rstrip("/")) for url in read.indexes),
        requirements=read.requirements or asked_by(said),
        stated=tuple(read.stated),
        direct=tuple(read.direct.values()),
        visits=tuple(read.visits),
        pins=tuple(Visit(name=name, version=version) for name, version in read.pins.items()),
        packages=len(read.pins) or None,
        outcome=read.outcome,
        statements=said,
        coverage=Coverage(lines=len(lines), of_tool=read.lines, understood=read.understood),
    )


def _as_message(name: str, lines: Sequence[LogLine]) -> Log | None:
    """An error message alone, as people paste it; it does not say which release wrote it."""
    said = statements(lines, name)
    if not said:
        return None
    pip = any(is_conflict_of_pip(line.text) for line in lines)
    full = sum(1 for line in lines if line.text.strip())
    return Log(
        file=name,
        tool="pip" if pip else "uv",
        python=python_of(said),
        requirements=asked_by(said),
        moment=_moment(lines),
        outcome=Outcome.IMPOSSIBLE,
        statements=said,
        coverage=Coverage(lines=len(lines), of_tool=full, understood=full),
    )


def _referring(requirement: Requirement, one: Direct | None) -> Requirement:
    """The requirement with the address that uv looks for it at."""
    if one is None:
        return requirement
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    return Requirement(
        name=one.name, extras=requirement.extras, url=one.url, marker=requirement.marker,
        text=f"{one.name}{extras} @ {one.url}", origin=requirement.origin,
    )  # fmt: skip


def _moment(stream: Iterable[LogLine]) -> str | None:
    """The latest time on the lines, in UTC; a time without a zone is taken for UTC."""
    latest = max((line.moment for line in stream if line.moment is not None), default=None)
    if latest is None:
        return None
    text = re.sub(r"[.,]\d+", "", latest).replace("Z", "+00:00")
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    utc = read.replace(tzinfo=read.tzinfo or timezone.utc).astimezone(timezone.utc)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def _platform(files: Iterable[str | None], build: str | None) -> str | None:
    """The platform that wheels are for, as uv names it, else that which uv was built for; None: nothing tells."""
    glibc: dict[str, int] = {}
    for file in filter(None, files):
        tags = file.removesuffix(".whl").rpartition("-")[2]
        for pattern, platform in _PLATFORMS:
            if pattern.search(tags):
                return platform
        machine, minor = _linux(tags)
        if machine is not None:
            glibc[machine] = max(glibc.get(machine, _LEAST_GLIBC), minor)
    for machine, minor in glibc.items():
        named = min((one for one in _GLIBC if one >= minor), default=_GLIBC[-1])
        return f"{machine}-manylinux_2_{named}"
    if build is not None and build.endswith("-linux-gnu"):
        return f"{build.partition('-')[0]}-manylinux_2_{_LEAST_GLIBC}"
    return build


def _linux(tags: str) -> tuple[str | None, int]:
    found = list(_LINUX.finditer(tags))
    if found:
        # A file with several tags runs where the lowest of them does.
        return found[0]["machine"], min(int(one["minor"]) for one in found)
    old = _OLD_LINUX.search(tags)
    return (None, 0) if old is None else (old["machine"], 17)


def _python(files: Sequence[str]) -> str | None:
    """The Python that wheels are built for; None where none says it."""
    for found in filter(None, map(_PYTHON.search, files)):
        return f"{found['major']}.{found['minor']}"
    return None
