"""Gets an sdist's metadata by running its build backend (PEP 517), as pip and uv do; only if the user asked for it."""

import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pyproject_hooks
from packaging.requirements import InvalidRequirement

from backtrail import bounds, transient
from backtrail.index.build import unpack
from backtrail.index.build.build_environment import Environment, Run, install, make_environment, variables
from backtrail.index.build.hook_client import HookClient, can_fork
from backtrail.index.build.processes import ProcessError, Processes, Start, telling_line
from backtrail.index.build.sandbox import confined
from backtrail.model.files import File
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement, parse_requirement
from backtrail.model.safe_text import without_secrets
from backtrail.standards.build_system import BuildSystem, build_system
from backtrail.standards.core_metadata import parse_metadata

__all__ = ["TIME_LIMIT", "BuildError", "Builder", "Download", "Solve"]

TIME_LIMIT = 600.0
"""Seconds for one build, all its processes together."""

_LONGEST_DETAIL = 300

_MOST_CLIENTS = 8
"""Processes at most that wait with a backend imported; further backends are imported by each hook."""

Solve = Callable[[tuple[Requirement, ...]], Sequence[File | Path]]
"""Resolves build requirements to the wheels and sdists to install; raises BuildError where that cannot be done."""

Download = Callable[[File], Path]
"""Fetches a file and returns where it is; raises BuildError."""


class BuildError(Exception):
    """Why there is no build, in one line. ``failure`` is another than BUILD_FAILED where it could not be tried."""

    def __init__(self, why: str, failure: Failure = Failure.BUILD_FAILED) -> None:
        """Remember why."""
        super().__init__(why)
        self.failure = failure


_FAILURES = (BuildError, ProcessError, OSError, ValueError)


class _Work(Record, frozen=True, kw_only=True):
    """One build: the tree, what it wants, and when (``time.monotonic()``) it must be done."""

    tree: Path
    system: BuildSystem
    deadline: float


