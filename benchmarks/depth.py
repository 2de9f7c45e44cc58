"""Resolves chains of projects, each of which requires the next, and prints what that costs with each engine.

    python benchmarks/depth.py [LENGTH …]

``resolvelib`` is pip's library by itself, with a provider that has nothing to do (docs/decisions/resolvelib.md).
Seconds are of the processor, ``MB`` is the largest resident size; each line is a process of its own.
Nothing is fetched.
"""

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.structs import RequirementInformation

from backtrail.resolvers.registry import parse_resolver, resolve

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from support.ours import WorldSource, question_of
from support.worlds import Project, Question, World, release

ENGINES = ("resolvelib", "pip", "uv")


class Chain(AbstractProvider[int, int, int]):
    """A number requires the next; nothing is ever wrong."""

    def __init__(self, length: int) -> None:
        self._length = length

    def identify(self, requirement_or_candidate: int) -> int:
        return requirement_or_candidate

    def get_preference(
        self,
        identifier: int,
        resolutions: Mapping[int, int],  # noqa: ARG002
        candidates: Mapping[int, Iterator[int]],  # noqa: ARG002
        information: Mapping[int, Iterator[RequirementInformation[int, int]]],  # noqa: ARG002
        backtrack_causes: object,  # noqa: ARG002
    ) -> int:
        return identifier

    def find_matches(
        self,
        identifier: int,
        requirements: Mapping[int, Iterator[int]],  # noqa: ARG002
        incompatibilities: Mapping[int, Iterator[int]],  # noqa: ARG002
    ) -> list[int]:
        return [identifier]

    def is_satisfied_by(self, requirement: int, candidate: int) -> bool:
        return requirement == candidate

    def get_dependencies(self, candidate: int) -> Iterable[int]:
        return range(candidate + 1, min(candidate + 2, self._length))


def bare(length: int) -> Callable[[], object]:
    resolver = Resolver(Chain(length), BaseReporter[int, int, int]())
    return lambda: resolver.resolve([0], max_rounds=length + 2)


def ours(tool: str, length: int) -> Callable[[], object]:
    projects = (
        Project(name=f"p{place}", releases=(release(f"p{place}", "1", *([f"p{place + 1}"] * (place + 1 < length))),))
        for place in range(length)
    )
    world = World(name="chain", projects=tuple(projects), question=Question(requirements=("p0",)))
    policy = parse_resolver(tool)
    question, source = question_of(world, policy), WorldSource(world)
    return lambda: resolve(question, policy, source)


def measure(engine: str, length: int) -> None:
    import resource  # not on Windows

    gc.disable()  # as the program itself does
    run = bare(length) if engine == "resolvelib" else ours(engine, length)
    began = time.process_time()
    run()
    seconds = time.process_time() - began
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"{length:>8} {engine:<12} {seconds:8.1f} s {megabytes:8.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lengths", nargs="*", type=int, default=[1000, 2000, 5000])
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for length in options.lengths:
        if options.engine is not None:
            measure(options.engine, length)
            continue
        for engine in ENGINES:
            subprocess.run([sys.executable, __file__, str(length), "--engine", engine], check=True)


if __name__ == "__main__":
    main()
