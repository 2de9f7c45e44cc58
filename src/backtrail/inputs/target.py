"""The Python and platform asked about: found, or put together, never assumed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path

import msgspec
from packaging.tags import Tag, compatible_tags, cpython_tags, generic_tags
from packaging.version import Version

from backtrail import transient
from backtrail.inputs import probe
from backtrail.inputs.platforms import LINUX, MACOS, Platform, named_platform
from backtrail.model.errors import InputError
from backtrail.model.policy import Policy
from backtrail.model.record import Record
from backtrail.model.target import Target

PROBE_SECONDS = 20
PROBE_BYTES = 1 << 20

_VERSION = re.compile(r"(?P<version>\d+\.\d+(?:\.\d+)?(?:(?:a|b|rc)\d+)?)(?P<threading>t?)")
_DIGITS = re.compile(r"3\d{1,2}")  # pip's short form: 39, 311
_ABI = re.compile(r"\.(?P<implementation>pypy|graalpy)(?P<version>\d+)-(?P<rest>[a-z]*\d*)")


class Interpreter(Record, frozen=True, kw_only=True):
    """A Python as it described itself (see ``probe.facts``), and by which way it was found."""

    markers: dict[str, str]
    platform: str
    is_32bit: bool
    libc: tuple[str, int, int] | None
    macos: tuple[int, ...] | None
    abi: str
    free_threaded: bool
    debug: bool
    prefix: str
    executable: str
    origin: str = ""


def interpreter(python: str | None = None, *, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The interpreter at a path or in an environment; None: the active environment's, else the running one.

    Any but the running one is asked once, by running it isolated with a script of this package. Raises InputError where
    it does not exist or does not answer.
    """
    if python is not None:
        return _ask(python, f"--python {python}")
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable)
        if prefix and _same(prefix, sys.prefix):
            return _running("active environment")
        executable = _executable_in(Path(prefix)) if prefix else None
        if executable is not None:
            return _ask(str(executable), "active environment")
    return _running("running interpreter")


def target(
    python: str | None,
    platform: str | None,
    policy: Policy,
    *,
    environ: Mapping[str, str] = os.environ,
    found: Interpreter | None = None,
) -> Target:
    """The target that `--python` and `--python-platform` name, with the tags and markers of one resolver release.

    ``python`` is ``3.10`` (meaning 3.10.0, as both tools' --python-version), ``3.10.13``, ``3.13t``, or a path to an
    interpreter or its environment; ``platform`` one of uv's names. None: those of the active environment, else of the
    running interpreter. A version changes the version markers alone, a platform the platform markers (spec uv 13); pip,
    which would go on with the running interpreter's markers (spec pip 7), gets the target's too. ``found`` saves asking
    the default interpreter again. Raises InputError, one sentence.
    """
    version = None if python is None else _asked_version(python)
    path = None if python is None or version is not None else _path(python)
    base = found if found is not None and path is None else interpreter(path, environ=environ)
    where = _own_platform(base) if platform is None else named_platform(platform, policy, environ)
    if version is None:
        # A build of a checkout calls itself 3.15.0a0+, which is no version (PEP 440).
        full, threaded, debug = base.markers["python_full_version"].rstrip("+"), base.free_threaded, base.debug
        runner: tuple[str | None, str | None] = (base.executable, full)
        origin = base.origin if python is None else f"--python {python}"
    else:
        full, threaded = version
        debug = False
        runner = _installed(full, base)
        origin = f"--python {python}"
    markers = {
        **base.markers,
        **({} if version is None else _version_markers(full, base)),
        **({} if platform is None else where.markers),
    }
    tags = _tags(base, full, where.tags(policy), threaded=threaded, debug=debug)
    stable_threaded = policy.since({"uv": "0.11.3", "pip": "26.1"}[policy.tool])  # PEP 803
    return Target(
        python=full,
        markers=markers,
        tags=tuple(
            f"{tag.interpreter}-{tag.abi}-{tag.platform}" for tag in tags if tag.abi != "abi3t" or stable_threaded
        ),
        platform=where.words,
        origin=origin,
        interpreter=runner[0],
        installed=runner[1],
    )


def _asked_version(python: str) -> tuple[str, bool] | None:
    """The full version and whether it is free-threaded; None where the text is no version."""
    if _DIGITS.fullmatch(python):
        python = f"3.{python[1:]}"
    found = _VERSION.fullmatch(python)
    if found is None:
        if python.isdecimal():
            raise InputError(f"--python {python!r} has no minor version: write 3.10, 3.10.13 or a path")
        return None
    version = Version(found["version"])
    pre = "" if version.pre is None else "".join(map(str, version.pre))
    return f"{version.major}.{version.minor}.{version.micro}{pre}", bool(found["threading"])


def _path(python: str) -> str:
    given = Path(python).expanduser()
    if given.is_dir():
        inside = _executable_in(given)
        if inside is None:
            raise InputError(f"--python {python!r} is a directory without a Python interpreter")
        return str(inside)
    if given.is_file():
        return str(given)
    on_path = shutil.which(python)
    if on_path is None:
        raise InputError(f"--python {python!r} is neither a version (3.10, 3.10.13, 3.13t) nor an interpreter")
    return on_path


