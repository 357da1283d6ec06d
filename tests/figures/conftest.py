"""Small results written by hand, so that every expected number can be checked by eye."""

import json

import numpy as np
import pandas as pd
import pytest

from riskcore.results.risk import ContributionResult, RiskResult
from riskcore.results.stress import IndexGapResult, ReplayResult

NASTY = "<a href='https://evil'>x</a> $y$ %{z} & more"


def text_of(figure):
    """Return the figure as it is, without the escaping of `to_json`."""
    return json.dumps(figure.to_plotly_json(), default=list, ensure_ascii=False)


def contribution(name="Equal weight", weights=(0.5, 0.3, 0.2), components=(0.015, 0.006, -0.001), **changes):
    total = sum(components)
    table = pd.DataFrame(
        {
            "weight": weights,
            "marginal": np.divide(components, weights),
            "component": components,
            "relative": np.divide(components, total) if total else [np.nan] * len(weights),
        },
        index=changes.pop("index", ["SPY", "QQQ", "BND"][: len(weights)]),
    )
    given = {"measure": "cvar", "label": "CVaR 95 %", "confidence": 0.95} | changes
    return ContributionResult(portfolio=name, total=total, table=table, **given)


def tail_pair(scale=1.0, name="Equal weight", index=None):
    """Losses 1 … 40 % of value; at 90 % VaR is the 5th worst, 36 %, and CVaR the mean of 37 … 40 %."""
    losses = scale * np.arange(1, 41) / 100.0
    dates = pd.date_range("2020-01-01", periods=40, freq="D") if index is None else index
    at_var, in_tail = np.zeros(40), np.zeros(40)
    at_var[35], in_tail[36:] = 1.0, 0.25
    return (
        RiskResult(scale * 0.36, "var", "VaR 90 %", 0.9, name, losses, at_var, dates),
        RiskResult(scale * 0.385, "cvar", "CVaR 90 %", 0.9, name, losses, in_tail, dates, 4.0),
    )


def replay(name, weights, event="COVID-19 crash"):
    moves = np.array([-0.34, -0.28, 0.02])
    dates = pd.to_datetime(["2020-02-19", "2020-03-09", "2020-03-23"])
    parts = np.array(weights) * moves
    table = pd.DataFrame(
        {"weight": weights, "asset_return": moves, "contribution": parts}, index=["SPY", "QQQ", "BND"]
    )
    path = pd.Series([1.0, 1.0 + parts.sum() / 2, 1.0 + parts.sum()], index=dates)
    return ReplayResult(event, name, dates[0], dates[-1], table, float(parts.sum()), path)


def index_gap(name, weights, gap=-0.15):
    beta, daily = np.array([1.0, 1.1, 0.1]), np.array([1.0, 1.2, -0.1])
    table = pd.DataFrame(
        {
            "weight": weights,
            "beta": beta,
            "beta_daily": daily,
            "standard_error": [0.0, 0.05, 0.02],
            "asset_return": beta * gap,
            "contribution": np.array(weights) * beta * gap,
        },
        index=["SPY", "QQQ", "BND"],
    )
    totals = [float(np.dot(weights, b) * gap) for b in (beta, daily)]
    return IndexGapResult("SPY", gap, name, table, *totals, weeks=500)


@pytest.fixture
def a():
    return contribution()


@pytest.fixture
def b():
    return contribution("Risk parity", (0.1, 0.2, 0.7), (0.004, 0.004, 0.004))
