"""Every page, on the sample and in trouble."""

import re

import numpy as np
import pytest

from riskcore import Portfolio, cvar, risk_contributions, volatility
from riskcore.allocation import cvar_parity, equal_weight
from riskcore.dashboard.portfolio_titles import portfolio_title
from riskcore.data.sample import load_sample
from riskcore.stress import index_gap, replay
from tests.dashboard.reading import checked, words
from tests.data.yahoo_stand_in import stand_in

PAGES = (
    "",
    "data",
    "contributions",
    "tail",
    "factors",
    "benchmark",
    "stress",
    "trades",
    "allocation",
    "backtest",
    "sizing",
    "review",
    "exhibits",
)


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"conf": "0.99", "h": "1w", "measure": "volatility", "a": "60_40", "b": "inverse_volatility"},
        {"measure": "var", "h": "1m", "value": "1000000", "ccy": "EUR", "explain": "1", "rf": "0.02"},
        {"data": "india", "from": "2010-01-01", "to": "2015-01-01"},
        {"data": "us", "a": "minimum_cvar", "conf": "0.999"},
        {"a": "cash", "b": "w:SPY~1.5;BND~-0.5"},
        {"assets": "SPY,BTC,EURUSD", "bench": "QQQ"},
        {"assets": "GOLD", "b": "equal_weight"},
    ],
    ids=["default", "weekly", "money", "india", "us", "cash", "btc", "single"],
)
def test_every_page_shows_a_view_without_trouble(open_app, page, query):
    app = open_app(page, **query)
    assert not app.error, words(app)
    assert not app.warning, words(app)
    assert app.header


def test_overview_begins_with_the_computed_sentence(open_app, sample):
    a = cvar(sample, equal_weight(sample).portfolio("A"), confidence=0.95).value
    b = cvar(sample, cvar_parity(sample, confidence=0.95).portfolio("B"), confidence=0.95).value
    first = open_app().header[0].value.replace("\\", "")
    assert first == (
        f"On the worst 5\N{NO-BREAK SPACE}% of days A loses {100 * a:.1f}\N{NO-BREAK SPACE}% on average, "
        f"B {100 * b:.1f}\N{NO-BREAK SPACE}%."
    )


def test_overview_speaks_of_money_once_a_value_is_given(open_app, sample):
    a = cvar(sample, equal_weight(sample).portfolio("A"), confidence=0.95).value
    text = words(open_app("", value="1000000", ccy="EUR"))
    assert f"EUR\N{NO-BREAK SPACE}{1e6 * a:,.0f}" in text


def test_overview_names_where_the_money_and_the_risk_are(open_app, sample):
    found = risk_contributions(sample, equal_weight(sample).portfolio("A"), "cvar", confidence=0.95)
    stocks = ["SPY", "QQQ", "FTSE100", "NIKKEI225", "HANGSENG"]
    share = found.table.loc[stocks, "relative"].sum()
    assert f"Stocks are 71\N{NO-BREAK SPACE}% of A’s money and {100 * share:.0f}\N{NO-BREAK SPACE}%" in words(
        open_app()
    )


def test_overview_cards_hold_the_engine_s_numbers(open_app, sample):
    a = equal_weight(sample).portfolio("A")
    yearly = 100 * volatility(sample, a).value * np.sqrt(252)
    app = open_app()
    values = [metric.value for metric in app.metric]
    assert values[0] == f"{yearly:.0f}\N{NO-BREAK SPACE}%"
    assert len(values) == 8
    returns = next(table.value for table in app.dataframe if "MTD" in table.value.index)
    this_year = 100 * (np.prod(1 + sample.returns[sample.index.year == 2026].mean(axis=1)) - 1)
    assert returns.loc["YTD"].tolist() == [
        f"{this_year:.1f}\N{NO-BREAK SPACE}%",
        returns.loc["YTD", "B"],
        "31 Dec 2025",
    ]


def test_a_typed_short_has_a_true_minus_and_names_keep_their_hyphens():
    assert portfolio_title("w:BRK-B~2;SPY~-1") == "Typed: BRK-B 200, SPY \N{MINUS SIGN}100"


