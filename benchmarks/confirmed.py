"""Asks the real uv or pip whether the causes and the fixes that we show hold.

    python benchmarks/confirmed.py [TRUTH] [--tool uv-0.13.9] [--pythons DIR] [--most 4] [--only CASE]

TRUTH and DIR are as for fidelity.py: recorded requirement sets, or without TRUTH the questions of `questions.toml` that
ask PyPI alone. PyPI is read by both sides; of each case at most ``--most`` causes and as many
fixes are asked. *Forced* holds if the newest release is impossible as things are, possible without the facts that are
named, and impossible again while any one of them stands: lines are struck, options set, and an index on loopback says
otherwise what pages or metadata say. *Chosen* holds if the newer release moves just the pins that are named, a fix if
it gives just the pins that are stated.
"""

import argparse
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import real_tools
from changed_index import index_of
from fidelity import YEARS, Job, asked, recorded, written_here
from packaging.utils import NormalizedName

from backtrail.explain.causes.lifting import without
from backtrail.explain.remedies.proposals import made, opted
from backtrail.index.cache import Cache, default_folder
from backtrail.inquiry import Asked, Inquiry, answer, live_source
from backtrail.model.finding import Amendment, HeldBack, Obstacle, ObstacleKind, Remedy, RemedyKind, RemedyResult
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Origin, Requirement, parse_requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.sources.lifted import OF_FILES, OF_METADATA

_EACH = 3
"""Facts of one cause that are put back one by one, at most."""

_NO_ANSWER = "no answer"
_BUILD_FAILED = (
    "Failed to build",
    "Failed to download and build",
    "subprocess-exited-with-error",
    "metadata-generation-failed",
)
"""What the tools say when a build failed, which says more of this computer than of the question."""


@dataclass(frozen=True)
class Step:
    """A question for the real tool, about the world of ``source`` where ``changed`` projects differ from PyPI.

    ``pins`` are expected, all of them if ``exact``; None: no solution.
    """

    question: Question
    python: str
    pins: Mapping[str, str] | None
    exact: bool = False
    source: Source | None = None
    changed: frozenset[NormalizedName] = frozenset()


@dataclass(frozen=True)
class Claim:
    """Something that a report says, and what would confirm it. No steps: the real tool cannot be asked."""

    kind: str
    label: str
    steps: tuple[Step, ...]


# Claims


def forced(
    run: Run, question: Question, policy: Policy, name: NormalizedName, detail: HeldBack, source: Source
) -> Claim:
    here = question.target.python
    goal = _line(f"{name}>={detail.newest},<={detail.newest}")
    aimed = msgspec.structs.replace(question, requirements=(goal, *question.requirements))

    def lifted(rest: tuple[Obstacle, ...], pins: Mapping[str, str] | None) -> Step:
        changed = frozenset(
            name for one in rest for name in (one.by if one.kind is ObstacleKind.REQUIREMENT else one.project,)
            if name is not None and (one.kind in OF_FILES | OF_METADATA or one.kind is ObstacleKind.REQUIREMENT)
        )  # fmt: skip
        asked_then, world = without(aimed, policy, source, rest)
        return Step(asked_then, here, pins, source=world if changed else None, changed=changed)

    facts = detail.because
    label = f"{name} {detail.chosen} because of {', '.join(_named(one) for one in facts)}"
    if run.pin(name) is None or any(one.kind in _UNASKABLE for one in facts):
        return Claim("forced", label, ())
    needed = [lifted(tuple(rest), None) for rest in itertools.combinations(facts, len(facts) - 1)][:_EACH]
    steps = (Step(aimed, here, None), lifted(facts, {name: detail.newest}))
    return Claim("forced", label, (*steps, *(needed if len(facts) > 1 else ())))


_UNASKABLE = frozenset({ObstacleKind.UNBUILT, ObstacleKind.UNREADABLE, ObstacleKind.FIRST_INDEX})


def chosen(run: Run, question: Question, name: NormalizedName, detail: HeldBack) -> Claim:
    assert detail.alternative is not None
    then = detail.alternative[name][1]
    goal = f"{name}=={then}" if then == detail.newest else f"{name}>{detail.chosen}"
    aimed = msgspec.structs.replace(question, requirements=(*question.requirements, _line(goal)))
    pins = _moved(run, detail.alternative)
    return Claim(
        "chosen", f"{name} {detail.chosen} although {then}", (Step(aimed, question.target.python, pins, exact=True),)
    )


def fix(run: Run, question: Question, remedy: Remedy) -> Claim:
    changes = (Amendment(kind=remedy.kind, change=remedy.change, of=remedy.of), *remedy.also)
    label = " and ".join(f"{one.kind.value} {one.change}" for one in changes)
    asked_then, python = question, question.target.python
    for one in changes:
        if one.kind is RemedyKind.PYTHON:
            python = one.change
            continue
        policy = one.kind is RemedyKind.POLICY
        change = opted(asked_then, one.change) if policy else made(asked_then, one.kind, one.change, one.of)
        if change is None:
            return Claim("fix", label, ())
        asked_then = change.question
    return Claim("fix", label, (Step(asked_then, python, _moved(run, remedy.pins_changed), exact=True),))


