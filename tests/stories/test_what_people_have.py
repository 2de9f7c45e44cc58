"""A question put with what people have: the project or environment of a folder, in whatever file it stands."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from backtrail import cli
from backtrail.inputs.poetry_constraints import ConstraintError, marker_of, specifier_of
from support import worlds
from support.links import folder_of
from support.loopback import Loopback
from support.worlds import World, release

Ask = Callable[..., tuple[int, str, str]]

PROJECT = """\
[project]
name = "app"
version = "1"
dependencies = ["a<2"]
[project.optional-dependencies]
web = ["b"]
cli = ["c"]
[dependency-groups]
dev = ["d"]
docs = [{ include-group = "dev" }, "e"]
"""
POETRY = """\
[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.9"
a = "^1.0"
b = { version = "~2.0", optional = true }
c = [{ version = "1.0", python = "<3" }, { version = "*", python = ">=3" }]
[tool.poetry.extras]
web = ["b"]
[tool.poetry.group.dev.dependencies]
d = "*"
"""
PIPFILE = """\
[[source]]
url = "https://pypi.example/simple"
verify_ssl = true
name = "main"

[packages]
a = "<2"
b = {version = "==2.0", markers = "python_version > '3'"}

[dev-packages]
c = "*"
"""
CONDA = """\
name: app
channels: [defaults]
dependencies:
  - python=3.10
  - conda-forge::numpy>=1.20
  - pip
  - pip:
    - a<2
    # one more
    - -r more.txt
"""
SCRIPT = """\
#!/usr/bin/env python
# /// script
# requires-python = ">=3.9"
# dependencies = [
#   "a<2",
#   "b",
# ]
# ///
import a
"""
SETUP = """\
from setuptools import setup
REQUIRES = ["a<2"]
setup(name="app", version="1", install_requires=REQUIRES, extras_require={"web": ["b; python_version > '3'"]})
"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command line in an empty folder, with a folder of files as the only index; gives code, stdout, stderr."""
    links = tmp_path / "links"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    folder_of(links, *((name, release(name, version)) for name in "abcde" for version in ("1.0", "2.0")))

    def asked(*arguments: str) -> tuple[int, str, str]:
        code = cli.run([*arguments, "--no-index", "-f", str(links), "--resolver", "uv"])
        return code, *capsys.readouterr()

    return asked


def write(**files: str) -> None:
    for name, text in files.items():
        Path(name.replace("__", ".")).write_text(text)


def pins(answer: tuple[int, str, str]) -> dict[str, str]:
    assert answer[0] == 0, answer
    return {name: pin["version"] for name, pin in json.loads(answer[1])["runs"][0]["pins"].items()}


def origins(answer: tuple[int, str, str]) -> list[str]:
    return [f"{one['file']}:{one['line']}" for one in json.loads(answer[1])["question"]["requirements"]]


JSON = ("--format", "json")


def test_without_an_argument_the_folder_is_asked_about_in_this_order(ask: Ask) -> None:
    write(setup__py=SETUP)
    expected = ["setup.py"]
    for name, text in (
        ("Pipfile", PIPFILE), ("environment.yml", "dependencies:\n- pip:\n  - a<2\n"),
        ("requirements.in", "a<2\n"), ("requirements.txt", "a<2\n"), ("pyproject.toml", PROJECT),
    ):  # fmt: skip
        answer = ask("explain-backtrack", *JSON)
        assert pins(answer)["a"] == "1.0"
        assert f"note: nothing was named: {expected[-1]} of this folder is read\n" in answer[2]
        taken = {"name": "requirements", "value": expected[-1], "honoured": True,
                 "origin": "found here, where nothing was named"}  # fmt: skip
        assert taken in json.loads(answer[1])["question"]["settings"]
        Path(name).write_text(text)
        expected.append(name)
    assert pins(ask("explain-backtrack", *JSON)) == {"a": "1.0"}


def test_settings_of_tools_alone_are_no_project(ask: Ask) -> None:
    write(pyproject__toml="[tool.ruff]\nline-length = 100\n", requirements__txt="a\n")
    assert "requirements.txt of this folder" in ask("explain-backtrack")[2]


def test_an_environment_without_a_pip_section_is_passed_by(ask: Ask) -> None:
    write(environment__yml="dependencies:\n  - numpy\n")
    assert ask("explain-backtrack")[::2] == (
        2, "error: nothing to resolve: name requirements or a file of them; there is none in this folder\n",
    )  # fmt: skip


def test_why_looks_at_the_project_of_the_folder_unless_it_is_isolated(ask: Ask) -> None:
    write(requirements__txt="a<2\n")
    code, out, err = ask("why", "a", *JSON)
    assert (code, err) == (0, "note: nothing was named: requirements.txt of this folder is read\n")
    assert json.loads(out)["runs"][0]["pins"]["a"]["version"] == "1.0"
    code, out, err = ask("why", "a", "--isolated", *JSON)
    assert (code, err, json.loads(out)["runs"][0]["outcome"]) == (0, "", None)


@pytest.mark.parametrize(
    ("options", "pinned"),
    [
        ((), "a"),
        (("--extra", "web"), "ab"),
        (("--all-extras",), "abc"),
        (("--group", "dev"), "d"),
        (("-r", "pyproject.toml", "--group", "dev"), "ad"),
        (("-r", "pyproject.toml", "--all-groups"), "ade"),
        (("-r", "pyproject.toml", "--all-groups", "--no-group", "docs"), "ad"),
        (("-r", "pyproject.toml", "--only-group", "docs"), "de"),
        (("--all-groups",), "de"),
    ],
)
def test_extras_and_groups_of_a_project(ask: Ask, options: tuple[str, ...], pinned: str) -> None:
    write(pyproject__toml=PROJECT)
    assert "".join(pins(ask("explain-backtrack", *options, *JSON))) == pinned


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--all-extras", "b"), "--all-extras needs a project: -r pyproject.toml"),
        (("--no-group", "nope"), "--no-group 'nope': pyproject.toml declares no such group"),
        (("--only-group", "nope"), "pyproject.toml: there is no group 'nope'"),
    ],
)
def test_what_a_project_does_not_declare_is_said(ask: Ask, options: tuple[str, ...], sentence: str) -> None:
    write(pyproject__toml=PROJECT)
    assert ask("explain-backtrack", *options)[::2] == (2, f"error: {sentence}\n")


