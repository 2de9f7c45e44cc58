"""From a question to its answer: reads the inputs, crawls, runs the resolvers, explains, and keeps what was read."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from packaging.utils import InvalidName, canonicalize_name

from backtrail.explain.availability import availability
from backtrail.explain.selection import Look
from backtrail.index import DEFAULT_INDEX
from backtrail.index.cache import Cache, default_folder
from backtrail.index.live import LiveSource
from backtrail.inputs.gather import Inputs, gather
from backtrail.inputs.requirement_text import check_direct, read_requirement
from backtrail.inputs.settings import Flags, Settled, settle
from backtrail.inputs.stand_ins import read_stand_ins
from backtrail.inputs.target import target
from backtrail.model.case import Report
from backtrail.model.errors import InputError
from backtrail.model.files import File, Listing, Page
from backtrail.model.finding import Finding
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.policy import Policy, parse_resolver, parse_resolvers
from backtrail.model.project import Answer, Instead, ProjectView, VersionTable
from backtrail.model.question import Question
from backtrail.model.record import Record
from backtrail.model.requirement import Origin, Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Outcome
from backtrail.privacy import Disguise, Variables, private_places
from backtrail.scout import Scout

if TYPE_CHECKING:
    from backtrail.explain.parting import Side
    from backtrail.index.build import Builder
    from backtrail.index.recording import Recorder, World

Progress = Callable[[int, int, str], None]
"""Told how many things are read of how many asked for, and what is going on."""


_ELSEWHERE = 5_000
"""Rounds that another engine is given to find what one missed."""


class Ask(Record, frozen=True, kw_only=True):
    """What the user typed, unread."""

    command: str
    subject: str | None = None
    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    override_files: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    python: str | None = None
    platform: str | None = None
    dependency_metadata: tuple[str, ...] = ()
    flags: Flags = Flags()
    cert: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    offline: bool = False
    refresh: bool = False
    budget: int = 24
    anonymize: tuple[str, ...] = ()
    anonymize_index: bool = False

    @property
    def solves(self) -> bool:
        """Whether requirements are resolved; ``why REQ`` alone looks at index pages only."""
        return bool(self.command != "why" or self.requirements or self.files or self.editables or self.groups)


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

    ``environment`` is where it was asked first, None where nobody recorded that; no answer depends on it.
    """

    asked: tuple[Asked, ...]
    solves: bool
    budget: int
    environment: Environment | None = None


class Answered:
    """A report with the recording it rests on."""

    def __init__(self, inquiry: Inquiry, report: Report, recorder: "Recorder") -> None:
        """Keep what the answer was made of."""
        self.inquiry = inquiry
        self.report = report
        self._recorder = recorder

    @property
    def case(self) -> "Case":
        """The recording as a file to write. Where this computer keeps its interpreter is nobody's business."""
        replace = msgspec.structs.replace
        asked = tuple(
            replace(one, question=replace(one.question, target=replace(one.question.target, interpreter=None)))
            for one in self.inquiry.asked
        )
        return Case(replace(self.inquiry, asked=asked), self._recorder.world(), self.report)

    @property
    def world(self) -> "World":
        """What was read so far."""
        return self._recorder.world()

    def graph(self) -> Any:
        """The candidate graph of the first run (``networkx.MultiDiGraph``)."""
        from backtrail.admission import judge
        from backtrail.graph import candidate_graph

        world = self._recorder.world()
        run, asked = self.report.runs[0], self.inquiry.asked[0]
        question = asked.question
        return candidate_graph(
            run,
            question.requirements,
            question.target,
            listings={page.name: page for page in world.pages.values() if isinstance(page, Listing)},
            metadata=world.metadata_of,
            verdict=lambda file: judge(file, asked.policy, question.target, question.options),
        )


class Case:
    """A question, the world it was answered from, and for readers the answer; ready to be written."""

    def __init__(self, inquiry: Inquiry, world: "World", report: Report) -> None:
        """Nothing is written yet."""
        self._inquiry = inquiry
        self._world = world
        self._report = report

    def write(self, path: Path) -> None:
        """Write the Case file; raises OSError."""
        from backtrail.index.recording import write_case
        from backtrail.report.document import encode, trails

        for_readers = {"report.json": encode(self._report), "trails.jsonl": trails(self._report)}
        write_case(path, msgspec.to_builtins(self._inquiry, order="sorted"), self._world, for_readers)


def inquire(ask: Ask, *, environ: Mapping[str, str], now: datetime, progress: Progress | None = None) -> Answered:
    """Read the question, and answer it from the cache and the network. Raises InputError and IndexFailure."""
    with opened(ask, environ=environ, now=now, progress=progress) as (inquiry, recorder):
        return Answered(inquiry, answer(inquiry, recorder), recorder)


