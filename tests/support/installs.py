"""Installs into random environments: what the real tools say that they would do, and what our engines plan."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.inputs.environment import environment_python, read_environment
from backtrail.model.errors import InputError
from backtrail.model.installed import InstalledEnvironment, Renewal
from backtrail.model.policy import Policy
from backtrail.model.run import Action, Run
from backtrail.model.trail import Outcome as OurOutcome
from backtrail.resolvers.registry import resolve
from support import real_pip, real_uv
from support.environments import Dist, environment, put, site_of
from support.loopback import Loopback, extra_urls, links_urls
from support.ours import BuildingSource, question_of, running_target
from support.random_worlds import EVERYDAY, Dice, Features, random_world
from support.real_pip import RealPip, find_pip
from support.real_uv import Outcome, RealUv, find_uv
from support.worlds import World, write_files

_CHANGE = re.compile(r"^ (?P<sign>[-+~]) (?P<name>[a-z0-9._-]+)(?:==(?P<version>\S+?))?(?: \(from .*\))?$")
_OUTCOMES = {OurOutcome.SOLVED: Outcome.SOLVED, OurOutcome.IMPOSSIBLE: Outcome.IMPOSSIBLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """A world, what is installed before, and what is to be renewed although it would do."""

    world: World
    dists: tuple[Dist, ...]
    renewal: Renewal

    def __str__(self) -> str:
        there = " ".join(f"{one.name}=={one.version}" for one in self.dists)
        asked = " | ".join(self.world.question.requirements)
        renewed = msgspec.structs.asdict(self.renewal)
        options = " ".join(f"{name}={value}" for name, value in renewed.items() if value)
        return f"{self.world.name}: {asked} in [{there}] {options}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """How an install ends, and the version of each project that it would put there."""

    outcome: Outcome
    changes: dict[str, str]
    log: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Installed) and (self.outcome, self.changes) == (other.outcome, other.changes)

    __hash__ = None  # type: ignore[assignment]


def random_install(seed: int, tool: str, features: Features = EVERYDAY) -> Install:
    """The install of a seed: some projects of its world are there in some release, and options of the tool given."""
    world, dice = random_world(seed, features), Dice(f"install {seed}")
    dists = [
        Dist(
            name=project.name,
            version=release.version if dice.chance(0.9) else f"{Version(release.version).base_version}.post9",
            requires=release.requires_dist,
            requires_python=release.requires_python,
            extras=release.provides_extra,
            tags=("cp27-cp27m-win_amd64",) if dice.chance(0.05) else ("py3-none-any",),
            requested=dice.chance(0.5),
        )
        for project in dice.some(world.projects, dice.between(1, len(world.projects)))
        for release in dice.some(project.releases, 2 if dice.chance(0.04) and tool == "uv" else 1)
    ]
    return Install(world=world, dists=tuple(dists), renewal=_renewal(dice, [one.name for one in dists], tool))


def _renewal(dice: Dice, names: list[str], tool: str) -> Renewal:
    if dice.chance(0.4):
        return Renewal()
    some = frozenset(map(canonicalize_name, dice.some(names, 1)))
    ways = (
        (Renewal(upgrade=True), Renewal(upgrade=True, eager=True), Renewal(reinstall=True), Renewal(upgrade=True))
        if tool == "pip"
        else (Renewal(upgrade=True), Renewal(upgraded=some), Renewal(reinstall=True), Renewal(reinstalled=some))
    )
    return dice.one(ways)


class Place:
    """One environment for many installs: emptied, and filled again."""

    def __init__(self, folder: Path) -> None:
        """Make it, with nothing in it."""
        self.folder = folder
        self.python = environment_python(str(folder), {}) if folder.exists() else ""
        if not self.python:
            environment(folder)
            self.python = environment_python(str(folder), {})

    def fill(self, install: Install) -> InstalledEnvironment:
        """Install what is there before, and read it."""
        site = site_of(self.folder)
        shutil.rmtree(site)
        site.mkdir()
        for one in install.dists:
            put(site, one)
        return read_environment(self.python, "--env env")


def run_install(install: Install, there: InstalledEnvironment, tool: str, release: str) -> Run:
    """Our run."""
    policy = Policy(tool=tool, release=release)
    world = install.world
    question = msgspec.structs.replace(
        question_of(world, policy, build_sdists=True),
        target=running_target(policy),
        environment=there,
        renewal=install.renewal,
    )
    return resolve(question, policy, BuildingSource(world))


def ours(install: Install, there: InstalledEnvironment, tool: str, release: str) -> Installed:
    """What our engine plans."""
    with tempfile.TemporaryDirectory() as folder:
        world = install.world
        placed = write_files(world, Path(folder)) if world.referenced else world
        try:
            run = run_install(Install(world=placed, dists=install.dists, renewal=install.renewal), there, tool, release)
        except InputError as error:
            return Installed(outcome=Outcome.ABORTED, changes={}, log=str(error))
    return Installed(
        outcome=_OUTCOMES.get(run.outcome, Outcome.ABORTED),
        changes={step.name: step.after for step in run.plan if step.action is not Action.KEEP},
    )


def with_pip(install: Install, place: Place, loopback: Loopback, prefix: str, *, pip: RealPip) -> Installed:
    """What the real pip reports that it would install there."""
    with tempfile.TemporaryDirectory(prefix="real-pip-") as temporary:
        scratch = Path(temporary)
        world, index_url = install.world, f"{loopback.url}{prefix}/simple/"
        asked = write_files(world, scratch) if world.referenced else world
        report, renewal = scratch / "report.json", install.renewal
        command = [
            str(pip.python), "-m", "pip", "--python", place.python, "install", "--dry-run", "--report", str(report),
            "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
            "--index-url", index_url,
            *(item for url in extra_urls(world, index_url) for item in ("--extra-index-url", url)),
            *(item for url in links_urls(world, index_url) for item in ("--find-links", url)),
            *real_pip.arguments(asked.question, scratch),
            *(["--upgrade"] if renewal.upgrade else []),
            *(["--upgrade-strategy", "eager"] if renewal.eager else []),
            *(["--force-reinstall"] if renewal.reinstall else []),
            *(["--ignore-installed"] if renewal.ignores_installed else []),
        ]  # fmt: skip
        run = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=scratch, timeout=real_pip.TIMEOUT, check=False,
            env={**real_pip.environment(temporary), "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        found = json.loads(report.read_text())["install"] if run.returncode == 0 else []
    return Installed(
        outcome=real_pip.outcome(run.returncode, run.stderr),
        changes={canonicalize_name(one["metadata"]["name"]): one["metadata"]["version"] for one in found},
        log=run.stdout + run.stderr,
    )


def with_uv(install: Install, place: Place, loopback: Loopback, prefix: str, *, uv: RealUv) -> Installed:
    """What the real uv says that it would install there."""
    with tempfile.TemporaryDirectory(prefix="real-uv-") as temporary:
        scratch = Path(temporary)
        world, index_url = install.world, f"{loopback.url}{prefix}/simple/"
        asked = write_files(world, scratch) if world.referenced else world
        lines = "".join(f"{line}\n" for line in asked.question.requirements)
        (scratch / "asked.txt").write_text(lines, encoding="utf-8")
        renewal = install.renewal
        command = [
            str(uv.executable), "pip", "install", "--dry-run", "-v", "--no-cache", "--no-progress",
            "--no-python-downloads", "--python", place.python, "--index-url", index_url, "-r", "asked.txt",
            *(item for url in extra_urls(world, index_url) for item in ("--extra-index-url", url)),
            *(item for url in links_urls(world, index_url) for item in ("--find-links", url)),
            *_without_target(real_uv.arguments(asked.question, scratch)),
            *(["--upgrade"] if renewal.upgrade else []),
            *(item for name in sorted(renewal.upgraded) for item in ("--upgrade-package", name)),
            *(["--reinstall"] if renewal.reinstall else []),
            *(item for name in sorted(renewal.reinstalled) for item in ("--reinstall-package", name)),
        ]  # fmt: skip
        run = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=scratch, timeout=real_uv.TIMEOUT, check=False,
            env=real_uv.environment(temporary, None),
        )  # fmt: skip
    log = real_uv.plain(run.stderr)
    return Installed(
        outcome=real_uv.outcome(run.returncode, real_uv.error_of(log) if run.returncode else ""),
        changes=dict(_changes(log)) if run.returncode == 0 else {},
        log=log,
    )


def _without_target(arguments: Iterator[str]) -> Iterator[str]:
    """The environment has a Python and a platform of its own."""
    for option in arguments:
        if option in ("--python-version", "--python-platform"):
            next(arguments)
        else:
            yield option


def _changes(log: str) -> Iterator[tuple[str, str]]:
    for line in log.splitlines():
        match = _CHANGE.match(line)
        if match is not None and match["sign"] != "-":
            yield canonicalize_name(match["name"]), match["version"] or ""


Real = Callable[[Install, Place, Loopback, str], Installed]


def differences(tool: str, release: str, real: Real, seeds: Iterable[int], features: Features = EVERYDAY) -> list[str]:
    """Where our plan is another than what the real tool says, in a few lines each."""
    found = []
    with tempfile.TemporaryDirectory(prefix="installs-") as folder, Loopback() as loopback:
        place = Place(Path(folder) / "env")
        for seed in seeds:
            install = random_install(seed, tool, features)
            prefix = f"/w{seed}"
            loopback.mount(install.world, prefix)
            there = place.fill(install)
            theirs, mine = real(install, place, loopback, prefix), ours(install, there, tool, release)
            if mine != theirs:
                tail = theirs.log[-400:] if theirs.outcome is not mine.outcome else ""
                sides = (f"{one.outcome.value} {dict(sorted(one.changes.items()))}" for one in (theirs, mine))
                found.append("\n".join((f"{seed} {install}", *sides, mine.log, tail)))
    return found


def real_of(tool: str, release: str) -> Real | None:
    """What asks the real tool; None where it is not installed."""
    if tool == "pip":
        pip = find_pip(release)
        return None if pip is None else lambda *asked: with_pip(*asked, pip=pip)
    uv = find_uv(release)
    return None if uv is None else lambda *asked: with_uv(*asked, uv=uv)
