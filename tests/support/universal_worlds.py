"""Random small worlds for universal resolution: markers, Pythons, wheels of some platforms only, environments."""

from collections.abc import Sequence
from dataclasses import replace

from packaging.version import Version

from support.random_worlds import Dice
from support.worlds import ForAll, Project, Question, Release, World, release

PYTHON = "3.9"
NAMES = "abcdefg"
EXTRAS = ("x", "y")

MARKERS = (
    "sys_platform == 'linux'",
    "sys_platform != 'linux'",
    "sys_platform == 'win32'",
    "sys_platform == 'darwin'",
    "sys_platform == 'darwin' or sys_platform == 'win32'",
    "os_name == 'nt'",
    "platform_system == 'Windows' and platform_machine == 'AMD64'",
    "platform_machine == 'x86_64'",
    "platform_machine != 'x86_64'",
    "implementation_name == 'cpython'",
    "python_version < '3.10'",
    "python_version >= '3.10'",
    "python_version < '3.11'",
    "python_version >= '3.11'",
    "python_version >= '3.12'",
    "python_version < '3.9'",
    "python_version >= '3.10' and python_version < '3.12'",
    "python_full_version < '3.11.4'",
    "python_version < '3.11' and sys_platform == 'win32'",
    "python_version >= '3.11' or sys_platform == 'linux'",
    "sys_platform == 'linux' and platform_machine == 'aarch64'",
)
PYTHONS = (">=3.8", ">=3.9", ">=3.10", ">=3.11", ">=3.12", ">=3.9,<3.12", ">=3.10,!=3.11.*", ">=3.9.2", ">3.9")
TAGS = (
    "py3-none-any", "py2.py3-none-any", "py3-none-win_amd64", "py3-none-manylinux2014_x86_64",
    "py3-none-macosx_11_0_arm64", "py3-none-macosx_10_9_x86_64", "py3-none-macosx_10_9_universal2",
    "cp39-cp39-manylinux2014_x86_64", "cp310-cp310-manylinux2014_x86_64", "cp311-cp311-win_amd64",
    "cp312-cp312-manylinux2014_x86_64", "cp312-cp312-macosx_11_0_arm64", "cp312-cp312-win_amd64",
    "cp38-cp38-manylinux2014_x86_64", "cp39-abi3-manylinux_2_28_x86_64", "cp39-abi3-win_arm64", "py2-none-any",
    "py310-none-any", "pp310-pypy310_pp73-manylinux_2_17_x86_64", "cp313-cp313t-musllinux_1_2_aarch64",
)  # fmt: skip
ENVIRONMENTS = (
    "sys_platform == 'linux'",
    "sys_platform == 'darwin'",
    "sys_platform == 'win32'",
    "sys_platform == 'darwin' and platform_machine == 'x86_64'",
    "sys_platform == 'linux' and platform_machine == 'x86_64'",
    "python_version < '3.12'",
    "sys_platform != 'win32'",
)
NEVER = 0.0


def universal_world(seed: int, *, wheels: bool = False) -> World:
    """Return the world of a seed: 3 to 6 projects of up to 4 releases, and a question for all environments.

    ``wheels``: releases may lack sdists, and have wheels of some platforms only.
    """
    return UniversalMaker(seed, wheels=wheels).world()


def known_to(world: World, release: str) -> World:
    """The world without the options and settings that a release of uv does not know, and would stop at."""
    asked = world.question.for_all
    assert asked is not None
    if Version(release) < Version("0.6.1"):
        asked = replace(asked, required_environments=())
    if Version(release) < Version("0.5.9"):
        asked = replace(asked, fork_strategy=None)
    return replace(world, question=replace(world.question, for_all=asked))


