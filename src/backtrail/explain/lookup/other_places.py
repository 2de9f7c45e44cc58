"""What the other indexes and find-links locations have of a project that a resolver takes from one of them."""

from collections.abc import Callable, Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.lookup.selection import Look, choose
from backtrail.model.files import Listing, NotRecordedError
from backtrail.model.policy import Policy
from backtrail.model.project import Offer
from backtrail.model.question import Options, Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.resolvers.registry import resolver_of


def offers(name: NormalizedName, version: Version, taken: str, look: Look, options: Options) -> tuple[Offer, ...]:
    """What each place of a look offers, but the one that a version is ``taken`` from and those without the project."""
    return tuple(_offers(name, version, taken, look, options))


def _offers(name: NormalizedName, version: Version, taken: str, look: Look, options: Options) -> Iterator[Offer]:
    any_version = Requirement(name=name, text=name)
    pages = [page for page in look.pages if isinstance(page, Listing)]
    alone = [Look(policy=look.policy, target=look.target, pages=(page,)) for page in pages]
    alone += [Look(policy=look.policy, target=look.target, pages=(), links=(one,)) for one in look.links]
    for listing, each in zip((*pages, *look.links), alone, strict=True):
        if listing.index == taken or not listing.versions:
            continue
        try:
            newest = choose(any_version, each, options).version
        except NotRecordedError:
            newest = None
        yield Offer(
            index=listing.index,
            newest=None if newest is None else str(newest),
            same=any(listing.version(place) == version for place in range(len(listing.versions))),
        )


def elsewhere(
    run: Run, question: Question, policy: Policy, source: Source, look: Callable[[NormalizedName], Look]
) -> dict[NormalizedName, tuple[Offer, ...]]:
    """What the other places offer of each pin of a run; nothing where only one place is asked.

    A place that cannot be read offers nothing that is known.
    """
    indexes = question.searched
    order = resolver_of(policy).behaviour.index_order(indexes)
    if len(order) + len(question.indexes.find_links) < 2:
        return {}
    searched = [pin for pin in run.pins if indexes.only(pin.name) is None]
    pins = [(pin, pin.file) for pin in searched if pin.file is not None]
    for index in order:
        source.want_pages(index, [pin.name for pin, _ in pins])
    return {
        pin.name: offers(pin.name, Version(pin.version), file.index, look(pin.name), question.options)
        for pin, file in pins
    }
