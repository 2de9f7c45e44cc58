"""BT102 to BT108: what there is to take, and why it cannot be used, built or seen."""

from backtrail.model.case import Report
from backtrail.model.finding import (
    BuildRefuses,
    Finding,
    Guard,
    Hidden,
    LocalVariants,
    NotFound,
    NothingUsable,
    PythonGuard,
    ReasonCount,
    SdistChosen,
    Treatment,
    Variant,
)
from backtrail.report.lines import Block, Line, Spans, Table, line, row, spans
from backtrail.report.wording.reasons import axis_name, exclusion, nearest, pythons
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    count,
    file,
    listed,
    number_word,
    package,
    quote,
    release,
    resolver,
    specifier,
    this_python,
    this_target,
    version,
)


def no_wheel(detail: SdistChosen, report: Report) -> Spans:
    """BT102: why an sdist has to be built."""
    if not detail.wheels:
        return spans("the release has no wheel")
    many = f"none of its {count(detail.wheels, 'wheel', digits=True)} fits "
    return spans("its only wheel does not fit " if detail.wheels == 1 else many, this_target(report, detail.pythons))


def sdist_body(detail: SdistChosen, report: Report) -> Block:
    """What the wheels of an sdist's release miss, and what they are for."""
    found = [] if report.answers else [line("the file is ", file(detail.file), indent=2)]
    if detail.axes:
        missing = listed((f"{number} by {axis_name(axis)}" for axis, number in sorted(detail.axes.items())), last="and")
        found.append(line("its wheels miss ", this_target(report, detail.pythons), ": ", missing, indent=2))
    if detail.nearest:
        found.append(line(nearest(detail.nearest), indent=2))
    if detail.pythons:
        found.append(line("there are wheels for ", pythons(detail.pythons), indent=2))
    return tuple(found)


def python_guard(detail: PythonGuard, finding: Finding) -> Spans:
    """BT103: whose Requires-Python excludes this Python, and what the resolvers make of it."""
    says = spans("Requires-Python ", specifier(detail.requires_python), " excludes this Python; ")
    names = listed((resolver(run).partition(" ")[0] for run in dict.fromkeys(finding.runs)), last="and")
    tools = listed(dict.fromkeys(resolver(run).partition(" ")[0] for run in finding.runs), last="and") or names
    many = len(dict.fromkeys(resolver(run).partition(" ")[0] for run in finding.runs)) > 1
    others = [spans("; ", resolver(key), " ", _treatment(treatment)) for key, treatment in detail.others.items()]
    return spans(says, tools, " ", _treatment(detail.treatment, many=many), *others)


def _treatment(treatment: Treatment, *, many: bool = False) -> str:
    match treatment:
        case Treatment.UPPER_BOUND_IGNORED:
            return "ignore upper bounds" if many else "ignores upper bounds"
        case Treatment.REFUSED:
            return "refuse it" if many else "refuses it"


def build_refuses(detail: BuildRefuses, report: Report) -> Spans:
    """BT104: where a setup.py stops, and on what."""
    this = this_python(report)
    stops = next((guard for guard in detail.guards if guard.passes is False), None)
    if stops is not None:
        return spans("setup.py stops on ", this, _place(stops))
    unclear = next((guard for guard in detail.guards if guard.passes is None), None)
    if unclear is not None:
        return spans("setup.py checks the Python version", _place(unclear), f"; whether {this} passes is unknown")
    if detail.unreadable:
        return spans("setup.py cannot be read, so what it does on ", this, " is unknown: ", quote(detail.unreadable))
    return spans("setup.py checks the Python version; ", this, " passes")


def _place(guard: Guard) -> Spans:
    if guard.message:
        return spans(f" (line {guard.line}: ", quote(guard.message), ")")
    if guard.bounds:
        return spans(f" (line {guard.line}: it wants ", specifier(guard.bounds), ")")
    return spans(f" (line {guard.line})")


def local_variants(subject: str, detail: LocalVariants, report: Report) -> Spans:
    """BT105: how many local builds fit, and which to write."""
    usable = sum(variant.usable for variant in detail.variants)
    fits = (
        f"{number_word(usable)} of {number_word(len(detail.variants))} "
        f"{'fits' if usable == 1 else 'fit'} {this_target(report)}"
    )
    picked = spans("; write ", specifier(f"{subject}=={detail.pick}")) if detail.pick else ()
    return spans(release(subject, detail.version), f" has only local builds here; {fits}", picked)


