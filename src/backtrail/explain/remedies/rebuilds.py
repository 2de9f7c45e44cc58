"""Changes for an sdist that does not build: an older build requirement, another release of it, another Python."""

from collections.abc import Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.remedies.proposals import Change, made, other_python
from backtrail.model.finding import BuildDoomed, RemedyKind
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.resolvers.registry import resolver_of


def rebuilds(detail: BuildDoomed, name: NormalizedName, question: Question, policy: Policy) -> Iterator[Change]:
    """What may give a build, or a release that needs none, the gentlest first."""
    gone = detail.gone
    constrains = resolver_of(policy).behaviour.isolates_builds
    if constrains and gone is not None and gone.by is not None and gone.since is not None:
        yield from _some(made(question, RemedyKind.BUILD_CONSTRAINT, f"{gone.by}<{_short(gone.since)}"))
    for line in question.requirements:
        if line.name == name and any(one.operator in {"==", "==="} for one in line.specifiers):
            extras = f"[{','.join(line.extras)}]" if line.extras else ""
            marker = f"; {line.marker}" if line.marker else ""
            newer = f"{line.name}{extras}>={Version(detail.version).public}{marker}"
            yield from _some(made(question, RemedyKind.RELAX, newer, line.text))
    first = None if gone is None else gone.python or (gone.since if gone.by is None else None)
    if first is not None and Version(first).minor:
        yield from other_python([f"{Version(first).major}.{Version(first).minor - 1}"], question)


def _short(release: str) -> str:
    """``82`` for 82.0.0."""
    while release.endswith(".0"):
        release = release.removesuffix(".0")
    return release


def _some(change: Change | None) -> Iterator[Change]:
    if change is not None:
        yield change
