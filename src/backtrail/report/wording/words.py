"""Names, numbers and lists: the words that every sentence is made of, and how many of them are shown."""

import shlex
from collections.abc import Iterable, Iterator

from backtrail.model.case import Report
from backtrail.model.finding import Finding
from backtrail.model.run import LOG
from backtrail.model.safe_text import safe
from backtrail.model.target import Target
from backtrail.model.trail import Limit, Outcome, Stop
from backtrail.report.lines import Part, Role, Span, Spans, spans

BLOCK_HEIGHT = 12
"""The most lines a story takes in the short report."""

PINS_SHOWN = 4
NAMES_SHOWN = 3
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_QUOTED = 120  # characters of somebody else's message
OUTCOMES = {
    Outcome.SOLVED: "solved",
    Outcome.IMPOSSIBLE: "there is no solution",
    Outcome.GAVE_UP: "stopped without an answer",
    Outcome.ABORTED: "the resolver stops here",
    Outcome.UNKNOWN: "something could not be read",
}


def package(name: str) -> Span:
    """A project's name."""
    return Span(name, Role.PACKAGE)


def version(text: str) -> Span:
    """A version."""
    return Span(text, Role.VERSION)


def specifier(text: str) -> Span:
    """A requirement, a specifier or a marker, as its author wrote it."""
    return Span(text, Role.SPECIFIER)


def file(name: str) -> Span:
    """A file's name or an address."""
    return Span(name, Role.FILE)


def command(text: str, *further: str) -> Span:
    """Something to type into a POSIX shell: the words of ``text``, which blanks divide, and ``further`` ones, whole."""
    return Span(shell((*text.split(" "), *further)), Role.COMMAND)


def shell(words: Iterable[str]) -> str:
    """Words as a POSIX shell reads them, whatever is in them: no text is an operator or another command."""
    return shlex.join(safe(word) for word in words)


def without_marker(text: str) -> str:
    """A requirement without its marker."""
    return text.partition(";")[0].strip()


def in_short(texts: Iterable[str]) -> Iterator[Spans]:
    """Requirements in a sentence: without their markers, where these do not tell them apart."""
    each = tuple(texts)
    short = tuple(map(without_marker, each))
    return (spans(specifier(one)) for one in (short if len(set(short)) == len(set(each)) else each))


def quote(text: str) -> Span:
    """Somebody else's words, cut to a readable length."""
    return Span(text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…", Role.QUOTE)


def release(name: str, number: str) -> Spans:
    """``numba 0.53.1``."""
    return spans(package(name), " ", version(number))


def becomes(name: str, number: str | None) -> Spans:
    """``numba 0.53.1``; ``numba gone`` where an answer no longer has it."""
    return release(name, number) if number else spans(package(name), " gone")


def moved(old: str | None, new: str | None, *, new_is: str) -> Spans:
    """``1.0 → 2.0``, ``gone``; where there was none before, ``2.0, `` and what is said of that."""
    if old is None or new is None:
        return spans(version(new), f", {new_is}") if new else spans("gone")
    return spans(version(old), " → ", version(new))


def resolver(key: str) -> str:
    """``uv 0.13.9`` for the run ``uv@0.13.9``, and for what a log says of one."""
    return key.replace(f"{LOG}@", "@").replace("@", " ")


def stopped(stop: Stop) -> str:
    """What stopped a run that gave up, and whose limit that is."""
    rounds = count(round(stop.bound), "round", digits=True)
    match stop.limit:
        case Limit.TIME:
            return f"after {stop.bound:g} s, as --time-limit asked"
        case Limit.MEMORY:
            return f"after taking {stop.bound / (1 << 30):.3g} GiB of memory, which --max-memory raises"
        case Limit.ROUNDS:
            return f"after {rounds}, as --max-rounds asked"
        case Limit.EFFORT:
            return f"after {rounds}, which --max-rounds or --time-limit raises"
        case Limit.RESOLVER:
            return f"after {rounds}, its own limit"
        case Limit.FORKS:
            return f"after {count(round(stop.bound), 'fork', digits=True)}"
        case Limit.READING:
            return f"after {count(round(stop.bound), 'version', digits=True)} of one project"


def count(number: int, noun: str, nouns: str | None = None, *, digits: bool = False) -> str:
    """``no wheel``, ``one wheel``, ``28 wheels``; among figures, in ``digits``: ``0 wheels``, ``1 wheel``.

    Whatever is counted in a sentence is counted here.
    """
    if not number and not digits:
        return f"no {noun}"
    number_shown = str(number) if digits else number_word(number)
    return f"{number_shown} {noun if number == 1 else nouns or f'{noun}s'}"


def number_word(number: int) -> str:
    """``one``, ``28``."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def listed(parts: Iterable[Part], last: str = "and", shown: int | None = None) -> Spans:
    """``a, b and c``; of more than ``shown`` the rest is counted."""
    words = [spans(part) for part in parts]
    if shown is not None and len(words) > shown + 1:
        words = [*words[:shown], spans(f"{len(words) - shown} more")]
    found: list[Part] = []
    for place, word in enumerate(words):
        if place:
            found.append(f" {last} " if place == len(words) - 1 else ", ")
        found.append(word)
    return spans(*found)


def joined(parts: list[Spans], glue: str) -> list[Part]:
    """Parts with the same glue between all of them."""
    return [piece for place, part in enumerate(parts) for piece in ((glue, part) if place else (part,))]


def python(target: Target) -> str:
    """``Python 3.10``, and where that Python came from unless an option named it."""
    number = target.python.removesuffix(".0") if target.python.count(".") == 2 else target.python
    origin = "" if target.origin.startswith("-") else f" ({target.origin})"
    return f"Python {number}{origin}"


def this_python(report: Report) -> str:
    """``Python 3.10``, without its origin."""
    return python(report.question.target).partition(" (")[0]


def this_target(report: Report, pythons: Iterable[str] = ()) -> str:
    """``Python 3.10 on manylinux_2_28_x86_64``; ``3.10.0`` where one of ``pythons`` is another release."""
    target = report.question.target
    minor = target.markers.get("python_version", "")
    same = any(one.startswith(f"{minor}.") for one in pythons)
    number = f"Python {target.python}" if same else this_python(report)
    return f"{number} on {target.platform.partition(' (')[0]}"


def runs_named(finding: Finding) -> Spans:
    """The runs that a finding is of."""
    return listed((resolver(run) for run in finding.runs), last="and")


def year_of(uploaded: str | None) -> str:
    """The year of an upload; empty if the time is not known."""
    return "" if not uploaded else uploaded[:4]


def stretch(versions: tuple[str, ...]) -> Spans:
    """Releases that exist: one, two, or the first and last of a run."""
    if len(versions) > 2:
        return spans(version(versions[0]), " … ", version(versions[-1]))
    return listed(map(version, versions), last="and")


def others(number: int) -> str:
    """What a drawing leaves out."""
    return f"{number} more"
