"""Risk shares against the budgets they were meant to have."""

import numpy as np
import pandas as pd

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.figures.bars import Bars, draw_bars
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme
from riskcore.figures.words import number, percent, plain, shorten, unbroken
from riskcore.results import ContributionResult

__all__ = ["draw_budgets"]


def draw_budgets(
    contributions: ContributionResult,
    budgets: pd.Series,
    *,
    theme: Theme,
    which: int = 0,
    name: str = "A",
    horizon_label: str = "",
) -> Drawing:
    """Draw each asset's share of the risk (solid) beside its budget (pale), largest excess on top.

    Parameters
    ----------
    contributions
        Of the portfolio as it is; its shares must be defined.
    budgets
        Asset to wanted share, fractions.
    theme
        LIGHT or DARK.
    which, name
        0 for A and 1 for B; what it is called.
    horizon_label
        Such as "1-day".

    Raises
    ------
    AssetMismatchError
        Budgets and contributions are of different assets.
    InputError
        The shares are undefined because the total is near zero.
    """
    shares = contributions.table["relative"]
    if set(shares.index) != set(budgets.index):
        raise AssetMismatchError(
            f"Budgets are for {listed(budgets.index)} and shares for {listed(shares.index)}; give both "
            "for the same assets."
        )
    if not contributions.relative_defined:
        raise InputError(
            f"The {contributions.label} of {shorten(name)} is too near zero to be shared out, so its shares "
            "cannot be compared with budgets."
        )
    wanted = budgets.reindex(shares.index)
    excess = (shares - wanted).sort_values(ascending=False, kind="stable")
    actual, target = shares[excess.index], wanted[excess.index]
    measure = unbroken(f"{horizon_label} {contributions.label}".strip())
    hover = [
        f"<b>{plain(asset, 40)}</b><br>{percent(actual[asset])} of {plain(measure, 40)}<br>"
        f"budget {percent(target[asset])}: {_signed(excess[asset])} points"
        for asset in excess.index
    ]
    series = [
        Bars("share", 100 * actual.to_numpy(np.float64), theme.solid(which), theme.ink, hover, " risk"),
        Bars("budget", 100 * target.to_numpy(np.float64), theme.pale(which), theme.muted, hover, " budget"),
    ]
    most, least = excess.index[0], excess.index[-1]
    return Drawing(
        draw_bars(list(excess.index), series, theme=theme, axis_title="% of the total"),
        f"{shorten(name)}: share of {measure} (solid) against its budget (pale)",
        f"Bars by asset. {shorten(most)} stands {_signed(excess[most])} points from its budget, "
        f"{shorten(least)} {_signed(excess[least])}.",
        pd.DataFrame(
            {
                f"{name} share of {measure} (%)": 100 * actual,
                "budget (%)": 100 * target,
                "share − budget (points)": 100 * excess,
            }
        ).rename_axis("asset"),
        "The budget is the share of the risk an asset is meant to carry; the solid bar is what it carries "
        "now. The largest excess stands on top.",
    )


def _signed(excess: float) -> str:
    text = number(100 * excess)
    return text if text.startswith("\N{MINUS SIGN}") or text == "0.0" else f"+{text}"
