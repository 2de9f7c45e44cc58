"""Which releases were measured beside the real tool: written by ``benchmarks/releases.py --measure``, not by hand."""

from typing import NamedTuple


class Measured(NamedTuple):
    """On which day so many random worlds were asked, and in how many outcome and pins were alike."""

    day: str
    worlds: int
    alike: int


MEASURED: dict[str, dict[str, Measured]] = {
    "uv": {
        "0.4.0": Measured("2026-11-29", 400, 400),
        "0.4.18": Measured("2026-11-29", 400, 400),
        "0.4.30": Measured("2026-11-29", 400, 400),
        "0.5.0": Measured("2026-11-29", 400, 400),
        "0.5.2": Measured("2026-11-29", 400, 400),
        "0.5.31": Measured("2026-11-29", 400, 400),
        "0.6.17": Measured("2026-11-29", 400, 400),
        "0.7.22": Measured("2026-11-29", 400, 400),
        "0.8.24": Measured("2026-11-29", 400, 400),
        "0.9.30": Measured("2026-11-29", 400, 400),
        "0.10.12": Measured("2026-11-29", 400, 400),
        "0.11.33": Measured("2026-11-29", 400, 400),
        "0.12.24": Measured("2026-11-29", 400, 400),
        "0.13.0": Measured("2026-11-29", 400, 400),
        "0.13.9": Measured("2026-11-29", 400, 400),
    },
    "pip": {
        "22.0.4": Measured("2026-11-29", 400, 400),
        "22.3.1": Measured("2026-11-29", 400, 400),
        "23.0.1": Measured("2026-11-29", 400, 400),
        "23.1.2": Measured("2026-11-29", 400, 400),
        "23.3.2": Measured("2026-11-29", 400, 400),
        "24.0": Measured("2026-11-29", 400, 400),
        "24.2": Measured("2026-11-29", 400, 400),
        "25.0.1": Measured("2026-11-29", 400, 400),
        "25.3": Measured("2026-11-29", 400, 400),
        "26.0.1": Measured("2026-11-29", 400, 400),
        "26.2.1": Measured("2026-11-29", 400, 400),
        "26.3": Measured("2026-11-29", 400, 400),
    },
}
