"""``[build-system]`` of a pyproject.toml (PEP 518, 517): what a source tree is built with."""

import msgspec

from backtrail.model.record import Record
from backtrail.standards.toml_text import read_toml

__all__ = ["BuildSystem", "build_system"]


class BuildSystem(Record, rename="kebab", frozen=True, kw_only=True):
    """What has to be installed for a build, and the backend; as it stands: what counts where nothing is said.

    ``backend_path``: the backend is in the tree itself, in these folders.
    """

    requires: tuple[str, ...] = ("setuptools>=40.8.0",)
    build_backend: str = "setuptools.build_meta:__legacy__"
    backend_path: str | tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module of the backend."""
        return self.build_backend.partition(":")[0]

    @property
    def runs_setup_py(self) -> bool:
        """Whether the backend is setuptools' own, which runs setup.py."""
        return not self.backend_path and self.module.partition(".")[0] == "setuptools"


class _Pyproject(msgspec.Struct, rename="kebab"):
    build_system: BuildSystem = BuildSystem()


def build_system(pyproject: str | None) -> BuildSystem:
    """Read what a pyproject.toml says, None: there is none. Raises ValueError in the words of what is wrong."""
    if pyproject is None:
        return BuildSystem()
    tables = read_toml(pyproject)
    if isinstance(tables.get("build-system"), dict) and "requires" not in tables["build-system"]:
        raise ValueError("build-system without requires")
    return msgspec.convert(tables, _Pyproject).build_system
