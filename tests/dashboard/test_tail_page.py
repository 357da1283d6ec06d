"""The Tail page and the views folded under it, one at a time."""

import dataclasses
import json
import re
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from riskcore.allocation import cvar_parity, equal_weight
from riskcore.dashboard import cached, tail_rolling
from riskcore.dashboard.cached import LongRun
from riskcore.dashboard.intervals import interval_words
from riskcore.data.sample import load_sample
from riskcore.statistics import describe
from riskcore.tail_models import table_of_models, tail_risk
from riskcore.uncertainty import difference_interval, risk_interval
from riskcore.validation import backtest_var
from riskcore.worst import worst_scenarios
from tests.dashboard.conftest import ROOT, TIMEOUT
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
SHARE = "part of A’s loss, % of value"
VIEWS = ("models", "qq", "rolling", "drawdowns", "statistics")


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture(scope="module")
def a(sample):
    return equal_weight(sample).portfolio("A")


@pytest.fixture(scope="module")
def b(sample):
    return cvar_parity(sample, confidence=0.95).portfolio("B")


@pytest.fixture
def open_view(monkeypatch):
    """Return a function that opens the page with one of its further views chosen already."""
    monkeypatch.chdir(ROOT)

    def opened(view, **query):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT)
        app.switch_page("pages/tail.py")
        app.session_state["view"] = view
        for key, value in query.items():
            app.query_params[key.rstrip("_")] = value
        return checked(app.run())

    return opened


def frame_with(app, column):
    """Return the table shown that has a column."""
    return next(d.value for d in app.dataframe if column in d.value)


def script_of(app):
    return next(c.value for c in app.code if c.language == "python")


def test_the_difference_stands_under_the_header(open_app, sample, a, b):
    found = difference_interval(sample, a, b, "cvar", confidence=0.95, rng=np.random.default_rng(1))
    sentence = (
        f"B’s 1-day CVaR 95{SPACE}% is lower by {100 * found.value:.2f} percentage points; 95{SPACE}% "
        f"interval {100 * found.lower:.2f} to {100 * found.upper:.2f}."
    )
    assert sentence in words(open_app("tail"))


def test_swapped_the_difference_has_the_other_sign(open_app):
    text = words(open_app("tail", a="risk_parity", b="equal_weight"))
    assert re.search(
        r"B’s 1-day CVaR 95.% is higher by 0\.72 percentage points; .* 0\.\d\d to 0\.\d\d\.", text
    )


def test_a_difference_that_may_be_zero_is_not_settled(open_app):
    text = words(open_app("tail", a="w:SPY~1", b="w:QQQ~0.9;BND~0.1"))
    assert re.search(r"but that is not settled: the 95.% interval, −\d\.\d+ to \d\.\d+, holds 0\.", text), (
        text
    )


def test_the_difference_is_in_money_once_there_is_a_value(open_app):
    assert re.search(
        r"lower by 0\.72 percentage points \(EUR.7,1\d\d\)",
        words(open_app("tail", value="1000000", ccy="EUR")),
    )


def test_the_same_portfolio_twice_has_no_difference(open_app):
    assert f"A and B have the same 1-day CVaR 95{SPACE}%." in words(open_app("tail", b="equal_weight"))


def test_solved_portfolios_are_said_to_be_judged_in_sample(open_app):
    said = "B was solved on these same returns, so its figures flatter it (in-sample)."
    assert said in words(open_app("tail"))
    assert "A and B were solved on these same returns" in words(open_app("tail", a="risk_parity"))
    assert "solved on these same returns" not in words(open_app("tail", b="w:SPY~1"))


def test_the_interval_of_a_difference_says_its_method_and_its_warning(open_app):
    text = words(open_app("tail", conf="0.999"))
    assert re.search(
        r"A − B: percentile interval, stationary block bootstrap .* seed 1\. Only 5 independent .* CVaR", text
    )
    assert re.search(r"held the true VaR \d+ % of the time", text)
    assert "held the true" not in words(open_app("tail"))


def test_a_portfolio_that_never_loses_has_no_worst_days(open_app):
    app = open_app("tail", a="cash")
    assert "A never loses in this window" in words(app)
    assert not [s for s in app.selectbox if s.key == "worst_day"]


@pytest.mark.parametrize(
    ("length", "said"), [(1.0, "mean block 1 period,"), (1.4, "mean block 1 period,"), (12.0, "12 periods,")]
)
def test_one_period_is_singular(sample, a, length, said):
    found = risk_interval(sample, a, "cvar", confidence=0.95, resamples=100, rng=np.random.default_rng(1))
    assert said in interval_words(dataclasses.replace(found, block_length=length))


