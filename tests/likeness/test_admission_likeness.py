"""Which file of a version the real uv reads and would install, against ours: random files of one version."""

from random import Random

import pytest

from backtrail.inputs.asked_target import target
from backtrail.model.files import File as Listed
from backtrail.model.files import FileKind
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Options
from backtrail.resolvers.registry import resolver_of
from backtrail.resolvers.release_history import since
from backtrail.resolvers.uv.distributions import represent
from backtrail.standards.requires_python import from_below
from support.likeness import real_answers
from support.real_uv import Outcome, find_uv
from support.worlds import File, Project, Question, Release, World, release

pytestmark = pytest.mark.likeness

PLATFORM = "x86_64-unknown-linux-gnu"
TAGS = (
    "py3-none-any", "py2-none-any", "py2.py3-none-any", "cp27-cp27m-win_amd64", "cp311-cp311-win_amd64",
    "cp311-cp311-macosx_11_0_arm64", "cp311-cp311-manylinux2014_x86_64", "cp311-none-linux_x86_64",
    "cp312-cp312-manylinux2014_x86_64", "cp311-cp311d-linux_x86_64", "cp311-cp310-linux_x86_64",
    "cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp311-cp311-plan9_x86", "pp310-pypy310_pp73-linux_x86_64",
    "cp311-cp311-musllinux_1_2_x86_64", "cp36-abi3-manylinux2010_x86_64",
)  # fmt: skip
UPLOADS = ("2023-01-01T00:00:00Z", "2024-06-01T00:00:00Z", "2025-01-01T00:00:00Z", None)
CUT_OFF = "2024-06-01T00:00:00Z"


def one_project(seed: int) -> World:
    """One version whose every file requires another project, which tells what was read."""
    random = Random(seed)
    tags = random.sample(TAGS, random.randint(0, 4))
    names = [f"a-1.0-{random.choice(('', '', '1-', '2b-'))}{tag}.whl" for tag in tags]
    names += ["a-1.0.tar.gz"] * random.choice((0, 1, 1))
    random.shuffle(names)
    cut_off = random.random() < 0.4
    files = tuple(
        File(
            filename=name,
            requires_dist=(f"read-{place}",),
            requires_python=random.choice((None, None, ">=3.8", ">=3.12", ">=3.6,<3.10")),
            yanked=random.choice((False, False, False, True, "broken")),
            upload_time=random.choice(UPLOADS) if cut_off else UPLOADS[0],
        )
        for place, name in enumerate(names)
    )
    readable = tuple(
        Project(name=f"read-{place}", releases=(release(f"read-{place}", "1", upload_time=UPLOADS[0]),))
        for place in range(len(names))
    )
    formats = random.choice(((), (), ("only",), ("no",)))
    return World(
        name=f"version {seed}",
        projects=(Project(name="a", releases=(Release(version="1.0", files=files),)), *readable),
        question=Question(
            requirements=(random.choice(("a", "a", "a==1.0")),),
            python="3.11",
            python_platform=PLATFORM,
            exclude_newer=CUT_OFF if cut_off else None,
            only_binary=("a",) if "only" in formats else (),
            no_binary=("a",) if "no" in formats else (),
        ),
    )


def ours(world: World, policy: Policy) -> str | None:
    """The project that tells which file's metadata is read; None where there is no answer."""
    question = world.question
    options = Options(
        exclude_newer=question.exclude_newer,
        formats=FormatControl(only_binary=frozenset(question.only_binary), no_binary=frozenset(question.no_binary)),
    )
    files = world.projects[0].releases[0].files
    listed = [
        Listed(
            filename=file.filename,
            url="",
            version="1.0",
            kind=FileKind.WHEEL if file.is_wheel else FileKind.SDIST,
            requires_python=file.requires_python,
            uploaded=file.upload_time,
            yanked=None if file.yanked is False else "" if file.yanked is True else str(file.yanked),
        )
        for file in files
    ]
    here = target("3.11", PLATFORM, resolver_of(policy).behaviour.target)
    found = represent(listed, policy, here, options, yanked_allowed=question.requirements == ("a==1.0",))
    if found.metadata is None or not found.python_ok:
        return None
    said = found.metadata.requires_python
    if since(policy)("0.6.17") and said is not None and not from_below(said, here.python_version):
        return None  # uv reads the metadata's own Requires-Python too
    return f"read-{listed.index(found.metadata)}"


@pytest.mark.parametrize("release", ["0.13.9", "0.4.18"])
def test_the_same_file_is_read_as_by_the_real_uv(release: str) -> None:
    uv = find_uv(release)
    if uv is None:
        pytest.skip(f"uv {release} is not installed")
    worlds = [one_project(seed) for seed in range(200, 290)]
    differences = []
    for world, answer in zip(worlds, real_answers(worlds, uv), strict=True):
        read = next((name for name in answer.pins if name.startswith("read-")), None)
        assert (read is None) is (answer.outcome is not Outcome.SOLVED)
        mine = ours(world, Policy(tool="uv", release=release))
        if read != mine:
            differences.append(
                f"{world.name}: the real uv reads {read}, ours {mine}: {world.projects[0]} {answer.error}"
            )
    assert not differences, "\n".join(differences)
