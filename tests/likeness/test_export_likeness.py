"""The real uv on what was exported: the seed as a packse scenario, served, gives the pins that it expects."""

from pathlib import Path

import pytest

from backtrail.cli import run
from support.loopback import Loopback
from support.packse import read_scenario
from support.real_uv import Outcome, find_uv
from support.recorded import FIXTURES, pins

pytestmark = pytest.mark.likeness

SEED = FIXTURES / "seed"


@pytest.mark.parametrize("version", ["0.13.9", "0.4.18"])
def test_the_packse_export_of_the_seed(version: str, tmp_path: Path) -> None:
    uv = find_uv(version)
    if uv is None:
        pytest.skip(f"uv {version} is not installed")
    written = tmp_path / "seed.packse.toml"
    assert run(["report", str(SEED / "seed.backtrail"), "-o", str(written)]) == 0
    scenario = read_scenario(written.read_text(encoding="utf-8"))
    with Loopback() as loopback:
        real = uv.compile(scenario.world.question, loopback.mount(scenario.world))
    assert real.outcome is Outcome.SOLVED, real.error
    assert real.pins == scenario.pins == pins(SEED / "pins-uv.txt")
    assert real.pins["numba"] == "0.53.1"
