"""Which releases were measured beside the real tool: written by ``benchmarks/releases.py --measure``, not by hand."""

from typing import NamedTuple


class Measured(NamedTuple):
    """On which day so many random worlds were asked, and in how many outcome and pins were alike."""

    day: str
    worlds: int
    alike: int


MEASURED: dict[str, dict[str, Measured]] = {
    "uv": {},
    "pip": {},
}
