"""The question's options, the same for every command that asks one, and how they become an Ask."""

import inspect
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from backtrail import ceiling
from backtrail.cli.ordered import order
from backtrail.cli.output import write
from backtrail.model.errors import InputError

if TYPE_CHECKING:
    from backtrail.inquiry import Ask


class _Option(NamedTuple):
    """An option of the question: a ``list``, a ``text``, a ``switch`` or a ``number``."""

    flags: str
    kind: str
    metavar: str | None
    help: str


_INPUTS = {
    "files": _Option(
        "-r --requirement --requirements",
        "list",
        "FILE",
        "Requirements, pyproject.toml or another file that has some, or - for standard input; repeatable.",
    ),
    "constraint_files": _Option("-c --constraint --constraints", "list", "FILE", "A constraints file; repeatable."),
    "override_files": _Option("--override --overrides", "list", "FILE", "A file of overrides (uv); repeatable."),
    "exclude_files": _Option("--excludes", "list", "FILE", "A file of projects to do without (uv); repeatable."),
    "build_constraint_files": _Option(
        "-b --build-constraint --build-constraints", "list", "FILE", "A constraints file for builds; repeatable."
    ),
    "editables": _Option("-e --editable", "list", "PATH", "A local project, as an editable install; repeatable."),
    "extras": _Option("--extra", "list", "NAME", "An extra of the project in pyproject.toml; repeatable."),
    "all_extras": _Option("--all-extras", "switch", None, "All extras of the project."),
    "groups": _Option("--group", "list", "NAME", "A dependency group; repeatable."),
    "all_groups": _Option("--all-groups", "switch", None, "All dependency groups of the project."),
    "no_groups": _Option("--no-group", "list", "NAME", "Not this dependency group; repeatable."),
    "only_groups": _Option("--only-group", "list", "NAME", "This group, and not the project itself; repeatable."),
    "resolvers": _Option("--resolver", "list", "RESOLVER", "uv, pip, both, uv-universal, uv-lock, uv@VERSION …"),
    "universal": _Option("--universal", "switch", None, "For all platforms and Pythons at once, as uv resolves them."),
    "lock": _Option("--lock", "switch", None, "The project's lock, as uv lock makes it: the resolver uv-lock."),
    "preferences": _Option("--preferences", "text", "FILE", "A lock whose versions are tried first (uv)."),
    "upgrade": _Option("--upgrade -U", "switch", None, "Disregard what is in a lock; with --env, what is installed."),
    "upgrade_packages": _Option("--upgrade-package -P", "list", "NAME", "The same for this project (uv); repeatable."),
    "upgrade_strategy": _Option("--upgrade-strategy", "text", "HOW", "only-if-needed or eager, with -U (pip)."),
    "reinstall": _Option("--reinstall --force-reinstall", "switch", None, "Install anew what is installed."),
    "reinstall_packages": _Option("--reinstall-package", "list", "NAME", "The same for this project (uv); repeatable."),
    "ignore_installed": _Option("--ignore-installed", "switch", None, "As if nothing were installed (pip)."),
    "python": _Option("--python --python-version -p", "text", "PYTHON", "The target: 3.10, 3.10.13 or a path."),
    "platform": _Option("--python-platform", "text", "PLATFORM", "The target's platform, as uv names it."),
    "env": _Option(
        "--env",
        "text",
        "[PYTHON]",
        "What is installed counts: an interpreter, a folder, or the active environment.",
    ),
    "dependency_metadata": _Option("--dependency-metadata", "list", "PATH", "Metadata to stand in; repeatable."),
    "trusted_hosts": _Option(
        "--trusted-host --allow-insecure-host", "list", "HOST", "A host whose certificate is not checked; repeatable."
    ),
    "cert": _Option("--cert", "text", "FILE", "A CA bundle to trust."),
    "offline": _Option("--offline", "switch", None, "Use the cache only."),
    "refresh": _Option("--refresh", "switch", None, "Disregard what the cache remembers of pages."),
    "config_file": _Option("--config-file", "text", "FILE", "The uv.toml to read, and no other settings of uv."),
    "no_config": _Option("--no-config", "switch", None, "Read no uv.toml and no [tool.uv] (uv)."),
    "isolated": _Option("--isolated", "switch", None, "Read no settings from variables and configuration files."),
    "sandbox": _Option("--sandbox", "switch", None, "Confine builds: no network, no home (Linux, with bubblewrap)."),
    "anonymize": _Option(
        "--anonymize", "list", "NAME", "Give this project another name in all that is shown; repeatable."
    ),
    "anonymize_index": _Option("--anonymize-index", "switch", None, "Give every index but the default another name."),
}
"""By the field of Ask that takes the value."""

