"""The line that tells why a program failed."""

import pytest

from backtrail.index.processes import telling_line


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
    ],
)
def test_the_telling_line(output: str, line: str) -> None:
    assert telling_line(output) == line
