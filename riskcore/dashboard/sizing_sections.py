"""The sections of the Sizing page: a volatility target, Kelly's growth curve, the odds of a fall."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.sizing_sized import Sized
from riskcore.dashboard.sizing_words import (
    SHARES,
    by_letter,
    fall_table,
    growth_words,
    stake_table,
    target_table,
    target_words,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, guarded, notice, show
from riskcore.figures import draw_drawdown_odds, draw_growth_curves, draw_volatility_target
from riskcore.figures.words import number, percent
from riskcore.portfolio import Portfolio
from riskcore.results.sizing import DrawdownOdds
from riskcore.scenarios import Scenarios
from riskcore.sizing import binary_kelly, drawdown_odds, kelly_weights

__all__ = [
    "FALLS",
    "LOOK_BACKS",
    "PATHS",
    "SEED",
    "growth",
    "many",
    "odds",
    "target",
    "two_definitions",
]

# How far back the estimate looks, in rows; None is the exponential one.
LOOK_BACKS: dict[str, int | None] = {"Last 21 rows": 21, "Last 63 rows": 63, "Exponential": None}
USUAL = "Last 63 rows"
AS_IT_IS = "as it is"
FALLS = (0.2, 0.35, 0.5)
PATHS, SEED = 1000, 1


def simulated_odds(
    data: Scenarios, portfolio: Portfolio, *, multiples: tuple[float, ...], years: int, risk_free: float
) -> DrawdownOdds:
    """Return the odds of falls with the page's seed, so that the same view has the same numbers."""
    rng = np.random.default_rng(SEED)
    return drawdown_odds(
        data,
        portfolio,
        multiples=multiples,
        years=years,
        rng=rng,
        falls=FALLS,
        paths=PATHS,
        risk_free=risk_free,
    )


def target(sized: Sized) -> None:
    """Hold A and B larger in calm times and smaller in wild ones."""
    sentence = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        aim = st.number_input(
            "Target volatility, % a year", 1.0, 60.0, 10.0, 1.0, key="target", bind="query-params", width=190
        )
        look = st.segmented_control(
            "Estimated from",
            list(LOOK_BACKS),
            default=USUAL,
            key="lookback",
            bind="query-params",
            required=True,
        )
        cap = st.number_input(
            "At most, times", 0.5, 10.0, 2.0, 0.5, key="cap", bind="query-params", width=130
        )
        lag = st.number_input(
            "Traded after, rows",
            1,
            21,
            1,
            1,
            key="lag",
            bind="query-params",
            width=150,
            help="Rows between the last one an estimate has seen and the one it is held over: 1 trades at "
            "the close just seen.",
        )
    window = LOOK_BACKS.get(str(look), LOOK_BACKS[USUAL])
    found = sized.targets(target=aim / 100, window=window, cap=cap, lag=int(lag))
    if not found:
        return
    with sentence:
        st.header(plain(target_words(found)), anchor=False)
    show(draw_volatility_target(by_letter(found), theme=current_theme()), key="sizing_target")
    data_table(target_table(found), key="sizing_target_figures")
    one = found[0][1]
    st.caption(
        plain(
            "In hindsight, without trading costs. Each size rests on rows before it. Independent normal "
            "returns "
            f"at exactly the target would show {percent(one.lowest)} to {percent(one.highest)} over as many "
            "rows; wilder returns and a late estimate lift the realised figure, the cap lowers it."
        )
    )
    explain(
        sized.frame.view,
        f"{found[0][0].letter} was estimated at {percent(float(one.estimate.iloc[-1]))} a year for the last "
        "row, so "
        "it was "
        f"held {number(float(one.scale.iloc[-1]), 2)} times.",
        rf"s_t=\min\Big({one.cap:g},\frac{{{one.target:g}}}{{\hat\sigma_t}}\Big)="
        rf"\min\Big({one.cap:g},\frac{{{one.target:g}}}{{{float(one.estimate.iloc[-1]):.4f}}}\Big)"
        rf"={float(one.scale.iloc[-1]):.3f}",
    )


def growth(sized: Sized) -> None:
    """Draw how fast wealth grows at every size, and where more becomes less."""
    st.subheader("How much makes wealth grow fastest", anchor=False)
    for holding, stake in sized.stakes:
        if stake.edge <= 0:
            notice(
                f"{holding.letter} has earned less than the risk-free rate ({percent(stake.edge)} a year "
                "over "
                "it), so it has no edge: Kelly holds nothing of it."
            )
    found = sized.gaining
    if not found:
        return
    st.markdown(plain(" ".join(growth_words(holding, stake) for holding, stake in found)))
    show(draw_growth_curves(by_letter(found), theme=current_theme()), key="sizing_growth")
    data_table(stake_table(found), key="sizing_stakes")
    st.caption(
        "The edge is the average over the window, which says little about the next years: the range under "
        "it is "
        "two standard errors wide. A lower edge than estimated moves the peak left, so full Kelly is past it "
        "half of the time. “Left when unsure” multiplies full Kelly by 1 − 1/t², t the edge over its "
        "standard error."
    )
    holding, stake = found[0]
    explain(
        sized.frame.view,
        f"{holding.letter} earned {percent(stake.edge)} a year over the risk-free rate at "
        f"{percent(stake.volatility)} volatility.",
        rf"f^*=\frac{{\mu-r}}{{\sigma^2}}=\frac{{{stake.edge:.4f}}}{{{stake.volatility:.4f}^2}}="
        rf"{stake.gaussian:.3f},\qquad g(f)=r+f(\mu-r)-\tfrac12f^2\sigma^2",
    )


