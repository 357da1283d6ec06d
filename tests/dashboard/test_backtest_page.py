"""The Backtest page: the sentence, the choices, starting and stopping, refusals, the same numbers again."""

import re
import sys

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from riskcore.allocation import equal_weight
from riskcore.dashboard import backtest_run, cached
from riskcore.dashboard.backtest_words import compared_rule, few_rows, story, trouble
from riskcore.data.files import load_prices
from riskcore.data.sample import load_sample
from riskcore.errors import ConvergenceError
from riskcore.validation import walk_forward
from tests.dashboard.conftest import ROOT, TIMEOUT
from tests.dashboard.reading import checked, words

SPACE = "\N{NO-BREAK SPACE}"
FIRST = ["inverse_volatility", "equal_risk_contribution", "cvar_parity"]
SHORT = {"from_": "2018-01-01"}


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture(scope="module")
def usual(sample):
    return walk_forward(sample, FIRST, confidence=0.95, window=756, costs=0.001, rng=np.random.default_rng(1))


@pytest.fixture
def open_with(monkeypatch):
    """Return a function that opens the page with values of its own widgets in the URL, lists repeated."""
    monkeypatch.chdir(ROOT)

    def opened(**query):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT)
        app.switch_page("pages/backtest.py")
        for key, value in query.items():
            app.query_params[key.rstrip("_")] = value
        return checked(app.run())

    return opened


def script_of(app):
    return next(c.value for c in app.code if c.language == "python")


def header(app):
    return app.header[0].value.replace("\\", "")


def test_it_begins_with_what_happened(open_app, usual):
    equal, parity = (usual.methods[key] for key in ("equal_weight", "cvar_parity"))
    low, high = parity.sharpe_difference.lower, parity.sharpe_difference.upper
    assert low < 0 < high
    said = header(open_app("backtest"))
    assert said.startswith(f"Monthly since 30 Jul 2010, net of 10{SPACE}bp: equal weight made ")
    assert f"made {100 * equal.growth_per_year.value:.1f}{SPACE}% a year" in said
    assert f"CVaR parity {100 * parity.growth_per_year.value:.1f}{SPACE}% at" in said
    bounds = f"{low:.2f} to {high:.2f}".replace("-", "−")
    difference = f"{parity.sharpe_difference.value:.2f}"
    assert f"; its Sharpe ratio is {difference} higher, which is not settled (95{SPACE}% interval of" in said
    assert said.endswith(f"difference {bounds}).")


def test_the_table_holds_the_engine_s_figures(open_app, usual):
    tables = [d.value for d in open_app("backtest").dataframe]
    digits = next(t for t in tables if "sharpe_difference" in t)
    found = usual.table.set_index("label")
    np.testing.assert_allclose(
        digits.drop(columns="failures").astype(float), found.drop(columns="failures"), rtol=1e-12
    )
    shown = next(t for t in tables if "Sharpe − equal weight’s" in t.index)
    assert list(shown.columns) == [
        "A · Equal weight",
        "Inverse volatility",
        "Volatility parity",
        "B · CVaR parity",
    ]


def test_it_says_what_it_is_and_is_not(open_app):
    text = words(open_app("backtest"))
    assert "Walk-forward: weights from past data only." in text
    assert "survivorship; educational sample" in text


def test_the_script_prints_the_numbers_of_the_page(open_with, capsys):
    app = open_with(rules=["CVaR parity"], learn="1 year", every="quarter", bp="25", conf="0.9", rf="0.01")
    exec(compile(script_of(app), "script", "exec"), {})
    printed = capsys.readouterr().out
    digits = next(d.value for d in app.dataframe if "sharpe_difference" in d.value)
    for column in ("growth_per_year", "sharpe_difference_lower", "cvar_upper", "turnover_per_year"):
        assert f"{float(digits.loc['CVaR parity', column]):.10f}" in printed
    assert "quarterly" in script_of(app)
    assert "window=252" in script_of(app)
    assert f"Quarterly since 30 Sep 2008, net of 25{SPACE}bp" in header(app)


def test_choices_change_the_answer(open_with):
    app = open_with(**SHORT)
    before = header(app)
    checked(app.number_input(key="bp").set_value(100).run())
    assert f"net of 100{SPACE}bp" in header(app) != before
    checked(app.segmented_control(key="learn").set_value("all before").run())
    assert "Each trade rests on all rows before it" in words(app)
    checked(app.multiselect(key="rules").set_value([]).run())
    assert re.search(r"equal weight made .* volatility\.$", header(app))


def test_a_run_of_many_weightings_waits_for_a_button(open_with, monkeypatch):
    monkeypatch.setattr(backtest_run, "AT_ONCE", 10)
    app = open_with(learn="1 year", **SHORT)
    assert header(app) == "Would it have worked?"
    assert not app.get("plotly_chart")
    assert script_of(app)
    checked(app.button(key="backtest_start").click().run())
    assert header(app).startswith("Monthly since")
    assert app.get("plotly_chart")


def test_weekly_on_the_whole_sample_waits(open_with):
    assert "several seconds" in words(open_with(every="week"))


def test_a_stopped_run_shows_nothing_and_can_be_started(open_with, monkeypatch):
    keys = []
    monkeypatch.setattr(
        backtest_run.LongRun, "finished", property(lambda run: keys.append(run.key) and False)
    )
    app = open_with(bp="7", **SHORT)
    monkeypatch.undo()
    monkeypatch.chdir(ROOT)
    app.session_state["_backtest_stopped"] = keys[-1]
    cached._finished()._results.clear()
    checked(app.run())
    assert "Stopped before it was finished" in words(app)
    assert not app.get("plotly_chart")
    checked(app.button(key="backtest_start").click().run())
    assert header(app).startswith("Monthly since")


