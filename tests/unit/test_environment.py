"""What is installed: read from folders, whatever stands there."""

import json
import os
import sys
from pathlib import Path

import pytest

from backtrail.inputs.environment import environment_python, read_environment
from backtrail.model.errors import InputError
from backtrail.model.installed import Installed, InstalledEnvironment
from backtrail.model.metadata import Failure, Metadata, Unavailable
from support.environments import dist, environment, metadata, put
from support.patience import patience


def read(folder: Path) -> InstalledEnvironment:
    return read_environment(environment_python(str(folder), {}), f"--env {folder}")


def only(folder: Path, name: str) -> Installed:
    (found,) = read(folder).all_of(name)
    return found


def test_a_wheel_says_who_installed_it_why_and_for_what(tmp_path: Path) -> None:
    environment(
        tmp_path / "e", dist("My.App", "1.0", "lib>=2", installer="uv", requested=True, tags=("py2.py3-none-any",))
    )
    found = only(tmp_path / "e", "my-app")
    assert (found.version, found.installer, found.requested, found.recorded) == ("1.0", "uv", True, True)
    assert found.tags == ("py2-none-any", "py3-none-any")
    assert isinstance(found.metadata, Metadata)
    assert found.metadata.requires_dist == ("lib>=2",)
    assert not found.inherited


