"""A recording is the world it was made of: written and read again, and whoever reads it."""

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName

from backtrail.model.errors import InputError
from backtrail.model.files import Absent, File, FileKind, Listing, NotRecordedError, Skipped, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.sources.case_file import Recorder, Replay, World, pack, read_case, unpack, write_case

unhurried = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
NAMES = st.sampled_from([NormalizedName("foo"), NormalizedName("foo-bar"), NormalizedName("x1")])
VERSIONS = st.sampled_from(["0.1", "1.0", "1.0+cpu", "2.0rc1", "2.0", "2.0.post1", "10.0"])
INDEXES = st.sampled_from(["https://index.example/simple", "https://127.0.0.1/other"])
QUESTIONS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**50) | TEXTS, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@st.composite
def files(draw: st.DrawFn, name: NormalizedName, version: str) -> File:
    kind = draw(st.sampled_from(FileKind))
    stem = f"{name.replace('-', '_')}-{version}"
    filename = f"{stem}-py3-none-any.whl" if kind is FileKind.WHEEL else f"{stem}.tar.gz"
    return File(
        filename=filename,
        url=f"https://files.example/{draw(st.integers(0, 9))}/{filename}",
        version=version,
        kind=kind,
        hashes=draw(st.dictionaries(st.just("sha256"), TEXTS)),
        requires_python=draw(st.none() | TEXTS),
        uploaded=draw(st.none() | st.just("2024-01-01T00:00:00Z")),
        yanked=draw(st.none() | TEXTS),
        metadata_hashes=draw(st.none() | st.dictionaries(st.just("sha256"), TEXTS)),
        size=draw(st.none() | st.integers(0, 2**40)),
    )


@st.composite
def listings(draw: st.DrawFn, name: NormalizedName, index: str) -> Listing:
    versions = draw(st.lists(VERSIONS, unique=True, max_size=3))
    found = [file for version in versions for file in draw(st.lists(files(name, version), min_size=1, max_size=2))]
    undated = draw(st.booleans())
    skipped = [Skipped(filename=draw(TEXTS), reason="extension", undated=undated)] if draw(st.booleans()) else []
    return Listing.of(name, index, found, skipped=skipped, serial=draw(st.none() | st.integers(0, 99)), sha256="0f")


@st.composite
def metadata(draw: st.DrawFn) -> Metadata | Unavailable:
    if draw(st.booleans()):
        return Unavailable(failure=draw(st.sampled_from(Failure)), file=draw(TEXTS), detail=draw(TEXTS))
    return Metadata(
        name=draw(st.sampled_from(["foo", "Foo.Bar"])),
        version=draw(VERSIONS),
        requires_dist=tuple(draw(st.lists(TEXTS, max_size=2))),
        source=draw(st.sampled_from(MetadataSource)),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    pages: dict[tuple[str, NormalizedName], Listing | Absent | Unreadable] = {}
    for index, name in draw(st.lists(st.tuples(INDEXES, NAMES), unique=True, max_size=2)):
        other = st.just(Absent(index=index)) | st.builds(
            Unreadable, index=st.just(index), reason=st.sampled_from(["network", "malformed"]), detail=TEXTS
        )
        listing = draw(listings(name, index))
        held = frozenset(draw(st.sets(st.integers(0, 7))))
        pages[index, name] = draw(st.just(listing.trimmed(held)) | other)
    links = {("./wheels", name): draw(listings(name, "./wheels")) for name in draw(st.sets(NAMES, max_size=1))}
    sdists = st.builds(SdistContents, file=TEXTS, setup_py=st.none() | TEXTS, truncated=st.just(("setup.py",)))
    unavailable = st.builds(Unavailable, failure=st.sampled_from(Failure), file=TEXTS)
    return World(
        pages=pages,
        links=links,
        metadata=draw(st.dictionaries(TEXTS, metadata(), max_size=2)),
        sdists=draw(st.dictionaries(TEXTS, sdists | unavailable, max_size=2)),
        builds=draw(st.dictionaries(TEXTS, metadata(), max_size=2)),
        directs=draw(st.dictionaries(st.tuples(NAMES, TEXTS), metadata(), max_size=2)),
    )


def plain(world: World) -> object:
    """A world as values that compare; listings compare by identity."""
    tables = {
        key: msgspec.msgpack.encode(page.table) if isinstance(page, Listing) else page
        for key, page in {**world.pages, **world.links}.items()
    }
    return tables, world.metadata, world.sdists, world.builds, world.directs


@unhurried
@given(QUESTIONS, worlds())
def test_a_case_read_is_the_case_written(question: object, world: World) -> None:
    data = pack(question, world)
    read_question, read_world = unpack(data)
    assert read_question == question
    assert plain(read_world) == plain(world)
    assert pack(read_question, read_world) == data


@unhurried
@given(worlds())
def test_the_order_in_which_things_were_read_is_not_recorded(world: World) -> None:
    turned = World(**{field: dict(reversed(getattr(world, field).items())) for field in World.__struct_fields__})
    assert pack(None, turned) == pack(None, world)


@unhurried
@given(worlds(), st.data())
def test_a_replay_answers_what_the_recorder_heard(world: World, data: st.DataObject) -> None:
    recorder = Recorder(Replay(world))
    for index, name in world.pages:
        page = recorder.page(index, name)
        if isinstance(page, Listing) and page.versions:
            place = data.draw(st.integers(0, len(page.versions) - 1))
            try:
                looked = page.files(place)
            except NotRecordedError:
                continue
            again = Replay(unpack(pack(None, recorder.world()))[1]).page(index, name)
            assert isinstance(again, Listing)
            assert again.files(place) == looked
            assert again.versions == page.versions


@unhurried
@given(worlds(), st.data())
def test_a_damaged_case_is_refused_or_still_a_case(world: World, data: st.DataObject) -> None:
    damaged = bytearray(pack({"a": 1}, world))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.backtrail")
        path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged)
        said = ""
        try:
            read_case(path)
        except InputError as error:
            said = str(error)
    assert not said or said.startswith(f"{path} is no Case: ")
    assert "\n" not in said


def test_writing_leaves_the_file_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.backtrail"
    write_case(path, {"a": 1}, World())
    assert read_case(path)[0] == {"a": 1}
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_case(path, object(), World())
    assert [found.name for found in tmp_path.iterdir()] == ["x.backtrail"]
    assert path.read_bytes() == before
