"""Direct references (PEP 440), read where they are: on this disk, in archives on the web, in commits of git."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

import msgspec
from packaging.utils import canonicalize_name

from backtrail.index.build.git_checkout import Checkout, Reference, check_out, read_reference
from backtrail.index.build.git_command import GitError
from backtrail.index.pages.parse import identify
from backtrail.inputs.credentials import place, taken_out, without_its_credentials
from backtrail.inputs.files_read import source_tree
from backtrail.inputs.local_projects import project_name
from backtrail.inputs.locked_as import locked_as, locked_inside
from backtrail.inputs.pyproject import PYPROJECT, beside_metadata
from backtrail.model.errors import InputError
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement, Source
from backtrail.model.safe_text import without_secrets

if TYPE_CHECKING:
    from backtrail.index.build.builder import Builder

_HASHES = ("sha256", "sha384", "sha512", "sha224", "sha1", "md5")


class Facts(Protocol):
    """What files on the web say of themselves."""

    def metadata(self, file: File) -> Metadata | Unavailable:
        """A wheel's metadata."""

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """The telling texts of an sdist."""

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """What a build says."""


class DirectReader:
    """Reads each reference once. Nothing that it reads is run, unless there is a builder.

    A requirement whose name is empty gets it from the metadata.

    ``folder`` is where checkouts are put. ``builder`` gives what builds, None where nothing is built. ``credentials``
    are those of ``taken_out``; a repository gets those that were written for it, or in the reference itself. ``root``
    is the folder of the project that is locked, None: nothing is.
    """

    def __init__(
        self,
        facts: Facts,
        folder: Path,
        *,
        offline: bool,
        builder: "Callable[[], Builder | None]",
        credentials: Mapping[str, tuple[str, str]] | None = None,
        root: Path | None = None,
    ) -> None:
        """Nothing is read yet."""
        self._facts = facts
        self._folder = folder
        self._offline = offline
        self._builder = builder
        self._credentials = dict(credentials or {})
        self._root = root
        self._checkouts: dict[tuple[str, str | None], Checkout | GitError] = {}

    def __call__(self, requirement: Requirement) -> Metadata | Unavailable:
        """The metadata; Unavailable as in ``read_direct``, NETWORK where a repository could not be fetched."""
        url = requirement.url or ""
        scheme = urlsplit(url).scheme
        if scheme == "file":
            return self._local(requirement, self._builder())
        if scheme in ("http", "https"):
            return self._archive(requirement)
        if scheme.startswith("git+"):
            return self._commit(requirement)
        return Unavailable(failure=Failure.NETWORK, file=without_secrets(url), detail=f"{scheme} is not fetched")

    def _local(self, requirement: Requirement, builder: "Builder | None") -> Metadata | Unavailable:
        from backtrail.index.build.direct_references import read_direct

        found = read_direct(requirement, builder)
        tree = source_tree(requirement.url or "")
        if tree is None or isinstance(found, Unavailable):
            return found
        try:
            with taken_out() as credentials:
                beside = beside_metadata(tree / PYPROJECT, self._root)
        except InputError as error:
            return Unavailable(failure=Failure.INVALID, file=found.file or found.name, detail=str(error)[:200])
        self._credentials = {**credentials, **self._credentials}
        return msgspec.structs.replace(
            found, sources=dict(beside.sources), groups=beside.groups, dynamic_version=beside.dynamic_version
        )

    def _archive(self, requirement: Requirement) -> Metadata | Unavailable:
        """What a wheel or an sdist says; of an sdist's builds as of any other."""
        from backtrail.index.files.sdist import legacy_metadata, static_metadata

        parts = urlsplit(requirement.url or "")
        filename = unquote(parts.path).rpartition("/")[2]
        named = identify(filename, requirement.name)
        if isinstance(named, str):
            detail = f"its name is not that of a file of {requirement.name}"
            return Unavailable(failure=Failure.INCONSISTENT, file=filename, detail=detail)
        hashes = dict(part.split("=", 1) for part in parts.fragment.split("&") if part.partition("=")[0] in _HASHES)
        url = urlunsplit(parts._replace(fragment=""))
        file = File(filename=filename, url=url, version=named[1], kind=named[0], hashes=hashes)
        if file.kind is FileKind.WHEEL:
            return self._facts.metadata(file)
        contents = self._facts.sdist(file)
        if isinstance(contents, Unavailable):
            return contents
        static = static_metadata(contents, file)
        if static is not None:
            return static
        return legacy_metadata(contents, file) if self._builder() is None else self._facts.build(file)

    def _commit(self, requirement: Requirement) -> Metadata | Unavailable:
        url = requirement.url or ""
        try:
            reference = read_reference(self._clean(url))
            checkout = self._checked_out(reference)
        except GitError as error:
            return Unavailable(failure=Failure.NETWORK, file=without_secrets(url), detail=str(error))
        if checkout is None:
            return Unavailable(failure=Failure.OFFLINE, file=without_secrets(url))
        if checkout.missing is None:
            return self._read(requirement, reference, checkout, self._builder())
        failure = Failure.STRUCTURE if checkout.unlisted else Failure.NETWORK
        missing = Unavailable(failure=failure, file=without_secrets(url), detail=checkout.missing)
        found = self._read(requirement, reference, checkout, self._builder() if checkout.unlisted else None)
        if isinstance(found, Unavailable):
            return found if checkout.unlisted else missing
        if self._pair(reference) is not None and not checkout.unlisted:
            return missing
        return msgspec.structs.replace(found, missing=missing)

    def _read(
        self, requirement: Requirement, reference: Reference, checkout: Checkout, builder: "Builder | None"
    ) -> Metadata | Unavailable:
        """What a folder of a checkout says."""
        url = requirement.url or ""
        inside = Path(checkout.folder, reference.subdirectory).resolve()
        if not inside.is_relative_to(checkout.folder.resolve()) or not inside.is_dir():
            detail = f"it has no folder {reference.subdirectory!r}"
            return Unavailable(failure=Failure.STRUCTURE, file=without_secrets(url), detail=detail)
        name = requirement.name or project_name(inside)
        if name is None:
            detail = "its texts do not tell the name of its project: write NAME @ before it"
            return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=without_secrets(url), detail=detail)
        found = self._local(msgspec.structs.replace(requirement, name=name, url=inside.as_uri()), builder)
        if isinstance(found, Unavailable):
            return msgspec.structs.replace(found, file=without_secrets(url))
        return msgspec.structs.replace(
            found,
            file=f"{name}@{checkout.commit}",
            commit=checkout.commit,
            sources={
                canonicalize_name(name): tuple(_in_repository(one, requirement, reference, checkout) for one in listed)
                for name, listed in found.sources.items()
            },
        )

    def _clean(self, url: str) -> str:
        """The reference without the credentials that a package's own metadata wrote into it. Raises GitError."""
        try:
            with taken_out() as credentials:
                clean = without_its_credentials(url)
        except ValueError as failure:
            raise GitError(f"not a URL: {failure}") from None
        self._credentials = {**credentials, **self._credentials}
        return clean

    def _pair(self, reference: Reference) -> tuple[str, str] | None:
        """User and password that were written for a repository."""
        return self._credentials.get(place(f"git+{reference.repository}"))

    def _checked_out(self, reference: Reference) -> Checkout | None:
        """The checkout of a revision, made once; None: offline. Raises GitError."""
        if self._offline:
            return None
        key = reference.repository, reference.revision
        if key not in self._checkouts:
            try:
                found = check_out(reference, self._folder / str(len(self._checkouts)), self._pair(reference))
                self._checkouts[reference.repository, found.commit] = self._checkouts[key] = found
            except GitError as error:
                self._checkouts[key] = error
        known = self._checkouts[key]
        if isinstance(known, GitError):
            raise known
        return known


def _in_repository(source: Source, asked: Requirement, reference: Reference, checkout: Checkout) -> Source:
    """A source that leads to another folder of the repository, named by that as it is asked for."""
    if source.url is None or not source.url.startswith("file:"):
        return source
    place = Path(url2pathname(urlsplit(source.url).path)).resolve()
    root = checkout.folder.resolve()
    if not place.is_relative_to(root):
        return source
    inside = place.relative_to(root).as_posix()
    subdirectory = "" if inside == "." else inside
    revision = "" if reference.revision is None else f"@{reference.revision}"
    url = f"git+{reference.repository}{revision}{'#subdirectory=' * bool(subdirectory)}{subdirectory}"
    named = locked_inside(asked.locked_as or locked_as(asked.url or ""), subdirectory)
    return msgspec.structs.replace(source, url=url, locked_as=named)
