"""The real uv on the shrunk question: two of twelve lines, over the recorded world, still give numba 0.53.1."""

from pathlib import Path

import pytest

from backtrail.cases.questions import shrink
from backtrail.inquiry import recorded
from support.loopback import Loopback
from support.real_uv import Outcome, find_uv
from support.recorded import FIXTURES, served

pytestmark = pytest.mark.likeness


@pytest.mark.parametrize("version", ["0.13.9", "0.4.18"])
def test_the_real_uv_agrees_with_the_shrunk_seed(version: str, tmp_path: Path) -> None:
    uv = find_uv(version)
    if uv is None:
        pytest.skip(f"uv {version} is not installed")
    found = shrink(str(FIXTURES / "seed" / "seed.backtrail"), "numba==0.53.1", resolvers=[f"uv@{version}"], budget=50)
    question = found.answered.report.question
    assert len(question.requirements) <= 3
    found.answered.case.write(tmp_path / "small.backtrail")
    _, recording = recorded(str(tmp_path / "small.backtrail"))
    world = served(
        recording,
        question,
        tmp_path,
        python="3.10",
        python_platform="x86_64-manylinux_2_28",
        exclude_newer=question.options.exclude_newer,
    )
    with Loopback() as loopback:
        real = uv.compile(world.question, loopback.mount(world))
    assert real.outcome is Outcome.SOLVED, real.error
    assert real.pins["numba"] == "0.53.1"
    direct = {stand_in.name for stand_in in question.stand_ins}
    ours = {pin.name: pin.version for pin in found.answered.report.runs[0].pins}
    assert {name: pin for name, pin in ours.items() if name not in direct} == {
        name: pin for name, pin in real.pins.items() if name not in direct
    }
