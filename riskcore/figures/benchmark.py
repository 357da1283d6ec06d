"""Risk against a benchmark: the active positions, and the attribution of every term by asset."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import Bars, draw_bars, order_rows, shared_scale
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.theme import Theme
from riskcore.figures.words import number, percent, plain, shorten, unbroken
from riskcore.results.benchmark import ActiveRiskResult

__all__ = [
    "check_decompositions",
    "draw_active_attribution",
    "draw_active_positions",
    "figures_of",
    "measure_of",
]

Floats = NDArray[np.float64]


def draw_active_positions(
    found: Sequence[ActiveRiskResult],
    *,
    theme: Theme,
    names: Sequence[str] = ("A", "B"),
    horizon_label: str = "",
    most: int = 8,
) -> list[Drawing]:
    """Draw the active weights, largest first, and what each active position adds to R(TE).

    Each drawing shows the `most` assets that are largest in A or B in what it draws and sums the others:
    a large active weight may add little risk, and the other way round. Parameters and refusals as in
    `benchmark_waterfall.draw_risk_waterfall`.
    """
    check_decompositions(found, names)
    measure = measure_of(found[0], horizon_label)
    parts = [100.0 * one.table["tracking"].to_numpy(dtype=np.float64) for one in found]
    bets = [100.0 * one.table["active_weight"].to_numpy(dtype=np.float64) for one in found]
    sizes = np.max(np.abs(bets), axis=0)
    drawings = []
    for values, rows, pale, title, axis, definition in (
        (
            bets,
            order_rows(sizes, None, most),
            True,
            "Active weights, % of value",
            "portfolio − benchmark, % of value",
            "The weight in the portfolio minus the weight in the benchmark: positive is more than the "
            "benchmark holds, negative less. The largest differences, in A or B, stand on top.",
        ),
        (
            parts,
            order_rows(parts[0], parts[1] if len(parts) > 1 else None, most),
            False,
            f"Contributions to active {measure}, % of value",
            "adds to active risk, % of value",
            f"The active weight times how much R(TE), the {measure} of the active positions, grows with it. "
            "Contributions add up to R(TE); a negative one lowers it.",
        ),
    ):
        kept, rest = rows
        labels = _row_names(found[0], kept, rest)
        series = [
            _active_bars(_summed(v, kept, rest), labels, (which, names[which], axis, pale), theme)
            for which, v in enumerate(values)
        ]
        digits = figures_of([np.asarray(s.values, dtype=np.float64) for s in series])
        figure = draw_bars(
            labels, series, theme=theme, axis_title=axis, scale=shared_scale(series, digits), digits=digits
        )
        drawings.append(
            Drawing(
                figure,
                title,
                _active_alt(title, found, names),
                _active_table(found, names, measure),
                definition,
            )
        )
    return drawings


def draw_active_attribution(
    found: ActiveRiskResult,
    *,
    theme: Theme,
    which: int = 0,
    name: str = "A",
    horizon_label: str = "",
    most: int = 8,
) -> Drawing:
    """Draw what each asset adds to R(BM), R(TE) and f; the table has the split of f and the whole.

    `which` is 0 for A's colours and 1 for B's; the rest as in `draw_risk_waterfall`.
    """
    check_decompositions([found], [name])
    measure = measure_of(found, horizon_label)
    table = found.table
    shared = table["diversification_benchmark"] + table["diversification_active"]
    columns = [100.0 * c.to_numpy(dtype=np.float64) for c in (table["benchmark"], table["tracking"], shared)]
    kept, rest = order_rows(columns[0] + columns[1] + columns[2], columns[1], most)
    labels = _row_names(found, kept, rest)
    digits = figures_of(columns)
    series = []
    for values, term, colour in zip(
        columns,
        ("benchmark", "active", "shared"),
        (theme.muted, theme.solid(which), theme.pale(which)),
        strict=True,
    ):
        drawn = _summed(values, kept, rest)
        hover = [
            f"<b>{plain(label, 40)}</b><br>adds {number(float(v), digits)} % of value to the {term} risk"
            for label, v in zip(labels, drawn, strict=True)
        ]
        series.append(Bars(f"{name} {term}", drawn, colour, theme.ink, hover, f" {term}"))
    most_active = str(table["tracking"].idxmax())
    return Drawing(
        draw_bars(labels, series, theme=theme, axis_title=f"adds to {measure}, % of value", digits=digits),
        f"{shorten(name)}: what each asset adds as benchmark, as active position, and to what both share",
        f"Bars by asset of the contributions to {measure} of the benchmark, of the active positions and to "
        f"what they share. {shorten(most_active)} adds most to the active risk: "
        f"{percent(float(table['tracking'].max()), 3)} of value.",
        _attribution_table(found, measure),
        "In % of value: the contributions to the risk of the benchmark R(BM), to that of the active "
        "positions R(TE), and to f, which both share, add up across a row to the asset’s contribution to the "
        "portfolio’s risk, and down a column to the term.",
    )


def check_decompositions(found: Sequence[ActiveRiskResult], names: Sequence[str]) -> None:
    """Refuse anything but one or two decompositions of one measure and benchmark over the same assets.

    Raises
    ------
    InputError
        As said, or the names are the same.
    """
    if len(found) not in (1, 2) or len(names) < len(found):
        raise InputError(f"Give one or two decompositions with names, got {len(found)}.")
    check_names(names[: len(found)])
    first = found[0]
    for other in found[1:]:
        same = (other.measure, other.confidence, other.benchmark) == (
            first.measure,
            first.confidence,
            first.benchmark,
        )
        if not same or not other.table.index.equals(first.table.index):
            raise InputError(
                f"{first.portfolio} and {other.portfolio} are decomposed in different measures, against "
                "different benchmarks or over different assets; decompose both alike."
            )


def measure_of(found: ActiveRiskResult, horizon_label: str) -> str:
    """Return the measure as it stands in a sentence: "1-day CVaR 95 %", "1-day volatility"."""
    label = found.label.lower() if found.confidence is None else found.label
    return unbroken(f"{horizon_label} {label}".strip())


def _row_names(found: ActiveRiskResult, kept: NDArray[np.intp], rest: NDArray[np.intp]) -> list[str]:
    names = [str(found.table.index[i]) for i in kept]
    return [*names, f"other {rest.size}"] if rest.size else names


def _summed(values: Floats, kept: NDArray[np.intp], rest: NDArray[np.intp]) -> Floats:
    return np.append(values[kept], values[rest].sum()) if rest.size else values[kept]


def _active_bars(
    values: Floats, labels: Sequence[str], about: tuple[int, str, str, bool], theme: Theme
) -> Bars:
    which, name, axis, pale = about
    hover = [
        f"<b>{plain(label, 40)}</b> in {plain(name)}<br>{number(float(v), 3)} % of value ({plain(axis, 40)})"
        for label, v in zip(labels, values, strict=True)
    ]
    colour = theme.pale(which) if pale else theme.solid(which)
    return Bars(name, values, colour, theme.ink, hover, f" {plain(name, 8)}")


def figures_of(series: Sequence[Floats], figures: int = 2) -> int:
    """Return as many decimals as give the largest number so many figures, one at least.

    Examples
    --------
    >>> figures_of([np.array([0.0123, -0.5])]), figures_of([np.array([30.7])], figures=3)
    (2, 1)
    """
    largest = max(float(np.abs(values).max(initial=0.0)) for values in series)
    return min(max(1, figures - 1 - int(np.floor(np.log10(largest)))), 12) if largest > 0.0 else 1


def _active_alt(title: str, found: Sequence[ActiveRiskResult], names: Sequence[str]) -> str:
    said = []
    for name, one in zip(names, found, strict=False):
        if not one.active:
            said.append(f"{shorten(name)} holds the benchmark, without active positions.")
            continue
        bets, parts = one.table["active_weight"], one.table["tracking"]
        place = int(bets.abs().to_numpy().argmax())
        said.append(
            f"{shorten(name)} is furthest from the benchmark in {shorten(bets.index[place])} "
            f"({percent(float(bets.iloc[place]))}), and {shorten(parts.idxmax())} adds most to R(TE)."
        )
    return f"{title}, bars by asset. {' '.join(said)}"


def _active_table(found: Sequence[ActiveRiskResult], names: Sequence[str], measure: str) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name, one in zip(names, found, strict=False):
        columns[f"{name} weight (% of value)"] = 100.0 * one.table["weight"]
        columns[f"{name} active weight (% of value)"] = 100.0 * one.table["active_weight"]
        columns[f"{name} adds to R(TE), {measure} (% of value)"] = 100.0 * one.table["tracking"]
        columns[f"{name} share of R(TE) (%)"] = 100.0 * one.shares
    columns["benchmark weight (% of value)"] = 100.0 * found[0].table["benchmark_weight"]
    return pd.DataFrame(columns).rename_axis("asset")


def _attribution_table(found: ActiveRiskResult, measure: str) -> pd.DataFrame:
    names = {
        "benchmark": "R(BM)",
        "tracking": "R(TE)",
        "diversification_benchmark": "f, part of the benchmark",
        "diversification_active": "f, part of the active positions",
        "total": "R(PF)",
    }
    table = 100.0 * found.table[list(names)]
    table.loc["all assets"] = table.sum()
    return table.rename(columns={k: f"{v} of {measure} (% of value)" for k, v in names.items()}).rename_axis(
        "asset"
    )
