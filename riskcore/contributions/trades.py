"""What a position or a trade changes, by valuing the portfolio anew instead of extrapolating its gradient."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InfeasibleError, InputError
from riskcore.measures import Measure, check_path, measure_named, percent, portfolio_losses
from riskcore.numerics.tail import tail_weights
from riskcore.portfolio import Portfolio
from riskcore.results import TradeResult
from riskcore.scenarios import Scenarios

__all__ = ["best_trade", "incremental_risk"]

Floats = NDArray[np.float64]
MOST_PAIRS = 2_000
ROUNDING = 1e-12
# The change of the risk, the asset sold and the asset bought.
Trade = tuple[float, int, int]


def incremental_risk(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
    size: float = 0.01,
) -> pd.DataFrame:
    """Return what removing each position, or adding to it, does to the risk; the other weights stay.

    What is sold becomes cash at 0 and what is added is paid from it, so nothing else is rescaled. Unlike the
    Euler components these differences do not add up to the risk.

    Parameters
    ----------
    scenarios, portfolio, measure, confidence
        As in `measures.risk`.
    size
        The weight added, a fraction of the portfolio value, positive.

    Returns
    -------
    pandas.DataFrame
        Index = assets; columns weight, risk_without (the position at 0), incremental (risk − risk_without:
        what holding it adds), risk_with_more (the weight raised by `size`), adding (risk_with_more − risk).
        Losses per period, positive = bad.

    Raises
    ------
    InputError
        `size` is not positive; the rest as in `measures.risk`.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.04, 0.01], [0.02, 0.0]]), ("SPY", "BND"), periods_per_year=252)
    >>> table = incremental_risk(s, Portfolio("A", {"SPY": 0.5, "BND": 0.5}), "worst")
    >>> table["incremental"].round(6).to_dict()
    {'SPY': 0.015, 'BND': -0.005}
    """
    if not (np.isfinite(size) and size > 0.0):
        raise InputError(f"The weight added must be positive, got {size}.")
    valued = _Valuation(scenarios, portfolio, measure, confidence)
    now = valued.risk(valued.losses)
    moves = valued.gains.T
    without = np.array(
        [valued.risk(valued.losses + w * r) for w, r in zip(valued.weights, moves, strict=True)]
    )
    more = np.array([valued.risk(valued.losses - size * r) for r in moves])
    return pd.DataFrame(
        {
            "weight": valued.weights,
            "risk_without": without,
            "incremental": now - without,
            "risk_with_more": more,
            "adding": more - now,
        },
        index=pd.Index(scenarios.assets, name="asset"),
    )


def best_trade(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
    size: float = 0.01,
    long_only: bool = True,
) -> TradeResult:
    """Return the pair "sell i, buy j" of one size that lowers the risk most, valued exactly.

    A convex risk changes by at least size × (marginal_j − marginal_i), so pairs are valued in the order of
    that bound until it cannot beat the two best found: the answer is the same as valuing every pair. VaR is
    not convex; all pairs are valued there up to 2,000, else the 2,000 most promising (`exact` is False).
    The order of the pairs is that of this sample; `second` says how close the next one comes.

    Parameters
    ----------
    scenarios, portfolio, measure, confidence
        As in `measures.risk`.
    size
        The weight sold and bought, a fraction of the portfolio value, positive.
    long_only
        Whether only positions of at least `size` can be sold; otherwise any asset, held or not.

    Raises
    ------
    InfeasibleError
        There is one asset only, nothing can be sold, or no trade of this size lowers the risk.
    InputError
        `size` is not positive; the rest as in `measures.risk`.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.04, 0.01], [0.02, 0.0]]), ("SPY", "BND"), periods_per_year=252)
    >>> trade = best_trade(s, Portfolio("A", {"SPY": 0.5, "BND": 0.5}), "worst", size=0.1)
    >>> trade.sell, trade.buy, round(trade.change, 6)
    ('SPY', 'BND', -0.005)
    """
    if not (np.isfinite(size) and size > 0.0):
        raise InputError(f"The weight traded must be positive, got {size}.")
    if scenarios.size < 2:
        raise InfeasibleError("There is only one asset to trade.")
    valued = _Valuation(scenarios, portfolio, measure, confidence)
    now, marginal = valued.risk(valued.losses), valued.marginal()
    label = valued.measure.labelled(valued.level)
    sellable = _sellable(valued, size) if long_only else None
    best, second, complete = _lowest(valued, _by_slope(marginal, sellable), size, now)
    least = -ROUNDING * float(np.abs(valued.losses).max())
    if best is None or best[0] >= least:
        raise InfeasibleError(
            f"No trade of {percent(size)} between two assets of {valued.name} lowers its {label}; "
            "a smaller one still may."
        )
    change, sell, buy = best
    near = second if second is not None and second[0] < least else None
    return TradeResult(
        portfolio=valued.name,
        measure=valued.measure.key,
        label=label,
        confidence=valued.level,
        sell=scenarios.assets[sell],
        buy=scenarios.assets[buy],
        size=size,
        before=now,
        after=now + change,
        first_order=size * float(marginal[buy] - marginal[sell]),
        exact=complete,
        second=None if near is None else (scenarios.assets[near[1]], scenarios.assets[near[2]]),
        second_change=None if near is None else near[0],
    )


class _Valuation:
    """A portfolio's losses, and its risk under any other losses."""

    def __init__(
        self,
        scenarios: Scenarios,
        portfolio: Portfolio | pd.Series,
        measure: str,
        confidence: float | None,
    ) -> None:
        self.measure: Measure = measure_named(measure)
        self.level = self.measure.level(confidence)
        check_path(self.measure, scenarios)
        self.name, self.weights, self.losses = portfolio_losses(scenarios, portfolio)
        self.gains: Floats = np.asfortranarray(scenarios.returns)
        self._probabilities = scenarios.probabilities

    def _identifier(self, losses: Floats) -> Floats:
        level = np.nan if self.level is None else self.level
        return self.measure.identifier(losses, self._probabilities, level)

    def risk(self, losses: Floats) -> float:
        """Return the risk of these losses."""
        return float(self._identifier(losses) @ losses)

    def marginal(self) -> Floats:
        """Return ∂risk/∂w; for VaR that of CVaR, which only ranks the trades to value."""
        if self.measure.key == "var" and self.level is not None:
            return -(tail_weights(self.losses, self._probabilities, self.level) @ self.gains)
        return -(self._identifier(self.losses) @ self.gains)


