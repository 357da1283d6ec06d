"""The Factors page: the common bet, its numbers against the engine, its views and what it refuses."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

from riskcore import allocate, cvar
from riskcore.data.currency import convert, ecb_rates, with_rates
from riskcore.data.sample import load_sample
from riskcore.factors import factor_contributions, factor_shock, fit_exposures, portfolio_exposures, unhedged
from riskcore.figures.words import percent
from riskcore.periods import weekly
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
FACTORS = ["SPY", "BND", "GOLD"]
VIEWS = ("By asset", "Statistical factors", "Factor shock", "Currencies")
SHARE = f"A share of 1-day CVaR 95{SPACE}% (%)"


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture(scope="module")
def a(sample):
    return allocate("equal_weight", sample).portfolio("A")


@pytest.fixture(scope="module")
def fit(sample):
    weeks = weekly(sample)
    return fit_exposures(weeks, weeks.select(FACTORS))


def table(app, column):
    return next(f.value for f in app.dataframe if any(column in str(c) for c in f.value.columns))


def script(app):
    return next(c.value for c in app.code if c.language == "python")


def header(app):
    return app.header[0].value.replace("\\", "")


def printed(app):
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(script(app), "script", "exec"), {})
    return out.getvalue()


def test_the_first_view_is_the_engine_s_and_reads_it_aloud(open_app, sample, a, fit):
    app = open_app("factors")
    found = factor_contributions(sample, sample.select(FACTORS), fit.exposures, a, confidence=0.95)
    assert (
        header(app)
        == f"{percent(found.common_bet[1], 0)} of A’s 1-day CVaR 95{SPACE}% comes from one factor: SPY."
    )
    np.testing.assert_allclose(table(app, SHARE)[SHARE], 100 * found.table["relative"], rtol=1e-9)
    assert table(app, SHARE)[SHARE].sum() == pytest.approx(100.0)
    weeks = weekly(sample)
    own = portfolio_exposures(weeks, weeks.select(FACTORS), a).table
    shown = table(app, "A upper")
    np.testing.assert_allclose(shown["A exposure (% per 1 %)"], own["exposure"], rtol=1e-9)
    np.testing.assert_allclose(shown["A lower (% per 1 %)"], own["lower"], rtol=1e-9)
    text = words(app)
    daily = factor_contributions(
        sample,
        sample.select(FACTORS),
        fit_exposures(sample, sample.select(FACTORS)).exposures,
        a,
        confidence=0.95,
    )
    assert f"SPY would carry {percent(daily.common_bet[1], 0)} of A’s" in text
    assert "SPY, BND, GOLD are assets and factors at once" in text
    assert len(app.get("plotly_chart")) == 2


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_and_its_script_prints_its_numbers(open_app, sample, a, fit, view):
    app = open_app("factors", closer=view, explain="1")
    assert not app.error, words(app)
    out = printed(app)
    found = factor_contributions(sample, sample.select(FACTORS), fit.exposures, a, confidence=0.95)
    assert f"{found.total:.10f}" in out
    number = {
        "By asset": fit.standard_errors.loc["QQQ", "SPY"],
        "Statistical factors": None,
        "Factor shock": factor_shock(fit, a, {"SPY": -0.1}).loss,
        "Currencies": None,
    }[view]
    if number is not None:
        assert f"{number:.10f}" in out


def test_sliders_move_factors_and_the_loss_follows(open_app, fit, a):
    app = open_app("factors", closer="Factor shock", value="1000000")
    app.slider(key="f1").set_value(-20)
    checked(app.slider(key="f2").set_value(5).run())
    found = factor_shock(fit, a, {"SPY": -0.2, "BND": 0.05})
    column = "A loss (% of value)"
    assert table(app, column)[column].iloc[-1] == pytest.approx(100 * found.loss, rel=1e-9)
    assert f"When SPY falls 20{SPACE}% and BND rises 5{SPACE}%, A loses" in words(app)
    checked(app.segmented_control(key="others").set_value("follow").run())
    assert "GOLD" in words(app).split("When SPY falls")[1].split("follow)")[0]
    app.slider(key="f1").set_value(0)
    checked(app.slider(key="f2").set_value(0).run())
    assert "No factor moves: move a slider." in words(app)


def test_unhedged_currencies_turn_the_page(open_app, sample, a):
    app = open_app("factors", fx="true")
    prices = load_sample("global")
    wide, rates, _ = with_rates(prices, list(sample.assets), "USD", ecb_rates())
    names = [*sample.assets, *dict.fromkeys(rates.values())]
    open_ = unhedged(wide.scenarios(names), rates)
    factors = [*FACTORS, *dict.fromkeys(rates.values())]
    weeks = weekly(open_)
    b = fit_exposures(weeks.select(sample.assets), weeks.select(factors)).exposures
    found = factor_contributions(open_.select(sample.assets), open_.select(factors), b, a, confidence=0.95)
    np.testing.assert_allclose(table(app, SHARE)[SHARE], 100 * found.table["relative"], rtol=1e-8)
    whole = convert(prices, "USD", ecb_rates(), assets=list(sample.assets)).scenarios(list(sample.assets))
    assert found.total == pytest.approx(cvar(whole, a, confidence=0.95).value, rel=1e-9)
    assert "Unhedged: this page counts FTSE100, NIKKEI225, HANGSENG in USD" in words(app)
    assert f"{found.total:.10f}" in printed(app)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"data": "us", "explain": "1"}, "PC1, the first principal component"),
        ({"data": "india"}, "NIFTY50"),
        ({"a": "w:SPY~1.2;BND~-0.2;QQQ~-0.5", "b": "cash", "measure": "volatility"}, "B holds nothing"),
        ({"model": "Statistical", "h": "1m", "explain": "1"}, "the other parts lower it"),
        (
            {"measure": "var", "h": "1w", "fitted": "Rows as shown", "ridge": "0.5"},
            "Ridge regression, Newey–West errors, 10 lags",
        ),
        (
            {"h": "1m", "assets": "SPY,QQQ,BND"},
            "exposures from weekly returns are not the ones that fit these rows best.",
        ),
        (
            {"data": "india", "base": "USD", "fx": "true", "measure": "volatility"},
            "Unhedged, like every page in USD; here exchange rates are factors as well.",
        ),
        ({"closer": "Statistical factors"}, "of the total variance of the assets, each scaled to the same"),
        ({"base": "EUR", "fx": "true"}, "USD in EUR, HKD in EUR follow almost from one another"),
        ({"scen": "vol:2"}, "this whole page stays on history"),
    ],
    ids=[
        "us",
        "india",
        "short and cash",
        "statistical",
        "var",
        "one city",
        "own base",
        "spectrum",
        "euro",
        "scenario set",
    ],
)
def test_other_data_and_models_have_an_answer(open_app, query, said):
    app = open_app("factors", **query)
    assert not app.error, words(app)
    assert said in words(app)


def test_late_closes_are_named_only_where_they_can_be_the_reason(open_app):
    late = "reaches markets that have closed already only a day later"
    assert late in words(open_app("factors"))
    assert late not in words(open_app("factors", h="1m"))
    volatile = open_app("factors", measure="volatility", assets="SPY,QQQ,BND")
    assert late not in words(volatile)
    assert "1-day volatility" in header(volatile)
    assert "Volatility" not in " ".join(str(c) for c in table(volatile, "A share").columns)


def test_a_young_factor_shortens_the_page_and_says_so(open_app):
    app = open_app("factors")
    checked(app.multiselect(key="factors").set_value(["SPY", "BTC"]).run())
    assert "The factors cover 2,850 of the 4,647 rows" in words(app)
    assert (
        f"{table(app, SHARE)[f'A component of 1-day CVaR 95{SPACE}% (% of value)'].sum() / 100:.10f}"
        in printed(app)
    )


def test_factors_from_a_file_stand_beside_the_others(open_app):
    prices = load_sample("global").prices
    value = prices["QQQ"].div(prices["SPY"]).rename("GROWTH").dropna()
    content = value.to_csv(index_label="Date").encode()
    app = open_app("factors")
    checked(app.file_uploader(key="factor_file").set_value(("growth.csv", content, "text/csv")).run())
    assert not app.error, words(app)
    assert "GROWTH" in table(app, SHARE).index
    other = value.iloc[::5].to_csv(index_label="Date").encode()
    checked(app.file_uploader(key="factor_file").set_value(("weekly.csv", other, "text/csv")).run())
    assert "Bring factors as often as the prices" in words(app)


def test_what_cannot_be_answered_is_one_sentence(open_app):
    app = open_app("factors")
    checked(app.multiselect(key="factors").set_value([]).run())
    assert "No factor is chosen" in words(app)
    assert len(app.error) == 1
    few = open_app("factors", from_="2025-10-01")
    assert len(few.error) == 1
    assert "the window has 15 weeks" in words(few)
    assert not few.get("plotly_chart")
    assert "A closer look" not in words(few)
    assert few.multiselect(key="factors").value == FACTORS


def test_a_scenario_set_moves_solved_weights_only_and_the_page_says_so(open_app):
    query = {"a": "equal_weight", "b": "minimum_variance"}
    history, simulated = (open_app("factors", **query, **more) for more in ({}, {"scen": "vol:2"}))
    assert "this whole page stays on history. Weights of A and B that a rule solves follow" in words(
        simulated
    )
    np.testing.assert_array_equal(table(history, SHARE)[SHARE], table(simulated, SHARE)[SHARE])
    drawn = open_app("factors", **query, scen="t:5000~1")
    np.testing.assert_array_equal(table(history, SHARE)[SHARE], table(drawn, SHARE)[SHARE])
    other = SHARE.replace("A", "B", 1)
    assert not np.allclose(table(history, SHARE)[other], table(drawn, SHARE)[other], atol=0.1)


@pytest.mark.parametrize("part", ["1", "3", "6"])
def test_each_part_can_be_presented(open_app, part):
    app = open_app("factors", present=part)
    assert not app.error, words(app)
    assert "of 6" in words(app)
    assert app.get("plotly_chart") or part == "6"
