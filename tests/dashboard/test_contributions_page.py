"""The Contributions page and the views folded under it, one at a time."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

from riskcore import Portfolio, cvar, risk_contributions
from riskcore.allocation import cvar_parity, equal_weight
from riskcore.contributions import best_trade, contributions_by_scenario, incremental_risk
from riskcore.currency_effect import currency_effect
from riskcore.dashboard import (
    contribution_budgets,
    contribution_currency,
    contribution_history,
    contribution_trades,
    contribution_uncertainty,
)
from riskcore.dashboard.book import Holding
from riskcore.data.currency import convert, ecb_rates, with_rates
from riskcore.data.sample import load_sample
from riskcore.results import TradeResult
from riskcore.uncertainty import contribution_intervals
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
VIEWS = ("intervals", "days", "time", "trades", "budgets", "currency")
ASSETS = "SPY_QQQ_FTSE100_NIKKEI225_HANGSENG_BND_GOLD"


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture(scope="module")
def a(sample):
    return equal_weight(sample).portfolio("A")


@pytest.fixture
def look(open_app):
    """Return a function that opens one closer look of the page."""

    def opened(view, **query):
        app = open_app("contributions", **query)
        return checked(app.segmented_control(key="closer").set_value(view).run())

    return opened


def tables(app, column):
    return [f.value for f in app.dataframe if any(column in str(c) for c in f.value.columns)]


def script(app):
    return next(c.value for c in app.code if c.language == "python")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"measure": "volatility", "h": "1m", "explain": "1"},
        {"measure": "var", "conf": "0.99", "h": "1w", "explain": "1"},
        {"a": "w:SPY~1.2;BND~-0.2;QQQ~-0.5", "b": "60_40", "explain": "1"},
    ],
    ids=["default", "monthly", "var", "shorts"],
)
def test_every_view_shows_without_trouble(look, view, query):
    app = look(view, **query)
    assert not app.error, words(app)
    assert not app.warning, words(app)


def test_assets_that_neither_holds_are_left_out_and_named(look):
    app = look("intervals", a="w:SPY~1.2;BND~-0.2;QQQ~-0.5", b="60_40")
    text = words(app)
    assert "Held by neither and left out: FTSE100, NIKKEI225, HANGSENG, GOLD." in text
    ranked = "\n".join(line for line in text.splitlines() if "≈" in line or "distinguishable" in line)
    assert "FTSE100" not in ranked
    (table,) = tables(app, f"A share of 1-day CVaR 95{SPACE}% (%) from")
    assert sorted(table.index) == ["BND", "QQQ", "SPY"]


@pytest.mark.parametrize("by", ["asset_class", "region", "currency"])
@pytest.mark.parametrize("view", [None, "time"])
def test_groups_add_up_to_the_assets(open_app, sample, a, by, view):
    app = open_app("contributions")
    app.segmented_control(key="by").set_value(by)
    if view:
        app.segmented_control(key="closer").set_value(view)
    checked(app.run())
    assert not app.error
    column = f"A component of 1-day CVaR 95{SPACE}% (% of value)"
    (shown,) = tables(app, column)
    expected = 100 * cvar(sample, a, confidence=0.95).value
    assert shown[column].sum() == pytest.approx(expected, rel=1e-12)
    assert len(shown) < sample.size


def test_a_view_not_chosen_is_not_computed(open_app, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a hidden view was computed")

    for module, name in (
        (contribution_uncertainty, "contribution_intervals"),
        (contribution_history, "rolling_contributions"),
        (contribution_history, "contributions_by_scenario"),
        (contribution_trades, "best_trade"),
        (contribution_budgets, "cvar_parity"),
        (contribution_currency, "currency_effect"),
    ):
        monkeypatch.setattr(module, name, refuse)
    app = open_app("contributions", conf="0.943")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


def test_intervals_are_those_of_the_engine_around_the_shares_shown(look, sample, a):
    app = look("intervals")
    table = tables(app, f"A share of 1-day CVaR 95{SPACE}% (%) from")[0]
    expected = contribution_intervals(
        sample, a, "cvar", confidence=0.95, rng=np.random.default_rng(1)
    ).table.loc[table.index]
    for end, column in (("_lower", " from"), ("_upper", " to"), ("", "")):
        got = table[f"A share of 1-day CVaR 95{SPACE}% (%){column}"]
        assert np.allclose(got, 100 * expected[f"relative{end}"], rtol=1e-12)
    assert np.allclose(table[f"B share of 1-day CVaR 95{SPACE}% (%)"], 100 / 7, atol=1e-6)
    text = words(app)
    assert "seed 1" in text
    assert "1,000 resamples" in text


def test_shares_that_cannot_be_told_apart_are_named(look):
    text = words(look("intervals"))
    assert "QQQ ≈ HANGSENG" in text
    assert "≈ BND" not in text
    assert "each of these shares is not distinguishable from the next:" in text
    assert "B was solved for equal shares on this history" in text


def test_thin_tails_are_warned_of(look):
    assert "independent scenarios lie in the tail" in words(look("intervals", conf="0.995"))
    assert "independent scenarios lie in the tail" not in words(look("intervals", conf="0.95"))
    assert "make the tail of each window" in words(look("time", conf="0.99"))


def test_var_has_no_intervals_and_says_why(look):
    app = look("intervals", measure="var")
    assert "VaR’s shares rest on the few dates next to it" in words(app)
    assert len(app.get("plotly_chart")) == 1


def test_days_add_up_to_the_contributions(look, sample, a):
    app = look("days")
    (table,) = tables(app, "together (part of")
    parts = contributions_by_scenario(sample, a, "cvar", confidence=0.95, count=10)
    whole = risk_contributions(sample, a, "cvar", confidence=0.95).table["component"]
    columns = [f"{asset} (part of 1-day CVaR 95{SPACE}%, % of value)" for asset in sample.assets]
    assert np.allclose(table[columns].iloc[:10], 100 * parts.T, rtol=1e-12)
    assert np.allclose(table.loc["together", columns], 100 * whole, rtol=1e-12)
    assert table.index[0] == "2020-03-12"


def test_a_tail_of_few_dates_shows_no_empty_ones(look):
    app = look("days", from_="2025-11-01", conf="0.95")
    (table,) = tables(app, "together (part of")
    days = table.iloc[:-2, :-2]
    assert 1 <= len(days) < 10
    assert (days != 0).any(axis=1).all()


def test_through_time_says_that_weights_are_held(look):
    app = look("time")
    text = words(app)
    assert "Weights are held as they are today" in text
    assert "252 rows" in text
    checked(app.segmented_control(key="contributions_window").set_value(2).run())
    assert "504 rows" in words(app)


def test_a_window_longer_than_the_history_is_one_sentence(look):
    app = look("time", from_="2025-06-01")
    (refusal,) = (e.value.replace("\\", "") for e in app.error)
    assert "rows is shorter than the one-year window this view needs" in refusal
    assert app.header
    shorter = look("time", from_="2024-10-01")
    assert not shorter.error
    checked(shorter.segmented_control(key="contributions_window").set_value(2).run())
    assert ["choose 1 year" in e.value for e in shorter.error] == [True]


def test_the_trade_is_the_engine_s_and_can_become_b(look, sample, a):
    app = look("trades")
    found = best_trade(sample, a, "cvar", confidence=0.95, size=0.01)
    text = words(app)
    assert f"Selling 1 point of {found.sell} for {found.buy} lowers the 1-day CVaR 95{SPACE}% of A by" in text
    assert f"{-100 * found.change:.3f} points, to {100 * found.after:.3f}{SPACE}% of value" in text
    checked(app.slider(key="contributions_points").set_value(5).run())
    larger = best_trade(sample, a, "cvar", confidence=0.95, size=0.05)
    assert f"Selling 5 points of {larger.sell} for {larger.buy}" in words(app)
    checked(app.button(key="contributions_trade_b").click().run())
    weights = a.weights.copy()
    weights[larger.sell] -= 0.05
    weights[larger.buy] += 0.05
    after = cvar(sample, Portfolio("B", weights), confidence=0.95).value
    assert after == pytest.approx(larger.after, rel=1e-12)
    assert app.query_params["b"].startswith("w:")
    (shown,) = tables(app, f"B component of 1-day CVaR 95{SPACE}% (% of value)")
    assert shown[f"B component of 1-day CVaR 95{SPACE}% (% of value)"].sum() == pytest.approx(100 * after)


def test_positions_are_valued_anew(look, sample, a):
    app = look("trades")
    (table,) = tables(app, "removing it, points")
    expected = incremental_risk(sample, a, "cvar", confidence=0.95, size=0.01).loc[table.index]
    assert np.allclose(table["removing it, points"], -100 * expected["incremental"], rtol=1e-12)
    assert np.allclose(table["adding 1, points"], 100 * expected["adding"], rtol=1e-12)
    (both,) = tables(app, "marginal, %")
    assert both[("A", "component, % of value")].sum() == pytest.approx(
        100 * cvar(sample, a, confidence=0.95).value
    )


def test_nothing_to_sell_is_one_sentence_and_the_page_goes_on(look):
    app = look("trades", a="cash", b="60_40")
    assert [e.value.replace("\\", "") for e in app.error] == ["A holds no position to sell."]
    assert tables(app, "removing it, points")


def test_one_asset_is_neither_traded_nor_ranked(look):
    app = look("trades", assets="SPY")
    assert [e.value.replace("\\", "") for e in app.error] == ["There is only one asset to trade."]
    text = words(look("intervals", assets="SPY"))
    assert "fewer than two assets" in text
    assert "stray from equal" not in text


def test_the_trade_claims_no_more_than_the_sample(look, sample, a):
    text = words(look("trades"))
    found = best_trade(sample, a, "cvar", confidence=0.95, size=0.01)
    sell, buy = found.second
    assert f"{sell} for {buy} comes next, by {-100 * found.second_change:.3f}" in text
    assert "in-sample, the order of such pairs is not settled" in text
    assert "No other pair" not in text


def test_a_trade_that_touches_a_short_says_so(look, sample):
    weights = {"SPY": 1.2, "BND": -0.2, "GOLD": 0.0}
    text = words(look("trades", a="w:SPY~1.2;BND~-0.2", assets="SPY,BND,GOLD", measure="volatility"))
    found = best_trade(
        sample.select(list(weights)), Portfolio("A", weights), "volatility", size=0.01, long_only=False
    )
    assert (found.sell, found.buy) == ("SPY", "BND")
    assert "Selling 1 point of SPY for BND (covers part of the short in BND) lowers" in text


@pytest.mark.parametrize(
    ("weights", "sell", "buy", "said"),
    [
        ({"X": 0.5, "Y": 0.5}, "X", "Y", ""),
        ({"X": 0.0, "Y": -0.5}, "X", "Y", " (opens a short in X and covers part of the short in Y)"),
        ({"X": -0.1, "Y": 1.1}, "X", "Y", " (adds to the short in X)"),
        ({"X": 0.005, "Y": -0.01}, "X", "Y", " (turns X into a short and covers the short in Y)"),
        ({"X": 1.0, "Y": -0.005}, "X", "Y", " (covers the short in Y and goes long)"),
    ],
)
def test_what_a_trade_does_to_shorts_is_named(weights, sell, buy, said):
    holding = Holding("A", "", "A", Portfolio("A", weights), None)
    found = TradeResult("A", "cvar", "CVaR", 0.95, sell, buy, 0.01, 0.02, 0.01, -0.01, True)
    assert contribution_trades._short_words(holding, found) == said


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_ignores_groups_says_so(open_app, view):
    app = open_app("contributions")
    app.segmented_control(key="closer").set_value(view)
    assert "This view is by asset." not in words(checked(app.run()))
    app.segmented_control(key="by").set_value("region")
    assert ("This view is by asset." in words(checked(app.run()))) == (view != "time")


def test_parts_by_asset_are_called_so_where_factors_have_none_through_time(look):
    app = look("time", by="Factor")
    titles = [m.value.replace("\\", "") for m in app.markdown if "through time" in m.value]
    assert len(titles) == 1 and "by asset through time" in titles[0]


def test_the_currency_view_says_that_it_stays_on_history(look):
    said = "this view is on history"
    assert said in words(look("currency", scen="decay:2")) and said not in words(look("currency"))


def test_days_show_only_what_the_portfolio_holds(look):
    app = look("days", a="w:SPY~0.6;BND~0.4", b="equal_weight")
    (table,) = tables(app, "together (part of")
    parts = [c for c in table.columns if "(part of" in c]
    assert sorted(c.split(" ")[0] for c in parts if not c.startswith("together")) == ["BND", "SPY"]


def test_under_volatility_no_dates_are_worst(look):
    app = look("currency", measure="volatility", explain="1")
    text = words(app)
    assert "the 1-day volatility of A" in text
    assert "worst" not in text[text.index("Unhedged in USD") :]
    assert "weights each date has in the volatility" in text


def test_budgets_are_solved_and_can_become_b(look, sample):
    app = look("budgets")
    wanted = dict(zip(sample.assets, [0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2], strict=True))
    app.session_state[f"budgets_{ASSETS}"] = {
        "edited_rows": {i: {"budget, %": 100 * share} for i, share in enumerate(wanted.values())},
        "added_rows": [],
        "deleted_rows": [],
    }
    checked(app.run())
    assert not app.error, words(app)
    (table,) = tables(app, "weight that meets it, %")
    solved = cvar_parity(sample, confidence=0.95, budgets=wanted)
    assert np.allclose(table["weight that meets it, %"], 100 * solved.weights[table.index], atol=1e-9)
    (drawn,) = tables(app, "share − budget (points)")
    assert drawn.loc["SPY", "budget (%)"] == pytest.approx(30.0)
    checked(app.button(key="contributions_budgets_b").click().run())
    shares = tables(app, f"B share of 1-day CVaR 95{SPACE}% (%)")[0]
    got = shares[f"B share of 1-day CVaR 95{SPACE}% (%)"]
    assert np.allclose(got, [100 * wanted[asset] for asset in got.index], atol=0.1)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (20.0, "add up to 105.71 %, not to 100 %: 5.71 points are too many"),
        (10.0, "add up to 95.71 %, not to 100 %: 4.29 points are missing"),
        (0.0, "The budget of SPY is not above 0"),
        (None, "The budget of SPY is not above 0"),
    ],
)
def test_budgets_that_cannot_be_met_are_refused_in_a_sentence(look, typed, sentence):
    app = look("budgets")
    app.session_state[f"budgets_{ASSETS}"] = {
        "edited_rows": {0: {"budget, %": typed}},
        "added_rows": [],
        "deleted_rows": [],
    }
    checked(app.run())
    assert sentence in "\n".join(e.value.replace("\\", "") for e in app.error)
    assert not tables(app, "weight that meets it, %")
    assert app.header


def test_var_budgets_are_set_in_cvar_and_say_so(look):
    app = look("budgets", measure="var")
    assert "Budgets are set in CVaR" in words(app)
    assert tables(app, f"A share of 1-day CVaR 95{SPACE}% (%)")


def unhedged_in(base, assets=None):
    sample = load_sample("global")
    prices, rates, _ = with_rates(sample, assets or list(sample.default_assets), base, ecb_rates())
    return prices.scenarios(list(prices.tickers)), rates


def test_the_rates_of_the_ecb_are_those_of_the_sample():
    prices = load_sample("global")
    assets = [x for x in prices.default_assets if x != "HANGSENG"]
    held = Portfolio("A", dict.fromkeys(assets, 1 / 6))
    own = prices.scenarios([*assets, "GBPUSD", "JPYUSD"])
    wide, rates = unhedged_in("USD", assets)
    mine = {"FTSE100": "GBPUSD", "NIKKEI225": "JPYUSD"}
    found = [
        currency_effect(s, held.on(s.assets), "cvar", rates=r, confidence=0.95).unhedged
        for s, r in ((own, mine), (wide, rates))
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-5)  # the sample keeps six digits of each rate


def test_currency_parts_are_the_engine_s(look, a):
    app = look("currency")
    wide, rates = unhedged_in("USD")
    assert set(rates) == {"FTSE100", "NIKKEI225", "HANGSENG"}
    found = currency_effect(wide, a.on(wide.assets), "cvar", rates=rates, confidence=0.95)
    text = words(app)
    assert f"Unhedged in USD, the 1-day CVaR 95{SPACE}% of A is {100 * found.unhedged:.3f}{SPACE}%" in text
    assert f"Hedged, in local returns, it is {100 * found.hedged:.3f}{SPACE}%" in text
    (table,) = tables(app, "currency part, USD")
    assert table.loc["SPY", "currency part, USD (% of value)"] == 0.0
    assert table["currency part, USD (% of value)"].sum() == pytest.approx(100 * found.currency)


def test_the_currency_effect_is_in_the_base_currency(look, a):
    app = look("currency", base="JPY")
    wide, rates = unhedged_in("JPY")
    assert "NIKKEI225" not in rates and "SPY" in rates
    found = currency_effect(wide, a.on(wide.assets), "cvar", rates=rates, confidence=0.95)
    text = words(app)
    assert f"Unhedged in JPY, the 1-day CVaR 95{SPACE}% of A is {100 * found.unhedged:.3f}{SPACE}%" in text
    # The page's own figures are in the base currency as well: one and the same risk.
    prices = convert(load_sample("global"), "JPY", ecb_rates())
    whole = cvar(prices.scenarios(list(a.weights.index)), a, confidence=0.95).value
    assert found.unhedged == pytest.approx(whole, rel=1e-10)


def test_a_rate_that_is_held_is_an_asset_as_well(look):
    app = look("currency", assets="SPY,FTSE100,GBPUSD")
    assert not app.error
    (table,) = tables(app, "currency part, USD")
    assert sorted(table.index) == ["FTSE100", "GBPUSD", "SPY"]
    assert table.loc["GBPUSD", "currency part, USD (% of value)"] == 0.0


@pytest.mark.parametrize("query", [{"data": "us"}, {"data": "india"}, {"assets": "SPY,BND"}])
def test_without_exchange_rates_there_is_no_currency_view(open_app, query):
    offered = open_app("contributions", **query).segmented_control(key="closer").options
    assert not any("Currency" in str(option) for option in offered)


def test_equal_weight_against_risk_parity_is_named_as_such(open_app, sample):
    app = open_app("contributions", a="60_40")
    checked(app.segmented_control(key="compared").set_value("ew_rp").run())
    text = words(app)
    assert "of Equal weight’s money" in text
    assert "A’s" not in text
    column = f"Risk parity share of 1-day CVaR 95{SPACE}% (%)"
    (shown,) = tables(app, column)
    assert np.allclose(shown[column], 100 / 7, atol=1e-6)
    assert "allocate('equal_weight'" in script(app)


def test_var_contributions_that_do_not_exist_are_one_sentence_and_the_page_goes_on(open_app):
    app = open_app("contributions", measure="var", from_="2026-01-05", conf="0.9")
    assert ["VaR has no contributions here" in e.value for e in app.error] == [True]
    assert script(app)
    checked(app.segmented_control(key="closer").set_value("trades").run())
    assert tables(app, "removing it, points")
    assert "best_trade(" in script(app)


def test_cash_has_no_shares_and_every_view_says_so_or_goes_on(look):
    for view, sentence in (
        ("days", "No date adds to the CVaR"),
        ("time", "The risk of A is 0 in every window"),
        ("intervals", "shares of it are undefined"),
    ):
        text = words(look(view, a="cash", b="60_40"))
        assert sentence in text
        assert "too near zero to be shared out" in text
    app = look("budgets", a="cash", b="60_40")
    assert "too near zero to be shared out, so its shares cannot" in words(app)
    assert tables(app, "weight that meets it, %")


@pytest.mark.parametrize("view", VIEWS)
def test_the_script_prints_the_numbers_of_the_view(look, view, sample, a):
    app = look(view)
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(script(app), "script", "exec"), {})
    printed = out.getvalue()
    wide, rates = unhedged_in("USD")
    level = {"confidence": 0.95}
    rng = np.random.default_rng(1)
    number = {
        "intervals": lambda: contribution_intervals(sample, a, "cvar", rng=rng, **level).table.iloc[0, 1],
        "days": lambda: contributions_by_scenario(sample, a, "cvar", **level).iloc[0, 0],
        "time": lambda: cvar(sample.between("2025-01-17"), a, **level).value,
        "trades": lambda: incremental_risk(sample, a, "cvar", **level)["risk_without"].iloc[0],
        "budgets": lambda: cvar_parity(sample, **level).weights.iloc[0],
        "currency": lambda: currency_effect(wide, a.on(wide.assets), "cvar", rates=rates, **level).unhedged,
    }[view]()
    if view == "time":
        last = a.weights.to_numpy() @ sample.returns[-252:].T
        number = -np.sort(last)[:12].sum() / 12.6 - 0.6 * np.sort(last)[12] / 12.6
    assert f"{number:.10f}" in printed
    assert f"{risk_contributions(sample, a, 'cvar', **level).table['component'].iloc[0]:.10f}" in printed


def test_present_shows_every_view_in_turn(open_app):
    app = open_app("contributions", present="1")
    assert "1 of 7" in words(app)
    assert len(app.get("plotly_chart")) == 1
    for part in range(2, 8):
        checked(app.button(key="present_Next").click().run())
        assert f"{part} of 7" in words(app)
        assert not app.error


def test_names_from_readers_stay_text(open_app):
    app = open_app("contributions", b="w:![x](https%3A%2F%2Fevil)~1")
    shown = "\n".join(e.value for e in (*app.markdown, *app.error, *app.warning, *app.info))
    assert "evil" in shown
    assert "![x]" not in shown


def test_the_risk_can_be_shared_out_by_factor(open_app, sample, a):
    app = open_app("contributions")
    checked(app.segmented_control(key="by").set_value("factor").run())
    assert not app.error, words(app)
    column = f"A component of 1-day CVaR 95{SPACE}% (% of value)"
    (shown,) = tables(app, column)
    assert list(shown.index[:3]) == ["SPY", "BND", "GOLD"]
    assert shown[column].sum() == pytest.approx(100 * cvar(sample, a, confidence=0.95).value, rel=1e-10)
    assert "Factors: SPY, BND, GOLD of the data; exposures from weekly returns" in words(app)
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(script(app), "script", "exec"), {})
    assert f"{cvar(sample, a, confidence=0.95).value:.10f}" in out.getvalue()
    checked(app.segmented_control(key="closer").set_value("time").run())
    assert "This view is by asset." in words(app)
    assert "factor" not in open_app("contributions", scen="vol:2").segmented_control(key="by").options
