"""The answers of the exhibits: what is true, drawn from one fixed data set and fixed seeds."""

from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import ALLOCATORS
from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.widgets import current_theme, data_table, show
from riskcore.data.price_set import PriceSet
from riskcore.exhibits import betting_paths, one_day_more, squared_differences
from riskcore.figures import draw_weight_and_risk
from riskcore.figures.exhibits import draw_betting, draw_compared
from riskcore.figures.words import number, percent
from riskcore.measures import cvar, risk
from riskcore.portfolio import Portfolio
from riskcore.results.exhibits import BettingPaths, OneDayMore, SquaredDifferences
from riskcore.scenarios import Scenarios
from riskcore.sizing import binary_kelly
from riskcore.stress import MeanView, apply_views, index_gap

__all__ = [
    "BETS",
    "DAYS",
    "GAMBLERS",
    "METHODS",
    "ROWS",
    "SEED",
    "STAKES",
    "Material",
    "a_view",
    "asynchronous",
    "failing_objective",
    "markowitz_moves",
    "past_kelly",
    "three_conventions",
    "var_hides",
    "weight_is_not_risk",
]

SAMPLE, SEED = "global", 1
CONFIDENCE = 0.95
SPACE = "\N{NO-BREAK SPACE}"
METHODS = ("equal_risk_contribution", "minimum_variance", "maximum_sharpe")
ROWS, DAYS = 500, 120
# Losses beyond VaR move this many times farther from it.
TIMES = 3.0
STAKES = (0.5, 1.0, 2.0, 3.0)
BETS, GAMBLERS = 1000, 1001


class Material:
    """What every exhibit is made from: the bundled sample, whatever the frame shows."""

    @cached_property
    def prices(self) -> PriceSet:
        """The sample."""
        return cached.price_set(SAMPLE)

    @cached_property
    def days(self) -> Scenarios:
        """Daily returns of its first assets."""
        return cached.scenarios(self.prices, self.prices.default_assets, None, None)


def _you_said(guess: str, truth: str) -> None:
    st.subheader(plain(f"You said {guess}. {truth}"), anchor=False)


def var_hides(guess: float | str, material: Material) -> None:
    """Make everything beyond VaR worse, and see VaR stay where it is."""
    times, days = TIMES, material.days
    equal = Portfolio("Equal weight", dict.fromkeys(days.assets, 1.0 / days.size))
    before = days.select(days.assets)
    losses = -(days.returns @ equal.aligned(days.assets))
    line = risk(days, equal, measure="var", confidence=CONFIDENCE).value
    worse = np.where(losses > line, line + times * (losses - line), losses)
    after = Scenarios(-worse[:, None], ("worse",), days.periods_per_year)
    one = Portfolio("Worse", {"worse": 1.0})
    table = pd.DataFrame(
        {
            "as it was": [
                100 * line,
                100 * cvar(before, equal, confidence=CONFIDENCE).value,
                100 * float(losses.max()),
            ],
            f"excess × {times:g}": [
                100 * risk(after, one, measure="var", confidence=CONFIDENCE).value,
                100 * cvar(after, one, confidence=CONFIDENCE).value,
                100 * float(worse.max()),
            ],
        },
        index=[f"VaR 95{SPACE}%", f"CVaR 95{SPACE}%", "worst day"],
    )
    tail = table.to_numpy()[1]
    _you_said(
        str(guess).lower(),
        f"VaR does not move at all: {percent(line, 2)} before and after. CVaR goes from {tail[0]:.2f} to "
        f"{tail[1]:.2f}{SPACE}%.",
    )
    show(
        draw_compared(
            table,
            theme=current_theme(),
            title="Equal weight, and the same with everything beyond VaR made worse",
            unit="1-day loss, % of value",
            definition=(
                "VaR is where the worst 5 % of days begin; CVaR is their average. Only losses beyond VaR "
                "were changed: their distance from it is multiplied."
            ),
            digits=2,
        ),
        key="exhibit_var",
    )


def weight_is_not_risk(guess: float | str, material: Material) -> None:
    """Show who carries the risk of 60/40."""
    days = material.days.select(("SPY", "BND"))
    mix = Portfolio("60/40", {"SPY": 0.6, "BND": 0.4})
    found = cached.compute(risk_contributions, days, mix, measure="cvar", confidence=CONFIDENCE)
    share = float(found.table["relative"].loc[["SPY"]].to_numpy()[0])
    _you_said(
        f"{float(guess):.0f}{SPACE}%",
        f"It is {percent(share)}: stocks are 60{SPACE}% of the money, not of the risk.",
    )
    (drawing,) = draw_weight_and_risk(
        [found], theme=current_theme(), names=("60/40", "B"), most=2, horizon_label="1-day"
    )
    show(drawing, key="exhibit_weight")


