"""The lists of a ``[project]`` table (PEP 621), dynamic ones read from the files that setuptools takes them from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from backtrail import bounds
from backtrail.inputs.requirements_file import Lines, read_requirements_file
from backtrail.inputs.toml_document import Document
from backtrail.model.errors import BuildNeeded, InputError
from backtrail.model.requirement import Requirement

LISTS = frozenset({"dependencies", "optional-dependencies"})
"""What may be left to the build of a project."""


class ProjectLists:
    """Reads the lists of a document one by one; ``read`` is what it took from other files so far.

    Its methods raise InputError, BuildNeeded where only the build backend knows a list.
    """

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        """``environ`` is for variables in lists of requirements."""
        self._document = document
        self._project = document.project or {}
        self._environ = environ
        self._dynamic = document.texts(self._project, "dynamic")
        self.read: list[Lines] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about lists that were read elsewhere."""
        return tuple(one for lines in self.read for one in lines.warnings)

    @property
    def files(self) -> tuple[str, ...]:
        """The other files that were read."""
        return tuple(one for lines in self.read for one in lines.files)

    def dependencies(self) -> tuple[Requirement, ...]:
        """What the project itself requires."""
        if "dependencies" in self._dynamic:
            return self._from_files(repr("dependencies"), self._setuptools().get("dependencies"))
        return self._document.requirements("dependencies", self._project.get("dependencies", []))

    def optional(self) -> dict[NormalizedName, object]:
        """What stands behind the name of each extra."""
        if "optional-dependencies" in self._dynamic:
            tables = self._setuptools().get("optional-dependencies")
            if not isinstance(tables, dict):
                raise self._unknown(repr("optional-dependencies"))
        else:
            tables = self._document.below(self._project, "optional-dependencies") or {}
        long = next((name for name in tables if len(name) > bounds.NAME), None)
        if long is not None:
            raise InputError(f"{self._document.path}: an extra has a name of {len(long)} characters")
        return {canonicalize_name(name): listed for name, listed in tables.items()}

    def of_extra(self, extra: NormalizedName, listed: object) -> tuple[Requirement, ...]:
        """What an extra requires, by what stands behind its name."""
        if "optional-dependencies" in self._dynamic:
            return self._from_files(f"the extra {extra!r}", listed)
        return self._document.requirements(extra, listed)

    def _setuptools(self) -> Mapping[str, Any]:
        tables = self._document.below(self._document.tool, "setuptools") or {}
        return self._document.below(tables, "dynamic") or {}

    def _unknown(self, what: str) -> BuildNeeded:
        only = "only the project's build backend knows it, which --build-sdists asks"
        return BuildNeeded(f"{self._document.path}: {what} is dynamic: {only}")

    def _from_files(self, what: str, given: object) -> tuple[Requirement, ...]:
        """Requirements that setuptools would read from other files, which is done in its stead."""
        path = self._document.path
        files = given.get("file") if isinstance(given, dict) else None
        names = [files] if isinstance(files, str) else files
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._unknown(what)
        read = [read_requirements_file(str(Path(path).parent / name), environ=self._environ) for name in names]
        warning = (
            f"{path}: {what} is dynamic: read from {', '.join(names)}, as its setuptools table says, and not built"
        )
        self.read += [*read, Lines(warnings=(warning,))]
        return tuple(one for lines in read for one in lines.requirements)
