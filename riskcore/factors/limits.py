"""Limits on factor exposures: what a gate checks, and the numbers a cure needs."""

import math
from collections.abc import Mapping

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.portfolio import Portfolio
from riskcore.results.factors import ExposureLimit, ExposureResult

__all__ = ["exposure_limits"]

Range = tuple[float | None, float | None]


def exposure_limits(
    found: ExposureResult, portfolio: Portfolio, limits: Mapping[str, Range]
) -> tuple[ExposureLimit, ...]:
    """Return the portfolio's exposure to each limited factor, beside its lower and upper limit.

    An exposure is linear in the weights, x_k = Σ_i w_i B_ik: `found.exposures[factor]` is its gradient, so a
    trade that cures a breach is a linear program.

    Parameters
    ----------
    found
        A fitted factor model.
    portfolio
        A weight for every asset of the model.
    limits
        Factor to (lower, upper), None for none: {"SPY": (None, 0.7)}.

    Raises
    ------
    AssetMismatchError
        A limit names no factor, or weights do not match.
    InputError
        Neither limit is given, one is not finite, or the lower one lies above the upper one.

    Examples
    --------
    >>> import numpy as np
    >>> from riskcore.factors import fit_exposures
    >>> from riskcore.scenarios import Scenarios
    >>> f = Scenarios(np.array([[-0.02], [0.02], [0.0], [0.0]]), ("MARKET",), periods_per_year=252)
    >>> r = Scenarios(np.array([[-0.03], [0.03], [-0.01], [0.01]]), ("STOCK",), periods_per_year=252)
    >>> one, = exposure_limits(fit_exposures(r, f), Portfolio("A", {"STOCK": 1.0}), {"MARKET": (None, 1.2)})
    >>> one.name, round(one.exposure, 6), round(one.utilisation, 6), one.breached
    ('Exposure to MARKET', 1.5, 1.25, True)
    """
    unknown = [name for name in limits if name not in found.factors]
    if unknown:
        raise AssetMismatchError(
            f"A limit names {listed(unknown)}, which is no factor; the model has "
            f"{listed(found.factors, most=20)}.",
            unknown=unknown,
        )
    for name, (lower, upper) in limits.items():
        given = [bound for bound in (lower, upper) if bound is not None]
        if not given or not all(math.isfinite(bound) for bound in given) or given != sorted(given):
            raise InputError(
                f"The limits on {name} need a number below, above or both, the lower one first; got "
                f"{lower} and {upper}.",
                factor=name,
            )
    weights = portfolio.aligned(found.assets)
    own = dict(zip(found.factors, found.exposures.to_numpy().T @ weights, strict=True))
    return tuple(
        ExposureLimit(f"Exposure to {name}", name, portfolio.name, float(own[name]), lower, upper)
        for name, (lower, upper) in limits.items()
    )
