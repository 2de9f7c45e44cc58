"""A cluster of Dask as people start one: a scheduler and workers, each a process, that speak TLS on loopback."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import trustme

_PATIENCE = 60.0


class DaskCluster:
    """A scheduler at ``address``; workers are started and killed one by one."""

    def __init__(self, folder: Path, path: str) -> None:
        self.path = path
        self.folder = folder
        self.tls = _certificates(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tls://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._scheduler()

    @property
    def config(self) -> dict[str, Any]:
        """What Dask is configured with, to reach it."""
        names = {"ca-file": "ca-file", "client.cert": "cert", "client.key": "key"}
        return {
            "distributed.comm.require-encryption": True,
            **{f"distributed.comm.tls.{name}": self.tls[file] for name, file in names.items()},
        }

    def worker(self, *options: str) -> "subprocess.Popen[bytes]":
        """Start a worker with one thread."""
        command = ["worker", self.address, "--nthreads", "1", "--no-dashboard", *options]
        process = self._start(*command, "--local-directory", str(self.folder))
        self.workers.append(process)
        return process

    def restart(self) -> None:
        """Kill the scheduler, and start another one in its place, with as many workers: those there were are ended."""
        self.scheduler.kill()
        self.scheduler.wait()
        count = len(self.workers)
        for worker in self.workers:
            _end(worker)
        self.workers.clear()
        self.scheduler = self._scheduler()
        for _ in range(count):
            self.worker("--no-nanny")

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            _end(process)

    def _scheduler(self) -> "subprocess.Popen[bytes]":
        process = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show"
        )
        ends = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return process
            assert process.poll() is None, (self.folder / "scheduler.log").read_text()
            assert time.monotonic() < ends, "no scheduler"
            time.sleep(0.05)

    def _start(self, kind: str, *options: str) -> "subprocess.Popen[bytes]":
        files = {"--tls-ca-file": "ca-file", "--tls-cert": "cert", "--tls-key": "key"}
        tls = [word for option, file in files.items() for word in (option, self.tls[file])]
        protocol = ["--protocol", "tls://"]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *options, *protocol, *tls],
                env={**os.environ, "PYTHONPATH": self.path, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@contextlib.contextmanager
def dask_cluster(folder: Path, *, workers: int, path: str = str(Path(__file__).parents[1])) -> Iterator[DaskCluster]:
    """A cluster with some workers, gone at the end; ``path`` is where they find modules besides."""
    cluster = DaskCluster(folder, path)
    try:
        for _ in range(workers):
            cluster.worker("--no-nanny")
        yield cluster
    finally:
        cluster.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _certificates(folder: Path) -> Mapping[str, str]:
    """An authority's certificate, and one for this computer with its key, as files."""
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1", "localhost")
    paths = {name: folder / f"{name}.pem" for name in ("ca-file", "cert", "key")}
    authority.cert_pem.write_to_path(paths["ca-file"])
    own.cert_chain_pems[0].write_to_path(paths["cert"])
    own.private_key_pem.write_to_path(paths["key"])
    return {name: str(path) for name, path in paths.items()}
