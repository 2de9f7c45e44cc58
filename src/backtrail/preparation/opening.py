"""A question made ready: its inputs read, so that what is wrong is said at once, and its sources opened."""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from packaging.utils import canonicalize_name

from backtrail.index import DEFAULT_INDEX
from backtrail.index.cache import Cache, default_folder
from backtrail.inputs.asked_target import target
from backtrail.inputs.credentials import Credentials, split_credentials, taken_out
from backtrail.inputs.file_kinds import LISTS, Kind, is_file_word, kind_of, refuse
from backtrail.inputs.files_read import local_files, not_read
from backtrail.inputs.gather import Chosen, Inputs, gather, gather_settled
from backtrail.inputs.interpreters import interpreter
from backtrail.inputs.locks.revision import is_revision, split_revision
from backtrail.inputs.locks.uv_lock import read_lock_of
from backtrail.inputs.logs.log_file import read_log
from backtrail.inputs.pyproject import Extras
from backtrail.inputs.recorded import COMMANDS
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.settings import LINES, Settled, settle
from backtrail.inputs.stand_ins import read_stand_ins, stand_in_files
from backtrail.inputs.surroundings import other_python, prefix_of
from backtrail.inputs.toml_document import PYPROJECT
from backtrail.inputs.uv_environments import read_environments
from backtrail.inputs.uv_project import Locked, read_locked
from backtrail.model.errors import BacktrailError, BuildNeeded, IndexFailure, InputError
from backtrail.model.index_change import IndexChange
from backtrail.model.installed import InstalledEnvironment
from backtrail.model.locked import LockFile, LockFormat
from backtrail.model.log import Log
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question, Setting
from backtrail.model.requirement import Origin, Requirement
from backtrail.model.safe_text import shortened, visible
from backtrail.model.target import Target
from backtrail.preparation.ask import Ask, Asked, Environment, Inquiry, Progress
from backtrail.preparation.derived_ask import lock_in, not_counted, of_lock, of_log
from backtrail.preparation.direct_lines import reachable, with_builds, with_sources_of
from backtrail.preparation.live_source import live_source, with_build_python
from backtrail.preparation.renewal import check_env, project_name, renewal_of, renewal_settings
from backtrail.resolvers.recounted import stand_ins
from backtrail.resolvers.registry import parse_resolvers, resolver_of
from backtrail.resolvers.uv.universal.declared import for_declared
from backtrail.resolvers.uv.universal.question_scope import for_all, for_lock, heeding_project, preferring, project_root
from backtrail.sources.anonymized import Disguise, Variables, private_places
from backtrail.sources.live import LiveSource
from backtrail.sources.pace import Pace

if TYPE_CHECKING:
    import subprocess

    from backtrail.sources.case_file import Recorder


_WARNING = 900
"""Characters of a warning that are kept; a recording of longer ones cannot be read."""


class Opened(NamedTuple):
    """A question, what it is answered from, and how long that may take.

    ``answered`` is to be called when a resolver has its answer. ``meant`` gives the places of this disk that stand in
    the question under shorter names.
    """

    inquiry: Inquiry
    recorder: "Recorder"
    answered: Callable[[], None]
    pace: Pace
    meant: Callable[[str], str]


@contextmanager
def opened(
    ask: Ask,
    *,
    environ: Mapping[str, str],
    now: datetime,
    progress: Progress | None = None,
    stdin: Callable[[], bytes] | None = None,
) -> Iterator["Opened"]:
    """The question, read, and the cache and the network to answer it from, while inside. Raises as ``inquire``.

    Both are disguised: nothing private goes further than this.
    """
    from backtrail.sources.case_file import Recorder

    folder = environ.get("BACKTRAIL_CACHE_DIR")
    cache = Cache(Path(folder) if folder else default_folder())
    with ExitStack() as closing:
        closing.callback(cache.close)
        processes: Sequence[subprocess.Popen[bytes]] = ()
        if cache.began_empty and not ask.offline:  # they will be needed, and start while the inputs are read
            from backtrail.index.network.fetch_process import started

            processes = closing.enter_context(started())
        with _unsaid(Variables(environ)) as variables:
            with taken_out({} if ask.isolated else environ) as credentials:
                prepared = _Preparation(ask, variables, now, stdin)
            inquiry = prepared.inquiry()
            options = inquiry.asked[0].question.options
            pace = Pace(options.time_limit, memory=options.max_memory)
            source = prepared.source(inquiry.asked[0], cache, progress, processes, pace, credentials)
            live = closing.enter_context(source)
            live.open_links(inquiry.asked[0].question.indexes.find_links)
            if ask.index_changes:
                from backtrail.sources.index_options import check_index_changes

                check_index_changes([one.question for one in inquiry.asked], live)
            inquiry = reachable(with_builds(inquiry, live, Extras(names=ask.extras, all=ask.all_extras)), live)
            disguise = prepared.disguise(inquiry)
        recorder = Recorder(disguise.source(live))
        yield Opened(disguise.question(inquiry), recorder, live.end_builds_ahead, pace, disguise.real)


