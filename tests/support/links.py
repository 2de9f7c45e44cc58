"""A folder of small wheels and sdists, to ask about with ``--no-index --find-links`` where no index is needed."""

from pathlib import Path

from support.worlds import Project, Release, project_entries


def folder_of(path: Path, *projects: tuple[str, Release]) -> Path:
    """Write every file of the releases, each with the name of its project."""
    path.mkdir(exist_ok=True)
    for name, release in projects:
        for entry in project_entries(Project(name=name, releases=(release,))):
            (path / entry.file.filename).write_bytes(entry.content())
    return path
