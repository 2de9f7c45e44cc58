"""Where to look and how to choose: flags, lines of files, variables and configuration weighed, each with its origin."""

import contextlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from packaging.utils import NormalizedName

from backtrail.inputs.credentials import Taken
from backtrail.inputs.cut_offs import settle_cut_offs
from backtrail.inputs.dependency_metadata import NAME as DEPENDENCY_METADATA
from backtrail.inputs.dependency_metadata import declared_metadata
from backtrail.inputs.dialects import EITHER, Dialect
from backtrail.inputs.file_content import is_file
from backtrail.inputs.formats import settle_formats
from backtrail.inputs.given import Given, project_of, refused
from backtrail.inputs.index_settings import settle_indexes
from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.question import ALL, Indexes, Options, Setting
from backtrail.model.record import Record, check_lists

INDEX_STRATEGIES = ("first-index", "unsafe-first-match", "unsafe-best-match")
PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")
RESOLUTIONS = ("highest", "lowest", "lowest-direct")
FORK_STRATEGIES = ("requires-python", "fewest")

LINES = (
    "constraint",
    "constraint-dependencies",
    "override",
    "override-dependencies",
    "exclude",
    "exclude-dependencies",
    "build-constraint",
    "build-constraint-dependencies",
)
"""Settings that name files of requirements, or are requirements themselves."""


_FORBIDS_BUILDS = frozenset({"no-build", "no-build-package"})
"""uv's further names of ``--only-binary``."""