_INDEX_CHANGES = {
    "publish": _Option(
        "--publish", "list", "FILE", "As if the index had this, too: METADATA, a wheel or an sdist; repeatable."
    ),
    "yank": _Option("--yank", "list", "NAME==VERSION", "As if this were yanked; repeatable."),
    "unyank": _Option("--unyank", "list", "NAME==VERSION", "As if this were not yanked; repeatable."),
    "metadata": _Option(
        "--metadata", "list", "NAME==VERSION:FILE", "As if its files said what this METADATA says; repeatable."
    ),
    "remove": _Option("--remove", "list", "NAME[==VERSION]", "As if the index did not have it; repeatable."),
}
"""What the index is to be otherwise in, by name; of several kinds the order they are typed in counts."""

INDEX_CHANGES = frozenset(_INDEX_CHANGES)
"""Their names."""

_SETTINGS = (
    _Option("--index-url -i", "text", "URL", "The index instead of PyPI."),
    _Option("--default-index", "text", "URL", "The index of last resort (uv)."),
    _Option("--index", "list", "URL", "An index to ask before the default (uv); repeatable."),
    _Option("--extra-index-url", "list", "URL", "A further index; repeatable."),
    _Option("--find-links -f", "list", "PLACE", "A page or folder of files; repeatable."),
    _Option("--no-index", "switch", None, "Ask no index, only --find-links."),
    _Option("--index-strategy", "text", "STRATEGY", "How several indexes combine (uv)."),
    _Option("--pre", "switch", None, "Take pre-releases."),
    _Option("--prerelease", "text", "MODE", "When to take pre-releases (uv)."),
    _Option("--prerelease-package", "list", "NAME=MODE", "Another such mode for this project (uv); repeatable."),
    _Option("--all-releases", "list", "NAME", "Take pre-releases of all projects: :all: (pip)."),
    _Option("--only-final", "list", "NAME", "Take no pre-releases of any project: :all: (pip)."),
    _Option("--only-binary", "list", "NAME", "Take only wheels of these projects, or :all:; repeatable."),
    _Option("--no-binary", "list", "NAME", "Take only sdists of these projects, or :all:; repeatable."),
    _Option("--no-build", "switch", None, "The same as --only-binary :all: (uv)."),
    _Option("--no-build-package", "list", "NAME", "The same as --only-binary NAME (uv); repeatable."),
    _Option("--prefer-binary", "switch", None, "Rather an older wheel than an sdist."),
    _Option("--exclude-newer", "text", "DATE", "Cut-off: nothing uploaded later exists."),
    _Option("--exclude-newer-package", "list", "NAME=DATE", "Another cut-off for this project (uv); repeatable."),
    _Option("--uploaded-prior-to", "text", "DATE", "The same, by pip's name."),
    _Option("--ignore-requires-python", "switch", None, "Disregard Requires-Python."),
    _Option("--no-deps", "switch", None, "Do not follow dependencies."),
    _Option("--require-hashes", "switch", None, "Only what has a hash."),
    _Option("--no-require-hashes", "switch", None, "Hashes need not be complete, whatever variables or files say."),
    _Option("--resolution", "text", "MODE", "highest, lowest or lowest-direct (uv)."),
    _Option("--fork-strategy", "text", "STRATEGY", "requires-python or fewest, with --universal (uv)."),
    _Option("--no-sources", "switch", None, "Disregard [tool.uv.sources] (uv)."),
    _Option("--no-sources-package", "list", "NAME", "The same for this project; repeatable."),
    _Option(
        "--keyring-provider",
        "text",
        "PROVIDER",
        "Ask the keyring where a password is missing: auto, import or subprocess.",
    ),
    _Option("--torch-backend", "text", "BACKEND", "PyTorch from its index for this: cpu, cu128 … (uv)."),
    _Option("--build-sdists", "switch", None, "Run build backends for metadata, as the tools do."),
    _Option(
        "--max-rounds",
        "number",
        "N",
        "Rounds before giving up; default: 50000, for all platforms 200000.",
    ),
    _Option("--max-memory", "text", "SIZE", "Stop when so much memory is taken (default: 2GiB)."),
    _Option("--time-limit", "text", "SECONDS", "Stop after this time, with what is known until then."),
)
"""What inputs/settings weighs against requirement files and the environment, which know the same names."""

