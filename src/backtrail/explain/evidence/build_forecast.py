"""What can be known of a build without running it: what it requires, what its backend and its setup.py use."""

from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace
from packaging.requirements import InvalidRequirement
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.setup_scripts import SetupScripts
from backtrail.explain.evidence.trail_files import file_read
from backtrail.model.files import File, FileKind
from backtrail.model.finding import BuildDoomed, DoomReason, Gone
from backtrail.model.metadata import Failure, SdistContents, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, parse_requirement
from backtrail.model.run import Pin, Run
from backtrail.model.source import Source
from backtrail.model.trail import Outcome, Read
from backtrail.resolvers.registry import resolver_of
from backtrail.setup_py.cython_command import calls_cython_sources
from backtrail.setup_py.gone import CYTHON_SOURCES, backports, gone, provider
from backtrail.setup_py.interpreter import Stop, TooMuchError, rehearse
from backtrail.setup_py.keywords import parse_script
from backtrail.standards.build_system import BuildSystem, build_system

_LONGEST_MESSAGE = 300

_DEEPEST = 3
"""Sdists that have to be built one before the other, at most."""

_TAKEN_FOR_GRANTED = frozenset({"setuptools", "wheel"})
"""Projects of which there is always a release, where nothing bounds it from above."""

Solve = Callable[[Question], Run]


class UnsureError(Exception):
    """What a build would install is not known."""


class Forecasts:
    """Looks at sdists, each once for a Python and constraints of builds; what they require is solved if it matters."""

    def __init__(self, source: Source, policy: Policy, solve: Solve, scripts: SetupScripts) -> None:
        """Nothing is read yet. ``solve`` answers for the same resolver."""
        self._source = source
        self._policy = policy
        self._solve = solve
        self._scripts = scripts
        self._known: dict[object, BuildDoomed | None] = {}
        self._runs: dict[object, Run] = {}

    def of(self, file: File, version: str, question: Question, depth: int = 0) -> BuildDoomed | None:
        """Why the build of an sdist fails, or may; None: nothing is known against it."""
        key = file.url, question.target.python, _said(question.build_constraints)
        if key not in self._known:
            self._known[key] = None  # what needs itself to be built
            self._known[key] = self._forecast(file, version, question, depth)
        return self._known[key]

    def _forecast(self, file: File, version: str, question: Question, depth: int) -> BuildDoomed | None:
        contents = self._source.sdist(file)
        if not isinstance(contents, SdistContents):
            return None
        try:
            system = build_system(contents.pyproject)
        except ValueError:
            return None
        apart = contents.pyproject is not None or resolver_of(self._policy).behaviour.isolates_builds
        installed = _Installed(self, system if apart else None, question)
        look = _Look(contents, system, installed, version, file, self._scripts)
        try:
            found = self._required(look, question, depth) if apart else None
        except UnsureError:
            found = None
        return found or look.backend() or look.script()

    def _required(self, look: "_Look", question: Question, depth: int) -> BuildDoomed | None:
        """What the build requires is not available, or cannot be built itself."""
        if not any(map(_is_bounded, look.installed.requirements)):
            return None
        run = look.installed.run()
        if run.outcome is Outcome.IMPOSSIBLE:
            wanted = [one for one in look.installed.requirements if self._is_impossible((one,), question)]
            text = ", ".join(one.text for one in wanted[:1] or look.installed.requirements)
            return look.found(DoomReason.REQUIREMENT, requirement=text)
        for pin, file in self._to_build(run, question) if depth < _DEEPEST else ():
            inner = self.of(file, pin.version, question, depth + 1)
            if inner is not None and inner.certain:
                return look.through(pin, inner)
        return None

    def _is_impossible(self, requirements: tuple[Requirement, ...], question: Question) -> bool:
        return self.run(requirements, question).outcome is Outcome.IMPOSSIBLE

    def _to_build(self, run: Run, question: Question) -> list[tuple[Pin, File]]:
        """The sdists among what a build requires, also the one that nobody can tell what it requires itself."""
        found = [(pin, pin.file) for pin in run.pins if pin.file is not None and pin.file.kind is FileKind.SDIST]
        failure = run.failure
        if isinstance(failure, Unavailable) and failure.failure is Failure.BUILD_FORBIDDEN:
            read = next((one for one in run.trail if isinstance(one, Read) and one.file == failure.file), None)
            file = None if read is None else self.file(read, question)
            if read is not None and file is not None:
                found.append((Pin(name=NormalizedName(read.name), version=file.version), file))
        return found

    def file(self, read: Read, question: Question) -> File | None:
        """A file that a run read; None: it is in no place that is asked."""
        if read.version is None or read.file is None:
            return None
        return file_read(NormalizedName(read.name), read.version, read.file, question, self._policy, self._source)

    def run(self, requirements: tuple[Requirement, ...], question: Question) -> Run:
        """Solve what a build requires, each once."""
        asked = question.to_build(requirements)
        key = _said(requirements), question.target.python, _said(question.build_constraints)
        if key not in self._runs:
            self._runs[key] = self._solve(asked)
        return self._runs[key]


