"""The index gap: what a fall of an index costs, asset by asset."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import add_marks, draw_bars, shared_scale
from riskcore.figures.drawing import Drawing
from riskcore.figures.losses import (
    Unit,
    asset_hover,
    by_asset,
    contribution_table,
    largest,
    loss_bars,
    moved,
    summed,
    totals,
    unit_of,
)
from riskcore.figures.theme import Theme
from riskcore.figures.words import number, percent, plain, shorten
from riskcore.results import IndexGapResult

__all__ = ["draw_index_gap"]

Floats = NDArray[np.float64]


def draw_index_gap(
    a: IndexGapResult,
    b: IndexGapResult,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    worth: tuple[float, str] | None = None,
) -> Drawing:
    """Draw what an index gap costs by asset, with daily betas as a mark beside where the data is daily.

    `worth` is value and currency of the portfolio, to draw money instead of percent.

    Raises
    ------
    InputError
        The two results use different indices, gaps or returns.
    """
    if (a.index_asset, a.gap, a.basis, a.compares_daily) != (b.index_asset, b.gap, b.basis, b.compares_daily):
        raise InputError(
            f"A moves {a.index_asset} by {percent(a.gap)} ({a.basis}) and B {b.index_asset} by "
            f"{percent(b.gap)} ({b.basis}); draw the same move for both."
        )
    labels, parts, kept = by_asset(a.table, b.table, most)
    unit = unit_of(worth, float(np.abs(parts).max()))
    bars = loss_bars(parts, names, _hover(labels, parts, names, a, b, unit), theme, unit)
    move = f"{shorten(a.index_asset)} {percent(a.gap)}"
    title = f"{move}: loss by asset with betas from {a.basis}"
    said = totals((a.total_return, b.total_return), names)
    definition = (
        "Weight × beta × the move of the index. Beta says how far an asset went along with the index, from "
        f"{a.weeks} {a.basis}."
    )
    if a.compares_daily:
        daily = [summed(r.table["weight"] * r.table["beta_daily"] * r.gap, kept, labels) for r in (a, b)]
        scale = shared_scale([*bars, *loss_bars(daily, names, [""] * len(labels), theme, unit)])
        figure = draw_bars(labels, bars, theme=theme, axis_title=unit.words, scale=scale, digits=unit.digits)
        said_daily = [
            [f"with daily betas {plain(name)} {moved(float(v))}{unit.also(float(v))}" for v in mark]
            for name, mark in zip(names, daily, strict=True)
        ]
        losses = [[-unit.factor * values for values in each] for each in (parts, daily)]
        add_marks(figure, losses[0], losses[1], said_daily, "with daily betas", theme)
        title = f"{title} (bars) and daily returns (marks)"
        said += f"; with daily betas {totals((a.total_return_daily, b.total_return_daily), names)}"
        definition += (
            " Daily betas are too low for markets that close hours apart, and stand beside for comparison."
        )
    else:
        figure = draw_bars(labels, bars, theme=theme, axis_title=unit.words, digits=unit.digits)
    return Drawing(
        figure,
        title,
        f"Bars of the loss by asset when {move}. {said}. {largest(labels, parts, names, kept)}",
        _table(a, b, names, unit),
        definition,
    )


def _hover(
    labels: Sequence[str],
    parts: Sequence[Floats],
    names: tuple[str, str],
    a: IndexGapResult,
    b: IndexGapResult,
    unit: Unit,
) -> list[str]:
    """Return what each asset did to A and B, with the betas behind it."""
    columns = ["beta", "standard_error", "beta_daily"]
    betas = a.table[columns].combine_first(b.table[columns])
    texts = asset_hover(labels, parts, names, a.table, b.table, unit)
    for i, label in enumerate(labels):
        if label in betas.index:
            beta, error, daily = (number(float(betas.loc[label, c]), 2) for c in columns)  # type: ignore[arg-type]
            texts[i] += f"<br>beta {beta} (± {error}) from {a.basis}"
            texts[i] += f", {daily} from daily ones" if a.compares_daily else ""
    return texts


def _table(a: IndexGapResult, b: IndexGapResult, names: tuple[str, str], unit: Unit) -> pd.DataFrame:
    """Return contributions of both portfolios and the betas, which have no unit."""
    titles = {
        "beta": f"beta from {a.basis} (no unit)",
        "standard_error": "standard error of the beta (no unit)",
    }
    if a.compares_daily:
        titles["beta_daily"] = "beta from daily returns (no unit)"
    betas = a.table[list(titles)].combine_first(b.table[list(titles)])[list(titles)].rename(columns=titles)
    return betas.join(contribution_table(a.table, b.table, names, unit), how="outer").rename_axis("asset")
