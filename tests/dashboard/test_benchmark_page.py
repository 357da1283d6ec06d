"""The Benchmark page: the engine's numbers, every closer look, and what it says when there is nothing."""

import io
import time
from contextlib import redirect_stdout

import numpy as np
import pytest

from riskcore import Portfolio
from riskcore.allocation import cvar_parity, equal_weight
from riskcore.benchmark import active_portfolio, active_risk, overshoot, relative_figures, stress_levels
from riskcore.benchmark.budgets import Budgets, most_active_return
from riskcore.dashboard import saved
from riskcore.dashboard.benchmark_budgets import AIMS
from riskcore.dashboard.view import typed_weights
from riskcore.data.sample import load_sample
from riskcore.measures import risk
from riskcore.stress import exponential_decay
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
GOLD = {"SPY": 0.15, "BND": 0.7, "GOLD": 0.15}


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture
def look(open_app):
    """Return a function that opens one closer look of the page."""

    def opened(view, **query):
        return open_app("benchmark", closer=view, **query)

    return opened


def table_with(app, column):
    return next(f.value for f in app.dataframe if any(column in str(c) for c in f.value.columns))


def printed(app):
    told = io.StringIO()
    script = next(c.value for c in app.code if c.language == "python")
    with redirect_stdout(told):
        exec(compile(script, "script", "exec"), {})
    return told.getvalue()


def test_the_first_view_has_the_engine_s_numbers_within_half_a_second(open_app, sample):
    open_app("benchmark")
    began = time.process_time()
    app = open_app("benchmark", bench="low_risk_gold")
    assert time.process_time() - began < 1.0  # half a second on the server; the test's own reading beside it
    a, bm = equal_weight(sample).portfolio("A"), Portfolio("BM", GOLD).on(sample.assets)
    b = cvar_parity(sample, confidence=0.95).portfolio("B")
    table = table_with(app, "A 1-day CVaR")
    for letter, portfolio in (("A", a), ("B", b)):
        found = active_risk(sample, portfolio, bm, "cvar", confidence=0.95)
        column = table[f"{letter} 1-day CVaR 95{SPACE}% (% of value)"]
        assert np.isclose(column["R(BM)"], 100 * found.benchmark_risk, rtol=1e-12)
        assert np.isclose(column["R(TE)"], 100 * found.tracking_risk, rtol=1e-12)
        assert np.isclose(column["f"], 100 * found.diversification, rtol=1e-10)
        assert np.isclose(column["R(PF)"], 100 * found.total, rtol=1e-12)
    positions = table_with(app, "active weight")
    found = active_risk(sample, a, bm, "cvar", confidence=0.95)
    assert np.allclose(positions["A active weight (% of value)"], 100 * found.table["active_weight"])
    assert f"the benchmark, Low risk with gold, alone has 0.81{SPACE}%" in app.header[0].value.replace(
        "\\", ""
    )
    told = printed(app)
    assert f"R(TE) {found.tracking_risk:.10f}" in told
    assert f"R(PF) {found.total:.10f}" in told


def test_the_benchmark_is_chosen_on_the_page_and_kept_in_the_link(open_app):
    app = open_app("benchmark")
    checked(app.selectbox(key="frame_bench").set_value("60_40").run())
    assert app.query_params["bench"] == "60_40"
    assert "60/40 (SPY/BND)" in app.header[0].value.replace("\\", "")
    checked(app.selectbox(key="frame_bench").set_value("SPY").run())
    assert "bench" not in app.query_params


def test_a_benchmark_outside_the_assets_shortens_the_history_and_says_so(open_app):
    app = open_app("benchmark", assets="SPY,BND", bench="BTC")
    assert "fewer rows than on other pages" in words(app)
    assert "BTC" in table_with(app, "active weight").index
    wide = load_sample("global").scenarios(["SPY", "BND", "BTC"])
    found = active_risk(
        wide,
        Portfolio("A", {"SPY": 0.5, "BND": 0.5}).on(wide.assets),
        Portfolio("BM", {"BTC": 1.0}).on(wide.assets),
        confidence=0.95,
    )
    assert f"R(TE) {found.tracking_risk:.10f}" in printed(app)


def test_a_portfolio_equal_to_the_benchmark_is_told_kindly(open_app):
    app = open_app("benchmark", bench="equal_weight", b="equal_weight")
    text = words(app)
    assert "A and B hold exactly the benchmark" in text
    assert "no information ratio" in text
    assert "Active positions" not in [s.value for s in app.subheader]
    for view, said in (
        ("figures", "No information ratio for A and B"),
        ("overshoot", "no active risk to stress"),
        ("attribution", "every row and column adds up"),
    ):
        checked(app.segmented_control(key="closer").set_value(view).run())
        assert said in words(app)
        assert not app.error


