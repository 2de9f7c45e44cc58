"""Which resolver, in which release: the part of a run's policy that the user picks with ``--resolver``."""

from collections.abc import Mapping
from enum import Enum

import msgspec

from backtrail.model.record import Record


class Mode(str, Enum):
    """What a resolution is for: one environment, all of them at once, or a project's lock for all of them."""

    SPECIFIC = "specific"
    UNIVERSAL = "universal"
    LOCK = "lock"


SUFFIXES = {Mode.SPECIFIC: "", Mode.UNIVERSAL: "-universal", Mode.LOCK: "-lock"}
"""What follows the name of a tool in that of a resolver."""


class Policy(Record, frozen=True, kw_only=True):
    """A resolver of one release.

    ``switched`` are rules turned against that release, to find out what a rule decides: a thought experiment.
    """

    tool: str
    release: str
    mode: Mode = Mode.SPECIFIC
    switched: frozenset[str] = frozenset()

    @property
    def resolver(self) -> str:
        """``uv``, ``pip``, ``uv-universal`` or ``uv-lock``."""
        return f"{self.tool}{SUFFIXES[self.mode]}"

    @property
    def key(self) -> str:
        """``uv@0.13.9``, as ``--resolver`` takes it and findings name it."""
        return f"{self.resolver}@{self.release}"

    def rule(self, name: str, *, default: bool) -> bool:
        """Whether a rule is in force: the release's ``default`` unless it was switched."""
        return default != (name in self.switched)

    def rules(self, defaults: Mapping[str, bool]) -> dict[str, bool]:
        """Which of the rules of a release are in force, by name."""
        return {name: self.rule(name, default=default) for name, default in defaults.items()}

    @property
    def specific(self) -> "Policy":
        """The same release for one environment alone."""
        return msgspec.structs.replace(self, mode=Mode.SPECIFIC)
