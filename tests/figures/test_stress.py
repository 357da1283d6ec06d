import dataclasses
import math

import numpy as np
import pytest

from riskcore.errors import InputError
from riskcore.figures import LIGHT, draw_crisis_losses, draw_index_gap, draw_loss_by_asset, draw_replay_path

from .conftest import NASTY, index_gap, replay, text_of

A, B = replay("Equal weight", (0.5, 0.3, 0.2)), replay("Risk parity", (0.1, 0.2, 0.7))


def test_crises_are_sorted_by_as_loss_and_missing_ones_stand_last():
    drawing = draw_crisis_losses(
        [("2020", -0.2, -0.1), ("2011", math.nan, -0.03), ("2008", -0.34, 0.02)], theme=LIGHT
    )
    a, b = drawing.figure.data
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("2008", "2020", "2011")
    np.testing.assert_allclose(a.x, [34.0, 20.0, np.nan])
    np.testing.assert_allclose(b.x, [-2.0, 10.0, 3.0])
    assert (a.marker.color, b.marker.color) == (LIGHT.a, LIGHT.b)
    assert list(a.text) == ["34.0 A", "20.0", "no data"]
    assert a.hovertext[0] == "<b>2008</b><br>A loses 34.0\u00a0%<br>B gains 2.0\u00a0%"
    assert (
        "worst for A is 2008: A loses 34.0\u00a0%, B gains 2.0\u00a0%. No data for 2011 in places."
        in drawing.alt
    )
    assert drawing.title == "Loss or gain of A and B in past crises"
    assert drawing.table.loc["2008", "A return (% of value)"] == pytest.approx(-34.0)
    assert "loss, % of value" in drawing.figure.layout.xaxis.title.text


def test_loss_by_asset_adds_up_to_the_loss():
    drawing = draw_loss_by_asset(A, B, theme=LIGHT)
    for trace, result in zip(drawing.figure.data, (A, B), strict=True):
        assert trace.x.sum() == pytest.approx(100 * result.loss)
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("SPY", "QQQ", "BND")
    assert drawing.title == "COVID-19 crash by asset: A loses 25.0\u00a0%, B 7.6\u00a0%"
    assert "SPY costs A most, 17.0\u00a0%; QQQ costs B most, 5.6\u00a0%." in drawing.alt
    assert "<b>SPY</b> −34.0\u00a0%" in drawing.figure.data[0].hovertext[0]
    assert drawing.table.loc["BND", "B contribution (% of value, negative = lost)"] == pytest.approx(1.4)


def test_few_rows_keep_the_sum():
    drawing = draw_loss_by_asset(A, B, theme=LIGHT, most=1)
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("SPY", "other 2")
    for trace, result in zip(drawing.figure.data, (A, B), strict=True):
        assert trace.x.sum() == pytest.approx(100 * result.loss)


def test_replay_path_starts_at_zero_and_ends_at_the_total():
    drawing = draw_replay_path(A, B, theme=LIGHT)
    for trace, result, name in zip(drawing.figure.data, (A, B), "AB", strict=True):
        assert (trace.type, trace.mode, trace.name) == ("scatter", "lines", name)
        assert trace.y[0] == 0.0
        assert trace.y[-1] == pytest.approx(100 * result.total_return, rel=1e-6)
        assert trace.y.dtype == np.float32
    assert list(drawing.figure.data[0].x) == ["2020-02-19", "2020-03-09", "2020-03-23"]
    assert "19 Feb 2020 to 23 Mar 2020. At the end: A loses 25.0\u00a0%, B 7.6\u00a0%." in drawing.alt
    assert drawing.title == "COVID-19 crash: A and B day by day"


