"""Direct references: when two name the same thing, and which wheels are for other Pythons."""

from urllib.parse import unquote, urlsplit

from backtrail.model.metadata import Metadata, MetadataSource
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


def told_by_github(url: str, metadata: Metadata) -> bool:
    """Whether GitHub hands out the one text of a public repository that says all of a project, so that no more is read.

    What is fetched with a key may not be public.
    """
    parts = urlsplit(url)
    owned = len(parts.path.partition("@")[0].split("/")) == len(("", "owner", "name"))
    static = metadata.source is MetadataSource.PYPROJECT and not metadata.dynamic_version and not metadata.sources
    public = parts.hostname == "github.com" and not parts.scheme.endswith("ssh")
    return public and owned and "subdirectory=" not in parts.fragment and static


def out_of_reach(url: str, low: Bound | None, high: Bound | None) -> bool:
    """Whether a URL is of a wheel that no Python between two bounds can use; the platform does not count."""
    wheel = wheel_name(unquote(urlsplit(url).path).rpartition("/")[2])
    return wheel is not None and not reached(wheel, low, high)
