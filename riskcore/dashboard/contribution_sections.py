"""Closer looks of the Contributions page at what is: intervals, days, history and the currency effect.

Each draws one view and returns the lines that print its numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.contributions import contributions_by_scenario, risk_contributions, rolling_contributions
from riskcore.dashboard import cached
from riskcore.dashboard.book import GROUPINGS, Book, Holding
from riskcore.dashboard.intervals import SEED, difference_of, difference_words
from riskcore.dashboard.sentences import PERIOD_WORDS
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show, show_table
from riskcore.errors import MissingDataError
from riskcore.figures.by_day import draw_days_by_asset
from riskcore.figures.intervals import draw_contribution_intervals
from riskcore.figures.through_time import draw_contributions_through_time
from riskcore.figures.words import dated, percent
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult, RollingContributionResult
from riskcore.results.uncertainty import ContributionIntervalResult
from riskcore.scenarios import Scenarios
from riskcore.share_order import share_gaps
from riskcore.uncertainty import Measure, contribution_intervals

__all__ = ["Compared", "Lines", "by_day", "in_text", "intervals", "one_of", "through_time"]

DAYS_SHOWN = 10
WINDOWS = {1: "1 year", 2: "2 years"}
LEAST_TAIL = 10


@dataclass(frozen=True)
class Lines:
    """What a view adds to the page's script."""

    body: str
    imports: str = ""


@dataclass(frozen=True)
class Compared:
    """The two portfolios shown, under the names shown, how assets are grouped, and what views printed."""

    book: Book
    holdings: tuple[Holding, Holding]
    by: str
    lines: list[Lines] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called."""
        return self.holdings[0].letter, self.holdings[1].letter

    @property
    def measure(self) -> Measure:
        """The measure of the frame."""
        return cast(Measure, self.book.view.measure)

    @property
    def confidence(self) -> float | None:
        """The confidence, None for a measure without one."""
        return None if self.measure == "volatility" else self.book.view.confidence

    @property
    def held(self) -> list[str]:
        """The assets at least one of the two holds; all of them where neither holds any."""
        weights = [holding.portfolio.weights for holding in self.holdings]
        return [a for a in self.book.assets if any(w[a] != 0.0 for w in weights)] or list(self.book.assets)

    def contributions(self) -> list[ContributionResult]:
        """Return the contributions of both, without the assets that neither holds."""
        found = [self.book.contributions(holding) for holding in self.holdings]
        return [replace(one, table=one.table.loc[self.held]) for one in found]

    @property
    def groups(self) -> dict[str, str] | None:
        """Asset to group, None when assets stand by themselves."""
        if self.by in ("asset", "factor"):
            return None
        labels = self.book.local.assets[self.by]
        return {asset: str(labels[asset]) for asset in self.book.assets}

    @property
    def by_words(self) -> str:
        """What the parts are: "asset", "region"."""
        return GROUPINGS.get(self.by, self.by).lower()

    @property
    def arguments(self) -> str:
        """Measure and confidence as further arguments in a script."""
        level = "" if self.confidence is None else f", confidence={self.confidence!r}"
        return f"{self.measure!r}{level}"


def in_text(label: str) -> str:
    """Return the label of a measure as it stands inside a sentence: "volatility", but "CVaR 95 %"."""
    return label.lower() if label == "Volatility" else label


def one_of(compared: Compared) -> int:
    """Let the reader choose which of the two portfolios a view is about."""
    chosen = st.segmented_control(
        "Of",
        [0, 1],
        format_func=lambda which: plain(compared.names[which]),
        default=0,
        required=True,
        key="contributions_of",
        persist_state="session",
    )
    return int(chosen)


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
            by=compared.by_words,
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


def marginal_table(compared: Compared) -> None:
    """Show weight, marginal, component and share of both portfolios, and what components add up to."""
    found = [compared.book.contributions(holding) for holding in compared.holdings]
    parts = {
        name: pd.DataFrame(
            {
                "weight, %": 100 * result.table["weight"],
                "marginal, %": 100 * result.table["marginal"],
                "component, % of value": 100 * result.table["component"],
                "share, %": 100 * result.table["relative"],
            }
        )
        for name, result in zip(compared.names, found, strict=True)
    }
    show_table(
        pd.concat(parts, axis=1),
        key="contributions_table",
        caption=f"{found[0].label}, {compared.book.horizon_label}. Marginal: what the risk gains per 1.00 of "
        "weight. Components add up to "
        + " and ".join(_sum_words(compared.names, [result.total for result in found]))
        + ".",
    )


def _sum_words(names: Sequence[str], totals: Sequence[float]) -> list[str]:
    return [f"{percent(total, 4)} for {name}" for name, total in zip(names, totals, strict=True)]
