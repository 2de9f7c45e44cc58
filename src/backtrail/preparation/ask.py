"""What is asked: as the user typed it, as a resolver takes it, and as it is recorded."""

from collections.abc import Callable

from backtrail.inputs.settings import Flags
from backtrail.model.locked import LockFile
from backtrail.model.log import Log
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.record import Record, check_lists
from backtrail.sources.pace import Place

Progress = Callable[[int, int, str], None]
"""Called with how many things are read of how many asked for, and what is going on."""


class Ask(Record, frozen=True, kw_only=True):
    """What the user typed, unread. ``writes`` are files that the answer will be written to: none of them is read.

    ``env`` is the environment to look into, by its folder or interpreter, empty: the active one; None: none is named.
    ``log`` is the log that says what was asked, in place of requirements. ``lock_file`` is a lock that ``why`` asks
    about: what it was made from is asked where nothing else is named. ``preferences`` is a lock whose versions are
    tried first. ``declared`` is a ``uv.lock`` that speaks for its project: what it repeats of that is locked.
    ``index_changes`` are what the index is to be otherwise in, in order: the name of an option with its value, such as
    ``("yank", "numba==0.53.1")``. ``found`` is the one of ``files`` that nobody named: it was found where the question
    is asked.
    """

    command: str
    subject: str | None = None
    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    override_files: tuple[str, ...] = ()
    exclude_files: tuple[str, ...] = ()
    build_constraint_files: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    all_extras: bool = False
    groups: tuple[str, ...] = ()
    all_groups: bool = False
    no_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    found: str | None = None
    resolvers: tuple[str, ...] = ()
    universal: bool = False
    lock: bool = False
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    upgrade_strategy: str | None = None
    reinstall: bool = False
    reinstall_packages: tuple[str, ...] = ()
    ignore_installed: bool = False
    python: str | None = None
    platform: str | None = None
    env: str | None = None
    dependency_metadata: tuple[str, ...] = ()
    flags: Flags = Flags()
    cert: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    offline: bool = False
    refresh: bool = False
    isolated: bool = False
    config_file: str | None = None
    no_config: bool = False
    sandbox: bool = False
    log: str | None = None
    lock_file: str | None = None
    preferences: str | None = None
    declared: str | None = None
    index_changes: tuple[tuple[str, str], ...] = ()
    budget: int = 24
    anonymize: tuple[str, ...] = ()
    anonymize_index: bool = False
    writes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse one text for a list of texts."""
        check_lists(self)

    @property
    def solves(self) -> bool:
        """Whether requirements are resolved; ``why REQ`` alone looks at index pages only."""
        if self.lock or self.declared is not None or self.log is not None:
            return True
        given = self.requirements or self.files or self.editables or self.groups or self.all_groups or self.only_groups
        return bool(self.command != "why" or given)


class Asked(Record, frozen=True, kw_only=True):
    """The question as one resolver takes it: its target's tags and its settings are its own."""

    policy: Policy
    question: Question


class Environment(Record, frozen=True, kw_only=True):
    """Where a question was asked, as far as everybody may know it: program, Python and kind of computer."""

    backtrail: str
    python: str
    implementation: str
    system: str
    machine: str


class Inquiry(Record, frozen=True, kw_only=True):
    """A question ready to be answered from any source, the same way each time.

    ``environment`` is where it was asked first, None where nobody recorded that; no answer depends on it. ``warnings``
    are sentences about what was read and has no effect. ``stopped`` is where time or memory ran out, None: nowhere.
    ``log`` is what the question was read from, None: from what the user has. ``locked`` is the lock that is asked
    about.
    """

    asked: tuple[Asked, ...]
    solves: bool
    budget: int
    environment: Environment | None = None
    warnings: tuple[str, ...] = ()
    stopped: Place | None = None
    log: Log | None = None
    locked: LockFile | None = None
