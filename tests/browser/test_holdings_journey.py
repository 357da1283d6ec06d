"""From what a person holds to who carries its risk, in a real browser, counting every click."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from riskcore.data.sample import load_sample
from tests.browser.conftest import Visit, idle, running_app

HELD = {
    "AAPL": 120,
    "MSFT": 80,
    "JNJ": 60,
    "KO": 200,
    "XOM": 150,
    "CVX": 70,
    "PG": 90,
    "PFE": 300,
    "MRK": 110,
    "WMT": 75,
    "HD": 40,
    "JPM": 95,
    "UNH": 25,
    "PEP": 65,
}
MOST_CLICKS = 10
MOST_SECONDS = 180
TROUBLE = '[data-testid="stException"], [data-testid="stAlertContentError"]'


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start an app with an empty store of its own."""
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path / "home"))
    with running_app(tmp_path / "log.txt") as address:
        yield address


def main(page: Page) -> Locator:
    return page.locator('[data-testid="stMain"]')


def paste(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Holdings").fill(text)
    page.keyboard.press("Control+Enter")
    idle(page)


class Clicks:
    """Clicks, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def on(self, what: Locator) -> None:
        what.click()
        self.count += 1
        idle(self.page)


def test_fourteen_holdings_to_who_carries_the_risk(visit: Callable[..., Visit], own_store: str):
    prices = load_sample("us").prices.iloc[-1]
    lines = [f"{ticker}\t{shares}\t{prices[ticker]:.2f}\tUSD" for ticker, shares in HELD.items()]
    table = "\n".join(["Symbol\tQuantity\tPrice\tCurrency", *lines, "Cash\t5000\t1\tUSD"])
    started = time.monotonic()
    page = visit(own_store).goto()
    clicks = Clicks(page)
    clicks.on(page.locator('[data-testid="stSidebar"]').get_by_role("link", name="Data", exact=True))
    page.wait_for_url(re.compile("/data"))
    idle(page)
    clicks.on(page.get_by_role("textbox", name="Holdings"))
    paste(page, table)
    clicks.on(page.get_by_role("button", name="it has 14 of 14"))
    total = sum(shares * round(float(prices[t]), 2) for t, shares in HELD.items()) + 5000
    expect(main(page)).to_contain_text(f"14 positions in shares, worth {total:,.2f} USD")
    clicks.on(page.get_by_role("button", name="Make this A"))
    page.wait_for_url(re.compile("[?&]a="))
    clicks.on(main(page).get_by_role("link", name="see who carries its risk"))
    page.wait_for_url(re.compile("/contributions"))
    idle(page)
    expect(main(page).locator('[data-testid="stPlotlyChart"]').first).to_be_visible()
    text = main(page).inner_text()
    assert "AAPL" in text
    assert "USD" in text
    assert page.locator(TROUBLE).count() == 0
    assert clicks.count <= MOST_CLICKS
    assert time.monotonic() - started < MOST_SECONDS


def test_names_made_of_markup_run_nothing(visit: Callable[..., Visit], own_store: str):
    page = visit(own_store).goto("data")
    paste(page, "<img src=x onerror=alert(1)>\t5 %\n![x](https://evil.example/p.png)\t5 %\nSPY\t90 %")
    assert "onerror" in main(page).inner_text()
    assert page.locator('img[src="x"], img[src*="evil"]').count() == 0
    assert page.get_by_role("button", name="Make this A").count() == 0


def test_what_is_saved_is_there_in_the_next_visit(visit: Callable[..., Visit], own_store: str):
    page = visit(own_store).goto("data?a=w:SPY~0.6;BND~0.4")
    page.get_by_role("button", name="Save A or B").click()
    name = page.get_by_role("textbox", name="Name", exact=True)
    name.fill("Spring <b>")
    name.press("Tab")
    idle(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(main(page)).to_contain_text("Spring <b> is saved, version 1.")
    page = visit(own_store).goto("data")
    page.get_by_role("combobox", name=re.compile("Saved portfolio")).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    idle(page)
    page.get_by_role("button", name="Open as A").click()
    page.wait_for_url(re.compile("[?&]a=p"))  # a saved portfolio is named by the link
    idle(page)
    assert page.locator(TROUBLE).count() == 0
