"""A headless Chromium, driven by chromedriver (W3C WebDriver) on this computer."""

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PATIENCE = 30.0  # seconds to wait for what has to come

KEYS = {"left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "end": "\ue010", "home": "\ue011",
        "escape": "\ue00c", "tab": "\ue004", "enter": "\ue007"}  # fmt: skip

_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--force-prefers-reduced-motion",
)  # fmt: skip


class Browser:
    """One window."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._session = session

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        reply = self._client.request(method, f"/session/{self._session}{path}", json=body if method == "POST" else None)
        value = reply.json()["value"]
        assert reply.is_success, value
        return value

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function body returns on the page."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector: str) -> str:
        found = self.run(
            "const one = document.querySelector(arguments[0]); return one.innerText ?? one.textContent", selector
        )
        assert isinstance(found, str)
        return found

    def count(self, selector: str) -> int:
        found = self.run("return document.querySelectorAll(arguments[0]).length", selector)
        assert isinstance(found, int)
        return found

    def press(self, *keys: str) -> None:
        """Type on whatever has the focus; a name of ``KEYS``, or a character."""
        typed = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": key} for key in typed for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def click(self, selector: str) -> None:
        found = self._call("POST", "/element", {"using": "css selector", "value": selector})
        self._call("POST", f"/element/{next(iter(found.values()))}/click", {})

    def resize(self, width: int, height: int) -> None:
        """The size of the page itself, which may be narrower than a window can be."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )

    def dark(self, *, dark: bool = True) -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.devtools("Emulation.setEmulatedMedia", {"features": features})

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def complaints(self) -> list[str]:
        """What the console says since the last look: errors, and what the policy of the page blocked."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def until(self, condition: str) -> None:
        """Wait for an expression of the page to become true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} did not come true"
            time.sleep(0.02)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with an empty profile, closed at the end."""
    assert CHROMIUM is not None
    assert DRIVER is not None
    with tempfile.TemporaryDirectory() as profile:
        port = _free_port()
        service = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
                _wait_for(client)
                options = {"binary": CHROMIUM, "args": [*_ARGUMENTS, f"--user-data-dir={profile}"]}
                wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
                reply = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
                yield Browser(client, reply["sessionId"])
                client.delete(f"/session/{reply['sessionId']}")
        finally:
            service.terminate()
            service.wait()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_for(client: httpx.Client) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if client.get("/status").json()["value"]["ready"]:
                return
        except httpx.TransportError:
            assert time.monotonic() < end, "chromedriver does not answer"
        time.sleep(0.05)
