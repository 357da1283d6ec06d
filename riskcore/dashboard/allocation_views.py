"""Closer look of the Allocation page: Black–Litterman, what a market implies and what views make of it."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from riskcore.allocation import View, black_litterman, black_litterman_posterior
from riskcore.allocation.black_litterman import TAU
from riskcore.dashboard import cached, state
from riskcore.dashboard.allocation_sections import Weighed, make_buttons
from riskcore.dashboard.book import Book
from riskcore.dashboard.contribution_sections import Lines
from riskcore.dashboard.linked_table import linked_table, read_linked
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import quoted, unquoted
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.errors import InputError
from riskcore.estimators import covariance_matrix
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent, number
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["opinions"]

MARKET = "market weight, %"
RANGES = {MARKET: (0.0, 100.0)}
ASSET, OVER, EXPECTED, SURE = "asset", "earns more than", "by, % per year", "certainty, %"
RATE = "the risk-free rate"
HALF = 50.0
MOST = 100.0
KEY, START = "tilts", "tilts_start"


@dataclass(frozen=True)
class Tilt:
    """One view as typed: an asset earns `value` more than another (or than the rate), how certainly."""

    asset: str
    over: str
    value: float
    sure: float

    def weights(self) -> dict[str, float]:
        """Return the portfolio the view is about."""
        return {self.asset: 1.0} | ({} if self.over == RATE else {self.over: -1.0})


def opinions(weighed: Weighed) -> Lines:
    """Let the reader type market weights and views, and show the returns and weights they lead to."""
    book = weighed.book
    market, tilts = _asked(book)
    given = {"market": market, "tilts": tilts, "covariance": weighed.terms.covariance}
    solved: AllocationResult = cached.derived(solve_opinions, book.scenarios, **given)
    means: pd.DataFrame = cached.derived(returns_of, book.scenarios, **given)
    held = pd.Series(dict(market)).reindex(solved.weights.index)
    drawn = pd.DataFrame({"with views": solved.weights, "market": held})
    show(draw_weights(drawn, theme=current_theme()), key="allocation_opinions")
    moved = str((solved.weights - held).abs().idxmax())
    if tilts:
        change = f"from {card_percent(float(held[moved]))} to {card_percent(float(solved.weights[moved]))}"
        st.markdown(plain(f"{len(tilts)} view{'s'[: len(tilts) > 1]} moved {moved} most, {change}."))
    else:
        st.markdown("Without views the answer is the market itself. Type what you expect.")
    make_buttons(solved.weights, "opinions")
    data_table(100 * means, key="opinions_means", width="content")
    st.caption(
        plain(
            f"Means in % per year over the risk-free rate. {solved.solved} Certificate: "
            f"{solved.residual_name}, {solved.residual:.1e}. Constraints do not apply here."
        )
    )
    explain(
        book.view,
        "Read backwards, market weights say which returns would make them the best choice. A view moves "
        "these by its certainty, and correlated assets move with it. At 50 % a view counts as much as the "
        "market.",
        r"\Pi=\delta\Sigma w_M,\qquad \mu=\Pi+\tau\Sigma P^\top(P\tau\Sigma P^\top+\Omega)^{-1}(Q-P\Pi)",
    )
    return _lines(book, market, tilts, weighed.terms.covariance)


def views_of(scenarios: Scenarios, tilts: tuple[Tilt, ...], covariance: str) -> list[View]:
    """Return typed views per period; a certainty c gives the error (1 − c)/c of the prior's variance."""
    sigma = covariance_matrix(scenarios, covariance)
    found = []
    for tilt in tilts:
        w = pd.Series(tilt.weights()).reindex(sigma.index, fill_value=0.0)
        variance = (
            (MOST - tilt.sure) / tilt.sure * TAU * float(w.to_numpy() @ sigma.to_numpy() @ w.to_numpy())
        )
        found.append(View(tilt.weights(), tilt.value / 100 / scenarios.periods_per_year, variance))
    return found


def solve_opinions(
    scenarios: Scenarios, *, market: tuple[tuple[str, float], ...], tilts: tuple[Tilt, ...], covariance: str
) -> AllocationResult:
    """Return the Black–Litterman weights."""
    views = views_of(scenarios, tilts, covariance)
    return black_litterman(scenarios, dict(market), views, covariance=covariance)


def returns_of(
    scenarios: Scenarios, *, market: tuple[tuple[str, float], ...], tilts: tuple[Tilt, ...], covariance: str
) -> pd.DataFrame:
    """Return the means per year, before and after the views."""
    views = views_of(scenarios, tilts, covariance)
    found = black_litterman_posterior(scenarios, dict(market), views, covariance=covariance)
    table = pd.DataFrame({"implied by the market, %": found.equilibrium, "with views, %": found.mean})
    return table * scenarios.periods_per_year


