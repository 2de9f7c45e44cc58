"""Platforms by name (`--python-platform`): what their markers say and which platform tags they accept, best first."""

from collections.abc import Iterator, Mapping

from packaging.tags import android_platforms, ios_platforms, mac_platforms

from backtrail.model.errors import InputError
from backtrail.model.record import Record

MACOS, WINDOWS, LINUX = "Darwin", "Windows", "Linux"


class TargetRules(Record, frozen=True, kw_only=True):
    """What a resolver's release makes of a Python and a platform. The defaults are those of today's releases.

    ``resolver`` is how a refusal names it, ``oldest_python`` the first Python that it does not refuse (None: it refuses
    none). ``stable_threaded``: ``abi3t`` is a tag of free-threaded Pythons (PEP 803). ``bare_linux_first``: the bare
    ``linux_*`` tag is the best of a platform, not the last. ``musl_upwards_from``: from which musl 1.x on the tags are
    in the wrong order, behind the bare one (None: they are in the right one). ``misspells_fat3``: one of the formats of
    old Macs is spelled ``fat32``, so that no wheel of it fits. ``glibc`` is the minor version that ``linux`` means,
    ``windows_machine`` the machine of 64-bit Windows, ``macos`` the version that ``macos`` means.
    """

    resolver: str = "this resolver"
    oldest_python: tuple[int, int] | None = None
    stable_threaded: bool = True
    bare_linux_first: bool = True
    musl_upwards_from: int | None = None
    misspells_fat3: bool = False
    glibc: int = 28
    windows_machine: str = "AMD64"
    macos: tuple[int, int] = (13, 0)


class Platform(Record, frozen=True, kw_only=True):
    """An operating system on a machine. ``family`` says which rules make its tags, ``version`` up to which one.

    Families: ``glibc``, ``musl``, ``macos``, ``android`` (API level, 0), ``ios``, ``pyodide``, and ``plain``, whose one
    tag is ``arch``. ``release`` and ``build`` are the markers platform_release and platform_version.
    """

    system: str
    sys_platform: str
    os_name: str
    machine: str
    family: str
    arch: str
    version: tuple[int, int] = (0, 0)
    release: str = ""
    build: str = ""

    @property
    def markers(self) -> Mapping[str, str]:
        """The part of the PEP 508 environment that a platform decides."""
        return {
            "os_name": self.os_name,
            "sys_platform": self.sys_platform,
            "platform_system": self.system,
            "platform_machine": self.machine,
            "platform_release": self.release,
            "platform_version": self.build,
        }

    @property
    def words(self) -> str:
        """The platform as a person would say it: ``Linux x86_64 (glibc 2.36)``, ``macOS 13.0 arm64``."""
        major, minor = self.version
        match self.family:
            case "glibc" | "musl":
                return f"Linux {self.machine} ({self.family} {major}.{minor})"
            case "macos":
                return f"macOS {major}.{minor} {self.machine}"
            case "ios":
                return f"iOS {major}.{minor} {self.machine}"
            case "android":
                return f"Android {self.machine} (API {major})"
            case "pyodide":
                return f"Pyodide {major} {self.machine}"
            case _:
                return f"{self.system} {self.machine}"

    def tags(self, rules: TargetRules) -> tuple[str, ...]:
        """Platform tags, best first (PEP 425, 600, 656; docs/uv.md 3.4).

        Where the bare ``linux_*`` tag stands is the resolver's.
        """
        match self.family:
            case "glibc":
                portable = tuple(_manylinux(self.version, self.arch))
            case "musl":
                portable = tuple(_musllinux(self.version, self.arch))
                if rules.musl_upwards_from is not None:
                    known = portable[: len(portable) - rules.musl_upwards_from]
                    return f"linux_{self.arch}", *reversed(known)
            case "macos":
                tags = tuple(mac_platforms(self.version, self.arch))
                return tuple(tag.replace("_fat3", "_fat32") for tag in tags) if rules.misspells_fat3 else tags
            case "android":
                return tuple(android_platforms(self.version[0], self.arch))
            case "ios":
                return tuple(ios_platforms(self.version, self.arch))
            case "pyodide":
                major, minor = self.version
                return f"pyemscripten_{major}_{minor}_{self.arch}", f"pyodide_{major}_{minor}_{self.arch}"
            case _:
                return (self.arch,)
        bare = f"linux_{self.arch}"
        return (bare, *portable) if rules.bare_linux_first else (*portable, bare)


# The oldest glibc 2.x that wheels are defined for (PEP 513, 599, 600); later for later architectures.
_OLDEST_GLIBC = {"x86_64": 5, "i686": 5, "riscv64": 31, "loongarch64": 36}
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


def _manylinux(newest: tuple[int, int], arch: str) -> Iterator[str]:
    major, minor = newest
    for each in range(minor, _OLDEST_GLIBC.get(arch, 17) - 1, -1):
        yield f"manylinux_{major}_{each}_{arch}"
        if each in _LEGACY:
            yield f"{_LEGACY[each]}_{arch}"


def _musllinux(newest: tuple[int, int], arch: str) -> Iterator[str]:
    major, minor = newest
    for each in range(minor, -1, -1):
        yield f"musllinux_{major}_{each}_{arch}"