def test_what_interrupts_a_run_leaves_no_result(sample):
    class InterruptedError(Exception):
        pass

    def interrupt(share):
        if share > 0.5:
            raise InterruptedError

    short = sample.between("2020-01-01", None)
    settings = (
        ("confidence", 0.95),
        ("costs", 0.0),
        ("every", "monthly"),
        ("risk_free", 0.0),
        ("rules", ("equal_weight",)),
        ("window", 300),
    )
    run = cached.LongRun(backtest_run.simulate, short, equal_weight(short).portfolio(), settings)
    with pytest.raises(InterruptedError):
        run.result(interrupt)
    assert not run.finished
    assert run.result(lambda share: None).rows > 900
    assert run.finished


def test_the_weights_of_a_rule_are_folded_below(open_with):
    app = open_with(**SHORT)
    assert any(e.label == "Weights through time" for e in app.expander)
    checked(app.selectbox(key="held").set_value("Inverse volatility").run())
    assert "Weights of Inverse volatility just after each trade" in words(app)


def test_presented_parts_are_shown_one_at_a_time(open_with):
    for part, charts in (("1", 1), ("2", 0), ("3", 1)):
        app = open_with(present=part, rules=["Minimum variance"], **SHORT)
        assert "minimum variance" in header(app)
        assert len(app.get("plotly_chart")) == charts
    checked(app.button(key="present_Whole page").click().run())
    assert app.multiselect(key="rules").value == ["Minimum variance"]
    assert "minimum variance" in header(app)


def test_other_horizons_say_that_rows_are_single(open_with):
    assert "over, 1-day returns, whatever the horizon" in words(open_with(h="1m", **SHORT))


def test_a_rule_that_fails_is_named(open_with, monkeypatch, sample):
    module = sys.modules[walk_forward.__module__]
    real, calls = module.allocate, []

    def failing(method, past, **settings):
        if method == "maximum_sharpe":
            calls.append(method)
            if len(calls) in (2, 5):
                raise ConvergenceError("The maximum could not be verified.")
        if method == "minimum_cvar":
            raise ConvergenceError("The gap could not be closed.")
        return real(method, past, **settings)

    monkeypatch.setattr(module, "allocate", failing)
    app = open_with(rules=["Maximum Sharpe ratio", "Minimum CVaR"], bp="3", **SHORT)
    text = words(app)
    assert "Maximum Sharpe ratio had no answer at 2 dates of" in text
    assert "Minimum cvar is left out" not in text
    assert "Minimum CVaR is left out: it had no weights at the first date. The gap could" in text
    checked(app.selectbox(key="held").set_value("Maximum Sharpe ratio").run())
    assert any("why" in d.value for d in app.dataframe)
    cached._finished()._results.clear()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from_": "2024-01-01"}, "No month begins after the first 756 rows"),
        ({"from_": "2025-12-30", "h": "1d"}, "Choose a shorter window or more data"),
    ],
)
def test_too_little_data_is_one_sentence(open_with, query, said):
    app = open_with(a="equal_weight", b="equal_weight", **query)
    assert len(app.error) == 1
    assert said in words(app)
    assert app.multiselect(key="rules")
    assert not app.get("plotly_chart")
    assert all(button.key != "backtest_stop" for button in app.button)


def test_monthly_data_refuses_a_weekly_rebalance(open_with, monkeypatch):
    prices = load_sample("global")
    monthly = prices.prices.loc[:, ["SPY", "BND", "GOLD"]].resample("ME").last()
    content = monthly.dropna().rename_axis("Date").to_csv().encode()
    key = cached.keep_price_set(load_prices(content, "monthly.csv"))
    app = open_with(data=key, every="week")
    assert "weekly rebalance needs at least one row a week" in words(app)
    monthly_page = open_with(data=key)
    assert header(monthly_page).startswith("Monthly since")
    assert any("1-month CVaR" in str(c) for d in monthly_page.dataframe for c in d.value.index)


def test_values_that_cannot_be_used_do_not_break_it(open_with):
    app = open_with(rules=["Magic"], learn="9 years", bp="-5", every="day", **SHORT)
    assert header(app).startswith("Monthly since")


def test_words(usual, sample):
    assert compared_rule(usual, {"inverse_volatility": "A"}).method == "inverse_volatility"
    assert compared_rule(usual, {}).method == "cvar_parity"
    assert trouble(usual) == []
    few = walk_forward(
        sample.between("2025-06-01", None),
        ["cvar_parity"],
        confidence=0.95,
        window=130,
        rng=np.random.default_rng(1),
    )
    assert "without an interval: too few rows were held" in story(few, {})
    assert few_rows(usual) == []
    tail = f"Few rows in the tail: for {{}}, CVaR 95{SPACE}% of {{}} rows rests on the worst {{:.2g}}."
    assert few_rows(few) == [
        tail.format("CVaR parity at each trade", 130, 6.5),
        tail.format("the figures of the paths", few.rows, 0.05 * few.rows),
    ]
    falling = walk_forward(
        sample.select(["SPY", "QQQ"]).between("2007-07-31", "2009-03-01"),
        ["inverse_volatility"],
        confidence=0.95,
        window=100,
        rng=np.random.default_rng(1),
    )
    assert re.search("equal weight lost .* inverse volatility lost", story(falling, {}))
    assert any(line.startswith("A negative Sharpe ratio comes nearer to 0") for line in few_rows(falling))
