"""Writes the trail of a run: engine numbers in, model events out. A silent recorder only counts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from backtrail.model import trail
from backtrail.model.metadata import Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.run import Counters
from backtrail.model.verdict import Exclusion
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.incompatibility import Incompatibility, Kind
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.versions import Key, spell

if TYPE_CHECKING:
    from backtrail.resolvers.uv.pubgrub import Core


class Recorder:
    """Collects events in order, the statements they name, and what the run cost."""

    def __init__(self, *, silent: bool = False) -> None:
        """``silent``: keep attempts and counters, no events (for runs whose answer alone matters)."""
        self.events: list[trail.Event] = []
        self.incompatibilities: dict[int, trail.Incompatibility] = {}
        self.attempts: dict[NormalizedName, dict[str, None]] = {}
        self.selections: list[tuple[str, str]] = []
        self.silent = silent
        self._spelled: dict[tuple[NormalizedName, Key], str] = {}
        self._required = 0
        self._read: set[tuple[str, str, str | None, str | None]] = set()
        self._counts = dict.fromkeys(Counters.__struct_fields__, 0)

    def copy(self) -> "Recorder":
        """What was recorded so far, to go on from in another way."""
        return branched(self, attempts={name: dict(versions) for name, versions in self.attempts.items()})

    def counters(self) -> Counters:
        """What the run cost."""
        return Counters(**self._counts)

    def spelling(self, name: NormalizedName, version: Key, text: str) -> None:
        """Remember how an index spells a version."""
        self._spelled[name, version] = text

    def text(self, package: trail.Package, version: Key) -> str:
        """A version in the index's spelling."""
        if package.name is None:
            return spell(version)
        return self._spelled.get((package.name, version)) or spell(version)

    def read(self, what: str, name: str, version: str | None = None, file: str | None = None) -> None:
        """Note the first look at a page or file."""
        if (what, name, version, file) in self._read:
            return
        self._read.add((what, name, version, file))
        self._counts["listings" if what == "listing" else "metadata"] += 1
        if not self.silent:
            self.events.append(trail.Read(what=what, name=name, version=version, file=file))

    def attempted(self, name: NormalizedName, version: str) -> None:
        """Note that a version was selected to be looked into."""
        self.selections.append((name, version))
        self.attempts.setdefault(name, {})[version] = None

    @property
    def rounds(self) -> int:
        """Turns of the main loop so far."""
        return self._counts["rounds"]

    def round(self) -> None:
        """Count a turn of the main loop."""
        self._counts["rounds"] += 1

    def required(
        self, requirement: Requirement, by: NormalizedName | None, version: str | None, *, constraint: bool
    ) -> int:
        """Note a requirement in force; returns its id."""
        self._required += 1
        if not self.silent:
            self.events.append(
                trail.Required(
                    id=self._required, requirement=requirement, by=by, version=version, constraint=constraint
                )
            )
        return self._required

    def chosen(self, package: trail.Package, among: int, why: str, place: int, wanted: Range) -> None:
        """Note which package is next, and why."""
        if not self.silent:
            self.events.append(
                trail.Chosen(package=package, among=among, why=why, place=place, wanted=ranges.describe(wanted))
            )

    def decided(self, package: trail.Package, version: Key, level: int, file: str | None, *, again: bool) -> None:
        """Note a decision."""
        self._counts["decisions"] += 1
        if not self.silent:
            self.events.append(
                trail.Decided(package=package, version=self.text(package, version), level=level, file=file, again=again)
            )

    def rejected(
        self,
        core: "Core",
        package: trail.Package,
        version: Key | None,
        because: trail.Because,
        *,
        wanted: Range = (),
        exclusions: tuple[Exclusion, ...] = (),
        unavailable: Unavailable | None = None,
        incompatibility: Incompatibility | None = None,
    ) -> None:
        """Note a refusal and the statement behind it."""
        self._counts["rejections"] += 1
        if self.silent:
            return
        if incompatibility is not None:
            self._keep(core, incompatibility)
        self.events.append(
            trail.Rejected(
                package=package,
                version=None if version is None else self.text(package, version),
                because=because,
                wanted=ranges.describe(wanted) if wanted else "",
                exclusions=exclusions,
                unavailable=unavailable,
                requirements=() if incompatibility is None else self._requirements(incompatibility),
                incompatibility=None if incompatibility is None else incompatibility.id,
            )
        )

    def conflicted(self, core: "Core", incompatibility: Incompatibility) -> None:
        """Note that an incompatibility is satisfied."""
        self._counts["conflicts"] += 1
        if not self.silent:
            kept = self._keep(core, incompatibility)
            self.events.append(trail.Conflicted(incompatibility=kept, requirements=self._requirements(incompatibility)))

    def derived(self, package: trail.Package, term: Range, cause: Incompatibility, level: int) -> None:
        """Note a derivation."""
        if not self.silent:
            self.events.append(trail.Derived(term=_term(package, term), incompatibility=cause.id, level=level))

    def learned(self, core: "Core", incompatibility: Incompatibility) -> None:
        """Note a proved incompatibility."""
        if not self.silent:
            self.events.append(trail.Learned(incompatibility=self._keep(core, incompatibility)))

    def reprioritised(self, package: trail.Package, to: str, conflicts: int) -> None:
        """Note a change of order after too many conflicts."""
        if not self.silent:
            self.events.append(trail.Reprioritised(package=package, to=to, conflicts=conflicts))

    def rewound(self, level: int, undone: Iterable[tuple[trail.Package, Key]], because: trail.Because) -> None:
        """Note undone decisions, newest first."""
        self._counts["backjumps"] += 1
        if not self.silent:
            texts = tuple((package, self.text(package, version)) for package, version in undone)
            self.events.append(trail.Rewound(level=level, undone=texts, because=because))

    def split(self, event: trail.Split) -> None:
        """Note that a fork begins here."""
        if not self.silent:
            self.events.append(event)

    def preferred(self, name: NormalizedName, version: str, fork: str | None) -> None:
        """Note that a version is tried because it was chosen before."""
        if not self.silent:
            self.events.append(trail.Preferred(name=name, version=version, fork=fork))

    def finished(self, core: "Core", outcome: trail.Outcome, terminal: Incompatibility | None) -> None:
        """Note the end; nothing follows."""
        if not self.silent:
            if terminal is not None:
                self._keep(core, terminal)
            self.events.append(trail.Finished(outcome=outcome))

    def _keep(self, core: "Core", incompatibility: Incompatibility) -> trail.Incompatibility:
        """Translate a statement and all it follows from, once."""
        waiting = [incompatibility]
        while waiting:
            one = waiting.pop()
            if one.id in self.incompatibilities:
                continue
            self.incompatibilities[one.id] = trail.Incompatibility(
                id=one.id,
                kind=one.kind.value,
                terms=tuple(_term(core.packages[package], term) for package, term in one.terms.items()),
                causes=one.causes,
                requirements=one.requirements,
                because=one.because,
            )
            waiting += [core.store[cause] for cause in one.causes or ()]
        return self.incompatibilities[incompatibility.id]

    def _requirements(self, incompatibility: Incompatibility) -> tuple[int, ...]:
        """The requirements a kept statement speaks of: its own, or those of the statements it follows from directly."""
        if incompatibility.kind is not Kind.DERIVED:
            return self.incompatibilities[incompatibility.id].requirements
        assert incompatibility.causes is not None
        return tuple(
            dict.fromkeys(
                number for cause in incompatibility.causes for number in self.incompatibilities[cause].requirements
            )
        )


def _term(package: trail.Package, term: Range) -> trail.Term:
    positive = ranges.is_positive(term)
    versions = term if positive else ranges.intersection(ranges.complement(term), ranges.EVERY_VERSION)
    return trail.Term(package=package, versions=ranges.describe(versions), positive=positive)
