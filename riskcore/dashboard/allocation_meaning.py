"""What the inputs of the Allocation page mean: constraints and terms, or why they mean nothing."""

import numpy as np
import pandas as pd

from riskcore.allocation import Constraints, GroupBound
from riskcore.dashboard.allocation_inputs import BUDGET, HIGH, LOW, Inputs, members, typed_inputs
from riskcore.dashboard.allocation_terms import EQUILIBRIUM, POSTERIOR, Terms
from riskcore.dashboard.book import Book
from riskcore.dashboard.opinions import Market, Tilt, read_market, read_tilts
from riskcore.errors import InputError, listed
from riskcore.figures.words import number

__all__ = ["terms"]

WHOLE = 1e-4


def terms(book: Book, *, drawn: bool) -> Terms:
    """Return what the fold says, drawn or read from the link; what means nothing is refused in its words."""
    return _meant(book, typed_inputs(book, drawn=drawn))


def _meant(book: Book, inputs: Inputs) -> Terms:
    """Return the inputs as terms; what cannot be meant is refused with the input's own words."""
    wanted = inputs.budgets[BUDGET]
    market: Market = ()
    tilts: tuple[Tilt, ...] = ()
    if inputs.mean == EQUILIBRIUM:
        market = tuple((str(a), float(w)) for a, w in book.a.portfolio.weights.items())
    elif inputs.mean == POSTERIOR:
        market, tilts = read_market(book), read_tilts(book.assets)[0]
    return Terms(
        constraints=_constraints(book, inputs),
        mean=inputs.mean,
        covariance=inputs.covariance,
        market=market,
        tilts=tilts,
        budgets=_budgets(wanted) if wanted.notna().any() else (),
        shared=inputs.shared,
    )


def _budgets(wanted: pd.Series) -> tuple[tuple[str, float], ...]:
    empty = [str(asset) for asset, share in wanted.items() if not share > 0.0]
    if empty:
        raise InputError(
            f"Risk budgets: {listed(empty)} {'has' if len(empty) == 1 else 'have'} none above 0. Give every "
            "asset one, or empty all of them."
        )
    total = float(wanted.sum())
    if abs(total - 100.0) > WHOLE * 100.0:
        raise InputError(
            f"The risk budgets add up to {number(total, 2)} %, not to 100 %: {number(abs(100.0 - total), 2)} "
            f"points are {'missing' if total < 100.0 else 'too many'}."
        )
    return tuple((str(asset), float(share) / total) for asset, share in wanted.items())


def _constraints(book: Book, inputs: Inputs) -> Constraints | None:
    """Return what is asked as constraints, None where nothing is."""
    given, bounds = inputs.numbers, inputs.bounds / 100.0
    groups = tuple(
        GroupBound(
            name,
            members(book)[name],
            -np.inf if np.isnan(low) else float(low) / 100.0,
            np.inf if np.isnan(high) else float(high) / 100.0,
        )
        for name, low, high in inputs.groups.itertuples()
        if not (np.isnan(low) and np.isnan(high))
    )
    bounded = bool(bounds.notna().to_numpy().any())
    fee = given["fee"] or 0.0
    asked = [value for key, value in given.items() if key != "fee" and value is not None]
    if not (groups or bounded or fee or asked):
        return None
    short, gross = given["short"], given["gross"]
    allowed = (short or 0.0) / 100.0 if gross is None or short is not None else (gross - 100.0) / 200.0
    low, high = bounds[LOW].fillna(0.0 - allowed), bounds[HIGH].fillna(1.0 + allowed)
    against = given["te"] is not None or given["acap"] is not None
    moved = given["turn"] is not None or bool(fee)
    per_year = book.scenarios.periods_per_year
    return Constraints(
        lower={str(a): float(v) for a, v in low.items()},
        upper={str(a): float(v) for a, v in high.items()},
        groups=groups,
        short=None if short is None else short / 100.0,
        gross=None if gross is None else gross / 100.0,
        current=_weights(book.a.portfolio.weights) if moved else None,
        turnover=None if given["turn"] is None else given["turn"] / 100.0,
        costs=fee / 1e4,
        periods_held=per_year,
        benchmark=_benchmark(book) if against else None,
        tracking_error=None if given["te"] is None else given["te"] / 100.0 / per_year**0.5,
        cvar=None if given["ccap"] is None else given["ccap"] / 100.0,
        active_cvar=None if given["acap"] is None else given["acap"] / 100.0,
        confidence=book.view.confidence,
    )


def _benchmark(book: Book) -> dict[str, float]:
    held = _weights(book.reference.portfolio.weights)
    absent = [asset for asset in held if asset not in book.assets]
    if absent:
        raise InputError(
            f"The benchmark holds {listed(absent)}, which is not among the assets shown, so nothing can be "
            "held to it; show it on the Data page, or choose another benchmark under More."
        )
    return held


def _weights(weights: pd.Series) -> dict[str, float]:
    return {str(asset): float(w) for asset, w in weights.items() if w != 0.0}
