"""Which of a version's files stands for it in uv: what would be installed, and what its metadata is read from."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from backtrail.model.files import File, FileKind
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.record import Record
from backtrail.model.target import Target
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.cut_off import instant
from backtrail.resolvers.file_rules import accepted
from backtrail.resolvers.uv.admission import is_seen, judge
from backtrail.resolvers.uv.behaviour import CUT_OFF, uv_files
from backtrail.standards.requires_python import fits
from backtrail.standards.wheel_tags import CLOSENESS, wheel_name


class Represented(Record, frozen=True, kw_only=True):
    """A version as uv sees it.

    ``kind`` is ``wheel``, ``sdist``, ``incompatible-wheel`` (the sdist is installed, the metadata is read from a wheel
    that does not fit) or ``incompatible``; ``install`` and ``metadata`` are None for the last. ``requires_python`` is
    the value uv compares with the target, ``python_ok`` what comes of it. ``verdicts`` are in the order in which uv
    looks at the files. ``exclusions`` are those of the file uv blames when nothing can be used, first the one it
    reports. ``exists`` False: uv does not see the version at all.
    """

    kind: str
    install: File | None = None
    metadata: File | None = None
    requires_python: str | None = None
    python_ok: bool = True
    verdicts: tuple[Verdict, ...]
    exclusions: tuple[Exclusion, ...] = ()
    exists: bool = True


_CUT_OFF = frozenset({Reason.EXCLUDE_NEWER, Reason.NO_UPLOAD_TIME})

_LATER = frozenset({Reason.REQUIRES_PYTHON, Reason.HASH})
"""Checked after a file was picked."""


def represent(
    files: Sequence[File],
    policy: Policy,
    target: Target,
    options: Options,
    *,
    yanked_allowed: bool = False,
    flat: bool = False,
    links: Sequence[File] = (),
    hashes: tuple[str, ...] = (),
) -> Represented:
    """Pick as uv does among the files of one version, given in page order.

    ``flat``: all of them are from find-links locations. ``links`` are the version's files from there when ``files``
    are an index's. The rest is as in ``judge``.
    """
    judged = partial(judge, policy=policy, target=target, options=options, yanked_allowed=yanked_allowed, hashes=hashes)
    verdicts = [judged(file, flat=True) for file in sorted(links, key=_filename)]
    verdicts += [judged(file, flat=flat) for file in sorted(files, key=_filename)]
    seen = [verdict for verdict in verdicts if is_seen(verdict.file, policy)]
    behaviour = uv_files(policy)
    closer = _closer_tags if behaviour.blames_closest else _farther_tags
    wheel = _best((v for v in seen if v.file.kind is FileKind.WHEEL), hashes, closer)
    sdist = _best((v for v in seen if v.file.kind is FileKind.SDIST), hashes, closer)
    wheel_miss = None if wheel is None else _miss(wheel)
    sdist_miss = None if sdist is None else _miss(sdist)
    wheel_fits = wheel is not None and wheel_miss is None
    sdist_fits = sdist is not None and sdist_miss is None
    if wheel_fits and sdist_fits:
        assert wheel is not None
        assert sdist is not None
        wheel_fits = _outcome(sdist.file, hashes) <= _outcome(wheel.file, hashes)
    kind, install, metadata = "incompatible", None, None
    if wheel_fits:
        assert wheel is not None
        kind, install, metadata = "wheel", wheel.file, wheel.file
    elif sdist_fits:
        assert sdist is not None
        kind, install, metadata = "sdist", sdist.file, sdist.file
        if wheel_miss is not None and (wheel_miss.reason not in _CUT_OFF or behaviour.reads_late_wheels):
            assert wheel is not None
            kind, metadata = "incompatible-wheel", wheel.file
    if install is not None:
        spec = install.requires_python
        return Represented(
            kind=kind,
            install=install,
            metadata=metadata,
            requires_python=spec,
            python_ok=spec is None or fits(spec, target.python_version, whole=behaviour.reads_whole_requires_python),
            verdicts=tuple(verdicts),
        )
    blamed = sdist or wheel
    miss = sdist_miss or wheel_miss
    dated = options.exclude_newer is not None or bool(options.exclude_newer_package)
    cut_off = dated and not flat and not links and all(map(_too_new, seen))
    return Represented(
        kind=kind,
        verdicts=tuple(verdicts),
        exclusions=() if blamed is None else tuple(e for e in blamed.exclusions if e.reason not in _LATER),
        exists=miss is not None and miss.reason not in _CUT_OFF and not (cut_off and behaviour.hides_late_versions),
    )


def _filename(file: File) -> str:
    return file.filename


def _miss(verdict: Verdict) -> Exclusion | None:
    """What makes a file incompatible in uv's eyes, None where nothing does."""
    return next((exclusion for exclusion in verdict.exclusions if exclusion.reason not in _LATER), None)


