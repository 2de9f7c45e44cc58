"""A third resolver, to show that nobody asks for a tool's name: each project at its oldest version, without turning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace
from packaging.version import Version

from backtrail.model.files import File, Listing
from backtrail.model.metadata import Metadata
from backtrail.model.policy import Policy
from backtrail.model.question import Options, Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Pin, Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.trail import Decided, Event, Finished, Outcome, Package, Required
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.protocol import Behaviour, Considered, Look, Picked, Tool
from backtrail.resolvers.release_history import ReleaseHistory
from backtrail.standards.lenient import lenient_requirement
from backtrail.standards.requires_python import within
from backtrail.standards.wheel_tags import fit, wheel_name


@dataclass(frozen=True)
class Oldest:
    policy: Policy
    behaviour = Behaviour(unheeded={"resolution": "lowest"})
    rules: ClassVar[dict[str, bool]] = {}

    def judge(self, file: File, target: Target, options: Options, **_: object) -> Verdict:  # noqa: ARG002
        wheel, python = wheel_name(file.filename), within(file.requires_python or "", target.python_version)
        rank = Reason.SDIST_NAME if wheel is None else fit(wheel, target) if python else Reason.REQUIRES_PYTHON
        if isinstance(rank, Reason):
            return Verdict(file=file, exclusions=(Exclusion(reason=rank, value=file.requires_python or ""),))
        return Verdict(file=file, exclusions=(), rank=rank)

    def installed(self, files: Sequence[File], target: Target, options: Options, **_: object) -> File | None:
        return next((file for file in files if self.judge(file, target, options).usable), None)

    def described_by(self, files: Sequence[File], target: Target, options: Options) -> File | None:
        return self.installed(files, target, options, flat=False)

    def admits(self, requirement: Requirement, version: Version) -> bool:
        return requirement.specifiers.contains(version, prereleases=True)

    def choose(self, requirement: Requirement, look: Look, seen: Sequence[Listing], options: Options) -> Picked:
        considered = []
        rows = ((page.version(place), page.files(place)) for page in seen for place in range(len(page.versions)))
        for version, files in sorted((row for row in rows if self.admits(requirement, row[0])), key=lambda row: row[0]):
            verdicts = tuple(self.judge(file, look.target, options) for file in files)
            considered.append(Considered(version=version, verdicts=verdicts))
            if any(one.usable for one in verdicts):
                return Picked(version, next(one for one in verdicts if one.usable), tuple(considered))
        return Picked(None, None, tuple(considered))

    def solve(self, question: Question, source: Source, *, silent: bool, pace: Callable[[], None], **_: object) -> Run:
        trail, pins, outcome = list[Event](), dict[str, Pin](), Outcome.SOLVED
        queue = [Asked(requirement=one) for one in question.requirements]
        while queue and outcome is Outcome.SOLVED:
            pace()
            asked = queue.pop(0)
            wish = asked.requirement
            trail.append(Required(id=len(trail), requirement=wish, by=asked.by, version=asked.version))
            pages = tuple(source.page(index, wish.name) for index in self.behaviour.index_order(question.indexes))
            look = Look(policy=self.policy, target=question.target, pages=pages)
            picked = self.choose(wish, look, [page for page in pages if isinstance(page, Listing)], question.options)
            known = pins.get(wish.name)
            if picked.verdict is None or (known is not None and not self.admits(wish, Version(known.version))):
                outcome = Outcome.IMPOSSIBLE
            elif known is not None:
                pins[wish.name] = replace(known, requested_by=(*known.requested_by, asked))
            else:
                file, version = picked.verdict.file, str(picked.version)
                pins[wish.name] = Pin(name=wish.name, version=version, file=file, requested_by=(asked,))
                package = Package(kind="project", name=wish.name)
                trail.append(Decided(package=package, version=version, level=len(pins), file=file.filename))
                said = source.metadata(file)
                needs = [lenient_requirement(one) for one in said.requires_dist] if isinstance(said, Metadata) else []
                needed = (one for one in needs if one is not None and one.applies(question.target.markers) is not False)
                queue += [Asked(requirement=one, by=wish.name, version=version) for one in needed]
        trail.append(Finished(outcome=outcome))
        attempts: dict[str, tuple[str, ...]] = {name: (pin.version,) for name, pin in pins.items()}
        return Run(
            resolver=self.policy.tool, profile=self.policy.release, basis="exact", outcome=outcome,
            pins=tuple(pins.values()), attempts=attempts, trail=() if silent else tuple(trail),
        )  # fmt: skip


OLDEST = Tool(name="oldest", history=ReleaseHistory("oldest", {"1": 0}, {}), resolver=Oldest)
