"""How many pins are the newest release that could be used, which are not, and which newer releases cannot be used."""

from collections.abc import Iterable

from backtrail.model.case import Report
from backtrail.model.finding import HeldBack
from backtrail.model.freshness import Behind, Freshness, OutOfReach
from backtrail.model.run import Run
from backtrail.model.verdict import Exclusion, Reason
from backtrail.report.lines import Block, Line, Spans, Table, line, row, spans
from backtrail.report.wording.reasons import exclusion
from backtrail.report.wording.words import NAMES_SHOWN, count, listed, package, release, resolver, specifier, version


def freshness(report: Report, runs: Iterable[Run]) -> Block:
    """The pins of each run counted, in one or two lines; those of which the same is true together.

    A release that cannot be used here is not shown again where a finding says why it was not taken.
    """
    explained = {(one.subject, one.detail.newest) for one in report.findings if isinstance(one.detail, HeldBack)}
    groups: dict[Freshness, list[str]] = {}
    for run in runs:
        found = report.freshness.get(run.key)
        if found is not None and found.compared:
            groups.setdefault(found, []).append(run.key)
    lines: list[Line] = []
    for found, keys in groups.items():
        of = spans(listed(map(resolver, keys)), ": ") if len(groups) > 1 else ()
        lines.append(line(of, _counted(found), _unknown(found), indent=2))
        left = [one for one in found.out_of_reach if (one.project, one.version) not in explained]
        if left:
            beyond = listed(map(_beyond, left), shown=NAMES_SHOWN)
            lines.append(line(of, "newer, but not usable here: ", beyond, indent=2))
    return tuple(lines)


def outdated(found: Freshness) -> Block:
    """Everything that is older than it could be, and every newer release that cannot be used, as tables."""
    rows = [
        row(package(one.project), version(one.version), version(one.newest), str(one.releases)) for one in found.behind
    ]
    beyond = [row(package(one.project), version(one.version), _why(one.exclusions)) for one in found.out_of_reach]
    if not rows and not beyond:  # the summary says it
        return ()
    lines: list[Line | Table] = [line(_share(found), _unknown(found), indent=2)]
    if rows:
        lines.append(
            Table(head=("older", "pinned", "newest usable", "releases behind"), rows=tuple(rows), indent=4, headed=True)
        )
    if beyond:
        lines.append(
            Table(head=("newer, not usable here", "version", "why"), rows=tuple(beyond), indent=4, headed=True)
        )
    return tuple(lines)


def _counted(found: Freshness) -> Spans:
    if not found.behind:
        packages = count(found.compared, "package is", "packages are", digits=True)
        every = {1: "the package is", 2: "both packages are"}.get(found.compared, f"all {packages}")
        return spans(every, " at the newest usable release")
    older = listed(map(_behind, found.behind), shown=NAMES_SHOWN)
    if found.newest:
        return spans(_share(found), "; older: ", older)
    return spans("not at the newest usable release: ", older)


def _share(found: Freshness) -> str:
    are = "is" if found.newest == 1 else "are"
    return f"{found.newest} of {count(found.compared, 'package', digits=True)} {are} at the newest usable release"


def _unknown(found: Freshness) -> Spans:
    names = listed(map(package, found.unknown), shown=NAMES_SHOWN)
    return spans("; not known of ", names) if names else ()


def _behind(one: Behind) -> Spans:
    back = count(one.releases, "release")
    return spans(release(one.project, one.version), f" ({back} behind ", version(one.newest), ")")


def _beyond(one: OutOfReach) -> Spans:
    return spans(release(one.project, one.version), " ", _why(one.exclusions))


def _why(exclusions: tuple[Exclusion, ...]) -> Spans:
    guards = [one.value for one in exclusions if one.reason is Reason.REQUIRES_PYTHON]
    if guards:
        return spans("needs Python ", listed(map(specifier, guards), last="or", shown=2))
    reasons = dict.fromkeys(one.reason for one in exclusions)
    return spans("(", listed((exclusion(reason.value) for reason in reasons), last="or", shown=2), ")")
