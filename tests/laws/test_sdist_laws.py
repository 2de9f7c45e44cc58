"""However an sdist arrives, the texts read from it are those `tarfile` and `zipfile` unpack."""

import io
import tarfile
import zipfile
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrail.index.files.sdist import SdistReader
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, SdistContents, Unavailable

unhurried = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=2000)
WANTED = {
    "pyproject.toml": "pyproject",
    "PKG-INFO": "pkg_info",
    "setup.cfg": "setup_cfg",
    "setup.py": "setup_py",
    "src/foo.egg-info/requires.txt": "egg_requires",
}
OTHERS = ["README", "docs/PKG-INFO", "tests/bar.egg-info/requires.txt", "a/" * 60 + "setup.py", "é" * 120 + "/x.py"]
SUFFIXES = [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip"]
MODES: dict[str, Literal["w:gz", "w:bz2", "w:xz", "w"]] = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}


def file(suffix: str) -> File:
    name = f"foo-1.0{suffix}"
    return File(filename=name, url=f"https://files.example/{name}", version="1.0", kind=FileKind.SDIST)


def pack(suffix: str, members: dict[str, str], form: int = tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                archive.writestr(f"foo-1.0/{name}", text.encode())
        return stream.getvalue()
    mode = MODES.get(suffix.rpartition(".")[2], "w")
    with tarfile.open(fileobj=stream, mode=mode, format=form) as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(f"foo-1.0/{name}")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def read(suffix: str, data: bytes, sizes: list[int]) -> SdistContents | Unavailable:
    reader = SdistReader(file(suffix))
    place = 0
    for size in [*sizes, len(data)]:
        if place < len(data) and reader.feed(data[place : place + size]):
            break
        place += size
    return reader.close()


@unhurried
@given(
    st.sampled_from(SUFFIXES),
    st.dictionaries(st.sampled_from([*WANTED, *OTHERS]), TEXTS),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    st.lists(st.integers(1, 700), max_size=30),
)
def test_texts_are_found_wherever_they_stand_and_however_they_arrive(
    suffix: str, members: dict[str, str], form: int, sizes: list[int]
) -> None:
    members = {"foo.txt": "", **members}
    found = read(suffix, pack(suffix, members, form), sizes)
    assert isinstance(found, SdistContents)
    for name, field in WANTED.items():
        assert getattr(found, field) == members.get(name)
    assert found.truncated == ()


@unhurried
@given(st.sampled_from([suffix for suffix in SUFFIXES if suffix != ".tar"]), st.data())
def test_a_cut_archive_is_never_taken_for_a_whole_one(suffix: str, data: st.DataObject) -> None:
    whole = pack(suffix, {"README": "x" * 3000, "setup.py": "setup()"})
    cut = data.draw(st.integers(0, len(whole) // 2))
    found = read(suffix, whole[:cut], [])
    assert isinstance(found, Unavailable)
    assert found.failure is Failure.STRUCTURE


@unhurried
@given(st.sampled_from(SUFFIXES), st.data())
def test_a_damaged_archive_breaks_nothing(suffix: str, data: st.DataObject) -> None:
    damaged = bytearray(pack(suffix, {"README": "x" * 300, "é" * 80: "", "PKG-INFO": "Name: foo"}))
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read(suffix, bytes(damaged), [100]), SdistContents | Unavailable)


@unhurried
@given(st.sampled_from([*SUFFIXES, ".tar.zst"]), st.binary(max_size=2000))
def test_random_bytes_are_no_sdist(suffix: str, data: bytes) -> None:
    assert isinstance(read(suffix, data, [50]), Unavailable)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_bomb_stops_and_says_what_was_not_reached(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtrail.index.files.sdist.MAX_UNPACKED", 2_000_000)
    members = {"PKG-INFO": "Name: foo", "zeros": "\0" * 9_000_000, "setup.py": "setup()"}
    reader = SdistReader(file(suffix))
    assert reader.feed(pack(suffix, members))
    found = reader.close()
    assert isinstance(found, SdistContents)
    assert found.pkg_info == "Name: foo"
    assert set(found.truncated) == {"pyproject.toml", "setup.cfg", "setup.py", "requires.txt"}
