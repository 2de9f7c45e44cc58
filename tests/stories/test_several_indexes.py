"""Several indexes, a folder and a find-links page: where each pin is from, and what the other places have of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backtrail.cli.program import run
from backtrail.report.schema import schema
from support.loopback import Loopback, links_urls
from support.worlds import Project, Question, World, page_entries, release, write_files

ASKED = Question(requirements=("torch", "numpy", "cffi"), python="3.11")
MAIN = (
    Project(name="torch", releases=(release("torch", "2.3.0", "numpy"), release("torch", "2.4.0", "numpy"))),
    Project(name="numpy", releases=(release("numpy", "1.26.4"), release("numpy", "2.0.0"))),
    Project(name="cffi", releases=(release("cffi", "1.0", tags=(), sdist=True),)),
)
ACCELERATED = (
    Project(name="torch", releases=(release("torch", "2.4.0+cu118", "numpy"),)),
    Project(name="numpy", releases=(release("numpy", "1.24.1"),)),
)
WHEELS = (Project(name="cffi", releases=(release("cffi", "1.0"),)),)
COMMON = ("--python", "3.11", "--isolated", "--budget", "0")


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """An index, two further ones (of an accelerator's builds, of wheels of what has only sdists), a find-links page."""
    of = {"main": MAIN, "cu118": ACCELERATED, "wheels": WHEELS}
    with Loopback() as loopback:
        found = {
            name: loopback.mount(World(name=name, projects=projects, question=ASKED), f"/{name}")
            for name, projects in of.items()
        }
        linked = World(name="links", projects=(), links=(MAIN[1],), question=ASKED)
        (page,) = links_urls(linked, loopback.mount(linked, "/linked"))
        yield {**found, "links": page}


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code = run([*words, *COMMON, "--format", "json", "-q"])
    said = capsys.readouterr()
    assert code == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    Draft202012Validator(schema()).validate(found)
    return found


def test_each_pin_has_its_index_and_what_the_others_have(
    places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    further = ("--extra-index-url", places["cu118"], "--extra-index-url", places["wheels"])
    words = ("explain-backtrack", "torch", "numpy", "cffi", "-i", places["main"], *further)
    uv, pip = (one["pins"] for one in asked(capsys, *words)["runs"])
    index = {name: (uv[name]["index"], pip[name]["index"]) for name in uv}
    assert index == {
        "torch": (places["cu118"], places["cu118"]),
        "numpy": (places["cu118"], places["main"]),  # the first index that has it, and the best of all
        "cffi": (places["wheels"], places["wheels"]),
    }
    assert uv["numpy"]["elsewhere"] == [{"index": places["main"], "newest": "2.0.0", "same": False}]
    assert pip["numpy"]["elsewhere"] == [{"index": places["cu118"], "newest": "1.24.1", "same": False}]
    assert uv["cffi"]["elsewhere"] == [{"index": places["main"], "newest": "1.0", "same": True}]
    run([*words, *COMMON, "-v"])
    text = capsys.readouterr().out
    assert f"from {places['cu118']}; only this place has it with +cu118; {places['main']} has 2.4.0" in text
    assert f"from {places['wheels']}; {places['main']} has it, too" in text
    order = f"{places['cu118']}, {places['wheels']} then {places['main']}"
    assert f"each project from the first index that has it: {order}" in text
    assert f"each project from all indexes alike: {places['main']}, {places['cu118']} and" in text


def test_of_one_index_nothing_is_said(places: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ("explain-backtrack", "numpy", "-i", places["main"])
    assert all("elsewhere" not in one["pins"]["numpy"] for one in asked(capsys, *words)["runs"])
    run([*words, *COMMON, "-v"])
    assert "from http" not in capsys.readouterr().out


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_why_says_what_other_places_have(
    resolver: str, places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("why", "torch", "-i", places["main"], "--extra-index-url", places["cu118"], "--resolver", resolver)
    (answer,) = (one["answer"] for one in asked(capsys, *words)["runs"])
    assert (answer["index"], answer["elsewhere"]) == (
        places["cu118"],
        [{"index": places["main"], "newest": "2.4.0", "same": False}],
    )
    run([*words, *COMMON])
    assert f"only this place has it with +cu118; {places['main']} has 2.4.0" in capsys.readouterr().out


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_a_folder_an_index_of_files_and_a_page_of_links_are_places_too(
    resolver: str, places: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, simple = tmp_path / "wheelhouse", tmp_path / "simple"
    folder.mkdir()
    write_files(World(name="folder", projects=WHEELS, question=ASKED), folder)
    (simple / "numpy").mkdir(parents=True)
    for entry in page_entries((MAIN[1],)):
        (simple / "numpy" / entry.file.filename).write_bytes(entry.content())
    names = [entry.file.filename for entry in page_entries((MAIN[1],))]
    page = "".join(f'<a href="{name}">{name}</a>' for name in names)
    (simple / "numpy" / "index.html").write_text(page, encoding="utf-8")
    words = (
        "explain-backtrack", "numpy<2", "cffi", "-i", places["cu118"], "--extra-index-url", simple.as_uri(),
        "--find-links", str(folder), "--find-links", places["links"], "--resolver", resolver,
    )  # fmt: skip
    (found,) = (one["pins"] for one in asked(capsys, *words)["runs"])
    assert found["cffi"]["index"] == str(folder)
    assert found["numpy"]["version"] == "1.26.4"
    others = {one["index"]: (one["newest"], one["same"]) for one in found["numpy"]["elsewhere"]}
    assert others.pop(places["cu118"]) == ("1.24.1", False)
    assert list(others.values()) == [("2.0.0", True)]
