"""BT118: the first index that has a project hides a newer release of it on a later one."""

from collections.abc import Iterator

from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.evidence.releases import Releases
from backtrail.model.files import Listing, NotRecordedError
from backtrail.model.finding import Finding, IndexShadowed
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Pin, Run
from backtrail.model.source import Source
from backtrail.resolvers.registry import resolver_of

_MOST = 20
"""Hidden versions named of one project."""


def shadowed(run: Run, question: Question, policy: Policy, source: Source, releases: Releases) -> Iterator[Finding]:
    """Ask the later indexes for each pin, where the resolver takes a project from the first index that has it.

    A page that cannot be read hides nothing that is known.
    """
    behaviour = resolver_of(policy).behaviour
    indexes = question.searched
    order = behaviour.index_order(indexes)
    if not behaviour.stops_at_first_index(question.options) or len(order) < 2:
        return
    searched = [pin for pin in run.pins if indexes.only(pin.name) is None]
    pins = [(pin, pin.file.index) for pin in searched if pin.file is not None and pin.file.index in order[:-1]]
    for place, later in enumerate(order):
        source.want_pages(later, [pin.name for pin, index in pins if order.index(index) < place])
    for pin, index in pins:
        for later in order[order.index(index) + 1 :]:
            page = source.page(later, pin.name)
            hidden = _newer(pin, page, releases) if isinstance(page, Listing) else ()
            if hidden:
                yield _finding(run, question, pin, index, later, hidden)
                break


def _newer(pin: Pin, listing: Listing, releases: Releases) -> tuple[str, ...]:
    """The usable releases that are newer, local builds of the pinned version not counted, and that all askers admit."""
    chosen = Version(Version(pin.version).public)
    own = releases.own(pin.name)
    found: list[str] = []
    try:
        for one in releases.usable(listing, pin):
            if Version(one.version.public) <= chosen or len(found) == _MOST:
                break
            text = str(one.version)
            if all(meets(asked.requirement, text) for asked in pin.requested_by) and all(
                specifiers.contains(one.version, prereleases=True) for specifiers in own
            ):
                found.append(text)
    except NotRecordedError:
        return ()
    return tuple(found)


def _finding(run: Run, question: Question, pin: Pin, index: str, later: str, hidden: tuple[str, ...]) -> Finding:
    setting = next((one for one in question.settings if one.name.lstrip("-") == "index-strategy"), None)
    detail = IndexShadowed(
        version=pin.version,
        index=index,
        later=later,
        hidden=hidden,
        origin=None if setting is None else setting.origin,
    )
    return catalogue.finding(
        runs=(run.key,),
        subject=pin.name,
        detail=detail,
        evidence=(f"page:{pin.name}",),
    )
