"""Closer looks of the Contributions page at the past: the dates that make the risk, and a moving window."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.contributions import contributions_by_scenario, risk_contributions, rolling_contributions
from riskcore.dashboard import cached
from riskcore.dashboard.book import Holding
from riskcore.dashboard.contribution_compared import Compared, one_of
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import PERIOD_WORDS, in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.errors import MissingDataError
from riskcore.figures.by_day import draw_days_by_asset
from riskcore.figures.through_time import draw_contributions_through_time
from riskcore.figures.words import dated, percent
from riskcore.results import RollingContributionResult

__all__ = ["by_day", "through_time"]

DAYS_SHOWN = 10
WINDOWS = {1: "1 year", 2: "2 years"}
LEAST_TAIL = 10


def by_day(compared: Compared) -> Lines:
    """Draw which dates make the figure and which assets made each date."""
    book, which = compared.book, one_of(compared)
    holding = compared.holdings[which]
    settings = {"measure": compared.measure, "confidence": compared.confidence}
    count = min(DAYS_SHOWN, book.scenarios.count)
    days = cached.compute(
        contributions_by_scenario, book.scenarios, holding.portfolio, count=count, **settings
    )
    # Dates without a part are no top dates: a thin tail has fewer than were asked for.
    days = days.loc[:, (days != 0.0).any().to_numpy()]
    if days.empty:
        label = in_text(book.risk(holding).label)
        notice(f"No date adds to the {label} of {holding.letter}: it is 0 throughout.")
        return Lines("")
    whole = cached.compute(risk_contributions, book.scenarios, holding.portfolio, **settings)
    weights = holding.portfolio.weights
    own = [asset for asset in book.assets if weights[asset] != 0.0]
    show(
        draw_days_by_asset(
            days.loc[own],
            replace(whole, table=whole.table.loc[own]),
            theme=current_theme(),
            which=which,
            name=holding.letter,
            horizon_label=book.horizon_label,
        ),
        key="contributions_days",
    )
    shown = float(days.to_numpy().sum())
    notes = []
    if book.periods > 1:
        notes.append("Each date ends a window; windows that share days stand beside each other.")
    if compared.measure == "volatility":
        notes.append("Volatility counts large gains as well as large losses.")
    if holding.solved_for == compared.measure == "cvar":
        notes.append(
            "Where dates tie at VaR they count alike here, so the last row may miss equal shares by a little."
        )
    if notes:
        st.caption(plain(" ".join(notes)))
    explain(
        book.view,
        "The figure is a weighted sum over dates, so it has parts by date and by asset at once. For CVaR "
        "every date beyond VaR has the same weight; the worse the date, the larger its part. The dates shown "
        "add the first number below, all others the second.",
        r"\rho(w)=\sum_s\sum_i q_s\,w_i\,(-R_{si})"
        rf"={100 * shown:.4f}\,\%+{100 * (whole.total - shown):.4f}\,\%={100 * whole.total:.4f}\,\%",
    )
    return Lines(
        f"days = contributions_by_scenario(scenarios, {'ab'[which]}, {compared.arguments}, count={count})\n"
        "print(days.T.to_string(float_format='%.10f'))",
        "from riskcore.contributions import contributions_by_scenario",
    )


def through_time(compared: Compared) -> Lines:
    """Draw the contributions of today's weights over a moving window of history."""
    book = compared.book
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = one_of(compared)
        years = st.segmented_control(
            "Window",
            list(WINDOWS),
            format_func=lambda n: WINDOWS[n],
            default=1,
            required=True,
            key="contributions_window",
        )
    holding = compared.holdings[which]
    window = max(2, round(years * book.base.periods_per_year))
    step = max(1, round(book.base.periods_per_year / 12))
    if window > book.scenarios.count:
        rows = f"The history of {book.scenarios.count:,} rows is shorter than the"
        if round(book.base.periods_per_year) > book.scenarios.count:
            raise MissingDataError(f"{rows} one-year window this view needs.")
        raise MissingDataError(f"{rows} two-year window; choose 1 year.")
    found = cached.compute(
        rolling_contributions,
        book.scenarios,
        holding.portfolio,
        measure=compared.measure,
        window=window,
        step=step,
        confidence=compared.confidence,
    )
    found = replace(found, components=found.components[compared.held], relative=found.relative[compared.held])
    found = _grouped(found, compared.groups)
    show(
        draw_contributions_through_time(
            found,
            theme=current_theme(),
            name=holding.letter,
            by=compared.by_words if compared.groups else "asset",
            horizon_label=book.horizon_label,
        ),
        key="contributions_time",
    )
    st.markdown(plain(_then_and_now(holding, found.components, found.total)))
    st.caption(
        f"Weights are held as they are today; each point looks back {WINDOWS[years]} ({window:,} rows), a "
        f"new one every {step} rows. This is how today’s mix would have behaved, not what was held."
    )
    tail = None if compared.confidence is None else (1 - compared.confidence) * window / book.periods
    if tail is not None and tail < LEAST_TAIL - 1e-9:
        notice(
            f"Only {tail:.1f} independent {PERIOD_WORDS[book.horizon]} make the tail of each window: read "
            "the picture as an order of magnitude, or choose a longer window or a lower confidence."
        )
    explain(
        book.view,
        "Each point repeats the decomposition on one window of history. Volatile times raise all parts; a "
        "part that grows against the others means that asset took over the risk.",
        r"\rho_t(w)=\sum_i w_i\,\frac{\partial\rho_t}{\partial w_i}"
        rf"={100 * float(found.total.iloc[-1]):.4f}\,\%\text{{ in the latest window}}",
    )
    return Lines(
        f"rolling = rolling_contributions(scenarios, {'ab'[which]}, {compared.measure!r}, {window}, {step}, "
        f"confidence={compared.confidence!r})\n"
        "print(rolling.components.assign(total=rolling.total).to_string(float_format='%.10f'))",
        "from riskcore.contributions import rolling_contributions",
    )


def _grouped(found: RollingContributionResult, groups: dict[str, str] | None) -> RollingContributionResult:
    if groups is None:
        return found
    labels = [groups[str(asset)] for asset in found.components.columns]
    return replace(
        found,
        components=found.components.T.groupby(labels, sort=False).sum().T,
        relative=found.relative.T.groupby(labels, sort=False).sum(min_count=1).T,
    )


def _then_and_now(holding: Holding, components: pd.DataFrame, total: pd.Series) -> str:
    """Return who carried most when the risk was highest, and who does now."""
    if not (components.to_numpy() != 0.0).any():
        return f"The risk of {holding.letter} is 0 in every window."
    peak = int(total.to_numpy().argmax())
    sentences = []
    for row, when in (
        (peak, f"At its highest, in the window to {dated(total.index[peak])}"),
        (len(total) - 1, "In the latest window"),
    ):
        parts = components.iloc[row].to_numpy(dtype=np.float64)
        lead = int(parts.argmax())
        sentences.append(
            f"{when}, the risk of {holding.letter} was {percent(float(total.iloc[row]), 2)} of value and "
            f"the largest part came from {components.columns[lead]}, {percent(float(parts[lead]), 2)}."
        )
    return " ".join(sentences)
