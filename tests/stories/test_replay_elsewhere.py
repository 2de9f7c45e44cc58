"""A Case replayed elsewhere: other hash seeds and folders, and every other Python at hand, give the same bytes.

Further interpreters that have backtrail installed are named in ``BACKTRAIL_PYTHONS``, separated as PATH is.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtrail.cli import run
from support.recorded import FIXTURES

SEED = FIXTURES / "seed" / "seed.backtrail"
PYTHONS = [one for one in os.environ.get("BACKTRAIL_PYTHONS", "").split(os.pathsep) if one]
ELSEWHERE = [(sys.executable, "1"), *((python, "2") for python in PYTHONS)]
FORMS = ("again.backtrail", "report.json", "report.md", "report.html", "report.sarif")

_OFFLINE = """
import socket, sys
def refused(*_): raise AssertionError("a replay connects")
socket.socket.connect = refused
from backtrail.cli import main
main()
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("here")
    for form in FORMS:
        assert run(["replay", str(SEED), "-q", "-o", str(folder / form)]) == 0
    return folder


@pytest.mark.parametrize(("python", "seed"), ELSEWHERE, ids=[f"{number}" for number, _ in enumerate(ELSEWHERE)])
def test_the_same_bytes(here: Path, tmp_path: Path, python: str, seed: str) -> None:
    for form in FORMS:
        subprocess.run(
            [python, "-c", _OFFLINE, "replay", str(here / "again.backtrail"), "-q", "-o", form],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "HOME": str(tmp_path), "TZ": "Pacific/Apia", "LC_ALL": "C"},
            check=True,
            timeout=300,
        )
        assert (tmp_path / form).read_bytes() == (here / form).read_bytes()
