"""What portfolio codes are called: named rules, presets of the data, saved and typed portfolios."""

from collections.abc import Mapping

import pandas as pd

from riskcore.dashboard.basket import AFTER, AFTER_TITLE
from riskcore.dashboard.portfolio_codes import saved_title, shares_of
from riskcore.dashboard.view import SAVED_CODE, typed_weights
from riskcore.data.price_set import PriceSet
from riskcore.figures.words import MINUS

__all__ = ["RULES", "benchmark_title", "portfolio_title", "presets_of"]

# Named rules in the order of the menu; "risk_parity" follows the measure of the frame.
RULES = {
    "equal_weight": "Equal weight",
    "risk_parity": "Risk parity",
    "inverse_volatility": "Inverse volatility",
    "equal_risk_contribution": "Volatility parity",
    "cvar_parity": "CVaR parity",
    "minimum_cvar": "Minimum CVaR",
    "minimum_variance": "Minimum variance",
    "maximum_sharpe": "Maximum Sharpe",
    "maximum_diversification": "Max diversification",
    "hierarchical_risk_parity": "Hierarchical parity",
    "gaussian_cvar_parity": "Gaussian CVaR parity",
}


def presets_of(prices: PriceSet, assets: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Return the ready-made portfolios that these assets can build: code to weights."""
    presets: dict[str, dict[str, float]] = {}
    if {"SPY", "BND"} <= set(assets):
        presets["60_40"] = {"SPY": 0.6, "BND": 0.4}
    if {"SPY", "BND", "GOLD"} <= set(assets):
        presets["low_risk_gold"] = {"SPY": 0.15, "BND": 0.7, "GOLD": 0.15}
    markets = [a for a in ("SPY", "FTSE100", "NIKKEI225", "HANGSENG") if a in assets]
    if len(markets) == 4:
        presets["world_equity"] = {a: 1.0 / len(markets) for a in markets}
    presets["cash"] = {assets[0]: 0.0}
    return presets


PRESET_TITLES = {
    "60_40": "60/40 (SPY/BND)",
    "low_risk_gold": "Low risk with gold",
    "world_equity": "World equity, 4 equal",
    "cash": "Cash",
}


def benchmark_title(code: str, prices: PriceSet) -> str:
    """Return what the menu calls a benchmark: the asset itself, or the portfolio behind the code."""
    return code if code in prices.prices.columns else portfolio_title(code, prices)


def portfolio_title(code: str, prices: PriceSet | None = None) -> str:
    """Return what the menu calls a portfolio code; may contain names typed by the reader."""
    if code == AFTER:
        return AFTER_TITLE
    if code.startswith(SAVED_CODE):
        return saved_title(code)
    shares = shares_of(code)
    if shares is not None:
        return "Shares: " + _largest({a: n for a, n in shares.pieces.items() if n})
    weights = typed_weights(code)
    if weights is None:
        return RULES.get(code) or PRESET_TITLES.get(code) or code
    return "Typed: " + _largest({asset: 100 * weight for asset, weight in weights.items()})


def _largest(numbers: Mapping[str, float]) -> str:
    largest = pd.Series(numbers).sort_values(ascending=False, key=abs).head(3)
    parts = [f"{asset} " + f"{number:.3g}".replace("-", MINUS) for asset, number in largest.items()]
    more = f" +{len(numbers) - len(parts)}" if len(numbers) > len(parts) else ""
    return ", ".join(parts) + more
