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
    factors = [*FACTORS, "GBP in USD", "JPY in USD"]
    weeks = weekly(open_)
    b = fit_exposures(weeks.select(sample.assets), weeks.select(factors)).exposures
    found = factor_contributions(open_.select(sample.assets), open_.select(factors), b, a, confidence=0.95)
    np.testing.assert_allclose(table(app, SHARE)[SHARE], 100 * found.table["relative"], rtol=1e-8)
    whole = convert(prices, "USD", ecb_rates(), assets=list(sample.assets)).scenarios(list(sample.assets))
    assert found.total == pytest.approx(cvar(whole, a, confidence=0.95).value, rel=1e-9)
    text = words(app)
    assert "Unhedged: this page counts FTSE100, NIKKEI225, HANGSENG in USD" in text
    moved = float(np.std(weekly(wide.scenarios(names)).frame["HKD in USD"]) * 52**0.5)
    assert f"HKD in USD is no factor: it moved by only {percent(moved, 1)} per year, as a pegged rate" in text
    assert f"{found.total:.10f}" in printed(app)


def test_a_pegged_rate_is_no_factor_in_another_base_currency_either(open_app):
    app = open_app("factors", base="EUR", fx="true", closer="Factor shock")
    assert f"HKD in EUR is no factor: it moved by only 0.6{SPACE}% per year against USD in EUR" in words(app)
    assert "follow almost from one another" not in words(app)
    exposure = table(app, "A upper")["A exposure (% per 1 %)"]
    assert list(exposure.index) == [*FACTORS, "USD in EUR", "GBP in EUR", "JPY in EUR"]
    # SPY, BND and gold are in euro and have their dollar in them; with Hong Kong's beside it was −2.0.
    assert abs(exposure["USD in EUR"]) < 0.3
    assert [(one.min, one.max) for one in app.slider if one.key == "f1"] == [(-60, 60)]
    assert next(one.max for one in app.slider if one.key == "f2") <= 40


def test_currencies_read_their_numbers_aloud_and_print_them(open_app, sample, a):
    app = open_app("factors", closer="Currencies", explain="1", base="EUR", from_="2012-01-01")
    prices = load_sample("global")
    hedged = cvar(prices.scenarios(list(sample.assets), "2012-01-01"), a, confidence=0.95).value
    euro = convert(prices, "EUR", ecb_rates(), assets=list(sample.assets))
    open_ = cvar(euro.scenarios(list(sample.assets), "2012-01-01"), a, confidence=0.95).value
    assert (
        f"is {percent(hedged, 2)} of value with currencies hedged and {percent(open_, 2)} unhedged"
        in words(app)
    )
    assert any(rf"{100 * open_:.4f}\,\%=" in one.value for one in app.latex)
    out = printed(app)
    assert f"A hedged {hedged:.10f}" in out
    assert f"A unhedged {open_:.10f}" in out


def test_factors_that_share_their_moves_are_one_bet(open_app, sample, a):
    app = open_app("factors")
    checked(app.multiselect(key="factors").set_value(["SPY", "QQQ", "BND"]).run())
    names = ["SPY", "QQQ", "BND"]
    weeks = weekly(sample)
    b = fit_exposures(weeks, weeks.select(names)).exposures
    found = factor_contributions(sample, sample.select(names), b, a, confidence=0.95)
    share = float(found.factors[["SPY", "QQQ"]].sum()) / found.total
    assert header(app) == (
        f"{percent(share, 0)} of A’s 1-day CVaR 95{SPACE}% comes from SPY and QQQ, which share their moves."
    )
    rho = np.corrcoef(weeks.select(["SPY", "QQQ"]).returns.T)[0, 1]
    assert f"SPY and QQQ share their moves (correlation {rho:.2f}): how the risk splits" in words(app)
    assert "SPY and QQQ would carry" in words(app)
    # SPY itself has nothing of QQQ: a name that carries nothing is not named.
    alone = open_app("factors", factors=["SPY", "QQQ"], a="w:SPY~1")
    assert header(alone) == f"100{SPACE}% of A’s 1-day CVaR 95{SPACE}% comes from one factor: SPY."


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
        ({"factors": "BND", "explain": "1", "conf": "0.999"}, "Few tail scenarios"),
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
        "few in the tail",
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
    # 0.3 % of 4,647 rows are more than ten, of 2,850 they are not.
    assert "fewer than 10" not in words(open_app("factors", conf="0.997"))
    checked(app.slider(key="frame_confidence").set_value(99.7).run())
    assert "fewer than 10 independent observations" in words(app)


def test_factors_from_a_file_stand_beside_the_others(open_app):
    prices = load_sample("global").prices
    value = prices["QQQ"].div(prices["SPY"]).rename("GROWTH").dropna()
    content = value.to_csv(index_label="Date").encode()
    app = open_app("factors")
    checked(app.file_uploader(key="factor_file").set_value(("growth.csv", content, "text/csv")).run())
    assert not app.error, words(app)
    assert "GROWTH" in table(app, SHARE).index
    twin = load_sample("global").prices["SPY"].mul(2.0).rename("TWIN").dropna().to_csv(index_label="Date")
    checked(app.file_uploader(key="factor_file").set_value(("twin.csv", twin.encode(), "text/csv")).run())
    assert len(app.error) == 1
    assert "The factors SPY, TWIN are collinear: one of them follows from the others" in words(app)
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