def prepared(ask: Ask, *, environ: Mapping[str, str], now: datetime) -> Inquiry:
    """The question, read and disguised, without anything to answer it from. Raises InputError, IndexFailure.

    What its direct references say is not known yet (``reachable``).
    """
    with _unsaid(Variables(environ)) as variables:
        preparation = _Preparation(ask, variables, now, None)
        inquiry = preparation.inquiry()
        return preparation.disguise(inquiry).question(inquiry)


@contextmanager
def _unsaid(variables: Variables) -> Iterator[Variables]:
    """Errors say ``${NAME}`` for what a variable of a file stands for, as its author wrote."""
    try:
        yield variables
    except BacktrailError as error:
        error.args = (variables.unsaid(str(error)),)
        raise


class _Preparation:
    """Reads all inputs of an Ask before anything is crawled, so that what is wrong is said at once."""

    def __init__(self, ask: Ask, variables: Variables, now: datetime, stdin: Callable[[], bytes] | None) -> None:
        if ask.command not in COMMANDS:
            raise InputError(f"{ask.command!r} is not a command that asks a question ({', '.join(COMMANDS)})")
        if ask.sandbox and not ask.flags.build_sdists:
            raise InputError("--sandbox confines what --build-sdists runs: nothing else runs code of an index")
        if ask.isolated and ask.config_file is not None:
            raise InputError(f"--isolated reads no configuration: give no --config-file {ask.config_file} beside it")
        self._log = None if ask.log is None else read_log(ask.log, stdin)
        if self._log is not None:
            ask = of_log(ask, self._log)
        check_env(ask)
        self._index_changes = _changes_of(ask, now)
        self._locked = lock_in(ask.lock_file)
        self._preferred = self._locked if ask.preferences is None else lock_in(ask.preferences)
        self._warnings: tuple[str, ...] = ()
        if self._locked is not None:
            from backtrail.inputs.locks.made_from import made_from

            made = made_from(self._locked)
            ask = of_lock(ask, self._locked, made)
            self._locked = msgspec.structs.replace(self._locked, origins=ask.files)
            self._warnings = tuple(not_counted(self._locked, made))
        self._ask = ask
        self._environ = variables.environ
        self._now = now
        self._variables = variables
        self._policies = _policies(ask)
        if self._locked is not None and self._locked.format is LockFormat.UV and self._locks:
            self._let_lock_speak(self._locked)
            ask = self._ask
        self._environment = self._look_around()
        requirements, files = _lines(ask, self._policies)
        self._inputs: Inputs = gather(
            requirements=requirements,
            editables=ask.editables,
            files=files,
            constraints=ask.constraint_files,
            overrides=ask.override_files,
            excludes=ask.exclude_files,
            build_constraints=ask.build_constraint_files,
            chosen=Chosen(
                extras=Extras(names=ask.extras, all=ask.all_extras),
                groups=ask.groups,
                all_groups=ask.all_groups,
                no_groups=ask.no_groups,
                only_groups=ask.only_groups,
            ),
            environ=self._variables,
            stdin=stdin,
            remote=None if ask.offline else self._remote,
            tree=_tree,
            builds=ask.flags.build_sdists,
        )
        self._stand_ins = read_stand_ins(ask.dependency_metadata)
        if self._log is not None:
            self._take(self._log)
        self._subject = None if ask.subject is None else _subject(ask.subject)
        self._settled = {policy.resolver: self._settle(policy) for policy in self._policies}
        self._further = {policy.resolver: self._gather(policy) for policy in self._policies}

    @cached_property
    def _project(self) -> str:
        """The ``pyproject.toml`` that would be locked."""
        return _project(self._ask)

    @cached_property
    def _to_lock(self) -> Locked:
        """The project or workspace that would be locked."""
        return read_locked(self._project, environ=self._variables, builds=self._ask.flags.build_sdists)

    @property
    def _locks(self) -> bool:
        """Whether a project is read to be locked."""
        return self._ask.declared is None and any(policy.mode is Mode.LOCK for policy in self._policies)

    def _let_lock_speak(self, lock: LockFile) -> None:
        """Ask what a lock repeats of a project that leaves it to a build, which nobody is to run."""
        try:
            self._to_lock  # noqa: B018  read once, and kept
        except BuildNeeded as needed:
            self._ask = msgspec.structs.replace(self._ask, declared=lock.file)
            self._warnings = (*self._warnings, f"{needed}; without it, what {lock.file} repeats is asked")

    def _installed(self, target: Target) -> InstalledEnvironment | None:
        """What is installed: all of it where the environment is named, else what concerns the project asked about."""
        environment, subject = self._environment, self._subject
        if environment is None or environment.named or subject is None:
            return environment
        from backtrail.explain.lookup.in_environment import concerning

        return concerning(environment, target, subject.name)

    def _look_around(self) -> InstalledEnvironment | None:
        """What is installed in the environment that is named; else, where ``why`` has nothing but a name, here."""
        ask, environ = self._ask, self._environ
        if ask.env is not None:
            from backtrail.inputs.environment import environment_python, read_environment

            origin = f"--env {ask.env}".strip()
            return read_environment(environment_python(ask.env, environ), origin)
        if ask.solves or ask.isolated or ask.python is not None or ask.platform is not None:
            return None
        active = interpreter(environ=environ)
        if active.origin != "active environment":
            return None
        from backtrail.inputs.environment import read_environment

        try:
            return read_environment(active.executable, active.origin)
        except InputError:  # nobody asked for it
            return None

    def _remote(self, url: str) -> bytes:
        """A list of requirements on the web. Raises IndexFailure."""
        from backtrail.index.network.exchange import Access
        from backtrail.index.network.web_text import fetch_text

        try:
            clean, pair = split_credentials(url)
        except ValueError as failure:
            raise IndexFailure(f"not a URL: {failure}") from None
        credentials = {} if pair is None else {clean: pair}
        access = Access(credentials=credentials, cert=self._ask.cert, trusted_hosts=frozenset(self._ask.trusted_hosts))
        return fetch_text(clean, access)

    def _take(self, log: Log) -> None:
        """Ask what a log says was asked; a setting on the command line stands in place of that of the log."""
        flags, settings, warnings = self._ask.flags, self._inputs.settings, [*self._inputs.warnings]
        dated = log.cut_off or log.moment
        if flags.exclude_newer is None and flags.uploaded_prior_to is None:
            if dated is None:
                warnings.append(
                    f"{log.file} has no date: what was published since counts too; --exclude-newer sets one"
                )
            else:
                settings = (*settings, Setting(name="exclude-newer", value=dated, origin=log.file))
        named = flags.index_url or flags.default_index or flags.index or flags.extra_index_url
        # A log is text of strangers: no server is asked because a line names it.
        other = next((url for url in log.indexes if url != DEFAULT_INDEX.rstrip("/")), None)
        if other is not None and not named:
            warnings.append(f"{log.file} is of another index, which is asked only if you name it: --index-url {other}")
        given = {one.name for one in self._stand_ins}
        self._stand_ins = (*self._stand_ins, *(one for one in stand_ins(log) if one.name not in given))
        known = {canonicalize_name(one.name) for one in self._stand_ins}
        asked = tuple(one for one in log.requirements if one.url is None or one.name in known)
        lost = [one.text for one in log.requirements if one not in asked]
        warnings += [f"{log.file} does not say what {text} requires: it is left out" for text in lost]
        self._inputs = msgspec.structs.replace(
            self._inputs, requirements=asked, settings=settings, warnings=tuple(warnings)
        )

    def _settle(self, policy: Policy) -> Settled:
        dialect = resolver_of(policy).behaviour.dialect
        locks = policy.mode is Mode.LOCK
        folder = Path(self._project).absolute().parent if locks else Path.cwd()
        environ = {} if self._ask.isolated else _with_config(self._environ, self._ask)
        found: tuple[Setting, ...] = ()
        if not self._ask.isolated:
            found = dialect.configured(environ, folder, lambda: prefix_of(self._ask.python, self._environ), locks)
        settled = settle(
            self._ask.flags,
            (*self._inputs.settings, *_of_lock(self._locked, locks=locks)),
            environ=environ,
            configured=found,
            now=self._now,
            default_index=DEFAULT_INDEX,
            dialect=dialect,
            typed=_typed(self._ask),
        )
        return _of_lock_alone(settled) if locks else settled

    def _gather(self, policy: Policy) -> Inputs:
        """What variables and configuration name beside what the user did; of a lock, only what builds are bound by."""
        lines = self._settled[policy.resolver].lines
        if policy.mode is Mode.LOCK:
            lines = tuple(one for one in lines if one.name == "build-constraint-dependencies")
        return gather_settled(lines, self._variables)

    def inquiry(self) -> Inquiry:
        """The question for each resolver."""
        asked = tuple(Asked(policy=policy, question=self._question(policy)) for policy in self._policies)
        not_read(self._ask.writes, self._read(asked))
        return Inquiry(
            asked=asked,
            solves=self._ask.solves,
            budget=self._ask.budget,
            environment=_environment(),
            warnings=tuple(shortened(visible(one), _WARNING) for one in self._said()),
            log=self._log,
            locked=self._locked,
        )

    def _said(self) -> Iterable[str]:
        """Sentences about what was read, each once."""
        settled = chain.from_iterable(one.warnings for one in self._settled.values())
        locked = self._to_lock.warnings if self._locks else ()
        return dict.fromkeys((*self._warnings, *self._inputs.warnings, *locked, *settled))

    def _read(self, asked: Iterable[Asked]) -> Iterator[str | Path]:
        """Every file of this machine that the question is read from."""
        for inputs in (self._inputs, *self._further.values()):
            lines = (*inputs.requirements, *inputs.constraints, *inputs.overrides)
            yield from inputs.files
            yield from local_files(one.url for one in lines)
        if any(policy.mode is Mode.LOCK for policy in self._policies):
            yield self._project
            yield from self._to_lock.files if self._locks else ()
        yield from local_files(place for one in asked for place in one.question.indexes.find_links)
        yield from stand_in_files(self._ask.dependency_metadata)
        if self._ask.index_changes:
            from backtrail.sources.index_options import files_of

            yield from files_of(self._ask.index_changes)
        yield from filter(None, (self._ask.cert, self._ask.python))

    def disguise(self, inquiry: Inquiry) -> Disguise:
        """What hides whatever is private in the question, and what the user wants hidden."""
        return disguise_of(
            inquiry, self._ask.anonymize, renames=self._ask.anonymize_index, variables=self._variables.used
        )

    def _question(self, policy: Policy) -> Question:
        settled, further, inputs = self._settled[policy.resolver], self._further[policy.resolver], self._inputs
        target, origins, behaviour = self._target(policy), settled.settings, resolver_of(policy).behaviour
        if not self._ask.solves:  # a look at pages is bound by no line
            origins = tuple(
                msgspec.structs.replace(one, honoured=one.honoured and one.name not in LINES) for one in origins
            )
        if settled.options.build_sdists:
            target = with_build_python(target, self._environ)
        if not self._ask.isolated and target.origin in ("active environment", "running interpreter"):
            other = other_python(target.markers["python_version"], self._environ, Path.cwd())
            origins = (*origins, *(() if other is None else (other,)))
        if self._ask.env is not None:
            renewed = renewal_settings(self._ask, behaviour.renews)
            origins = (*renewed, *origins) if self._ask.solves else ()  # none of them changes what is installed
        if self._ask.preferences is not None:
            heeds, value = behaviour.heeds_preferences, self._ask.preferences
            first = Setting(name="preferences", value=value, origin="--preferences", honoured=heeds)
            origins = (first, *origins)
        if self._ask.found is not None:
            taken = Setting(name="requirements", value=self._ask.found, origin="found here, where nothing was named")
            origins = (taken, *origins)
        both = (further, inputs) if behaviour.dialect.configured_lines_first else (inputs, further)
        excludes = chain.from_iterable(one.excludes for one in both) if behaviour.heeds_excludes else ()
        question = Question(
            command=self._ask.command,
            requirements=with_sources_of(inputs.requirements, policy, settled.options.no_sources),
            constraints=tuple(chain.from_iterable(one.constraints for one in both)),
            overrides=tuple(chain.from_iterable(one.overrides for one in both)),
            excludes=tuple(dict.fromkeys(excludes)),
            build_constraints=tuple(chain.from_iterable(one.build_constraints for one in both)),
            subject=self._subject,
            target=target,
            indexes=settled.indexes,
            options=settled.options,
            stand_ins=self._stand_ins,
            declared=settled.declared,
            settings=origins,
            environment=self._installed(target),
            renewal=renewal_of(self._ask, behaviour.renews),
            index_changes=self._index_changes,
        )
        upgrade, upgraded = self._ask.upgrade or self._locked is not None, self._ask.upgrade_packages
        if policy.mode is Mode.LOCK:
            if self._ask.preferences is not None:
                raise InputError("--preferences: uv-lock tries first what the uv.lock beside the project has")
            question = heeding_project(question)
            if self._ask.declared is not None:
                return for_declared(question, read_lock_of(self._ask.declared))
            return for_lock(question, self._to_lock, policy, upgrade=upgrade, upgraded=upgraded)
        if policy.mode is Mode.UNIVERSAL:
            environments = read_environments(settled.environments, settled.required)
            question = for_all(question, self._python(), environments)
        if self._preferred is None or not behaviour.heeds_preferences:
            return question
        return preferring(question, self._preferred, upgrade=upgrade, upgraded=upgraded)

    def _python(self) -> str | None:
        """The Python that is named: on the command line, else in the settings of the first resolver."""
        configured = self._settled[self._policies[0].resolver].python
        return self._ask.python if self._ask.python is not None or configured is None else configured.value

    def _target(self, policy: Policy) -> Target:
        """What is asked about: on the command line, else in the settings of the first resolver, for all of them."""
        first = self._settled[self._policies[0].resolver]
        python, platform, options = self._ask.python, self._ask.platform, ["--python", "--python-platform"]
        if self._ask.env is not None:
            python, options[0] = self._ask.env or None, "--env"
        elif python is None and first.python is not None:
            python, options[0] = first.python.value, first.python.origin
        if platform is None and first.platform is not None:
            platform, options[1] = first.platform.value, first.platform.origin
        rules = resolver_of(policy).behaviour.target
        return target(python, platform, rules, environ=self._environ, options=(options[0], options[1]))

    def source(
        self,
        first: Asked,
        cache: Cache,
        progress: Progress | None,
        processes: "Sequence[subprocess.Popen[bytes]]",
        pace: Pace,
        credentials: Credentials,
    ) -> AbstractContextManager[LiveSource]:
        """The world as it is now, for all resolvers, looked at ahead as the first one would.

        ``credentials`` were taken out of references.
        """
        settled = tuple(self._settled.values())
        pinned = dict(chain.from_iterable(one.indexes.pinned for one in settled))
        return live_source(
            first.question,
            first.policy,
            cache,
            sandbox=self._ask.sandbox,
            root=Path(self._project).absolute().parent if first.policy.mode is Mode.LOCK else None,
            offline=self._ask.offline or any(one.offline for one in settled),
            refresh=self._ask.refresh,
            origins={url: origin for one in reversed(settled) for url, origin in one.origins.items()},
            credentials=credentials | {url: pair for one in reversed(settled) for url, pair in one.credentials.items()},
            cert=self._ask.cert or next((one.cert for one in settled if one.cert is not None), None),
            keyring=next((one.keyring for one in settled if one.keyring is not None), "disabled"),
            indexes=dict.fromkeys(
                index
                for index in (
                    *(index for one in settled for index in (one.indexes.default, *one.indexes.extra)),
                    *pinned.values(),
                    *(one.index for one in first.question.requirements),
                )
                if index is not None
            ),
            pinned=pinned,
            trusted_hosts=(*self._ask.trusted_hosts, *chain.from_iterable(one.trusted_hosts for one in settled)),
            progress=None if progress is None else lambda done, total: progress(done, total, "reading metadata"),
            processes=processes,
            waiting=pace.wait,
        )


