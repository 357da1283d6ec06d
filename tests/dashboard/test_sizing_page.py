"""The Sizing page."""

import numpy as np
import pytest

from riskcore import Portfolio
from riskcore.data.sample import load_sample
from riskcore.sizing import binary_kelly, kelly_stake, volatility_target

from .reading import checked, words


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


def tables(app):
    return [frame.value for frame in app.dataframe]


def with_column(app, column):
    return next(table for table in tables(app) if column in table.columns)


def with_row(app, row):
    return next(table for table in tables(app) if row in table.index)


def test_it_says_what_the_engine_says(open_app, sample):
    app = checked(open_app("sizing", rf="0.02", target="12.0", cap="1.5"))
    equal = Portfolio("A", dict.fromkeys(sample.assets, 1 / sample.size))
    rate = 0.02 / 252
    found = volatility_target(sample, equal, target=0.12, cap=1.5, risk_free=rate)
    assert f"volatility of {100 * found.realised:.1f}" in app.header[0].value.replace("\\", "")
    first = with_row(app, "realised, % per year").iloc[:, 0]
    assert first["realised, % per year"] == pytest.approx(100 * found.realised, rel=1e-12)
    assert first["to hold next, times"] == pytest.approx(found.next_scale, rel=1e-12)
    stake = kelly_stake(sample, equal, risk_free=rate)
    first = with_row(app, "full Kelly, exact (times)").iloc[:, 0]
    assert first["full Kelly, exact (times)"] == pytest.approx(stake.exact, rel=1e-12)
    assert first["edge / variance (times)"] == pytest.approx(stake.gaussian, rel=1e-12)
    safe = (1 - 1 / stake.t_statistic**2) * stake.exact
    assert first["left when unsure (times)"] == pytest.approx(safe, rel=1e-12)
    assert f"Being that unsure leaves {safe:.1f} times" in words(app)


def test_a_later_trade_follows_an_older_estimate(open_app, sample):
    equal = Portfolio("A", dict.fromkeys(sample.assets, 1 / sample.size))
    found = volatility_target(sample, equal, target=0.1, lag=5)
    app = checked(open_app("sizing", lag="5"))
    first = with_row(app, "realised, % per year").iloc[:, 0]
    assert first["realised, % per year"] == pytest.approx(100 * found.realised, rel=1e-12)


def test_the_bet_has_two_kellys(open_app):
    app = checked(open_app("sizing", win="60.0", pays="1.5"))
    found = with_column(app, "fraction of wealth")["fraction of wealth"]
    edge = 0.6 * 1.5 - 0.4
    np.testing.assert_allclose(found, [binary_kelly(0.6, 1.5), edge / (0.24 * 2.5**2)])
    losing = checked(open_app("sizing", win="30.0"))
    assert "loses on average" in words(losing)


def test_who_has_no_edge_or_does_not_move_is_named_and_the_other_goes_on(open_app):
    app = checked(open_app("sizing", a="cash", b="w:SPY~-1", rf="0.03"))
    said = words(app)
    assert "A does not move" in said and "B has earned less than the risk-free rate" in said
    assert "B, held" in app.header[0].value.replace("\\", "")
    assert not any("full Kelly, exact (times)" in t.index for t in tables(app))
    # It falls as it is all the same.
    assert any("as it is (1.00 times), % of paths" in t.columns for t in tables(app))


def test_where_nothing_has_an_edge_everything_says_so(open_app):
    said = words(checked(open_app("sizing", rf="0.5")))
    assert "A has earned less" in said and "B has earned less" in said
    assert "No asset has earned more than the risk-free rate" in said


def test_values_a_link_cannot_mean_are_replaced(open_app):
    app = checked(open_app("sizing", target="900", years="7", lookback="yesterday"))
    assert "Aiming at 10" in app.header[0].value


def test_the_script_prints_the_page_s_numbers(open_app, capsys):
    app = checked(open_app("sizing", target="8.0", lookback="Exponential", rf="0.01", a="cash", lag="2"))
    script = next(c.value for c in app.code if c.language == "python")
    exec(compile(script, "script", "exec"), {})  # cash has no size and is left out
    printed = capsys.readouterr().out
    realised = with_row(app, "realised, % per year").iloc[0, 0]
    assert f"{realised / 100:.10f}" in printed
    odds = next(table for table in tables(app) if table.index.name == "fall from the peak")
    assert f"{odds.iloc[0, 0] / 100:.3f}" in printed
    assert "QQQ" in printed  # the stakes in all assets
