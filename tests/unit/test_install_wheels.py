"""What a build asks for is installed into its environment, and nothing of it outside, whatever a wheel says."""

import contextlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrail.index.build import install_wheels
from backtrail.index.build.build_environment import make_environment
from backtrail.index.build.install_wheels import SCHEMES, Place, install

EVERY_PLACE = (*SCHEMES, "stdlib", "platstdlib", "include", "platinclude", "headers")


class Machine:
    """An environment in a folder, with Python beside it as sysconfig knows it: links in one lead to the other."""

    def __init__(self, folder: Path) -> None:
        self.base, self.env = folder / "base", folder / "env"
        (self.base / "bin").mkdir(parents=True)
        (self.base / "bin" / "python3.12").write_text("the interpreter")
        (self.env / "bin").mkdir(parents=True)
        (self.env / "bin" / "python").symlink_to("python3.12")
        (self.env / "bin" / "python3.12").symlink_to(self.base / "bin" / "python3.12")
        (self.env / "elsewhere").symlink_to(self.base)
        site = str(self.env / "site")
        paths = {name: str(self.base / name) for name in EVERY_PLACE}
        paths |= {"purelib": site, "platlib": site, "scripts": str(self.env / "bin"), "data": str(self.env)}
        self.place = Place(folder=self.env, python=self.env / "bin" / "python", paths=paths)
        self.wheel = folder / "a-1.0-py3-none-any.whl"

    def install(self, members: Mapping[str, str | bytes]) -> None:
        with zipfile.ZipFile(self.wheel, "w") as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo("name")
                info.filename = name
                with archive.open(info, "w") as member:
                    member.write(content if isinstance(content, bytes) else content.encode())
        install([self.wheel], self.place)

    def outside(self) -> dict[str, str]:
        """Everything beside the environment and the wheel."""
        top = self.env.parent
        found = (path for path in top.rglob("*") if self.env not in path.parents and path != self.wheel)
        return {str(path.relative_to(top)): path.read_text() for path in found if path.is_file()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


NOTHING_NEW = {"base/bin/python3.12": "the interpreter"}


def test_code_data_and_scripts_land_in_the_environment(machine: Machine) -> None:
    machine.install(
        {
            "a/__init__.py": "at the root",
            "a-1.0.data/purelib/pure.py": "pure",
            "a-1.0.data/platlib/plat.py": "plat",
            "a-1.0.data/data/share/a.txt": "data",
            "a-1.0.data/scripts/run": "#!python -x\nrun",
            "a-1.0.data/scripts/tool": "#!/bin/sh\ntool",
            "a-1.0.dist-info/entry_points.txt": "[console_scripts]\nsay = a.b:c.d [extra]\n[gui_scripts]\nUp=a:b\n",
        }
    )
    env, python = machine.env, machine.place.python
    read = {path: (env / path).read_text() for path in ("site/a/__init__.py", "site/pure.py", "site/plat.py")}
    assert read == {"site/a/__init__.py": "at the root", "site/pure.py": "pure", "site/plat.py": "plat"}
    assert (env / "share/a.txt").read_text() == "data"
    assert (env / "bin/run").read_text() == f"#!{python}\nrun"
    assert (env / "bin/tool").read_text() == "#!/bin/sh\ntool"
    if sys.platform != "win32":
        assert (env / "bin/say").read_text() == f"#!{python}\nimport sys\nfrom a.b import c\nsys.exit(c.d())\n"
        assert all(os.access(env / "bin" / name, os.X_OK) for name in ("run", "tool", "say", "Up"))


def test_a_later_wheel_replaces_what_an_earlier_one_brought(machine: Machine) -> None:
    machine.install({"space/__init__.py": "first"})
    machine.install({"space/__init__.py": "second"})
    assert (machine.env / "site/space/__init__.py").read_text() == "second"


def test_headers_are_left_out(machine: Machine) -> None:
    machine.install({"a-1.0.data/headers/a.h": "int a;", "a.py": ""})
    assert machine.outside() == NOTHING_NEW
    assert (machine.env / "site/a.py").exists()


@pytest.mark.parametrize(
    "member",
    [
        "a-1.0.data/stdlib/evil.py",
        "a-1.0.data/platstdlib/evil.py",
        "a-1.0.data/include/evil.h",
        "a-1.0.data/evil",
        "other.data/stdlib/evil.py",
        "a-1.0.data/scripts/../../evil",
        "a-1.0.data/../evil",
        "../evil",
        "a/../../evil",
        "/evil",
        "//host/evil",
        "C:/evil",
        "..\\evil",
        "a-1.0.data/data/elsewhere/evil",
        "a-1.0.data/data/elsewhere/new/evil",
        "a-1.0.data/scripts/python",
        "a-1.0.data/scripts/python3.12",
        "a-1.0.data/data/bin/python",
        "a-1.0.data/data/elsewhere",
        "",
    ],
)
def test_a_file_that_would_land_elsewhere_is_refused(machine: Machine, member: str) -> None:
    with pytest.raises(ValueError, match=r"a-1\.0-py3-none-any\.whl cannot be installed: "):
        machine.install({member: "evil"})
    assert machine.outside() == NOTHING_NEW
    assert (machine.env / "elsewhere").readlink() == machine.base


@pytest.mark.parametrize("name", ["../evil", "..", "/evil", "a/../../evil", "python", "C:evil", "..\\evil"])
def test_a_script_whose_name_points_elsewhere_is_refused(machine: Machine, name: str) -> None:
    entry_points = f"[console_scripts]\n{name} = a:b\n"
    with pytest.raises(ValueError, match="cannot be installed"):
        machine.install({"a-1.0.dist-info/entry_points.txt": entry_points})
    assert machine.outside() == NOTHING_NEW


@pytest.mark.parametrize("text", ["no section\n", "[console_scripts\n", b"[console_scripts]\n\xff = a:b\n"])
def test_entry_points_that_cannot_be_read_are_one_sentence(machine: Machine, text: str | bytes) -> None:
    with pytest.raises(ValueError, match="cannot be installed"):
        machine.install({"a-1.0.dist-info/entry_points.txt": text})


def test_lists_and_names_that_others_read_are_files_like_any_other(machine: Machine) -> None:
    record = "../../../evil,,\n/evil,sha256=x,-1\n"
    machine.install({"a-1.0.dist-info/RECORD": record, "...dist-info/RECORD": record, "~.dist-info/WHEEL": ""})
    assert (machine.env / "site/a-1.0.dist-info/RECORD").read_text() == record
    assert machine.outside() == NOTHING_NEW


@pytest.mark.parametrize(("bound", "value"), [("_MAX_INSTALLED", 10), ("_MAX_FILES", 2), ("_MAX_ENTRY_POINTS", 7)])
def test_what_is_too_large_together_is_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    members = {"x.py": "1" * 6, "a-1.0.dist-info/entry_points.txt": "[other]\n"}
    machine.install(members)
    monkeypatch.setattr(install_wheels, bound, value)
    with pytest.raises(ValueError, match="too large"):
        install([machine.wheel, machine.wheel], machine.place)


NAMES = st.lists(
    st.sampled_from(["a-1.0.data", "..", ".", "", "elsewhere", "python", "C:", "a\\..", "evil", "\0", *EVERY_PLACE])
    | st.text(max_size=4),
    max_size=5,
).map("/".join)


@given(NAMES, NAMES, st.sampled_from(["console_scripts", "gui_scripts"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_no_name_leads_out(tmp_path_factory: pytest.TempPathFactory, member: str, script: str, section: str) -> None:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    entry_points = f"[{section}]\n{script} = a:b\n".encode("utf-8", "replace")
    named = member.encode("utf-8", "replace").decode()
    for members in ({named: b"evil"}, {"a.dist-info/entry_points.txt": entry_points}):
        with contextlib.suppress(ValueError, OSError):
            machine.install(members)
        assert machine.outside() == NOTHING_NEW


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_wheel_is_a_foreseen_error(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    machine.install({"a.py": "x = 1\n" * 20, "a-1.0.dist-info/entry_points.txt": "[console_scripts]\nb = a:c\n"})
    body = bytearray(machine.wheel.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    machine.wheel.write_bytes(body)
    with contextlib.suppress(ValueError, OSError):
        install([machine.wheel], machine.place)
    assert machine.outside() == NOTHING_NEW


def test_an_environment_knows_none_of_the_folders_of_the_interpreter_it_was_made_of(tmp_path: Path) -> None:
    def run(command: list[str], environ: Mapping[str, str]) -> str:
        return subprocess.run(command, env=dict(environ), check=True, capture_output=True, text=True).stdout

    runner: Callable[..., str] = run
    environment = make_environment(sys.executable, tmp_path / "env", runner)
    assert set(environment.paths) == set(SCHEMES)
    assert all(Path(path).is_relative_to(environment.folder) for path in environment.paths.values())
