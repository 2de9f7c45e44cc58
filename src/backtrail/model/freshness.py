"""How new the pins of an answer are, beside the newest release that could be used of each project."""

from packaging.utils import NormalizedName

from backtrail.model.record import Record
from backtrail.model.verdict import Exclusion


class Behind(Record, frozen=True, kw_only=True):
    """A pin that is older than ``newest``, the newest release of its project that the resolver could use here.

    ``releases`` came out after the pinned one, up to the newest, whatever speaks against those between. ``own``: the
    user asks for the project.
    """

    project: NormalizedName
    version: str
    newest: str
    releases: int
    own: bool


class OutOfReach(Record, frozen=True, kw_only=True):
    """A release newer than the newest usable one; ``exclusions`` speak against each of its files, or are all of them.

    The former where one rule refuses every file, else the latter.
    """

    project: NormalizedName
    version: str
    exclusions: tuple[Exclusion, ...]
    own: bool


class Freshness(Record, frozen=True, kw_only=True):
    """The pins of a run counted. Own projects come first, then those farthest behind, then by name.

    ``compared`` pins are counted, direct references are not. ``unknown`` are projects of which it is unknown: a
    page could not be read, or what is needed of it was not recorded.
    """

    compared: int
    behind: tuple[Behind, ...] = ()
    out_of_reach: tuple[OutOfReach, ...] = ()
    unknown: tuple[NormalizedName, ...] = ()

    @property
    def newest(self) -> int:
        """How many pins are their projects' newest usable release."""
        return self.compared - len(self.behind)
