"""What all themes share: small worlds, where each theme replaces what it is about."""

from collections.abc import Iterator, Sequence

from packaging.version import Version

from support.random_worlds import PLATFORM, PYTHON, Dice
from support.worlds import File, Project, Question, Release, World

FINALS = ("1.0", "1.1", "1.2", "1.2.1", "1.10", "2.0", "2.1", "2.1.3", "3.0", "3.1", "4.0")
WHEEL = "py3-none-any"


class Small:
    """Makes worlds of two to six projects with a few releases each; a theme replaces what it is about."""

    pool: Sequence[str] = FINALS
    """The versions that releases have, and that specifiers name."""
    operators: Sequence[str] = (">=", ">=", "<=", "<", "<", ">", "==", "==", "!=", "~=", "==*", "!=*", ">=<")
    density = 1.2
    """Requirements of a release, on average."""
    strictness = 0.6
    """How often a requirement has a specifier."""
    most_versions = 4
    stray_operands = 0.2
    """How often a specifier names a version that need not exist."""

    def __init__(self, theme: str, seed: int) -> None:
        """A theme's own sequence of chance."""
        self.dice = Dice(f"{theme} {seed}")
        self.title = f"{theme} {seed}"
        self.names = "abcdefgh"[: self.dice.between(2, 6)]
        self.versions = {name: self.some_versions() for name in self.names}

    def world(self) -> World:
        """The projects, and the question."""
        projects = tuple(self.project(name) for name in self.names)
        return World(name=self.title, projects=projects, question=self.question())

    # what there is

    def some_versions(self) -> list[str]:
        chosen = self.dice.some(self.pool, self.dice.between(1, self.most_versions))
        return sorted(chosen, key=Version)

    def project(self, name: str) -> Project:
        return Project(name=name, releases=tuple(self.release(name, version) for version in self.versions[name]))

    def release(self, name: str, version: str) -> Release:
        return Release(
            version=version,
            files=self.files(name, version),
            requires_dist=tuple(self.requires(name)),
            requires_python=self.requires_python(),
            provides_extra=self.extras(name),
        )

    def files(self, name: str, version: str) -> tuple[File, ...]:
        return (self.wheel(name, version),)

    def wheel(self, name: str, version: str, tag: str = WHEEL) -> File:
        return File(filename=f"{name.replace('-', '_')}-{version}-{tag}.whl")

    def sdist(self, name: str, version: str, extension: str = ".tar.gz") -> File:
        return File(filename=f"{name.replace('-', '_')}-{version}{extension}")

    def requires_python(self) -> str | None:
        return None

    def extras(self, name: str) -> tuple[str, ...]:
        del name
        return ()

    # what is asked for

    def requires(self, name: str) -> Iterator[str]:
        others = [other for other in self.names if other != name]
        later = [other for other in others if other > name]
        for _ in range(4):
            if others and self.dice.chance(self.density / (self.density + 1)):
                yield self.requirement(
                    self.dice.one(later) if later and self.dice.chance(0.8) else self.dice.one(others)
                )
            else:
                return

    def requirement(self, name: str) -> str:
        return f"{name}{self.specifier(name)}" if self.dice.chance(self.strictness) else name

    def own(self, name: str) -> str:
        """A requirement of the user's."""
        return self.requirement(name) if self.dice.chance(0.5) else name

    def specifier(self, name: str) -> str:
        operator = self.dice.one(self.operators)
        return self.specified(operator, self.operand(name), self.operand(name))

    def operand(self, name: str) -> str:
        return self.dice.one(self.pool if self.dice.chance(self.stray_operands) else self.versions[name])

    def specified(self, operator: str, version: str, other: str) -> str:
        public = Version(version).public
        match operator:
            case "==*" | "!=*":
                stem = ".".join(Version(version).base_version.split(".")[:-1])
                return f"{operator[:2]}{stem}.*"
            case "~=":
                return f"~={public}" if len(Version(version).release) > 1 else f">={public}"
            case ">=<":
                low, high = sorted((public, Version(other).public), key=Version)
                return f">={low},<{high}" if low != high else f">={low}"
            case "==" | "!=" | "===":
                return f"{operator}{version if self.dice.chance(0.5) else public}"
            case _:
                return f"{operator}{public}"

    def question(self) -> Question:
        roots = self.dice.some(self.names, self.dice.between(1, min(3, len(self.names))))
        requirements = tuple(self.own(name) for name in roots)
        return self.asked(Question(requirements=requirements, python=PYTHON, python_platform=PLATFORM))

    def asked(self, question: Question) -> Question:
        """Add what the theme asks."""
        return question