def test_dynamic_dependencies_are_read_where_setuptools_reads_them(ask: Ask) -> None:
    dynamic = 'dynamic = ["dependencies", "optional-dependencies"]'
    write(
        pyproject__toml=f'[project]\nname = "app"\nversion = "1"\n{dynamic}\n[tool.setuptools.dynamic]\n'
        'dependencies = { file = ["base.txt"] }\noptional-dependencies.web = { file = "web.txt" }\n',
        base__txt="# all\na<2\n",
        web__txt="b\n",
    )
    answer = ask("explain-backtrack", "--extra", "web", *JSON)
    assert pins(answer) == {"a": "1.0", "b": "2.0"}
    assert origins(answer) == ["base.txt:2", "web.txt:1"]
    assert "'dependencies' is dynamic: read from base.txt, as its setuptools table says, and not built" in answer[2]
    write(pyproject__toml='[project]\nname = "app"\nversion = "1"\ndynamic = ["dependencies"]\n')
    assert "'dependencies' is dynamic: only the project's build backend knows it" in ask("explain-backtrack")[2]


def test_the_pip_section_of_a_conda_environment(ask: Ask) -> None:
    write(environment__yml=CONDA, more__txt="b\n")
    answer = ask("explain-backtrack", "environment.yml", *JSON)
    assert pins(answer) == {"a": "1.0", "b": "2.0"}
    assert origins(answer) == ["environment.yml:8", "more.txt:1"]
    assert answer[2] == (
        "warning: environment.yml: only its pip section is read, not the packages that conda installs (numpy)\n"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dependencies: [a\n", "environment.yml:2: not YAML: "),
        ("- a\n", "'environment.yml' is not an environment of conda: it is no mapping"),
        ("dependencies: a\n", "environment.yml:1: 'dependencies' is not a list"),
        ("dependencies:\n- pip:\n  - [a]\n", "environment.yml:3: not a requirement"),
        ("dependencies:\n- pip:\n  - a b\n", "environment.yml:3: 'a b': not a requirement"),
        ("dependencies:\n- a\n", "'environment.yml' has no 'pip:' section: "),
    ],
)
def test_what_is_no_environment_of_conda_is_one_sentence(ask: Ask, text: str, sentence: str) -> None:
    write(environment__yml=text)
    code, out, err = ask("explain-backtrack", "environment.yml")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {sentence}")


