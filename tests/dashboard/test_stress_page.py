"""The Stress page: what it says about losses, sparse data, indices and links."""

import re

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio, cvar
from riskcore.allocation import equal_weight
from riskcore.dashboard import cached
from riskcore.data.crises import load_crises
from riskcore.data.price_set import PriceSet, infer_periods_per_year, plain_assets
from riskcore.data.sample import load_sample
from riskcore.scenarios import Scenarios
from riskcore.stress import conditional_index_gap, correlation_shock, index_gap, replays
from tests.dashboard.reading import checked, words

SHOWN = ["SPY", "BND", "GOLD", "NIKKEI225"]
SPACE = "\N{NO-BREAK SPACE}"
DAILY = load_sample("global").prices[SHOWN]


def sparse(rule):
    """Return the sample's closes at the end of each week or complete month."""
    last = DAILY.resample(rule).last().dropna()
    return last[last.index <= DAILY.index[-1]]


def uploaded(open_app, prices, **query):
    """Return the Stress page on prices that were brought from outside."""
    return open_app("stress", data=kept(prices), **query)


def kept(prices):
    """Return the key of prices kept as an upload."""
    per_year = infer_periods_per_year(prices.index)
    table = plain_assets(list(prices.columns))
    return cached.keep_price_set(PriceSet("upload", "prices.csv", prices, table, per_year, "file prices.csv"))


def spoken(app):
    """Return the page's words with ordinary spaces."""
    return words(app).replace(SPACE, " ")


def tables(app, column):
    return next(t.value for t in app.dataframe if any(column in str(c) for c in t.value.columns))


def titles(app):
    return [m.value.replace("\\", "").replace(SPACE, " ") for m in app.markdown if m.value.startswith("**")]


# ---- sparse data ----


@pytest.mark.parametrize(
    ("rule", "per_year", "closes", "path"),
    [("W-FRI", 52, "weekly closes", "week by week"), ("ME", 12, "monthly closes", "month by month")],
    ids=["weekly", "monthly"],
)
def test_sparse_data_is_replayed_approximately_and_says_so(open_app, rule, per_year, closes, path):
    prices = sparse(rule)
    app = uploaded(open_app, prices)
    history = Scenarios.from_prices(prices, periods_per_year=per_year)
    covered, left_out = replays(history, equal_weight(history).portfolio("A"), load_crises())
    assert len(covered) >= 15
    text = spoken(app)
    assert f"Worst of {len(covered)} replays (of 21 dated crises): A loses" in text
    assert f"≈ approximate: {closes}" in text
    assert "no data for it" not in text
    assert "day by day" not in "".join(titles(app))
    assert any(path in title for title in titles(app))
    found = tables(app, "closes")
    worst = min(covered, key=lambda r: r.total_return)
    before = DAILY.index[-1]
    for crisis in load_crises():
        if crisis.event == worst.event:
            before = prices.index[prices.index <= crisis.start][-1]
    assert found.index[0].endswith("≈")
    assert found["closes"].iloc[0].endswith(f"approximate: {closes}")
    assert found["closes"].iloc[0].startswith(f"{before.day} {before:%b %Y} to")
    assert np.isclose(found.iloc[0, 0], 100 * worst.total_return, atol=1e-9)
    reasons = tables(app, "why")["why it is not replayed"].to_dict()
    assert reasons == left_out
    assert any("does not reach" in reason for reason in reasons.values())


def test_monthly_data_tells_a_short_crisis_from_one_before_the_data(open_app):
    text = spoken(uploaded(open_app, sparse("ME")))
    outside = re.search(r"run only from 31 Aug 2007 to .*?: (.*)\.", text).group(1)
    inside = re.search(r"no closes near enough to the peak and the trough: (.*)\.", text).group(1)
    assert "Brexit 2016" in inside
    assert "Brexit 2016" not in outside
    assert "1987 crash" in outside
    assert "1987 crash" not in inside


def test_daily_data_is_not_called_approximate(open_app):
    app = open_app("stress")
    assert "≈" not in words(app) + "".join(titles(app))
    assert "Worst of 17 replays (of 21 dated crises)" in spoken(app)


def test_data_after_every_crisis_has_no_headline_but_the_reasons(open_app):
    app = uploaded(open_app, DAILY.loc["2025-06-01":])
    assert not app.header
    text = spoken(app)
    assert "nothing to replay" in text
    assert "COVID 2020" in text


# ---- the index ----


@pytest.mark.parametrize(("rule", "basis"), [("W-FRI", "weekly returns"), ("ME", "monthly returns")])
def test_the_gap_on_sparse_data_names_its_returns_and_no_days(open_app, rule, basis):
    app = uploaded(open_app, sparse(rule))
    app.query_params["bench"] = "SPY"
    checked(app.run())
    said = spoken(app)
    assert f"with betas from {len(sparse(rule)) - 1:,} {basis}." in said
    assert any(
        title.startswith(f"**SPY −15.0 %: loss by asset with betas from {basis}**") for title in titles(app)
    )
    assert "daily" not in said[said.index("If SPY falls") :]
    assert "no data" not in said
    assert not any("daily" in str(c) for c in tables(app, "beta").columns)


def test_data_without_a_known_index_says_so_once_and_the_rest_works(open_app, capsys):
    app = open_app("stress", data="us")
    text = spoken(app)
    assert text.count("no known index: choose one under More → Benchmark") == 1
    assert not app.error
    assert app.header
    script = next(c.value for c in app.code if c.language == "python")
    assert "gap" not in script
    exec(compile(script, "script", "exec"), {})
    assert "Global Financial Crisis" in capsys.readouterr().out


