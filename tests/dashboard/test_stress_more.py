"""The further stresses of the Stress page: what each says, and that its script prints the same."""

import io
from contextlib import redirect_stdout

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio, cvar
from riskcore.dashboard.linked_table import read_linked, written_linked
from riskcore.data.sample import load_sample
from riskcore.factors import factor_shock, fit_exposures
from riskcore.periods import weekly
from riskcore.stress import direct_shock, reverse_stress, volatility_shock
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
PRICES = load_sample("global")
HISTORY = PRICES.scenarios(list(PRICES.default_assets))
A = Portfolio("A", {"SPY": 0.6, "BND": 0.4}).on(HISTORY.assets)
B = Portfolio("B", {"GOLD": 1.0}).on(HISTORY.assets)
HELD = {"a": "w:SPY~0.6;BND~0.4", "b": "w:GOLD~1"}


def opened(open_app, section, **query):
    app = open_app("stress", stress=section, **HELD, **query)
    assert not app.error, [e.value for e in app.error]
    return app, words(app).replace(SPACE, " ")


def printed(app):
    told = io.StringIO()
    with redirect_stdout(told):
        exec(compile(next(c.value for c in app.code if c.language == "python"), "script", "exec"), {})
    return told.getvalue()


def test_direct_moves_of_assets_and_groups_add_up_in_money(open_app):
    app, said = opened(open_app, "Direct", moves="SPY~-20;Bonds~-5", value="1000000")
    assert "A loses 14 % (USD 140,000), B neither loses nor gains at once." in said
    assert f"A Your stress {0.6 * -0.2 + 0.4 * -0.05:.10f}" in printed(app)
    checked(app.number_input(key="dtimes").set_value(2.0).run())
    assert "SPY~-20" in str(app.query_params["moves"])


def test_a_stress_is_saved_shown_by_name_and_deleted(open_app, monkeypatch, tmp_path):
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    from riskcore.dashboard import saved

    saved.store.clear()
    app, _ = opened(open_app, "Direct", moves="SPY~-30")
    app.text_input(key="stress_name").set_value("My fall")
    checked(next(b for b in app.button if b.label == "Save").click().run())
    assert any("My fall" in s.value for s in app.success)
    again, said = opened(open_app, "Named", named="My fall")
    assert "SPY −30 %." in said
    assert "A loses 18 %" in said
    checked(next(b for b in again.button if b.label == "Delete this stress").click().run())
    assert "My fall" not in again.selectbox(key="named").options
    saved.store.clear()


def test_a_named_stress_is_its_shocks(open_app):
    app, said = opened(open_app, "Named", named="Rates +200 bp")
    assert "yields +200 basis points." in said
    assert "A loses 4.8 %, B neither loses nor gains at once." in said
    assert f"A Rates +200 bp {-0.4 * 6 * 0.02:.10f}" in printed(app)


def test_volatility_is_multiplied_and_flagged_below_everything(open_app):
    app, said = opened(open_app, "Volatility", times="3.0")
    wide = cvar(volatility_shock(HISTORY, 3.0).scenarios, A, confidence=0.95).value
    assert f"A wider {wide:.10f}" in printed(app)
    assert "Beyond what a price can do" not in said
    _, said = opened(open_app, "Volatility", times="5.0", h="1m")
    assert "Beyond what a price can do: below −100 % lies" in said


def test_factors_move_the_assets_by_their_exposures_and_the_risk_follows(open_app):
    app, said = opened(open_app, "Factors", f1="-20", f2="5", value="1000000")
    weeks = weekly(PRICES.scenarios([*PRICES.default_assets]))
    fit = fit_exposures(weeks, weeks.select(["SPY", "BND", "GOLD"]))
    moves = {"SPY": -0.2, "BND": 0.05}
    found = factor_shock(fit, A, moves)
    # SPY, BND and GOLD are factors themselves, so A falls by its own weights.
    assert found.loss == pytest.approx(0.6 * 0.2 - 0.4 * 0.05)
    assert "A loses 10.0 % (USD 100,000)" in said or "A loses 10 % (USD 100,000)" in said
    shocked = direct_shock(HISTORY, found.table["asset_return"].to_dict()).scenarios
    told = printed(app)
    assert f"A factors {found.loss:.10f}" in told
    assert f"A CVaR {cvar(shocked, A, confidence=0.95).value:.10f}" in told


def test_reverse_stress_names_distance_and_the_nearest_day(open_app):
    app, said = opened(open_app, "Reverse", lose="5")
    found = reverse_stress(HISTORY, A, loss=0.05)
    assert f"A loses 5.0 % over 1 day in a move {found.distance:.1f} standard deviations of A" in said
    day = found.nearest
    assert f"lost as much is {day.day} {day:%b %Y}" in said
    assert f"A distance {found.distance:.10f}" in printed(app)


def test_cash_has_no_move_that_hurts_and_the_other_portfolio_has_one_chart(open_app):
    app = open_app("stress", stress="Reverse", a="cash", b="cash")
    assert not [m for m in app.markdown if "The move that hurts" in m.value]
    said = words(open_app("stress", stress="Reverse", a="cash"))
    assert "The move that hurts B" in said
    assert "scale of its own" not in said


