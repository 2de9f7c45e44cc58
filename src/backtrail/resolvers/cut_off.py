"""What exists before a cut-off, for each resolver: files, and the versions that have one of them."""

from functools import lru_cache

from backtrail.model.files import File, Listing
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.verdict import Exclusion, Reason


def hides(file: File, policy: Policy, options: Options, *, flat: bool) -> Exclusion | None:
    """Why the cut-off hides a file, None where it does not; uploaded at the cut-off is too late.

    ``flat``: the file is from a find-links location, of which uv knows no upload times. pip leaves local files alone,
    whoever lists them.
    """
    if options.exclude_newer is None or (flat if policy.tool == "uv" else file.url.startswith("file:")):
        return None
    if file.uploaded is None:
        return Exclusion(reason=Reason.NO_UPLOAD_TIME)
    digits = _digits(policy)
    if instant(file.uploaded, digits) >= instant(options.exclude_newer, digits):
        return Exclusion(reason=Reason.EXCLUDE_NEWER, value=file.uploaded)
    return None


def exists(listing: Listing, place: int, policy: Policy, options: Options, *, flat: bool) -> bool:
    """Whether the cut-off leaves some file of the version at a place, whatever else speaks against it.

    Files are looked at only where the index does not date each of them; then raises NotRecordedError from a trimmed
    recording.
    """
    if options.exclude_newer is None or (flat and policy.tool == "uv"):
        return True
    earliest = listing.table.earliest[place]
    if earliest:
        digits = _digits(policy)
        return instant(earliest, digits) < instant(options.exclude_newer, digits)
    return any(hides(file, policy, options, flat=flat) is None for file in listing.files(place))


def hiding(listing: Listing, place: int, policy: Policy, options: Options, *, flat: bool) -> tuple[Exclusion, ...]:
    """Why the cut-off hides a version, each reason once; none where it does not. Raises as ``exists``."""
    if exists(listing, place, policy, options, flat=flat):
        return ()
    earliest = listing.table.earliest[place]
    if earliest:
        return (Exclusion(reason=Reason.EXCLUDE_NEWER, value=earliest),)
    found = (hides(file, policy, options, flat=flat) for file in listing.files(place))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _digits(policy: Policy) -> int:
    """How far into a second a resolver looks."""
    return 3 if policy.tool == "uv" else 6


@lru_cache(maxsize=65536)
def instant(time: str, digits: int) -> str:
    """A UTC time cut to so many digits of the second's fraction, in a form that sorts."""
    fraction = time[20:].rstrip("Z")[:digits]
    return f"{time[:19]}.{fraction:0<{digits}}"
