"""A rule of a resolver has one home: who explains, exports or prints asks the resolver, and gets the same answer."""

import pytest
from packaging.utils import NormalizedName

from backtrail.explain.lookup.availability import availability
from backtrail.explain.lookup.selection import Look, choose
from backtrail.model.files import File, Listing
from backtrail.model.finding import PythonGuard
from backtrail.model.policy import Policy
from backtrail.model.question import Indexes, Options
from backtrail.model.requirement import parse_requirement
from backtrail.resolvers.registry import parse_resolver, resolver_of
from support.listings import PIP, UV, file, target

HERE = target()
NAME = NormalizedName("a")
INDEXES = Indexes(default="https://default.example", extra=("https://extra.example", "https://default.example"))


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        (UV, ("https://extra.example", "https://default.example")),
        (PIP, ("https://default.example", "https://extra.example")),
    ],
    ids=["uv", "pip"],
)
def test_indexes_are_asked_in_the_resolvers_order_each_once(policy: Policy, order: tuple[str, ...]) -> None:
    assert resolver_of(policy).behaviour.index_order(INDEXES) == order


def test_only_uv_stops_at_the_first_index_and_only_by_its_default_strategy() -> None:
    merged = Options(index_strategy="unsafe-best-match")
    stops = {
        (policy.tool, options.index_strategy): resolver_of(policy).behaviour.stops_at_first_index(options)
        for policy in (UV, PIP)
        for options in (Options(), merged)
    }
    assert [which for which, stopped in stops.items() if stopped] == [("uv", "first-index")]


def on_disk(uploaded: str) -> File:
    return file("a-1.0-py3-none-any.whl", uploaded=uploaded, index="file:///srv/simple")


def test_a_version_of_files_on_disk_exists_for_pip_if_its_files_do() -> None:
    """The version was hidden by the date of the page, and none of its files was."""
    listing = Listing.of(NAME, "file:///srv/simple", [on_disk("2024-07-01T00:00:00Z")])
    options = Options(exclude_newer="2024-06-01T00:00:00.000000Z")
    for policy, exists in ((PIP, True), (UV, False)):
        cut_off = resolver_of(policy).behaviour.cut_off
        assert cut_off.exists(listing, 0, options, flat=False) is exists
        hidden = [cut_off.hides(one, options, flat=False) for one in listing.files(0)]
        assert (hidden == [None]) is exists


def test_pip_installs_the_wheel_with_the_best_tag_wherever_it_stands_on_the_page() -> None:
    names = ("a-1.0-py3-none-any.whl", "a-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "a-1.0.tar.gz")
    files = [file(name) for name in names]
    for policy in (PIP, UV):
        assert resolver_of(policy).installed(files, HERE, Options(), flat=False) == files[1]


def test_whoever_reads_all_of_requires_python_is_named_beside_who_ignores_its_upper_bound() -> None:
    """An early uv refuses the file as pip does; it was not named, for it is no pip."""
    listed = [file("a-1.0-py3-none-any.whl", requires_python=">=3.8,<3.11")]
    keys = ("uv@0.13.9", "uv@0.4.2", "pip@26.3")
    looks = [
        Look(policy=parse_resolver(key), target=HERE, pages=(Listing.of(NAME, "https://index.example", listed),))
        for key in keys
    ]
    found = availability(parse_requirement("a"), looks, Options())
    assert [found.answers[key].available for key in keys] == [True, False, False]
    guards = [one.detail for one in found.findings if isinstance(one.detail, PythonGuard)]
    assert [one.others for one in guards] == [{"uv@0.4.2": "refused", "pip@26.3": "refused"}]


def test_early_uv_weighs_each_index_by_itself_for_why_as_in_a_run() -> None:
    """A first index with nothing but pre-releases has one taken until 0.4.7; afterwards, the next index counts."""
    pages = tuple(
        Listing.of(NAME, index, [file(f"a-{version}-py3-none-any.whl", index=index)])
        for index, version in (("https://extra.example", "1.0a1"), ("https://default.example", "1.0"))
    )
    options, requirement = Options(index_strategy="unsafe-first-match"), parse_requirement("a")
    taken = {
        key: str(choose(requirement, Look(policy=parse_resolver(key), target=HERE, pages=pages), options).version)
        for key in ("uv@0.4.7", "uv@0.4.8", "uv@0.13.9")
    }
    assert taken == {"uv@0.4.7": "1.0a1", "uv@0.4.8": "1.0", "uv@0.13.9": "1.0a1"}
