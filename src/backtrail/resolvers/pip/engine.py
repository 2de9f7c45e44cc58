"""The pip engine: the resolver library with pip's rules, recorded (docs/pip.md 2 to 4)."""

from collections.abc import Callable

from resolvelib.resolvers import ResolutionImpossible, ResolutionTooDeep

from backtrail.model.files import NotRecordedError, Unreadable
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import PassedOver, Run
from backtrail.model.source import Source
from backtrail.model.trail import GaveUpError, Limit, Outcome, Stop
from backtrail.resolvers.pip.behaviour import preset
from backtrail.resolvers.pip.history import HISTORY
from backtrail.resolvers.pip.preparer import StopError
from backtrail.resolvers.pip.provider import Provider
from backtrail.resolvers.pip.recorder import Recorder
from backtrail.resolvers.pip.resolution import Search
from backtrail.resolvers.pip.solution import pins
from backtrail.resolvers.pip.watcher import Watcher


def solve(
    question: Question,
    policy: Policy,
    source: Source,
    *,
    silent: bool = False,
    pace: Callable[[], None] = lambda: None,
) -> Run:
    """Answer a question as this release of pip would. ``silent`` and ``pace`` are as for ``resolve``."""
    return Engine(question, policy, source, silent=silent, pace=pace).run()


class Engine:
    """One run. What it decides depends on the question, the policy and the facts, never on when facts arrive."""

    def __init__(
        self,
        question: Question,
        policy: Policy,
        source: Source,
        *,
        silent: bool = False,
        pace: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare a run; nothing is read yet."""
        self._policy = policy
        self._installs = question.environment is not None
        self._recorder = Recorder(silent=silent)
        behaviour = preset(policy)
        self._provider = Provider(question, behaviour, source, self._recorder)
        self._watcher = Watcher(
            self._recorder,
            limit=question.rounds,
            pace=pace,
            listed=self._provider.lists,
            unread=self._provider.passed_over,
        )
        self._own_limit = Stop(limit=Limit.RESOLVER, bound=behaviour.rounds)
        self._search = Search(self._provider, self._watcher, behaviour)

    @property
    def preparations(self) -> list[tuple[str, str]]:
        """Projects and versions in the order in which pip prepares their files, repetitions included."""
        return self._recorder.preparations

    def run(self) -> Run:
        """Solve; whatever happens in the world becomes an outcome."""
        outcome = Outcome.SOLVED
        failure: Unavailable | Unreadable | None = None
        stop: Stop | None = None
        try:
            found = self._search.result(self._provider.roots()).mapping
            self._watcher.solved(found)
            self._provider.told(found.values())
        except ResolutionImpossible as error:
            self._watcher.impossible(error.causes)
            failure = self._missed()
            outcome = Outcome.IMPOSSIBLE if failure is None else Outcome.UNKNOWN
        except ResolutionTooDeep:
            outcome, stop = Outcome.GAVE_UP, self._own_limit
        except GaveUpError as error:
            outcome, stop = Outcome.GAVE_UP, error.stop
        except StopError as error:
            outcome, failure = error.outcome, error.failure
        except NotRecordedError as error:
            outcome = Outcome.UNKNOWN
            failure = Unavailable(failure=Failure.NOT_RECORDED, file=error.what, detail=str(error))
        except RecursionError:  # pip dies of it too, where a displaced version leaves a ring of dependencies behind
            outcome = Outcome.ABORTED
            failure = Unavailable(failure=Failure.INVALID, file="", detail="pip's resolver exceeds its recursion limit")
        return self._finish(outcome, failure, stop)

    def _missed(self) -> Unreadable | None:
        """A page that pip went on without, though what it lacked may be there; None where there is none."""
        passed_over = self._provider.passed_over
        return next((pages[0] for name, pages in passed_over.items() if name in self._watcher.clashed), None)

    def _finish(self, outcome: Outcome, failure: Unavailable | Unreadable | None, stop: Stop | None) -> Run:
        standing, criteria = self._watcher.standing()
        self._recorder.finished(outcome)
        found = pins(standing, criteria)
        return Run(
            resolver=self._policy.tool,
            profile=self._policy.release,
            basis=HISTORY.basis(self._policy),
            outcome=outcome,
            pins=found,
            attempts={name: tuple(versions) for name, versions in self._recorder.attempts.items()},
            counters=self._recorder.counters(),
            trail=tuple(self._recorder.events),
            failure=failure,
            passed_over=tuple(
                PassedOver(project=name, page=page)
                for name, pages in self._provider.passed_over.items()
                for page in pages
            ),
            stop=stop,
            plan=self._provider.present.plan(found) if self._installs and outcome is Outcome.SOLVED else (),
        )


__all__ = ["Engine", "solve"]
