"""Closer look of the Contributions page: sampling intervals of the shares, and which order they settle."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Holding
from riskcore.dashboard.contribution_compared import Compared
from riskcore.dashboard.intervals import SEED, difference_of, difference_words
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.figures.intervals import draw_contribution_intervals
from riskcore.figures.words import percent
from riskcore.portfolio import Portfolio
from riskcore.results.uncertainty import ContributionIntervalResult
from riskcore.scenarios import Scenarios
from riskcore.share_order import share_gaps
from riskcore.uncertainty import contribution_intervals

__all__ = ["intervals"]


def intervals(compared: Compared) -> Lines:
    """Draw the shares of both with their sampling intervals, and say which cannot be told apart."""
    book = compared.book
    if compared.names == ("A", "B"):
        st.markdown(plain(difference_words(book, difference_of(book, compared.measure))))
    if compared.measure == "var":
        notice(
            "VaR’s shares rest on the few dates next to it, so an interval around them would say little. "
            "Choose CVaR or volatility above."
        )
        return Lines("")
    found = [_with_shown(compared, holding) for holding in compared.holdings]
    show(
        draw_contribution_intervals(
            found, theme=current_theme(), names=compared.names, horizon_label=book.horizon_label
        ),
        key="contributions_intervals",
    )
    for holding in compared.holdings:
        st.markdown(plain(_order_words(compared, holding)))
    blocks = " and ".join(
        f"{one.block_length:.0f} rows for {name}"
        for one, name in zip(found, compared.names, strict=True)
        if one.block_length
    )
    st.caption(
        plain(
            f"{percent(found[0].level, 0)} intervals: stationary block bootstrap of the history, "
            f"{found[0].resamples:,} resamples, mean block {blocks}, seed {SEED}."
        )
    )
    for warning in dict.fromkeys(one.warning for one in found if one.warning):
        notice(warning)
    top = found[0].table.sort_values("component", ascending=False).iloc[0]
    kind = "relative" if found[0].table["relative"].notna().all() else "component"
    low, middle, high = (f"{100 * top[f'{kind}{end}']:.2f}\\,\\%" for end in ("_lower", "", "_upper"))
    own = "volatility" if compared.measure == "volatility" else "worst dates"
    explain(
        book.view,
        f"Each resampled history has its own {own} and so its own contributions. The interval holds the "
        f"middle 95 % of them; below are the numbers of {top.name} in {compared.names[0]}. Two shares are "
        "told apart when the interval of their difference, over the same resamples, does not hold 0; "
        "overlapping bars alone do not decide it.",
        r"s_i^*=\frac{w_i\sum_t q_t^*(-R_{ti})}{\rho^*(w)},\qquad"
        rf"\big[\,s^*_{{2.5\,\%}},\;s^*_{{97.5\,\%}}\,\big]=[{low},\;{high}],\quad s_i={middle}",
    )
    return Lines(
        f"for portfolio in (a, b):\n"
        f"    found = contribution_intervals(scenarios, portfolio, {compared.arguments}, "
        f"rng=np.random.default_rng({SEED}))\n"
        "    print(found.table.to_string(float_format='%.10f'))",
        "import numpy as np\nfrom riskcore.uncertainty import Measure, contribution_intervals",
    )


def _with_shown(compared: Compared, holding: Holding) -> ContributionIntervalResult:
    """Return the intervals around the contributions of the first view, certified at ties where they are."""
    book = compared.book
    found: ContributionIntervalResult = cached.compute(
        _intervals,
        book.scenarios,
        holding.portfolio,
        measure=compared.measure,
        confidence=compared.confidence,
        seed=SEED,
    )
    shown = book.contributions(holding).table
    table = found.table.assign(component=shown["component"])
    if found.table["relative"].notna().all():
        table = table.assign(relative=shown["relative"])
    return replace(found, table=table.loc[compared.held])


def _intervals(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    measure: Literal["cvar", "volatility"],
    confidence: float | None,
    seed: int,
) -> ContributionIntervalResult:
    return contribution_intervals(
        scenarios, portfolio, measure, confidence=confidence, rng=np.random.default_rng(seed)
    )


def _gaps(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    measure: Literal["cvar", "volatility"],
    confidence: float | None,
    seed: int,
) -> pd.DataFrame:
    # What is not held has no share that could be ranked.
    weights = portfolio.weights[portfolio.weights != 0.0]
    return share_gaps(
        scenarios.select([str(asset) for asset in weights.index]),
        Portfolio(portfolio.name, weights),
        measure,
        confidence=confidence,
        rng=np.random.default_rng(seed),
    )


def _order_words(compared: Compared, holding: Holding) -> str:
    """Return which neighbours in rank could be the other way round by chance."""
    book, name = compared.book, holding.letter
    if int((holding.portfolio.weights != 0.0).sum()) < 2:
        return f"{name} holds fewer than two assets, so there is no order to judge."
    if holding.solved_for == compared.measure:
        return (
            f"{name} was solved for equal shares on this history; its intervals show how far the shares "
            "would stray from equal on others."
        )
    gaps = cached.compute(
        _gaps,
        book.scenarios,
        holding.portfolio,
        measure=compared.measure,
        confidence=compared.confidence,
        seed=SEED,
    )
    if gaps["gap"].isna().any():
        return f"The shares of {name} are undefined, so their order is not judged."
    runs = _runs(gaps)
    if not runs:
        return f"In {name} every share is distinguishable from the next one in rank."
    return (
        f"In {name} each of these shares is not distinguishable from the next: "
        + "; ".join(" ≈ ".join(run) for run in runs)
        + ". The 95\N{NO-BREAK SPACE}% interval of each difference holds 0; only neighbours in rank are "
        "compared."
    )


def _runs(gaps: pd.DataFrame) -> list[list[str]]:
    """Return the chains of neighbours whose order is not settled, in the order of rank."""
    runs: list[list[str]] = []
    joined = False
    for larger, smaller, settled in zip(gaps["larger"], gaps["smaller"], gaps["settled"], strict=True):
        if not settled:
            if joined:
                runs[-1].append(str(smaller))
            else:
                runs.append([str(larger), str(smaller)])
        joined = not settled
    return runs
