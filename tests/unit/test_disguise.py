"""What a disguise replaces, and that it replaces it alike."""

import getpass
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.model.metadata import Failure, Unavailable
from backtrail.sources.anonymized import Disguise, Variables
from support.patience import patience

PATHS = st.lists(st.sampled_from(["home", "alice", "secret-lib", "Secret_Lib", "x.whl", "2", "~", "a b"])).map("/".join)
BEFORE = st.sampled_from(
    ["", "/", "file:///", "https://u:p@corp.example/", "https://index.example/", "git+https://git@corp.example:8443/",
     "--python /", "C:\\Users\\", "secret.lib @ file:/", "-e "]
)  # fmt: skip
AFTER = st.sampled_from(["", "?x=1", "?2", "#sha256=1", "?y#egg=secret-lib", " ; extra == 'x'"])
TEXTS = st.lists(st.tuples(BEFORE, PATHS, AFTER).map("".join), max_size=4).map(" ".join)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "alice"))
    monkeypatch.setattr(getpass, "getuser", lambda: "alice")
    monkeypatch.setattr(socket, "gethostname", lambda: "alice-laptop.example")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{here}/alice/app/requirements.txt", "alice/app/requirements.txt"),
        ("/home/bob/requirements.txt", "~/requirements.txt"),
        ("C:\\Users\\bob\\requirements.txt", "~\\requirements.txt"),
        ("-e file:///srv/customer/lib#egg=lib", "-e file:///lib#egg=lib"),
        ("https://bob:pw@index.example/simple", "https://index.example/simple"),
        ("https://index.example/a.whl?sig=abc#sha256=1", "https://index.example/a.whl?1#sha256=1"),
        ("--python /opt/python/bin/python3", "--python PATH"),
        ("--python 3.12", "--python 3.12"),
        ("https://index.example/home/bob/simple", "https://index.example/home/bob/simple"),
        ("torch>=2 ; python_version < '3.12'", "torch>=2 ; python_version < '3.12'"),
        ("License-File: LICENSE", "License-File: LICENSE"),
    ],
)
def test_what_is_hidden_and_what_is_not(home: Path, text: str, shown: str) -> None:
    assert Disguise().text(text.format(here=home)) == shown


def test_different_things_keep_different_names() -> None:
    disguise = Disguise()
    first, second = "file:///a/wheels/x.whl", "file:///b/wheels/x.whl"
    assert (disguise.text(first), disguise.text(second)) == ("file:///x.whl", "file:///2/x.whl")
    assert disguise.text(first) == "file:///x.whl"
    assert disguise.real("file:///2/x.whl") == second
    signed = [disguise.text(f"https://index.example/x.whl?sig={number}") for number in "aba"]
    assert signed == [f"https://index.example/x.whl?{number}" for number in (1, 2, 1)]


@pytest.mark.usefixtures("home")
def test_people_are_hidden_where_programs_speak() -> None:
    said = Unavailable(failure=Failure.BUILD_FAILED, file="alice-1.0.tar.gz", detail="alice@alice-laptop: no compiler")
    found = Disguise().record(said)
    assert found.detail == "…@…: no compiler"
    assert found.file == "alice-1.0.tar.gz"  # a project may be called so


def test_a_name_is_hidden_in_every_spelling_and_found_again() -> None:
    disguise = Disguise(names=["secret-lib"])
    for text, shown in (
        ("Secret_Lib>=1", "private1>=1"),
        ("secret.lib-1.0-py3-none-any.whl", "private1-1.0-py3-none-any.whl"),
        ("secret-lib-plugin", "private1-plugin"),
        ("secret-library", "secret-library"),
    ):
        assert disguise.text(text) == shown
    assert disguise.real_name(disguise.name("secret-lib-plugin")) == "secret-lib-plugin"  # type: ignore[arg-type]


def test_an_index_and_its_files_get_other_addresses() -> None:
    disguise = Disguise(places=["https://corp.example/team/simple/", "https://corp.example/other/simple"])
    assert disguise.text("https://corp.example/team/simple") == "https://index1.example/simple"
    assert disguise.text("https://corp.example/other/simple/") == "https://index1.example/simple2/"
    assert disguise.text("https://corp.example/team/files/x.whl") == "https://index1.example/x.whl"
    assert disguise.text("could not reach corp.example") == "could not reach index1.example"


def test_only_variables_that_were_asked_for_are_remembered() -> None:
    variables = Variables({"TOKEN": "abcdef", "OTHER": "ghijkl"})
    assert variables.get("TOKEN") == "abcdef"
    assert variables.get("NOTHING") is None
    disguise = Disguise(variables=variables.used)
    assert disguise.text("https://index.example/abcdef/simple") == "https://index.example/${TOKEN}/simple"
    assert disguise.text("https://index.example/ghijkl/simple") == "https://index.example/ghijkl/simple"


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_what_was_replaced_stays(text: str) -> None:
    disguise = Disguise(names=["secret-lib"], places=["https://corp.example/simple"])
    once = disguise.text(text)
    assert disguise.text(once) == once


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "a." * 150_000, "/a" * 150_000, "https://" * 40_000, "--python " * 30_000]
)
def test_a_word_without_end_is_looked_through_once(text: str) -> None:
    with patience():
        assert Disguise(names=["foo-bar"], places=["https://x.org/simple"]).text(text)
