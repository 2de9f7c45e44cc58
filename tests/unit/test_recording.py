"""Recordings: what is kept of a run, and Case files that are none."""

import io
import zipfile
from pathlib import Path

import pytest
from packaging.utils import NormalizedName

from backtrail.model.errors import InputError
from backtrail.model.files import Absent, File, FileKind, Listing, NotRecordedError, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.sources.case_file import Closed, Recorder, Replay, World, pack, read_case, unpack

INDEX = "https://index.example/simple"
FOO = NormalizedName("foo")


def wheel(version: str) -> File:
    name = f"foo-{version}-py3-none-any.whl"
    return File(filename=name, url=f"https://files.example/{name}", version=version, kind=FileKind.WHEEL)


def listing() -> Listing:
    return Listing.of(FOO, INDEX, [wheel("1.0"), wheel("2.0"), wheel("3.0")])


def rewritten(**members: bytes) -> bytes:
    """A good Case with some members replaced; names are given without their ending."""
    stream = io.BytesIO()
    good = zipfile.ZipFile(io.BytesIO(pack({}, World(pages={(INDEX, FOO): listing()}))))
    with zipfile.ZipFile(stream, "w") as archive:
        for name in good.namelist():
            archive.writestr(name, members.get(name.partition(".")[0], good.read(name)))
    return stream.getvalue()


def test_a_case_holds_every_version_and_the_files_that_were_looked_at_by_any_run() -> None:
    recorder = Recorder(Replay(World(pages={(INDEX, FOO): listing()})))
    for place in (0, 2):
        page = recorder.page(INDEX, FOO)
        assert isinstance(page, Listing)
        page.files(place)
    found = unpack(pack(None, recorder.world()))[1].pages[INDEX, FOO]
    assert isinstance(found, Listing)
    assert found.versions == ("1.0", "2.0", "3.0")
    assert found.files(0) == (wheel("1.0"),)
    assert found.files(2) == (wheel("3.0"),)
    with pytest.raises(NotRecordedError):
        found.files(1)


def test_what_others_read_of_a_listing_is_not_recorded() -> None:
    shared = listing()
    recorder = Recorder(Replay(World(pages={(INDEX, FOO): shared})))
    recorder.page(INDEX, FOO)
    shared.files(1)
    page = recorder.world().pages[INDEX, FOO]
    assert isinstance(page, Listing)
    assert not any(bytes(raw) for raw in page.table.files)


def test_what_was_not_recorded_is_unknown() -> None:
    replay = Replay(World())
    assert replay.page(INDEX, FOO) == Unreadable(index=INDEX, reason="not-recorded", detail="foo")
    with pytest.raises(NotRecordedError):
        replay.links("./wheels", FOO)
    requirement = Requirement(name=FOO, url="https://user:secret@files.example/foo.zip", text="foo")
    answers = [replay.metadata(wheel("1.0")), replay.sdist(wheel("1.0")), replay.build(wheel("1.0"))]
    for found in (*answers, replay.direct(requirement)):
        assert isinstance(found, Unavailable)
        assert found.failure is Failure.NOT_RECORDED
        assert found.failure.unknown


def test_a_password_in_a_direct_reference_is_not_recorded() -> None:
    metadata = Metadata(name="foo", version="1", source=MetadataSource.STAND_IN)
    world = World(directs={(FOO, "https://files.example/foo.zip"): metadata})
    recorder = Recorder(Replay(world))
    requirement = Requirement(name=FOO, url="https://user:secret@files.example/foo.zip", text="foo")
    assert recorder.direct(requirement) == metadata
    assert recorder.world() == world


def test_hints_reach_the_source_that_can_use_them() -> None:
    asked: list[object] = []

    class Listening(Replay):
        def want_pages(self, index: str, names: object) -> None:
            asked.append((index, names))

        def want_metadata(self, files: object) -> None:
            asked.append(files)

    recorder = Recorder(Listening(World()))
    recorder.want_pages(INDEX, [FOO])
    recorder.want_metadata([wheel("1.0")])
    assert asked == [(INDEX, [FOO]), [wheel("1.0")]]


def test_metadata_of_a_version_is_found_by_name() -> None:
    metadata = Metadata(name="Foo", version="1.0", source=MetadataSource.WHEEL)
    world = World(metadata={wheel("1.0").url: metadata})
    assert world.metadata_of(FOO, "1.0") == metadata
    assert world.metadata_of(FOO, "2.0") is None


