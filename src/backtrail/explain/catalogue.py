"""Every finding: one row each. What lists findings (schema, documentation, ``--fail-on``, SARIF) is made from these."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from packaging.utils import NormalizedName

from backtrail.model.errors import InputError
from backtrail.model.finding import (
    BuildAborts,
    BuildDoomed,
    BuildRefuses,
    Conflict,
    ConflictUndeclared,
    Detail,
    Diverge,
    EnvironmentInconsistent,
    Finding,
    Forked,
    HeldBack,
    Hidden,
    IndexShadowed,
    LocalVariants,
    LockPreference,
    LockStale,
    MetadataDiffers,
    NotFound,
    NothingUsable,
    NotSibling,
    OrderSensitive,
    PrereleaseTaken,
    PythonGuard,
    ReinstallForced,
    Remedy,
    SdistChosen,
    Severity,
    SolutionMissed,
    SplitFailed,
    Thrash,
    UniversalHeldBack,
    YankedTaken,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A finding as such. ``title`` is one sentence.

    ``severity`` is the usual one; ``unless`` says where a detector gives another (empty: nowhere).
    """

    code: str
    detail: type[Detail]
    severity: Severity
    title: str
    unless: str = ""

    @property
    def kind(self) -> str:
        """The name beside the code: ``held-back``."""
        return cast("str", self.detail.__struct_config__.tag)

    @property
    def graded(self) -> str:
        """The usual severity, and where it is another."""
        return f"{self.severity.value}; {self.unless}" if self.unless else self.severity.value

    @property
    def documentation(self) -> str:
        """The section of the documentation, within the repository."""
        return f"docs/findings.md#{self.code.lower()}-{self.kind}"


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

ROWS = (
    Row(
        "BT101", HeldBack, _W,
        "The chosen version is older than the newest usable one, and this is what holds it back.",
        "info where it costs neither a wheel nor many releases, or you asked for it",
    ),
    Row(
        "BT102", SdistChosen, _W,
        "The chosen version is an sdist that has to be built: none of its wheels fits this Python and platform.",
        "info where no other Python or release has a wheel, and where nothing was solved",
    ),
    Row(
        "BT103", PythonGuard, _W,
        "Requires-Python of the chosen file excludes this Python. uv ignores upper bounds there, pip refuses it.",
        "info for a wheel, and where nothing was solved",
    ),
    Row(
        "BT104", BuildRefuses, _E,
        "The setup.py of the chosen sdist stops on this Python, so the install fails although the resolution does not.",
        "where it is unknown whether it stops, warning if Requires-Python excludes this Python, else info",
    ),
    Row(
        "BT105", LocalVariants, _E,
        "The version exists only as local builds (2.3.0+cpu). Some resolvers take them for the bare version.",
        "info if the version is available",
    ),
    Row(
        "BT106", NothingUsable, _E,
        "Every file of what was asked for is refused, by Python, platform or policy.",
    ),
    Row(
        "BT107", NotFound, _E,
        "The index has no such project, or the project has no such version.",
    ),
    Row(
        "BT108", Hidden, _E,
        "What was asked for exists, and a setting or a default of the resolver hides it.",
    ),
    Row(
        "BT109", Conflict, _E,
        "The requirements cannot be met together; these are the fewest of your own that conflict.",
    ),
    Row(
        "BT110", Thrash, _I,
        "The resolver tried many versions because a pair of requirements kept colliding.",
        "warning if it was costly, error if the resolver gave up",
    ),
    Row(
        "BT111", Diverge, _W,
        "Resolvers, or versions of one, answer differently: this is where they part, and by which rule.",
    ),
    Row(
        "BT112", OrderSensitive, _W,
        "The same requirements in another order give other pins.",
    ),
    Row(
        "BT113", PrereleaseTaken, _W,
        "A pre-release was taken, and this is the rule that allowed it.",
        "info where you asked for it or the project has nothing else",
    ),
    Row(
        "BT114", YankedTaken, _W,
        "A yanked release was taken, and this is what pins it.",
    ),
    Row(
        "BT115", MetadataDiffers, _I,
        "Files of the chosen version disagree about its requirements, or these were not written by a build.",
        "warning if the files disagree",
    ),
    Row(
        "BT116", SolutionMissed, _E,
        "The resolver ended without an answer, though a solution exists under its own rules.",
    ),
    Row(
        "BT117", BuildAborts, _E,
        "To go on, the resolver has to build an sdist, and that build fails.",
    ),
    Row(
        "BT118", IndexShadowed, _W,
        "A later index has newer versions of the project, which the first index hides.",
    ),
    Row(
        "BT119", BuildDoomed, _E,
        "The build of the chosen sdist fails, as is known without running it: what it uses or requires is not there.",
        "info where it is unknown whether a build gets there",
    ),
    Row(
        "BT120", UniversalHeldBack, _W,
        "An answer for all platforms, as a lock is, has an older version because of other environments.",
        "info with `--fork-strategy fewest`",
    ),
    Row(
        "BT121", SplitFailed, _E,
        "A part of the environments that are resolved for together has no solution.",
    ),
    Row(
        "BT122", Forked, _I,
        "A project has several versions in one answer, for different platforms or Pythons.",
    ),
    Row(
        "BT123", LockStale, _W,
        "The lock that is there is not kept but solved again, and this is why.",
    ),
    Row(
        "BT124", LockPreference, _I,
        "A version is older because the lock has it, not because of any requirement.",
    ),
    Row(
        "BT125", ConflictUndeclared, _E,
        "Extras or groups of a project are in conflict, and the lock is for all of them together.",
    ),
    Row(
        "BT126", NotSibling, _E,
        "Requirements of two packages never hold together, and yet contradict each other.",
    ),
    Row(
        "BT127", ReinstallForced, _W,
        "An install would replace a project that is installed, and this is what forces it.",
        "info where an option asks for it",
    ),
    Row(
        "BT128", EnvironmentInconsistent, _E,
        "What is installed does not fit together: something is missing, or has a version that somebody cannot use.",
        "warning for what cannot be read or is there twice",
    ),
)  # fmt: skip
"""In the order of their codes."""

BY_CODE: Mapping[str, Row] = {row.code: row for row in ROWS}
"""Every finding that this version looks for."""

_BY_DETAIL: Mapping[type, Row] = {row.detail: row for row in ROWS}


def named(text: str) -> Row:
    """The row with this code or kind, in any case. Raises InputError for none, with the nearest."""
    asked = text.strip().casefold()
    names = {name.casefold(): row for row in ROWS for name in (row.code, row.kind)}
    if asked not in names:
        nearest = names[get_close_matches(asked, names, n=1, cutoff=0.0)[0]]
        raise InputError(f"{text!r} is not a finding; the nearest is {nearest.code} {nearest.kind}")
    return names[asked]


def row_of(detail: Detail) -> Row:
    """The row of a finding with this detail."""
    return _BY_DETAIL[type(detail)]


def finding(
    detail: Detail,
    *,
    runs: tuple[str, ...],
    subject: NormalizedName | None,
    severity: Severity | None = None,
    evidence: tuple[str, ...] = (),
    remedies: tuple[Remedy, ...] = (),
) -> Finding:
    """A finding with the code of its row; ``severity`` None: with its severity, too."""
    row = row_of(detail)
    return Finding(
        code=row.code,
        severity=severity or row.severity,
        runs=runs,
        subject=subject,
        detail=detail,
        evidence=evidence,
        remedies=remedies,
    )
