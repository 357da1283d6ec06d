"""Crisis losses and replays: what would hurt, and through which assets.

All bars show losses to the right, positive = bad; gains point left.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import draw_bars
from riskcore.figures.drawing import Drawing, readable_index
from riskcore.figures.lines import draw_lines
from riskcore.figures.losses import (
    asset_hover,
    by_asset,
    contribution_table,
    largest,
    loss_bars,
    moved,
    totals,
    unit_of,
)
from riskcore.figures.theme import Theme
from riskcore.figures.words import dated, plain, shorten
from riskcore.results import ReplayResult

__all__ = ["closes_words", "draw_crisis_losses", "draw_loss_by_asset", "draw_replay_path"]

Floats = NDArray[np.float64]
# Spacing of the rows: what their closes are called, and how a path through them goes.
CLOSES = {
    "day": ("daily closes", "day by day"),
    "week": ("weekly closes", "week by week"),
    "month": ("monthly closes", "month by month"),
}
OTHER_CLOSES = ("sparse closes", "close by close")
NEAR = "≈"
PROXIED = "β"
PROXY_NOTE = (
    f"{PROXIED}: an asset had no prices then, and is taken to have made its beta times what the index made."
)


def closes_words(replay: ReplayResult) -> str:
    """Return the closes a replay runs between: "14 Feb 2020 to 20 Mar 2020, approximate: weekly closes"."""
    dates = f"{dated(replay.start)} to {dated(replay.end)}"
    if not replay.approximate:
        return dates
    return f"{dates}, approximate: {CLOSES.get(replay.spacing, OTHER_CLOSES)[0]}"


def draw_crisis_losses(
    crises: Sequence[tuple[str, float, float]],
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    replayed: Sequence[ReplayResult] = (),
    worth: tuple[float, str] | None = None,
) -> Drawing:
    r"""Draw what A and B lose in each crisis, the worst for A on top.

    Parameters
    ----------
    crises
        (event, return of A, return of B), −0.24 for a loss of 24 %; NaN where an asset has no prices.
    theme
        LIGHT or DARK.
    names
        What A and B are called.
    replayed
        One replay per crisis, of either portfolio: marks the approximate ones with ≈ and names the closes.
    worth
        Value and currency of the portfolio, to draw money instead of percent.

    Raises
    ------
    InputError
        There is no crisis, one is infinite, or there is not one replay for each.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> draw_crisis_losses([("2008", -0.24, -0.11), ("2020", -0.2, -0.12)], theme=LIGHT).alt
    'Bars of the loss in 2 crises. The worst for A is 2008: A loses 24.0\xa0%, B 11.0\xa0%.'
    """
    _check_crises(crises, replayed)
    # NaN sorts last: what cannot be replayed stands below what can.
    order = sorted(range(len(crises)), key=lambda i: (np.isnan(crises[i][1]), crises[i][1]))
    events = [crises[i][0] for i in order]
    returns = [np.array([crises[i][j] for i in order], dtype=np.float64) for j in (1, 2)]
    runs = [replayed[i] for i in order] if replayed else []
    labels = [f"{e}{_marks(runs[i])}" if runs else e for i, e in enumerate(events)]
    closes = [closes_words(run) for run in runs]
    first, second = (plain(name) for name in names)
    unit = unit_of(worth, float(np.nanmax(np.abs(returns), initial=0.0)))
    hover = [
        f"<b>{plain(event, 40)}</b><br>{first} {moved(x)}{unit.also(x)}<br>{second} {moved(y)}{unit.also(y)}"
        + (f"<br>{plain(closes[i], 80)}" if closes else "")
        + (f"<br>{plain(_proxy_words(runs[i]), 160)}" if runs and runs[i].proxies else "")
        for i, (event, x, y) in enumerate(zip(labels, *returns, strict=True))
    ]
    table = pd.DataFrame(
        {f"{n} return (% of value)": 100.0 * r for n, r in zip(names, returns, strict=True)},
        index=pd.Index(labels, name="event"),
    )
    if worth is not None:
        for name, values in zip(names, returns, strict=True):
            table[f"{name} return ({worth[1]})"] = worth[0] * values
    if any(run.proxies for run in runs):
        table["without prices, by beta"] = [_proxy_words(run) for run in runs]
    worst = totals((float(returns[0][0]), float(returns[1][0])), names)
    missing = [e for i, e in enumerate(events) if np.isnan([r[i] for r in returns]).any()]
    note = f" No data for {', '.join(shorten(e) for e in missing)} in places." if missing else ""
    gains = " or gain" if any((r > 0).any() for r in returns) else ""
    return Drawing(
        draw_bars(
            labels,
            loss_bars(returns, names, hover, theme, unit),
            theme=theme,
            axis_title=unit.words,
            digits=unit.digits,
        ),
        f"Loss{gains} of {shorten(names[0])} and {shorten(names[1])} in past crises",
        f"Bars of the loss in {len(events)} crises. The worst for {shorten(names[0])} is "
        f"{shorten(labels[0])}: {worst}.{note}",
        table.assign(closes=closes) if closes else table,
        "Today's weights, bought at the peak close before each crisis and held to the trough close."
        + (f" {NEAR} {_near_words(runs)}" if any(run.approximate for run in runs) else "")
        + (f" {PROXY_NOTE}" if any(run.proxies for run in runs) else ""),
    )


def draw_loss_by_asset(
    a: ReplayResult,
    b: ReplayResult,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    worth: tuple[float, str] | None = None,
) -> Drawing:
    """Draw which assets make the loss of a replayed crisis, for A and B; the bars add up to the losses.

    Raises
    ------
    InputError
        The two results replay different events or dates.
    """
    _check_same_event(a, b)
    labels, parts, kept = by_asset(a.table, b.table, most)
    unit = unit_of(worth, float(np.abs(parts).max()))
    hover = asset_hover(labels, parts, names, a.table, b.table, unit)
    table = contribution_table(a.table, b.table, names, unit)
    if a.proxies:
        labels = [f"{label} {PROXIED}" if label in a.proxied else label for label in labels]
        table.index = pd.Index(
            [f"{label} {PROXIED}" if label in a.proxied else label for label in table.index], name="asset"
        )
    both = totals((a.total_return, b.total_return), names)
    return Drawing(
        draw_bars(
            labels,
            loss_bars(parts, names, hover, theme, unit),
            theme=theme,
            axis_title=unit.words,
            digits=unit.digits,
        ),
        f"{_event(a)} by asset: {both}",
        f"Bars of the loss by asset in {_event(a)}, {closes_words(a)}. {both}. "
        f"{largest(labels, parts, names, kept)}",
        table,
        f"Weight times what the asset lost, {_between(a)}. The bars add up to the loss of the portfolio; "
        "money that is not invested loses nothing."
        + (f" {PROXY_NOTE} {_proxy_words(a)}." if a.proxies else ""),
    )


def draw_replay_path(
    a: ReplayResult, b: ReplayResult, *, theme: Theme, names: tuple[str, str] = ("A", "B")
) -> Drawing:
    """Draw the value of A and B through a replayed crisis, as the change since the first close.

    Raises
    ------
    InputError
        The two results replay different events or dates.
    """
    _check_same_event(a, b)
    paths = [a.path - 1.0, b.path - 1.0]
    since = f"since {dated(a.start)}" if a.approximate else "since the peak close"
    return Drawing(
        draw_lines(paths, names, theme=theme, axis_title=f"change {since}, %", said=since),
        f"{_event(a)}: {shorten(names[0])} and {shorten(names[1])} {CLOSES.get(a.spacing, OTHER_CLOSES)[1]}",
        f"Lines of the change in value, {closes_words(a)}. At the end: "
        f"{totals((a.total_return, b.total_return), names)}.",
        pd.DataFrame({f"{n} change {since} (%)": 100.0 * p for n, p in zip(names, paths, strict=True)}).pipe(
            lambda t: t.set_axis(readable_index(t.index, "date"))
        ),
        f"Today's weights, bought and held {_between(a)}; weights drift with prices.",
    )


def _marks(replay: ReplayResult) -> str:
    """Return the marks behind an event: closes that stand in, and assets that do."""
    return f" {NEAR}" * replay.approximate + f" {PROXIED}" * bool(replay.proxies)


def _proxy_words(replay: ReplayResult) -> str:
    """Return "BTC by 0.94 × SPY" for every proxied asset."""
    return ", ".join(f"{p.asset} by {p.beta:.2f} × {p.index_asset}" for p in replay.proxies)


def _event(replay: ReplayResult) -> str:
    return f"{shorten(replay.event, 40)}{_marks(replay)}"


def _between(replay: ReplayResult) -> str:
    """Return from which close to which, in words."""
    if not replay.approximate:
        return "from the peak close to the trough close"
    return f"from {dated(replay.start)} to {dated(replay.end)}. {_near_words([replay])[:-1]}"


def _near_words(replays: Sequence[ReplayResult]) -> str:
    """Return what approximate means, as a sentence."""
    spacing = next(r.spacing for r in replays if r.approximate)
    closes = CLOSES.get(spacing, OTHER_CLOSES)[0]
    return f"Approximate: {closes}, the last before the peak and the last before the trough stand in."


def _check_crises(crises: Sequence[tuple[str, float, float]], replayed: Sequence[ReplayResult]) -> None:
    """Refuse what cannot be drawn."""
    if not crises:
        raise InputError("There is no crisis to draw; choose at least one inside the data.")
    if any(np.isinf(r) for _, *returns in crises for r in returns):
        raise InputError("A crisis return is infinite; check the prices at its peak and trough.")
    if replayed and len(replayed) != len(crises):
        raise InputError(f"There are {len(crises)} crises and {len(replayed)} replays; give one for each.")


def _check_same_event(a: ReplayResult, b: ReplayResult) -> None:
    """Refuse two replays that are not of one crisis."""
    if (a.event, a.start, a.end, a.proxies) != (b.event, b.start, b.end, b.proxies):
        raise InputError(
            f"A replays {a.event} and B {b.event} over other dates; replay one crisis for both.",
            events=[a.event, b.event],
        )