def disguise_of(
    inquiry: Inquiry, names: Sequence[str], *, renames: bool, variables: Mapping[str, str] | None = None
) -> Disguise:
    """What hides these projects, and with ``renames`` the indexes. Raises InputError for what is no name."""
    places = private_places([asked.question for asked in inquiry.asked], DEFAULT_INDEX) if renames else ()
    return Disguise(variables=variables, names=[project_name(name) for name in names], places=places)


def _of_lock_alone(settled: Settled) -> Settled:
    """What counts for a lock: no backend of PyTorch."""
    replace = msgspec.structs.replace
    return replace(
        settled,
        indexes=replace(settled.indexes, pinned=()),
        settings=tuple(replace(one, honoured=one.honoured and one.name != "torch-backend") for one in settled.settings),
    )


def _of_lock(lock: LockFile | None, *, locks: bool) -> Iterator[Setting]:
    """The options that a lock repeats, for one that is asked about: they count where nothing here says otherwise."""
    if lock is not None and locks:
        for name, value in lock.options:
            yield Setting(name=name, value=value, origin=lock.file)


def _with_config(environ: Mapping[str, str], ask: Ask) -> Mapping[str, str]:
    """The variables as if they named the configuration that the options name."""
    named = {} if ask.config_file is None else {"UV_CONFIG_FILE": ask.config_file}
    return {**environ, **named, **({"UV_NO_CONFIG": "1"} if ask.no_config else {})}


