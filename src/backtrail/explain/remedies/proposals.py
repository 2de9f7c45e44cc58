"""Changes that may help, proposed from what was found, and what becomes of a question when one is made."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.lifting import with_lists
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.remedies.other_pythons import nearest_python, with_python
from backtrail.explain.remedies.with_options import with_option
from backtrail.model.finding import BuildDoomed, BuildRefuses, Finding, HeldBack, RemedyKind, SdistChosen
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, parse_requirement, user_line
from backtrail.model.run import Pin
from backtrail.resolvers.registry import resolver_of
from backtrail.standards.lenient import lenient_requirement


class Change(NamedTuple):
    """A remedy not yet tried; the fields are those of Remedy, and ``question`` is what is asked with it."""

    kind: RemedyKind
    change: str
    of: str | None
    question: Question


def proposals(
    findings: Sequence[Finding], pin: Pin, question: Question, policy: Policy, releases: Releases
) -> Iterator[Change]:
    """Changes for the findings about one pin, the likeliest and gentlest first; none that the user made already."""
    held = next((one.detail for one in findings if isinstance(one.detail, HeldBack)), None)
    sdist = next((one.detail for one in findings if isinstance(one.detail, SdistChosen)), None)
    built = sdist is not None or any(isinstance(one.detail, BuildRefuses | BuildDoomed) for one in findings)
    free = held is not None and not held.because
    if free or built:
        yield from _lower_bound(pin, question, releases)
    if held is not None and free:
        yield from _upper_bound(held, question)
        yield from _first(pin.name, question)
        yield from _relaxed(held, question)
    if built and releases.has_wheels(pin):
        yield from only_wheels(pin.name, question)
    if sdist is not None:
        yield from _python(sdist, question, policy)
    if held is not None and free:
        yield from _upper_bound(held, question, RemedyKind.CONSTRAIN)


def is_made(change: Change, question: Question) -> bool:
    """Whether a change asks for nothing that the user's own lines and settings do not say already."""
    if change.question == question:
        return True
    if change.kind in (RemedyKind.ADD, RemedyKind.CONSTRAIN):
        wanted = parse_requirement(change.change)
        lines = (*question.requirements, *question.constraints)
        said = {str(one) for line in lines if line.name == wanted.name for one in line.specifiers}
        named = change.kind is RemedyKind.CONSTRAIN or any(line.name == wanted.name for line in question.requirements)
        return named and {str(one) for one in wanted.specifiers} <= said
    return change.change == change.of


def made(question: Question, kind: RemedyKind, change: str, of: str | None = None) -> Change | None:
    """A change of the user's lines; None where there is no such line to replace, and for what changes no line."""
    match kind:
        case RemedyKind.REPLACE | RemedyKind.RELAX | RemedyKind.DROP:
            return _rewritten(question, kind, change, of)
        case RemedyKind.CONSTRAIN:
            changed = msgspec.structs.replace(question, constraints=(*question.constraints, user_line(change)))
        case RemedyKind.BUILD_CONSTRAINT:
            changed = msgspec.structs.replace(
                question, build_constraints=(*question.build_constraints, user_line(change))
            )
        case RemedyKind.ORDER:
            changed = msgspec.structs.replace(question, requirements=(user_line(change), *question.requirements))
        case RemedyKind.ADD:
            changed = msgspec.structs.replace(question, requirements=(*question.requirements, user_line(change)))
        case RemedyKind.PYTHON | RemedyKind.POLICY | RemedyKind.EXTEND | RemedyKind.REQUIRES_PYTHON:
            return None
    return Change(kind, change, of, changed)


