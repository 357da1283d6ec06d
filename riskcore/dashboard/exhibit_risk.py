"""Exhibits about the measures: what VaR hides, weight against risk, three conventions of CVaR."""

from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached
from riskcore.dashboard.exhibit_material import CONFIDENCE, SPACE, Guess, Material, said
from riskcore.dashboard.widgets import current_theme, show
from riskcore.figures import draw_weight_and_risk
from riskcore.figures.exhibits import draw_compared
from riskcore.figures.words import number, percent
from riskcore.measures import cvar, risk
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

__all__ = ["TIMES", "three_conventions", "var_hides", "weight_is_not_risk"]

# Losses beyond VaR move this many times farther from it.
TIMES = 3.0
CONVENTIONS: dict[str, Literal["exact", "tail_mean", "floor"]] = {
    "exact": "exact",
    "mean beyond VaR": "tail_mean",
    "two worst": "floor",
}


def var_hides(guess: Guess, material: Material) -> None:
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
    said(
        None if guess is None else str(guess).lower(),
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


def weight_is_not_risk(guess: Guess, material: Material) -> None:
    """Show who carries the risk of 60/40."""
    days = material.days.select(("SPY", "BND"))
    mix = Portfolio("60/40", {"SPY": 0.6, "BND": 0.4})
    found = cached.compute(risk_contributions, days, mix, measure="cvar", confidence=CONFIDENCE)
    share = float(found.table["relative"].loc[["SPY"]].to_numpy()[0])
    said(
        None if guess is None else f"{float(guess):.0f}{SPACE}%",
        f"It is {percent(share)}: stocks are 60{SPACE}% of the money, not of the risk.",
    )
    (drawing,) = draw_weight_and_risk(
        [found], theme=current_theme(), names=("60/40", "B"), most=2, horizon_label="1-day"
    )
    show(drawing, key="exhibit_weight")


def three_conventions(guess: Guess, material: Material) -> None:
    """Count one CVaR in three ways, and show what each counts."""
    losses = Scenarios(-np.arange(1.0, 51.0)[:, None], ("loss",), 1.0)
    one = Portfolio("One", {"loss": 1.0})
    found = {
        words: cvar(losses, one, confidence=CONFIDENCE, variant=variant)
        for words, variant in CONVENTIONS.items()
    }
    values = ", ".join(f"{words} {number(result.value)}" for words, result in found.items())
    said(
        None if guess is None else number(float(guess)),
        f"Three programs say three numbers: {values}. 5{SPACE}% of 50 losses are two and a half: the exact "
        "one is (50 + 49 + ½·48) / 2½ = 49.2.",
    )
    table = pd.DataFrame(
        {words: 100 * result.identifier for words, result in found.items()},
        index=[f"loss {loss}" for loss in range(1, 51)],
    )
    show(
        draw_compared(
            table.iloc[:-4:-1],
            theme=current_theme(),
            title="How much each loss counts",
            unit="part of the average, %",
            definition=(
                "CVaR is an average of the largest losses. Exact: the worst 5 %, so half of the third loss. "
                "Second: every loss at or beyond VaR interpolated between losses, alike. Third: the two "
                "losses that fit whole into 5 %. All smaller losses count nothing."
            ),
        ),
        key="exhibit_conventions",
    )
    st.caption(
        "riskcore uses the first everywhere: it alone moves smoothly with the confidence, the others jump "
        "whenever one more loss enters or leaves the average."
    )
