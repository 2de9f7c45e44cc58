"""The HTTP clients there are, for tests of what must not depend on which is installed."""

from importlib.util import find_spec

import pytest

CLIENTS = ("httpx", "pyreqwest") if find_spec("pyreqwest") else ("httpx",)

both_clients = pytest.mark.parametrize("_client", CLIENTS, indirect=True)
