"""A resolver that nobody has heard of answers every command: what asks resolvers asks by their facts, not by name."""

from pathlib import Path

import pytest

from backtrail import inquiry
from backtrail.cli import run
from backtrail.resolvers import registry
from support.cases import write_case
from support.loopback import Loopback
from support.oldest import OLDEST
from support.small_worlds import releases, small_world
from support.worlds import World

KEY = "oldest@1.0"


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.TOOLS, "oldest", OLDEST)


@pytest.fixture
def world() -> World:
    projects = {"app": releases("app", "1.0 lib>=1", "2.0 lib>=2"), "lib": releases("lib", "0.5", "1.0", "2.0")}
    return small_world("third", projects, "app")


@pytest.mark.parametrize("why", [None, "lib", "app"])
@pytest.mark.parametrize("resolvers", [("oldest",), ("uv", "oldest"), ("oldest", "pip")])
def test_it_is_recorded_replayed_and_shown_in_every_form(
    resolvers: tuple[str, ...], why: str | None, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "x.backtrail", world, *resolvers, why=why)
    report = inquiry.replay(str(case)).report
    found = next(one for one in report.runs if one.resolver == "oldest")
    assert [(pin.name, pin.version) for pin in found.pins] == [("app", "1.0"), ("lib", "1.0")]
    for suffix in ("html", "json", "md", "sarif"):
        assert run(["replay", str(case), "-o", str(tmp_path / f"x.{suffix}")]) == 0
        assert "oldest" in (tmp_path / f"x.{suffix}").read_text(encoding="utf-8")
    assert "oldest 1.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["explain-backtrack", "app"], "oldest 1.0"),
        (["compare", "--resolver", "uv", "app"], "app"),
        (["why", "lib>=1"], "lib 1.0"),
        (["why", "lib>=9"], "2.0"),
    ],
)
def test_it_is_asked_about_an_index(
    asked: list[str],
    says: str,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with Loopback() as loopback:
        url = loopback.mount(world)
        target = ["--python", "3.11", "--python-platform", "linux"]
        ended = run([*asked, "--resolver", "oldest", *target, "--index-url", url])
    out = capsys.readouterr().out
    assert (ended, says in out) == (1 if "lib>=9" in asked else 0, True), out


def test_it_is_compared_with_another(world: World, tmp_path: Path) -> None:
    case = write_case(tmp_path / "x.backtrail", world, "uv", "oldest")
    report = inquiry.replay(str(case)).report
    assert {one.subject for one in report.findings if set(one.runs) == {"uv@0.13.9", KEY}} == {"app"}


def test_why_asks_its_own_reading(world: World, tmp_path: Path) -> None:
    case = write_case(tmp_path / "x.backtrail", world, "oldest", why="lib>=1")
    answer = inquiry.replay(str(case)).report.answers[KEY]
    assert (answer.available, answer.version) == (True, "1.0")


def test_without_it_a_recording_of_it_is_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "x.backtrail", world, "oldest")
    monkeypatch.delitem(registry.TOOLS, "oldest")
    assert run(["replay", str(case)]) == 2
    assert "'oldest' is not a resolver" in capsys.readouterr().err