def test_index_gap_has_bars_marks_and_numbers_beyond_both():
    a, b = index_gap("Equal weight", (0.5, 0.3, 0.2)), index_gap("Risk parity", (0.1, 0.2, 0.7))
    drawing = draw_index_gap(a, b, theme=LIGHT)
    names = [(t.type, t.name) for t in drawing.figure.data]
    assert names == [
        ("bar", "A"),
        ("bar", "B"),
        ("scatter", "A with daily betas"),
        ("scatter", "A numbers"),
        ("scatter", "B with daily betas"),
        ("scatter", "B numbers"),
    ]
    bar, mark, words = drawing.figure.data[0], drawing.figure.data[2], drawing.figure.data[3]
    np.testing.assert_allclose(bar.x, [7.5, 4.95, 0.3])
    np.testing.assert_allclose(mark.x, [7.5, 5.4, -0.3])
    np.testing.assert_allclose(words.x, [7.5, 5.4, 0.3])
    assert bar.x.sum() == pytest.approx(100 * a.loss)
    assert mark.x.sum() == pytest.approx(-100 * a.total_return_daily)
    assert [t.strip("\u00a0") for t in words.text] == ["7.5 A", "5.0", "0.3"]
    assert "beta 1.10 (± 0.05) from weekly returns, 1.20 from daily ones" in bar.hovertext[1]
    assert "500 weekly returns" in drawing.definition
    assert drawing.title.endswith("betas from weekly returns (bars) and daily returns (marks)")
    assert (
        "A loses 12.8\u00a0%, B 5.9\u00a0%; with daily betas A loses 12.6\u00a0%, B 4.0\u00a0%" in drawing.alt
    )
    low, high = drawing.figure.layout.xaxis.range
    assert low <= -0.3
    assert high >= 7.5


def sparse(result, basis):
    """Return the gap as data without daily rows gives it."""
    table = result.table.assign(beta_daily=np.nan, standard_error_daily=np.nan)
    return dataclasses.replace(result, table=table, total_return_daily=math.nan, basis=basis)


def test_an_index_gap_without_daily_rows_says_nothing_of_days_and_keeps_its_numbers():
    a, b = (
        sparse(index_gap(name, weights), "monthly returns")
        for name, weights in (("x", (0.5, 0.3, 0.2)), ("y", (0.1, 0.2, 0.7)))
    )
    drawing = draw_index_gap(a, b, theme=LIGHT)
    assert [t.type for t in drawing.figure.data] == ["bar", "bar"]
    assert list(drawing.figure.data[0].text) == ["7.5 A", "5.0", "0.3"]
    assert drawing.title == "SPY −15.0\u00a0%: loss by asset with betas from monthly returns"
    said = " ".join(
        (drawing.title, drawing.alt, drawing.definition, *drawing.table.columns, text_of(drawing.figure))
    )
    assert "monthly returns" in drawing.figure.data[0].hovertext[0]
    for word in ("daily", "weekly", "no data", "nan"):
        assert word not in said.lower()


def near(result, spacing="week"):
    """Return the replay as weekly data gives it."""
    return dataclasses.replace(result, approximate=True, spacing=spacing)


@pytest.mark.parametrize(
    ("spacing", "closes", "path"),
    [
        ("week", "weekly closes", "week by week"),
        ("month", "monthly closes", "month by month"),
        ("other", "sparse closes", "close by close"),
    ],
)
def test_approximate_replays_are_marked_with_their_closes(spacing, closes, path):
    a, b = near(A, spacing), near(B, spacing)
    drawing = draw_crisis_losses(
        [("2008", -0.1, -0.1), ("COVID", -0.25, -0.076)],
        theme=LIGHT,
        replayed=[dataclasses.replace(A, spacing=spacing), a],
    )
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("COVID ≈", "2008")
    said = f"19 Feb 2020 to 23 Mar 2020, approximate: {closes}"
    assert drawing.table["closes"].to_dict() == {"COVID ≈": said, "2008": "19 Feb 2020 to 23 Mar 2020"}
    assert said in drawing.figure.data[0].hovertext[0]
    assert f"≈ Approximate: {closes}" in drawing.definition
    assert draw_replay_path(a, b, theme=LIGHT).title == f"COVID-19 crash ≈: A and B {path}"
    by_asset = draw_loss_by_asset(a, b, theme=LIGHT)
    assert by_asset.title.startswith("COVID-19 crash ≈ by asset: A loses")
    assert closes in by_asset.definition
    assert "peak close to" not in by_asset.definition


