"""Losses of A and B as bars and in words, shared by replays and index gaps.

Called a loss, a number is positive; where a portfolio gains, the words say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.figures.bars import Bars, order_rows
from riskcore.figures.drawing import check_names
from riskcore.figures.theme import Theme
from riskcore.figures.words import money, percent, plain, shorten

__all__ = [
    "LOSS_AXIS",
    "PERCENT",
    "Unit",
    "asset_hover",
    "by_asset",
    "contribution_table",
    "largest",
    "loss_bars",
    "moved",
    "summed",
    "totals",
    "unit_of",
]

Floats = NDArray[np.float64]
LOSS_AXIS = "loss, % of value (left of zero: gain)"
STEPS = ((1e9, "bn"), (1e6, "m"), (1e3, "thousand"))
# Below this a change is rounding error: cash, or what cancels exactly.
NOTHING = 1e-12
# Smaller changes would be written as 0.0 %.
SMALLEST = 5e-4


@dataclass(frozen=True)
class Unit:
    """What bars are measured in: a fraction times `factor`, said on the axis as `words`.

    `value` and `currency` are those of the portfolio, None and "" where losses are shares of it.
    """

    factor: float
    words: str
    value: float | None = None
    currency: str = ""

    @property
    def digits(self) -> int:
        """Decimals of the numbers at the bars’ ends: none for single units of money."""
        return 0 if self.value == self.factor else 1

    def also(self, fraction: float) -> str:
        """Return a size in money, to follow the percentage, or nothing without a value."""
        return "" if self.value is None else f" ({money(abs(fraction) * self.value, self.currency)})"


PERCENT = Unit(100.0, LOSS_AXIS)


def unit_of(worth: tuple[float, str] | None, largest: float) -> Unit:
    """Return the unit bars are drawn in: percent of value, or money of a size that reads well.

    Examples
    --------
    >>> unit_of((2e6, "EUR"), 0.3).words
    'loss, EUR thousand (left of zero: gain)'
    """
    if worth is None:
        return PERCENT
    value, currency = worth
    size = next(((s, f" {word}") for s, word in STEPS if largest * value >= 20.0 * s), (1.0, ""))
    words = f"loss, {currency}{size[1]} (left of zero: gain)"
    return Unit(value / size[0], words, value, currency)


def moved(change: float) -> str:
    r"""Return what a portfolio did, from its return.

    Examples
    --------
    >>> [moved(x) for x in (-0.032, 0.01, 0.0, -1e-5, float("nan"))]
    ['loses 3.2\xa0%', 'gains 1.0\xa0%', 'neither loses nor gains', 'loses less than 0.1\xa0%', 'has no data']
    """
    if np.isnan(change):
        return "has no data"
    if abs(change) < NOTHING:
        return "neither loses nor gains"
    size = percent(abs(change)) if abs(change) >= SMALLEST else f"less than {percent(0.001)}"
    return f"{'loses' if change < 0 else 'gains'} {size}"


def totals(changes: tuple[float, float], names: tuple[str, str]) -> str:
    r"""Return what both portfolios did, the verb once where it is the same.

    Examples
    --------
    >>> totals((-0.241, -0.11), ("A", "B")), totals((0.02, -0.11), ("A", "B"))
    ('A loses 24.1\xa0%, B 11.0\xa0%', 'A gains 2.0\xa0%, B loses 11.0\xa0%')
    """
    first, second = (moved(change) for change in changes)
    verb = f"{first.split(' ')[0]} "
    if verb in ("loses ", "gains "):
        second = second.removeprefix(verb)
    return f"{shorten(names[0])} {first}, {shorten(names[1])} {second}"


def loss_bars(
    returns: Sequence[Floats],
    names: tuple[str, str],
    hover: list[str],
    theme: Theme,
    unit: Unit = PERCENT,
) -> list[Bars]:
    """Return the losses of A and B as bars in their colours."""
    check_names(names)
    return [
        Bars(
            names[j],
            -unit.factor * returns[j],
            theme.solid(j),
            theme.ink if j == 0 else theme.muted,
            hover,
            f" {plain(names[j], 8)}",
        )
        for j in range(2)
    ]


def by_asset(a: pd.DataFrame, b: pd.DataFrame, most: int) -> tuple[list[str], list[Floats], list[str]]:
    """Return row labels, the contributions of A and B as returns, and the assets shown one by one.

    Assets that neither holds have no row, unless nothing is held at all.
    """
    assets = a.index.append(b.index.difference(a.index, sort=False))
    held = pd.concat([t["weight"] for t in (a, b)], axis=1).reindex(assets).fillna(0.0).ne(0.0).any(axis=1)
    assets = assets[held.to_numpy()] if held.any() else assets
    both = [t["contribution"].reindex(assets, fill_value=0.0) for t in (a, b)]
    rows, rest = order_rows(-both[0].to_numpy(dtype=np.float64), -both[1].to_numpy(dtype=np.float64), most)
    kept = [str(assets[i]) for i in rows]
    labels = [*kept, f"other {rest.size}"] if rest.size else kept
    return labels, [summed(c, kept, labels) for c in both], kept


def summed(values: pd.Series, kept: Sequence[str], labels: Sequence[str]) -> Floats:
    """Return the kept assets' values, then the sum of the others where there is a row for them."""
    shown = values.reindex(list(kept), fill_value=0.0).to_numpy(dtype=np.float64)
    if len(labels) == len(kept):
        return shown
    return np.append(shown, float(values.drop(labels=list(kept), errors="ignore").sum()))