def odds(sized: Sized) -> None:
    """Show how deep each size falls on the way."""
    found = sized.gaining
    shares = SHARES if found else {}
    shown = found or sized.stakes  # without an edge a portfolio still falls as it is
    if not shown:
        return
    st.subheader("How deep it falls on the way", anchor=False)
    years = int(
        st.segmented_control(
            "Years", (1, 5, 10, 20), default=10, key="years", bind="query-params", required=True
        )
        or 10
    )
    simulated = {
        holding.letter: cached.compute(
            simulated_odds,
            sized.days,
            holding.portfolio,
            multiples=(1.0, *(share * stake.exact for share in shares.values())),
            years=years,
            risk_free=sized.rate,
        )
        for holding, stake in shown
    }
    show(draw_drawdown_odds(simulated, [AS_IT_IS, *shares], theme=current_theme()), key="sizing_odds")
    st.caption(
        plain(
            f"{PATHS:,} simulated paths of {years} years, seed {SEED}, from the history with its average "
            "return, "
            "which may not come again."
        )
    )
    if not found:
        return
    st.markdown("**Ever falling below the starting wealth, by formula**")
    data_table(fall_table(), key="sizing_falls")
    st.caption(
        "The chance of ever falling to a share x of the starting wealth is x^(2/k − 1) at k times Kelly, for "
        "normal returns, a known edge and endless time. Falls from the peak, above, are far more frequent: "
        "every "
        "new high is a new place to fall from."
    )


def many(sized: Sized) -> None:
    """Compare the stakes in all assets: by formula, and exactly without shorts."""
    limit = st.number_input(
        "Stakes sum to at most", 0.25, 10.0, 1.0, 0.25, key="borrow", bind="query-params", width=190
    )
    columns, growths = {}, []
    for title, settings in (
        (f"exact, long-only, sum ≤ {limit:g} (% of wealth)", {"exact": True, "limit": limit}),
        ("Σ⁻¹(μ − r), any sign and size (% of wealth)", {"exact": False}),
    ):
        with guarded():
            solved = cached.derived(kelly_weights, sized.days, risk_free=sized.rate, **settings)
            # What lies below the certified gap is no stake.
            columns[title] = (100 * solved.weights).round(3)
            if settings["exact"] and not columns[title].any():
                notice(
                    "No asset has earned more than the risk-free rate, so Kelly without shorts holds none."
                )
            grown = f"{percent(solved.growth)} a year" if np.isfinite(solved.growth) else "one day takes all"
            growths.append(f"{title.split(',')[0]}: {grown}")
    if columns:
        table = pd.DataFrame(columns)
        data_table(pd.concat([table, table.sum().to_frame("sum of stakes").T]), key="sizing_many")
        st.caption(plain(f"Log growth on these days, {'; '.join(growths)}."))
    st.caption(
        "In-sample: both know the average returns of the window. The formula takes them at their word, with "
        "shorts and borrowing, and allows for no single day that takes everything. Half or a quarter of "
        "every stake is half or quarter Kelly."
    )


def two_definitions(sized: Sized) -> None:
    """Set edge over variance beside edge over odds for one bet."""
    with st.container(horizontal=True):
        win = st.number_input(
            "Chance of winning, %", 1.0, 99.0, 55.0, 1.0, key="win", bind="query-params", width=180
        )
        pays = st.number_input(
            "A stake of 1 wins", 0.1, 100.0, 1.0, 0.1, key="pays", bind="query-params", width=160
        )
    p = win / 100
    edge, variance = p * pays - (1 - p), p * (1 - p) * (1 + pays) ** 2
    by_odds = binary_kelly(p, pays)
    data_table(
        pd.DataFrame(
            {
                "fraction of wealth": [by_odds, edge / variance],
                "right for": ["a bet that is won or lost whole", "many small gains and losses"],
            },
            index=pd.Index(["edge / odds", "edge / variance"], name="definition"),
        ),
        key="sizing_definitions",
    )
    if by_odds <= 0:
        notice("This bet loses on average: the stake that grows fastest is none.")
    st.caption(
        plain(
            f"The edge is {number(edge, 3)} for a stake of 1. Both are called Kelly; for a bet that can "
            "lose the "
            "whole stake only edge over odds is right, and edge over variance is its limit for small, "
            "frequent "
            "bets."
        )
    )
