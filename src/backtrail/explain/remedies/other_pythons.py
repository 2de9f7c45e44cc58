"""The same machine with another Python on it."""

from collections.abc import Sequence

import msgspec
from packaging.tags import compatible_tags, cpython_tags
from packaging.version import Version

from backtrail.model.target import Target


def nearest_python(pythons: Sequence[str], target: Target) -> str | None:
    """Of several Pythons the one that is the least of a change: the nearest minor version, the newer of two."""
    own = target.python_version

    def far(python: str) -> tuple[int, int, int]:
        version = Version(python)
        patches = abs(version.micro - own.micro) if version.minor == own.minor else 0
        return abs(version.minor - own.minor), patches, -version.minor

    return min(pythons, key=far, default=None)


def with_python(target: Target, python: str) -> Target | None:
    """The target with CPython ``3.9`` (3.9.0) or ``3.9.18`` instead of its own; None where its own is no plain CPython.

    Tags are put together as uv and pip do (PEP 425), markers as for ``--python``; nothing is known of an interpreter.
    """
    own = target.tags[0].split("-") if target.tags else []
    if target.markers.get("implementation_name") != "cpython" or not own or own[0] != own[1]:
        return None
    platforms = [tag.split("-", 2)[2] for tag in target.tags if tag.startswith(f"{own[0]}-{own[1]}-")]
    major, number = python.split(".")[:2]
    minor = f"{major}.{number}"
    version = (int(major), int(number))
    digits = f"cp{major}{number}"
    tags = (*cpython_tags(version, [digits], platforms), *compatible_tags(version, digits, platforms))
    full = f"{minor}.0" if python == minor else python
    return msgspec.structs.replace(
        target,
        python=full,
        markers={
            **target.markers,
            "python_full_version": full,
            "python_version": minor,
            "implementation_version": full,
        },
        tags=tuple(f"{tag.interpreter}-{tag.abi}-{tag.platform}" for tag in tags if tag.abi != "abi3t"),
        origin=f"--python {python}",
        interpreter=None,
        installed=None,
    )
