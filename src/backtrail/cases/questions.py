"""What can be done with a recorded Case: ask it something else, make it smaller, hold it against another."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.cases import QUESTIONS, RENEWALS
from backtrail.cases.lock_changes import compare_locks
from backtrail.cases.shrink import Trying, smaller_question
from backtrail.explain.catalogue import BY_CODE
from backtrail.explain.causes.exchanged import Side, compare
from backtrail.explain.remedies.other_pythons import with_python
from backtrail.inputs.file_kinds import is_file_word
from backtrail.inputs.requirement_text import check_direct, read_requirement
from backtrail.inquiry import (
    Answered,
    Ask,
    Asked,
    Inquiry,
    Progress,
    allow,
    answer,
    answered,
    changed_source,
    opened,
    paced,
    recorded,
    recorded_pace,
    timed,
    with_index_changes,
)
from backtrail.model.difference import Difference, Unsolved
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.files import NotRecordedError
from backtrail.model.finding import Finding
from backtrail.model.index_change import IndexChange
from backtrail.model.locked import LockFile
from backtrail.model.policy import Policy
from backtrail.model.question import Question, Setting
from backtrail.model.record import not_texts
from backtrail.model.requirement import Origin, Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.trail import Outcome
from backtrail.report.skins.differences import Compared
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.registry import is_same_tool, parse_resolvers
from backtrail.solving import as_asked
from backtrail.sources.anonymized import Disguise
from backtrail.sources.index_options import check_index_changes
from backtrail.sources.limited import Rationed
from backtrail.sources.pace import Pace

_PYTHON = re.compile(r"3\.\d{1,2}(\.\d{1,3})?", re.ASCII)


# Asked something else


def replay(
    path: str,
    *,
    requirements: Sequence[str] = (),
    resolvers: Sequence[str] = (),
    python: str | None = None,
    time_limit: str | None = None,
    max_memory: str | None = None,
    index_changes: tuple[IndexChange, ...] = (),
) -> Answered:
    """Answer a recorded question again, or a changed one: with more requirements, other resolvers, another Python.

    ``index_changes`` are made to the index after those that are recorded.

    The answer comes from the recording alone; where that does not reach it is unknown. The platform stays, with the
    tags that were recorded for it. A recorded time limit ends the question itself where it ended it, and has no meaning
    for a changed one; ``time_limit`` is one of now. Raises InputError for what cannot be read, IndexFailure where not
    even the findings can be made.
    """
    from backtrail.sources.case_file import Recorder, Replay

    inquiry, world = recorded(path)
    changed = asked_otherwise(inquiry, requirements, resolvers, python)
    if index_changes:
        before = changed.asked[0].question.index_changes
        changed = with_index_changes(changed, (*before, *index_changes))
        check_index_changes([one.question for one in changed.asked], Replay(world))
    pace = recorded_pace(inquiry)
    if time_limit is not None or changed != inquiry:
        changed, pace = timed(changed, time_limit)
    allow(pace, max_memory)
    return answered(path, changed, Recorder(Replay(world)), pace)


def asked_otherwise(
    inquiry: Inquiry, requirements: Sequence[str], resolvers: Sequence[str], python: str | None
) -> Inquiry:
    """A recorded question with more requirements, for other resolvers (none named: the same), on another Python.

    Raises InputError for what cannot be read.
    """
    asked = inquiry.asked
    if resolvers:
        asked = tuple(_asked_of(policy, asked) for policy in parse_resolvers(resolvers))
    more = tuple(map(_typed, requirements))
    check_direct(more, asked[0].question.stand_ins)
    hidden = Disguise()  # what was recorded is without anything private already, and stays as it is on every computer
    more = tuple(hidden.record(line) for line in more)
    return msgspec.structs.replace(
        inquiry,
        asked=tuple(msgspec.structs.replace(one, question=_with(one.question, more, python)) for one in asked),
        solves=inquiry.solves or bool(more),
    )


def _typed(text: str) -> Requirement:
    """A requirement beside a recording. Raises InputError for what is none, a file of them included."""
    if is_file_word(text):
        raise InputError(f"{text!r} is a file: beside a recording requirements are typed")
    return read_requirement(text, Origin())


def _asked_of(policy: Policy, asked: Sequence[Asked]) -> Asked:
    """The question as this resolver takes it, from the recorded question of the same tool if there is one."""
    like = next((one for one in asked if is_same_tool(one.policy, policy)), asked[0])
    return Asked(policy=policy, question=like.question)


def _with(question: Question, more: tuple[Requirement, ...], python: str | None) -> Question:
    if python is not None and question.environment is not None:
        raise InputError("--python: the recording is of an environment, which has one Python")
    return msgspec.structs.replace(
        question,
        requirements=(*question.requirements, *more),
        target=question.target if python is None else _target(question.target, python),
    )


def _target(target: Target, python: str) -> Target:
    found = with_python(target, python) if _PYTHON.fullmatch(python) else None
    if found is None:
        raise InputError(f"--python {python!r}: a recorded question can be asked for another CPython, 3.10 or 3.10.13")
    return found


# Made smaller


class Outcomes(NamedTuple):
    """To be kept: how the run ends."""


class Pinned(NamedTuple):
    """To be kept: the version of a project."""

    name: NormalizedName
    version: Version


class Found(NamedTuple):
    """To be kept: a finding, about this project if one is named."""

    code: str
    subject: NormalizedName | None


Keep = Outcomes | Pinned | Found


class Shrunk(NamedTuple):
    """The smallest question found, answered.

    ``before`` counts the requirements of the question as it was, ``tries`` the questions asked on the way. ``minimal``:
    none of its parts can be left out; ``late``: there was no time to see. ``closed``: it shows what was to be kept
    where nothing exists but what was recorded; elsewhere nobody knows.
    """

    answered: Answered
    keep: str
    before: int
    tries: int
    minimal: bool
    late: bool
    closed: bool


def read_keep(text: str) -> Keep:
    """Read ``outcome``, ``numba==0.53.1``, ``BT101:numba`` or ``BT109``; raises InputError."""
    if text == "outcome":
        return Outcomes()
    name, equals, version = text.partition("==")
    try:
        if equals:
            return Pinned(canonicalize_name(name.strip(), validate=True), Version(version))
        code, colon, subject = text.partition(":")
        if code.upper() in BY_CODE:
            return Found(code.upper(), canonicalize_name(subject.strip(), validate=True) if colon else None)
    except ValueError:  # also what has more digits than Python converts
        pass
    raise InputError(f"--keep {text!r} is not one of outcome, NAME==VERSION, CODE:NAME, CODE")


def shrink(
    path: str,
    keep: str,
    *,
    requirements: Sequence[str] = (),
    resolvers: Sequence[str] = (),
    python: str | None = None,
    time_limit: str | None = None,
    max_memory: str | None = None,
    budget: int = QUESTIONS,
    progress: Progress | None = None,
) -> Shrunk:
    """Shrink a recorded question, changed as for ``replay``, within its recording.

    ``keep`` is what must stay so, as it is typed: ``BT101:numba``, ``numba==0.53.1`` or ``outcome``. ``budget`` is the
    number of smaller questions that are asked at most. Where one reaches beyond the recording, that is taken for the
    whole world. Raises InputError.
    """
    from backtrail.sources.case_file import Closed, Replay

    not_texts("shrink", requirements=requirements, resolvers=resolvers)
    inquiry, world = recorded(path)
    inquiry, pace = timed(asked_otherwise(inquiry, requirements, resolvers, python), time_limit)
    allow(pace, max_memory)
    try:
        return smallest(
            inquiry,
            Replay(world),
            keep,
            budget=budget,
            beyond=Closed(world),
            pace=pace,
            progress=_shrinking(progress),
        )
    except NotRecordedError as error:
        raise IndexFailure(f"{path} does not reach that far: {error}") from None


def shrink_asked(
    ask: Ask,
    keep: str,
    *,
    environ: Mapping[str, str],
    now: datetime,
    budget: int,
    progress: Progress | None = None,
    stdin: Callable[[], bytes] | None = None,
) -> Shrunk:
    """Shrink a question that is asked now, reading from the cache and the network. Raises InputError, IndexFailure."""
    with opened(ask, environ=environ, now=now, progress=progress, stdin=stdin) as (inquiry, recorder, _, pace, _):
        return smallest(inquiry, recorder, keep, budget=budget, pace=pace, progress=_shrinking(progress))


def _shrinking(progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda tries, budget: progress(tries, budget, "asking smaller questions")


def smallest(
    inquiry: Inquiry,
    source: Source,
    keep: str,
    *,
    budget: int,
    beyond: Source | None = None,
    pace: Pace | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Shrunk:
    """Leave out of a question what does not matter for what is to be kept, asking at most ``budget`` smaller ones.

    Of the resolvers asked, those are kept that show it. Nothing is built that the question itself does not ask for.
    Where a recording does not reach, ``beyond`` answers instead of it. Where the time of ``pace`` runs out, what was
    found until then is the smallest. Raises InputError where the question itself does not show what is to be kept,
    IndexFailure where nobody knows.
    """
    from backtrail.sources.case_file import Recorder

    pace = pace or Pace()
    changes, index, elsewhere = inquiry.asked[0].question.index_changes, source, beyond
    if changes:
        source = changed_source(index, inquiry)
        beyond = None if elsewhere is None else changed_source(elsewhere, inquiry)
        inquiry = with_index_changes(inquiry, ())
    rationed = Rationed(source, pace)
    inquiry, keeping = _keeping(inquiry, rationed, read_keep(keep), keep)
    source = rationed.unbuilt()
    sources = (source,) if beyond is None else (source, beyond)
    question = inquiry.asked[0].question

    def smaller(changed: Question) -> Inquiry:
        asked = (
            msgspec.structs.replace(one, question=_likewise(one.question, question, changed)) for one in inquiry.asked
        )
        return msgspec.structs.replace(inquiry, asked=tuple(asked))

    worlds: list[tuple[Question, Source]] = []

    def shown(changed: Question) -> bool:
        """Whether a source shows it; the second is only asked where the first does not know."""
        for one in sources:
            try:
                kept = keeping(smaller(changed), one)
            except InputError:  # environments that uv refuses
                return False
            if kept is not None:
                if kept:
                    worlds.append((changed, one))
                return kept
        return False

    trying = Trying(shown, budget, progress, lambda: pace.over)
    found = smaller_question(question, trying)
    final = smaller(found.question)
    world = next((world for shows, world in reversed(worlds) if shows == found.question), source)
    closed = world is beyond
    if closed:
        final = msgspec.structs.replace(final, asked=tuple(map(_closed, final.asked)))
    if changes:
        final = with_index_changes(final, changes)
        world = elsewhere if closed and elsewhere is not None else Rationed(index, pace).unbuilt()
    recorder = Recorder(world)
    return Shrunk(
        Answered(final, answer(final, recorder), recorder),
        keep=keep,
        before=len(question.requirements),
        tries=trying.tries,
        minimal=found.minimal,
        late=pace.stopped is not None,
        closed=closed,
    )


def _closed(asked: Asked) -> Asked:
    settings = (*asked.question.settings, Setting(name="not-recorded", value="left out", origin="shrink"))
    return msgspec.structs.replace(asked, question=msgspec.structs.replace(asked.question, settings=settings))


def _likewise(own: Question, question: Question, changed: Question) -> Question:
    """Another resolver's form of a question, changed as the question was where both are the same."""
    fields = (field for field in question.__struct_fields__ if getattr(own, field) == getattr(question, field))
    return msgspec.structs.replace(own, **{field: getattr(changed, field) for field in fields})