class _Installed:
    """What is installed for a build, solved when the first asks for something that is not in its words."""

    def __init__(self, forecasts: Forecasts, system: BuildSystem | None, question: Question) -> None:
        """``system`` None: what is there already, which nobody knows."""
        self._forecasts = forecasts
        self._question = question
        self._apart = system is not None
        self.python = question.target.python_version
        self.full_python = question.target.python
        self.requirements: tuple[Requirement, ...] = ()
        with suppress(InvalidRequirement):
            found = map(parse_requirement, system.requires if system is not None else ())
            self.requirements = tuple(one for one in found if one.applies(question.target.markers) is not False)

    def run(self) -> Run:
        """What solving gives. Raises UnsureError where nobody knows."""
        if not self._apart:
            raise UnsureError
        return self._forecasts.run(self.requirements, self._question)

    def has(self, name: NormalizedName) -> bool:
        """Whether a project is installed. Raises UnsureError."""
        return any(one.name == name for one in self.requirements) or self.version(name) is not None

    def is_free(self, name: NormalizedName) -> bool:
        """Whether it is, and nothing keeps it from being the newest."""
        said = [one for one in (*self.requirements, *self._question.build_constraints) if one.name == name]
        named = any(one.name == name for one in self.requirements)
        return named and self._question.options.exclude_newer is None and not any(map(_is_capped, said))

    def version(self, name: NormalizedName) -> Version | None:
        """The version of a project, None: it is not installed. Raises UnsureError."""
        run = self.run()
        if run.outcome is not Outcome.SOLVED:
            raise UnsureError
        pin = run.pin(name)
        return None if pin is None else Version(pin.version)


class _Look:
    """One sdist, looked at."""

    def __init__(
        self,
        contents: SdistContents,
        system: BuildSystem,
        installed: _Installed,
        version: str,
        file: File,
        scripts: SetupScripts,
    ) -> None:
        self.installed = installed
        self._contents = contents
        self._system = system
        self._version = version
        self._file = file
        self._scripts = scripts

    def backend(self) -> BuildDoomed | None:
        """The backend is not installed, or does not run on this Python."""
        why = None if self._system.backend_path else self._gone(self._system.module.partition(".")[0])
        return None if why is None else self.found(DoomReason.GONE, gone=why)

    def script(self) -> BuildDoomed | None:
        """The setup.py uses what is not there, or ends itself."""
        text = self._contents.setup_py
        script = None if text is None or not self._system.runs_setup_py else parse_script(text)
        if script is None or isinstance(script, str):
            return None
        try:
            stops = rehearse(script, self.installed.full_python, lambda what: self._gone(what) is not None)
        except TooMuchError:
            return None
        stop = next((one for one in stops if one.certain), None) or next((one for one in stops if one.missing), None)
        if stop is not None:
            return self._stopped(stop)
        line = calls_cython_sources(script)
        why = None if line is None else self._gone(CYTHON_SOURCES)
        without = why is None or why.version is None  # without Cython the script goes another way
        return None if without else self.found(DoomReason.GONE, gone=why, line=line)

    def _stopped(self, stop: Stop) -> BuildDoomed | None:
        if stop.missing is not None:
            why = self._gone(stop.missing)
            return self.found(DoomReason.GONE, gone=why, line=stop.line, certain=stop.certain)
        guards = self._scripts.guards(self._file, self.installed.full_python)
        if isinstance(guards, str) or any(guard.line == stop.line for guard in guards):
            return None  # it is the Python that it refuses (BT104)
        message = None if stop.message is None else " ".join(stop.message.split())[:_LONGEST_MESSAGE]
        return self.found(DoomReason.STOPS, line=stop.line, message=message)

    def _gone(self, what: str) -> Gone | None:
        own = provider(what)
        if own is not None and self._file.filename.lower().startswith(f"{own}-"):
            return None  # it is the project itself
        if not {one.name for one in self.installed.requirements}.isdisjoint(backports(what)):
            return None
        with suppress(UnsureError):
            return gone(what, self.installed.python, self.installed)
        return None

    def found(
        self,
        because: DoomReason,
        *,
        certain: bool = True,
        gone: Gone | None = None,
        line: int | None = None,
        message: str | None = None,
        requirement: str | None = None,
    ) -> BuildDoomed:
        """What is known against the build."""
        return BuildDoomed(
            version=self._version,
            file=self._file.filename,
            because=because,
            certain=certain,
            gone=gone,
            line=line,
            message=message,
            requirement=requirement,
        )

    def through(self, pin: Pin, inner: BuildDoomed) -> BuildDoomed:
        """The same of an sdist that has to be built before."""
        through = (f"{pin.name}=={pin.version}", *inner.through)
        return replace(inner, version=self._version, file=self._file.filename, through=through)


def _is_bounded(requirement: Requirement) -> bool:
    """Whether it may be that no release will do."""
    return _is_capped(requirement) or requirement.name not in _TAKEN_FOR_GRANTED


def _is_capped(requirement: Requirement) -> bool:
    """Whether newer releases may be left out."""
    return requirement.url is not None or any(one.operator not in {">=", ">"} for one in requirement.specifiers)


def _said(requirements: tuple[Requirement, ...]) -> tuple[str, ...]:
    return tuple(one.text for one in requirements)
