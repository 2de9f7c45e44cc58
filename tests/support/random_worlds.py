"""Random small worlds that exercise what resolvers decide differently; the same seed gives the same world."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from packaging.version import Version

from support.worlds import File, Project, Question, Release, World, release

T = TypeVar("T")

PYTHON = "3.11"
PLATFORM = "x86_64-unknown-linux-gnu"
NAMES = "abcdefghijk"
EXTRAS = ("x", "y")
MISSING = "missing"  # the project that no index has

TRUE_MARKERS = (
    "sys_platform == 'linux'",
    "python_version >= '3.8'",
    "python_full_version < '3.13'",
    "platform_system == 'Linux'",
    "implementation_name == 'cpython'",
    "os_name == 'posix' and python_version >= '3.7'",
    "sys_platform != 'win32'",
    "python_version < '3.9' or platform_machine == 'x86_64'",
)
FALSE_MARKERS = (
    "sys_platform == 'win32'",
    "python_version < '3.8'",
    "python_version >= '3.12'",
    "os_name == 'nt' and python_version >= '3.8'",
)
# Requires-Python by what it excludes: the second tuple fits Python 3.11 only where upper bounds and holes are ignored.
FITTING_PYTHONS = (">=3.8", ">=3.7,!=3.9.*", ">=3.6,<4")
LOOSELY_FITTING_PYTHONS = (">=3.6,<3.10", "<3.8", "!=3.11.*,>=3.8", "==3.9.*")
MISSED_PYTHONS = (">=3.12", ">=3.13", ">3.11", ">=3.12,<4", "==3.12.*", "~=3.12")

FOREIGN_TAGS = (
    "cp311-cp311-win_amd64",
    "cp27-cp27m-win_amd64",
    "cp27-cp27mu-manylinux1_x86_64",
    "cp312-cp312-manylinux_2_17_x86_64",
    "cp311-cp311-macosx_11_0_arm64",
    "py2-none-any",
    "pp39-pypy39_pp73-manylinux_2_17_x86_64",
)
CUT_OFFS = ("2024-06-01T00:00:00Z", "2024-06-01T00:00:00.000500Z")
UPLOADS_IN_TIME = ("2023-01-01T00:00:00Z", "2024-05-31T23:59:59.999900Z")
# The second is late for both tools or for uv alone, which does not look further than milliseconds.
UPLOADS_TOO_LATE = ("2025-01-01T00:00:00Z", "2024-06-01T00:00:00.000300Z")
FITTING_TAGS = ("py3-none-any", "py2.py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "cp38-abi3-manylinux1_x86_64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What may occur in a random world."""

    extras: bool = True
    markers: bool = True
    constraints: bool = True
    yanked: bool = True
    prereleases: bool = True
    locals: bool = True
    requires_python: bool = True
    sdists: bool = True
    foreign_wheels: bool = True
    missing_projects: bool = True
    chains: bool = True
    """Projects with many releases that each pin an older release of a project decided before."""
    corners: bool = False
    """What metadata may hold but hardly does: requirements on oneself, `extra != 'x'`, empty ranges, `===`,
    Requires-Python that the page leaves out, metadata that does not parse, wheels that disagree."""
    dates: bool = False
    """A cut-off amid the uploads; the files of one release come at different times, and of some nobody says when."""


EVERYDAY = Features()
CORNERS = Features(corners=True)
DATED = Features(dates=True)
PLAIN = Features(
    extras=False, markers=False, constraints=False, yanked=False, prereleases=False, locals=False,
    requires_python=False, sdists=False, foreign_wheels=False, missing_projects=False, chains=False,
)  # fmt: skip


def random_world(seed: int, features: Features = EVERYDAY) -> World:
    """Return the world of a seed: 4 to 11 projects, up to 9 releases each, and a question."""
    return _Maker(seed, features).world()


