"""Weight and risk side by side: who carries the risk.

Weight is pale and risk is solid, in the hue of the portfolio, in the same row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import Bars, draw_bars, order_rows, shared_scale
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.theme import Theme
from riskcore.figures.words import percent, plain, shorten, unbroken
from riskcore.results import ContributionResult

__all__ = ["draw_paired", "draw_weight_and_risk"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Rows:
    """Rows shared by the portfolios, in percent: weight and risk per portfolio, last row maybe "other"."""

    labels: list[str]
    weight: list[Floats]
    risk: list[Floats]
    shares: bool


def draw_weight_and_risk(
    contributions: Sequence[ContributionResult],
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    horizon_label: str = "",
) -> list[Drawing]:
    r"""Draw weight (pale) and share of risk (solid) by asset, one drawing per portfolio.

    The drawings share one scale and one order of assets, that of A's risk; assets beyond the `most`
    largest are summed. Where a total is too near zero to divide by, all show the components in percent
    of value instead, and say so.

    Parameters
    ----------
    contributions
        One or two results of the same measure and level: A, then B.
    theme
        LIGHT or DARK.
    names
        What A and B are called.
    most
        Assets shown one by one.
    horizon_label
        Such as "1-day"; stands before the measure wherever it is named.

    Raises
    ------
    InputError
        Not one or two results, they differ in measure or level, or have one name.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"weight": [0.5, 0.5], "marginal": [0.03, 0.01], "component": [0.015, 0.005],
    ...                       "relative": [0.75, 0.25]}, index=["SPY", "BND"])
    >>> a = ContributionResult("Equal weight", "cvar", "CVaR 95 %", 0.95, 0.02, table)
    >>> draw_weight_and_risk([a], theme=LIGHT, horizon_label="1-day")[0].title
    'A · Equal weight: share of money (pale) and of 1-day CVaR 95\xa0% (solid)'
    """
    check_names(names)
    rows = _rows(contributions, most)
    measure = _measure(contributions[0], horizon_label)
    series = [_series(rows, which, names[which], measure, theme) for which in range(len(contributions))]
    digits = _digits(rows)
    scale = shared_scale([bars for some in series for bars in some], digits)
    drawings = []
    for which, result in enumerate(contributions):
        name = names[which]
        figure = draw_bars(
            rows.labels,
            series[which],
            theme=theme,
            axis_title="% of the total" if rows.shares else "% of value",
            scale=scale,
            digits=digits,
        )
        title = (
            f"{_titled(name, result)}: share of money (pale) and of {measure} (solid)"
            if rows.shares
            else f"{_titled(name, result)}: contribution to {measure}, % of value (shares are undefined)"
        )
        drawings.append(
            Drawing(
                figure,
                title,
                _alt(contributions, [which], names, measure),
                _table(contributions, [which], names, measure),
                _definition(rows.shares, measure),
            )
        )
    return drawings


def draw_paired(
    a: ContributionResult,
    b: ContributionResult,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    horizon_label: str = "",
) -> Drawing:
    """Draw A and B in one chart: per asset A's risk and weight, then B's, on one scale.

    Parameters and refusals as in `draw_weight_and_risk`.
    """
    both = [a, b]
    check_names(names)
    rows = _rows(both, most)
    measure = _measure(a, horizon_label)
    series = [s for which in (0, 1) for s in _series(rows, which, names[which], measure, theme, named=True)]
    figure = draw_bars(
        rows.labels,
        series,
        theme=theme,
        axis_title="% of the total" if rows.shares else "% of value",
        digits=_digits(rows),
    )
    what = (
        f"share of money (pale) and of {measure} (solid)"
        if rows.shares
        else f"contribution to {measure}, % of value (shares are undefined)"
    )
    return Drawing(
        figure,
        f"{_titled(names[0], a)} and {_titled(names[1], b)}: {what}",
        _alt(both, [0, 1], names, measure),
        _table(both, [0, 1], names, measure),
        _definition(rows.shares, measure),
    )


def _rows(contributions: Sequence[ContributionResult], most: int) -> _Rows:
    """Return the shared rows in percent, checked for comparability."""
    if len(contributions) not in (1, 2):
        raise InputError(f"Give the contributions of one or two portfolios, got {len(contributions)}.")
    first = contributions[0]
    for other in contributions[1:]:
        if (other.measure, other.confidence) != (first.measure, first.confidence):
            raise InputError(
                f"{first.portfolio} is decomposed in {first.label} and {other.portfolio} in {other.label}; "
                "decompose both in the same measure and level.",
                labels=[first.label, other.label],
            )
    shares = all(c.relative_defined for c in contributions)
    assets = first.table.index
    for other in contributions[1:]:
        assets = assets.append(other.table.index.difference(assets, sort=False))
    column = "relative" if shares else "component"
    # An asset that only the other portfolio holds has weight and contribution zero by definition.
    tables = [c.table.reindex(assets, fill_value=0.0) for c in contributions]
    risk = [100.0 * t[column].to_numpy(dtype=np.float64) for t in tables]
    weight = [100.0 * t["weight"].to_numpy(dtype=np.float64) for t in tables]
    kept, rest = order_rows(risk[0], risk[1] if len(risk) > 1 else None, most)
    labels = [str(assets[i]) for i in kept]
    if rest.size:
        labels.append(f"other {rest.size}")
    return _Rows(labels, [_kept(w, kept, rest) for w in weight], [_kept(r, kept, rest) for r in risk], shares)


def _kept(values: Floats, kept: NDArray[np.intp], rest: NDArray[np.intp]) -> Floats:
    """Return the kept rows and, where there are others, their sum."""
    return np.append(values[kept], values[rest].sum()) if rest.size else values[kept]


def _series(
    rows: _Rows, which: int, name: str, measure: str, theme: Theme, *, named: bool = False
) -> list[Bars]:
    """Return the solid and the pale bars of one portfolio; only solid ones where shares are undefined."""
    risk, weight = rows.risk[which], rows.weight[which]
    owner, risk_name = plain(name), plain(measure, 40)
    prefix = f" {plain(name, 8)}" if named else ""
    hover = [
        f"<b>{plain(label, 40)}</b> in {owner}<br>"
        + (
            f"{percent(w / 100)} of the money<br>{percent(r / 100)} of {risk_name}"
            if rows.shares
            else f"{percent(w / 100)} of the money<br>adds {percent(r / 100, 3)} of value to {risk_name}"
        )
        for label, w, r in zip(rows.labels, weight, risk, strict=True)
    ]
    solid = Bars(
        f"{name} risk",
        risk,
        theme.solid(which),
        theme.ink,
        hover,
        f"{prefix} risk" if rows.shares else prefix,
    )
    if not rows.shares:
        return [solid]
    return [
        solid,
        Bars(f"{name} weight", weight, theme.pale(which), theme.muted, hover, f"{prefix} money"),
    ]


def _digits(rows: _Rows) -> int:
    """Return one decimal for shares; for components as many as give the largest two figures."""
    largest = max(float(np.abs(r).max()) for r in rows.risk)
    if rows.shares or largest == 0.0:
        return 1
    return min(max(1, 1 - int(np.floor(np.log10(largest)))), 12)


def _measure(result: ContributionResult, horizon_label: str) -> str:
    """Return the measure with its horizon, "1-day CVaR 95 %"."""
    return unbroken(f"{horizon_label} {result.label}".strip())


def _titled(name: str, result: ContributionResult) -> str:
    """Return the portfolio as "A · Equal weight"."""
    own = shorten(result.portfolio)
    return name if own in ("", name) else f"{shorten(name)} · {own}"


def _alt(
    contributions: Sequence[ContributionResult], which: Sequence[int], names: tuple[str, str], measure: str
) -> str:
    """Return the finding: the largest contributor of each portfolio, with its weight."""
    sentences = []
    for i in which:
        table = contributions[i].table
        place = int(table["component"].to_numpy(dtype=np.float64).argmax())
        largest, row = table.index[place], table.iloc[place]
        if contributions[i].relative_defined:
            share, weight = percent(row["relative"]), percent(row["weight"])
            carries = f"carries {share} of {measure} with {weight} of the money"
        else:
            part = percent(row["component"], 3)
            carries = f"adds most to {measure}, {part} of value; shares are undefined near zero"
        sentences.append(f"In {shorten(names[i])}, {shorten(largest)} {carries}.")
    return f"Bars by asset of weight and risk. {' '.join(sentences)}"


def _table(
    contributions: Sequence[ContributionResult], which: Sequence[int], names: tuple[str, str], measure: str
) -> pd.DataFrame:
    """Return all assets, none summed, with full digits; ordered by A's component."""
    columns: dict[str, pd.Series] = {}
    for i in which:
        table, name = contributions[i].table, names[i]
        columns[f"{name} weight (% of value)"] = 100.0 * table["weight"]
        columns[f"{name} component of {measure} (% of value)"] = 100.0 * table["component"]
        columns[f"{name} share of {measure} (%)"] = 100.0 * table["relative"]
        # A group has no marginal contribution: its weights need not move together.
        if "marginal" in table:
            columns[f"{name} marginal {measure} (% of value per unit of weight)"] = 100.0 * table["marginal"]
    order = contributions[0].table["component"].sort_values(ascending=False).index
    joined = pd.DataFrame(columns)
    joined = joined.reindex(order.append(joined.index.difference(order, sort=False)))
    return joined.rename_axis(str(contributions[0].table.index.name or "asset"))


def _definition(shares: bool, measure: str) -> str:
    """Return how to read the bars."""
    text = (
        f"The risk of an asset is its contribution to the portfolio's {measure}: its weight times how much "
        "the portfolio's risk grows with that weight. Contributions add up to the whole; a negative one "
        "lowers the risk."
    )
    if shares:
        return f"{text} Pale is the share of money, solid the share of risk."
    return (
        f"{text} The total is so near zero here that shares of it would mean nothing, so the bars show the "
        "contributions themselves, in percent of portfolio value."
    )
