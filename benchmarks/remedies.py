"""Asks the real uv whether the remedies we call verified do as stated, on recorded requirement sets.

    python benchmarks/remedies.py TRUTH --pythons DIR [--uv PATH] [--most 2] [--only CASE]

As fidelity.py; at most ``--most`` remedies of a case are asked. Builds run on both sides, PyPI is read by both.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fidelity import YEARS, Job, asked, recorded

from backtrail.explain.remedies.proposals import Change, made, opted
from backtrail.index.cache import Cache, default_folder
from backtrail.inquiry import Asked, Inquiry, answer, live_source
from backtrail.model.finding import Remedy, RemedyKind, RemedyResult
from backtrail.model.question import Question

_PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")


def shown(job: Job) -> tuple[Question, dict[str, str], list[Remedy]]:
    """The question of a case, our pins, and the remedies we call verified, each once."""
    question, policy = asked(job)
    inquiry = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=24)
    with live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source:
        report = answer(inquiry, source)
    pins: dict[str, str] = {pin.name: pin.version for run in report.runs for pin in run.pins}
    found = [one for finding in report.findings for one in finding.remedies if one.result is RemedyResult.VERIFIED]
    return question, pins, list({(one.kind, one.change, one.of): one for one in found}.values())


def applied(question: Question, remedy: Remedy) -> Change | None:
    """The question with a remedy; None where it is unknown."""
    if remedy.kind == "policy":
        return opted(question, remedy.change)
    return made(question, remedy.kind, remedy.change, remedy.of)


def real_pins(question: Question, job: Job, uv: str) -> dict[str, str]:
    """What the real uv answers; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "requirements.in")
        lines.write_text("\n".join(one.text for one in question.requirements))
        bounds = Path(folder, "constraints.in")
        bounds.write_text("\n".join(one.text for one in question.constraints))
        command = [uv, "pip", "compile", "-q", "--no-annotate", "--no-header", "--no-config", str(lines)]
        command += ["-c", str(bounds), "--exclude-newer", job.case["cutoff"]]
        for option, names in (
            ("--only-binary", question.options.formats.only_binary),
            ("--no-binary", question.options.formats.no_binary),
        ):
            command += [part for name in sorted(names) for part in (option, name)]
        if question.options.prerelease is not None:
            command += ["--prerelease", question.options.prerelease]
        if job.pythons is not None:
            command += ["--python", str(job.pythons / job.python / "bin" / "python")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(said)}


def checked(job: Job, uv: str, most: int) -> Iterator[tuple[str, bool, str]]:
    question, pins, remedies = shown(job)
    askable = [(one, applied(question, one)) for one in remedies if one.kind is not RemedyKind.PYTHON]
    for remedy, change in [pair for pair in askable if pair[1] is not None][:most]:
        assert change is not None
        stated = {**pins, **{name: new or "" for name, (_, new) in remedy.pins_changed.items()}}
        stated = {name: version for name, version in stated.items() if version}
        label = f"{job.name} {remedy.kind.value} {remedy.change}"
        try:
            real = real_pins(change.question, job, uv)
        except subprocess.CalledProcessError as error:
            yield label, False, error.stderr[-300:]
            continue
        moved = [
            f"{name} {stated.get(name)} is {real.get(name)}"
            for name in sorted({*stated, *real})
            if stated.get(name) != real.get(name)
        ]
        yield label, not moved, ", ".join(moved[:8])


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask the real uv whether verified remedies do as stated.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--most", type=int, default=2)
    parser.add_argument("--only")
    args = parser.parse_args(namespace=argparse.Namespace(tool="uv-0.13.9", build_sdists=True))
    good = count = cases = 0
    for job in recorded(args):
        before = count
        for label, same, words in checked(job, args.uv, args.most):
            count, good = count + 1, good + same
            print("same" if same else "DIFF", label, words, flush=True)
        cases += count > before
    print(f"{good} of {count} remedies in {cases} cases do in the real uv as stated")


if __name__ == "__main__":
    main()
