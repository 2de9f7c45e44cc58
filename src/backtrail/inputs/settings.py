"""Where to look and how to choose: flags, lines of files, variables and configuration weighed, each with its origin."""

import contextlib
import math
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from packaging.utils import canonicalize_name

from backtrail.inputs.credentials import redact, split_credentials
from backtrail.inputs.moments import cutoff
from backtrail.inputs.settings_catalogue import Form, Place, rows
from backtrail.inputs.variables import read_variables
from backtrail.model.errors import InputError
from backtrail.model.question import ALL, FormatControl, Indexes, Options, Setting
from backtrail.model.record import Record

INDEX_STRATEGIES = ("first-index", "unsafe-first-match", "unsafe-best-match")
PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")
RESOLUTIONS = ("highest", "lowest", "lowest-direct")

LINES = (
    "constraint",
    "constraint-dependencies",
    "override",
    "override-dependencies",
    "build-constraint",
    "build-constraint-dependencies",
)
"""Settings that name files of requirements, or are requirements themselves."""

Tool = Literal["pip", "uv"]

NONE = ":none:"
"""Where names of projects are listed: none of those before."""

_ADDING = frozenset(row.setting for row in rows("pip", Place.OPTION).values() if row.form is Form.NAMES)
_IGNORED_IN_FILES_BY_UV = frozenset({"pre", "prefer-binary", "trusted-host", "use-feature"})

_NAMED_INDEX = re.compile(r"[\w.-]+=(?=\S)")


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
    all_releases: tuple[str, ...] = ()
    only_final: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    prefer_binary: bool = False
    ignore_requires_python: bool = False
    no_deps: bool = False
    require_hashes: bool = False
    no_require_hashes: bool = False
    build_sdists: bool = False
    max_rounds: int | None = None
    time_limit: str | None = None
    trusted_host: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


SWITCHES = frozenset(
    field.replace("_", "-")
    for field, default in zip(Flags.__struct_fields__, Flags.__struct_defaults__, strict=True)
    if default is False
)
"""Options without a value of their own; a setting of that name says ``true``."""


class Settled(Record, frozen=True, kw_only=True):
    """The outcome. ``settings`` are those in effect and those not honoured, free of credentials.

    ``credentials`` are user and password by the URL that they were written in, for the crawler alone, as are
    ``trusted_hosts``, ``cert`` (a file; None: what the system trusts) and ``offline``. ``python`` and ``platform`` are
    the target where variables or configuration name it, None where they do not. ``lines`` are constraints, overrides
    and constraints of builds from there: files, and requirements under names that end in ``-dependencies``.
    """

    indexes: Indexes
    options: Options
    settings: tuple[Setting, ...] = ()
    credentials: dict[str, tuple[str, str]] = {}
    trusted_hosts: tuple[str, ...] = ()
    cert: str | None = None
    offline: bool = False
    python: Setting | None = None
    platform: Setting | None = None
    lines: tuple[Setting, ...] = ()
    warnings: tuple[str, ...] = ()


def settle(
    flags: Flags,
    lines: Iterable[Setting] = (),
    *,
    environ: Mapping[str, str],
    configured: Sequence[Setting] = (),
    now: datetime,
    default_index: str,
    tool: Tool | None = None,
    typed: frozenset[str] = frozenset(),
) -> Settled:
    """Decide every setting, as the tool weighs them; lists add up.

    In pip a line of a requirements file beats a flag, which beats a variable, which beats what is ``configured`` in
    files. In uv the flag comes first and the line last, and a variable with a list counts only where no flag of its
    kind is given. ``lines`` are the settings of ``Lines``, ``configured`` has the strongest first. ``now`` is aware and
    tells durations and the local zone. ``typed`` are the names of options given that are not among ``flags``. Without a
    ``tool`` variables and lines of either count, and a line beats a variable. Raises InputError naming the option, the
    value, and what is allowed.
    """
    given = _Given(flags, tuple(lines), environ, tuple(configured), tool, typed)
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
        time_limit=_time_limit(given),
    )
    trusted = tuple(dict.fromkeys(setting.value for setting in given.all("trusted-host")))
    offline, cert = given.switch("offline"), _cert(given)
    python, platform = given.one("python"), given.one("python-platform")
    further = tuple(setting for name in LINES for setting in given.all(name))
    return Settled(
        indexes=indexes,
        options=options,
        settings=(*given.used, *given.passed_over),
        credentials=credentials,
        trusted_hosts=trusted,
        cert=cert,
        offline=offline,
        python=python,
        platform=platform,
        lines=further,
        warnings=tuple(given.warnings),
    )


