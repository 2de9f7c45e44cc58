"""Which project has a module whose name is no project's: what people ask for after an import failed."""

from functools import cache
from importlib.resources import files

from packaging.utils import canonicalize_name


@cache
def _table() -> dict[str, tuple[str, ...]]:
    text = files("backtrail.explain.lookup").joinpath("module_names.txt").read_text(encoding="ascii")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {canonicalize_name(module): tuple(projects) for module, *projects in rows}


def imported_from(name: str) -> tuple[str, ...]:
    """The projects that a module of this name comes from, the usual one first; none where nobody knows."""
    return _table().get(canonicalize_name(name), ())