_Keeping = Callable[[Inquiry, Source], bool | None]
"""Whether a smaller question still shows it; None: this source cannot say."""


def _keeping(inquiry: Inquiry, rationed: Rationed, keep: Keep, text: str) -> tuple[Inquiry, _Keeping]:
    """The question for the resolvers that show it, and how to see whether a smaller one does."""
    if isinstance(keep, Found):
        return _keeping_finding(inquiry, rationed, keep, text)
    runs = [(one, _silent(one, rationed.freely(), rationed)) for one in inquiry.asked]
    if isinstance(keep, Pinned):
        asked = next((one for one, run in runs if _pins(run, keep)), None)
        if asked is None:
            _must_be_known(runs, text)
            given = ", ".join(f"{run.key}: {_version(run, keep.name)}" for _, run in runs)
            raise InputError(f"--keep {text!r}: no run gives that ({given})")
        return _one(inquiry, asked), lambda smaller, world: _pins(_silent(smaller.asked[0], world, rationed), keep)
    asked, run = next(((one, run) for one, run in runs if run.outcome is not Outcome.SOLVED), runs[0])
    _must_be_known([(asked, run)] if run.stop else [], text)
    return _one(inquiry, asked), lambda smaller, world: _ends(_silent(smaller.asked[0], world, rationed), run.outcome)


