"""Which index is known to have builds of a project with a local version, such as ``torch==2.3.0+cu118`` (PEP 440)."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from packaging.version import InvalidVersion, Version

from backtrail.model.requirement import Requirement


def known_index(requirement: Requirement, asked: Iterable[str]) -> str | None:
    """The address, without its scheme, of an index for the local version that is pinned.

    None where none is pinned, no index is known for it, or that one was ``asked``.
    """
    for specifier in requirement.specifiers:
        try:
            local = Version(specifier.version).local if specifier.operator == "==" else None
        except InvalidVersion:  # ``==1.*``
            local = None
        listed = () if local is None else _listed(local)
        found = next((index for index, projects in listed if requirement.name in projects), None)
        if found is not None and not any(found in index for index in asked):
            return found
    return None


def address_of(local: str) -> str:
    """The address, without its scheme, of the index for a local version that is known to be on one."""
    return next(index for index, _ in _listed(local))


def _listed(local: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The indexes that are known for a local version, each with its projects."""
    text = files("backtrail.inputs").joinpath("local_builds.txt").read_text(encoding="ascii")
    for row in text.splitlines():
        start, index, *projects = row.split()
        if not row.startswith("#") and local.startswith(start):
            yield index.format(local=local), tuple(projects)
