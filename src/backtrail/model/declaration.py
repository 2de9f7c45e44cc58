"""What a user declares of projects in settings, in place of what their files say."""

from packaging.utils import NormalizedName

from backtrail.model.record import Record


class DeclaredMetadata(Record, frozen=True, kw_only=True):
    """What a user's settings say of a project in place of its files; ``version`` None: of every version."""

    name: NormalizedName
    version: str | None = None
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()
