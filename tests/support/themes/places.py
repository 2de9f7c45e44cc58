"""Themes about where files come from: several indexes, find-links, direct references, hashes."""

from dataclasses import replace

from support.random_worlds import FOREIGN_TAGS
from support.themes.small import FINALS, WHEEL, Small
from support.themes.versions import Locals, Prereleases
from support.worlds import FILES, File, Project, Question, World, sha256_of


class Indexes(Prereleases):
    """Two or three indexes that list the same projects, by every strategy."""

    def world(self) -> World:
        projects = {name: self.project(name) for name in self.names}
        places: list[list[Project]] = [[] for _ in range(self.dice.between(2, 3))]
        for project in projects.values():
            for place in self.dice.some(places, self.dice.between(1, len(places))):
                place.append(self.part(project))
        strategies = (None, "unsafe-first-match", "unsafe-best-match", "unsafe-first-match", "unsafe-best-match")
        asked = replace(self.question(), index_strategy=self.dice.one(strategies))
        main, *extra = map(tuple, places)
        return World(name=self.title, projects=main, extra=tuple(extra), question=asked)

    def part(self, project: Project) -> Project:
        """Some releases of a project, and now and then other files of them."""
        kept = [each for each in project.releases if self.dice.chance(0.6)]
        changed = [replace(each, files=self.files(project.name, each.version)) for each in kept]
        return replace(project, releases=tuple(changed))

    def files(self, name: str, version: str) -> tuple[File, ...]:
        if self.dice.chance(0.15):
            return (self.wheel(name, version, self.dice.one(FOREIGN_TAGS)),)
        if self.dice.chance(0.1):
            return (replace(self.wheel(name, version), yanked=True),)
        if self.dice.chance(0.1):
            return (self.wheel(name, version, self.dice.one(FOREIGN_TAGS)), self.sdist(name, version))
        return (self.wheel(name, version),)

    def requires_python(self) -> str | None:
        return ">=3.12" if self.dice.chance(0.08) else None


class Links(Locals):
    """Find-links pages beside the index: other versions, and other files of the same."""

    pool = (*FINALS, "1.2.1+1", "2.0a1", "3.1.post1")

    def world(self) -> World:
        world = super().world()
        links = []
        for project in world.projects:
            if self.dice.chance(0.6):
                releases = tuple(self.release(project.name, version) for version in self.some_versions())
                links.append(replace(project, releases=releases))
        kept = tuple(project for project in world.projects if self.dice.chance(0.8))
        return replace(world, projects=kept, links=tuple(links))

    def files(self, name: str, version: str) -> tuple[File, ...]:
        if self.dice.chance(0.2):
            return (self.sdist(name, version),)
        if self.dice.chance(0.15):
            return (self.wheel(name, version, self.dice.one(FOREIGN_TAGS)), self.sdist(name, version))
        return (replace(self.wheel(name, version), yanked=self.dice.chance(0.08)),)

    def asked(self, question: Question) -> Question:
        return replace(question, exclude_newer="2023-01-01T00:00:00Z" if self.dice.chance(0.1) else None)


class Urls(Small):
    """Direct references of the user's to wheels and sdists, beside requirements on the same projects."""

    def files(self, name: str, version: str) -> tuple[File, ...]:
        if self.dice.chance(0.3):
            return (self.sdist(name, version),)
        tag = self.dice.one((WHEEL, WHEEL, WHEEL, "cp310-none-any", "cp312-cp312-win_amd64", "py2-none-any"))
        return (self.wheel(name, version, tag),)

    def requires_python(self) -> str | None:
        return self.dice.one((">=3.8", ">=3.12", "<3.8", "~=3")) if self.dice.chance(0.15) else None

    def world(self) -> World:
        world = super().world()
        lines = []
        for line in world.question.requirements:
            name = line[0]
            lines.append(self.reference(world, name) if self.dice.chance(0.6) else line)
            if self.dice.chance(0.15):
                lines.append(self.reference(world, name))
        asked = replace(world.question, requirements=tuple(lines))
        if self.dice.chance(0.3):
            name = self.dice.one(self.names)
            constraint = self.reference(world, name) if self.dice.chance(0.4) else f"{name}{self.specifier(name)}"
            asked = replace(asked, constraints=(constraint,))
        return replace(world, question=asked)

    def reference(self, world: World, name: str) -> str:
        project = next(project for project in world.projects if project.name == name)
        file = self.dice.one([file for each in project.releases for file in each.files])
        return f"{name} @ {FILES}/{file.filename}"


class Hashes(Small):
    """Hashes of the user's, of the right file and of others."""

    tools = ("pip",)

    def files(self, name: str, version: str) -> tuple[File, ...]:
        files = [self.wheel(name, version)]
        if self.dice.chance(0.3):
            files.append(self.wheel(name, version, "cp311-none-any"))
        return tuple(files)

    def world(self) -> World:
        world = super().world()
        everything = self.dice.chance(0.7)
        lines = []
        for line in world.question.requirements:
            if everything or self.dice.chance(0.5):
                name = line[0]
                version = self.dice.one(self.versions[name])
                pinned = f"{name}=={version}" if self.dice.chance(0.8) else line
                lines.append(pinned + "".join(f" --hash=sha256:{one}" for one in self.digests(world, name, version)))
            else:
                lines.append(line)
        return replace(world, question=replace(world.question, requirements=tuple(lines)))

    def digests(self, world: World, name: str, version: str) -> list[str]:
        project = next(project for project in world.projects if project.name == name)
        made = next(each for each in project.releases if each.version == version)
        right = [sha256_of(project, made, file) for file in made.files]
        wrong = ["0" * 64]
        return self.dice.one((right, right, right[:1], right[-1:], wrong, right[:1] + wrong))
