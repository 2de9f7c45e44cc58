"""Many runs of one pip without starting it each time."""

import json
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.real_pip import TIMEOUT, Ran

SCRIPT = Path(__file__).with_name("forked_pip.py")


class Forks:
    """Starts each pip once, and forks for every run: the same answers in a quarter of the time. Not on Windows.

    Each thread has its own, of each hash seed. They end with the `with` block.
    """

    def __init__(self) -> None:
        self._mine = threading.local()
        self._servers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Forks":  # noqa: PYI034 - typing.Self came with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.communicate()  # the end of its input is its own

    def __call__(self, python: Path, given: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Ran:
        server = self._server(python, variables)
        assert server.stdin is not None
        assert server.stdout is not None
        asked = {"arguments": given, "folder": str(folder), "environment": dict(variables), "seconds": TIMEOUT}
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        if status == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(list(given), TIMEOUT)
        return Ran(status, *((folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr")))

    def _server(self, python: Path, variables: Mapping[str, str]) -> "subprocess.Popen[str]":
        known: dict[tuple[Path, str], subprocess.Popen[str]] = self._mine.__dict__.setdefault("known", {})
        key = python, variables["PYTHONHASHSEED"]
        if key not in known:
            known[key] = subprocess.Popen(
                [str(python), str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env=dict(variables),
            )
            self._servers.append(known[key])
        return known[key]
