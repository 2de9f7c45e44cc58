"""The header block of METADATA and PKG-INFO, as real files write it."""

import pytest

from backtrail import bounds
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.standards.core_metadata import inconsistency, invalid_name, parse_metadata

WHEEL = File(
    filename="Foo_Bar-1.0-py3-none-any.whl",
    url="https://files.example/Foo_Bar-1.0-py3-none-any.whl",
    version="1.0",
    kind=FileKind.WHEEL,
)


def sdist(filename: str, version: str) -> File:
    return File(filename=filename, url=f"https://files.example/{filename}", version=version, kind=FileKind.SDIST)


def read(text: str | bytes, file: File = WHEEL) -> Metadata | Unavailable:
    data = text if isinstance(text, bytes) else text.encode()
    source = MetadataSource.METADATA_FILE if file.kind is FileKind.WHEEL else MetadataSource.BUILT
    return parse_metadata(data, file=file, source=source)


def good(text: str | bytes, file: File = WHEEL) -> Metadata:
    found = read(text, file)
    assert isinstance(found, Metadata), found
    return found


def failure(text: str | bytes, file: File = WHEEL) -> Failure:
    found = read(text, file)
    assert isinstance(found, Unavailable), found
    return found.failure


def test_the_fields_a_resolver_needs_are_read_and_the_description_is_not() -> None:
    found = good(
        "Metadata-Version: 2.1\nName: foo-bar\nVersion: 1.0\nRequires-Python: >=3.8\nProvides-Extra: fast\n"
        'Requires-Dist: numpy (>=1.2)\nRequires-Dist: cython; extra == "fast"\n\nRequires-Dist: not-a-requirement\n'
    )
    assert found == Metadata(
        name="foo-bar",
        version="1.0",
        requires_dist=("numpy (>=1.2)", 'cython; extra == "fast"'),
        requires_python=">=3.8",
        provides_extra=("fast",),
        source=MetadataSource.METADATA_FILE,
        file=WHEEL.filename,
    )


def test_windows_line_ends_and_the_case_of_names_do_not_matter() -> None:
    found = good(b"NAME: foo.bar\r\nversion: 1.0\r\nREQUIRES-DIST: numpy\r\n\r\nRequires-Dist: no\r\n")
    assert found.requires_dist == ("numpy",)


def test_a_folded_requirement_is_one_requirement() -> None:
    found = good("Name: foo_bar\nVersion: 1.0\nRequires-Dist: numpy>=1.2,\n        <2 ;\n\tpython_version > '3'\n")
    assert found.requires_dist == ("numpy>=1.2, <2 ; python_version > '3'",)


def test_latin_1_in_an_authors_name_does_not_hide_the_requirements() -> None:
    found = good(b"Name: foo-bar\nVersion: 1.0\nAuthor: Fran\xe7ois\nRequires-Dist: numpy\n")
    assert found.requires_dist == ("numpy",)


def test_unknown_is_what_old_tools_wrote_for_nothing() -> None:
    found = good("Name: foo-bar\nVersion: 1.0\nRequires-Python: UNKNOWN\nRequires-Dist: UNKNOWN\n")
    assert (found.requires_python, found.requires_dist) == (None, ())


def test_requirements_that_do_not_parse_are_kept_for_the_resolver_to_judge() -> None:
    assert good("Name: foo-bar\nVersion: 1.0\nRequires-Dist: >dev, what\n").requires_dist == (">dev, what",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\nName: foo-bar\nVersion: 1.0\n",
        "Name: foo-bar\n",
        "Name: foo-bar\nVersion: one\n",
        b"\x89PNG\r\n\x1a\n\x00",
    ],
)
def test_metadata_without_a_usable_version_is_invalid(text: str | bytes) -> None:
    assert failure(text) is Failure.INVALID


def test_metadata_without_a_name_is_invalid_for_all_but_a_wheel() -> None:
    text = "Version: 1.0\n"
    assert failure(text, sdist("foo-bar-1.0.tar.gz", "1.0")) is Failure.INVALID
    nameless = good(text)
    assert nameless.name == ""
    assert invalid_name(nameless) is not None


@pytest.mark.parametrize("text", ["Name: foo\nVersion: 1.0\n", "Name: foo-bar\nVersion: 1.1\n"])
def test_another_name_or_version_than_the_files_is_inconsistent(text: str) -> None:
    assert failure(text, sdist("foo-bar-1.0.tar.gz", "1.0")) is Failure.INCONSISTENT


@pytest.mark.parametrize(
    "text", ["Name: foo\nVersion: 1.0\n", "Name: foo bar\nVersion: 1.0\n", "Name: foo-bar\nVersion: 1.1\n"]
)
def test_what_a_wheel_says_of_itself_is_for_each_resolver_to_judge(text: str) -> None:
    found = good(text)
    assert inconsistency(found, WHEEL) is not None


def test_a_file_name_may_lack_the_local_part_but_not_invent_one() -> None:
    text = "Name: foo\nVersion: 1.0+cpu\n"
    assert good(text, sdist("foo-1.0.tar.gz", "1.0")).version == "1.0+cpu"
    assert failure("Name: foo\nVersion: 1.0\n", sdist("foo-1.0+cpu.tar.gz", "1.0+cpu")) is Failure.INCONSISTENT


@pytest.mark.parametrize(
    ("filename", "version"),
    [("python-dateutil-2.8.2.tar.gz", "2.8.2"), ("python-dateutil-1.0-1.zip", "1.0.post1")],
)
def test_the_project_of_an_sdist_is_found_in_its_name(filename: str, version: str) -> None:
    file = sdist(filename, version)
    assert good(f"Name: Python.Dateutil\nVersion: {version}\n", file).name == "Python.Dateutil"
    assert failure(f"Name: dateutil\nVersion: {version}\n", file) is Failure.INCONSISTENT


def test_metadata_of_absurd_size_is_not_read() -> None:
    assert failure(b"Name: foo-bar\nVersion: 1.0\n" + b"x" * bounds.METADATA) is Failure.TOO_LARGE
    many = b"Requires-Dist: numpy\n" * 60_000
    assert failure(b"Name: foo-bar\nVersion: 1.0\n" + many) is Failure.TOO_LARGE
