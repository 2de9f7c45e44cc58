"""Asks releases of the real tools about random worlds and compares: who answers alike, and where not, by which world.

    python benchmarks/releases.py uv@0.5.2 pip@24.0 [--worlds 400] [--measure] [--shrink] [--file]
    python benchmarks/releases.py --new uv@0.14.0   # which themes differ, each with its smallest world
    python benchmarks/releases.py --rows            # rows of the behaviour tables, each at its release and before it
    python benchmarks/releases.py --options         # each shared option, on the newest release of both tools

Releases are installed from PyPI into ``--folder`` (by default in the user's cache directory). The table counts, by
theme, the worlds whose outcome and pins are alike; the exit code is 1 where some are not. ``--shrink`` prints the
smallest world of each difference, ``--file`` puts it into ``tests/likeness/corpus`` with the answers of all releases.
``--measure`` writes what was counted into ``src/backtrail/resolvers/measured.py``: a release with no difference in 400
worlds is exact from then on. ``--rows --file`` writes what the real tools answer into ``tests/likeness/rows``.
"""

import argparse
import itertools
import os
import runpy
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from subprocess import CalledProcessError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from packaging.version import Version

from backtrail.resolvers import measured
from backtrail.resolvers.measured import Measured
from backtrail.resolvers.registry import TOOLS
from support.corpus import CORPUS, Recorded, alike, said, write
from support.forks import Forks
from support.likeness import JOBS
from support.loopback import Loopback
from support.options import OPTIONS, Option
from support.real_pip import RealPip, Start, advertises, anew
from support.real_releases import default_folder, real
from support.rows import ROWS, WITHOUT_WORLD, ours, recorded_row, rows
from support.shrinking import smallest
from support.themes import knows, worlds_for
from support.worlds import World

ANCHORS = {
    "uv": (
        "0.4.0", "0.4.18", "0.4.30", "0.5.0", "0.5.15", "0.5.31", "0.6.17", "0.7.22", "0.8.24", "0.9.30", "0.10.12",
        "0.11.33", "0.12.24", "0.13.9",
    ),
    "pip": (
        "22.0.4", "22.3.1", "23.0.1", "23.1.2", "23.3.2", "24.0", "24.2", "25.0.1", "25.3", "26.0.1", "26.2.1", "26.3",
    ),
}  # fmt: skip
"""Releases asked about every world that is filed; between two that differ, the first with the new answer is sought."""


@dataclass(frozen=True)
class Difference:
    """A world to which a real release and ours answer differently."""

    tool: str
    release: str
    theme: str
    world: World
    real: str
    ours: str

    @property
    def kind(self) -> tuple[str, str]:
        """How each of the two ended."""
        return tuple("solved" if "==" in one or not one else one for one in (self.real, self.ours))  # type: ignore[return-value]


class Bench:
    """Answers worlds by the real tools on one loopback index."""

    def __init__(self, loopback: Loopback, folder: Path, start: Start = anew) -> None:
        """``start`` runs pip."""
        self._loopback = loopback
        self._start = start
        self._folder = folder
        self._places = itertools.count()

    def real(self, tool: str, release: str, world: World, *, hash_seed: int = 0) -> str:
        found = real(tool, release, self._folder)
        prefix = f"/w{next(self._places)}"
        if isinstance(found, RealPip):
            self._loopback.mount(world, prefix, core_metadata=advertises(release, world))
            answer = found.install(world, self._loopback, prefix, hash_seed=hash_seed, start=self._start)
            return said(answer.outcome, answer.pins)
        answered = found.resolve(world, self._loopback.mount(world, prefix))
        return said(answered.outcome, answered.pins)

    def compared(self, tool: str, release: str, theme: str, world: World) -> Difference | None:
        theirs, mine = self.real(tool, release, world), ours(tool, release, world)
        if alike(theirs, mine) or (tool == "pip" and self._answers_by_chance(release, world, mine)):
            return None
        return Difference(tool, release, theme, world, theirs, mine)

    def _answers_by_chance(self, release: str, world: World, answer: str) -> bool:
        """Whether pip answers so in some runs: its first releases order a version's requirements by their hashes."""
        seeds = range(1, 9) if Version(release) < Version("22.1") else ()
        return any(self.real("pip", release, world, hash_seed=seed) == answer for seed in seeds)

    def history(self, tool: str, world: World) -> dict[str, str]:
        """The answers of all releases that have the options asked, each under the one that introduced it."""
        every = TOOLS[tool].history.releases
        places = [every.index(release) for release in ANCHORS[tool] if knows(tool, release, world)]
        answers = {place: self.real(tool, every[place], world) for place in places}
        found = {every[places[0]]: answers[places[0]]}
        for low, high in itertools.pairwise(places):
            found.update(self._between(tool, world, low, high, answers))
        return found

    def _between(
        self, tool: str, world: World, low: int, high: int, answers: dict[int, str]
    ) -> Iterator[tuple[str, str]]:
        every = TOOLS[tool].history.releases
        while answers[low] != answers[high]:
            left, right = low, high
            while right - left > 1:
                middle = (left + right) // 2
                if middle not in answers:
                    answers[middle] = self.real(tool, every[middle], world)
                left, right = (middle, right) if answers[middle] == answers[low] else (left, middle)
            yield every[right], answers[right]
            low = right


