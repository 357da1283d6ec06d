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


def test_it_says_what_the_engine_says(open_app, sample):
    app = checked(open_app("sizing", rf="0.02", target="12.0", cap="1.5"))
    equal = Portfolio("A", dict.fromkeys(sample.assets, 1 / sample.size))
    rate = 0.02 / 252
    found = volatility_target(sample, equal, target=0.12, cap=1.5, risk_free=rate)
    assert f"volatility of {100 * found.realised:.1f}" in app.header[0].value.replace("\\", "")
    row = with_column(app, "realised, % per year").iloc[0]
    assert row["realised, % per year"] == pytest.approx(100 * found.realised, rel=1e-12)
    stake = kelly_stake(sample, equal, risk_free=rate)
    row = with_column(app, "full Kelly, exact (times)").iloc[0]
    assert row["full Kelly, exact (times)"] == pytest.approx(stake.exact, rel=1e-12)
    assert row["edge / variance (times)"] == pytest.approx(stake.gaussian, rel=1e-12)


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
    assert not any("full Kelly, exact (times)" in t.columns for t in tables(app))


def test_values_a_link_cannot_mean_are_replaced(open_app):
    app = checked(open_app("sizing", target="900", years="7", lookback="yesterday"))
    assert "Aiming at 10" in app.header[0].value


def test_the_script_prints_the_page_s_numbers(open_app, capsys):
    app = checked(open_app("sizing", target="8.0", lookback="Exponential", rf="0.01"))
    script = next(c.value for c in app.code if c.language == "python")
    exec(compile(script, "script", "exec"), {})
    printed = capsys.readouterr().out
    realised = with_column(app, "realised, % per year").iloc[0, 0]
    assert f"{realised / 100:.10f}" in printed
