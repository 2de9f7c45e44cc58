"""Files, targets and settings for tests of admission: what one project's page offers."""

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from backtrail.model.files import File, FileKind
from backtrail.model.policy import Policy
from backtrail.model.target import Target

UV = Policy(tool="uv", release="0.13.9")
OLD_UV = Policy(tool="uv", release="0.4.18")
PIP = Policy(tool="pip", release="26.3")

PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64")


def target(python: str = "3.11.4", *, free_threaded: bool = False) -> Target:
    """CPython on Linux x86-64 with glibc 2.28, tags in uv's order."""
    minor = int(python.split(".")[1])
    own = f"cp3{minor}"
    tags = [f"{own}-{own}{'t' if free_threaded else ''}-{platform}" for platform in PLATFORMS]
    for below in range(minor, 1, -1):
        tags += [f"cp3{below}-abi3{'t' if free_threaded else ''}-{platform}" for platform in PLATFORMS]
    tags += [f"{own}-none-{platform}" for platform in PLATFORMS]
    tags += [f"py3-none-{platform}" for platform in PLATFORMS]
    tags += [f"{own}-none-any", f"py3{minor}-none-any", "py3-none-any"]
    tags += [f"py3{below}-none-any" for below in range(minor - 1, -1, -1)]
    markers = {
        "python_version": f"3.{minor}",
        "python_full_version": python,
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return Target(python=python, markers=markers, tags=tuple(tags), platform="Linux x86_64", origin="test")


def file(
    filename: str,
    *,
    requires_python: str | None = None,
    uploaded: str | None = "2024-01-01T00:00:00Z",
    yanked: str | None = None,
    hashes: dict[str, str] | None = None,
    index: str = "https://index.example/simple",
) -> File:
    """One file, its version and kind read from its name."""
    wheel = filename.endswith(".whl")
    if wheel:
        version = str(parse_wheel_filename(filename)[1])
    elif filename.endswith((".tar.gz", ".zip")):
        version = str(parse_sdist_filename(filename)[1])
    else:
        version = filename.split("-")[1].partition(".tar")[0]
    return File(
        filename=filename,
        url=f"{index}/files/{filename}",
        version=version,
        kind=FileKind.WHEEL if wheel else FileKind.SDIST,
        index=index,
        hashes=hashes or {},
        requires_python=requires_python,
        uploaded=uploaded,
        yanked=yanked,
    )
