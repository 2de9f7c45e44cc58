"""Lines that ``pip freeze`` writes in an environment of conda: they name the folders that conda built packages in."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from backtrail.inputs.file_content import exists
from backtrail.model.errors import InputError

_LINE = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\s*\[[^\]]*\])?\s*@\s*file://(?P<path>\S+)")
_BUILD = re.compile(
    r"/croot/|/(feedstock_root|build_artifacts|conda-bld|bld|rattler-build\w*)/|/tmp/(build|abs_\w+)/|/(ci|ci_\d+|abs_\w+)/\S*/work"
    r"|/(work|croots?)(/|#|$)",
    re.IGNORECASE,
)
_SHOWN = 5


def refuse_conda_builds(file: str, lines: Iterable[tuple[int, str]]) -> None:
    """Raise InputError for lines that name build folders of conda that are not here: all of them in one sentence."""
    found = [(number, name) for number, line in lines if (name := _built_by_conda(line)) is not None]
    if not found:
        return
    first = found[0][0]
    names = ", ".join(name for _, name in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    what = "a folder" if len(found) == 1 else "folders"
    raise InputError(
        f"{file}:{first}: {names}{more}: {_count(len(found))} {what} in which conda built packages, on a machine that "
        f"is not this one: write NAME==VERSION instead, as 'pip list --format freeze' prints them"
    )


def _count(lines: int) -> str:
    return "this line names" if lines == 1 else f"these {lines} lines name"


def _built_by_conda(line: str) -> str | None:
    """The project of such a line; None for any other, and where there is such a folder here."""
    found = _LINE.match(line)
    if found is None:
        return None
    path = unquote(found["path"].partition("#")[0])
    if _BUILD.search(path) is None or exists(path):
        return None
    return found["name"]
