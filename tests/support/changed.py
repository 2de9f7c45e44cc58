"""Changes made to a world by hand, so that what an explanation says can be tried without the explainer."""

from dataclasses import replace

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.model.finding import Remedy
from backtrail.model.project import Hold
from support.worlds import File, Question, Release, World


def with_remedy(question: Question, remedy: Remedy) -> Question | None:
    """The question as a user would write it with a remedy; None for what no line and no option says here."""
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