def line(versions: str = '[["1.0",""]]', files: str = "{}", name: str = "foo") -> bytes:
    page = f'{{"type":"listing","versions":{versions},"files":{files}}}'
    return f'{{"index":"i","name":"{name}","page":{page}}}\n'.encode()


FILE = '{"filename":"foo-1.0-py3-none-any.whl","url":"https://u","version":"1.0","kind":"wheel"'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no zip archive"),
        (b"PK\x05\x06" + bytes(18), "it has no case.json"),
        (rewritten(case=b"{"), "Input data was truncated"),
        (rewritten(case=b'{"format":"1"}'), "Expected `int`"),
        (rewritten(case=b'{"format":2,"backtrail":"9","question":{}}'), "needs a newer backtrail (format 2)"),
        (rewritten(case=b'{"format":1,"backtrail":"9","question":' + b"[" * 100_000), "recursion"),
        (rewritten(pages=b"3\n"), "pages.jsonl, line 1: Expected `object`"),
        (rewritten(pages=line(name="Foo Bar")), "pages.jsonl, line 1, name: 'Foo Bar' is not the normal form"),
        (rewritten(pages=line(name="Foo")), "not the normal form"),
        (rewritten(pages=line('[["one",""]]')), "Invalid version"),
        (rewritten(pages=line('[["2.0",""],["1.0",""]]')), "not in order"),
        (rewritten(pages=line('[["1.0",""],["1.0.0",""]]')), "not in order"),
        (rewritten(pages=line(files='{"2.0":[]}')), "is not listed"),
        (rewritten(pages=line(files='{"1.0":[' + FILE + ',"size":1e400}]}')), "out of range"),
        (rewritten(pages=line(files='{"1.0":[' + FILE + ',"size":' + "9" * 5000 + "}]}")), "line 1"),
        (rewritten(pages=line(files='{"1.0":[' + FILE + ',"size":' + "9" * 50 + "}]}")), "size: 99"),
        (rewritten(pages=line(files='{"1.0":[' + FILE.replace('"1.0"', '"1.1"') + "}]}")), "is no file of foo 1.0"),
        (rewritten(pages=line(files='{"1.0":[' + FILE.replace("foo-", "bar-") + "}]}")), "is no file of foo 1.0"),
        (rewritten(pages=line(files='{"1.0":[' + FILE.replace('"wheel"', '"sdist"') + "}]}")), "is no file of"),
        (rewritten(metadata=b'{"url":"u","metadata":{"type":"sdist","file":"f"}}'), "metadata.jsonl, line 1"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_case_is_one_sentence(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "x.backtrail"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        read_case(path)
    assert str(error.value).startswith(f"{path} is no Case: ")
    assert says in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "pages.jsonl/x", "more.txt"])
def test_members_that_have_no_place_in_a_case_are_refused(name: str) -> None:
    stream = io.BytesIO(pack({}, World()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, b"")
    with pytest.raises(InputError, match="there is no place in it"):
        unpack(stream.getvalue())


def test_a_newer_case_with_more_in_it_says_that_it_is_newer() -> None:
    stream = io.BytesIO(rewritten(case=b'{"format":2,"backtrail":"9","question":{}}'))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("more.jsonl", b"")
    with pytest.raises(InputError, match="needs a newer backtrail"):
        unpack(stream.getvalue())


def test_what_lies_there_for_readers_is_not_even_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack({"a": 1}, World(), {"report.json": b"0" * 200_000, "trails.jsonl": b"not JSON\n"})
    monkeypatch.setattr("backtrail.sources.case_file.MAX_UNPACKED", 100_000)
    assert unpack(data) == ({"a": 1}, World())


def test_only_what_was_recorded_exists_in_a_closed_world() -> None:
    recorder = Recorder(Replay(World(pages={(INDEX, FOO): listing()})))
    page = recorder.page(INDEX, FOO)
    assert isinstance(page, Listing)
    page.files(1)
    closed = Closed(recorder.world())
    found = closed.page(INDEX, FOO)
    assert isinstance(found, Listing)
    assert found.versions == ("2.0",)
    assert found.files(0) == (wheel("2.0"),)
    assert closed.page(INDEX, NormalizedName("bar")) == Absent(index=INDEX)
    assert closed.links("./wheels", FOO).versions == ()
    assert isinstance(closed.metadata(wheel("1.0")), Unavailable)


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtrail.sources.case_file.MAX_UNPACKED", 100_000)
    with pytest.raises(InputError, match="unpacks to too much"):
        unpack(rewritten(sdists=b"\n" * 200_000))


def test_a_missing_case_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_case(tmp_path / "none.backtrail")
