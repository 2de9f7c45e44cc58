"""The slips uv mends in other people's metadata."""

import pytest
from packaging.specifiers import SpecifierSet

from backtrail import bounds
from backtrail.standards.lenient import lenient_requirement, lenient_specifier


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (">=7.2.0<8.0.0", ">=7.2.0,<8.0.0"),
        ("!=~5.0,>=4.12", "!=5.0.*,>=4.12"),
        (">= 1.9.*", ">=1.9"),
        ("!=3.0*,>=2.7", "!=3.0.*,>=2.7"),
        (">=3.6,", ">=3.6"),
        (">dev", ">0.0.0dev"),
        (">=9.0.0a1.0", ">=9.0.0a1"),
        (">= 2.7'", ">=2.7"),
        (">=3.6.*,<4'", ">=3.6,<4"),
    ],
)
def test_a_slip_is_mended(written: str, meant: str) -> None:
    assert lenient_specifier(written) == SpecifierSet(meant)
    mended = lenient_requirement(f"a {written}")
    assert mended is not None
    assert mended.specifiers == SpecifierSet(meant)
    assert mended.text == f"a {written}"


def test_quotes_of_a_marker_stay() -> None:
    mended = lenient_requirement("a>='1.0'; python_version >= '3.8'")
    assert mended is not None
    assert (mended.specifier, mended.marker) == (">=1.0", 'python_version >= "3.8"')


@pytest.mark.parametrize("text", ["three", ">=x", ">=1." * bounds.REQUIREMENT])
def test_what_cannot_be_mended_is_none(text: str) -> None:
    assert lenient_specifier(text) is None
    assert lenient_requirement(f"a {text}") is None
