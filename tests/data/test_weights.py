"""Weights in percent or as fractions, and what their sum means."""

import pytest

from riskcore.data.weights import TOTAL, in_fractions, sum_note
from riskcore.errors import FileFormatError


@pytest.mark.parametrize(
    ("values", "unit", "fractions"),
    [
        ([0.6, 0.4], "fraction", [0.6, 0.4]),
        ([60.0, 40.0], "percent", [0.6, 0.4]),
        ([130.0, -30.0], "percent", [1.3, -0.3]),
        ([2.0, -1.0], "fraction", [2.0, -1.0]),
        ([20.0], "percent", [0.2]),
    ],
)
def test_the_sum_of_sizes_tells_percent_from_fractions_and_it_is_said(values, unit, fractions):
    found, weights, notes = in_fractions(values, percent=False)
    assert (found, weights) == (unit, pytest.approx(fractions))
    assert unit in notes[0].replace("fractions", "fraction")


def test_percent_signs_need_no_guess():
    assert in_fractions([0.05, 0.01], percent=True) == ("percent", [0.05, 0.01], [])


@pytest.mark.parametrize(
    ("values", "words"), [([5.0, 5.0], "Write the % signs"), ([5e4], "amounts or shares")]
)
def test_what_can_be_either_or_neither_is_refused(values, words):
    with pytest.raises(FileFormatError, match=words):
        in_fractions(values, percent=False)


def test_sums_are_said_and_rounding_is_not():
    assert sum_note(1.0004) == [] == sum_note(0.9996)
    assert "remaining 20 % is treated as cash" in sum_note(0.8)[0]
    assert "20 % of leverage" in sum_note(1.2)[0]


@pytest.mark.parametrize("word", ["Total", "Grand total:", "Summe", "Итого", "合计", "Gesamtwert"])
def test_totals_in_many_languages(word):
    assert TOTAL.fullmatch(word) and not TOTAL.fullmatch(f"{word} Energies SE")