def _rewritten(question: Question, kind: RemedyKind, change: str, of: str | None) -> Change | None:
    """Another text for a line of the user's, or none; a constraint is a line as well."""

    def written(lines: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        kept = (line for line in lines if line.text != of or kind is not RemedyKind.DROP)
        return tuple(_instead(line, change) if line.text == of else line for line in kept)

    if any(line.text == of for line in question.requirements):
        return Change(kind, change, of, with_lists(question, written))
    if any(line.text == of for line in question.constraints):
        return Change(kind, change, of, msgspec.structs.replace(question, constraints=written(question.constraints)))
    return None


def _instead(line: Requirement, text: str) -> Requirement:
    """Another text for a line, in its place; of the same project it has the same sources."""
    new = msgspec.structs.replace(user_line(text), origin=line.origin)
    if new.name != line.name or new.url is not None:
        return new
    return msgspec.structs.replace(new, index=line.index, sources=line.sources, groups=line.groups)


def opted(question: Question, text: str) -> Change | None:
    """A change of one option, ``--prerelease allow``; None for an option that is not known here."""
    options = with_option(question.options, text)
    if options is None:
        return None
    return Change(RemedyKind.POLICY, text, None, msgspec.structs.replace(question, options=options))


def only_wheels(name: NormalizedName, question: Question) -> Iterator[Change]:
    """No sdists of one project, unless that is so already."""
    if question.options.formats.allows(name, "sdist"):
        yield from some(opted(question, f"--only-binary {name}"))


def _lower_bound(pin: Pin, question: Question, releases: Releases) -> Iterator[Change]:
    """At least the next release that has a wheel for this machine."""
    release = releases.next_wheel(pin)
    if release is not None:
        yield from some(made(question, RemedyKind.ADD, f"{pin.name}>={_short(release.version)}"))


def _upper_bound(held: HeldBack, question: Question, kind: RemedyKind = RemedyKind.ADD) -> Iterator[Change]:
    """The blocker as the newest refused version wants it."""
    wanted = _wanted_of_blocker(held)
    if wanted is not None:
        yield from some(made(question, kind, f"{held.blocker}{wanted}"))


def _relaxed(held: HeldBack, question: Question) -> Iterator[Change]:
    """The user's own pins of the blocker, as the newest refused version wants it instead."""
    wanted = _wanted_of_blocker(held)
    if held.blocker is not None and wanted is not None:
        yield from relaxed(held.blocker, wanted, question)


def relaxed(name: str, specifier: str, question: Question) -> Iterator[Change]:
    """The user's own pins of a project, each with other versions instead."""
    for line in question.requirements:
        if line.name == name and any(one.operator in {"==", "==="} for one in line.specifiers):
            yield from some(made(question, RemedyKind.RELAX, line.rewritten(specifier), line.text))


def _wanted_of_blocker(held: HeldBack) -> str | None:
    """The clauses of the newest refused version's requirement that the blocker's version does not meet."""
    group = next((one for one in held.refused if one.on == held.blocker and one.requirement is not None), None)
    if held.blocker is None or held.blocker_version is None or group is None or group.requirement is None:
        return None
    requirement = lenient_requirement(group.requirement)
    if requirement is None or requirement.name != held.blocker:
        return None
    blocked = Version(held.blocker_version)
    clauses = sorted(str(one) for one in requirement.specifiers if not one.contains(blocked, prereleases=True))
    return ",".join(clauses) or None


def _first(name: NormalizedName, question: Question) -> Iterator[Change]:
    """The project named before all others, so that it is decided before what stands in its way."""
    if question.requirements and question.requirements[0].name != name:
        yield from some(made(question, RemedyKind.ORDER, name))


def _python(sdist: SdistChosen, question: Question, policy: Policy) -> Iterator[Change]:
    """The nearest Python for which the chosen version has a wheel."""
    yield from other_python(sdist.pythons, question, policy)


def other_python(pythons: Sequence[str], question: Question, policy: Policy) -> Iterator[Change]:
    """The nearest of several Pythons instead of the target's, of those that the resolver itself runs on."""
    runs_on = resolver_of(policy).behaviour.runs_on
    python = nearest_python([one for one in pythons if runs_on(Version(one))], question.target)
    target = None if python is None else with_python(question.target, python)
    if python is not None and target is not None:
        yield Change(RemedyKind.PYTHON, python, None, msgspec.structs.replace(question, target=target))


def some(change: Change | None) -> Iterator[Change]:
    """The change, if there is one."""
    if change is not None:
        yield change


def _short(version: Version) -> str:
    """``0.55`` for 0.55.0 and 0.55.0+cpu: zeros at the end say nothing, a local part no bound may name (PEP 440)."""
    text = version.public
    while text.count(".") > 1 and text.endswith(".0"):
        text = text.removesuffix(".0")
    return text
