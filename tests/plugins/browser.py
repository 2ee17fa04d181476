"""A real browser for tests: Chromium, spoken to by its own protocol, so that nothing but the browser must be installed.

It clicks and types as a person does (mouse and key events at places of the screen), keeps what the page complains about
and every host it asks, and takes pictures.
Source: Chrome DevTools Protocol, https://chromedevtools.github.io/devtools-protocol/tot/.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import aiohttp
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PICTURES = Path(os.environ.get("EPISODES_TEST_SCREENSHOTS") or Path(__file__).parents[2] / "build" / "screenshots")
KEYS = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "Tab": 9, "/": 191}


def executable() -> str | None:
    """The browser of EPISODES_TEST_BROWSER, else the first that is installed."""
    given = os.environ.get("EPISODES_TEST_BROWSER")
    return given or next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab. `complaints` holds errors of scripts and what the console was told as such; `asked` every address."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._next = 0
        self._waiting: dict[int, asyncio.Future] = {}
        self.complaints: list[str] = []
        self.asked: list[str] = []

    async def listen(self) -> None:
        """Take what the browser says, until it hangs up."""
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
            elif told["method"] == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(told["params"]["exceptionDetails"])[:800])
            elif told["method"] == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
                entry = told["params"]["entry"]
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
            elif told["method"] == "Network.requestWillBeSent":
                self.asked.append(told["params"]["request"]["url"])

    async def send(self, method: str, **parameters) -> dict:
        """The answer to one command."""
        self._next += 1
        number = self._next
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(self._waiting[number], 240)
        assert "error" not in told, told
        return told["result"]

    async def size(self, width: int, height: int, *, is_phone: bool = False) -> None:
        """Make the window so large."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )

    async def prefer(self, scheme: str) -> None:
        """Prefer light or dark, and no motion, so that pictures are of a page at rest."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        await self.send("Emulation.setEmulatedMedia", features=features)

    async def open(self, address: str) -> None:
        """Go there and wait until it is loaded."""
        await self.send("Page.navigate", url=address)
        await self.until("document.readyState === 'complete'")

    async def run(self, script: str):
        """The value of an expression on the page."""
        told = await self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, script: str, timeout_s: float = 400) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(AssertionError):  # between two pages there is none to ask
                    if await self.run(f"Boolean({script})"):
                        return
                await asyncio.sleep(0.05)

    async def text(self, selector: str) -> str:
        """What is to be read in the first element of a selector."""
        return await self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    async def click(self, selector: str, share: float = 0.5) -> None:
        """Press and release the mouse in the middle of the first element, or at a share of its width."""
        box = await self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x, b.y, b.width, b.height]; })()"
        )
        place = {"x": box[0] + box[2] * share, "y": box[1] + box[3] / 2}
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    async def write(self, text: str) -> None:
        """Type into what has the focus."""
        await self.send("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Press and release a key."""
        code = {"key": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **code)

    async def picture(self, name: str, *, whole: bool = False) -> Path:
        """Keep a picture of what is seen (or of the whole page) and return where."""
        told = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return _kept(name, base64.b64decode(told["data"]))


def _kept(name: str, picture: bytes) -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    path.write_bytes(picture)
    return path


@contextlib.asynccontextmanager
async def opened(program: str):
    """A browser of its own, with one tab; it is gone at the end, profile and all."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
            *("--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            told = Path(profile) / "DevToolsActivePort"
            async with asyncio.timeout(300):
                while not told.exists() or len(told.read_text().splitlines()) < 2:
                    assert process.returncode is None, "the browser ended at once"
                    await asyncio.sleep(0.05)
            port = told.read_text().splitlines()[0]
            async with aiohttp.ClientSession() as session:
                async with session.put(f"http://127.0.0.1:{port}/json/new?about:blank") as answer:
                    address = (await answer.json(content_type=None))["webSocketDebuggerUrl"]
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket)
                    listening = asyncio.ensure_future(page.listen())
                    for domain in ("Page", "Runtime", "Log", "Network"):
                        await page.send(f"{domain}.enable")
                    yield page
                    listening.cancel()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.fixture
async def page():
    """A tab of a real browser; the test is skipped, with a word, where there is none."""
    program = executable()
    if program is None:
        pytest.skip(f"no browser found: none of {', '.join(NAMES)}; EPISODES_TEST_BROWSER names another")
    async with opened(program) as tab:
        yield tab
