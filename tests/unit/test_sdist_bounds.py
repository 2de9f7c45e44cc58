"""Hostile sdists: archives of more than is read, texts that grow when they are read, scripts that never end."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Sequence

import msgspec
import pytest

from backtrail import bounds
from backtrail.index.files import sdist
from backtrail.index.files.sdist import SdistReader, legacy_metadata, static_metadata
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.setup_py.keywords import UNKNOWN, Keywords, parse_script, setup_keywords
from backtrail.setup_py.python_checks import find_guards
from support.patience import patience

TEXT = "a" * 1000
OLD = "Metadata-Version: 1.0\nName: a\nVersion: 1.0\n"
LONG = "e" * 500_000
SETUP = "from setuptools import setup\n"


def sdist_file(extension: str) -> File:
    name = f"a-1.0{extension}"
    return File(filename=name, url=f"https://files.example/{name}", version="1.0", kind=FileKind.SDIST)


def zipped(members: Sequence[str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in members:
            archive.writestr(name, TEXT)
    return stream.getvalue()


def tarred(members: Sequence[str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in members:
            info = tarfile.TarInfo(name)
            info.size = len(TEXT)
            archive.addfile(info, io.BytesIO(TEXT.encode()))
    return stream.getvalue()


PACKED = pytest.mark.parametrize(("extension", "pack"), [(".zip", zipped), (".tar", tarred)])
Pack = Callable[[Sequence[str]], bytes]


def read(data: bytes, extension: str) -> SdistContents | Unavailable:
    reader = SdistReader(sdist_file(extension))
    reader.feed(data)
    return reader.close()


def too_large(found: SdistContents | Metadata | Unavailable | None) -> bool:
    return isinstance(found, Unavailable) and found.failure is Failure.TOO_LARGE


@PACKED
def test_setup_files_of_many_folders_are_not_kept(extension: str, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdist, "_MAX_TEXTS", 3 * len(TEXT))
    found = read(pack([f"a{number}/setup.py" for number in range(400)]), extension)
    assert isinstance(found, SdistContents)
    assert found.setup_py is None


@PACKED
def test_the_texts_of_an_sdist_have_a_bound_together(
    extension: str, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdist, "_MAX_TEXTS", 3 * len(TEXT))
    assert too_large(read(pack([f"a/b{number}.egg-info/requires.txt" for number in range(4)]), extension))
    assert not too_large(read(pack([f"a/b{number}.egg-info/requires.txt" for number in range(3)]), extension))


@PACKED
def test_an_archive_has_a_number_of_members(extension: str, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdist, "_MAX_MEMBERS", 10)
    assert too_large(read(pack([f"a/{number}" for number in range(11)]), extension))
    assert not too_large(read(pack([f"a/{number}" for number in range(10)]), extension))


def said(**texts: str) -> list[Metadata | Unavailable | None]:
    contents = msgspec.structs.replace(SdistContents(file="a-1.0.tar.gz"), **texts)
    file = sdist_file(".tar.gz")
    with patience():
        return [
            static_metadata(contents, file),
            static_metadata(contents, file, egg_info=True),
            legacy_metadata(contents, file),
        ]


LISTED = "'a',"
PROJECT = '[project]\nname = "a"\nversion = "1.0"\n'


@pytest.mark.parametrize(
    "texts",
    [
        {"pyproject": f"{PROJECT}[project.optional-dependencies]\n{LONG} = [{LISTED * 2000}]\n"},
        {"pyproject": f"{PROJECT}dependencies = [{LISTED * 50_001}]\n"},
        {"egg_requires": f"[{LONG}]\n" + "a\n" * 100_000, "pkg_info": OLD},
        {"egg_requires": f"[:os_name == 'x' {'and os_name == 1' * 500}]\n" + "a\n" * 100_000, "pkg_info": OLD},
        {"egg_requires": "[a]\na\n" * 50_001, "pkg_info": OLD},
        {"pkg_info": f"{OLD.replace('1.0', '2.2', 1)}{'Requires-Dist: a' * 1}\n" + "Requires-Dist: a\n" * 50_000},
    ],
    ids=["extra", "dependencies", "section", "marker", "lines", "headers"],
)
def test_requirements_that_repeat_a_long_condition_are_too_many(texts: dict[str, str]) -> None:
    assert any(map(too_large, said(**texts)))


def test_a_script_of_many_extras_is_read_at_once() -> None:
    extras = ",".join(f"'k{number}':'a'" for number in range(15_000))
    contents = SdistContents(file="a-1.0.tar.gz", setup_py=f"{SETUP}setup(extras_require={{{extras}}})")
    with patience(20):
        found = legacy_metadata(contents, sdist_file(".tar.gz"))
    assert isinstance(found, Metadata)
    assert len(found.requires_dist) == len(found.provides_extra) == 15_000


def test_a_script_requires_no_more_than_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REQUIREMENTS", 10)
    assert too_large(said(setup_py=f"{SETUP}setup(install_requires=[{LISTED * 11}])")[-1])


@pytest.mark.parametrize(
    "text",
    [
        f"a{' ' * 100_000}b\n",
        f"a{chr(160) * 100_000}b\n",
        "a\n" * 500_000,
        f"{LONG} =\n" + " a\n" * 150_000,
        "[a]\n" * 9000,
    ],
    ids=["blanks", "no-break", "wrong", "key", "sections"],
)
def test_a_setup_cfg_that_cannot_be_real_says_nothing(text: str) -> None:
    found = said(setup_cfg=f"[options]\n[options.extras_require]\n{text}")
    assert all(one is None or isinstance(one, Unavailable) for one in found)


@pytest.mark.parametrize("field", ["pkg_info", "pyproject", "setup_cfg"])
def test_a_version_of_more_digits_than_python_converts_is_none(field: str) -> None:
    digits = "1" * 5000
    text = {
        "pkg_info": f"Metadata-Version: 2.2\nName: a\nVersion: {digits}\n",
        "pyproject": f'[project]\nname = "a"\nversion = "{digits}"\n',
        "setup_cfg": f"[metadata]\nversion = {digits}\n",
    }
    assert not any(isinstance(one, Metadata) for one in said(**{field: text[field]}))


def keywords(script: str) -> Keywords | None:
    with patience():
        parsed = parse_script(script)
        assert not isinstance(parsed, str), parsed
        return setup_keywords(parsed)


DOUBLED = "".join(f"x{number + 1} = x{number} + x{number}\n" for number in range(60))


@pytest.mark.parametrize(
    "script",
    [
        f"x0 = ['a']\n{DOUBLED}{SETUP}setup(install_requires=x60)",
        f"x0 = 'a\\n'\n{DOUBLED}{SETUP}setup(install_requires=x60)",
        f"x0 = 'a\\n'\n{DOUBLED}{SETUP}setup(install_requires=[{'x18,' * 5000}])",
        "".join(f"x{number} = x{number + 1}\n" for number in range(5000)) + f"{SETUP}setup(install_requires=x0)",
    ],
    ids=["list", "text", "named", "chain"],
)
def test_a_value_that_grows_without_end_is_unknown(script: str) -> None:
    found = keywords(script)
    assert found is not None
    assert found.install_requires == UNKNOWN


def test_a_value_that_grows_in_every_extra_is_unknown() -> None:
    extras = ",".join(f"'k{number}': x18" for number in range(5000))
    found = keywords(f"x0 = 'a\\n'\n{DOUBLED}{SETUP}setup(extras_require={{{extras}}})")
    assert found is not None
    assert found.extras_require == UNKNOWN


@pytest.mark.parametrize(
    "text", ["-" * 50_000 + "1", "not " * 40_000 + "1", "+".join(["1"] * 90_000), f"x{'.a' * 9000}", "1," * 100_001]
)
def test_a_script_without_end_is_not_parsed(text: str) -> None:
    with patience():
        assert isinstance(parse_script(f"x = {text}\n"), str)


CHECK = "import sys\nif sys.version_info < (3, 0): raise SystemExit('x')\n"


@pytest.mark.parametrize(
    "before",
    ["x = 1\nx += None\n", "x = 'a'\nx += None\nx -= 1\nx *= None\nx /= 0\nx %= 3\nx @= 1\nx <<= 1\n", "x += None\n",
     f"x{'.a' * 200}\n", f"x{'()' * 200}\n", f"x{'[0]' * 200} = 1\n", "x = [1]\n" + "x = [x, x]\n" * 60,
     "while True: x = 1\n",
     "x = int('1' * 5000)\ny = 9 ** 9 ** 9 ** 9\nz = str(10 ** 5000)\n", "x = {[]: 1}\nx[[1]]\n*x, y = 1\n"]
)  # fmt: skip
def test_what_stands_before_a_check_hides_nothing(before: str) -> None:
    with patience():
        found = find_guards(f"{before}{CHECK}", "3.10.0")
    assert isinstance(found, tuple)
    assert [one.bounds for one in found] == [">=3.0"]


@pytest.mark.parametrize(
    "text", [f"x{'.a' * 5000}\n", f"x{'()' * 5000}\n", "import sys\n" * 30_000, "f(f(f))\n" * 15_000]
)
def test_a_script_that_is_too_long_or_too_deep_cannot_be_told(text: str) -> None:
    with patience():
        assert isinstance(find_guards(f"{text}{CHECK}", "3.10.0"), str)
