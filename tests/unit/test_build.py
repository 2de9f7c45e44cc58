"""Building metadata with small backends of our own, on the Python that runs the tests."""

import contextlib
import io
import os
import shutil
import socket
import sys
import sysconfig
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from backtrail import transient
from backtrail.index.build.builder import Builder, BuildError
from backtrail.index.build.hook_client import can_fork
from backtrail.index.build.sandbox import find_sandbox
from backtrail.index.build.unpack import unpack_sdist
from backtrail.model.errors import InputError
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.requirement import Requirement

IN_TREE = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'

PREPARES = """
import os
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    os.mkdir(os.path.join(folder, "foo-1.0.dist-info"))
    with open(os.path.join(folder, "foo-1.0.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: foo\\nVersion: 1.0\\nRequires-Dist: numpy\\n")
    return "foo-1.0.dist-info"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    raise NotImplementedError
"""

BUILDS_WHEELS = """
import os, zipfile
NAME = "foo-1.0-py3-none-any.whl"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(folder, NAME), "w") as wheel:
        wheel.writestr("foo.py", "WORD = 'built'")
        wheel.writestr("foo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: foo\\nVersion: 1.0\\n")
        wheel.writestr("foo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0")
        wheel.writestr("foo-1.0.dist-info/RECORD", "")
    return NAME
"""


