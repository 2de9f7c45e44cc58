"""Cut-offs as settings say them: for all projects and for single ones."""

from datetime import datetime
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.inputs.given import Given, refused
from backtrail.inputs.moments import cutoff, span


class CutOffs(NamedTuple):
    """The cut-off of all projects, those of single ones, and how long ago those were said to be, as in ``Options``."""

    whole: str | None
    single: tuple[tuple[NormalizedName, str], ...]
    spans: tuple[tuple[str, str], ...]


def settle_cut_offs(given: Given, now: datetime) -> CutOffs:
    """Decide the cut-offs, as the tool weighs what is said. Raises InputError."""
    whole, said = None, given.one("exclude-newer", "uploaded-prior-to")
    spans: dict[str, str | None] = {}
    if said is not None:
        whole, spans[""] = cutoff(said.value, now, end_of_day=said.name == "exclude-newer"), span(said.value)
        if whole is None:
            raise refused(
                said, "is not a moment (2024-10-07T21:46:00Z), a date (2024-10-07) or a duration (P7D, 7 days)"
            )
    single: dict[NormalizedName, str] = {}
    for name, (setting, text) in given.by_project("exclude-newer-package").items():
        moment = "" if text.strip().lower() == "false" else cutoff(text, now)
        if moment is None:
            raise refused(setting, "is not NAME=MOMENT (numpy=2024-10-07), or NAME=false")
        single[name], spans[name] = moment, span(text)
    return CutOffs(whole, tuple(single.items()), tuple((name, one) for name, one in spans.items() if one is not None))
