"""What people give us may be hostile in size and shape, too: one sentence, soon, and never a crash."""

from pathlib import Path

import pytest

from backtrail import bounds
from backtrail.cases.questions import read_keep
from backtrail.cli import run
from backtrail.inputs.gather import Chosen, Inputs, gather
from backtrail.inputs.pyproject import Extras
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.script import read_script
from backtrail.model.errors import InputError
from backtrail.model.requirement import Origin
from support.patience import patience

BLANKS = " " * 9000
MANY = " " * 90_000
PROJECT = '[project]\nname = "x"\nversion = "1"\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def given(text: str, name: str = "requirements.txt", chosen: Chosen = Chosen()) -> Inputs:  # noqa: B008  frozen
    Path(name).write_text(text, encoding="utf-8")
    with patience():
        return gather(files=[name], environ={}, chosen=chosen)


def refused(text: str, name: str = "requirements.txt", chosen: Chosen = Chosen()) -> str:  # noqa: B008  frozen
    with pytest.raises(InputError) as error:
        given(text, name, chosen)
    return str(error.value)


@pytest.mark.parametrize(
    "line",
    [f"a{MANY}b", f"a{BLANKS}b", f"a{BLANKS}= 1", f"a{BLANKS}@", f"a{BLANKS}[{BLANKS}", f"-e ./a{BLANKS}x",
     f"a >{BLANKS}=", f"./a{'[ ' * 4000}", f"a @ https://x.org/{'://a:b' * 1000} @", f"a{'(' * 9000}", f"-{'-' * 9000}",
     f"a; os_name == {chr(39) * 9000}", f"a @{BLANKS}file:///ci/{'ci/' * 2000}"]
)  # fmt: skip
def test_a_line_that_goes_nowhere_is_refused_at_once(line: str) -> None:
    assert refused(f"{line}\n").startswith("requirements.txt:1: ")


@pytest.mark.parametrize("text", [f"{MANY}a", f"a{BLANKS}; os_name == 'x'", f"a{MANY}# comment", f"a{BLANKS}>=1"])
def test_blanks_are_blanks(text: str) -> None:
    assert [one.name for one in given(text).requirements] == ["a"]


def test_a_line_has_a_bound() -> None:
    assert refused("a\n" + "b" * 100_001) == "requirements.txt:2: a line of more than 100000 characters"


def test_a_requirement_has_a_bound() -> None:
    assert refused(f"a{',>1' * 5000}").endswith(": it has more than 10000 characters")


def test_a_file_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LINES", 10)
    assert refused("a\n" * 11) == "requirements.txt: with what it includes, or is included by, it has over 10 lines"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="it needs a device without end")
def test_a_device_without_end_is_no_file_of_requirements() -> None:
    with pytest.raises(InputError, match="it has more than 32000000 bytes"):
        gather(files=["/dev/zero"], environ={})


def test_files_that_include_one_another_without_end_are_refused() -> None:
    for number in range(1200):
        Path(f"c{number}.txt").write_text(f"-r c{number + 1}.txt\n", encoding="utf-8")
    Path("c1200.txt").write_text("a\n", encoding="utf-8")
    assert refused("-r c0.txt") == "c99.txt:1: 'c100.txt': too many files are included, or one in the other"


def test_files_that_each_include_two_are_refused() -> None:
    for number in range(40):
        Path(f"d{number}.txt").write_text(f"-r d{number + 1}.txt\n" * 2, encoding="utf-8")
    Path("d40.txt").write_text("a\n", encoding="utf-8")
    assert refused("-r d0.txt").endswith("too many files are included, or one in the other")


@pytest.mark.parametrize("times", [1, 2])
def test_groups_that_include_one_another_without_end_are_refused(times: int) -> None:
    groups = ("g%d = [%s]\n" % (n, f"{{include-group = 'g{n + 1}'}}," * times) for n in range(2000))  # noqa: UP031
    text = f"{PROJECT}[dependency-groups]\n{''.join(groups)}g2000 = ['a']\n"
    assert refused(text, "pyproject.toml", Chosen(groups=("g0",))) == (
        "pyproject.toml: group 'g0' includes too many others, or one in the other"
    )