def test_the_assets_of_a_chosen_day_add_up_to_its_loss(open_app, sample, a):
    app = open_app("tail")
    checked(app.selectbox(key="worst_day").set_value(3).run())
    worst = worst_scenarios(sample, a, count=10)
    shares = frame_with(app, SHARE)[SHARE]
    assert shares.sum() == pytest.approx(100 * worst.losses.iloc[3], abs=0.005)


def test_a_click_on_a_bar_chooses_its_day(open_app, monkeypatch):
    app = open_app("tail")
    monkeypatch.setattr("riskcore.dashboard.state.recall", {"tail_worst_chart": click(4)}.get)
    from riskcore.dashboard.widgets import clicked

    assert clicked("tail_worst") == 4
    monkeypatch.setattr("riskcore.dashboard.state.recall", {"tail_worst_chart": click()}.get)
    assert clicked("tail_worst") is None
    assert app.selectbox(key="worst_day").value == 0


def click(*rows):
    return {"selection": {"points": [{"point_index": row} for row in rows]}}


def test_nothing_further_is_computed_until_it_is_chosen(open_app, monkeypatch):
    called = []
    real = cached.compute
    monkeypatch.setattr(
        cached, "compute", lambda f, *r, **k: (called.append(f.__name__), real(f, *r, **k))[1]
    )
    open_app("tail")
    assert "worst_scenarios" in called
    assert not {"_resampled_models", "threshold_table", "quantile_table", "drawdown_path", "describe"} & set(
        called
    )


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "query",
    [
        {"conf": "0.999", "explain": "1"},
        {"h": "1m", "explain": "1", "rf": "0.02"},
        {"data": "india", "a": "w:INFY~3;TCS~-1", "b": "equal_weight"},
        {"assets": "GOLD", "b": "equal_weight"},
    ],
    ids=["far", "month", "leveraged", "single"],
)
def test_every_view_is_shown_without_trouble(open_view, view, query):
    app = open_view(view, **query)
    assert not app.error, words(app)


@pytest.mark.parametrize(
    ("view", "query", "said"),
    [
        ("models", {"a": "cash"}, []),
        ("models", {"a": "cash", "b": "cash"}, ["enough exceedances"]),
        ("models", {"from_": "2025-12-01"}, ["enough exceedances"]),
        ("qq", {"a": "cash"}, ["same loss"]),
        ("qq", {"from_": "2025-12-01"}, ["at least 50"]),
        ("rolling", {"a": "cash"}, []),
        ("rolling", {"from_": "2025-12-01"}, ["leaves 0 of 32 periods"]),
        ("drawdowns", {"a": "cash"}, []),
        ("drawdowns", {"a": "w:SPY~12"}, ["more than everything"]),
        ("statistics", {"a": "w:SPY~12"}, []),
    ],
)
def test_what_cannot_be_computed_is_one_sentence(open_view, view, query, said):
    app = open_view(view, **query)
    errors = [e.value.replace("\\", "") for e in app.error]
    assert len(errors) == len(said)
    assert all(part in error for part, error in zip(said, errors, strict=True))


def test_weighted_scenarios_are_drawn_by_their_probability_and_are_no_record_of_the_past(open_view):
    app = open_view("models", scen="state:high~0.2", explain="1")
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert spec["layout"]["yaxis"]["title"]["text"] == "probability, %"
    said = words(app)
    assert "record of the past" not in said and "not history as it happened" in said
    assert "of 926 returns" in said and "narrower than the two apart" not in said
    # The view chosen is not left empty: it says why it has nothing to show.
    assert "The models stand here with intervals" in said
    assert "stay on history" in said and "drawdowns, rolling var and statistics" in said.lower()


def test_weighted_ranks_have_their_own_formula(open_view):
    app = open_view("qq", scen="decay:2", explain="1")
    assert any("p_j" in block.value for block in app.latex) and "(k − ½)/S" not in words(app)


def test_a_window_too_short_for_intervals_still_shows_the_tail(open_app):
    app = open_app("tail", from_="2026-01-05")
    assert [e.value.replace("\\", "") for e in app.error] == [
        "An interval needs at least 12 independent scenarios; there are 9.0."
    ]
    assert len(app.get("plotly_chart")) == 2


def test_models_show_the_engine_s_figures_and_their_doubts(open_view, sample, a):
    app = open_view("models")
    table = table_of_models(sample, a, confidence=0.95, rng=np.random.default_rng(1)).table
    row = table.loc["student_t"]
    shown = frame_with(app, "A CVaR, %")
    assert shown.loc["Student-t", "A CVaR, %"] == (
        f"{100 * row['cvar']:.2f} ({100 * row['cvar_lower']:.2f} to {100 * row['cvar_upper']:.2f})"
    )
    text = words(app)
    assert "so it looks narrower than it is" in text
    assert re.search(r"1,000 resamples, mean block \d+ periods for A and \d+ for B, seed 1", text)


