"""The horizons of the frame: how many periods of the data each has."""

from riskcore.data.price_set import PriceSet

__all__ = ["horizons_of"]

HORIZON_DAYS = {"1d": 1, "1w": 5, "10d": 10, "1m": 21}
TRADING_DAYS = 252.0


def horizons_of(prices: PriceSet) -> dict[str, int]:
    """Return the horizons a data set can show, each with its length in periods of the data."""
    per_day = prices.periods_per_year / TRADING_DAYS
    lengths = {key: days * per_day for key, days in HORIZON_DAYS.items()}
    offered = {key: round(length) for key, length in lengths.items() if length > 0.9}
    return offered or {"1p": 1}
