"""Changes for an sdist that does not build: an older build requirement, another release of it, another Python."""

from collections.abc import Iterator

from packaging.utils import NormalizedName, canonicalize_version
from packaging.version import Version

from backtrail.explain.remedies.proposals import Change, made, other_python, relaxed, some
from backtrail.model.finding import BuildDoomed, RemedyKind
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.resolvers.registry import resolver_of


def rebuilds(detail: BuildDoomed, name: NormalizedName, question: Question, policy: Policy) -> Iterator[Change]:
    """What may give a build, or a release that needs none, the gentlest first."""
    gone = detail.gone
    constrains = resolver_of(policy).behaviour.isolates_builds
    if constrains and gone is not None and gone.by is not None and gone.since is not None:
        bound = f"{gone.by}<{canonicalize_version(gone.since)}"
        yield from some(made(question, RemedyKind.BUILD_CONSTRAINT, bound))
    yield from relaxed(name, f">={Version(detail.version).public}", question)
    first = None if gone is None else gone.python or (gone.since if gone.by is None else None)
    if first is not None and Version(first).minor:
        yield from other_python([f"{Version(first).major}.{Version(first).minor - 1}"], question, policy)
