"""Wheels that are none, and wheels that would cost too much."""

import io
import zipfile
from pathlib import Path

import pytest

from backtrail import bounds
from backtrail.index.files.wheel import metadata_of, read_metadata
from backtrail.model.metadata import Failure, Unavailable


def wheel(*names: str, content: bytes = b"Name: a\n", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "names",
    [(), ("a/__init__.py",), ("x/a-1.dist-info/METADATA",), ("a-1.dist-info/METADATA", "b-1.dist-info/METADATA")],
)
def test_a_wheel_has_exactly_one_metadata_at_its_top(names: tuple[str, ...]) -> None:
    found = metadata_of(wheel(*names), file="a-1-py3-none-any.whl")
    assert isinstance(found, Unavailable)
    assert (found.failure, found.file) == (Failure.STRUCTURE, "a-1-py3-none-any.whl")


def test_a_bomb_is_not_unpacked() -> None:
    found = metadata_of(wheel("a-1.dist-info/METADATA", content=b"\n" * (bounds.METADATA + 1)))
    assert isinstance(found, Unavailable)
    assert found.failure is Failure.TOO_LARGE


def test_a_wheel_packed_with_lzma_is_refused() -> None:
    found = metadata_of(wheel("a-1.dist-info/METADATA", method=zipfile.ZIP_LZMA))
    assert isinstance(found, Unavailable)
    assert found.failure is Failure.STRUCTURE


def test_a_changed_metadata_does_not_pass_its_checksum() -> None:
    data = wheel("a-1.dist-info/METADATA", content=b"Name: a\n", method=zipfile.ZIP_STORED)
    found = metadata_of(data.replace(b"Name: a\n", b"Name: b\n"))
    assert isinstance(found, Unavailable)
    assert found.failure is Failure.STRUCTURE


def test_the_directory_in_the_tail_leaves_one_range_to_fetch() -> None:
    names = ("a-1.dist-info/METADATA", *(f"a/{number}.py" for number in range(50)))
    data = wheel(*names, content=b"x" * 100, method=zipfile.ZIP_STORED)
    ranges = read_metadata(len(data), data[-5000:])
    start, stop = next(ranges)
    assert start == 0
    assert stop < 300
    with pytest.raises(StopIteration) as end:
        ranges.send(data[start:stop])
    assert end.value.value == b"x" * 100


def test_a_wheel_on_disk_is_read_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a-1-py3-none-any.whl"
    path.write_bytes(wheel("big.bin", "a-1.dist-info/METADATA", content=bytes(100_000), method=zipfile.ZIP_STORED))
    assert metadata_of(path) == bytes(100_000)