# uv's names (docs/uv.md 7). The version of a macOS or iOS can be set as for their linkers.
_GNU_TRIPLES = {
    "x86_64-unknown-linux-gnu": "x86_64",
    "aarch64-unknown-linux-gnu": "aarch64",
    "s390x-unknown-linux-gnu": "s390x",
    "powerpc64le-unknown-linux-gnu": "ppc64le",
}
_LATER_GLIBC = {"loongarch64-unknown-linux-gnu": ("loongarch64", 36), "riscv64-unknown-linux": ("riscv64", 39)}
_MANYLINUX_MINORS = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
_WINDOWS = {
    "x86_64-pc-windows-msvc": ("AMD64", "win_amd64"),
    "aarch64-pc-windows-msvc": ("ARM64", "win_arm64"),
    "i686-pc-windows-msvc": ("x86", "win32"),
}
_IOS = {
    "arm64-apple-ios": ("arm64", "arm64_iphoneos"),
    "arm64-apple-ios-simulator": ("arm64", "arm64_iphonesimulator"),
    "x86_64-apple-ios-simulator": ("x86_64", "x86_64_iphonesimulator"),
}
_ANDROID = {"aarch64-linux-android": "arm64_v8a", "x86_64-linux-android": "x86_64"}
_PYODIDE = {"wasm32-pyodide2024": (2024, "3.1.58"), "wasm32-pyodide2025": (2025, "4.0.9")}
_ALIASES = {
    "linux": "x86_64-unknown-linux-gnu",
    "windows": "x86_64-pc-windows-msvc",
    "macos": "aarch64-apple-darwin",
}


def named_platform(
    name: str, rules: TargetRules, environ: Mapping[str, str], *, option: str = "--python-platform"
) -> Platform:
    """The platform that `--python-platform NAME` means in a release; raises InputError for an unknown name.

    ``environ`` may set MACOSX_DEPLOYMENT_TARGET, IPHONEOS_DEPLOYMENT_TARGET and ANDROID_API_LEVEL. pip has no such
    names: with it they mean what they mean in the newest uv.
    """
    known = _ALIASES.get(name, name)
    if known in _GNU_TRIPLES:
        return _linux(_GNU_TRIPLES[known], "glibc", (2, rules.glibc))
    if known in _LATER_GLIBC:
        arch, minor = _LATER_GLIBC[known]
        return _linux(arch, "glibc", (2, minor))
    if known in {"x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"}:
        return _linux(known.partition("-")[0], "musl", (1, 2))
    if known in _MANYLINUX:
        arch, minor = _MANYLINUX[known]
        return _linux(arch, "glibc", (2, minor))
    if known in _WINDOWS:
        machine, tag = _WINDOWS[known]
        machine = rules.windows_machine if machine == "AMD64" else machine
        return Platform(system=WINDOWS, sys_platform="win32", os_name="nt", machine=machine, family="plain", arch=tag)
    if known in {"aarch64-apple-darwin", "x86_64-apple-darwin"}:
        arch = "x86_64" if known.startswith("x86_64") else "arm64"
        version = _version(environ.get("MACOSX_DEPLOYMENT_TARGET", "")) or rules.macos
        return Platform(
            system=MACOS,
            sys_platform="darwin",
            os_name="posix",
            machine=arch,
            family="macos",
            arch=arch,
            version=version,
        )
    if known in _IOS:
        machine, arch = _IOS[known]
        version = _version(environ.get("IPHONEOS_DEPLOYMENT_TARGET", "")) or (13, 0)
        return Platform(
            system="iOS", sys_platform="ios", os_name="posix", machine=machine, family="ios", arch=arch, version=version
        )
    if known in _ANDROID:
        level = environ.get("ANDROID_API_LEVEL", "")
        return Platform(
            system="Android",
            sys_platform="android",
            os_name="posix",
            machine=known.partition("-")[0],
            family="android",
            arch=_ANDROID[known],
            version=(int(level) if level.isdecimal() and len(level) < 9 else 24, 0),
        )
    if known in _PYODIDE:
        year, compiler = _PYODIDE[known]
        return Platform(
            system="Emscripten",
            sys_platform="emscripten",
            os_name="posix",
            machine="wasm32",
            family="pyodide",
            arch="wasm32",
            version=(year, 0),
            release=compiler,
            build="#1",
        )
    raise InputError(
        f"{option} {name!r} is not known: {', '.join(_ALIASES)}, a manylinux_2_28_x86_64, or a triple such as "
        f"{', '.join(_ALIASES.values())}"
    )


def _linux(arch: str, family: str, version: tuple[int, int]) -> Platform:
    return Platform(
        system=LINUX, sys_platform="linux", os_name="posix", machine=arch, family=family, arch=arch, version=version
    )


_MANYLINUX = {
    name: (arch, minor)
    for arch in ("x86_64", "aarch64", "s390x", "ppc64le")
    for minor in _MANYLINUX_MINORS
    for written in ((f"manylinux_2_{minor}", "manylinux2014") if minor == 17 else (f"manylinux_2_{minor}",))
    for name in (f"{arch}-{written}", f"{written}_{arch}")
}


def _version(text: str) -> tuple[int, int] | None:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0] or "0"
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None