def _tree(folder: Path) -> Metadata | Unavailable:
    from backtrail.index.build.direct_references import read_tree

    return read_tree(folder)


def _changes_of(ask: Ask, now: datetime) -> tuple[IndexChange, ...]:
    """What the index is to be otherwise in."""
    if not ask.index_changes:
        return ()
    if ask.log is not None:
        option = ask.index_changes[0][0]
        raise InputError(f"--{option}: a log says what an index had: ask its question by itself to change that")
    from backtrail.sources.index_options import read_index_changes

    return read_index_changes(ask.index_changes, now=now)


def _typed(ask: Ask) -> frozenset[str]:
    """Options on the command line that variables and configuration may set as well, by their names there."""
    given = {
        "python": ask.python,
        "python-platform": ask.platform,
        "constraint": ask.constraint_files,
        "override": ask.override_files,
        "exclude": ask.exclude_files,
        "build-constraint": ask.build_constraint_files,
        "cert": ask.cert,
        "offline": ask.offline,
    }
    return frozenset(name for name, value in given.items() if value)


def _subject(text: str) -> Requirement:
    """The project that ``why`` asks about. Raises InputError for a file, and for a direct reference."""
    if is_file_word(text):
        kind = kind_of(text)
        if kind in LISTS or kind is Kind.PROJECT:
            raise InputError(f"{text!r} is a file: why asks about one project, such as why NAME -r {text}")
        raise refuse(text, kind)
    subject = read_requirement(text, Origin())
    if subject.url is not None:
        raise InputError(f"{text!r} is a direct reference: why asks about projects on an index")
    return subject


