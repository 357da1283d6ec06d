"""Exponentially weighted volatility and the losses filtered by it."""

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError, NumericalError

__all__ = ["BURN_IN", "DECAY", "filtered_losses"]

Floats = NDArray[np.float64]
DECAY = 0.94
BURN_IN = 75
"""Losses that only start the recursion: the start keeps 0.94⁷⁵ ≈ 1 % of its weight."""


def filtered_losses(losses: Floats, *, decay: float = DECAY) -> tuple[Floats, Floats]:
    """Return the volatility forecast for each period and the next, and losses over their own forecast.

    σ²_{t+1} = λ σ²_t + (1 − λ) l_t², started at the mean square of the first 75 losses; each forecast uses
    earlier losses only. Losses are not demeaned.

    Parameters
    ----------
    losses
        n losses in time order.
    decay
        λ in (0, 1); 0.94 is the daily value of RiskMetrics.

    Returns
    -------
    tuple
        n + 1 − 75 forecasts σ_76 … σ_{n+1} and the n − 75 filtered losses l_t / σ_t they go with.

    Raises
    ------
    MissingDataError
        Not more than 150 losses.
    NumericalError
        A forecast is 0: the losses were 0 for too long.

    References
    ----------
    RiskMetrics Technical Document (1996), section 5.2; Barone-Adesi, Giannopoulos and Vosper (1999),
    Journal of Futures Markets 19, for filtering.

    Examples
    --------
    >>> volatility, filtered = filtered_losses(np.tile([0.01, -0.01], 100))
    >>> volatility.shape, bool(np.allclose(np.abs(filtered), 1))
    ((126,), True)
    """
    if not 0 < decay < 1:
        raise InputError(f"The decay of the volatility filter lies between 0 and 1; got {decay:g}.")
    if losses.size <= 2 * BURN_IN:
        raise MissingDataError(
            f"Filtering by recent volatility needs more than {2 * BURN_IN} scenarios in time order; "
            f"there are {losses.size}."
        )
    start = float(np.mean(losses[:BURN_IN] ** 2))
    from scipy.signal import lfilter  # half a second to import, and only this model needs it

    tail, _ = lfilter([1 - decay], [1, -decay], losses[BURN_IN:] ** 2, zi=np.array([decay * start]))
    volatility = np.sqrt(np.concatenate([[start], tail]))
    if volatility.min() <= 1e-12 * float(np.abs(losses).max(initial=0.0)):
        raise NumericalError("The losses stay at 0 for too long to filter them by recent volatility.")
    return volatility, losses[BURN_IN:] / volatility[:-1]
