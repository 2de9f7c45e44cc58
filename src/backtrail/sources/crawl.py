"""The crawler of an answer: it begins with the first question to the network, and all threads that read share it."""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from backtrail.inputs.file_content import is_file
from backtrail.model.errors import InputError

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import Future

    from backtrail.index.network.crawler import Crawler, Urgency, Work

__all__ = ["Crawl"]

T = TypeVar("T")


class Crawl:
    """Asks each question once, whichever thread has it. ``credentials`` and so on are as LiveSource takes them."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, tuple[str, str]] | None,
        origins: Mapping[str, str] = MappingProxyType({}),
        cert: str | None,
        trusted_hosts: Iterable[str],
        keyring: str = "disabled",
        indexes: Iterable[str] = (),
        progress: Callable[[int, int], None] | None,
        processes: "Sequence[subprocess.Popen[bytes]]",
    ) -> None:
        """Nothing is asked yet. Raises InputError where ``cert`` is no file."""
        if cert is not None and not is_file(cert):
            raise InputError(f"the file of certificates {cert!r} does not exist")
        self._access: dict[str, Any] = {
            "credentials": dict(credentials or {}),
            "origins": dict(origins),
            "cert": cert,
            "trusted_hosts": frozenset(trusted_hosts),
            "keyring": keyring,
            "indexes": tuple(indexes),
        }
        self._progress = progress
        self._processes = processes
        self._crawler: Crawler | None = None
        self._asking = threading.Lock()
        self._closed = False

    @property
    def begun(self) -> bool:
        """Whether anything was asked."""
        return self._crawler is not None

    def ask(self, key: Hashable, url: str, work: "Work[T]", urgency: "Urgency") -> "Future[T]":
        """As Crawler.ask, of the host of ``url``; raises CancelledError where it is closed."""
        host = urlsplit(url).netloc
        with self._asking:
            if self._closed:
                from concurrent.futures import CancelledError

                raise CancelledError
            if self._crawler is None:
                # A warm run needs neither the event loop nor the HTTP client.
                from backtrail.index.network.crawler import Crawler
                from backtrail.index.network.exchange import Access

                self._crawler = Crawler(Access(**self._access), processes=self._processes, progress=self._progress)
            return self._crawler.ask(key, host, work, urgency)

    def close(self) -> None:
        """Call off what is under way, and ask nothing more."""
        with self._asking:
            self._closed = True
        if self._crawler is not None:
            self._crawler.close()
