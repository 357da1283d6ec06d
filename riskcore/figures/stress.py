"""Crisis losses, replays and the index gap: what would hurt, and through which assets.

All bars show losses to the right, positive = bad; gains point left.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import ROW_FILL, Bars, draw_bars, order_rows, shared_scale
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.lines import draw_lines
from riskcore.figures.theme import Theme
from riskcore.figures.words import dated, number, percent, plain, shorten
from riskcore.results import IndexGapResult, ReplayResult

__all__ = ["draw_crisis_losses", "draw_index_gap", "draw_loss_by_asset", "draw_replay_path"]

Floats = NDArray[np.float64]
LOSS_AXIS = "loss, % of value (left of zero: gain)"


def draw_crisis_losses(
    crises: Sequence[tuple[str, float, float]], *, theme: Theme, names: tuple[str, str] = ("A", "B")
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

    Raises
    ------
    InputError
        There is no crisis, or one is infinite.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> draw_crisis_losses([("2008", -0.24, -0.11), ("2020", -0.2, -0.12)], theme=LIGHT).alt
    'Bars of the loss in 2 crises. The worst for A is 2008: A −24.0\xa0%, B −11.0\xa0%.'
    """
    if not crises:
        raise InputError("There is no crisis to draw; choose at least one inside the data.")
    if any(np.isinf(r) for _, *returns in crises for r in returns):
        raise InputError("A crisis return is infinite; check the prices at its peak and trough.")
    # NaN sorts last: what cannot be replayed stands below what can.
    ordered = sorted(crises, key=lambda c: (np.isnan(c[1]), c[1]))
    events = [c[0] for c in ordered]
    returns = [np.array([c[j] for c in ordered], dtype=np.float64) for j in (1, 2)]
    hover = [
        f"<b>{plain(event, 40)}</b><br>{_moved(names[0], x)}<br>{_moved(names[1], y)}"
        for event, x, y in zip(events, *returns, strict=True)
    ]
    event, x, y = ordered[0]
    missing = [e for e, *r in ordered if np.isnan(r).any()]
    note = f" No data for {', '.join(shorten(e) for e in missing)} in places." if missing else ""
    return Drawing(
        draw_bars(events, _pair(returns, names, hover, theme), theme=theme, axis_title=LOSS_AXIS),
        f"Loss of {shorten(names[0])} and {shorten(names[1])} in past crises",
        f"Bars of the loss in {len(events)} crises. The worst for {shorten(names[0])} is {shorten(event)}: "
        f"{shorten(names[0])} {percent(x)}, {shorten(names[1])} {percent(y)}.{note}",
        pd.DataFrame(
            {f"{n} return (% of value)": 100.0 * r for n, r in zip(names, returns, strict=True)},
            index=pd.Index(events, name="event"),
        ),
        "Today's weights, bought at the peak close before each crisis and held to the trough close.",
    )


def draw_loss_by_asset(
    a: ReplayResult,
    b: ReplayResult,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
) -> Drawing:
    """Draw which assets make the loss of a replayed crisis, for A and B; the bars add up to the losses.

    Raises
    ------
    InputError
        The two results replay different events or dates.
    """
    _check_same_event(a, b)
    labels, parts, kept = _by_asset(a.table, b.table, most)
    hover = _asset_hover(labels, parts, names, a.table, b.table)
    title = f"{shorten(a.event, 40)}: which assets make the loss of {_totals(a, b, names)}"
    return Drawing(
        draw_bars(labels, _pair(parts, names, hover, theme), theme=theme, axis_title=LOSS_AXIS),
        title,
        f"Bars of the loss by asset in {shorten(a.event, 40)}, {dated(a.start)} to {dated(a.end)}. "
        f"{_totals(a, b, names)}. {_largest(labels, parts, names, kept)}",
        _contribution_table(a.table, b.table, names),
        "Weight times what the asset lost from the peak close to the trough close. The bars add up to the "
        "loss of the portfolio; money that is not invested loses nothing.",
    )


def draw_replay_path(
    a: ReplayResult, b: ReplayResult, *, theme: Theme, names: tuple[str, str] = ("A", "B")
) -> Drawing:
    """Draw the value of A and B through a replayed crisis, as the change since the peak close.

    Raises
    ------
    InputError
        The two results replay different events or dates.
    """
    _check_same_event(a, b)
    paths = [a.path - 1.0, b.path - 1.0]
    figure = draw_lines(
        paths, names, theme=theme, axis_title="change since the peak close, %", said="since the peak close"
    )
    return Drawing(
        figure,
        f"{shorten(a.event, 40)}: {shorten(names[0])} and {shorten(names[1])} day by day",
        f"Lines of the change in value from {dated(a.start)} to {dated(a.end)}. At the end: "
        f"{_totals(a, b, names)}.",
        pd.DataFrame(
            {f"{n} change since the peak close (%)": 100.0 * p for n, p in zip(names, paths, strict=True)}
        ).pipe(lambda t: t.set_axis(readable_index(t.index, "date"))),
        "Today's weights, bought at the peak close and held; weights drift with prices.",
    )