class _Given:
    """Everything said, by option, ready to be asked; keeps what was used, and what is passed over whatever is asked."""

    def __init__(
        self,
        flags: Flags,
        lines: tuple[Setting, ...],
        environ: Mapping[str, str],
        configured: tuple[Setting, ...],
        tool: Tool | None,
        typed: frozenset[str],
    ) -> None:
        self.tool = tool
        self.typed = typed
        self.used: list[Setting] = []
        self.warnings: list[str] = []
        self.flags = _from_flags(flags)
        self._places = {name: place for place, name in enumerate(environ)}
        tools: tuple[Tool, ...] = ("uv", "pip") if tool is None else (tool,)
        variables = tuple(setting for each in tools for setting in read_variables(environ, each))
        self.variables = tuple(setting for setting in variables if setting.honoured)
        self.configured = tuple(setting for setting in configured if setting.honoured)
        ignored = tuple(line for line in lines if tool == "uv" and line.name in _IGNORED_IN_FILES_BY_UV)
        self.lines = tuple(line for line in lines if line not in ignored)
        self.passed_over = [_redacted(setting) for setting in (*variables, *configured) if not setting.honoured]
        for line in ignored:
            self.pass_over(line)

    def one(self, *names: str) -> Setting | None:
        """The setting that wins among options which mean the same; among lines the last, as in pip."""
        variables, configured = _named(self.variables, names), _named(self.configured, names)
        flagged = [setting for setting in self.flags if setting.name in names]
        if len({setting.value for setting in flagged}) > 1:
            first, second = flagged[:2]
            raise InputError(
                f"{first.origin} {first.value!r} and {second.origin} {second.value!r} contradict each other"
            )
        written = [setting for setting in self.lines if setting.name in names][-1:]
        match self.tool:
            case "pip":
                tiers = [written, flagged, variables, configured]
            case "uv":
                tiers = [flagged, variables, configured, written]
            case None:
                tiers = [flagged, written, variables, configured]
        found = [tier[0] for tier in tiers if tier and self.typed.isdisjoint(names)]
        if not found:
            return None
        if flagged and written and flagged[0].value != written[0].value:
            self.warnings.append(
                f"{written[0].origin}: --{written[0].name}: the flag beats this line in uv, and not in pip"
            )
        self._use(found[0])
        return found[0]

    def all(self, *names: str, by_name: bool = False) -> list[Setting]:
        """Every value of options that add up, in the tool's order; those of flags as typed, or by name."""
        flagged, variables, configured, written = (
            [setting for setting in tier if setting.name in names]
            for tier in (self.flags, self.variables, self.configured, self.lines)
        )
        if by_name:
            flagged.sort(key=lambda setting: names.index(setting.name))
        if self.tool == "pip":
            # A variable stands instead of what is configured, but where each adds to those before: those in the order
            # of the environment.
            instead = {setting.name for setting in variables} - _ADDING
            variables.sort(key=lambda setting: self._places[setting.origin])
            found = [*(one for one in configured if one.name not in instead), *variables, *flagged, *written]
        else:
            said = self.typed.union(setting.name for setting in flagged)
            variables = [one for one in variables if one.name not in said or not one.origin.startswith("UV_")]
            found = [*flagged, *variables] if self.tool == "uv" else [*variables, *flagged]
            found += [*configured, *written]
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

    def pass_over(self, setting: Setting) -> None:
        """Note a setting that is not honoured, whether it was asked for or not."""
        shown = _redacted(setting)
        self.used = [one for one in self.used if one != shown]
        self.passed_over.append(msgspec.structs.replace(shown, honoured=False))

    def _use(self, setting: Setting) -> None:
        self.used.append(_redacted(setting))


