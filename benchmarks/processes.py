"""Times first runs with 0, 1 and 2 fetching processes, with either HTTP client, on indexes with and without PEP 658.

    python benchmarks/processes.py [--runs 7] [--delay 0.02] [--only seed] [--live] [--guesses] [--folder PATH]

Two servers on this computer, one for pages and one for files as at PyPI, serve the recorded world of the seed by HTTPS,
pages compressed. Versions that nobody looked at get files like those of the nearest one that somebody did, so that
pages are about as long as they are. Each answer waits ``--delay`` seconds, for the network that is not there. What is
missing is HTTP/2, so ``--live`` asks PyPI itself, which advertises metadata. Ways take turns, each run with an empty
cache; the first turn counts for nothing. Figures are of whole processes: medians of seconds on the clock and on
processors, and the median of the ratios to the first way in the same turn. ``--guesses`` compares what is shipped with
the same without guessing ahead. ``docs/decisions/processes.md`` says what came of it.
"""

import argparse
import compileall
import functools
import gzip
import hashlib
import json
import os
import re
import shutil
import ssl
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

import trustme

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from speed import CUT_OFF, SEED, Spent, spend

from backtrail.model.files import File, Listing
from backtrail.model.metadata import Metadata
from backtrail.sources.case_file import World, read_case
from support.loopback import BYTES, JSON_PAGE, Loopback, Resource
from support.worlds import sdist_bytes, wheel_bytes

QUESTIONS = {
    "seed": ["torch==2.3.1", "-r", str(SEED / "requirements.txt"), "--dependency-metadata", str(SEED)],
    "small": ["fastapi"],
}
MOST = 32
"""Files of a version that nobody looked at: most are older, from when there were fewer Pythons and platforms."""

PROGRAM = """
import sys
sys.path[:0] = {without!r}
from backtrail.index.network import fetch_process
from backtrail.preparation import live_source
fetch_process.count = lambda: {processes}
if not {guesses}:
    live_source.Scout = lambda *_: None
sys.argv[0] = "explain-backtrack"
from backtrail.cli import explain_main
explain_main()
"""


class Way(NamedTuple):
    """How it is fetched."""

    client: str
    processes: int
    guesses: bool = True

    def command(self, hidden: Path, arguments: list[str]) -> list[str]:
        """``hidden`` is a folder whose Rust client cannot be imported."""
        without = [str(hidden)] if self.client == "httpx" else []
        program = PROGRAM.format(without=without, processes=self.processes, guesses=self.guesses)
        return [sys.executable, "-c", program, *arguments]


WAYS = tuple(Way(client, processes) for client in ("httpx", "Rust") for processes in (0, 1, 2))
SHIPPED = Way("httpx", 2), Way("Rust", 1)
WITHOUT = tuple(way for shipped in SHIPPED for way in (shipped, shipped._replace(guesses=False)))


@dataclass(frozen=True)
class Release:
    """A version with its files under their names on the server, and its metadata."""

    files: tuple[File, ...]
    metadata: bytes


def releases(page: Listing, world: World) -> Iterator[Release]:
    """All versions of a page, those that are not recorded like the nearest one that is."""
    recorded = [place for place, raw in enumerate(page.table.files) if bytes(raw)]
    for place, version in enumerate(page.versions):
        if not recorded:
            continue
        near = min(recorded, key=lambda other, here=place: abs(other - here))  # type: ignore[misc]
        files = page.files(near) if near == place else page.files(near)[:MOST]
        said = next((world.metadata[one.url] for one in files if one.url in world.metadata), None)
        yield Release(
            files=tuple(renamed(one, page.versions[near], version, page.table.earliest[place]) for one in files),
            metadata=metadata(page.name, version, said if isinstance(said, Metadata) else None),
        )


def renamed(file: File, near: str, version: str, uploaded: str) -> File:
    name = re.sub(rf"-{re.escape(near)}(?=-|\.tar|\.zip)", lambda _: f"-{version}", file.filename, count=1)
    path = urlsplit(file.url).path.rpartition("/")[0]
    return File(
        filename=name,
        url=f"{path}/{name}",
        version=version,
        kind=file.kind,
        hashes={"sha256": hashlib.sha256(name.encode()).hexdigest()},
        requires_python=file.requires_python,
        uploaded=file.uploaded if near == version else uploaded or None,
        size=file.size,
    )


def metadata(name: str, version: str, said: Metadata | None) -> bytes:
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    if said is not None:
        lines += [f"Provides-Extra: {extra}" for extra in said.provides_extra]
        lines += [f"Requires-Dist: {requirement}" for requirement in said.requires_dist]
    return ("\n".join(lines) + "\n").encode()


