"""How what is installed takes part in a resolution of uv: which of it is selected, and what is installed anew.

A project that is installed once, in range, comes before all of its versions on indexes; with ``--upgrade`` only where
none of these is newer. Nothing on its page speaks against it (docs/uv.md 4.3).
"""

from functools import cached_property
from urllib.parse import urlsplit, urlunsplit

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.installed import Installed
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, is_too_deep
from backtrail.model.run import Pin, Planned
from backtrail.resolvers.install_plan import planned
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.direct import same_resource
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.versions import Key, key
from backtrail.standards.lenient import lenient_requirement


class Present:
    """What uv sees of the environment of a question: its own folders alone; without one, nothing."""

    def __init__(self, question: Question, profile: Profile) -> None:
        """Nothing is looked at yet."""
        self._question = question
        self._profile = profile
        self._renewal = question.renewal
        self._tags = question.target.tag_rank
        self._there: dict[NormalizedName, list[Installed]] = {}
        for one in question.environment.distributions if question.environment is not None else ():
            if not one.inherited:
                self._there.setdefault(one.name, []).append(one)

    @property
    def unreadable(self) -> Unavailable | None:
        """A folder with whose name uv cannot do anything, and ends, unless it looks at what it installs alone."""
        environment = self._question.environment
        unread = () if environment is None or self._renewal.reinstall else environment.unread
        return next((one for one in unread if "-" in one.file and one.file.endswith(".dist-info")), None)

    @cached_property
    def _candidates(self) -> dict[NormalizedName, list[Installed]]:
        """What may be selected: where everything is installed anew, nothing."""
        return {} if self._renewal.reinstall else self._there

    def versions(self, name: NormalizedName) -> list[Key]:
        """The versions that are installed of a project, whether they may be selected or not."""
        return [key(one.parsed) for one in self._candidates.get(name, ())]

    def within(self, name: NormalizedName, wanted: Range) -> Installed | None:
        """What is installed of a project once and in range, for this Python and platform; None: nothing."""
        there = self._candidates.get(name, [])
        if len(there) != 1 or name in self._renewal.reinstalled:
            return None
        (installed,) = there
        return installed if ranges.contains(wanted, key(installed.parsed)) and self._fits(installed) else None

    def is_upgraded(self, name: NormalizedName) -> bool:
        """Whether a newer version is preferred to the installed one."""
        return self._renewal.upgrade or name in self._renewal.upgraded

    def _fits(self, installed: Installed) -> bool:
        """Whether the tags of the wheel that was installed are this Python's; early releases did not look."""
        if not (self._profile.checks_installed_tags and installed.tags):
            return True
        return any(tag in self._tags for tag in installed.tags)

    # all at once

    @cached_property
    def satisfies(self) -> bool:
        """Whether all that is asked for is there, and all that that requires: uv then looks at no index at all."""
        renewal = self._renewal
        if renewal.upgrade or renewal.upgraded or renewal.reinstall or renewal.reinstalled or not self._there:
            return False
        waiting = list(self._question.requirements)
        if any(one.is_editable for one in waiting) or self._question.overrides:
            return False
        seen = set(waiting)
        while waiting:
            requirement = waiting.pop()
            if requirement.name in self._question.excludes or not requirement.applies(self._question.target.markers):
                continue
            inner = self._satisfied(requirement)
            if inner is None:
                return False
            for one in inner:
                if one not in seen and one.applies(self._question.target.markers, requirement.extras):
                    seen.add(one)
                    waiting.append(msgspec.structs.replace(one, marker=None))
        return True

    def _satisfied(self, requirement: Requirement) -> list[Requirement] | None:
        """What the installed project requires that meets a requirement; None where none does."""
        there = self._there.get(requirement.name, [])
        if len(there) != 1:
            return None
        (installed,) = there
        bounds = [requirement, *(one for one in self._question.constraints if one.name == requirement.name)]
        if not (all(self._is_met(one, installed) for one in bounds) and self._fits(installed)):
            return None
        metadata = seen_by_uv(installed)
        if isinstance(metadata, Unavailable) or any(map(is_too_deep, metadata.requires_dist)):
            return None
        read = [lenient_requirement(text) for text in metadata.requires_dist]
        return None if None in read else [one for one in read if one is not None]

    def _is_met(self, requirement: Requirement, installed: Installed) -> bool:
        if requirement.url is not None:
            return self._is_resource(requirement.url, installed)
        return self._meets(requirement, installed.parsed)

    # the plan

    def plan(self, pins: tuple[Pin, ...]) -> tuple[Planned, ...]:
        """What an install of these pins does; a project that is there twice is installed anew."""
        return planned(pins, self._before, keeps=self._keeps, meets=self._meets)

    def _before(self, pin: Pin) -> Installed | None:
        there = self._there.get(pin.name, [])
        same = (one for one in there if one.parsed == Version(pin.version))
        return next(same, there[0] if there else None)

    def _keeps(self, pin: Pin, installed: Installed) -> bool:
        if self._renewal.reinstall or pin.name in self._renewal.reinstalled or len(self._there[pin.name]) > 1:
            return False
        if not self._fits(installed):
            return False
        return pin.url is None or self._is_resource(pin.url, installed, pin.commit)

    @staticmethod
    def _is_resource(url: str, installed: Installed, commit: str | None = None) -> bool:
        """Whether something came from a direct reference, and what is on this disk has not changed since."""
        parts = urlsplit(url)
        if installed.url is None or installed.editable or (parts.scheme == "file" and not installed.unchanged):
            return False
        if not parts.scheme.startswith("git+"):
            return same_resource(url, installed.url)
        path, _, revision = parts.path.partition("@")
        repository = urlunsplit(parts._replace(scheme=parts.scheme.removeprefix("git+"), path=path))
        return same_resource(repository, installed.url) and installed.commit == (commit or revision)

    def _meets(self, requirement: Requirement, version: Version) -> bool:
        return ranges.contains(ranges.known_range(requirement.specifiers, self._profile.reading), key(version))


def seen_by_uv(installed: Installed) -> Metadata | Unavailable:
    """What uv reads of an installed project: of an egg its PKG-INFO alone."""
    if installed.pkg_info is None or isinstance(installed.metadata, Unavailable):
        return installed.metadata
    return msgspec.structs.replace(installed.metadata, requires_dist=installed.pkg_info)
