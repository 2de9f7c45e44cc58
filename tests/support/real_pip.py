"""The real pip: runs `pip install --dry-run` against an index and reads its report."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import Version

from support.loopback import Loopback, extra_urls, links_urls
from support.real_uv import REPOSITORY, Outcome
from support.worlds import Question, World, write_files

TIMEOUT = 240  # seconds for one run; a run on a small world takes about one

_SDIST = re.compile(r"\.(?:zip|t[bgxl]z|tar(?:\.\w+)?)$")
_IMPOSSIBLE = ("ResolutionImpossible", "No matching distribution found", "different Python")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipAnswer:
    """What pip decided; `attempts` are the files it prepared as project and version, `error` is "" if it solved."""

    outcome: Outcome
    pins: dict[str, str]
    attempts: list[tuple[str, str]]
    error: str
    log: str


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of pip ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


class Start(Protocol):
    """Runs the pip of a Python in a folder, with an environment."""

    def __call__(self, python: Path, given: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Ran: ...


def anew(python: Path, given: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Ran:
    """Start pip as its users do."""
    run = subprocess.run(
        [str(python), "-m", "pip", *given],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=variables,
        timeout=TIMEOUT,
        check=False,
    )
    return Ran(run.returncode, run.stdout, run.stderr)


@dataclass(frozen=True, slots=True)
class RealPip:
    """An installed pip of a known version, and the Python it runs on."""

    version: str
    python: Path

    @property
    def reports(self) -> bool:
        """Whether it writes reports; before, it can only be made to download what it would install."""
        return self._release >= (22, 2)

    @property
    def _release(self) -> tuple[int, ...]:
        return tuple(map(int, self.version.split(".")[:2]))

    def install(
        self,
        world: World,
        loopback: Loopback,
        prefix: str,
        *,
        index_url: str | None = None,
        find_links: Iterable[str] = (),
        hash_seed: int = 0,
        start: Start = anew,
    ) -> PipAnswer:
        """Resolve a world mounted at a prefix, with no cache, settings or variables of the user.

        ``index_url`` is asked instead of the world's index, ``find_links`` beside the world's own. ``hash_seed``:
        early releases bring requirements into an order by chance. ``start`` runs pip.
        """
        with tempfile.TemporaryDirectory(prefix="real-pip-") as temporary:
            scratch = Path(temporary)
            report, files, taken = scratch / "report.json", scratch / "files", scratch / "taken"
            files.mkdir()
            mounted = f"{loopback.url}{prefix}/simple/"
            asked = write_files(world, files) if world.referenced else world
            act = (
                ("install", "--dry-run", "--ignore-installed", "--report", str(report))
                if self.reports
                else ("download", "--dest", str(taken))
            )
            given = [
                *act,
                "--no-cache-dir", "--disable-pip-version-check", "--no-input",
                "--progress-bar", "off", "--index-url", index_url or mounted,
                *(item for url in extra_urls(world, mounted) for item in ("--extra-index-url", url)),
                *(item for place in (*links_urls(world, mounted), *find_links) for item in ("--find-links", place)),
                *arguments(asked.question, scratch),
            ]  # fmt: skip
            run = start(self.python, given, scratch, {**environment(temporary), "PYTHONHASHSEED": str(hash_seed)})
            pins: dict[str, str] = {}
            if run.returncode == 0:
                pins = dict(_reported(report)) if self.reports else dict(_project(one.name) for one in taken.iterdir())
        return PipAnswer(
            outcome=outcome(run.returncode, run.stderr),
            pins=pins,
            attempts=list(_attempts(loopback, f"{prefix}/files/")),
            error="" if run.returncode == 0 else run.stderr,
            log=run.stdout,
        )


def advertises(release: str, world: World) -> bool:
    """Whether pages advertise metadata: before 25.3 pip would fetch the chosen wheels once more at the end."""
    return world.advertised or Version(release) >= Version("25.3")


def find_pip(version: str) -> RealPip | None:
    """Return the real pip of this version, or None if it is not installed.

    Looked for in `BACKTRAIL_PIP_<version, dots as _>` (a path to its Python), in the virtual environment
    `.venv-pip-<version>` of the repository, and in the environment of the running Python.
    """
    place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    named = os.environ.get(f"BACKTRAIL_PIP_{version.replace('.', '_')}")
    places = [
        *([Path(named)] if named else []),
        REPOSITORY / f".venv-pip-{version}" / place,
        Path(sys.executable),
    ]
    for python in places:
        if python.is_file() and _version(python) == version:
            return RealPip(version, python)
    return None


def _version(python: Path) -> str | None:
    said = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, encoding="utf-8", check=False)
    return said.stdout.split()[1] if said.returncode == 0 else None


def environment(scratch: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept, "HOME": scratch, "USERPROFILE": scratch, "NO_COLOR": "1", "PIP_CONFIG_FILE": os.devnull,
        "TMPDIR": scratch,
    }  # fmt: skip


def arguments(question: Question, scratch: Path) -> Iterator[str]:
    if question.prerelease == "allow":
        yield "--pre"
    if question.prerelease == "disallow":
        yield from ("--only-final", ":all:")
    if question.exclude_newer is not None:
        yield from ("--uploaded-prior-to", question.exclude_newer)
    for option, names in (("--only-binary", question.only_binary), ("--no-binary", question.no_binary)):
        for name in names:
            yield from (option, name)
    for option, chosen in (
        ("--no-deps", question.no_deps),
        ("--prefer-binary", question.prefer_binary),
        ("--no-index", question.no_index),
        ("--ignore-requires-python", question.ignore_requires_python),
        ("--require-hashes", question.require_hashes),
    ):
        if chosen:
            yield option
    for option, lines in (("--constraint", question.constraints), ("--requirement", question.requirements)):
        if lines:
            file = scratch / f"{option.strip('-')}s.txt"
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            yield from (option, str(file))


def _reported(report: Path) -> Iterator[tuple[str, str]]:
    """What is installed; a wheel goes by its file, whatever its metadata says."""
    for one in json.loads(report.read_text())["install"]:
        filename = unquote(urlsplit(one["download_info"]["url"]).path).rpartition("/")[2]
        name = _project(filename)[0] if filename.endswith(".whl") else canonicalize_name(one["metadata"]["name"])
        yield name, one["metadata"]["version"]


def _attempts(loopback: Loopback, folder: str) -> Iterator[tuple[str, str]]:
    for request in loopback.requests:
        if request.method == "GET" and request.path.startswith(folder):
            yield _project(request.path.removeprefix(folder).removesuffix(".metadata"))


def _project(filename: str) -> tuple[str, str]:
    if filename.endswith(".whl"):
        name, version = filename.split("-")[:2]
    else:
        name, _, version = _SDIST.sub("", filename).rpartition("-")
    return canonicalize_name(name), version


def outcome(status: int, error: str) -> Outcome:
    if status == 0:
        return Outcome.SOLVED
    return Outcome.IMPOSSIBLE if any(words in error for words in _IMPOSSIBLE) else Outcome.ABORTED
