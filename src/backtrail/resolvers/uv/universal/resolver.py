"""A universal resolution: forks solved one after the other, each heeding what earlier ones chose, then put together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce

import msgspec
from packaging.utils import NormalizedName

from backtrail.model.lock import Lock, Staleness
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question, Setting
from backtrail.model.run import Asked, Counters, Pin, PinnedLine, Run
from backtrail.model.source import Source
from backtrail.model.trail import Finished, GaveUpError, Limit, Outcome, Stop
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.uv.behaviour import forking, profile, uv_files
from backtrail.resolvers.uv.history import HISTORY
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import FALSE, TRUE, MarkerSizeError, Node, evaluate
from backtrail.resolvers.uv.metadata_reader import MetadataReader
from backtrail.resolvers.uv.recorder import Recorder
from backtrail.resolvers.uv.universal.conflict_markers import with_conflicts
from backtrail.resolvers.uv.universal.coverage import Coverage
from backtrail.resolvers.uv.universal.fork import Branch, Fork, Shared, SplitError
from backtrail.resolvers.uv.universal.fork_environment import Environment
from backtrail.resolvers.uv.universal.lock_references import all_references
from backtrail.resolvers.uv.universal.lockable import check_environments
from backtrail.resolvers.uv.universal.locking import Facts, Locking
from backtrail.resolvers.uv.universal.marker_relations import simplified
from backtrail.resolvers.uv.universal.marker_writing import Writer
from backtrail.resolvers.uv.universal.members import Members
from backtrail.resolvers.uv.universal.merging import Graph, Point, Solution, merged
from backtrail.resolvers.uv.universal.preferences import Preference, Preferences
from backtrail.resolvers.uv.universal.python_range import interval_of
from backtrail.resolvers.uv.universal.relocking import OldLock
from backtrail.resolvers.uv.universal.splitting import least_python
from backtrail.resolvers.uv.universal.wheel_markers import WheelMarkers
from backtrail.resolvers.uv.versions import key

MOST_FORKS = 1_000
"""Forks solved at most; real resolutions have two dozen, and index content is not trusted with more."""


def solve(
    question: Question,
    policy: Policy,
    source: Source,
    *,
    silent: bool = False,
    pace: Callable[[], None] = lambda: None,
    memory: Memory | None = None,
) -> Run:
    """Answer a question for all its environments at once, as this release of uv would.

    ``silent``, ``pace`` and ``memory`` are as for ``resolve``; rounds are those of all forks together.
    """
    return Resolver(question, policy, source, silent=silent, pace=pace, memory=memory).run()


class Resolver:
    """One resolution: a stack of forks still to be solved, and what came of those that are."""

    def __init__(
        self,
        question: Question,
        policy: Policy,
        source: Source,
        *,
        silent: bool,
        pace: Callable[[], None],
        memory: Memory | None,
    ) -> None:
        """Nothing is read yet; raises InputError for a marker that cannot be read."""
        assert question.target.pythons is not None, "a universal resolution is for a range of Pythons"
        self._question = question
        self._pace = pace
        self._rounds = 0
        self._policy = policy
        self._source = source
        self._markers = reader(profile(policy))
        self._algebra = self._markers.algebra
        self._writer = Writer(self._algebra)
        self._pythons = interval_of(question.target.pythons)
        self._rules = rules = forking(policy)
        lowest = rules.keeps_lowest_direct and question.options.resolution == "lowest-direct"
        self._prefers = policy.rule("prefers_earlier_forks", default=not lowest)
        self._preferences = Preferences(ordered=rules.sorts_preferences)
        for one in question.universal.tried_first:
            preference = Preference(key(one.parsed), self._markers.read(one.marker or None))
            self._preferences.add(one.name, preference)
        self._environments = [self._markers.read(text) for text in question.universal.environments]
        if policy.mode is Mode.LOCK:
            named = [
                Setting(name="environments", value=one, origin=policy.resolver)
                for one in question.universal.environments
            ]
            check_environments(named, question.target.pythons, self._markers)
        self._required = [self._markers.read(text) for text in question.universal.required]
        workspace = question.universal.workspace
        self._members = None if workspace is None else Members(workspace, self._markers)
        wheels = WheelMarkers(self._algebra, uv_files(policy), rules)
        shared = Shared(
            algebra=self._algebra,
            writer=self._writer,
            coverage=Coverage(self._algebra, wheels, tuple(self._to_cover()), rules),
            preferences=self._preferences,
            rules=rules,
            fewest=question.options.fork_strategy == "fewest",
            members=self._members,
        )
        self._stale: Staleness | None = None
        self._reused: tuple[Node, ...] = ()
        if question.universal.lock is not None and self._members is not None:
            self._take_over(question.universal.lock, self._members)
        whole = Environment(TRUE, self._pythons)
        self._first = Fork(question, policy, source, whole, shared, silent=silent, pace=self._count, memory=memory)
        self._solved: list[tuple[Fork, Run, Solution]] = []

    def _to_cover(self) -> Iterator[Node]:
        """The environments that each version has to have a wheel for."""
        yield from self._environments if self._rules.covers_environments else ()
        locks = self._policy.mode is Mode.LOCK
        yield from self._required if locks or self._rules.covers_required_of_lines else ()

    def _take_over(self, lock: Lock, members: Members) -> None:
        """Prefer what a lock has, and begin with its forks, as far as that still counts."""
        reader = MetadataReader(self._source, profile(self._policy), self._question, Recorder(silent=True))
        own = (one.requirement for one in members.own() if one.name not in members)
        references = [one for one in all_references(reader, own) if one[1].named.kind != "git"]
        fresh = self._locking(members, Graph({}, {}), (), {}).declared(references)
        old = OldLock(lock, self._question, self._markers, fresh)
        self._stale, versions, self._reused = old.reused()
        for name, preference in old.preferences() if versions else ():
            self._preferences.add(name, preference)

    def _count(self) -> None:
        """Count a round of whatever fork."""
        limit = self._question.rounds
        if limit is not None and self._rounds >= limit.bound:
            raise GaveUpError(limit)
        self._rounds += 1
        self._pace()

    def run(self) -> Run:
        """Solve fork after fork; the first one without a solution ends it all."""
        try:
            failed = self._solve()
            return self._together() if failed is None else self._ended(failed)
        except MarkerSizeError:
            detail = "markers combine too many conditions"
            failure = Unavailable(failure=Failure.TOO_LARGE, file="the resolution", detail=detail)
            return self._ended(self._unknown(failure))

    def _solve(self) -> Run | None:
        """Solve until nothing is pending; the run of the fork that failed."""
        pending = list(self._initial())
        while pending:
            fork = pending[-1].fork()
            try:
                run = fork.solve(pending.pop().begin)
            except SplitError as split:
                pending += split.branches
                continue
            run = msgspec.structs.replace(run, marker=self._writer.text(fork.environment.marker))
            if run.outcome is not Outcome.SOLVED:
                return run
            solution = fork.solution()
            self._solved.append((fork, run, solution))
            if len(self._solved) + len(pending) > MOST_FORKS:
                stop = Stop(limit=Limit.FORKS, bound=MOST_FORKS)
                return msgspec.structs.replace(run, outcome=Outcome.GAVE_UP, stop=stop)
            if self._prefers:
                self._prefer(solution, run)
        return None

    def _initial(self) -> Iterator[Branch]:
        """The forks to begin with, the last of them solved first: of equals the one named first."""
        backwards = self._reused[::-1] or self._environments[::-1] or [TRUE]
        oldest_first = self._question.options.fork_strategy == "fewest" or self._question.options.resolution == "lowest"
        for marker in sorted(backwards, key=least_python, reverse=oldest_first):
            yield Branch(self._first, self._first.environment.within(marker), Fork.prepare)

    def _prefer(self, solution: Solution, run: Run) -> None:
        """What one fork chose is tried first in the later ones."""
        for point in solution.points:
            assert point.name is not None
            self._preferences.add(point.name, Preference(point.version, solution.marker, run.marker))

    # what came of it

    def _unknown(self, failure: Unavailable) -> Run:
        """A fork of which nobody knows what would come."""
        policy = self._policy
        return Run(
            resolver=policy.resolver,
            mode=policy.mode,
            profile=policy.release,
            basis=HISTORY.basis(policy),
            outcome=Outcome.UNKNOWN,
            failure=failure,
            trail=(Finished(outcome=Outcome.UNKNOWN),),
            marker="",
        )

    def _ended(self, failed: Run) -> Run:
        forks = (*(run for _, run, _ in self._solved), failed)
        counters = self._counters(failed)
        return msgspec.structs.replace(failed, marker=None, counters=counters, forks=forks, stale=self._stale)

    def _counters(self, own: Run) -> Counters:
        """Those of one fork, with the rounds of all."""
        return msgspec.structs.replace(own.counters, rounds=self._rounds)

    def _together(self) -> Run:
        graph = merged(self._algebra, [solution for _, _, solution in self._solved])
        workspace = self._question.universal.workspace
        if workspace is not None:
            graph = with_conflicts(self._algebra, graph, workspace.conflicts)
        graph = graph.pruned()
        forks = tuple(run for _, run, _ in self._solved)
        here = self._question.target.markers
        own = next((run for fork, run, _ in self._solved if evaluate(fork.environment.marker, here)), None)
        pins = () if own is None else tuple(self._pins(graph, own))
        lines = tuple(self._lines(graph))
        lock = None if self._members is None else self._lock(graph, self._members)
        chosen = own or forks[0]
        return msgspec.structs.replace(
            chosen,
            marker=None,
            counters=self._counters(chosen),
            forks=forks,
            pins=pins,
            lines=lines,
            lock=lock,
            stale=self._stale,
        )

    def _lock(self, graph: Graph, members: Members) -> Lock:
        facts = {
            point.base: fork.facts(point.base)
            for fork, _, solution in self._solved
            for point in solution.points
            if point in graph.reached
        }
        forks = [solution.marker for _, _, solution in self._solved]
        lock, kept = self._locking(members, graph, forks, facts).lock(), self._question.universal.lock
        if kept is None or self._stale is not None:
            return lock
        return msgspec.structs.replace(lock, options=kept.options, prereleases=kept.prereleases, cut_offs=kept.cut_offs)

    def _locking(self, members: Members, graph: Graph, forks: Iterable[Node], facts: Mapping[Point, Facts]) -> Locking:
        limits = self._environments, self._required
        return Locking(self._question, self._algebra, self._writer, members, graph, forks, facts, *limits)

    def _lines(self, graph: Graph) -> Iterator[PinnedLine]:
        """A line for each version, under the markers of the project and all its extras."""
        texts = {point: fork.text(point) for fork, _, solution in self._solved for point in solution.points}
        for version in sorted({point.base for point in graph.reached if self._is_answer(point)}):
            assert version.name is not None
            markers = (marker for point, marker in graph.reached.items() if point.base == version)
            marker = simplified(self._algebra, reduce(self._algebra.either, markers, FALSE), self._pythons.range)
            yield PinnedLine(
                name=version.name,
                version=texts[next(point for point in texts if point.base == version)],
                marker=self._writer.text(marker),
                url=version.url or None,
            )

    def _pins(self, graph: Graph, own: Run) -> Iterator[Pin]:
        """The pins of the fork that this computer belongs to, as far as their markers hold here."""
        here = (point for point, marker in graph.reached.items() if self._holds(marker))
        names = {point.name for point in here if self._is_answer(point)}
        for pin in own.pins:
            if pin.name in names:
                asked = tuple(self._seen(one) for one in pin.requested_by if self._asks(one, names))
                yield msgspec.structs.replace(pin, requested_by=asked)

    def _seen(self, asked: Asked) -> Asked:
        """Who asks, without the version that stands for one that only a build tells."""
        member = None if asked.by is None or self._members is None else self._members.get(asked.by)
        is_unknown = member is not None and member.known_version is None
        return msgspec.structs.replace(asked, version=None) if is_unknown else asked

    def _is_answer(self, point: Point) -> bool:
        """Whether a point is of the answer: neither the user nor what is locked."""
        return point.name is not None and (self._members is None or point.name not in self._members)

    def _holds(self, marker: Node) -> bool:
        return evaluate(marker, self._question.target.markers)

    def _asks(self, asked: Asked, names: set[NormalizedName | None]) -> bool:
        marker = self._algebra.assume_extras(self._markers.read(asked.requirement.marker), lambda _: True)
        local = self._members is not None and asked.by in self._members
        return (asked.by is None or local or asked.by in names) and self._holds(marker)
