"""Reverse stress: which move, of all that cost so much, is the most plausible."""

from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, NumericalError
from riskcore.measures import portfolio_losses
from riskcore.numerics.moments import weighted_covariance, weighted_mean
from riskcore.numerics.pooling import pool
from riskcore.portfolio import Portfolio
from riskcore.results.reverse import ReverseStressResult
from riskcore.scenarios import Scenarios

__all__ = ["reverse_stress"]

Floats = NDArray[np.float64]
NULL = 1e-10


def reverse_stress(scenarios: Scenarios, portfolio: Portfolio, *, loss: float) -> ReverseStressResult:
    """Return the most plausible joint move with a loss of at least `loss`.

        min (r − μ)' Σ⁺ (r − μ)   s.t.  −w'r ≥ X,     r* = μ − Σw (X + w'μ) / (w'Σw)

    The most likely such move wherever returns are elliptical (normal, t); its distance is the number of
    portfolio standard deviations to X. Beside it, without that assumption: the smallest reweighting of the
    scenarios, in relative entropy, that makes the portfolio lose X on average; and the scenario itself that
    loses X and lies nearest to the mean.

    Parameters
    ----------
    scenarios
        Any, weighted or not; their period is the period of the move.
    portfolio
        A weight for every asset of the scenarios and for no other.
    loss
        X, a fraction of the portfolio's value, positive = bad: 0.1 for 10 %.

    Raises
    ------
    InputError
        The loss is not a positive number up to 10.
    NumericalError
        The portfolio never moves.
    AssetMismatchError
        Weights and scenarios name different assets.

    References
    ----------
    Breuer, Jandačka, Rheinberger and Summer (2009), How to find plausible, severe, and useful stress
    scenarios.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.0], [-0.02, 0.0], [0.0, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> found = reverse_stress(s, Portfolio("Half", {"SPY": 0.5, "BND": 0.5}), loss=0.05)
    >>> found.table["move"].round(6).to_dict(), round(found.distance, 6)
    ({'SPY': -0.08, 'BND': -0.02}, 6.324555)
    """
    wanted = float(loss)
    if not 0.0 < wanted <= 10.0:
        hint = f"; did you mean {wanted / 100:g}?" if 10.0 < wanted <= 1000.0 else "."
        raise InputError(
            f"The loss is a positive share of the value (0.1 for 10 %), got {loss}{hint}", loss=loss
        )
    weights = portfolio.aligned(scenarios.assets)
    _, _, losses = portfolio_losses(scenarios, portfolio)
    p = scenarios.probabilities
    mean, covariance = weighted_mean(scenarios.returns, p), weighted_covariance(scenarios.returns, p)
    toward = covariance @ weights
    spread = sqrt(max(float(weights @ toward), 0.0))
    if spread <= NULL * float(np.abs(weights) @ np.sqrt(np.diag(covariance))) or spread == 0.0:
        raise NumericalError(
            f"{portfolio.name} never moves in these scenarios, so no move of theirs loses {100 * wanted:g} %."
        )
    distance = max(0.0, (wanted + float(weights @ mean)) / spread)
    move = mean - toward * (distance / spread)
    sigma = np.sqrt(np.diag(covariance))
    posterior, divergence = _reweighted(scenarios, losses, wanted)
    expected = (
        np.full(weights.size, np.nan) if posterior is None else posterior.probabilities @ scenarios.returns
    )
    nearest, nearest_distance = _nearest(scenarios, losses, wanted, mean, covariance)
    away = np.divide(move - mean, sigma, out=np.zeros_like(move), where=sigma > 0.0)
    table = pd.DataFrame(
        {
            "weight": weights,
            "move": move,
            "in_sigmas": away,
            "contribution": weights * move,
            "pooled_move": expected,
        },
        index=pd.Index(scenarios.assets, name="asset"),
    )
    return ReverseStressResult(
        portfolio=portfolio.name,
        loss=wanted,
        table=table,
        distance=distance,
        reached=-float(weights @ move),
        relative_entropy=divergence,
        posterior=posterior,
        nearest=nearest,
        nearest_distance=nearest_distance,
    )


def _reweighted(scenarios: Scenarios, losses: Floats, wanted: float) -> tuple[Scenarios | None, float]:
    """Return the posterior that expects a loss of at least `wanted`; None where no scenario loses more."""
    p = scenarios.probabilities
    if losses[p > 0.0].max() <= wanted:
        return None, float("nan")
    found = pool(p, -losses[None, :], np.array([-wanted]), np.array([True]))
    return scenarios.with_probabilities(found.probabilities), found.relative_entropy


def _nearest(
    scenarios: Scenarios, losses: Floats, wanted: float, mean: Floats, covariance: Floats
) -> tuple[object | None, float]:
    rows = np.flatnonzero((losses >= wanted) & (scenarios.probabilities > 0.0))
    if rows.size == 0:
        return None, float("nan")
    values, vectors = np.linalg.eigh(covariance)
    kept = values > NULL * values[-1]
    scores = (scenarios.returns[rows] - mean) @ vectors[:, kept] / np.sqrt(values[kept])
    distances = np.sqrt((scores**2).sum(axis=1))
    best = int(np.argmin(distances))
    return scenarios.index[int(rows[best])], float(distances[best])
