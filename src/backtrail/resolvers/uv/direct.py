"""Direct references: when two name the same thing, and which wheels are for other Pythons."""

from urllib.parse import unquote, urlsplit

from backtrail.model.target import Bound
from backtrail.resolvers.file_rules import SDISTS
from backtrail.standards.python_tags import reached
from backtrail.standards.wheel_tags import wheel_name


def same_resource(one: str, other: str) -> bool:
    """Whether two URLs name one thing: credentials do not count, nor what a fragment says of the name or the hash."""
    return _resource(one) == _resource(other)


def _resource(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    subdirectory = next((item for item in parts.fragment.split("&") if item.startswith("subdirectory=")), "")
    return parts.scheme, parts.netloc.rpartition("@")[2].lower(), unquote(parts.path), parts.query, subdirectory


def is_folder(url: str) -> bool:
    """Whether a URL is of a project's folder on this machine, and not of a wheel, an sdist or a repository."""
    parts = urlsplit(url)
    return parts.scheme in ("file", "workspace") and not parts.path.endswith((".whl", *SDISTS))


def out_of_reach(url: str, low: Bound | None, high: Bound | None) -> bool:
    """Whether a URL is of a wheel that no Python between two bounds can use; the platform does not count."""
    wheel = wheel_name(unquote(urlsplit(url).path).rpartition("/")[2])
    return wheel is not None and not reached(wheel, low, high)