def _keeping_finding(inquiry: Inquiry, rationed: Rationed, keep: Found, text: str) -> tuple[Inquiry, _Keeping]:
    """Remedies are not asked for, unless the finding is only found by solving again."""
    source = rationed.freely()
    for solves in dict.fromkeys((0, inquiry.budget)):
        found = _find(msgspec.structs.replace(inquiry, budget=solves), source, keep, rationed.pace)
        if found is not None:
            asked = tuple(one for one in inquiry.asked if one.policy.key in found.runs) or inquiry.asked
            finds = partial(_finds, keep=keep, solves=solves, rationed=rationed)
            return msgspec.structs.replace(inquiry, asked=asked), finds
    _must_be_known(((one, _silent(one, source, rationed)) for one in inquiry.asked), text)
    raise InputError(f"--keep {text!r}: there is no such finding")


def _must_be_known(runs: Iterable[tuple[Asked, Run]], text: str) -> None:
    """Raise IndexFailure where a run was kept from its end: what is not found is not known to be absent."""
    unknown = [run.key for _, run in runs if run.undecided]
    if unknown:
        raise IndexFailure(f"--keep {text!r}: whether that is so is unknown, as what {', '.join(unknown)} answers is")


def _find(inquiry: Inquiry, source: Source, keep: Found, pace: Pace) -> Finding | None:
    findings = answer(inquiry, source, pace=pace).findings
    return next((one for one in findings if one.code == keep.code and keep.subject in (None, one.subject)), None)


