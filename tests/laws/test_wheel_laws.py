"""Reading METADATA out of some bytes of a wheel gives what `zipfile` reads out of all of them."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrail.index.files.wheel import metadata_of, read_metadata
from backtrail.model.metadata import Unavailable

unhurried = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = st.sampled_from(["pkg/__init__.py", "pkg/x/y.so", "a.dist-info/RECORD", "pkg/b.dist-info/METADATA", "METADATA"])


@st.composite
def wheels(draw: st.DrawFn) -> bytes:
    """A wheel with METADATA anywhere among its members, a comment, or bytes before it, as `zipfile` writes them."""
    members = draw(st.lists(st.tuples(NAMES, st.binary(max_size=2000)), unique_by=lambda member: member[0]))
    metadata = draw(st.binary(max_size=3000) | st.just(b"Name: a\n" * 2000))
    members.insert(draw(st.integers(0, len(members))), ("a-1.dist-info/METADATA", metadata))
    stream = io.BytesIO()
    stream.write(draw(st.binary(max_size=50)))
    with zipfile.ZipFile(stream, "a") as archive:
        for name, content in members:
            method = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.extra = draw(st.sampled_from([b"", b"UT\x05\x00\x03\x00\x00\x00\x00"]))
            with archive.open(info, "w", force_zip64=draw(st.booleans())) as member:
                member.write(content)
        archive.comment = draw(st.binary(max_size=100).filter(lambda comment: b"PK" not in comment))
    return stream.getvalue()


def by_zipfile(wheel: bytes) -> set[bytes] | None:
    """Every METADATA that `zipfile` reads in it; None where it does not get that far."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            return {archive.read(name) for name in archive.namelist() if name.endswith("METADATA")}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, ValueError, OSError,
            EOFError, struct.error):  # fmt: skip
        return None


Answer = tuple[bytes | Unavailable, list[tuple[int, int]]]


def ask(size: int, tail: bytes, part: Callable[[int, int], bytes]) -> Answer:
    """Answer as a server does, and note what was asked for."""
    asked = []
    ranges = read_metadata(size, tail, file="a-1-py3-none-any.whl")
    try:
        start, stop = next(ranges)
        while True:
            asked.append((start, stop))
            start, stop = ranges.send(part(start, stop))
    except StopIteration as end:
        return end.value, asked


def ask_of(wheel: bytes, tail: int) -> Answer:
    return ask(len(wheel), wheel[max(0, len(wheel) - tail) :], lambda start, stop: wheel[start:stop])


@unhurried
@given(wheels(), st.integers(0, 20_000))
def test_any_tail_will_do(wheel: bytes, tail: int) -> None:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        truth = archive.read("a-1.dist-info/METADATA")
    found, asked = ask_of(wheel, tail)
    assert found == truth
    assert len(asked) <= 6
    assert metadata_of(wheel) == truth
    if tail >= len(wheel):
        assert not asked


@unhurried
@given(wheels(), st.data())
def test_a_damaged_wheel_is_unavailable_or_still_the_truth(wheel: bytes, data: st.DataObject) -> None:
    damaged = bytearray(wheel)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    for bytes_ in (bytes(damaged), bytes(damaged[:cut]), bytes(damaged[cut:])):
        found, _ = ask_of(bytes_, data.draw(st.integers(0, 5000)))
        others = by_zipfile(bytes_)
        assert isinstance(found, Unavailable) or others is None or found in others


@unhurried
@given(st.integers(0, 10**12), st.binary(max_size=300), st.binary(max_size=100))
def test_random_bytes_are_no_wheel(size: int, tail: bytes, answer: bytes) -> None:
    found, _ = ask(max(size, len(tail)), tail, lambda _start, _stop: answer)
    assert isinstance(found, Unavailable)