def differences(
    bench: Bench, tool: str, release: str, worlds: Iterable[tuple[str, World]]
) -> tuple[Counter[str], list[Difference]]:
    """How many worlds of each theme were asked, and those that differ."""
    asked = list(worlds)
    with ThreadPoolExecutor(JOBS) as pool:
        found = pool.map(lambda pair: bench.compared(tool, release, *pair), asked)
        return Counter(theme for theme, _ in asked), [one for one in found if one is not None]


def known_worlds(
    tool: str, release: str, count: int, themes: Sequence[str] = (), *, first: int = 0
) -> Iterator[tuple[str, World]]:
    """So many worlds whose question a release has the options for, with their themes."""
    every = worlds_for(tool, sys.maxsize, themes, first=first)
    return itertools.islice(((theme, world) for theme, world in every if knows(tool, release, world)), count)


def shrunk(bench: Bench, one: Difference) -> Difference:
    """The smallest world that still shows a difference of the same kind."""
    found = one

    def shows(world: World) -> bool:
        nonlocal found
        compared = bench.compared(one.tool, one.release, one.theme, world) if world.question.requirements else None
        if compared is None or compared.kind != one.kind:
            return False
        found = compared
        return True

    smallest(one.world, shows)
    return found


def filed(bench: Bench, one: Difference) -> Path:
    """Put a world into the corpus, with what every release answers."""
    name = f"{one.tool}-{one.world.name.replace(' ', '-')}"
    kept = Recorded(name=name, shows="", world=one.world, answers={one.tool: bench.history(one.tool, one.world)})
    path = CORPUS / f"{name}.toml"
    path.write_text(write(kept), encoding="utf-8")
    return path


def table(title: str, asked: Counter[str], found: list[Difference]) -> str:
    wrong = Counter(one.theme for one in found)
    total = sum(asked.values())
    lines = [f"{title}: {total - len(found)}/{total} alike"]
    lines += [f"    {theme:14} {count - wrong[theme]}/{count}" for theme, count in asked.items() if wrong[theme]]
    return "\n".join(lines)


def note(tool: str, release: str, asked: Counter[str], found: Sequence[Difference]) -> None:
    """Write one release's count into the table of measured releases, beside what stands there now."""
    path = Path(measured.__file__)
    counts: dict[str, dict[str, Measured]] = runpy.run_path(str(path))["MEASURED"]
    total = sum(asked.values())
    counts[tool][release] = Measured(datetime.now(timezone.utc).date().isoformat(), total, total - len(found))
    head = path.read_text(encoding="utf-8").partition("MEASURED: ")[0]
    lines = ["MEASURED: dict[str, dict[str, Measured]] = {"]
    for each, releases in counts.items():
        lines.append(f'    "{each}": {{')
        for row in sorted(releases, key=Version):
            day, worlds, alike = releases[row]
            lines.append(f'        "{row}": Measured("{day}", {worlds}, {alike}),')
        lines.append("    },")
    path.write_text(head + "\n".join([*lines, "}", ""]), encoding="utf-8")


def shown(one: Difference) -> str:
    text = write(Recorded(name="", shows=one.world.name, world=one.world, answers={}))
    lines = [f"real {one.tool} {one.release}: {one.real}", f"ours: {one.ours}", *text.splitlines()]
    return "\n".join(f"    | {line}" for line in lines)


def asked_of(bench: Bench, tool: str, release: str, args: argparse.Namespace) -> list[Difference]:
    """Ask a release and print its table."""
    themes = tuple(filter(None, args.themes.split(",")))
    asked, found = differences(bench, tool, release, known_worlds(tool, release, args.worlds, themes, first=args.first))
    print(table(f"{tool}@{release}", asked, found), flush=True)
    if args.measure:
        note(tool, release, asked, found)
    return found