def claims(job: Job, question: Question, source: Source, most: int) -> Iterator[Claim]:
    """What a report says of one case, each thing once."""
    policy = asked(job)[1]
    inquiry = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=24)
    report = answer(inquiry, source)
    run = report.runs[0]
    held = [(one.subject, one.detail) for one in report.findings if isinstance(one.detail, HeldBack)]
    causes = [(name, detail) for name, detail in held if name and (detail.because or detail.alternative)]
    for name, detail in causes[:most]:
        yield (
            forced(run, question, policy, name, detail, source)
            if detail.because
            else chosen(run, question, name, detail)
        )
    remedies = [one for found in report.findings for one in found.remedies if one.result is RemedyResult.VERIFIED]
    unique = {(one.kind, one.change, one.of): one for one in remedies}
    yield from [fix(run, question, one) for one in unique.values()][:most]


def _named(one: Obstacle) -> str:
    return f"{one.kind.value} {one.by or ''} {one.text or one.project}"


def _moved(run: Run, moved: Mapping[str, tuple[str | None, str | None]]) -> dict[str, str]:
    after = {pin.name: pin.version for pin in run.pins} | {name: new for name, (_, new) in moved.items()}
    return {name: version for name, version in after.items() if version is not None}


def _line(text: str) -> Requirement:
    return msgspec.structs.replace(parse_requirement(text), origin=Origin())


# The real tool


@dataclass
class Asker:
    """Asks the real tool, each question about PyPI itself once."""

    job: Job
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def fails(self, step: Step) -> str | None:
        """What is otherwise than expected, None if nothing is."""
        with index_of(step.source, step.changed) as url:
            real = self._ask(_case(step, self.job, url))
        if real["outcome"] not in ("resolved", "failed"):
            return f"{_NO_ANSWER}: {real['outcome']}"
        if any(words in real.get("said", "") for words in _BUILD_FAILED):
            return f"{_NO_ANSWER}: a build failed here"
        if "does not support python" in real.get("said", ""):
            return f"{_NO_ANSWER}: this pip does not run on Python {step.python}"
        if step.pins is None:
            return None if real["outcome"] == "failed" else f"solved: {_few(real['pins'])}"
        if real["outcome"] == "failed":
            return f"failed: {real.get('said', '').strip()[-300:]}"
        names = {*step.pins, *real["pins"]} if step.exact else {*step.pins}
        off = [f"{name} {step.pins.get(name)} is {real['pins'].get(name)}" for name in sorted(names)
               if step.pins.get(name) != real["pins"].get(name)]  # fmt: skip
        return ", ".join(off[:8]) or None

    def _ask(self, case: dict[str, Any]) -> dict[str, Any]:
        key = json.dumps(case, sort_keys=True)
        if key not in self.known:
            self.known[key] = real_tools.ask(self.job.tool, self.job.release, case, self.job.pythons)
        return self.known[key]


def _few(pins: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in list(pins.items())[:4])


def _case(step: Step, job: Job, url: str | None) -> dict[str, Any]:
    question, options = step.question, step.question.options
    lists = {
        "requirements": [one.text for one in question.requirements],
        "constraints": [one.text for one in question.constraints],
        "overrides": [one.text for one in question.overrides],
        "only_binary": sorted(options.formats.only_binary),
        "no_binary": sorted(options.formats.no_binary),
    }
    named = {
        "cutoff": options.exclude_newer or job.case.get("cutoff"),
        "prerelease": options.prerelease,
        "resolution": options.resolution,
        "index": url,
    }
    python = ".".join(step.python.split(".")[:2])
    values = {name: value for name, value in {**lists, **named}.items() if value}
    return {"python": python, "requirements": [], **values}


_ELSEWHERE = frozenset({"local-wheels", "index", "extra_index", "index_strategy"})


def written(args: argparse.Namespace) -> Iterator[Job]:
    """The questions that ask PyPI alone, for the Python that real pip runs on."""
    for job in written_here(args):
        here = real_tools.interpreter(job.python, job.pythons) if job.tool == "pip" else job.python
        if here is not None and _ELSEWHERE.isdisjoint(job.case):
            yield replace(job, python=here)


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask the real tools whether what reports say holds.")
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("--tool", default="uv-0.13.9")
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--most", type=int, default=4)
    parser.add_argument("--only")
    args = parser.parse_args(namespace=argparse.Namespace(build_sdists=False))
    count: Counter[tuple[str, str]] = Counter()
    for job in recorded(args) if args.truth else written(args):
        question, policy = asked(job)
        asker = Asker(job)
        with live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source:
            for claim in claims(job, question, source, args.most):
                wrong = next((f"step {number}: {said}" for number, step in enumerate(claim.steps, start=1)
                              if (said := asker.fails(step)) is not None), None)  # fmt: skip
                unasked = not claim.steps or (wrong is not None and _NO_ANSWER in wrong)
                said = "cannot be asked" if unasked else "confirmed" if wrong is None else "DIFF"
                count[claim.kind, said] += 1
                print(said, claim.kind, job.name, claim.label, wrong or "", flush=True)
    for (kind, said), number in sorted(count.items()):
        print(f"{kind}: {number} {said}")


if __name__ == "__main__":
    main()
