"""Questions made smaller or handed to other tools, and two Cases held against each other."""

from collections.abc import Iterable, Iterator

from backtrail.model.difference import Cause as ChangeCause
from backtrail.model.difference import Change as PinChange
from backtrail.model.difference import Difference, EventKind, Kind, Unsolved
from backtrail.model.difference import Event as IndexEvent
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import LOCK_FILE, Run
from backtrail.model.trail import Outcome
from backtrail.model.workspace import Workspace
from backtrail.report.lines import plain
from backtrail.report.wording.runs import failure
from backtrail.report.wording.universal import conflict_item
from backtrail.report.wording.words import OUTCOMES, count, listed, resolver, stopped


def shrunk(
    keep: str, keys: Iterable[str], before: int, after: int, tries: int, *, minimal: bool, late: bool, closed: bool
) -> list[str]:
    """What became of a question, a sentence a line."""
    all_of_them = count(before, "requirement", digits=after < before)
    shorter = f"{after} of {all_of_them}" if after < before else all_of_them
    asked = count(tries, "question")
    enough = "is enough" if after == 1 else "are enough"
    sentences = [f"{' and '.join(map(resolver, keys))}: {shorter} {enough} for {keep}; {asked} asked"]
    if minimal:
        sentences.append("without any one of these lines it is not so")
    else:
        sentences.append(f"the {'time' if late else 'budget'} ran out: there may be a smaller question")
    if closed:
        sentences.append("true of the recording alone: versions that were not recorded count as not there")
    return sentences


def remaining(question: Question) -> list[str]:
    """What a question asks for, as lines of a requirements file, with all else in comments."""
    universal = question.universal
    if universal.workspace is None:
        lines = [one.text for one in question.requirements]
    else:
        lines = [line for owner, asked in _owners(universal.workspace) for line in _owned(owner, asked)]
        conflicts = (listed(map(conflict_item, items), last="and") for items in universal.workspace.conflicts)
        lines += [f"# conflicts: {plain(items)}" for items in conflicts]
    lines += [f"# -c: {one.text}" for one in question.constraints]
    lines += [f"# --override: {one.text}" for one in question.overrides]
    lines += [f"# environments: {text}" for text in universal.environments]
    lines += [f"# required-environments: {text}" for text in universal.required]
    return lines


def _owners(workspace: Workspace) -> Iterator[tuple[str, tuple[Requirement, ...]]]:
    """Whose each list of a workspace is."""
    for member in workspace.members:
        yield member.name, member.dependencies
        yield from ((f"the extra {name} of {member.name}", lines) for name, lines in member.optional.items())
        yield from ((f"the group {name} of {member.name}", lines) for name, lines in member.groups.items())
    yield from ((f"the group {name}", lines) for name, lines in workspace.groups.items())


def _owned(owner: str, lines: tuple[Requirement, ...]) -> list[str]:
    return [f"# {owner}{'' if lines else ', empty'}", *(line.text for line in lines)]


def scenario(question: Question, run: Run) -> list[str]:
    """What a scenario is about, and what its form cannot hold."""
    sentences = [f"Recorded by backtrail with {resolver(run.key)}: {count(len(question.requirements), 'requirement')}."]
    if question.options.exclude_newer is not None:
        sentences.append(f"Nothing is in it that was uploaded after {question.options.exclude_newer[:19]}Z.")
    if question.options.resolution != "highest":
        sentences.append(f"To be resolved with --resolution {question.options.resolution}.")
    if question.options.prerelease not in (None, "allow"):
        sentences.append(f"To be resolved with --prerelease {question.options.prerelease}.")
    return sentences