def _redacted(setting: Setting) -> Setting:
    return msgspec.structs.replace(setting, value=redact(setting.value))


def _named(tier: Sequence[Setting], names: Collection[str]) -> list[Setting]:
    """Those with one of the names, in the order of the names."""
    return [setting for name in names for setting in tier if setting.name == name]


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


def _refused(setting: Setting, why: str) -> InputError:
    option = f"--{setting.name}"
    origin = option if setting.origin == option else f"{setting.origin}: {option}"
    return InputError(f"{origin} {redact(setting.value)!r} {why}")


def _indexes(given: _Given, default_index: str, credentials: dict[str, tuple[str, str]]) -> Indexes:
    links = _found(given.all("find-links"), given)
    locations = tuple(dict.fromkeys(_location(setting, credentials) for setting in links))
    if given.switch("no-index"):
        return Indexes(default=None, find_links=locations)
    default = given.one("default-index", "index-url")
    if given.tool == "uv":
        extra = _first_of_a_name(given.all("index", "extra-index-url", by_name=True))
    else:
        extra = _after_its_line([*given.all("index"), *given.all("extra-index-url")], default, given)
    return Indexes(
        default=default_index if default is None else _index(default, credentials),
        extra=tuple(dict.fromkeys(_index(setting, credentials) for setting in extra)),
        find_links=locations,
    )


def _found(links: list[Setting], given: _Given) -> list[Setting]:
    """Without a location that is not on this machine pip goes on, and uv does not."""
    gone = [one for one in links if given.tool == "pip" and not _is_there(one.value)]
    for setting in gone:
        given.pass_over(setting)
    return [one for one in links if one not in gone]


def _is_there(location: str) -> bool:
    """Whether a place is on this machine, or none of it."""
    if "://" in location and not location.startswith("file:"):
        return True
    path = url2pathname(location[5:].removeprefix("//")) if location.startswith("file:") else location
    return os.path.exists(os.path.expanduser(path))  # noqa: PTH110, PTH111  False for what cannot be a path


def _after_its_line(extra: list[Setting], default: Setting | None, given: _Given) -> list[Setting]:
    """In pip a line with ``--index-url`` puts an end to all indexes before it."""
    lines = given.lines
    if default is None or default not in lines or given.tool != "pip":
        return extra
    later = lines[len(lines) - lines[::-1].index(default) :]
    return [setting for setting in extra if setting in later]


def _first_of_a_name(extra: list[Setting]) -> list[Setting]:
    """Of a name uv takes the first index; ``--index NAME`` alone means the configured one."""
    named: dict[str, Setting] = {}
    for setting in extra:
        if _name(setting) is not None:
            named.setdefault(str(_name(setting)), setting)
    meant = [named.get(setting.value, setting) for setting in extra]
    return [setting for setting in meant if named.get(_name(setting) or "", setting) == setting]


def _name(index: Setting) -> str | None:
    found = _NAMED_INDEX.match(index.value)
    return None if found is None else found[0].removesuffix("=")


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
            given.pass_over(setting)
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


def _cert(given: _Given) -> str | None:
    """A bundle of certificates; None where the one named is not there, which ends no run that could go without."""
    setting = given.one("cert")
    if setting is None or Path(setting.value).is_file():
        return None if setting is None else setting.value
    given.pass_over(setting)
    return None


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


def _time_limit(given: _Given) -> float | None:
    setting = given.one("time-limit")
    return None if setting is None else seconds(setting)


def seconds(setting: Setting) -> float:
    """A time to be kept to. Raises InputError for what is none."""
    with contextlib.suppress(ValueError):
        found = float(setting.value)
        if 0 < found < math.inf:
            return found
    raise _refused(setting, "is not a positive number of seconds")
