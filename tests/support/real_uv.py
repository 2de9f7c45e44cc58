"""The real uv: runs `uv pip compile` against an index and reads its verbose log."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from uv import find_uv_bin

from support.loopback import extra_urls, links_urls
from support.worlds import ForAll, Question, World, write_files

REPOSITORY = Path(__file__).parents[2]
TIMEOUT = 120  # seconds for one run; a run on a small world takes a fraction of one


class Outcome(Enum):
    """How a run ended: with pins, with the proof that there are none, or by an error."""

    SOLVED = "solved"
    IMPOSSIBLE = "impossible"
    ABORTED = "aborted"


class EventKind(Enum):
    """What a line of the log says; the names are uv's own words."""

    SEARCHING = "Searching"
    SELECTING = "Selecting"
    NO_VERSION = "No compatible version"
    DEPENDENCY_CONFLICT = "Recording dependency conflict"
    PROPAGATION_CONFLICT = "Recording unit propagation conflict"
    TOO_MANY_CONFLICTS = "too many conflicts"
    BACKTRACKED = "Backtracked"
    NOT_DECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the search.

    `node` is the package as uv prints it, with extra or marker (`a[x]`, `a{sys_platform == 'linux'}`); "" for
    Backtracked. `detail` is the range of Searching, the version of Selecting and of a dependency
    conflict, the role and action of too many conflicts, the number of decisions of Backtracked, else "".
    """

    kind: EventKind
    node: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UvAnswer:
    """What uv decided; `error` is "" if it solved."""

    outcome: Outcome
    pins: dict[str, str]
    events: tuple[Event, ...]
    error: str
    log: str
    lines: tuple[str, ...] = ()
    """The output as it stands."""
    forks: tuple[str, ...] = ()
    """The markers of the forks solved, in order; empty: not split."""

    @property
    def attempts(self) -> list[tuple[str, str]]:
        """Project and version of every `Selecting:` line, in order."""
        return [(event.node, event.detail) for event in self.events if event.kind is EventKind.SELECTING]


@dataclass(frozen=True, slots=True, kw_only=True)
class UvLock:
    """What `uv lock` wrote, the markers of the forks it solved in order, and the error if it wrote none."""

    outcome: Outcome
    text: str
    forks: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class RealUv:
    """An installed uv of a known version."""

    version: str
    executable: Path

    def resolve(self, world: World, index_url: str) -> UvAnswer:
        """Answer the question of a world whose mount gave this URL."""
        with tempfile.TemporaryDirectory(prefix="real-uv-files-") as folder:
            asked = write_files(world, Path(folder)) if world.referenced else world
            return self.compile(
                asked.question,
                index_url,
                extra_index_urls=extra_urls(world, index_url),
                find_links=links_urls(world, index_url),
            )

    def compile(
        self,
        question: Question,
        index_url: str,
        *,
        extra_index_urls: Iterable[str] = (),
        find_links: Iterable[str] = (),
        python: str = sys.executable,
    ) -> UvAnswer:
        """Run `uv pip compile` in an empty directory, with no cache, settings or variables of the user."""
        with tempfile.TemporaryDirectory(prefix="real-uv-") as scratch:
            command = [
                str(self.executable), "pip", "compile", "-", "-v",
                "--no-cache", "--no-annotate", "--no-header", "--no-progress",
                "--no-python-downloads", "--python", python, "--index-url", index_url,
                *(item for url in extra_index_urls for item in ("--extra-index-url", url)),
                *(item for location in find_links for item in ("--find-links", location)),
                *arguments(question, Path(scratch)),
            ]  # fmt: skip
            run = subprocess.run(
                command,
                input="".join(f"{line}\n" for line in question.requirements),
                capture_output=True,
                encoding="utf-8",
                cwd=scratch,
                env=environment(scratch, question.for_all),
                timeout=TIMEOUT,
                check=False,
            )
        log = plain(run.stderr)
        error = "" if run.returncode == 0 else error_of(log)
        return UvAnswer(
            outcome=outcome(run.returncode, error),
            pins=dict(read_pins(run.stdout)),
            events=tuple(read_events(log)),
            error=error,
            log=log,
            lines=tuple(run.stdout.splitlines()) if run.returncode == 0 else (),
            forks=tuple(read_forks(log)),
        )

    def lock(
        self, pyproject: str, index_url: str, *options: str, python: str = sys.executable, before: str | None = None
    ) -> UvLock:
        """Run `uv lock` with options on a project in an empty folder, or over the lock of `before`."""
        with tempfile.TemporaryDirectory(prefix="real-uv-") as scratch:
            folder = Path(scratch)
            (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
            if before is not None:
                (folder / "uv.lock").write_text(before, encoding="utf-8")
            command = [
                str(self.executable), "lock", "-v", "--no-cache", "--no-progress", "--no-python-downloads",
                "--python", python, "--default-index", index_url, *options,
            ]  # fmt: skip
            run = subprocess.run(
                command,
                capture_output=True,
                encoding="utf-8",
                cwd=scratch,
                env=environment(scratch, ForAll()),
                timeout=TIMEOUT,
                check=False,
            )
            written = folder / "uv.lock"
            text = written.read_text(encoding="utf-8") if run.returncode == 0 else ""
        log = plain(run.stderr)
        error = "" if run.returncode == 0 else error_of(log)
        return UvLock(outcome=outcome(run.returncode, error), text=text, forks=tuple(read_forks(log)), error=error)


def find_uv(version: str) -> RealUv | None:
    """Return the real uv of this version, or None if it is not installed.

    Looked for in `BACKTRAIL_UV_<version, dots as _>` (a path), in the virtual environment
    `.venv-uv-<version>` of the repository, and in the environment of the running Python.
    """
    bin_folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    named = os.environ.get(f"BACKTRAIL_UV_{version.replace('.', '_')}")
    places = [
        *([Path(named)] if named else []),
        REPOSITORY / f".venv-uv-{version}" / bin_folder / f"uv{suffix}",
        Path(find_uv_bin()),
    ]
    for place in places:
        if place.is_file() and _version(place) == version:
            return RealUv(version, place)
    return None


def _version(executable: Path) -> str:
    said = subprocess.run([str(executable), "--version"], capture_output=True, encoding="utf-8", check=True)
    return said.stdout.split()[1]


def environment(scratch: str, for_all: ForAll | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = {} if for_all else {"UV_NO_CONFIG": "1"}
    return {**kept, "HOME": scratch, "USERPROFILE": scratch, "NO_COLOR": "1", **own}


def arguments(question: Question, scratch: Path) -> Iterator[str]:
    yield from ("--python-version", question.python)
    for option, value in (
        ("--python-platform", question.python_platform),
        ("--prerelease", question.prerelease),
        ("--resolution", question.resolution),
        ("--exclude-newer", question.exclude_newer),
        ("--index-strategy", question.index_strategy),
    ):
        if value is not None:
            yield from (option, value)
    if question.for_all is not None:
        yield "--universal"
        yield from _for_all(question.for_all, scratch)
    yield from _output(question.output, scratch)
    if question.no_deps:
        yield "--no-deps"
    if question.no_index:
        yield "--no-index"
    for option, names in (("--only-binary", question.only_binary), ("--no-binary", question.no_binary)):
        for name in names:
            yield from (option, name)
    for option, lines in (
        ("--constraint", question.constraints),
        ("--override", question.overrides),
        ("--excludes", question.excludes),
    ):
        if lines:
            file = scratch / f"{option.strip('-')}s.txt"
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            yield from (option, file.name)


def _for_all(asked: ForAll, scratch: Path) -> Iterator[str]:
    """A project's settings and an output file, as uv reads them where it runs."""
    lists = {"environments": asked.environments, "required-environments": asked.required_environments}
    settings = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lists.items() if value)
    (scratch / "pyproject.toml").write_text(f"[tool.uv]\n{settings}", encoding="utf-8")
    if asked.fork_strategy is not None:
        yield from ("--fork-strategy", asked.fork_strategy)
    yield from _output(asked.output, scratch)


