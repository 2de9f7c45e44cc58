"""The line that tells why a program failed, and the end of programs that are no longer wanted."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from backtrail.index.build.processes import ProcessError, Processes, telling_line


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", ""),
        ("one\ntwo\n\n", "two"),
        ("Traceback (most recent call last):\n  File x\n    f()\nValueError: no\nnote: more\n", "ValueError: no"),
        ("  Traceback (most recent call last):\n    File x\n  a.b.Broken: yes\n", "a.b.Broken: yes"),
        ("Traceback (most recent call last):\n  File x\n", "File x"),
        ("error: command 'gcc' failed\nsee the log\n", "error: command 'gcc' failed"),
        ("\x1b[31mERROR\x1b[0m: red\nend", "ERROR: red"),
        ("x" * 1000, "x" * 300),
        ("This is deprecated\ndo that\nMore is at\nhttps://example.org/why\n", "This is deprecated"),
        ("see https://example.org first\nno compiler\n", "no compiler"),
    ],
)
def test_the_telling_line(output: str, line: str) -> None:
    assert telling_line(output) == line


def test_what_runs_is_stopped_and_nothing_starts_any_more(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    said: list[str] = []

    def run(code: str) -> None:
        with pytest.raises(ProcessError) as raised:
            processes.run([sys.executable, "-c", code], cwd=None, environ=os.environ, deadline=time.monotonic() + 600)
        said.append(raised.value.line)

    marker = tmp_path / "runs"
    sleeper = f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(600)"
    thread = threading.Thread(target=run, args=[sleeper])
    thread.start()
    while not marker.exists():
        time.sleep(0.01)
    processes.kill()
    thread.join()
    run("pass")
    assert said == ["it was stopped"] * 2
