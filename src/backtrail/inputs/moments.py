"""A moment as people write it: a date, a time, or how long ago."""

import re
from datetime import datetime, timedelta, timezone

_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_ISO_DURATION = re.compile(r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")
_DURATION = re.compile(r"(?P<count>\d+)\s*(?P<unit>w|weeks?|d|days?|h|hours?)(?:\s+ago)?", re.IGNORECASE)
_UNITS = {"w": "weeks", "d": "days", "h": "hours"}


def cutoff(text: str, now: datetime, *, end_of_day: bool = True) -> str | None:
    """A moment as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, None where the text is none.

    Read are RFC 3339 moments, without a zone in that of ``now``; a date alone (its end, as uv's ``--exclude-newer``
    has it, or its beginning, as pip's ``--uploaded-prior-to``); and durations before ``now``: ``P7D``, ``7 days``,
    ``2 weeks``, ``24h``.
    """
    try:
        moment = _moment(text.strip(), now, end_of_day=end_of_day)
        utc = None if moment is None else moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return None if utc is None else f"{utc.isoformat(timespec='microseconds')}Z"


def _moment(text: str, now: datetime, *, end_of_day: bool) -> datetime | None:
    found = _MOMENT.fullmatch(text)
    if found is not None and found["time"] is None:
        day = datetime.fromisoformat(found["date"])
        return (day + timedelta(days=1) if end_of_day else day).replace(tzinfo=now.tzinfo)
    if found is not None:
        local = datetime.fromisoformat(f"{found['date']}T{found['time']}:{found['second'] or '00'}")
        local += timedelta(microseconds=int((found["fraction"] or "0").ljust(6, "0")[:6]))
        return local.replace(tzinfo=_zone(found["zone"]) or now.tzinfo)
    iso, plain = _ISO_DURATION.fullmatch(text.upper()), _DURATION.fullmatch(text)
    if iso is not None and any(iso.groups()):
        return now - timedelta(**{unit: int(count) for unit, count in iso.groupdict().items() if count})
    if plain is not None:
        return now - timedelta(**{_UNITS[plain["unit"][0].lower()]: int(plain["count"])})
    return None


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return timezone.utc
    digits = text.replace(":", "")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-offset if text.startswith("-") else offset)
