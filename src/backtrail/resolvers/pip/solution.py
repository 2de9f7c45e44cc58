"""From the candidates that stand to the pins of a run: what is installed, and who asked for it."""

from collections.abc import Mapping

from packaging.utils import NormalizedName
from resolvelib.resolvers import Criterion

from backtrail.model.metadata import MetadataSource
from backtrail.model.run import Asked, Pin
from backtrail.resolvers.pip.candidates import Candidate, Distribution, Extended, PipRequirement
from backtrail.resolvers.pip.preparer import verified


def pins(
    standing: Mapping[str, Candidate], criteria: Mapping[str, Criterion[PipRequirement, Candidate]]
) -> tuple[Pin, ...]:
    """The projects among the candidates, by name."""
    asked: dict[NormalizedName, dict[Asked, None]] = {}
    extras: dict[NormalizedName, set[str]] = {}
    for identifier, candidate in standing.items():
        if not isinstance(candidate, (Distribution, Extended)):
            continue
        extras.setdefault(candidate.name, set()).update(candidate.extras)
        for need, parent in criteria[identifier].information:
            if need.text is None or (parent is not None and standing.get(parent.identifier) is not parent):
                continue
            by, version = (None, None) if parent is None else (parent.name, str(parent.version))
            one = Asked(requirement=need.text, by=by, version=version)
            asked.setdefault(candidate.name, {})[one] = None
    found = {
        candidate.name: Pin(
            name=candidate.name,
            version=str(candidate.version),
            file=candidate.file,
            url=candidate.url,
            commit=candidate.metadata.commit,
            extras=tuple(sorted(extras[candidate.name])),
            unknown_extras=candidate.metadata.without(extras[candidate.name]),
            verified=verified(candidate),
            assumed=candidate.metadata.source is MetadataSource.ASSUMED,
            requested_by=tuple(asked.get(candidate.name, ())),
            installed=candidate.installed,
        )
        for candidate in standing.values()
        if isinstance(candidate, Distribution)
    }
    return tuple(found[name] for name in sorted(found))
