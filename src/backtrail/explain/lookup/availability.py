"""Whether a requirement is available, as which file, and if not by which rule: index pages only, no solve."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import NamedTuple

import msgspec
from packaging.version import InvalidVersion, Version

from backtrail.explain import catalogue
from backtrail.explain.evidence.wheel_misses import count_axes, fitting_pythons, nearest_miss, reason_shown
from backtrail.explain.lookup.close_names import close_names, in_standard_library
from backtrail.explain.lookup.module_names import imported_from
from backtrail.explain.lookup.other_places import offers
from backtrail.explain.lookup.selection import Choice, Considered, Look, choose, pinned, versions
from backtrail.explain.remedies.with_options import just_after, with_cut_off, with_option, with_prereleases
from backtrail.inputs.local_builds import known_index
from backtrail.model.files import File, FileKind, Listing, NotRecordedError, Unreadable
from backtrail.model.finding import (
    Detail,
    Finding,
    Hidden,
    LocalVariants,
    NotFound,
    NothingUsable,
    PythonGuard,
    ReasonCount,
    Remedy,
    RemedyKind,
    RemedyResult,
    SdistChosen,
    Severity,
    Treatment,
    Variant,
    YankedTaken,
)
from backtrail.model.project import Answer, Judged, ProjectView
from backtrail.model.question import ALL, Options, Setting
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement, parse_requirement
from backtrail.model.run import Asked
from backtrail.model.target import Target
from backtrail.model.verdict import Reason, Verdict
from backtrail.resolvers.registry import LOCALS_APART, resolver_of
from backtrail.standards.requires_python import within
from backtrail.standards.wheel_tags import CLOSENESS

_HIDING = {
    Reason.PRERELEASE: "prerelease",
    Reason.YANKED: "yanked",
    Reason.EXCLUDE_NEWER: "exclude-newer",
    Reason.NO_UPLOAD_TIME: "no-upload-time",
    Reason.ONLY_BINARY: "only-binary",
    Reason.NO_BINARY: "no-binary",
}
"""Rules that hide a file which could be used otherwise, by their name in a finding."""

_SETTINGS = {
    "prerelease": ("prerelease", "pre"),
    "exclude-newer": ("exclude-newer", "uploaded-prior-to"),
    "no-upload-time": ("exclude-newer", "uploaded-prior-to"),
    "only-binary": ("only-binary",),
    "no-binary": ("no-binary",),
    "first-index": ("index-strategy",),
}
"""The options that set each rule."""


class Availability(Record, frozen=True, kw_only=True):
    """What ``why`` knows without a solve; ``answers`` by run key, in the order of the looks."""

    project: ProjectView
    answers: dict[str, Answer]
    findings: tuple[Finding, ...]

    @property
    def unknown(self) -> bool:
        """Whether a page that could not be read, or was not recorded, leaves some answer open."""
        return any(answer.reason == "unknown" for answer in self.answers.values())


def availability(
    requirement: Requirement,
    looks: Sequence[Look],
    options: Options,
    *,
    settings: Sequence[Setting] = (),
    names: Iterable[str] = (),
    there: Callable[[str], bool] = lambda _: False,
) -> Availability:
    """Ask each look's resolver for one requirement of the user's.

    ``settings`` tell where a hiding rule was set, ``names`` are projects seen in the question, which the user may have
    meant; a name like it is given only where such a project is ``there``. Where a trimmed recording does not hold the
    files needed, the answer is unknown.
    """
    question = _Question(requirement, looks, options, settings, names, there)
    choices = {look.policy.key: _chosen(requirement, look, options) for look in looks}
    lookups = [_Lookup(question, look, choices[look.policy.key]) for look in looks]
    found: dict[bytes, tuple[list[str], _Explained]] = {}
    answers = {}
    for lookup in lookups:
        answers[lookup.key], findings = lookup.explain()
        for one in findings:
            found.setdefault(msgspec.json.encode(one), ([], one))[0].append(lookup.key)
    findings_made = [
        catalogue.finding(
            one.detail,
            runs=tuple(runs),
            subject=requirement.name,
            severity=one.severity,
            evidence=_evidence(requirement.name, one.detail),
            remedies=one.remedies,
        )
        for runs, one in found.values()
    ]
    order = list(Severity)
    findings_made.sort(key=lambda finding: (order.index(finding.severity), finding.code))
    return Availability(project=_view(question, choices), answers=answers, findings=tuple(findings_made))


class _Question:
    """What all resolvers are asked alike."""

    def __init__(
        self,
        requirement: Requirement,
        looks: Sequence[Look],
        options: Options,
        settings: Sequence[Setting],
        names: Iterable[str],
        there: Callable[[str], bool],
    ) -> None:
        self.requirement = requirement
        self.looks = looks
        self.options = options
        self._names = tuple(names)
        self._there = there
        self._settings = settings

    @cached_property
    def close(self) -> tuple[str, ...]:
        """Projects that the user may have meant."""
        return tuple(filter(self._there, close_names(self.requirement.name, self._names)))

    def setting(self, rule: str) -> Setting | None:
        """The setting behind a rule, None for the resolver's default."""
        own = {"exclude-newer": self.options.exclude_newer_package, "prerelease": self.options.prerelease_package}
        if any(name == self.requirement.name for name, _ in own.get(rule, ())):
            return next((one for one in self._settings if one.is_of(f"{rule}-package", self.requirement.name)), None)
        wanted = _SETTINGS.get(rule, ())
        return next((one for one in self._settings if one.name.lstrip("-") in wanted), None)

    def variants(self, version: Version, listings: Iterable[Listing]) -> tuple[Variant, ...]:
        """The local builds of a public version, the highest first; usable by any resolver that accepts them."""
        stock = versions(listings)
        found = []
        for local in sorted((one for one in stock if one.local is not None), reverse=True):
            if Version(local.public) == version:
                text = _with(self.requirement, f"=={local}")
                taken = [choose(text, look, self.options).verdict for look in self.looks]
                names = [file.filename for listing, place in stock[local] for file in listing.files(place)]
                found.append(
                    Variant(version=str(local), files=tuple(dict.fromkeys(names)), usable=any(map(bool, taken)))
                )
        return tuple(found)


