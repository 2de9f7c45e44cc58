"""The question that a log or a lock asks, in place of what a user would type."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from backtrail.inputs.documents import PROJECTS
from backtrail.inputs.file_kinds import kind_of
from backtrail.model.locked import LockFile
from backtrail.model.log import Log
from backtrail.preparation.ask import Ask
from backtrail.resolvers.lock_makers import is_reproduced, resolver_for

if TYPE_CHECKING:
    from backtrail.inputs.locks.made_from import MadeFrom


def of_log(ask: Ask, log: Log) -> Ask:
    """The question of a log: by the tool and for the Python and platform that it says, unless the user names others.

    Nothing of this machine's settings counts: the log is from another.
    """
    resolver = log.tool if log.release is None else f"{log.tool}@{log.release}"
    return msgspec.structs.replace(
        ask,
        isolated=True,
        resolvers=ask.resolvers or (resolver,),
        python=ask.python or log.python,
        platform=ask.platform or log.platform,
    )


def lock_in(place: str | None) -> LockFile | None:
    """The lock of a file or of a commit, whichever tool wrote it; None: none is named. Raises InputError."""
    if place is None:
        return None
    from backtrail.inputs.locks.any_lock import read_any_lock

    return read_any_lock(place)


def of_lock(ask: Ask, lock: LockFile, made: "MadeFrom") -> Ask:
    """The question that a lock answers: of what it was made from, as it says, unless the user names something else."""
    named = ask.requirements or ask.files or ask.editables or ask.groups or ask.only_groups or ask.all_groups
    nearest = resolver_for(lock, universal=made.universal, project=bool(named or made.files))
    ask = msgspec.structs.replace(ask, resolvers=ask.resolvers or (nearest,))
    if named:
        return ask
    extras = made.extras if any(kind_of(one) in PROJECTS for one in made.files) else ()
    flags = {name: getattr(made, name) for name in ("resolution", "prerelease", "exclude_newer", "fork_strategy")}
    given = {name: value for name, value in flags.items() if value is not None and getattr(ask.flags, name) is None}
    return msgspec.structs.replace(
        ask,
        files=made.files,
        constraint_files=(*ask.constraint_files, *made.constraints),
        override_files=(*ask.override_files, *made.overrides),
        extras=ask.extras or extras,
        groups=made.groups,
        all_extras=ask.all_extras or made.all_extras,
        all_groups=ask.all_groups or made.all_groups,
        python=ask.python or made.python,
        platform=ask.platform or made.platform,
        flags=msgspec.structs.replace(ask.flags, pre=ask.flags.pre or made.pre, **given),
    )


def not_counted(lock: LockFile, made: "MadeFrom") -> Iterator[str]:
    """Sentences about what a lock was made with and what does not count here."""
    if made.missing:
        yield f"{lock.file} was made from {', '.join(made.missing)}, which is not here"
    for url in made.indexes:
        yield f"{lock.file} was made with another index, which is asked only if you name it: {url}"
    if lock.origins and not is_reproduced(lock):
        maker = f"{lock.made_by}, a tool" if lock.made_by else "a tool"
        yield f"{lock.file} is by {maker} that is not reproduced: uv stands in for it"
