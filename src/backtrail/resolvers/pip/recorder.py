"""Writes the trail of a run of pip: what happened in, model events out. A silent recorder only counts."""

from collections.abc import Iterable, Sequence

from packaging.utils import NormalizedName

from backtrail.model import trail
from backtrail.model.files import File
from backtrail.model.metadata import Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.run import Counters
from backtrail.model.verdict import Exclusion


class Recorder:
    """Collects events in order, and what the run cost."""

    def __init__(self, *, silent: bool = False) -> None:
        """``silent``: keep attempts and counters, no events (for runs whose answer alone matters)."""
        self.silent = silent
        self.events: list[trail.Event] = []
        self.attempts: dict[NormalizedName, dict[str, None]] = {}
        self.preparations: list[tuple[str, str]] = []
        """Every file prepared, by project and version, in order; what is not kept is prepared again."""
        self._counts = dict.fromkeys(Counters.__struct_fields__, 0)
        self._read: set[tuple[str, str, str | None, str | None]] = set()
        self._ids: dict[tuple[Requirement, NormalizedName | None, str | None], int] = {}
        self._constraints: dict[NormalizedName, list[int]] = {}
        self._unusable: set[tuple[str, str]] = set()

    def counters(self) -> Counters:
        """What the run cost."""
        return Counters(**self._counts)

    def count(self, what: str) -> int:
        """Count one more of something, and say how many that makes."""
        self._counts[what] += 1
        return self._counts[what]

    def read(self, what: str, name: str, version: str | None = None, file: str | None = None) -> None:
        """Note the first look at a page or file."""
        key = (what, name, version, file)
        if key in self._read:
            return
        self._read.add(key)
        self.count("listings" if what == "listing" else "metadata")
        if not self.silent:
            self.events.append(trail.Read(what=what, name=name, version=version, file=file))

    def prepared(self, name: NormalizedName, version: str, file: File | None) -> None:
        """Note that a file (None: a direct reference) is prepared."""
        self.preparations.append((name, version))
        self.attempts.setdefault(name, {})[version] = None
        self.read("metadata", name, version, None if file is None else file.filename)

    def unusable(self, name: NormalizedName, version: str, why: Unavailable) -> None:
        """Note a prepared file that cannot be used, once."""
        if (name, why.file) in self._unusable:
            return
        self._unusable.add((name, why.file))
        package = trail.Package(kind="project", name=name)
        self.rejected(package, version, trail.Because.METADATA, unavailable=why)

    def constrained(self, requirement: Requirement) -> None:
        """Note a constraint of the user's."""
        number = self.required(requirement, None, None, constraint=True)
        self._constraints.setdefault(requirement.name, []).append(number)

    def constraints(self, name: NormalizedName) -> Sequence[int]:
        """The constraints in force for a project."""
        return self._constraints.get(name, ())

    def required(
        self, requirement: Requirement, by: NormalizedName | None, version: str | None, *, constraint: bool = False
    ) -> int:
        """Note that a requirement comes into force, the first time; returns its id."""
        key = (requirement, by, version)
        number = self._ids.get(key)
        if number is None:
            number = self._ids[key] = len(self._ids) + 1
            if not self.silent:
                self.events.append(
                    trail.Required(id=number, requirement=requirement, by=by, version=version, constraint=constraint)
                )
        return number

    def chosen(self, package: trail.Package, among: int, why: str, place: int, wanted: str) -> None:
        """Note what is next, and why."""
        if not self.silent:
            self.events.append(trail.Chosen(package=package, among=among, why=why, place=place, wanted=wanted))

    def decided(self, package: trail.Package, version: str, level: int, file: str | None, *, again: bool) -> None:
        """Note a pin."""
        if not again:
            self.count("decisions")
        if not self.silent:
            self.events.append(trail.Decided(package=package, version=version, level=level, file=file, again=again))

    def rejected(
        self,
        package: trail.Package,
        version: str | None,
        because: trail.Because,
        *,
        wanted: str = "",
        exclusions: tuple[Exclusion, ...] = (),
        unavailable: Unavailable | None = None,
        requirements: Iterable[int] = (),
    ) -> None:
        """Note a refusal."""
        self.count("rejections")
        if not self.silent:
            self.events.append(
                trail.Rejected(
                    package=package,
                    version=version,
                    because=because,
                    wanted=wanted,
                    exclusions=exclusions,
                    unavailable=unavailable,
                    requirements=tuple(dict.fromkeys(requirements)),
                )
            )

    def conflicted(self, requirements: Iterable[int]) -> None:
        """Note a dead end."""
        self.count("conflicts")
        if not self.silent:
            self.events.append(trail.Conflicted(requirements=tuple(dict.fromkeys(requirements))))

    def rewound(self, level: int, undone: tuple[tuple[trail.Package, str], ...], because: trail.Because) -> None:
        """Note undone pins, newest first."""
        if not self.silent:
            self.events.append(trail.Rewound(level=level, undone=undone, because=because))

    def finished(self, outcome: trail.Outcome) -> None:
        """Note the end; nothing follows."""
        if not self.silent:
            self.events.append(trail.Finished(outcome=outcome))