def _output(lines: tuple[str, ...], scratch: Path) -> Iterator[str]:
    """An output file that is there already."""
    if lines:
        (scratch / "output.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield from ("--output-file", "output.txt")


_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LEVEL = re.compile(r"^(?:TRACE|DEBUG|INFO|WARN|ERROR) (?P<message>.*)$")
_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PIN = re.compile(rf"^(?P<name>{_NAME})(?:==(?P<version>[^\s;]+)| @ (?P<url>\S+))")
_FORK = re.compile(r"^DEBUG (?:all marker environments|split `(?P<marker>.*)`) resolution took")
_EVENTS = (
    (
        EventKind.SEARCHING,
        re.compile(r"^Searching for a compatible version of (?P<node>.+?)(?: @ `?\S+?`?)? \((?P<detail>[^(]*)\)$"),
    ),
    (EventKind.SELECTING, re.compile(rf"^Selecting: (?P<node>{_NAME})==(?P<detail>\S+) \[\w+\]")),
    (EventKind.NO_VERSION, re.compile(r"^No compatible version found for: (?P<node>.+)$")),
    (
        EventKind.DEPENDENCY_CONFLICT,
        re.compile(r"^Recording dependency conflict of (?P<node>.+)==(?P<detail>\S+) from incompatibility of \("),
    ),
    (
        EventKind.PROPAGATION_CONFLICT,
        re.compile(r"^Recording unit propagation conflict of (?P<node>.+) from incompatibility of \("),
    ),
    (
        EventKind.TOO_MANY_CONFLICTS,
        re.compile(r"^Package (?P<node>.+) has too many conflicts (?P<detail>\(.+)$"),
    ),
    (EventKind.BACKTRACKED, re.compile(r"^Backtracked (?P<detail>\d+) decisions?$")),
    (EventKind.NOT_DECIDED, re.compile(r"^Package (?P<node>.+) is not decided, cannot backtrack$")),
)


def plain(text: str) -> str:
    """Return text without ANSI codes."""
    return _ANSI.sub("", text)


def read_events(log: str) -> Iterator[Event]:
    """Yield the steps of the search that a verbose log tells."""
    for line in log.splitlines():
        levelled = _LEVEL.match(line)
        if levelled is None:
            continue
        for kind, pattern in _EVENTS:
            match = pattern.match(levelled["message"])
            if match is not None:
                said = match.groupdict()
                yield Event(kind, said.get("node", ""), said.get("detail", ""))
                break


def read_forks(log: str) -> Iterator[str]:
    """Yield the marker of every fork that the log says was solved, in order."""
    for line in log.splitlines():
        match = _FORK.match(line)
        if match is not None:
            yield match["marker"] or ""


def read_pins(output: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of every pin in the output of `uv pip compile`; of a direct reference, its file's."""
    for line in output.splitlines():
        match = _PIN.match(line)
        if match is not None:
            yield match["name"], match["version"] or _version_of(match["url"])


def _version_of(url: str) -> str:
    filename = url.rpartition("/")[2]
    return filename.split("-")[1] if filename.endswith(".whl") else filename.removesuffix(".tar.gz").rpartition("-")[2]


def outcome(status: int, error: str) -> Outcome:
    if status == 0:
        return Outcome.SOLVED
    if "No solution found when resolving dependencies" in error:
        return Outcome.IMPOSSIBLE
    return Outcome.ABORTED


def error_of(log: str) -> str:
    said = (line for line in log.splitlines() if not _LEVEL.match(line) and not line.startswith("warning: "))
    return "\n".join(said).strip()
