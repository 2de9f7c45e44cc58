"""Titles, headings and buttons of a page."""

from collections.abc import Mapping

from backtrail.inputs.settings import SWITCHES
from backtrail.model.case import Report
from backtrail.model.requirement import STDIN
from backtrail.model.run import LOG
from backtrail.report.lines import Block, Line, Spans, Table, line, row, spans
from backtrail.report.wording.words import file, listed, package, python, quote, resolver, shell, specifier, stretch
from backtrail.resolvers.registry import parse_resolver, resolver_of

ENVIRONMENT = "Environment"
EVERYTHING = "Everything found, and the pins"
COMMAND = "Command"

_ALONE = frozenset({"why", "explain-backtrack"})
"""Commands that are programs of their own."""


def command_line(report: Report) -> str:
    """The command that asks the question again, for a POSIX shell: no text in it is anything but a word."""
    question = report.question
    words = [question.command] if question.command in _ALONE else ["backtrail", question.command]
    asked = (question.subject,) if question.subject else ()
    files: list[tuple[str, str | None]] = []
    for option, requirements in (("-r", question.requirements), ("-c", question.constraints)):
        files.extend((option, one.origin.file) for one in requirements if one.origin and one.origin.file)
    files.extend(("--override", one.origin.file) for one in question.overrides if one.origin and one.origin.file)
    files.extend(("-b", one.origin.file) for one in question.build_constraints if one.origin and one.origin.file)
    typed = (*asked, *(one for one in question.requirements if not (one.origin and one.origin.file)))
    for one in typed:
        words.extend(("-e", one.text[3:]) if one.is_editable else (one.text,))
    for option, name in dict.fromkeys(files):
        if option != "-r" and (name or "").endswith(".toml"):
            continue  # configuration is found again where it is
        words.extend((option, "-" if name == STDIN else name or ""))
    settings = [one for one in question.settings if one.honoured and one.origin.startswith("-")]
    for setting in settings:
        words.append(setting.origin)
        if setting.value and setting.name not in SWITCHES:
            words.append(setting.value)
    for change in question.index_changes:
        words.extend(change.option.split(" ", 1))
    named = {setting.origin for setting in settings}
    if question.target.origin.startswith("-") and "--python" not in named:
        words.extend(question.target.origin.split(" ", 1))
    elif question.environment is not None and question.environment.named:
        words.append(question.environment.origin)
    if "--resolver" not in named:
        for key in _keys(report):
            words.extend(("--resolver", key))
    return shell(words)


def _keys(report: Report) -> tuple[str, ...]:
    """The resolvers that were asked, each once; what a log tells is of the one that wrote it."""
    return tuple(dict.fromkeys((*report.answers, *(run.key.replace(f"{LOG}@", "@") for run in report.runs))))


def environment(report: Report, program: str) -> Block:
    """Everything outside of the requirements that the answer depends on."""
    question = report.question
    keys = _keys(report)
    rows = [row("Python", python(question.target)), row("platform", quote(question.target.platform))]
    if keys:
        indexes = resolver_of(parse_resolver(keys[0])).behaviour.index_order(question.indexes)
        rows.append(row("resolvers", listed(map(resolver, keys))))
        rows.append(row("indexes", listed(map(file, indexes)) or "none"))
    rows.append(row("backtrail", program))
    for change in question.index_changes:
        option, _, asked = change.option.partition(" ")
        rows.append(row(specifier(option.lstrip("-")), specifier(asked)))
    for one in question.settings:
        origin = () if one.origin.lstrip("-") == one.name else spans(" from ", specifier(one.origin))
        switched = "off" if one.value == "false" else "on"
        value = specifier(one.value) if one.value and one.name not in SWITCHES else switched
        rows.append(row(specifier(one.name), spans(value, origin, "" if one.honoured else ", not taken into account")))
    return (Table(head=("", ""), rows=tuple(rows)),)


def nothing_differs() -> Line:
    """Said when resolvers that were compared have the same answer."""
    return line("the answers are the same", indent=2)


def releases(name: str, versions: tuple[str, ...]) -> Spans:
    """``numba 0.60.0 … 0.54.0``."""
    return spans(package(name), " ", stretch(versions))


def title(report: Report) -> str:
    """The name of a page or a rule set: what was asked, of which resolvers."""
    asked = " and ".join(map(resolver, _keys(report))) or str(report.question.subject and report.question.subject.name)
    return f"{report.question.command}: {asked}"


LABELS: Mapping[str, str] = {
    "skip": "Skip to the story",
    "story": "Story",
    "more": "Also found",
    "forks": "Forks",
    "forks_about": "Each environment was solved by itself, one after the other from left to right. A number is a "
    "split: each part goes on from there with all that was decided before. A lane opens its events below.",
    "timeline": "Timeline",
    "timeline_about": "Every step of the resolver, in order. Arrow keys or j and k step through it.",
    "packages": "Packages",
    "packages_about": "Each project the resolver met. A name opens who asks for it, and why others were refused.",
    "environment": "Environment",
    "tables": "What each run cost, tried and pinned",
    "search": "Search packages and events",
    "search_hint": "Press / to search, Escape to clear.",
    "run": "Run",
    "show": "Show",
    "turns": "Turning points",
    "decisions": "Decisions",
    "everything": "Every event",
    "first": "First",
    "back": "Back",
    "on": "On",
    "last": "Last",
    "turn_back": "Turn before",
    "turn_on": "Next turn",
    "position": "Place in the trail",
    "event": "Event",
    "of": "of",
    "decided": "Decided at this point",
    "project": "Project",
    "version": "Version",
    "taken": "Taken",
    "tried": "Tried",
    "refused": "Refused",
    "reason": "Why not",
    "asked": "Asked for by",
    "none": "none",
    "not_part": "not part of the answer",
    "no_events": "No event matches.",
    "no_packages": "No project matches.",
    "found_package": "project",
    "found_packages": "projects",
    "found_event": "event",
    "found_events": "events",
    "evidence": "Evidence",
    "picture": "What stands around this decision",
    "omitted": "The trail is longer than this page shows; the Case file has all of it.",
    "script": "The timeline and the package table need JavaScript. Everything above does not.",
    "wheel": "wheel",
    "sdist": "sdist",
    "url": "direct reference",
    "installed": "installed",
    "error": "error",
    "warning": "warning",
    "info": "note",
}
"""Headings and buttons of the HTML page, by the name its template and script use."""
