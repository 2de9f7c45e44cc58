"""The smallest world that still shows something: whatever can go without changing that goes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from packaging.utils import canonicalize_name

from support.worlds import File, Project, Question, Release, World

T = TypeVar("T")


def smallest(world: World, shows: Callable[[World], bool]) -> World:
    """Take away from a world, greedily, as long as `shows` holds; it holds for the world itself."""
    while True:
        for simpler in _simpler(world):
            if shows(simpler):
                world = simpler
                break
        else:
            return world


def _simpler(world: World) -> Iterator[World]:
    """Worlds with one thing less, those that lose most first."""
    for project in dict.fromkeys(canonicalize_name(each.name) for listed in world.all_projects for each in listed):
        yield _without(world, project)
    for place in range(len(world.extra)):
        yield replace(world, extra=_dropped(world.extra, place))
    if world.links:
        yield replace(world, links=())
    for asked in _simpler_questions(world.question):
        yield replace(world, question=asked)
    for projects in _simpler_listings(world.projects):
        yield replace(world, projects=projects)
    for place, listed in enumerate(world.extra):
        for projects in _simpler_listings(listed):
            yield replace(world, extra=(*world.extra[:place], projects, *world.extra[place + 1 :]))
    for projects in _simpler_listings(world.links):
        yield replace(world, links=projects)


def _without(world: World, name: str) -> World:
    """The world without a project, and without every requirement on it."""

    def kept(lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(line for line in lines if _name(line) != name)

    def rest(projects: tuple[Project, ...]) -> tuple[Project, ...]:
        return tuple(
            replace(
                project,
                releases=tuple(
                    replace(
                        each,
                        requires_dist=kept(each.requires_dist),
                        files=tuple(
                            file
                            if file.requires_dist is None
                            else replace(file, requires_dist=kept(file.requires_dist))
                            for file in each.files
                        ),
                    )
                    for each in project.releases
                ),
            )
            for project in projects
            if canonicalize_name(project.name) != name
        )

    asked = world.question
    return replace(
        world,
        projects=rest(world.projects),
        extra=tuple(map(rest, world.extra)),
        links=rest(world.links),
        question=replace(
            asked,
            requirements=kept(asked.requirements),
            constraints=kept(asked.constraints),
            overrides=kept(asked.overrides),
        ),
    )


def _name(line: str) -> str:
    end = next((place for place, sign in enumerate(line) if not (sign.isalnum() or sign in "-_.")), len(line))
    return canonicalize_name(line[:end])


def _simpler_questions(asked: Question) -> Iterator[Question]:
    usual = Question(requirements=())
    for each in fields(Question):
        value, default = getattr(asked, each.name), getattr(usual, each.name)
        if value != default and each.name not in ("requirements", "python_platform"):
            yield replace(asked, **{each.name: default})
    for field in ("requirements", "constraints", "overrides", "only_binary", "no_binary"):
        for lines in _simpler_lines(getattr(asked, field)):
            changed: dict[str, Any] = {field: lines}
            yield replace(asked, **changed)


def _simpler_lines(lines: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for place in range(len(lines)):
        yield _dropped(lines, place)
    for place, line in enumerate(lines):
        for simpler in _simpler_line(line):
            yield (*lines[:place], simpler, *lines[place + 1 :])


def _simpler_line(line: str) -> Iterator[str]:
    """A requirement without its marker, its extras, or some of its specifiers."""
    head, semicolon, marker = line.partition(";")
    if semicolon:
        yield head.rstrip()
    if "[" in head and "]" in head:
        before, _, rest = head.partition("[")
        yield before + rest.partition("]")[2] + semicolon + marker
    if "@" in head or " --hash" in head:
        return
    parts = head.split(",")
    for place in range(len(parts) if len(parts) > 1 and "[" not in head else 0):
        kept = _dropped(parts, place)
        if place:
            yield ",".join(kept) + semicolon + marker
    name = _name(head)
    if len(head.strip()) > len(name):
        yield name + semicolon + marker


def _simpler_listings(projects: tuple[Project, ...]) -> Iterator[tuple[Project, ...]]:
    for place in range(len(projects)):
        yield _dropped(projects, place)
    for place, project in enumerate(projects):
        for releases in _simpler_releases(project.releases):
            yield (*projects[:place], replace(project, releases=releases), *projects[place + 1 :])


def _simpler_releases(releases: tuple[Release, ...]) -> Iterator[tuple[Release, ...]]:
    for place in range(len(releases)):
        yield _dropped(releases, place)
    for place, each in enumerate(releases):
        for simpler in _simpler_release(each):
            yield (*releases[:place], simpler, *releases[place + 1 :])


def _simpler_release(each: Release) -> Iterator[Release]:
    if each.requires_python is not None:
        yield replace(each, requires_python=None)
    if each.provides_extra:
        yield replace(each, provides_extra=())
    for lines in _simpler_lines(each.requires_dist):
        yield replace(each, requires_dist=lines)
    for place in range(len(each.files) if len(each.files) > 1 else 0):
        yield replace(each, files=_dropped(each.files, place))
    for place, file in enumerate(each.files):
        for simpler in _simpler_files(file):
            yield replace(each, files=(*each.files[:place], simpler, *each.files[place + 1 :]))


def _simpler_files(file: File) -> Iterator[File]:
    usual = File(filename=file.filename)
    for each in fields(File):
        if getattr(file, each.name) != getattr(usual, each.name):
            yield replace(file, **{each.name: getattr(usual, each.name)})
    if file.requires_dist:
        for lines in _simpler_lines(file.requires_dist):
            yield replace(file, requires_dist=lines)


def _dropped(items: Sequence[T], place: int) -> tuple[T, ...]:
    return (*items[:place], *items[place + 1 :])
