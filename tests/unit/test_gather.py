"""Everything the user asked for, in the order that both tools use."""

from pathlib import Path

import pytest

from backtrail.inputs.gather import Chosen, gather
from backtrail.inputs.pyproject import Extras
from backtrail.inputs.stand_ins import read_stand_ins
from backtrail.model.errors import InputError

PROJECT = """
[project]
name = "app"
dependencies = [
  "requests>=2",
  'rich ; python_version > "3.8"',
]
[project.optional-dependencies]
web = ["flask"]
all = ["app[web]", "numpy"]
[dependency-groups]
test = ["pytest", {include-group = "lint"}]
lint = ["ruff==0.14.*"]
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(PROJECT)


def test_order_of_inputs() -> None:
    Path("one.txt").write_text("d\n")
    Path("two.txt").write_text("e\n-c limits.txt\n--pre\n")
    Path("limits.txt").write_text("d<2\n")
    Path("override.txt").write_text("e[x]==1\n")
    Path("local").mkdir()
    Path("local", "pyproject.toml").write_text("[project]\nname = 'c'\n")
    inputs = gather(
        requirements=["b", "a"],
        editables=["./local"],
        files=["one.txt", "two.txt"],
        constraints=["limits.txt"],
        overrides=["override.txt"],
        environ={},
    )
    assert [each.name for each in inputs.requirements] == ["b", "a", "c", "d", "e"]
    assert str(inputs.requirements[0].origin) == "command line"
    assert [each.text for each in inputs.constraints] == ["d<2", "d<2"]
    assert [each.text for each in inputs.overrides] == ["e[x]==1"]
    assert [each.name for each in inputs.settings] == ["pre"]


def test_a_project_with_its_extras_and_groups() -> None:
    inputs = gather(
        files=["pyproject.toml"],
        chosen=Chosen(extras=Extras(names=("All",)), groups=("test", "./pyproject.toml:lint")),
        environ={},
    )
    assert [(each.name, each.origin and each.origin.line) for each in inputs.requirements] == [
        ("requests", 5),
        ("rich", 6),
        ("numpy", 10),
        ("flask", 9),
        ("pytest", 12),
        ("ruff", 13),
        ("ruff", 13),
    ]


@pytest.mark.parametrize(
    ("content", "chosen", "sentence"),
    [
        (
            PROJECT,
            Chosen(extras=Extras(names=("missing",))),
            "pyproject.toml: --extra 'missing' is not declared",
        ),
        (PROJECT, Chosen(groups=("docs",)), "pyproject.toml: there is no group 'docs'"),
        ("[project]\ndynamic = ['dependencies']\n", Chosen(), "pyproject.toml: 'dependencies' is dynamic"),
        ("[project\n", Chosen(), "'pyproject.toml' is not TOML: "),
        ("[project]\ndependencies = 'a'\n", Chosen(), "pyproject.toml: 'dependencies' is not a list"),
        ("[project]\ndependencies = ['a b']\n", Chosen(), "pyproject.toml:2: 'a b': not a requirement"),
        ("", Chosen(), "pyproject.toml: there is no [project] table"),
    ],
)
def test_a_project_that_cannot_be_read(content: str, chosen: Chosen, sentence: str) -> None:
    Path("pyproject.toml").write_text(content)
    with pytest.raises(InputError) as caught:
        gather(files=["pyproject.toml"], environ={}, chosen=chosen)
    assert str(caught.value).startswith(sentence)


def test_stand_ins_speak_for_whom_their_content_names() -> None:
    Path("meta").mkdir()
    Path("meta/fork.METADATA").write_text(
        "Metadata-Version: 2.1\nName: tortoise-tts\nVersion: 3.0.0\nRequires-Python: >=3.6\n"
        "Requires-Dist: tqdm\nRequires-Dist: librosa ; extra == 'x'\nProvides-Extra: x\n\nA description\n"
    )
    Path("meta/notes.txt").write_text("not one")
    (stand_in,) = read_stand_ins(["meta"])
    assert (stand_in.name, stand_in.version, stand_in.requires_python) == ("tortoise-tts", "3.0.0", ">=3.6")
    assert stand_in.requires_dist == ("tqdm", "librosa ; extra == 'x'")
    with pytest.raises(InputError, match="has a stand-in already in"):
        read_stand_ins(["meta", "meta/fork.METADATA"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Version: 1\n", "has no Name field"),
        (b"Name: a\n", "has no Version field"),
        (b"Name: a\nVersion: one\n", "Invalid version: 'one'"),
        (b"\xff\xfe\x00", "has no Name field"),
    ],
)
def test_a_stand_in_that_says_too_little(content: bytes, sentence: str) -> None:
    Path("a.METADATA").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_stand_ins(["a.METADATA"])


def test_a_stand_in_that_is_not_there() -> None:
    for path, sentence in (("no.METADATA", "cannot be read: No such file"), (".", r"has no \*.METADATA file")):
        with pytest.raises(InputError, match=sentence):
            read_stand_ins([path])
