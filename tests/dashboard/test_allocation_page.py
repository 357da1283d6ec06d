"""The Allocation page: every allocator, and the views folded under them."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

from riskcore import cvar
from riskcore.allocation import (
    ALLOCATORS,
    Constraints,
    View,
    allocate,
    black_litterman,
    black_litterman_posterior,
    constrained_frontier,
    maximum_mean,
    maximum_sharpe,
    mean_cvar_frontier,
    mean_variance_frontier,
    measure_parity,
    minimum_variance,
)
from riskcore.allocation.stability import LADDER, weight_stability
from riskcore.dashboard import allocation_frontier, allocation_stability
from riskcore.dashboard.portfolio_titles import RULES
from riskcore.dashboard.view import typed_weights
from riskcore.data.sample import load_sample
from riskcore.estimators import james_stein_mean
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
MORE = (
    "Minimum CVaR",
    "Minimum variance",
    "Maximum Sharpe",
    "Max diversification",
    "Hierarchical parity",
    "Gaussian CVaR parity",
)
# From April to July 2025 both gained in almost every 21 days: no risk parity exists, others do.
CALM = {"assets": "SPY,QQQ", "from_": "2025-04-10", "to": "2025-07-28", "h": "1m", "conf": "0.9"}

SMALL = Scenarios(np.array([[0.01, 0.0], [-0.01, 0.02]]), ("SPY", "BND"), 252)
SMALL_EQUAL = Portfolio("all", {"SPY": 0.5, "BND": 0.5})


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


def script(app):
    return next(c.value for c in app.code if c.language == "python")


def printed(app):
    told = io.StringIO()
    with redirect_stdout(told):
        exec(compile(script(app), "script", "exec"), {})
    return told.getvalue()


def weights_shown(app):
    return next(f.value for f in app.dataframe if str(f.value.columns[0]).endswith("(% of value)"))


def figures_shown(app):
    return table_with(app, "mean return, % per year")


def with_all(open_app, **query):
    app = open_app("allocation", **query)
    return checked(app.multiselect(key="more").set_value(list(ALLOCATORS)[4:]).run())


def test_all_allocators_have_weights_cards_and_figures_of_the_engine(open_app, sample):
    app = with_all(open_app)
    shown = weights_shown(app)
    figures = figures_shown(app)
    assert len(figures) == len(ALLOCATORS) == 10
    for method in ALLOCATORS:
        solved = allocate(method, sample, confidence=0.95)
        title = RULES[method]
        assert np.allclose(shown[f"{title} (% of value)"], 100 * solved.weights, atol=1e-9)
        level = cvar(sample, solved.portfolio(), confidence=0.95).value
        assert np.isclose(figures.loc[title, f"CVaR 95{SPACE}%, % (1-day)"], 100 * level, rtol=1e-12)
        assert app.button(key=f"make_A_{method}") is not None


def test_the_choice_of_allocators_is_in_the_link(open_app):
    app = open_app("allocation", more="Maximum Sharpe")
    assert "Maximum Sharpe (% of value)" in weights_shown(app).columns
    assert "Minimum CVaR (% of value)" not in weights_shown(app).columns
    assert not app.warning


@pytest.mark.parametrize("method", list(ALLOCATORS))
def test_every_allocator_can_be_a_on_every_page(open_app, method):
    app = open_app("contributions", a=method)
    assert not app.error, words(app)
    app = open_app("allocation", a=method)
    assert app.button(key=f"make_A_{method}").disabled


def test_make_b_takes_an_allocator_of_the_choice(open_app):
    app = with_all(open_app)
    checked(app.button(key="make_B_hierarchical_risk_parity").click().run())
    assert app.query_params["b"] == "hierarchical_risk_parity"
    assert app.multiselect(key="more").value


def test_the_risk_free_rate_reaches_maximum_sharpe_per_period(open_app, sample):
    app = open_app("allocation", a="maximum_sharpe", rf="0.03")
    expected = maximum_sharpe(sample, risk_free=0.03 / 252).weights
    column = next(c for c in weights_shown(app).columns if "Sharpe" in c)
    assert np.allclose(weights_shown(app)[column], 100 * expected, atol=1e-9)
    assert not np.allclose(expected, maximum_sharpe(sample).weights, atol=0.01)
    assert not open_app("tail", a="maximum_sharpe").number_input(key="frame_risk_free").disabled
    assert open_app("tail").number_input(key="frame_risk_free").disabled


def test_an_allocator_that_refuses_keeps_its_row_with_the_reason(open_app):
    app = with_all(open_app, a="equal_weight", b="minimum_variance", **CALM)
    figures = figures_shown(app)
    assert len(figures) == 10
    refused = figures.loc["CVaR parity"]
    assert "CVaR" in refused["why there are no weights"]
    assert refused.drop("why there are no weights").isna().all()
    assert figures.loc["Minimum variance", "why there are no weights"] == ""
    assert "CVaR parity (% of value)" not in weights_shown(app).columns
    assert "No weights: " in words(app)
    with pytest.raises(KeyError):
        app.button(key="make_A_cvar_parity")


def test_unbounded_gaussian_parity_names_its_portfolio(open_app):
    app = with_all(open_app, a="equal_weight", b="minimum_variance", **CALM)
    reason = figures_shown(app).loc["Gaussian CVaR parity", "why there are no weights"]
    assert "unbounded" in reason
    assert "SPY" in reason or "QQQ" in reason


def test_a_portfolio_that_cannot_be_built_leaves_the_others(open_app):
    app = open_app("allocation", **CALM)
    assert len(app.error) == 1
    assert app.header
    assert "Equal weight (% of value)" in weights_shown(app).columns


def test_too_high_a_rate_for_maximum_sharpe_is_said_and_the_others_stay(open_app):
    app = open_app("allocation", more="Maximum Sharpe", rf="0.4")
    reason = figures_shown(app).loc["Maximum Sharpe", "why there are no weights"]
    assert "risk-free rate" in reason


def test_only_parity_rules_claim_equal_shares(open_app):
    assert "equal shares" not in words(open_app("contributions", a="minimum_variance", b="minimum_cvar"))
    text = words(open_app("contributions", a="gaussian_cvar_parity"))
    assert "A was solved for equal shares of CVaR under normal returns" in text


def test_the_script_prints_every_allocator(open_app, sample):
    told = printed(with_all(open_app, rf="0.02"))
    expected = allocate("maximum_sharpe", sample, risk_free=0.02 / 252)
    assert f"CVaR {cvar(sample, expected.portfolio(), confidence=0.95).value:.10f}" in told
    assert f"{expected.weights['BND']:.10f}" in told


def test_the_script_leaves_out_who_refused(open_app):
    app = with_all(open_app, a="equal_weight", b="minimum_variance", **CALM)
    assert "cvar_parity" not in script(app)
    assert "Minimum variance" in printed(app)


def test_every_allocator_is_a_rule_whose_label_fits_the_menu():
    assert set(ALLOCATORS) <= set(RULES)
    assert max(len(label) for label in RULES.values()) <= 20


@pytest.fixture
def look(open_app):
    """Return a function that opens one closer look of the page."""

    def opened(view, **query):
        app = open_app("allocation", **query)
        return checked(app.segmented_control(key="closer").set_value(view).run())

    return opened


def table_with(app, column):
    return next(f.value for f in app.dataframe if any(column in str(c) for c in f.value.columns))


def test_the_frontier_is_the_engine_s_with_every_portfolio_beside_it(look, sample):
    table = table_with(look("frontier", more="Minimum CVaR"), "mean return per year (%)")
    found = mean_cvar_frontier(sample, confidence=0.95, points=20)
    column = f"1-day CVaR 95{SPACE}% (%)"
    assert np.allclose(table[column].iloc[:20], 100 * found.risk, rtol=1e-9)
    assert np.isclose(table.loc["Minimum CVaR", column], table.loc["point 1", column], rtol=1e-6)
    parity = cvar(sample, allocate("cvar_parity", sample, confidence=0.95).portfolio(), confidence=0.95)
    assert np.isclose(table.loc["CVaR parity", column], 100 * parity.value, rtol=1e-12)


def test_with_costs_all_stand_net_of_them_and_none_above_the_frontier(look, sample):
    app = look("frontier", frontier="Mean–variance", fee="50", more=["Maximum Sharpe", "Minimum variance"])
    assert "net of the costs of trading from A" in words(app)
    table = table_with(app, "mean return per year (%)")
    mean = table["mean return per year (%)"].to_numpy(float)
    risk = table.filter(like="volatility").iloc[:, 0].to_numpy(float)
    curve, marks = slice(0, 8), slice(8, None)
    reach = np.interp(risk[marks], risk[curve], mean[curve], left=np.inf)
    assert (mean[marks] <= reach + 0.05).all()
    sharpe = allocate(
        "maximum_sharpe",
        sample,
        constraints=Constraints(
            current=dict.fromkeys(sample.assets, 1 / 7), costs=0.005, periods_held=sample.periods_per_year
        ),
    ).weights
    expected = 100 * (sample.periods_per_year * sharpe @ sample.returns.mean(axis=0))
    expected -= 100 * 0.005 * (sharpe - 1 / 7).abs().sum()
    assert mean[list(table.index).index("Maximum Sharpe")] == pytest.approx(expected, rel=1e-5)


def test_a_point_of_the_frontier_becomes_b(look, sample):
    app = look("frontier", frontier="Mean–variance")
    checked(app.slider(key="point").set_value(9).run())
    assert "Point 9 of 30" in words(app)
    checked(app.button(key="make_B_point").click().run())
    wanted = mean_variance_frontier(sample, points=30).weights.iloc[8]
    got = typed_weights(app.query_params["b"])
    assert all(abs(got.get(asset, 0.0) - wanted[asset]) < 1e-6 for asset in wanted.index)
    assert not app.error


def test_only_a_click_on_the_curve_chooses_a_point(monkeypatch):
    stored = {}
    monkeypatch.setattr(allocation_frontier.state, "store", stored.__setitem__)
    for curve, expected in ((2, {}), (0, {"point": 5})):
        event = {"selection": {"points": [{"curve_number": curve, "point_index": 4}]}}
        monkeypatch.setattr(allocation_frontier.state, "recall", lambda key, event=event: event)
        allocation_frontier._take_point()
        assert stored == expected


def test_a_point_the_link_cannot_mean_is_the_nearest(look):
    assert look("frontier", point="30").slider(key="point").value == 20
    assert look("frontier", point="x").slider(key="point").value == 1


def test_the_frontier_of_one_asset_is_one_point(look):
    app = look("frontier", assets="GOLD", b="equal_weight")
    assert not app.error, words(app)
    assert not [s for s in app.slider if s.key == "point"]


def test_the_script_prints_the_frontier(look, sample):
    found = mean_cvar_frontier(sample, confidence=0.95, points=20)
    assert f"{found.risk[4]:.10f}" in printed(look("frontier"))


def test_stability_is_the_engine_s_with_seed_and_block_length(look, sample):
    app = look("stability")
    found = weight_stability(sample, LADDER, confidence=0.95, resamples=100, rng=np.random.default_rng(1))
    table = table_with(app, "Raw max Sharpe from (%)")
    assert np.allclose(table["Raw max Sharpe from (%)"], 100 * found.lower["maximum_sharpe"], atol=1e-9)
    text = words(app)
    assert "The ladder holds here" in text
    assert f"Raw max Sharpe {100 * found.moved['maximum_sharpe']:.1f}{SPACE}%" in text
    assert f"mean block {found.block_length:.0f} rows, seed 1" in text


def test_stability_says_who_has_no_answer(look):
    text = words(look("stability", assets="SPY,QQQ"))
    assert "Shrunk max Sharpe: James–Stein shrinkage gains from four assets on" in text
    assert not look("stability", assets="GOLD", b="equal_weight").exception


def test_the_script_prints_the_ranges(look):
    app = look("stability", from_="2020-01-01")
    table = table_with(app, "Raw max Sharpe from (%)")
    assert f"{table.loc['BND', 'Raw max Sharpe from (%)'] / 100:.8f}" in printed(app)


def test_constraints_hold_those_that_take_them_and_the_frontier(look, sample):
    query = {"bounds": ";".join(f"{a}~10~40" for a in sample.assets), "more": "Minimum variance"}
    app = look("frontier", **query)
    assert not app.error, words(app)
    wanted = minimum_variance(sample, lower=0.1, upper=0.4).weights
    assert np.allclose(weights_shown(app)["Minimum variance (% of value)"], 100 * wanted, atol=1e-9)
    text = words(app)
    assert f"held by SPY ≥ 10{SPACE}%" in text
    assert "takes no constraints: misses" in text
    table = table_with(app, "mean return per year (%)")
    limits = Constraints(lower=0.1, upper=0.4, confidence=0.95)
    found = constrained_frontier("cvar", sample, limits, points=8, confidence=0.95)
    assert np.allclose(table[f"1-day CVaR 95{SPACE}% (%)"].iloc[:8], 100 * found.risk, rtol=1e-6)
    told = printed(app)
    assert f"{wanted['BND']:.10f}" in told
    checked(app.button(key="make_A_minimum_variance").click().run())
    assert typed_weights(app.query_params["a"])["BND"] == pytest.approx(wanted["BND"], abs=1e-6)
    assert app.button(key="make_A_minimum_variance").label == "Is A"


def test_constraints_that_leave_nothing_are_explained_and_relaxed_on_request(open_app, sample):
    query = {"more": ["Minimum variance", "Minimum CVaR"], "groups": "Class Equity~50~;Class Bonds~60~"}
    app = open_app("allocation", **query)
    said = next(w.value.replace("\\", "") for w in app.warning)
    assert f"Class Bonds ≥ 60{SPACE}%" in said
    assert f"need 110{SPACE}% of the value: lower them by 10 points in total" in said
    assert "no portfolio keeps all constraints" in words(app)
    checked(app.button(key="terms_use").click().run())
    assert not app.warning
    assert not app.error
    assert app.query_params["groups"] == "Class Equity~44.9~;Class Bonds~54.9~"
    assert weights_shown(app)["Minimum variance (% of value)"]["BND"] == pytest.approx(54.9, abs=0.3)


def test_turnover_and_benchmark_limits_are_the_engine_s(open_app, sample):
    app = open_app("allocation", more="Minimum CVaR", turn="20", fee="10", te="13", ccap="1.6")
    now = dict.fromkeys(sample.assets, 1 / 7)
    limits = Constraints(
        current=now,
        turnover=0.2,
        costs=1e-3,
        benchmark={"SPY": 1.0},
        tracking_error=0.13 / np.sqrt(sample.periods_per_year),
        cvar=0.016,
        confidence=0.95,
        periods_held=sample.periods_per_year,
    )
    wanted = allocate("minimum_cvar", sample, confidence=0.95, constraints=limits)
    shown = weights_shown(app)["Minimum CVaR (% of value)"]
    assert np.allclose(shown, 100 * wanted.weights, atol=1e-4)
    assert f"held by one-way turnover ≤ 20{SPACE}%" in words(app)
    assert f"CVaR {cvar(sample, wanted.portfolio(), confidence=0.95).value:.7f}" in printed(app)


def test_a_rule_that_is_a_stays_beside_what_constraints_make_of_it(open_app, sample):
    app = open_app("allocation", a="minimum_variance", more="Minimum variance", bounds="BND~~40")
    shown = weights_shown(app)
    assert shown.loc["BND", "A: Minimum variance (% of value)"] > 80
    assert shown.loc["BND", "Minimum variance (% of value)"] == pytest.approx(40)
    assert not app.button(key="make_A_minimum_variance").disabled


def test_a_benchmark_that_is_not_shown_cannot_hold_anything(open_app):
    app = open_app("allocation", assets="QQQ,BND,GOLD", b="equal_weight", te="5")
    assert any("which is not among the assets shown" in e.value.replace("\\", "") for e in app.error)
    assert "Equal weight (% of value)" in weights_shown(app).columns


def test_estimates_and_budgets_reach_those_that_take_them(open_app, sample):
    budgets = ";".join(f"{a}~{b}" for a, b in zip(sample.assets, (30, 10, 10, 10, 10, 10, 20), strict=True))
    app = open_app("allocation", more="Maximum Sharpe", mu="James–Stein", cov="OAS", budgets=budgets)
    shown = weights_shown(app)
    wanted = maximum_sharpe(sample, mean=james_stein_mean(sample), covariance="oas").weights
    assert np.allclose(shown["Maximum Sharpe (% of value)"], 100 * wanted, atol=1e-9)
    shares = dict(zip(sample.assets, (0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2), strict=True))
    parity = allocate("cvar_parity", sample, confidence=0.95, budgets=shares).weights
    assert np.allclose(shown["CVaR parity (% of value)"], 100 * parity, atol=1e-9)
    assert f"{parity['SPY']:.10f}" in printed(app)
    bad = open_app("allocation", budgets="SPY~30")
    assert any("Give every asset one" in e.value.replace("\\", "") for e in bad.error)


def test_bounds_no_link_can_mean_are_left_out_and_said(open_app):
    app = open_app("allocation", bounds="x~y;TSLA~0~10")
    assert not app.error
    assert any("x, TSLA" in i.value.replace("\\", "") for i in app.info)
    assert "bounds" not in app.query_params


def test_an_edited_bound_counts_and_is_in_the_link(open_app, sample):
    app = open_app("allocation", more="Minimum variance")
    edits = {"edited_rows": {0: {"minimum, %": 30.0}}, "added_rows": [], "deleted_rows": []}
    app.session_state["bounds_editor"] = edits
    checked(app.run())
    assert app.query_params["bounds"] == "SPY~30~"
    wanted = minimum_variance(sample, lower={a: 0.3 * (a == "SPY") for a in sample.assets}, upper=1.0).weights
    assert np.allclose(weights_shown(app)["Minimum variance (% of value)"], 100 * wanted, atol=1e-9)


def test_the_highest_mean_under_a_cap(look, sample):
    app = look("cap", atmost="1.2")
    wanted = maximum_mean(sample, confidence=0.95, cap=0.012).weights
    assert np.allclose(table_with(app, "highest mean")["highest mean (% of value)"], 100 * wanted, atol=1e-9)
    assert f"{wanted['BND']:.10f}" in printed(app)
    checked(app.button(key="make_B_cap").click().run())
    assert typed_weights(app.query_params["b"])["BND"] == pytest.approx(wanted["BND"], abs=1e-6)
    low = look("cap", atmost="0.1")
    assert any("the smallest is" in e.value for e in low.error)


def test_views_move_the_market(look, sample):
    app = look("opinions")
    assert "Without views the answer is the market itself" in words(app)
    assert np.allclose(table_with(app, "with views")["with views (% of value)"], 100 / 7, atol=1e-6)
    app = look("opinions", tilts="BND~SPY~3~50")
    market = dict.fromkeys(sample.assets, 1 / 7)
    view = View({"BND": 1.0, "SPY": -1.0}, 0.03 / sample.periods_per_year)
    wanted = black_litterman(sample, market, [view]).weights
    table = table_with(app, "with views (% of value)")
    assert np.allclose(table["with views (% of value)"], 100 * wanted, atol=1e-6)
    assert f"{wanted['BND']:.7f}" in printed(app)
    app = look("opinions", tilts="BND~SPY~3~50", more="Maximum Sharpe", mu="Black–Litterman, views below")
    means = black_litterman_posterior(sample, market, [view]).mean
    wanted = maximum_sharpe(sample, mean=means).weights
    assert np.allclose(weights_shown(app)["Maximum Sharpe (% of value)"], 100 * wanted, atol=1e-6)
    told = printed(app).split("Maximum Sharpe ratio")[1]
    # The editor holds market weights to six decimals of a per cent.
    assert float(told.split("BND")[1].split()[0]) == pytest.approx(wanted["BND"], abs=1e-6)
    wrong = look("opinions", market="SPY~90", tilts="TSLA~SPY~3~50")
    assert any("not to 100" in e.value for e in wrong.error)
    assert any("TSLA" in i.value for i in wrong.info)


def test_stability_can_be_stopped(look, monkeypatch):
    app = look("stability", from_="2021-01-01")
    assert not [b for b in app.button if b.key == "stability_stop"]
    monkeypatch.setattr(allocation_stability.state, "recall", lambda key: run_key(key))
    run = allocation_stability.LongRun(allocation_stability._resampled, SMALL, SMALL_EQUAL, (("seed", -1),))

    def run_key(key):
        return run.key if key == allocation_stability.STOPPED else None

    assert allocation_stability._result(run, drawn=True) is None


def test_the_update_says_that_the_printed_form_does_nothing_and_where_others_end(look, sample):
    app = look("update", from_="2018-01-01")
    text = words(app)
    assert "it does nothing" in text
    table = table_with(app, "CVaR 95")
    table = next(f.value for f in app.dataframe if "As printed" in f.value.index)
    assert table.loc["As printed", "last change of weights (% of value)"] == 0.0
    since = sample.between("2018-01-01")
    least = cvar(since, allocate("minimum_cvar", since, confidence=0.95).portfolio(), confidence=0.95).value
    lowest = next(c for c in table.columns if c.startswith("lowest"))
    assert table.loc["Gradient flow", lowest] == pytest.approx(100 * least, rel=1e-3)
    assert "gradient" in printed(app)
    steps = next(f.value for f in app.dataframe if f.value.index.name == "steps taken")
    assert steps["lowest met, %"].iloc[-1] == pytest.approx(100 * least, rel=1e-3)
    assert steps["change of weights, % of value"].iloc[1] > 0
    checked(app.button(key="make_B_update_gradient").click().run())
    assert typed_weights(app.query_params["b"])["BND"] > 0.5


def test_few_tail_scenarios_are_said_once_and_enough_are_not(open_app):
    text = words(open_app("allocation", conf="0.999"))
    assert text.count("Few tail scenarios") == 1
    assert "Few tail scenarios" not in words(open_app("allocation"))


def test_parity_by_another_measure_joins_the_comparison(open_app, sample):
    app = open_app("allocation", shared="Entropic VaR")
    wanted = measure_parity(sample, "evar", confidence=0.95).weights
    assert np.allclose(weights_shown(app)["Entropic VaR parity (% of value)"], 100 * wanted, atol=1e-9)
    assert f"{wanted['BND']:.10f}" in printed(app)
    checked(app.button(key="make_A_measure_parity").click().run())
    assert typed_weights(app.query_params["a"])["BND"] == pytest.approx(wanted["BND"], abs=1e-6)
    assert app.button(key="make_A_measure_parity").label == "Is A"
    monthly = open_app("allocation", shared="CDaR", h="1m")
    assert "overlap" in figures_shown(monthly).loc["CDaR parity", "why there are no weights"]


@pytest.mark.parametrize("code", ["gaussian_cvar_parity", "w:SPY~1", "60_40"])
def test_one_portfolio_as_a_and_b_is_one_row(open_app, code):
    app = open_app("allocation", a=code, b=code)
    assert not app.exception
    rows = next(t.value for t in app.dataframe if any("drawdown" in str(c) for c in t.value.columns)).index
    assert sum("A and B: " in str(row) for row in rows) == 1
    assert len(rows) == 5
