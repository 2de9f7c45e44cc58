"""From the decisions of a solved (or stopped) run to its pins: what is installed, and who asked for it."""

from collections.abc import Iterable, Mapping, Sequence

from packaging.utils import NormalizedName

from backtrail.model.metadata import MetadataSource
from backtrail.model.run import Asked, Pin
from backtrail.model.trail import Package
from backtrail.resolvers.uv.candidates import Candidate
from backtrail.resolvers.uv.metadata_reader import MetadataReader
from backtrail.resolvers.uv.recorder import Recorder
from backtrail.resolvers.uv.requirements import Expansion, Wanted
from backtrail.resolvers.uv.versions import Key


def pins(
    decided: Sequence[tuple[int, Package, Key]],
    expanded: Mapping[tuple[int, Key], list[tuple[Wanted, list[Package]]]],
    chosen: Mapping[tuple[NormalizedName, Key], Candidate],
    metadata: MetadataReader,
    recorder: Recorder,
    expansion: Expansion,
) -> tuple[Pin, ...]:
    """The projects of the answer by name. A project that only markers that cannot hold lead to is left out."""
    asked: dict[NormalizedName, dict[Asked, None]] = {}
    extras: dict[NormalizedName, dict[str, None]] = {}
    edges = [
        (package, version, wanted)
        for number, package, version in decided
        for wanted, packages in expanded.get((number, version), ())
        if any(expansion.holds(inner.marker) for inner in packages)
    ]
    reached = _reached((package.name, wanted.name) for package, _, wanted in edges)
    for package, version, wanted in edges:
        if package.name is None or package.name in reached:
            if wanted.constraint or wanted.name == package.name:
                continue
            by = None if package.name is None else recorder.text(package, version)
            asked.setdefault(wanted.name, {})[Asked(requirement=wanted.requirement, by=package.name, version=by)] = None
            extras.setdefault(wanted.name, {}).update(dict.fromkeys(wanted.requirement.extras))
    found = []
    for _, package, version in decided:
        name = package.name
        if name is None or package.kind != "project" or package.extra or package.marker or name not in reached:
            continue
        candidate = chosen.get((name, version))
        known = metadata.direct.get(name) if candidate is None else metadata.known(candidate)
        found.append(
            Pin(
                name=name,
                commit=None if known is None else known.commit,
                version=recorder.text(package, version),
                file=None if candidate is None else candidate.represented.install,
                url=metadata.urls.get(name) if candidate is None else None,
                extras=tuple(sorted(extras.get(name, ()))),
                unknown_extras=() if known is None else known.without(extras.get(name, ())),
                verified=(known is None or known.source.verified)
                if candidate is None
                else metadata.verified(candidate),
                assumed=known is not None and known.source is MetadataSource.ASSUMED,
                requested_by=tuple(asked.get(name, ())),
                installed=candidate is not None and candidate.installed is not None,
            )
        )
    return tuple(sorted(found, key=lambda pin: pin.name))


def _reached(edges: Iterable[tuple[NormalizedName | None, NormalizedName]]) -> set[NormalizedName]:
    """The projects that a way from the user (None) leads to."""
    after: dict[NormalizedName | None, list[NormalizedName]] = {}
    for start, end in edges:
        after.setdefault(start, []).append(end)
    reached: set[NormalizedName] = set()
    waiting = list(after.get(None, ()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += after.get(name, ())
    return reached
