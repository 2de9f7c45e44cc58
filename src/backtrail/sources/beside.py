"""What lies over a source for another thread than the answer's: for what builds need, for who reads on ahead."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from packaging.utils import NormalizedName

from backtrail.model.files import File, Page
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.source import Source
from backtrail.sources.forwarding import Forwarding

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Installing", "Until"]


class Installing(Forwarding):
    """What is looked at here will be installed: ``fetch`` begins to download it at once."""

    def __init__(self, inner: Source, fetch: Callable[[File], None]) -> None:
        """Nothing is fetched yet."""
        super().__init__(inner)
        self._fetch = fetch

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        self._fetch(file)
        return super().metadata(file)


class Until(Forwarding):
    """For a run that goes ahead until something is over: whatever it reads then raises CancelledError."""

    def __init__(self, inner: Source, over: "Future[Any]") -> None:
        """Go on until ``over`` is done."""
        super().__init__(inner)
        self._over = over

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        self._go_on()
        return super().page(index, name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        self._go_on()
        return super().metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        self._go_on()
        return super().sdist(file)

    def _go_on(self) -> None:
        if self._over.done():
            from concurrent.futures import CancelledError

            raise CancelledError
