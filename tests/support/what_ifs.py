"""Random worlds in two states, and what is typed to ask the first as if it were the second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import msgspec

from backtrail.model.question import Question
from backtrail.model.source import Source
from backtrail.sources.changed import Changed
from backtrail.sources.index_options import check_index_changes, read_index_changes
from support.worlds import Project, Release, World, project_entries

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)

Typed = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfWorld:
    """An index as it is, and as it were with what is typed."""

    before: World
    after: World
    typed: Typed

    def source(self, inner: Source, question: Question) -> Source:
        """What lies below as it were."""
        changes = read_index_changes(self.typed, now=NOW)
        asked = msgspec.structs.replace(question, index_changes=changes)
        check_index_changes([asked], inner)
        return Changed.of(inner, [asked])


def what_if_world(seed: int, world: World, folder: Path, *, changes: int = 2) -> WhatIfWorld:
    """A world with some changes, each of another project; the files that they need are written to a folder."""
    random = Random(seed)
    asked = world.question.requirements
    projects = [one for one in world.projects if one.releases]
    # what nobody may ask for changes little: those that are named come first
    projects.sort(key=lambda one: (not any(line.startswith(one.name) for line in asked), random.random()))
    before, after = world, world
    typed: list[tuple[str, str]] = []
    for project in projects[:changes]:
        release = random.choice(project.releases[-3:])
        was, now, words = random.choice(KINDS)(project, release, folder, random)
        before, after = _with(before, was), _with(after, now)
        typed += words
    return WhatIfWorld(before=before, after=after, typed=tuple(typed))


def _with(world: World, project: Project) -> World:
    rest = (one if one.name != project.name else project for one in world.projects)
    return replace(world, projects=tuple(one for one in rest if one.releases))


Change = tuple[Project, Project, Sequence[tuple[str, str]]]


def _published(project: Project, release: Release, folder: Path, _: Random) -> Change:
    without = replace(project, releases=tuple(one for one in project.releases if one is not release))
    typed = []
    for entry in project_entries(replace(project, releases=(release,))):
        path = folder / entry.file.filename
        path.write_bytes(entry.content())
        typed.append(("publish", str(path)))
    published = replace(release, files=tuple(replace(one, yanked=False, core_metadata=True) for one in release.files))
    return without, _instead(project, release, published), typed


def _instead(project: Project, release: Release, other: Release) -> Project:
    return replace(project, releases=tuple(other if one is release else one for one in project.releases))


def _yanked(project: Project, release: Release, _: Path, __: Random) -> Change:
    return _marked(project, release, "yank", yanked=True)


def _unyanked(project: Project, release: Release, _: Path, __: Random) -> Change:
    was = replace(release, files=tuple(replace(one, yanked="broken") for one in release.files))
    return _marked(_instead(project, release, was), was, "unyank", yanked=False)


def _marked(project: Project, release: Release, option: str, *, yanked: bool) -> Change:
    now = replace(release, files=tuple(replace(one, yanked=yanked) for one in release.files))
    return project, _instead(project, release, now), [(option, f"{project.name}=={release.version}")]


def _removed(project: Project, release: Release, _: Path, random: Random) -> Change:
    if random.random() < 0.2:
        return project, replace(project, releases=()), [("remove", project.name)]
    without = replace(project, releases=tuple(one for one in project.releases if one is not release))
    return project, without, [("remove", f"{project.name}=={release.version}")]


def _restated(project: Project, release: Release, folder: Path, random: Random) -> Change:
    requires = tuple(one for one in release.requires_dist if random.random() < 0.5)
    python = random.choice([None, ">=3.8", ">=3.99"])
    files = tuple(
        replace(one, requires_dist=None, raw_metadata=None, dynamic=False, build_fails=False, egg_requires=None)
        for one in release.files
    )
    now = replace(release, requires_dist=requires, requires_python=python, files=files)
    (entry, *_) = project_entries(replace(project, releases=(now,)))
    path = folder / f"{project.name}-{release.version}.METADATA"
    path.write_bytes(entry.metadata())
    return project, _instead(project, release, now), [("metadata", f"{project.name}=={release.version}:{path}")]


KINDS = (_published, _published, _yanked, _unyanked, _removed, _restated, _restated)


def what_if_worlds(worlds: Sequence[World], folder: Path) -> Iterator[WhatIfWorld]:
    """Each of these worlds with changes of its own."""
    for seed, world in enumerate(worlds):
        (folder / str(seed)).mkdir()
        yield what_if_world(seed, world, folder / str(seed))