@cache
def _environment() -> Environment:
    """Here: no names of hosts or users, no paths, no variables."""
    from importlib.metadata import version

    return Environment(
        backtrail=version("backtrail"),
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        system=platform.system(),
        machine=platform.machine(),
    )


def _lines(ask: Ask, policies: Sequence[Policy]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Requirements, and the files of them: a project that is only locked is read as a project."""
    if any(policy.mode is not Mode.LOCK for policy in policies):
        return ask.requirements, ask.files
    given = (*ask.requirements, *ask.files, *ask.editables, *ask.groups, *ask.extras, *ask.constraint_files)
    given = (*given, *ask.override_files, *ask.exclude_files, *ask.build_constraint_files)
    other = next((one for one in given if not _is_project(one)), None)
    if other is not None:
        raise InputError(f"{other!r}: uv-lock locks what a project declares, and nothing beside it")
    return (), ()


def _project(ask: Ask) -> str:
    """The ``pyproject.toml`` that would be locked; of a lock that speaks for it, the one beside it."""
    if ask.declared is not None:
        path = split_revision(ask.declared)[1] if is_revision(ask.declared) else ask.declared
        return str(Path(path).with_name(PYPROJECT))
    return project_root(next(filter(_is_project, (*ask.requirements, *ask.files)), None))


def _is_project(word: str) -> bool:
    return is_file_word(word) and kind_of(word) is Kind.PROJECT


def _policies(ask: Ask) -> tuple[Policy, ...]:
    """The resolvers asked for, in order."""
    usual = "uv-lock" if ask.lock else "both"
    policies = parse_resolvers(ask.resolvers or (usual,), universal=ask.universal)
    if ask.command == "compare" and len(policies) < 2:
        raise InputError(f"compare needs two resolvers: --resolver {policies[0].key} is one")
    return policies
