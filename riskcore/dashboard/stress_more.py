"""Everything else on the Stress page, one at a time: nothing is computed until chosen."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_code import held_of
from riskcore.dashboard.linked_table import linked_table
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.stress_direct import direct, library, say_below
from riskcore.dashboard.stress_factors import factors
from riskcore.dashboard.stress_shocks import draw_stressed
from riskcore.dashboard.stress_simulate import simulate
from riskcore.dashboard.stress_views import use_everywhere, views
from riskcore.dashboard.stress_words import worth
from riskcore.dashboard.text import plain
from riskcore.dashboard.volumes import known_volumes
from riskcore.dashboard.widgets import current_theme, data_table, explain, show
from riskcore.errors import InputError, NumericalError
from riskcore.figures import draw_move_by_asset, draw_regimes
from riskcore.figures.words import dated, money, number, percent
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.results.reverse import LiquidityResult, RegimeResult, ReverseStressResult
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    liquidation,
    realised_volatility,
    regime_correlations,
    reverse_stress,
    volatility_shock,
)

__all__ = ["SECTIONS", "closer", "more"]

KEY = "stress"
VOLUME, SPREAD = "daily volume, money", "spread, basis points"
PER_BASIS_POINT = 1e-4
UNITS = {"days": "days to sell", "cost": "cost, {}"}
# How volumes and spreads move in the stressed case.
LESS_VOLUME, WIDER = 0.5, 3.0
REGIME_WINDOW = {"day": 21, "week": 8}


def closer() -> str | None:
    """Draw the choice of one further stress, or none, and return it."""
    st.subheader("More stresses", anchor=False)
    chosen = st.segmented_control(
        "More stresses",
        list(SECTIONS),
        format_func=lambda key: SECTIONS[key][0],
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen not in SECTIONS:
        st.caption("Views, named and direct stresses, simulation and more: nothing is computed until chosen.")
        return None
    return str(chosen)


def more(frame: Frame, chosen: str) -> Lines:
    """Draw one of the further stresses, and return what it adds to the script."""
    return SECTIONS[chosen][1](frame)


def volatility(frame: Frame) -> Lines:
    """Multiply volatilities about the mean."""
    book = frame.book
    times = st.slider("Volatility ×", 0.0, 5.0, 2.0, 0.25, key="times", bind="query-params", width=320)
    found = cached.derived(_stretched, book.scenarios, factor=times)
    draw_stressed(frame, found.scenarios, f"volatility × {times:g}", key="stress_volatility")
    say_below(found)
    if not frame.view.scenario_set:
        use_everywhere(f"vol:{times:g}", "volatility_use")
    explain(
        frame.view,
        "Every return is stretched about its mean: volatilities are multiplied, correlations stay.",
        r"r'=\mu+k\,(r-\mu)",
    )
    return Lines(
        f"wider = volatility_shock(scenarios, {times!r}).scenarios\n"
        "for portfolio in (a, b):\n"
        f"    print(portfolio.name, 'wider', f'{{cvar(wider, portfolio, "
        f"confidence={book.view.confidence!r}).value:.10f}}')",
        "from riskcore.stress import volatility_shock",
    )


def _stretched(scenarios: Scenarios, *, factor: float) -> ShockResult:
    return volatility_shock(scenarios, factor)


def reverse(frame: Frame) -> Lines:
    """Show the most plausible move that costs as much as the reader names."""
    book = frame.book
    loss = (
        st.slider("Loss of at least, % of value", 1, 60, 5, key="lose", bind="query-params", width=320) / 100
    )
    pairs: list[tuple[Holding, ReverseStressResult]] = []
    for holding in book.both:
        try:
            result = cached.compute(reverse_stress, book.scenarios, holding.portfolio, loss=loss)
        except NumericalError as problem:
            st.markdown(plain(problem))
            continue
        st.markdown(plain(_reverse_words(book, holding, result)))
        pairs.append((holding, result))
    for column, (holding, result) in zip(st.columns(2, gap="medium"), pairs, strict=False):
        with column:
            tables = [_same_move(result.table["move"], h) for h in book.both]
            show(
                draw_move_by_asset(
                    tables[0],
                    tables[1],
                    what=f"The move that hurts {holding.letter}",
                    definition="The likeliest joint move, were returns elliptical, with which "
                    f"{holding.letter} loses that much; the other portfolio is shown under the same move.",
                    theme=current_theme(),
                    worth=worth(book),
                ),
                key=f"stress_reverse_{holding.letter.lower()}",
            )
    with st.popover("Every move", type="tertiary", icon=":material/table:"):
        for holding, result in pairs:
            st.caption(f"{holding.letter}: moves in percent, and in the asset’s own standard deviations")
            shown = pd.DataFrame(
                {
                    "weight, %": 100 * result.table["weight"],
                    "move, %": 100 * result.table["move"],
                    "in standard deviations": result.table["in_sigmas"],
                    "expected when days are reweighted, %": 100 * result.table["pooled_move"],
                }
            )
            data_table(shown, key=f"reverse_{holding.letter.lower()}")
    explain(
        frame.view,
        "Of all moves that cost so much, the one with the smallest Mahalanobis distance from the mean.",
        r"r^*=\mu-\Sigma w\,\frac{X+w^\top\mu}{w^\top\Sigma w}",
    )
    names = ", ".join(holding.letter.lower() for holding, _ in pairs)
    if not names:
        return Lines("")
    return Lines(
        f"for portfolio in ({names},):\n"
        f"    found = reverse_stress(scenarios, portfolio, loss={loss!r})\n"
        "    print(portfolio.name, 'distance', f'{found.distance:.10f}')\n"
        "    print(found.table['move'].to_string(float_format='%.10f'))",
        "from riskcore.stress import reverse_stress",
    )


def _same_move(move: pd.Series, holding: Holding) -> pd.DataFrame:
    weights = holding.portfolio.weights.reindex(move.index)
    return pd.DataFrame({"weight": weights, "asset_return": move, "contribution": weights * move})


def _reverse_words(book: Book, holding: Holding, found: ReverseStressResult) -> str:
    what = (
        f"{holding.letter} loses {amount(book, found.reached)} over {book.horizon_label.replace('-', ' ')} "
        f"in a move {found.distance:.1f} standard deviations of {holding.letter} from the mean"
    )
    if found.nearest is None:
        return f"{what}; no scenario here lost as much."
    return f"{what}; the likeliest scenario here that lost as much is {dated(found.nearest)}."


def regimes(frame: Frame) -> Lines:
    """Compare correlations in calm and turbulent times, and what volatility alone makes of them."""
    book = frame.book
    index = book.benchmark
    if index is None:
        st.markdown("This data has no known index: choose one under More → Benchmark.")
        return Lines("")
    if len(book.with_index.assets) < 2:
        st.markdown(plain(f"There is no asset beside {index} for it to be correlated with."))
        return Lines("")
    share = (
        st.slider("Turbulent share of the time, %", 5, 40, 10, 5, key="turb", bind="query-params", width=320)
        / 100
    )
    found = cached.derived(_regimes, book.with_index, index=index, share=share)
    rise = (found.table["turbulent"] - found.table["calm"]).mean()
    beyond = found.table["unexplained"].mean()
    st.markdown(
        plain(
            f"In the most turbulent {percent(share, 0)} of the {found.state.rpartition(', ')[0] or 'rows'}, "
            f"{index}’s variance is {found.variance_ratio:.1f} times that of the rest. Correlations with it "
            f"are {_higher(rise)} there on average; volatility alone would make them "
            f"{_higher(rise - beyond)}, so dependence itself is {_stronger(beyond)}."
        )
    )
    show(draw_regimes(found, theme=current_theme()), key="stress_regimes")
    st.caption(
        plain(
            f"{found.turbulent_rows:,} turbulent and {found.calm_rows:,} calm ones, by the volatility of "
            f"{index} known before each; history, whatever scenarios are active."
        )
    )
    return Lines("")


def _higher(change: float) -> str:
    return f"{number(abs(change), 2)} {'higher' if change >= 0 else 'lower'}"


def _stronger(change: float) -> str:
    if abs(change) < 0.005:
        return "unchanged"
    return f"{number(abs(change), 2)} {'stronger' if change > 0 else 'weaker'}"


def _regimes(scenarios: Scenarios, *, index: str, share: float) -> RegimeResult:
    apart = spacing(trading_dates(scenarios, "Regimes"))
    used = weekly(scenarios) if apart == "day" else scenarios
    window = min(REGIME_WINDOW["week"], max(2, used.count // 4))
    state_of = realised_volatility(used, index, window=window)
    unit = "weeks" if apart in ("day", "week") else "rows"
    return regime_correlations(
        used, index_asset=index, state=state_of.rename(f"{unit}, by volatility"), share=share
    )


def liquidity(frame: Frame) -> Lines:
    """Show how long selling takes and what it costs, as things are and when markets dry up."""
    book = frame.book
    value = book.view.value
    if value is None:
        st.markdown("Selling takes time in money: type the portfolio’s value under More → Portfolio value.")
        return Lines("")
    typed = linked_table(
        "adv",
        _known_volumes(book),
        ranges={VOLUME: (0.01, 1e15), SPREAD: (0.0, 5000.0)},
        helps={
            VOLUME: f"What is traded on an average day, in {book.view.currency}",
            SPREAD: "Bid–ask spread; half of it is the cost of one sale",
        },
    )
    part = (
        st.slider("Share of the daily volume, %", 1, 50, 20, key="part", bind="query-params", width=320) / 100
    )
    sold: dict[str, LiquidityResult] = {}
    for holding in book.both:
        try:
            usual, dry = (_sold(book, holding, typed, part, stressed) for stressed in (False, True))
        except InputError as problem:
            st.markdown(plain(problem))
            continue
        sold[holding.letter] = usual
        st.markdown(
            plain(
                f"{holding.letter} takes {_days(usual.days)} to sell and costs "
                f"{money(usual.cost, book.view.currency)} ({percent(usual.cost_share, 2)}) in half spreads; "
                f"at half the volume and three times the spread {_days(dry.days)} and "
                f"{money(dry.cost, book.view.currency)}. "
                f"{percent(usual.sold_by(1.0), 0)} can be sold in one day."
            )
        )
    if not sold:
        return Lines("")
    shown = pd.concat(
        {
            f"{letter} {title.format(book.view.currency)}": found.table[name]
            for letter, found in sold.items()
            for name, title in UNITS.items()
        },
        axis=1,
    )
    data_table(shown.rename_axis("asset"), key="stress_liquidity")
    st.caption("The price impact of selling beyond half the spread is not in it.")
    return Lines("")


def _days(days: float) -> str:
    return "less than a day" if days < 1.0 else f"{np.ceil(days):,.0f} days"


def _known_volumes(book: Book) -> pd.DataFrame:
    """Return the volumes known in the money of the view, NaN where there are none; spreads start unknown."""
    index = pd.Index(book.assets, name="asset")
    # Those typed for the gate stand in for what the data does not know.
    known = pd.Series({**known_volumes(book), **held_of(book.view.limits).volumes}, dtype=float).reindex(
        index
    )
    return pd.DataFrame({VOLUME: known, SPREAD: np.nan}, index=index)


def _sold(book: Book, holding: Holding, typed: pd.DataFrame, part: float, stressed: bool) -> LiquidityResult:
    return liquidation(
        holding.portfolio,
        value=float(book.view.value or 0.0),
        daily_volume={str(a): float(v) for a, v in typed[VOLUME].dropna().items()},
        spread={str(a): float(v) * PER_BASIS_POINT for a, v in typed[SPREAD].dropna().items()},
        participation=part,
        volume_factor=LESS_VOLUME if stressed else 1.0,
        spread_factor=WIDER if stressed else 1.0,
    )


SECTIONS: dict[str, tuple[str, Callable[[Frame], Lines]]] = {
    "views": ("Views", views),
    "named": ("Named", library),
    "direct": ("Direct", direct),
    "factors": ("Factors", factors),
    "volatility": ("Volatility", volatility),
    "simulate": ("Simulate", simulate),
    "reverse": ("Reverse", reverse),
    "regimes": ("Regimes", regimes),
    "liquidity": ("Liquidity", liquidity),
}