def _too_new(verdict: Verdict) -> bool:
    return any(exclusion.reason is Reason.EXCLUDE_NEWER for exclusion in verdict.exclusions)


def _outcome(file: File, hashes: tuple[str, ...]) -> int:
    """2: nothing to compare or a hash matches, 1: the index tells no hash, 0: none matches."""
    if not hashes or accepted(file, hashes):
        return 2
    return 0 if file.hashes else 1


def _best(
    verdicts: Iterable[Verdict], hashes: tuple[str, ...], closer: Callable[[Reason, Reason], bool]
) -> Verdict | None:
    """The first of the most compatible files: a later one has to be better, not as good."""
    best: Verdict | None = None
    miss: Exclusion | None = None
    for verdict in verdicts:
        its = _miss(verdict)
        if best is None:
            better = True
        elif its is None:
            better = miss is not None or _merit(verdict, hashes) > _merit(best, hashes)
        else:
            better = miss is not None and _nearer(its, miss, closer)
        if better:
            best, miss = verdict, its
    return best


def _merit(verdict: Verdict, hashes: tuple[str, ...]) -> tuple[object, ...]:
    if verdict.rank is None:
        return (_outcome(verdict.file, hashes),)
    wheel = wheel_name(verdict.file.filename)
    return (_outcome(verdict.file, hashes), -verdict.rank, () if wheel is None else wheel.build)


_CLASS = {
    Reason.EXCLUDE_NEWER: 4,
    Reason.NO_UPLOAD_TIME: 4,
    **dict.fromkeys(CLOSENESS, 3),
    Reason.YANKED: 2,
    Reason.NO_BINARY: 1,
    Reason.ONLY_BINARY: 1,
}


def _nearer(mine: Exclusion, theirs: Exclusion, closer: Callable[[Reason, Reason], bool]) -> bool:
    """Whether uv counts one incompatible file as nearer to use than another; its order is not quite a ranking."""
    if mine.reason is Reason.SDIST_NAME:
        return False
    if theirs.reason is Reason.SDIST_NAME:
        return mine.reason in _CUT_OFF
    if _CLASS[mine.reason] != _CLASS[theirs.reason]:
        return _CLASS[mine.reason] > _CLASS[theirs.reason]
    match mine.reason:
        case Reason.NO_UPLOAD_TIME:
            return True
        case Reason.EXCLUDE_NEWER:
            digits = CUT_OFF.digits
            return theirs.reason is mine.reason and instant(theirs.value, digits) < instant(mine.value, digits)
        case Reason.YANKED:
            return bool(theirs.value)
        case Reason.NO_BINARY | Reason.ONLY_BINARY:
            return False
        case _:
            return closer(mine.reason, theirs.reason)


def _closer_tags(mine: Reason, theirs: Reason) -> bool:
    return CLOSENESS[mine] > CLOSENESS[theirs]


def _farther_tags(mine: Reason, theirs: Reason) -> bool:
    """Early releases compared the wrong way round."""
    return CLOSENESS[mine] < CLOSENESS[theirs]
