"""Views on returns as typed: what the link holds of them, and what they are per period."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from riskcore.allocation import View
from riskcore.allocation.black_litterman import TAU
from riskcore.allocation.covariances import covariance_matrix
from riskcore.dashboard.book import Book
from riskcore.dashboard.linked_table import read_linked
from riskcore.dashboard.view import quoted, unquoted
from riskcore.errors import InputError
from riskcore.figures.words import number
from riskcore.scenarios import Scenarios

__all__ = [
    "MARKET",
    "MOST",
    "RANGES",
    "RATE",
    "Market",
    "Tilt",
    "linked_tilts",
    "market_of",
    "read_market",
    "read_tilts",
    "usual_market",
    "views_of",
]

MARKET = "market weight, %"
RANGES = {MARKET: (0.0, 100.0)}
RATE = "the risk-free rate"
MOST = 100.0
Market = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Tilt:
    """One view as typed: an asset earns `value` % a year more than another or the rate, `sure` % certain."""

    asset: str
    over: str
    value: float
    sure: float

    def weights(self) -> dict[str, float]:
        """Return the portfolio the view is about."""
        return {self.asset: 1.0} | ({} if self.over == RATE else {self.over: -1.0})


def views_of(scenarios: Scenarios, tilts: tuple[Tilt, ...], covariance: str) -> list[View]:
    """Return typed views per period; a certainty c gives the error (1 − c)/c of the prior's variance.

    Examples
    --------
    >>> s = Scenarios([[0.02, 0.01], [-0.02, -0.01]], ("SPY", "BND"), 252)
    >>> views_of(s, (Tilt("SPY", RATE, 2.52, 100.0),), "sample")
    [View(weights={'SPY': 1.0}, value=0.0001, variance=0.0)]
    """
    sigma = covariance_matrix(scenarios, covariance)
    found = []
    for tilt in tilts:
        w = pd.Series(tilt.weights()).reindex(sigma.index, fill_value=0.0).to_numpy()
        variance = (MOST - tilt.sure) / tilt.sure * TAU * float(w @ sigma.to_numpy() @ w)
        found.append(View(tilt.weights(), tilt.value / 100 / scenarios.periods_per_year, variance))
    return found


def usual_market(book: Book) -> pd.DataFrame:
    """Return A as the market until the reader types one."""
    index = pd.Index(book.assets, name="asset")
    return pd.DataFrame({MARKET: (100 * book.a.portfolio.weights).clip(lower=0.0).round(6)}, index=index)


def market_of(table: pd.DataFrame) -> Market:
    """Return typed market weights, which add up to 100 %, as fractions."""
    weights = table[MARKET].fillna(0.0) / 100.0
    total = float(weights.sum())
    if abs(total - 1.0) > 1e-4:
        raise InputError(
            f"The market weights add up to {number(100 * total, 2)} %, not to 100 %: change them until "
            "they do."
        )
    return tuple((str(a), float(w) / total) for a, w in weights.items())


def read_market(book: Book) -> Market:
    """Return the market that the link holds."""
    return market_of(read_linked(str(st.query_params.get("market", "")), usual_market(book), RANGES)[0])


def linked_tilts(tilts: tuple[Tilt, ...]) -> str:
    """Return views as text for a link.

    Examples
    --------
    >>> linked_tilts((Tilt("BND", "SPY", 3.0, 50.0),))
    'BND~SPY~3~50'
    """
    return ";".join(f"{quoted(t.asset)}~{quoted(t.over)}~{t.value:g}~{t.sure:g}" for t in tilts)


def read_tilts(assets: tuple[str, ...]) -> tuple[tuple[Tilt, ...], list[str]]:
    """Return the views a link holds, and those that fit nothing here."""
    found, lost = [], []
    for part in filter(None, str(st.query_params.get("tilts", "")).split(";")):
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
