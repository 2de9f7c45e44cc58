"""The real uv, asked which of two wheels it prefers and which markers hold, on the targets we put together."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from backtrail.inputs.asked_target import target
from backtrail.model.target import Target
from backtrail.resolvers.registry import parse_resolver, resolver_of
from support.real_uv import TIMEOUT, find_uv, plain

pytestmark = pytest.mark.likeness

RELEASES = ("0.13.9", "0.4.18")
PLATFORMS = (
    "linux",
    "windows",
    "macos",
    "x86_64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
)
PAIRS = 150
_SELECTED = re.compile(r"Selecting: (\S+?)==\S+ \[\w+\] \((\S+?)\)")
_MARKERS = (
    "python_version", "python_full_version", "implementation_version", "implementation_name", "os_name", "sys_platform",
    "platform_system", "platform_machine", "platform_python_implementation",
)  # fmt: skip


def wheel(folder: Path, name: str, tag: str) -> str:
    file = folder / f"{name}-1.0-{tag}.whl"
    with ZipFile(file, "w") as archive:
        info = f"{name}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")
    return file.name


def selected(release: str, folder: Path, requirements: Iterable[str], options: Sequence[str]) -> dict[str, str]:
    """The file that uv takes for each project."""
    uv = find_uv(release)
    if uv is None:
        pytest.skip(f"uv {release} is not installed")
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run(
            [str(uv.executable), "pip", "compile", "-", "-v", "--no-cache", "--no-index", "--find-links", str(folder),
             "--no-python-downloads", "--python", sys.executable, *options],
            input="\n".join(requirements),
            capture_output=True,
            encoding="utf-8",
            cwd=scratch,
            env={"HOME": scratch, "NO_COLOR": "1", "UV_NO_CONFIG": "1"},
            timeout=TIMEOUT,
            check=False,
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return dict(_SELECTED.findall(plain(run.stderr)))


def asked(release: str, platform: str | None, python: str | None) -> tuple[Target, list[str]]:
    options = [
        *(("--python-platform", platform) if platform else ()),
        *(("--python-version", python) if python else ()),
    ]
    return target(python, platform, resolver_of(parse_resolver(f"uv@{release}")).behaviour.target, environ={}), options


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("platform", [None, *PLATFORMS])
def test_of_two_wheels_uv_takes_the_one_ranked_first(release: str, platform: str | None, tmp_path: Path) -> None:
    found, options = asked(release, platform, None if platform is None else "3.12")
    step = max(1, len(found.tags) // PAIRS)
    expected = {}
    for place in range(0, len(found.tags) - step, step):
        name = f"p{place}"
        expected[name] = wheel(tmp_path, name, found.tags[place])
        wheel(tmp_path, name, found.tags[place + step])
    wheel(tmp_path, "last", found.tags[-1])
    assert selected(release, tmp_path, [*expected, "last"], options) == {
        **expected,
        "last": f"last-1.0-{found.tags[-1]}.whl",
    }


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("platform", [None, *PLATFORMS])
@pytest.mark.parametrize("python", ["3.12", "3.9.7", None])
def test_markers_hold_that_we_say_hold(release: str, platform: str | None, python: str | None, tmp_path: Path) -> None:
    found, options = asked(release, platform, python)
    requirements, expected = [], set()
    for number, marker in enumerate(_MARKERS):
        for operator in ("==", "!="):
            name = f"m{number}{'yes' if operator == '==' else 'no'}"
            wheel(tmp_path, name, "py3-none-any")
            requirements.append(f"{name} ; {marker} {operator} '{found.markers[marker]}'")
        expected.add(f"m{number}yes")
    assert set(selected(release, tmp_path, requirements, options)) == expected
