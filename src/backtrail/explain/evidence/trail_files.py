"""The files that a run read, of which its trail has no more than the names."""

from itertools import chain

from packaging.utils import NormalizedName

from backtrail.model.files import File, Listing, NotRecordedError
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.source import Source
from backtrail.resolvers.registry import resolver_of


def file_read(
    name: NormalizedName, version: str, filename: str, question: Question, policy: Policy, source: Source
) -> File | None:
    """A file of a version by its name; None: it is in no place that is asked, or not recorded.

    No other version is looked at: a recording need not hold it.
    """
    indexes = question.searched
    places = chain(
        (source.links(location, name) for location in indexes.find_links),
        (source.page(index, name) for index in resolver_of(policy).behaviour.index_order(indexes, name)),
    )
    for listing in places:
        place = listing.position.get(version) if isinstance(listing, Listing) else None
        if place is None or not isinstance(listing, Listing):
            continue
        try:
            found = next((file for file in listing.files(place) if file.filename == filename), None)
        except NotRecordedError:
            continue
        if found is not None:
            return found
    return None
