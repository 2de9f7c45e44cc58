"""BT111 and BT116: where resolvers part, by which rule, and what was tried to prove it."""

from backtrail.model.case import Report
from backtrail.model.finding import Cause, Diverge, Finding, Reading, Refusals, SolutionMissed, Switched
from backtrail.model.trail import Because, Outcome, Required
from backtrail.report.lines import Block, Line, Row, Spans, Table, height, line, row, spans
from backtrail.report.wording.reasons import exclusion, refusal, requires_python_values
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    count,
    file,
    listed,
    package,
    release,
    resolver,
    runs_named,
    specifier,
    version,
)

_TRIES_SHOWN = 5
_COMPARED = 16  # pins that differ, on one screen
_SWITCHED = {
    "displaces": ("letting later requirements displace decisions", "keeping what is decided"),
    "forgets_displaced": ("dropping what displaced versions asked for", "keeping what displaced versions asked for"),
    "reads_whole_requires_python": (
        "heeding upper bounds of Requires-Python",
        "ignoring upper bounds of Requires-Python",
    ),
    "checks_metadata_python": ("heeding Requires-Python of metadata", "heeding Requires-Python of the index alone"),
    "locals_match": ("taking local builds for their public version", "taking local builds only where named"),
    "prefers_stable": ("taking pre-releases where nothing stable is in range", "taking pre-releases only if opted in"),
    "counts_conflicts": ("deciding earlier what conflicts often", "not counting conflicts"),
    "promotes": ("deciding earlier what conflicts often", "not counting conflicts"),
    "overrides": ("with the overrides", "without the overrides"),
    "build_sdists": ("building sdists", "taking what sdists say without a build"),
}
"""Rules that were switched on, and off."""

_CAUSES = {
    Cause.DISPLACED_PIN: "displacing",
    Cause.REQUIRES_PYTHON: "Requires-Python",
    Cause.PRERELEASE: "the rule for pre-releases",
    Cause.LOCAL_VERSION: "the rule for local versions",
    Cause.YANKED: "the rule for yanked files",
    Cause.INDEX_STRATEGY: "the index strategy",
    Cause.CUT_OFF: "the cut-off",
    Cause.FILENAME: "the rule for file names",
    Cause.TAGS: "the rule for wheel tags",
    Cause.INVALID_METADATA: "the reading of metadata",
    Cause.FOREIGN_METADATA: "the file that metadata is read from",
    Cause.BUILD_FAILURE: "what has to be built",
    Cause.INSTALLED: "what they keep of what is installed",
    Cause.MARKERS: "the reading of markers",
    Cause.EXTRAS: "the way extras are followed",
    Cause.OVERRIDES: "the overrides",
    Cause.SETTINGS: "a setting",
    Cause.BACKJUMPING: "the way out of dead ends",
    Cause.PRIORITY: "the priority of what conflicts often",
    Cause.DECISION_ORDER: "the order of decisions",
}


def _tool(key: str, detail: Diverge) -> str:
    """``pip``; with the release where two of one tool are compared."""
    tools = {one.partition("@")[0] for one in (detail.parting.taken_by, detail.parting.refused_by)}
    return resolver(key) if len(tools) == 1 else key.partition("@")[0]


def _other(key: str, detail: Diverge) -> str:
    return next(one for one in (detail.parting.taken_by, detail.parting.refused_by) if one != key)


def _takes(key: str, subject: str, detail: Diverge, report: Report) -> Spans:
    number = detail.pins.get(subject, {}).get(key)
    if number is not None:
        return spans(resolver(key), " takes ", version(number))
    solved = any(run.key == key and run.outcome is Outcome.SOLVED for run in report.runs)
    return spans(resolver(key), " does without it" if solved else " finds no solution")


def diverge_headline(subject: str, detail: Diverge, report: Report) -> Spans:
    """What each resolver takes, and the rule by which they part."""
    keys = (detail.parting.refused_by, detail.parting.taken_by)
    keys = keys if report.runs and report.runs[0].key == keys[0] else keys[::-1]
    takes = listed((_takes(key, subject, detail, report) for key in keys), last="and")
    return spans(package(subject), ": ", takes, ": ", rule(detail, None))