@contextmanager
def opened(
    ask: Ask, *, environ: Mapping[str, str], now: datetime, progress: Progress | None = None
) -> Iterator[tuple[Inquiry, "Recorder"]]:
    """The question, read, and the cache and the network to answer it from, while inside. Raises as ``inquire``.

    Both are disguised: nothing private goes further than this.
    """
    from backtrail.index.recording import Recorder

    prepared = _Preparation(ask, environ, now)
    inquiry = prepared.inquiry()
    with prepared.source(progress) as live:
        if inquiry.asked[0].question.indexes.find_links:
            live.open_links(inquiry.asked[0].question.indexes.find_links)
        disguise = prepared.disguise(inquiry)
        yield disguise.record(inquiry), Recorder(disguise.source(live))


def replay(path: str, *, anonymize: Sequence[str] = (), anonymize_index: bool = False) -> Answered:
    """Answer a recorded question again from its recording alone, under other names if these are given.

    Raises InputError for a file that is no Case.
    """
    from backtrail.index.recording import Recorder, Replay

    inquiry, world = recorded(path)
    disguise = _disguise(inquiry, anonymize, renames=anonymize_index)
    inquiry, recorder = disguise.record(inquiry), Recorder(disguise.source(Replay(world)))
    return Answered(inquiry, answer(inquiry, recorder), recorder)


def recorded(path: str) -> tuple[Inquiry, "World"]:
    """What a Case file holds. Raises InputError for a file that is no Case."""
    from backtrail.index.recording import read_case

    question, world = read_case(Path(path))
    try:
        inquiry = msgspec.convert(question, Inquiry)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: the question of this Case cannot be read: {error}") from None
    if not inquiry.asked:
        raise InputError(f"{path}: no resolver is asked in this Case")
    return inquiry, world


def answer(inquiry: Inquiry, source: Source) -> Report:
    """Answer a question from a source: run each resolver, look at the project asked about, explain."""
    first = inquiry.asked[0].question
    runs: list[Run] = []
    findings: list[Finding] = []
    tables: list[VersionTable] = []
    others: dict[str, Instead] = {}
    if inquiry.solves:
        for asked in inquiry.asked:
            # Who compares wants to know where resolvers part; what would change one answer is another question.
            told = _solve(asked, source, 0 if first.command == "compare" else inquiry.budget)
            runs.append(told.run)
            findings += told.findings
            tables += () if told.table is None else (told.table,)
            if told.instead is not None:
                others[told.run.key] = told.instead
        across = tuple(_across(inquiry, runs, source))
        missed = {key for one in across if one.code == "BT116" for key in one.runs}
        # Lines that have an answer contradict nothing, whatever a search ends with.
        findings = [*across, *(one for one in findings if one.code != "BT109" or missed.isdisjoint(one.runs))]
    project: ProjectView | None = None
    answers: dict[str, Answer] = {}
    if first.subject is not None:
        seen = availability(
            first.subject,
            [_look(asked, source, first.subject) for asked in inquiry.asked],
            first.options,
            settings=first.settings,
            names=[requirement.name for requirement in first.requirements],
        )
        project = msgspec.structs.replace(seen.project, tables=tuple(tables))
        answers = {key: msgspec.structs.replace(found, instead=others.get(key)) for key, found in seen.answers.items()}
        findings += seen.findings
    return Report(question=first, runs=tuple(runs), findings=tuple(findings), project=project, answers=answers)


class _Told(NamedTuple):
    """A run and what is to be said of it.

    Of the project asked about: ``instead`` is what would have to change for its version, ``table`` the reason for each.
    """

    run: Run
    findings: tuple[Finding, ...]
    instead: Instead | None
    table: VersionTable | None


def _solve(asked: Asked, source: Source, solves: int) -> _Told:
    """Run one resolver, and explain what came of it."""
    from backtrail.explain.budget import Budget
    from backtrail.explain.resolution import explain

    question, policy, budget = asked.question, asked.policy, Budget(solves)
    run = resolve(question, policy, source)

    def again(changed: Question) -> Run:
        return resolve(changed, policy, source)

    def quick(changed: Question) -> Run:
        return resolve(changed, policy, source, silent=True)

    other, table = None, None
    if question.subject is not None:
        from backtrail.explain.instead import instead
        from backtrail.explain.stock import Stock
        from backtrail.explain.versions import version_table

        def elsewhere(changed: Question, where: Source) -> Run:
            return resolve(changed, policy, where)

        # What was asked comes before what nobody asked for: the budget is one.
        other = instead(run, question, Stock(question, policy, source), again, budget)
        table = version_table(run, question.subject.name, question, policy, source, elsewhere, budget)
    findings = explain(run, question, policy, source, again, budget=budget, quick=quick)
    return _Told(run=run, findings=findings, instead=other, table=table)


