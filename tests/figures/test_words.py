import html
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InputError
from riskcore.figures.words import card_percent, dated, interval, money, number, percent, plain, shorten

finite = st.floats(-1e6, 1e6)


def read_back(text):
    return float(text.replace("−", "-").replace(",", "").removesuffix("\u00a0%"))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.2414, 1, "24.1\u00a0%"),
        (-0.2414, 1, "−24.1\u00a0%"),
        (-0.0004, 1, "0.0\u00a0%"),
        (12.5, 0, "1,250\u00a0%"),
    ],
)
def test_percent_has_a_true_minus_and_a_no_break_space(value, digits, text):
    assert percent(value, digits) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_missing_numbers_are_said_in_words(value):
    assert percent(value) == card_percent(value) == money(value, "EUR") == number(value) == "no data"


@given(finite)
def test_percent_reads_back_to_the_rounded_number(value):
    assert read_back(percent(value, 2)) == pytest.approx(100 * value, abs=0.00501, rel=1e-12)


@given(st.floats(1e-5, 1e4), st.sampled_from([-1.0, 1.0]))
def test_cards_show_two_significant_figures_or_whole_percents(size, sign):
    text = card_percent(sign * size)
    digits = re.sub(r"[^0-9]", "", text).lstrip("0")
    assert len(digits) == 2 or (size >= 0.0995 and "." not in text)
    assert read_back(text) == pytest.approx(100 * sign * size, rel=0.0501)
    assert len(text) <= 13


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00996, "1.0\u00a0%"),
        (0.0996, "10\u00a0%"),
        (0.00994, "0.99\u00a0%"),
        (1.234, "123\u00a0%"),
        (0.0, "0\u00a0%"),
        (-1e-9, ">−0.001\u00a0%"),
    ],
)
def test_cards_at_the_edges(value, text):
    assert card_percent(value) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (19_235.4, "EUR\u00a019,235"),
        (-0.2, "EUR\u00a00"),
        (999_999.4, "EUR\u00a0999,999"),
        (999_999.6, "EUR\u00a01.00\u00a0m"),
        (-12_345_678, "−EUR\u00a012.3\u00a0m"),
        (999_900_000, "EUR\u00a01.00\u00a0bn"),
        (4.5e14, "EUR\u00a0450\u00a0tn"),
    ],
)
def test_money(amount, text):
    assert money(amount, "EUR") == text


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "<b>", "€"])
def test_money_refuses_what_is_no_currency_code(currency):
    with pytest.raises(InputError, match="three letters"):
        money(1.0, currency)


def test_intervals_in_words_and_refused_when_reversed():
    assert interval(-0.001, 0.049) == "−0.1 to 4.9\u00a0%"
    for low, high in [(0.2, 0.1), (math.nan, 0.1), (0.1, math.inf)]:
        with pytest.raises(InputError, match="in order"):
            interval(low, high)


@pytest.mark.parametrize("digits", [-1, 13])
def test_digits_out_of_range_are_refused(digits):
    with pytest.raises(InputError, match="0 to 12"):
        number(1.0, digits)


def test_dates_and_other_labels():
    assert dated(pd.Timestamp("2020-03-16")) == "16 Mar 2020"
    assert dated("draw 7") == "draw 7"
    assert dated(np.int64(7)) == "7"


@given(st.text())
def test_plain_labels_hold_nothing_plotly_interprets_and_read_back(label):
    shown = plain(label)
    without_entities = re.sub(r"&(amp|lt|gt|#36|#123|#125);", "", shown)
    assert not re.search(r"[<>&${}]", without_entities)
    assert html.unescape(shown) == shorten(label)
    assert len(shorten(label)) <= 24


def test_reordering_and_control_characters_go():
    assert shorten("a\u202eb\u2066c\nd\te\x00f\u2028g") == "abc d e f g"
    assert shorten("4.1\u00a0%") == "4.1\u00a0%"


def test_a_label_without_room_is_refused():
    with pytest.raises(InputError, match="room"):
        shorten("SPY", 1)
