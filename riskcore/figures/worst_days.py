"""The worst scenarios of A, with what B did in them."""

import numpy as np
import pandas as pd

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.bars import Bars, draw_bars
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.theme import Theme
from riskcore.figures.words import dated, percent, plain, shorten

__all__ = ["draw_worst_days", "lost", "said"]


def draw_worst_days(
    table: pd.DataFrame, *, theme: Theme, most: int = 10, horizon_label: str = "1-day"
) -> Drawing:
    """Draw the worst scenarios of A as bars, with B's loss in the same scenario.

    Parameters
    ----------
    table
        Index = dates or scenario labels; one or two columns named as A and B are, holding losses as
        fractions of value, positive = lost. Any order; the worst `most` of the first column are drawn.
    theme
        LIGHT or DARK.
    most
        Bars drawn.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        Not one or two columns, or `most` below 1.
    MissingDataError
        The table is empty or A's loss is missing somewhere.
    """
    if table.shape[1] not in (1, 2):
        raise InputError(f"Worst days need a column for A and one for B at most, got {table.shape[1]}.")
    check_names([str(c) for c in table.columns])
    if most < 1:
        raise InputError(f"Draw at least one day, got most={most}.")
    if table.empty or not np.isfinite(table.iloc[:, 0].to_numpy(dtype=np.float64)).all():
        raise MissingDataError("A's losses are empty or missing in places; give one finite loss per date.")
    worst = table.sort_values(str(table.columns[0]), ascending=False, kind="stable").head(most)
    days = [dated(day) for day in worst.index]
    names = [str(c) for c in worst.columns]
    losses = [worst.iloc[:, j].to_numpy(dtype=np.float64) for j in range(len(names))]
    hover = [
        f"<b>{plain(day)}</b><br>"
        + "<br>".join(lost(n, column[i]) for n, column in zip(names, losses, strict=True))
        for i, day in enumerate(days)
    ]
    series = [
        Bars(n, 100.0 * x, theme.solid(j), theme.ink if j == 0 else theme.muted, hover, f" {plain(n, 8)}")
        for j, (n, x) in enumerate(zip(names, losses, strict=True))
    ]
    first = (
        f"On {days[0]}, the worst, {', '.join(said(n, x[0]) for n, x in zip(names, losses, strict=True))}."
    )
    return Drawing(
        draw_bars(days, series, theme=theme, axis_title=f"{horizon_label} loss, % of value"),
        f"The {len(days)} worst {horizon_label} losses of {shorten(names[0])}",
        f"Bars of the {len(days)} largest {horizon_label} losses of {shorten(names[0])}. {first}",
        (100.0 * worst)
        .rename(columns={n: f"{n} loss (% of value)" for n in worst.columns})
        .set_axis(readable_index(worst.index, "date")),
        f"The {len(days)} scenarios in which {shorten(names[0])} lost most"
        + (f", and what {shorten(names[1])} lost at the same time" if len(names) == 2 else "")
        + ". A negative loss is a gain.",
    )


def said(name: str, loss: float) -> str:
    """Return what a portfolio did, for alt texts: "A lost 3.2 %"."""
    if not np.isfinite(loss):
        return f"{shorten(name)}: no data"
    return f"{shorten(name)} {'lost' if loss >= 0 else 'gained'} {percent(abs(loss))}"


def lost(name: str, loss: float) -> str:
    """Return the same, escaped for a hover text."""
    return plain(said(name, loss), 60)
