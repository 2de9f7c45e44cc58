"""Versions of which two runs read what they need from different files, and the files disagree."""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.explain.divergence.sides import Side
from backtrail.explain.evidence.trail_files import file_read
from backtrail.index.files.file_metadata import in_force, read_metadata
from backtrail.model.finding import Reading
from backtrail.model.metadata import Metadata
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Read

_MOST = 8  # versions compared; few projects have files that disagree


class Foreign(NamedTuple):
    """A version with what each run read of it; ``instead`` is, by run, what its file would say as the other's does."""

    project: NormalizedName
    version: str
    readings: tuple[Reading, Reading]
    instead: Mapping[str, Mapping[str, Metadata]]


def foreign(first: Side, second: Side, source: Source) -> tuple[Foreign, ...]:
    """The versions that both runs looked at, in the order of the first one."""
    mine, theirs = _read(first.run), _read(second.run)
    apart = (one for one in mine if theirs.get(one, mine[one]) != mine[one])
    compared = (
        _compared(name, version, (first, mine[name, version]), (second, theirs[name, version]), source)
        for name, version in islice(apart, _MOST)
    )
    return tuple(one for one in compared if one is not None)


def _read(run: Run) -> dict[tuple[NormalizedName, str], str]:
    """The file that the metadata of each version was read from."""
    return {
        (NormalizedName(event.name), event.version): event.file
        for event in run.trail
        if isinstance(event, Read) and event.what == "metadata" and event.version and event.file
    }


def _compared(
    name: NormalizedName, version: str, one: tuple[Side, str], two: tuple[Side, str], source: Source
) -> Foreign | None:
    sides, said = (one[0], two[0]), []
    for side, filename in (one, two):
        file = file_read(name, version, filename, side.question, side.policy, source)
        metadata = None if file is None else read_metadata(file, source, legacy=True)
        if metadata is None:
            return None
        said.append(metadata)
    extras = {extra for side in sides if (pin := side.run.pin(name)) is not None for extra in pin.extras}
    here, there = (in_force(each, extras, side.question.target) for each, side in zip(said, sides, strict=True))
    if here.keys() == there.keys():
        return None
    keys = [side.run.key for side in sides]
    return Foreign(
        project=name,
        version=version,
        readings=(
            Reading(run=keys[0], file=one[1], only=tuple(text for key, text in here.items() if key not in there)),
            Reading(run=keys[1], file=two[1], only=tuple(text for key, text in there.items() if key not in here)),
        ),
        instead={keys[0]: {one[1]: said[1]}, keys[1]: {two[1]: said[0]}},
    )