def _finds(smaller: Inquiry, world: Source, *, keep: Found, solves: int, rationed: Rationed) -> bool | None:
    if any(_silent(one, world, rationed).undecided for one in smaller.asked):
        return None
    try:
        return _find(msgspec.structs.replace(smaller, budget=solves), world, keep, rationed.pace) is not None
    except NotRecordedError:
        return None


def _one(inquiry: Inquiry, asked: Asked) -> Inquiry:
    return msgspec.structs.replace(inquiry, asked=(asked,))


def _silent(asked: Asked, source: Source, rationed: Rationed) -> Run:
    return paced(asked.question, asked.policy, source, rationed.pace, rationed.memory, silent=True)


def _pins(run: Run, keep: Pinned) -> bool | None:
    pin = run.pin(keep.name)
    solved = _ends(run, Outcome.SOLVED)
    return solved and pin is not None and Version(pin.version) == keep.version


def _ends(run: Run, outcome: Outcome) -> bool | None:
    """Whether a run ends like this, None where it is unknown how it ends."""
    return None if run.undecided and outcome is not Outcome.UNKNOWN else run.outcome is outcome


def _version(run: Run, name: NormalizedName) -> str:
    pin = run.pin(name)
    return f"no {name}" if pin is None else f"{name} {pin.version}"


