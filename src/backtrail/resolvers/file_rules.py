"""Rules about one file that resolvers share; each adds to what is ``found`` against the file."""

from collections.abc import Collection
from functools import lru_cache

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.model.files import File, FileKind
from backtrail.model.question import Options
from backtrail.model.verdict import Exclusion, Reason

SDISTS = (
    ".tar.gz", ".zip", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
    ".tar.zst",
)  # fmt: skip
"""What some resolver takes for an sdist."""


def format_rule(file: File, options: Options, found: list[Exclusion]) -> None:
    """``--only-binary`` and ``--no-binary``."""
    formats = options.formats
    if not formats.only_binary and not formats.no_binary:
        return
    if not formats.allows(project_of(file), file.kind.value):
        reason = Reason.NO_BINARY if file.kind is FileKind.WHEEL else Reason.ONLY_BINARY
        found.append(Exclusion(reason=reason))


def project_of(file: File) -> NormalizedName:
    """The project that a file's name says."""
    return _project(file.filename, file.version, file.kind)


def yank_rule(file: File, allowed: bool, found: list[Exclusion]) -> None:
    """A yanked file (PEP 592), unless its version is pinned."""
    if file.yanked is not None and not allowed:
        found.append(Exclusion(reason=Reason.YANKED, value=file.yanked))


def hash_rule(file: File, hashes: tuple[str, ...], found: list[Exclusion]) -> None:
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
    for suffix in sorted(SDISTS, key=len, reverse=True):
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
