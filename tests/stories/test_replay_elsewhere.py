"""A Case replayed elsewhere: other hash seeds and folders, and every other Python at hand, give the same bytes.

Further interpreters that have backtrail installed are named in ``BACKTRAIL_PYTHONS``, separated as PATH is.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtrail.cli import run
from support.recorded import FIXTURES, seed_asked

# A whole real set goes over the same lines thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

SEED = FIXTURES / "seed" / "seed.backtrail"
PYTHONS = [one for one in os.environ.get("BACKTRAIL_PYTHONS", "").split(os.pathsep) if one]
ELSEWHERE = [(sys.executable, "1"), *((python, "2") for python in PYTHONS)]
FORMS = ("report.json", "report.md", "report.html", "report.sarif")

_OFFLINE = """
import socket, sys
def refused(*_): raise AssertionError("a replay connects")
socket.socket.connect = refused
from backtrail.cli import run
for place in range(1, len(sys.argv), 2):
    assert run(["replay", sys.argv[place], "-q", "-o", sys.argv[place + 1]]) == 0
"""


def written(folder: Path) -> dict[Path, str]:
    """What is written here, each with the recording that it is of: again the whole seed, and the forms of a part."""
    part = seed_asked(folder, budget=3)
    asked = {folder / "again.backtrail": str(SEED), **{folder / form: part for form in FORMS}}
    for path, case in asked.items():
        assert run(["replay", case, "-q", "-o", str(path)]) == 0
    return asked


@pytest.mark.parametrize(("python", "seed"), ELSEWHERE, ids=[f"{number}" for number, _ in enumerate(ELSEWHERE)])
def test_the_same_bytes(tmp_path: Path, python: str, seed: str) -> None:
    (tmp_path / "here").mkdir()
    here = written(tmp_path / "here")
    subprocess.run(
        [python, "-c", _OFFLINE, *(word for path, case in here.items() for word in (case, path.name))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": seed, "HOME": str(tmp_path), "TZ": "Pacific/Apia", "LC_ALL": "C"},
        check=True,
        timeout=300,
    )
    assert [one.name for one in here if one.read_bytes() != (tmp_path / one.name).read_bytes()] == []
