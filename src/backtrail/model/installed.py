"""What is installed in an environment, and what an install may change of it."""

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.record import Record
from backtrail.model.run import Asked


class Installed(Record, frozen=True, kw_only=True):
    """A project that is installed, as its own folder says (PEP 376, 627).

    ``place`` is that folder's name, or the file's. ``installer`` is who put it there, in its own words (pip, uv,
    conda); None: nobody says. ``url`` is the direct reference it came from (PEP 610), without credentials, ``commit``
    that of a repository. ``requested``: somebody asked for it by name. ``recorded``: its files are listed, so that it
    can be uninstalled. ``tags`` are those of the wheel it was, empty: nobody says. ``inherited``: it is not in the
    environment's own folders but in those of a Python below it. ``unchanged``: it came from a file on this disk, uv
    noted when that was written, and it has not been since. ``pkg_info`` is what PKG-INFO requires where another
    file beside it counts, None: there is no other.
    """

    name: NormalizedName
    version: str
    metadata: Metadata | Unavailable
    place: str
    installer: str | None = None
    url: str | None = None
    commit: str | None = None
    editable: bool = False
    requested: bool = False
    recorded: bool = True
    tags: tuple[str, ...] = ()
    inherited: bool = False
    unchanged: bool = False
    pkg_info: tuple[str, ...] | None = None

    @property
    def parsed(self) -> Version:
        """The version (PEP 440)."""
        return Version(self.version)


class InstalledEnvironment(Record, frozen=True, kw_only=True):
    """What is installed, in the order in which Python finds it; of several of one name it imports the first.

    ``origin`` is what named the environment: an option with its value, or how it was found. ``unread`` are folders that
    say neither a name nor a version.
    """

    origin: str
    distributions: tuple[Installed, ...] = ()
    unread: tuple[Unavailable, ...] = ()

    @property
    def named(self) -> bool:
        """Whether the user named it."""
        return self.origin.startswith("-")

    def all_of(self, name: str) -> tuple[Installed, ...]:
        """Everything installed of one project: more than one where an install went wrong."""
        return tuple(one for one in self.distributions if one.name == name)


class Renewal(Record, frozen=True, kw_only=True):
    """What an install is to renew although what is installed would do, by the options of the tools.

    ``upgrade``: what is asked for by name (pip), everything (uv). ``eager``: with it, everything (pip). ``reinstall``:
    nothing that is installed counts, and all of the answer is installed anew. ``upgraded`` and ``reinstalled`` are the
    same for some projects. ``ignores_installed``: nothing counts, and nothing is uninstalled.
    """

    upgrade: bool = False
    upgraded: frozenset[NormalizedName] = frozenset()
    eager: bool = False
    reinstall: bool = False
    reinstalled: frozenset[NormalizedName] = frozenset()
    ignores_installed: bool = False


class InstalledView(Record, frozen=True, kw_only=True):
    """What is said of an environment, and of the project asked about, if one was.

    ``found`` is everything installed of it, ``needed_by`` which other installed projects ask for it, ``way`` how it
    came there: from what somebody asked for by name, or what nobody needs, to what asks for it.
    """

    origin: str
    packages: int
    unread: tuple[Unavailable, ...] = ()
    project: NormalizedName | None = None
    found: tuple[Installed, ...] = ()
    needed_by: tuple[Asked, ...] = ()
    way: tuple[Asked, ...] = ()