class Builder:
    """Builds sdists with one interpreter. Environments are made once for each set of build requirements.

    May be called from several threads, and then calls ``solve`` and ``download`` from them. Close it: everything it
    wrote is in one temporary folder.
    """

    def __init__(
        self,
        interpreter: str,
        *,
        solve: Solve,
        download: Download,
        time_limit: float = TIME_LIMIT,
        sandbox: str | None = None,
    ) -> None:
        """Prepare; nothing runs yet. ``sandbox`` is the program that hooks are confined with, None: they are not."""
        self._sandbox = sandbox
        self._interpreter = interpreter
        self._solve = solve
        self._download = download
        self._time_limit = time_limit
        self._closing = ExitStack()
        self._folder = self._closing.enter_context(transient.folder())
        self._temporary = self._folder / "temporary"
        self._temporary.mkdir()
        self._processes = transient.started(lambda: Processes(self._temporary))
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._spare: Environment | None = None
        self._downloaded: dict[str, Path] = {}
        self._environments: dict[tuple[Path, ...], Environment] = {}
        self._solved: dict[tuple[str, ...], tuple[Path, ...]] = {}
        self._wheels: dict[str, Path] = {}
        self._clients: dict[tuple[Path, str], HookClient | None] = {}
        self._building = threading.local()

    def __enter__(self) -> "Builder":  # noqa: PYI034  Self is of Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def prepare_venv(self) -> None:
        """Make a venv for whichever environment is made first."""
        with suppress(*_FAILURES), self._maker("venv"):  # whoever needs it will meet the same failure
            folder = Path(tempfile.mkdtemp(dir=self._folder), "env")
            self._spare = make_environment(self._interpreter, folder, self._runner(self._deadline()))

    def prepare_environment(self) -> None:
        """Make the environment that most builds ask for: that of a project that says nothing of how it is built."""
        with suppress(*_FAILURES):
            self._environment(BuildSystem().requires, self._deadline())

    def stop(self) -> None:
        """Kill the builds under way; they and later ones end as failed."""
        self._processes.kill()

    def call_off(self, file: File) -> None:
        """Kill the build of a file, which is not begun again; what it had done for others stays done."""
        self._processes.kill_for(file.url)

    def close(self) -> None:
        """Remove everything that was unpacked, installed and built. Nobody may be building any more."""
        self.stop()
        transient.let_go(self._processes)
        self._closing.close()

    def __call__(self, file: File) -> Metadata | Unavailable:
        """Build the metadata of an sdist; Unavailable BUILD_FAILED says why not in one line."""
        try:
            with self._begun(file.url), self._unpacked(self._fetched(file)) as tree:
                data = self._metadata(tree)
        except _FAILURES as error:
            return self._failed(error, file.filename)
        return parse_metadata(data, file=file, source=MetadataSource.BUILT)

    def build_local(self, path: Path, subdirectory: str = "") -> bytes | Unavailable:
        """Build METADATA of an archive on disk, or of a source tree where it stands, as both tools do."""
        try:
            with self._begun(str(path)), self._tree(path) as tree:
                return self._metadata(tree / subdirectory)
        except _FAILURES as error:
            return self._failed(error, path.name)

    def _failed(self, error: Exception, file: str) -> Unavailable:
        inside = re.escape(str(self._folder)) + r"([\\/]\w+)?"
        detail = " ".join(re.sub(inside, "", without_secrets(str(error))).split())
        return Unavailable(failure=Failure.BUILD_FAILED, file=file, detail=detail[:_LONGEST_DETAIL])

    def _metadata(self, tree: Path) -> bytes:
        with self._scratch() as out:
            hooks = self._hooks(tree)
            name = _text(_called(lambda: hooks.prepare_metadata_for_build_wheel(str(out))))
            with (out / Path(name).name / "METADATA").open("rb") as stream:
                return stream.read(bounds.METADATA + 1)

    def _wheel(self, found: File | Path) -> Path:
        """A wheel to install: the file itself, or what its sdist builds to."""
        key, name = (str(found), found.name) if isinstance(found, Path) else (found.url, found.filename)
        wheel = self._wheels.get(key)
        if wheel is None:
            path = found if isinstance(found, Path) else self._fetched(found)
            wheel = self._wheels[key] = path if name.endswith(".whl") else self._built_wheel(key, path)
        return wheel

    def _fetched(self, file: File) -> Path:
        """Where a file is, downloaded once."""
        with self._maker(file.url):
            path = self._downloaded.get(file.url)
            if path is None:
                path = self._downloaded[file.url] = self._download(file)
        return path

    def _built_wheel(self, key: str, sdist: Path) -> Path:
        out = Path(tempfile.mkdtemp(dir=self._folder))
        with self._begun(key), self._unpacked(sdist) as tree:
            hooks = self._hooks(tree)
            return out / Path(_text(_called(lambda: hooks.build_wheel(str(out))))).name

    def _hooks(self, tree: Path) -> pyproject_hooks.BuildBackendHookCaller:
        """The backend of a tree, in an environment with everything it asks for."""
        system = _build_system(tree)
        work = _Work(tree=tree, system=system, deadline=self._deadline())
        hooks = self._caller(work, system.requires)
        more = _called(hooks.get_requires_for_build_wheel)
        if not isinstance(more, list) or not all(isinstance(text, str) for text in more):
            raise BuildError("the build backend names its requirements in a form that is none")
        return self._caller(work, (*system.requires, *more)) if more else hooks

    def _caller(self, work: _Work, requires: tuple[str, ...]) -> pyproject_hooks.BuildBackendHookCaller:
        environment = self._environment(requires, work.deadline)
        starts = self._starts(environment, work.system)

        def runner(command: Sequence[str], cwd: str | None = None, extra: Mapping[str, str] | None = None) -> None:
            control = Path(command[-1])  # the folder of pyproject_hooks for what is asked of a hook, and its answer
            transient.hold(control)
            self._closing.callback(transient.forget, control)
            environ = self._variables(environment) | dict(extra or {})
            if self._sandbox is not None:
                command = self._confined(command, environment, cwd or work.tree, control)
            self._run(command, environ, work.deadline, cwd=cwd, start=starts)
            _drop_warnings(control / "output.json")

        path = work.system.backend_path
        return pyproject_hooks.BuildBackendHookCaller(
            str(work.tree),
            work.system.build_backend,
            backend_path=[path] if isinstance(path, str) else list(path),
            runner=lambda command, cwd=None, extra_environ=None: runner(command, cwd, extra_environ),
            python_executable=str(environment.python),
        )

    def _starts(self, environment: Environment, system: BuildSystem) -> Start | None:
        """How hooks of a backend that was installed are started; None: in the ordinary way."""
        if system.backend_path or self._sandbox is not None or not can_fork():
            return None
        key = (environment.folder, system.build_backend)
        with self._maker(key):
            if key not in self._clients and len(self._clients) < _MOST_CLIENTS:
                self._clients[key] = None
                with suppress(OSError):
                    self._clients[key] = started = HookClient(
                        environment.python,
                        system.build_backend,
                        cwd=environment.folder,
                        environ=self._variables(environment),
                    )
                    self._processes.hold(started)
        client = self._clients.get(key)
        return None if client is None else client.start

    def _environment(self, requires: tuple[str, ...], deadline: float) -> Environment:
        wheels = self._solved.get(requires)
        if wheels is None:
            found = self._solve(_requirements(requires))
            wheels = self._solved[requires] = tuple(sorted(self._wheel(part) for part in found))
        with self._maker(wheels):
            environment = self._environments.get(wheels)
            if environment is None:
                environment = self._venv(deadline)
                install(wheels, environment, self._runner(deadline))
                self._environments[wheels] = environment
        return environment

    def _venv(self, deadline: float) -> Environment:
        """The venv that was made ahead, or a new one."""
        with self._maker("venv"):
            spare, self._spare = self._spare, None
        if spare is not None:
            return spare
        folder = Path(tempfile.mkdtemp(dir=self._folder), "env")
        return make_environment(self._interpreter, folder, self._runner(deadline))

    def _variables(self, environment: Environment) -> dict[str, str]:
        """Those of a backend, whose temporary files are removed with everything else."""
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary))
        if self._sandbox is not None:
            own["HOME"] = str(self._temporary)
        return variables(environment, confined=self._sandbox is not None) | own

    def _confined(self, command: Sequence[str], environment: Environment, tree: Path | str, control: Path) -> list[str]:
        assert self._sandbox is not None
        readable = (*environment.bases, Path(command[1]).parent)  # the interpreter, and the program that calls a hook
        writable = (self._folder, Path(tree), control)
        return confined(self._sandbox, command, readable=readable, writable=writable, folder=tree)

    def _runner(self, deadline: float) -> Run:
        return lambda command, environ: self._run(command, environ, deadline)

    def _run(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        deadline: float,
        *,
        cwd: str | None = None,
        start: Start | None = None,
    ) -> str:
        return self._processes.run(
            command, cwd=cwd, environ=environ, deadline=deadline, start=start, purpose=next(iter(self._stack()), None)
        )

    def _deadline(self) -> float:
        return time.monotonic() + self._time_limit

    def _maker(self, key: Hashable) -> threading.Lock:
        """Held by the thread that makes a thing, while others that need it wait. No build may begin meanwhile."""
        with self._lock:
            return self._making.setdefault(key, threading.Lock())

    @contextmanager
    def _begun(self, key: str) -> Iterator[None]:
        """Note in this thread what is being built, so that what needs itself to be built is found out."""
        stack = self._stack()
        if key in stack:
            raise BuildError("it needs itself to be built")
        stack[key] = None
        try:
            yield
        finally:
            del stack[key]

    def _stack(self) -> dict[str, None]:
        """What this thread builds: first what somebody wants, then what each needs to be built."""
        stack: dict[str, None] = self._building.__dict__.setdefault("stack", {})
        return stack

    @contextmanager
    def _tree(self, path: Path) -> Iterator[Path]:
        if path.is_dir():
            yield path
        else:
            with self._unpacked(path) as tree:
                yield tree

    @contextmanager
    def _unpacked(self, sdist: Path) -> Iterator[Path]:
        with self._scratch() as folder:
            command = [sys.executable, "-I", "-S", unpack.__file__, str(sdist), str(folder)]
            self._run(command, variables(None), self._deadline())
            yield unpack.tree_in(folder)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def _called(hook: Callable[[], Any]) -> Any:
    """What a hook returns; raises BuildError for a backend that is not there or does not keep to PEP 517."""
    try:
        return hook()
    except pyproject_hooks.BackendUnavailable as error:
        why = telling_line(error.traceback or "") or f"its build backend cannot be imported: {error.backend_name}"
        raise BuildError(why) from error
    except (pyproject_hooks.HookMissing, pyproject_hooks.UnsupportedOperation, KeyError, TypeError) as error:
        raise BuildError(f"its build backend cannot do what PEP 517 asks: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BuildError("its build backend names no result")
    return value


def _requirements(texts: Sequence[str]) -> tuple[Requirement, ...]:
    try:
        return tuple(parse_requirement(text) for text in texts)
    except InvalidRequirement as error:
        raise BuildError(f"a build requirement cannot be read: {error}") from error


def _drop_warnings(output: Path) -> None:
    """Take a backend's words to its authors out of a hook's answer.

    Else pyproject_hooks issues them here, where filters are those of the whole process.
    """
    with suppress(OSError, ValueError, RecursionError):  # what is no answer is found by who reads it
        if output.stat().st_size > bounds.METADATA:
            output.write_text("{}", encoding="utf-8")  # nobody reads on
        answer = json.loads(output.read_text(encoding="utf-8"))
        if isinstance(answer, dict) and answer.pop("warnings", None):
            output.write_text(json.dumps(answer), encoding="utf-8")


def _build_system(tree: Path) -> BuildSystem:
    pyproject = tree / "pyproject.toml"
    try:
        return build_system(pyproject.read_text(encoding="utf-8") if pyproject.is_file() else None)
    except ValueError as error:
        raise BuildError(f"pyproject.toml: {error}") from error
