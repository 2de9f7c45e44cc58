"""What is asked of an index as if it were otherwise: a release more, a release yanked, other metadata, a release less.

Each holds everything that is needed to answer with it, so that a Case or another process needs no file of the user's.
"""

from packaging.utils import NormalizedName

from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents
from backtrail.model.record import Tagged


class Published(Tagged, frozen=True, kw_only=True, tag="published"):
    """The index also has this file, in place of one of the same name.

    ``file`` is as an index page would list it: its ``index`` is empty, its ``url`` leads nowhere, and ``uploaded`` is
    when it was asked for. ``says`` is what it holds: metadata of a wheel, texts of an sdist.
    """

    project: NormalizedName
    file: File
    says: Metadata | SdistContents

    @property
    def version(self) -> str:
        """The version that the file is of."""
        return self.file.version

    @property
    def option(self) -> str:
        """The option that asks for it; a file by its name alone."""
        return f"--publish {self.file.filename}"


class Yanked(Tagged, frozen=True, kw_only=True, tag="yanked"):
    """Every file of this version is yanked (PEP 592)."""

    project: NormalizedName
    version: str
    reason: str = "as asked by --yank"

    @property
    def option(self) -> str:
        """The option that asks for it."""
        return f"--yank {self.project}=={self.version}"


class Unyanked(Tagged, frozen=True, kw_only=True, tag="unyanked"):
    """No file of this version is yanked."""

    project: NormalizedName
    version: str

    @property
    def option(self) -> str:
        """The option that asks for it."""
        return f"--unyank {self.project}=={self.version}"


class Restated(Tagged, frozen=True, kw_only=True, tag="restated"):
    """Every file of this version says of itself what ``says`` says, and the index page its Requires-Python.

    ``file`` is the name of the file of metadata that was given.
    """

    project: NormalizedName
    version: str
    says: Metadata
    file: str

    @property
    def option(self) -> str:
        """The option that asks for it; a file by its name alone."""
        return f"--metadata {self.project}=={self.version}:{self.file}"


class Removed(Tagged, frozen=True, kw_only=True, tag="removed"):
    """No index and no location has this version; None: the project."""

    project: NormalizedName
    version: str | None = None

    @property
    def option(self) -> str:
        """The option that asks for it."""
        return f"--remove {self.project}" + ("" if self.version is None else f"=={self.version}")


IndexChange = Published | Yanked | Unyanked | Restated | Removed
"""One change of an index. Of several each is made to what those before it left."""