class _Explained(NamedTuple):
    """What is worth saying; ``severity`` None: the usual one."""

    detail: Detail
    remedies: tuple[Remedy, ...] = ()
    severity: Severity | None = None


class _Lookup:
    """One resolver's answer, explained."""

    def __init__(self, question: _Question, look: Look, choice: Choice) -> None:
        self._question = question
        self._look = look
        self._choice = choice
        self._behaviour = resolver_of(look.policy).behaviour
        self.key = look.policy.key

    def explain(self) -> tuple[Answer, list[_Explained]]:
        """The answer, and what is worth saying about it; of what was not recorded, nothing but that."""
        taken = self._taken()
        try:
            return self._refused_or_absent() if taken is None else (taken[0], self._explained(taken[1]))
        except NotRecordedError as error:
            unknown = msgspec.structs.replace(_no("unknown"), failure=_not_recorded(error))
            return unknown if taken is None else taken[0], []

    def _taken(self) -> tuple[Answer, File] | None:
        choice = self._choice
        if choice.verdict is None:
            return None
        assert choice.version is not None
        file = choice.verdict.file
        answer = Answer(
            available=True,
            version=str(choice.version),
            file=file.filename,
            reason=None,
            index=file.index or None,
            failure=choice.unreadable,
            elsewhere=offers(
                self._question.requirement.name, choice.version, file.index, self._look, self._question.options
            ),
        )
        return answer, file

    def _explained(self, taken: File) -> list[_Explained]:
        return [*self._local_variants(taken=True), *self._surprises(taken)]

    def _refused_or_absent(self) -> tuple[Answer, list[_Explained]]:
        choice = self._choice
        if choice.unreadable is not None:
            return msgspec.structs.replace(_no("unknown"), failure=choice.unreadable), []
        if choice.stop is not None:
            return msgspec.structs.replace(_no(choice.stop.failure.value), failure=choice.stop), []
        known = any(isinstance(page, Listing) for page in self._look.pages)
        if not known and not any(links.versions for links in self._look.links):
            return _no("not-found"), [_Explained(self._not_found(project=False))]
        if choice.considered:
            return self._refused()
        variants = self._local_variants(taken=False)
        if variants:
            return _no("no-version"), variants
        later = self._on_a_later_index()
        if later is not None:
            return _no("first-index"), [later]
        return _no("no-version"), [_Explained(self._not_found(project=True))]

    # Nothing there

    def _not_found(self, *, project: bool) -> NotFound:
        requirement = self._question.requirement
        exist = self._existing() if project else []
        finals = [one for one in exist if not one.is_prerelease] or exist
        below = [one for one in finals if _too_low(requirement, one)]
        above = [one for one in finals if requirement.specifier and not _too_low(requirement, one)]
        indexes = [page.index for page in self._look.pages]
        asked = tuple(dict.fromkeys((*indexes, *(links.index for links in self._look.links))))
        return NotFound(
            requirement=requirement.text,
            project=project,
            standard_library=not project and in_standard_library(requirement.name),
            close=() if project else self._question.close,
            imported_from=() if project else imported_from(requirement.name),
            newest=str(finals[-1]) if finals else None,
            below=str(below[-1]) if below else None,
            above=str(above[0]) if above else None,
            indexes=asked,
            local_builds=known_index(requirement, asked) if project else None,
        )

    def _existing(self) -> list[Version]:
        """The releases before the cut-off, the oldest first; where there is none, those beyond it."""
        listed = versions((*self._choice.seen, *self._choice.behind))
        cut_off = resolver_of(self._look.policy).behaviour.cut_off
        exists = partial(cut_off.exists, options=self._question.options)
        with suppress(NotRecordedError):
            links = {links.index for links in self._look.links}
            before = [
                version
                for version, places in listed.items()
                if any(exists(listing, place, flat=listing.index in links) for listing, place in places)
            ]
            return sorted(before or listed)
        return sorted(listed)

    def _on_a_later_index(self) -> _Explained | None:
        """What the first index with the project hides, if the later ones have it."""
        asked = self._question
        if not self._choice.behind:
            return None
        strategy = "unsafe-best-match"
        choice = choose(asked.requirement, self._look, msgspec.structs.replace(asked.options, index_strategy=strategy))
        if choice.verdict is None:
            return None
        file = choice.verdict.file
        return self._hidden("first-index", file, file.index, f"--index-strategy {strategy}")

    # There, and refused

    def _refused(self) -> tuple[Answer, list[_Explained]]:
        variants = self._local_variants(taken=False)
        seen = self._seen()
        hidden = next(
            (
                (place, rule, verdict)
                for place, considered in enumerate(seen)
                for verdict in considered.verdicts
                if (rule := _hiding(verdict, considered)) is not None
            ),
            None,
        )
        newer = seen if hidden is None else [one for one in seen[: hidden[0]] if _is_of_another_python(one)]
        found: list[_Explained] = []
        reasons: list[str] = []
        if hidden is None and (later := self._on_a_later_index()) is not None:
            return _no("first-index"), [*variants, later]
        if newer or hidden is None:
            verdicts = [verdict for one in newer for verdict in one.verdicts if not _too_new(verdict)]
            counts = _counted(verdicts, self._look.target)
            reasons += [counts[0].reason if counts else "no-version"]
            found += [_Explained(self._nothing_usable(verdicts, {one.version for one in newer}, counts))]
        if hidden is not None:
            _, rule, verdict = hidden
            reasons += [rule]
            found += [self._by_rule(rule, verdict)]
        return _no(reasons[0]), [*variants, *found]

    def _seen(self) -> list[Considered]:
        """The versions before the cut-off, the newest first; where there is none, those beyond it, the oldest first."""
        found = sorted(self._choice.considered, key=lambda one: one.version, reverse=True)
        before = [one for one in found if not all(map(_too_new, one.verdicts))]
        return before or found[::-1]

    def _nothing_usable(
        self, verdicts: Sequence[Verdict], versions: set[Version], counts: tuple[ReasonCount, ...]
    ) -> NothingUsable:
        files = [verdict.file for verdict in verdicts]
        guarded = {
            exclusion.value
            for verdict in verdicts
            for exclusion in verdict.exclusions
            if exclusion.reason is Reason.REQUIRES_PYTHON
        }
        return NothingUsable(
            requirement=self._question.requirement.text,
            version=str(*versions) if len(versions) == 1 else None,
            reasons=counts,
            nearest=nearest_miss(files, self._look.target),
            requires_python=tuple(sorted(guarded)),
            pythons=fitting_pythons(_of_another_python(verdicts), self._look.target),
        )

    def _by_rule(self, rule: str, verdict: Verdict) -> _Explained:
        asked = self._question
        setting = asked.setting(rule)
        value = "" if setting is None else setting.value
        if rule == "yanked":
            value = verdict.exclusions[0].value
        elif setting is None and rule in {"exclude-newer", "no-upload-time"}:
            value = asked.options.exclude_newer or ""
        allow = None
        if rule == "prerelease":
            allow = with_prereleases(asked.options, asked.requirement.name, self._behaviour.allows_prereleases)
        elif rule == "yanked":
            allow = f"{asked.requirement.name}=={verdict.file.version}"
        elif rule == "only-binary" and ALL in asked.options.formats.only_binary:
            allow = f"--no-binary {asked.requirement.name}"
        elif rule == "exclude-newer" and verdict.file.uploaded is not None:
            moment = just_after(verdict.file.uploaded)
            if moment is not None and setting is not None and setting.name == "uploaded-prior-to":
                allow = f"--uploaded-prior-to {moment}"
            elif moment is not None:
                allow = with_cut_off(asked.options, asked.requirement.name, moment)
        return self._hidden(rule, verdict.file, value, allow)

    def _hidden(self, rule: str, file: File, value: str, allow: str | None) -> _Explained:
        asked = self._question
        setting = asked.setting(rule)
        detail = Hidden(
            requirement=asked.requirement.text,
            version=file.version,
            rule=rule,
            value=value,
            origin=None if setting is None else setting.origin,
            uploaded=file.uploaded,
            allow=allow,
        )
        return _Explained(detail, () if allow is None else self._tested(rule, file, allow))

    def _tested(self, rule: str, file: File, allow: str) -> tuple[Remedy, ...]:
        """The change that lets it in, if looking again shows that it does."""
        asked = self._question
        if rule == "yanked":
            return self._replaced(f"=={file.version}")
        options = with_option(asked.options, allow)
        if options is None or choose(asked.requirement, self._look, options).verdict is None:
            return ()
        return (Remedy(kind=RemedyKind.POLICY, change=allow, result=RemedyResult.VERIFIED),)

    def _replaced(self, specifier: str) -> tuple[Remedy, ...]:
        asked = self._question
        requirement = _with(asked.requirement, specifier)
        if choose(requirement, self._look, asked.options).verdict is None:
            return ()
        remedy = Remedy(
            kind=RemedyKind.REPLACE, change=requirement.text, of=asked.requirement.text, result=RemedyResult.VERIFIED
        )
        return (remedy,)

    # There, with something to say

    def _local_variants(self, *, taken: bool) -> list[_Explained]:
        """The public version pinned has no file here, local builds of it do."""
        asked = self._question
        version = pinned(asked.requirement)
        if version is None or version.local is not None or version in versions(self._choice.seen):
            return []
        variants = asked.variants(version, self._choice.seen)
        if not variants:
            return []
        usable = [variant.version for variant in variants if variant.usable]
        # A CPU build runs everywhere; which accelerator there is, no page tells.
        pick = next((one for one in usable if Version(one).local == "cpu"), usable[0] if usable else None)
        policies = [look.policy for look in asked.looks]
        policies += [] if LOCALS_APART in policies else [LOCALS_APART]
        detail = LocalVariants(
            version=str(version),
            variants=variants,
            pick=pick,
            accepts={
                policy.key: any(resolver_of(policy).admits(asked.requirement, Version(one.version)) for one in variants)
                for policy in policies
            },
        )
        remedies = () if pick is None else self._replaced(f"=={pick}")
        return [_Explained(detail, remedies, Severity.INFO if taken else None)]

    def _surprises(self, file: File) -> list[_Explained]:
        found: list[_Explained] = []
        if file.kind is FileKind.SDIST:
            found += self._sdist_chosen(file)
        spec = file.requires_python
        whole = self._behaviour.reads_whole_requires_python
        if spec is not None and not whole and not within(spec, self._look.target.python_version):
            readers = [one.policy for one in self._question.looks]
            wary = [one.key for one in readers if resolver_of(one).behaviour.reads_whole_requires_python]
            others = {} if self._question.options.ignore_requires_python else dict.fromkeys(wary, Treatment.REFUSED)
            guard = PythonGuard(
                version=file.version,
                file=file.filename,
                requires_python=spec,
                treatment=Treatment.UPPER_BOUND_IGNORED,
                others=others,
            )
            found.append(_Explained(guard, severity=Severity.INFO))
        if file.yanked is not None:
            found.append(self._yanked(file))
        return found

    def _yanked(self, file: File) -> _Explained:
        asked = self._question
        other = choose(_with(asked.requirement, ""), self._look, asked.options).version
        detail = YankedTaken(
            version=file.version,
            file=file.filename,
            reason=file.yanked or "",
            asked=Asked(requirement=asked.requirement),
            newest=None if other is None else str(other),
        )
        return _Explained(detail)

    def _sdist_chosen(self, file: File) -> list[_Explained]:
        wheels = [one for one in _at(self._choice, file).verdicts if one.file.kind is FileKind.WHEEL]
        if any(one.rank is not None for one in wheels):
            return []
        target = self._look.target
        files = [one.file for one in wheels]
        detail = SdistChosen(
            version=file.version,
            file=file.filename,
            uploaded=file.uploaded,
            wheels=len(wheels),
            axes=count_axes(files, target),
            nearest=nearest_miss(files, target),
            pythons=fitting_pythons(files, target),
        )
        return [_Explained(detail, severity=Severity.INFO)]


