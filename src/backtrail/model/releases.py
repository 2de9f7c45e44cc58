"""The releases of uv and pip: which there are, and which were measured beside the real tool and found exact."""

from functools import cache

from packaging.version import Version

from backtrail.model.measured import MEASURED

LEAST_WORLDS = 400
"""So many random worlds have to be answered alike, all of them, before a release is called exact."""

_LAST = {
    "uv": {
        "0.4": 30, "0.5": 31, "0.6": 17, "0.7": 22, "0.8": 24, "0.9": 30, "0.10": 12, "0.11": 33, "0.12": 24, "0.13": 9,
    },
    "pip": {
        "22.0": 4, "22.1": 2, "22.2": 2, "22.3": 1, "23.0": 1, "23.1": 2, "23.2": 1, "23.3": 2, "24.0": 0, "24.1": 2,
        "24.2": 0, "24.3": 1, "25.0": 1, "25.1": 1, "25.2": 0, "25.3": 0, "26.0": 1, "26.1": 2, "26.2": 1, "26.3": 0,
    },
}  # fmt: skip
"""The last patch release of each series, from the oldest reproduced on. uv counts from ``.0``; pip leaves that out."""

TOOLS = tuple(_LAST)
"""The tools that are reproduced."""


@cache
def released(tool: str) -> tuple[str, ...]:
    """Every release known of a tool, the oldest first."""
    return tuple(
        series if tool == "pip" and not patch else f"{series}.{patch}"
        for series, last in _LAST[tool].items()
        for patch in range(last + 1)
    )


def oldest(tool: str) -> str:
    """The first release that is reproduced."""
    return released(tool)[0]


def newest(tool: str) -> str:
    """The newest release known: what the tool's bare name means, and as which a newer one is answered."""
    return released(tool)[-1]


def is_newer(tool: str, release: str) -> bool:
    """Whether nothing is known yet of a release, since it is newer than all that are."""
    return Version(release) > Version(newest(tool))


def is_exact(tool: str, release: str) -> bool:
    """Whether the release was measured beside the real tool without a difference."""
    measured = MEASURED[tool].get(release)
    return measured is not None and measured.alike == measured.worlds >= LEAST_WORLDS
