"""The part of a report to walk through: every event of a trail and every project met, as data for the HTML page."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain.evidence.refusals import History, Refusal
from backtrail.model.case import Report
from backtrail.model.files import FileKind
from backtrail.model.finding import Refusals
from backtrail.model.run import Asked, Pin, Run
from backtrail.model.safe_text import shown
from backtrail.model.trail import Decided, Event, Package, Required, Rewound
from backtrail.report import wording
from backtrail.report.lines import Role, Spans

Json = dict[str, Any]

EVENTS_SHOWN = 20_000
"""The most events of one run on a page, all its forks together; the telling ones before the others."""

ASKERS_SHOWN = 40
_VERSIONS_SHOWN = 2_000

_QUIET = frozenset({"read", "derived", "chosen", "required"})
"""Events that only lead up to a decision: left out first."""

_ROLES = tuple(Role)


def explorer(report: Report) -> Json:
    """The runs of a report, and each fork of one that was split; the script begins with ``start``.

    Words are strings, or pairs of a role's place in ``roles`` and a string.
    """
    runs = [entry for run in report.runs for entry in _entries(run)]
    return {
        "roles": [role.value for role in _ROLES],
        "start": report.runs[0].key if report.runs else "",
        "runs": runs,
    }


def fork_key(run: Run, number: int) -> str:
    """How a page names a fork: as the run itself where that tells its trail, ``uv-lock@0.13.9/2`` for others."""
    return run.key if run.forks[number].trail is run.trail else f"{run.key}/{number + 1}"


def _entries(run: Run) -> Iterator[Json]:
    keys = [fork_key(run, number) for number in range(len(run.forks))] if len(run.forks) > 1 else []
    if run.key not in keys:
        yield _run(run, run.key, wording.resolver(run.key), EVENTS_SHOWN)
    for number, (key, fork) in enumerate(zip(keys, run.forks, strict=False)):
        one = run if key == run.key else fork
        yield _run(one, key, wording.fork_name(run, number), EVENTS_SHOWN // len(keys))


def _run(run: Run, key: str, name: str, most: int) -> Json:
    history = History(run)
    required = {event.id: event for event in run.trail if isinstance(event, Required)}
    places = _places(run, most)
    return {
        "key": key,
        "name": shown(name),
        "length": len(run.trail),
        "events": [_event(place, run.trail[place], required) for place in places],
        "projects": [_project(run, name, history) for name in _met(run)],
    }


def _places(run: Run, most: int) -> list[int]:
    """The places of the events that are shown, all of them unless there are too many."""
    places = list(range(len(run.trail)))
    if len(places) > most:
        places = [place for place in places if _kind(run.trail[place]) not in _QUIET]
    return places[: most - 1] + places[-1:] if len(places) > most else places


def _kind(event: Event) -> str:
    return str(type(event).__struct_config__.tag)


def _event(place: int, event: Event, required: dict[int, Required]) -> list[Any]:
    """The place, the kind, the words, and what became of the decisions: one more, or these fewer."""
    entry: list[Any] = [place, _kind(event), words(wording.event(event, required))]
    match event:
        case Decided(package=package, version=version) if _is_project(package):
            entry.append([shown(str(package)), shown(version)])
        case Rewound(undone=undone):
            entry.append([shown(str(package)) for package, _ in undone if _is_project(package)])
        case _:
            pass
    return entry


def _is_project(package: Package) -> bool:
    """Not a stand-in through which a resolver looks at the project."""
    return package.kind == "project" and package.marker is None


def words(found: Spans) -> list[Any]:
    """Words for the script, which puts them on the page as text."""
    return [
        text if span.role is Role.PLAIN else [_ROLES.index(span.role), text]
        for span in found
        if (text := shown(span.text))
    ]


def _met(run: Run) -> list[NormalizedName]:
    """The projects of the answer and those that were only tried."""
    return sorted({*(pin.name for pin in run.pins), *map(NormalizedName, run.attempts)})


def _project(run: Run, name: NormalizedName, history: History) -> Json:
    pin = run.pin(name)
    asked = () if pin is None else pin.requested_by
    return {
        "name": shown(name),
        "version": None if pin is None else shown(pin.version),
        "file": _file(pin),
        "tried": len(run.attempts.get(name, ())),
        "asked": [words(wording.asker(one)) for one in asked[:ASKERS_SHOWN]],
        "more": max(0, len(asked) - ASKERS_SHOWN),
        "refused": [
            [list(map(shown, group.versions[:_VERSIONS_SHOWN])), words(wording.each_refused(name, group))]
            for group in refusals(history.refused(name))
        ],
    }


def _file(pin: Pin | None) -> list[str]:
    """The kind of file, its name and its day of upload."""
    if pin is None:
        return []
    if pin.installed:
        return ["installed", "", ""]
    if pin.file is None:
        return ["url", shown((pin.url or "").partition("#")[0]), ""]
    kind = "wheel" if pin.file.kind is FileKind.WHEEL else "sdist"
    return [kind, shown(pin.file.filename), shown((pin.file.uploaded or "")[:10])]


def refusals(refused: dict[str, Refusal]) -> list[Refusals]:
    """Neighbours refused for the very same reason put together."""
    return [
        msgspec.structs.replace(reason, versions=tuple(version for version, _ in group))
        for reason, group in groupby(refused.items(), key=lambda one: _reason(one[1]))
    ]


def _reason(refusal: Refusal) -> Refusals:
    return Refusals(
        versions=(),
        because=refusal.because,
        on=refusal.on,
        version=refusal.version,
        requirement=None if refusal.requirement is None else refusal.requirement.text,
        exclusions=refusal.exclusions,
    )


def askers(run: Run, name: NormalizedName) -> tuple[Asked, ...]:
    """Who asks for a project: for the pinned version, or of an unsolved run for any, each once."""
    pin = run.pin(name)
    if pin is not None:
        return pin.requested_by
    found = {
        (event.by, event.requirement.text): Asked(requirement=event.requirement, by=event.by, version=event.version)
        for event in run.trail
        if isinstance(event, Required) and event.requirement.name == name
    }
    return tuple(found.values())