def difference(found: Difference) -> list[str]:
    """The pins that changed between two runs, by what changed them, a sentence or a pin a line."""
    keys = dict.fromkeys((found.old.key, found.new.key))
    who = " and ".join(map(resolver, keys))
    runs = (found.old, found.new)
    ends = dict.fromkeys(_ended(run) for run in runs)
    if any(run.outcome is not Outcome.SOLVED for run in runs):
        how = " before, ".join(map(_ended, runs))
        who = f"{who}, {how} now" if len(ends) > 1 else f"{who}, {how}"
    locks = found.old.resolver == LOCK_FILE
    counted = "version" if locks else "pin"
    if locks:
        who = " and ".join(dict.fromkeys(run.profile for run in runs))
    if not found.changes:
        if not any(run.undecided for run in runs):
            return [f"{who}: the same {counted}s", *_apart(found)]
        reasons = dict.fromkeys(plain(failure(run)) for run in runs if run.outcome is Outcome.UNKNOWN)
        return [f"{who}: not known{''.join(reasons)}"]
    sentences = [f"{who}: {count(len(found.changes), counted)} changed", *_told(found), *_apart(found)]
    groups: dict[tuple[str, ...], list[PinChange]] = {}
    for change in sorted(found.changes, key=lambda one: not one.known):
        groups.setdefault(tuple(because(change, found)), []).append(change)
    for causes, changes in groups.items():
        sentences += [f"  {one}" for one in causes]
        sentences += [f"    {_moved(change)}" for change in changes]
    return sentences


def _apart(found: Difference) -> list[str]:
    """What two locks were made for, where that differs."""
    return [f"  {one}" for cause in found.differs if cause.read and cause.kind is Kind.TARGET for one in _caused(cause)]


def _ended(run: Run) -> str:
    return OUTCOMES[run.outcome] if run.stop is None else f"stopped {stopped(run.stop)}"


def _moved(change: PinChange) -> str:
    was, now = (_named(change.name, one) for one in (change.old, change.new))
    if change.old == change.new and change.new_file is None:
        return f"{now} stays"
    if change.old == change.new:
        return f"{now}: {change.old_file} became {change.new_file}"
    if change.old is None or change.new is None:
        return f"{now} is new" if change.old is None else f"{was} is gone"
    return f"{was} became {change.new or 'one without a version'}"


def _named(name: str, version: str | None) -> str:
    """``num 1.0``; the name alone where no version is known."""
    return f"{name} {version}" if version else name


def _told(found: Difference) -> Iterable[str]:
    """Whether the causes between two locks were found by solving, and if not, why."""
    if found.solved_with is not None:
        yield f"  solved again with {resolver(found.solved_with)} over the old lock, with one change at a time"
    elif found.unsolved is not None:
        yield f"  as it stands in the locks, not solved again: {_unsolved(found.unsolved, found.unsolved_detail)}"


def _unsolved(why: Unsolved, detail: str) -> str:
    match why:
        case Unsolved.NO_INPUTS:
            return f"what {detail} was made from is not here"
        case Unsolved.OTHER_INDEX:
            return f"they are from {detail}, which is asked only if you name it"
        case Unsolved.NO_SOLUTION:
            return "what they were made from has no solution any more"
        case Unsolved.UNREAD:
            return f"{detail or 'a page or a file'} could not be read"
        case Unsolved.BUDGET:
            return "the budget does not allow it"
        case Unsolved.REFUSED:
            return detail


def because(change: PinChange, found: Difference) -> Iterable[str]:
    """What changed a pin, a sentence for each cause; of two locks that is what stands in them."""
    locks = found.old.resolver == LOCK_FILE
    if not change.causes and not change.known and locks:
        yield "the locks do not say why"
    elif not change.causes and not change.known:
        yield "not known why: the recordings do not reach far enough, or the budget ran out"
    elif not change.causes:
        yield "nothing that differs decides this by itself"
    for cause in change.causes:
        read = ", as the locks say" if cause.read and found.solved_with else ""
        untried = read and (read if change.old == change.new else f"{read}; by solving no cause was found")
        apart = untried or ("" if cause.read else _sufficing(cause))
        yield from (f"{one}{apart}" for one in _caused(cause))


def _sufficing(cause: ChangeCause) -> str:
    """What is said behind a cause that was tried and is not known to suffice."""
    if cause.alone is None:
        return "; it takes that, and the recordings do not tell whether more"
    return "" if cause.alone else ", not by that alone"


