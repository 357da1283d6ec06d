import dataclasses

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError, ProbabilityError
from riskcore.figures import DARK, LIGHT, draw_tail_histogram, draw_worst_days
from riskcore.results.uncertainty import IntervalResult

from .conftest import NASTY, tail_pair, text_of


def measured(lower, upper, **changes):
    given = {"portfolio": "Equal weight", "confidence": 0.9, "level": 0.95} | changes
    return IntervalResult(
        value=0.385, lower=lower, upper=upper, measure="cvar", label="CVaR 90 %", method="iid",
        block_length=None, resamples=1000, tail_scenarios=4.0, warning=None, **given,
    )  # fmt: skip


def trace(drawing, name):
    return next(t for t in drawing.figure.data if t.name == name)


def test_structure():
    drawing = draw_tail_histogram(*tail_pair(), *tail_pair(0.5, "Risk parity"), theme=LIGHT)
    assert [(t.type, t.name) for t in drawing.figure.data] == [
        ("bar", "A body"),
        ("bar", "A tail"),
        ("scatter", "B"),
        ("scatter", "A tail scenarios"),
    ]
    layout = drawing.figure.layout
    assert layout.xaxis.title.text == "1-day return, % of value"
    assert layout.yaxis.title.text == "number of 1-day returns"
    assert layout.yaxis2.title.text == "tail by date"
    assert layout.yaxis2.type == "date"
    assert drawing.title == "1-day returns of A, with B as a line, and the scenarios in the tail by date"


@pytest.mark.parametrize("scale", [1e-4, 0.01, 1.0])
def test_every_return_is_counted_once_and_no_bar_mixes_body_and_tail(scale):
    a, a_cvar = tail_pair(scale)
    drawing = draw_tail_histogram(a, a_cvar, theme=LIGHT)
    body, tail = trace(drawing, "A body"), trace(drawing, "A tail")
    # 36 … 40 % are at or beyond the VaR of 36 %.
    assert (body.y.sum(), tail.y.sum()) == (35, 5)
    line = -100 * a.value
    assert (tail.x + tail.width / 0.94 / 2).max() <= line + 1e-9
    assert (body.x - body.width / 0.94 / 2).min() >= line - 1e-9


def test_rounding_does_not_move_the_var_scenario_into_the_body():
    a, a_cvar = tail_pair()
    a = dataclasses.replace(a, value=0.36 + 1e-15)
    assert trace(draw_tail_histogram(a, a_cvar, theme=LIGHT), "A tail").y.sum() == 5


def test_counts_equal_numpys_histogram_on_random_returns():
    rng = np.random.default_rng(3)
    losses = rng.standard_t(4, 3000) / 100
    q = (losses > np.quantile(losses, 0.95)) / 150.0
    index = pd.RangeIndex(3000)
    a, a_cvar = (
        dataclasses.replace(r, losses=losses, identifier=q, index=index, value=v)
        for r, v in zip(tail_pair(), (np.quantile(losses, 0.95, method="higher"), q @ losses), strict=True)
    )
    drawing = draw_tail_histogram(a, a_cvar, theme=LIGHT)
    for name in ("A body", "A tail"):
        bars = trace(drawing, name)
        half = bars.width / 0.94 / 2
        for x, y in zip(bars.x, bars.y, strict=True):
            returns = -100 * losses
            assert ((returns > x - half + 1e-9) & (returns <= x + half + 1e-9)).sum() == y
    assert drawing.figure.layout.yaxis2.type == "linear"
    assert len(trace(drawing, "A tail scenarios").x) == 150


def test_outline_of_b_counts_every_return():
    drawing = draw_tail_histogram(*tail_pair(), *tail_pair(0.5, "Risk parity"), theme=LIGHT)
    outline = trace(drawing, "B")
    assert outline.y.sum() == 40
    assert (outline.y[0], outline.y[-1]) == (0, 0)
    assert outline.line.shape == "hv"


def test_dots_are_the_scenarios_that_carry_cvar_with_their_dates():
    a, a_cvar = tail_pair()
    drawing = draw_tail_histogram(a, a_cvar, *tail_pair(0.5, "Risk parity"), theme=LIGHT)
    dots = trace(drawing, "A tail scenarios")
    np.testing.assert_allclose(dots.x, [-40, -39, -38, -37])
    assert list(dots.y) == ["2020-02-09", "2020-02-08", "2020-02-07", "2020-02-06"]
    assert dots.hovertext[0] == "<b>9 Feb 2020</b><br>A lost 40.0\u00a0%<br>B lost 20.0\u00a0%"
    assert drawing.table["A loss (% of value)"].tolist() == pytest.approx([40, 39, 38, 37])


