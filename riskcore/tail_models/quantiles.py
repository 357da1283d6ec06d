"""Losses beside the quantiles that fitted distributions expect at their rank: the numbers of a QQ plot."""

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from riskcore.measures import portfolio_losses
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.tail_models.models import fit_tail

__all__ = ["quantile_table"]

# Any level serves: only the fitted parameters are read.
_LEVEL = 0.95


def quantile_table(scenarios: Scenarios, portfolio: Portfolio) -> pd.DataFrame:
    """Return every loss with the quantile that a Gaussian and a Student-t fit expect at its rank.

    The k-th smallest loss, of probability p_k, stands at u_k = Σ_{j<k} p_j + p_k/2, which is (k − ½)/S when
    all are equally likely. The Gaussian expects μ + σ Φ⁻¹(u), the Student-t location + scale · t_ν⁻¹(u),
    fitted as in `tail_risk`.

    Parameters
    ----------
    scenarios, portfolio
        S × n returns and one weight per asset. Impossible scenarios (probability 0) are left out.

    Returns
    -------
    pandas.DataFrame
        Index = labels of the scenarios, smallest loss first; columns level (u), loss, gaussian, student_t:
        losses per period, positive = bad. `attrs["nu"]` is the fitted ν.

    Raises
    ------
    AssetMismatchError
        Weights and scenarios name different assets.
    MissingDataError, NumericalError
        Too few scenarios, or constant losses.

    References
    ----------
    McNeil, Frey and Embrechts (2015), Quantitative Risk Management, section 3.1.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.standard_t(4, (4000, 1)) / 100, ("SPY",), periods_per_year=252)
    >>> worst = quantile_table(s, Portfolio("A", {"SPY": 1.0})).iloc[-1]
    >>> bool(worst["loss"] > 1.3 * worst["gaussian"])
    True
    """
    _, _, losses = portfolio_losses(scenarios, portfolio)
    p = scenarios.probabilities
    gaussian = fit_tail("gaussian", losses, p, confidence=_LEVEL).parameters
    student = fit_tail("student_t", losses, p, confidence=_LEVEL).parameters
    rows = np.argsort(losses, kind="stable")
    rows = rows[p[rows] > 0]
    levels = np.cumsum(p[rows]) - p[rows] / 2
    table = pd.DataFrame(
        {
            "level": levels,
            "loss": losses[rows],
            "gaussian": gaussian["mean_loss"] + gaussian["volatility"] * ndtri(levels),
            "student_t": student["mean_loss"] + student["scale"] * stdtrit(student["nu"], levels),
        },
        index=scenarios.index[rows],
    )
    table.attrs["nu"] = student["nu"]
    return table
