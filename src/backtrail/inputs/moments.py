"""A moment as people write it: a date, a time, or how long ago."""

import re
from datetime import datetime, timedelta, timezone

_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_UNITS = {
    "weeks": "weeks?|wks?|w",
    "days": "days?|d",
    "hours": "hours?|hrs?|h",
    "minutes": "minutes?|mins?|m",
    "seconds": "seconds?|secs?|s",
}
_COUNT = r"\d{1,9}"
_ISO_DURATION = re.compile(
    rf"(?P<minus>-)?P(?:(?P<weeks>{_COUNT})W)?(?:(?P<days>{_COUNT})D)?"
    rf"(?:T(?=\d)(?:(?P<hours>{_COUNT})H)?(?:(?P<minutes>{_COUNT})M)?(?:(?P<seconds>{_COUNT})S)?)?"
)
_DURATION = re.compile(
    r"(?P<minus>-)?" + "".join(rf"(?:(?P<{unit}>{_COUNT})\s*(?:{names}),?\s*)?" for unit, names in _UNITS.items())
    + r"(?P<ago>ago)?",
    re.IGNORECASE,
)  # fmt: skip


def cutoff(text: str, now: datetime, *, end_of_day: bool = True) -> str | None:
    """A moment as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, None where the text is none.

    Read are RFC 3339 moments; a date alone (its end, as uv's ``--exclude-newer`` has it, or its beginning, as pip's
    ``--uploaded-prior-to``); a time without a zone (as uv has it that date, as pip one in the zone of ``now``); and
    durations before ``now``: ``P7D``, ``7 days``, ``2 weeks``, ``1 day 12h``.
    """
    try:
        moment = _moment(text.strip(), now, end_of_day=end_of_day)
        utc = None if moment is None else moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return None if utc is None else f"{utc.isoformat(timespec='microseconds')}Z"


def span(text: str) -> str | None:
    """How long ago a moment is said to be, as uv writes it (an ISO 8601 duration), None: it is said otherwise."""
    found = _duration(text.strip())
    if found is None:
        return None
    units, minus = found
    day, time = (
        "".join(f"{units[unit]}{unit[0].upper()}" for unit in part if unit in units)
        for part in (("weeks", "days"), ("hours", "minutes", "seconds"))
    )
    return f"{'-' * minus}P{day}{'T' * bool(time)}{time}" if units else "PT0S"


def _moment(text: str, now: datetime, *, end_of_day: bool) -> datetime | None:
    found = _MOMENT.fullmatch(text)
    if found is not None and (found["time"] is None or (end_of_day and found["zone"] is None)):
        day = datetime.fromisoformat(found["date"])
        return (day + timedelta(days=1) if end_of_day else day).replace(tzinfo=now.tzinfo)
    if found is not None:
        local = datetime.fromisoformat(f"{found['date']}T{found['time']}:{found['second'] or '00'}")
        local += timedelta(microseconds=int((found["fraction"] or "0").ljust(6, "0")[:6]))
        return local.replace(tzinfo=_zone(found["zone"]) or now.tzinfo)
    ago = _duration(text)
    return None if ago is None else now - timedelta(**ago[0])


def _duration(text: str) -> tuple[dict[str, int], bool] | None:
    """The units of a duration that are not zero, and whether it is written as a negative one, which says the same."""
    found = _ISO_DURATION.fullmatch(text.upper()) or _DURATION.fullmatch(text)
    if found is None or not any(found[unit] for unit in _UNITS):
        return None
    units = {unit: int(found[unit]) for unit in _UNITS if int(found[unit] or 0)}
    return units, bool(found["minus"]) or ("ago" in found.groupdict() and found["ago"] is not None)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return timezone.utc
    digits = text.replace(":", "")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-offset if text.startswith("-") else offset)
