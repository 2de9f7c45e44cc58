"""One file judged by one resolver's rules, in the order in which that resolver checks them."""

from collections.abc import Collection
from functools import lru_cache

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.model.files import File, FileKind
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.target import Target
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.cut_off import hides
from backtrail.resolvers.pip.behaviour import pip_files
from backtrail.resolvers.pip.early_specifiers import legacy_specifiers
from backtrail.resolvers.uv.behaviour import UvFiles, uv_files
from backtrail.standards.lenient import lenient_specifier
from backtrail.standards.python_tags import reached
from backtrail.standards.requires_python import fits
from backtrail.standards.wheel_tags import WheelName, fit, known, runs_without_gil, wheel_name

PIP_SDISTS = (
    ".tar.gz", ".zip", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
)  # fmt: skip
"""What pip takes for an sdist."""


def judge(
    file: File,
    policy: Policy,
    target: Target,
    options: Options,
    *,
    yanked_allowed: bool = False,
    hashes: tuple[str, ...] = (),
    flat: bool = False,
) -> Verdict:
    """Every rule of this resolver that refuses the file, first the one it acts on; none: it can be used.

    ``yanked_allowed``: the version is pinned in the way that lets a yanked file in (PEP 592). ``hashes`` are those the
    user accepts, ``algorithm:hex``; none: any. ``flat``: the file is from a find-links location.
    """
    rules = _uv if policy.tool == "uv" else _pip
    rank, exclusions = rules(file, policy, target, options, yanked_allowed, hashes, flat)
    return Verdict(file=file, exclusions=tuple(exclusions), rank=rank)


def _uv(
    file: File,
    policy: Policy,
    target: Target,
    options: Options,
    yanked_allowed: bool,
    hashes: tuple[str, ...],
    flat: bool,
) -> tuple[int | None, list[Exclusion]]:
    found: list[Exclusion] = []
    rank = None
    spec = file.requires_python
    if spec is not None and lenient_specifier(spec) is None:
        found.append(Exclusion(reason=Reason.INVALID_REQUIRES_PYTHON, value=spec))
        spec = None
    wheel = wheel_name(file.filename) if file.kind is FileKind.WHEEL else None
    if file.kind is FileKind.WHEEL and wheel is None:
        found.append(Exclusion(reason=Reason.INVALID_NAME, value=file.filename))
    behaviour = uv_files(policy)
    if behaviour.formats_first:
        _format(file, options, found)
    late = hides(file, policy, options, flat=flat)
    if late is not None:
        found.append(late)
    if not behaviour.formats_first:
        _format(file, options, found)
    if not flat:  # a find-links location is read without yanks
        _yanked(file, yanked_allowed, found)
    if wheel is not None:
        fitting = _uv_fit(wheel, behaviour, target)
        if isinstance(fitting, Reason):
            found.append(Exclusion(reason=fitting, value=wheel.tag))
        else:
            rank = fitting
    elif file.kind is FileKind.SDIST and not file.filename.endswith(_sdists(behaviour)):
        found.append(Exclusion(reason=Reason.SDIST_NAME, value=file.filename))
    _hashes(file, hashes, found)
    if spec is not None and not fits(spec, target.python_version, whole=behaviour.reads_whole_requires_python):
        found.append(Exclusion(reason=Reason.REQUIRES_PYTHON, value=spec))
    return rank, found


def _pip(
    file: File,
    policy: Policy,
    target: Target,
    options: Options,
    yanked_allowed: bool,
    hashes: tuple[str, ...],
    flat: bool,
) -> tuple[int | None, list[Exclusion]]:
    found: list[Exclusion] = []
    rank = None
    if file.kind is FileKind.WHEEL:
        _format(file, options, found)
        wheel = wheel_name(file.filename)
        fitting = None if wheel is None else fit(_lower(wheel), target)
        if wheel is None:
            found.append(Exclusion(reason=Reason.INVALID_NAME, value=file.filename))
        elif isinstance(fitting, Reason):
            found.append(Exclusion(reason=fitting, value=wheel.tag))
        else:
            rank = fitting
    elif not file.filename.endswith(PIP_SDISTS):
        found.append(Exclusion(reason=Reason.SDIST_NAME, value=file.filename))
    late = hides(file, policy, options, flat=flat)
    if late is not None:
        found.append(late)
    if file.kind is FileKind.SDIST:
        _format(file, options, found)
    spec = file.requires_python
    behaviour = pip_files(policy)
    whole = behaviour.reads_whole_requires_python
    if spec is not None and behaviour.knows_legacy_versions:
        spec = legacy_specifiers(spec) or spec
    if spec is not None and not options.ignore_requires_python and not fits(spec, target.python_version, whole=whole):
        found.append(Exclusion(reason=Reason.REQUIRES_PYTHON, value=file.requires_python or ""))
    _hashes(file, hashes, found)
    _yanked(file, yanked_allowed, found)
    return rank, found


