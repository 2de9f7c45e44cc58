"""From the decisions of a solved (or stopped) run to its pins: what is installed, and who asked for it."""

from collections.abc import Mapping, Sequence

from packaging.utils import NormalizedName

from backtrail.engines.uv.candidates import Candidate
from backtrail.engines.uv.metadata import MetadataReader
from backtrail.engines.uv.recorder import Recorder
from backtrail.engines.uv.requirements import Expansion, Wanted
from backtrail.engines.uv.versions import Key
from backtrail.model.run import Asked, Pin
from backtrail.model.trail import Package


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
    reached: set[NormalizedName] = set()
    for number, package, version in decided:
        by = None if package.name is None else recorder.text(package, version)
        for wanted, packages in expanded.get((number, version), ()):
            if not any(expansion.holds(inner.marker) for inner in packages):
                continue
            reached.add(wanted.name)
            if wanted.constraint or wanted.name == package.name:
                continue
            asked.setdefault(wanted.name, {})[Asked(requirement=wanted.requirement, by=package.name, version=by)] = None
            extras.setdefault(wanted.name, {}).update(dict.fromkeys(wanted.requirement.extras))
    found = []
    for _, package, version in decided:
        name = package.name
        if name is None or package.kind != "project" or package.extra or package.marker or name not in reached:
            continue
        candidate = chosen.get((name, version))
        found.append(
            Pin(
                name=name,
                version=recorder.text(package, version),
                file=None if candidate is None else candidate.represented.install,
                url=metadata.urls.get(name) if candidate is None else None,
                extras=tuple(sorted(extras.get(name, ()))),
                verified=True if candidate is None else metadata.verified(candidate),
                requested_by=tuple(asked.get(name, ())),
            )
        )
    return tuple(sorted(found, key=lambda pin: pin.name))