def _across(inquiry: Inquiry, runs: Sequence[Run], source: Source) -> Iterator[Finding]:
    """Where each further run parts with the first, and which runs missed an answer that there is."""
    from backtrail.explain.divergence import diverge
    from backtrail.explain.missed import missed
    from backtrail.explain.parting import Side

    thorough = inquiry.asked[0].question.command == "compare"

    def solve(question: Question, policy: Policy) -> Run:
        return resolve(question, policy, source, silent=not thorough)

    sides = [
        Side(run, asked.question, asked.policy, _rules(asked.policy))
        for run, asked in zip(runs, inquiry.asked, strict=True)
    ]
    for side in sides[1:]:
        found = diverge(sides[0], side, solve, budget=inquiry.budget, thorough=thorough)
        if found is not None:
            yield found
    for side in sides:
        found = missed(
            side.run,
            side.question,
            lambda question, policy=side.policy: resolve(question, policy, source),  # type: ignore[misc]
            chain(runs, _elsewhere(side, source)),
        )
        if found is not None:
            yield found


def _rules(policy: Policy) -> dict[str, bool]:
    """The rules of a release that can be switched, each with whether it is in force."""
    if policy.tool == "pip":
        from backtrail.engines.pip.preset import defaults
    else:
        from backtrail.engines.uv.profile import defaults
    return {**defaults(policy), "reads_whole_requires_python": policy.reads_whole_requires_python}


def _elsewhere(side: "Side", source: Source) -> Iterator[Run]:
    """What the other tool's engine answers to the same question, Requires-Python read as the first reads it.

    Not where a search went on for as long as it may, or as the user had patience.
    """
    options = side.question.options
    if side.run.outcome is Outcome.GAVE_UP and options.max_rounds is None:
        return
    other = parse_resolver("uv" if side.policy.tool == "pip" else "pip")
    yield resolve(
        msgspec.structs.replace(side.question, options=msgspec.structs.replace(options, max_rounds=_ELSEWHERE)),
        msgspec.structs.replace(other, switched=frozenset({"reads_whole_requires_python"})),
        source,
        silent=True,
    )


def resolve(question: Question, policy: Policy, source: Source, *, silent: bool = False) -> Run:
    """Run the resolver that the policy names; ``silent``: without a trail."""
    if policy.tool == "pip":
        from backtrail.engines.pip.engine import solve as solve_as_pip

        return solve_as_pip(question, policy, source, silent=silent)
    from backtrail.engines.uv.engine import solve as solve_as_uv

    return solve_as_uv(question, policy, source, silent=silent)


def _look(asked: Asked, source: Source, subject: Requirement) -> Look:
    """The project's pages in the resolver's order: uv asks the default index last, pip first."""
    indexes = asked.question.indexes
    default = () if indexes.default is None else (indexes.default,)
    order = (*indexes.extra, *default) if asked.policy.tool == "uv" else (*default, *indexes.extra)
    order = tuple(dict.fromkeys(order))
    for index in order:
        source.want_pages(index, [subject.name])
    pages: list[Page] = [source.page(index, subject.name) for index in order]
    return Look(
        policy=asked.policy,
        target=asked.question.target,
        pages=tuple(pages),
        links=tuple(source.links(location, subject.name) for location in indexes.find_links),
    )