def rule(detail: Diverge, here: str | None) -> Spans:
    """The rule by which two runs part; the run called ``here`` is spoken of as it."""
    parting = detail.parting
    taker, refuser = ("it" if key == here else _tool(key, detail) for key in (parting.taken_by, parting.refused_by))
    taken = release(parting.project, parting.version)
    doubt = () if detail.proved else spans(" (not proved: no single rule switched makes them agree)")
    on = release(parting.on, parting.on_version) if parting.on and parting.on_version else None
    match detail.cause:
        case Cause.DISPLACED_PIN if parting.displaced and on is not None:
            return spans(f"{taker} let ", taken, " displace ", on, f", which {refuser} kept", doubt)
        case Cause.DISPLACED_PIN:
            return spans("a decision gives way to a later requirement in one and stands in the other", doubt)
        case Cause.REQUIRES_PYTHON:
            return spans(
                f"{refuser} refuses ", taken, requires_python_values(parting.exclusions), f", {taker} does not", doubt
            )
        case Cause.PRERELEASE:
            return spans(f"{taker} takes the pre-release ", taken, f", which {refuser} does not count", doubt)
        case Cause.LOCAL_VERSION:
            return spans(
                f"{taker} takes the local build ", taken, f" for the public version, {refuser} does not", doubt
            )
        case Cause.YANKED:
            return spans(f"{taker} takes ", taken, f", which was yanked, {refuser} does not", doubt)
        case Cause.INDEX_STRATEGY:
            return spans(
                f"{taker} took ",
                taken,
                f" from an index that {refuser} did not ask: it asks the first that has a project",
                doubt,
            )
        case Cause.INVALID_METADATA:
            return spans(f"{refuser} refuses the metadata of ", taken, f", {taker} does not", doubt)
        case Cause.FILENAME | Cause.TAGS | Cause.CUT_OFF:
            return spans(f"{refuser} refuses ", taken, f" by {_CAUSES[detail.cause]}, {taker} does not", doubt)
        case Cause.INSTALLED if parting.kept_by is not None:
            keeper, other = (taker, refuser) if parting.kept_by == parting.taken_by else (refuser, taker)
            return spans(f"{keeper} keeps the installed ", package(parting.project), f", {other} does not", doubt)
        case Cause.OVERRIDES:
            return spans("only uv knows overrides", doubt)
        case Cause.SETTINGS:
            agreeing = [one.rule for one in detail.switched if one.agrees]
            if agreeing == ["formats"]:
                return spans(
                    "they read ", specifier("--only-binary"), " and ", specifier("--no-binary"), " differently"
                )
            if "configuration" in agreeing:
                return spans("each has settings of its own", doubt)
            names = listed(map(specifier, agreeing), last="and")
            return spans("only one of them heeds ", names or "a setting", doubt)
        case Cause.DECISION_ORDER if on is not None:
            return spans(
                f"{refuser} had decided ",
                on,
                " before it came to ",
                package(parting.project),
                f", {taker} had not",
                doubt,
            )
        case Cause.FOREIGN_METADATA if parting.read:
            one, two = sorted(parting.read, key=lambda one: one.run != here)
            first, second = ("it" if read.run == here else _tool(read.run, detail) for read in (one, two))
            needs = spans(f"{first} read what ", taken, " needs from ", file(one.file))
            return spans(needs, f", {second} from ", file(two.file), doubt)
        case Cause.BUILD_FAILURE:
            return spans(f"{refuser} ends where the build of ", taken, f" fails, {taker} does not build it", doubt)
        case (
            Cause.DISPLACED_PIN
            | Cause.REQUIRES_PYTHON
            | Cause.PRERELEASE
            | Cause.FOREIGN_METADATA
            | Cause.INSTALLED
            | Cause.MARKERS
            | Cause.EXTRAS
            | Cause.BACKJUMPING
            | Cause.PRIORITY
            | Cause.DECISION_ORDER
        ):
            return spans(f"they differ in {_CAUSES[detail.cause]}", doubt)


