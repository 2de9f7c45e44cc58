"""What can be set otherwise for one of two runs, so that it does as the other in one respect."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from packaging.version import Version

from backtrail.explain.causes.one_answer import constrained
from backtrail.explain.divergence.first_difference import ADMISSION, Place
from backtrail.explain.divergence.foreign_metadata import Foreign
from backtrail.explain.divergence.sides import Side, failed_build
from backtrail.model.finding import Cause
from backtrail.model.installed import Renewal
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.source import Source
from backtrail.model.trail import Rejected
from backtrail.resolvers.registry import resolver_of
from backtrail.sources.lifted import Lifted

_RULES = {
    "displaces": Cause.DISPLACED_PIN,
    "forgets_displaced": Cause.DISPLACED_PIN,
    "reads_whole_requires_python": Cause.REQUIRES_PYTHON,
    "checks_metadata_python": Cause.REQUIRES_PYTHON,
    "asks_installed": Cause.REQUIRES_PYTHON,
    "prefers_stable": Cause.PRERELEASE,
    "posts_below": Cause.PRERELEASE,
    "weighs_each_index": Cause.PRERELEASE,
    "exclusions_name_prereleases": Cause.PRERELEASE,
    "looks_behind_unusable": Cause.INDEX_STRATEGY,
    "locals_match": Cause.LOCAL_VERSION,
    "prefers_local_builds": Cause.LOCAL_VERSION,
    "reads_egg_info": Cause.INVALID_METADATA,
    "refuses_empty_requirements": Cause.INVALID_METADATA,
    "checks_urls_at_once": Cause.INVALID_METADATA,
    "fails_ahead": Cause.INVALID_METADATA,
    "skips_unreadable": Cause.INVALID_METADATA,
    "checks_direct_wheels": Cause.TAGS,
    "platforms_alike": Cause.MARKERS,
    "knows_platforms": Cause.MARKERS,
    "represents_platforms": Cause.MARKERS,
    "compares_releases": Cause.MARKERS,
    "trims_python_version": Cause.MARKERS,
    "knows_lists": Cause.MARKERS,
    "orders_strings": Cause.MARKERS,
    "simplifies_extras": Cause.MARKERS,
    "drops_unreachable": Cause.MARKERS,
    "compares_strings": Cause.MARKERS,
    "stops_at_no_version": Cause.MARKERS,
    "normalizes_extras": Cause.EXTRAS,
    "takes_both_spellings": Cause.EXTRAS,
    "extras_need_base": Cause.EXTRAS,
    "keeps_self_dependencies": Cause.EXTRAS,
    "doubles_self_dependencies": Cause.EXTRAS,
    "crashes_on_twins": Cause.EXTRAS,
    "looks_for_rings_everywhere": Cause.EXTRAS,
    "keeps_inner_bounds": Cause.EXTRAS,
    "binds_proxies": Cause.EXTRAS,
    "splits_extras": Cause.EXTRAS,
    "counts_conflicts": Cause.PRIORITY,
    "promotes": Cause.PRIORITY,
}
"""What a rule of an engine is about; all others are about the order of decisions."""

_OPTIONS = {
    "prerelease": Cause.PRERELEASE,
    "prerelease_package": Cause.PRERELEASE,
    "index_strategy": Cause.INDEX_STRATEGY,
    "ignore_requires_python": Cause.REQUIRES_PYTHON,
    "exclude_newer": Cause.CUT_OFF,
    "exclude_newer_package": Cause.CUT_OFF,
}
"""What an option is about; all others are settings."""

_LIKE_THE_OTHER = "as the other"

ORDER = (Cause.PRIORITY, Cause.BACKJUMPING, Cause.DECISION_ORDER)
"""Causes that lie in how a resolver searches, not in what it admits."""


World = Callable[[Source], Source]
"""What the facts are changed to."""


def _as_it_is(source: Source) -> Source:
    return source


class Switch(NamedTuple):
    """One rule of a side set otherwise, what is asked of whom then, and in which world."""

    rule: str
    value: str
    question: Question
    policy: Policy
    world: World = _as_it_is


def switches(side: Side, other: Side, cause: Cause, place: Place, *, suspected: bool) -> Iterator[Switch]:
    """What can be set otherwise on one side, so that it does as the other in one respect."""
    question, policy = side.question, side.policy
    for rule, on in side.rules.items():
        shared = other.rules.get(rule)
        if _RULES.get(rule, Cause.DECISION_ORDER) is not cause or shared is on:
            continue
        if shared is None and (on or not suspected):
            continue  # a rule that the other tool does not have under this name
        switched = msgspec.structs.replace(policy, switched=policy.switched ^ {rule})
        yield Switch(rule, "off" if on else "on", question, switched)
    yield from _settings(side, other, cause)
    takes = place.parting.taken_by == side.run.key
    options = question.options
    if not suspected and cause not in ORDER:
        return
    behaviour = resolver_of(policy).behaviour
    if cause is Cause.INDEX_STRATEGY and behaviour.stops_at_first_index(options):
        yield _option(side, "index_strategy", "unsafe-best-match")
    if cause is Cause.PRERELEASE and (behaviour.knows_disallow or not takes):
        yield _option(side, "prerelease", "disallow" if takes else "allow")
    if takes and place.parting.version and _for_what_it_is(place):
        yield _without(side, cause, place)
    if cause is Cause.BUILD_FAILURE:
        yield from _unbuilt(side)
    if cause is Cause.INSTALLED:
        yield from _renewed(side, other)
    if cause is Cause.FOREIGN_METADATA:
        yield from _read_elsewhere(side, place.foreign)


def _unbuilt(side: Side) -> Iterator[Switch]:
    """The build that ended a run is not made: what the sdist says of itself is taken, or the version refused."""
    failed = failed_build(side.run)
    if failed is None:
        return
    options = msgspec.structs.replace(side.question.options, build_sdists=False)
    yield Switch("build_sdists", "off", msgspec.structs.replace(side.question, options=options), side.policy)
    line = f"{failed.name}!={failed.version}"
    yield Switch("exclude", line, constrained(side.question, [line]), side.policy)


def _renewed(side: Side, other: Side) -> Iterator[Switch]:
    """What the other replaces of what is installed counts no more; or only that is upgraded."""
    question, environment = side.question, side.question.environment
    if environment is None:
        return
    kept = {pin.name for pin in side.run.pins if pin.installed}
    replaced = {pin.name for pin in other.run.pins if not pin.installed}
    if kept & replaced:
        left = tuple(one for one in environment.distributions if one.name not in kept & replaced)
        there = msgspec.structs.replace(environment, distributions=left)
        yield Switch("installed", "off", msgspec.structs.replace(question, environment=there), side.policy)
    if question.renewal != Renewal() and not kept >= {pin.name for pin in other.run.pins if pin.installed}:
        renewal = Renewal(upgraded=frozenset(replaced))
        yield Switch("installed", "on", msgspec.structs.replace(question, renewal=renewal), side.policy)


def _read_elsewhere(side: Side, foreign: Sequence[Foreign]) -> Iterator[Switch]:
    """Files say what those say that the other read: one version at a time, then all."""
    for some in [[one] for one in foreign] + ([list(foreign)] if len(foreign) > 1 else []):
        instead = {file: said for one in some for file, said in one.instead[side.run.key].items()}
        world = partial(Lifted, asks=_nobody, instead=instead)
        versions = ", ".join(f"{one.project} {one.version}" for one in some)
        yield Switch("metadata", versions, side.question, side.policy, world)


def _nobody(*_: object) -> bool:
    return False


def _settings(side: Side, other: Side, cause: Cause) -> Iterator[Switch]:
    """Options that only one of the two heeds, or that were set for one alone."""
    mine, theirs = side.question.options, other.question.options
    own, there = resolver_of(side.policy).behaviour, resolver_of(other.policy).behaviour
    for name in mine.__struct_fields__:
        if _OPTIONS.get(name, Cause.SETTINGS) is not cause:
            continue
        value = there.unheeded.get(name, getattr(theirs, name))
        if name not in own.unheeded and value != getattr(mine, name):
            yield _option(side, name, value)
    if cause is Cause.SETTINGS:
        yield from _around(side, other)
    if cause is Cause.OVERRIDES and side.question.overrides and own.heeds_overrides and not there.heeds_overrides:
        yield Switch("overrides", "off", msgspec.structs.replace(side.question, overrides=()), side.policy)


def _around(side: Side, other: Side) -> Iterator[Switch]:
    """What is set for one tool alone: constraints, excludes, indexes; where several things are, all of them."""
    mine, theirs = side.question, other.question
    names = [
        name
        for name in ("constraints", "excludes", "indexes", "options")
        if getattr(mine, name) != getattr(theirs, name)
    ]
    for name in names:
        if name != "options":  # each of them is a switch of its own
            changed = msgspec.structs.replace(mine, **{name: getattr(theirs, name)})
            yield Switch(name, _LIKE_THE_OTHER, changed, side.policy)
    if len(names) > 1:
        changed = msgspec.structs.replace(mine, **{name: getattr(theirs, name) for name in names})
        yield Switch("configuration", _LIKE_THE_OTHER, changed, side.policy)


def _option(side: Side, name: str, value: object) -> Switch:
    options = msgspec.structs.replace(side.question.options, **{name: value})
    said = {"True": "on", "False": "off", "None": "default"}.get(str(value), str(value))
    return Switch(name, said, msgspec.structs.replace(side.question, options=options), side.policy)


def _for_what_it_is(place: Place) -> bool:
    """Whether the version was refused, or not seen, whatever else was decided."""
    return place.parting.because in ADMISSION or (place.parting.because is None and bool(place.parting.exclusions))


def _without(side: Side, cause: Cause, place: Place) -> Switch:
    """What the other refuses is refused here too: all versions of the subject that it refused for what they are."""
    refused = {
        event.version
        for event in place.refuser.run.trail
        if isinstance(event, Rejected)
        and event.package.name == place.parting.project
        and event.because in ADMISSION
        and event.version is not None
    }
    versions = sorted({*refused, place.parting.version}, key=Version)
    line = f"{place.parting.project}{','.join(f'!={one}' for one in versions)}"
    return Switch(cause.value, "off", constrained(side.question, [line]), side.policy)