def test_thresholds_stand_at_their_losses_with_labels_on_their_outer_sides():
    intervals = {"cvar": measured(0.37, 0.40)}
    figure = draw_tail_histogram(*tail_pair(), theme=DARK, intervals=intervals).figure
    var, cvar = figure.layout.shapes
    assert (var.x0, var.line.dash, var.line.color) == (-36.0, "dash", DARK.ink)
    assert (cvar.x0, cvar.line.dash, cvar.line.color) == (-38.5, "solid", DARK.loss)
    left, right = (next(n for n in figure.layout.annotations if key in n.text) for key in ("CVaR", "VaR 90"))
    right = next(n for n in figure.layout.annotations if n.text.startswith("VaR"))
    assert (left.xanchor, right.xanchor) == ("right", "left")
    assert left.text == "CVaR 90\u00a0%<br><b>38.5\u00a0%</b><br>95\u00a0% interval<br>37.0 to 40.0\u00a0%"
    assert right.text == "VaR 90\u00a0%<br><b>36.0\u00a0%</b>"


def test_the_label_left_of_cvar_has_room_and_nothing_is_cut_off():
    a, a_cvar = tail_pair()
    low, high = draw_tail_histogram(a, a_cvar, theme=LIGHT).figure.layout.xaxis.range
    assert (-38.5 - low) / (high - low) >= 0.36 - 1e-9
    assert low <= -40
    assert high >= -1


def test_headroom_above_the_bars_holds_the_labels():
    figure = draw_tail_histogram(*tail_pair(), *tail_pair(0.01, "Risk parity"), theme=LIGHT).figure
    peak = max(max(t.y) for t in figure.data[:3])
    assert figure.layout.yaxis.range[1] >= 1.4 * peak


def test_alt_text_names_value_and_worst_date():
    alt = draw_tail_histogram(*tail_pair(), theme=LIGHT, horizon_label="1-week").alt
    assert alt == (
        "Histogram of 1-week returns. A: VaR 90\u00a0% 36.0\u00a0%, CVaR 90\u00a0% 38.5\u00a0%, "
        "worst loss 40.0\u00a0% (9 Feb 2020)."
    )


def test_alt_text_gives_b_as_well():
    alt = draw_tail_histogram(*tail_pair(), *tail_pair(0.5, "Risk parity"), theme=LIGHT).alt
    assert alt.endswith("B: VaR 90\u00a0% 18.0\u00a0%, CVaR 90\u00a0% 19.2\u00a0%.")


def test_the_definition_says_when_dots_are_left_out():
    a, a_cvar = tail_pair()
    n = 12_000
    losses = np.arange(n) / n
    q = np.where(losses >= 0.9, 1 / 1200, 0.0)
    wide = [
        dataclasses.replace(r, losses=losses, identifier=q, index=pd.RangeIndex(n), value=v)
        for r, v in ((a, 0.9), (a_cvar, 0.95))
    ]
    drawing = draw_tail_histogram(*wide, theme=LIGHT)
    assert len(trace(drawing, "A tail scenarios").x) == 500
    assert "Of 1,200 tail scenarios the 500 worst are drawn." in drawing.definition
    assert len(drawing.table) == 1200


def test_unequal_probabilities_are_the_heights():
    a, a_cvar = tail_pair()
    p = np.linspace(1, 3, 40) / 80
    drawing = draw_tail_histogram(a, a_cvar, *tail_pair(0.5, "Risk parity"), theme=LIGHT, probabilities=p)
    body, tail = trace(drawing, "A body"), trace(drawing, "A tail")
    assert tail.y.sum() == pytest.approx(100 * p[35:].sum())
    assert body.y.sum() + tail.y.sum() == pytest.approx(100.0)
    assert trace(drawing, "B").y.sum() == pytest.approx(100.0)
    assert drawing.figure.layout.yaxis.title.text == "probability, %"


def test_bars_say_their_range_and_number():
    drawing = draw_tail_histogram(*tail_pair(), theme=LIGHT)
    text = trace(drawing, "A tail").hovertext[-1]
    assert text == "A, return of −56.00 to −36.00 %<br>number of 1-day returns: 5"


def test_cash_is_not_drawn_as_a_loss():
    a, a_cvar = (dataclasses.replace(r, losses=np.full(40, -0.0), value=0.0) for r in tail_pair())
    drawing = draw_tail_histogram(a, a_cvar, *tail_pair(0.5, "Risk parity"), theme=LIGHT)
    body = trace(drawing, "A body")
    assert (list(body.x), list(body.y)) == ([0.0], [40])
    assert len(trace(drawing, "A tail").x) == 0


def test_constant_returns_still_draw():
    a, a_cvar = (dataclasses.replace(r, losses=np.full(40, 0.01), value=0.01) for r in tail_pair())
    drawing = draw_tail_histogram(a, a_cvar, theme=LIGHT)
    assert trace(drawing, "A tail").y.sum() == 40