def _tried(data: Scenarios) -> SquaredDifferences:
    return squared_differences(data, starts=3, rng=np.random.default_rng(SEED))


def failing_objective(guess: float | str, material: Material) -> None:
    """Let solvers report success on the objectives that fail."""
    found = cached.derived(_tried, material.days)
    table = found.attempts
    first = int(np.flatnonzero(table["problem"] == "Σ(RCᵢ − RCⱼ)², SLSQP")[0])
    last = len(table) - 1
    shares, steps = found.shares.to_numpy()[first], int(table["steps"].to_numpy()[first])
    _you_said(
        str(guess).lower(),
        f"They are not: it reports success after {counted(steps, 'step')} with shares from "
        f"{percent(float(shares.min()))} to {percent(float(shares.max()))}.",
    )
    show(
        draw_compared(
            pd.DataFrame(
                {
                    "squared differences": 100 * found.shares.iloc[first],
                    "convex problem": 100 * found.shares.iloc[last],
                }
            ),
            theme=current_theme(),
            title="Share of volatility by asset: “solved”, and solved",
            unit="share of volatility, %",
            definition=(
                "Both were asked for equal shares. The squares of differences of daily risks are so small "
                "that the solver’s tolerance is met where it starts; the convex problem has one answer."
            ),
        ),
        key="exhibit_squares",
    )
    shown = table.assign(
        smallest_share=100 * table["smallest_share"], largest_share=100 * table["largest_share"]
    )
    data_table(
        shown.rename(
            columns={
                "says_success": "reports success",
                "sum_of_weights": "sum of weights",
                "smallest_share": "smallest share, %",
                "largest_share": "largest share, %",
            }
        ),
        key="exhibit_squares_all",
        hide_index=True,
    )
    st.caption(
        "Other starts end elsewhere. Left free, the weights need not sum to 1: all weights at 0 would be a "
        "perfect "
        "score. Dividing by the total helps, to the solver’s tolerance only."
    )


def _moved(data: Scenarios) -> OneDayMore:
    return one_day_more(data, METHODS, rows=ROWS, days=DAYS)


def markowitz_moves(guess: float | str, material: Material) -> None:
    """Add one day and see who moves."""
    found = cached.derived(_moved, material.days)
    worst = found.worst
    _you_said(
        f"{float(guess):.0f}{SPACE}%",
        f"On the worst of {DAYS} days one more observation of {ROWS + 1} moves "
        f"{percent(float(worst['maximum_sharpe']))} of the money; volatility parity moves "
        f"{percent(float(worst['equal_risk_contribution']), 2)}.",
    )
    table = pd.DataFrame({"worst day": 100 * worst, "middle day": 100 * found.turnover.median()}).rename(
        index={m: ALLOCATORS[m].label for m in METHODS}
    )
    show(
        draw_compared(
            table,
            theme=current_theme(),
            title=f"Money moved by one more day after {ROWS}",
            unit="one-way turnover, %",
            definition=(
                "Half the sum of absolute weight changes between the estimate with and without the last day, "
                f"over the last {DAYS} days of the sample."
            ),
            digits=2,
        ),
        key="exhibit_day",
    )
    day = found.turnover["maximum_sharpe"].idxmax()
    show(
        draw_compared(
            pd.DataFrame(
                {
                    "before": 100 * found.before.loc["maximum_sharpe"],
                    "one day later": 100 * found.after.loc["maximum_sharpe"],
                }
            ),
            theme=current_theme(),
            title=f"Maximum Sharpe before and with {day:%-d %b %Y}",
            unit="weight, %",
            definition="The same rule on the same days, and on one day more.",
        ),
        key="exhibit_day_weights",
    )


