"""The harness itself: the loopback index is a faithful index, and the real uv's log is read as uv means it."""

import hashlib
import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping

import pytest
from packaging.metadata import Metadata

from support.likeness import real_answers
from support.loopback import HTML_PAGE, JSON_PAGE, Loopback
from support.random_worlds import random_world
from support.real_uv import EventKind, Outcome, RealUv, find_uv, plain, read_events
from support.worlds import Project, Question, World, entries, metadata_files, release

PROFILES = ("0.13.9", "0.4.18")

LATE_FREEDOM = World(
    name="late freedom",
    projects=(
        Project(name="early", releases=(release("early", "1.0", sdist=True), release("early", "2.0"))),
        Project(
            name="late",
            releases=(
                release("late", "1.0", "early[fast]>=1; sys_platform != 'none'"),
                *(release("late", f"2.{minor}", "early==1.0") for minor in range(8)),
            ),
        ),
    ),
    question=Question(requirements=("early", "late")),
)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture(params=PROFILES)
def uv(request: pytest.FixtureRequest) -> RealUv:
    found = find_uv(request.param)
    if found is None:
        pytest.skip(f"uv {request.param} is not installed")
    return found


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    asked = urllib.request.Request(
        url, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, dict(refusal.headers), refusal.read()


def test_a_page_comes_in_the_format_asked_for(loopback: Loopback) -> None:
    index = loopback.mount(LATE_FREEDOM)
    _, headers, body = fetch(f"{index}early/", Accept=f"{JSON_PAGE}, {HTML_PAGE};q=0.2")
    assert headers["Content-Type"] == JSON_PAGE
    assert [file["filename"] for file in json.loads(body)["files"]] == [
        "early-1.0-py3-none-any.whl",
        "early-1.0.tar.gz",
        "early-2.0-py3-none-any.whl",
    ]
    _, headers, body = fetch(f"{index}early/", Accept="text/html")
    assert headers["Content-Type"] == "text/html"
    assert b'href="../../files/early-1.0.tar.gz"' in body
    assert fetch(f"{index}unheard-of/")[0] == 404


def test_metadata_is_the_same_beside_the_wheel_and_inside_it(loopback: Loopback) -> None:
    index = loopback.mount(LATE_FREEDOM, hashes=True)
    page = json.loads(fetch(f"{index}late/", Accept=JSON_PAGE)[2])
    for file in page["files"]:
        url = f"{loopback.url}/files/{file['filename']}"
        wheel, beside = fetch(url)[2], fetch(f"{url}.metadata")[2]
        assert hashlib.sha256(wheel).hexdigest() == file["hashes"]["sha256"]
        assert hashlib.sha256(beside).hexdigest() == file["core-metadata"]["sha256"]
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            inside = archive.read(f"{file['filename'].removesuffix('-py3-none-any.whl')}.dist-info/METADATA")
        assert inside == beside == metadata_files(LATE_FREEDOM)[file["filename"]]


def test_a_wheel_can_be_read_in_parts_unless_ranges_are_off(loopback: Loopback) -> None:
    loopback.mount(LATE_FREEDOM)
    loopback.mount(LATE_FREEDOM, "/whole", ranges=False, core_metadata=False)
    path = "/files/early-2.0-py3-none-any.whl"
    whole = fetch(loopback.url + path)[2]
    assert fetch(loopback.url + path, "HEAD")[1]["Content-Length"] == str(len(whole))
    status, headers, tail = fetch(loopback.url + path, Range="bytes=-20")
    assert (status, tail) == (206, whole[-20:])
    assert headers["Content-Range"] == f"bytes {len(whole) - 20}-{len(whole) - 1}/{len(whole)}"
    assert fetch(loopback.url + path, Range="bytes=3-9")[2] == whole[3:10]
    assert fetch(loopback.url + path, Range=f"bytes={len(whole)}-")[0] == 416
    assert fetch(f"{loopback.url}/whole{path}", Range="bytes=-20")[::2] == (200, whole)
    assert fetch(f"{loopback.url}/whole{path}.metadata")[0] == 404


def test_statuses_win_and_every_request_is_remembered(loopback: Loopback) -> None:
    index = loopback.mount(LATE_FREEDOM, "/w", statuses={"early": 500, "secret": 401})
    assert [fetch(f"{index}{name}/")[0] for name in ("early", "secret", "late")] == [500, 401, 200]
    assert [(each.path, each.status) for each in loopback.requests] == [
        ("/w/simple/early/", 500),
        ("/w/simple/secret/", 401),
        ("/w/simple/late/", 200),
    ]
    assert loopback.asked("/w/simple/late/") == 1


def test_a_seed_is_a_world_on_every_python() -> None:
    shown = hashlib.sha256("".join(repr(random_world(seed)) for seed in range(5)).encode()).hexdigest()
    assert shown[:16] == "c19433c39b35cdbf"


def test_random_metadata_is_valid() -> None:
    for seed in range(50):
        for entry in entries(random_world(seed)):
            assert Metadata.from_email(entry.metadata()).name == entry.project.name


def test_log_lines_are_read_with_their_extras_markers_and_sentinels() -> None:
    log = plain(
        "DEBUG Searching for a compatible version of \x1b[36ma[x]{python_full_version >= '3.8'}\x1b[39m (>=1, <1+)\n"
        "DEBUG Searching for a compatible version of b @ `http://index.example/simple` (<2 | >2, <3)\n"
        "DEBUG Selecting: a==1.0+cpu [compatible] (a-1.0+cpu-py3-none-any.whl)\n"
        "DEBUG Package a[x] has too many conflicts (culprit), deprioritizing and backtracking\n"
        "DEBUG Backtracked 12 decisions\n"
        "Selecting: c==1.0 [compatible] is no line of the log\n"
    )
    assert [(event.kind, event.node, event.detail) for event in read_events(log)] == [
        (EventKind.SEARCHING, "a[x]{python_full_version >= '3.8'}", ">=1, <1+"),
        (EventKind.SEARCHING, "b", "<2 | >2, <3"),
        (EventKind.SELECTING, "a", "1.0+cpu"),
        (EventKind.TOO_MANY_CONFLICTS, "a[x]", "(culprit), deprioritizing and backtracking"),
        (EventKind.BACKTRACKED, "", "12"),
    ]


@pytest.mark.likeness
def test_only_the_newer_uv_counts_conflicts(uv: RealUv) -> None:
    (answer,) = real_answers([LATE_FREEDOM], uv)
    kinds = {event.kind for event in answer.events}
    if uv.version == "0.13.9":
        assert answer.pins == {"early": "1.0", "late": "2.7"}
        assert kinds >= {EventKind.DEPENDENCY_CONFLICT, EventKind.TOO_MANY_CONFLICTS, EventKind.BACKTRACKED}
    else:
        assert answer.pins == {"early": "2.0", "late": "1.0"}
        assert kinds == {EventKind.SEARCHING, EventKind.SELECTING}


@pytest.mark.likeness
def test_uv_answers_the_same_however_metadata_is_served(uv: RealUv) -> None:
    worlds = [LATE_FREEDOM, *(random_world(seed) for seed in (1, 2, 3))]
    beside, inside = real_answers(worlds, uv), real_answers(worlds, uv, core_metadata=False)
    assert [(each.pins, each.events) for each in beside] == [(each.pins, each.events) for each in inside]


@pytest.mark.likeness
def test_uv_says_how_it_came_to_every_pin_of_a_random_world(uv: RealUv) -> None:
    for answer in real_answers([random_world(seed) for seed in range(100, 112)], uv):
        assert answer.outcome is not Outcome.ABORTED, answer.error
        assert answer.pins.items() <= set(answer.attempts)
        assert answer.events or "you require" in answer.error  # requirements that contradict each other at once
