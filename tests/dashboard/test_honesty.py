"""What a sceptical reader found once, kept from coming back."""

import numpy as np
import pandas as pd
import pytest

from riskcore.dashboard.text import plain
from tests.dashboard.reading import checked, words

DAYS = pd.bdate_range("2018-01-01", "2021-12-31")


def noisy(seed, count=1045):
    return 100 * np.cumprod(1 + np.random.default_rng(seed).normal(0.0003, 0.01, count))


def uploaded(open_app, frame, name="mine.csv"):
    app = open_app("data", door="File of prices")
    content = frame.to_csv(index_label="Date").encode()
    checked(app.file_uploader(key="csv_file").set_value((name, content, "text/csv")).run())
    return checked(app.button(key="csv_use").click().run())


def test_an_asset_that_ends_early_keeps_the_reader_s_own_data(open_app):
    frame = pd.DataFrame({"AAA": noisy(1), "BBB": noisy(2), "CCC": noisy(3)}, index=DAYS)
    frame.loc["2020-06-01":, "CCC"] = np.nan
    app = uploaded(open_app, frame)
    key = app.query_params["data"]
    checked(app.multiselect(key="frame_assets").set_value(["AAA", "BBB", "CCC"]).run())
    assert app.query_params["data"] == key
    assert "CCC ends on 2020-05-29" in words(app)
    checked(app.switch_page("app.py").run())
    assert not app.error
    assert "CCC ends 29 May 2020" in words(app)
    assert "returns 2 Jan 2018 to 29 May 2020" in words(app)


def test_a_gap_in_the_middle_gives_up_the_assets_and_not_the_data(open_app):
    frame = pd.DataFrame({"AAA": noisy(1), "BBB": noisy(2), "GAP": noisy(3)}, index=DAYS)
    frame.loc["2019-06-03":"2019-06-07", "GAP"] = np.nan
    app = uploaded(open_app, frame)
    key = app.query_params["data"]
    checked(app.multiselect(key="frame_assets").set_value(["AAA", "GAP"]).run())
    assert app.query_params["data"] == key
    assert any("GAP lacks 5 prices" in w.value.replace("\\", "") for w in app.warning)
    assert app.multiselect(key="frame_assets").value == ["AAA", "BBB"]


@pytest.mark.parametrize(
    "name", ["https://evil.example/a.png", "www.evil.example", "a@b.co", "![x](https://evil.example)"]
)
def test_no_name_becomes_a_link(name):
    escaped = plain(name)
    assert "\N{WORD JOINER}" in escaped
    assert escaped.replace("\\", "").replace("\N{WORD JOINER}", "") == name


def test_hostile_names_are_shown_as_text_and_exported_without_formulas(open_app):
    names = ["<svg onload=alert(1)>", "![x](https://evil.example/a.png)", "=1+1", "$x$", ":red[x]"]
    frame = pd.DataFrame({name: noisy(i) for i, name in enumerate(names)}, index=DAYS)
    app = uploaded(open_app, frame)
    for page in ("contributions", "tail", "stress", "allocation", "data"):
        checked(app.switch_page(f"pages/{page}.py").run())
        assert not app.error, words(app)
        for table in app.dataframe:
            labels = [*map(str, table.value.index), *map(str, table.value.columns)]
            assert not any(label.startswith(("=", "@", "\t")) for label in labels), labels


def test_a_portfolio_that_cannot_be_built_is_said_once_and_replaced_by_the_default(open_app):
    for page in ("", "contributions", "tail", "stress", "allocation"):
        app = open_app(page, a="w:FOO~1")
        assert len(app.warning) == 1
        assert "FOO" in app.warning[0].value
        assert not app.error
        assert "a" not in app.query_params


def test_a_portfolio_that_cannot_be_solved_is_one_sentence_and_the_foot_stays(open_app):
    for page in ("", "contributions", "tail", "stress", "allocation"):
        app = open_app(page, from_="2020-02-20", to="2020-02-24")
        said = [error.value.replace("\\", "") for error in app.error]
        assert len(said) == len(set(said)) > 0
        assert any(s.startswith("B (Risk parity):") and "The window has only" in s for s in said), said
        assert app.toggle(key="frame_explain") is not None


def test_typed_portfolios_are_offered_only_where_they_can_be_held(open_app):
    app = open_app(a="w:SPY~0.6;BND~0.4")
    assert any("SPY 60" in option for option in app.selectbox(key="frame_a").options)
    checked(app.switch_page("pages/data.py").run())
    checked(app.selectbox(key="frame_data").set_value("us").run())
    assert not any("SPY 60" in option for option in app.selectbox(key="frame_a").options)
    assert not app.error