def three_conventions(guess: float | str, material: Material) -> None:
    """Count one CVaR in three ways."""
    losses = Scenarios(-np.arange(1.0, 51.0)[:, None], ("loss",), 1.0)
    one = Portfolio("One", {"loss": 1.0})
    rows = {
        "exact: the worst 5 %, with half of one loss": "exact",
        "mean at or beyond the interpolated VaR": "tail_mean",
        "the 2 worst of 50": "floor",
    }
    values = [cvar(losses, one, confidence=CONFIDENCE, variant=v).value for v in rows.values()]  # type: ignore[arg-type]
    _you_said(
        number(float(guess)),
        f"Three programs say three numbers: {', '.join(number(v) for v in values)}. 5{SPACE}% of 50 losses "
        "are two and "
        "a half: the exact one is (50 + 49 + ½·48) / 2½ = 49.2.",
    )
    table = pd.DataFrame({"CVaR": values}, index=list(rows))
    data_table(table, key="exhibit_conventions")
    st.caption(
        "riskcore uses the first everywhere: it is the one whose contributions add up at every confidence."
    )


def _gamblers(win: float) -> BettingPaths:
    return betting_paths(
        win, 1.0, multiples=STAKES, bets=BETS, paths=GAMBLERS, rng=np.random.default_rng(SEED)
    )


def past_kelly(guess: float | str, material: Material) -> None:
    """Let gamblers with the same edge stake different shares."""
    win = 0.55
    best = binary_kelly(win, 1.0)
    found = _gamblers(win)
    ends = found.median.iloc[-1]
    _you_said(
        f"{float(guess):.0f}{SPACE}%",
        f"{percent(best, 0)} makes the median gambler richest: 1 becomes {number(float(ends[1.0]))} in "
        f"{BETS:,} bets. At twice that it becomes {number(float(ends[2.0]), 2)}, and at three times "
        f"less than a millionth is left ({float(ends[3.0]):.0e}), with the same edge.",
    )
    show(draw_betting(found, theme=current_theme()), key="exhibit_kelly")
    st.caption(
        f"{GAMBLERS:,} gamblers, {BETS:,} bets won with {percent(win, 0)} and paying 1 for 1; seed {SEED}."
    )


def asynchronous(guess: float | str, material: Material) -> None:
    """Measure how much Tokyo follows New York, by day and by week."""
    days = material.days
    markets = Portfolio("Markets", dict.fromkeys(days.assets, 0.0) | {"NIKKEI225": 1.0})
    found = index_gap(days, markets, index_asset="SPY", gap=-0.10)
    named = found.table.loc[["NIKKEI225", "HANGSENG", "FTSE100", "QQQ"], ["beta_daily", "beta"]]
    daily, weekly = named.to_numpy()[0]
    _you_said(
        f"{float(guess):.1f}{SPACE}%",
        f"Daily returns say {10 * daily:.1f}{SPACE}%, weekly returns {10 * weekly:.1f}{SPACE}%: Tokyo "
        "closes before New "
        "York opens, so a fall of today shows there tomorrow.",
    )
    show(
        draw_compared(
            named.set_axis(["daily returns", "weekly returns"], axis=1),
            theme=current_theme(),
            title="Beta to the S&P 500",
            unit="beta",
            definition=(
                "How much of a move of the S&P 500 a market has followed on average, from returns of the "
                "same day and of the same week."
            ),
            digits=2,
        ),
        key="exhibit_closes",
    )


def a_view(guess: float | str, material: Material) -> None:
    """Say something about one asset, and see what it says of the others."""
    days = material.days
    mean = float(days.returns[:, days.assets.index("SPY")] @ days.probabilities)
    found = apply_views(days, [MeanView("SPY", -0.002)])
    moved = found.moved
    change = (moved["mean_after"] - moved["mean_before"]).drop("SPY")
    most = str(change.abs().idxmax())
    _you_said(
        str(guess),
        f"{most} moves most. A view on stocks alone, from {percent(mean, 2)} to {percent(-0.002, 2)} a day, "
        "says "
        "something of everything that moves with them.",
    )
    show(
        draw_compared(
            100 * moved[["mean_before", "mean_after"]].set_axis(["before", "after the view"], axis=1),
            theme=current_theme(),
            title="Average 1-day return before and after one view on SPY",
            unit="mean, % per day",
            definition=(
                "The probabilities closest to equal ones (least relative entropy) under which SPY’s mean is "
                "−0.20 % a day; nothing else was said."
            ),
            digits=2,
        ),
        key="exhibit_view",
    )
    st.caption(
        f"{found.effective_scenarios:,.0f} effective scenarios of {days.count:,}; weekly returns would "
        "carry the view "
        "further to Asia, whose closes come first."
    )
