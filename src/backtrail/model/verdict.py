"""A file judged: every exclusion that applies, not only the first."""

from enum import Enum

from backtrail.model.files import File
from backtrail.model.record import Record


class Reason(str, Enum):
    """The closed list of why a resolver refuses a file (documented in docs/findings.md)."""

    EXCLUDE_NEWER = "exclude-newer"
    NO_UPLOAD_TIME = "no-upload-time"
    NO_BINARY = "no-binary"
    ONLY_BINARY = "only-binary"
    YANKED = "yanked"
    TAG_INVALID = "tag-invalid"
    TAG_PYTHON = "tag-python"
    TAG_ABI = "tag-abi"
    TAG_ABI_FREE_THREADED = "tag-abi-free-threaded"
    TAG_PYTHON_VERSION = "tag-python-version"  # right ABI family, wrong Python
    TAG_PLATFORM = "tag-platform"
    SDIST_NAME = "sdist-name"  # not .tar.gz or .zip (PEP 625)
    REQUIRES_PYTHON = "requires-python"
    INVALID_REQUIRES_PYTHON = "invalid-requires-python"
    HASH = "hash"
    PRERELEASE = "prerelease"
    INVALID_NAME = "invalid-name"
    UNCOVERED = "uncovered"  # no wheel for an environment that has to be covered


class Exclusion(Record, frozen=True, kw_only=True):
    """One reason, with the value that caused it (the specifier, the tag, the upload time, the yank's reason)."""

    reason: Reason
    value: str = ""


class Verdict(Record, frozen=True, kw_only=True):
    """What one resolver thinks of one file. ``exclusions`` are in the order that resolver checks; none: usable.

    ``rank`` is the place of the best matching tag, 0 best; None for an sdist or no match.
    """

    file: File
    exclusions: tuple[Exclusion, ...] = ()
    rank: int | None = None

    @property
    def usable(self) -> bool:
        """Whether nothing speaks against the file."""
        return not self.exclusions
