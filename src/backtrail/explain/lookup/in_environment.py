"""What is installed, seen as a graph: which project asks for which, and how each came there."""

from collections import deque
from collections.abc import Iterator
from functools import cached_property

import msgspec
from packaging.utils import NormalizedName

from backtrail.model.installed import Installed, InstalledEnvironment, InstalledView
from backtrail.model.metadata import Metadata
from backtrail.model.requirement import Requirement, is_too_deep
from backtrail.model.run import Asked
from backtrail.model.target import Target
from backtrail.standards.lenient import lenient_requirement


class InstalledGraph:
    """The requirements of what Python imports from an environment, markers looked at for its Python."""

    def __init__(self, environment: InstalledEnvironment, target: Target) -> None:
        """Nothing is looked at yet."""
        self.environment = environment
        self.target = target

    @cached_property
    def copies(self) -> dict[NormalizedName, list[Installed]]:
        """All that is installed of each project; Python imports the first."""
        found: dict[NormalizedName, list[Installed]] = {}
        for one in self.environment.distributions:
            found.setdefault(one.name, []).append(one)
        return found

    @cached_property
    def projects(self) -> dict[NormalizedName, Installed]:
        """What Python imports of each project."""
        return {name: copies[0] for name, copies in self.copies.items()}

    @cached_property
    def asked(self) -> dict[NormalizedName, tuple[Asked, ...]]:
        """Every requirement in force, by what it names, those of a project on itself left out.

        Those of an extra are not in force, as nobody records which extras were asked for.
        """
        found: dict[NormalizedName, list[Asked]] = {}
        for one in self.projects.values():
            for requirement in self.requirements(one):
                if requirement.name != one.name:
                    asked = Asked(requirement=requirement, by=one.name, version=one.version)
                    found.setdefault(requirement.name, []).append(asked)
        return {name: tuple(asked) for name, asked in found.items()}

    def requirements(self, installed: Installed) -> Iterator[Requirement]:
        """What one project requires here."""
        if not isinstance(installed.metadata, Metadata):
            return
        for text in installed.metadata.requires_dist:
            requirement = None if is_too_deep(text) else lenient_requirement(text)
            if requirement is not None and requirement.applies(self.target.markers):
                yield requirement

    def unreadable(self, installed: Installed) -> str | None:
        """What cannot be read of a project's metadata; None: all can."""
        if not isinstance(installed.metadata, Metadata):
            return installed.metadata.detail or installed.metadata.failure.value
        texts = installed.metadata.requires_dist
        return next((text[:200] for text in texts if is_too_deep(text) or lenient_requirement(text) is None), None)

    def needed_by(self, name: NormalizedName) -> tuple[Asked, ...]:
        """Who asks for a project, itself left out."""
        return self.asked.get(name, ())

    def way(self, name: NormalizedName) -> tuple[Asked, ...]:
        """The shortest way from what somebody asked for by name, else from what nobody needs; empty: it is that."""
        waiting: deque[tuple[NormalizedName, tuple[Asked, ...]]] = deque([(name, ())])
        seen = {name}
        fallback: tuple[Asked, ...] = ()
        while waiting:
            current, found = waiting.popleft()
            installed = self.projects.get(current)
            if installed is not None and installed.requested:
                return found
            askers = [one for one in self.needed_by(current) if one.by is not None]
            if not askers and not fallback:
                fallback = found
            for one in askers:
                if one.by is not None and one.by not in seen:
                    seen.add(one.by)
                    waiting.append((one.by, (one, *found)))
        return fallback


def concerning(environment: InstalledEnvironment, target: Target, name: NormalizedName) -> InstalledEnvironment | None:
    """The part of an environment that says something of a project; None where that is not installed.

    What else somebody has is nobody's business who was not asked about it.
    """
    graph = InstalledGraph(environment, target)
    if name not in graph.projects:
        return None
    kept, waiting = {name}, [name]
    while waiting:
        askers = {one.by for one in graph.needed_by(waiting.pop()) if one.by is not None} - kept
        kept |= askers
        waiting += askers
    kept |= {one.name for one in graph.requirements(graph.projects[name])}
    some = tuple(one for one in environment.distributions if one.name in kept)
    return InstalledEnvironment(origin=environment.origin, distributions=some)


def installed_view(graph: InstalledGraph, name: NormalizedName | None) -> InstalledView:
    """What there is to say of an environment, and of one project in it."""
    environment = graph.environment
    view = InstalledView(origin=environment.origin, packages=len(graph.projects), unread=environment.unread)
    if name is None:
        return view
    found, askers, way = environment.all_of(name), graph.needed_by(name), graph.way(name)
    return msgspec.structs.replace(view, project=name, found=found, needed_by=askers, way=way)
