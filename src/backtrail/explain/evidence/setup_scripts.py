"""What setup.py files say of the Python version, each looked at once a Python."""

from backtrail.model.files import File
from backtrail.model.finding import Guard
from backtrail.model.metadata import SdistContents
from backtrail.model.source import Source
from backtrail.setup_py.python_checks import find_guards
from backtrail.standards.build_system import build_system


class SetupScripts:
    """The checks of the Python version in setup.py files; each is read once a Python."""

    def __init__(self, source: Source) -> None:
        """Nothing is read yet."""
        self._source = source
        self._known: dict[tuple[str, str], tuple[Guard, ...] | str] = {}

    def guards(self, file: File, python: str) -> tuple[Guard, ...] | str:
        """The checks, or in a few words why they are unknown; none where a build would not run the script."""
        key = file.url, python
        if key not in self._known:
            contents = self._source.sdist(file)
            script = contents.setup_py if isinstance(contents, SdistContents) and _is_run(contents) else None
            self._known[key] = () if script is None else find_guards(script, python)
        return self._known[key]


def _is_run(contents: SdistContents) -> bool:
    """Whether a build runs setup.py; so it is taken where pyproject.toml cannot be read."""
    try:
        return build_system(contents.pyproject).runs_setup_py
    except ValueError:
        return True
