"""The world as it is now, opened for one question: the index, direct references, and builds if they are asked for."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from backtrail import transient
from backtrail.index.cache import Cache, Fact
from backtrail.index.files.sdist import static_metadata
from backtrail.inputs.asked_target import target
from backtrail.inputs.interpreters import python_for_builds
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.target import Target
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import resolve, resolver_of
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.universal.question_scope import for_one
from backtrail.sources.live import LiveSource
from backtrail.sources.prefetch import Scout
from backtrail.sources.references import DirectReader

if TYPE_CHECKING:
    from concurrent.futures import Future

    from backtrail.index.build.builder import Builder


_READ_ON = 1_000
"""Rounds that a run goes ahead of one that waits for a build."""


@contextmanager
def live_source(
    question: Question, policy: Policy, cache: Cache, *, sandbox: bool = False, root: Path | None = None, **access: Any
) -> Iterator[LiveSource]:
    """A source for one question, with builds if its options ask for them; ``access`` is as LiveSource takes it.

    ``root`` is the folder of the project that is locked, None: nothing is.
    """
    builder: Builder | None = None

    question, policy = for_one(question), policy.specific  # builds are made here, and guesses may be wrong
    with ExitStack() as closing:
        closing.callback(cache.close)
        scout = Scout(question, policy)
        source = LiveSource(cache, stand_ins=question.stand_ins, scout=scout, direct=lambda one: reader(one), **access)
        reader = DirectReader(
            source,
            closing.enter_context(transient.folder()),
            offline=bool(access.get("offline")),
            builder=lambda: builder,
            credentials=access.get("credentials"),
            root=root,
        )
        if question.options.build_sdists:
            downloads = closing.enter_context(transient.folder())
            builder = closing.enter_context(_builder(question, policy, source, sandbox=sandbox))
            target, options = question.target, question.options
            context = (policy.key, target.python, target.platform, options.exclude_newer, question.indexes,
                       target.installed, question.build_constraints, sandbox)  # fmt: skip
            will_build = _will_build(question, policy)
            source.build_with(
                builder,
                context=repr(context),
                downloads=downloads,
                prepare=(builder.prepare_venv, builder.prepare_environment),
                meanwhile=None if will_build is None else partial(_read_on, question, policy, source),
                will_build=will_build,
                kill=builder.call_off,
                rebuild=lambda file, more: _rebuilt(file, more, question, policy, source, sandbox=sandbox),
            )
        closing.enter_context(source)
        if builder is not None:
            closing.callback(builder.stop)
        yield source


def _read_on(question: Question, policy: Policy, source: LiveSource, build: "Future[Fact]") -> None:
    """Until a build is over, read what a run will likely read after it, going by what the texts of sdists say."""
    options = msgspec.structs.replace(question.options, build_sdists=False, max_rounds=_READ_ON)
    resolve(msgspec.structs.replace(question, options=options), policy, source.beside(until=build), silent=True)


def _will_build(question: Question, policy: Policy) -> Callable[[File, SdistContents], bool] | None:
    """Which sdists are built ahead: those that the resolver builds ahead itself, the newest in range; None: none.

    Who wants old versions does not want the newest built.
    """
    if not resolver_of(policy).behaviour.builds_ahead or question.options.resolution != "highest":
        return None
    egg_info = profile(policy).reads_egg_info
    return lambda file, contents: static_metadata(contents, file, egg_info=egg_info) is None


def _builder(question: Question, policy: Policy, source: LiveSource, *, sandbox: bool) -> "Builder":
    """Builds in environments that the same resolver solves, from the same indexes with the same cut-off."""
    from backtrail.index.build.builder import TIME_LIMIT, Builder, BuildError
    from backtrail.index.build.sandbox import find_sandbox

    with_python = with_build_python(question.target)

    def solve_requirements(requirements: tuple[Requirement, ...]) -> list[File]:
        asked = msgspec.structs.replace(
            question.to_build(requirements),
            target=target(with_python.interpreter, None, resolver_of(policy).behaviour.target),
        )
        run = resolve(asked, policy, source.beside(installs=True), silent=True)
        if run.outcome is not Outcome.SOLVED:
            wanted = ", ".join(requirement.text for requirement in requirements)
            raise BuildError(f"its build requirements are not available: {wanted}")
        return [pin.file for pin in run.pins if pin.file is not None]

    def download(file: File) -> Path:
        found = source.download(file)
        if isinstance(found, Unavailable):
            raise BuildError(found.detail or found.failure.value, found.failure)
        return found

    limit = min(TIME_LIMIT, question.options.time_limit or TIME_LIMIT)
    return Builder(
        str(with_python.interpreter),
        solve=solve_requirements,
        download=download,
        time_limit=limit,
        sandbox=find_sandbox() if sandbox else None,
    )


def _rebuilt(
    file: File, more: tuple[Requirement, ...], question: Question, policy: Policy, source: LiveSource, *, sandbox: bool
) -> Metadata | Unavailable:
    """What a build gives under more constraints than the user's on what it requires."""
    constraints = (*question.build_constraints, *more)
    asked = msgspec.structs.replace(question, build_constraints=constraints)
    with _builder(asked, policy, source, sandbox=sandbox) as builder:
        return builder(file)


def with_build_python(target: Target, environ: Mapping[str, str] = os.environ) -> Target:
    """The target with the interpreter that builds run with."""
    found = python_for_builds(target.python, target.interpreter, environ=environ)
    return msgspec.structs.replace(target, interpreter=found.executable, installed=found.version)
