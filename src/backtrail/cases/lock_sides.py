"""The questions that two locks answer, as far as what they were made from is known, and what to solve them from."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from backtrail import transient
from backtrail.cases.lock_causes import Sides, Solve
from backtrail.explain.causes.exchanged import Side
from backtrail.explain.causes.lifting import without
from backtrail.index.locations import is_local, local_path
from backtrail.inputs.locks.made_from import MadeFrom, made_from
from backtrail.inputs.locks.revision import is_revision, split_revision, write_tree
from backtrail.inputs.locks.uv_lock import read_lock_of
from backtrail.inquiry import Ask, Asked, Progress, opened, paced
from backtrail.model.difference import Unsolved
from backtrail.model.finding import Obstacle
from backtrail.model.flat_index import bare
from backtrail.model.locked import LockFile, LockFormat
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Options, Question
from backtrail.model.run import Run
from backtrail.preparation.derived_ask import of_lock
from backtrail.preparation.opening import prepared
from backtrail.resolvers.lock_makers import preferring_resolver
from backtrail.resolvers.uv.universal.declared import for_declared
from backtrail.resolvers.uv.universal.question_scope import preferring
from backtrail.sources.case_file import World
from backtrail.sources.given_metadata import GivenFirst
from backtrail.sources.limited import Rationed


class UnsolvedError(Exception):
    """Why two locks cannot be solved again."""

    def __init__(self, why: Unsolved, detail: str = "") -> None:
        """``detail`` is the index or the sentence."""
        super().__init__(why.value)
        self.why = why
        self.detail = detail


class Opened(NamedTuple):
    """Two locks, ready to be solved again."""

    sides: Sides
    solve: Solve


@contextmanager
def opened_sides(
    old: LockFile,
    new: LockFile,
    ask: Ask,
    *,
    environ: Mapping[str, str],
    now: datetime,
    progress: Progress | None = None,
) -> Iterator[Opened]:
    """What two locks were made from, while inside; ``ask`` says where to look. Raises UnsolvedError.

    A ``uv.lock`` repeats what its project asks for. Of all others that stands in files beside them, or in their commit;
    where only that of the new one is here, the old one is taken to be made from the same.
    """
    with transient.folder() as folder:
        declared = old.format is new.format is LockFormat.UV
        asked_old: Ask | None = None
        if declared:
            asked_new = msgspec.structs.replace(ask, declared=new.file, resolvers=("uv-lock",))
        else:
            asked_new, asked_old = (_asked_of(one, ask, folder / side) for one, side in ((new, "new"), (old, "old")))
            if not asked_new.files and not asked_new.groups:
                raise UnsolvedError(Unsolved.NO_INPUTS, new.file)
            asked_old = asked_old if asked_old.files or asked_old.groups else None
        with opened(asked_new, environ=environ, now=now, progress=progress) as (inquiry, source, _, pace, _):
            after = inquiry.asked[0]
            before, same = after, asked_old is None or asked_old == asked_new
            if declared:
                before = msgspec.structs.replace(after, question=for_declared(after.question, read_lock_of(old.file)))
                same = False
            elif asked_old is not None and not same:
                before = prepared(asked_old, environ=environ, now=now).asked[0]
            _check_indexes(old, new, after.question)
            rationed, solves = Rationed(source, pace), 0
            usual: Options | None = None

            def solve(question: Question, policy: Policy, lifted: tuple[Obstacle, ...]) -> Run:
                nonlocal solves, usual
                usual = usual or question.options
                solves += 1
                if progress is not None:
                    progress(solves, 0, "solving again")
                stood_in = GivenFirst(rationed.unbuilt(), question.stand_ins)
                changed, world = without(question, policy, stood_in, lifted)
                # What is made of every page under a cut-off of its own is of no use to the next question.
                memory = rationed.memory if changed.options == usual else dict(rationed.memory)
                return paced(changed, policy, world, rationed.pace, memory, silent=True)

            sides = Sides(
                old=_preferring(before, old), new=_preferring(after, old), renewed=_preferring(after, new), same=same
            )
            yield Opened(sides, solve)


def _asked_of(lock: LockFile, ask: Ask, folder: Path) -> Ask:
    """What a lock was made from, in its commit if it is of one."""
    made = MadeFrom()
    if is_revision(lock.file):
        tree = write_tree(lock.file, folder)
        there = msgspec.structs.replace(lock, file=str(tree.file))
        made = made_from(there, tree.here)
    else:
        made = made_from(lock)
    resolver = preferring_resolver(lock, universal=made.universal)
    return of_lock(msgspec.structs.replace(ask, resolvers=(resolver,)), lock, made)


def _preferring(asked: Asked, lock: LockFile) -> Side:
    """A question with the versions of a lock tried first."""
    question, policy = asked.question, asked.policy
    if policy.mode is Mode.LOCK:
        universal = msgspec.structs.replace(
            question.universal, lock=read_lock_of(lock.file), upgrade=False, upgraded=frozenset()
        )
        return Side(msgspec.structs.replace(question, universal=universal), policy, World())
    return Side(preferring(question, lock), policy, World())


def _check_indexes(old: LockFile, new: LockFile, question: Question) -> None:
    """Raise UnsolvedError for a lock from an index that the question does not name: no file says whom to ask."""
    named = question.indexes
    known = {_plain(one, Path()) for one in (named.default, *named.extra, *named.find_links) if one is not None}
    for lock in (old, new):
        folder = Path(split_revision(lock.file)[1] if is_revision(lock.file) else lock.file).parent
        for one in lock.versions:
            source = one.source
            if source is not None and source.kind == "registry" and _plain(source.value, folder) not in known:
                raise UnsolvedError(Unsolved.OTHER_INDEX, source.value)


def _plain(place: str, folder: Path) -> str:
    """An index or a folder of files as it compares; a path is meant from some folder."""
    place = bare(place)
    if is_local(place):
        return str(local_path(place))
    return place.rstrip("/") if "://" in place else os.path.abspath(folder / Path(place).expanduser())  # noqa: PTH100
