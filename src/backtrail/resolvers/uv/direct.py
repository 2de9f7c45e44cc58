"""Direct references: when two name the same thing, and which wheels are for an older Python."""

import re
from urllib.parse import unquote, urlsplit

from packaging.version import Version

from backtrail.standards.wheel_tags import wheel_name

_PYTHON_3 = re.compile(r"(?:cp|pp|pypy|graalpy|pyston)3(\d+)", re.ASCII)
_PYTHON_2 = re.compile(r"(?:py|cp|pp|pypy|graalpy|pyston)2", re.ASCII)


def same_resource(one: str, other: str) -> bool:
    """Whether two URLs name one thing: credentials do not count, nor what a fragment says of the name or the hash."""
    return _resource(one) == _resource(other)


def _resource(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    subdirectory = next((item for item in parts.fragment.split("&") if item.startswith("subdirectory=")), "")
    return parts.scheme, parts.netloc.rpartition("@")[2].lower(), unquote(parts.path), parts.query, subdirectory


def too_old(url: str, python: Version) -> bool:
    """Whether a URL is of a wheel that only Pythons before this one can use; the platform does not count."""
    wheel = wheel_name(unquote(urlsplit(url).path).rpartition("/")[2])
    return wheel is not None and not any(_from(abi, wheel.pythons, python) for abi in wheel.abis)


def _from(abi: str, pythons: tuple[str, ...], python: Version) -> bool:
    if abi.startswith("abi3"):
        return True
    return any(_not_before(tag, python) for tag in (pythons if abi == "none" else (abi,)))


def _not_before(tag: str, python: Version) -> bool:
    series = _PYTHON_3.match(tag)
    if series is not None:
        return (3, int(series[1])) >= python.release[:2]
    return _PYTHON_2.match(tag) is None
