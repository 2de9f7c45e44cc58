"""Times resolutions for all environments beside one for a single environment, and beside the real uv.

    python benchmarks/universal_speed.py TRUTH [--only CASE,CASE] [--rounds 5]

TRUTH is as for universal.py. Everything is warm: pages and metadata are parsed, uv's cache is filled and `--offline`.
A line for each case: packages, forks, median seconds of a solve for this computer alone, of one for all environments,
how many times the first a fork took, peak memory of one resolution, and the whole run of the real uv.
"""

import argparse
import gc
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from fidelity import YEARS, Job, asked
from universal import jobs, universal
from uv import find_uv_bin

from backtrail.index.cache import Cache, default_folder
from backtrail.inquiry import live_source, resolve

LARGE = "problematic-kauldron,semantic-kernel-py312,dispatch-py311-2506,coqui-tts-req-py311"


def median(act: Callable[[], object], rounds: int) -> float:
    """Median seconds of an act, which is done once before."""
    act()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def real(job: Job, rounds: int) -> float:
    """Median seconds of the real uv, its cache filled; nothing is printed or written."""
    with TemporaryDirectory() as folder:
        lines, bounds = Path(folder, "requirements.in"), Path(folder, "constraints.in")
        lines.write_text("\n".join(job.case["requirements"]))
        bounds.write_text("\n".join(job.case.get("constraints", ())))
        command = [find_uv_bin(), *job.result["options"], str(lines), "-c", str(bounds), "--no-config"]
        run = partial(subprocess.run, capture_output=True, check=True)
        run(command)
        return median(lambda: run([*command, "--offline"]), rounds)


def measured(job: Job, rounds: int) -> str:
    """The line of a case."""
    gc.disable()
    (alone, specific), (question, policy) = asked(job), universal(job)
    with live_source(question, policy, Cache(default_folder()), max_age=YEARS) as source:
        run = resolve(question, policy, source, silent=True)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        single = median(lambda: resolve(alone, specific, source, silent=True), rounds)
        every = median(lambda: resolve(question, policy, source, silent=True), rounds)
    return (
        f"{job.name.partition('.')[0]}: {len(run.lines)} lines, {len(run.forks)} forks; "
        f"alone {single:.2f} s, all {every:.2f} s, a fork {every / len(run.forks) / single:.1f}x; "
        f"{megabytes} MB; uv {real(job, rounds):.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time resolutions for all environments.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--only", default=LARGE)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(namespace=argparse.Namespace(build_sdists=False, pythons=None))
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:
        for job in jobs(args.truth, args):
            if "project" not in job.result and job.result["outcome"] == "resolved":
                print(pool.submit(measured, job, args.rounds).result(), flush=True)


if __name__ == "__main__":
    main()
