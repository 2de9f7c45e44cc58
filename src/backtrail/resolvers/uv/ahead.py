"""Asks early for the metadata that a run will likely want next. It decides nothing and is no part of the trail."""

from packaging.utils import NormalizedName

from backtrail.model.files import File, FileKind
from backtrail.model.source import Source
from backtrail.resolvers.uv.candidates import Catalogue
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.versions import Key

_AFTER_REFUSALS = {1: 4, 2: 8, 4: 16, 8: 32, 16: 50, 48: 50}
"""How many versions are asked for when a project was refused so many times."""

_STRIDE = 4
"""Versions walked until the next ones are asked for."""


class Ahead:
    """Watches which projects are refused or walked through version by version."""

    def __init__(self, source: Source, catalogue: Catalogue) -> None:
        """Nothing was refused yet."""
        self._source = source
        self._catalogue = catalogue
        self._refusals: dict[NormalizedName, int] = {}
        self._walks: dict[NormalizedName, tuple[Key, int]] = {}

    def refused(self, name: NormalizedName, wanted: Range | None) -> None:
        """A version was refused; ``wanted`` is what is still wanted of the project, None if nothing is known of it."""
        refused = self._refusals[name] = self._refusals.get(name, 0) + 1
        count = _AFTER_REFUSALS.get(refused)
        if count is not None and wanted is not None:
            self._source.want_metadata(self._catalogue.ahead(name, wanted, count))

    def selected(self, name: NormalizedName, version: Key, wanted: Range) -> None:
        """A version was selected from a range, perhaps another one than before."""
        last, steps = self._walks.get(name, (version, 0))
        if last != version:
            if steps % _STRIDE == 0:
                self._source.want_metadata(self._catalogue.ahead(name, wanted, _STRIDE + 1))
            steps += 1
        self._walks[name] = version, steps

    def decided(self, install: File | None) -> None:
        """A version was taken: whoever explains the run will look into it if it is an sdist."""
        if install is not None and install.kind is FileKind.SDIST:
            self._source.want_metadata([install])