def _parting(detail: Diverge) -> Spans:
    """Where two runs part, and what each did there."""
    parting = detail.parting
    taker, refuser = (_tool(key, detail) for key in (parting.taken_by, parting.refused_by))
    taken = release(parting.project, parting.version)
    if parting.read:
        one, two = (_read(one, detail) for one in parting.read)
        return spans("they part at ", taken, ": ", one, "; ", two)
    if detail.cause is Cause.BUILD_FAILURE:
        return spans("they part at ", taken, f": {refuser} has to build it, and that fails; {taker} does not build it")
    group = None
    if parting.because is not None:
        group = Refusals(
            versions=(parting.version,),
            because=parting.because,
            on=parting.on,
            version=parting.on_version,
            requirement=parting.requirement,
            exclusions=parting.exclusions,
        )
    head = spans("they part at ", package(parting.project), f": {refuser} ")
    if group is None and parting.exclusions:
        said = spans(
            "refused ", taken, " (", listed(exclusion(one.reason, one.value) for one in parting.exclusions), ")"
        )
    elif group is None:
        did = "did not count " if detail.cause is Cause.PRERELEASE else "never looked at "
        said = spans(did, taken)
    else:
        beside = spans(" beside ", release(parting.on, parting.on_version)) if parting.on and parting.on_version else ()
        it = "" if group.because in (Because.FILES, Because.METADATA) else "it "
        said = spans("refused ", taken, beside, f" ({it}", refusal(parting.project, group), ")")
    again = spans(" and decided ", package(parting.on), " again") if parting.displaced and parting.on else ()
    return spans(head, said, f"; {taker} took it", again)


def _read(one: Reading, detail: Diverge) -> Spans:
    """What a run read, and what only that says."""
    only = spans(", which needs ", listed(map(specifier, one.only), shown=NAMES_SHOWN)) if one.only else ()
    return spans(_tool(one.run, detail), " read ", file(one.file), only)


def _switch(one: Switched, detail: Diverge) -> str:
    """What was done otherwise, in a few words."""
    known = _SWITCHED.get(one.rule)
    if known is not None:
        return known[one.value == "off"]
    if one.rule == "installed":
        other = _tool(_other(one.run, detail), detail)
        return f"without what {other} replaces" if one.value == "off" else f"upgrading what {other} replaces"
    if one.rule == "metadata":
        return f"reading of {one.value} what {_tool(_other(one.run, detail), detail)} reads"
    if one.rule == "exclude":
        return f"with {one.value}"
    if one.rule == "prerelease" and one.value != "off":
        return "with all pre-releases" if one.value == "allow" else "without pre-releases"
    if one.value == "as the other":
        return f"with the {one.rule} of the other"
    if one.rule == one.cause.value:
        return f"refusing what {_tool(detail.parting.refused_by, detail)} refuses"
    return f"with {one.rule.replace('_', '-')} {one.value}"


def compared(finding: Finding, report: Report) -> Block:
    """Two runs side by side: where they part, the pins that differ, and the proof of the rule behind it."""
    detail, subject = finding.detail, finding.subject or ""
    assert isinstance(detail, Diverge)
    head = line(_parting(detail), code=finding.code, strong=True)
    return (head, *_pins_apart(subject, detail, report, _COMPARED), *_proof(subject, detail))


def diverge_body(subject: str, detail: Diverge, report: Report, room: int | None) -> Block:
    """Where resolvers part, the pins that differ, and the proof."""
    proof = _proof(subject, detail)
    spare = None if room is None else max(3, room - height(proof) - 2)
    apart = _pins_apart(subject, detail, report, spare)
    return (line(_parting(detail), indent=2), *apart, *proof)


def foremost(subject: str, detail: Diverge) -> list[str]:
    """The subject, the project where the two part, and what stood in its way; as far as they differ."""
    names = dict.fromkeys((subject, detail.parting.project, detail.parting.on))
    return [name for name in names if name is not None and name in detail.pins]


