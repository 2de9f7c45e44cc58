"""Asks the installed uv and pip a question of `questions.toml`: pins, or that there are none."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name, canonicalize_version
from uv import find_uv_bin

LIMIT = 300  # seconds for one answer
UNREACHABLE = ("error sending request", "Failed to fetch", "Max retries exceeded", "Read timed out")
_LISTS = ("only_binary", "no_binary")
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^\s;]+)", re.MULTILINE)


def ask(tool: str, release: str, case: Mapping[str, Any], pythons: Path | None) -> dict[str, Any]:
    """The real tool's answer: ``outcome`` is ``resolved``, ``failed``, or why there is none to compare with.

    uv is asked for the Python by its version, as it runs on any, and builds with it if it is here; pip runs on it, and
    goes without an answer where this computer has none. ``python`` of the answer is what we are to be asked for.
    """
    installed = program(tool, release)
    assert installed is not None
    python = case["python"] if tool == "uv" else interpreter(case["python"], pythons)
    if python is None:
        return {"python": case["python"], "outcome": f"no Python {case['python']} here", "pins": {}}
    with TemporaryDirectory() as scratch:
        _write(case, Path(scratch))
        runs = interpreter(case["python"], pythons) or sys.executable
        command = [*installed, *(_uv(case, runs) if tool == "uv" else _pip(case, runs))]
        try:
            run = subprocess.run(
                command, cwd=scratch, env=_environment(), capture_output=True, text=True, timeout=LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            return {"python": python, "outcome": f"no answer in {LIMIT} seconds", "pins": {}}
    if run.returncode == 0:
        return {"python": python, "outcome": "resolved", "pins": _pins(tool, run.stdout)}
    unreachable = any(words in run.stderr for words in UNREACHABLE)
    return {"python": python, "outcome": "no network" if unreachable else "failed", "pins": {}, "said": run.stderr}


@cache
def program(tool: str, release: str) -> tuple[str, ...] | None:
    """The tool of this release: of the environment that `tests/run` makes for it, or of this one; None: of neither."""
    folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    apart = Path(__file__).parents[1] / f".venv-{tool}-{release}" / folder
    commands: list[tuple[str, ...]] = [
        (str(apart / f"{tool}{suffix}"),),
        (find_uv_bin(),) if tool == "uv" else (sys.executable, "-m", "pip"),
    ]
    return next((command for command in commands if Path(command[0]).exists() and _release(command) == release), None)


def _release(command: tuple[str, ...]) -> str:
    return subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


def interpreter(python: str, pythons: Path | None) -> str | None:
    """A Python of this minor version: the one that runs this, one of a folder of them, or one on the PATH."""
    if python == ".".join(map(str, sys.version_info[:2])):
        return sys.executable
    own = [] if pythons is None else sorted(pythons.glob(f"{python}.*/bin/python"))
    return str(own[-1]) if own else shutil.which(f"python{python}")


def with_local_wheels(case: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A question with its index ``local-wheels`` made in a folder: a wheel without requirements for each pin."""
    for pin in case.get("local-wheels", ()):
        name, _, version = pin.partition("==")
        page = folder / name / "index.html"
        page.parent.mkdir(exist_ok=True)
        file, about = f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
        with zipfile.ZipFile(page.with_name(file), "w") as wheel:
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
        with page.open("a", encoding="utf-8") as links:
            links.write(f'<a href="{quote(file)}">{file}</a>\n')
    places = {"local-wheels": folder.as_uri()}
    named = {"index": places[case["index"]]} if "index" in case else {}
    return {**case, **named, "extra_index": [places[one] for one in case.get("extra_index", ())]}


def _uv(case: Mapping[str, Any], python: str) -> Iterator[str]:
    yield from ("pip", "compile", "requirements.txt", "--python", python)
    yield from ("--python-version", case["python"], "--no-header", "--no-annotate", "--no-config", "--quiet")
    yield from _named(case, "cutoff", "--exclude-newer")
    for name in ("prerelease", "resolution", "index_strategy"):
        yield from _named(case, name, f"--{name.replace('_', '-')}")
    if "overrides" in case:
        yield from ("--override", "overrides.txt")
    yield from _shared(case)


def _pip(case: Mapping[str, Any], python: str) -> Iterator[str]:
    yield from ("--python", python, "install", "--dry-run", "--ignore-installed")
    yield from ("--quiet", "--report", "-", "--no-input", "--requirement", "requirements.txt")
    yield from _named(case, "cutoff", "--uploaded-prior-to")
    if case.get("prerelease") == "allow":
        yield "--pre"
    yield from _shared(case)


def _shared(case: Mapping[str, Any]) -> Iterator[str]:
    if "index" in case:
        yield from ("--index-url", case["index"])
    for one in case.get("extra_index", ()):
        yield from ("--extra-index-url", one)
    for name in _LISTS:
        for one in case.get(name, ()):
            yield from (f"--{name.replace('_', '-')}", one)
    if "constraints" in case:
        yield from ("--constraint", "constraints.txt")


def _named(case: Mapping[str, Any], name: str, option: str) -> Iterator[str]:
    if name in case:
        yield from (option, case[name])


def _write(case: Mapping[str, Any], scratch: Path) -> None:
    for name in ("requirements", "constraints", "overrides"):
        if name in case:
            (scratch / f"{name}.txt").write_text("".join(f"{line}\n" for line in case[name]), encoding="utf-8")


def _environment() -> dict[str, str]:
    """Of the user's settings, those that lead to the network and no others."""
    kept = {name: said for name, said in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    certificates = os.environ.get("PIP_CERT")
    return {
        **kept,
        **({"PIP_CERT": certificates, "SSL_CERT_FILE": certificates} if certificates else {}),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def _pins(tool: str, output: str) -> dict[str, str]:
    if tool == "uv":
        return {match["name"]: match["version"] for match in _PIN.finditer(output)}
    installed = (one["metadata"] for one in json.loads(output)["install"])
    return {
        canonicalize_name(one["name"]): canonicalize_version(one["version"], strip_trailing_zero=False)
        for one in installed
    }