def _sellable(valued: _Valuation, size: float) -> NDArray[np.bool_]:
    """Return which positions can be sold without going short."""
    largest = float(valued.weights.max())
    if largest <= 0.0:
        raise InfeasibleError(f"{valued.name} holds no position to sell.")
    if largest < size - ROUNDING:
        raise InfeasibleError(
            f"{valued.name} has no position of {percent(size)} to sell: its largest is {percent(largest)}."
        )
    found: NDArray[np.bool_] = valued.weights >= size - ROUNDING
    return found


def _lowest(
    valued: _Valuation, pairs: Iterator[tuple[float, int, int]], size: float, now: float
) -> tuple[Trade | None, Trade | None, bool]:
    """Return the two largest falls in risk with their pairs, and whether no other pair can do better."""
    convex = valued.measure.key != "var"
    best: Trade | None = None
    second: Trade | None = None
    for tried, (slope, sell, buy) in enumerate(pairs):
        # A convex risk moves by at least size × slope, and the slopes only rise from here.
        if convex and size * slope >= (0.0 if second is None else second[0]):
            break
        if not convex and tried == MOST_PAIRS:
            return best, second, False
        found = valued.risk(valued.losses + size * (valued.gains[:, sell] - valued.gains[:, buy])) - now
        if found < (0.0 if best is None else best[0]):
            best, second = (found, sell, buy), best
        elif found < (0.0 if second is None else second[0]):
            second = (found, sell, buy)
    return best, second, True


def _by_slope(marginal: Floats, sellable: NDArray[np.bool_] | None) -> Iterator[tuple[float, int, int]]:
    """Yield (marginal_j − marginal_i, i, j) from the steepest fall up, for every i that can be sold."""
    size = marginal.size
    slopes = marginal[None, :] - marginal[:, None]
    allowed = ~np.eye(size, dtype=bool)
    if sellable is not None:
        allowed &= sellable[:, None]
    cells = np.flatnonzero(allowed)
    for cell in cells[np.argsort(slopes.ravel()[cells], kind="stable")]:
        sell, buy = divmod(int(cell), size)
        yield float(slopes[sell, buy]), sell, buy