def test_lines_that_name_folders_of_condas_builds_are_named_together(ask: Ask) -> None:
    write(
        requirements__txt="a\n"
        "b @ file:///croot/b_1668593735768/work\n"
        "c @ file:///home/conda/feedstock_root/build_artifacts/c_1649806299270/work\n"
        "d @ file:///tmp/build/80754af9/d_1611932657891/work\n"
        "e @ file:///C:/ci_311/e_1677431533443/work/dist/e-2.0-py3-none-any.whl#sha256=00\n"
    )
    assert ask("explain-backtrack", "-r", "requirements.txt")[::2] == (
        2,
        "error: requirements.txt:2: b, c, d, e: these 4 lines name folders in which conda built packages, on a machine "
        "that is not this one: write NAME==VERSION instead, as 'pip list --format freeze' prints them\n",
    )


def test_a_script_with_requirements_of_its_own(ask: Ask) -> None:
    write(tool__py=SCRIPT)
    answer = ask("explain-backtrack", "tool.py", *JSON)
    assert (pins(answer), origins(answer)) == ({"a": "1.0", "b": "2.0"}, ["tool.py:5", "tool.py:6"])
    write(tool__py=SCRIPT.replace("# ///\nimport", "import"))
    assert "has no whole '# /// script' block" in ask("explain-backtrack", "tool.py")[2]
    write(tool__py=SCRIPT.replace('"b",', '"b"",'))
    assert ask("explain-backtrack", "tool.py")[2].startswith("error: 'tool.py' is not TOML: ")


def test_a_setup_py_is_read_and_never_run(ask: Ask) -> None:
    write(setup__py=f"import pathlib; pathlib.Path('ran').touch()\n{SETUP}")
    answer = ask("explain-backtrack", "setup.py", "--extra", "web", *JSON)
    assert (pins(answer), origins(answer)) == ({"a": "1.0", "b": "2.0"}, ["setup.py:3", "setup.py:4"])
    assert "its requirements are read without running it (setup-py)" in answer[2]
    assert not Path("ran").exists()
    write(setup__py="from setuptools import setup\nsetup(install_requires=open('r').read())\n")
    assert "what it requires is not known without running it" in ask("explain-backtrack", "setup.py")[2]


def test_poetrys_tables_are_what_pip_would_be_asked(ask: Ask) -> None:
    write(pyproject__toml=POETRY)
    answer = ask("explain-backtrack", "--extra", "web", *JSON)
    assert pins(answer) == {"a": "1.0", "b": "2.0", "c": "2.0"}
    assert origins(answer) == ["pyproject.toml:5", "pyproject.toml:6", "pyproject.toml:7", "pyproject.toml:7"]
    assert "Poetry's tables are read as what pip would be asked (^1.2 as >=1.2,<2.0)" in answer[2]
    assert pins(ask("explain-backtrack", "--group", "dev", *JSON)) == {"d": "2.0"}


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2.0.0"),
        ("^0.2.3", ">=0.2.3,<0.3.0"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("^1!2.0", ">=1!2.0,<1!3.0"),
        ("~1.2.3", ">=1.2.3,<1.3.0"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        ("1.*", "==1.*"),
        ("!=1.4.*", "!=1.4.*"),
        ("*", ""),
        (">=1.2, <1.5", ">=1.2,<1.5"),
        (">=1.2 <1.5 !=1.3", ">=1.2,<1.5,!=1.3"),
        ("~=1.4", "~=1.4"),
    ],
)
def test_poetrys_constraints_as_its_documentation_tells_them(constraint: str, specifier: str) -> None:
    assert specifier_of(constraint) == specifier


def test_poetrys_pythons_are_markers() -> None:
    assert marker_of("^3.9") == 'python_version >= "3.9" and python_version < "4.0"'
    assert marker_of(">=3.9.1") == 'python_full_version >= "3.9.1"'
    assert marker_of("<3.8 || >=3.10,<3.12") == (
        'python_version < "3.8" or (python_version >= "3.10" and python_version < "3.12")'
    )
    for constraint in ("^", "newest", "1.0 || 2.0"):
        with pytest.raises(ConstraintError):
            specifier_of(constraint)


def test_a_pipfile(ask: Ask) -> None:
    write(Pipfile=PIPFILE)
    answer = ask("explain-backtrack", *JSON)
    assert (pins(answer), origins(answer)) == ({"a": "1.0", "b": "2.0"}, ["Pipfile:7", "Pipfile:8"])
    assert pins(ask("explain-backtrack", "Pipfile", "--group", "dev", *JSON)) == {"a": "1.0", "b": "2.0", "c": "2.0"}
    write(Pipfile="[packages]\na = 1\n")
    assert ask("explain-backtrack", "Pipfile")[2] == "error: Pipfile:2: 'a': neither a version nor a table\n"


