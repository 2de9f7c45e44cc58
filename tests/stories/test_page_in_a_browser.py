"""The HTML page in a real browser, opened from disk: stepping, searching, keys, narrow and dark windows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backtrail.model.case import Report
from backtrail.report.page import page
from backtrail.report.skins.html import html
from support.browser import CHROMIUM, DRIVER, Browser, browser
from support.large import large
from support.ours import run_for_all
from support.reports import everything, seed
from support.vectors import vectors
from support.vectors import world as vector_world

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and chromedriver")

PLACE = "document.querySelector('#now-place').innerText"
NUMBA = 16  # newer versions of it refused, in the trail of the seed
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">&lt;b&gt; \u202e"


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


def show(window: Browser, folder: Path, report: Report) -> str:
    path = folder / "report.html"
    path.write_text(html(report, page(report, verbose=True)), encoding="utf-8")
    window.resize(1200, 900)
    window.dark(dark=False)
    window.open(path.as_uri())
    window.until("!document.querySelector('#explorer') || document.documentElement.dataset.ready")
    return path.as_uri()


def test_the_story_comes_first(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    assert window.text("h1").startswith("uv 0.13.9 resolves")
    assert window.text("main section h2") == "Story"
    assert window.text("details.story[open] h3").startswith("numba 0.53.1")
    assert window.count("details.story[open]") == 1
    assert "numba 0.53.1" in window.text("figure .chosen text")
    assert window.complaints() == []


def test_stepping_shows_each_decision_and_what_stands(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    assert "numba 0.60.0 refused" in window.text("#now-words")
    assert window.text("#state-count").startswith("0 ")
    window.click("#last")
    assert "the end: solved" in window.text("#now-words")
    assert window.run("return document.querySelector('#on').disabled")
    window.click("#back")
    assert "numba 0.53.1 decided" in window.text("#now-words")
    assert window.text("#state .new") == "numba 0.53.1"


def test_keys_step_search_and_clear(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    before = window.run(f"return {PLACE}")
    window.press("right")
    after = window.run(f"return {PLACE}")
    assert after != before
    window.press("k")
    assert window.run(f"return {PLACE}") == before
    window.press("j", "j", "left")
    assert window.run(f"return {PLACE}") == after
    window.press("/")
    assert window.run("return document.activeElement.id") == "search"
    window.run("window.setTimeout = () => 0")  # the search itself may wait
    window.press("j")  # a letter, here
    assert window.run("return document.querySelector('#search').value") == "j"
    assert window.run(f"return {PLACE}") == after
    window.press("escape")
    assert window.run("return document.querySelector('#search').value") == ""


def test_every_control_can_be_reached_by_keyboard(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    window.press("tab")
    assert window.run("return document.activeElement.className") == "skip"
    window.press("enter")
    assert window.run("return document.activeElement.id") == "story"
    reached = set()
    for _ in range(60):
        window.press("tab")
        reached.add(window.run("return document.activeElement.id || document.activeElement.textContent"))
    assert reached >= {"search", "position", "on", "last", "level", "events", "state", "numba"}


def test_the_list_of_events_follows_the_keys(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, large(30, 800))
    window.run("document.querySelector('#events').focus({preventScroll: true})")
    window.press("end")
    assert "the end" in window.text("[aria-selected=true]")
    window.press("up")
    chosen = window.run("return document.querySelector('#events').getAttribute('aria-activedescendant')")
    assert window.run("return document.querySelector('[aria-selected=true]').id") == chosen


def test_search_narrows_projects_and_events(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    window.run("document.querySelector('#search').focus()")
    window.press(*"numpy <2.1")
    window.until("document.querySelector('#found').innerText")
    assert window.text("#found").startswith("1 project, 1 event")
    assert window.text("#projects tbody .package") == "numba"
    window.press("escape")
    assert window.count("#projects tbody tr") == 6
    window.run("document.querySelector('#search').focus()")
    window.press(*"no such thing")
    window.until("!document.querySelector('#no-projects').hidden")
    assert window.text("#now-words") == "No event matches."


def test_a_project_tells_why_each_version_was_refused(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    window.run(
        "[...document.querySelectorAll('#projects button')].find(one => one.textContent === 'numba').focus();"
        "document.activeElement.scrollIntoView()"
    )
    window.press("enter")
    assert window.run("return document.activeElement.getAttribute('aria-expanded')") == "true"
    assert window.count("#projects .detail ul:last-child .version") >= NUMBA
    assert "librosa 0.10.2.post1" in window.text("#projects .detail")


def test_a_link_to_evidence_leads_to_the_event(window: Browser, tmp_path: Path) -> None:
    address = show(window, tmp_path, seed())
    window.open(f"{address}#trail:uv@0.13.9#0")
    window.until(f"{PLACE}.startsWith('Event 0 ')")
    assert "numpy<2.1,>=1.22" in window.text("#now-words")


def test_it_is_dark_where_the_reader_likes_it_dark(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    colours = "const seen = getComputedStyle(document.body); return [seen.backgroundColor, seen.color]"
    light = window.run(colours)
    window.dark()
    dark = window.run(colours)
    window.dark(dark=False)
    for (paper, ink), order in ((light, 1), (dark, -1)):
        assert (_brightness(paper) - _brightness(ink)) * order > 300


def _brightness(colour: str) -> int:
    return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))


@pytest.mark.parametrize("report", [seed(), everything("word" * 40), large(60, 900)])
def test_a_phone_shows_it_without_scrolling_sideways(window: Browser, tmp_path: Path, report: Report) -> None:
    show(window, tmp_path, report)
    window.resize(360, 740)
    assert window.run("return document.documentElement.scrollWidth") <= 360


def test_hostile_text_is_text(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, everything(HOSTILE))
    assert window.run("return document.title") != "owned"
    assert window.count("img") == 0
    assert window.count("script") == 2
    assert "<script>document.title='owned'</script>" in window.text("h1")
    window.run("document.querySelectorAll('#projects button').forEach(one => one.click())")
    window.run("document.querySelector('#level').value = 'everything'")
    window.click("#last")
    assert window.count("img") == 0
    assert window.complaints() == []


def test_a_large_report_stays_light(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, large())
    assert (tmp_path / "report.html").stat().st_size < 15_000_000
    assert window.count("#projects tbody tr.project") == 700
    assert window.count(".event") < 100  # of 10,000
    window.run("document.querySelector('#level').value = 'everything'")
    window.run("document.querySelector('#level').dispatchEvent(new Event('change'))")
    window.click("#last")
    assert window.text("#now-place") == "Event 9999 of 10000"
    assert "the end" in window.text("[aria-selected=true]")
    assert window.count(".event") < 100


def test_paper_shows_the_story_and_the_packages(window: Browser, tmp_path: Path) -> None:
    show(window, tmp_path, seed())
    window.devtools("Emulation.setEmulatedMedia", {"media": "print"})
    assert window.run("return getComputedStyle(document.querySelector('#find')).display") == "none"
    assert window.run("return document.querySelector('#projects').offsetHeight") > 0
    window.devtools("Emulation.setEmulatedMedia", {"media": ""})


def test_forks_are_lanes_that_lead_to_their_events(window: Browser, tmp_path: Path) -> None:
    world = vector_world("nested-fork", vectors("compile")["nested-fork"])
    run = run_for_all(world, "0.13.9")
    show(window, tmp_path, Report(question=seed().question, runs=(run,)))
    labels = "return [...document.querySelectorAll('a.lane text:not(.note)')].map(one => one.textContent)"
    assert window.run(labels) == ["1 on x86_64, on Linux", "2 not on x86_64, on Linux", "3 not on Linux"]
    assert window.text("a.lane[aria-current] .note") == "2 packages; this computer is here"
    assert window.text(".forks tbody").splitlines()[0].startswith("1\tyour requirements: a under different markers")
    assert window.run("return [...document.querySelectorAll('text.split')].map(one => one.textContent)") == ["1", "2"]
    window.run("document.querySelectorAll('a.lane')[1].dispatchEvent(new MouseEvent('click'))")
    window.until(f"{PLACE}.startsWith('Event 14 ')")  # where it was split off
    assert window.text("a.lane[aria-current] text").startswith("2 not on x86_64")
    assert window.run("return document.querySelector('#runs :checked').value") == "uv-universal@0.13.9/2"
    assert window.complaints() == []


def test_without_a_run_there_is_only_the_story(window: Browser, tmp_path: Path) -> None:
    report = everything("word")
    show(window, tmp_path, Report(question=report.question, runs=(), project=report.project, answers=report.answers))
    assert window.count("#explorer") == 0
    assert window.complaints() == []