def test_b_is_at_parity_to_the_printed_digit_and_a_is_not(open_app):
    app = open_app("contributions")
    assert not app.info
    table = app.dataframe[-1].value
    assert np.allclose(table["B share of 1-day CVaR 95\N{NO-BREAK SPACE}% (%)"], 100 / 7, atol=1e-6)
    assert table["A share of 1-day CVaR 95\N{NO-BREAK SPACE}% (%)"].max() > 19


@pytest.mark.parametrize("page", ["", "contributions"])
def test_a_portfolio_solved_for_another_measure_says_so(open_app, page):
    text = words(open_app(page, b="equal_risk_contribution"))
    assert "B was solved for equal shares of volatility; under CVaR its shares are not equal." in text


def test_under_var_risk_parity_is_cvar_parity_and_says_so(open_app):
    text = words(open_app("contributions", measure="var"))
    assert "B was solved for equal shares of CVaR; under VaR its shares are not equal." in text


def test_under_volatility_risk_parity_is_volatility_parity(open_app):
    table = open_app("contributions", measure="volatility").dataframe[-1].value
    assert np.allclose(table["B share of 1-day Volatility (%)"], 100 / 7, atol=1e-8)


def test_stress_replays_covid_and_the_index_gap(open_app, sample):
    a = equal_weight(sample).portfolio("A")
    covid = replay(sample, a, event="COVID", start="2020-02-19", end="2020-03-23").loss
    gap = index_gap(sample, a, index_asset="SPY", gap=-0.15).loss
    app = open_app("stress")
    assert f"{100 * gap:.1f}\N{NO-BREAK SPACE}%" in words(app)
    crises = app.dataframe[0].value
    row = next(label for label in crises.index if "COVID" in str(label))
    assert np.isclose(crises.loc[row].iloc[0], -100 * covid, atol=1e-9)


def test_stress_names_the_crises_the_data_does_not_cover(open_app):
    text = words(open_app("stress", assets="SPY,BTC"))
    assert "Not replayed" in text
    assert "2008" in text


def test_without_any_covered_crisis_the_pages_still_work(open_app):
    for page in ("", "stress"):
        app = open_app(page, data="global", assets="SPY,BND", from_="2025-06-01")
        assert not app.error


def test_tail_page_warns_of_few_tail_scenarios(open_app):
    assert "Few tail scenarios" in words(open_app("tail", conf="0.999"))
    assert "Few tail scenarios" not in words(open_app("tail"))


def test_allocation_marks_its_figures_in_sample_and_makes_a(open_app):
    app = open_app("allocation")
    assert "in-sample" in words(app).lower()
    checked(app.button(key="make_A_inverse_volatility").click().run())
    assert app.query_params["a"] == "inverse_volatility"
    assert app.selectbox(key="frame_a").value == "inverse_volatility"


def test_allocation_lists_the_weights_the_engine_finds(open_app, sample):
    app = open_app("allocation")
    table = next(f.value for f in app.dataframe if str(f.value.columns[0]).endswith("(% of value)"))
    parity = cvar_parity(sample, confidence=0.95).weights
    row = next(label for label in table.columns if "CVaR parity" in str(label))
    assert np.allclose(table[row], 100 * parity, atol=1e-9)


@pytest.mark.parametrize("page", PAGES)
def test_the_script_of_every_page_runs_and_prints_its_numbers(open_app, page, capsys):
    app = open_app(page, conf="0.975", h="1w", a="60_40")
    script = next(c.value for c in app.code if c.language == "python")
    exec(compile(script, "script", "exec"), {})
    assert re.search(r"\d", capsys.readouterr().out)


def test_the_overview_script_prints_the_overview_s_numbers(open_app, capsys):
    app = open_app("", conf="0.975", h="1w")
    script = next(c.value for c in app.code if c.language == "python")
    exec(compile(script, "script", "exec"), {})
    prices = load_sample("global")
    weekly = prices.scenarios(list(prices.default_assets)).over_horizon(5)
    a = cvar(weekly, equal_weight(weekly).portfolio("A"), confidence=0.975).value
    assert f"A CVaR {a:.10f}" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES)