def test_exact_replays_are_not_marked():
    drawing = draw_crisis_losses([("COVID", -0.25, -0.076)], theme=LIGHT, replayed=[A])
    assert "≈" not in text_of(drawing.figure) + drawing.definition + drawing.alt


@pytest.mark.parametrize(
    ("weights", "said"),
    [((-0.5, -0.3, -0.2), "A gains 25.0\u00a0%"), ((0.0, 0.0, 0.0), "A neither loses nor gains")],
    ids=["short", "cash"],
)
def test_a_portfolio_that_does_not_lose_is_not_said_to(weights, said):
    other = replay("x", weights)
    for drawing in (
        draw_loss_by_asset(other, B, theme=LIGHT),
        draw_replay_path(other, B, theme=LIGHT),
        draw_crisis_losses([("2020", other.total_return, B.total_return)], theme=LIGHT),
        draw_index_gap(index_gap("x", weights), index_gap("y", (0.1, 0.2, 0.7)), theme=LIGHT),
    ):
        assert "A loses" not in drawing.title + drawing.alt
        assert said.split(" ", 2)[1] in drawing.alt
    assert said in draw_loss_by_asset(other, B, theme=LIGHT).title


def test_what_neither_holds_has_no_row_and_nothing_held_keeps_all():
    one, two, cash = (replay(n, w) for n, w in (("x", (1, 0, 0)), ("y", (0, 0, 2)), ("z", (0, 0, 0))))
    rows = draw_loss_by_asset(one, two, theme=LIGHT).figure.layout.yaxis.ticktext
    assert tuple(rows) == ("SPY", "BND")
    gap = [index_gap("x", (0, 0.5, 0)), index_gap("y", (0, 0.2, 0))]
    drawing = draw_index_gap(*gap, theme=LIGHT)
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("QQQ",)
    assert set(drawing.table.index) == {"SPY", "QQQ", "BND"}
    assert len(draw_loss_by_asset(cash, cash, theme=LIGHT).figure.layout.yaxis.ticktext) == 3


def test_no_asset_costs_cash_anything():
    alt = draw_loss_by_asset(replay("x", (0.0, 0.0, 0.0)), B, theme=LIGHT).alt
    assert alt.endswith("No asset costs A anything; QQQ costs B most, 5.6\u00a0%.")


def test_event_names_are_escaped():
    figure = draw_crisis_losses([(NASTY, -0.1, -0.1)], theme=LIGHT, names=(NASTY, "B")).figure
    assert "<a" not in text_of(figure)


def test_no_crisis_is_refused():
    with pytest.raises(InputError, match="no crisis"):
        draw_crisis_losses([], theme=LIGHT)


def test_another_number_of_replays_than_crises_is_refused():
    with pytest.raises(InputError, match="2 crises and 1 replays"):
        draw_crisis_losses([("2008", -0.1, 0.0), ("2020", -0.1, 0.0)], theme=LIGHT, replayed=[A])


def test_infinite_returns_are_refused():
    with pytest.raises(InputError, match="infinite"):
        draw_crisis_losses([("2008", -math.inf, 0.0)], theme=LIGHT)


@pytest.mark.parametrize("draw", [draw_loss_by_asset, draw_replay_path])
def test_two_different_crises_are_refused(draw):
    with pytest.raises(InputError, match="one crisis"):
        draw(A, dataclasses.replace(B, event="2008"), theme=LIGHT)
    with pytest.raises(InputError, match="one crisis"):
        draw(A, dataclasses.replace(B, end=B.start), theme=LIGHT)


def test_two_different_gaps_are_refused():
    a = index_gap("Equal weight", (0.5, 0.3, 0.2))
    for other in (
        index_gap("x", (0.5, 0.3, 0.2), -0.10),
        dataclasses.replace(a, index_asset="QQQ"),
        sparse(a, "monthly returns"),
    ):
        with pytest.raises(InputError, match="same move"):
            draw_index_gap(a, other, theme=LIGHT)
