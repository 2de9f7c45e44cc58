"""Which files a resolver admits, by every rule that speaks against them, and which of them stands for a version."""

from backtrail.admission.choice import Represented, represent
from backtrail.admission.rules import judge

__all__ = ["Represented", "judge", "represent"]
