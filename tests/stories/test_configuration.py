"""What variables and configuration files set is taken into account, or named: from the issue trackers of both tools."""

import io
import json
import os
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backtrail import cli
from support import worlds
from support.loopback import BYTES, HTML_PAGE, Loopback
from support.worlds import World, release

Ask = Callable[..., tuple[int, str, str]]

PYPROJECT = """\
[project]
name = "app"
version = "1"
dependencies = ["probe"]

[tool.uv]
constraint-dependencies = ["probe<3"]
exclude-newer = "2022-06-01"
conflicts = [[{ extra = "a" }, { extra = "b" }]]
"""

BUILD = """\
import importlib.metadata, os
def prepare_metadata_for_build_wheel(folder, config=None):
    os.mkdir(os.path.join(folder, "built-1.0.dist-info"))
    with open(os.path.join(folder, "built-1.0.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: built\\nVersion: 1.0\\n")
        file.write("Requires-Dist: probe==" + importlib.metadata.version("helper") + "\\n")
    return "built-1.0.dist-info"
"""


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    """``probe`` 1.0 to 3.0 of three years; ``built`` asks for the ``probe`` of the version of its build requirement."""
    probe = tuple(release("probe", f"{n}.0", upload_time=f"202{n}-01-01T00:00:00Z") for n in (1, 2, 3))
    projects = (
        worlds.Project(name="probe", releases=probe),
        worlds.Project(name="mirrored", releases=(release("mirrored", "1.0"),)),
        worlds.Project(
            name="helper", releases=(release("helper", "1.0"), release("helper", "2.0"), release("helper", "3.0rc1"))
        ),
    )
    question = worlds.Question(requirements=("probe",))
    with Loopback() as loopback:
        url = loopback.mount(World(name="w", projects=projects, question=question))
        office = worlds.Project(name="probe", releases=(release("probe", "3.5"), release("probe", "4.0")))
        loopback.mount(World(name="office", projects=(office,), question=question), "/office")
        mirrored = worlds.Project(name="mirrored", releases=(release("mirrored", "1.0"),))
        loopback.mount(World(name="mirror", projects=(mirrored,), question=question), "/mirror")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            system = '[build-system]\nrequires = ["helper"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            for path, text in (("pyproject.toml", system), ("backend.py", BUILD)):
                member = tarfile.TarInfo(f"built-1.0/{path}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        loopback.put("/files/built-1.0.tar.gz", BYTES, packed.getvalue())
        loopback.put("/simple/built/", HTML_PAGE, b'<a href="../../files/built-1.0.tar.gz">built-1.0.tar.gz</a>')
        yield url


@pytest.fixture
def ask(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Ask:
    """Ask in a folder of its own, with nothing but its own settings."""
    home = tmp_path / "home"
    (tmp_path / "proj").mkdir()
    (home / ".config" / "pip").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "proj")
    for name in ("UV_NO_CONFIG", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in (("HOME", home), ("XDG_CONFIG_DIRS", tmp_path / "etc")):
        monkeypatch.setenv(name, str(folder))

    def asked(*arguments: str, resolver: str = "uv", form: str = "text", budget: int = 0) -> tuple[int, str, str]:
        given = ("-i", index, "--resolver", resolver, "--format", form, "--budget", str(budget), *arguments)
        code = cli.run(["explain-backtrack", *given])
        said = capfdbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return asked


def document(ask: Ask, *arguments: str, resolver: str = "uv", budget: int = 0) -> dict[str, Any]:
    code, out, err = ask(*arguments, resolver=resolver, form="json", budget=budget)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def pins(document: dict[str, Any], run: int = 0) -> dict[str, str]:
    return {name: pin["version"] for name, pin in document["runs"][run]["pins"].items()}


def test_a_project_with_settings_is_answered_by_them_and_what_is_left_out_is_named(ask: Ask) -> None:
    """Constraints and the cut-off of [tool.uv] count; its conflicts do not, and nobody has to find that out."""
    Path("pyproject.toml").write_text(PYPROJECT)
    found = document(ask, "-r", "pyproject.toml")
    assert pins(found) == {"probe": "2.0"}
    settings = {one["name"]: (one["origin"], one["honoured"]) for one in found["question"]["settings"]}
    assert settings == {
        "index-url": ("--index-url", True),
        "constraint-dependencies": ("pyproject.toml:7", True),
        "exclude-newer": ("pyproject.toml:8", True),
        "conflicts": ("pyproject.toml:9", False),
    }
    code, out, err = ask("-r", "pyproject.toml")
    assert (code, err) == (0, "")
    assert "\n  not taken into account: conflicts (pyproject.toml:9)\n" in out
    assert "\n  pyproject.toml: uv answers as uv pip compile does, not as uv lock\n" in out


def test_pip_is_asked_for_a_projects_dependencies_and_nothing_of_uv_counts(ask: Ask) -> None:
    Path("pyproject.toml").write_text(PYPROJECT)
    assert pins(document(ask, "-r", "pyproject.toml", resolver="pip")) == {"probe": "3.0"}
    out = ask("-r", "pyproject.toml", resolver="pip")[1]
    assert "not taken into account" not in out
    assert "\n  pyproject.toml: pip is asked for its dependencies\n" in out


@pytest.mark.parametrize("options", [(), ("--lock",)], ids=["uv", "uv-lock"])
def test_a_project_with_an_index_of_its_own_is_looked_for_there_alone(
    ask: Ask, index: str, options: tuple[str, ...]
) -> None:
    """``explicit``, as the pages of PyTorch are declared: what the other indexes have of it is no way out."""
    office = index.replace("/simple/", "/office/simple/")
    source = '[tool.uv.sources]\nprobe = { index = "x" }\n[[tool.uv.index]]\nname = "x"\nexplicit = true\n'
    Path("pyproject.toml").write_text(
        f"[project]\nname = 'app'\nversion = '1'\ndependencies = ['probe<3']\n{source}url = '{office}'\n"
    )
    resolver = "uv-lock" if options else "uv"
    code, out, _ = ask(*(options or ("-r", "pyproject.toml")), resolver=resolver, budget=9)
    assert code == 1
    assert f"no such version exists: probe<3 on {office}; the newest is 4.0" in " ".join(out.split())
    assert "1. probe instead of probe<3  probe 4.0\n" in out


DYNAMIC = """\
[project]
name = "app"
version = "1"
dynamic = ["dependencies", "optional-dependencies"]

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """\
import os
def prepare_metadata_for_build_wheel(folder, config=None):
    os.mkdir(os.path.join(folder, "app-1.dist-info"))
    with open(os.path.join(folder, "app-1.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: app\\nVersion: 1\\nProvides-Extra: more\\n")
        file.write("Requires-Dist: probe\\nRequires-Dist: mirrored; extra == 'more'\\n")
    return "app-1.dist-info"
"""


def test_what_only_the_backend_of_a_project_knows_is_built_where_builds_are_allowed(ask: Ask) -> None:
    """As `uv pip compile pyproject.toml` does; without the option nothing is run."""
    Path("pyproject.toml").write_text(DYNAMIC, encoding="utf-8")
    Path("backend.py").write_text(BACKEND, encoding="utf-8")
    code, _, said = ask("-r", "pyproject.toml")
    only = "only the project's build backend knows it, which --build-sdists asks"
    assert (code, said) == (3, f"error: pyproject.toml: 'dependencies' is dynamic: {only}\n")
    found = document(ask, "-r", "pyproject.toml", "--build-sdists")
    assert set(pins(found)) == {"probe"}
    assert [one["text"] for one in found["question"]["requirements"]] == ["probe"]
    more = document(ask, "-r", "pyproject.toml", "--build-sdists", "--extra", "more")
    assert set(pins(more)) == {"probe", "mirrored"}
    code, _, said = ask("-r", "pyproject.toml", "--build-sdists", "--extra", "less")
    assert (code, said) == (2, "error: pyproject.toml: --extra 'less' is not declared\n")
    Path("backend.py").write_text(BACKEND.replace("import os", "import nothing"), encoding="utf-8")
    code, _, said = ask("-r", "pyproject.toml", "--build-sdists")
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("error: pyproject.toml: its build does not say what it requires: ")


UNDECLARED = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.9"
dependencies = ["probe", "other ; python_version < '3'"]

[tool.uv.sources]
probe = { index = "office" }
"""


@pytest.mark.parametrize(
    ("resolver", "options", "code"),
    [
        ("uv", (), 2),
        ("uv", ("--no-sources-package", "other"), 2),
        ("uv-lock", (), 2),
        ("uv", ("--no-sources",), 0),
        ("uv", ("--no-sources-package", "probe"), 0),
        ("uv-lock", ("--no-sources",), 0),
        ("pip", (), 0),
    ],
)
def test_an_index_that_is_not_declared_ends_only_who_follows_the_source(
    ask: Ask, resolver: str, options: tuple[str, ...], code: int
) -> None:
    """As in uv 0.13.9, `pip compile` and `lock`; pip reads no sources."""
    Path("pyproject.toml").write_text(UNDECLARED, encoding="utf-8")
    ended, _, said = ask(*options, "-r", "pyproject.toml", resolver=resolver)
    sentence = "error: pyproject.toml: the source of 'probe' names the index 'office', which there is not\n"
    assert (ended, said) == (code, sentence if code else "")


def test_isolated_reads_no_settings(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text(PYPROJECT)
    Path(".python-version").write_text("2.6\n")
    for name in ("UV_RESOLUTION", "PIP_UPLOADED_PRIOR_TO", "UV_PYTHON"):
        monkeypatch.setenv(name, "nonsense")
    for resolver in ("uv", "pip"):
        found = document(ask, "--isolated", "-r", "pyproject.toml", resolver=resolver)
        assert pins(found) == {"probe": "3.0"}
        assert [one["name"] for one in found["question"]["settings"]] == ["index-url"]


def test_the_same_release_from_a_mirror_is_no_difference(ask: Ask, index: str) -> None:
    """uv's configuration names a mirror that pip does not ask: both take the same release."""
    Path("uv.toml").write_text(f'extra-index-url = ["{index.replace("/simple", "/mirror/simple")}"]\n')
    found = document(ask, "mirrored", resolver="both", budget=24)
    first, second = (run["pins"]["mirrored"] for run in found["runs"])
    assert first["version"] == second["version"]
    assert first["index"] != second["index"]
    assert found["findings"] == []


def test_a_constraint_of_the_office_holds_pip_back_and_the_difference_is_laid_to_it(ask: Ask, tmp_path: Path) -> None:
    """A pip.conf that the machine's keeper wrote: uv does not read it."""
    (tmp_path / "office.txt").write_text("probe<2\n")
    (tmp_path / "home/.config/pip/pip.conf").write_text(f"[global]\nconstraint = {tmp_path}/office.txt\n")
    found = document(ask, "probe", resolver="both", budget=24)
    assert (pins(found, 0), pins(found, 1)) == ({"probe": "3.0"}, {"probe": "1.0"})
    (origin,) = (one["origin"] for one in found["question"]["settings"] if one["name"] == "constraint")
    assert origin == "~/.config/pip/pip.conf:2"
    (diverge,) = (one for one in found["findings"] if one["code"] == "BT111")
    assert (diverge["detail"]["cause"], diverge["detail"]["proved"]) == ("settings", True)
    assert "only one of them heeds constraints" in diverge["headline"]


def test_settings_that_part_two_answers_only_together_are_said_to(ask: Ask, index: str, tmp_path: Path) -> None:
    """Neither the office's index nor its constraint alone gives pip's answer in uv."""
    Path("office.txt").write_text("probe<4\n")
    conf = f"[install]\nconstraint = office.txt\nextra-index-url = {index.replace('/simple', '/office/simple')}\n"
    (tmp_path / "home/.config/pip/pip.conf").write_text(conf)
    found = document(ask, "probe", resolver="both", budget=24)
    assert (pins(found, 0), pins(found, 1)) == ({"probe": "3.0"}, {"probe": "3.5"})
    (diverge,) = (one for one in found["findings"] if one["code"] == "BT111")
    assert (diverge["detail"]["cause"], diverge["detail"]["proved"]) == ("settings", True)
    assert diverge["headline"].endswith("each has settings of its own")


def test_pip_goes_on_without_a_folder_of_files_that_is_gone_and_uv_does_not(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (tmp_path / "gone", (tmp_path / "gone").as_uri()):
        monkeypatch.setenv("PIP_FIND_LINKS", str(place))
        monkeypatch.setenv("UV_FIND_LINKS", str(place))
        assert "not taken into account: PIP_FIND_LINKS\n" in ask("probe", resolver="pip")[1]
        code, _, err = ask("probe")
        assert (code, err) == (2, f"error: find-links location '{place}' does not exist\n")


def test_a_look_at_the_index_alone_is_bound_by_no_constraint_and_says_so(
    index: str, ask: Ask, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert ask is not None
    (tmp_path / "home/.config/pip/pip.conf").write_text("[global]\nconstraint = office.txt\n")
    Path("office.txt").write_text("probe<2\n")
    assert cli.run(["why", "probe", "-i", index, "--resolver", "pip"]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert out.startswith("probe 3.0 is available to pip 26.3 ")
    assert "not taken into account: constraint (~/.config/pip/pip.conf:2)" in out


def test_a_hidden_release_is_laid_to_the_line_that_hides_it(ask: Ask) -> None:
    Path("uv.toml").write_text('# ours\nexclude-newer = "2022-06-01"\n')
    out = ask("probe>2")[1]
    assert "probe 3.0 exists, but is newer than the cut-off 2022-06-01" in out
    assert "set by uv.toml:2" in out


def test_a_cut_off_of_one_project_is_named_and_lifted_for_it_alone(ask: Ask) -> None:
    Path("uv.toml").write_text('exclude-newer = "2025-01-01"\nexclude-newer-package = { probe = "2022-06-01" }\n')
    code, out, _ = ask("probe>2", resolver="both", budget=8)
    assert code == 1
    assert "probe 3.0 exists, but is newer than the cut-off probe=2022-06-01" in out
    assert "set by uv.toml:2" in out
    assert "--exclude-newer-package probe=2023-01-01T00:00:01Z" in out
    assert "not proved" not in out  # pip has no such cut-off, and that is why they part
    assert pins(document(ask, "probe", "--exclude-newer-package", "probe=false")) == {"probe": "3.0"}


def test_options_that_name_no_configuration_and_one(ask: Ask) -> None:
    Path("uv.toml").write_text('constraint-dependencies = ["probe<2"]\n')
    Path("other.toml").write_text('constraint-dependencies = ["probe<3"]\n')
    for options, version in (((), "1.0"), (("--no-config",), "3.0"), (("--config-file", "other.toml"), "2.0")):
        assert pins(document(ask, "probe", *options)) == {"probe": version}
    code, _, err = ask("probe", "--isolated", "--config-file", "other.toml")
    assert (code, err) == (2, "error: --isolated reads no configuration: give no --config-file other.toml beside it\n")


def test_an_option_that_some_resolvers_have_is_named_as_theirs(ask: Ask) -> None:
    option = ("--torch-backend", "cpu")
    assert "  not taken into account: --torch-backend\n" in ask("probe", *option, resolver="pip")[1]
    assert (
        "  taken into account by some of the resolvers only: --torch-backend\n"
        in ask("probe", *option, resolver="both")[1]
    )
    assert "taken into account" not in ask("probe", *option, resolver="uv")[1]


def test_another_python_of_pyenv_is_named_and_one_asked_for_is_not(ask: Ask) -> None:
    Path(".python-version").write_text("# ours\n2.6.9\n")
    assert "not taken into account: Python 2.6.9 (.python-version:2)" in ask("probe")[1]
    assert "not taken into account" not in ask("probe", "--python", "3.11")[1]
    Path(".python-version").write_text("{}.{}\n".format(*sys.version_info[:2]))
    assert "not taken into account" not in ask("probe")[1]


def test_a_python_in_a_variable_is_the_one_asked_about(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PYTHON", "3.8")
    assert "Python 3.8 (UV_PYTHON)" in ask("probe")[1]
    assert "Python 3.8" not in ask("probe", resolver="pip")[1]
    monkeypatch.setenv("UV_PYTHON", "2.7")
    code, out, err = ask("probe")
    assert (code, out, err) == (2, "", "error: UV_PYTHON 2.7: uv 0.13.9 refuses Python before 3.6\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("resolution = 1\n", "uv.toml:1: 'resolution' is not a text"),
        ("\n[pip]\nno-index = 'yes'\n", "uv.toml:3: 'pip.no-index' is not true or false"),
        ("nonsense = 1\n", "uv.toml:1: 'nonsense' is not a setting of uv"),
        ("resolution = 'low'\n", "uv.toml:1: --resolution 'low' is not one of highest, lowest, lowest-direct"),
        ("constraint-dependencies = [\n 'probe',\n 'a b',\n]\n", "uv.toml:3: 'a b': not a requirement"),
        ("[[index]]\nname = 'x'\n", "uv.toml:1: an index has no 'url'"),
        ("resolution\n", "'uv.toml' is not TOML"),
    ],
)
def test_a_configuration_that_ends_uv_ends_here_in_one_sentence(ask: Ask, text: str, sentence: str) -> None:
    Path("uv.toml").write_text(text)
    code, out, err = ask("probe")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err
    assert ask("probe", resolver="pip")[0] == 0


def test_a_configuration_that_ends_pip_ends_here_in_one_sentence(ask: Ask, tmp_path: Path) -> None:
    conf = tmp_path / "home/.config/pip/pip.conf"
    for text, sentence in (
        ("index-url = x\n", "'~/.config/pip/pip.conf' is no configuration of pip"),
        ("[global]\npre = perhaps\n", "~/.config/pip/pip.conf:2: pre 'perhaps' is neither true nor false"),
        (
            "[install]\nuploaded-prior-to = soon\n",
            "~/.config/pip/pip.conf:2: --uploaded-prior-to 'soon' is not a moment",
        ),
    ):
        conf.write_text(text)
        code, out, err = ask("probe", resolver="pip")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert sentence in err


@pytest.mark.parametrize(("resolver", "variable"), [("uv", "UV_BUILD_CONSTRAINT"), ("pip", "PIP_BUILD_CONSTRAINT")])
def test_builds_heed_their_own_constraints(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, resolver: str, variable: str
) -> None:
    Path("builds.txt").write_text("helper<2\n")
    assert pins(document(ask, "built", "--build-sdists", resolver=resolver))["probe"] == "2.0"
    assert pins(document(ask, "built", "--build-sdists", "-c", "builds.txt", resolver=resolver))["probe"] == "2.0"
    assert pins(document(ask, "built", "--build-sdists", "-b", "builds.txt", resolver=resolver))["probe"] == "1.0"
    monkeypatch.setenv(variable, "builds.txt")
    assert pins(document(ask, "built", "--build-sdists", resolver=resolver))["probe"] == "1.0"


@pytest.mark.parametrize("option", [("--resolution", "lowest"), ("--prerelease", "allow")])
def test_builds_take_the_newest_release_whatever_the_answer_is_made_of(ask: Ask, option: tuple[str, ...]) -> None:
    """process-tests 0.0.1 with ``--resolution lowest``: the oldest setuptools that is allowed runs on no new Python."""
    assert pins(document(ask, "built", "--build-sdists", *option))["probe"] == "2.0"


@pytest.mark.skipif(sys.platform == "win32", reason="shims are shell scripts")
def test_builds_for_a_python_that_does_not_run_here_go_on_with_another(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first python3.7 on the path is pyenv's, and pyenv has no 3.7 selected: uv goes on with what there is."""
    shim = tmp_path / "shims" / "python3.7"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.7: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent))
    code, out, err = ask("built", "--build-sdists", "--python", "3.7")
    assert (code, err) == (0, "")
    assert "resolves 2 packages for Python 3.7 " in out
    own = ".".join(map(str, sys.version_info[:3]))
    assert f"\n  builds run with Python {own}: Python 3.7 cannot be started here\n" in out


def test_a_bundle_in_a_variable_is_what_is_trusted(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given to whatever connects; one that is not there is named instead of ending a run over plain HTTP."""
    trusted: list[str | None] = []
    from backtrail.preparation.live_source import live_source

    def noted(*args: Any, cert: str | None, **access: Any) -> Any:
        trusted.append(cert)
        return live_source(*args, cert=None, **access)

    monkeypatch.setattr("backtrail.preparation.opening.live_source", noted)
    bundle = tmp_path / "ca.pem"
    monkeypatch.setenv("PIP_CERT", str(bundle))
    assert "not taken into account: PIP_CERT\n" in ask("probe", resolver="both")[1]
    bundle.touch()
    ask("probe", resolver="both")
    ask("probe", "--cert", os.devnull, resolver="both")
    assert trusted == [None, str(bundle), os.devnull]


def test_no_network_where_a_variable_forbids_it(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    code, out, _ = ask("probe")
    assert code == 3
    assert "offline" in out
    assert ask("probe", resolver="pip")[0] == 0