def test_a_portfolio_these_assets_cannot_hold_is_one_sentence(open_app, page):
    app = open_app(page, a="w:TSLA~1")
    assert any("TSLA" in element.value for element in (*app.error, *app.warning))


@pytest.mark.parametrize("page", PAGES)
def test_a_window_shorter_than_the_horizon_is_one_sentence(open_app, page):
    app = open_app(page, h="1m", from_="2025-12-30")
    # The Data page shows no figures, the backtest uses single periods, and exhibits have their own data.
    if page not in ("data", "backtest", "exhibits"):
        # Exposures need more rows than the horizon does, so that is what the page says.
        reason = "the window has 2 weeks" if page == "factors" else "horizon of 21 periods"
        assert any(reason in element.value for element in app.error)


def test_a_typed_portfolio_with_cash_says_so(open_app):
    text = words(open_app("", a="w:SPY~0.5;BND~0.3"))
    assert "A holds 20.0\N{NO-BREAK SPACE}% in cash" in text


def test_a_leveraged_portfolio_says_so(open_app):
    assert "A borrows 50.0\N{NO-BREAK SPACE}%" in words(open_app("", a="w:SPY~1.5"))


@pytest.mark.parametrize("page", ["", "contributions", "tail", "stress", "allocation"])
def test_parity_that_does_not_exist_is_explained(open_app, page):
    # From April to July 2025 both gained in every 21 days: the average of the worst months is a gain.
    app = open_app(page, assets="SPY,QQQ", from_="2025-04-10", to="2025-07-28", h="1m", conf="0.9")
    assert any("CVaR" in error.value for error in app.error), words(app)


def test_portfolio_of_the_sample_is_labelled_as_if_hedged(open_app):
    assert "local returns, as if currency-hedged" in words(open_app())
    assert "educational sample" in words(open_app())


def test_typed_weights_become_a(open_app):
    app = open_app("data")
    checked(app.text_area(key="weights_text").set_value("SPY\t60 %\nBND\t40 %").run())
    checked(app.button(key="use_a").click().run())
    assert app.query_params["a"] == "w:SPY~0.6;BND~0.4"
    assert Portfolio("A", {"SPY": 0.6, "BND": 0.4}).weights.sum() == 1.0


def test_typed_weights_add_the_assets_they_need(open_app):
    app = open_app("data")
    checked(app.text_area(key="weights_text").set_value("SPY 50\nBTC 50").run())
    assert any("BTC" in e.value for e in app.info)
    checked(app.button(key="use_b").click().run())
    assert "BTC" in app.query_params["assets"]
    assert not app.error


def test_a_young_asset_is_named_with_the_years_it_costs(open_app):
    text = words(open_app("data", assets="SPY,BTC"))
    assert "BTC starts on 2014-09-17" in text
    assert "7.1 years" in text


CSV = "Date,AAA,BBB\n" + "\n".join(
    f"{day:%Y-%m-%d},{100 * 1.001**i * (1 + 0.01 * ((i * 7) % 5)):.4f},{50 + (i * 13) % 11:.2f}"
    for i, day in enumerate(np.arange("2022-01-03", "2022-12-30", dtype="datetime64[D]").tolist())
    if day.weekday() < 5
)


def test_an_uploaded_csv_is_shown_on_every_page(open_app):
    app = open_app("data")
    checked(app.segmented_control(key="door").set_value("csv").run())
    checked(app.file_uploader(key="csv_file").set_value(("prices.csv", CSV.encode(), "text/csv")).run())
    assert any("2 assets" in e.value for e in app.success)
    checked(app.button(key="csv_use").click().run())
    assert app.query_params["data"].startswith("upload-")
    assert "link" in words(app)
    # A backtest learns from three years, which this upload does not have.
    for page in (p for p in PAGES[1:] if p != "backtest"):
        checked(app.switch_page(f"pages/{page}.py").run())
        assert not app.error, words(app)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.csv", b"Date,AAA\n2022-01-03,1.0\n2022-01-04,abc\n", "abc"),
        ("empty.csv", b"", "empty"),
        ("zero.csv", b"Date,AAA\n2022-01-03,1.0\n2022-01-04,0\n2022-01-05,2\n", "2022-01-04"),
        ("text.csv", b"\x00\x01\x02\xff\xfe\x80", ""),
    ],
)
def test_a_broken_upload_is_one_sentence_and_the_rest_works(open_app, name, content, said):
    app = open_app("data")
    checked(app.segmented_control(key="door").set_value("csv").run())
    checked(app.file_uploader(key="csv_file").set_value((name, content, "text/csv")).run())
    assert len(app.error) == 1
    assert said in app.error[0].value.replace("\\", "")
    assert app.multiselect(key="frame_assets").value