def variants(found: tuple[Variant, ...], room: int | None = None) -> Block:
    """The local builds of a version as a table, the usable ones marked."""
    shown = found if room is None or len(found) <= room else found[: room - 1]
    rows = [
        row(version(one.version), "can be used here" if one.usable else "not for this target", marked=one.usable)
        for one in shown
    ]
    if len(shown) < len(found):
        rows.append(row(f"{len(found) - len(shown)} more", ""))
    return (Table(head=("local build", ""), rows=tuple(rows), indent=4),) if rows else ()


def variants_body(detail: LocalVariants, room: int | None) -> Block:
    """The local builds, and which resolver takes them for the bare version."""
    found: list[Line | Table] = list(variants(detail.variants, None if room is None else max(2, room - 1)))
    says = [
        spans(listed(map(resolver, keys)), f" {verb if len(keys) == 1 else verbs} ", rest)
        for answer, verb, verbs, rest in (
            (True, "accepts", "accept", "the bare version"),
            (False, "says", "say", "that there is no such version"),
        )
        if (keys := [key for key, accepts in detail.accepts.items() if accepts is answer])
    ]
    if says:
        found.append(line(listed(says, last="but"), indent=2))
    return tuple(found)


def nothing_body(detail: NothingUsable, room: int | None) -> Block:
    """BT106: how many files are refused for which reason, and what comes nearest."""
    reasons: tuple[ReasonCount, ...] = detail.reasons if room is None else detail.reasons[: max(1, room - 3)]
    rows = tuple(row(count(one.files, "file"), exclusion(one.reason)) for one in reasons)
    found: list[Line | Table] = [Table(head=("files", "why not"), rows=rows, indent=4)] if rows else []
    if detail.nearest:
        found.append(line(nearest(detail.nearest), indent=2))
    if detail.requires_python:
        values = listed(map(specifier, detail.requires_python), last="or", shown=NAMES_SHOWN)
        found.append(line("Requires-Python is ", values, indent=2))
    if detail.pythons:
        found.append(line("there are files for ", pythons(detail.pythons), indent=2))
    return tuple(found)


def not_found(subject: str, detail: NotFound) -> Spans:
    """BT107: the project or the version that is not there."""
    indexes = listed(map(file, detail.indexes), last="or")
    where = spans(" on ", indexes) if indexes else spans(" on any index")
    if detail.project:
        newest = spans("; the newest is ", version(detail.newest)) if detail.newest else ()
        return spans("no such version exists: ", specifier(detail.requirement), where, newest)
    if detail.standard_library:
        return spans(package(subject), " is part of the standard library of Python; there is no such project", where)
    return spans("there is no project ", package(subject), where)


def not_found_body(detail: NotFound) -> Block:
    """Names and releases that come close to what is not there."""
    found: list[Line | Table] = []
    if detail.imported_from:
        projects = listed(map(package, detail.imported_from), last="or")
        found.append(line("that is the name of a module; the project that has it is ", projects, indent=2))
    elif detail.close:
        found.append(line("did you mean ", listed(map(package, detail.close), last="or"), "?", indent=2))
    if detail.local_builds is not None:
        known = spans("such local builds are known to be on ", file(detail.local_builds))
        found.append(line(known, ", which is not asked: add it with --extra-index-url", indent=2))
    near = [version(one) for one in (detail.below, detail.above) if one and one != detail.newest]
    if detail.project and near:
        are = "release is" if len(near) == 1 else "releases are"
        found.append(line(f"the closest {are} ", listed(near), indent=2))
    return tuple(found)


def hiding(detail: Hidden) -> Spans:
    """BT108: the setting or the default that hides a release."""
    by = spans(", set by ", specifier(detail.origin)) if detail.origin else spans(" (the default)")
    value = spans(" ", quote(detail.value)) if detail.value else ()
    uploaded = f" (uploaded {detail.uploaded[:10]})" if detail.uploaded else ""
    match detail.rule:
        case "prerelease":
            return spans("is a pre-release, and those are not taken", by)
        case "yanked":
            why = spans(" (", quote(detail.value), ")") if detail.value else ()
            return spans("was yanked", why, ", and only an exact pin takes a yanked version")
        case "exclude-newer":
            return spans("is newer than the cut-off", value, uploaded, by)
        case "no-upload-time":
            return spans("its index gives no upload time, so the cut-off", value, " hides it", by)
        case "only-binary":
            return spans("could only be used as an sdist, and those are forbidden", by)
        case "no-binary":
            return spans("has only wheels, and those are forbidden", by)
        case "first-index" | "index-strategy":
            return spans("is on a later index", value, "; the first index with the project is the only one asked", by)
        case _:
            return spans("is hidden by ", quote(detail.rule), value, by)