class _Preparation:
    """Reads all inputs of an Ask before anything is crawled, so that what is wrong is said at once."""

    def __init__(self, ask: Ask, environ: Mapping[str, str], now: datetime) -> None:
        self._ask = ask
        self._environ = environ
        self._now = now
        self._variables = Variables(environ)
        self._inputs: Inputs = gather(
            requirements=ask.requirements,
            editables=ask.editables,
            files=ask.files,
            constraints=ask.constraint_files,
            overrides=ask.override_files,
            extras=ask.extras,
            groups=ask.groups,
            environ=self._variables,
        )
        self._stand_ins = read_stand_ins(ask.dependency_metadata)
        self._subject = None if ask.subject is None else read_requirement(ask.subject, Origin())
        if self._subject is not None and self._subject.url is not None:
            raise InputError(f"{ask.subject!r} is a direct reference: why asks about projects on an index")
        check_direct((*self._inputs.requirements, *self._inputs.constraints, *self._inputs.overrides), self._stand_ins)
        self._policies = _policies(ask)
        self._settled = self._settle(self._policies[0].tool)

    def _settle(self, tool: str) -> Settled:
        chosen: Literal["uv", "pip"] = "uv" if tool == "uv" else "pip"
        return settle(
            self._ask.flags,
            self._inputs.settings,
            environ=self._environ,
            now=self._now,
            default_index=DEFAULT_INDEX,
            tool=chosen,
        )

    def inquiry(self) -> Inquiry:
        """The question for each resolver."""
        asked = tuple(Asked(policy=policy, question=self._question(policy)) for policy in self._policies)
        return Inquiry(asked=asked, solves=self._ask.solves, budget=self._ask.budget, environment=_environment())

    def disguise(self, inquiry: Inquiry) -> Disguise:
        """What hides whatever is private in the question, and what the user wants hidden."""
        return _disguise(
            inquiry, self._ask.anonymize, renames=self._ask.anonymize_index, variables=self._variables.used
        )

    def _question(self, policy: Policy) -> Question:
        settled = self._settle(policy.tool)
        return Question(
            command=self._ask.command,
            requirements=self._inputs.requirements,
            constraints=self._inputs.constraints,
            overrides=self._inputs.overrides,
            subject=self._subject,
            target=target(self._ask.python, self._ask.platform, policy, environ=self._environ),
            indexes=settled.indexes,
            options=settled.options,
            stand_ins=self._stand_ins,
            settings=settled.settings,
        )

    def source(self, progress: Progress | None) -> AbstractContextManager[LiveSource]:
        """The world as it is now."""
        folder = self._environ.get("BACKTRAIL_CACHE_DIR")
        return live_source(
            self._question(self._policies[0]),
            self._policies[0],
            Cache(Path(folder) if folder else default_folder()),
            offline=self._ask.offline,
            refresh=self._ask.refresh,
            credentials={urlsplit(host).netloc: pair for host, pair in self._settled.credentials.items()},
            cert=self._ask.cert,
            trusted_hosts=(*self._ask.trusted_hosts, *self._settled.trusted_hosts),
            progress=None if progress is None else lambda done, total: progress(done, total, "reading metadata"),
        )


def _disguise(
    inquiry: Inquiry, names: Sequence[str], *, renames: bool, variables: Mapping[str, str] | None = None
) -> Disguise:
    places = private_places([asked.question for asked in inquiry.asked], DEFAULT_INDEX) if renames else ()
    return Disguise(variables=variables, names=[_name(name) for name in names], places=places)


def _name(text: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise InputError(f"--anonymize {text!r} is not the name of a project") from None


@contextmanager
def live_source(question: Question, policy: Policy, cache: Cache, **access: Any) -> Iterator[LiveSource]:
    """A source for one question, with builds if its options ask for them; ``access`` is as LiveSource takes it."""
    builder: Builder | None = None

    def direct(requirement: Requirement) -> Metadata | Unavailable:
        from backtrail.index.direct import read_direct

        return read_direct(requirement, builder)

    with ExitStack() as closing:
        scout = Scout(question, policy)
        source = closing.enter_context(
            LiveSource(cache, stand_ins=question.stand_ins, scout=scout, direct=direct, **access)
        )
        if question.options.build_sdists:
            builder = closing.enter_context(_builder(question, policy, source, closing))
            target, options = question.target, question.options
            context = (policy.key, target.python, target.platform, options.exclude_newer, question.indexes)
            source.build_with(builder, context=repr(context))
        yield source


def _builder(question: Question, policy: Policy, source: LiveSource, closing: ExitStack) -> "Builder":
    """Builds in environments that the same resolver solves, from the same indexes with the same cut-off."""
    from backtrail.index.build import Builder, BuildError

    folder = Path(closing.enter_context(TemporaryDirectory(prefix="backtrail-")))

    def solve_requirements(requirements: tuple[Requirement, ...]) -> list[File]:
        asked = msgspec.structs.replace(question, requirements=requirements, constraints=(), overrides=(), subject=None)
        run = resolve(asked, policy, source, silent=True)
        if run.outcome is not Outcome.SOLVED:
            wanted = ", ".join(requirement.text for requirement in requirements)
            raise BuildError(f"its build requirements cannot be had: {wanted}")
        return [pin.file for pin in run.pins if pin.file is not None]

    def download(file: File) -> Path:
        found = source.download(file, folder)
        if isinstance(found, Unavailable):
            raise BuildError(found.detail or found.failure.value, found.failure)
        return found

    return Builder(question.target, solve=solve_requirements, download=download)


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


def _policies(ask: Ask) -> tuple[Policy, ...]:
    """The resolvers asked for, in order."""
    policies = parse_resolvers(ask.resolvers or ("both",))
    if ask.command == "compare" and len(policies) < 2:
        raise InputError(f"compare needs two resolvers: --resolver {policies[0].key} is one")
    return policies


__all__ = ["Answered", "Ask", "Asked", "Case", "Inquiry", "answer", "inquire", "replay"]