def _pins_apart(subject: str, detail: Diverge, report: Report, room: int | None) -> Block:
    keys = [run.key for run in report.runs if run.key in (detail.parting.taken_by, detail.parting.refused_by)]
    names = list(dict.fromkeys((*foremost(subject, detail), *detail.pins)))
    shown = names if room is None or len(names) < room else names[: room - 2]
    rows = [row(package(name), *(version(detail.pins[name].get(key) or "none") for key in keys)) for name in shown]
    if len(shown) < len(names):
        rows.append(row(f"{len(names) - len(shown)} more"))
    return (Table(head=("project", *map(resolver, keys)), rows=tuple(rows), indent=4, headed=True),)


def _proof(subject: str, detail: Diverge) -> Block:
    """What solving again with a rule switched gave, and what else parts the two."""
    if not detail.switched:
        return ()
    if not detail.proved and len(detail.switched) > _TRIES_SHOWN:
        tries = len(detail.switched)
        again = count(tries, "time", digits=True)
        return (line(f"solved again with one rule switched, {again}: the two never agree", indent=2),)
    found: list[Line | Table] = [line("Solved again with a rule switched:", indent=2)]
    rows = tuple(_switched(one, subject, detail) for one in detail.switched)
    found.append(Table(head=("with", "gives", ""), rows=rows, indent=4))
    found.extend(line(_second(subject, detail, cause), indent=2) for cause in detail.others)
    return tuple(found)


def _switched(one: Switched, subject: str, detail: Diverge) -> Row:
    below = [_switch(two, detail) for two in detail.switched if two.run == one.run and two.rule in one.also]
    words = " and ".join(dict.fromkeys((*below, _switch(one, detail))))
    pins = [release(name, number) for name in foremost(subject, detail) if (number := one.pins.get(name)) is not None]
    gives = listed(pins) if one.outcome is Outcome.SOLVED else spans(f"no answer ({one.outcome.value})")
    other = _other(one.run, detail)
    same = one.pins.get(subject) == detail.pins.get(subject, {}).get(one.run)
    effect = f"as {resolver(other)}" if one.agrees else "no change" if same else ""
    return row(f"{resolver(one.run)}, {words}", gives, effect)


def _second(subject: str, detail: Diverge, cause: Cause) -> Spans:
    """A cause that counts only once the first one is gone."""
    alone = next((one for one in detail.switched if one.cause is cause and not one.also), None)
    same = alone is not None and alone.pins.get(subject) == detail.pins.get(subject, {}).get(alone.run)
    tail = "; switched alone, it changes nothing" if same else ""
    return spans(f"second cause: {_CAUSES[cause]}, which decides only once {_CAUSES[detail.cause]} does not", tail)


def missed_headline(detail: SolutionMissed, finding: Finding, report: Report) -> Spans:
    """A solution that the resolver did not find."""
    own = {one.requirement.name for run in report.runs for one in run.trail if isinstance(one, Required) and not one.by}
    names = sorted(detail.pins, key=lambda name: (name not in own, name))
    pins = listed((release(name, detail.pins[name]) for name in names), shown=NAMES_SHOWN)
    by = f" (found by {resolver(detail.found_by)})" if detail.found_by else ""
    if detail.without:
        by = f" (without {', '.join(detail.without).replace('!=', ' ')})"
    if detail.outcome is Outcome.GAVE_UP:
        return spans(runs_named(finding), " did not come to this answer, which its own rules allow: ", pins, by)
    return spans(runs_named(finding), " ends without an answer, though its own rules allow one: ", pins, by)


def missed_body(detail: SolutionMissed, room: int | None) -> Block:
    """The pins of the solution that was missed."""
    rows = [row(package(name), version(number)) for name, number in sorted(detail.pins.items())]
    shown = rows if room is None or len(rows) <= room else rows[: max(0, room - 1)]
    if len(shown) < len(rows):
        shown = [*shown, row(f"{len(rows) - len(shown)} more")]
    return (Table(head=("project", "version"), rows=tuple(shown), indent=4),)