def test_a_doubted_model_is_marked_and_says_why(open_view, sample, a):
    app = open_view("models", conf="0.99")
    found = tail_risk(sample, a, "cornish_fisher", confidence=0.99)
    assert not found.reliable
    assert frame_with(app, "A CVaR, %").loc["Cornish–Fisher", "A VaR, %"].endswith(", in doubt")
    assert re.search(r"Cornish–Fisher, in doubt for A.*: " + re.escape(found.note), words(app))


def test_a_model_that_refuses_says_why_once_for_both(open_view):
    text = words(open_view("models", h="1m"))
    assert "Historical, scaled to recent volatility, no figure for A and B: Filtering by recent" in text
    assert "choose the 1-day horizon" in text
    assert "lower the threshold" not in text
    assert "looks narrower" not in text


def test_thin_tails_are_warned_of_with_the_measured_coverage(open_view):
    assert "of the time" in words(open_view("models", conf="0.999"))


def test_the_backtest_s_verdict_is_in_words_with_p_values_and_a_named_light(open_view, sample, a):
    app = open_view("rolling")
    found = backtest_var(sample, a, ["historical"], confidence=0.95, rng=np.random.default_rng(1))
    model = found.models["historical"]
    text = words(app)
    assert (
        f"On {model.exceptions} of {len(model.forecasts):,} days A lost more than its VaR 95 % forecast; "
        f"{model.light.expected:.1f} were expected. {model.verdict}"
    ) in text
    assert "Green zone]" in text
    assert f"{len(model.forecasts):,} days, {model.light.expected:.1f} expected" in text
    assert "The light counts exceptions only" in text
    assert "Few tail days" not in text
    tests = app.table[0].value
    assert tests.loc["Kupiec", "p-value"] == f"{model.kupiec.p_value:.3f}"
    assert tests.loc["Christoffersen", "answer at 5 %"] == "No: they cluster"
    assert not app.button or all(b.key != "tail_rolling_stop" for b in app.button)


def test_the_backtest_is_of_single_periods_whatever_the_horizon(open_view):
    daily, monthly = (words(open_view("rolling", h=h, b="equal_weight")) for h in ("1d", "1m"))
    sentence = re.search(r"On \d+ of 3,647 days A lost more.*", daily).group()
    assert sentence in monthly
    assert "forecasts single periods (1-day)" in monthly
    assert "forecasts single periods" not in daily
    assert "still solved" not in monthly


def test_a_solved_rule_keeps_the_horizon_where_figures_are_of_single_periods(open_view):
    solved = words(open_view("drawdowns", h="1m"))
    assert "the figures use single periods; B’s weights are still solved at the horizon and level" in solved
    assert "does not change them" not in solved
    given = words(open_view("drawdowns", h="1m", b="w:SPY~1"))
    assert "the horizon of 1 month above does not change them" in given
    assert "replays are buy-and-hold" in given


def test_a_window_with_few_tail_days_says_so(open_view):
    assert "hold about 1.0 beyond VaR 99.9 %, fewer than 5" in words(open_view("rolling", conf="0.999"))


def test_another_model_and_b_are_shown_on_request(open_view):
    app = open_view("rolling")
    first = words(app)
    checked(app.selectbox(key="tail_rolling_model").set_value("gaussian").run())
    assert "too few exceptions" in words(app).lower()
    checked(app.segmented_control(key="tail_rolling_portfolio").set_value("B").run())
    assert "days B lost more" in words(app)
    assert "In-sample: B’s weights were solved on the whole window" in words(app)
    assert "days B lost more" not in first
    assert "In-sample" not in first


def test_a_shorter_memory_serves_a_shorter_window(open_view):
    app = open_view("rolling", from_="2023-01-01")
    assert "leaves 0 of" in app.error[0].value
    checked(app.segmented_control(key="tail_rolling_window").set_value(250).run())
    assert not app.error
    assert "Extreme value (peaks over threshold) made no forecasts: Only 25 independent losses" in words(app)


def test_a_stopped_backtest_shows_nothing_until_it_is_run_again(open_view, sample, a):
    app = open_view("qq", conf="0.931")
    settings = (("confidence", 0.931), ("seed", 1), ("window", 1000))
    run = LongRun(tail_rolling.forecast, sample, a, settings)
    assert not run.finished
    app.session_state["_tail_rolling_stopped"] = run.key
    checked(app.segmented_control(key="view").set_value("rolling").run())
    assert "Stopped before it was finished" in words(app)
    assert "lost more than its" not in words(app)
    checked(app.button(key="tail_rolling_start").click().run())
    assert "lost more than its" in words(app)
    assert run.finished