def test_data_without_an_index_asks_for_a_benchmark_and_takes_one(open_app):
    app = open_app("benchmark", data="us")
    assert "no known index: choose a benchmark below" in words(app)
    assert not app.error
    checked(app.button(key="benchmark_equal").click().run())
    assert app.query_params["bench"] == "equal_weight"
    assert "all of it the benchmark’s, Equal weight" in app.header[0].value.replace("\\", "")
    checked(app.selectbox(key="frame_bench").set_value("AAPL").run())
    assert ", AAPL, alone" in app.header[0].value.replace("\\", "")


def test_relative_figures_are_the_engine_s(look, sample):
    table = next(
        f.value for f in look("Beta and capture", bench="low_risk_gold").dataframe if "beta" in f.value.index
    )
    found = relative_figures(
        sample, equal_weight(sample).portfolio("A"), Portfolio("BM", GOLD).on(sample.assets)
    )
    assert np.isclose(table.loc["beta", "A"], found.beta, rtol=1e-12)
    assert np.isclose(table.loc["information ratio (per year)", "A"], found.information_ratio, rtol=1e-12)
    assert np.isclose(
        table.loc["tracking error per year (%)", "A"], 100 * found.tracking_error_per_year, rtol=1e-12
    )
    assert np.isclose(table.loc["down capture (%)", "A"], 100 * found.down_capture, rtol=1e-12)


def test_relative_figures_follow_the_active_scenarios_as_the_banner_says(look, sample):
    app = look("Beta and capture", bench="low_risk_gold", scen="decay:0.5")
    assert "all of it, beta and capture too, is computed from these scenarios" in words(app)
    recent = exponential_decay(sample, half_life=0.5 * sample.periods_per_year)
    bm = Portfolio("BM", GOLD).on(sample.assets)
    found, history = (relative_figures(s, equal_weight(s).portfolio("A"), bm) for s in (recent, sample))
    shown = next(f.value for f in app.dataframe if "beta" in f.value.index)["A"]
    assert np.isclose(shown["beta"], found.beta, rtol=1e-12)
    assert np.isclose(shown["up capture (%)"], 100 * found.up_capture, rtol=1e-12)
    assert abs(found.beta - history.beta) > 0.01


def test_budgets_are_met_by_the_engine_s_weights_which_become_b(look, sample):
    app = look("Budgets", bench="low_risk_gold", te="0.4")
    bm = Portfolio("BM", GOLD).on(sample.assets)
    wanted = most_active_return(sample, bm, Budgets(0.95, active=0.004)).weights
    table = table_with(app, "Within budgets")
    assert np.allclose(table["Within budgets (% of value)"], 100 * wanted, atol=1e-4)
    assert f"CVaR of the active positions 0.40{SPACE}% (budget 0.40{SPACE}%)" in words(app)
    positions = table_with(app, "CVaR by itself")
    assert np.isclose(positions.loc["all positions", "of the active budget (%)"], 100.0, atol=1e-4)
    assert f"{wanted['BND']:.6f}" in printed(app)
    checked(app.button(key="make_B_budgets").click().run())
    assert typed_weights(app.query_params["b"])["BND"] == pytest.approx(wanted["BND"], abs=1e-5)


def test_every_aim_is_solved_and_the_impossible_explained(look):
    app = look("Budgets", bench="low_risk_gold", te="0.4")
    for aim in ("a", "b"):
        checked(app.segmented_control(key="aim").set_value(aim).run())
        assert not app.error, words(app)
    checked(app.number_input(key="pf").set_value(0.3).run())
    assert any("the smallest that keeps the CVaR" in e.value.replace("\\", "") for e in app.error)
    assert app.header


def test_the_overshoot_is_the_engine_s_with_effective_scenarios(look, sample):
    app = look("Overshoot", bench="low_risk_gold")
    table = table_with(app, "over plan")
    bm = Portfolio("BM", GOLD).on(sample.assets)
    te = active_portfolio(equal_weight(sample).portfolio("A"), bm, sample.assets)
    planned = risk(sample, te, "cvar", confidence=0.95).value
    found = overshoot(sample, bm, te, "cvar", levels=stress_levels(planned), confidence=0.95)
    own = table[table.index == "A’s own"]
    assert np.allclose(own["R(PF) over plan (% of value)"], 100 * found.table["overshoot"], atol=1e-9)
    assert np.allclose(own["effective scenarios"], found.table["effective_scenarios"], rtol=1e-9)
    assert {"ρ = 0", "ρ = 0.25", "ρ = 0.5", "ρ = 0.75"} <= set(table.index)
    assert f"{found.table['overshoot'].iloc[-1]:.8f}" in printed(app)


