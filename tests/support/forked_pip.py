"""A pip that is started once and forks for every command line: a script, run by the Python that has this pip.

It reads one JSON object a line, `{"arguments": […], "folder": …, "environment": {…}, "seconds": …}`, and answers with
the exit status in a line, negative for a signal. What pip prints is in the folder, as `stdout` and `stderr`.
"""

import json
import os
import runpy
import signal
import sys
import traceback
from importlib import import_module
from typing import Any

MODULES = (
    "pip._internal.cli.main", "pip._internal.commands.install", "pip._internal.commands.download",
    "pip._internal.resolution.resolvelib.resolver", "pip._internal.metadata.importlib", "pip._vendor.rich.console",
    "pip._vendor.rich.logging",
)  # fmt: skip
"""What a run imports one after another, and most of its time."""


def forked(asked: dict[str, Any]) -> int:
    """The status of one command line, run in a process of its own."""
    child = os.fork()
    if child == 0:
        become_pip(asked)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def become_pip(asked: dict[str, Any]) -> None:
    """Be `python -m pip` from here on, and never come back."""
    status: Any = 1
    try:
        signal.alarm(asked["seconds"])
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        for descriptor, name in enumerate((os.devnull, "stdout", "stderr")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
        sys.path[0] = asked["folder"]
        sys.argv = ["pip", *asked["arguments"]]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:  # noqa: BLE001  whatever it is, it must not go on as the parent
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)


def main() -> None:
    sys.path[0] = ""
    for name in MODULES:
        try:
            import_module(name)
        except ImportError:  # not in every release
            continue
    for line in sys.stdin:
        sys.stdout.write(f"{forked(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
