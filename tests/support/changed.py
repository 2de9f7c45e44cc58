"""Changes made to a world by hand, so that what an explanation says can be tried without the explainer."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.model.finding import Amendment, Obstacle, ObstacleKind, Remedy
from backtrail.model.project import Hold
from support.worlds import File, Question, Release, World


def with_remedy(question: Question, remedy: Remedy) -> Question | None:
    """The question as a user would write it with a remedy; None for what no line and no option says here."""
    changed: Question | None = question
    for one in (Amendment(kind=remedy.kind, change=remedy.change, of=remedy.of), *remedy.also):
        changed = None if changed is None else _amended(changed, one)
    return changed


def _amended(question: Question, remedy: Amendment) -> Question | None:
    lines, change = question.requirements, remedy.change
    match remedy.kind:
        case "add":
            return replace(question, requirements=(*lines, change))
        case "order":
            return replace(question, requirements=(change, *lines))
        case "constrain":
            return replace(question, constraints=(*question.constraints, change))
        case "replace" | "relax" | "drop":
            written = () if remedy.kind == "drop" else (change,)
            if remedy.of in lines:
                return replace(question, requirements=_rewritten(lines, remedy.of, written))
            return replace(question, constraints=_rewritten(question.constraints, remedy.of or "", written))
        case "policy":
            return _with_option(question, change)
        case "python":
            return replace(question, python=change)
        case _:
            return None


def _rewritten(lines: tuple[str, ...], of: str, written: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(new for line in lines for new in (written if line == of else (line,)))


def _with_option(question: Question, text: str) -> Question | None:
    option, _, value = text.partition(" ")
    match option:
        case "--only-binary":
            return replace(question, only_binary=(*question.only_binary, value))
        case "--no-binary":
            return replace(question, no_binary=(*question.no_binary, value))
        case "--prerelease":
            return replace(question, prerelease=value)
        case "--exclude-newer":
            return replace(question, exclude_newer=value)
        case _:
            return None


def without(world: World, hold: Hold) -> World:
    """The world in which a requirement no longer speaks of versions; a constraint is gone altogether."""
    text, by = hold.asked.requirement.text, hold.asked.by
    if by is None:
        question = world.question
        return replace(
            world,
            question=replace(
                question,
                requirements=tuple(bare(line) if line == text else line for line in question.requirements),
                constraints=tuple(line for line in question.constraints if line != text or not hold.constraint),
            ),
        )
    assert hold.asked.version is not None
    version = Version(hold.asked.version)
    projects = (
        replace(project, releases=tuple(_loosened(one, text) if Version(one.version) == version else one
                                        for one in project.releases))
        if canonicalize_name(project.name) == by else project
        for project in world.projects
    )  # fmt: skip
    return replace(world, projects=tuple(projects))


def _loosened(release: Release, text: str) -> Release:
    def lifted(requires: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(bare(one) if one == text else one for one in requires)

    def file(one: File) -> File:
        return one if one.requires_dist is None else replace(one, requires_dist=lifted(one.requires_dist))

    return replace(release, files=tuple(map(file, release.files)), requires_dist=lifted(release.requires_dist))


def bare(text: str) -> str:
    """A requirement without its specifier."""
    try:
        parsed = Parsed(text)
    except InvalidRequirement:
        return text
    extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
    marker = f"; {parsed.marker}" if parsed.marker else ""
    return f"{parsed.name}{extras}{marker}"


def lifted(world: World, obstacles: Iterable[Obstacle]) -> World:
    """The world without some facts that an explanation names."""
    for one in obstacles:
        world = _lifted(world, one)
    return world


def _lifted(world: World, obstacle: Obstacle) -> World:
    question = world.question
    match obstacle.kind:
        case ObstacleKind.OWN_LINE:
            lines = tuple(bare(line) if line == obstacle.text else line for line in question.requirements)
            return replace(world, question=replace(question, requirements=lines))
        case ObstacleKind.CONSTRAINT:
            kept = tuple(line for line in question.constraints if line != obstacle.text)
            return replace(world, question=replace(question, constraints=kept))
        case ObstacleKind.PRERELEASE:
            opted = (*question.constraints, f"{obstacle.project}>=0.dev0")
            mode = None if question.prerelease == "disallow" else question.prerelease
            return replace(world, question=replace(question, constraints=opted, prerelease=mode))
        case ObstacleKind.REQUIREMENT:
            return _released(world, str(obstacle.by), lambda one: _freed(one, str(obstacle.project)))
        case _:
            assert obstacle.version is not None
            version, kind = Version(obstacle.version), obstacle.kind
            return _released(
                world, str(obstacle.project), lambda one: _eased(one, kind) if Version(one.version) == version else one
            )


def asking_nothing(world: World, name: str, version: str) -> World:
    """The world in which one release asks for no version of anything."""
    return _released(
        world,
        name,
        lambda one: _mapped(one, lambda requires: tuple(map(bare, requires)))
        if Version(one.version) == Version(version)
        else one,
    )


def _released(world: World, name: str, change: Callable[[Release], Release]) -> World:
    projects = (
        replace(project, releases=tuple(map(change, project.releases)))
        if canonicalize_name(project.name) == canonicalize_name(name)
        else project
        for project in world.projects
    )
    return replace(world, projects=tuple(projects))


def _freed(one: Release, project: str) -> Release:
    """A release that takes every version of a project."""

    def free(requires: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(bare(text) if _name(text) == canonicalize_name(project) else text for text in requires)

    return _mapped(one, free)


def _mapped(one: Release, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Release:
    files = tuple(
        file if file.requires_dist is None else replace(file, requires_dist=change(file.requires_dist))
        for file in one.files
    )
    return replace(one, requires_dist=change(one.requires_dist), files=files)


def _name(text: str) -> str | None:
    try:
        return canonicalize_name(Parsed(text).name)
    except InvalidRequirement:
        return None


def _eased(one: Release, kind: ObstacleKind) -> Release:
    """A release of which the files are not held to what an index, or its metadata, says of them."""

    def file(each: File) -> File:
        match kind:
            case ObstacleKind.YANKED:
                return replace(each, yanked=False)
            case ObstacleKind.REQUIRES_PYTHON:
                return replace(each, requires_python=None)
            case ObstacleKind.TAGS if each.is_wheel:
                name, version, *_ = each.filename.split("-")
                return replace(each, filename=f"{name}-{version}-py3-none-any.whl")
            case ObstacleKind.UNREADABLE:
                return replace(each, raw_metadata=None, requires_dist=())
            case _:
                return each

    files = {each.filename: each for each in map(file, one.files)}
    eased = replace(one, files=tuple(files.values()))
    if kind is ObstacleKind.REQUIRES_PYTHON:
        return replace(eased, requires_python=None)
    return replace(eased, requires_dist=()) if kind is ObstacleKind.UNREADABLE else eased