def draw_index_gap(
    a: IndexGapResult,
    b: IndexGapResult,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
) -> Drawing:
    """Draw what an index gap costs by asset with weekly betas, and with daily betas as a mark beside.

    Raises
    ------
    InputError
        The two results use different indices or gaps.
    """
    if (a.index_asset, a.gap) != (b.index_asset, b.gap):
        raise InputError(
            f"A moves {a.index_asset} by {percent(a.gap)} and B {b.index_asset} by {percent(b.gap)}; "
            "draw the same move for both."
        )
    labels, parts, kept = _by_asset(a.table, b.table, most)
    hover = _gap_hover(labels, parts, names, a.table, b.table)
    daily = [_summed(r.table["weight"] * r.table["beta_daily"] * r.gap, kept, labels) for r in (a, b)]
    figure = _bars_and_marks(labels, parts, daily, names, hover, theme)
    move = f"{shorten(a.index_asset)} {percent(a.gap)}"
    return Drawing(
        figure,
        f"{move}: loss by asset with weekly betas (bars) and daily betas (marks)",
        f"Bars of the loss by asset when {move}. {_totals(a, b, names)}; with daily betas "
        f"{shorten(names[0])} {percent(a.total_return_daily)}, {shorten(names[1])} "
        f"{percent(b.total_return_daily)}. {_largest(labels, parts, names, kept)}",
        _gap_table(a.table, b.table, names),
        f"Weight × beta × the move of the index. Beta says how far an asset went along with the index, from "
        f"{a.weeks} weeks. Daily betas are too low for markets that close hours apart, and stand beside for "
        "comparison.",
    )


def _bars_and_marks(
    labels: Sequence[str],
    parts: Sequence[Floats],
    daily: Sequence[Floats],
    names: tuple[str, str],
    hover: list[str],
    theme: Theme,
) -> go.Figure:
    """Return the bars with a mark each; the numbers of the bars stand beyond bar and mark."""
    bars = _pair(parts, names, hover, theme)
    scale = shared_scale([*bars, *_pair(daily, names, hover, theme)])
    figure = draw_bars(labels, bars, theme=theme, axis_title=LOSS_AXIS, scale=scale)
    texts = [trace.text for trace in figure.data]
    figure.update_traces(text=None)
    for which, (part, mark) in enumerate(zip(parts, daily, strict=True)):
        loss, other = -100.0 * part, -100.0 * mark
        rows = np.arange(loss.size) + (which - 0.5) * ROW_FILL / 2
        figure.add_scatter(
            name=f"{plain(names[which])} with daily betas",
            mode="markers",
            x=other,
            y=rows,
            marker={"symbol": "line-ns", "size": 13, "line": {"width": 2, "color": theme.ink}},
            hovertext=[f"with daily betas: {_moved(names[which], float(v))}" for v in mark],
            hoverinfo="text",
            cliponaxis=False,
        )
        figure.add_scatter(
            name=f"{plain(names[which])} numbers",
            mode="text",
            x=np.where(loss < 0.0, np.minimum(loss, other), np.maximum(loss, other)),
            y=rows,
            text=[f"\u00a0{text}\u00a0" for text in texts[which]],
            textposition=["middle left" if v < 0.0 else "middle right" for v in loss],
            textfont={"color": bars[which].text_colour, "size": 12},
            hoverinfo="skip",
            cliponaxis=False,
        )
    return figure


def _pair(returns: Sequence[Floats], names: tuple[str, str], hover: list[str], theme: Theme) -> list[Bars]:
    """Return the losses of A and B as bars in their colours."""
    check_names(names)
    return [
        Bars(
            names[j],
            -100.0 * returns[j],
            theme.solid(j),
            theme.ink if j == 0 else theme.muted,
            hover,
            f" {plain(names[j], 8)}",
        )
        for j in range(2)
    ]


def _moved(name: str, change: float) -> str:
    """Return what a portfolio did, escaped: "A loses 3.2 %"."""
    if np.isnan(change):
        return f"{plain(name)}: no data"
    return f"{plain(name)} {'loses' if change <= 0 else 'gains'} {percent(abs(change))}"


