"""The app in memory: pages run by Streamlit's own test runner, without a browser."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.dashboard.reading import checked

ROOT = Path(__file__).parents[2]
TIMEOUT = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run whole pages, which `make fast` leaves out."""
    for item in items:
        if "open_app" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.pages)


@pytest.fixture(autouse=True, scope="session")
def packages_are_searched_once() -> Iterator[None]:
    """Let Streamlit look for components among the installed packages once, not at every run of a page."""
    scan = manifest_scanner.scan_component_manifests
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Return a function that opens a page with a query, and checks that nothing broke."""
    # Streamlit finds app.py beside the tests, and pages/ beside app.py.
    monkeypatch.chdir(ROOT)

    def opened(page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT)
        if page:
            app.switch_page(f"pages/{page}.py")
        for key, value in query.items():
            app.query_params[key.rstrip("_")] = value
        return checked(app.run())

    return opened