def asset_hover(
    labels: Sequence[str],
    parts: Sequence[Floats],
    names: tuple[str, str],
    a: pd.DataFrame,
    b: pd.DataFrame,
    unit: Unit = PERCENT,
) -> list[str]:
    """Return what each asset did to A and B, with its own return where it is one asset."""
    own = a["asset_return"].combine_first(b["asset_return"])
    texts = []
    for i, label in enumerate(labels):
        text = f"<b>{plain(label, 40)}</b>"
        if label in own.index:
            text += f" {percent(float(own[label]))}"
        lines = [
            f"{plain(n)} {moved(float(p[i]))}{unit.also(float(p[i]))}"
            for n, p in zip(names, parts, strict=True)
        ]
        texts.append("<br>".join([text, *lines]))
    return texts


def largest(
    labels: Sequence[str], parts: Sequence[Floats], names: tuple[str, str], kept: Sequence[str]
) -> str:
    """Return the asset that costs each portfolio most, with its loss."""
    said = []
    for name, part in zip(names, parts, strict=True):
        worst = int(np.argmin(part[: len(kept)]))
        loss = -float(part[worst])
        said.append(
            f"{shorten(labels[worst])} costs {shorten(name)} most, {percent(loss)}"
            if loss > NOTHING
            else f"no asset costs {shorten(name)} anything"
        )
    first = said[0].replace("no asset", "No asset", 1) if said[0].startswith("no asset costs") else said[0]
    return f"{first}; {said[1]}."


def contribution_table(
    a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, str], unit: Unit = PERCENT
) -> pd.DataFrame:
    """Return weight, asset return and contribution of both portfolios with full digits, and money."""
    columns: dict[str, pd.Series] = {
        "asset return (%)": 100.0 * a["asset_return"].combine_first(b["asset_return"])
    }
    for name, table in zip(names, (a, b), strict=True):
        columns[f"{name} weight (% of value)"] = 100.0 * table["weight"]
        columns[f"{name} contribution (% of value, negative = lost)"] = 100.0 * table["contribution"]
        if unit.value is not None:
            columns[f"{name} contribution ({unit.currency}, negative = lost)"] = (
                unit.value * table["contribution"]
            )
    return pd.DataFrame(columns).rename_axis("asset")