KEYRINGS = ("auto", "disabled", "import", "subprocess")
"""What may be asked for passwords; uv has the second and the last."""


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
    fork_strategy: str | None = None
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
    max_memory: str | None = None
    trusted_host: tuple[str, ...] = ()
    no_sources: bool = False
    no_sources_package: tuple[str, ...] = ()
    no_build: bool = False
    no_build_package: tuple[str, ...] = ()
    exclude_newer_package: tuple[str, ...] = ()
    prerelease_package: tuple[str, ...] = ()
    keyring_provider: str | None = None
    torch_backend: str | None = None
    order: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse one text for a list of texts."""
        check_lists(self)


_MEMORY = re.compile(r"(?P<number>[0-9]{1,12}) ?(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE)
_MOST_MEMORY = 1 << 62  # half as much again is a number that systems count in

SWITCHES = frozenset(
    field.replace("_", "-")
    for field, default in zip(Flags.__struct_fields__, Flags.__struct_defaults__, strict=True)
    if default is False
)
"""Options without a value of their own; a setting of that name says ``true``."""


class Settled(Record, frozen=True, kw_only=True):
    """The outcome. ``settings`` are those in effect and those not honoured, free of credentials.

    ``credentials`` are user and password by the URL that they were written in, for the crawler alone, as are
    ``origins`` (the settings that say them, by the same URLs), ``trusted_hosts``, ``cert`` (a file; None: what the
    system trusts), ``keyring`` (None: none is named) and ``offline``. ``python`` and ``platform`` are the target where
    variables or configuration name it, None where they do not. ``environments`` and ``required`` are those of a
    universal resolution. ``lines`` are constraints, overrides, excludes and constraints of builds from there: files,
    and requirements under names that end in ``-dependencies``.
    """

    indexes: Indexes
    options: Options
    settings: tuple[Setting, ...] = ()
    credentials: dict[str, tuple[str, str]] = {}
    origins: dict[str, str] = {}
    trusted_hosts: tuple[str, ...] = ()
    cert: str | None = None
    keyring: str | None = None
    offline: bool = False
    python: Setting | None = None
    platform: Setting | None = None
    environments: tuple[Setting, ...] = ()
    required: tuple[Setting, ...] = ()
    lines: tuple[Setting, ...] = ()
    declared: tuple[DeclaredMetadata, ...] = ()
    warnings: tuple[str, ...] = ()


def settle(
    flags: Flags,
    lines: Iterable[Setting] = (),
    *,
    environ: Mapping[str, str],
    configured: Sequence[Setting] = (),
    now: datetime,
    default_index: str,
    dialect: Dialect = EITHER,
    typed: frozenset[str] = frozenset(),
) -> Settled:
    """Decide every setting, as the tool weighs them; lists add up.

    In pip a line of a requirements file beats a flag, which beats a variable, which beats what is ``configured`` in
    files. In uv the flag comes first and the line last, and a variable with a list counts only where no flag of its
    kind is given. ``lines`` are the settings of ``Lines``, ``configured`` has the strongest first. ``now`` is aware and
    tells durations and the local zone. ``typed`` are the names of options given that are not among ``flags``. Raises
    InputError naming the option, the value, and what is allowed.
    """
    given = Given(_from_flags(flags), tuple(lines), environ, tuple(configured), dialect, typed)
    taken = Taken()
    indexes = settle_indexes(given, default_index, taken)
    cut_offs = settle_cut_offs(given, now)
    options = Options(
        exclude_newer=cut_offs.whole,
        exclude_newer_package=cut_offs.single,
        exclude_newer_spans=cut_offs.spans,
        prerelease=_prerelease(given),
        prerelease_package=_prereleases(given),
        resolution=given.choice("resolution", RESOLUTIONS) or RESOLUTIONS[0],
        index_strategy=given.choice("index-strategy", INDEX_STRATEGIES) or INDEX_STRATEGIES[0],
        formats=settle_formats(given),
        prefer_binary=given.switch("prefer-binary"),
        ignore_requires_python=given.switch("ignore-requires-python"),
        no_deps=given.switch("no-deps"),
        build_sdists=given.switch("build-sdists"),
        require_hashes=given.switch("require-hashes", off="no-require-hashes"),
        max_rounds=_max_rounds(given),
        time_limit=_time_limit(given),
        max_memory=_max_memory(given),
        fork_strategy=given.choice("fork-strategy", FORK_STRATEGIES) or FORK_STRATEGIES[0],
        no_sources=_no_sources(given),
    )
    trusted = tuple(dict.fromkeys(setting.value for setting in given.all("trusted-host")))
    offline, cert = given.switch("offline"), _cert(given)
    keyring = given.choice("keyring-provider", KEYRINGS)
    python, platform = given.one("python"), given.one("python-platform")
    environments, required = given.all("environments"), given.all("required-environments")
    declared = declared_metadata(given.all(DEPENDENCY_METADATA))
    further = tuple(setting for name in LINES for setting in given.all(name))
    return Settled(
        indexes=indexes,
        options=options,
        settings=(*given.used, *given.passed_over),
        credentials=taken.credentials,
        origins=taken.origins,
        trusted_hosts=trusted,
        cert=cert,
        keyring=keyring,
        offline=offline,
        python=python,
        platform=platform,
        environments=tuple(environments),
        required=tuple(required),
        lines=further,
        declared=declared,
        warnings=tuple(given.warnings),
    )


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
    if name in _FORBIDS_BUILDS:
        return Setting(name="only-binary", value=ALL if value is True else str(value), origin=f"--{name}")
    return Setting(name=name, value="true" if value is True else str(value), origin=f"--{name}")


def _prerelease(given: Given) -> str | None:
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


def _prereleases(given: Given) -> tuple[tuple[NormalizedName, str], ...]:
    """The ways with pre-releases of single projects, ``NAME=MODE``."""
    found = given.by_project("prerelease-package")
    for setting, mode in found.values():
        if mode not in PRERELEASES:
            raise refused(setting, f"is not NAME=MODE, with one of {', '.join(PRERELEASES)}")
    return tuple((name, mode) for name, (_, mode) in found.items())


def _cert(given: Given) -> str | None:
    """A bundle of certificates; None where the one named is not there, which ends no run that could go without."""
    setting = given.one("cert")
    if setting is None or is_file(setting.value):
        return None if setting is None else setting.value
    given.pass_over(setting)
    return None


def _no_sources(given: Given) -> frozenset[str]:
    """The projects whose sources do not count, or ``:all:``."""
    named = frozenset(map(project_of, given.all("no-sources-package")))
    return named | {ALL} if given.switch("no-sources") else named


def _max_rounds(given: Given) -> int | None:
    setting = given.one("max-rounds")
    if setting is None:
        return None
    if not setting.value.isdecimal() or len(setting.value) > 18 or int(setting.value) < 1:
        raise refused(setting, "is not a positive number")
    return int(setting.value)


def _max_memory(given: Given) -> int | None:
    setting = given.one("max-memory")
    return None if setting is None else amount(setting)


def amount(setting: Setting) -> int:
    """Bytes of memory to be kept to: ``4GiB``, ``512M``. Raises InputError for what is none."""
    found = _MEMORY.fullmatch(setting.value)
    size = 0 if found is None else int(found["number"]) << 10 * " KMGT".index(found["unit"].upper() or " ")
    if not 0 < size <= _MOST_MEMORY:
        raise refused(setting, "is not an amount of memory (4GiB, 512MiB)")
    return size


def _time_limit(given: Given) -> float | None:
    setting = given.one("time-limit")
    return None if setting is None else seconds(setting)


def seconds(setting: Setting) -> float:
    """A time to be kept to. Raises InputError for what is none."""
    with contextlib.suppress(ValueError):
        found = float(setting.value)
        if 0 < found < math.inf:
            return found
    raise refused(setting, "is not a positive number of seconds")
