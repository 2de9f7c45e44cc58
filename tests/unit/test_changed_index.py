"""An index that is changed: pages, metadata, sdists, builds and hints agree on what is otherwise."""

from collections.abc import Iterable

import msgspec
import pytest
from packaging.utils import NormalizedName

from backtrail.model.files import Absent, File, FileKind, Listing, NotRecordedError, Unreadable
from backtrail.model.index_change import IndexChange, Published, Removed, Restated, Unyanked, Yanked
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.question import Indexes
from backtrail.sources.case_file import Replay, World
from backtrail.sources.changed import Changed
from backtrail.sources.forwarding import Forwarding
from support.listings import file

HOME, OTHER, FLAT = "https://home.example/simple", "https://other.example/simple", "https://flat.example/links"
INDEXES = Indexes(default=HOME, extra=(OTHER,), find_links=(FLAT,))
PACK = NormalizedName("pack")
WHEEL, SDIST = file("pack-1.0-py3-none-any.whl", index=HOME), file("pack-1.0.tar.gz", index=HOME)
OLDER = file("pack-0.9-py3-none-any.whl", index=HOME, yanked="broken")
SAID = Metadata(name="pack", version="1.0", source=MetadataSource.WHEEL, file=WHEEL.filename)
TEXTS = SdistContents(file=SDIST.filename, pkg_info="Name: pack\nVersion: 1.0\n", setup_py="exit(1)", egg_requires="a")
NEW = Metadata(
    name="pack",
    version="2.0",
    requires_dist=("num<2",),
    requires_python=">=3.9",
    source=MetadataSource.METADATA_FILE,
    file="pack-2.0-py3-none-any.whl",
)


def world(**pages: object) -> Replay:
    found = {(HOME, PACK): Listing.of(PACK, HOME, [OLDER, WHEEL, SDIST]), (OTHER, PACK): Absent(index=OTHER)}
    return Replay(
        World(
            pages={**found, **pages.get("pages", {})},  # type: ignore[dict-item]
            links={(FLAT, PACK): Listing.of(PACK, FLAT, [])},
            metadata={WHEEL.url: SAID},
            sdists={SDIST.url: TEXTS},
            builds={SDIST.url: SAID},
        )
    )


def published(version: str = "2.0", says: Metadata | SdistContents = NEW, *, sdist: bool = False) -> Published:
    name = f"pack-{version}.tar.gz" if sdist else f"pack-{version}-py3-none-any.whl"
    return Published(
        project=PACK,
        file=File(
            filename=name,
            url=f"published:///{name}",
            version=version,
            kind=FileKind.SDIST if sdist else FileKind.WHEEL,
            uploaded="2026-01-01T00:00:00Z",
            requires_python=">=3.9",
        ),
        says=says,
    )


def changed(*changes: IndexChange, inner: Replay | None = None, cut_offs: Iterable[str] = ()) -> Changed:
    return Changed(inner or world(), changes, indexes=[INDEXES], cut_offs=cut_offs)


def files(source: Changed, index: str = HOME) -> dict[str, File]:
    page = source.page(index, PACK)
    assert isinstance(page, Listing)
    return {one.filename: one for place in range(len(page.versions)) for one in page.files(place)}


def test_a_published_release_stands_in_its_place_and_says_what_was_given() -> None:
    source = changed(published("0.10"), published())
    page = source.page(HOME, PACK)
    assert isinstance(page, Listing)
    assert page.versions == ("0.9", "0.10", "1.0", "2.0")
    assert page.table.earliest[-1] == "2026-01-01T00:00:00Z"
    (one,) = page.files(3)
    assert (one.index, one.requires_python) == (HOME, ">=3.9")
    assert source.metadata(one) == NEW
    assert source.metadata(WHEEL) == SAID


def test_a_release_is_published_on_the_first_index_that_has_the_project() -> None:
    source = changed(published())
    assert isinstance(source.page(OTHER, PACK), Absent)
    elsewhere = world(pages={(OTHER, PACK): Listing.of(PACK, OTHER, [file("pack-1.1.tar.gz", index=OTHER)])})
    source = changed(published(), inner=elsewhere)
    assert "pack-2.0-py3-none-any.whl" in files(source, OTHER)
    assert "pack-2.0-py3-none-any.whl" not in files(source)


def test_a_new_project_comes_to_the_default_index() -> None:
    nobody = world(pages={(HOME, PACK): Absent(index=HOME)})
    source = changed(published(), inner=nobody)
    assert [*files(source)] == ["pack-2.0-py3-none-any.whl"]
    assert isinstance(source.page(OTHER, PACK), Absent)


def test_without_an_index_a_release_comes_to_the_first_location() -> None:
    source = Changed(world(), [published()], indexes=[Indexes(default=None, find_links=(FLAT,))])
    assert source.links(FLAT, PACK).versions == ("2.0",)


def test_what_cannot_be_read_is_not_known_to_have_a_published_release() -> None:
    nobody = world(pages={(HOME, PACK): Unreadable(index=HOME, reason="network")})
    assert isinstance(changed(published(), inner=nobody).page(HOME, PACK), Unreadable)


