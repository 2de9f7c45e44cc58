"""Changes that may help, proposed from what was found, and what becomes of a question when one is made."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.pythons import with_python
from backtrail.explain.releases import Releases
from backtrail.model.finding import BuildRefuses, Finding, HeldBack, SdistChosen
from backtrail.model.lenient import lenient_requirement
from backtrail.model.question import Question
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.run import Pin


class Change(NamedTuple):
    """A remedy not yet tried; the fields are those of Remedy, and ``question`` is what is asked with it."""

    kind: str
    change: str
    of: str | None
    question: Question


def proposals(findings: Sequence[Finding], pin: Pin, question: Question, releases: Releases) -> Iterator[Change]:
    """Changes for the findings about one pin, the likeliest and gentlest first; none that the user made already."""
    held = next((one.detail for one in findings if isinstance(one.detail, HeldBack)), None)
    sdist = next((one.detail for one in findings if isinstance(one.detail, SdistChosen)), None)
    built = sdist is not None or any(isinstance(one.detail, BuildRefuses) for one in findings)
    yield from _lower_bound(pin, question, releases)
    if held is not None:
        yield from _upper_bound(held, question)
        yield from _first(pin.name, question)
    if built and releases.has_wheels(pin):
        yield from only_wheels(pin.name, question)
    if sdist is not None:
        yield from _python(sdist, question)


def made(question: Question, kind: str, change: str, of: str | None = None) -> Change | None:
    """A change the user could make in writing; None where there is no such line to replace."""
    lines = question.requirements
    if kind == "replace":
        places = [place for place, line in enumerate(lines) if line.text == of]
        if not places:
            return None
        written = msgspec.structs.replace(_line(change), origin=lines[places[0]].origin)
        lines = tuple(written if place in places else line for place, line in enumerate(lines))
    elif kind == "order":
        lines = (_line(change), *lines)
    else:
        lines = (*lines, _line(change))
    return Change(kind, change, of, msgspec.structs.replace(question, requirements=lines))


def opted(question: Question, text: str) -> Change | None:
    """A change of one option, ``--prerelease allow``; None for an option that is not known here."""
    option, _, value = text.partition(" ")
    options = question.options
    match option:
        case "--only-binary":
            formats = msgspec.structs.replace(
                options.formats,
                only_binary=options.formats.only_binary | {value},
                no_binary=options.formats.no_binary - {value},
            )
            options = msgspec.structs.replace(options, formats=formats)
        case "--pre":
            options = msgspec.structs.replace(options, prerelease="allow")
        case "--prerelease":
            options = msgspec.structs.replace(options, prerelease=value)
        case "--index-strategy":
            options = msgspec.structs.replace(options, index_strategy=value)
        case _:
            return None
    return Change("policy", text, None, msgspec.structs.replace(question, options=options))


def _line(text: str) -> Requirement:
    return msgspec.structs.replace(parse_requirement(text), origin=Origin())


def only_wheels(name: NormalizedName, question: Question) -> Iterator[Change]:
    """No sdists of one project, unless that is so already."""
    if question.options.formats.allows(name, "sdist"):
        yield from _some(opted(question, f"--only-binary {name}"))


def _lower_bound(pin: Pin, question: Question, releases: Releases) -> Iterator[Change]:
    """At least the next release that has a wheel for this machine."""
    release = releases.next_wheel(pin)
    if release is not None:
        yield from _some(made(question, "add", f"{pin.name}>={_short(release.version)}"))


def _upper_bound(held: HeldBack, question: Question) -> Iterator[Change]:
    """The blocker as the newest refused version wants it."""
    group = next((one for one in held.refused if one.on == held.blocker and one.requirement is not None), None)
    if held.blocker is None or held.blocker_version is None or group is None or group.requirement is None:
        return
    requirement = lenient_requirement(group.requirement)
    if requirement is None or requirement.name != held.blocker:
        return
    blocked = Version(held.blocker_version)
    clauses = sorted(str(one) for one in requirement.specifiers if not one.contains(blocked, prereleases=True))
    if clauses:
        yield from _some(made(question, "add", f"{held.blocker}{','.join(clauses)}"))


def _first(name: NormalizedName, question: Question) -> Iterator[Change]:
    """The project named before all others, so that it is decided before what stands in its way."""
    if question.requirements and question.requirements[0].name != name:
        yield from _some(made(question, "order", name))


def _python(sdist: SdistChosen, question: Question) -> Iterator[Change]:
    """The newest Python for which the chosen version has a wheel."""
    target = with_python(question.target, sdist.pythons[-1]) if sdist.pythons else None
    if target is not None:
        yield Change("python", sdist.pythons[-1], None, msgspec.structs.replace(question, target=target))


def _some(change: Change | None) -> Iterator[Change]:
    if change is not None:
        yield change


def _short(version: Version) -> str:
    """``0.55`` for 0.55.0 and 0.55.0+cpu: zeros at the end say nothing, a local part no bound may name (PEP 440)."""
    text = version.public
    while text.count(".") > 1 and text.endswith(".0"):
        text = text.removesuffix(".0")
    return text
