"""Exhibits about markets: closes that are not simultaneous, and what a view on one asset says of others."""

import streamlit as st

from riskcore.dashboard.exhibit_material import SPACE, Guess, Material, said
from riskcore.dashboard.widgets import current_theme, show
from riskcore.figures.exhibits import draw_compared
from riskcore.figures.words import percent
from riskcore.portfolio import Portfolio
from riskcore.stress import MeanView, apply_views, index_gap

__all__ = ["a_view", "asynchronous"]


def asynchronous(guess: Guess, material: Material) -> None:
    """Measure how much Tokyo follows New York, by day and by week."""
    days = material.days
    markets = Portfolio("Markets", dict.fromkeys(days.assets, 0.0) | {"NIKKEI225": 1.0})
    found = index_gap(days, markets, index_asset="SPY", gap=-0.10)
    named = found.table.loc[["NIKKEI225", "HANGSENG", "FTSE100", "QQQ"], ["beta_daily", "beta"]]
    daily, weekly = named.to_numpy()[0]
    said(
        None if guess is None else f"{float(guess):.1f}{SPACE}%",
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


def a_view(guess: Guess, material: Material) -> None:
    """Say something about one asset, and see what it says of the others."""
    days = material.days
    mean = float(days.returns[:, days.assets.index("SPY")] @ days.probabilities)
    found = apply_views(days, [MeanView("SPY", -0.002)])
    moved = found.moved
    change = (moved["mean_after"] - moved["mean_before"]).drop("SPY")
    most = str(change.abs().idxmax())
    said(
        None if guess is None else str(guess),
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
