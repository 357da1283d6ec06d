"""What a person does with the dashboard, done in a real browser on the real app."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from riskcore.data.sample import load_sample
from tests.browser.conftest import Visit, idle

PAGES = (
    "",
    "data",
    "contributions",
    "tail",
    "factors",
    "benchmark",
    "stress",
    "trades",
    "allocation",
    "backtest",
    "sizing",
    "review",
    "exhibits",
)
ASSETS = ("SPY", "QQQ", "FTSE100", "NIKKEI225", "HANGSENG", "BND", "GOLD")
TROUBLE = (
    '[data-testid="stException"], [data-testid="stAlertContentError"], [data-testid="stAlertContentWarning"]'
)
CSV = "date,ALPHA,BETA\n" + "\n".join(
    f"2024-{month:02d}-{day:02d},{100 + month + day % 3},{50 - month + day % 2}"
    for month in range(1, 13)
    for day in range(1, 28)
)


def words(place: Page | Locator) -> str:
    """Return the text of a page or part of it with ordinary spaces."""
    text = place.inner_text("body") if isinstance(place, Page) else place.inner_text()
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def headline(page: Page) -> str:
    return words(page.locator('[data-testid="stMain"] h2').first)


def losses_named(sentence: str) -> list[float]:
    """Return the percentages after "A loses" and "B" in the computed first sentence."""
    found = re.search(r"A loses ([\d.]+) % on average, B ([\d.]+) %", sentence)
    assert found, sentence
    return [float(found[1]), float(found[2])]


def average_tail_loss(losses: np.ndarray, share: float) -> float:
    """Average the worst share of the losses, the last of them counted in part."""
    worst = np.sort(losses)[::-1]
    part = np.clip(share * worst.size - np.arange(worst.size), 0, 1)
    return float(part @ worst / (share * worst.size))


def equal_weight_loss(confidence: float) -> float:
    returns = load_sample("global").scenarios(list(ASSETS)).returns
    return 100 * average_tail_loss(-returns.mean(axis=1), 1 - confidence)


def confidence_slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Confidence")


def press_to(page: Page, target: float) -> None:
    """Move the confidence with the keyboard alone."""
    slider = confidence_slider(page)
    slider.focus()
    steps = round((target - float(slider.input_value())) / 0.1)
    for _ in range(abs(steps)):
        page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    expect(slider).to_have_value(f"{target:g}")
    page.wait_for_url(re.compile("conf="))
    idle(page)


def portfolios(page: Page) -> tuple[str, str]:
    a, b = (page.get_by_role("combobox", name=letter, exact=True).input_value() for letter in "AB")
    return a, b


def assert_sound(page: Page) -> None:
    assert page.locator(TROUBLE).all_inner_texts() == []


def test_the_first_visit_shows_real_numbers(visit: Callable[..., Visit], cold_app: str):
    page = visit(cold_app).goto()
    a, b = losses_named(headline(page))
    assert a == pytest.approx(equal_weight_loss(0.95), rel=0.03)  # two significant figures on screen
    assert 0 < b < a
    assert "educational sample" in words(page)
    assert page.locator('[data-testid="stPlotlyChart"]').count() >= 2
    assert_sound(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_deep_link_opens_its_page_on_a_fresh_process(visit: Callable[..., Visit], cold_app: str, path: str):
    page = visit(cold_app).goto(f"{path}?a=inverse_volatility&conf=0.975")
    assert_sound(page)
    menu = page.locator('[data-testid="stSidebar"] [data-testid="stPageLink"]')
    assert menu.count() == len(PAGES)
    assert confidence_slider(page).input_value() == "97.5"
    assert portfolios(page)[0] == "Inverse volatility"
    assert "conf=0.975" in page.url
    assert words(page.locator('[data-testid="stMain"]')).count("\n") > 10


def test_a_link_with_a_value_that_cannot_be_used_says_which(visit: Callable[..., Visit]):
    page = visit().goto("tail?conf=95")
    warning = words(page.locator('[data-testid="stAlertContentWarning"]'))
    assert "conf" in warning
    assert "95" in warning
    assert confidence_slider(page).input_value() == "95"
    assert page.locator('[data-testid="stException"]').count() == 0


def test_the_keyboard_changes_the_confidence_and_the_numbers(visit: Callable[..., Visit]):
    page = visit().goto()
    before = losses_named(headline(page))[0]
    press_to(page, 99.0)
    sentence = headline(page)
    found = re.search(r"worst 1 % of days A loses ([\d.]+) %", sentence)
    assert found, sentence
    assert float(found[1]) == pytest.approx(equal_weight_loss(0.99), rel=0.03)
    assert float(found[1]) > before
    assert "conf=0.99" in page.url
    assert_sound(page)


def test_swapping_a_and_b_swaps_the_numbers(visit: Callable[..., Visit]):
    page = visit().goto()
    before, numbers = portfolios(page), losses_named(headline(page))
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_role("combobox", name="A", exact=True)).to_have_value(before[1])
    idle(page)
    assert portfolios(page) == before[::-1]
    assert losses_named(headline(page)) == numbers[::-1]
    assert_sound(page)


def test_reload_and_back_keep_what_was_chosen(visit: Callable[..., Visit]):
    page = visit().goto()
    press_to(page, 97.0)
    chosen = headline(page)
    page.reload()
    idle(page)
    assert confidence_slider(page).input_value() == "97"
    assert headline(page) == chosen
    page.locator('[data-testid="stSidebar"]').get_by_role("link", name="Tail").click()
    page.wait_for_url(re.compile("/tail"))
    idle(page)
    assert confidence_slider(page).input_value() == "97"
    page.go_back()
    page.wait_for_url(re.compile(r"/\?"))
    idle(page)
    assert confidence_slider(page).input_value() == "97"
    assert headline(page) == chosen
    assert_sound(page)


def test_back_undoes_a_change_of_the_confidence(visit: Callable[..., Visit]):
    page = visit().goto("tail?conf=0.96")
    before = headline(page)
    press_to(page, 96.1)
    page.go_back()
    expect(confidence_slider(page)).to_have_value("96")
    idle(page)
    assert headline(page) == before


def test_two_readers_do_not_disturb_each_other(visit: Callable[..., Visit]):
    first, second = visit().goto(), visit().goto()
    before = headline(second)
    press_to(first, 98.0)
    second.reload()
    idle(second)
    assert headline(second) == before


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(visit: Callable[..., Visit], path: str):
    page = visit(width=390, height=844).goto(path)
    widths = page.evaluate(
        """() => ['html', '[data-testid="stMain"]', '[data-testid="stMainBlockContainer"]']
             .map((name) => document.querySelector(name))
             .map((part) => part.scrollWidth - part.clientWidth)"""
    )
    assert max(widths) <= 0
    assert_sound(page)


def open_upload(page: Page, file: Path) -> None:
    page.get_by_role("radio", name="File of prices").click()
    # The first uploader of the page takes holdings, the second one, behind its door, prices.
    expect(page.locator('input[type="file"]')).to_have_count(2)
    page.locator('input[type="file"]').last.set_input_files(file)
    page.get_by_text(file.name).first.wait_for()
    idle(page)


def test_an_uploaded_csv_is_read_and_shown_on_the_other_pages(visit: Callable[..., Visit], tmp_path: Path):
    file = tmp_path / "mine.csv"
    file.write_text(CSV, "utf-8")
    page = visit().goto("data")
    open_upload(page, file)
    assert "2 assets" in words(page)
    page.get_by_role("button", name="Use this data").click()
    page.wait_for_url(re.compile("data=upload"))
    idle(page)
    assert_sound(page)
    page.locator('[data-testid="stSidebar"]').get_by_role("link", name="Contributions").click()
    page.wait_for_url(re.compile("/contributions"))
    idle(page)
    text = words(page.locator('[data-testid="stMain"]'))
    assert "ALPHA" in text
    assert "educational sample" not in text
    assert_sound(page)


def test_a_broken_csv_is_refused_in_a_sentence_and_the_page_still_works(
    visit: Callable[..., Visit], tmp_path: Path
):
    file = tmp_path / "broken.csv"
    file.write_text(CSV.replace("2024-05-05,", "2024-05-05,oops "), "utf-8")
    page = visit().goto("data")
    open_upload(page, file)
    refusals = page.locator('[data-testid="stAlertContentError"]')
    assert refusals.count() == 1
    assert "oops" in words(refusals.first)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert "Traceback" not in words(page)
    page.get_by_role("radio", name="Bundled samples").click()
    idle(page)
    assert page.get_by_role("combobox", name="Bundled sample").is_visible()
    assert_sound(page)
