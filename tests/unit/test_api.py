"""The public names: there, documented, and not loaded before they are asked for."""

import doctest
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import backtrail
from backtrail.cli import run
from backtrail.explain.catalogue import ROWS
from support.recorded import seed_asked

# A whole real set goes over the same lines thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

ROOT = Path(__file__).parents[2]
SEED = str(Path(__file__).parents[2] / "fixtures" / "seed" / "seed.backtrail")
PAGE = ROOT / "docs" / "api.md"


def test_what_is_exported_is_what_is_listed() -> None:
    assert dir(backtrail) == sorted([*backtrail.__all__, "__version__"])
    for name in backtrail.__all__:
        assert getattr(backtrail, name).__name__.rpartition(".")[2] == (name if name != "details" else "finding")
        assert f"`{name}" in PAGE.read_text(encoding="utf-8")


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="resolve"):
        backtrail.resolve  # noqa: B018


def test_every_detail_is_named_like_its_kind() -> None:
    for row in ROWS:
        assert getattr(backtrail.details, row.kind.title().replace("-", "")) is row.detail


def test_the_version_is_that_of_the_program() -> None:
    assert backtrail.__version__ == metadata.version("backtrail")


@pytest.mark.parametrize(
    "ask",
    [
        lambda text: backtrail.Ask(command="why", requirements=text),
        lambda text: backtrail.Ask(command="why", files=text),
        lambda text: backtrail.Flags(extra_index_url=text),
        lambda text: backtrail.replay(SEED, anonymize=text),
        lambda text: backtrail.shrink(SEED, "outcome", resolvers=text),
    ],
)
def test_one_text_is_no_list_of_texts(ask: Callable[[str], object]) -> None:
    with pytest.raises(TypeError, match=r"^\w+: \w+ is a list of texts, and 'torch' is one: write \w+=\['torch'\]$"):
        ask("torch")


def test_a_command_that_asks_no_question_is_refused() -> None:
    ask = backtrail.Ask(command="rm", requirements=("torch",))
    with pytest.raises(backtrail.BacktrailError, match="'rm' is not a command that asks a question"):
        backtrail.inquire(ask, environ={}, now=datetime.now(timezone.utc))


def test_to_compare_is_a_question_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("backtrail.inquiry.inquire", lambda ask, **_: asked.append(ask.command))
    backtrail.compare(backtrail.Ask(command="why", requirements=("a",)), environ={}, now=datetime.now(timezone.utc))
    assert asked == ["compare"]


def test_a_report_is_the_same_from_python_and_from_the_shell(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    seed = seed_asked(tmp_path, budget=3)
    answered = backtrail.replay(seed)
    report = answered.report
    forms = {"text": backtrail.to_text, "markdown": backtrail.to_markdown, "html": backtrail.to_html}
    for form, written in forms.items():
        assert run(["replay", seed, "--format", form]) == 0
        assert capsysbinary.readouterr().out.decode() == written(report)
    for shown in (answered, report):
        assert shown._repr_html_() == backtrail.to_html(report)


def test_two_recordings_differ_by_nothing_from_themselves() -> None:
    assert [one.changes for one in backtrail.diff(SEED, SEED).differences] == [(), (), ()]


def test_importing_loads_nothing_else() -> None:
    loaded = "import sys; import backtrail; print([name for name in sys.modules if name.startswith('backtrail.')])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_examples_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples: Any = doctest.DocTestParser().get_doctest(PAGE.read_text(encoding="utf-8"), {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) >= 5
    assert doctest.DocTestRunner().run(examples).failed == 0
