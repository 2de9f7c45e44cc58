"""An index of sdists whose build backends note in a folder that they ran."""

import io
import itertools
import json
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import NormalizedName

from backtrail.index.cache import Cache
from backtrail.inputs.asked_target import target
from backtrail.model.policy import Policy
from backtrail.model.question import Indexes
from backtrail.model.question import Question as Asked
from backtrail.model.run import Run
from backtrail.preparation.live_source import live_source
from backtrail.resolvers.registry import resolve, resolver_of
from backtrail.sources.live import LiveSource
from support.loopback import BYTES, JSON_PAGE, Loopback
from support.ours import question_of
from support.worlds import Question, World, wheel_bytes

UV = Policy(tool="uv", release="0.13.9")

PATIENCE = 60.0
"""Seconds until a test that waits for something says that it does not come."""

PYPROJECT = '[build-system]\nrequires = {requires}\nbuild-backend = "backend"\nbackend-path = ["."]\n'

BACKEND = """
import os, pathlib, time
NOTES = pathlib.Path({notes!r})
def note(text):
    with (NOTES / "log").open("a") as log:
        log.write(text + "\\n")
    (NOTES / text).write_text(str(os.getpid()))
def await_note(text):
    ends = time.monotonic() + {patience}
    while not (NOTES / text).exists():
        assert time.monotonic() < ends, "nobody came"
        time.sleep(0.01)
def get_requires_for_build_wheel(config=None):
    note({name!r})
    {first}
    return {more!r}
def prepare_metadata_for_build_wheel(folder, config=None):
    os.mkdir(os.path.join(folder, "x.dist-info"))
    with open(os.path.join(folder, "x.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    return "x.dist-info"
"""

STATIC = "Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n"


class BuildIndex:
    """An index of sdists whose backends note in a folder that they ran."""

    def __init__(self, server: Loopback, notes: Path) -> None:
        self.server = server
        self.url = f"{server.url}/simple"
        self.notes = notes
        self.listed: dict[str, list[dict[str, Any]]] = {}
        notes.mkdir()

    def sdist(
        self,
        name: str,
        first: str = "pass",
        *,
        requires: Sequence[str] = (),
        more: Sequence[str] = (),
        static: bool = False,
    ) -> None:
        """Offer version 1.0; ``first`` is what its backend does first, ``more`` what it asks for then."""
        backend = BACKEND.format(notes=str(self.notes), patience=PATIENCE, name=name, first=first, more=list(more))
        texts = {"pyproject.toml": PYPROJECT.format(requires=list(requires)), "backend.py": backend}
        if static:
            texts["PKG-INFO"] = STATIC.format(name=name)
        self.texts(name, texts)

    def legacy(self, name: str) -> None:
        """Offer version 1.0 as of before pyproject.toml."""
        self.texts(name, {"setup.py": f"from setuptools import setup\nsetup(name={name!r}, version='1.0')\n"})

    def texts(self, name: str, texts: Mapping[str, str]) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for path, text in texts.items():
                member = tarfile.TarInfo(f"{name}-1.0/{path}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        self.file(name, f"{name}-1.0.tar.gz", packed.getvalue())

    def wheel(self, name: str, version: str = "1.0", *requires: str, weight: int = 0) -> None:
        """Offer a wheel; ``weight`` is how many bytes it has that are of no use."""
        filename = f"{name}-{version}-py3-none-any.whl"
        said = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {r}" for r in requires)]
        body = wheel_bytes(filename, "\n".join([*said, ""]).encode())
        if weight:
            packed = io.BytesIO(body)
            with zipfile.ZipFile(packed, "a") as archive:
                archive.writestr("weight.bin", bytes(weight))
            body = packed.getvalue()
        self.file(name, filename, body, ranges=bool(weight))

    def file(self, name: str, filename: str, body: bytes, *, ranges: bool = False) -> None:
        listed = self.listed.setdefault(name, [])
        listed.append({"filename": filename, "url": f"../../files/{filename}", "hashes": {}, "size": len(body)})
        page = {"meta": {"api-version": "1.0"}, "name": name, "files": listed}
        self.server.put(f"/simple/{name}/", JSON_PAGE, json.dumps(page).encode())
        self.server.put(f"/files/{filename}", BYTES, body, ranges=ranges)

    def question(self, *requirements: str, policy: Policy = UV) -> Asked:
        world = World(name="builds", projects=(), question=Question(requirements=requirements))
        question = question_of(world, policy, indexes=Indexes(default=self.url), build_sdists=True)
        return msgspec.structs.replace(
            question, target=target(sys.executable, None, resolver_of(policy).behaviour.target)
        )

    def opened(self, question: Asked, policy: Policy = UV) -> AbstractContextManager[LiveSource]:
        return live_source(question, policy, Cache(None))

    def run(self, *requirements: str) -> Run:
        question = self.question(*requirements)
        with self.opened(question) as source:
            return resolve(question, UV, source)

    def noted(self) -> list[str]:
        log = self.notes / "log"
        return log.read_text().splitlines() if log.exists() else []

    def crawl(self, source: LiveSource, name: str, until: Callable[[], bool]) -> None:
        """Want a project's page, and look at others until something has come of it."""
        source.want_pages(self.url, [NormalizedName(name)])
        ends = time.monotonic() + PATIENCE
        for number in itertools.count():
            if until():
                return
            assert time.monotonic() < ends, "it did not happen"
            source.page(self.url, NormalizedName(f"{name}-{number}"))
