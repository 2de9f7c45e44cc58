"""What exists before a cut-off: files, and the versions that have one of them."""

from dataclasses import dataclass
from functools import lru_cache

from backtrail.model.files import File, Listing
from backtrail.model.question import Options
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.file_rules import project_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """How a resolver applies ``Options.exclude_newer``: uploaded at the cut-off is too late.

    In each method ``flat`` means: from a find-links location.
    """

    digits: int = 6
    """How far into a second it looks."""
    spares_find_links: bool = False
    """Files of find-links locations have no upload times, and always exist."""
    spares_local_files: bool = False
    """Files on this machine always exist, whoever lists them."""

    def hides(self, file: File, options: Options, *, flat: bool) -> Exclusion | None:
        """Why a file does not exist, None where it does."""
        until = self._until(options, file)
        if until is None or (flat and self.spares_find_links):
            return None
        if self.spares_local_files and file.url.startswith("file:"):
            return None
        if file.uploaded is None:
            return Exclusion(reason=Reason.NO_UPLOAD_TIME)
        if instant(file.uploaded, self.digits) >= instant(until, self.digits):
            return Exclusion(reason=Reason.EXCLUDE_NEWER, value=file.uploaded)
        return None

    def exists(self, listing: Listing, place: int, options: Options, *, flat: bool) -> bool:
        """Whether some file of the version at a place exists, whatever else speaks against it.

        Files are looked at only where the index does not date each of them; then raises NotRecordedError from a trimmed
        recording.
        """
        until = options.cut_off(listing.name)
        if until is None or (flat and self.spares_find_links):
            return True
        earliest = self._dated(listing, place)
        if earliest:
            return instant(earliest, self.digits) < instant(until, self.digits)
        return any(self.hides(file, options, flat=flat) is None for file in listing.files(place))

    def _until(self, options: Options, file: File) -> str | None:
        """The cut-off for the project of a file, None: there is none."""
        return options.cut_off(project_of(file)) if options.exclude_newer_package else options.exclude_newer

    def _dated(self, listing: Listing, place: int) -> str:
        """When the first file of a version was uploaded; empty where the files have to be asked."""
        local = self.spares_local_files and (listing.index.startswith("file:") or "://" not in listing.index)
        return "" if local else listing.table.earliest[place]

    def hiding(self, listing: Listing, place: int, options: Options, *, flat: bool) -> tuple[Exclusion, ...]:
        """Why a version does not exist, each reason once; none where it does. Raises as ``exists``."""
        if self.exists(listing, place, options, flat=flat):
            return ()
        earliest = self._dated(listing, place)
        if earliest:
            return (Exclusion(reason=Reason.EXCLUDE_NEWER, value=earliest),)
        found = (self.hides(file, options, flat=flat) for file in listing.files(place))
        return tuple(dict.fromkeys(one for one in found if one is not None))


@lru_cache(maxsize=65536)
def instant(time: str, digits: int) -> str:
    """A UTC time cut to so many digits of the second's fraction, in a form that sorts."""
    fraction = time[20:].rstrip("Z")[:digits]
    return f"{time[:19]}.{fraction:0<{digits}}"