def test_an_ambiguous_date_order_is_asked_not_guessed(open_app):
    # Every date is in order and in the past either way round.
    rows = [f"{n:02d}/{n + 1:02d}/2022,{100 + n}.5" for n in range(1, 12)]
    content = "Date,AAA\n" + "\n".join(rows)
    app = open_app("data")
    checked(app.segmented_control(key="door").set_value("csv").run())
    checked(app.file_uploader(key="csv_file").set_value(("d.csv", content.encode(), "text/csv")).run())
    assert any("ambiguous" in w.value for w in app.warning)
    assert not app.success
    checked(app.radio[0].set_value("day/month/year").run())
    assert any(
        "1 asset," in s.value.replace("\\", "") and "2022\\-12\\-11" in s.value for s in app.success
    ), words(app)


def test_yahoo_tickers_with_a_status_each(open_app):
    with stand_in({"SPY": "well", "GONE": "dead"}):
        app = open_app("data")
        checked(app.segmented_control(key="door").set_value("yahoo").run())
        app.text_input(key="yahoo_tickers").set_value("SPY, GONE")
        checked(next(b for b in app.button if b.label == "Fetch").click().run())
        statuses = next(t.value for t in app.dataframe if "ticker" in t.value.columns)
        assert statuses.set_index("ticker").loc["SPY", "status"] in ("ok", "short")
        assert statuses.set_index("ticker").loc["GONE", "status"] == "unknown"
        checked(app.button(key="yahoo_use").click().run())
        checked(app.switch_page("pages/tail.py").run())
        assert not app.error


def test_without_a_network_yahoo_is_one_sentence_and_the_page_works(open_app):
    with stand_in({}, refuse=True):
        app = open_app("data")
        checked(app.segmented_control(key="door").set_value("yahoo").run())
        app.text_input(key="yahoo_tickers").set_value("SPY")
        checked(next(b for b in app.button if b.label == "Fetch").click().run())
        assert len(app.error) == 1
        assert "Yahoo" in app.error[0].value
        assert app.multiselect(key="frame_assets").value


def test_present_shows_one_part_at_a_time_without_menu_or_controls(open_app):
    app = open_app()
    everything = len(app.get("plotly_chart"))
    checked(app.button(key="present").click().run())
    assert app.query_params["present"] == "1"
    assert app.header
    assert not app.sidebar.markdown
    assert not app.slider
    checked(app.button(key="present_Next").click().run())
    assert len(app.get("plotly_chart")) == 2 < everything
    assert app.button(key="present_Previous").disabled is False
    checked(app.button(key="present_Whole page").click().run())
    assert "present" not in app.query_params
    assert app.sidebar.markdown
    assert app.slider(key="frame_confidence").value == 95.0


def test_present_keeps_what_the_controls_said(open_app):
    app = open_app("stress", conf="0.99", a="60_40", present="1")
    checked(app.button(key="present_Whole page").click().run())
    assert app.query_params == {"a": "60_40", "conf": "0.99"}


def test_a_page_without_pictures_does_not_present(open_app):
    app = open_app("data", present="1")
    assert app.slider
    assert app.sidebar.markdown


@pytest.mark.parametrize(
    ("page", "own"),
    [
        ("benchmark", "Benchmark"),
        ("factors", "Factors"),
        ("contributions", "By"),
        ("allocation", "More allocators"),
    ],
)
def test_the_sentence_stands_above_the_page_s_own_controls(open_app, page, own):
    app = open_app(page)
    seen = [(element.type, getattr(element, "label", "")) for element in app.main]
    assert [kind for kind, _ in seen].index("header") < [label for _, label in seen].index(own)
