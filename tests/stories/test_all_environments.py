"""What is said of an answer for all platforms: which other environment is to blame, and what helps, held to real uv."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.cli import run
from backtrail.report.schema import schema
from support.loopback import Loopback
from support.real_uv import RealUv, find_uv
from support.worlds import Project, Question, World, release

Lock = Callable[..., dict[str, Any]]

HERE = ("--python-platform", "linux")
WHY = "This package should not have anything published."


def world(name: str, *projects: Project) -> World:
    return World(name=name, projects=projects, question=Question(requirements=()))


YANKED = world(
    "a project that only Windows needs, yanked",
    Project(
        name="lint",
        releases=(release("lint", "6.8.7"), release("lint", "24.9.2", "not-on-windows ; sys_platform == 'win32'")),
    ),
    Project(name="not-on-windows", releases=(release("not-on-windows", "0.1", yanked=WHY),)),
)
ELSEWHERE = world(
    "a requirement of another platform",
    Project(name="a", releases=(release("a", "1"), release("a", "2"))),
    Project(name="b", releases=(release("b", "1", "a<2 ; sys_platform == 'win32'"),)),
)
BEFORE = world(
    "a fork that is solved before",
    Project(name="a", releases=(release("a", "1"), release("a", "2"))),
    Project(name="b", releases=(release("b", "1", "a<2"),)),
)
BEYOND = world(
    "a Python nobody runs",
    Project(name="a", releases=(release("a", "1"),)),
    Project(name="b", releases=(release("b", "1", "a<1"),)),
)
BELOW = world("a Python too old", Project(name="a", releases=(release("a", "1", requires_python=">=3.9"),)))


def project(*lines: str, python: str = ">=3.10", uv: str = "") -> str:
    listed = ", ".join(f'"{line}"' for line in lines)
    return f"[project]\nname = 'p'\nversion = '1'\nrequires-python = '{python}'\ndependencies = [{listed}]\n{uv}"


@pytest.fixture
def real() -> RealUv:
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9 is not installed")
    return uv


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def ask(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lock:
    """Lock a project over a world: its findings by code, what is said in full, the index and the run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))

    def asked(index: World, pyproject: str, *arguments: str) -> dict[str, Any]:
        url = loopback.mount(index, "/w")
        (tmp_path / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        command = ("explain-backtrack", *(arguments or ("--lock", "--python", "3.11")), *HERE, "-i", url)
        run([*command, "--format", "json"])
        said = capsys.readouterr()
        assert said.err == ""
        document = json.loads(said.out)
        jsonschema.validate(document, schema())
        run([*command, "-v"])
        report = capsys.readouterr().out.replace(loopback.url, "http://index")
        text = " ".join(report.split())
        found = {finding["code"]: finding for finding in document["findings"]}
        return {"findings": found, "said": report, "text": text, "index": url, "run": document["runs"][0]}

    return asked


def remedies(finding: dict[str, Any]) -> list[tuple[str, str]]:
    assert all(one["result"] == "verified" for one in finding["remedies"])
    return [(one["kind"], one["change"]) for one in finding["remedies"]]


def locked(uv: RealUv, pyproject: str, url: str, name: str) -> set[str]:
    """The versions of a project in the lock that the real uv writes; none where it writes none."""
    blocks = uv.lock(pyproject, url).text.split("[[package]]\n")
    lines = [block.splitlines() for block in blocks if f'name = "{name}"' in block.splitlines()]
    return {line.split('"')[1] for block in lines for line in block if line.startswith("version = ")}


# BT120


def test_a_release_is_held_back_by_a_yanked_project_that_only_windows_needs(ask: Lock, real: RealUv) -> None:
    answer = ask(YANKED, project("lint"))
    finding = answer["findings"]["BT120"]
    assert (finding["subject"], finding["detail"]["chosen"], finding["detail"]["alone"]) == ("lint", "6.8.7", "24.9.2")
    assert finding["detail"]["marker"] == "sys_platform == 'win32'"
    assert finding["headline"] == (
        "lint 6.8.7, not 24.9.2, because of environments on Windows: "
        f"that needs not-on-windows 0.1, which was yanked ({WHY})"
    )
    kind, change = remedies(finding)[0]
    assert (kind, change) == ("extend", "environments = [\"sys_platform != 'win32'\"]")
    assert f"{change} lint 24.9.2" in answer["text"]
    assert locked(real, project("lint"), answer["index"], "lint") == {"6.8.7"}
    for change in (change for _, change in remedies(finding)):
        assert locked(real, project("lint", uv=f"[tool.uv]\n{change}\n"), answer["index"], "lint") == {"24.9.2"}


def test_a_release_is_held_back_by_a_requirement_of_another_platform(ask: Lock, real: RealUv) -> None:
    finding = (answer := ask(ELSEWHERE, project("a", "b")))["findings"]["BT120"]
    assert finding["headline"] == "a 1, not 2, because of environments on Windows: b 1 needs a<2 on Windows"
    assert remedies(finding)[0] == ("extend", "environments = [\"sys_platform != 'win32'\"]")
    for change in (change for _, change in remedies(finding)):
        assert locked(real, project("a", "b", uv=f"[tool.uv]\n{change}\n"), answer["index"], "a") == {"2"}


def test_a_release_is_held_back_by_what_an_earlier_fork_chose(ask: Lock, real: RealUv) -> None:
    lines = ("a", "b ; python_version >= '3.12'")
    finding = (answer := ask(BEFORE, project(*lines)))["findings"]["BT120"]
    assert finding["detail"]["fork"] == "python_full_version >= '3.12'"
    assert finding["headline"] == (
        "a 1, not 2, because of environments on Python 3.12 and newer: it was chosen on Python 3.12 and newer before"
    )
    assert remedies(finding)[0] == ("extend", "environments = [\"python_full_version < '3.12'\"]")
    for change in (change for _, change in remedies(finding)):
        assert locked(real, project(*lines, uv=f"[tool.uv]\n{change}\n"), answer["index"], "a") == {"2"}


def test_lines_are_reported_the_python_to_begin_with(ask: Lock) -> None:
    needs_older = world(
        "a requirement of an older Python",
        Project(name="a", releases=(release("a", "1"), release("a", "2"))),
        Project(name="b", releases=(release("b", "1", "a<2 ; python_version < '3.10'"),)),
    )
    answer = ask(needs_older, project(), "a", "b", "--universal", "--fork-strategy", "fewest", "--python", "3.9")
    assert answer["findings"] == {}  # 3.9 is this Python here, too


def test_what_is_newest_for_this_computer_too_is_not_reported(ask: Lock) -> None:
    assert ask(YANKED, project("lint<7"))["findings"] == {}


# BT121


def test_a_split_above_every_python_in_use_is_reported_and_left_out(ask: Lock, real: RealUv) -> None:
    lines = ("a", "b ; python_version >= '3.12'")
    finding = (answer := ask(BEYOND, project(*lines)))["findings"]["BT121"]
    assert finding["detail"]["marker"] == "python_full_version >= '3.12'"
    assert (finding["detail"]["beyond"], finding["detail"]["here"]) == (True, False)
    assert finding["headline"] == (
        "there is no solution on Python 3.12 and newer, which only the open end of the range of Pythons asks for: "
        "b 1 needs a<1"
    )
    assert finding["detail"]["splits"][0]["names"] == ["b"]
    assert real.lock(project(*lines), answer["index"]).error
    assert remedies(finding)[0] == ("extend", "environments = [\"python_full_version < '3.12'\"]")
    for change in (change for _, change in remedies(finding)):
        assert locked(real, project(*lines, uv=f"[tool.uv]\n{change}\n"), answer["index"], "a") == {"1"}


def test_a_python_too_old_is_left_out_of_what_the_project_requires(ask: Lock, real: RealUv) -> None:
    finding = (answer := ask(BELOW, project("a", python=">=3.8")))["findings"]["BT121"]
    assert finding["detail"]["marker"] == "python_full_version == '3.8.*'"
    assert remedies(finding)[0] == ("requires-python", ">=3.9")
    for kind, change in remedies(finding):
        changed = (
            {"python": change} if kind == "requires-python" else {"uv": f"[tool.uv]\n{change}\n", "python": ">=3.8"}
        )
        assert locked(real, project("a", **changed), answer["index"], "a") == {"1"}
    shown = ask(BELOW, project(), "a", "--universal", "--python", "3.8")
    assert shown["run"]["outcome"] == "impossible"


def test_what_is_not_split_is_reported_where_this_computer_alone_has_a_solution(ask: Lock, real: RealUv) -> None:
    finding = (answer := ask(ELSEWHERE, project("a>=2", "b")))["findings"]["BT121"]
    assert (finding["detail"]["marker"], finding["detail"]["splits"]) == ("", [])
    assert finding["headline"].endswith("for this computer alone there is one: b 1 needs a<2 on Windows")
    for change in (change for _, change in remedies(finding)):
        assert locked(real, project("a>=2", "b", uv=f"[tool.uv]\n{change}\n"), answer["index"], "a") == {"2"}


def test_what_fails_everywhere_is_no_matter_of_environments(ask: Lock) -> None:
    assert "BT121" not in ask(ELSEWHERE, project("a>=3"))["findings"]


# BT107 and BT109


def test_a_line_that_nothing_meets_anywhere_is_named(ask: Lock, real: RealUv) -> None:
    finding = (answer := ask(ELSEWHERE, project("a>=3", "b")))["findings"]["BT107"]
    assert "all platforms and Python 3.10 and newer: a>=3 cannot be met" in answer["text"]
    assert remedies(finding) == [("relax", "a>=1")]
    assert locked(real, project("a>=1", "b"), answer["index"], "a") == {"1"}


LISTS = {
    "of the project": "['a>=2', 'b']",
    "of an extra": "['a>=2']\n[project.optional-dependencies]\nmore = ['b']",
    "of a group": "['a>=2']\n[dependency-groups]\nmore = ['b']",
}


@pytest.mark.parametrize("lists", LISTS.values(), ids=LISTS)
def test_lines_that_contradict_each_other_everywhere_are_named(ask: Lock, real: RealUv, lists: str) -> None:
    text = project().replace("[]", lists)
    finding = (answer := ask(BEFORE, text))["findings"]["BT109"]
    assert "all platforms and Python 3.10 and newer: a>=2 and b cannot be met together" in answer["text"]
    assert [one["requirement"] for one in finding["detail"]["lines"]] == ["a>=2", "b"]
    assert remedies(finding) == [("relax", "a>=1"), ("drop", "")]
    assert locked(real, text.replace("a>=2", "a>=1"), answer["index"], "a") == {"1"}
    assert locked(real, text.replace(", 'b'", "").replace("'b'", ""), answer["index"], "a") == {"2"}


def test_of_two_lines_each_is_left_out_in_turn(ask: Lock, real: RealUv) -> None:
    asking = Project(name="c", releases=(release("c", "1", "a>=2"),))
    finding = (answer := ask(world("two sides", *BEFORE.projects, asking), project("b", "c")))["findings"]["BT109"]
    given = {one["of"]: set(one["pins_changed"]) for one in finding["remedies"]}
    assert given == {"b": {"a", "c"}, "c": {"a", "b"}}
    assert locked(real, project("c"), answer["index"], "a") == {"2"}
    assert locked(real, project("b"), answer["index"], "a") == {"1"}


def test_what_needs_a_newer_python_everywhere_is_told_with_the_python(ask: Lock, real: RealUv) -> None:
    newer = world("newer", Project(name="a", releases=(release("a", "2", requires_python=">=3.10"),)))
    answer = ask(newer, project("a", python=">=3.8"))
    newest, left_out = remedies(answer["findings"]["BT121"])
    assert newest == ("requires-python", ">=3.10")
    assert left_out == ("extend", "environments = [\"python_full_version >= '3.10'\"]")
    assert locked(real, project("a", python=">=3.10"), answer["index"], "a") == {"2"}
    assert locked(real, project("a", python=">=3.8", uv=f"[tool.uv]\n{left_out[1]}\n"), answer["index"], "a") == {"2"}


# BT122


def test_several_versions_are_reported_with_a_reason_each(ask: Lock) -> None:
    newer = (release("a", "2", requires_python=">=3.11"), release("a", "3", requires_python=">=3.11"))
    index = world("three versions", Project(name="a", releases=(release("a", "1"), *newer)))
    lines = ("a ; python_version >= '3.12'", "a<3 ; python_version < '3.12'")
    finding = ask(index, project(*lines))["findings"]["BT122"]
    versions = {one["version"]: one for one in finding["detail"]["versions"]}
    assert [versions[one]["why"] for one in ("3", "2", "1")] == ["newest", "requirement", "requires-python"]
    assert (versions["2"]["asked"]["by"], versions["2"]["newer"]) == ("p==1", "3")
    assert (versions["1"]["marker"], versions["1"]["newer"]) == ("python_full_version < '3.11'", "2")
    assert finding["headline"].startswith("a has three versions: 3 on Python 3.12 and newer, 2 on Python 3.11")


# BT123 and BT124


def test_a_stale_lock_is_reported_with_its_reason(ask: Lock, real: RealUv, tmp_path: Path) -> None:
    url = ask(ELSEWHERE, project("a"))["index"]
    (tmp_path / "uv.lock").write_text(real.lock(project("a"), url).text, encoding="utf-8")
    assert ask(ELSEWHERE, project("a"))["findings"] == {}
    finding = ask(ELSEWHERE, project("a", python=">=3.11"))["findings"]["BT123"]
    assert finding["detail"]["reason"] == "requires-python"
    assert finding["headline"] == "uv.lock is solved again: requires-python is another than when it was made"


def test_a_lock_holds_a_package_back(ask: Lock, real: RealUv, tmp_path: Path) -> None:
    url = ask(ELSEWHERE, project("a<2"))["index"]
    (tmp_path / "uv.lock").write_text(real.lock(project("a<2"), url).text, encoding="utf-8")
    answer = ask(ELSEWHERE, project("a"))
    assert answer["findings"]["BT123"]["detail"]["reason"] == "requirements"
    finding = answer["findings"]["BT124"]
    assert finding["headline"] == "a 1, not 2, because uv.lock has it"
    assert remedies(finding) == [("policy", "--upgrade-package a")]
    before = real.lock(project("a<2"), url).text
    assert 'name = "a"\nversion = "1"' in real.lock(project("a"), url, before=before).text
    upgraded = real.lock(project("a"), url, "--upgrade-package", "a", before=before).text
    assert 'name = "a"\nversion = "2"' in upgraded
    assert ask(ELSEWHERE, project("a"), "--lock", "--upgrade-package", "a")["findings"] == {}


# BT125


CLASHING = world(
    "extras that are incompatible",
    Project(name="a", releases=(release("a", "1"), release("a", "2"), release("a", "3"))),
    Project(name="b", releases=(release("b", "1"),)),
)
EXTRAS = """
[project.optional-dependencies]
cpu = ["a==1"]
cuda = ["a==2"]
docs = ["b"]
[dependency-groups]
test = ["a==3"]
lint = ["b"]
"""


def test_extras_and_groups_that_clash_are_declared(ask: Lock, real: RealUv) -> None:
    pyproject = project("b") + EXTRAS
    finding = (answer := ask(CLASHING, pyproject))["findings"]["BT125"]
    names = [[item["name"] for item in one] for one in finding["detail"]["sets"]]
    assert names == [["cpu", "cuda", "test"]]
    assert finding["headline"] == (
        "the extra cpu of p, the extra cuda of p and the group test of p are incompatible, "
        "and a lock is for all of them"
    )
    ((kind, change),) = remedies(finding)
    assert (kind, change) == ("extend", 'conflicts = [[{ extra = "cpu" }, { extra = "cuda" }, { group = "test" }]]')
    assert "BT121" not in answer["findings"]
    assert real.lock(pyproject, answer["index"]).error
    assert locked(real, f"{pyproject}[tool.uv]\n{change}\n", answer["index"], "a") == {"1", "2", "3"}


def test_an_extra_that_clashes_with_the_project_itself_is_no_conflict_to_declare(ask: Lock) -> None:
    assert "BT125" not in ask(CLASHING, project("a==3") + EXTRAS)["findings"]


# BT126


SIBLINGS = world(
    "requirements that never meet",
    Project(name="a", releases=(release("a", "1"), release("a", "2"))),
    Project(name="b", releases=(release("b", "1", "a<2 ; sys_platform == 'win32'"),)),
    Project(name="c", releases=(release("c", "1", "a>=2 ; sys_platform != 'win32'"),)),
)


def test_requirements_that_never_meet_are_taken_apart(ask: Lock, real: RealUv) -> None:
    finding = (answer := ask(SIBLINGS, project("b", "c")))["findings"]["BT126"]
    assert finding["headline"] == (
        "b 1 needs a<2 on Windows and c 1 needs a>=2 not on Windows: "
        "these never meet, but requirements of different packages are resolved for together"
    )
    ((_, change),) = remedies(finding)
    assert real.lock(project("b", "c"), answer["index"]).error
    apart = project("b", "c", uv=f"[tool.uv]\n{change}\n")
    assert locked(real, apart, answer["index"], "a") == {"1", "2"}


# From the field, each said in full


@pytest.mark.parametrize(
    ("index", "pyproject"),
    [
        pytest.param(YANKED, project("lint"), id="yanked where only Windows needs it"),
        pytest.param(BEYOND, project("a", "b ; python_version >= '3.12'"), id="a split above every Python in use"),
        pytest.param(CLASHING, project("b") + EXTRAS, id="groups that clash"),
        pytest.param(SIBLINGS, project("b", "c"), id="requirements that never meet"),
        pytest.param(BEFORE, project("a>=2", "b"), id="requirements that contradict each other"),
    ],
)
def test_what_is_said(index: World, pyproject: str, ask: Lock, snapshot: SnapshotAssertion) -> None:
    assert ask(index, pyproject)["said"] == snapshot


def test_a_lock_that_holds_a_package_back(ask: Lock, real: RealUv, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    url = ask(ELSEWHERE, project("a<2"))["index"]
    (tmp_path / "uv.lock").write_text(real.lock(project("a<2"), url).text, encoding="utf-8")
    assert ask(ELSEWHERE, project("a"))["said"] == snapshot


AGES = world(
    "years of releases",
    Project(name="numpy", releases=tuple(release("numpy", version) for version in ("1.0", "1.26", "2.0", "2.1"))),
    Project(name="sci", releases=(release("sci", "1", "numpy"),)),
)
NEWER = "numpy>=1.26 ; python_version >= '3.12'"


@pytest.mark.parametrize(
    ("lines", "versions", "why"),
    [
        pytest.param((NEWER, "numpy ; python_version < '3.12'", "sci"), {"1.0", "1.26"}, "1.0", id="named"),
        pytest.param((NEWER, "sci"), {"1.26", "2.1"}, "1.26", id="not named"),
    ],
)
def test_a_lower_bound_with_a_marker_is_none_elsewhere(
    lines: tuple[str, ...],
    versions: set[str],
    why: str,
    ask: Lock,
    real: RealUv,
    monkeypatch: pytest.MonkeyPatch,
    snapshot: SnapshotAssertion,
) -> None:
    """With ``lowest-direct``: the oldest of all where the line has no bound, the newest where there is no line."""
    monkeypatch.delenv("UV_NO_CONFIG")
    pyproject = project(*lines, uv='[tool.uv]\nresolution = "lowest-direct"\n')
    answer = ask(AGES, pyproject)
    (reason,) = (one for one in answer["findings"]["BT122"]["detail"]["versions"] if one["version"] == why)
    assert reason["why"] == "lowest"
    assert locked(real, pyproject, answer["index"], "numpy") == versions
    assert answer["said"] == snapshot


PLATFORMS = ("cp311-cp311-win_amd64", "cp311-cp311-manylinux_2_17_x86_64")
PYPI = world(
    "the default index",
    Project(name="filelock", releases=(release("filelock", "3.0"),)),
    Project(name="torch", releases=(release("torch", "2.3.0", "filelock"), release("torch", "2.4.0", "filelock"))),
    Project(name="triton", releases=(release("triton", "3.0.0"),)),
)
CPU = world(
    "builds for a CPU",
    Project(
        name="torch",
        releases=(
            release("torch", "2.3.0+cpu", "filelock", tags=PLATFORMS),
            release("torch", "2.3.0", "filelock", tags=("cp311-none-macosx_11_0_arm64",)),
        ),
    ),
)
CUDA = world(
    "builds for CUDA",
    Project(
        name="torch",
        releases=(release("torch", "2.4.0+cu121", "filelock", "triton==3.0.0 ; sys_platform == 'linux'",
                          tags=PLATFORMS),),
    ),
)  # fmt: skip
SOURCES = """
[tool.uv.sources]
torch = [
    {{ index = "cuda", marker = "sys_platform == 'linux'" }},
    {{ index = "cpu", marker = "sys_platform != 'linux'" }},
]
[[tool.uv.index]]
name = "cpu"
url = "{cpu}"
explicit = true
[[tool.uv.index]]
name = "cuda"
url = "{cuda}"
explicit = true
"""


def test_one_index_for_each_platform(
    ask: Lock, real: RealUv, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    sources = SOURCES.format(cpu=loopback.mount(CPU, "/cpu"), cuda=loopback.mount(CUDA, "/cuda"))
    pyproject = project("torch>=2.3", python=">=3.11", uv=sources)
    answer = ask(PYPI, pyproject)
    versions = {one["version"]: one for one in answer["findings"]["BT122"]["detail"]["versions"]}
    assert {version: one["why"] for version, one in versions.items()} == {
        "2.4.0+cu121": "newest", "2.3.0+cpu": "index", "2.3.0": "local-version"
    }  # fmt: skip
    assert versions["2.3.0+cpu"]["index"] == f"{loopback.url}/cpu/simple/"
    assert locked(real, pyproject, answer["index"], "torch") == set(versions)
    assert answer["said"] == snapshot
