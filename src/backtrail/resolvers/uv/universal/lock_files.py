"""Which files of a version a lock names: all but the wheels that can never be used where the version is reached."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from backtrail.model.files import File, FileKind
from backtrail.model.target import Pythons
from backtrail.model.verdict import Reason
from backtrail.resolvers.uv.distributions import Represented
from backtrail.resolvers.uv.markers import FALSE, Algebra, Node
from backtrail.standards.python_tags import reached
from backtrail.standards.wheel_tags import WheelName, wheel_name

_CUT_OFF = frozenset({Reason.EXCLUDE_NEWER, Reason.NO_UPLOAD_TIME})

_SYSTEMS = (
    (re.compile(r"(?:manylinux|musllinux|linux)\w*"), ("posix", "linux")),
    (re.compile(r"win\w*"), ("nt", "win32")),
    (re.compile(r"macosx_\w+"), ("posix", "darwin")),
    (re.compile(r"android_\w+"), ("posix", "android")),
)
_FAMILIES = (
    (re.compile(r".*(?:aarch64|arm64)(?:_v8a)?"), ("aarch64", "arm64", "ARM64")),
    (re.compile(r".*(?:x86_64|amd64)"), ("x86_64", "amd64", "AMD64")),
    (re.compile(r".*(?:i686|i386|win32|x86)"), ("i686", "i386", "win32", "x86")),
    (re.compile(r".*ppc64le"), ("ppc64le",)),
    (re.compile(r".*ppc64"), ("ppc64",)),
    (re.compile(r".*s390x"), ("s390x",)),
    (re.compile(r".*riscv64"), ("riscv64",)),
    (re.compile(r".*loongarch64"), ("loongarch64",)),
    (re.compile(r".*armv[78]l"), ("armv7l", "armv8l")),
    (re.compile(r".*armv6l"), ("armv6l",)),
)
_ARM, _X86_64 = _FAMILIES[0][1], _FAMILIES[1][1]


class Kept(NamedTuple):
    """The files of a version that a lock names."""

    sdist: File | None
    wheels: tuple[File, ...]


class LockFiles:
    """Looks at the wheels of versions for one range of Pythons."""

    def __init__(self, algebra: Algebra, pythons: Pythons) -> None:
        """Nothing was looked at yet."""
        self._algebra = algebra
        self._pythons = pythons

    def kept(self, represented: Represented, where: Node) -> Kept:
        """The files of a version that is reached where a marker holds, sorted by name."""
        files = [
            verdict.file
            for verdict in represented.verdicts
            if all(exclusion.reason not in _CUT_OFF for exclusion in verdict.exclusions)
        ]
        files.sort(key=lambda file: file.filename)
        sdist = next((file for file in files if file.kind is FileKind.SDIST), None)
        wheels = (file for file in files if file.kind is FileKind.WHEEL)
        return Kept(sdist, tuple(file for file in wheels if self._usable(wheel_name(file.filename), where)))

    def _usable(self, wheel: WheelName | None, where: Node) -> bool:
        if wheel is None or not reached(wheel, self._pythons.low, self._pythons.high):
            return False
        return "any" in wheel.platforms or any(
            self._algebra.both(where, place) is not FALSE for place in self._places(wheel)
        )

    def _places(self, wheel: WheelName) -> Iterator[Node]:
        """The platforms of a wheel, as coarsely as uv looks at them; one it does not know is everywhere."""
        equals, both = self._algebra.equals, self._algebra.both
        system = next((names for pattern, names in _SYSTEMS if all(map(pattern.fullmatch, wheel.platforms))), None)
        if system is None:
            yield self._algebra.negate(FALSE)
            return
        family = next((names for pattern, names in _FAMILIES if all(map(pattern.fullmatch, wheel.platforms))), None)
        here = both(equals("os_name", system[0]), equals("sys_platform", system[1]))
        if family is None:
            yield here
            return
        machines = (*family, *_ARM) if system[1] == "win32" and family == _X86_64 else family
        yield from (both(here, equals("platform_machine", machine)) for machine in machines)
