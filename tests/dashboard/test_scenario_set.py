"""The active scenario set: in the link, on every page, with a badge and a way back."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

from riskcore import Portfolio, cvar, risk_contributions
from riskcore.dashboard import scenario_set
from riskcore.dashboard.book import Book
from riskcore.dashboard.view import View, query_of, read_view
from riskcore.data.sample import load_sample
from riskcore.errors import InputError
from riskcore.scenarios import Scenarios
from riskcore.stress import CvarView, MeanView, apply_views, realised_volatility, volatility_shock
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
TEXT = "CVaR 95 % of SPY ≥ 5 %\nGOLD beats SPY by 0.05 %"
# One scenario then carries half of the probability.
EXTREME = "mean of SPY = -9.5 %"
PAGES = ("", "contributions", "tail", "stress", "allocation", "backtest")
HISTORY = load_sample("global").scenarios(list(load_sample("global").default_assets))


def book(**inputs):
    return Book(View(**inputs))


def badge(app):
    return "\n".join(m.value.replace("\\", "") for m in app.markdown if "Active scenarios" in m.value)


def printed(app):
    told = io.StringIO()
    with redirect_stdout(told):
        exec(compile(next(c.value for c in app.code if c.language == "python"), "script", "exec"), {})
    return told.getvalue()


# ---- what a code makes ----


def test_views_are_the_posterior_of_the_engine():
    found = book(scenario_set="views:CVaR 95 % of SPY = 5 %\nmean of GOLD = 0.1 %").scenarios
    by_hand = apply_views(HISTORY, [CvarView("SPY", 0.95, 0.05), MeanView("GOLD", 0.001)])
    assert np.allclose(found.probabilities, by_hand.scenarios.probabilities, atol=1e-15)


def test_a_view_on_a_portfolio_means_it_as_it_is_on_history():
    active = book(scenario_set="views:mean of B = -0.1 %")
    held = book().b.portfolio
    assert np.isclose(active.scenarios.probabilities @ active.scenarios.returns @ held.weights, -0.001)
    # B itself is solved on the posterior.
    assert not np.allclose(active.b.portfolio.weights, held.weights)


def test_an_extreme_posterior_gives_exact_cvar_and_parts_that_add_up():
    found = book(scenario_set=f"views:{EXTREME}").scenarios
    assert found.probabilities.max() > 0.4
    held = book().a.portfolio
    losses = -(found.returns @ held.weights.to_numpy())
    order, left, total = np.argsort(-losses), 0.05, 0.0
    for row in order:
        part = min(left, found.probabilities[row])
        total, left = total + part * losses[row], left - part
    assert np.isclose(cvar(found, held, confidence=0.95).value, total / 0.05, rtol=1e-10)
    parts = risk_contributions(found, held, "cvar", confidence=0.95)
    assert np.isclose(parts.table["component"].sum(), parts.total, rtol=1e-12)


@pytest.mark.parametrize("horizon", ["1d", "10d"])
def test_days_are_judged_by_the_volatility_before_them(horizon):
    shown = book(scenario_set="state:high~0.2", horizon=horizon)
    found, history = shown.scenarios, shown.history
    before = realised_volatility(shown.with_index, "SPY", window=21)
    start = before.iloc[: history.count].to_numpy()
    kept = found.probabilities > 0
    assert np.array_equal(kept, start >= np.nanquantile(start, 0.8))
    assert np.isclose(kept.sum() / np.isfinite(start).sum(), 0.2, atol=0.001)


@pytest.mark.parametrize(("horizon", "lag"), [("1d", 1), ("10d", 10)])
def test_a_bell_curve_weighs_rows_by_the_volatility_before_them(horizon, lag):
    shown = book(scenario_set="near:0.9~0.25", horizon=horizon)
    before = shown.with_index.frame["SPY"].rolling(21).std(ddof=0).shift(lag).reindex(shown.history.index)
    by_hand = np.exp(-0.5 * (np.log(before / before.quantile(0.9)) / 0.25) ** 2).fillna(0.0)
    assert np.allclose(shown.scenarios.probabilities, by_hand / by_hand.sum(), atol=1e-15)


def test_an_index_that_never_moved_is_like_nothing():
    flat = Scenarios(np.zeros((60, 1)), ("SPY",), 252, ordered=True)
    with pytest.raises(InputError, match="did not move"):
        scenario_set.build(flat, code="near:0.5~0.25", single=flat, state_of="SPY")
    with pytest.raises(InputError, match="need an index"):
        scenario_set.build(flat, code="near:0.5~0.25")


def test_other_sets_are_what_the_engine_makes():
    wide = volatility_shock(HISTORY, 2.0).scenarios
    assert np.allclose(book(scenario_set="vol:2").scenarios.returns, wide.returns)
    drawn = [book(scenario_set=f"blocks:10~400~{seed}", horizon="1w").scenarios for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0].returns, drawn[1].returns)
    assert not np.array_equal(drawn[0].returns, drawn[2].returns)
    assert drawn[0].count == 400
    assert drawn[0].periods_per_year == 252 / 5


@pytest.mark.parametrize(
    "code",
    [
        "",
        "vol",
        "vol:",
        "vol:-1",
        "vol:nan",
        "gamma:2",
        "state:up~0.2",
        "near:0.9",
        "state:high",
        "views: \n ",
        "t:5~1",
    ],
)
def test_what_is_no_code_is_refused(code):
    with pytest.raises(InputError):
        scenario_set.build(HISTORY, code=code or ":")


def test_the_code_survives_the_link():
    view = View(scenario_set=f"views:{TEXT}")
    assert read_view({key: [value] for key, value in query_of(view).items()}) == (view, ())


# ---- every page ----


@pytest.mark.parametrize(
    ("page", "text"),
    [("", TEXT), *((page, EXTREME) for page in PAGES)],
    ids=["mild", *(p or "overview" for p in PAGES)],
)
def test_every_page_works_on_a_posterior_and_says_so(open_app, page, text):
    app = open_app(page, scen=f"views:{text}")
    assert not app.warning
    said = badge(app)
    assert all(line in said for line in text.splitlines())
    assert "effective of 4,647 scenarios" in said
    assert ("one alone carries" in said) == (text == EXTREME)
    assert scenario_set.still_history(page or "overview") in words(app)
    refused = [e.value.replace("\\", "") for e in app.error]
    assert all("go back to history" in sentence for sentence in refused), refused
    if page == "":
        posterior = book(scenario_set=f"views:{text}")
        expected = cvar(posterior.scenarios, Portfolio("A", posterior.a.portfolio.weights), confidence=0.95)
        assert f"A CVaR {expected.value:.10f}" in printed(app)
    elif page in ("tail", "stress"):
        printed(app)


def test_the_badge_says_whose_volatility_divides_the_days(open_app):
    assert "Most volatile 20 % of the time, by SPY." in badge(
        open_app("tail", scen="state:high~0.2")
    ).replace(SPACE, " ")


def test_one_click_leads_back_to_history(open_app):
    app = open_app("tail", scen="vol:2")
    wide = words(app)
    assert "Volatility × 2" in badge(app)
    checked(app.button(key="to_history").click().run())
    assert not badge(app)
    assert "scen" not in app.query_params
    assert words(app) != wide


def test_the_set_is_chosen_under_more_and_kept_on_the_next_page(open_app):
    app = open_app()
    checked(app.selectbox(key="frame_scenario_set").set_value("corr:0.8").run())
    assert app.query_params["scen"] in ("corr:0.8", ["corr:0.8"])
    assert "Correlations → 0.8" in badge(app)
    checked(app.switch_page("pages/contributions.py").run())
    assert "Correlations → 0.8" in badge(app)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("vol:900", "needs numbers in the ranges 0 to 20"),
        ("wishes:1", "no scenario set this version knows"),
        ("views:mean of XYZ = 1 %", "A view names XYZ"),
        ("views:mean of SPY = 80 %", "lies outside what the scenarios reach"),
        ("views:all will be well", "is no view that can be read"),
    ],
)
def test_a_link_that_cannot_be_followed_says_why_and_shows_history(open_app, code, said):
    app = open_app("contributions", scen=code)
    assert not badge(app)
    assert any(said in w.value.replace("\\", "").replace(SPACE, " ") for w in app.warning)
    assert "scen" not in app.query_params


# ---- the editor ----


def test_the_editor_shows_what_views_do_and_makes_them_active(open_app):
    app = open_app("stress", stress="Views", views=TEXT)
    said = words(app).replace(SPACE, " ")
    by_hand = apply_views(HISTORY, [CvarView("SPY", 0.95, 0.05, ">=")])
    assert "of the prior is kept (exp(−relative entropy)" in said
    assert "effective of 4,647 scenarios" in said
    assert "What else moved:" in said
    table = next(t.value for t in app.dataframe if "imposed" in t.value.columns)
    assert table["holds"].tolist() == ["yes", "yes"]
    assert table["after"].iloc[0] == f"5{SPACE}%"
    assert by_hand.views["held"].all()
    checked(app.button(key="views_use").click().run())
    assert "Active scenarios: 2 views" in badge(app)
    assert app.button(key="views_use").disabled
    checked(app.switch_page("app.py").run())
    assert "Active scenarios: 2 views" in badge(app)


def test_the_editor_names_views_that_cannot_hold_together(open_app):
    app = open_app("stress", stress="Views", views="mean of SPY ≥ 0.5 %\nmean of SPY ≤ 0.1 %")
    assert any("mean of SPY ≥ 0.5 %" in e.value.replace("\\", "") for e in app.error)


def test_what_else_moved_leaves_out_what_views_are_about(open_app):
    text = "volatility of A × 2\ncorrelation of SPY and BND = 0.9\nmean of SPY = -0.2 %, 50 % sure"
    text += "\nvolatility of BND × 3"
    app = open_app("stress", stress="Views", views=text)
    said = words(app).replace(SPACE, " ")
    moved = said[said.index("What else moved:") :].partition("\n")[0]
    assert "correlation of SPY and BND" not in moved
    assert "which no view names" not in moved
    prior, shown = (book(scenario_set=code).scenarios for code in ("", f"views:{text}"))
    deviations = shown.returns - shown.probabilities @ shown.returns
    spreads = np.sqrt(shown.probabilities @ deviations**2) / prior.returns.std(axis=0) - 1
    # A holds every asset, and SPY and BND are named by themselves.
    spreads[[shown.assets.index("SPY"), shown.assets.index("BND")]] = 0.0
    most = int(np.abs(spreads).argmax())
    assert f"the volatility of {shown.assets[most]}, by {100 * spreads[most]:.1f} %" in moved
    table = next(t.value for t in app.dataframe if "imposed" in t.value.columns)
    assert table["holds"].tolist() == ["blended", "blended", "in part", "yes"]
    still = words(open_app("stress", stress="Views", views="mean of SPY ≥ -1 %"))
    assert "What else moved: next to nothing" in still


def test_a_portfolio_of_cash_is_no_example_of_what_can_be_named(open_app):
    app = open_app("stress", stress="Views", a="cash")
    assert not any("of A" in b.label for b in app.button)


def test_few_scenarios_are_warned_about(open_app):
    app = open_app("stress", stress="Views", views=EXTREME)
    assert any("Few scenarios carry this" in n.value for n in app.info)
