"""Direct references as a lock repeats them: what each says of itself, and all that a workspace leads to."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.inputs.locked_as import locked_as
from backtrail.model.files import File, FileKind
from backtrail.model.lock import LockSource
from backtrail.model.metadata import Metadata
from backtrail.model.requirement import Requirement
from backtrail.resolvers.uv.metadata_reader import MetadataReader, StopError
from backtrail.resolvers.uv.universal.lock_files import Kept

FOLDERS = frozenset({"virtual", "editable", "directory"})
"""Kinds of sources that are folders here."""


class Reference(NamedTuple):
    """What a direct reference says of itself, with what it and its groups require."""

    metadata: Metadata
    named: LockSource
    requires: Sequence[Requirement]
    groups: Mapping[NormalizedName, Sequence[Requirement]]

    @property
    def source(self) -> LockSource:
        """Where it is from; of a repository with the commit."""
        commit = self.metadata.commit
        return self.named if commit is None else LockSource(kind=self.named.kind, value=f"{self.named.value}#{commit}")

    @property
    def is_dynamic(self) -> bool:
        """Whether a lock names no version of it: it is a folder, and only its build tells."""
        return self.metadata.dynamic_version and self.named.kind in FOLDERS

    @property
    def archive(self) -> Kept:
        """The one file that it is; none of a folder or a commit, or where nobody knows its hash."""
        metadata, named = self.metadata, self.named
        if named.kind not in ("path", "url") or metadata.digest is None:
            return Kept(None, ())
        algorithm, _, digest = metadata.digest.partition(":")
        filename = metadata.file or named.value.rpartition("/")[2]
        is_wheel = filename.endswith(".whl")
        file = File(
            filename=filename,
            url=named.value if is_wheel and named.kind == "url" else "",
            version=metadata.version,
            kind=FileKind.WHEEL if is_wheel else FileKind.SDIST,
            hashes={algorithm: digest},
        )
        return Kept(None, (file,)) if is_wheel else Kept(file, ())


def reference_of(reader: MetadataReader, name: NormalizedName, url: str) -> Reference:
    """What is known of a direct reference that was read."""
    metadata = reader.direct[name]
    named = reader.locked_as.get(name) or locked_as(url)
    return Reference(metadata, named, reader.requirements(metadata) or (), reader.groups(metadata))


def all_references(reader: MetadataReader, own: Iterable[Requirement]) -> Iterator[tuple[NormalizedName, Reference]]:
    """The direct references among some requirements and, of those, of what they require; but those that stay unread."""
    waiting = deque(one for one in own if one.url is not None)
    seen = set[tuple[NormalizedName, str]]()
    while waiting:
        asked = waiting.popleft()
        url = asked.url or ""
        if (asked.name, url) in seen:
            continue
        seen.add((asked.name, url))
        try:
            reader.take_direct(asked)
            found = reference_of(reader, asked.name, url)
        except StopError:  # that is said where it is needed
            continue
        yield asked.name, found
        waiting += (one for one in found.requires if one.url is not None)
