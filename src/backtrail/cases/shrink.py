"""The smallest question that still shows something: delta debugging over what the user wrote."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from packaging.utils import canonicalize_name

from backtrail.cases.ddmin import ddmin
from backtrail.cases.shrink_environments import Shows, fewer_of_universal
from backtrail.model.installed import Installed
from backtrail.model.question import Options, Question

_NAMES = {
    "prerelease": ("pre", "prerelease"),
    "resolution": ("resolution",),
    "index_strategy": ("index-strategy",),
    "prefer_binary": ("prefer-binary",),
    "ignore_requires_python": ("ignore-requires-python",),
    "no_deps": ("no-deps",),
    "require_hashes": ("require-hashes",),
    "fork_strategy": ("fork-strategy",),
    "prerelease_package": ("prerelease-package",),
    "no_sources": ("no-sources", "no-sources-package"),
    "max_rounds": ("max-rounds",),
    "time_limit": ("time-limit",),
}
"""The options that can be left out, with the names of their settings.

The cut-off is none of them: without it the same question has another answer tomorrow. Nor is --build-sdists, which
decides what can be known at all.
"""


class Smaller(NamedTuple):
    """A question that still shows it; ``minimal``: without each single part of it, it no longer does."""

    question: Question
    minimal: bool


class Trying:
    """Asks whether questions show it, each once, at most ``budget`` times."""

    def __init__(
        self,
        shows: Shows,
        budget: int,
        progress: Callable[[int, int], None] | None = None,
        spent: Callable[[], bool] = lambda: False,
    ) -> None:
        """``progress`` gets the tries so far, and how many there may be. None is made where all is ``spent``."""
        self._shows = shows
        self._budget = budget
        self._progress = progress
        self._spent = spent
        self._known: dict[bytes, bool] = {}
        self.tries = 0
        self.exhausted = False

    def __call__(self, question: Question) -> bool:
        """Whether it shows it; False when the budget is out."""
        key = msgspec.json.encode(question, order="deterministic")
        if key not in self._known:
            if self.tries >= self._budget or self._spent():
                self.exhausted = True
                return False
            self.tries += 1
            if self._progress is not None:
                self._progress(self.tries, self._budget)
            self._known[key] = self._shows(question)
        return self._known[key]


def smaller_question(question: Question, trying: Trying) -> Smaller:
    """Leave out requirements, constraints, overrides, excludes, indexes, options and what is installed; then once more.

    ``question`` shows it already. At least one requirement stays; of what is locked, the project itself does.
    """
    fields = ["constraints", "overrides", "excludes"]
    if question.universal.workspace is None:
        fields.insert(0, "requirements")
    while True:
        before = question
        question = fewer_of_universal(question, trying)
        for field in fields:
            question = _fewer_lines(question, field, trying)
        for smaller in (_fewer_stand_ins, _fewer_places, _fewer_formats, _fewer_options, _fewer_installed):
            question = smaller(question, trying)
        if question == before:
            return Smaller(question, minimal=not trying.exhausted)


def _fewer_lines(question: Question, field: str, trying: Trying) -> Question:
    lines = getattr(question, field)

    def changed(places: tuple[int, ...]) -> Question:
        return msgspec.structs.replace(question, **{field: tuple(lines[place] for place in places)})

    return changed(ddmin(range(len(lines)), lambda places: trying(changed(places)), some=field == "requirements"))


def _fewer_stand_ins(question: Question, trying: Trying) -> Question:
    """Without those that no direct reference is left for."""
    direct = {line.name for line in (*question.requirements, *question.constraints, *question.overrides) if line.url}
    spoken = tuple(one for one in question.stand_ins if canonicalize_name(one.name) in direct)
    without = msgspec.structs.replace(question, stand_ins=spoken)
    return without if without != question and trying(without) else question


def _fewer_places(question: Question, trying: Trying) -> Question:
    """Without further indexes and find-links locations; the default index stays."""
    indexes = question.indexes
    places = [("extra-index-url", url) for url in indexes.extra] + [("find-links", url) for url in indexes.find_links]

    def changed(kept: tuple[tuple[str, str], ...]) -> Question:
        dropped = {"extra-index-url", "index", "find-links"} if not kept else set()
        return msgspec.structs.replace(
            question,
            indexes=msgspec.structs.replace(
                indexes,
                extra=tuple(url for kind, url in kept if kind == "extra-index-url"),
                find_links=tuple(url for kind, url in kept if kind == "find-links"),
            ),
            settings=tuple(one for one in question.settings if one.name not in dropped),
        )

    kept = ddmin(places, lambda kept: trying(changed(kept)))
    return changed(kept) if len(kept) < len(places) else question


def _fewer_formats(question: Question, trying: Trying) -> Question:
    """Without --only-binary and --no-binary, one by one."""
    for field in ("only_binary", "no_binary"):
        names = sorted(getattr(question.options.formats, field))
        options = question.options

        def changed(
            kept: tuple[str, ...], question: Question = question, options: Options = options, field: str = field
        ) -> Question:
            formats = msgspec.structs.replace(options.formats, **{field: frozenset(kept)})
            name = field.replace("_", "-")
            return msgspec.structs.replace(
                question,
                options=msgspec.structs.replace(options, formats=formats),
                settings=question.settings if kept else tuple(one for one in question.settings if one.name != name),
            )

        if names:
            question = changed(ddmin(names, lambda kept, changed=changed: trying(changed(kept))))  # type: ignore[misc]
    return question


def _fewer_options(question: Question, trying: Trying) -> Question:
    defaults = Options()
    for field, names in _NAMES.items():
        if getattr(question.options, field) == getattr(defaults, field):
            continue
        without = msgspec.structs.replace(
            question,
            options=msgspec.structs.replace(question.options, **{field: getattr(defaults, field)}),
            settings=tuple(one for one in question.settings if one.name not in names),
        )
        if trying(without):
            question = without
    return question


def _fewer_installed(question: Question, trying: Trying) -> Question:
    """Without what is installed and does not matter."""
    environment = question.environment
    if environment is None:
        return question
    there = environment

    def changed(kept: tuple[Installed, ...]) -> Question:
        return msgspec.structs.replace(question, environment=msgspec.structs.replace(there, distributions=kept))

    return changed(ddmin(there.distributions, lambda kept: trying(changed(kept))))


__all__ = ["Shows", "Smaller", "Trying", "smaller_question"]