def test_a_run_that_is_interrupted_leaves_no_result(sample, a):
    class Stop(BaseException):
        pass

    def interrupt(share):
        raise Stop

    run = LongRun(tail_rolling.forecast, sample, a, (("confidence", 0.907), ("seed", 1), ("window", 1000)))
    with pytest.raises(Stop):
        run.result(interrupt)
    assert not run.finished


def test_progress_is_drawn_once_a_per_cent():
    drawn = []

    class Place:
        def progress(self, per_cent, text):
            drawn.append(per_cent)

    bar = tail_rolling._Progress(Place())
    for share in np.linspace(0.0, 1.0, 1001):
        bar(share)
    assert drawn == list(range(101))


def test_drawdowns_are_told_with_their_dates(open_view, sample, a):
    found = describe(sample, a)
    text = words(open_view("drawdowns"))
    assert (
        f"A fell {100 * found.max_drawdown:.1f}{SPACE}% from 31 Oct 2007 to 27 Oct 2008 and was back at its "
        "peak on 13 Oct 2010."
    ) in text


def test_statistics_use_the_risk_free_rate_and_say_it(open_view, sample, a):
    app = open_view("statistics", rf="0.02")
    found = describe(sample, a, risk_free=0.02)
    table = app.table[0].value
    assert table.loc["Sharpe ratio", "A"] == f"{found.sharpe:.2f}"
    assert table.loc["Effective bets", "A"] == f"{found.effective_bets:.2f}"
    assert table.loc["Worst day", "A"] == f"{100 * found.worst_day.loss:.1f}{SPACE}% lost, 12 Mar 2020"
    assert "risk-free rate 2 % a year" in words(app)
    assert not app.number_input(key="frame_risk_free").disabled


def test_the_risk_free_rate_is_offered_only_where_it_counts(open_view):
    assert open_view("models").number_input(key="frame_risk_free").disabled


def test_statistics_that_are_not_defined_say_why(open_view):
    app = open_view("statistics", a="cash")
    table = app.table[0].value
    assert table.loc["Sharpe ratio", "A"] == "not defined"
    assert table.loc["Sharpe ratio", "B"] != "not defined"
    assert "Sharpe ratio, Skewness, Excess kurtosis of A: All returns are the same" in words(app)


def test_the_view_is_kept_when_the_reader_comes_back(open_view):
    app = open_view("drawdowns")
    checked(app.switch_page("pages/stress.py").run())
    checked(app.switch_page("pages/tail.py").run())
    assert app.segmented_control(key="view").value == "drawdowns"


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (None, "difference"),
        ("models", "models"),
        ("qq", "qq"),
        ("rolling", "rolling"),
        ("drawdowns", "drawdowns"),
        ("statistics", "statistics"),
    ],
)
def test_the_script_prints_the_view_s_numbers(open_app, open_view, capsys, sample, a, b, view, expected):
    app = open_view(view) if view else open_app("tail")
    exec(compile(script_of(app), "script", "exec"), {})
    out, text = capsys.readouterr().out, words(app)
    found = difference_interval(sample, a, b, "cvar", confidence=0.95, rng=np.random.default_rng(1))
    assert f"A − B {found.value:.10f} from {found.lower:.10f} to {found.upper:.10f}" in out
    if expected == "models":
        shown = frame_with(app, "A CVaR, %").loc["Student-t", "A CVaR, %"]
        printed = re.search(r"student_t\s+Student-t((?: +[\d.]+){6})", out).group(1).split()
        figures = [f"{100 * float(v):.2f}" for v in printed[3:]]
        assert shown == f"{figures[0]} ({figures[1]} to {figures[2]})"
    if expected == "qq":
        worst = re.findall(r"2020-03-12 +([\d. ]+)", out)[1].split()
        assert f"{100 * float(worst[1]):.2f}{SPACE}% (12 Mar 2020)" in text
        assert f"would have reached {100 * float(worst[2]):.2f}{SPACE}%" in text
    if expected == "rolling":
        exceptions = re.search(r"historical +(\d+)", out).group(1)
        assert f"On {exceptions} of" in text
    if expected == "drawdowns":
        depth = re.search(r"A drawdown ([\d.]+)", out).group(1)
        assert f"A fell {100 * float(depth):.1f}{SPACE}%" in text
    if expected == "statistics":
        sharpe = re.search(r"A sharpe ([\d.]+)", out).group(1)
        assert app.table[0].value.loc["Sharpe ratio", "A"] == f"{float(sharpe):.2f}"


def test_a_moved_confidence_answers_in_time(open_view):
    app = open_view("models")
    spent = []
    for confidence in (96.0, 97.0, 98.0):
        started = time.perf_counter()
        checked(app.slider(key="frame_confidence").set_value(confidence).run())
        spent.append(time.perf_counter() - started)
    # 0.2 s when the machine is idle; the bound is for a busy one.
    assert min(spent) < 1.5
