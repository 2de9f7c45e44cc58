"""The releases of uv."""

from backtrail.resolvers.measured import MEASURED
from backtrail.resolvers.release_history import ReleaseHistory

HISTORY = ReleaseHistory(
    "uv",
    {
        "0.4": 30, "0.5": 31, "0.6": 17, "0.7": 22, "0.8": 24, "0.9": 30, "0.10": 12, "0.11": 33, "0.12": 24, "0.13": 9,
    },
    MEASURED["uv"],
    universal=frozenset({"0.13.9"}),
)  # fmt: skip