_CONTEXT = "context"

_KINDS: dict[str, tuple[Any, Any]] = {
    "list": (list[str], []),
    "text": (str | None, None),
    "switch": (bool, False),
    "number": (int | None, None),
}


def _name(option: _Option) -> str:
    return option.flags.split()[0].removeprefix("--").replace("-", "_")


def _say_version(wanted: bool) -> None:
    if wanted:
        from backtrail.report.skins.json_document import program_version

        write(f"backtrail {program_version()}\n")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", "-V", is_eager=True, callback=_say_version, help="Say the version and end.")
]


WHERE = frozenset({
    "index_url", "default_index", "index", "extra_index_url", "find_links", "no_index", "index_strategy", "cert",
    "trusted_hosts", "offline", "refresh", "isolated", "python", "platform", "time_limit", "max_memory",
})  # fmt: skip
"""Options that say where to look, for whom and for how long, and nothing of what is asked."""


def question(command: Callable[..., int], names: Container[str] | None = None) -> Callable[..., int]:
    """Give a command the question's options; they arrive together as its ``options``, with the command's context.

    ``--version`` is among them, for programs of one command. A command with a ``lock_file`` takes ``--lock FILE``
    itself. ``names`` are those that it takes, None: all of them.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one for one in inspect.signature(command).parameters.values() if one.name != "options"]
    parameters.append(inspect.Parameter(_CONTEXT, keyword, annotation=typer.Context))
    own = {"lock"} if "lock_file" in inspect.signature(command).parameters else set()
    everything = {**_INPUTS, **_INDEX_CHANGES, **{_name(option): option for option in _SETTINGS}}
    for name, option in everything.items():
        if name in own or (names is not None and name not in names):
            continue
        kind, default = _KINDS[option.kind]
        declared = typer.Option(*option.flags.split(), metavar=option.metavar, help=option.help, show_default=False)
        parameters.append(inspect.Parameter(name, keyword, default=default, annotation=Annotated[kind, declared]))
    parameters.append(inspect.Parameter("version", keyword, default=False, annotation=Version))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def ask(
    command: str,
    subject: str | None,
    requirements: Sequence[str],
    budget: int,
    options: Mapping[str, Any],
    writes: tuple[str, ...] = (),
    *,
    log: str | None = None,
    lock_file: str | None = None,
) -> "Ask":
    """Take a command's options as the question typed, unread; ``writes`` are the files that the answer goes to.

    ``log`` is a log to read the question from, ``lock_file`` a lock that ``why`` asks about. Where nothing is named it
    is what the folder holds, unless the question is isolated; ``why`` may do without. Raises InputError for options
    that contradict each other, and where there is nothing to resolve.
    """
    from backtrail.inputs.found_here import found_here, lock_here

    _check_offline(options)
    _check_words(requirements)
    if log is not None and _names_something(requirements, options):
        raise InputError("a log says itself what was asked: give no requirements, files or groups beside it")
    looks = command == "why" and options["env"] is not None  # it is asked about what is installed
    named = looks or log is not None or lock_file is not None or _names_something(requirements, options)
    found = None if named or options["isolated"] else found_here(Path.cwd())
    if command == "why" and not (named or options["isolated"] or options["resolvers"]):
        lock_file = lock_here(Path.cwd())
        found = found if lock_file is None else lock_file
    if found is None and log is None and command != "why" and not _names_something(requirements, options):
        raise InputError("nothing to resolve: name requirements or a file of them; there is none in this folder")
    keep_to(options["max_memory"])
    files = {"files": (found,)} if found is not None and lock_file is None else {}
    about = {"subject": subject, "writes": writes, "found": found, "log": log, "lock_file": lock_file, **files}
    return typed(command, requirements, budget, options, **about)


def typed(command: str, requirements: Sequence[str], budget: int, options: Mapping[str, Any], **about: Any) -> "Ask":
    """The options as they were typed, whether they name something to resolve or not; ``about`` are further fields.

    Raises InputError.
    """
    from backtrail.inputs.settings import Flags
    from backtrail.inquiry import Ask

    settings = [*map(_name, _SETTINGS)]
    given = tuple(name for name in order(options[_CONTEXT]) if name in settings)
    return Ask(
        command=command,
        requirements=tuple(requirements),
        flags=Flags(**_given(options, settings), order=given),
        budget=budget,
        index_changes=index_changes(options),
        **{**_given({"lock": False, **options}, _INPUTS), **about},
    )


def asked_where(options: Mapping[str, Any]) -> "Ask":
    """What a command that asks nothing itself says of where to look (``WHERE``). Raises InputError."""
    from backtrail.inputs.settings import Flags
    from backtrail.inquiry import Ask

    _check_offline(options)
    keep_to(options["max_memory"])
    inputs = [name for name in _INPUTS if name in WHERE]
    settings = [name for name in map(_name, _SETTINGS) if name in WHERE]
    typed = tuple(name for name in order(options[_CONTEXT]) if name in settings)
    flags = Flags(**_given(options, settings), order=typed)
    return Ask(command="explain-backtrack", flags=flags, **_given(options, inputs))


def _check_offline(options: Mapping[str, Any]) -> None:
    if options["offline"] and options["refresh"]:
        raise InputError("--offline and --refresh contradict each other: give one of them")


def index_changes(options: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the index is to be otherwise in, in the order typed: the name of an option with its value."""
    left = {name: iter(options[name]) for name in _INDEX_CHANGES}
    return tuple((name, next(left[name])) for name in order(options[_CONTEXT]) if name in left)


