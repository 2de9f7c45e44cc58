"""Our engines beside the real tools on the same worlds: outcome, pins, and the order of attempts."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from support.loopback import Loopback
from support.real_pip import PipAnswer, RealPip, advertises
from support.real_uv import Outcome, RealUv, UvAnswer
from support.worlds import World

JOBS = 2  # runs of a real tool at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class OurAnswer:
    """What our engine decided.

    `attempts` are project and version wherever uv would print `Selecting:`, or pip prepares a file.
    """

    outcome: Outcome
    pins: dict[str, str]
    attempts: Sequence[tuple[str, str]]


class SolveWorld(Protocol):
    """Our engine as the comparison sees it; `profile` is a version of the tool."""

    def __call__(self, world: World, profile: str) -> OurAnswer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two answers to one question."""

    world: World
    real: UvAnswer | PipAnswer
    ours: OurAnswer

    @property
    def same_pins(self) -> bool:
        return (self.ours.outcome, self.ours.pins) == (self.real.outcome, self.real.pins)

    @property
    def same_attempts(self) -> bool:
        return list(self.ours.attempts) == self.real.attempts

    def difference(self) -> str:
        """Return in a few lines where the two part; "" if they do not."""
        if self.same_pins and self.same_attempts:
            return ""
        lines = [f"{self.world.name}: {' | '.join(self.world.question.requirements)}"]
        if self.ours.outcome is not self.real.outcome:
            lines.append(f"  outcome: real {self.real.outcome.value}, ours {self.ours.outcome.value}")
        lines += [
            f"  {name}: real {self.real.pins.get(name)}, ours {self.ours.pins.get(name)}"
            for name in sorted(self.real.pins.keys() | self.ours.pins.keys())
            if self.real.pins.get(name) != self.ours.pins.get(name)
        ]
        for place, (real, ours) in enumerate(zip_longest(self.real.attempts, self.ours.attempts)):
            if real != ours:
                before = " ".join("==".join(attempt) for attempt in self.real.attempts[max(0, place - 4) : place])
                lines.append(f"  attempt {place + 1}: real {_said(real)}, ours {_said(ours)}, after: {before}")
                break
        return "\n".join(lines)


def real_answers(worlds: Sequence[World], uv: RealUv, *, core_metadata: bool = True) -> list[UvAnswer]:
    """Return what the real uv answers to each world, all served by one loopback index."""
    with Loopback() as loopback, ThreadPoolExecutor(JOBS) as pool:
        urls = [loopback.mount(world, f"/w{place}", core_metadata=core_metadata) for place, world in enumerate(worlds)]
        return list(pool.map(uv.resolve, worlds, urls))


def compare(worlds: Sequence[World], uv: RealUv, solve_world: SolveWorld) -> list[Comparison]:
    """Return the comparison of our engine and the real uv for each world."""
    return [
        Comparison(world=world, real=real, ours=solve_world(world, uv.version))
        for world, real in zip(worlds, real_answers(worlds, uv), strict=True)
    ]


def compare_with_pip(worlds: Sequence[World], pip: RealPip, solve_world: SolveWorld) -> list[Comparison]:
    """Return the comparison of our engine and the real pip for each world."""
    prefixes = [f"/w{place}" for place in range(len(worlds))]
    with Loopback() as loopback, ThreadPoolExecutor(JOBS) as pool:
        for world, prefix in zip(worlds, prefixes, strict=True):
            loopback.mount(world, prefix, core_metadata=advertises(pip.version, world))
        answers = pool.map(lambda world, prefix: pip.install(world, loopback, prefix), worlds, prefixes)
        return [
            Comparison(world=world, real=real, ours=solve_world(world, pip.version))
            for world, real in zip(worlds, answers, strict=True)
        ]


def _said(attempt: tuple[str, str] | None) -> str:
    return "nothing more" if attempt is None else "==".join(attempt)
