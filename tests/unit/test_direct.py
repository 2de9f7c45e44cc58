"""Direct references to wheels, sdists and source trees on this disk."""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.utils import NormalizedName

from backtrail.index.build.builder import Builder
from backtrail.index.build.direct_references import read_direct
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.requirement import Requirement

STATIC = "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\nRequires-Dist: numpy\n"
PROJECT = '[project]\nname = "foo"\nversion = "1.0"\ndependencies = ["numpy"]\n'
BACKEND = """
import os
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    os.mkdir(os.path.join(folder, "foo.dist-info"))
    with open(os.path.join(folder, "foo.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: foo\\nVersion: 3.0\\nRequires-Dist: scipy\\n")
    return "foo.dist-info"
"""
DYNAMIC = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "foo"
dynamic = ["version"]
"""


def direct(path: Path, fragment: str = "", builder: Builder | None = None) -> Metadata | Unavailable:
    url = path.as_uri() + fragment
    return read_direct(Requirement(name=NormalizedName("foo"), url=url, text=f"foo @ {url}"), builder)


def known(found: Metadata | Unavailable) -> Metadata:
    assert isinstance(found, Metadata), found
    return found


def failure(found: Metadata | Unavailable) -> Failure:
    assert isinstance(found, Unavailable), found
    return found.failure


def wheel(path: Path, name: str = "foo") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("foo-1.0.dist-info/METADATA", STATIC.replace("foo", name))
    return path


def tarball(path: Path, **texts: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for key, text in texts.items():
            info = tarfile.TarInfo(f"top/{key.replace('__', '-').replace('_', '.')}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def tree(path: Path, **texts: str) -> Path:
    for key, text in texts.items():
        (path / key.replace("_", ".")).write_text(text)
    return path


def test_a_wheel(tmp_path: Path) -> None:
    found = known(direct(wheel(tmp_path / "foo-1.0-py3-none-any.whl")))
    assert (found.requires_dist, found.source, found.file) == (
        ("numpy",), MetadataSource.WHEEL, "foo-1.0-py3-none-any.whl")  # fmt: skip


def test_a_path_with_spaces_and_an_umlaut(tmp_path: Path) -> None:
    folder = tmp_path / "my wheels ä"
    folder.mkdir()
    known(direct(wheel(folder / "foo-1.0-py3-none-any.whl"), "#sha256=00"))


def test_the_version_inside_a_wheel_counts_whatever_its_name_says(tmp_path: Path) -> None:
    """Both tools take it so: measured for uv, read in pip."""
    assert known(direct(wheel(tmp_path / "foo-2.0-py3-none-any.whl"))).version == "1.0"


@pytest.mark.parametrize("name", ["bar-1.0-py3-none-any.whl", "foo.whl"])
def test_a_wheel_of_another_name_is_inconsistent(tmp_path: Path, name: str) -> None:
    assert failure(direct(wheel(tmp_path / name))) is Failure.INCONSISTENT


def test_a_wheel_with_another_project_in_it_says_so(tmp_path: Path) -> None:
    assert known(direct(wheel(tmp_path / "foo-1.0-py3-none-any.whl", "bar"))).name == "bar"


@pytest.mark.parametrize("name", ["foo-1.0.tar.gz", "main.tar.gz", "bar-9.tgz"])
def test_an_sdist_is_what_it_says_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    found = known(direct(tarball(tmp_path / name, PKG__INFO=STATIC)))
    assert (found.version, found.requires_dist, found.file) == ("1.0", ("numpy",), name)


def test_a_source_tree_with_a_project_table(tmp_path: Path) -> None:
    found = known(direct(tree(tmp_path, pyproject_toml=PROJECT)))
    assert (found.version, found.requires_dist, found.source) == ("1.0", ("numpy",), MetadataSource.PYPROJECT)


def test_a_source_tree_in_a_subdirectory(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    tree(tmp_path / "inner", pyproject_toml=PROJECT)
    known(direct(tmp_path, "#subdirectory=inner"))
    assert failure(direct(tmp_path)) is Failure.BUILD_FORBIDDEN


def test_the_texts_at_the_root_of_an_archive_are_not_those_of_a_subdirectory(tmp_path: Path) -> None:
    path = tarball(tmp_path / "foo-1.0.tar.gz", PKG__INFO=STATIC)
    assert failure(direct(path, "#subdirectory=inner")) is Failure.BUILD_FORBIDDEN


@pytest.mark.parametrize(
    ("texts", "source"),
    [
        ({"setup_py": "setup(name='foo', version='2.0', install_requires=['six'])"}, MetadataSource.SETUP_PY),
        ({"setup_cfg": "[metadata]\nname=foo\nversion=2.0\n[options]\ninstall_requires=six"}, MetadataSource.SETUP_CFG),
    ],
)
def test_an_old_source_tree_is_read_by_its_literals(
    tmp_path: Path, texts: dict[str, str], source: MetadataSource
) -> None:
    folder = tmp_path / "foo"
    folder.mkdir()
    found = known(direct(tree(folder, **texts)))
    assert (found.version, found.requires_dist, found.source, found.file) == ("2.0", ("six",), source, "foo")


@pytest.mark.parametrize(
    "texts",
    [
        {"pyproject_toml": DYNAMIC},
        {"setup_py": "setup(version=read())"},
        {"setup_py": "setup(**them)", "setup_cfg": "[metadata]\nversion = 1"},
        {"setup_cfg": "[metadata]\nversion = attr: foo.VERSION\n[options]"},
        {"pyproject_toml": "[project"},
        {},
    ],
)
def test_a_version_that_only_a_build_tells_is_not_made_up(tmp_path: Path, texts: dict[str, str]) -> None:
    assert failure(direct(tree(tmp_path, **texts))) is Failure.BUILD_FORBIDDEN


def test_a_build_tells_if_it_may(tmp_path: Path) -> None:
    with Builder(sys.executable, solve=lambda _: (), download=lambda _: tmp_path) as builder:
        found = known(direct(tree(tmp_path, pyproject_toml=DYNAMIC, backend_py=BACKEND), builder=builder))
    assert (found.version, found.requires_dist, found.source) == ("3.0", ("scipy",), MetadataSource.BUILT)


def test_what_is_not_there_is_unknown(tmp_path: Path) -> None:
    assert failure(direct(tmp_path / "foo-1.0-py3-none-any.whl")) is Failure.NETWORK
    assert failure(direct(tmp_path / "foo-1.0.tar.gz")) is Failure.NETWORK
