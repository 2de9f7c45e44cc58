"""Themes about how requirements are written, and what they are on: extras, markers, constraints, circles, spellings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from packaging.version import Version

from support.random_worlds import FALSE_MARKERS, TRUE_MARKERS
from support.themes.small import WHEEL, Small
from support.worlds import File, Project, Question


class Constraints(Small):
    """Constraints, with markers too."""

    def asked(self, question: Question) -> Question:
        names = self.dice.some(self.names, self.dice.between(1, 3))
        return replace(question, constraints=tuple(self.constraint(name) for name in names))

    def constraint(self, name: str) -> str:
        line = f"{name}{self.specifier(name)}"
        if self.dice.chance(0.3):
            line = f"{name}>=1.1,{self.specifier(name)}"
        if self.dice.chance(0.25):
            line += f"; {self.dice.one(TRUE_MARKERS if self.dice.chance(0.6) else FALSE_MARKERS)}"
        return line


class Extras(Small):
    """Extras, with requirements on themselves, markers beside, and extras that nobody provides."""

    given: Sequence[str] = ("x", "y")

    def extras(self, name: str) -> tuple[str, ...]:
        return self.offered[name] if self.dice.chance(0.9) else ()

    def some_versions(self) -> list[str]:
        if not hasattr(self, "offered"):
            self.offered = {
                name: tuple(self.dice.some(self.given, self.dice.between(1, 2))) if self.dice.chance(0.6) else ()
                for name in self.names
            }
        return super().some_versions()

    def requirement(self, name: str) -> str:
        asked = self.dice.some(self.given, self.dice.between(1, 2)) if self.dice.chance(0.5) else []
        extras = f"[{','.join(asked)}]" if asked else ""
        return f"{name}{extras}{self.specifier(name)}" if self.dice.chance(self.strictness) else f"{name}{extras}"

    def requires(self, name: str) -> Iterator[str]:
        yield from super().requires(name)
        others = [other for other in self.names if other != name]
        for extra in self.offered[name]:
            for other in self.dice.some(others, self.dice.between(0, 2)):
                marker = f"extra == '{extra}'"
                if self.dice.chance(0.2):
                    also = self.dice.one(("sys_platform == 'linux'", "python_version < '3.8'"))
                    marker = f"{also} and {marker}"
                yield f"{self.requirement(other)}; {marker}"
        if len(self.offered[name]) > 1 and self.dice.chance(0.4):
            first, second = self.offered[name]
            yield f"{name}[{first}]; extra == '{second}'"
        if self.dice.chance(0.05):
            yield f"{name}{self.specifier(name)}"
        if self.offered[name] and others and self.dice.chance(0.1):
            yield f"{self.requirement(self.dice.one(others))}; extra != '{self.offered[name][0]}'"


class Markers(Small):
    """Markers as people write them, and as they should not."""

    values: Sequence[str] = (
        *TRUE_MARKERS, *FALSE_MARKERS, "python_version not in '2.7, 3.5'", "python_version in '3.10, 3.11'",
        "os_name >= 'nt'", "sys_platform < 'm'", "'linux' in sys_platform", "'win' not in sys_platform",
        "sys_platform in 'linux, darwin'", "'3.8' <= python_version", "python_version ~= '3.9'",
        "python_version == '3.11.*'", "python_version != '3.11'", "python_version > '3.11'",
        "python_version <= '3.11'", "python_version >= '3'", "python_full_version >= '3.11.2'",
        "python_full_version == '3.11'", "python_version >= '3.11.0'", "python_version == '3.11.5'",
        "python_version < '3.11.5'", "implementation_version >= '3.8'",
        "platform_python_implementation == 'CPython'", "platform_python_implementation == 'PyPy'",
        "platform_machine in 'x86_64 AMD64'", "platform_release >= '5'", "platform_version == ''",
        "platform_system == 'Windows'", "platform_system != 'Windows'", "os_name == 'posix' or os_name == 'nt'",
        "extra == 'x'", "extra != 'x'", "python_version >= '3.7' and python_version < '4.0'",
        "python_version >= '3.9,<4'", "python_implementation == 'CPython'", "os.name == 'posix'",
        "sys.platform == 'linux'", "(python_version >= '3.8' and (sys_platform == 'linux'))",
        "sys_platform === 'linux'", "sys_platform ~= 'linux'", "python_version === '3.11'",
        "'x86' in platform_machine", "platform_machine == 'x86_64' and sys_platform == 'darwin'",
        "'linux' == 'linux'", "sys_platform == os_name", "python_version == '3.11' or python_version == '3.12'",
        "implementation_name == 'pypy'", "python_version > '3'",
        "python_version >= '3.10' and python_version < '3.12' and platform_system == 'Linux'",
        "python_version < '3.11rc1'", "python_version < '3.12.dev0'",
    )  # fmt: skip
    rate = 0.5

    def requirement(self, name: str) -> str:
        required = super().requirement(name)
        return f"{required}; {self.dice.one(self.values)}" if self.dice.chance(self.rate) else required


class Overrides(Extras):
    """Overrides, with markers and extras."""

    tools = ("uv",)

    def asked(self, question: Question) -> Question:
        names = self.dice.some(self.names, self.dice.between(1, 2))
        lines = []
        for name in names:
            line = self.requirement(name)
            if self.dice.chance(0.3):
                line += f"; {self.dice.one(TRUE_MARKERS if self.dice.chance(0.6) else FALSE_MARKERS)}"
            lines.append(line)
        return replace(question, overrides=tuple(lines))


class NoDeps(Extras):
    """``--no-deps``."""

    def asked(self, question: Question) -> Question:
        return replace(question, no_deps=True)


class Rings(Small):
    """Requirements on oneself, in circles, without any version, and on what does not exist."""

    strictness = 0.8

    def requires(self, name: str) -> Iterator[str]:
        yield from super().requires(name)
        other = self.dice.one(self.names)
        match self.dice.between(1, 12):
            case 1:
                yield f"{name}{self.specifier(name)}"
            case 2:
                yield f"{other}>2.0,<1.0"
            case 3:
                yield f"{other}==={self.operand(other)}"
            case 4:
                yield "missing"
            case 5:
                yield f"{name}"
            case 6:
                yield f"{other}==9.9"
            case _:
                pass

    def requirement(self, name: str) -> str:
        if self.dice.chance(0.03):
            return f"{name}>2.0,<1.0"
        return super().requirement(name)


class Lenient(Small):
    """Requirements that only mending reads."""

    def requirement(self, name: str) -> str:
        version, other = sorted((self.operand(name), self.operand(name)), key=Version)
        public = Version(version).public
        slips = (
            f">={public}<{other}9", f">={public}.*", f">{public}.*", f"!={public}*", f">={public},", f"!=~{public}",
            ">dev", f">='{public}'", f" (>={public})", f"(>={public},<9)", f"=={public}.*,", f"<{public}.*",
            f"<={public}.*", f">= {public} , <9", f"~={public.split('.')[0]}", f">={public}.dev0.0", f"==={public}",
            f"[x]>={public}", f">={public};python_version>'3'", " ; python_version >= '3.8'",
            f"=={public}; extra == 'x'", f"<{other}!={public}", f"=={public}*", f"===v{public}", f">={public}|<2",
            f"^{public}", f"={public}", f"=={public} ", f'">={public}"', f">={public}-1", f"=={public}rc0.0",
            "==1.0.0.0", f"=={public}.0", f">=v{public}", f"==0!{public}",
        )  # fmt: skip
        return f"{name}{self.dice.one(slips)}" if self.dice.chance(0.4) else super().requirement(name)

    def own(self, name: str) -> str:
        """The user writes what can be read."""
        return f"{name}{self.specifier(name)}" if self.dice.chance(0.4) else name


class Spellings(Extras):
    """Names, versions and extras that several spellings stand for."""

    given = ("x", "Y_z")
    pool = ("1.0", "1.1", "1.2.0", "2.0", "2.1.3", "3.0rc1", "3.0.post1")

    def project(self, name: str) -> Project:
        made = super().project(name)
        spelled = self.dice.one((name, name.upper(), name))
        return replace(made, name=spelled)

    def files(self, name: str, version: str) -> tuple[File, ...]:
        longer = version if version.endswith("t1") else f"{version}.0"
        candidate, post = version.replace("rc", ".RC."), version.replace(".post", "-")
        spelled = self.dice.one((version, version, version, f"v{version}", longer, version.replace("rc", "c"),
                                 candidate, post, version.replace(".post", ".r")))  # fmt: skip
        name = self.dice.one((name, name, name.upper()))
        if "-" in spelled:
            spelled = version
        kind = self.dice.between(1, 4)
        files = [self.wheel(name, spelled)] if kind < 4 else []
        if kind >= 3:
            files.append(self.sdist(name, self.dice.one((spelled, version))))
        return tuple(files)

    def requirement(self, name: str) -> str:
        spelled = self.dice.one((name, name.upper()))
        asked = (
            self.dice.some(("X", "x", "y-z", "Y.Z", "y_z"), self.dice.between(1, 2)) if self.dice.chance(0.4) else []
        )
        extras = f"[{','.join(asked)}]" if asked else ""
        return f"{spelled}{extras}{self.specifier(name)}" if self.dice.chance(self.strictness) else f"{spelled}{extras}"


class Dashes(Small):
    """Project names of several words, and file names that may be of more than one."""

    def __init__(self, theme: str, seed: int) -> None:
        """Longer names."""
        super().__init__(theme, seed)
        words = {
            name: f"{name}-lib" if self.dice.chance(0.5) else f"{name}-1" if self.dice.chance(0.2) else name
            for name in self.names
        }
        self.names = tuple(words.values())  # type: ignore[assignment]
        self.versions = {words[name]: versions for name, versions in self.versions.items()}

    def files(self, name: str, version: str) -> tuple[File, ...]:
        written = self.dice.one((name.replace("-", "_"), name.replace("-", "."), name, name.upper().replace("-", "_")))
        if self.dice.chance(0.4):
            return (File(filename=f"{written}-{version}.tar.gz"),)
        return (File(filename=f"{written if '-' not in written else name.replace('-', '_')}-{version}-{WHEEL}.whl"),)

    def requirement(self, name: str) -> str:
        written = self.dice.one((name, name.replace("-", "_"), name.replace("-", "."), name.upper()))
        return f"{written}{self.specifier(name)}" if self.dice.chance(self.strictness) else written
