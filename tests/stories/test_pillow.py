"""An extension demands a newer Pillow under an application that runs: the second half of the seed's thread."""

import json
from typing import Any

import pytest

from backtrail import cli
from support.recorded import FIXTURES, story

CASE = str(FIXTURES / "pillow" / "pillow.backtrail")
STORY = story("pillow")


@pytest.fixture
def document(capfd: pytest.CaptureFixture[str]) -> Any:
    assert cli.run(["replay", CASE, "--format", "json"]) == 0
    return json.loads(capfd.readouterr().out)


def test_both_tools_would_replace_it_as_the_real_ones(document: Any) -> None:
    for run in document["runs"]:
        changed = {step["name"]: step["to"] for step in run["plan"] if step["action"] != "keep"}
        assert changed == STORY["installs"]
    assert [run["resolver"] for run in document["runs"]] == ["uv", "pip"]


def test_the_one_requirement_that_forces_it_was_found_by_solving(document: Any) -> None:
    found = [one for one in document["findings"] if one["code"] == "BT127"]
    assert [one["runs"] for one in found] == [["uv@0.13.9"], ["pip@26.3"]]
    for one in found:
        (fact,) = one["detail"]["because"]
        assert (fact["kind"], fact["by"], fact["text"]) == ("requirement", "pillow-heif", "pillow >=10.1.0")
        assert [asked["by"] for asked in one["detail"]["used_by"]] == ["gradio==3.50.2"]
        assert one["detail"]["compiled"]


def test_what_leaves_the_application_alone_is_proved(document: Any) -> None:
    for one in document["findings"]:
        (remedy,) = one["remedies"]
        assert (remedy["kind"], remedy["change"], remedy["result"]) == ("constrain", "pillow==9.5.0", "verified")
        after = {name: new for name, (_, new) in remedy["pins_changed"].items() if name != "pillow"}
        assert after == STORY["constrained"]


def test_the_report_says_so_in_a_few_lines(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["replay", CASE]) == 0
    assert [line.partition("   BT")[0].rstrip() for line in capfd.readouterr().out.splitlines()] == [
        "uv 0.13.9 and pip 26.3 resolve 2 packages for Python 3.11.7 on Linux x86_64 (glibc 2.36): "
        "1 to install, 1 to upgrade",
        "",
        "    upgrade  pillow       9.5.0 → 10.4.0  pillow-heif 0.18.0, which needs pillow >=10.1.0",
        "    install  pillow-heif  0.18.0          your pillow-heif>=0.10",
        "",
        "installed pillow 9.5.0 is upgraded to 10.4.0: pillow-heif 0.18.0 needs pillow >=10.1.0",
        "  also used by gradio 3.50.2 (pillow<11.0,>=8.0)",
        "  pillow has compiled modules: Windows does not let them be replaced while a program uses them",
        "  Fix, solved again with uv 0.13.9 and pip 26.3:",
        "    1. constraint pillow==9.5.0  pillow 9.5.0 and pillow-heif 0.16.0",
    ]
