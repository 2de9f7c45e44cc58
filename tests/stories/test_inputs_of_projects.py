"""The inputs of public projects, as their sdists hold them today: what is read is what their own metadata says."""

import json
import tarfile
import urllib.request
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backtrail.cli import run
from backtrail.index import DEFAULT_INDEX
from backtrail.report.schema import schema

pytestmark = [pytest.mark.live, pytest.mark.uncounted]

JSON_PAGE = "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Fetch and unpack an sdist; its folder is the one that is asked in."""
    monkeypatch.delenv("NETRC", raising=False)

    def fetched(name: str, version: str) -> Path:
        asked = urllib.request.Request(f"{DEFAULT_INDEX.rstrip('/')}/{name}/", headers={"Accept": JSON_PAGE})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            files = json.load(answer)["files"]
        named = f"{name.replace('-', '_')}-{version}.tar.gz"
        url = next(one["url"] for one in files if one["filename"].replace("-", "_", name.count("-")) == named)
        archive = tmp_path / named
        with urllib.request.urlopen(url, timeout=60) as answer:
            archive.write_bytes(answer.read())
        with tarfile.open(archive) as opened:
            opened.extractall(tmp_path / "sdist", filter="data")
        (folder,) = (tmp_path / "sdist").iterdir()
        monkeypatch.chdir(folder)
        return folder

    return fetched


def asked(path: str, *options: str) -> dict[str, Any]:
    given = ("--resolver", "uv", "--python", "3.12", "--python-platform", "linux", "--isolated", "--budget", "0")
    run(["explain-backtrack", "-r", path, *given, *options, "-q", "--force", "-o", "asked.json"])
    document: dict[str, Any] = json.loads(Path("asked.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema())
    return document


def stated(folder: Path) -> dict[str, str]:
    """What the metadata of an sdist requires without any extra, by name with the specifier."""
    texts = message_from_bytes((folder / "PKG-INFO").read_bytes()).get_all("Requires-Dist", [])
    for path in () if texts else folder.glob("**/*.egg-info/requires.txt"):  # before Metadata 2.2
        extra = False
        for line in filter(None, path.read_text(encoding="utf-8").splitlines()):
            extra = not line.startswith("[:") if line.startswith("[") else extra
            texts += [] if extra or line.startswith("[") else [line]
    found = [Requirement(text) for text in texts]
    return {canonicalize_name(one.name): str(one.specifier) for one in found if "extra" not in str(one.marker or "")}


@pytest.mark.parametrize(
    ("name", "version", "path"),
    [
        ("flask", "3.0.3", "pyproject.toml"),
        ("httpx", "0.27.2", "pyproject.toml"),
        ("rich", "13.7.1", "pyproject.toml"),  # Poetry's tables
        ("flake8", "6.0.0", "setup.cfg"),
        ("jsonschema", "4.0.0", "setup.cfg"),
        ("requests", "2.31.0", "setup.py"),
        ("boto3", "1.26.0", "setup.py"),
    ],
)
def test_what_a_project_requires_is_what_its_metadata_says(
    name: str, version: str, path: str, unpacked: Callable[[str, str], Path]
) -> None:
    folder = unpacked(name, version)
    read = [Requirement(one["text"].partition(" #")[0]) for one in asked(path)["question"]["requirements"]]
    assert {canonicalize_name(one.name): str(one.specifier) for one in read} == stated(folder)


def test_a_compiled_list_of_a_project_is_a_lock(
    unpacked: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    unpacked("flask", "3.0.3")
    assert run(["why", "packaging", "--lock", "requirements/build.txt", "--isolated", "--python", "3.12"]) == 0
    assert "is locked in requirements/build.txt:" in capsys.readouterr().out


def test_a_lock_of_uv_that_a_project_publishes(
    unpacked: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    unpacked("flask", "3.1.1")
    assert run(["why", "werkzeug", "--lock", "uv.lock", "--isolated", "--budget", "0"]) == 0
    said = capsys.readouterr().out
    assert "is locked in uv.lock:" in said
    assert "asked for by pyproject.toml:" in said
