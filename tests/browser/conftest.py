"""A running app and a real browser for the journeys.

RISKCORE_CHROMIUM names the browser where it is not /usr/bin/chromium. Without one these tests are skipped,
unless RISKCORE_REQUIRE contains the word chromium: then its absence is a failure.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("RISKCORE_CHROMIUM", "/usr/bin/chromium"))
REQUIRED = re.findall(r"\w+", os.environ.get("RISKCORE_REQUIRE", ""))
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 60
IDLE_MILLISECONDS = 20_000
# On a deep link Streamlit asks for these two below the page's own address first, and then at the root.
HARMLESS = ("/_stcore/health", "/_stcore/host-config")

# The page is idle once this has been true without a break: no run in progress, nothing marked as old,
# no placeholder, and every chart drawn. `quiet` lives on the window so that it survives between polls.
IDLE = """
() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
  const settled = app !== null
    && app.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && document.querySelector('[data-stale="true"]') === null
    && document.querySelector('[data-testid="stSkeleton"]') === null
    && charts.every((chart) => chart.querySelector('.main-svg') !== null);
  if (!settled) { window.riskcoreQuietSince = undefined; return false; }
  window.riskcoreQuietSince ??= performance.now();
  return performance.now() - window.riskcoreQuietSince >= 150;
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that `-m "not browser"` leaves it out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def idle(page: Page) -> None:
    """Wait until the app has finished everything the last action set off."""
    page.evaluate("() => { window.riskcoreQuietSince = undefined; }")
    page.wait_for_function(IDLE, timeout=IDLE_MILLISECONDS, polling=30)


@dataclass
class Visit:
    """One browser tab on the app, and what went wrong in it behind the scenes."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str = "") -> Page:
        """Open a page of the app and wait for it to be complete."""
        self.page.goto(f"{self.address}/{path}")
        idle(self.page)
        return self.page

    def watch(self) -> None:
        """Collect script errors, console errors and requests to any other place than the app."""
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        path = urlsplit(message.location.get("url", "")).path
        if message.type == "error" and not path.endswith(HARMLESS):
            self.complaints.append(f"console: {message.text} ({path})")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self.complaints.append(f"request to another place: {request.url}")


@contextmanager
def running_app(log: Path) -> Iterator[str]:
    """Start the app in a process of its own on a free port, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", "--server.fileWatcherType=none"]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health", process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
    pytest.fail(f"the app did not start within {START_SECONDS} s; it said:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys."""
    if not CHROMIUM.is_file():
        sentence = f"no Chromium at {CHROMIUM}: install it, or name another in RISKCORE_CHROMIUM"
        if "chromium" in REQUIRED:
            pytest.fail(f"{sentence} (RISKCORE_REQUIRE asks for it)")
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One app for the journeys that do not mind who was there before."""
    with running_app(tmp_path_factory.mktemp("app") / "log.txt") as address:
        yield address


@pytest.fixture
def cold_app(tmp_path: Path) -> Iterator[str]:
    """Start an app that nobody has visited yet."""
    with running_app(tmp_path / "log.txt") as address:
        yield address


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visit]]:
    """Open tabs on an app: `visit()` on the shared one, `visit(address, width=390)` on another.

    Whatever went wrong behind the scenes fails the test when it ends.
    """
    visits: list[Visit] = []

    def open_tab(address: str | None = None, *, width: int = 1280, height: int = 800) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        place = address or request.getfixturevalue("shared_app")
        visits.append(Visit(context.new_page(), place))
        visits[-1].watch()
        return visits[-1]

    yield open_tab
    complaints = [complaint for each in visits for complaint in each.complaints]
    for each in visits:
        each.page.context.close()
    assert complaints == []
