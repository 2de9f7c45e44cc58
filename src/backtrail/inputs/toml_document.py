"""A TOML file that declares requirements, read, with its tables asked for by name and its lines known."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from backtrail.inputs.file_content import file_text
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.toml_lines import line_with
from backtrail.model.errors import InputError
from backtrail.model.requirement import Origin, Requirement
from backtrail.standards.toml_text import read_toml

PYPROJECT = "pyproject.toml"


class Document:
    """A ``pyproject.toml``, a Pipfile, or the block of a script. Whatever is not of its form raises InputError.

    ``before`` are the lines of the file before the text.
    """

    def __init__(self, path: str, text: str | None = None, *, before: int = 0) -> None:
        """Read the file, unless its ``text`` was. Raises InputError where it cannot be read."""
        self.path = path
        self.before = before
        try:
            self.text = file_text(path) if text is None else text
            self.tables = read_toml(self.text)
        except OSError as failure:
            raise InputError(f"{path!r} cannot be read: {failure.strerror}") from None
        except ValueError as failure:
            raise InputError(f"{path!r} is not TOML: {failure}") from None
        self.project = self.below(self.tables, "project")
        self.tool = self.below(self.tables, "tool") or {}
        self.uv = self.below(self.tool, "uv") or {}

    def below(self, tables: Mapping[str, Any], name: str) -> dict[str, Any] | None:
        """A table in another; None where there is none."""
        found = tables.get(name)
        if found is not None and not isinstance(found, dict):
            raise InputError(f"{self.path}: {name!r} is not a table")
        return found

    def table(self, name: str) -> dict[str, Any]:
        """A table of the document, empty where there is none."""
        return self.below(self.tables, name) or {}

    def uv_table(self, name: str) -> dict[str, Any]:
        """A table below ``[tool.uv]``, empty where there is none."""
        return self.below(self.uv, name) or {}

    def texts(self, tables: Mapping[str, Any], key: str) -> list[str]:
        """A list of texts; raises InputError for anything else."""
        found = tables.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise InputError(f"{self.path}: {key!r} is not a list of texts")
        return found

    def requirements(self, key: str, listed: object) -> tuple[Requirement, ...]:
        """Requirements (PEP 508) with the lines they stand in."""
        return tuple(self._declared(key, listed))

    def _declared(self, key: str, listed: object) -> Iterator[Requirement]:
        if not isinstance(listed, Iterable) or isinstance(listed, str):
            raise InputError(f"{self.path}: {key!r} is not a list of requirements")
        for entry in listed:
            if not isinstance(entry, str):
                raise InputError(f"{self.path}: {entry!r} in {key!r} is not a requirement")
            yield read_requirement(entry, Origin(file=self.path, line=self.before + line_with(self.text, entry)))

    def name(self, text: str) -> NormalizedName:
        """A name in its normal form (PEP 503)."""
        try:
            return canonicalize_name(text, validate=True)
        except InvalidName:
            raise InputError(f"{self.path}: {text!r} is not a name") from None

    def own_name(self) -> NormalizedName:
        """The name of the project that the document declares (PEP 621)."""
        name = (self.project or {}).get("name")
        if not isinstance(name, str):
            raise InputError(f"{self.path}: [project] has no name")
        return self.name(name)