@pytest.mark.parametrize(
    "query",
    [
        {"a": "cash", "b": "w:SPY~1.5;BND~-0.5", "measure": "volatility"},
        {"bench": "cash", "measure": "var", "conf": "0.99", "h": "1m"},
        {"assets": "GOLD", "b": "equal_weight", "explain": "1", "value": "1000000"},
        {"data": "india", "from_": "2015-01-01", "to": "2015-03-01"},
    ],
    ids=["cash and shorts", "cash benchmark", "one asset", "few rows"],
)
def test_extreme_portfolios_break_no_closer_look(open_app, query):
    app = open_app("benchmark", **query)
    for view in ("attribution", "figures", "budgets", "overshoot"):
        checked(app.segmented_control(key="closer").set_value(view).run())
        assert app.header


@pytest.mark.parametrize(
    "query",
    [
        {"scen": "vol:2", "measure": "volatility"},
        {"scen": "t:2000~1", "assets": "SPY,BND", "bench": "GOLD"},
        {"base": "EUR", "assets": "SPY,BND", "bench": "low_risk_gold", "h": "1w"},
        {"bench": "n:SPY~100;BND~50;$USD~2500", "from_": "2020-01-01"},
        {"assets": "SPY,QQQ,BND", "bench": "minimum_variance", "a": "w:SPY~1.2;QQQ~-0.2"},
    ],
    ids=["shocked", "simulated", "euro", "shares", "rule"],
)
def test_the_script_prints_the_page_s_numbers_whatever_it_is_computed_on(open_app, query):
    app = open_app("benchmark", **query)
    assert not app.error, words(app)
    told = printed(app)
    for term in ("R(BM)", "R(TE)", "f", "R(PF)"):
        for column in table_with(app, "A 1-").columns:
            shown = float(table_with(app, "A 1-").loc[term, column]) / 100
            numbers = [float(line) for line in told.replace("\n", " ").split() if "." in line]
            assert min(abs(shown - number) for number in numbers) < 1e-9, (term, column)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty store of its own."""
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    monkeypatch.delenv("RISKCORE_DATABASE_URL", raising=False)
    saved.store.clear()
    yield tmp_path
    saved.store().close()
    saved.store.clear()


def test_a_saved_portfolio_is_a_benchmark_and_a_deleted_one_is_said(open_app, home, sample):
    entry = saved.store().portfolios.save("Policy <b>mix</b>", {"SPY": 0.5, "BND": 0.5})
    app = open_app("benchmark", bench=f"p:{entry.key}")
    assert "the benchmark, Policy <b>mix</b>, alone" in app.header[0].value.replace("\\", "")
    found = active_risk(
        sample,
        equal_weight(sample).portfolio("A"),
        Portfolio("BM", {"SPY": 0.5, "BND": 0.5}).on(sample.assets),
        confidence=0.95,
    )
    assert np.isclose(table_with(app, "A 1-").loc["R(TE)"].iloc[0], 100 * found.tracking_risk, rtol=1e-12)
    app = open_app("benchmark", bench="p:nothing-here")
    assert any("bench" in w.value for w in app.warning)
    assert app.header


def test_names_of_readers_are_text(open_app):
    app = open_app("benchmark", bench="w:SPY~1", a="w:SPY~0.5;BND~0.5")
    assert "Typed: SPY 1" in app.header[0].value.replace("\\", "")


def test_a_benchmark_not_in_the_data_is_named_and_the_default_used(open_app):
    app = open_app("benchmark", bench="MSCI")
    assert any("has no MSCI" in w.value.replace("\\", "") for w in app.warning)
    assert ", SPY, alone" in app.header[0].value.replace("\\", "")


def test_thin_tails_are_flagged_where_any_of_the_figures_rests_on_one(open_app, sample):
    bm = Portfolio("BM", {"SPY": 1.0}).on(sample.assets)
    a = equal_weight(sample).portfolio("A")
    count = min(
        risk(sample, one, "cvar", confidence=0.999).tail_scenarios
        for one in (a, bm, active_portfolio(a, bm, sample.assets))
    )
    app = open_app("benchmark", conf="0.999")
    assert f"fewer than 10 independent observations (A {count:.1f}, B" in words(app)
    # Cash itself has no thin tail; what it is measured against has one.
    assert "Few tail scenarios" in words(open_app("benchmark", conf="0.999", a="cash", b="cash"))
    calm = open_app("benchmark", conf="0.999", measure="volatility")
    assert "Few tail scenarios" not in words(calm)
    checked(calm.segmented_control(key="closer").set_value("budgets").run())
    assert "Few tail scenarios" in words(calm)
    assert "Few tail scenarios" not in words(open_app("benchmark"))


@pytest.mark.parametrize(
    "query",
    [
        {"data": "india", "bench": "cash"},
        {"bench": "w:SPY~1.5", "assets": "SPY,BND,GOLD"},
        {"bench": "BTC", "assets": "SPY,BND"},
        {"bench": "low_risk_gold", "a": "w:SPY~0.5;QQQ~0.5"},
    ],
    ids=["cash", "leverage", "outside the assets", "a mean far above the benchmark's"],
)
def test_budgets_begin_where_there_are_weights_whatever_the_aim(open_app, query):
    for aim in ("return", "risk"):
        app = open_app("benchmark", present="5", aim=AIMS[aim], **query)
        assert not app.error, words(app)
        assert "CVaR of the active positions" in words(app)


def test_the_usual_budget_follows_the_frame(open_app):
    app = open_app("benchmark", closer="Budgets", data="india", bench="cash")
    first = app.number_input(key="te").placeholder
    checked(app.slider(key="frame_confidence").set_value(99.0).run())
    assert not app.error, words(app)
    assert float(app.number_input(key="te").placeholder) > float(first) > 3.0
    assert "te" not in app.query_params


def test_an_overshoot_that_does_not_happen_is_a_sentence(open_app):
    app = open_app("benchmark", closer="Overshoot", a="cash", conf="0.999")
    assert "stays at plan, as what they lose the benchmark gains and the rest is cash" in words(app)
    assert "there is no overshoot to show" in words(app)
    assert len(app.get("plotly_chart")) == 3


def test_explanations_have_the_numbers_of_the_page(open_app, sample):
    bm = Portfolio("BM", {"SPY": 1.0}).on(sample.assets)
    a = equal_weight(sample).portfolio("A")
    app = open_app("benchmark", explain="1", closer="Beta and capture")
    found = active_risk(sample, a, bm, "cvar", confidence=0.95)
    first, most = app.latex[0].value, app.latex[1].value
    assert rf"{100 * found.total:.4f}\,\%={100 * found.benchmark_risk:.4f}\,\%+" in first
    assert rf"\big[{100 * (found.benchmark_risk + found.benchmark_part):.4f}\,\%-" in first
    assert rf"={100 * found.table['tracking'].max():.4f}\,\%" in most
    text = words(app)
    assert f"{-100 * found.benchmark_part:.2f}{SPACE}% less than alone" in text
    assert "Together they never have more than the two have alone." in text
    relative = relative_figures(sample, a, bm)
    assert rf"={relative.information_ratio:.3f}" in app.latex[-1].value
    assert f"offset each other (their correlation ρ is −{-relative.active_correlation:.2f})" in text
    var = open_app("benchmark", explain="1", measure="var")
    assert "VaR is not subadditive" in words(var)
    assert "never have more" not in words(var)


@pytest.mark.parametrize(
    ("aim", "goal"), [("return", r"\max_w\;\mu"), ("a", r"w^A_i)^2"), ("risk", r"\mu^\top w^A")]
)
def test_the_problem_explained_is_the_one_solved(look, aim, goal):
    app = look("Budgets", bench="low_risk_gold", te="0.8", aim=AIMS[aim], explain="1")
    assert goal in app.latex[-1].value
    assert r"\operatorname{CVaR}(TE)=" in app.latex[-1].value
    assert r"\le 0.8000\,\%" in app.latex[-1].value


def test_missing_figures_are_a_dash_and_totals_have_every_number(open_app):
    app = open_app("benchmark", closer="Budgets", bench="low_risk_gold")
    totals = table_with(app, "CVaR by itself")
    assert not totals.isna().any().any()
    assert totals.loc["all positions", "active weight (% of value)"] == 0.0
    frames = open_app("benchmark", closer="Beta and capture", a="cash").dataframe
    assert {frame.proto.placeholder for frame in frames} == {"–"}
