"""The description of the Case file names everything that a Case has."""

import json
import zipfile
from pathlib import Path

from backtrail.sources.case_file import FORMAT, MAX_PACKED, MAX_UNPACKED
from support.cases import write_case
from support.real_uv import REPOSITORY
from support.worlds import Project, Question, World, release

DESCRIBED = (REPOSITORY / "docs" / "case-format.md").read_text(encoding="utf-8")


def test_members_fields_bounds_and_format_are_described(tmp_path: Path) -> None:
    world = World(
        name="described",
        projects=(Project(name="a", releases=(release("a", "1.0"),)),),
        question=Question(requirements=("a",)),
    )
    case = write_case(tmp_path / "a.backtrail", world)
    with zipfile.ZipFile(case) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in archive.namelist():
            assert f"| `{name}` |" in DESCRIBED
        said = json.loads(archive.read("case.json"))
        page = json.loads(archive.read("pages.jsonl"))
    for field in (*said, *said["question"], *said["question"]["asked"][0], *page, "versions", "serial", "sha256"):
        assert f"`{field}`" in DESCRIBED
    assert {"sha256", "serial", "fetched"} <= page["page"].keys()
    assert f"`format` is {FORMAT}." in DESCRIBED
    assert f"{MAX_PACKED >> 20} MB packed and {MAX_UNPACKED >> 20} MB unpacked" in DESCRIBED


def test_the_same_case_is_the_same_bytes(tmp_path: Path) -> None:
    world = World(
        name="same",
        projects=(
            Project(name="a", releases=(release("a", "1.0", "b"),)),
            Project(name="b", releases=(release("b", "1.0"),)),
        ),
        question=Question(requirements=("a",)),
    )
    cases = [write_case(tmp_path / name, world, "uv", "pip").read_bytes() for name in ("a.backtrail", "b.backtrail")]
    assert cases[0] == cases[1]
