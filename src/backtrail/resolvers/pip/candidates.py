"""What pip decides about (candidates) and what has to be met (requirements), compared by identity (docs/pip.md 2.1).

Every file, every set of extras on top of one, and the interpreter is one object for the whole run: what is excluded
is excluded as that object.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.files import File
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.trail import Package
from backtrail.resolvers.pip.behaviour import PipFiles
from backtrail.resolvers.pip.early_specifiers import admits

PYTHON = "<Python from Requires-Python>"
"""The interpreter among the identifiers; no project can be called so."""


@dataclass(eq=False, slots=True, kw_only=True)
class Distribution:
    """One file of a project, a direct reference or what is installed (``file`` None), with what its metadata says."""

    name: NormalizedName
    version: Version
    metadata: Metadata
    requires: tuple[Requirement, ...]
    requires_python: SpecifierSet | None
    flaw: Unavailable | None = None
    """Why its requirements cannot be read, where that shows only when they are followed."""
    file: File | None = None
    url: str | None = None
    installed: bool = False

    @property
    def identifier(self) -> str:
        """What it is decided as."""
        return self.name

    @property
    def base(self) -> "Distribution":
        """Itself."""
        return self

    @property
    def extras(self) -> tuple[NormalizedName, ...]:
        """None."""
        return ()


@dataclass(eq=False, slots=True)
class Extended:
    """A distribution with extras, as identifiers have them: a node of its own beside its base.

    ``spelled`` are the extras as they are looked for in the metadata.
    """

    base: Distribution
    extras: tuple[NormalizedName, ...]
    spelled: frozenset[str]

    @property
    def identifier(self) -> str:
        """What it is decided as."""
        return identifier_of(self.base.name, self.extras)

    @property
    def name(self) -> NormalizedName:
        """The project."""
        return self.base.name

    @property
    def version(self) -> Version:
        """The base's."""
        return self.base.version


@dataclass(eq=False, slots=True)
class Interpreter:
    """The one Python there is."""

    version: Version

    @property
    def identifier(self) -> str:
        """What it is decided as."""
        return PYTHON

    @property
    def name(self) -> None:
        """It is no project."""

    @property
    def extras(self) -> tuple[NormalizedName, ...]:
        """None."""
        return ()


Candidate = Distribution | Extended | Interpreter


class PipRequirement(ABC):
    """A requirement as pip follows it. ``text`` is what was written, None for what pip adds by itself.

    ``name`` and ``extras`` say what it is about; no name: the interpreter.
    """

    __slots__ = ("_met", "extras", "identifier", "name", "text")

    def __init__(
        self, name: NormalizedName | None, extras: tuple[NormalizedName, ...] = (), text: Requirement | None = None
    ) -> None:
        """Remember what it is about."""
        self.name = name
        self.extras = extras
        self.identifier = PYTHON if name is None else identifier_of(name, extras)
        self.text = text
        self._met: dict[Candidate, bool] = {}

    def met_by(self, candidate: Candidate) -> bool:
        """Whether a candidate of this identifier meets it; pre-releases are not held against it."""
        found = self._met.get(candidate)
        if found is None:
            found = self._met[candidate] = self._meets(candidate)
        return found

    @abstractmethod
    def _meets(self, candidate: Candidate) -> bool:
        """Look once."""


class Specified(PipRequirement):
    """A project, with extras or without, in a range of versions."""

    __slots__ = ("behaviour", "bounded", "exact", "requirement", "specifiers")

    def __init__(self, requirement: Requirement, behaviour: PipFiles, extras: tuple[NormalizedName, ...] = ()) -> None:
        """Without extras where it has some: the part that bounds the base."""
        self.requirement = requirement
        self.behaviour = behaviour
        super().__init__(requirement.name, extras, requirement)
        self.specifiers = requirement.specifiers
        self.exact = any(one.operator[:2] == "==" and "*" not in one.version for one in self.specifiers)
        self.bounded = any(
            one.operator in {"<", "<=", "~="} or (one.operator == "==" and "*" in one.version)
            for one in self.specifiers
        )

    def _meets(self, candidate: Candidate) -> bool:
        return admits(self.specifiers, candidate.version, self.behaviour)


class Exactly(PipRequirement):
    """One candidate: a direct reference, or the base below its extras."""

    __slots__ = ("candidate",)

    def __init__(self, candidate: Distribution | Extended, text: Requirement | None = None) -> None:
        """``text``: the direct reference as written."""
        super().__init__(candidate.name, candidate.extras, text)
        self.candidate = candidate

    def _meets(self, candidate: Candidate) -> bool:
        return candidate is self.candidate


class PythonRequirement(PipRequirement):
    """A Requires-Python."""

    __slots__ = ("interpreter", "specifiers")

    def __init__(self, specifiers: SpecifierSet, interpreter: Interpreter) -> None:
        """There is one interpreter that may meet it."""
        super().__init__(None)
        self.specifiers = specifiers
        self.interpreter = interpreter

    def _meets(self, candidate: Candidate) -> bool:
        return self.specifiers.contains(candidate.version, prereleases=True)


class Unmeetable(PipRequirement):
    """A named direct reference that turned out to be something else."""

    __slots__ = ()

    def _meets(self, candidate: Candidate) -> bool:  # noqa: ARG002  nothing meets it
        return False


def identifier_of(name: NormalizedName, extras: tuple[NormalizedName, ...]) -> str:
    """``name`` or ``name[e1,e2]``: each distinct set of extras is decided by itself."""
    return f"{name}[{','.join(extras)}]" if extras else name


def parts_of(identifier: str) -> tuple[NormalizedName, tuple[NormalizedName, ...]]:
    """The project and the extras of an identifier that is not the interpreter's."""
    name, _, extras = identifier.removesuffix("]").partition("[")
    return NormalizedName(name), tuple(map(NormalizedName, extras.split(","))) if extras else ()


def package_of(identifier: str) -> Package:
    """An identifier as the trail names it."""
    if identifier == PYTHON:
        return Package(kind="python")
    name, extras = parts_of(identifier)
    return Package(kind="extra" if extras else "project", name=name, extra=",".join(extras) or None)


@dataclass(slots=True)
class Constraint:
    """The user's ``-c`` lines on one project, merged. ``hashes`` None: any."""

    specifier: str = ""
    hashes: frozenset[str] | None = None
    references: list[Requirement] = field(default_factory=list)


def both_hashes(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Hashes that both accept; None stands for any."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
