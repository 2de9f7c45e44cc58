"""BT113, BT114: pins of a kind that resolvers do not take unless some rule allows them, and which rule did."""

from collections.abc import Iterator
from itertools import chain

from packaging.specifiers import InvalidSpecifier
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.evidence.releases import Releases
from backtrail.model.files import File, Listing, NotRecordedError
from backtrail.model.finding import Detail, Finding, PrereleaseRule, PrereleaseTaken, Severity, YankedTaken
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Pin, Run
from backtrail.resolvers.registry import resolver_of

_EXACT = frozenset({"==", "==="})


def taken(run: Run, question: Question, policy: Policy, releases: Releases) -> Iterator[Finding]:
    """Look at every pin from an index for a pre-release (PEP 440) and for a yanked file (PEP 592)."""
    for pin in run.pins:
        if pin.file is None:
            continue
        if Version(pin.version).is_prerelease:
            detail = _prerelease(pin, pin.file, question, policy, releases)
            asked_for = (
                detail.rule is PrereleaseRule.SETTING
                or detail.stable is None
                or (detail.asked is not None and _own(detail.asked))
            )
            yield _finding(run, pin, pin.file, Severity.INFO if asked_for else Severity.WARNING, detail)
        if pin.file.yanked is not None:
            yield _finding(run, pin, pin.file, Severity.WARNING, _yanked(pin, pin.file, question, releases))


def _finding(run: Run, pin: Pin, file: File, severity: Severity, detail: Detail) -> Finding:
    evidence = (f"page:{pin.name}", f"file:{file.filename}")
    return catalogue.finding(detail, runs=(run.key,), subject=pin.name, severity=severity, evidence=evidence)


def _asking(pin: Pin, question: Question) -> tuple[Asked, ...]:
    """Everything that speaks of a project's version, the user's own words first; constraints and overrides are such."""
    lines = (*question.constraints, *question.overrides)
    own = [Asked(requirement=line) for line in lines if line.name == pin.name]
    found = sorted((*pin.requested_by, *own), key=lambda one: one.by is not None)
    return tuple(dict.fromkeys(found))


def _own(asked: Asked) -> bool:
    return asked.by is None


# Pre-releases


def _prerelease(pin: Pin, file: File, question: Question, policy: Policy, releases: Releases) -> PrereleaseTaken:
    asking = _asking(pin, question)
    listing = releases.listing(pin)
    stable = _newest_stable(listing, pin, releases)
    own = [one for one in question.settings if one.is_of("prerelease-package", pin.name)]
    usual = (one for one in question.settings if one.name.lstrip("-") in {"prerelease", "pre"})
    setting = next(chain(own, usual), None)
    naming = next((one for one in asking if _names_prerelease(one.requirement) and _honoured(one, policy)), None)
    excluding = next((one for one in asking if stable is not None and not meets(one.requirement, stable)), None)
    rule, asked, value, origin = PrereleaseRule.NO_STABLE, excluding, "", None
    if question.options.prereleases(pin.name) == "allow":
        rule, asked = PrereleaseRule.SETTING, None
        value, origin = ("allow", None) if setting is None else (setting.value or setting.name, setting.origin)
    elif naming is not None:
        rule, asked = PrereleaseRule.REQUIREMENT, naming
    elif stable is None:
        rule, asked = PrereleaseRule.ONLY_PRERELEASES, None
    refused = (
        ()
        if listing is None or stable is None or rule is not PrereleaseRule.NO_STABLE
        else releases.exclusions(listing, stable)
    )
    return PrereleaseTaken(
        version=pin.version,
        file=file.filename,
        rule=rule,
        value=value,
        origin=origin,
        asked=asked,
        stable=stable,
        exclusions=refused if asked is None else (),
    )


def _newest_stable(listing: Listing | None, pin: Pin, releases: Releases) -> str | None:
    """The newest stable release, of those that requirements allow, if there is one; else of all."""
    if listing is None:
        return None
    places = [place for place in range(len(listing.versions)) if not listing.version(place).is_prerelease]
    places = [place for place in places if not releases.hiding(listing, place)]
    wanted = [place for place in places if all(meets(one.requirement, listing.versions[place])
                                               for one in pin.requested_by)]  # fmt: skip
    chosen = wanted or places
    return listing.versions[chosen[-1]] if chosen else None


def _names_prerelease(requirement: Requirement) -> bool:
    try:
        return bool(requirement.specifiers.prereleases)
    except InvalidSpecifier:
        return False


def _honoured(asked: Asked, policy: Policy) -> bool:
    """Whether naming a pre-release opts in: whoever does so, or only the user."""
    return asked.by is None or resolver_of(policy).behaviour.heeds_prereleases_of_packages


# Yanked files


def _yanked(pin: Pin, file: File, question: Question, releases: Releases) -> YankedTaken:
    pinning = (one for one in _asking(pin, question) if _pins(one.requirement, pin.version))
    listing = releases.listing(pin)
    return YankedTaken(
        version=pin.version,
        file=file.filename,
        reason=file.yanked or "",
        asked=next(pinning, None),
        newest=None if listing is None else _newest_unyanked(listing, pin, releases),
    )


def _pins(requirement: Requirement, version: str) -> bool:
    try:
        specifiers = requirement.specifiers
    except InvalidSpecifier:
        return False
    exact = any(one.operator in _EXACT and not one.version.endswith(".*") for one in specifiers)
    return exact and meets(requirement, version)


def _newest_unyanked(listing: Listing, pin: Pin, releases: Releases) -> str | None:
    """The newest release with a file that can be used, the yanked ones being none; any stable one, whoever asks."""
    try:
        return next((str(one.version) for one in releases.usable(listing, pin) if one.file.yanked is None), None)
    except NotRecordedError:
        return None
