"""Sets that nothing is wrong with: the answer is calm and ends after four lines at most."""

from pathlib import Path

import pytest

from backtrail.cli import run

# A whole real set goes over the same lines thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted


@pytest.mark.live
@pytest.mark.parametrize(
    "asked",
    [
        "fastapi sqlalchemy pydantic",
        "django celery",
        "pandas scikit-learn matplotlib",
        "jupyterlab",
        "black ruff mypy pytest",
    ],
)
def test_a_healthy_set_is_answered_in_four_lines(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    then = ["--exclude-newer", "2026-11-01", "--python", "3.13", "--python-platform", "linux"]
    assert run(["explain-backtrack", "--isolated", "--resolver", "both", *then, *asked.split()]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) <= 4, said
    assert not any("BT1" in line for line in said)
