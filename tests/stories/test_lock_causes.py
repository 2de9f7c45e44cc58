"""Two locks held against each other: what moved each version, found by solving over the old lock again."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.cli import run
from backtrail.inputs.locks.any_lock import read_any_lock
from backtrail.report.schema import schema
from support.links import folder_of
from support.loopback import Loopback
from support.repositories import commit
from support.worlds import Project, Question, World, release

EARLY, LATE = "2024-01-01T00:00:00Z", "2024-05-01T00:00:00Z"
WORLD = World(
    name="causes",
    projects=(
        Project(
            name="web",
            releases=(
                release("web", "1.0", "click>=7", upload_time=EARLY),
                release("web", "2.0", "click>=8", upload_time=EARLY),
                release("web", "3.0", "click>=8.1", "extra", upload_time=EARLY),
            ),
        ),
        Project(
            name="click",
            releases=(
                *(release("click", version, upload_time=EARLY) for version in ("7.0", "8.0", "8.1")),
                release("click", "8.2", upload_time=LATE),
            ),
        ),
        Project(name="extra", releases=(release("extra", "1.0", "deep", upload_time=EARLY),)),
        Project(name="deep", releases=(release("deep", "1.0", upload_time=EARLY),)),
        Project(
            name="num",
            releases=(
                release("num", "1.0", upload_time=EARLY),
                release("num", "1.1", upload_time=EARLY, yanked="broken"),
                release("num", "2.0", requires_python=">=3.11", upload_time=EARLY),
                release("num", "2.1", requires_python=">=3.11", upload_time=LATE),
            ),
        ),
    ),
    question=Question(requirements=()),
)
HERE = ("--python", "3.12", "--python-platform", "linux")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    with Loopback() as loopback:
        yield loopback.mount(WORLD, "/w", hashes=True)


def project(*lines: str, python: str = ">=3.11", more: str = "") -> None:
    listed = "".join(f'    "{line}",\n' for line in lines)
    text = (
        f'[project]\nname = "app"\nversion = "0.1"\nrequires-python = "{python}"\ndependencies = [\n{listed}]\n{more}'
    )
    Path("pyproject.toml").write_text(text, encoding="utf-8")


def locked(index: str, name: str, *options: str) -> None:
    """Lock the project as it stands, over the ``uv.lock`` that is there."""
    assert run(["explain-backtrack", "--lock", "-q", "-i", index, *options, "-o", name, *HERE]) == 0


def diff(
    index: str, capsys: pytest.CaptureFixture[str], *options: str, old: str = "old.lock", new: str = "uv.lock"
) -> str:
    capsys.readouterr()
    assert run(["diff", old, new, "-i", index, *HERE, *options]) == 0
    return capsys.readouterr().out.replace(index, "INDEX")


def causes(index: str, capsys: pytest.CaptureFixture[str], **given: Any) -> dict[str, list[tuple[str, str | None]]]:
    document = json.loads(diff(index, capsys, "--format", "json", **given))
    jsonschema.validate(document, schema("diff"))
    (found,) = document["runs"]
    assert found["solved_with"] == "uv-lock@0.13.9"
    assert all(cause["alone"] and not cause["read"] for one in found["changes"] for cause in one["causes"])
    return {one["project"]: [(cause["kind"], cause["about"]) for cause in one["causes"]] for one in found["changes"]}


def test_a_line_that_was_added_takes_another_package_back(
    index: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    project("web>=1")
    locked(index, "old.lock")
    Path("uv.lock").write_bytes(Path("old.lock").read_bytes())
    project("web>=1", "click<8.1")
    locked(index, "new.lock")
    Path("new.lock").replace("uv.lock")
    assert diff(index, capsys) == snapshot
    assert causes(index, capsys) == {
        "click": [("requirements", "click")],
        "deep": [("requirements", "click")],
        "extra": [("requirements", "click")],
        "web": [("requirements", "click")],
    }


def test_a_release_since_the_old_lock_and_what_moved_with_another(
    index: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    project("web<2", "num", "click<8")
    locked(index, "uv.lock", "--exclude-newer", "2024-02-01")
    project("web", "num")
    locked(index, "old.lock", "--exclude-newer", "2024-02-01")
    Path("uv.lock").write_bytes(Path("old.lock").read_bytes())
    locked(index, "new.lock", "--upgrade-package", "web", "--upgrade-package", "num")
    for name in ("old.lock", "new.lock"):
        text = Path(name).read_text(encoding="utf-8")
        Path(name).write_text(text.replace('exclude-newer = "2024-02-02T00:00:00Z"\n', ""), encoding="utf-8")
    Path("new.lock").replace("uv.lock")
    assert diff(index, capsys) == snapshot
    assert causes(index, capsys) == {
        "click": [("requester", "web")],
        "deep": [("requester", "web")],
        "extra": [("requester", "web")],
        "num": [("index", "num")],
        "web": [("upgrade", "web")],
    }


def test_versions_that_were_the_newest_once_and_are_not_any_more(
    index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between two locks are several moments, and tools that renew them wait for a few days before a release counts."""
    months = {"tool": "1357", "style": "124", "late": "3", "last": "8"}
    world = World(
        name="moments",
        projects=tuple(
            Project(
                name=name,
                releases=tuple(release(name, month, upload_time=f"2024-0{month}-01T00:00:00Z") for month in said),
            )
            for name, said in months.items()
        ),
        question=Question(requirements=()),
    )

    def renewed(until: str, *options: str) -> None:
        """The lock as it is with another cut-off, which it does not tell."""
        locked(index, "new.lock", "--exclude-newer", f"{until}T00:00:00Z", *options)
        said = re.sub(r"\[options[^[]*", "", Path("new.lock").read_text(encoding="utf-8"))
        Path("new.lock").unlink()
        Path("uv.lock").write_text(said, encoding="utf-8")

    with Loopback() as loopback:
        index = loopback.mount(world, "/m", hashes=True)
        project("tool", "style", "late")
        renewed("2024-03-15", "--exclude-newer-package", "style=2024-01-15T00:00:00Z")
        Path("uv.lock").replace("old.lock")
        Path("uv.lock").write_bytes(Path("old.lock").read_bytes())
        renewed("2024-09-15", "-P", "style", "--exclude-newer-package", "style=2024-02-15T00:00:00Z")
        renewed("2024-06-15", "-P", "tool")
        project("tool", "style", "late", "last")
        renewed("2024-09-15")
        assert causes(index, capsys) == {
            "last": [("requirements", "last")],
            "style": [("upgrade", "style")],
            "tool": [("index", "tool")],
        }
        told = diff(index, capsys)
        poor = diff(index, capsys, "--budget", "5")
    assert "the versions of the old lock were not kept (--upgrade)\n    style 1 became 2\n    tool 3 became 5\n" in poor
    assert "it was taken anew, but not what is newer (a cut-off, or by version)\n    style 1 became 2\n" in told
    assert "tool 5 was released, uploaded 2024-05-01\n    tool 3 became 5\n" in told


