"""How the mean, variance, third and fourth moment of a portfolio's losses move with its weights."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.moment_tails import Slope, standardised

__all__ = ["PortfolioMoments", "ShapeGradients", "co_moments", "figure_gradient", "shape_gradients"]

Floats = NDArray[np.float64]


class PortfolioMoments(NamedTuple):
    """Mean, central moments 2 to 4 of a portfolio's losses (4), and their gradients in its weights (4 × n).

    The gradient of moment k is k times the co-moments contracted with the weights: 2 Σw, 3 M₃(w⊗w),
    4 M₄(w⊗w⊗w). Any estimator of the moments will do, as long as moment k is of degree k in the weights.
    """

    values: Floats
    gradients: Floats


class ShapeGradients(NamedTuple):
    """Mean, deviation, skewness, excess kurtosis of a portfolio's losses (4), and their gradients (4 × n)."""

    values: Floats
    gradients: Floats


def co_moments(returns: Floats, probabilities: Floats, losses: Floats) -> PortfolioMoments:
    """Return the moments of a portfolio's losses and their gradients in its weights.

        ∂m_k/∂w_i = k Σ_s p_s (u_s^{k−1} − E u^{k−1}) (−R_si),  u = l − E l

    All four gradients come from one product with the scenarios, 4 × S by S × n: the co-skewness (n³) and
    co-kurtosis (n⁴) tensors that they are contractions of are never formed.

    Parameters
    ----------
    returns, probabilities
        S × n simple returns and S probabilities that sum to 1; moments are divided by Σp.
    losses
        The S losses −R w of the portfolio.

    Returns
    -------
    PortfolioMoments
        In powers of the unit of the losses, positive = bad.

    Raises
    ------
    NumericalError
        Every loss is the same.

    References
    ----------
    Boudt, Peterson and Croux (2008), Journal of Risk 11, the derivatives of portfolio moments.

    Examples
    --------
    >>> returns = np.array([[-0.03, 0.0], [0.01, 0.01], [0.02, -0.01]])
    >>> w = np.array([0.5, 0.5])
    >>> found = co_moments(returns, np.full(3, 1 / 3), -(returns @ w))
    >>> bool(np.allclose(found.gradients @ w, [1, 2, 3, 4] * found.values))
    True
    """
    location, scale, standard = standardised(losses, probabilities)
    powers = standard ** np.arange(1, 5)[:, None]
    means = powers @ probabilities
    multipliers = np.vstack([np.ones_like(losses), powers[:3] - means[:3, None]]) * probabilities
    units = scale ** np.arange(4) * np.arange(1, 5)
    values = np.array([location, *(scale ** np.arange(2, 5) * means[1:])])
    return PortfolioMoments(values, -units[:, None] * (multipliers @ returns))


def shape_gradients(moments: PortfolioMoments) -> ShapeGradients:
    """Return mean, deviation, skewness and excess kurtosis with their gradients, from central moments.

    Examples
    --------
    >>> moments = PortfolioMoments(np.array([0.0, 4.0, 8.0, 48.0]), np.array([[0.0], [8.0], [24.0], [192.0]]))
    >>> shape = shape_gradients(moments)
    >>> shape.values.tolist(), shape.gradients[:, 0].tolist()
    ([0.0, 2.0, 1.0, 0.0], [0.0, 2.0, 0.0, 0.0])
    """
    mean, variance, third, fourth = moments.values
    by_mean, by_variance, by_third, by_fourth = moments.gradients
    deviation = np.sqrt(variance)
    by_deviation = by_variance / (2 * deviation)
    skewness, kurtosis = third / deviation**3, fourth / variance**2
    by_skewness = by_third / deviation**3 - 3 * skewness * by_deviation / deviation
    by_kurtosis = by_fourth / variance**2 - 4 * kurtosis * by_deviation / deviation
    return ShapeGradients(
        np.array([mean, deviation, skewness, kurtosis - 3]),
        np.vstack([by_mean, by_deviation, by_skewness, by_kurtosis]),
    )


def figure_gradient(shape: ShapeGradients, figure: Slope) -> tuple[float, Floats]:
    """Return location + deviation × figure, and its gradient in the weights.

    Parameters
    ----------
    shape
        Of the portfolio.
    figure
        VaR or CVaR of losses standardised to that skewness and kurtosis.

    Examples
    --------
    >>> shape = ShapeGradients(np.array([0.01, 0.1, 0.0, 0.0]), np.array([[0.01], [0.1], [0.0], [0.0]]))
    >>> value, gradient = figure_gradient(shape, Slope(2.0))
    >>> round(value, 9), gradient.round(9).tolist()
    (0.21, [0.21])
    """
    mean, deviation, _, _ = shape.values
    rates = np.array(
        [1.0, figure.value, deviation * figure.by_skewness, deviation * figure.by_kurtosis], np.float64
    )
    gradient: Floats = rates @ shape.gradients
    return float(mean + deviation * figure.value), gradient
