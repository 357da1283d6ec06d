"""The two portfolios of the Contributions page, and what its closer looks share."""

from dataclasses import dataclass, field, replace
from typing import cast

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.market import GROUPINGS
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import weights_code
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.uncertainty import Measure

__all__ = ["Compared", "offer_as_b", "one_of"]


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


def offer_as_b(portfolio: Portfolio, key: str) -> None:
    """Offer to make a portfolio B."""
    weights = {str(asset): round(float(w), 12) for asset, w in portfolio.weights.items()}
    st.button(
        "Make this B",
        key=f"contributions_{key}_b",
        type="primary",
        on_click=_make_b,
        args=(weights_code({asset: w for asset, w in weights.items() if w} or weights),),
    )


def _make_b(code: str) -> None:
    # B is what the reader wants to see now, not the pair of rules that may be on show.
    state.store("compared", "ab")
    state.change(b=code)
