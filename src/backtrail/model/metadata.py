"""What a distribution says of itself, where that was read, and how far it can be trusted."""

from collections.abc import Iterable
from enum import Enum

from packaging.utils import canonicalize_name

from backtrail.model.record import Tagged
from backtrail.model.requirement import Source


class MetadataSource(str, Enum):
    """Where requirements were read. The last five were not written by a build: unverified."""

    METADATA_FILE = "metadata-file"  # PEP 658
    WHEEL = "wheel"
    BUILT = "built"
    PKG_INFO = "pkg-info"  # static by PEP 643
    PYPROJECT = "pyproject"  # static by PEP 621
    STAND_IN = "stand-in"  # --dependency-metadata, and what settings declare
    INSTALLED = "installed"  # in an environment
    EGG_INFO = "egg-info"
    SETUP_CFG = "setup-cfg"
    SETUP_PY = "setup-py"
    LEGACY_PKG_INFO = "legacy-pkg-info"
    ASSUMED = "assumed"  # nowhere: only a build tells, and it is taken as requiring nothing

    @property
    def verified(self) -> bool:
        """Whether a resolver would have read the same, without running anything."""
        return self not in _UNVERIFIED

    @property
    def of_wheel(self) -> bool:
        """Whether it is what a wheel says, inside or beside it."""
        return self in {MetadataSource.METADATA_FILE, MetadataSource.WHEEL}


_UNVERIFIED = frozenset({
    MetadataSource.EGG_INFO, MetadataSource.SETUP_CFG, MetadataSource.SETUP_PY, MetadataSource.LEGACY_PKG_INFO,
    MetadataSource.ASSUMED,
})  # fmt: skip


class Metadata(Tagged, frozen=True, kw_only=True, tag="metadata"):
    """Core metadata (PEP 566, 643, 685).

    Strings as written; ``name`` is "" where a wheel says none. ``file`` is the file name it was read from, None for a
    stand-in. ``sources`` are where uv takes projects from that it requires, by name: what a source tree says beside it.
    ``groups`` are its dependency groups, and ``dynamic_version`` says that only its build tells the version. ``commit``
    is the one that was read of a repository, ``digest`` (``sha256:…``) that of a whole archive, None for anything else.
    ``missing`` is what counts in place of all this for who needs the submodules of a repository of which one could not
    be fetched (STRUCTURE: nothing says from where); None: all are there.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()
    source: MetadataSource
    file: str | None = None
    sources: dict[str, tuple[Source, ...]] = {}
    groups: dict[str, tuple[str, ...]] = {}
    dynamic_version: bool = False
    commit: str | None = None
    digest: str | None = None
    missing: "Unavailable | None" = None

    def without(self, extras: Iterable[str]) -> tuple[str, ...]:
        """Those of some (normalised) extras that it does not have, sorted; none where nobody can be sure (PEP 685)."""
        if not self.source.verified:
            return ()
        provided = {canonicalize_name(extra) for extra in self.provides_extra}
        return tuple(sorted({*extras} - provided))


class Failure(str, Enum):
    """Why metadata could not be read, or a file not be judged."""

    INVALID = "invalid-metadata"  # it is there and cannot be parsed
    INCONSISTENT = "inconsistent-metadata"  # its name or version is not the file's
    STRUCTURE = "invalid-format"  # not a wheel, not an archive, no METADATA
    BUILD_FAILED = "build-failed"
    BUILD_FORBIDDEN = "build-forbidden"
    NETWORK = "network"
    STATUS = "status"
    HASH = "hash-mismatch"
    OFFLINE = "offline"
    TOO_LARGE = "too-large"
    NOT_RECORDED = "not-recorded"
    NO_UPLOAD_TIME = "no-upload-time"  # and pip does not go on without one under a cut-off

    @property
    def unknown(self) -> bool:
        """True where we could not look; False where we looked and the file itself is at fault."""
        return self in _UNKNOWN


_UNKNOWN = frozenset({
    Failure.NETWORK, Failure.STATUS, Failure.OFFLINE, Failure.TOO_LARGE, Failure.NOT_RECORDED, Failure.HASH,
    Failure.BUILD_FORBIDDEN,
})  # fmt: skip


class Unavailable(Tagged, frozen=True, kw_only=True, tag="unavailable"):
    """Metadata that could not be read, as a fact of the story. ``detail`` is one short line, bounded."""

    failure: Failure
    file: str
    detail: str = ""
    status: int | None = None


def too_complex(file: str) -> Unavailable:
    """What stands for metadata with a marker that is nested deeper or combines more than we read: a resolver may."""
    return Unavailable(failure=Failure.TOO_LARGE, file=file, detail="a marker in it is too complex")


class SdistContents(Tagged, frozen=True, kw_only=True, tag="sdist"):
    """The texts of an sdist that speak of its requirements; None where the archive has no such file. Nothing was run.

    ``egg_requires`` is ``*.egg-info/requires.txt``. Texts are bounded when read; ``truncated`` names those cut.
    """

    file: str
    pyproject: str | None = None
    pkg_info: str | None = None
    egg_requires: str | None = None
    setup_cfg: str | None = None
    setup_py: str | None = None
    truncated: tuple[str, ...] = ()