def test_nothing_of_it_is_imported_or_run(tmp_path: Path) -> None:
    site = environment(tmp_path / "e", dist("app", "1.0"))
    (site / "app.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert only(tmp_path / "e", "app").version == "1.0"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("said", "url", "commit", "editable"),
    [
        ({"url": "https://me:secret@example.org/a.whl", "archive_info": {}}, "https://example.org/a.whl", None, False),
        ({"url": "file:///src/app", "dir_info": {"editable": True}}, "file:///src/app", None, True),
        (
            {"url": "https://example.org/app", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            "https://example.org/app", "a" * 40, False,
        ),
        ({"url": 7}, None, None, False),
        ({"url": "no url\u202e"}, None, None, False),
    ],
)  # fmt: skip
def test_a_direct_reference_is_kept_without_its_credentials(
    tmp_path: Path, said: dict[str, object], url: str | None, commit: str | None, editable: bool
) -> None:
    environment(tmp_path / "e", dist("app", "1.0", direct_url=said))
    found = only(tmp_path / "e", "app")
    assert (found.url, found.commit, found.editable) == (url, commit, editable)


def test_a_local_file_is_unchanged_as_long_as_it_is_as_old_as_uv_noted(tmp_path: Path) -> None:
    wheel = tmp_path / "app.whl"
    wheel.touch()
    status = wheel.stat()
    written = status.st_mtime_ns if sys.platform == "win32" else status.st_ctime_ns
    site = environment(tmp_path / "e", dist("app", "1.0", direct_url={"url": wheel.as_uri(), "archive_info": {}}))
    note = site / "app-1.0.dist-info" / "uv_cache.json"
    seen = [only(tmp_path / "e", "app").unchanged]
    for late in (0, 1):
        at = {"secs_since_epoch": written // 10**9, "nanos_since_epoch": written % 10**9 + late}
        note.write_text(json.dumps({"timestamp": at}))
        seen.append(only(tmp_path / "e", "app").unchanged)
    wheel.unlink()
    assert [*seen, only(tmp_path / "e", "app").unchanged] == [False, True, False, False]


def test_older_forms_are_read(tmp_path: Path) -> None:
    site = environment(tmp_path / "e")
    info = site / "old-1.0-py3.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text(metadata(dist("old", "1.0")))
    (info / "requires.txt").write_text("lib>=2\n\n[web]\nserver\n")
    (site / "file-2.0.egg-info").write_text(metadata(dist("file", "2.0")))
    tree = tmp_path / "tree"
    (tree / "linked.egg-info").mkdir(parents=True)
    (tree / "linked.egg-info" / "PKG-INFO").write_text(metadata(dist("linked", "3.0")))
    (site / "linked.egg-link").write_text(f"{tree}\n.\n")
    (site / "gone.egg-link").write_text(f"{tmp_path / 'gone'}\n")
    found: dict[str, Installed] = {one.name: one for one in read(tmp_path / "e").distributions}
    assert {name: one.version for name, one in found.items()} == {"old": "1.0", "file": "2.0", "linked": "3.0"}
    assert isinstance(found["old"].metadata, Metadata)
    assert found["old"].metadata.requires_dist == ("lib>=2", 'server ; extra == "web"')
    assert (found["linked"].editable, found["linked"].url) == (True, tree.as_uri())


def test_what_is_there_twice_is_there_twice(tmp_path: Path) -> None:
    environment(tmp_path / "e", dist("app", "1.0"), dist("app", "2.0"))
    assert [one.version for one in read(tmp_path / "e").all_of("app")] == ["1.0", "2.0"]


def test_a_broken_metadata_file_makes_that_one_unknown_and_no_other(tmp_path: Path) -> None:
    site = environment(tmp_path / "e", dist("good", "1.0"), dist("lost", "1.0"), dist("empty", "2.0"))
    (site / "lost-1.0.dist-info" / "METADATA").unlink()
    (site / "empty-2.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe\x00")
    (site / "nonsense.dist-info").mkdir()
    (site / "~app-1.0.dist-info").mkdir()
    found = read(tmp_path / "e")
    assert {one.name: isinstance(one.metadata, Metadata) for one in found.distributions} == {
        "good": True, "lost": False, "empty": False,
    }  # fmt: skip
    (lost,) = found.all_of("lost")
    assert lost is not None
    assert isinstance(lost.metadata, Unavailable)
    assert (lost.version, lost.metadata.failure, lost.metadata.detail) == (
        "1.0",
        Failure.STRUCTURE,
        "it has no METADATA",
    )
    assert [one.file for one in found.unread] == ["nonsense.dist-info"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_nothing_that_stands_there_holds_it_up(tmp_path: Path) -> None:
    site = environment(tmp_path / "e", dist("app", "1.0"))
    info = site / "app-1.0.dist-info"
    (info / "METADATA").unlink()
    os.mkfifo(info / "METADATA")
    os.mkfifo(info / "direct_url.json")
    (info / "INSTALLER").write_text("x" * 1_000_000)
    found = only(tmp_path / "e", "app")
    assert isinstance(found.metadata, Unavailable)
    assert found.installer is None


def test_tags_without_end_are_cut_off(tmp_path: Path) -> None:
    """Dots multiply: what stands in some kilobytes would be a hundred million tags."""
    many = ".".join("a" * 90)
    environment(tmp_path / "e", dist("app", "1.0", tags=(f"{many}-{many}-{many}",) * 100))
    with patience():
        assert len(only(tmp_path / "e", "app").tags) == 1000


def test_what_no_path_can_be_names_nothing(tmp_path: Path) -> None:
    """A link of 5,000 characters, the URL of a file that is none."""
    site = environment(tmp_path / "e", dist("app", "1.0", direct_url={"url": "file://[x/app.whl", "archive_info": {}}))
    note = {"timestamp": {"secs_since_epoch": 1, "nanos_since_epoch": 1}}
    (site / "app-1.0.dist-info" / "uv_cache.json").write_text(json.dumps(note))
    (site / "long.egg-link").write_text("a" * 5_000)
    (found,) = read(tmp_path / "e").distributions
    assert (found.name, found.url, found.unchanged) == ("app", None, False)


def test_requirements_of_an_egg_that_are_not_read_are_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = environment(tmp_path / "e")
    info = site / "old-1.0-py3.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text(metadata(dist("old", "1.0")))
    (info / "requires.txt").write_text("lib\n" * 100)
    monkeypatch.setattr("backtrail.bounds.METADATA", 100)
    found = only(tmp_path / "e", "old").metadata
    assert isinstance(found, Unavailable)
    assert (found.failure, found.file) == (Failure.TOO_LARGE, "old-1.0-py3.egg-info")


def test_what_an_interpreter_below_has_is_inherited(tmp_path: Path) -> None:
    environment(tmp_path / "e", dist("app", "1.0"))
    config = tmp_path / "e" / "pyvenv.cfg"
    config.write_text(
        config.read_text().replace("include-system-site-packages = false", "include-system-site-packages = true")
    )
    found = read(tmp_path / "e")
    assert {one.name for one in found.distributions if not one.inherited} == {"app"}


def test_what_is_no_environment_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "false").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "false").chmod(0o755)
    for given, sentence in (
        ("nope", r"--env 'nope' is neither an interpreter nor the folder of an environment"),
        (str(tmp_path / "empty"), r"--env '.*empty' is a directory without a Python interpreter"),
    ):
        with pytest.raises(InputError, match=sentence):
            environment_python(given, {"PATH": str(tmp_path)})
    with pytest.raises(InputError, match=r"'.*false' is not a Python that can say which one it is"):
        read(tmp_path / "false")


def test_several_environments_are_read_apart(tmp_path: Path) -> None:
    for name in ("1.0", "2.0"):
        put(environment(tmp_path / name), dist("app", name))
    assert [only(tmp_path / name, "app").version for name in ("1.0", "2.0")] == ["1.0", "2.0"]