def test_the_name_of_a_module_leads_to_its_project(ask: Ask) -> None:
    for module, project in (("cv2", "opencv-python or opencv-python-headless"), ("PIL", "pillow"), ("yaml", "pyyaml")):
        code, out, _ = ask("why", module)
        assert code == 1
        assert f"that is the name of a module; the project that has it is {project}\n" in out
    code, out, _ = ask("explain-backtrack", "sklearn", *JSON)
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["code"], finding["detail"]["imported_from"]) == (1, "BT107", ["scikit-learn"])


def test_the_name_of_a_module_that_is_another_project_is_told_from_it(ask: Ask, tmp_path: Path) -> None:
    """``sklearn`` and ``attr`` are projects, and not the ones that people mean who import these modules."""
    folder_of(tmp_path / "links", ("attr", release("attr", "0.3")), ("attrs", release("attrs", "24.1")))
    for words in (("why", "attr"), ("explain-backtrack", "attr")):
        code, out, _ = ask(*words)
        assert (code, "the module attr is of the project attrs\n" in out) == (0, True)
    assert "the module" not in ask("explain-backtrack", "attr", "attrs")[1]


def test_an_index_that_asks_for_credentials_gets_those_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = worlds.Project(name="a", releases=(release("a", "1.0"),))
    world = World(name="w", projects=(project,), question=worlds.Question(requirements=("a",)))
    with Loopback() as loopback:
        url = loopback.mount(world)
        loopback.authorization = f"Basic {b64encode(b'me:secret').decode()}"
        asked = ["explain-backtrack", "a", "--index", f"office-1={url}", "--default-index", url, "--resolver", "uv"]
        assert cli.run(asked) == 3
        monkeypatch.setenv("UV_INDEX_OFFICE_1_USERNAME", "me")
        monkeypatch.setenv("UV_INDEX_OFFICE_1_PASSWORD", "secret")
        assert cli.run(asked) == 0


def test_a_local_build_that_is_elsewhere_leads_to_its_index(ask: Ask, tmp_path: Path) -> None:
    folder_of(tmp_path / "links", ("torch", release("torch", "2.3.0")))
    for wanted, place in (("2.3.0+cu118", "whl/cu118"), ("2.2.0+cpu", "whl/cpu")):
        code, out, _ = ask("why", f"torch=={wanted}", *JSON)
        (finding,) = json.loads(out)["findings"]
        assert (code, finding["code"]) == (1, "BT107")
        assert finding["detail"]["local_builds"].endswith(place)
        assert "which is not asked: add it with --extra-index-url" in ask("why", f"torch=={wanted}")[1]
    (finding,) = json.loads(ask("why", "torch==2.2.0", *JSON)[1])["findings"]
    assert finding["detail"]["local_builds"] is None
    (finding,) = json.loads(ask("why", "a==2.0+cu118", *JSON)[1])["findings"]
    assert finding["detail"]["local_builds"] is None


@pytest.mark.parametrize(("uv", "version"), [("0.4.22", "1.0"), ("0.4.23", "2.0")])
def test_a_source_that_names_an_index_counts_since_0_4_23(
    uv: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, the table is unknown and the project is looked for as any other is, even where the index is nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    for index, found in (("main", "1.0"), ("other", "2.0")):
        (tmp_path / index).mkdir()
        pages = folder_of(tmp_path / index / "dep", ("dep", release("dep", found)))
        file = f"dep-{found}-py3-none-any.whl"
        (pages / "index.html").write_text(f'<a href="{file}">{file}</a>', encoding="utf-8")
    own = (
        '[project]\nname = "own"\nversion = "1"\ndependencies = ["dep"]\n[tool.uv.sources]\ndep = { index = "other" }\n'
    )
    named = f'[[tool.uv.index]]\nname = "other"\nexplicit = true\nurl = "{(tmp_path / "other").as_uri()}"\n'
    Path("pyproject.toml").write_text(own + named, encoding="utf-8")
    ask = ["explain-backtrack", "-q", "--resolver", f"uv@{uv}", "-i", (tmp_path / "main").as_uri()]
    assert cli.run([*ask, "-o", "o.json"]) == 0
    (answer,) = json.loads(Path("o.json").read_text(encoding="utf-8"))["runs"]
    assert answer["pins"]["dep"]["version"] == version
    Path("pyproject.toml").write_text(own, encoding="utf-8")
    assert cli.run([*ask, "-o", "again.json"]) == (0 if version == "1.0" else 2)
