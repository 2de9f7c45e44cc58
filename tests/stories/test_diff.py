"""Two Cases held against each other: what changed, and what changed it, each seen by exchanging it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from packaging.utils import canonicalize_name

from backtrail.cases.questions import diff
from backtrail.cli import run
from backtrail.model.difference import Change, Difference, Kind
from backtrail.model.files import Unreadable
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.schema import schema
from backtrail.report.wording import difference
from support.cases import write_case
from support.ours import INDEX, WorldSource
from support.recorded import FIXTURES, seed_asked
from support.worlds import Project, Question, Release, World, release

SEED = str(FIXTURES / "seed" / "seed.backtrail")


def world(*projects: Project, asks: tuple[str, ...] = ("app",), **question: object) -> World:
    return World(name="diff", projects=projects, question=Question(requirements=asks, **question))  # type: ignore[arg-type]


def project(name: str, *releases: Release) -> Project:
    return Project(name=name, releases=releases)


APP = project("app", release("app", "1.0", "lib"))
LIB = project("lib", release("lib", "1.0"), release("lib", "2.0"))


def changes(
    tmp_path: Path, old: World, new: World, *, resolvers: tuple[str, str] = ("uv", "uv"), budget: int = 100
) -> tuple[Change, ...]:
    before = write_case(tmp_path / "old.backtrail", old, resolvers[0])
    after = write_case(tmp_path / "new.backtrail", new, resolvers[1])
    (found,) = diff(str(before), str(after), budget=budget).differences
    return found.changes


def causes(change: Change) -> list[tuple[str, str | None, bool | None]]:
    return [(cause.kind.value, cause.about, cause.alone) for cause in change.causes]


def events(change: Change) -> list[tuple[str, str, str | None]]:
    return [(event.kind, event.project, event.version) for cause in change.causes for event in cause.events]


def test_a_new_release(tmp_path: Path) -> None:
    later = project("lib", *LIB.releases, release("lib", "3.0", "extra"))
    lib, extra = sorted(
        changes(tmp_path, world(APP, LIB), world(APP, later, project("extra", release("extra", "1.0")))),
        key=lambda one: one.name != "lib",
    )
    assert (lib.name, lib.old, lib.new) == ("lib", "2.0", "3.0")
    assert causes(lib) == [("index", "lib", True)]
    assert events(lib) == [("released", "lib", "3.0")]
    assert (extra.name, extra.old, extra.new) == ("extra", None, "1.0")
    assert events(extra) == [("released", "lib", "3.0")]


def test_a_release_of_another_project_moves_a_pin(tmp_path: Path) -> None:
    later = project("app", *APP.releases, release("app", "1.1", "lib<2"))
    app, lib = changes(tmp_path, world(APP, LIB), world(later, LIB))
    assert events(app) == events(lib) == [("released", "app", "1.1")]
    assert (lib.old, lib.new) == ("2.0", "1.0")


def test_what_it_takes_and_is_not_known_to_suffice(tmp_path: Path) -> None:
    """The old run never read lib 1.0, and the index dates nothing: whether its lib 1.0 is the new one is not known."""
    app = project("app", release("app", "1.0"), release("app", "2.0", "lib<2"))
    undated = project("lib", *(release("lib", one, upload_time=None) for one in ("1.0", "2.0")))
    old, new = (world(app, undated, asks=("lib", f"app=={wanted}")) for wanted in ("1.0", "2.0"))
    _, lib = changes(tmp_path, old, new)
    assert (lib.old, lib.new, causes(lib)) == ("2.0", "1.0", [("requirements", "app", None)])
    (found,) = diff(str(tmp_path / "old.backtrail"), str(tmp_path / "new.backtrail")).differences
    words = "app==2.0 is asked for instead of app==1.0; it takes that, and the recordings do not tell whether more"
    assert f"  {words}" in difference(found)


def test_a_vanished_file_and_a_vanished_release(tmp_path: Path) -> None:
    (lib,) = changes(tmp_path, world(APP, LIB), world(APP, project("lib", release("lib", "1.0"))))
    assert events(lib) == [("vanished", "lib", "2.0")]

    both = project("lib", release("lib", "2.0", sdist=True))
    only = project("lib", replace(both.releases[0], files=both.releases[0].files[1:]))
    (lib,) = changes(tmp_path, world(APP, both), world(APP, only))
    assert (lib.old_file, lib.new_file) == ("lib-2.0-py3-none-any.whl", "lib-2.0.tar.gz")
    assert events(lib) == [("file-vanished", "lib", "2.0")]


def test_of_a_direct_reference_it_is_a_recording_that_does_not_say_why() -> None:
    run = Run(resolver="uv", profile="0.13.9", basis="exact", outcome=Outcome.SOLVED)
    change = Change(name=canonicalize_name("lib"), old="1.0", new="2.0", known=False)
    assert difference(Difference(old=run, new=run, changes=(change,)))[1:] == [
        "  not known why: the recordings do not reach far enough, or the budget ran out", "    lib 1.0 became 2.0",
    ]  # fmt: skip


def test_a_yanked_release(tmp_path: Path) -> None:
    yanked = project("lib", LIB.releases[0], release("lib", "2.0", yanked="broken"))
    (lib,) = changes(tmp_path, world(APP, LIB), world(APP, yanked))
    assert events(lib) == [("yanked", "lib", "2.0")]


def test_two_releases_that_only_together_change_something(tmp_path: Path) -> None:
    old = world(project("app", release("app", "1.0", "lib<3")), LIB)
    later = project("app", release("app", "1.0", "lib<3"), release("app", "2.0", "lib>=3"))
    new = world(later, project("lib", *LIB.releases, release("lib", "3.0")))
    app, lib = changes(tmp_path, old, new)
    assert causes(lib) == [("index", "lib", False), ("index", "app", False)]
    assert causes(app) == [("index", "app", False), ("index", "lib", False)]


@pytest.mark.parametrize(
    ("asked", "old", "new"),
    [
        ({"asks": ("app", "lib<2")}, (), ("lib<2",)),
        ({"constraints": ("lib<2",)}, (), ("-c: lib<2",)),
        ({"overrides": ("lib<2",)}, (), ("--override: lib<2",)),
    ],
)
def test_a_changed_requirement(
    asked: dict[str, tuple[str, ...]], old: tuple[str, ...], new: tuple[str, ...], tmp_path: Path
) -> None:
    (lib,) = changes(tmp_path, world(APP, LIB), world(APP, LIB, **asked))
    assert (lib.old, lib.new) == ("2.0", "1.0")
    assert causes(lib) == [("requirements", "lib", True)]
    assert (lib.causes[0].old, lib.causes[0].new) == (old, new)


def test_another_order_of_the_requirements(tmp_path: Path) -> None:
    a = project("a", release("a", "1.0"), release("a", "2.0", "c<2"))
    b = project("b", release("b", "1.0"), release("b", "2.0", "c>=2"))
    c = project("c", release("c", "1.0"), release("c", "2.0"))
    found = changes(tmp_path, world(a, b, c, asks=("a", "b")), world(a, b, c, asks=("b", "a")))
    assert {change.name for change in found} >= {"a", "b"}
    assert {causes(change)[0] for change in found} == {("requirements", None, True)}


def test_another_resolver_version_and_another_option(tmp_path: Path) -> None:
    pre = project("lib", *LIB.releases, release("lib", "3.0rc1"))
    (lib,) = changes(tmp_path, world(APP, pre), world(APP, pre, prerelease="allow"))
    assert causes(lib) == [("options", "prerelease", True)]

    guarded = project("lib", release("lib", "1.0"), release("lib", "2.0", requires_python=">=3.6,<3.10"))
    (lib,) = changes(tmp_path, world(APP, guarded), world(APP, guarded), resolvers=("uv", "pip"))
    assert (lib.old, lib.new) == ("2.0", "1.0")
    assert causes(lib) == [("resolver", None, True)]
    assert (lib.causes[0].old, lib.causes[0].new) == (("uv@0.13.9",), ("pip@26.3",))


def test_another_python(tmp_path: Path) -> None:
    newer = project("lib", release("lib", "1.0"), release("lib", "2.0", requires_python=">=3.12"))
    (lib,) = changes(tmp_path, world(APP, newer), world(APP, newer, python="3.12"))
    assert causes(lib) == [("target", None, True)]


def test_what_differs_and_does_not_matter_is_no_cause(tmp_path: Path) -> None:
    other = project("other", release("other", "1.0"))
    old = world(APP, LIB, other, asks=("app", "other"))
    new = world(
        APP,
        project("lib", *LIB.releases, release("lib", "3.0")),
        project("other", *other.releases, release("other", "0.5")),
        asks=("app", "other>=0.1"),
    )
    (lib,) = changes(tmp_path, old, new)
    assert causes(lib) == [("index", "lib", True)]


def test_without_a_budget_nothing_is_claimed(tmp_path: Path) -> None:
    later = project("lib", *LIB.releases, release("lib", "3.0"))
    (lib,) = changes(tmp_path, world(APP, LIB), world(APP, later), budget=0)
    assert (lib.old, lib.new, lib.causes, lib.known) == ("2.0", "3.0", (), False)


def test_what_is_said_of_the_seed_with_a_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bounded = str(tmp_path / "bounded.backtrail")
    seed = seed_asked(tmp_path, resolvers=3)
    assert run(["replay", seed, "numpy<2.1", "--resolver", "uv", "--resolver", "pip", "-q", "-o", bounded]) == 0
    assert run(["diff", seed, bounded]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "uv 0.13.9: four pins changed",
        "  numpy<2.1 is asked for",
        "    llvmlite 0.36.0 became 0.43.0",
        "    numba 0.53.1 became 0.60.0",
        "    numpy 2.1.2 became 2.0.2",
        "    setuptools 75.1.0 is gone",
        "pip 26.3: the same pins",
        f"uv 0.4.18: only in {seed}",
    ]


def test_every_kind_of_cause_has_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    later = project("lib", *LIB.releases, release("lib", "3.0"))
    pairs = [
        (world(APP, LIB), world(APP, later)),
        (world(APP, later), world(APP, LIB)),
        (world(APP, LIB), world(APP, LIB, asks=("app", "lib<2"))),
        (world(APP, LIB, asks=("app", "lib==1")), world(APP, LIB, asks=("app", "lib==2"))),
        (world(APP, LIB, prerelease="allow"), world(APP, LIB)),
    ]
    for old, new in pairs:
        write_case(tmp_path / "old.backtrail", old)
        write_case(tmp_path / "new.backtrail", new)
        assert run(["diff", str(tmp_path / "old.backtrail"), str(tmp_path / "new.backtrail")]) == 0
        said.append(capsys.readouterr().out.splitlines()[1:2])
    assert said == [
        ["  lib 3.0 was released"],
        ["  lib 3.0 vanished from the index"],
        ["  lib<2 is asked for"],
        ["  lib==2 is asked for instead of lib==1"],
        [],
    ]
    elsewhere = {Kind.REQUESTER, Kind.MARKERS, Kind.SOURCE}  # test_lock_diff.py
    elsewhere |= {Kind.UPGRADE}  # test_lock_causes.py
    elsewhere |= {Kind.INSTALLED, Kind.INDEX_CHANGES}  # test_environments.py, test_what_if.py
    assert {kind.value for kind in {*Kind} - elsewhere} == {"requirements", "index", "resolver", "target", "options"}


def test_cases_without_a_resolver_in_common_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = write_case(tmp_path / "two.backtrail", world(APP, LIB), "pip@24.0", "pip@26.3")
    one = write_case(tmp_path / "one.backtrail", world(APP, LIB), "uv")
    assert run(["diff", str(one), str(two)]) == 2
    assert "have no resolver in common" in capsys.readouterr().err


def test_a_run_that_is_unknown_leaves_the_difference_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write_case(tmp_path / "old.backtrail", world(APP, LIB))
    new = tmp_path / "new.backtrail"
    assert run(["replay", str(old), "nothere", "-q", "-o", str(new)]) == 3
    assert run(["diff", str(old), str(new)]) == 3
    said = "uv 0.13.9, solved before, something could not be read now: not known: nothere is not in the recording\n"
    assert capsys.readouterr().out == said


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two recordings, named as in their folder: lib 3.0 was released in between."""
    monkeypatch.chdir(tmp_path)
    later = project("lib", *LIB.releases, release("lib", "3.0"))
    write_case(Path("old.backtrail"), world(APP, LIB))
    write_case(Path("new.backtrail"), world(APP, later), "uv", "pip")
    return "old.backtrail", "new.backtrail"


