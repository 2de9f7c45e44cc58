"""The real uv and pip, given ``--only-binary`` and ``--no-binary`` in every order, against what we make of the same."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import pytest

from backtrail.inputs.settings import Flags, settle
from backtrail.model.question import Setting
from backtrail.resolvers.registry import parse_resolver, resolver_of
from support.links import folder_of
from support.real_pip import find_pip
from support.real_uv import TIMEOUT, find_uv
from support.worlds import File, Release, release

pytestmark = pytest.mark.likeness

# Of each pair of projects the newest of one is a wheel and that of the other an sdist: what is taken tells what may be.
PAIRS = {"x": ("xw", "xs"), "y": ("yw", "ys")}
TAKEN = {("2", "2"): (True, True), ("2", "1"): (True, False), ("1", "2"): (False, True)}

LISTS = (
    ["x"], ["x"], ["y"], [":all:"], [":all:"], [":none:"], ["x", ":none:", "y"], [":all:", "x"],
    [":all:", ":none:", "x"], ["x", "y", ":all:"],
)  # fmt: skip

Said = tuple[str, str]
"""An option, and its value."""


def _sdist(name: str, version: str) -> Release:
    return Release(version=version, files=(File(filename=f"{name}-{version}.tar.gz"),))


def wheels(folder: Path) -> Path:
    made = []
    for wheels, sdists in PAIRS.values():
        made += [(wheels, release(wheels, "2")), (wheels, _sdist(wheels, "1"))]
        made += [(sdists, release(sdists, "1")), (sdists, _sdist(sdists, "2"))]
    return folder_of(folder, *made)


def said(random: Random, *, joined: bool) -> list[Said]:
    """Some options, each project of a pair with its partner."""
    found = []
    for _ in range(random.randint(1, 4)):
        option = random.choice(("only-binary", "no-binary"))
        names = random.choice(LISTS)
        values = [one for name in names for one in PAIRS.get(name, (name,))]
        found += [(option, ",".join(values))] if joined else [(option, value) for value in values]
    return found


def ours(flags: Sequence[Said], lines: Sequence[Said], environ: dict[str, str], tool: str) -> dict[str, object]:
    """Whether wheels and sdists of each pair may be taken."""
    settled = settle(
        Flags(
            only_binary=tuple(value for option, value in flags if option == "only-binary"),
            no_binary=tuple(value for option, value in flags if option == "no-binary"),
            order=tuple(option.replace("-", "_") for option, _ in flags),
        ),
        [Setting(name=option, value=value, origin="r.txt:1") for option, value in lines],
        environ=environ,
        now=datetime.now(timezone.utc),
        default_index="https://index.example/simple",
        dialect=resolver_of(parse_resolver(tool)).behaviour.dialect,
    )
    allows = settled.options.formats.allows
    return {pair: (allows(names[0], "wheel"), allows(names[0], "sdist")) for pair, names in PAIRS.items()}


def arguments(flags: Sequence[Said]) -> list[str]:
    return [word for option, value in flags for word in (f"--{option}", value)]


def file_of(scratch: str, lines: Sequence[Said], pair: str) -> Path:
    path = Path(scratch, "r.txt")
    path.write_text(
        "".join([*(f"--{option} {value}\n" for option, value in lines), *(f"{one}\n" for one in PAIRS[pair])])
    )
    return path


def taken(pins: dict[str, str], pair: str) -> object:
    wheels, sdists = PAIRS[pair]
    return TAKEN[pins[wheels], pins[sdists]]


@pytest.mark.parametrize("version", ["0.13.9", "0.4.18"])
def test_uv_reads_each_list_by_itself(version: str, tmp_path: Path) -> None:
    uv = find_uv(version)
    if uv is None:
        pytest.skip(f"uv {version} is not installed")
    links, random, ends = wheels(tmp_path / "links"), Random(7), set()
    for _ in range(16):
        flags = said(random, joined=version != "0.4.18" and random.random() < 0.5)
        lines = said(random, joined=False) if random.random() < 0.5 else []
        expected = ours(flags, lines, {}, "uv")
        for pair in PAIRS:
            with tempfile.TemporaryDirectory() as scratch:
                file = file_of(scratch, lines, pair)
                run = subprocess.run(
                    [str(uv.executable), "pip", "compile", str(file), "--no-cache", "--no-index", "-f", str(links),
                     "--no-header", "--no-annotate", "-q", "--no-python-downloads", "--python", sys.executable,
                     *arguments(flags)],
                    capture_output=True, encoding="utf-8", cwd=scratch, timeout=TIMEOUT, check=False,
                    env={"HOME": scratch, "NO_COLOR": "1", "UV_NO_CONFIG": "1", "PATH": os.environ["PATH"]},
                )  # fmt: skip
            found: object = (False, False)
            if run.returncode == 0:
                found = taken(dict(line.split("==") for line in run.stdout.split()), pair)
            assert (run.returncode in (0, 1), found) == (True, expected[pair]), (flags, lines, run.stderr)
            ends.add(found)
    assert ends == {(True, True), (True, False), (False, True), (False, False)}


def test_in_pip_the_last_one_wins(tmp_path: Path) -> None:
    pip = find_pip("26.3")
    if pip is None:
        pytest.skip("pip 26.3 is not installed")
    links, random, ends = wheels(tmp_path / "links"), Random(11), set()
    for _ in range(10):
        environ = {f"PIP_{option.replace('-', '_').upper()}": value for option, value in said(random, joined=True)}
        environ = environ if random.random() < 0.3 else {}
        flags, lines = said(random, joined=True), said(random, joined=random.random() < 0.5)
        lines = lines if random.random() < 0.5 else []
        pair = random.choice(("x", "x", "y"))
        with tempfile.TemporaryDirectory() as scratch:
            report, file = Path(scratch, "report.json"), file_of(scratch, lines, pair)
            run = subprocess.run(
                [str(pip.python), "-m", "pip", "install", "--dry-run", "--ignore-installed", "--report", str(report),
                 "-q", "--no-cache-dir", "--no-index", "--disable-pip-version-check", "-f", str(links),
                 *arguments(flags), "-r", str(file)],
                capture_output=True, encoding="utf-8", cwd=scratch, timeout=TIMEOUT, check=False,
                env={"HOME": scratch, "PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, **environ},
            )  # fmt: skip
            assert run.returncode == 0, run.stderr
            installed = json.loads(report.read_text())["install"]
        found = taken({one["metadata"]["name"]: one["metadata"]["version"] for one in installed}, pair)
        assert found == ours(flags, lines, environ, "pip")[pair], (environ, flags, lines)
        ends.add(found)
    assert len(ends) == 3
