"""What is typed to change an index: files of three kinds, names and versions, and a sentence for everything else."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from backtrail import bounds
from backtrail.model.errors import InputError
from backtrail.model.files import Absent, FileKind, Listing, Unreadable
from backtrail.model.index_change import Published, Removed, Restated
from backtrail.model.metadata import Metadata, MetadataSource, SdistContents
from backtrail.model.question import Indexes
from backtrail.sources.case_file import Replay, World
from backtrail.sources.index_options import check_index_changes, files_of, read_index_changes
from support.listings import file
from support.small_worlds import asked_of, small_world
from support.what_ifs import NOW
from support.worlds import release, sdist_bytes, wheel_bytes

METADATA = b"Metadata-Version: 2.1\nName: My.Pack\nVersion: 1.0.0rc1\nRequires-Python: >=3.9\nRequires-Dist: num<2\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def published(path: str) -> Published:
    (found,) = read_index_changes([("publish", path)], now=NOW)
    assert isinstance(found, Published)
    return found


def test_metadata_stands_for_a_wheel_for_every_machine(folder: Path) -> None:
    (folder / "next").write_bytes(METADATA)
    found = published("next")
    assert (found.project, found.version, found.file.kind) == ("my-pack", "1.0.0rc1", FileKind.WHEEL)
    assert found.file.filename == "my_pack-1.0.0rc1-py3-none-any.whl"
    assert (found.file.requires_python, found.file.uploaded) == (">=3.9", "2026-01-01T00:00:00Z")
    assert isinstance(found.says, Metadata)
    assert (found.says.requires_dist, found.says.file) == (("num<2",), found.file.filename)


def test_a_wheel(folder: Path) -> None:
    name = "my_pack-1.0.0rc1-cp310-cp310-manylinux_2_28_x86_64.whl"
    content = wheel_bytes(name, METADATA)
    (folder / name).write_bytes(content)
    found = published(name)
    assert (found.project, found.file.filename, found.file.size) == ("my-pack", name, len(content))
    assert {*found.file.hashes} == {"sha256"}
    assert {*(found.file.metadata_hashes or {})} == {"sha256"}
    assert isinstance(found.says, Metadata)
    assert found.says.source is MetadataSource.WHEEL


@pytest.mark.parametrize("name", ["my_pack-1.0.0rc1.tar.gz", "My.Pack-1.0.0rc1.zip"])
def test_an_sdist(name: str, folder: Path) -> None:
    (folder / name).write_bytes(sdist_bytes(name, METADATA))
    found = published(name)
    assert (found.project, found.version, found.file.kind) == ("my-pack", "1.0.0rc1", FileKind.SDIST)
    assert (found.file.requires_python, found.file.metadata_hashes) == (">=3.9", None)
    assert isinstance(found.says, SdistContents)
    assert "Requires-Dist: num<2" in str(found.says.pkg_info)


def test_where_the_name_of_an_sdist_ends_its_texts_say(folder: Path) -> None:
    name = "my-pack-1.0-1.tar.gz"
    (folder / name).write_bytes(sdist_bytes(name, b"Metadata-Version: 2.1\nName: my-pack\nVersion: 1.0.post1\n"))
    found = published(name)
    assert (found.project, found.version) == ("my-pack", "1.0.post1")


def test_versions_are_read_in_normal_form(folder: Path) -> None:
    (folder / "M").write_bytes(METADATA.replace(b"1.0.0rc1", b"1.0.0-RC1"))
    assert published("M").version == "1.0.0rc1"
    found = read_index_changes(
        [("remove", "My.Pack"), ("remove", "my_pack == 1.0.RC1"), ("metadata", "my-pack==1.0.0.rc1:M")], now=NOW
    )
    assert [type(one) for one in found] == [Removed, Removed, Restated]
    assert [one.option for one in found] == [
        "--remove my-pack",
        "--remove my-pack==1.0rc1",
        "--metadata my-pack==1.0.0rc1:M",
    ]


def wheel(folder: Path, name: str, metadata: bytes | None = METADATA) -> None:
    (folder / name).write_bytes(wheel_bytes(name, metadata))


def fifo(folder: Path, name: str) -> None:
    os.mkfifo(folder / name)


WHEEL = "my_pack-1.0.0rc1-py3-none-any.whl"
SDIST = "my_pack-1.0.0rc1.tar.gz"
Make = Callable[[Path], object]


def text(name: str, content: bytes) -> Make:
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("option", "value", "make", "said"),
    [
        ("publish", "none", None, "--publish 'none' cannot be read: No such file or directory"),
        ("publish", ".", None, "--publish '.' cannot be read: Is a directory"),
        ("publish", "a\0b", None, "--publish 'a\\x00b' cannot be read: embedded null byte"),
        ("publish", WHEEL, None, f"--publish '{WHEEL}' is no file"),
        ("publish", WHEEL, lambda folder: fifo(folder, WHEEL), f"--publish '{WHEEL}' is no file"),
        ("publish", WHEEL, text(WHEEL, b"x"), f"--publish '{WHEEL}' is no wheel: it is no zip archive, or cut short"),
        (
            "publish", WHEEL, lambda folder: wheel(folder, WHEEL, None),
            f"--publish '{WHEEL}' is no wheel: no .dist-info/METADATA in it",
        ),
        (
            "publish", WHEEL, lambda folder: wheel(folder, WHEEL, METADATA.replace(b"rc1", b"")),
            f"--publish '{WHEEL}' is no wheel: its metadata says 1.0.0",
        ),
        (
            "publish", WHEEL, lambda folder: wheel(folder, WHEEL, METADATA + b"#" * (bounds.METADATA + 1)),
            f"--publish '{WHEEL}' is no wheel: its METADATA has ",
        ),
        ("publish", "pack.whl", text("pack.whl", b"x"), "--publish 'pack.whl': its name is not that of a wheel"),
        ("publish", "pack.zip", text("pack.zip", b"x"), "--publish 'pack.zip': its name is not that of an sdist"),
        (
            "publish", SDIST, lambda folder: (folder / SDIST).write_bytes(sdist_bytes(SDIST, b"Name: other\n")),
            f"--publish '{SDIST}' is no sdist: its PKG-INFO says 'other ?'",
        ),
        ("publish", SDIST, text(SDIST, b"x"), f"--publish '{SDIST}' is no sdist: the archive is cut short"),
        (
            "publish", "a-1.tar", lambda folder: (folder / "a-1.tar").write_bytes(b"\0" * 1024),
            "--publish 'a-1.tar' is no sdist: it has no PKG-INFO",
        ),
        (
            "publish", "x", text("x", b"\x89PNG\r\n"),
            "--publish 'x' is no file of metadata, no wheel and no sdist: it has no Name",
        ),
        (
            "publish", "x", text("x", b"Name: a\n"),
            "--publish 'x' is no file of metadata, no wheel and no sdist: it has no Version",
        ),
        ("publish", "x", text("x", b"Name: a\nVersion: one\n"), "--publish 'x' is no file of metadata, no wheel and"),
        ("publish", "x", text("x", b"Name: -\nVersion: 1\n"), "--publish 'x' cannot be read: name is invalid: '-'"),
        ("publish", "x", text("x", b" " * (bounds.METADATA + 1)), "--publish 'x' cannot be read: it has more than "),
        (
            "publish", "x", text("x", METADATA + b"Requires-Dist: a\n" * (bounds.REQUIREMENTS + 1)),
            "--publish 'x' cannot be read: ",
        ),
        ("yank", "numba", None, "--yank 'numba' is not NAME==VERSION"),
        ("yank", "numba==", None, "--yank 'numba==' is not NAME==VERSION"),
        ("yank", "numba>=1", None, "--yank 'numba>=1' is not NAME==VERSION"),
        ("yank", "numba==1.*", None, "--yank 'numba==1.*' is not NAME==VERSION"),
        ("unyank", "-==1", None, "--unyank '-==1': '-' is not the name of a project"),
        ("remove", "numba=1", None, "--remove 'numba=1' is not NAME==VERSION"),
        ("remove", "a b", None, "--remove 'a b': 'a b' is not the name of a project"),
        ("metadata", "numba==1", None, "--metadata 'numba==1' is not NAME==VERSION:FILE"),
        ("metadata", "numba:M", None, "--metadata 'numba:M' is not NAME==VERSION:FILE"),
        ("metadata", "numba==1:M", None, "--metadata 'M' cannot be read: No such file or directory"),
        ("metadata", "numba==1:M", text("M", b"Name: numba\n"), "--metadata 'M' is no file of metadata: it has no Ver"),
        (
            "metadata", "numba==1:M", text("M", METADATA),
            "--metadata 'numba==1:M': M is of My.Pack 1.0.0rc1",
        ),
        ("rename", "a", None, "'rename' is no change of an index (publish, yank, unyank, metadata, remove)"),
    ],
)  # fmt: skip
def test_what_is_no_change_is_said_in_a_sentence(
    option: str, value: str, make: Make | None, said: str, folder: Path
) -> None:
    if make is not None:
        make(folder)
    with pytest.raises(InputError) as raised:
        read_index_changes([(option, value)], now=NOW)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_the_files_that_are_read() -> None:
    typed = [("publish", "a.whl"), ("yank", "a==1"), ("metadata", "a==1:b:c"), ("remove", "a")]
    assert [*files_of(typed)] == ["a.whl", "b:c"]


# Versions that are not there

HOME = "https://home.example/simple"


def checked(*typed: tuple[str, str], page: Listing | Absent | Unreadable) -> None:
    question = asked_of(small_world("none", {"pack": (release("pack", "1.0"),)}, "pack"), indexes=Indexes(default=HOME))
    changes = read_index_changes(typed, now=NOW)
    source = Replay(World(pages={(HOME, page.name if isinstance(page, Listing) else "pack"): page}))  # type: ignore[dict-item]
    check_index_changes([msgspec.structs.replace(question, index_changes=changes)], source)


PAGE = Listing.of("pack", HOME, [file("pack-1.0-py3-none-any.whl")])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([("yank", "pack==2.0")], "--yank pack==2.0: no index of this question has pack 2.0"),
        ([("unyank", "pack==2.0")], "--unyank pack==2.0: no index of this question has pack 2.0"),
        ([("remove", "pack==2.0")], "--remove pack==2.0: no index of this question has pack 2.0"),
        ([("remove", "pack"), ("yank", "pack==1.0")], "--yank pack==1.0: no index of this question has pack 1.0"),
    ],
)
def test_a_version_that_is_not_there_is_said_when_the_page_was_read(typed: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(InputError, match=f"^{said}$"):
        checked(*typed, page=PAGE)
    checked(*typed, page=Unreadable(index=HOME, reason="network"))


def test_a_project_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"^--remove pack: no index of this question has pack$"):
        checked(("remove", "pack"), page=Absent(index=HOME))
    checked(("remove", "pack"), page=PAGE)


def test_what_was_published_before_is_there(folder: Path) -> None:
    (folder / "M").write_bytes(b"Name: pack\nVersion: 2.0\n")
    checked(("publish", "M"), ("yank", "pack==2"), page=PAGE)
    with pytest.raises(InputError, match=r"^--yank pack==2: "):
        checked(("yank", "pack==2"), ("publish", "M"), page=PAGE)
