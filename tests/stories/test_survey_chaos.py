"""Whatever happens to a survey while it goes on, its tables are in the end those of one that was left alone."""

import os
import random
from pathlib import Path

import pytest

from backtrail.cli import run
from support.dask_cluster import dask_cluster
from support.survey_chaos import OPTIONS, Disturbed, disturb_here, disturb_there, flaws, on, write_questions

pytestmark = [pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"), pytest.mark.uncounted]


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_questions(tmp_path_factory.mktemp("questions") / "cases", 6)


@pytest.fixture(scope="module")
def undisturbed(questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert run(["survey", str(questions), "-o", str(folder), *OPTIONS]) == 0
    return folder


def test_a_survey_here_is_killed_and_has_no_room_and_asks_what_goes_wrong(
    questions: Path, undisturbed: Path, tmp_path: Path
) -> None:
    survey = Disturbed(tmp_path / "survey", questions, random.Random(0))
    disturb_here(survey)
    assert flaws(survey.folder, undisturbed) == []
    assert survey.seen["the disk was full"] == 3
    assert survey.seen["the program was killed"] == 2
    assert survey.seen["a question's process was killed"] >= 2


def test_a_survey_on_a_cluster_loses_workers_and_the_scheduler_and_asks_what_goes_wrong(
    questions: Path, undisturbed: Path, tmp_path: Path
) -> None:
    with dask_cluster(tmp_path, workers=2) as cluster:
        survey = Disturbed(
            tmp_path / "survey", questions, random.Random(0), "--scheduler", cluster.address, **on(cluster)
        )
        disturb_there(survey, cluster)
    assert flaws(survey.folder, undisturbed) == []
    assert survey.seen["the scheduler was restarted"] == survey.seen["a worker was killed"] == 1