@pytest.mark.parametrize(
    ("cut_off", "uploaded"),
    [
        ("2027-01-01T00:00:00.000000Z", "2026-01-01T00:00:00Z"),
        ("2025-01-01T00:00:00.000000Z", "2024-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_a_published_file_is_there_before_any_cut_off(cut_off: str, uploaded: str) -> None:
    source = changed(published(), cut_offs=["2028-01-01T00:00:00.000000Z", cut_off])
    assert files(source)["pack-2.0-py3-none-any.whl"].uploaded == uploaded


def test_a_file_published_anew_stands_in_place_of_the_one_of_its_name() -> None:
    source = changed(published("1.0", msgspec.structs.replace(NEW, version="1.0", file=WHEEL.filename)))
    page = source.page(HOME, PACK)
    assert isinstance(page, Listing)
    assert [one.url for one in page.files(1)] == [SDIST.url, f"published:///{WHEEL.filename}"]
    said = source.metadata(page.files(1)[1])
    assert isinstance(said, Metadata)
    assert said.requires_dist == ("num<2",)


def test_versions_are_equal_as_pep_440_says() -> None:
    assert files(changed(Yanked(project=PACK, version="1")))[WHEEL.filename].yanked == "as asked by --yank"
    source = changed(published("1.0.0"))
    page = source.page(HOME, PACK)
    assert isinstance(page, Listing)
    assert page.versions == ("0.9", "1.0")
    assert {one.version for one in page.files(1)} == {"1.0"}


def test_yanking_is_of_every_file_and_undone() -> None:
    source = changed(Yanked(project=PACK, version="1.0"), Unyanked(project=PACK, version="0.9"))
    assert [one.yanked for one in files(source).values()] == [None, "as asked by --yank", "as asked by --yank"]


def test_restated_metadata_is_that_of_every_file_and_of_the_page() -> None:
    says = msgspec.structs.replace(NEW, version="1.0")
    source = changed(Restated(project=PACK, version="1.0", says=says, file="METADATA"))
    assert {one.requires_python for name, one in files(source).items() if "1.0" in name} == {">=3.9"}
    assert source.metadata(WHEEL) == msgspec.structs.replace(says, file=WHEEL.filename)
    texts = source.sdist(SDIST)
    assert isinstance(texts, SdistContents)
    assert "Requires-Dist: num<2" in str(texts.pkg_info)
    assert (texts.setup_py, texts.egg_requires) == ("exit(1)", None)
    built = source.build(SDIST)
    assert isinstance(built, Metadata)
    assert (built.requires_dist, built.source) == (("num<2",), MetadataSource.BUILT)
    assert source.metadata(OLDER) == Unavailable(failure=Failure.NOT_RECORDED, file=OLDER.filename)


def test_the_last_word_on_a_file_counts() -> None:
    restated = Restated(
        project=PACK, version="2.0", says=msgspec.structs.replace(NEW, requires_dist=("other",)), file="METADATA"
    )
    one = published().file
    assert changed(restated, published()).metadata(one) == NEW
    found = changed(published(), restated).metadata(one)
    assert isinstance(found, Metadata)
    assert found.requires_dist == ("other",)


def test_what_is_removed_is_not_there() -> None:
    gone = changed(Removed(project=PACK, version="1.0")).page(HOME, PACK)
    assert isinstance(gone, Listing)
    assert gone.versions == ("0.9",)
    assert gone.files(0) == (OLDER,)
    source = changed(Removed(project=PACK))
    assert source.page(HOME, PACK) == Absent(index=HOME)
    assert source.links(FLAT, PACK).versions == ()
    assert [*files(changed(Removed(project=PACK), published()))] == ["pack-2.0-py3-none-any.whl"]


def test_what_is_published_here_is_not_built() -> None:
    texts = SdistContents(file="pack-2.0.tar.gz", pkg_info="Metadata-Version: 2.2\nName: pack\nVersion: 2.0\n")
    one = published(says=texts, sdist=True)
    source = changed(one)
    assert source.sdist(one.file) == texts
    built = source.build(one.file)
    assert isinstance(built, Metadata)
    assert built.version == "2.0"
    dynamic = msgspec.structs.replace(texts, pkg_info="Metadata-Version: 2.1\nName: pack\nVersion: 2.0\n")
    unbuilt = changed(published(says=dynamic, sdist=True)).build(one.file)
    assert isinstance(unbuilt, Unavailable)
    assert unbuilt.failure is Failure.BUILD_FORBIDDEN


def test_however_many_changes_there_are_of_one_project() -> None:
    many: list[IndexChange] = [Yanked(project=PACK, version="1.0"), Unyanked(project=PACK, version="1.0")] * 400
    source = changed(*many, Yanked(project=PACK, version="1.0"), published(), Removed(project=PACK, version="0.9"))
    assert [(one.version, one.yanked) for one in files(source).values()] == [
        ("1.0", "as asked by --yank"), ("1.0", "as asked by --yank"), ("2.0", None),
    ]  # fmt: skip


def test_nobody_is_asked_ahead_for_what_was_given() -> None:
    asked: list[File] = []

    class Noting(Forwarding):
        def want_metadata(self, files: Iterable[File]) -> None:
            asked.extend(files)

    Changed(Noting(world()), [published()], indexes=[INDEXES]).want_metadata([published().file, WHEEL])
    assert asked == [WHEEL]


def test_what_a_recording_lacks_stays_unknown() -> None:
    page = Listing.of(PACK, HOME, [OLDER, WHEEL]).trimmed(frozenset({0}))
    recorded = world(pages={(HOME, PACK): page})
    for change in (Yanked(project=PACK, version="1.0"), published("1.0")):
        source = changed(change, inner=recorded)
        found = source.page(HOME, PACK)
        assert source.unmade == [change] * isinstance(change, Published)
        assert isinstance(found, Listing)
        assert found.files(0) == (OLDER,)
        with pytest.raises(NotRecordedError):
            found.files(1)
    gone = changed(Removed(project=PACK, version="1.0"), inner=recorded).page(HOME, PACK)
    assert isinstance(gone, Listing)
    assert gone.versions == ("0.9",)
