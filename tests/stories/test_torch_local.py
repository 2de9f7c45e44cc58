"""A version that is there under another name: an index with local builds only, asked over HTTP and on disk."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backtrail import cli
from support.loopback import PLAIN_HTML_PAGE, Loopback
from support.recorded import FIXTURES, story

INDEX = FIXTURES / "torch-local" / "simple"
STORY = story("torch-local")


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with nothing to ask about."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["over HTTP", "on disk"])
def index(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "on disk":
        yield INDEX.as_uri()
        return
    with Loopback() as loopback:
        page = (INDEX / "torch" / "index.html").read_bytes()
        loopback.put("/whl/simple/torch/", PLAIN_HTML_PAGE, page)
        yield f"{loopback.url}/whl/simple"


def ask(index: str, capfd: pytest.CaptureFixture[str], *options: str, platform: str = "linux") -> tuple[int, str]:
    asked = [*STORY["asked"]]
    asked[asked.index("--python-platform") + 1] = platform
    code = cli.run([*asked, "--index-url", index, *options])
    return code, capfd.readouterr().out


def test_current_resolvers_take_a_local_build(index: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, shown = ask(index, capfd)
    assert code == 0
    assert shown.startswith("torch 2.3.0+cu118 is available to uv 0.13.9 and pip 26.3 for Python 3.10")


def test_each_resolver_answers_as_the_real_one(index: str, capfd: pytest.CaptureFixture[str]) -> None:
    resolvers = [word for key in STORY["answers"] for word in ("--resolver", key)]
    code, shown = ask(index, capfd, *resolvers, "--format", "json")
    document = json.loads(shown)
    answers = {f"{run['resolver']}@{run['profile']}": run["answer"] for run in document["runs"]}
    assert {key: answer["version"] or "" for key, answer in answers.items()} == STORY["answers"]
    assert answers["uv@0.4.18"]["reason"] == "no-version"
    assert code == 1


def test_the_variants_and_what_to_write(index: str, capfd: pytest.CaptureFixture[str]) -> None:
    _, shown = ask(index, capfd, "--format", "json")
    document: dict[str, Any] = json.loads(shown)
    variants = {variant["version"]: variant for variant in document["project"]["variants"]}
    assert {version: variant["usable"] for version, variant in variants.items()} == STORY["variants"]
    assert all(len(variant["files"]) == 10 for variant in variants.values())
    (finding,) = [each for each in document["findings"] if each["code"] == "BT105"]
    assert [(remedy["kind"], remedy["change"], remedy["result"]) for remedy in finding["remedies"]] == [
        ("replace", "torch==2.3.0+cpu", "verified")
    ]


def test_a_platform_without_builds(index: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, shown = ask(index, capfd, platform="macos")
    assert code == 1
    assert "none fits this Python and platform" in shown
    assert "no such version" not in shown.splitlines()[0]
