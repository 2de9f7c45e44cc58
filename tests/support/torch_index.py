"""The index of PyTorch on this machine."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from backtrail.inputs.local_builds import address_of
from support.internet import stand_in
from support.loopback import Loopback
from support.worlds import World


@dataclass(frozen=True, slots=True)
class TorchIndex:
    """What stands in for the index, and the ``variables`` that lead any client there."""

    loopback: Loopback
    variables: Mapping[str, str]

    def mount(self, backend: str, world: World) -> None:
        """Serve a world as the index of a backend."""
        _, _, path = address_of(backend).partition("/")
        folder, _, place = path.rpartition("/")
        self.loopback.mount(world, f"/{folder}")
        for mounted in [one for one in self.loopback.resources if one.startswith(f"/{folder}/simple/")]:
            page = self.loopback.resources.pop(mounted)
            self.loopback.resources[mounted.replace("/simple/", f"/{place}/")] = page

    @property
    def asked(self) -> set[str]:
        """The pages that were asked for, such as ``cpu/torch``."""
        paths = [one.path for one in self.loopback.requests if one.path.endswith("/")]
        return {"/".join(path.split("/")[-3:-1]) for path in paths}


@contextlib.contextmanager
def torch_index(folder: Path) -> Iterator[TorchIndex]:
    """The index while inside; the certificate goes into the folder."""
    with stand_in(folder, address_of("cpu").partition("/")[0]) as (loopback, variables):
        yield TorchIndex(loopback, variables)
