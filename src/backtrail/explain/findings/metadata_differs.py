"""BT115: the requirements that decided were not, or may not be, those of the file that would be installed."""

from collections.abc import Iterator
from itertools import chain

from backtrail.explain import catalogue
from backtrail.explain.evidence.releases import Releases
from backtrail.index.files.file_metadata import in_force, read_metadata
from backtrail.model.files import File, FileKind, NotRecordedError
from backtrail.model.finding import Finding, MetadataDiffers, Severity
from backtrail.model.question import Question
from backtrail.model.run import Pin, Run
from backtrail.model.source import Source
from backtrail.model.trail import Read
from backtrail.standards.wheel_tags import wheel_name

_EVERYWHERE = "any"

Seen = set[tuple[str, str | None, str | None]]
"""Projects, versions and files whose metadata was read."""


class Counterparts:
    """For each pin, the other files of its version that tell whether the requirements that decided are its own."""

    def __init__(self, run: Run, releases: Releases) -> None:
        """Look at the pages of the pins; no metadata is read."""
        self.read: Seen = {
            (event.name, event.version, event.file)
            for event in run.trail
            if isinstance(event, Read) and event.what == "metadata"
        }
        self._files = {
            pin.name: _others(pin, pin.file, self.read, releases) for pin in run.pins if pin.file is not None
        }

    def of(self, pin: Pin) -> tuple[File, ...]:
        """The files beside the one of a pin."""
        return self._files.get(pin.name, ())

    def __iter__(self) -> Iterator[File]:
        """All of them."""
        return chain.from_iterable(self._files.values())


def differing(run: Run, question: Question, source: Source, counterparts: Counterparts) -> Iterator[Finding]:
    """Compare what was read of each pin with the file to be installed, and with a wheel for any machine beside it.

    A warning where the files disagree for this Python; what was read elsewhere, or not from a build, is worth knowing.
    """
    for pin in run.pins:
        if pin.file is not None:
            others = counterparts.of(pin)
            used = _used(pin, pin.file, counterparts.read, others)
            finding = _compared(run, pin, pin.file, used, others, question, source)
            if finding is not None:
                yield finding


def _others(pin: Pin, file: File, read: Seen, releases: Releases) -> tuple[File, ...]:
    """The other files of the version that were read, and the wheel for any machine if it is not the one chosen."""
    listing = releases.listing(pin)
    try:
        files = () if listing is None else listing.files(listing.position[pin.version])
    except (NotRecordedError, KeyError):
        return ()
    return tuple(
        one
        for one in files
        if one.filename != file.filename
        and ((pin.name, pin.version, one.filename) in read or (file.kind is FileKind.WHEEL and _is_universal(one)))
    )


def _is_universal(file: File) -> bool:
    wheel = wheel_name(file.filename) if file.kind is FileKind.WHEEL else None
    return wheel is not None and _EVERYWHERE in wheel.platforms and any(tag.startswith("py3") for tag in wheel.pythons)


def _used(pin: Pin, file: File, read: Seen, others: tuple[File, ...]) -> File:
    """The file that the resolver read the requirements from."""
    if (pin.name, pin.version, file.filename) in read:
        return file
    return next((one for one in others if (pin.name, pin.version, one.filename) in read), file)


def _compared(
    run: Run, pin: Pin, file: File, used: File, others: tuple[File, ...], question: Question, source: Source
) -> Finding | None:
    mine = read_metadata(used, source, legacy=not pin.verified)
    if mine is None:
        return None
    detail = MetadataDiffers(
        version=pin.version, file=file.filename, read=used.filename, source=mine.source.value, verified=pin.verified
    )
    severity = Severity.INFO
    for other in (file, *others):
        theirs = None if other is used else read_metadata(other, source)
        if theirs is None:
            continue
        here, there = (in_force(one, pin.extras, question.target) for one in (mine, theirs))
        if here.keys() != there.keys():
            severity = Severity.WARNING
            detail = MetadataDiffers(
                version=pin.version,
                file=file.filename,
                read=used.filename,
                source=mine.source.value,
                verified=pin.verified,
                other=other.filename,
                only_read=tuple(text for key, text in here.items() if key not in there),
                only_other=tuple(text for key, text in there.items() if key not in here),
            )
            break
    if severity is Severity.INFO and used is file and pin.verified:
        return None
    names = dict.fromkeys(name for name in (file.filename, used.filename, detail.other) if name is not None)
    return catalogue.finding(
        severity=severity,
        runs=(run.key,),
        subject=pin.name,
        detail=detail,
        evidence=(f"metadata:{pin.name}=={pin.version}", *(f"file:{name}" for name in names)),
    )
