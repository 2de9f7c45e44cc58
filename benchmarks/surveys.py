"""Says whether a survey gives the answers that its questions have one by one.

    python benchmarks/surveys.py TRUTH [--out FOLDER]

TRUTH is a folder of recorded answers (``cases/*.toml``, ``results/*.json``). All questions are asked in a survey, of
all the tools that answered them, and then each by itself, with the same cache (``BACKTRAIL_CACHE_DIR``) and none of
this computer's settings. Outcomes, rounds, pins with their files, and findings with their headlines have to be the
same. It is also said how many of the recorded answers the survey gives wholly.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from backtrail.cli import run
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import answer
from backtrail.model.errors import BacktrailError
from backtrail.model.requirement import Origin
from backtrail.preparation.ask import Ask
from backtrail.preparation.opening import opened
from backtrail.report import wording
from backtrail.report.lines import plain
from backtrail.survey.intake import Entry, entries
from backtrail.survey.querying import query

Answer = dict[str, Any]


def alone(entry: Entry, now: datetime) -> dict[str, Answer]:
    """What each resolver answers to one question, asked as a user asks it."""
    assert entry.ask is not None
    with opened(entry.ask, environ=os.environ, now=now) as (inquiry, recorder, over, pace, _):
        lines = tuple(read_requirement(text, Origin(), constraint=True) for text in entry.constraints)
        replace = msgspec.structs.replace
        asked = tuple(
            replace(one, question=replace(one.question, constraints=(*one.question.constraints, *lines)))
            for one in inquiry.asked
        )
        report = answer(replace(inquiry, asked=asked, budget=0), recorder, pace=pace, over=over)
    return {
        one.key: {
            "outcome": one.outcome.value,
            "rounds": one.counters.rounds,
            "pins": {pin.name: [pin.version, pin.file and pin.file.filename] for pin in one.pins},
            "findings": sorted(
                [found.code, found.subject or "", plain(wording.headline(found, report))]
                for found in report.findings
                if one.key in found.runs
            ),
        }
        for one in report.runs
    }


def together(folder: Path) -> dict[str, dict[str, Answer]]:
    """The same of a survey, by question."""
    found: dict[str, dict[str, Answer]] = {}
    for question, key, outcome, rounds in query(folder, "SELECT question, run, outcome, rounds FROM runs").rows:
        found.setdefault(question, {})[key] = {"outcome": outcome, "rounds": rounds, "pins": {}, "findings": []}
    for question, key, project, version, file in query(
        folder, "SELECT question, run, project, version, file FROM pins"
    ).rows:
        found[question][key]["pins"][project] = [version, file]
    for question, key, code, subject, headline in query(
        folder, "SELECT question, run, code, coalesce(subject, ''), headline FROM findings ORDER BY ALL"
    ).rows:
        found[question][key]["findings"].append([code, subject, headline])
    for runs in found.values():
        for one in runs.values():
            one["findings"].sort()
    return found


def differences(name: str, one: dict[str, Answer], other: dict[str, Answer]) -> Iterator[str]:
    for key in sorted({*one, *other}):
        for field in ("outcome", "rounds", "pins", "findings"):
            here, there = (side.get(key, {}).get(field) for side in (one, other))
            if here != there:
                yield f"{name} {key} {field}: alone {here!s:.300}, in the survey {there!s:.300}"


def real(truth: Path, found: dict[str, dict[str, Answer]]) -> Counter[str]:
    """How many of the recorded answers are those of the survey, wholly."""
    counts: Counter[str] = Counter()
    for path in sorted((truth / "results").glob("*.json")):
        result = json.loads(path.read_text())
        ours = found.get(result["id"], {}).get(f"{result['tool']}@{result['version']}")
        if ours is None or result["outcome"] != "resolved":
            continue
        pins = {name: version for name, (version, _) in ours["pins"].items()}
        counts["alike" if pins == result["pins"] else "other"] += 1
    return counts


def processor() -> float:
    """Seconds of this process and of those that it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Hold a survey against its questions one by one.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--out", type=Path, help="keep the survey here")
    args = parser.parse_args()
    now = datetime.now(timezone.utc)
    asked = entries([str(args.truth)], Ask(command="explain-backtrack", budget=0, isolated=True))
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.out or Path(temporary) / "survey"
        began = processor()
        code = run(["survey", str(args.truth), "-o", str(folder), "-q", "--isolated"])
        print(f"survey: code {code}, {len(asked)} questions, {processor() - began:.1f} s of processor")
        found = together(folder)
    began, wrong = time.process_time(), 0
    for entry in asked:
        try:
            for line in differences(entry.question, alone(entry, now), found.get(entry.question, {})):
                wrong += 1
                print(line)
        except BacktrailError as error:
            print(f"{entry.question}: alone {error}")
    print(f"one by one: {time.process_time() - began:.1f} s of processor; {wrong} differences")
    print("recorded answers:", dict(real(args.truth, found)))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
