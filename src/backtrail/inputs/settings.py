"""Where to look and how to choose: options from flags, requirement files and the environment, each with its origin."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import Literal
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from backtrail.inputs.credentials import redact, split_credentials
from backtrail.model.errors import InputError
from backtrail.model.question import ALL, FormatControl, Indexes, Options, Setting
from backtrail.model.record import Record

INDEX_STRATEGIES = ("first-index", "unsafe-first-match", "unsafe-best-match")
PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")
RESOLUTIONS = ("highest", "lowest", "lowest-direct")

Tool = Literal["pip", "uv"]

NONE = ":none:"
"""Where names of projects are listed: none of those before."""

_SWITCH = ""
_ENVIRONMENT = (
    # variable, option, what separates its values (None: it has one; _SWITCH: it is on or off)
    ("UV_DEFAULT_INDEX", "default-index", None),
    ("UV_INDEX_URL", "index-url", None),
    ("PIP_INDEX_URL", "index-url", None),
    ("UV_INDEX", "index", " "),
    ("UV_EXTRA_INDEX_URL", "extra-index-url", " "),
    ("PIP_EXTRA_INDEX_URL", "extra-index-url", " "),
    ("UV_FIND_LINKS", "find-links", ","),
    ("PIP_FIND_LINKS", "find-links", " "),
    ("UV_NO_INDEX", "no-index", _SWITCH),
    ("PIP_NO_INDEX", "no-index", _SWITCH),
    ("UV_INDEX_STRATEGY", "index-strategy", None),
    ("UV_PRERELEASE", "prerelease", None),
    ("PIP_PRE", "pre", _SWITCH),
    ("UV_RESOLUTION", "resolution", None),
    ("UV_EXCLUDE_NEWER", "exclude-newer", None),
    ("PIP_UPLOADED_PRIOR_TO", "uploaded-prior-to", None),
    ("PIP_NO_BINARY", "no-binary", None),
    ("PIP_ONLY_BINARY", "only-binary", None),
    ("PIP_PREFER_BINARY", "prefer-binary", _SWITCH),
    ("PIP_IGNORE_REQUIRES_PYTHON", "ignore-requires-python", _SWITCH),
    ("PIP_NO_DEPS", "no-deps", _SWITCH),
    ("UV_REQUIRE_HASHES", "require-hashes", _SWITCH),
    ("PIP_REQUIRE_HASHES", "require-hashes", _SWITCH),
    ("UV_INSECURE_HOST", "trusted-host", " "),
    ("PIP_TRUSTED_HOST", "trusted-host", " "),
)
_ON = frozenset({"1", "y", "yes", "t", "true", "on"})
_OFF = frozenset({"0", "n", "no", "f", "false", "off"})
_IGNORED_IN_FILES_BY_UV = frozenset({"pre", "prefer-binary", "trusted-host", "use-feature"})

_NAMED_INDEX = re.compile(r"[\w.-]+=(?=\S)")
_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_ISO_DURATION = re.compile(r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")
_DURATION = re.compile(r"(?P<count>\d+)\s*(?P<unit>w|weeks?|d|days?|h|hours?)(?:\s+ago)?", re.IGNORECASE)
_UNITS = {"w": "weeks", "d": "days", "h": "hours"}


class Flags(Record, frozen=True, kw_only=True):
    """What the command line says; the default of each field means: not given.

    A switch is True or not given. ``index``, ``no_binary``… are the values in order, lists still joined by commas.
    ``order`` are the names of these fields as their values were typed, a name for each value; what it leaves out comes
    after, in the order of the fields.
    """

    index_url: str | None = None
    default_index: str | None = None
    index: tuple[str, ...] = ()
    extra_index_url: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    index_strategy: str | None = None
    pre: bool = False
    prerelease: str | None = None
    resolution: str | None = None
    exclude_newer: str | None = None
    uploaded_prior_to: str | None = None
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    prefer_binary: bool = False
    ignore_requires_python: bool = False
    no_deps: bool = False
    require_hashes: bool = False
    build_sdists: bool = False
    max_rounds: int | None = None
    trusted_host: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


SWITCHES = frozenset(
    field.replace("_", "-")
    for field, default in zip(Flags.__struct_fields__, Flags.__struct_defaults__, strict=True)
    if default is False
)
"""Options without a value of their own; a setting of that name says ``true``."""


class Settled(Record, frozen=True, kw_only=True):
    """The outcome. ``settings`` are those in effect, free of credentials.

    ``credentials`` are user and password by the URL that they were written in, for the crawler alone.
    """

    indexes: Indexes
    options: Options
    settings: tuple[Setting, ...] = ()
    credentials: dict[str, tuple[str, str]] = {}
    trusted_hosts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def settle(
    flags: Flags,
    lines: Iterable[Setting] = (),
    *,
    environ: Mapping[str, str],
    now: datetime,
    default_index: str,
    tool: Tool | None = None,
) -> Settled:
    """Decide every setting: a flag beats a line of a requirements file, which beats the environment; lists add up.

    ``lines`` are the settings of ``Lines``. ``now`` is aware and tells durations and the local zone. With a ``tool``,
    only what that tool heeds counts: its own variables; not the lines uv ignores; and in pip an ``--index-url`` line
    beats the flag. Without, the variables and lines of either do. Variables (spec: pip's ``PIP_*`` and uv's ``UV_*``)
    are the index, find-links, format, pre-release, cut-off and hash ones. A ``UV_*`` list counts only where no flag of
    its kind is given, as in uv. Raises InputError naming the option, the value, and what is allowed.
    """
    given = _Given(flags, tuple(lines), environ, tool)
    credentials: dict[str, tuple[str, str]] = {}
    indexes = _indexes(given, default_index, credentials)
    options = Options(
        exclude_newer=_cutoff(given, now),
        prerelease=_prerelease(given),
        resolution=given.choice("resolution", RESOLUTIONS) or RESOLUTIONS[0],
        index_strategy=given.choice("index-strategy", INDEX_STRATEGIES) or INDEX_STRATEGIES[0],
        formats=_formats(given),
        prefer_binary=given.switch("prefer-binary"),
        ignore_requires_python=given.switch("ignore-requires-python"),
        no_deps=given.switch("no-deps"),
        build_sdists=given.switch("build-sdists"),
        require_hashes=given.switch("require-hashes", off="no-require-hashes"),
        max_rounds=_max_rounds(given),
    )
    trusted = tuple(dict.fromkeys(setting.value for setting in given.all("trusted-host")))
    return Settled(
        indexes=indexes,
        options=options,
        settings=tuple(given.used),
        credentials=credentials,
        trusted_hosts=trusted,
        warnings=tuple(given.warnings),
    )


def constraint_files(environ: Mapping[str, str], tool: Tool | None = None) -> tuple[str, ...]:
    """Constraint files that the environment names: ``UV_CONSTRAINT`` and ``PIP_CONSTRAINT``, of one tool or either."""
    names = [name for name in ("UV_CONSTRAINT", "PIP_CONSTRAINT") if tool is None or name.startswith(tool.upper())]
    return tuple(dict.fromkeys(path for name in names for path in environ.get(name, "").split()))


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


class _Given:
    """Everything said, by option: flags, lines and environment, ready to be asked; keeps what was used."""

    def __init__(self, flags: Flags, lines: tuple[Setting, ...], environ: Mapping[str, str], tool: Tool | None) -> None:
        self.tool = tool
        self.used: list[Setting] = []
        self.warnings: list[str] = []
        self.flags = _from_flags(flags)
        self.environment = _from_environment(environ, tool)
        self._variables = {name: place for place, name in enumerate(environ)}
        self.lines: list[Setting] = []
        for line in lines:
            if line.name in _IGNORED_IN_FILES_BY_UV and tool != "pip":
                self.warnings.append(f"{line.origin}: uv ignores --{line.name} in a requirements file")
            if line.name not in _IGNORED_IN_FILES_BY_UV or tool != "uv":
                self.lines.append(line)

    def one(self, *names: str) -> Setting | None:
        """The setting that wins among options which mean the same; among lines the last, as in pip."""
        flagged = [setting for setting in self.flags if setting.name in names]
        if len({setting.value for setting in flagged}) > 1:
            first, second = flagged[:2]
            raise InputError(
                f"{first.origin} {first.value!r} and {second.origin} {second.value!r} contradict each other"
            )
        written = [setting for setting in self.lines if setting.name in names][-1:]
        tiers = [written, flagged] if self.tool == "pip" else [flagged, written]
        tiers.append([setting for setting in self.environment if setting.name in names])
        found = [tier[0] for tier in tiers if tier]
        if not found:
            return None
        if flagged and written and flagged[0].value != written[0].value:
            self.warnings.append(
                f"{written[0].origin}: --{written[0].name}: the flag beats this line in uv, and not in pip"
            )
        self._use(found[0])
        return found[0]

    def all(self, *names: str) -> list[Setting]:
        """Every value of options that add up: environment (in its own order, as pip reads it), flags, lines."""
        flagged = [setting for setting in self.flags if setting.name in names]
        given = {setting.name for setting in flagged}
        around = [
            setting
            for setting in self.environment
            if setting.name in names and not (setting.name in given and setting.origin.startswith("UV_"))
        ]
        around.sort(key=lambda setting: self._variables[setting.origin])
        found = [*around, *flagged, *(setting for setting in self.lines if setting.name in names)]
        for setting in found:
            self._use(setting)
        return found

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """One of a closed list; None: not given."""
        setting = self.one(name)
        if setting is not None and setting.value not in allowed:
            raise _refused(setting, f"is not one of {', '.join(allowed)}")
        return None if setting is None else setting.value

    def switch(self, name: str, off: str | None = None) -> bool:
        """Whether a switch is on; the last of on and off wins among lines."""
        setting = self.one(name) if off is None else self.one(name, off)
        return setting is not None and setting.name == name and setting.value == "true"

    def _use(self, setting: Setting) -> None:
        self.used.append(Setting(name=setting.name, value=redact(setting.value), origin=setting.origin))


def _from_flags(flags: Flags) -> list[Setting]:
    """The flags as they were typed."""
    found: dict[str, list[Setting]] = {}
    for field in Flags.__struct_fields__:
        value = getattr(flags, field)
        if field != "order":
            values = value if isinstance(value, tuple) else () if value is None or value is False else (value,)
            found[field] = [_flag(field.replace("_", "-"), one) for one in values]
    typed = [found[field].pop(0) for field in flags.order if found.get(field)]
    return [*typed, *chain.from_iterable(found.values())]


def _flag(name: str, value: object) -> Setting:
    return Setting(name=name, value="true" if value is True else str(value), origin=f"--{name}")


def _from_environment(environ: Mapping[str, str], tool: Tool | None) -> list[Setting]:
    found = []
    for variable, name, separator in _ENVIRONMENT:
        value = environ.get(variable, "").strip()
        if not value or (tool is not None and not variable.startswith(tool.upper())):
            continue
        if separator == _SWITCH:
            if value.lower() not in _ON | _OFF:
                raise InputError(f"{variable} {value!r} is neither true nor false")
            values = ["true"] if value.lower() in _ON else []
        else:
            values = [value] if separator is None else [one for one in value.split(separator) if one]
        found += [Setting(name=name, value=one, origin=variable) for one in values]
    return found


def _refused(setting: Setting, why: str) -> InputError:
    option = f"--{setting.name}"
    origin = option if setting.origin == option else f"{setting.origin}: {option}"
    return InputError(f"{origin} {redact(setting.value)!r} {why}")


def _indexes(given: _Given, default_index: str, credentials: dict[str, tuple[str, str]]) -> Indexes:
    links = given.all("find-links")
    locations = tuple(dict.fromkeys(_location(setting, credentials) for setting in links))
    if given.switch("no-index"):
        return Indexes(default=None, find_links=locations)
    default = given.one("default-index", "index-url")
    extra = [*given.all("index"), *given.all("extra-index-url")]
    return Indexes(
        default=default_index if default is None else _index(default, credentials),
        extra=tuple(dict.fromkeys(_index(setting, credentials) for setting in extra)),
        find_links=locations,
    )


def _index(setting: Setting, credentials: dict[str, tuple[str, str]]) -> str:
    named = _NAMED_INDEX.match(setting.value)
    value = setting.value[named.end() :] if named else setting.value
    url = _without_credentials(setting, value, credentials)
    if urlsplit(url).scheme not in {"http", "https", "file"} and not os.path.isdir(url):  # noqa: PTH112
        raise _refused(setting, "is not a URL of an index")
    return url


def _location(setting: Setting, credentials: dict[str, tuple[str, str]]) -> str:
    return _without_credentials(setting, setting.value, credentials)


def _without_credentials(setting: Setting, value: str, credentials: dict[str, tuple[str, str]]) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):  # what stands for a byte that is no text
        raise _refused(setting, "is not UTF-8")
    try:
        url, found = split_credentials(value)
    except ValueError as failure:
        raise _refused(setting, f"is not a URL: {failure}") from None
    if found is not None:
        credentials.setdefault(url, found)
    return url


def _prerelease(given: _Given) -> str | None:
    if any(setting.name == "pre" for setting in given.flags):
        return "allow" if given.switch("pre") else None  # whatever else is said, as in uv
    chosen = given.choice("prerelease", PRERELEASES)
    if chosen is not None:
        return chosen
    for name, meaning in (("all-releases", "allow"), ("only-final", "disallow")):
        for setting in given.all(name):
            if setting.value == ALL:
                return meaning
            given.warnings.append(f"{setting.origin}: --{name} {setting.value}: only {ALL} is reproduced")
    return "allow" if given.switch("pre") else None


def _cutoff(given: _Given, now: datetime) -> str | None:
    setting = given.one("exclude-newer", "uploaded-prior-to")
    if setting is None:
        return None
    moment = cutoff(setting.value, now, end_of_day=setting.name == "exclude-newer")
    if moment is None:
        raise _refused(
            setting, "is not a moment (2024-10-07T21:46:00Z), a date (2024-10-07) or a duration (P7D, 7 days)"
        )
    return moment


def _formats(given: _Given) -> FormatControl:
    """Lists of names, joined by commas or repeated; in pip their order decides, and in uv it does not."""
    said = given.all("no-binary", "only-binary")
    return _formats_of_uv(said) if given.tool == "uv" else _formats_of_pip(said)


def _formats_of_pip(said: Iterable[Setting]) -> FormatControl:
    """The last one wins (spec pip 1.4): what one list names leaves the other, ``:all:`` empties both before it.

    ``:none:`` empties its own list so far; what stands before ``:all:`` in one value does not count, and what stands
    behind it counts only if ``:none:`` is among it.
    """
    chosen: dict[str, set[str]] = {"no-binary": set(), "only-binary": set()}
    for setting in said:
        own, other = chosen[setting.name], chosen["no-binary" if setting.name == "only-binary" else "only-binary"]
        names = _names(setting)
        if ALL in names:
            other.clear()
            own.clear()
            own.add(ALL)
            behind = names[len(names) - names[::-1].index(ALL) :]
            names = behind if NONE in behind else []
        for name in names:
            if name == NONE:
                own.clear()
            else:
                own.add(name)
                other.discard(name)
    return FormatControl(only_binary=frozenset(chosen["only-binary"]), no_binary=frozenset(chosen["no-binary"]))


def _formats_of_uv(said: Sequence[Setting]) -> FormatControl:
    """Each list by itself, whatever stands between: ``:none:`` empties what stands before it on the command line.

    A line of a file only adds to it. ``:all:`` is more than any names.
    """
    chosen: dict[str, set[str]] = {"no-binary": set(), "only-binary": set()}
    for setting in said:
        own = chosen[setting.name]
        for name in _names(setting):
            if name != NONE:
                own.add(name)
            elif setting.origin.startswith("-"):
                own.clear()
    lists = {name: frozenset({ALL}) if ALL in own else frozenset(own) for name, own in chosen.items()}
    return FormatControl(only_binary=lists["only-binary"], no_binary=lists["no-binary"])


def _names(setting: Setting) -> list[str]:
    """The names in a value, normalised but for ``:all:`` and ``:none:``."""
    written = (name.strip() for name in setting.value.split(","))
    return [name if name in (ALL, NONE) else canonicalize_name(name) for name in written if name]


def _max_rounds(given: _Given) -> int | None:
    setting = given.one("max-rounds")
    if setting is None:
        return None
    if not setting.value.isdecimal() or int(setting.value) < 1:
        raise _refused(setting, "is not a positive number")
    return int(setting.value)
