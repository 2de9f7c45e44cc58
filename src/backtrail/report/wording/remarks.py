"""What a reader must know to take an answer for what it is."""

from packaging.version import Version

from backtrail.model.case import Report
from backtrail.report.lines import Block, Line, line
from backtrail.report.wording.words import version


def remarks(report: Report) -> Block:
    """One line each; nothing where there is nothing of the kind."""
    built = _build_python(report)
    return () if built is None else (built,)


def _build_python(report: Report) -> Line | None:
    target = report.question.target
    if not report.question.options.build_sdists or target.installed is None:
        return None
    wanted, installed = Version(target.python), Version(target.installed)
    if (wanted.major, wanted.minor) == (installed.major, installed.minor):
        return None
    minor = f"{wanted.major}.{wanted.minor}"
    return line("builds run with Python ", version(target.installed), f": no Python {minor} runs here", indent=2)
