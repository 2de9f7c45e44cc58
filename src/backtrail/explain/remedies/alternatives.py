"""Changes for pins that a rule allowed, or that it hid something better from: BT113, BT114 and BT118."""

from collections.abc import Iterator, Sequence

from packaging.version import Version

from backtrail.explain.remedies.proposals import Change, made, opted, some
from backtrail.model.finding import Finding, IndexShadowed, PrereleaseTaken, RemedyKind, YankedTaken
from backtrail.model.policy import Policy
from backtrail.model.question import ALL, Question
from backtrail.model.run import Asked, Pin
from backtrail.model.verdict import Reason
from backtrail.resolvers.registry import resolver_of

BEST_MATCH = "--index-strategy unsafe-best-match"
"""All indexes as one: the newest release wins, wherever it is."""


def alternatives(findings: Sequence[Finding], pin: Pin, question: Question, policy: Policy) -> Iterator[Change]:
    """What may give a stable, unyanked or newer release of one project, the gentlest first."""
    for finding in findings:
        match finding.detail:
            case PrereleaseTaken() as detail:
                yield from _stable(detail, pin, question, policy)
            case YankedTaken() as detail:
                yield from _unyanked(detail, pin, question)
            case IndexShadowed():
                yield from some(opted(question, BEST_MATCH))
            case _:
                pass


def with_sdists(name: str, question: Question) -> Iterator[Change]:
    """Sdists of one project where only wheels of all are allowed; a name beats ``:all:`` in pip and in uv."""
    if ALL in question.options.formats.only_binary and name not in question.options.formats.only_binary:
        yield from some(opted(question, f"--no-binary {name}"))


def _stable(detail: PrereleaseTaken, pin: Pin, question: Question, policy: Policy) -> Iterator[Change]:
    if any(one.reason is Reason.ONLY_BINARY for one in detail.exclusions):
        yield from with_sdists(pin.name, question)
    if detail.asked is not None and detail.stable is not None and _is_line(detail.asked, question):
        line = detail.asked.requirement
        met = [str(one) for one in line.specifiers if one.contains(Version(detail.stable), prereleases=True)]
        yield from some(made(question, RemedyKind.RELAX, line.rewritten(",".join(sorted(met))), line.text))
    if detail.stable is not None:
        yield from some(made(question, RemedyKind.CONSTRAIN, f"{pin.name}<={Version(detail.stable).public}"))
    forbids = resolver_of(policy).behaviour.forbids_prereleases
    if forbids is not None:
        yield from some(opted(question, forbids))


def _unyanked(detail: YankedTaken, pin: Pin, question: Question) -> Iterator[Change]:
    if detail.asked is None or not _is_line(detail.asked, question):
        return
    line = detail.asked.requirement
    if detail.newest is not None:
        yield from some(made(question, RemedyKind.REPLACE, line.rewritten(f"=={detail.newest}"), line.text))
    yield from some(made(question, RemedyKind.RELAX, line.rewritten(f">={Version(pin.version).public}"), line.text))


def _is_line(asked: Asked, question: Question) -> bool:
    return asked.by is None and asked.requirement in (*question.requirements, *question.constraints)