def _totals(
    a: ReplayResult | IndexGapResult, b: ReplayResult | IndexGapResult, names: tuple[str, str]
) -> str:
    """Return both totals in words: "A −24.1 %, B −11.0 %"."""
    return f"{shorten(names[0])} {percent(a.total_return)}, {shorten(names[1])} {percent(b.total_return)}"


def _check_same_event(a: ReplayResult, b: ReplayResult) -> None:
    """Refuse two replays that are not of one crisis."""
    if (a.event, a.start, a.end) != (b.event, b.start, b.end):
        raise InputError(
            f"A replays {a.event} and B {b.event} over other dates; replay one crisis for both.",
            events=[a.event, b.event],
        )


def _by_asset(a: pd.DataFrame, b: pd.DataFrame, most: int) -> tuple[list[str], list[Floats], list[str]]:
    """Return row labels, the contributions of A and B as returns, and the assets shown one by one."""
    assets = a.index.append(b.index.difference(a.index, sort=False))
    both = [t["contribution"].reindex(assets, fill_value=0.0) for t in (a, b)]
    rows, rest = order_rows(-both[0].to_numpy(dtype=np.float64), -both[1].to_numpy(dtype=np.float64), most)
    kept = [str(assets[i]) for i in rows]
    labels = [*kept, f"other {rest.size}"] if rest.size else kept
    return labels, [_summed(c, kept, labels) for c in both], kept


def _summed(values: pd.Series, kept: Sequence[str], labels: Sequence[str]) -> Floats:
    """Return the kept assets' values, then the sum of the others where there is a row for them."""
    shown = values.reindex(list(kept), fill_value=0.0).to_numpy(dtype=np.float64)
    if len(labels) == len(kept):
        return shown
    return np.append(shown, float(values.drop(labels=list(kept), errors="ignore").sum()))


def _asset_hover(
    labels: Sequence[str],
    parts: Sequence[Floats],
    names: tuple[str, str],
    a: pd.DataFrame,
    b: pd.DataFrame,
) -> list[str]:
    """Return what each asset did to A and B, with its own return where it is one asset."""
    own = a["asset_return"].combine_first(b["asset_return"])
    texts = []
    for i, label in enumerate(labels):
        text = f"<b>{plain(label, 40)}</b>"
        if label in own.index:
            text += f" {percent(float(own[label]))}"
        texts.append(f"{text}<br>{_moved(names[0], parts[0][i])}<br>{_moved(names[1], parts[1][i])}")
    return texts


def _gap_hover(
    labels: Sequence[str],
    parts: Sequence[Floats],
    names: tuple[str, str],
    a: pd.DataFrame,
    b: pd.DataFrame,
) -> list[str]:
    """Return the same with the betas behind it."""
    columns = ["beta", "standard_error", "beta_daily"]
    betas = a[columns].combine_first(b[columns])
    texts = _asset_hover(labels, parts, names, a, b)
    for i, label in enumerate(labels):
        if label in betas.index:
            beta, error, daily = (number(float(betas.loc[label, c]), 2) for c in columns)  # type: ignore[arg-type]
            texts[i] += f"<br>weekly beta {beta} (± {error}), daily {daily}"
    return texts


def _largest(
    labels: Sequence[str], parts: Sequence[Floats], names: tuple[str, str], kept: Sequence[str]
) -> str:
    """Return the asset that costs each portfolio most."""
    count = len(kept)
    worst = [int(np.argmin(p[:count])) for p in parts]
    said = [
        f"{shorten(labels[i])} costs {shorten(n)} most, {percent(float(p[i]))}"
        for n, p, i in zip(names, parts, worst, strict=True)
    ]
    return f"{said[0]}; {said[1]}."


def _contribution_table(a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, str]) -> pd.DataFrame:
    """Return weight, asset return and contribution of both portfolios with full digits."""
    columns: dict[str, pd.Series] = {
        "asset return (%)": 100.0 * a["asset_return"].combine_first(b["asset_return"])
    }
    for name, table in zip(names, (a, b), strict=True):
        columns[f"{name} weight (% of value)"] = 100.0 * table["weight"]
        columns[f"{name} contribution (% of value)"] = 100.0 * table["contribution"]
    return pd.DataFrame(columns).rename_axis("asset")


def _gap_table(a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, str]) -> pd.DataFrame:
    """Return the same with the betas, which have no unit."""
    betas = {
        f"{words} (no unit)": a[c].combine_first(b[c])
        for c, words in (
            ("beta", "weekly beta"),
            ("standard_error", "standard error of the weekly beta"),
            ("beta_daily", "daily beta"),
        )
    }
    return pd.DataFrame(betas).join(_contribution_table(a, b, names), how="outer").rename_axis("asset")
