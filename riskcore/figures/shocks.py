"""Shocks: what an imposed move costs by asset, and what stressed scenarios do to a risk and its parts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import Bars, add_marks, draw_bars, order_rows, shared_scale
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.losses import (
    asset_hover,
    by_asset,
    contribution_table,
    largest,
    loss_bars,
    totals,
    unit_of,
)
from riskcore.figures.theme import Theme
from riskcore.figures.words import percent, plain, shorten
from riskcore.results import ContributionResult

__all__ = ["draw_move_by_asset", "draw_stressed_risk"]

Floats = NDArray[np.float64]


def draw_move_by_asset(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    what: str,
    definition: str,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    worth: tuple[float, str] | None = None,
) -> Drawing:
    r"""Draw what one joint move of the assets costs A and B, asset by asset.

    Parameters
    ----------
    a, b
        Index = assets; columns weight, asset_return, contribution (weight × return, negative = lost).
    what
        The move in words, for the title: "Yields +100 basis points".
    definition
        How the move of each asset comes about.
    worth
        Value and currency of the portfolio, to draw money instead of percent.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"weight": 0.5, "asset_return": -0.1, "contribution": -0.05}, index=["BND"])
    >>> draw_move_by_asset(table, table, what="Rates", definition="D", theme=LIGHT).title
    'Rates: A loses 5.0\xa0%, B 5.0\xa0%'
    """
    moving = (a["asset_return"] != 0.0) | (b["asset_return"] != 0.0)
    shown = [table[moving] if moving.any() else table for table in (a, b)]
    labels, parts, kept = by_asset(shown[0], shown[1], most)
    unit = unit_of(worth, float(np.abs(parts).max()))
    hover = asset_hover(labels, parts, names, a, b, unit)
    both = totals((float(a["contribution"].sum()), float(b["contribution"].sum())), names)
    title = f"{shorten(what, 60)}: {both}"
    return Drawing(
        draw_bars(
            labels,
            loss_bars(parts, names, hover, theme, unit),
            theme=theme,
            axis_title=unit.words,
            digits=unit.digits,
        ),
        title,
        f"Bars of the loss by asset. {title}. {largest(labels, parts, names, kept)}",
        contribution_table(a, b, names, unit),
        f"{definition} The bars add up to the loss of the portfolio; what does not move has none.",
    )


def draw_stressed_risk(
    before: Sequence[ContributionResult],
    after: Sequence[ContributionResult],
    *,
    what: str,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    horizon_label: str = "",
    worth: tuple[float, str] | None = None,
) -> Drawing:
    """Draw what each asset adds to a risk under stressed scenarios, with a mark where it was before.

    Parameters
    ----------
    before, after
        Contributions of A and of B to one measure, on the scenarios as they were and as stressed.
    what
        The stress in words.
    horizon_label
        Such as "1-day"; stands before the measure.
    worth
        Value and currency of the portfolio, to draw money instead of percent.

    Raises
    ------
    InputError
        There are not two results before and two after, of one measure and level.
    """
    _check_same(before, after)
    check_names(names)
    measure = f"{horizon_label} {before[0].label}".strip()
    tables = [result.table["component"] for result in (*before, *after)]
    assets = tables[0].index.append(tables[1].index.difference(tables[0].index, sort=False))
    values = [t.reindex(assets, fill_value=0.0).to_numpy(dtype=np.float64) for t in tables]
    kept, rest = order_rows(
        np.maximum(values[2], values[3]), np.maximum(np.abs(values[0]), np.abs(values[1])), most
    )
    shown = [np.append(v[kept], v[rest].sum()) if rest.size else v[kept] for v in values]
    labels = [str(assets[i]) for i in kept] + ([f"other {rest.size}"] if rest.size else [])
    unit = unit_of(worth, float(np.abs(values).max()))
    axis = unit.words.replace("loss", f"part of {measure}", 1).replace(" (left of zero: gain)", "")
    first, second = shown[:2], shown[2:]
    hover = [
        f"<b>{plain(label, 40)}</b><br>"
        + "<br>".join(
            f"{plain(name)} {percent(float(old[i]), 2)} → {percent(float(new[i]), 2)} of value"
            for name, old, new in zip(names, first, second, strict=True)
        )
        for i, label in enumerate(labels)
    ]
    fine = max(float(np.abs(v).max()) for v in shown) * unit.factor < 5.0
    digits = unit.digits + 1 if fine else unit.digits
    bars = [
        Bars(
            names[j],
            unit.factor * second[j],
            theme.solid(j),
            theme.ink if j == 0 else theme.muted,
            hover,
            f" {plain(names[j], 8)}",
        )
        for j in range(2)
    ]
    marks = [unit.factor * values for values in first]
    ghosts = [Bars(names[j], marks[j], theme.solid(j), theme.ink, hover) for j in range(2)]
    figure = draw_bars(
        labels,
        bars,
        theme=theme,
        axis_title=axis,
        scale=shared_scale([*bars, *ghosts], digits),
        digits=digits,
    )
    said = [
        [f"{plain(name)} before: {percent(float(v), 2)} of value" for v in old]
        for name, old in zip(names, first, strict=True)
    ]
    add_marks(figure, [bar.values for bar in bars], marks, said, "before", theme)
    changes = "; ".join(
        f"{shorten(name)} {percent(old.total, 2)} → {percent(new.total, 2)}"
        for name, old, new in zip(names, before, after, strict=True)
    )
    return Drawing(
        figure,
        f"{measure} by asset under “{shorten(what, 50)}” (bars) and before (marks): {changes}",
        f"Bars of what each asset adds to {measure} under {shorten(what, 80)}, with a mark where it was "
        f"before. {changes}. The largest part for {shorten(names[0])} is that of {shorten(labels[0])}.",
        _table(before, after, assets, names),
        f"Weight times marginal {measure}: the parts add up to the portfolio’s, before and after.",
    )


def _table(
    before: Sequence[ContributionResult],
    after: Sequence[ContributionResult],
    assets: pd.Index,
    names: tuple[str, str],
) -> pd.DataFrame:
    """Return components and shares of both portfolios before and after, in percent."""
    columns: dict[str, pd.Series] = {}
    for name, old, new in zip(names, before, after, strict=True):
        columns[f"{name} weight (% of value)"] = 100.0 * old.table["weight"]
        for when, result in (("before", old), ("after", new)):
            columns[f"{name} part {when} (% of value)"] = 100.0 * result.table["component"]
            columns[f"{name} share {when} (% of the risk)"] = 100.0 * result.table["relative"]
    return pd.DataFrame(columns).reindex(assets).rename_axis("asset")


def _check_same(before: Sequence[ContributionResult], after: Sequence[ContributionResult]) -> None:
    every = [*before, *after]
    if len(before) != 2 or len(after) != 2:
        raise InputError(
            f"Give the contributions of A and B before and after, got {len(before)} and {len(after)}."
        )
    if len({(result.measure, result.confidence) for result in every}) > 1:
        raise InputError(
            "A stressed risk is drawn in one measure and level; these are "
            f"{', '.join(dict.fromkeys(r.label for r in every))}.",
        )