def test_a_stress_that_is_presented_has_its_name_and_its_question(open_app):
    app = open_app("stress", present="12")
    assert [s.value for s in app.subheader] == ["Reverse"]
    assert "Which move would cost this much?" in words(app)


def test_simulations_show_their_seed_and_print_the_same(open_app):
    app, said = opened(open_app, "Simulate", drawn="Block bootstrap", seed="7", h="1w")
    assert "seed 7" in said
    assert "A simulated" in printed(app)
    assert "blocks change nothing" not in said
    checked(app.button(key="simulated_use").click().run())
    assert "blocks:10~5000~7" in str(app.query_params["scen"])
    _, said = opened(open_app, "Simulate", drawn="Block bootstrap")
    assert "Over 1 day a path is one row of the history, and blocks change nothing" in said


def test_rows_like_one_volatility_are_offered_with_where_it_stands_now(open_app):
    app, said = opened(open_app, "Simulate", drawn="Days of like volatility", like="90", wide="25")
    before = PRICES.scenarios(["SPY"]).frame["SPY"].rolling(21).std(ddof=0).shift(1).reindex(HISTORY.index)
    now = (before.dropna() <= before.iloc[-1]).mean()
    assert f"Before the last row here it was at its {100 * now:.0f} % quantile." in said
    weights = np.exp(-0.5 * (np.log(before / before.quantile(0.9)) / 0.25) ** 2).fillna(0.0)
    near = HISTORY.with_probabilities((weights / weights.sum()).to_numpy())
    assert f"A simulated {cvar(near, A, confidence=0.95).value:.10f}" in printed(app)
    _, said = opened(open_app, "Simulate", drawn="Multivariate t")
    assert "Fitted: ν = 3." in said


def test_regimes_and_liquidity_say_what_they_need(open_app):
    app, said = opened(open_app, "Regimes")
    assert "volatility alone would make them" in said
    # 0.02 on average is within what chance makes of 96 weeks.
    assert "so dependence itself is about the same." in said
    assert "Do assets depend on each other more in turbulent times" in said
    table = next(t.value for t in app.dataframe if any("turbulent" in str(c) for c in t.value.columns))
    assert np.isfinite(table.to_numpy(dtype=float)).all()
    _, said = opened(open_app, "Liquidity")
    assert "type the portfolio’s value" in said
    _, said = opened(open_app, "Liquidity", value="1000000")
    assert "There is no daily volume for SPY, BND; type one in, nothing is assumed." in said
    _, said = opened(open_app, "Liquidity", value="1000000", adv="SPY~1e6~10;BND~1e6~20;GOLD~1e6~5")
    # 600,000 of a million a day at one fifth are 3 days; half spreads 600 × 0.5 + 400 × 1.
    assert "A takes 3 days to sell and costs USD 700 (0.07 %)" in said


def test_own_crises_come_from_the_link_and_proxies_are_marked(open_app):
    query = {"assets": "SPY,BND,GOLD,BTC", "own": "Autumn 2021~2021-11-08~2022-01-27;Broken~soon"}
    app = checked(open_app("stress", **query))
    said = words(app).replace(SPACE, " ")
    assert "β: no prices then, so a beta stands in" in said
    assert "BTC by 0.68" in said
    shown = next(t.value for t in app.dataframe if "closes" in t.value.columns)
    closes = PRICES.prices.loc[["2021-11-08", "2022-01-27"], ["SPY", "BND", "GOLD", "BTC"]]
    by_hand = 100 * (closes.iloc[1] / closes.iloc[0] - 1).mean()
    assert np.isclose(shown.loc["Autumn 2021"].iloc[0], by_hand, atol=1e-9)
    assert "Broken" not in shown.index
    assert any(str(label).endswith("β") for label in shown.index)
    assert "A Autumn 2021 " in printed(app)
    assert "A Global Financial Crisis " in printed(app)


# ---- numbers by asset in the link ----


@pytest.mark.parametrize(
    "text", ["SPY~much", "SPY~1~2", "SPY~900", "XYZ~1", "~1", "SPY"], ids=lambda t: t.replace("~", "-")
)
def test_entries_of_a_link_that_fit_nothing_are_named(text):
    usual = pd.DataFrame({"move": [0.0]}, index=["SPY"])
    table, lost = read_linked(text, usual, {"move": (-100.0, 500.0)})
    assert table.equals(usual)
    assert len(lost) == 1


def test_a_link_gives_back_what_was_typed():
    usual = pd.DataFrame({"volume": [np.nan, 5.0], "spread": [np.nan, 1.0]}, index=["A;B~C", "D"])
    typed = usual.copy()
    typed.loc["A;B~C", "volume"] = 1e9
    ranges = {"volume": (0.0, 1e15), "spread": (0.0, 500.0)}
    table, lost = read_linked(written_linked(typed, usual), usual, ranges)
    assert not lost
    pd.testing.assert_frame_equal(table, typed)