def test_what_changed_as_data(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *pair, "--format", "json", "-o", "diff.json"]) == 0
    written = capsys.readouterr().out
    assert Path("diff.json").read_text(encoding="utf-8") == written
    shown = json.loads(written)
    Draft202012Validator(schema("diff")).validate(shown)
    assert (shown["schema"], shown["old"], shown["new"], shown["only_new"]) == ("backtrail.diff", *pair, ["pip@26.3"])
    (one,) = shown["runs"]
    assert (one["resolvers"], one["outcomes"], one["failures"]) == (["uv@0.13.9"] * 2, ["solved"] * 2, [None] * 2)
    (change,) = one["changes"]
    assert (change["project"], change["versions"], change["known"]) == ("lib", ["2.0", "3.0"], True)
    (cause,) = change["causes"]
    assert (cause["kind"], cause["about"], cause["alone"]) == ("index", "lib", True)
    assert cause["events"] == [{"kind": "released", "project": "lib", "version": "3.0", "file": None, "uploaded": None}]


def test_what_changed_as_markdown(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *pair, "-q", "-o", "diff.md"]) == 0
    assert capsys.readouterr().out == ""
    assert Path("diff.md").read_text(encoding="utf-8") == (
        "**uv 0.13.9: one pin changed**\n\n- lib 3.0 was released\n  - lib 2.0 became 3.0\n"
        "\n**pip 26.3: only in new.backtrail**\n\n<!-- written by backtrail -->\n"
    )


@pytest.mark.parametrize(
    "arguments", [["--format", "html"], ["-o", "diff.html"], ["-o", "nowhere/diff.json"], ["--format", "sarif"]]
)
def test_a_form_that_a_diff_has_not_is_refused_first(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "no.backtrail", "no.backtrail", *arguments]) == 2
    assert arguments[0] in capsys.readouterr().err
    assert run(["schema", "graph"]) == 2


def test_what_is_not_known_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = Unreadable(index=INDEX, reason="network", detail="connection refused")
    case = str(
        write_case(tmp_path / "lost.backtrail", world(APP, LIB), source=WorldSource(world(), faults={"app": lost}))
    )
    assert run(["diff", case, case, "--format", "json"]) == 3
    shown = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema("diff")).validate(shown)
    assert [one["reason"] for one in shown["runs"][0]["failures"]] == ["network", "network"]
    assert run(["diff", case, case]) == 3
    assert f": not known: {INDEX} could not be read (network: connection refused)" in capsys.readouterr().out
