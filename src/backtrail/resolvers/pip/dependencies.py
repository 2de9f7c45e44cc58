"""The order in which pip reads what a distribution requires, and which of it applies (docs/pip.md 2.7)."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from packaging.markers import Marker
from packaging.version import Version

from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.requirement import Requirement, marker
from backtrail.model.trail import Outcome
from backtrail.resolvers.pip.behaviour import Preset
from backtrail.resolvers.pip.candidates import Distribution
from backtrail.resolvers.pip.early_extras import provided, spelled, written_marker
from backtrail.resolvers.pip.early_markers import as_of_then
from backtrail.resolvers.pip.preparer import StopError

_SHOWN = 200


class Environment:
    """The marker values of a target."""

    def __init__(self, markers: Mapping[str, str], python: Version, preset: Preset) -> None:
        """``python`` decides how metadata is read: before 3.11 by setuptools' reader, from there on by Python's own.

        ``own_reader`` says whether it is that.
        """
        self._markers = dict(markers)
        self._preset = preset
        self.own_reader = preset.reads_in_file_order and python.release[:2] >= (3, 11)
        self._known: dict[tuple[str, str], bool] = {}

    def applies(self, requirement: Requirement, extras: Sequence[str] = (), *, of: Distribution | None = None) -> bool:
        """Whether a requirement counts for one of the extras; without extras, for the plain project.

        ``of`` is who says it, None the user. Raises StopError where pip cannot tell.
        """
        if requirement.marker is None:
            return True
        try:
            holds = any(self._holds(requirement, extra) for extra in extras or ("",))
            if holds and of is not None and "\\" in requirement.marker:
                Marker(str(requirement.parsed_marker))  # pip writes down what applies and reads that again
        except (ValueError, KeyError, RecursionError):
            failure = _undefined(requirement, of)
            raise StopError(Outcome.ABORTED, failure) from None
        return holds

    def dependencies(self, of: Distribution, extras: Collection[str]) -> Iterator[Requirement]:
        """What a distribution requires, with those of the asked extras that it has, in pip's order."""
        spelled = dict(provided(of.metadata, sorted(extras), self._preset))
        if self.own_reader:
            return (one for one in of.requires if self.applies(one, tuple(spelled), of=of))
        return self._plain_first(of, spelled)

    def _plain_first(self, of: Distribution, spelled: Mapping[str, str]) -> Iterator[Requirement]:
        """The plain ones, each once; then what each extra adds. pip takes the extras in an order left to chance.

        What an extra adds is found by the metadata's spelling of it, and followed if its marker holds for pip's.
        """
        plain = {_same(one): one for one in reversed(of.requires) if self.applies(one, of=of)}
        common = dict.fromkeys(_same(one) for one in of.requires if self.applies(one, of=of))
        yield from (plain[key] for key in common)
        asked = tuple(spelled)
        for extra in dict.fromkeys(spelled.values()):
            found = (one for one in of.requires if self.applies(one, (extra,), of=of) and _same(one) not in common)
            yield from (one for one in found if self.applies(one, asked, of=of))

    def _holds(self, requirement: Requirement, extra: str) -> bool:
        text = requirement.marker if self._preset.normalizes_extras else written_marker(requirement)
        assert text is not None
        key = (text, extra)
        if key not in self._known:
            values = {**self._markers, "extra": extra}
            if self._preset.compares_strings:
                text = as_of_then(text, values, self._preset)
            self._known[key] = marker(text).evaluate(values)
        return self._known[key]


def _undefined(requirement: Requirement, of: Distribution | None) -> Unavailable:
    file = requirement.text if of is None else of.metadata.file or of.name
    detail = f"whether {requirement.marker} holds is not defined"
    return Unavailable(failure=Failure.INVALID, file=file[:_SHOWN], detail=detail[:_SHOWN])


def _same(requirement: Requirement) -> tuple[object, ...]:
    """What makes two requirements one."""
    return (
        requirement.name,
        spelled(requirement),
        requirement.specifiers,
        requirement.url,
        requirement.marker,
    )