# Held against another


def diff_locks(
    old: str,
    new: str,
    ask: Ask | None = None,
    *,
    environ: Mapping[str, str] = {},
    now: datetime | None = None,
    budget: int = RENEWALS,
    progress: Progress | None = None,
) -> Compared:
    """Hold one lock against another: files, or files of a commit (``git:REV:PATH``).

    ``ask`` says where to look when they are solved again, None: nothing is solved, as without a ``budget``. Raises
    InputError.
    """
    from backtrail.inputs.locks.any_lock import read_any_lock

    locks = read_any_lock(old), read_any_lock(new)
    found = compare_locks(*locks)
    if found.changes and ask is not None and budget > 0:
        found = _solved(found, locks, ask, environ, now or datetime.now(timezone.utc), budget, progress)
    return Compared((found,), only_old=(), only_new=())


def _solved(
    found: Difference,
    locks: tuple[LockFile, LockFile],
    ask: Ask,
    environ: Mapping[str, str],
    now: datetime,
    budget: int,
    progress: Progress | None,
) -> Difference:
    """What differs with the causes that solving shows, or why nothing could be solved."""
    from backtrail.cases.lock_causes import with_causes
    from backtrail.cases.lock_sides import UnsolvedError, opened_sides

    try:
        with opened_sides(*locks, ask, environ=environ, now=now, progress=progress) as (sides, solve):
            return with_causes(found, locks, sides, solve, budget=budget)
    except UnsolvedError as error:
        why, detail = error.why, error.detail
    except (InputError, IndexFailure) as error:
        why, detail = Unsolved.REFUSED, str(error)
    return msgspec.structs.replace(found, unsolved=why, unsolved_detail=detail)


def diff(
    old: str,
    new: str,
    *,
    budget: int = QUESTIONS,
    time_limit: str | None = None,
    max_memory: str | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Hold one Case file against another: a run against that of the same release, else of the same tool.

    Two Cases with one run each are held against each other whatever their resolvers. ``budget`` is the number of solves
    for all of it, ``time_limit`` the seconds, ``max_memory`` how much it may take. Raises InputError for a file that is
    no Case.
    """
    from backtrail.sources.case_file import Replay

    (old_inquiry, old_world), (new_inquiry, new_world) = recorded(old), recorded(new)
    (old_inquiry, _), (new_inquiry, pace) = timed(old_inquiry, time_limit), timed(new_inquiry, time_limit)
    allow(pace, max_memory)
    pairs = _pairs(old_inquiry.asked, new_inquiry.asked)
    if not pairs:
        raise InputError(f"{old} and {new} have no resolver in common")
    solves = 0
    memory: Memory = {}

    def solve(side: Side) -> Run:
        nonlocal solves
        solves += 1
        if progress is not None:
            progress(solves, 0, "solving again")
        return as_asked(side.question, side.policy, Replay(side.world), pace, memory)

    found: list[Difference] = []
    for before, after in pairs:
        sides = Side(before.question, before.policy, old_world), Side(after.question, after.policy, new_world)
        found.append(compare(*sides, solve, budget=budget - sum(one.solves for one in found)))
    return Compared(
        tuple(found),
        only_old=tuple(one.policy.key for one in old_inquiry.asked if all(one is not before for before, _ in pairs)),
        only_new=tuple(one.policy.key for one in new_inquiry.asked if all(one is not after for _, after in pairs)),
    )


def _pairs(old: Sequence[Asked], new: Sequence[Asked]) -> list[tuple[Asked, Asked]]:
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    left = list(new)
    found: dict[int, tuple[Asked, Asked]] = {}
    for shared in ("key", "tool"):
        for place, one in enumerate(old):
            wanted = getattr(one.policy, shared)
            partner = next((other for other in left if getattr(other.policy, shared) == wanted), None)
            if place not in found and partner is not None:
                found[place] = one, partner
                left.remove(partner)
    return [found[place] for place in sorted(found)]