class UniversalMaker:
    """Makes the parts of one world."""

    def __init__(self, seed: int, *, wheels: bool) -> None:
        self.dice = Dice(seed)
        self.seed = seed
        self.names = NAMES[: self.dice.between(3, 6)]
        self.marker_rate = self.dice.one((0.15, 0.4, 0.7))
        self.twice_rate = self.dice.one((NEVER, 0.2, 0.4))
        self.python_rate = self.dice.one((NEVER, 0.1, 0.3))
        self.extra_rate = self.dice.one((NEVER, 0.3))
        self.wheel_rate = self.dice.one((0.2, 0.5)) if wheels else NEVER
        self.versions = {name: self._versions(local=wheels) for name in self.names}
        self.extras = {name: EXTRAS if self.dice.chance(self.extra_rate) else () for name in self.names}

    def projects(self) -> tuple[Project, ...]:
        """The index."""
        return tuple(
            Project(name=name, releases=tuple(self._release(name, version) for version in self.versions[name]))
            for name in self.names
        )

    def world(self) -> World:
        projects = self.projects()
        wanted = self.dice.some(self.names, self.dice.between(1, 3))
        requirements = [line for name in wanted for line in self.asked(name)]
        constraints = self._constraints() if self.dice.chance(0.2) else ()
        return World(
            name=f"universal {self.seed}", projects=projects, question=self._question(requirements, constraints)
        )

    def _question(self, requirements: Sequence[str], constraints: Sequence[str]) -> Question:
        environments: tuple[str, ...] = ()
        required: tuple[str, ...] = ()
        if self.dice.chance(0.15):
            environments = tuple(self.dice.some(ENVIRONMENTS, self.dice.between(1, 2)))
        if self.wheel_rate and self.dice.chance(0.4):
            required = tuple(self.dice.some(ENVIRONMENTS, self.dice.between(1, 2)))
        output: tuple[str, ...] = ()
        if self.dice.chance(0.15):
            output = tuple(f"{name}=={self.dice.one(self.versions[name])}" for name in self.dice.some(self.names, 2))
        for_all = ForAll(
            environments=environments,
            required_environments=required,
            fork_strategy="fewest" if self.dice.chance(0.15) else None,
            output=output,
        )
        return Question(
            requirements=tuple(requirements),
            constraints=tuple(constraints),
            python=PYTHON,
            resolution=self.dice.one(("lowest", "lowest-direct")) if self.dice.chance(0.2) else None,
            for_all=for_all,
        )

    def _versions(self, *, local: bool) -> list[str]:
        versions = [str(number) for number in range(1, self.dice.between(1, 4) + 1)]
        if self.dice.chance(0.1):
            versions.append(f"{len(versions) + 1}.0b1")
        if local and self.dice.chance(0.25):
            versions.append(f"{versions[-1]}+cpu")
        return versions

    def _release(self, name: str, version: str) -> Release:
        others = [other for other in self.names if other != name]
        requires = [line for other in self.dice.some(others, self.dice.between(0, 2)) for line in self.asked(other)]
        for extra in self.extras[name]:
            for other in self.dice.some(others, self.dice.between(0, 2)):
                for line in self.asked(other):
                    asked, _, marker = line.partition(" ; ")
                    gate = f"({marker}) and extra == '{extra}'" if marker else f"extra == '{extra}'"
                    requires.append(f"{asked} ; {gate}")
        if self.extras[name] and self.dice.chance(0.2):
            requires.append(f"{name}[x] ; extra == 'y'")
        partial = self.dice.chance(self.wheel_rate) or "+" in version
        return release(
            name,
            version,
            *requires,
            tags=tuple(self.dice.some(TAGS, self.dice.between(1, 4))) if partial else ("py3-none-any",),
            sdist=not partial and self.dice.chance(0.5),
            requires_python=self.dice.one(PYTHONS) if self.dice.chance(self.python_rate) else None,
            provides_extra=self.extras[name],
            yanked=self.dice.chance(0.04),
            requires_python_on_page=not self.dice.chance(0.2),
        )

    def asked(self, name: str) -> list[str]:
        """A requirement on a project, now and then a second one under another marker."""
        lines = [self._line(name, self.marker_rate)]
        while self.dice.chance(self.twice_rate) and len(lines) < 3:
            lines.append(self._line(name, 0.9))
        return lines

    def _line(self, name: str, marked: float) -> str:
        extras = ",".join(self.dice.some(self.extras[name], self.dice.between(1, 2))) if self.extras[name] else ""
        extra = f"[{extras}]" if extras and self.dice.chance(0.5) else ""
        marker = f" ; {self._marker()}" if self.dice.chance(marked) else ""
        return f"{name}{extra}{self._specifier(name)}{marker}"

    def _marker(self) -> str:
        one = self.dice.one(MARKERS)
        if self.dice.chance(0.8):
            return one
        return f"({one}) {self.dice.one(('and', 'or'))} ({self.dice.one(MARKERS)})"

    def _specifier(self, name: str) -> str:
        if self.dice.chance(0.5):
            return ""
        public = [version.partition("+")[0] for version in self.versions[name]]
        return f"{self.dice.one(('>=', '<=', '<', '>', '==', '!='))}{self.dice.one(public)}"

    def _constraints(self) -> tuple[str, ...]:
        names = self.dice.some(self.names, 2)
        markers = (f" ; {self._marker()}" if self.dice.chance(0.4) else "" for _ in names)
        return tuple(f"{name}{self._specifier(name)}{marker}" for name, marker in zip(names, markers, strict=True))
