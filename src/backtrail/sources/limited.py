"""How much a trial may cost that no run needed: who asks for an explanation does not wait for a search without hope."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from packaging.utils import NormalizedName

from backtrail.index.files.sdist import static_metadata
from backtrail.model.files import File, FileKind, Listing, Page
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.model.trail import GaveUpError, Limit, Stop
from backtrail.resolvers.protocol import Memory
from backtrail.sources.forwarding import Forwarding
from backtrail.sources.pace import Pace

__all__ = ["RATION", "Rationed"]

RATION = 100
"""Versions of one project that a trial may read and that nobody read before it."""


class Rationed:
    """Remembers what was read and built from a Source, and gives it out to runs and to trials.

    It counts files, not time, so that the same question has the same answer everywhere. ``memory`` is for all runs
    that read from it.
    """

    def __init__(self, inner: Source, pace: Pace | None = None) -> None:
        """Nothing was read yet."""
        self.inner = inner
        self.pace = pace or Pace()
        self.memory: Memory = {}
        self.read: set[str] = set()
        self.built: set[str] = set()

    def freely(self) -> Source:
        """For a run that was asked for."""
        return _Share(self, ration=None, builds=True)

    def sparingly(self) -> Source:
        """For a trial: beyond its ration reading raises GaveUpError, and what no run had built is not built."""
        return _Share(self, ration=RATION, builds=False)

    def for_trial(self, question: Question, changed: Question) -> Source:
        """For a trial of a change; where that adds constraints on what builds require, builds are made under them."""
        more = _added(question, changed)
        if not more or not question.options.build_sdists:
            return self.sparingly()
        return _Share(self, ration=RATION, builds=True, constraints=more)

    def built_with(self, question: Question, file: File, changed: Question) -> Metadata | Unavailable | None:
        """What a build gives with a change; None where nothing is built, or not with the Python that it is for."""
        if not question.options.build_sdists or changed.target != question.target or not changed.target.runs_here:
            return None
        return _Share(self, ration=None, builds=True, constraints=_added(question, changed)).build(file)

    def unbuilt(self) -> Source:
        """For another look at the question itself, which may read what it likes and builds nothing more."""
        return _Share(self, ration=None, builds=False)


class _Share(Forwarding):
    """What one run is given."""

    def __init__(
        self, rationed: Rationed, *, ration: int | None, builds: bool, constraints: tuple[Requirement, ...] = ()
    ) -> None:
        super().__init__(rationed.inner)
        self._rationed = rationed
        self._pace = rationed.pace
        self._ration = ration
        self._builds = builds
        self._constraints = constraints
        self._taken: Counter[str] = Counter()

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        self._pace.read()
        return self._inner.page(index, name)

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        self._pace.read()
        return self._inner.links(location, name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        self._take(file)
        return self._inner.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        self._take(file)
        return self._inner.sdist(file)

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source."""
        self._take(file)
        if self._builds and not self._constraints:
            self._rationed.built.add(file.url)
        elif not self._builds and file.url not in self._rationed.built:
            return self._unbuilt(file)
        found = self._inner.build(file, (*self._constraints, *constraints))
        self._pace.wait()  # a build that ends with the time may have been ended by it
        return found

    def _unbuilt(self, file: File) -> Metadata | Unavailable:
        """What an sdist says that a build may not change (PEP 643, 621); else nobody knows without one."""
        contents = self._inner.sdist(file)
        static = static_metadata(contents, file) if isinstance(contents, SdistContents) else None
        return static or Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename, detail="no run had it built")

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        self._pace.read()
        found = self._inner.direct(requirement)
        self._pace.wait()
        return found

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source; no more than may be read."""
        self._inner.want_metadata(files if self._ration is None else islice(files, self._ration))

    def _take(self, file: File) -> None:
        self._pace.read()
        if file.url in self._rationed.read:
            return
        if self._ration is not None:
            project = _project(file)
            if self._taken[project] == self._ration:
                raise GaveUpError(Stop(limit=Limit.READING, bound=self._ration))
            self._taken[project] += 1
        self._rationed.read.add(file.url)


def _added(question: Question, changed: Question) -> tuple[Requirement, ...]:
    """The constraints on what builds require that a change adds."""
    return changed.build_constraints[len(question.build_constraints) :]


def _project(file: File) -> str:
    """What precedes the version in the name of a file."""
    head = file.filename.partition("-") if file.kind is FileKind.WHEEL else file.filename.rpartition("-")
    return head[0]