def test_names_are_escaped():
    figure = draw_tail_histogram(*tail_pair(), theme=LIGHT, names=(NASTY, "B")).figure
    text = text_of(figure)
    assert "<a" not in text
    assert "%{" not in text


class TestRefusals:
    def test_swapped_measures(self):
        var, cvar = tail_pair()
        with pytest.raises(InputError, match="swapped"):
            draw_tail_histogram(cvar, var, theme=LIGHT)

    @pytest.mark.parametrize("change", [{"portfolio": "other"}, {"confidence": 0.99}])
    def test_measures_that_do_not_belong_together(self, change):
        var, cvar = tail_pair()
        with pytest.raises(InputError, match="do not belong together"):
            draw_tail_histogram(var, dataclasses.replace(cvar, **change), theme=LIGHT)

    def test_half_of_b(self):
        with pytest.raises(InputError, match="only one of them"):
            draw_tail_histogram(*tail_pair(), tail_pair()[0], theme=LIGHT)

    def test_an_interval_of_another_figure(self):
        for change in ({"portfolio": "other"}, {"confidence": 0.99}):
            with pytest.raises(InputError, match="The interval is of"):
                draw_tail_histogram(
                    *tail_pair(), theme=LIGHT, intervals={"cvar": measured(0.3, 0.4, **change)}
                )

    def test_an_interval_without_a_figure(self):
        with pytest.raises(InputError, match="'volatility'"):
            draw_tail_histogram(*tail_pair(), theme=LIGHT, intervals={"volatility": measured(0.3, 0.4)})

    @pytest.mark.parametrize("p", [np.full(39, 1 / 39), np.full(40, 0.5), np.linspace(-1, 1.05, 40)])
    def test_probabilities_that_are_none(self, p):
        with pytest.raises(ProbabilityError, match="40 non-negative"):
            draw_tail_histogram(*tail_pair(), theme=LIGHT, probabilities=p)

    def test_probabilities_with_other_scenarios_for_b(self):
        short = [dataclasses.replace(r, losses=r.losses[:9]) for r in tail_pair()]
        with pytest.raises(InputError, match="same scenarios"):
            draw_tail_histogram(*tail_pair(), *short, theme=LIGHT, probabilities=np.full(40, 1 / 40))

    def test_no_scenarios(self):
        none = [dataclasses.replace(r, losses=np.empty(0), identifier=np.empty(0)) for r in tail_pair()]
        with pytest.raises(InputError, match="no scenarios"):
            draw_tail_histogram(*none, theme=LIGHT)

    def test_a_reversed_interval(self):
        with pytest.raises(InputError, match="in order"):
            draw_tail_histogram(*tail_pair(), theme=LIGHT, intervals={"cvar": measured(0.4, 0.3)})


class TestWorstDays:
    losses = pd.DataFrame(
        {"A": [0.01, 0.05, 0.03], "B": [0.02, -0.01, np.nan]},
        index=pd.to_datetime(["2020-03-09", "2020-03-16", "2020-03-12"]),
    )

    def test_worst_first_with_b_beside(self):
        drawing = draw_worst_days(self.losses, theme=LIGHT, most=2)
        a, b = drawing.figure.data
        assert tuple(drawing.figure.layout.yaxis.ticktext) == ("16 Mar 2020", "12 Mar 2020")
        np.testing.assert_allclose(a.x, [5.0, 3.0])
        np.testing.assert_allclose(b.x, [-1.0, np.nan])
        assert a.hovertext[0] == "<b>16 Mar 2020</b><br>A lost 5.0\u00a0%<br>B gained 1.0\u00a0%"
        assert b.hovertext[1].endswith("B: no data")
        assert drawing.figure.layout.xaxis.title.text == "1-day loss, % of value"
        assert "On 16 Mar 2020, the worst, A lost 5.0\u00a0%, B gained 1.0\u00a0%." in drawing.alt
        assert list(drawing.table.index) == ["2020-03-16", "2020-03-12"]
        assert list(drawing.table.columns) == ["A loss (% of value)", "B loss (% of value)"]

    def test_a_alone(self):
        drawing = draw_worst_days(self.losses[["A"]], theme=LIGHT)
        assert [t.name for t in drawing.figure.data] == ["A"]

    def test_refusals(self):
        with pytest.raises(InputError, match="got 0"):
            draw_worst_days(self.losses[[]], theme=LIGHT)
        with pytest.raises(InputError, match="most=0"):
            draw_worst_days(self.losses, theme=LIGHT, most=0)
        with pytest.raises(MissingDataError, match="one finite loss per date"):
            draw_worst_days(self.losses[["B"]], theme=LIGHT)
        with pytest.raises(MissingDataError, match="empty"):
            draw_worst_days(self.losses.iloc[:0], theme=LIGHT)