def test_another_range_of_pythons_drops_a_version(
    index: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    project("num", python=">=3.10")
    locked(index, "old.lock")
    Path("uv.lock").write_bytes(Path("old.lock").read_bytes())
    project("num", python=">=3.11")
    locked(index, "new.lock")
    Path("new.lock").replace("uv.lock")
    assert diff(index, capsys) == snapshot
    assert causes(index, capsys) == {"num": [("target", None)]}


def compiled(*lines: str) -> None:
    Path("requirements.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_a_list_of_a_commit_is_solved_from_the_inputs_of_that_commit(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    Path("requirements.in").write_text("web\n", encoding="utf-8")
    compiled(
        "click==8.1",
        "    # via web",
        "deep==1.0",
        "    # via extra",
        "extra==1.0",
        "    # via web",
        "web==3.0",
        "    # via -r requirements.in",
    )
    commit(tmp_path)
    Path("requirements.in").write_text("web\nclick<8.1\n", encoding="utf-8")
    compiled(
        "click==8.0",
        "    # via",
        "    #   -r requirements.in",
        "    #   web",
        "web==2.0",
        "    # via -r requirements.in",
    )
    assert diff(index, capsys, old="git:HEAD:requirements.txt", new="requirements.txt") == snapshot


def test_where_the_old_inputs_are_not_known_the_line_that_forbids_the_old_version_is_named(
    index: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    Path("requirements.in").write_text("web\nclick<8.1\n", encoding="utf-8")
    compiled(
        "click==8.1",
        "    # via web",
        "deep==1.0",
        "    # via extra",
        "extra==1.0",
        "    # via web",
        "web==3.0",
        "    # via -r requirements.in",
    )
    Path("requirements.txt").replace("old.txt")
    compiled("click==8.0", "    # via web", "web==2.0", "    # via -r requirements.in")
    assert diff(index, capsys, old="old.txt", new="requirements.txt") == snapshot


def test_nothing_is_solved_without_network(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    project("web>=1")
    locked(index, "old.lock")
    project("web>=1", "click<8.1")
    locked(index, "uv.lock")
    out = diff("https://index.example/simple", capsys)
    assert "not solved again: they are from" in out
    assert "which is asked only if you name it" in out
    assert "the budget does not allow it" in diff(index, capsys, "--budget", "2")
    assert "solved again" not in diff(index, capsys, "--budget", "0")


def test_what_a_project_takes_from_folders_and_archives_is_read_from_the_locks(
    index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extra of a folder counts only where it is asked for, and no folder and no archive is looked at."""
    folder_of(Path("links"), ("extra", release("extra", "1.0", "deep")))
    Path("lib").mkdir()
    table = "[project.optional-dependencies]\nold = ['num<2']\n"
    Path("lib/pyproject.toml").write_text(
        f'[project]\nname = "lib"\nversion = "1"\ndependencies = ["click>=7", "num"]\n{table}', encoding="utf-8"
    )
    sources = '[tool.uv.sources]\nlib = { path = "lib" }\nextra = { path = "links/extra-1.0-py3-none-any.whl" }\n'
    project("lib", "extra", more=sources)
    locked(index, "old.lock")
    project("lib", "extra", "click<8", more=sources)
    locked(index, "uv.lock")
    shutil.rmtree("links")
    shutil.rmtree("lib")
    assert diff(index, capsys) == (
        "uv.lock: one version changed\n"
        "  solved again with uv-lock 0.13.9 over the old lock, with one change at a time\n"
        "  click<8 is asked for\n"
        "    click 8.2 became 7.0\n"
    )
    old = read_any_lock("old.lock")
    assert {one.name: (one.source.kind, one.source.value) for one in old.versions if one.source and one.local} == {
        "app": ("virtual", "."),
        "lib": ("directory", "lib"),
    }
    assert "num 2.1" in {f"{one.name} {one.version}" for one in old.versions}
