"""Requirement files: the odd ones that people keep, and what each line turns into."""

import codecs
from collections.abc import Mapping
from pathlib import Path

import pytest

from backtrail.inputs.requirements_file import Lines, read_requirements_file
from backtrail.model.errors import InputError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: str, content: str | bytes) -> str:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(content: str | bytes, environ: Mapping[str, str] | None = None, *, constraint: bool = False) -> Lines:
    return read_requirements_file(
        write("requirements.txt", content), environ={} if environ is None else environ, constraint=constraint
    )


def refusal(content: str | bytes, *, constraint: bool = False) -> str:
    with pytest.raises(InputError) as caught:
        read(content, constraint=constraint)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_requirements_of_the_bark_and_tortoise_thread() -> None:
    lines = read(
        "safetensors\n"
        "# safetensors==0.3.1 # Until they fix it\n"
        "ffmpeg-python # Apache 2.0\n"
        "gradio>=4.1.0 # MIT License\n"
        "soundfile==0.12.1; sys_platform == 'win32'\n"
        "suno-bark @ git+https://forge.example/rsxdalv/bark@main#egg=suno-bark # MIT License\n"
        "pillow==10.3.0 # for gradio, conda fix\n"
    )
    assert [(str(each.origin), each.name, each.specifier, each.text) for each in lines.requirements] == [
        ("requirements.txt:1", "safetensors", "", "safetensors"),
        ("requirements.txt:3", "ffmpeg-python", "", "ffmpeg-python"),
        ("requirements.txt:4", "gradio", ">=4.1.0", "gradio>=4.1.0"),
        ("requirements.txt:5", "soundfile", "==0.12.1", "soundfile==0.12.1; sys_platform == 'win32'"),
        (
            "requirements.txt:6",
            "suno-bark",
            "",
            "suno-bark @ git+https://forge.example/rsxdalv/bark@main#egg=suno-bark",
        ),
        ("requirements.txt:7", "pillow", "==10.3.0", "pillow==10.3.0"),
    ]
    assert lines.requirements[3].marker == 'sys_platform == "win32"'
    assert lines.requirements[4].url == "git+https://forge.example/rsxdalv/bark@main#egg=suno-bark"


def test_a_hashed_requirement_over_several_lines_has_the_number_of_its_first() -> None:
    lines = read(
        "\n"
        "certifi==2024.8.30 \\\n"
        f"    --hash=sha256:{'a' * 64} \\\n"
        f"    --hash=sha256:{'b' * 64}\n"
        "    # via requests\n"
        "idna==3.10\n"
    )
    certifi, idna = lines.requirements
    assert (str(certifi.origin), certifi.text) == ("requirements.txt:2", "certifi==2024.8.30")
    assert certifi.hashes == (f"sha256:{'a' * 64}", f"sha256:{'b' * 64}")
    assert str(idna.origin) == "requirements.txt:6"


def test_extras_keep_the_order_of_their_author() -> None:
    (requirement,) = read("Uvicorn[Standard, http_Tools,standard] >= 0.2, <1\n").requirements
    assert (requirement.name, requirement.extras) == ("uvicorn", ("standard", "http-tools"))


def test_includes_are_expanded_in_place_and_relative_to_the_file_that_names_them() -> None:
    write("base/common.txt", "b\n-c ../limits.txt\n")
    write("limits.txt", "d<2\n")
    lines = read("a\n-r base/common.txt\nc\n")
    assert [(each.name, str(each.origin)) for each in lines.requirements] == [
        ("a", "requirements.txt:1"),
        ("b", f"{Path('base/common.txt')}:1"),
        ("c", "requirements.txt:3"),
    ]
    assert [(each.name, str(each.origin)) for each in lines.constraints] == [("d", "limits.txt:1")]


def test_the_same_file_may_be_included_on_two_branches() -> None:
    write("base.txt", "a\n")
    write("dev.txt", "-r base.txt\nb\n")
    assert [each.name for each in read("-r base.txt\n-r dev.txt\n").requirements] == ["a", "a", "b"]


def test_a_file_that_includes_itself_by_way_of_another_is_refused_with_both_names() -> None:
    write("dev.txt", "a\n-r requirements.txt\n")
    sentence = refusal("-r dev.txt\n")
    assert sentence.startswith("dev.txt:2: 'requirements.txt' includes itself")


def test_all_under_a_constraints_file_constrains_and_pip_is_said_to_differ() -> None:
    write("limits.txt", "a<2\n-r more.txt\n")
    write("more.txt", "b<3\n")
    lines = read("-c limits.txt\n")
    assert ([each.name for each in lines.constraints], lines.requirements) == (["a", "b"], ())
    assert "pip reads more.txt as requirements" in lines.warnings[0]


def test_variables_are_replaced_where_they_are_set_and_the_author_is_still_quoted() -> None:
    lines = read(
        "private @ https://${USER_NAME}:${TOKEN}@files.example/private-1.0.tar.gz\n", {"USER_NAME": "u", "TOKEN": "s3"}
    )
    (requirement,) = lines.requirements
    assert requirement.url == "https://files.example/private-1.0.tar.gz"
    assert "s3" not in requirement.text
    assert refusal("lib==${UNSET}\n").startswith("requirements.txt:1: 'lib==${UNSET}'")


