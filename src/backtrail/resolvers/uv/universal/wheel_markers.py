"""Where a version can be installed, by the tags of its wheels: the marker that they imply (PEP 425, 600, 656)."""

import re
from collections.abc import Iterable, Iterator
from functools import reduce

from packaging.specifiers import Specifier
from packaging.version import Version

from backtrail.model.files import FileKind
from backtrail.model.verdict import Reason, Verdict
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Forking, UvFiles
from backtrail.resolvers.uv.distributions import Represented
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node, variable
from backtrail.resolvers.uv.universal.marker_relations import PYTHON
from backtrail.resolvers.uv.versions import key
from backtrail.standards.wheel_tags import WheelName, known, wheel_name

_LATER = frozenset({Reason.REQUIRES_PYTHON, Reason.HASH})
"""Checked after a file was picked: a wheel with no other fault is usable."""

_LINUX = re.compile(r"(?:manylinux(?:1|2010|2014|_\d+_\d+)|musllinux_\d+_\d+|linux)_(?P<machine>\w+)", re.ASCII)
_MACOS = re.compile(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<format>\w+)", re.ASCII)
_ANDROID = re.compile(r"android_\d+_(?P<machine>\w+)", re.ASCII)
_FORMATS = {
    "universal2": ("x86_64", "arm64"), "intel": ("x86_64", "i386"), "universal": ("x86_64", "i386", "ppc64", "ppc"),
    "fat": ("x86_64", "ppc"), "fat32": ("x86_64", "i386", "ppc", "ppc64"), "fat64": ("x86_64", "ppc64"),
}  # fmt: skip
_FIRST_ARM = 20
"""The Darwin release of macOS 11."""

_LANGUAGE = re.compile(r"(?P<name>py|cp|pp|graalpy|pyston)(?P<major>\d)(?P<minor>\d*)", re.ASCII)
_IMPLEMENTATIONS = {"cp": "CPython", "pp": "PyPy", "graalpy": "GraalPy", "pyston": "Pyston"}