class Dice:
    """Chance from `Random.random()` alone, the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def one(self, items: Sequence[T]) -> T:
        return items[int(self._random.random() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        left = list(items)
        return [left.pop(int(self._random.random() * len(left))) for _ in range(min(count, len(left)))]


class _Maker:
    def __init__(self, seed: int, features: Features) -> None:
        self.dice = Dice(seed)
        self.seed = seed
        self.may = features
        names = NAMES[: self.dice.between(4, 11)]
        # Each world has its own mood, so that some are mostly solvable and some hardly.
        self.density = self.dice.one((0.7, 1.2, 1.8))
        self.strictness = self.dice.one((0.1, 0.3, 0.5))
        self.rarity = self.dice.one((0.0, 0.05, 0.15))
        self.marker_rate = self.dice.one((0.0, 0.15, 0.35)) if features.markers else 0.0
        self.extra_rate = self.dice.one((0.0, 0.2, 0.5)) if features.extras else 0.0
        self.versions = {name: self._versions() for name in names}
        self.extras = {
            name: self.dice.some(EXTRAS, self.dice.between(1, 2)) if self.dice.chance(self.extra_rate) else []
            for name in names
        }

    def world(self) -> World:
        world = self._chained() if self.may.chains and self.dice.chance(0.5) else self._scattered()
        return self._dated(world) if self.may.dates else world

    def _scattered(self) -> World:
        names = list(self.versions)
        projects = {name: [self._release(name, version) for version in self.versions[name]] for name in names}
        roots = self.dice.some(names, self.dice.between(1, 5))
        return self._asked(projects, roots)

    def _chained(self) -> World:
        """Many releases of late projects pin older releases of early ones: what makes uv count conflicts."""
        self.density, self.strictness = self.density / 2, self.strictness / 2
        names = list(self.versions)
        victims = names[: self.dice.between(1, min(3, len(names) - 1))]
        chained = names[len(victims) :][: self.dice.between(1, 3)]
        projects = {}
        for name in names:
            if name in victims and len(self.versions[name]) < 2:
                self.versions[name] = ["1.0", "2.0"]
            if name in chained:
                self.versions[name] = [f"{major}.0" for major in range(1, self.dice.between(6, 9) + 1)]
        for name in names:
            releases = [self._release(name, version) for version in self.versions[name]]
            if name in chained:
                free = self.dice.between(0, 2)
                pinned = victims if self.dice.chance(0.3) else [self.dice.one(victims)]
                releases = [
                    each if place < free else self._pinning(each, self.dice.one(pinned))
                    for place, each in enumerate(releases)
                ]
            projects[name] = releases
        # A chained project asked for directly is decided soon; one that another project asks for, late.
        carriers = [name for name in names if name not in victims and name not in chained]
        for name in chained:
            if carriers and self.dice.chance(0.5):
                carrier = self.dice.one(carriers)
                projects[carrier] = [
                    replace(each, requires_dist=(*each.requires_dist, name)) for each in projects[carrier]
                ]
        others = self.dice.some(carriers, self.dice.between(0, 2))
        roots = [*victims, *others, *self.dice.some(chained, self.dice.between(1, len(chained)))]
        if self.dice.chance(0.3):
            roots = self.dice.some(roots, len(roots))
        return self._asked(projects, roots)

    def _pinning(self, each: Release, victim: str) -> Release:
        newest = self.versions[victim][-1]
        older = self.dice.one(self.versions[victim][:-1])
        bound = self.dice.one((f"=={older}", f"=={older}", f"<={Version(older).public}", f"<{Version(newest).public}"))
        pin = self._marked(f"{victim}{bound}")
        return replace(each, requires_dist=(pin, *each.requires_dist))

    def _asked(self, projects: dict[str, list[Release]], roots: list[str]) -> World:
        requirements = [self._marked(self._required(name, strict=0.4)) for name in roots]
        if self.dice.chance(0.15):
            requirements.append(self._marked(self._required(self.dice.one(roots))))
        if self.may.missing_projects and self.dice.chance(0.02):
            requirements.append(MISSING)
        constraints: list[str] = []
        if self.may.constraints and self.dice.chance(0.3):
            constraints = [
                self._marked(f"{name}{self._specifier(self.versions[name])}")
                for name in self.dice.some(list(projects), self.dice.between(1, 3))
            ]
        return World(
            name=f"seed {self.seed}",
            projects=tuple(Project(name=name, releases=tuple(releases)) for name, releases in projects.items()),
            question=Question(
                requirements=tuple(requirements),
                constraints=tuple(constraints),
                python=PYTHON,
                python_platform=PLATFORM,
                prerelease=self.dice.one(("allow", "disallow", "explicit"))
                if self.may.prereleases and self.dice.chance(0.1)
                else None,
                resolution=self.dice.one(("lowest", "lowest-direct")) if self.dice.chance(0.05) else None,
            ),
        )

    def _dated(self, world: World) -> World:
        """The same world with a cut-off and its files uploaded before and after it."""
        late = self.dice.one((0.02, 0.1, 0.3))
        missing = self.dice.one((0.0, 0.0, 0.02, 0.1))
        projects = []
        for project in world.projects:
            rate = 1.0 if self.dice.chance(missing / 3) else missing  # a whole page may lack times
            releases = []
            for each in project.releases:
                together = self._uploaded(late)
                files = (
                    replace(
                        file,
                        upload_time=None
                        if self.dice.chance(rate)
                        else together
                        if self.dice.chance(0.6)
                        else self._uploaded(late),
                    )
                    for file in each.files
                )
                releases.append(replace(each, files=tuple(files)))
            projects.append(replace(project, releases=tuple(releases)))
        asked = replace(world.question, exclude_newer=self.dice.one(CUT_OFFS))
        return replace(world, projects=tuple(projects), question=asked)

    def _uploaded(self, late: float) -> str:
        return self.dice.one(UPLOADS_TOO_LATE if self.dice.chance(late) else UPLOADS_IN_TIME)

    def _versions(self) -> list[str]:
        count = self.dice.between(1, 9)
        finals = self.dice.some(
            ("1.0", "1.1", "1.2", "1.2.1", "1.10", "2.0", "2.1", "2.1.3", "3.0", "3.1", "4.0"), count
        )
        versions = set(finals)
        if self.may.prereleases and self.dice.chance(0.3):
            versions |= {
                f"{version}{self.dice.one(('a1', 'b2', 'rc1', '.dev1'))}" for version in self.dice.some(finals, 2)
            }
            if self.dice.chance(0.3):
                versions -= set(self.dice.some(finals, self.dice.between(1, count)))
        if self.dice.chance(0.1):
            versions.add(f"{self.dice.one(finals)}.post1")
        if self.may.locals and self.dice.chance(0.2):
            for version in self.dice.some(finals, self.dice.between(1, 2)):
                versions |= {f"{version}+{local}" for local in self.dice.some(("cpu", "cu118", "cu121"), 2)}
                if self.dice.chance(0.5):
                    versions.discard(version)
        return sorted(versions, key=Version)[-9:]

    def _release(self, name: str, version: str) -> Release:
        requires: list[str] = []
        others = [other for other in self.versions if other != name]
        later = [other for other in others if other > name]
        while self.dice.chance(self.density / (self.density + 1)) and len(requires) < 4:
            other = self.dice.one(later) if later and self.dice.chance(0.8) else self.dice.one(others)
            required = self._required(other)
            requires.append(self._marked(required))
            if self.dice.chance(self.marker_rate / 2):  # the same name under another marker
                requires.append(self._marked(self._required(other), always=True))
        if self.may.missing_projects and self.dice.chance(0.01):
            requires.append(MISSING)
        extras = [] if self.dice.chance(0.1) else self.extras[name]  # now and then a release lacks its extras
        for extra in extras:
            for other in self.dice.some(others, self.dice.between(0, 2)):
                marker = f"{self.dice.one(TRUE_MARKERS)} and " if self.dice.chance(self.marker_rate / 2) else ""
                if " or " in marker:
                    marker = f"({marker.removesuffix(' and ')}) and "
                requires.append(f"{self._required(other)}; {marker}extra == '{extra}'")
        if len(extras) > 1 and self.dice.chance(0.3):
            requires.append(f"{name}[{extras[0]}]; extra == '{extras[1]}'")
        if self.may.corners:
            requires += self._corner_requirements(name, others)
        each = self._files(name, version, requires, tuple(extras))
        return self._corner_files(each) if self.may.corners else each

    def _files(self, name: str, version: str, requires: list[str], extras: tuple[str, ...]) -> Release:
        tags: tuple[str, ...] = (self.dice.one(FITTING_TAGS) if self.dice.chance(0.1) else FITTING_TAGS[0],)
        sdist = self.may.sdists and self.dice.chance(0.3)
        if self.may.sdists and self.dice.chance(self.rarity):
            tags, sdist = (), True
        elif self.may.foreign_wheels and self.dice.chance(self.rarity * 1.5):
            tags = tuple(self.dice.some(FOREIGN_TAGS, self.dice.between(1, 2)))
        requires_python = self.dice.one(FITTING_PYTHONS) if self.dice.chance(0.3) else None
        if self.may.requires_python and self.dice.chance(self.rarity):
            requires_python = self.dice.one(MISSED_PYTHONS)
        elif self.may.requires_python and self.dice.chance(self.rarity):
            requires_python = self.dice.one(LOOSELY_FITTING_PYTHONS)
        yanked: bool | str = False
        if self.may.yanked and self.dice.chance(self.rarity):
            yanked = self.dice.chance(0.5) or "broken"
        return release(
            name,
            version,
            *requires,
            tags=tags,
            sdist=sdist,
            requires_python=requires_python,
            provides_extra=extras,
            yanked=yanked,
        )

    def _corner_requirements(self, name: str, others: list[str]) -> list[str]:
        requires = []
        if self.dice.chance(0.03):
            requires.append(f"{name}{self._specifier(self.versions[name])}")
        if self.extras[name] and self.dice.chance(0.1):
            requires.append(f"{self._required(self.dice.one(others))}; extra != '{self.extras[name][0]}'")
        if self.dice.chance(0.02):
            requires.append(f"{self.dice.one(others)}>2.0,<1.0")
        if self.dice.chance(0.03):
            other = self.dice.one(others)
            requires.append(f"{other}==={self.dice.one(self.versions[other])}")
        return requires

    def _corner_files(self, each: Release) -> Release:
        files: list[File] = []
        for file in each.files:
            if len(each.files) > 1 and self.dice.chance(0.1):  # the files of one release disagree
                files.append(replace(file, requires_dist=each.requires_dist[1:]))
            elif file.is_wheel and self.dice.chance(0.03):
                files.append(replace(file, raw_metadata=_unreadable(file)))
            elif self.dice.chance(0.1):
                files.append(replace(file, requires_python_on_page=False))
            else:
                files.append(replace(file, yanked=False) if self.dice.chance(0.3) else file)
        return replace(each, files=tuple(files))

    def _required(self, name: str, *, strict: float = 1.0) -> str:
        extras = self.extras[name]
        asked = ""
        if extras and self.dice.chance(0.6):
            asked = f"[{','.join(self.dice.some(extras, self.dice.between(1, len(extras))))}]"
        elif self.may.extras and self.dice.chance(0.02):
            asked = "[nowhere]"
        if not self.dice.chance((0.3 + self.strictness) * strict):
            return f"{name}{asked}"
        return f"{name}{asked}{self._specifier(self.versions[name])}"

    def _specifier(self, versions: Sequence[str]) -> str:
        version = self.dice.one(versions)
        other = self.dice.one(versions)
        public, base = Version(version).public, Version(version).base_version
        low, high = sorted((public, Version(other).public), key=Version)
        kind = self.dice.between(1, 20)
        if kind <= 4:
            return f">={public}"
        if kind <= 6:
            return f"<={public}"
        if kind <= 8:
            return f"<{public}"
        if kind == 9:
            return f">{public}"
        if kind <= 12:
            return f"=={version}" if self.dice.chance(0.5) else f"=={public}"
        if kind == 13:
            return f"!={version}"
        if kind == 14:
            return f"!={public},!={Version(other).public}"
        if kind == 15 and len(Version(public).release) > 1:
            return f"~={public}"
        if kind == 16:
            return f"=={'.'.join(base.split('.')[:-1])}.*"
        if kind == 17:
            return f"!={'.'.join(base.split('.')[:-1])}.*"
        if kind == 18:
            return f">={low},!={self.dice.one(versions)},<={high}"
        return f">={low},<{high}" if low != high else f">={low}"

    def _marked(self, required: str, *, always: bool = False) -> str:
        if not always and not self.dice.chance(self.marker_rate):
            return required
        if self.may.markers:
            return f"{required}; {self.dice.one(TRUE_MARKERS if self.dice.chance(0.75) else FALSE_MARKERS)}"
        return required


def _unreadable(wheel: File) -> bytes:
    name, version, *_ = wheel.filename.split("-")
    return f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\nRequires-Dist: not a requirement\n".encode()