def page(name: str, found: list[Release], files_url: str, *, advertised: bool) -> bytes:
    """As PyPI writes it (PEP 691, 700, 714)."""
    files = []
    for one in found:
        digest = {"sha256": hashlib.sha256(one.metadata).hexdigest()}
        for file in one.files:
            is_wheel = file.filename.endswith(".whl")
            said = digest if advertised and is_wheel else False
            files.append({
                "core-metadata": said,
                "data-dist-info-metadata": said,
                "filename": file.filename,
                "hashes": file.hashes if is_wheel else {},  # what is read whole is checked
                "provenance": None,
                "requires-python": file.requires_python,
                "size": file.size,
                "upload-time": file.uploaded,
                "url": files_url + file.url,
                "yanked": False,
            })  # fmt: skip
    versions = [one.files[0].version for one in found]
    meta = {"_last-serial": 1, "api-version": "1.3"}
    return json.dumps({"files": files, "meta": meta, "name": name, "versions": versions}).encode()


def serve(world: World, pages: Loopback, files: Loopback, *, advertised: bool, delay: float) -> None:
    """Put a recorded world on two servers."""
    for listing in world.pages.values():
        if not isinstance(listing, Listing):
            continue
        found = list(releases(listing, world))
        body = gzip.compress(page(listing.name, found, files.url, advertised=advertised), 6)
        where = f"/simple/{listing.name}/"
        pages.resources[where] = Resource({JSON_PAGE: functools.partial(bytes, body)}, encoding="gzip")
        pages.delays[where] = delay
        for one in found:
            for file in one.files:
                bodies: dict[str, Callable[[], bytes]] = {file.url: content(file, one.metadata)}
                if advertised and file.filename.endswith(".whl"):
                    bodies[f"{file.url}.metadata"] = functools.partial(bytes, one.metadata)
                for path, make in bodies.items():
                    files.resources[path] = Resource({BYTES: make}, ranges=True)
                    files.delays[path] = delay


def content(file: File, said: bytes) -> Callable[[], bytes]:
    pack = wheel_bytes if file.filename.endswith(".whl") else sdist_bytes
    return functools.partial(pack, file.filename, said)


def certified(folder: Path) -> ssl.SSLContext:
    """A certificate for this computer, trusted by programs that are started from here."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    os.environ |= {"SSL_CERT_FILE": str(folder / "authority.pem"), "NO_PROXY": "127.0.0.1"}
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    return tls


def compare(title: str, arguments: list[str], folder: Path, runs: int, ways: tuple[Way, ...]) -> None:
    hidden = folder / "hidden"
    (hidden / "pyreqwest").mkdir(parents=True, exist_ok=True)
    (hidden / "pyreqwest" / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    taken: Mapping[Way, list[Spent]] = {way: [] for way in ways}
    for turn in range(runs + 1):
        for way in ways:
            cache = folder / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            spent = spend(way.command(hidden, arguments), folder, BACKTRAIL_CACHE_DIR=str(cache))
            if turn:
                taken[way].append(spent)
    print(title)
    for way, column in taken.items():
        wall = [one.wall for one in column]
        cpu = statistics.median(one.cpu for one in column)
        ratio = statistics.median(one.wall / first.wall for one, first in zip(column, taken[ways[0]], strict=True))
        fetched = f"{way.processes} processes{'' if way.guesses else ', no guesses'}"
        times = f"{statistics.median(wall):6.2f} s ({min(wall):.2f} to {max(wall):.2f})"
        print(f"  {way.client:5}  {fetched:23}  {times}  {cpu:6.2f} s of processor  ratio {ratio:.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time first runs by ways of fetching.")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds that each answer waits")
    parser.add_argument("--only", choices=QUESTIONS)
    parser.add_argument("--live", action="store_true", help="ask PyPI")
    parser.add_argument("--guesses", action="store_true", help="with guesses and without")
    parser.add_argument("--folder", help="where caches and temporary files go, instead of the system's folder")
    args = parser.parse_args()
    compileall.compile_path(maxlevels=9, quiet=2)  # as an installer leaves packages
    ways = WITHOUT if args.guesses else WAYS
    world = read_case(SEED / "seed.backtrail")[1]
    fixed = ["-q", "--isolated", "--resolver", "uv", "--python", "3.10", "--exclude-newer", CUT_OFF]
    with TemporaryDirectory(dir=args.folder) as folder:
        for name, question in QUESTIONS.items():
            if args.only not in (None, name):
                continue
            if args.live:
                compare(f"{name}, PyPI", [*question, *fixed], Path(folder), args.runs, ways)
                continue
            tls = certified(Path(folder))
            for advertised in (True, False):
                with Loopback(tls) as pages, Loopback(tls) as files:
                    serve(world, pages, files, advertised=advertised, delay=args.delay)
                    title = f"{name}, metadata {'advertised' if advertised else 'in wheels only'}"
                    index = ["--index-url", f"{pages.url}/simple/"]
                    compare(title, [*question, *fixed, *index], Path(folder), args.runs, ways)


if __name__ == "__main__":
    main()
