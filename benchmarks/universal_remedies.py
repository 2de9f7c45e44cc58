"""Asks the real uv whether the remedies of universal answers do as stated, on recorded requirement sets and projects.

    python benchmarks/universal_remedies.py TRUTH [--pythons DIR] [--only CASE,CASE]

TRUTH and DIR are as for universal.py; nothing is built. Each remedy called verified is made where a user would make it:
in the project, or in the `[tool.uv]` and the options beside the lines. The real uv 0.13.9 of this environment is asked
about it from a loopback index with all that was read for our answer, and so are we from the recording: the outcome, the
forks in order, and every line with its marker have to be the same (of a lock, every package and every edge).
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import msgspec
from fidelity import YEARS, Job
from universal import RELEASE, jobs, universal

from backtrail.cli.commands import BUDGET
from backtrail.index.cache import Cache, default_folder
from backtrail.inputs.locks.uv_lock import read_lock
from backtrail.inquiry import Asked, Inquiry, answer, live_source, resolve
from backtrail.model.finding import Remedy, RemedyKind, RemedyResult
from backtrail.model.lock import Lock
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.universal import Universal
from backtrail.resolvers.uv.universal.question_scope import for_all
from backtrail.sources.case_file import Recorder
from support import worlds
from support.loopback import Loopback
from support.marked_lines import printed, solved_forks
from support.real_uv import RealUv, find_uv
from support.recorded import served

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Facts = tuple[str, tuple[str, ...], tuple[Any, ...]]
"""An outcome, the markers of the forks solved in order, and what was written."""


class Made(NamedTuple):
    """A case with a remedy: the project or the settings with it, and what is asked then."""

    job: Job
    question: Question


def made(job: Job, question: Question, remedy: Remedy) -> Made | None:
    """The case with a remedy; None for one that changes neither the project nor its settings."""
    match remedy.kind:
        case RemedyKind.EXTEND | RemedyKind.REQUIRES_PYTHON if "project" in job.result:
            project = rewritten(job.result["project"], remedy)
            changed = replace(job, result={**job.result, "project": project})
            return Made(changed, universal(changed)[0])
        case RemedyKind.EXTEND:
            environments = tuple(tomllib.loads(remedy.change)["environments"])
            asked = msgspec.structs.replace(question.universal, environments=environments)
            return Made(job, msgspec.structs.replace(question, universal=asked))
        case RemedyKind.PYTHON:
            return Made(job, for_all(question, remedy.change, Universal()))
        case _:
            return None


def rewritten(project: str, remedy: Remedy) -> str:
    """The text of a project with a remedy."""
    if remedy.kind is RemedyKind.REQUIRES_PYTHON:
        return re.sub(r"(?m)^requires-python = .*$", f'requires-python = "{remedy.change}"', project)
    key = remedy.change.partition(" = ")[0]
    return with_setting(re.sub(rf"(?ms)^{key} = \[.*?\]\n", "", project), remedy.change)


def with_setting(project: str, line: str) -> str:
    """The text of a project with one more line in its `[tool.uv]`."""
    head, table, tail = project.partition("[tool.uv]\n")
    return f"{head}{table}{line}\n{tail}" if table else f"{project}\n[tool.uv]\n{line}\n"


def real_answer(uv: RealUv, one: Made, world: worlds.World) -> Facts:
    """What the real uv makes of a case with a remedy."""
    with Loopback() as loopback:
        index = loopback.mount(world)
        if "project" not in one.job.result:
            said = uv.compile(world.question, index)
            return said.outcome.value, said.forks, said.lines
        options = one.question.options
        project = one.job.result["project"]
        for key in ("resolution", "fork-strategy", "exclude-newer"):
            value = one.job.case["cutoff"] if key == "exclude-newer" else getattr(options, key.replace("-", "_"))
            project = with_setting(project, f'{key} = "{value}"')
        own = {} if one.job.pythons is None else {"python": str(one.job.pythons / one.job.python / "bin" / "python")}
        locked = uv.lock(project, index, **own)
    with TemporaryDirectory() as folder:
        path = Path(folder, "uv.lock")
        path.write_text(locked.text)
        return locked.outcome.value, locked.forks, packages(read_lock(str(path)) if locked.text else None)


def our_answer(run: Run) -> Facts:
    """What we make of it."""
    written = printed(run) if run.lock is None else packages(run.lock)
    return run.outcome.value, solved_forks(run), written


def packages(lock: Lock | None) -> tuple[Any, ...]:
    """Every version of a lock with its edges, and not where its files are."""
    found = () if lock is None else lock.packages
    return tuple((one.name, one.version, one.resolution_markers, edges(one.dependencies),
                  {name: edges(listed) for name, listed in one.optional.items()},
                  {name: edges(listed) for name, listed in one.groups.items()}) for one in found)  # fmt: skip


def edges(listed: Any) -> list[Any]:
    return [(one.name, one.version, one.extras, one.marker) for one in listed]


def asked_of_uv(question: Question, cutoff: str) -> dict[str, Any]:
    """The options of a question, as a world has them."""
    options = question.options
    assert question.target.pythons is not None
    return {
        "python": question.target.pythons.specifiers.removeprefix(">="),
        "constraints": tuple(one.text for one in question.constraints),
        "prerelease": options.prerelease,
        "resolution": options.resolution,
        "only_binary": tuple(sorted(options.formats.only_binary)),
        "no_binary": tuple(sorted(options.formats.no_binary)),
        "exclude_newer": cutoff,
        "for_all": worlds.ForAll(
            environments=question.universal.environments,
            required_environments=question.universal.required,
            fork_strategy=options.fork_strategy,
        ),
    }


def checked(job: Job, uv: RealUv) -> Iterator[tuple[str, str]]:
    """Each remedy in words, and where the two answers part; empty: nowhere."""
    question, policy = universal(job)
    inquiry = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=BUDGET)
    with (
        live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source,
        TemporaryDirectory() as folder,
    ):
        recorder = Recorder(source)
        report = answer(inquiry, recorder)
        found = {
            (one.kind, one.change): (finding.code, one)
            for finding in report.findings
            for one in finding.remedies
            if one.result is RemedyResult.VERIFIED
        }
        for code, remedy in found.values():
            label = f"{code} {remedy.kind.value} {remedy.change}"
            one = made(job, question, remedy)
            if one is None:
                yield label, "no change of a project or its settings"
                continue
            ours = our_answer(resolve(one.question, policy, recorder, silent=True))
            asked = asked_of_uv(one.question, job.case["cutoff"])
            world = served(recorder.world(), one.question, Path(folder), **asked)
            yield label, parted(real_answer(uv, one, world), ours)


def parted(real: Facts, ours: Facts) -> str:
    """Where two answers part, shortly."""
    if real == ours:
        return ""
    if real[:2] != ours[:2]:
        return f"{real[:2]} -> {ours[:2]}"
    left, right = [one for one in real[2] if one not in ours[2]], [one for one in ours[2] if one not in real[2]]
    return f"{left[:4]} -> {right[:4]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask the real uv whether remedies for all environments do as stated.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--only")
    args = parser.parse_args(namespace=argparse.Namespace(build_sdists=False))
    uv = find_uv(RELEASE)
    if uv is None:
        sys.exit(f"uv {RELEASE} is not installed")
    good = count = cases = 0
    for job in jobs(args.truth, args):
        before = count
        for label, words in checked(job, uv):
            count, good = count + 1, good + (not words)
            print("DIFF" if words else "same", job.name, label, words, flush=True)
        cases += count > before
    print(f"{good} of {count} remedies in {cases} cases do in the real uv as stated")


if __name__ == "__main__":
    main()