def _asked(book: Book) -> tuple[tuple[tuple[str, float], ...], tuple[Tilt, ...]]:
    """Draw the two editors, or read the link where one part of the page is shown alone."""
    index = pd.Index(book.assets, name="asset")
    usual = pd.DataFrame({MARKET: (100 * book.a.portfolio.weights).clip(lower=0.0).round(6)}, index=index)
    if book.view.present:
        table = read_linked(str(st.query_params.get("market", "")), usual, RANGES)[0]
        tilts = _from_link(book.assets)[0]
    else:
        left, right = st.columns([1, 2])
        with left:
            st.caption("The market; A until you type.")
            table = linked_table("market", usual, ranges=RANGES)
        with right:
            st.caption("Views; a row each.")
            tilts = _edited(book.assets)
    weights = table[MARKET].fillna(0.0) / 100.0
    total = float(weights.sum())
    if abs(total - 1.0) > 1e-4:
        raise InputError(
            f"The market weights add up to {number(100 * total, 2)} %, not to 100 %: change them until "
            "they do."
        )
    return tuple((str(a), float(w) / total) for a, w in weights.items()), tilts


def _edited(assets: tuple[str, ...]) -> tuple[Tilt, ...]:
    """Draw the table of views; it starts from the link, and the link follows it."""
    editor = "tilts_" + "_".join(assets)
    start = state.recall(START)
    if start is None or state.recall(editor) is None:
        known, lost = _from_link(assets)
        start = pd.DataFrame(
            [(t.asset, t.over, t.value, t.sure) for t in known], columns=[ASSET, OVER, EXPECTED, SURE]
        ).astype({ASSET: object, OVER: object, EXPECTED: float, SURE: float})
        state.store(START, start)
        if lost:
            notice(f"The link has views that cannot be used here: {', '.join(lost)}. They are left out.")
    columns = {
        ASSET: st.column_config.SelectboxColumn(options=list(assets), required=True),
        OVER: st.column_config.SelectboxColumn(options=[RATE, *assets], default=RATE, required=True),
        EXPECTED: st.column_config.NumberColumn(
            min_value=-100.0, max_value=100.0, default=0.0, required=True
        ),
        SURE: st.column_config.NumberColumn(
            min_value=1.0,
            max_value=MOST,
            default=HALF,
            required=True,
            help="50: as uncertain as the market's own return; 100: certain.",
        ),
    }
    edited = st.data_editor(
        start, column_config=columns, key=editor, num_rows="dynamic", hide_index=True, width="stretch"
    )
    whole = edited.dropna()
    tilts = tuple(
        Tilt(str(asset), str(over), float(value), float(sure))
        for asset, over, value, sure in whole.itertuples(index=False)
        if asset != over
    )
    if tilts:
        rows = (f"{quoted(t.asset)}~{quoted(t.over)}~{t.value:g}~{t.sure:g}" for t in tilts)
        st.query_params[KEY] = ";".join(rows)
    else:
        st.query_params.pop(KEY, None)
    return tilts


def _from_link(assets: tuple[str, ...]) -> tuple[tuple[Tilt, ...], list[str]]:
    """Return the views a link holds, and those that fit nothing here."""
    found, lost = [], []
    for part in filter(None, str(st.query_params.get(KEY, "")).split(";")):
        pieces = [unquoted(piece) for piece in part.split("~")]
        try:
            tilt = Tilt(pieces[0], pieces[1], float(pieces[2]), float(pieces[3]))
        except (ValueError, IndexError):
            lost.append(part[:40])
            continue
        fits = tilt.asset in assets and tilt.over in (RATE, *assets) and tilt.over != tilt.asset
        if fits and abs(tilt.value) <= MOST and 1.0 <= tilt.sure <= MOST:
            found.append(tilt)
        else:
            lost.append(part[:40])
    return tuple(found), lost


def _lines(
    book: Book, market: tuple[tuple[str, float], ...], tilts: tuple[Tilt, ...], covariance: str
) -> Lines:
    views = views_of(book.scenarios, tilts, covariance)
    return Lines(
        f"views = {views!r}\n"
        f"found = black_litterman(scenarios, {dict(market)!r}, views, covariance={covariance!r})\n"
        "print(found.weights.to_string(float_format='%.10f'))",
        "from riskcore.allocation import View, black_litterman",
    )