def _executable_in(prefix: Path) -> Path | None:
    places = (
        prefix / "bin" / "python",
        prefix / "bin" / "python3",
        prefix / "Scripts" / "python.exe",
        prefix / "python.exe",
    )
    return next((place for place in places if place.is_file()), None)


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _running(origin: str) -> Interpreter:
    return msgspec.structs.replace(msgspec.convert(probe.facts(), Interpreter), origin=origin)


def _ask(executable: str, origin: str) -> Interpreter:
    return msgspec.structs.replace(_asked(executable), origin=origin)


@lru_cache(maxsize=16)
def _asked(executable: str) -> Interpreter:
    try:
        answer = transient.run([executable, "-I", probe.__file__], timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        raise InputError(f"{executable!r} did not say within {PROBE_SECONDS} seconds which Python it is") from None
    except OSError as failure:
        raise InputError(f"{executable!r} cannot be run: {failure.strerror}") from None
    if answer.returncode != 0 or len(answer.stdout) > PROBE_BYTES:
        raise InputError(f"{executable!r} is not a Python that can say which one it is{_last_line(answer.stderr)}")
    try:
        return msgspec.convert(json.loads(answer.stdout), Interpreter)
    except (ValueError, msgspec.ValidationError):
        raise InputError(f"{executable!r} did not answer as a Python interpreter does") from None


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""


def _own_platform(base: Interpreter) -> Platform:
    """The platform an interpreter was built for: a 32-bit one on a 64-bit kernel has the tags of 32 bits."""
    markers = base.markers
    name = re.sub(r"[-. ]", "_", base.platform)
    arch = name.partition("_")[2] if name.startswith("linux_") else name
    family, version = "plain", (0, 0)
    if markers["platform_system"] == MACOS and base.macos is not None:
        family, version, arch = "macos", (base.macos[0], [*base.macos, 0][1]), _macos_arch(base)
    elif markers["platform_system"] == LINUX and name.startswith("linux_") and base.libc is not None:
        family, version = base.libc[0], base.libc[1:]
        if base.is_32bit:
            arch = {"x86_64": "i686", "aarch64": "armv7l"}.get(arch, arch)
    return Platform(
        system=markers["platform_system"],
        sys_platform=markers["sys_platform"],
        os_name=markers["os_name"],
        machine=markers["platform_machine"],
        family=family,
        arch=arch,
        version=version,
        release=markers["platform_release"],
        build=markers["platform_version"],
    )


def _macos_arch(base: Interpreter) -> str:
    machine = base.markers["platform_machine"]
    return "i386" if base.is_32bit and machine == "x86_64" else machine


def _version_markers(full: str, base: Interpreter) -> dict[str, str]:
    version = Version(full)
    markers = {"python_full_version": full, "python_version": f"{version.major}.{version.minor}"}
    if base.markers["implementation_name"] == "cpython":
        markers["implementation_version"] = full
    return markers


def _installed(full: str, base: Interpreter) -> tuple[str | None, str | None]:
    """A Python of the same minor version that could run builds, and its version.

    One on the search path is not asked for its patch release: it counts as the one wanted.
    """
    own = base.markers["python_full_version"].rstrip("+")
    if _minor(own) == _minor(full):
        return base.executable, own
    executable = shutil.which("python{}.{}".format(*_minor(full)))
    return (None, None) if executable is None else (executable, full)


def able_to_build(target: Target, *, environ: Mapping[str, str] = os.environ) -> str:
    """An interpreter of the target that runs: the first of its name on the search path that does, as uv looks for one.

    What pyenv and its like put in front of the others runs for the versions that are selected only. Raises InputError.
    """
    if target.interpreter is None:
        raise InputError(f"--build-sdists needs Python {target.python} to run builds with: it is not installed")
    name = Path(target.interpreter).name
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    others = (shutil.which(name, path=folder) for folder in folders if folder)
    for executable in dict.fromkeys((target.interpreter, *(other for other in others if other is not None))):
        with suppress(InputError):
            if _minor(_ask(executable, "").markers["python_full_version"].rstrip("+")) == _minor(target.python):
                return executable
    raise InputError(
        f"--build-sdists needs Python {target.python} to run builds with: {target.interpreter} does not run as one"
    )


def _minor(full: str) -> tuple[int, int]:
    version = Version(full)
    return version.major, version.minor


def _tags(base: Interpreter, full: str, platforms: Sequence[str], *, threaded: bool, debug: bool) -> Sequence[Tag]:
    """All tags, best first. uv and pip agree on the order of interpreters and ABIs; platforms come ordered."""
    version = _minor(full)
    digits = "".join(map(str, version))
    name = base.markers["implementation_name"]
    if name == "cpython":
        abi = f"cp{digits}{'t' if threaded else ''}"
        abis = [f"{abi}d", abi] if debug else [abi]
        specific = cpython_tags(version, abis, platforms)
        return tuple(chain(specific, compatible_tags(version, f"cp{digits}", platforms)))
    found = _ABI.match(base.abi)
    short = {"pypy": "pp"}.get(name, name)
    abis = [] if found is None else [f"{found['implementation']}{found['version']}_{found['rest']}"]
    generic = generic_tags(f"{short}{digits}", abis, platforms)
    return tuple(chain(generic, compatible_tags(version, "pp3" if short == "pp" else None, platforms)))
