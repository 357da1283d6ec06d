"""The coverage map against the shares it was given."""

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures.coverage import coverage_map
from riskcore.figures.theme import DARK, LIGHT
from riskcore.results.quality import Coverage


def coverage(share, expected=None, assets=None):
    share = np.asarray(share, dtype=float)
    assets = assets or [f"A{i}" for i in range(len(share))]
    years = [str(2000 + j) for j in range(share.shape[1])]
    counts = np.full(share.shape, 200.0) if expected is None else np.asarray(expected, dtype=float)
    return Coverage(
        pd.DataFrame(share, index=assets, columns=years), pd.DataFrame(counts, assets, years), "year"
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_cells_hold_the_shares_and_gaps_their_number(theme):
    drawing = coverage_map(coverage([[1.0, 0.985], [np.nan, 0.9999]], [[200, 200], [0, 10_000]]), theme)
    trace = drawing.figure.data[0]
    assert np.array_equal(np.array(trace.z), [[1.0, 0.985], [np.nan, 0.9999]], equal_nan=True)
    assert [list(row) for row in trace.text] == [["", "98"], ["", ""]]
    assert "197 of 200" in trace.hovertext[0][1]
    assert "no price expected" in trace.hovertext[1][0]


def test_the_table_has_the_whole_weighted_by_what_was_expected():
    table = coverage_map(coverage([[1.0, 0.5]], [[300, 100]]), LIGHT).table
    assert table.loc["A0", "whole, %"] == pytest.approx(87.5)
    assert table.loc["A0", "2001, %"] == pytest.approx(50.0)


def test_a_gap_is_never_rounded_to_complete():
    drawing = coverage_map(coverage([[0.999]]), LIGHT)
    assert drawing.figure.data[0].text[0][0] == "99"
    assert "1 lack" in drawing.alt


def test_only_those_that_lack_most_are_drawn_and_it_is_said():
    share = np.linspace(0.5, 1.0, 50)[:, None]
    drawing = coverage_map(coverage(share), LIGHT, most=10)
    assert len(drawing.figure.data[0].z) == 10
    assert np.max(drawing.figure.data[0].z) == pytest.approx(share[9, 0])
    assert "the 10 assets of 50 that lack most" in drawing.title
    assert len(drawing.table) == 50


def test_names_are_text():
    drawing = coverage_map(coverage([[0.5]], assets=["<a href='x'>y</a>"]), LIGHT)
    assert "<a" not in drawing.figure.layout.yaxis.ticktext[0]
    assert "<a" not in drawing.figure.data[0].hovertext[0][0]


@pytest.mark.parametrize("most", [0, -1])
def test_no_room_is_refused(most):
    with pytest.raises(InputError, match="coverage map"):
        coverage_map(coverage([[1.0]]), LIGHT, most=most)


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="coverage map"):
        coverage_map(Coverage(pd.DataFrame(), pd.DataFrame(), "year"), LIGHT)
