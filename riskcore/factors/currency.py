"""Unhedged returns: local returns seen from a base currency, so that exchange rates become factors."""

from collections.abc import Mapping
from dataclasses import replace

from riskcore.currency_effect import check_rates
from riskcore.scenarios import Scenarios

__all__ = ["unhedged"]


def unhedged(scenarios: Scenarios, rates: Mapping[str, str]) -> Scenarios:
    """Return the scenarios with the assets' returns in the base currency: (1 + r)(1 + x) − 1.

    The rates stay among the columns, as factors to regress on. An asset's exposure to its own rate is then
    about 1, more or less where the local price moves with the rate; hedged, the exchange rate is out of the
    return and what is left is that co-movement.

    Parameters
    ----------
    scenarios
        Local returns, and returns of exchange rates (base currency per unit of the foreign one) as columns.
    rates
        Asset to the column of its rate; others keep their returns.

    Raises
    ------
    AssetMismatchError
        An asset or a rate is not among the columns.
    InputError
        An asset to convert is itself a rate.

    Examples
    --------
    >>> import numpy as np
    >>> s = Scenarios(np.array([[0.10, 0.10], [0.0, -0.05]]), ("FTSE100", "GBPUSD"), periods_per_year=252)
    >>> unhedged(s, {"FTSE100": "GBPUSD"}).frame["FTSE100"].round(6).tolist()
    [0.21, -0.05]
    """
    check_rates(scenarios, rates)
    returns = scenarios.returns.copy()
    place = {asset: column for column, asset in enumerate(scenarios.assets)}
    for asset, rate in rates.items():
        own, moved = scenarios.returns[:, place[asset]], scenarios.returns[:, place[rate]]
        returns[:, place[asset]] = (1.0 + own) * (1.0 + moved) - 1.0
    return replace(scenarios, returns=returns)
