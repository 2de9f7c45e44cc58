"""Planned installs beside those of the real tools, in random environments; ``benchmarks/installs.py`` measures more."""

import pytest

from support.installs import differences, real_of


@pytest.mark.likeness
@pytest.mark.parametrize(("release", "seeds"), [("0.13.9", 24), ("0.4.18", 12)])
def test_uv_would_do_the_same_in_an_environment(release: str, seeds: int) -> None:
    real = real_of("uv", release)
    if real is None:
        pytest.skip(f"uv {release} is not installed")
    assert differences("uv", release, real, range(seeds)) == []


@pytest.mark.likeness
def test_pip_would_do_the_same_in_an_environment() -> None:
    real = real_of("pip", "26.3")
    if real is None:
        pytest.skip("pip 26.3 is not installed")
    assert differences("pip", "26.3", real, range(12)) == []