def compare(bench: Bench, tool: str, release: str, args: argparse.Namespace) -> bool:
    """Ask a release and print what differs; whether nothing does."""
    found = asked_of(bench, tool, release, args)
    for seen in found:
        one = shrunk(bench, seen) if args.shrink or args.file else seen
        print(f"  {one.world.name}: real {one.real}, ours {one.ours}")
        if args.shrink or args.file:
            print(shown(one), flush=True)
        if args.file:
            print(f"  filed as {filed(bench, one)}", flush=True)
    return not found


def compare_new(bench: Bench, tool: str, release: str, args: argparse.Namespace) -> bool:
    """Of each theme that differs one world, made small; whether there is none."""
    found = asked_of(bench, tool, release, args)
    if not found:
        print("It answers as the newest release known: see docs/new-release.md for the two lines to write.")
    for one in {one.theme: one for one in reversed(found)}.values():
        print(f"  {one.theme}\n{shown(shrunk(bench, one))}", flush=True)
    return not found


def compare_rows(bench: Bench, args: argparse.Namespace) -> bool:
    """Ask the real tools about every row's world, at its release and the one before; whether all answer alike."""
    every = [row for row in rows() if str(row) not in WITHOUT_WORLD]
    alike = 0
    for row in every:
        kept = recorded_row(row)
        answers = {release: bench.real(row.tool, release, kept.world) for release in (row.before, row.release)}
        if answers == kept.answers[row.tool] and row.answers(kept.world) == tuple(answers.values()):
            alike += 1
            continue
        print(f"{row}: real {answers}, ours {row.answers(kept.world)}", flush=True)
        if args.file:
            path = ROWS / f"{row}.toml"
            path.write_text(write(replace(kept, answers={row.tool: answers})), encoding="utf-8")
    print(f"{alike}/{len(every)} rows alike at their release and the one before")
    return alike == len(every)


def compare_options(bench: Bench, tool: str, release: str, args: argparse.Namespace) -> bool:
    """Of each option, worlds whose answer it changes: whether the real tool's changes in the same way."""
    all_alike = True

    def alike(option: Option, pair: tuple[World, World]) -> bool:
        without, given = pair
        found = bench.compared(tool, release, option.name, without) or bench.compared(tool, release, option.name, given)
        if found is not None:
            print(shown(shrunk(bench, found)), flush=True)
        return found is None

    for option in OPTIONS:
        if tool in option.tools:
            pairs = list(itertools.islice(option.pairs(tool, release), args.worlds))
            same = sum(alike(option, pair) for pair in pairs)
            all_alike &= same == len(pairs)
            print(f"{tool}@{release} {option.name}: {same}/{len(pairs)}", flush=True)
    return all_alike


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare releases of the real tools with ours on random worlds.")
    parser.add_argument("releases", nargs="*", metavar="TOOL@RELEASE")
    parser.add_argument("--new", action="store_true", help="of a release not known yet, one small world for each theme")
    parser.add_argument("--rows", action="store_true", help="the rows of the behaviour tables instead of random worlds")
    parser.add_argument("--options", action="store_true", help="the options that change an answer, 20 worlds each")
    parser.add_argument("--worlds", type=int)
    parser.add_argument("--first", type=int, default=0, help="the first seed of each theme")
    parser.add_argument("--themes", default="", help="only these, by comma")
    parser.add_argument("--shrink", action="store_true", help="print the smallest world of each difference")
    parser.add_argument("--file", action="store_true", help="write worlds, or the answers to those of rows, into tests")
    parser.add_argument("--measure", action="store_true", help="write the counts into the table of measured releases")
    parser.add_argument("--folder", type=Path, default=default_folder())
    args = parser.parse_args()
    if args.measure and (args.themes or args.first):
        parser.error("--measure counts all themes, from the first seed on")
    args.worlds = args.worlds or (20 if args.options else 400)
    releases = args.releases or [f"{name}@{tool.history.newest}" for name, tool in TOOLS.items() if args.options]
    if not releases and not args.rows:
        parser.error("name a release such as uv@0.13.9, or ask for --rows or --options")
    for release in releases:
        tool, _, version = release.partition("@")
        if tool not in TOOLS or not version:
            parser.error(f"{release!r} is no release: write uv@0.13.9 or pip@26.3")
    act = compare_options if args.options else compare_new if args.new else compare
    with Loopback() as loopback, Forks() as forks:
        bench = Bench(loopback, args.folder, forks if hasattr(os, "fork") else anew)
        alike = [compare_rows(bench, args)] if args.rows else []
        for release in releases:
            tool, _, version = release.partition("@")
            try:
                alike.append(act(bench, tool, version, args))
            except CalledProcessError as error:
                sys.exit(f"{release} cannot be installed from PyPI, or not beneath {args.folder}: {error}")
    sys.exit(0 if all(alike) else 1)


if __name__ == "__main__":
    main()
