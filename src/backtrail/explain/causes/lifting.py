"""The same question, over the same world, without some facts: what the user's lines insist on, what a rule hides."""

from collections.abc import Callable, Collection, Iterable

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.one_answer import constrained
from backtrail.explain.remedies.with_options import with_option
from backtrail.model.files import FileKind
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.model.installed import Installed
from backtrail.model.metadata import Metadata
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Origin, Requirement
from backtrail.model.run import Asked
from backtrail.model.source import Source
from backtrail.resolvers.registry import resolver_of
from backtrail.sources.lifted import OF_FILES, OF_METADATA, Lifted, bare
from backtrail.standards.lenient import lenient_requirement


def lift_line(question: Question, line: Requirement) -> Question:
    """The question with a line of the user's that admits every version; a constraint or an override is left out."""

    def freed(listed: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(bare(one) if one == line else one for one in listed)

    return msgspec.structs.replace(
        with_lists(question, freed),
        constraints=tuple(one for one in question.constraints if one != line),
        overrides=tuple(one for one in question.overrides if one != line),
    )


def with_lists(question: Question, change: Callable[[tuple[Requirement, ...]], tuple[Requirement, ...]]) -> Question:
    """The question with other requirements of the user's, in the lists of a workspace, too."""
    workspace, universal = question.universal.workspace, question.universal
    if workspace is not None:
        universal = msgspec.structs.replace(universal, workspace=workspace.mapped(change))
    return msgspec.structs.replace(question, requirements=change(question.requirements), universal=universal)


def own_line(question: Question, asked: Asked) -> Requirement | None:
    """The line of the user's by which something is asked for, None where it is a package that asks.

    A project that is locked asks for the user; its lines are lowered before they are asked, and keep their words.
    """
    workspace = question.universal.workspace
    if asked.by is None:
        return asked.requirement
    if workspace is None or all(member.name != asked.by for member in workspace.members):
        return None
    words = asked.requirement.text, asked.requirement.origin
    return next((one for one in question.requirements if (one.text, one.origin) == words), None)


def without(
    question: Question, policy: Policy, source: Source, obstacles: Iterable[Obstacle]
) -> tuple[Question, Source]:
    """The question and the world without some facts, all others being as they are."""
    lifted = tuple(obstacles)
    for one in lifted:
        question = _asked_without(question, one)
    pairs = {(one.by, one.project) for one in lifted if one.kind is ObstacleKind.REQUIREMENT}
    rest = [one for one in lifted if one.kind in OF_FILES | OF_METADATA or one.kind is ObstacleKind.FIRST_INDEX]
    if not pairs and not rest:
        return question, source

    def asks(name: NormalizedName, version: Version, requirement: Requirement) -> bool:
        del version
        return (name, requirement.name) in pairs

    question = _installed_without(question, pairs)
    indexes = resolver_of(policy).behaviour.index_order(question.indexes)
    return question, Lifted(source, asks, rest, indexes=indexes)


def _installed_without(question: Question, pairs: Collection[tuple[NormalizedName | None, NormalizedName]]) -> Question:
    """The question with what is installed asking for any version where one of the pairs is."""
    environment = question.environment
    if environment is None or not pairs:
        return question
    freed = tuple(
        _freed(one, {project for by, project in pairs if by == one.name}) for one in environment.distributions
    )
    return msgspec.structs.replace(question, environment=msgspec.structs.replace(environment, distributions=freed))


def _freed(installed: Installed, projects: Collection[NormalizedName]) -> Installed:
    if not projects or not isinstance(installed.metadata, Metadata):
        return installed
    read = [(text, lenient_requirement(text)) for text in installed.metadata.requires_dist]
    texts = (text if one is None or one.name not in projects else bare(one).text for text, one in read)
    return msgspec.structs.replace(
        installed, metadata=msgspec.structs.replace(installed.metadata, requires_dist=tuple(texts))
    )


def line_of(question: Question, obstacle: Obstacle) -> Requirement | None:
    """The user's line that is an obstacle, None where it is none."""
    lines = {
        ObstacleKind.OWN_LINE: question.requirements,
        ObstacleKind.CONSTRAINT: question.constraints,
        ObstacleKind.OVERRIDE: question.overrides,
    }.get(obstacle.kind, ())
    place = obstacle.text, obstacle.file, obstacle.line
    return next((one for one in lines if (one.text, *_place(one.origin)) == place), None)


def _place(origin: Origin | None) -> tuple[str | None, int | None]:
    return (None, None) if origin is None else (origin.file, origin.line)


def _asked_without(question: Question, obstacle: Obstacle) -> Question:
    line = line_of(question, obstacle)
    if line is not None:
        return lift_line(question, line)
    options = question.options
    if obstacle.kind is ObstacleKind.PRERELEASE:
        # A bound that names a pre-release opts in to those of its project, with both tools; this one bounds nothing.
        opted = constrained(question, [f"{obstacle.project}>=0.dev0"])
        if options.prereleases(obstacle.project) in ("disallow", "if-necessary"):
            others = tuple(one for one in options.prerelease_package if one[0] != obstacle.project)
            options = msgspec.structs.replace(options, prerelease=None, prerelease_package=others)
        return msgspec.structs.replace(opted, options=options)
    if obstacle.kind is ObstacleKind.FORMAT:
        sdists = options.formats.allows(obstacle.project, FileKind.SDIST.value)
        option = f"--only-binary {obstacle.project}" if sdists else f"--no-binary {obstacle.project}"
        return msgspec.structs.replace(question, options=with_option(options, option) or options)
    return question
