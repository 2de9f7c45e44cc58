"""In which order a resolver asks the indexes: uv the default last, pip first."""

from backtrail.model.policy import Policy
from backtrail.model.question import Indexes


def index_order(indexes: Indexes, policy: Policy) -> tuple[str, ...]:
    """The URLs, each once."""
    default = () if indexes.default is None else (indexes.default,)
    order = (*indexes.extra, *default) if policy.tool == "uv" else (*default, *indexes.extra)
    return tuple(dict.fromkeys(order))