def sdist(folder: Path, name: str = "foo", **texts: str) -> File:
    """Write an sdist; keywords are its files, ``_`` standing for the dot: ``backend_py``."""
    path = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for key, text in texts.items():
            info = tarfile.TarInfo(f"{name}-1.0/{key.replace('_', '.')}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return File(filename=path.name, url=path.as_uri(), version="1.0", kind=FileKind.SDIST)


def wheel(folder: Path, name: str, **texts: str) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for key, text in texts.items():
            archive.writestr(key.replace("_", "."), text)
        archive.writestr(f"{name}-1.0.dist-info/entry_points.txt", f"[console_scripts]\nsay-{name} = {name}:say\n")
        archive.writestr(f"{name}-1.0.data/scripts/run-{name}", "#!python\nprint('run')\n")
    return path


Build = Callable[..., Metadata | Unavailable]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Build an sdist made of texts, with nothing to install."""

    def solve(requirements: Sequence[Requirement]) -> tuple[File, ...]:
        if requirements:
            raise BuildError(f"no {requirements[0].name} here")
        return ()

    def download(file: File) -> Path:
        return tmp_path / file.filename

    with Builder(sys.executable, solve=solve, download=download, time_limit=60) as builder:

        def run(**texts: str) -> Metadata | Unavailable:
            return builder(sdist(tmp_path, **texts))

        yield run


def why(found: Metadata | Unavailable) -> str:
    assert isinstance(found, Unavailable), found
    assert found.failure is Failure.BUILD_FAILED
    assert "\n" not in found.detail
    return found.detail


def test_a_backend_that_prepares_metadata_builds_nothing(build: Build) -> None:
    found = build(pyproject_toml=IN_TREE, backend_py=PREPARES)
    assert isinstance(found, Metadata), found
    assert (found.name, found.requires_dist, found.source) == ("foo", ("numpy",), MetadataSource.BUILT)
    assert found.source.verified


def test_a_backend_that_cannot_prepare_builds_a_wheel(build: Build) -> None:
    found = build(pyproject_toml=IN_TREE, backend_py=BUILDS_WHEELS)
    assert isinstance(found, Metadata), found
    assert (found.version, found.requires_dist) == ("1.0", ())


def test_metadata_of_another_version_is_inconsistent(build: Build) -> None:
    found = build(pyproject_toml=IN_TREE, backend_py=PREPARES.replace("Version: 1.0", "Version: 2.0"))
    assert isinstance(found, Unavailable)
    assert found.failure is Failure.INCONSISTENT


def test_a_guard_in_the_backend_is_quoted(build: Build) -> None:
    text = "raise RuntimeError('only versions >=3.6,<3.10 are supported')"
    assert why(build(pyproject_toml=IN_TREE, backend_py=text)).endswith("only versions >=3.6,<3.10 are supported")


def test_a_backend_that_imports_what_is_gone_is_quoted(build: Build) -> None:
    said = why(build(pyproject_toml=IN_TREE, backend_py="import no_such_module"))
    assert said == "ModuleNotFoundError: No module named 'no_such_module'"


def test_an_exit_is_quoted_with_what_it_says(build: Build) -> None:
    backend = PREPARES + "\nimport sys\ndef get_requires_for_build_wheel(config=None):\n    sys.exit('no compiler')\n"
    assert why(build(pyproject_toml=IN_TREE, backend_py=backend)) == "no compiler"


@pytest.mark.parametrize(
    ("pyproject", "backend", "says"),
    [
        (IN_TREE.replace('"backend"', '"nowhere"'), "", "nowhere"),
        (IN_TREE, "import os\nos._exit(3)", "status 3"),
        (IN_TREE, PREPARES + "\ndef get_requires_for_build_wheel(config=None): return 7", "in a form that is none"),
        (IN_TREE, PREPARES.replace('return "foo', 'return 7 or "foo'), "names no result"),
        (IN_TREE, PREPARES.replace('return "foo', 'return "/etc/bar'), "METADATA"),
        (IN_TREE.replace("[]", '["gibberish here"]'), "", "a build requirement cannot be read"),
        (IN_TREE.replace("[]", '["setuptools"]'), "", "no setuptools here"),
        (IN_TREE.replace("requires = []\n", ""), "", "build-system without requires"),
        ("[build-system", "", "pyproject.toml: "),
        ("[build-system]\nrequires = 3", "", "pyproject.toml: "),
        ("[project]\nname = 'foo'", "", "no setuptools here"),
    ],
)
def test_what_stops_a_build_is_one_line(build: Build, pyproject: str, backend: str, says: str) -> None:
    assert says in why(build(pyproject_toml=pyproject, backend_py=backend))


def test_a_build_without_end_is_stopped(tmp_path: Path) -> None:
    backend = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    file = sdist(tmp_path, pyproject_toml=IN_TREE, backend_py=backend)
    with Builder(
        sys.executable, solve=lambda _: (), download=lambda _: tmp_path / file.filename, time_limit=2
    ) as builder:
        assert why(builder(file)) == "it took too long and was stopped"


def test_build_requirements_are_installed_with_their_scripts(tmp_path: Path) -> None:
    helper = wheel(tmp_path, "helper", helper_py="def say(): print('from the script')\n")
    backend = PREPARES.replace("import os", "import os, subprocess, helper").replace(
        "return", "print(subprocess.check_output(['run-helper']))\n    assert b'script' in subprocess.check_output("
        "['say-helper'])\n    return", 1)  # fmt: skip
    file = sdist(tmp_path, pyproject_toml=IN_TREE.replace("[]", '["helper>=1"]'), backend_py=backend)
    asked = []

    def solve(requirements: Sequence[Requirement]) -> tuple[Path, ...]:
        asked.append([requirement.text for requirement in requirements])
        return (helper,)

    with Builder(sys.executable, solve=solve, download=lambda _: tmp_path / file.filename) as builder:
        assert isinstance(builder(file), Metadata)
        assert isinstance(builder(file), Metadata)
    assert asked == [["helper>=1"]]


def test_a_build_requirement_that_reaches_into_the_interpreter_ends_the_build(tmp_path: Path) -> None:
    helper = wheel(tmp_path, "helper")
    landed = Path(sysconfig.get_path("stdlib"), f"{tmp_path.name}.py")
    with zipfile.ZipFile(helper, "a") as archive:
        archive.writestr(f"helper-1.0.data/stdlib/{landed.name}", "")
    file = sdist(tmp_path, pyproject_toml=IN_TREE.replace("[]", '["helper"]'), backend_py=PREPARES)
    try:
        with Builder(sys.executable, solve=lambda _: (helper,), download=lambda _: tmp_path / file.filename) as builder:
            said = why(builder(file))
        assert said.startswith("helper-1.0-py3-none-any.whl cannot be installed: no file of a wheel may stand at ")
        assert not landed.exists()
    finally:
        landed.unlink(missing_ok=True)


def test_a_build_requirement_that_is_an_sdist_is_built_first(tmp_path: Path) -> None:
    part = sdist(tmp_path, pyproject_toml=IN_TREE, backend_py=BUILDS_WHEELS)
    backend = PREPARES.replace("foo", "whole").replace("import os", "import os, foo\nassert foo.WORD == 'built'")
    backend += "\ndef get_requires_for_build_wheel(config=None): return ['foo']\n"
    late = backend.replace("import os, foo\nassert foo.WORD == 'built'", "import os")
    whole = sdist(tmp_path, "whole", pyproject_toml=IN_TREE, backend_py=late)
    with Builder(
        sys.executable,
        solve=lambda requirements: (part,) if requirements else (),
        download=lambda file: tmp_path / file.filename,
    ) as builder:
        found = builder(whole)
    assert isinstance(found, Metadata), found
    assert found.name == "whole"


def test_an_sdist_that_needs_itself_is_not_built_for_ever(tmp_path: Path) -> None:
    file = sdist(tmp_path, pyproject_toml=IN_TREE.replace("[]", '["foo"]'), backend_py=BUILDS_WHEELS)
    with Builder(sys.executable, solve=lambda _: (file,), download=lambda _: tmp_path / file.filename) as builder:
        assert why(builder(file)) == "it needs itself to be built"


def test_settings_of_other_tools_do_not_reach_a_build(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "PIP_INDEX_URL", "UV_INDEX_URL", "PYTHONPATH", "BACKTRAIL_X", "AWS_PROFILE", "GITHUB_TOKEN", "MY_API_KEY",
        "DB_PASSWORD",
    )  # fmt: skip
    for name in names:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("SERVICE", "postgres://anna:secret@db.example/")
    monkeypatch.setenv("MIRROR", "https://secret@mirror.example/simple")
    monkeypatch.setenv("REPOSITORY", "ssh://git@host.example/a")
    backend = f"import os\nassert 'secret' not in str(os.environ)\nassert 'REPOSITORY' in os.environ\n{PREPARES}"
    assert isinstance(build(pyproject_toml=IN_TREE, backend_py=backend), Metadata)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    file = sdist(tmp_path, pyproject_toml=IN_TREE, backend_py=PREPARES)
    with Builder(sys.executable, solve=lambda _: (), download=lambda _: tmp_path / file.filename) as builder:
        assert isinstance(builder(file), Metadata)
        assert list(scratch.iterdir())
    assert list(scratch.iterdir()) == []


def test_the_folder_in_which_a_hook_is_asked_is_cleared_away_when_the_program_is_ended(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made by the library that calls hooks, whose own clearing away the end of the program does not wait for."""
    run = Builder._run
    folders: list[Path] = []

    def watched(self: Builder, command: Sequence[str], *arguments: Any, **options: Any) -> str:
        if "_in_process" in command[1]:  # a hook, not the making of an environment
            folders.append(Path(command[-1]))
            assert (folders[-1] / "input.json").is_file()
            assert folders[-1] in transient._places
        return run(self, command, *arguments, **options)

    monkeypatch.setattr(Builder, "_run", watched)
    assert isinstance(build(pyproject_toml=IN_TREE, backend_py=PREPARES), Metadata)
    assert len(folders) == 2
    assert not any(folder.exists() for folder in folders)


def test_several_threads_share_an_environment_and_nobody_hears_what_backends_warn_of(tmp_path: Path) -> None:
    backend = "import warnings\n" + PREPARES.replace("):", "):\n    warnings.warn('to its author')", 1)
    file = sdist(tmp_path, pyproject_toml=IN_TREE, backend_py=backend)
    found: list[Metadata | Unavailable] = []
    with Builder(sys.executable, solve=lambda _: (), download=lambda _: tmp_path / file.filename) as builder:
        threads = [threading.Thread(target=lambda: found.append(builder(file))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [type(one) for one in found] == [Metadata] * 4


INSTALLED = '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n'

HOOK = "\ndef get_requires_for_build_wheel(config_settings=None):\n    "


FOLDERS = "raise OSError(sys.argv[1], [p for p in map(os.path.basename, sys.path) if p in ('index', '_in_process')])"


@pytest.fixture(params=[True, False], ids=["forked", "started"])
def forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether hooks go on from a process that has the backend imported, or begin anew."""
    if request.param and not can_fork():
        pytest.skip("no process forks on this system")
    monkeypatch.setattr("backtrail.index.build.builder.can_fork", lambda: request.param)
    return bool(request.param)


@contextlib.contextmanager
def installed(folder: Path, backend: str, *, time_limit: float = 60) -> Iterator[tuple[Builder, File]]:
    """A builder, and an sdist whose backend is a wheel that it requires."""
    part, file = wheel(folder, "backend", backend_py=backend), sdist(folder, pyproject_toml=INSTALLED)
    with Builder(
        sys.executable,
        solve=lambda requirements: (part,) if requirements else (),
        download=lambda _: folder / file.filename,
        time_limit=time_limit,
    ) as builder:
        yield builder, file


def test_a_backend_is_imported_once_for_all_builds_and_no_hook_sees_what_another_left(
    tmp_path: Path, forked: bool
) -> None:
    log = tmp_path / "log"
    backend = PREPARES.replace("):", "):\n    assert not LEFT and 'LEFT' not in os.environ", 1)
    backend += f"LEFT = []\nwith open({str(log)!r}, 'a') as log: log.write('imported ')\n"
    backend += HOOK + "LEFT.append(1); os.environ['LEFT'] = '1'; return []\n"
    with installed(tmp_path, backend) as (builder, file):
        found = [builder(file) for _ in range(2)]
    assert [type(one) for one in found] == [Metadata] * 2
    assert log.read_text().split() == ["imported"] * (1 if forked else 4)


@pytest.mark.parametrize(
    ("backend", "says"),
    [
        ("raise RuntimeError('not on this Python')", "RuntimeError: not on this Python"),
        ("import os\nos._exit(3)", "it ended with status 3 and said nothing"),
        (f"import os{HOOK}os._exit(3)", "it ended with status 3 and said nothing"),
        (f"import os{HOOK}os.kill(os.getpid(), 9)", "it ended with status -9 and said nothing"),
        (f"import sys{HOOK}sys.exit('no compiler')", "no compiler"),
        (f"import sys{HOOK}print('x' * 200_000); sys.exit('input ' + repr(sys.stdin.read()))", "input ''"),
        (f"import subprocess{HOOK}raise OSError(subprocess.call(['sh', '-c', 'exit 7']))", "OSError: 7"),
        (f"import os, sys{HOOK}{FOLDERS}", "OSError: [Errno get_requires_for_build_wheel] []"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="shells and signals are those of POSIX")
@pytest.mark.usefixtures("forked")
def test_what_stops_an_installed_backend_is_reported_alike(tmp_path: Path, backend: str, says: str) -> None:
    with installed(tmp_path, backend) as (builder, file):
        assert why(builder(file)) == says


@pytest.mark.usefixtures("forked")
def test_a_backend_that_starts_a_thread_builds(tmp_path: Path) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=[600], daemon=True).start()\n"
    alive = "):\n    assert threading.active_count() == 2"
    with installed(tmp_path, thread + PREPARES.replace("):", alive, 1)) as (builder, file):
        assert isinstance(builder(file), Metadata)


@pytest.mark.usefixtures("forked")
def test_what_a_backend_clears_away_at_its_end_is_there_for_every_hook(tmp_path: Path) -> None:
    keeps = "import tempfile\nFOLDER = tempfile.TemporaryDirectory()\n"
    backend = keeps + PREPARES.replace("):", "):\n    assert os.path.isdir(FOLDER.name)", 1)
    backend += HOOK + "return []\n"
    with installed(tmp_path, backend) as (builder, file):
        assert isinstance(builder(file), Metadata)


@pytest.mark.parametrize("backend", ["import time\ntime.sleep(600)", f"import time{HOOK}time.sleep(600)"])
@pytest.mark.usefixtures("forked")
def test_an_installed_backend_without_end_is_stopped(tmp_path: Path, backend: str) -> None:
    with installed(tmp_path, backend, time_limit=2) as (builder, file):
        assert why(builder(file)) == "it took too long and was stopped"


@pytest.mark.usefixtures("forked")
def test_a_hook_ends_when_builds_are_stopped(tmp_path: Path) -> None:
    marker, found = tmp_path / "runs", list[Metadata | Unavailable]()
    backend = (
        f"import os, pathlib, time{HOOK}pathlib.Path({str(marker)!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    with installed(tmp_path, backend) as (builder, file):
        thread = threading.Thread(target=lambda: found.append(builder(file)))
        thread.start()
        while not (marker.exists() and marker.read_text()):
            time.sleep(0.01)
        builder.stop()
        thread.join()
    assert why(found[0]) == "it was stopped"
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


LINGERS = "import subprocess, sys; left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"


@pytest.mark.skipif(sys.platform != "linux", reason="whether a process is there is read from /proc")
@pytest.mark.usefixtures("forked")
def test_what_a_backend_leaves_running_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "number"
    backend = f"{PREPARES}{HOOK}{LINGERS}; open({str(note)!r}, 'w').write(str(left.pid)); return []\n"
    with installed(tmp_path, backend) as (builder, file):
        assert isinstance(builder(file), Metadata)
        state = Path("/proc", note.read_text(), "stat")
        assert not state.exists() or state.read_text().split()[2] == "Z"  # gone, or waiting for who takes note of it


STAYS = """
import os, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env={})
with open("numbers", "w") as note:
    note.write(f"{os.getpid()} {other.pid}")
os.rename("numbers", sys.argv[1])
time.sleep(600)
"""
HIDES = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {STAYS!r}, sys.argv[1]], start_new_session=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
@pytest.mark.usefixtures("forked")
def test_a_daemon_of_a_build_ends_with_the_program(tmp_path: Path) -> None:
    """It has a session of its own and no parent that lives, and has started another without variables."""
    note = tmp_path / "numbers"
    backend = f"{PREPARES}{HOOK}import subprocess, sys, time\n"
    backend += f"    subprocess.run([sys.executable, '-c', {HIDES!r}, {str(note)!r}])\n"
    backend += f"    while not __import__('os').path.exists({str(note)!r}): time.sleep(0.01)\n    return []\n"
    with installed(tmp_path, backend) as (builder, file):
        assert isinstance(builder(file), Metadata)
        numbers = note.read_text().split()
        assert len(numbers) == 2
        assert all(runs(number) for number in numbers)
    assert not any(runs(number) for number in numbers)


def runs(number: str) -> bool:
    """Whether a process is there, and is not only waiting for who takes note of its end."""
    state = Path("/proc", number, "stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_an_answer_without_end_is_none(build: Build) -> None:
    flood = "def get_requires_for_build_wheel(settings=None): return ['x' * 40_000_000]\n"
    assert "cannot do what PEP 517 asks" in why(build(pyproject_toml=IN_TREE, backend_py=PREPARES + flood))


CONFINED = """
import os, pathlib, socket, subprocess
def refused(act):
    try:
        act()
    except OSError:
        return True
def get_requires_for_build_wheel(settings=None):
    assert refused(lambda: socket.create_connection(("127.0.0.1", {port}), timeout=5)), "network"
    assert refused(lambda: open({outside!r})), "files of the user"
    assert refused(lambda: open({outside!r} + "2", "w")), "folders of the user"
    assert refused(lambda: open("/usr/written", "w")), "system"
    assert len([name for name in os.listdir("/proc") if name.isdigit()]) < 9, "processes"
    assert "hunter2" not in os.environ.values(), "variables"
    pathlib.Path.home().joinpath("mine").write_text("x")
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    return []
"""


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not on this machine")
@pytest.mark.parametrize("in_tree", [True, False])
def test_a_confined_backend_reaches_nothing_and_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_tree: bool
) -> None:
    (tmp_path / "secret").write_text("hunter2")
    monkeypatch.setenv("SOME_SETTING", "hunter2")
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = CONFINED.format(port=server.getsockname()[1], outside=str(tmp_path / "secret"))
        part = wheel(tmp_path, "backend", backend_py=PREPARES + asked)
        texts = (
            {"pyproject_toml": IN_TREE, "backend_py": PREPARES + asked} if in_tree else {"pyproject_toml": INSTALLED}
        )
        file = sdist(tmp_path, **texts)
        with Builder(
            sys.executable,
            solve=lambda requirements: (part,) if requirements else (),
            download=lambda _: tmp_path / file.filename,
            sandbox=find_sandbox(),
        ) as builder:
            found = builder(file)
    assert isinstance(found, Metadata), found


def test_a_sandbox_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="bubblewrap"):
        find_sandbox()
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho no namespaces for you >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    with pytest.raises(InputError, match="bubblewrap"):
        find_sandbox()


def test_a_source_tree_is_built_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(IN_TREE)
    (tmp_path / "backend.py").write_text(PREPARES)
    with Builder(sys.executable, solve=lambda _: (), download=lambda _: tmp_path) as builder:
        built = builder.build_local(tmp_path)
    assert isinstance(built, bytes)
    assert b"Requires-Dist: numpy" in built


@pytest.mark.parametrize("member", ["../evil", "/tmp/evil", "foo-1.0/../../evil"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path, member: str, kind: str) -> None:
    archive, folder = tmp_path / "foo-1.0", tmp_path / "inner" / "folder"
    folder.mkdir(parents=True)
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr(member, "x")
    else:
        with tarfile.open(archive, "w:gz") as tar:
            tar.addfile(tarfile.TarInfo(member))
    with contextlib.suppress(ValueError):
        unpack_sdist(archive, folder)
    outside = [path for path in tmp_path.rglob("*") if path.name == "evil" and folder not in path.parents]
    assert outside == []
    assert not Path("/tmp/evil").exists()


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="cannot be unpacked"):
        unpack_sdist(tmp_path / "x.tar.gz", tmp_path)
