"""Which resolver, in which release: the part of a run's policy that the user picks with ``--resolver``."""

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

import msgspec
from packaging.version import InvalidVersion, Version

from backtrail.model.errors import InputError
from backtrail.model.files import Unreadable
from backtrail.model.record import Record
from backtrail.model.releases import TOOLS, is_exact, is_newer, newest, oldest, released

EXACT_UNIVERSAL = ("0.13.9",)
"""Releases of uv whose universal resolution is reproduced exactly."""

_PASSED_OVER = frozenset({"unauthorized", "forbidden", "content-type"})


class Mode(str, Enum):
    """What a resolution is for: one environment, all of them at once, or a project's lock for all of them."""

    SPECIFIC = "specific"
    UNIVERSAL = "universal"
    LOCK = "lock"


_NAMES = {Mode.SPECIFIC: "", Mode.UNIVERSAL: "-universal", Mode.LOCK: "-lock"}


class Policy(Record, frozen=True, kw_only=True):
    """A resolver of one release. Behaviour is keyed by the release that introduced it (``since``).

    ``switched`` are rules turned against that release, to find out what a rule decides: a thought experiment.
    """

    tool: str
    release: str
    mode: Mode = Mode.SPECIFIC
    switched: frozenset[str] = frozenset()

    @property
    def resolver(self) -> str:
        """``uv``, ``pip``, ``uv-universal`` or ``uv-lock``."""
        return f"{self.tool}{_NAMES[self.mode]}"

    @property
    def key(self) -> str:
        """``uv@0.13.9``, as ``--resolver`` takes it and findings name it."""
        return f"{self.resolver}@{self.release}"

    @property
    def basis(self) -> str:
        """How the release is known.

        ``exact``: it was measured beside the real tool without a difference. ``composed``: known changes are put
        together. ``newer``: nothing is known of it yet; it is answered as the newest release known.
        """
        if is_newer(self.tool, self.release):
            return "newer"
        exact = is_exact(self.tool, self.release) if self.mode is Mode.SPECIFIC else self.release in EXACT_UNIVERSAL
        return "exact" if exact else "composed"

    def rule(self, name: str, *, default: bool) -> bool:
        """Whether a rule is in force: the release's ``default`` unless it was switched."""
        return default != (name in self.switched)

    @property
    def specific(self) -> "Policy":
        """The same release for one environment alone."""
        return msgspec.structs.replace(self, mode=Mode.SPECIFIC)

    @property
    def reads_whole_requires_python(self) -> bool:
        """Whether upper bounds and holes of Requires-Python count: in pip they do; uv looks at the lower end only.

        At first, before 0.4.3, uv read all of it.
        """
        default = self.tool == "pip" or not self.since("0.4.3")
        return self.rule("reads_whole_requires_python", default=default)

    def passes_over(self, page: Unreadable) -> bool:
        """Whether a page that cannot be read counts as if the index did not have the project (docs/pip.md 1.1).

        A server or network that fails may work the next time: nobody knows what the real tool would see then.
        """
        return self.tool == "pip" and page.reason in _PASSED_OVER

    def since(self, release: str) -> bool:
        """Whether this release already behaves as ``release`` introduced."""
        return _reached(self.release, release)


@lru_cache(maxsize=1024)
def _reached(release: str, introduced: str) -> bool:
    return Version(release) >= Version(introduced)


def parse_resolver(text: str) -> Policy:
    """Read ``uv``, ``pip``, ``uv@0.4.18``, ``uv-universal``; raises InputError for anything else."""
    name, at, release = text.partition("@")
    mode = next((mode for mode, suffix in _NAMES.items() if suffix and name == f"uv{suffix}"), Mode.SPECIFIC)
    tool = name.removesuffix(_NAMES[mode])
    if tool not in TOOLS or (at and not release):
        raise InputError(
            f"--resolver {text!r} is not one of uv, pip, uv-universal, uv-lock, uv@VERSION, pip@VERSION, both"
        )
    try:
        return Policy(tool=tool, release=_named(tool, release) if release else newest(tool), mode=mode)
    except ValueError as error:
        raise InputError(f"--resolver {text!r}: {error}") from None


def _named(tool: str, release: str) -> str:
    """A release in the form its tool gives it; raises ValueError for what was never released, or is out of reach."""
    try:
        version = Version(release)
    except InvalidVersion:
        raise ValueError(f"{release!r} is not a version of {tool}") from None
    if str(version) != version.base_version or version.epoch:
        raise ValueError(f"only final releases of {tool} are reproduced")
    if version < Version(oldest(tool)):
        raise ValueError(f"{tool} before {oldest(tool)} is not reproduced")
    known = {Version(one): one for one in released(tool)}
    if version not in known and version < Version(newest(tool)):
        before = known[max(one for one in known if one < version)]
        raise ValueError(f"there is no {tool} {version}; the last release before it is {before}")
    return known.get(version, str(version))


def parse_resolvers(names: Iterable[str], *, universal: bool = False) -> tuple[Policy, ...]:
    """Read several, each once, in order; ``both`` is uv, then pip. ``universal``: for all environments at once.

    Raises InputError.
    """
    both = ("uv",) if universal else ("uv", "pip")
    found = dict.fromkeys(parse_resolver(one) for name in names for one in (both if name == "both" else (name,)))
    if not universal:
        return tuple(found)
    pip = next((one for one in found if one.tool == "pip"), None)
    if pip is not None:
        raise InputError(f"--universal: {pip.key} resolves for one environment, only uv for all at once")
    return tuple(msgspec.structs.replace(one, mode=Mode.UNIVERSAL) for one in found)
