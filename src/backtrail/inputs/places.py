"""How a file that the user did not name is called: as short as it can be found from here, nobody's name in it."""

import os
from collections.abc import Mapping
from pathlib import Path


def shown(path: Path, environ: Mapping[str, str]) -> str:
    """``pyproject.toml`` here, ``../uv.toml`` above, ``~/.config/uv/uv.toml`` at home; elsewhere the whole path."""
    here = Path.cwd()
    path = Path(os.path.abspath(path))  # noqa: PTH100  never looks at the disk
    if path.is_relative_to(here) or here.is_relative_to(path.parent):
        return os.path.relpath(path, here)
    home = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    if home and path.is_relative_to(home):
        return str(Path("~", path.relative_to(home)))
    return str(path)
