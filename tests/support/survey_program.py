"""A survey as a program of its own, which can be killed and interrupted: what it does stands in its journal."""

import sys
from pathlib import Path

TASKS = 60


def main() -> None:
    """Do the tasks in the folder that is named, or what is left of them."""
    from backtrail.cli.interruption import watch

    watch()
    from backtrail.survey.journal import Journal
    from backtrail.survey.question_process import Limits
    from backtrail.survey.running import run
    from support.survey_work import work

    journal = Journal(Path(sys.argv[1]), resume=True)
    tasks = ((f"task {number}", f"slow 0.05 {number}.".encode()) for number in range(TASKS))
    for _ in run(tasks, work, journal, limits=Limits(seconds=30.0), workers=2):
        pass
    journal.close()
