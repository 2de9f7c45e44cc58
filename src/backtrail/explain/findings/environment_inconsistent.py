"""BT128: what is installed does not fit together, as ``pip check`` and ``uv pip check`` say, and why."""

from collections.abc import Iterable, Iterator

from packaging.utils import NormalizedName

from backtrail.explain import catalogue
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.lookup.in_environment import InstalledGraph
from backtrail.model.finding import EnvironmentInconsistent, Finding, Inconsistency, Severity
from backtrail.model.installed import Installed
from backtrail.model.metadata import Metadata
from backtrail.model.run import Asked
from backtrail.standards.requires_python import fits


def environment_inconsistent(graph: InstalledGraph, runs: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Find what is missing, has a version that somebody cannot use, is there twice, or is not for this Python.

    ``runs``: the runs after which it would be so, empty: it is.
    """
    for name, asked in graph.asked.items():
        installed = graph.projects.get(name)
        if installed is None:
            yield _finding(name, EnvironmentInconsistent(because=Inconsistency.MISSING, asked=asked), runs)
            continue
        unmet = tuple(one for one in asked if not meets(one.requirement, installed.version))
        if unmet:
            yield _finding(name, _wrong_version(installed, unmet, asked), runs)
    for installed in graph.projects.values():
        for detail in _by_itself(installed, graph):
            yield _finding(installed.name, detail, runs)


def _wrong_version(installed: Installed, unmet: tuple[Asked, ...], asked: Iterable[Asked]) -> EnvironmentInconsistent:
    """Beside what is not met stands who is served by the version that is there, and bounds it."""
    served = (one for one in asked if one not in unmet and one.requirement.specifier)
    return EnvironmentInconsistent(
        because=Inconsistency.VERSION,
        version=installed.version,
        asked=unmet,
        served=tuple(served),
        installer=installed.installer,
        requested=installed.requested,
    )


def _by_itself(installed: Installed, graph: InstalledGraph) -> Iterator[EnvironmentInconsistent]:
    """What is wrong with one project, whoever asks for it."""
    target, version = graph.target, installed.version
    unreadable = graph.unreadable(installed)
    if unreadable is not None:
        yield EnvironmentInconsistent(because=Inconsistency.UNREADABLE, version=version, detail=unreadable)
    own = [one for one in graph.copies[installed.name] if not one.inherited]
    if len(own) > 1:
        places = tuple(one.place for one in own)
        yield EnvironmentInconsistent(because=Inconsistency.DUPLICATE, version=version, places=places)
    python = installed.metadata.requires_python if isinstance(installed.metadata, Metadata) else None
    if python and not fits(python, target.python_version, whole=True):
        yield EnvironmentInconsistent(because=Inconsistency.PYTHON, version=version, detail=python)
    if installed.tags and not any(tag in target.tag_rank for tag in installed.tags):
        tags = ", ".join(installed.tags[:3])
        yield EnvironmentInconsistent(because=Inconsistency.TAGS, version=version, detail=tags)


def _finding(name: NormalizedName, detail: EnvironmentInconsistent, runs: tuple[str, ...]) -> Finding:
    grave = detail.because not in (Inconsistency.UNREADABLE, Inconsistency.DUPLICATE)
    return catalogue.finding(detail, runs=runs, subject=name, severity=Severity.ERROR if grave else Severity.WARNING)
