"""What a Python says of itself: PEP 508 markers, what wheel tags are made of, its folders. Standard library only.

Called in this process for the running interpreter, and run as a script by another, of whatever version
(so annotations are strings); it prints JSON.
"""

import os
import platform
import sys
import sysconfig


def facts() -> "dict[str, object]":
    """Everything that markers (PEP 508) and tags (PEP 425, 600, 656) are computed from, as JSON values."""
    implementation = sys.implementation.version
    full = "{}.{}.{}".format(*implementation[:3])
    if implementation.releaselevel != "final":
        full += implementation.releaselevel[0] + str(implementation.serial)
    return {
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": full,
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
        "platform": sysconfig.get_platform(),
        "is_32bit": sys.maxsize <= 2**32,
        "libc": _libc(),
        "macos": _macos(),
        "abi": sysconfig.get_config_var("EXT_SUFFIX") or "",
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "debug": bool(sysconfig.get_config_var("Py_DEBUG")) or hasattr(sys, "gettotalrefcount"),
        "prefix": sys.prefix,
        "executable": sys.executable,
    }


def folders() -> "dict[str, object]":
    """Where packages are installed, and where this Python looks for them, in that order; no archives among them."""
    return {
        "site": [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")],
        "path": [place for place in sys.path if os.path.isdir(place)],  # noqa: PTH112
    }


def _libc() -> "list[object] | None":
    """``["glibc", 2, 36]``, ``["musl", 1, 2]`` or None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        found = ""
    if found.startswith("glibc "):
        return ["glibc"] + [int(part) for part in found[6:].split(".")[:2]]
    return _musl()


def _musl() -> "list[object] | None":
    import glob
    import re
    import subprocess

    for loader in glob.glob("/lib/ld-musl-*.so.1"):  # noqa: PTH207
        said = subprocess.run([loader], stderr=subprocess.PIPE, check=False).stderr  # noqa: S603  the system's own
        version = re.search(rb"Version (\d+)\.(\d+)", said)
        if version is not None:
            return ["musl", int(version.group(1)), int(version.group(2))]
    return None


def _macos() -> "list[int] | None":
    if sys.platform != "darwin":
        return None
    version = platform.mac_ver()[0]
    if version == "10.16":  # what a Python built for older systems gets from newer ones
        import subprocess

        version = subprocess.check_output(
            ["/usr/bin/sw_vers", "-productVersion"],
            env={"SYSTEM_VERSION_COMPAT": "0"},
        ).decode("ascii")
    return [int(part) for part in version.split(".")[:2]]


if __name__ == "__main__":
    import json

    answer = facts()
    answer.update(folders())
    sys.stdout.write(json.dumps(answer))
