"""The Python and platform asked about: found, or put together, never assumed."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from packaging.tags import Tag, compatible_tags, cpython_tags, generic_tags
from packaging.version import Version

from backtrail.inputs.interpreters import Interpreter, interpreter, interpreter_path, minor
from backtrail.inputs.platforms import LINUX, MACOS, Platform, TargetRules, named_platform
from backtrail.model.errors import InputError
from backtrail.model.target import Target

# A Python of three digits has more tags than there is time for.
_VERSION = re.compile(r"(?P<version>\d\.\d{1,2}(?:\.\d{1,3})?(?:(?:a|b|rc)\d{1,3})?)(?P<threading>t?)", re.ASCII)
_DIGITS = re.compile(r"3\d{1,2}", re.ASCII)  # pip's short form: 39, 311
_ABI = re.compile(r"\.(?P<implementation>pypy|graalpy)(?P<version>\d+)-(?P<rest>[a-z]*\d*)")


def check_python(python: str, option: str, environ: Mapping[str, str]) -> None:
    """Raise InputError for what is neither a version nor an interpreter, as ``target`` does."""
    if _asked_version(python, option) is None:
        _path(python, option, environ)


def target(
    python: str | None,
    platform: str | None,
    rules: TargetRules,
    *,
    environ: Mapping[str, str] = os.environ,
    found: Interpreter | None = None,
    options: tuple[str, str] = ("--python", "--python-platform"),
) -> Target:
    """The target that `--python` and `--python-platform` name, with the tags and markers of one resolver release.

    ``python`` is ``3.10`` (meaning 3.10.0, as both tools' --python-version), ``3.10.13``, ``3.13t``, or a path to an
    interpreter or its environment; ``platform`` one of uv's names. None: those of the active environment, else of the
    running interpreter. A version changes the version markers alone, a platform the platform markers (docs/uv.md 7);
    pip, which would go on with the running interpreter's markers (docs/pip.md 5), gets the target's too. ``found``
    saves asking the default interpreter again. ``options`` are what names Python and platform, for those who read.
    Raises InputError, one sentence, also for a Python that the resolver refuses.
    """
    option = options[0]
    named = f"{option} {python}" if option.startswith("-") else option
    version = None if python is None else _asked_version(python, option)
    path = None if python is None or version is not None else _path(python, option, environ)
    base = found if found is not None and path is None else interpreter(path, environ=environ)
    where = _own_platform(base) if platform is None else named_platform(platform, rules, environ, option=options[1])
    if version is None:
        full, threaded, debug = base.version, base.free_threaded, base.debug
        runner: tuple[str | None, str | None] = (base.executable, full)
        origin = base.origin if python is None else named
    else:
        full, threaded = version
        debug = False
        runner = _installed(full, base)
        origin = named
    _check_supported(full, rules, origin if python is None else f"{option} {python}")
    markers = {
        **base.markers,
        **({} if version is None else _version_markers(full, base)),
        **({} if platform is None else where.markers),
    }
    kind = (base.markers["implementation_name"], base.abi)
    tags = _tags(kind, full, tuple(where.tags(rules)), threaded=threaded, debug=debug, stable=rules.stable_threaded)
    return Target(
        python=full,
        markers=markers,
        tags=tags,
        platform=where.words,
        origin=origin,
        interpreter=runner[0],
        installed=runner[1],
    )


def _asked_version(python: str, option: str) -> tuple[str, bool] | None:
    """The full version and whether it is free-threaded; None where the text is no version."""
    if _DIGITS.fullmatch(python):
        python = f"3.{python[1:]}"
    found = _VERSION.fullmatch(python)
    if found is None:
        if python.isdecimal():
            raise InputError(f"{option} {python!r} has no minor version: write 3.10, 3.10.13 or a path")
        return None
    version = Version(found["version"])
    pre = "" if version.pre is None else "".join(map(str, version.pre))
    return f"{version.major}.{version.minor}.{version.micro}{pre}", bool(found["threading"])


def _path(python: str, option: str, environ: Mapping[str, str]) -> str:
    path = interpreter_path(python, environ, option=option)
    if path is None:
        raise InputError(f"{option} {python!r} is neither a version (3.10, 3.10.13, 3.13t) nor an interpreter")
    return path


def _check_supported(full: str, rules: TargetRules, origin: str) -> None:
    """Raise InputError for a Python that the resolver refuses."""
    oldest = rules.oldest_python
    if oldest is not None and minor(full) < oldest:
        raise InputError(f"{origin}: {rules.resolver} refuses Python before {oldest[0]}.{oldest[1]}")


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
    """A Python of the same minor version that may run builds, and its version.

    One on the search path is not asked for its patch release, nor whether it runs: it counts as the one wanted.
    """
    own = base.version
    if minor(own) == minor(full):
        return base.executable, own
    executable = shutil.which("python{}.{}".format(*minor(full)))
    return (None, None) if executable is None else (executable, full)


@lru_cache(maxsize=64)
def _tags(
    kind: tuple[str, str], full: str, platforms: tuple[str, ...], *, threaded: bool, debug: bool, stable: bool
) -> tuple[str, ...]:
    """All tags, best first, of a kind of interpreter (its implementation and ABI); with ``stable`` those of abi3t."""
    tags = _ordered_tags(*kind, full, platforms, threaded=threaded, debug=debug)
    return tuple(f"{tag.interpreter}-{tag.abi}-{tag.platform}" for tag in tags if tag.abi != "abi3t" or stable)


def _ordered_tags(
    name: str, own_abi: str, full: str, platforms: Sequence[str], *, threaded: bool, debug: bool
) -> Iterable[Tag]:
    """The tags in the order of interpreters and ABIs on which uv and pip agree; platforms come ordered."""
    version = minor(full)
    digits = "".join(map(str, version))
    if name == "cpython":
        abi = f"cp{digits}{'t' if threaded else ''}"
        abis = [f"{abi}d", abi] if debug else [abi]
        specific = cpython_tags(version, abis, platforms)
        return chain(specific, compatible_tags(version, f"cp{digits}", platforms))
    found = _ABI.match(own_abi)
    short = {"pypy": "pp"}.get(name, name)
    abis = [] if found is None else [f"{found['implementation']}{found['version']}_{found['rest']}"]
    generic = generic_tags(f"{short}{digits}", abis, platforms)
    return chain(generic, compatible_tags(version, "pp3" if short == "pp" else None, platforms))
