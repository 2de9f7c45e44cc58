"""Every row of both behaviour tables, by name: a small world that the release which brought it answers otherwise.

The answers are the real tool's, at that release and the one before, recorded by ``benchmarks/releases.py --rows``.
"""

import pytest

from support.corpus import recorded
from support.rows import ROWS, WITHOUT_WORLD, Row, ours, recorded_row, rows

CORPUS_WORLDS = {one.name: one for one in recorded()}
CORPUS_ANSWERS = [(name, tool) for name, one in CORPUS_WORLDS.items() for tool in one.answers]


@pytest.mark.parametrize("row", [row for row in rows() if str(row) not in WITHOUT_WORLD], ids=str)
def test_a_row_changes_the_answer_in_its_release_and_not_in_the_one_before(row: Row) -> None:
    kept = recorded_row(row)
    before, after = (kept.answers[row.tool][release] for release in (row.before, row.release))
    assert before != after
    assert row.answers(kept.world) == (before, after)
    assert row.decides(kept.world), "another row of the release decides this world"


def test_no_world_is_kept_of_a_row_that_there_is_not() -> None:
    assert {path.stem for path in ROWS.glob("*.toml")} | WITHOUT_WORLD == {str(row) for row in rows()}


@pytest.mark.parametrize(("name", "tool"), CORPUS_ANSWERS)
def test_a_world_of_the_corpus_is_answered_as_the_real_tool_answered_it_in_each_release(name: str, tool: str) -> None:
    one = CORPUS_WORLDS[name]
    for release, before in one.boundaries(tool):
        assert (release, ours(tool, release, one.world)) == (release, one.answer(tool, release))
        assert before is None or (before, ours(tool, before, one.world)) == (before, one.answer(tool, before))
