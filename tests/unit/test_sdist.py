"""Which texts of an sdist are read, and when enough has been read."""

import gzip
import io
import tarfile
from pathlib import Path

from backtrail.index.files.sdist import SdistReader, read_sdist
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, SdistContents, Unavailable

FILE = File(filename="foo-1.0.tar.gz", url="https://files.example/foo-1.0.tar.gz", version="1.0", kind=FileKind.SDIST)
STATIC = "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n"


def tarball(*members: tuple[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in members:
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def read(data: bytes) -> SdistContents:
    reader = SdistReader(FILE)
    reader.feed(data)
    found = reader.close()
    assert isinstance(found, SdistContents), found
    return found


def test_one_folder_at_the_top_is_the_root_whatever_its_name() -> None:
    assert read(tarball(("other/setup.py", "a"), ("other/x/setup.py", "b"))).setup_py == "a"


def test_an_archive_without_a_folder_is_its_own_root() -> None:
    assert read(tarball(("./setup.py", "a"), ("x/setup.py", "b"))).setup_py == "a"


def test_an_egg_info_without_requirements_is_an_empty_text_and_none_at_all_is_none() -> None:
    assert read(tarball(("foo-1.0/foo.egg-info/PKG-INFO", "p"))).egg_requires == ""
    assert read(tarball(("foo-1.0/PKG-INFO", "p"))).egg_requires is None


def test_the_egg_info_of_the_project_is_taken_not_one_of_its_test_data() -> None:
    found = read(
        tarball(
            ("foo-1.0/src/other.egg-info/requires.txt", "no"),
            ("foo-1.0/src/Foo.egg-info/requires.txt", "yes"),
            ("foo-1.0/src/Foo.egg-info/PKG-INFO", "Name: foo"),
        )
    )
    assert (found.egg_requires, found.pkg_info) == ("yes", "Name: foo")


def test_the_rest_is_not_needed_once_static_metadata_and_the_script_were_seen() -> None:
    reader = SdistReader(FILE)
    data = tarball(("foo-1.0/PKG-INFO", STATIC), ("foo-1.0/setup.py", "s"), ("foo-1.0/rest", "é" * 100_000))
    assert reader.feed(data[:-40])
    found = reader.close()
    assert isinstance(found, SdistContents)
    assert (found.pkg_info, found.setup_py) == (STATIC, "s")
    assert set(found.truncated) == {"pyproject.toml", "setup.cfg", "requires.txt"}


def test_old_metadata_does_not_end_the_reading() -> None:
    data = tarball(("foo-1.0/PKG-INFO", STATIC.replace("2.2", "2.1")), ("foo-1.0/setup.py", "s"), ("foo-1.0/x", "x"))
    reader = SdistReader(FILE)
    assert not reader.feed(data[:-40])
    assert isinstance(reader.close(), Unavailable)


def test_a_text_beyond_all_measure_is_cut_and_named() -> None:
    found = read(tarball(("foo-1.0/setup.py", "#" * 3_000_000)))
    assert found.setup_py is not None
    assert (len(found.setup_py), found.truncated) == (1024 * 1024, ("setup.py",))


def test_latin_1_is_read_and_a_byte_order_mark_is_no_text() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in (("foo-1.0/setup.py", b"# Fran\xe7ois"), ("foo-1.0/setup.cfg", b"\xef\xbb\xbf[options]")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    found = read(stream.getvalue())
    assert (found.setup_py, found.setup_cfg) == ("# François", "[options]")


def test_an_archive_in_two_gzip_members_is_one() -> None:
    tar = gzip.decompress(tarball(("foo-1.0/x", "x" * 2000), ("foo-1.0/setup.py", "s")))
    assert read(gzip.compress(tar[:700]) + gzip.compress(tar[700:])).setup_py == "s"


def test_paths_that_climb_out_are_not_looked_at() -> None:
    found = read(tarball(("foo-1.0/x", ""), ("foo-1.0/../setup.py", "a"), ("foo-1.0/a/../setup.py", "b")))
    assert found.setup_py is None


def test_an_unknown_format_is_said(tmp_path: Path) -> None:
    path = tmp_path / "foo-1.0.tar.lz"
    path.write_bytes(b"LZIP")
    file = File(filename=path.name, url="https://files.example/", version="1.0", kind=FileKind.SDIST)
    found = read_sdist(path, file)
    assert isinstance(found, Unavailable)
    assert (found.failure, found.detail) == (Failure.STRUCTURE, "an archive of unknown format")


def test_an_sdist_on_disk_is_read(tmp_path: Path) -> None:
    path = tmp_path / FILE.filename
    path.write_bytes(tarball(("foo-1.0/setup.py", "s")))
    found = read_sdist(path, FILE)
    assert isinstance(found, SdistContents)
    assert found.setup_py == "s"