def test_sharpe_is_the_mean_over_the_volatility_beside_it(open_app):
    app = open_app("allocation", h="1m", rf="0.01")
    table = next(d.value for d in app.dataframe if "mean return, % per year" in d.value.columns)
    mean, volatility = table["mean return, % per year"], table["volatility, % per year (1-month)"]
    sharpe = table["Sharpe (1-month, risk-free 1\N{NO-BREAK SPACE}%)"]
    assert np.allclose(sharpe, (mean - 1) / volatility, rtol=1e-12)


def test_the_horizon_of_weekly_data_does_not_follow_to_other_data(open_app):
    weeks = pd.date_range("2010-01-01", periods=600, freq="W-FRI")
    app = uploaded(open_app, pd.DataFrame({"AAA": noisy(1, 600), "BBB": noisy(2, 600)}, index=weeks))
    assert app.segmented_control(key="frame_horizon").value == "1w"
    assert "h" not in app.query_params
    checked(app.segmented_control(key="door").set_value("sample").run())
    checked(app.selectbox(key="frame_data").set_value("global").run())
    assert app.segmented_control(key="frame_horizon").value == "1d"
    assert not app.warning


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "local returns, as if currency-hedged"),
        ({"assets": "SPY,BND"}, "returns in USD"),
        ({"data": "india"}, "returns in INR"),
    ],
)
def test_the_currency_of_the_returns_is_what_is_known(open_app, query, said):
    assert said in words(open_app(**query))


def test_an_upload_has_no_known_currency_and_no_known_index(open_app):
    frame = pd.DataFrame({"AAA": noisy(1), "BBB": noisy(2)}, index=DAYS)
    app = uploaded(open_app, frame)
    assert "currency not stated" in words(app)
    assert app.selectbox(key="frame_bench").value is None


def test_shorts_and_leverage_are_named(open_app):
    text = words(open_app(a="w:SPY~3;BND~-2"))
    assert "A is short 200.0\N{NO-BREAK SPACE}%, positions of 500\N{NO-BREAK SPACE}% in all" in text
    assert "A loses more than its whole value in 2 of 17 replays" in text


def test_a_young_asset_is_named_on_every_page(open_app):
    assert "BTC starts 17 Sep 2014: 7.1 years less history" in words(open_app(assets="SPY,BTC"))


def test_a_window_before_the_shared_history_is_said_and_not_moved_in_silence(open_app):
    app = open_app(assets="SPY,BTC", from_="2012-01-02")
    assert any("runs from 2014\\-09\\-17" in w.value for w in app.warning)
    assert "from" not in app.query_params


def test_a_custom_window_begins_with_all_the_data(open_app):
    app = open_app()
    checked(app.selectbox(key="frame_window").set_value("Custom").run())
    assert str(app.date_input(key="frame_start").value) == "2007-07-30"
    assert "from" not in app.query_params or app.query_params["from"] == "2007-07-30"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"conf": "0.05"}, "did you mean 0.95? The default is used instead."),
        ({"value": "0.001"}, "at least 0.01. The default"),
        ({"tickers": "AAPL"}, "tickers: this page has no such input."),
        ({"to": "2030-01-01"}, "runs from 2007-07-30 to 2026-01-16"),
    ],
)
def test_what_the_url_asks_in_vain_is_said(open_app, query, said):
    app = open_app(**query)
    assert len(app.warning) == 1
    assert said in app.warning[0].value.replace("\\", "")


def test_the_currency_does_nothing_without_a_value_and_is_disabled(open_app):
    assert open_app().selectbox(key="frame_currency").disabled
    assert not open_app(value="1000").selectbox(key="frame_currency").disabled


def test_controls_act_through_the_rules_of_a_and_b(open_app):
    app = open_app("sizing", a="equal_weight", b="60_40")
    assert app.slider(key="frame_confidence").disabled
    assert not open_app("sizing").slider(key="frame_confidence").disabled
    assert open_app("sizing", b="inverse_volatility").slider(key="frame_confidence").disabled


def test_no_asset_is_said_and_not_replaced_in_silence(open_app):
    app = open_app("data", assets="SPY,BND")
    checked(app.multiselect(key="frame_assets").set_value([]).run())
    assert any("At least one asset" in w.value for w in app.warning)


def test_the_door_and_the_allocators_are_in_the_link(open_app):
    for spelled in ("Yahoo tickers", "yahoo"):
        app = open_app("data", door=spelled)
        assert app.segmented_control(key="door").value == "yahoo"
        assert not app.warning
        assert not any("no source" in said.value for said in app.info)
    app.segmented_control(key="door").set_value("csv").run()
    assert app.segmented_control(key="door").value == "csv"
    app = open_app("data", door="bloomberg")
    assert app.segmented_control(key="door").value == "sample"
    assert any("no source “bloomberg”" in said.value for said in app.info)
    app = open_app("allocation", more="Minimum CVaR")
    assert app.multiselect(key="more").value == ["minimum_cvar"]
    named = [str(column) for table in app.dataframe for column in table.value.columns]
    assert any("Minimum CVaR" in column for column in named)
