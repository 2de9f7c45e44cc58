"""What an explanation costs beside the resolution that it explains: processor seconds, and how often is solved again.

    python benchmarks/explaining.py [TRUTH] [--only CASE] [--tool uv-0.13.9] [--runs 3]

Without TRUTH the recorded bug that started the project, with each of its resolvers; with it recorded questions, as for
fidelity.py, whose pages and files lie in the cache already (each is asked once before anything is timed). Medians.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
from fidelity import YEARS, asked, recorded

from backtrail import inquiry, solving
from backtrail.index.cache import Cache, default_folder
from backtrail.inquiry import Asked, Inquiry, live_source, resolve
from backtrail.model.source import Source
from backtrail.sources.case_file import Replay

SEED = Path(__file__).parents[1] / "fixtures" / "seed" / "seed.backtrail"


def questions(args: argparse.Namespace) -> Iterator[tuple[str, Inquiry, Callable[[], Source]]]:
    """Each with its name and its facts."""
    if args.truth is None:
        whole, world = inquiry.recorded(str(SEED))
        for one in whole.asked:
            name = f"seed, {one.policy.tool} {one.policy.release}"
            yield name, msgspec.structs.replace(whole, asked=(one,)), partial(Replay, world)
        return
    for job in recorded(args):
        question, policy = asked(job)
        with live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source:
            whole = Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=24)
            yield job.name, whole, partial(_same, source)


def _same(source: Source) -> Source:
    return source


def timed(act: Callable[[], object], runs: int) -> float:
    """The median of processor seconds: what else the computer does is not seen."""
    taken = []
    for _ in range(runs):
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description="What explanations cost beside the resolution.")
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("--tool", default="uv-0.13.9")
    parser.add_argument("--only")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args(namespace=argparse.Namespace(build_sdists=False, pythons=None))
    solves = [0]
    paced = solving.paced

    def counted(*given: object, **named: object) -> object:
        solves[0] += 1
        return paced(*given, **named)  # type: ignore[arg-type]

    solving.paced = counted  # type: ignore[assignment]
    print("| question | packages | solved in | explained in | solves |")
    print("|---|---|---|---|---|")
    for name, one, facts in questions(args):
        solves[0] = 0
        report = inquiry.answer(one, facts())
        count = solves[0] - 1
        alone = timed(partial(_solve, one.asked[0], facts), args.runs)
        whole = timed(partial(_answer, one, facts), args.runs)
        print(f"| {name} | {len(report.runs[0].pins)} | {alone:.2f} s | {whole - alone:.2f} s | {count} |", flush=True)


def _solve(one: Asked, facts: Callable[[], Source]) -> None:
    resolve(one.question, one.policy, facts())


def _answer(one: Inquiry, facts: Callable[[], Source]) -> None:
    inquiry.answer(one, facts())


if __name__ == "__main__":
    main()