def _caused(cause: ChangeCause) -> Iterable[str]:
    old, new = " and ".join(cause.old), " and ".join(cause.new)
    match cause.kind:
        case Kind.INDEX if cause.about is None:
            yield "several changes on the index together"
        case Kind.INDEX if cause.read:
            yield "uploaded after everything in the old lock"
        case Kind.INDEX:
            yield " and ".join(_happened(event) for event in cause.events)
        case Kind.INDEX_CHANGES if cause.about is None:
            yield "several what-if changes of the index together"
        case Kind.INDEX_CHANGES:
            yield f"with {new} instead of {old}" if old and new else f"with {new}" if new else f"without {old}"
        case Kind.REQUIREMENTS if cause.about is None and not old:
            yield "several changes of the requirements together"
        case Kind.REQUIREMENTS if cause.about is None:
            yield "the requirements are in another order"
        case Kind.REQUIREMENTS if not old:
            yield f"{new} is asked for"
        case Kind.REQUIREMENTS if not new:
            yield f"{old} is no longer asked for"
        case Kind.REQUIREMENTS:
            yield f"{new} is asked for instead of {old}"
        case Kind.REQUESTER if not cause.read:
            yield _moved_with(cause)
        case Kind.REQUESTER:
            yield _requester(cause)
        case Kind.UPGRADE if cause.about is None:
            yield "the versions of the old lock were not kept (--upgrade)"
        case Kind.UPGRADE if new:
            yield "only the old lock held it: it was taken anew, but not what is newer (a cut-off, or by version)"
        case Kind.UPGRADE:
            yield "only the old lock held it: it was taken anew (--upgrade)"
        case Kind.MARKERS:
            yield f"{cause.about} {new} instead of {old}"
        case Kind.SOURCE:
            yield f"it is taken from {new} instead of {old}"
        case Kind.RESOLVER:
            yield f"{resolver(new)} instead of {resolver(old)}"
        case Kind.TARGET:
            yield f"for {new} instead of {old}"
        case Kind.INSTALLED if cause.about is None:
            yield "several installed projects together"
        case Kind.INSTALLED:
            yield f"{cause.about} {new or 'is not'} installed instead of {old or 'nothing'}"
        case Kind.OPTIONS if cause.about is None:
            yield "several options together"
        case Kind.OPTIONS:
            yield f"{cause.about}: {new or 'nothing'} instead of {old or 'nothing'}"


def _moved_with(cause: ChangeCause) -> str:
    """A package that was taken anew, and with it what it requires, or no longer requires."""
    before, now = cause.versions
    if now is None:
        return f"moved with {_named(cause.about or '', before)}, which is gone"
    if not cause.old and not cause.new:
        return f"moved with {_named(cause.about or '', now)} and what it requires"
    said = f"which requires {' and '.join(cause.new)}" if cause.new else "which no longer requires it"
    return f"moved with {_named(cause.about or '', now)}, {said}"


def _requester(cause: ChangeCause) -> str:
    """A package that asks, asks in other words, or asks no longer."""
    was, now = (_named(cause.about or "", one) for one in cause.versions)
    before, after = cause.versions
    if cause.old and cause.old == cause.new and before != after:
        return f"{now} instead of {was} asks for it; in which words the locks do not say"
    if cause.old and cause.old == cause.new:
        return f"{now} asks for it for other environments or extras than before"
    if cause.old and cause.new:
        return f"{now} asks for {' and '.join(cause.new)}, {was} asked for {' and '.join(cause.old)}"
    if cause.new:
        return f"{now}, which is new, asks for it" if before is None else f"{now} asks for it"
    return f"{was}, which is gone, asked for it" if after is None else f"{now} no longer asks for it"


def _happened(event: IndexEvent) -> str:
    release = f"{event.project} {event.version}"
    match event.kind:
        case EventKind.RELEASED:
            uploaded = "" if event.uploaded is None else f", uploaded {event.uploaded[:10]}"
            return f"{release} was released{uploaded}"
        case EventKind.VANISHED:
            return f"{release} vanished from the index"
        case EventKind.YANKED | EventKind.UNYANKED:
            return f"{release} was {event.kind.value}"
        case EventKind.FILE_ADDED:
            return f"{event.file} was added to {release}"
        case EventKind.FILE_VANISHED:
            return f"{event.file} vanished from the index"
        case EventKind.REQUIRES_PYTHON:
            return f"{event.file} says another Requires-Python"
        case EventKind.CREATED:
            return f"{event.project} came to the index"
        case EventKind.DELETED:
            return f"{event.project} vanished from the index"


def only_in(case: str, keys: Iterable[str]) -> list[str]:
    """Runs that have no partner."""
    return [f"{resolver(key)}: only in {case}" for key in keys]
