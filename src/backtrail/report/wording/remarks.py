"""What a reader must know to take an answer for what it is: what was not taken into account, and in whose place."""

from packaging.version import Version

from backtrail.explain.lookup.module_names import imported_from
from backtrail.model.case import Report
from backtrail.model.finding import NotFound
from backtrail.model.question import Setting
from backtrail.report.lines import Block, Line, Spans, line, spans
from backtrail.report.wording.logs import read_from, stated
from backtrail.report.wording.words import command, file, joined, listed, package, quote, specifier, version

_SHOWN = 6
_PROJECT = "pyproject.toml"


def remarks(report: Report, *, verbose: bool = False) -> Block:
    """One line each; nothing where there is nothing of the kind."""
    about = (_build_python(report), _project(report))
    log = read_from(report)
    return (
        *_left_out(report),
        *_modules(report),
        *(() if log is None else (log,)),
        *_passed_over(report, verbose=verbose),
        *(one for one in about if one is not None),
        *stated(report, verbose=verbose),
    )


def _left_out(report: Report) -> Block:
    """Lines that the answer does without, and what to give in their place."""
    return tuple(
        line(
            "left out: ",
            specifier(lost.requirement.text),
            f" ({lost.requirement.origin}) " if lost.requirement.origin is not None else " ",
            "could not be fetched: ",
            quote(lost.why),
            f"; a METADATA file of {lost.requirement.name} with --dependency-metadata stands in for it",
            indent=2,
        )
        for lost in report.question.left_out
    )


def _modules(report: Report) -> Block:
    """Projects asked for by the name of a module that another project is known for, where that is not in an answer."""
    question = report.question
    subject = () if question.subject is None else (question.subject,)
    asked = dict.fromkeys(one.name for one in (*subject, *question.requirements) if one.url is None)
    found = {pin.name for run in report.runs for pin in run.pins}
    missing = {one.subject for one in report.findings if isinstance(one.detail, NotFound)}
    known = {name: imported_from(name) for name in asked if name not in missing}
    return tuple(
        line("the module ", package(name), " is of the project ", listed(map(package, projects), last="or"), indent=2)
        for name, projects in known.items()
        if projects and found.isdisjoint(projects) and asked.keys().isdisjoint(projects)
    )


def _passed_over(report: Report, *, verbose: bool) -> Block:
    """What no resolver takes into account, and what only some of them do."""
    settings = report.question.settings
    taken = {(one.name, one.value, one.origin) for one in settings if one.honoured}
    passed = [one for one in settings if not one.honoured]
    by_all = dict.fromkeys(_named(one) for one in passed if (one.name, one.value, one.origin) not in taken)
    by_some = dict.fromkeys(_named(one) for one in passed if (one.name, one.value, one.origin) in taken)
    said = (("not taken into account: ", by_all), ("taken into account by some of the resolvers only: ", by_some))
    return tuple(
        line(words, listed(tuple(names), shown=None if verbose else _SHOWN), indent=2) for words, names in said if names
    )


def _named(setting: Setting) -> Spans:
    """A variable by its name, anything else by its name and where it stands."""
    if ":" not in setting.origin:
        return spans(specifier(setting.origin))
    name = spans("Python ", version(setting.value)) if setting.name == "python" else specifier(setting.name)
    return spans(name, " (", file(setting.origin), ")")


def _build_python(report: Report) -> Line | None:
    target = report.question.target
    if not report.question.options.build_sdists or target.installed is None:
        return None
    wanted, installed = Version(target.python), Version(target.installed)
    if (wanted.major, wanted.minor) == (installed.major, installed.minor):
        return None
    minor = f"{wanted.major}.{wanted.minor}"
    return line(
        "builds run with Python ", version(target.installed), f": Python {minor} cannot be started here", indent=2
    )


def _project(report: Report) -> Line | None:
    """A project's file is answered as a list of requirements, unless it is locked."""
    origins = (one.origin.file for one in report.question.requirements if one.origin is not None)
    path = next((one for one in origins if one is not None and one.endswith(_PROJECT)), None)
    tools = dict.fromkeys(run.resolver for run in report.runs)
    said = {
        "uv": spans("uv answers as ", command("uv pip compile"), " does, not as ", command("uv lock")),
        "uv-universal": spans(
            "uv answers as ", command("uv pip compile --universal"), " does, not as ", command("uv lock")
        ),
        "pip": spans("pip is asked for its dependencies"),
    }
    ways = [said[tool] for tool in tools if tool in said]
    return line(file(path), ": ", *joined(ways, "; "), indent=2) if path is not None and ways else None