def _chosen(requirement: Requirement, look: Look, options: Options) -> Choice:
    """What a resolver takes, as far as it was recorded."""
    try:
        return choose(requirement, look, options)
    except NotRecordedError as error:
        return Choice(unreadable=_not_recorded(error))


def _not_recorded(error: NotRecordedError) -> Unreadable:
    return Unreadable(index="", reason="not-recorded", detail=error.what)


def _no(reason: str) -> Answer:
    return Answer(available=False, version=None, file=None, reason=reason)


def _counted(verdicts: Iterable[Verdict], target: Target) -> tuple[ReasonCount, ...]:
    """How many files each rule refuses, the busiest rule first; a file that two rules refuse counts for both."""
    counts = Counter(
        reason
        for verdict in verdicts
        for reason in {reason_shown(one.reason, verdict.file, target).value for one in verdict.exclusions}
    )
    return tuple(
        ReasonCount(reason=reason, files=files)
        for reason, files in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _hiding(verdict: Verdict, considered: Considered) -> str | None:
    """The one rule that hides a file which could be used without it, None where more than policy speaks against it."""
    reasons = {exclusion.reason for exclusion in verdict.exclusions}
    rule = _HIDING.get(next(iter(reasons))) if len(reasons) == 1 else None
    if rule in {"only-binary", "no-binary"}:
        # Where the other kind is there and does not fit, that is the story.
        return rule if all(one.file.kind is verdict.file.kind for one in considered.verdicts) else None
    return rule


_OF_PYTHONS = frozenset({Reason.REQUIRES_PYTHON, *CLOSENESS})
"""What another Python can change about a file."""


def _is_of_another_python(considered: Considered) -> bool:
    """Whether a version could be used with another Python, whatever else is hidden."""
    return bool(_of_another_python(considered.verdicts))


def _of_another_python(verdicts: Iterable[Verdict]) -> list[File]:
    """The files against which nothing speaks but that they are for another Python or platform."""
    return [one.file for one in verdicts if all(exclusion.reason in _OF_PYTHONS for exclusion in one.exclusions)]


def _at(choice: Choice, file: File) -> Considered:
    return next(one for one in choice.considered if any(verdict.file == file for verdict in one.verdicts))


def _too_low(requirement: Requirement, version: Version) -> bool:
    """Whether a version lies below what a requirement wants: below a lower bound, or below what it pins."""
    for specifier in requirement.specifiers:
        if specifier.operator in {">", ">="} and not specifier.contains(version, prereleases=True):
            return True
        if specifier.operator in {"==", "===", "~="}:
            try:
                if version < Version(specifier.version.removesuffix(".*")):
                    return True
            except InvalidVersion:
                continue
    return False


def _with(requirement: Requirement, specifier: str) -> Requirement:
    """The same requirement for other versions, its text made anew."""
    made = parse_requirement(requirement.rewritten(specifier))
    return msgspec.structs.replace(
        made, extras=requirement.extras, hashes=requirement.hashes, origin=requirement.origin
    )


def _view(question: _Question, choices: Mapping[str, Choice]) -> ProjectView:
    """The files that were looked at, the newest version first, and the local builds of the version asked for."""
    judged: dict[tuple[str, str], tuple[Version, File, dict[str, Verdict]]] = {}
    for key, choice in choices.items():
        for considered in choice.considered:
            if choice.verdict is not None and all(map(_too_new, considered.verdicts)):
                continue  # does not exist, and something else is taken
            for verdict in considered.verdicts:
                place = (verdict.file.index, verdict.file.filename)
                judged.setdefault(place, (considered.version, verdict.file, {}))[2][key] = verdict
    ordered = sorted(judged.values(), key=lambda one: one[0], reverse=True)
    version = pinned(question.requirement)
    if version is None:
        version = next((choice.version for choice in choices.values() if choice.version is not None), None)
    listings = {id(listing): listing for choice in choices.values() for listing in choice.seen}
    variants: tuple[Variant, ...] = ()
    with suppress(NotRecordedError):
        variants = () if version is None else question.variants(Version(version.public), listings.values())
    return ProjectView(
        name=question.requirement.name,
        requirement=question.requirement,
        variants=variants,
        files=tuple(Judged(file=file, verdicts=verdicts) for _, file, verdicts in ordered),
    )


def _too_new(verdict: Verdict) -> bool:
    return any(exclusion.reason is Reason.EXCLUDE_NEWER for exclusion in verdict.exclusions)


def _evidence(name: str, detail: Detail) -> tuple[str, ...]:
    match detail:
        case SdistChosen(file=file) | PythonGuard(file=file):
            return (f"page:{name}", f"file:{file}")
        case NothingUsable(nearest=nearest) if nearest is not None:
            return (f"page:{name}", f"file:{nearest.file}")
        case _:
            return (f"page:{name}",)
