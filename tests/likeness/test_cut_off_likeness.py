"""What real tools make of a place that gives no upload times, or not all of them, under a cut-off; ours beside them."""

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import pytest

from backtrail.inputs.settings import Flags
from backtrail.inquiry import Ask, inquire
from backtrail.model.trail import Outcome as OurOutcome
from support.loopback import BYTES, HTML_PAGE, JSON_PAGE, PLAIN_HTML_PAGE, Loopback
from support.real_pip import PipAnswer, find_pip
from support.real_uv import Outcome, UvAnswer, find_uv
from support.worlds import Project, Question, World, release, wheel_bytes

pytestmark = pytest.mark.likeness

CUT_OFF = "2024-06-01T00:00:00Z"
WHEEL = "a-1.0-py3-none-any.whl"
WORLD = World(
    name="dated",
    projects=(Project(name="a", releases=(release("a", "1.0"),)),),
    question=Question(requirements=("a",), exclude_newer=CUT_OFF),
)
OURS = {
    OurOutcome.SOLVED: Outcome.SOLVED,
    OurOutcome.IMPOSSIBLE: Outcome.IMPOSSIBLE,
    OurOutcome.ABORTED: Outcome.ABORTED,
}


class Place(NamedTuple):
    """Where to look: an index, and a find-links location beside it."""

    index_url: str
    links: str | None = None


def dated(server: Loopback) -> str:
    return server.mount(WORLD, "/dated")


def undated_index(server: Loopback, _: Path) -> Place:
    return Place(server.mount(WORLD, "/html", formats=(HTML_PAGE,)))


def _mirror(folder: Path, href: str) -> Place:
    project = folder / "simple" / "a"
    project.mkdir(parents=True)
    (project / WHEEL).write_bytes(wheel_bytes(WHEEL, b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n"))
    (project / "index.html").write_text(f'<a href="{href}">{WHEEL}</a>')
    return Place((folder / "simple").as_uri())


def mirror_on_disk(_: Loopback, folder: Path) -> Place:
    return _mirror(folder, WHEEL)


def page_on_disk_of_files_on_the_network(server: Loopback, folder: Path) -> Place:
    dated(server)
    return _mirror(folder, f"{server.url}/dated/files/{WHEEL}")


def folder_of_files(server: Loopback, folder: Path) -> Place:
    (folder / WHEEL).write_bytes(wheel_bytes(WHEEL, b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n"))
    return Place(f"{server.url}/nothing/simple/", str(folder))


def _linked(server: Loopback, filename: str) -> Place:
    page = f'<a href="{server.url}/dated/files/{filename}">{filename}</a>'.encode()
    return Place(dated(server), server.put("/links.html", PLAIN_HTML_PAGE, page))


def links_to_an_undated_wheel(server: Loopback, _: Path) -> Place:
    return _linked(server, WHEEL)


def links_to_a_wheel_for_another_machine(server: Loopback, _: Path) -> Place:
    return _linked(server, "a-1.0-cp311-cp311-win_amd64.whl")


def links_to_a_wheel_of_another_project(server: Loopback, _: Path) -> Place:
    return _linked(server, "b-1.0-py3-none-any.whl")


def links_to_an_sdist_of_another_project(server: Loopback, _: Path) -> Place:
    return _linked(server, "b-1.0.tar.gz")


def archive_of_another_project(server: Loopback, _: Path) -> Place:
    return Place(dated(server), server.put("/archives/b-1.0.tar.gz", BYTES, b"no archive"))


def _page(server: Loopback, filename: str) -> Place:
    index = dated(server)
    files = [{"filename": WHEEL, "url": f"{server.url}/dated/files/{WHEEL}", "upload-time": "2024-01-01T00:00:00Z"}]
    files.append({"filename": filename, "url": f"{server.url}/dated/files/{filename}"})
    page = {"meta": {"api-version": "1.1"}, "name": "a", "files": [{**file, "hashes": {}} for file in files]}
    server.put("/dated/simple/a/", JSON_PAGE, json.dumps(page).encode())
    return Place(index)


def page_with_an_undated_sdist_of_another_project(server: Loopback, _: Path) -> Place:
    return _page(server, "b-1.0.tar.gz")


def page_with_an_undated_sdist_of_no_version(server: Loopback, _: Path) -> Place:
    return _page(server, "a-latest.tar.gz")


def page_with_an_undated_wheel_of_no_version(server: Loopback, _: Path) -> Place:
    return _page(server, "a-latest-py3-none-any.whl")


def page_with_an_undated_egg(server: Loopback, _: Path) -> Place:
    return _page(server, "a-1.0-py3.11.egg")


@pytest.mark.parametrize(
    "make",
    [
        undated_index, mirror_on_disk, page_on_disk_of_files_on_the_network, folder_of_files,
        links_to_an_undated_wheel, links_to_a_wheel_for_another_machine, links_to_a_wheel_of_another_project,
        links_to_an_sdist_of_another_project, archive_of_another_project,
        page_with_an_undated_sdist_of_another_project, page_with_an_undated_sdist_of_no_version,
        page_with_an_undated_wheel_of_no_version, page_with_an_undated_egg,
    ],
)  # fmt: skip
def test_each_place_gets_the_real_tools_answers(make: Callable[[Loopback, Path], Place], tmp_path: Path) -> None:
    pip, uvs = find_pip("26.3"), [uv for version in ("0.13.9", "0.4.18") if (uv := find_uv(version)) is not None]
    if pip is None or len(uvs) < 2:
        pytest.skip("pip 26.3, uv 0.13.9 and uv 0.4.18 are not all installed")
    folder = tmp_path / "files"
    folder.mkdir()
    with Loopback() as server:
        place = make(server, folder)
        links = () if place.links is None else (place.links,)
        ask = Ask(
            command="explain-backtrack",
            requirements=("a",),
            resolvers=("pip", *(f"uv@{uv.version}" for uv in uvs)),
            flags=Flags(index_url=place.index_url, find_links=links, exclude_newer=CUT_OFF),
        )
        runs = inquire(
            ask, environ={"BACKTRAIL_CACHE_DIR": str(tmp_path / "cache")}, now=datetime.now(timezone.utc)
        ).report.runs
        real: list[PipAnswer | UvAnswer] = [
            pip.install(WORLD, server, "/dated", index_url=place.index_url, find_links=links)
        ]
        real += [uv.compile(WORLD.question, place.index_url, find_links=links) for uv in uvs]
    ours = [(OURS[run.outcome], [pin.version for pin in run.pins]) for run in runs]
    assert ours == [(answer.outcome, list(answer.pins.values())) for answer in real]