@pytest.mark.parametrize(
    "text", [f"{'a.' * 40_000}a = 1", f"[{'a.' * 40_000}a]", f"x = {{ {chr(34)}a{chr(34)}{'.a' * 40_000} = 1 }}"]
)
def test_a_key_of_many_parts_is_refused(text: str) -> None:
    assert refused(f"{text}\n{PROJECT}", "pyproject.toml").endswith("a key of more than 100 parts is not read")


@pytest.mark.parametrize(
    ("text", "why"), [(f"a = 0x{'f' * 5000}", "more than 1000 digits"), (f"a = {'[' * 9000}", "deep")]
)
def test_toml_that_nobody_could_write_is_refused(text: str, why: str) -> None:
    assert why in refused(f"{text}\n{PROJECT}", "pyproject.toml")


def test_the_lines_of_twenty_thousand_dependencies_are_known() -> None:
    names = "".join(f'  "a{number}",\n' for number in range(20_000))
    found = given(f"{PROJECT}dependencies = [\n{names}]\n", "pyproject.toml").requirements
    assert [one.origin for one in found[::19_999]] == [
        Origin(file="pyproject.toml", line=5), Origin(file="pyproject.toml", line=20_004)
    ]  # fmt: skip


def test_an_extra_with_an_endless_name_is_refused() -> None:
    text = f"{PROJECT}[project.optional-dependencies]\n{'e' * 500_000} = ['a']\n"
    assert refused(text, "pyproject.toml", Chosen(extras=Extras(all=True))) == (
        "pyproject.toml: an extra has a name of 500000 characters"
    )


def test_a_script_of_openings_is_read_at_once() -> None:
    Path("x.py").write_text("# /// a\n" * 300_000, encoding="utf-8")
    with patience(), pytest.raises(InputError, match="no whole '# /// script' block"):
        read_script("x.py")


def test_the_block_of_a_script_ends_with_the_last_line_that_may_end_it() -> None:
    Path("x.py").write_text(
        "# /// other\n# ///\n\n# /// script\n# dependencies = ['a', # ///\n# ///\n# ]\n#\n# ///\nimport a\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="not TOML"):  # the block has a line that only a reader of blocks passes over
        read_script("x.py")
    Path("x.py").write_text("# /// script\n# dependencies = ['a']\n#\n# ///\n", encoding="utf-8")
    assert [str(one.origin) for one in read_script("x.py").requirements] == ["x.py:2"]


DIGITS = "1" * 5000


@pytest.mark.parametrize(
    "text",
    [f"a=={DIGITS}", f"a; python_version > '{DIGITS}'", f"https://x.org/a-{DIGITS}-py3-none-any.whl",
     f"https://x.org/a-1-{DIGITS}-py3-none-any.whl", f"https://x.org/a-{DIGITS}.tar.gz", f"a[e{DIGITS}]"]
)  # fmt: skip
def test_more_digits_than_python_converts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="a number in it has too many digits"):
        read_requirement(text, Origin())


@pytest.mark.parametrize("text", [f"a=={DIGITS}", "a==\u0663", f"BT{DIGITS}", f"BT101:{'x' * 100_000}\u0663"])
def test_nothing_odd_is_kept(text: str) -> None:
    with pytest.raises(InputError, match="is not one of outcome"):
        read_keep(text)


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "arguments",
    [("--python", f"3.{DIGITS}"), ("--python", "\u0663.\u0663"), ("--python", "3.99999"), ("--python", "3.10.99999"),
     ("--python", LONG), ("--python", "\0"), ("--resolver", f"uv@{DIGITS}"), ("--resolver", f"uv@{DIGITS}!1"),
     ("--resolver", "pip@\u0663"), ("--resolver", LONG), ("-o", f"{LONG}.json"), ("-o", f"{'x' * 200}/a.json"),
     ("--cert", LONG), ("--cert", "\0"), ("--dependency-metadata", LONG), ("--find-links", LONG), ("-r", LONG),
     ("-e", LONG), (LONG,), ("--exclude-newer", DIGITS), ("--exclude-newer", "\u0663"), ("--time-limit", DIGITS),
     ("--max-rounds", DIGITS), ("--python-platform", f"manylinux_2_{DIGITS}"), ("--extra", LONG), ("--fail-on", LONG)]
)  # fmt: skip
def test_an_option_beyond_measure_is_one_short_sentence(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with patience():
        code = run(["explain-backtrack", "a", "--no-index", "--isolated", *arguments])
    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert len(said) < 1100
    assert "backtrail itself failed" not in said