def test_run_wide_options_remember_their_line() -> None:
    write("wheels/README", "")
    lines = read(
        "-i https://index.example/simple --extra-index-url=https://more.example/simple\n"
        "--find-links wheels\n"
        "--pre\n"
        "--only-binary numba,llvmlite\n"
    )
    assert [(each.name, each.value, each.origin) for each in lines.settings] == [
        ("index-url", "https://index.example/simple", "requirements.txt:1"),
        ("extra-index-url", "https://more.example/simple", "requirements.txt:1"),
        ("find-links", "wheels", "requirements.txt:2"),
        ("pre", "true", "requirements.txt:3"),
        ("only-binary", "numba,llvmlite", "requirements.txt:4"),
    ]


def test_find_links_are_looked_for_beside_the_file_first() -> None:
    write("sub/wheels/README", "")
    write("sub/more.txt", "-f wheels\n-f elsewhere\n")
    assert [each.value for each in read("-r sub/more.txt\n").settings] == [str(Path("sub/wheels")), "elsewhere"]


def test_an_option_behind_a_requirement_has_no_effect() -> None:
    lines = read("lib --pre\n")
    assert (lines.settings, len(lines.requirements)) == ((), 1)
    assert lines.warnings == ("requirements.txt:1: --pre behind a requirement has no effect",)


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "café\n".encode(),
        b"# -*- coding: latin-1 -*-\n" + "# café\ncafe\n".encode("latin-1"),
        codecs.BOM_UTF16_LE + "cafe\n".encode("utf-16-le"),
        codecs.BOM_UTF32_BE + "cafe\n".encode("utf-32-be"),
        b"cafe\r\n",
    ],
)
def test_encodings(data: bytes) -> None:
    expected = "café" if data.startswith(codecs.BOM_UTF8) else "cafe"
    if expected == "café":
        assert "'café'" in refusal(data)  # no name has accents (PEP 508), and the sentence shows it as written
    else:
        assert [each.name for each in read(data).requirements] == [expected]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("ok\nlib=1.0\n", "requirements.txt:2: 'lib=1.0': not a requirement: = is not an operator, == is"),
        ("lib#comment\n", "requirements.txt:1: 'lib#comment': not a requirement"),
        ("a\n--uploaded-prior-to 2024-01-01\n", "requirements.txt:2: no such option: --uploaded-prior-to"),
        ("-i\n", "requirements.txt:1: -i option requires 1 argument"),
        ("-r missing.txt\n", "requirements.txt:1: 'missing.txt' cannot be read: No such file or directory"),
        (
            "-r https://files.example/r.txt\n",
            "requirements.txt:1: 'https://files.example/r.txt' is not on this machine",
        ),
        ("lib --hash=md5:abc\n", "requirements.txt:1: '--hash=md5:abc' is not ALGORITHM:HEX"),
        ("lib ; python_version > 'a\n", "requirements.txt:1: "),
        ("./missing.whl\n", "requirements.txt:1: './missing.whl': no such file"),
        ("./missing\n", "requirements.txt:1: './missing': not a requirement and not a path"),
        ("lib --hash='sha256\n", "requirements.txt:1: \"--hash='sha256\" cannot be split into options"),
        ("-e lib\n", "requirements.txt:1: 'lib': an editable requirement is a local directory"),
        ("./requirements.txt\n", "requirements.txt:1: './requirements.txt': not a requirement: to read the file"),
        ("hg+https://forge.example/x\n", "requirements.txt:1: 'hg+https://forge.example/x': the project"),
        ("lib @ gopher://x.example/lib.zip\n", "requirements.txt:1: 'lib @ gopher://x.example/lib.zip': 'gopher'"),
        (b"# coding: klingon\nlib\n", "'requirements.txt' cannot be decoded: unknown encoding: klingon"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_with_file_line_and_value(content: str | bytes, sentence: str) -> None:
    assert refusal(content).startswith(sentence)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("lib[extra]<2\n", "a constraint cannot have extras"),
        ("-e ./project\n", "an editable requirement cannot be a constraint"),
        ("./project\n", "a constraint needs a name (NAME @ URL)"),
    ],
)
def test_what_pip_forbids_in_constraints(content: str, why: str) -> None:
    write("project/pyproject.toml", "[project]\nname = 'p'\n")
    assert refusal(content, constraint=True).endswith(why)


def test_a_missing_file_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"^'nowhere.txt' cannot be read: No such file or directory$"):
        read_requirements_file("nowhere.txt", environ={})


def test_a_dash_is_standard_input() -> None:
    lines = read_requirements_file("-", environ={}, stdin=lambda: b"a\nb\n")
    assert [str(each.origin) for each in lines.requirements] == ["<stdin>:1", "<stdin>:2"]