def keep_to(memory: str | None) -> None:
    """Have the system refuse what is beyond ``--max-memory``, where it refuses anything. Raises InputError."""
    if memory is not None:
        from backtrail.inputs.settings import amount
        from backtrail.model.question import Setting

        ceiling.refuse_beyond(amount(Setting(name="max-memory", value=memory, origin="--max-memory")), instead=True)


def _given(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of some options, lists as the tuples that records hold."""
    return {name: tuple(options[name]) if isinstance(options[name], list) else options[name] for name in names}


def _check_words(requirements: Sequence[str]) -> None:
    """Raise InputError for a whole command in place of requirements."""
    words = [*requirements]
    for program in (["uv", "pip"], ["pip"], ["pip3"]):
        if words[: len(program) + 1] == [*program, "install"]:
            raise InputError(f"{' '.join(program)} install is a command: give what it is to install alone")


def _names_something(requirements: Sequence[str], options: Mapping[str, Any]) -> bool:
    """Whether it is said what to resolve; a lock is of the project that is here."""
    lock = options.get("lock") or any(name.startswith("uv-lock") for name in options["resolvers"])
    named = ("files", "editables", "groups", "only_groups", "all_groups")
    return bool(requirements or lock or any(options[name] for name in named))


def only(options: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise InputError for an option but the named ones: a recorded question has its settings."""
    for name, value in options.items():
        if name != _CONTEXT and value not in ([], None, False) and name not in names:
            option = next((one.flags.split()[0] for key, one in _INPUTS.items() if key == name), f"--{name}")
            raise InputError(f"{option.replace('_', '-')} cannot be changed in a recorded question")
