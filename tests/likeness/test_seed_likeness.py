"""The real uv on the recorded world of the bug that started the project: the fixture is true to it."""

from pathlib import Path

import msgspec
import pytest

from backtrail.inquiry import Inquiry
from backtrail.sources.case_file import read_case
from support.loopback import Loopback
from support.real_uv import Outcome, find_uv
from support.recorded import FIXTURES, pins, served, story

pytestmark = pytest.mark.likeness

SEED = FIXTURES / "seed"
STORY = story("seed")


@pytest.mark.parametrize("key", [key for key in STORY["runs"] if key.startswith("uv")])
def test_the_real_uv_answers_as_the_story_says(key: str, tmp_path: Path) -> None:
    uv = find_uv(key.removeprefix("uv@"))
    if uv is None:
        pytest.skip(f"{key} is not installed")
    question, recording = read_case(SEED / "seed.backtrail")
    asked = next(each for each in msgspec.convert(question, Inquiry).asked if each.policy.key == key)
    world = served(
        recording,
        asked.question,
        tmp_path,
        python="3.10",
        python_platform="x86_64-manylinux_2_28",
        exclude_newer=asked.question.options.exclude_newer,
    )
    with Loopback() as loopback:
        real = uv.compile(world.question, loopback.mount(world))
    assert real.outcome is Outcome.SOLVED, real.error
    direct = {stand_in.name: stand_in.version for stand_in in asked.question.stand_ins}
    assert real.pins | direct == pins(SEED / STORY["runs"][key]["pins"])
    numba = [version for name, version in real.attempts if name == "numba"]
    assert list(dict.fromkeys(numba)) == STORY["runs"][key]["numba"]
