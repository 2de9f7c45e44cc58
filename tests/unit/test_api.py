"""The public names: there, documented, and not loaded before they are asked for."""

import doctest
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import backtrail

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "api.md"


def test_what_is_exported_is_what_is_listed() -> None:
    assert dir(backtrail) == sorted(backtrail.__all__)
    for name in backtrail.__all__:
        assert getattr(backtrail, name).__name__ == name
        assert f"`{name}" in PAGE.read_text(encoding="utf-8")


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="resolve"):
        backtrail.resolve  # noqa: B018


def test_importing_loads_nothing_else() -> None:
    loaded = "import sys; import backtrail; print([name for name in sys.modules if name.startswith('backtrail.')])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_examples_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples: Any = doctest.DocTestParser().get_doctest(PAGE.read_text(encoding="utf-8"), {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) >= 5
    assert doctest.DocTestRunner().run(examples).failed == 0