def test_an_index_with_a_shorter_history_dates_the_betas(open_app):
    text = spoken(open_app("stress", bench="BTC"))
    assert "betas are estimated from 18 Sep 2014 to 16 Jan 2026, which is all that BTC shares" in text
    assert "betas are estimated from" not in spoken(open_app("stress"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, True),
        ({"assets": "SPY,QQQ,BND"}, False),
        ({"assets": "SPY,GOLD"}, False),
        ({"data": "india"}, False),
        ({"data": "us", "bench": "AAPL"}, False),
    ],
    ids=["regions", "one region", "no market of its own", "india", "us"],
)
def test_the_note_on_closing_hours_stands_only_where_regions_differ(open_app, query, shown):
    assert ("Closes in Asia and Europe" in spoken(open_app("stress", **query))) is shown


# ---- signs ----


def test_losses_are_positive_and_said_once(open_app):
    app = open_app("stress")
    assert "**Global Financial Crisis by asset: A loses 34.2 %, B 13.2 %**" in titles(app)
    assert not any("−3" in title for title in titles(app))


def test_a_short_portfolio_gains(open_app):
    app = open_app("stress", a="w:SPY~-1", b="w:SPY~-0.5")
    said = spoken(app)
    assert re.search(r"dated crises\): A gains .*, B [\d.]+ %", said)
    assert re.search(r"^A gains 15 %, B 7.5 % with betas from", said, re.M)
    assert "A loses" not in said


def test_cash_neither_loses_nor_gains(open_app):
    said = spoken(open_app("stress", a="cash"))
    assert "A neither loses nor gains" in said
    assert "loses 0 %" not in said


def test_a_loss_beyond_the_whole_value_is_flagged(open_app, capsys):
    app = open_app("stress", a="w:SPY~3", b="w:SPY~0.5", gap="20")
    notes = [n.value.replace("\\", "") for n in app.info]
    prices = load_sample("global")
    whole = prices.scenarios(list(prices.default_assets))
    covered, _ = replays(whole, Portfolio("A", {"SPY": 3.0}).on(whole.assets), load_crises())
    lost = sum(r.loss > 1 for r in covered)
    assert lost
    assert any(f"A loses more than its whole value in {lost} of 17 replays" in n for n in notes)
    assert not any("B loses more" in n for n in notes)
    over = spoken(open_app("stress", a="w:SPY~6", gap="20"))
    assert "A loses more than its whole value: with shorts or borrowed money" in over


# ---- links ----


def test_the_page_s_own_inputs_come_from_the_link_and_stay_in_it(open_app):
    app = open_app("stress", gap="20", crises="true", crisis="COVID-19 crash")
    assert app.slider(key="gap").value == 20
    assert app.toggle(key="crises").value is True
    assert app.selectbox(key="crisis").value == "COVID-19 crash"
    assert len(tables(app, "closes")) == 17
    assert any(title.startswith("**SPY −20.0 %") for title in titles(app))
    assert any(title.startswith("**COVID-19 crash by asset") for title in titles(app))
    assert not app.warning
    checked(app.selectbox(key="frame_a").set_value("inverse_volatility").run())
    assert app.selectbox(key="crisis").value == "COVID-19 crash"
    assert "20" in app.query_params["gap"]


def test_a_link_that_names_nothing_on_offer_gets_the_usual_and_no_trouble(open_app):
    app = open_app("stress", gap="deep", betas="gamma", crisis="The end of the world", crises="perhaps")
    assert app.slider(key="gap").value == 15
    assert app.selectbox(key="crisis").value == "Global Financial Crisis"
    assert not app.error
    assert not app.warning


def test_the_script_prints_the_replays_and_the_chosen_gap(open_app, capsys):
    app = open_app("stress", gap="20", a="60_40")
    exec(compile(next(c.value for c in app.code if c.language == "python"), "script", "exec"), {})
    printed = capsys.readouterr().out
    prices = load_sample("global")
    whole = prices.scenarios(list(prices.default_assets))
    a = Portfolio("A", {"SPY": 0.6, "BND": 0.4}).on(whole.assets)
    for result in replays(whole, a, load_crises())[0]:
        assert f"A {result.event} {result.total_return:.10f}" in printed
    fall = index_gap(whole, a, index_asset="SPY", gap=-0.2).total_return
    assert f"A gap {fall:.10f}" in printed
    given = conditional_index_gap(whole, a, index_asset="SPY", gap=-0.2)
    assert f"A given {given.total_return:.10f} extrapolated True" in printed
    assert f"A rates {-0.4 * 6 * 0.01:.10f}" in printed
    together = cvar(correlation_shock(whole, 1.0).scenarios, a, confidence=0.95).value
    assert f"A together {together:.10f}" in printed
    assert pd.Series(printed.splitlines()).str.startswith("B ").sum() == 21


@pytest.mark.parametrize("betas", ["weekly", "dimson", "daily"])
def test_every_kind_of_beta_has_its_chart_and_its_table(open_app, betas):
    app = open_app("stress")
    checked(app.segmented_control(key="betas").set_value(betas).run())
    table = next(
        t.value for t in app.dataframe if any("standard error of the beta" in str(c) for c in t.value)
    )
    assert sum(str(column) == "beta from daily returns (no unit)" for column in table) == 1
    titles = " ".join(m.value for m in app.markdown).replace("\\", "")
    assert ("daily returns (marks)" in titles) == (betas != "daily")
