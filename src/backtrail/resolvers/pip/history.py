"""The releases of pip."""

from backtrail.resolvers.measured import MEASURED
from backtrail.resolvers.release_history import ReleaseHistory

HISTORY = ReleaseHistory(
    "pip",
    {
        "22.0": 4, "22.1": 2, "22.2": 2, "22.3": 1, "23.0": 1, "23.1": 2, "23.2": 1, "23.3": 2, "24.0": 0, "24.1": 2,
        "24.2": 0, "24.3": 1, "25.0": 1, "25.1": 1, "25.2": 0, "25.3": 0, "26.0": 1, "26.1": 2, "26.2": 1, "26.3": 0,
    },
    MEASURED["pip"],
    zero=False,
)  # fmt: skip