def _sdists(behaviour: UvFiles) -> tuple[str, ...]:
    return (".tar.gz", ".zip") if behaviour.keeps_to_pep_625 else behaviour.archives


def _uv_fit(wheel: WheelName, behaviour: UvFiles, target: Target) -> int | Reason:
    if target.pythons is not None:
        return 0 if reached(wheel, target.pythons.low, target.pythons.high) else Reason.TAG_PYTHON_VERSION
    if target.free_threaded and behaviour.refuses_gil and not runs_without_gil(wheel):
        return Reason.TAG_ABI_FREE_THREADED
    found = fit(known(wheel, behaviour.abi_flags) if behaviour.forgets_unknown_tags else wheel, target)
    if behaviour.python_tags_are_floors and not isinstance(found, Reason):
        here = (target.python_version.release, True)
        return found if reached(wheel, here, None, exact=True) else Reason.TAG_ABI
    return found


def is_seen(file: File, policy: Policy) -> bool:
    """Whether uv takes a file of a page for one of the project at all (specification uv 3.1)."""
    spec = file.requires_python
    if spec is not None and lenient_specifier(spec) is None:
        return False
    if file.kind is FileKind.WHEEL:
        return wheel_name(file.filename) is not None
    return file.filename.endswith(uv_files(policy).archives)


@lru_cache(maxsize=65536)
def _lower(wheel: WheelName) -> WheelName:
    return wheel._replace(
        pythons=tuple(tag.lower() for tag in wheel.pythons),
        abis=tuple(tag.lower() for tag in wheel.abis),
        platforms=tuple(tag.lower() for tag in wheel.platforms),
    )


def _format(file: File, options: Options, found: list[Exclusion]) -> None:
    formats = options.formats
    if not formats.only_binary and not formats.no_binary:
        return
    if not formats.allows(_project(file.filename, file.version, file.kind), file.kind.value):
        reason = Reason.NO_BINARY if file.kind is FileKind.WHEEL else Reason.ONLY_BINARY
        found.append(Exclusion(reason=reason))


def _yanked(file: File, allowed: bool, found: list[Exclusion]) -> None:
    if file.yanked is not None and not allowed:
        found.append(Exclusion(reason=Reason.YANKED, value=file.yanked))


def _hashes(file: File, hashes: tuple[str, ...], found: list[Exclusion]) -> None:
    """A file whose hashes are all unwanted; one without any is refused only after it has been downloaded."""
    if hashes and file.hashes and not accepted(file, hashes):
        algorithm, value = next(iter(file.hashes.items()))
        found.append(Exclusion(reason=Reason.HASH, value=f"{algorithm}:{value}"))


def accepted(file: File, hashes: Collection[str]) -> bool:
    """Whether one of the file's hashes is among those the user accepts."""
    return any(f"{algorithm}:{value}" in hashes for algorithm, value in file.hashes.items())


@lru_cache(maxsize=65536)
def _project(filename: str, version: str, kind: FileKind) -> NormalizedName:
    """The project a file name speaks of."""
    if kind is FileKind.WHEEL:
        return canonicalize_name(filename.partition("-")[0])
    for suffix in sorted((*PIP_SDISTS, ".tar.zst"), key=len, reverse=True):
        filename = filename.removesuffix(suffix)
    parts = filename.split("-")
    for cut in range(1, len(parts)):
        if _normal("-".join(parts[cut:])) == version:
            return canonicalize_name("-".join(parts[:cut]))
    return canonicalize_name(parts[0])


def _normal(version: str) -> str | None:
    try:
        return str(Version(version))
    except InvalidVersion:
        return None
