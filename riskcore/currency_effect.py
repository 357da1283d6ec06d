"""What exchange rates add to a portfolio's risk: unhedged against hedged, by asset and by part."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from riskcore.contributions import risk_contributions
from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.portfolio import Portfolio
from riskcore.results.currency import CurrencyEffectResult
from riskcore.scenarios import Scenarios

__all__ = ["check_rates", "currency_effect"]


def currency_effect(
    scenarios: Scenarios,
    portfolio: Portfolio,
    measure: str = "cvar",
    *,
    rates: Mapping[str, str],
    confidence: float | None = None,
) -> CurrencyEffectResult:
    """Return the risk in the base currency, split by asset into a local and a currency part.

        1 + r_base = (1 + r_local)(1 + r_rate),   r_base = r_local + r_rate (1 + r_local)

    The first term is the local part, the second the currency part: what the rate does to the value after the
    local move, so the cross term r_local · r_rate belongs to the currency. Both parts are Euler contributions
    under the unhedged risk, and together they add up to it exactly. They say what drives the unhedged risk;
    what hedging changes is `unhedged` − `hedged`, because the hedged portfolio has other worst scenarios.

    Parameters
    ----------
    scenarios
        Local returns of the assets, and the returns of the exchange rates (base currency per unit of the
        foreign one) as further columns.
    portfolio
        Weights of the assets. A rate it holds is an asset as well, already in the base currency.
    measure, confidence
        As in `contributions.risk_contributions`.
    rates
        Asset to the column of its exchange rate; an asset left out keeps its local return.

    Raises
    ------
    AssetMismatchError
        An asset or a rate is not among the scenarios, or weights do not match.
    InputError
        There is no rate, or an asset to convert is itself an exchange rate.
    ConfidenceError, NumericalError
        As in `contributions.risk_contributions`.

    Examples
    --------
    >>> returns = np.array([[-0.10, -0.10], [0.10, 0.0], [0.0, 0.10], [0.0, 0.0]])
    >>> s = Scenarios(returns, ("FTSE100", "GBPUSD"), periods_per_year=252)
    >>> a = Portfolio("A", {"FTSE100": 1.0, "GBPUSD": 0.0})
    >>> found = currency_effect(s, a, "worst", rates={"FTSE100": "GBPUSD"})
    >>> round(found.hedged, 6), round(found.unhedged, 6)
    (0.1, 0.19)
    >>> found.table[["local", "currency"]].round(6).values.tolist()
    [[0.1, 0.09]]
    """
    held = _checked(scenarios, portfolio, rates)
    weights = dict(zip(scenarios.assets, portfolio.aligned(scenarios.assets), strict=True))
    column = {asset: scenarios.returns[:, place] for place, asset in enumerate(scenarios.assets)}
    converted = [asset for asset in held if asset in rates]
    moves = [column[asset] for asset in held]
    moves += [column[rates[asset]] * (1.0 + column[asset]) for asset in converted]
    # Numbered, because a label made from an asset's could be that of another asset.
    labels = tuple(str(number) for number in range(len(moves)))
    parts = replace(scenarios, returns=np.column_stack(moves), assets=labels)
    sizes = [weights[asset] for asset in (*held, *converted)]
    whole = risk_contributions(
        parts,
        Portfolio(portfolio.name, dict(zip(labels, sizes, strict=True))),
        measure,
        confidence=confidence,
    )
    local = risk_contributions(
        scenarios.select(held),
        Portfolio(portfolio.name, {asset: weights[asset] for asset in held}),
        measure,
        confidence=confidence,
    )
    component = whole.table["component"].to_numpy()
    table = pd.DataFrame(
        {"weight": [weights[asset] for asset in held], "local": component[: len(held)]},
        index=pd.Index(held, name="asset"),
    )
    currency = pd.Series(component[len(held) :], index=converted)
    table["currency"] = currency.reindex(held, fill_value=0.0)
    table["unhedged"] = table["local"] + table["currency"]
    table["hedged"] = local.table["component"]
    return CurrencyEffectResult(
        portfolio=portfolio.name,
        measure=whole.measure,
        label=whole.label,
        confidence=whole.confidence,
        unhedged=whole.total,
        hedged=local.total,
        table=table,
        rates=dict(rates),
    )


def _checked(scenarios: Scenarios, portfolio: Portfolio, rates: Mapping[str, str]) -> list[str]:
    """Return the assets apart from rates that are not held, in the order of the scenarios."""
    if not rates:
        raise InputError("Name an exchange rate for at least one asset; without one nothing is converted.")
    check_rates(scenarios, rates)
    used = set(rates.values())
    weights = zip(scenarios.assets, portfolio.aligned(scenarios.assets), strict=True)
    return [name for name, weight in weights if name not in used or weight != 0.0]


def check_rates(scenarios: Scenarios, rates: Mapping[str, str]) -> None:
    """Refuse exchange rates that are not among the columns, or are converted themselves.

    Raises
    ------
    AssetMismatchError
        An asset or a rate has no returns.
    InputError
        An asset to convert is itself an exchange rate.

    Examples
    --------
    >>> s = Scenarios(np.zeros((2, 2)), ("FTSE100", "GBPUSD"), periods_per_year=252)
    >>> check_rates(s, {"FTSE100": "GBPUSD"})
    """
    unknown = [name for name in (*rates, *rates.values()) if name not in scenarios.assets]
    if unknown:
        raise AssetMismatchError(
            f"No returns for {listed(dict.fromkeys(unknown))}; the data has "
            f"{listed(scenarios.assets, most=20)}.",
            unknown=unknown,
        )
    both = [name for name in rates if name in rates.values()]
    if both:
        raise InputError(f"{listed(both)} cannot be an asset to convert and an exchange rate at once.")
