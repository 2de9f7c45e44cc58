"""Nothing of an index runs without --build-sdists: each sdist and wheel is a trap, and the interpreter is watched."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from support.building import BuildIndex
from support.interrupts import Scene
from support.loopback import Loopback

WATCHED = """
import json, os, sys
log, folder = open(sys.argv.pop(1), "w"), os.path.realpath(sys.argv.pop(1))
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.forkpty")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
def noted(event, args):
    if event in STARTS:
        return repr(args)
    if event == "exec" and "SPRUNG" in repr((args[0].co_consts, args[0].co_names)):
        return args[0].co_filename
    if event == "import" and args[0].startswith("trap"):
        return args[0]
    if event == "open" and isinstance(args[0], (str, bytes)) and (args[2] or 0) & WRITES:
        path = os.path.realpath(os.fsdecode(args[0]))
        return None if path == os.devnull or path.startswith((folder, sys.prefix)) else path
    if event == "socket.connect" and args[1][0] not in ("127.0.0.1", "::1"):
        return repr(args[1])
def hook(event, args):
    what = noted(event, args)
    if what:
        log.write(json.dumps([event, what]) + "\\n")
        log.flush()
import platform
from backtrail.index.network import fetch_process
fetch_process.can_start = lambda: False  # all in this process, where it can be watched
from backtrail.cli import main
sys.addaudithook(hook)
main()
"""
"""The program, which writes down what it starts, executes, and writes elsewhere than in its folder."""

TRAP = "open({note!r}, 'w').write('SPRUNG')\n"


def traps(index: BuildIndex, note: Path) -> None:
    """Projects of every form, all of which would leave a note if anything of them ran."""
    trap = TRAP.format(note=str(note))
    backend = "[build-system]\nrequires = []\nbuild-backend = 'trap_backend'\nbackend-path = ['.']\n"
    dynamic = "[project]\nname = 'trap-b'\ndynamic = ['version', 'dependencies']\n"
    index.texts("trap-a", {"setup.py": f"{trap}from setuptools import setup\nsetup(name='trap-a', version='1.0')\n"})
    index.texts(
        "trap-b",
        {"pyproject.toml": backend + dynamic, "trap_backend.py": trap, "setup.cfg": "[metadata]\nname = trap-b\n"
         "version = attr: trap_backend.VERSION\n[options]\ninstall_requires = file: /etc/passwd\n",
         "sitecustomize.py": trap, "conftest.py": trap, "PKG-INFO": "Metadata-Version: 2.2\nName: trap-b\n"
         "Version: 1.0\nRequires-Dist: trap-c\n"},
    )  # fmt: skip
    index.texts("trap-d", {"pyproject.toml": backend, "trap_backend.py": trap})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in {
            "trap_c.py": trap, "trap_c.pth": f"import sys; {trap}", "sitecustomize.py": trap, "__main__.py": trap,
            "trap_c-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: trap-c\nVersion: 1.0\n",
            "trap_c-1.0.dist-info/entry_points.txt": "[console_scripts]\ntrap = trap_c:main\n",
            "trap_c-1.0.data/scripts/trap": f"#!python\n{trap}",
        }.items():  # fmt: skip
            archive.writestr(name, text)
    index.file("trap-c", "trap_c-1.0-py3-none-any.whl", packed.getvalue(), ranges=True)


def watched(folder: Path, *command: str) -> list[list[str]]:
    """Run a command, and return what it did that is watched for."""
    log = folder / "log"
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log), str(folder), *command],
        cwd=folder,
        env=Scene(folder).environ(),
        capture_output=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ended.returncode in (0, 1, 3), ended.stderr
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_no_trap_is_sprung_unless_builds_are_wanted(tmp_path: Path) -> None:
    note = tmp_path / "sprung"
    with Loopback() as server:
        index = BuildIndex(server, tmp_path / "notes")
        traps(index, note)
        options = ["--isolated", "-i", index.url, "--resolver", "uv"]
        asked = ["trap-a", "trap-b", "trap-d", *options, "--python", "3.11", "--python-platform", "linux"]
        for command in (
            ["explain-backtrack", *asked, "-v", "-o", "traps.backtrail"],
            ["explain-backtrack", *asked, "--universal"],
            ["why", "trap-b", *asked[3:]],
            ["compare", *asked, "--resolver", "pip"],
            ["replay", "traps.backtrail"],
            ["shrink", "traps.backtrail", "--keep", "outcome", "-o", "small.backtrail"],
        ):
            assert watched(tmp_path, *command) == [], command
        assert not note.exists()
        paths = ("trap-a-1.0.tar.gz", "trap-b-1.0.tar.gz", "trap_c-1.0-py3-none-any.whl")
        assert [server.asked(f"/files/{path}") > 0 for path in paths] == [True] * 3
        started = watched(tmp_path, "explain-backtrack", "trap-d", *options, "--build-sdists")
    assert note.exists()  # the traps are real ones
    assert "subprocess.Popen" in [event for event, _ in started]