class WheelMarkers:
    """The markers that the files of versions imply, each file looked at once."""

    def __init__(self, algebra: Algebra, files: UvFiles, rules: Forking) -> None:
        """Nothing was looked at yet; ``files`` and ``rules`` are those of a release."""
        self._algebra = algebra
        self._files = files
        self._rules = rules
        self._windows = {
            "win32": "x86",
            "win_amd64": "AMD64" if rules.names_windows_amd64 else "x86_64",
            "win_arm64": "ARM64" if rules.names_windows_arm64 else "arm64",
        }
        self._known: dict[str, Node] = {}

    def of(self, represented: Represented) -> Node:
        """Where a version can be installed: everywhere with an sdist that can be used, else where some wheel can."""
        return TRUE if _has_sdist(represented) else self._any_of(map(self.of_file, _wheels(represented)))

    def pythons_of(self, represented: Represented) -> Node:
        """The same by the Pythons of the wheels alone."""
        if _has_sdist(represented):
            return TRUE
        return self._any_of(
            TRUE if one is None else self._pythons(one) for one in map(self._parsed, _wheels(represented))
        )

    def of_file(self, filename: str) -> Node:
        """Where one wheel can be installed."""
        found = self._known.get(filename)
        if found is None:
            wheel = self._parsed(filename)
            found = TRUE if wheel is None else self._algebra.both(self._platforms(wheel), self._here(wheel))
            self._known[filename] = found
        return found

    def _here(self, wheel: WheelName) -> Node:
        return self._pythons(wheel) if self._rules.wheels_say_pythons else TRUE

    def _parsed(self, filename: str) -> WheelName | None:
        """A wheel with the tags that count."""
        wheel, files = wheel_name(filename), self._files
        return known(wheel, files.abi_flags) if wheel is not None and files.forgets_unknown_tags else wheel

    def _any_of(self, markers: Iterable[Node]) -> Node:
        return reduce(self._algebra.either, markers, FALSE)

    def _platforms(self, wheel: WheelName) -> Node:
        return self._any_of(map(self._platform, wheel.platforms))

    def _pythons(self, wheel: WheelName) -> Node:
        stable = self._rules.stable_abis_reach_up and any(abi.startswith("abi3") for abi in wheel.abis)
        return self._any_of(self._python(tag, stable=stable) for tag in wheel.pythons)

    def _platform(self, tag: str) -> Node:
        if tag == "any":
            return TRUE
        if tag in self._windows:
            return self._where("win32", self._windows[tag])
        if (linux := _LINUX.fullmatch(tag)) is not None:
            return self._where("linux", linux["machine"])
        if (android := _ANDROID.fullmatch(tag)) is not None:
            return self._where("android", android["machine"])
        macos = _MACOS.fullmatch(tag)
        return FALSE if macos is None else self._macos(int(macos["major"]), int(macos["minor"]), macos["format"])

    def _where(self, system: str, machine: str) -> Node:
        there = self._algebra.equals("sys_platform", system)
        if not self._rules.wheels_say_machines:
            return there
        return self._algebra.both(there, self._algebra.equals("platform_machine", machine))

    def _macos(self, major: int, minor: int, form: str) -> Node:
        machines = _FORMATS.get(form, (form,))
        if not self._rules.wheels_say_macos:
            return self._any_of(self._where("darwin", machine) for machine in machines)
        darwin = _darwin(major, minor)
        if darwin is None:
            return FALSE
        found = FALSE
        for machine in machines:
            first = max(darwin, Version(str(_FIRST_ARM))) if machine == "arm64" else darwin
            since = self._algebra.within(variable("version", "platform_release"), ((key(first), 0),))
            found = self._algebra.either(found, self._algebra.both(self._where("darwin", machine), since))
        return found

    def _python(self, tag: str, *, stable: bool) -> Node:
        if tag == "none":
            return TRUE
        language = _LANGUAGE.fullmatch(tag)
        if language is None:
            return FALSE
        node = TRUE
        name, major, minor = language.group("name", "major", "minor")
        later = self._rules.pure_tags_reach_up if name == "py" else stable
        for specifier in _series(major, minor, later=later, below=name == "py"):
            node = self._algebra.both(node, self._algebra.within(PYTHON, ranges.release_range(specifier)))
        implementation = _IMPLEMENTATIONS.get(name)
        if implementation is None:
            return node
        return self._algebra.both(node, self._algebra.equals("platform_python_implementation", implementation))


def _series(major: str, minor: str, *, later: bool, below: bool) -> Iterator[Specifier]:
    """The Pythons of a tag; ``later``: those after it, too, and ``below`` the next major one alone."""
    if minor and not later:
        yield Specifier(f"=={major}.{minor}.*")
        return
    if minor:
        yield Specifier(f">={major}.{minor}")
    if below or not minor:
        yield Specifier(f"=={major}.*")


def _darwin(major: int, minor: int) -> Version | None:
    """The Darwin release of a macOS; None for one that no tag names."""
    if major == 10:
        return Version({0: "1.3", 1: "1.4.1"}.get(minor, str(minor + 4)))
    if minor:
        return None
    if 11 <= major <= 15:
        return Version(str(major + 9))
    return Version("25") if major == 26 else Version(str(major)) if major > 26 else None


def _wheels(represented: Represented) -> Iterator[str]:
    """The names of the wheels that can be used."""
    files = (verdict.file for verdict in represented.verdicts if _usable(verdict))
    return (file.filename for file in files if file.kind is FileKind.WHEEL)


def _has_sdist(represented: Represented) -> bool:
    return any(verdict.file.kind is FileKind.SDIST and _usable(verdict) for verdict in represented.verdicts)


def _usable(verdict: Verdict) -> bool:
    """Whether nothing speaks against a file that uv looks at before it picks one."""
    return all(exclusion.reason in _LATER for exclusion in verdict.exclusions)
