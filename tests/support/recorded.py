"""The fixtures: recorded worlds with their stories, as values and as worlds that a real tool can be asked about."""

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.inquiry import Inquiry
from backtrail.model.files import File, Listing
from backtrail.model.metadata import Metadata, SdistContents
from backtrail.model.question import Question
from backtrail.sources.case_file import World as Recording
from backtrail.sources.case_file import read_case, write_case
from support import worlds
from support.real_uv import REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIXTURES = REPOSITORY / "fixtures"

Read = Mapping[tuple[NormalizedName, str], Metadata]


def story(name: str) -> dict[str, Any]:
    """What a fixture tells and expects."""
    return tomllib.loads((FIXTURES / name / "story.toml").read_text(encoding="utf-8"))


def pins(path: Path) -> dict[str, str]:
    """The pins of a file as the real tools write it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def served(recording: Recording, question: Question, folder: Path, **asked: Any) -> worlds.World:
    """The recording as a world to put on a loopback index.

    What was read of a version is what all its files say, and sdists say it themselves (PEP 643). A version that nobody
    looked at has a wheel, so that it is seen. Direct references become wheels in ``folder``. ``asked`` goes into the
    question.
    """
    here = {canonicalize_name(each.name): _wheel(each, folder) for each in question.stand_ins}
    said = {(canonicalize_name(found.name), found.version): found for found in recording.metadata.values()
            if isinstance(found, Metadata)}  # fmt: skip
    pages = [page for page in recording.pages.values() if isinstance(page, Listing)]
    return worlds.World(
        name=folder.name,
        projects=tuple(
            worlds.Project(
                name=page.name,
                releases=tuple(_release(page, place, recording, said) for place in range(len(page.versions))),
            )
            for page in pages
        ),
        question=worlds.Question(
            requirements=tuple(
                f"{each.name} @ {here[each.name].as_uri()}" if each.name in here else each.text
                for each in question.requirements
            ),
            **asked,
        ),
    )


def seed_asked(folder: Path, *, resolvers: int = 1, budget: int = 0) -> str:
    """The path of the seed's recording, asked of the first resolvers alone and explained with fewer solves."""
    question, recording = read_case(FIXTURES / "seed" / "seed.backtrail")
    question = {**question, "asked": question["asked"][:resolvers], "budget": budget}
    path = folder / f"seed-{resolvers}-{budget}.backtrail"
    write_case(path, question, recording)
    return str(path)


def seed_until(cut_off: str, folder: Path) -> worlds.World:
    """The world of the seed as it was at a moment, for a tool without a cut-off."""
    question, recording = read_case(FIXTURES / "seed" / "seed.backtrail")
    asked = msgspec.convert(question, Inquiry).asked[0].question
    world = served(
        recording, asked, folder, python="3.10", python_platform="x86_64-manylinux_2_28", exclude_newer=cut_off
    )
    return dataclasses.replace(world, projects=tuple(_until(cut_off, project) for project in world.projects))


def _until(cut_off: str, project: worlds.Project) -> worlds.Project:
    dated = (
        dataclasses.replace(
            one, files=tuple(file for file in one.files if file.upload_time and file.upload_time < cut_off)
        )
        for one in project.releases
    )
    return dataclasses.replace(project, releases=tuple(one for one in dated if one.files))


def _sdist_metadata(recording: Recording, file: File) -> Metadata | None:
    contents = recording.sdists.get(file.url)
    if not isinstance(contents, SdistContents):
        return None
    found = static_metadata(contents, file) or legacy_metadata(contents, file)
    return found if isinstance(found, Metadata) else None


def _release(page: Listing, place: int, recording: Recording, said: Read) -> worlds.Release:
    version = page.versions[place]
    if not bytes(page.table.files[place]):
        return worlds.release(page.name, version, upload_time=page.table.earliest[place] or None)
    files = page.files(place)
    found = said.get((page.name, version)) or next(
        filter(None, (_sdist_metadata(recording, file) for file in files)), None
    )
    return worlds.Release(
        version=version,
        files=tuple(
            worlds.File(
                filename=file.filename,
                requires_python=file.requires_python,
                yanked=False if file.yanked is None else file.yanked or True,
                upload_time=file.uploaded,
                core_metadata=file.metadata_hashes is not None,
            )
            for file in files
        ),
        requires_dist=() if found is None else found.requires_dist,
        provides_extra=() if found is None else found.provides_extra,
    )


def _wheel(said: Metadata, folder: Path) -> Path:
    release = worlds.release(
        said.name, said.version, *said.requires_dist,
        requires_python=said.requires_python, provides_extra=said.provides_extra,
    )  # fmt: skip
    project = worlds.Project(name=said.name, releases=(release,))
    entry = next(worlds.project_entries(project))
    path = folder / entry.file.filename
    path.write_bytes(entry.content())
    return path
