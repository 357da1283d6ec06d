"""What a walk-forward backtest says, in words and as a table to read."""

import numpy as np
import pandas as pd

from riskcore.allocation import ALLOCATORS
from riskcore.dashboard.text import counted
from riskcore.errors import listed
from riskcore.figures.words import card_percent, dated, number, percent
from riskcore.results.backtest import BacktestFigure, BacktestResult, MethodBacktest

__all__ = ["basis", "caution", "compared_rule", "few_rows", "figures_table", "story", "trouble"]

SPACE = "\N{NO-BREAK SPACE}"
FEW_TAIL = 10 * (1.0 - 1e-9)  # rows in the tail, as on the other pages


def compared_rule(found: BacktestResult, letters: dict[str, str]) -> MethodBacktest | None:
    """Return the rule to set beside equal weight: B's, else A's, else the last; None where there is none."""
    others = [key for key in found.methods if key != "equal_weight"]
    for letter in ("B", "A"):
        for key in others:
            if letters.get(key) == letter:
                return found.methods[key]
    return found.methods[others[-1]] if others else None


def story(found: BacktestResult, letters: dict[str, str]) -> str:
    """Return what happened in one sentence: equal weight, the rule beside it, and whether it is settled."""
    equal = found.methods["equal_weight"]
    words = (
        f"{found.rebalance.capitalize()} since {dated(found.start)}, net of {1e4 * found.costs:g}{SPACE}bp: "
        f"equal weight {_made(equal)} at {card_percent(equal.volatility.value)} volatility"
    )
    other = compared_rule(found, letters)
    if other is None:
        return f"{words}."
    again = _made(other)
    if min(equal.growth_per_year.value, other.growth_per_year.value) >= 0:
        again = card_percent(other.growth_per_year.value)
    words += f"; {_in_sentence(other.label)} {again} at {card_percent(other.volatility.value)}"
    difference = other.sharpe_difference
    if difference is None:
        return f"{words}."
    return f"{words}; {_difference(difference)}."


def _made(method: MethodBacktest) -> str:
    growth = method.growth_per_year.value
    return f"{'made' if growth >= 0 else 'lost'} {card_percent(abs(growth))} a year"


def _in_sentence(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def _difference(figure: BacktestFigure) -> str:
    size = f"its Sharpe ratio is {number(abs(figure.value), 2)} {'higher' if figure.value >= 0 else 'lower'}"
    if figure.lower is None or figure.upper is None:
        return f"{size}, without an interval: too few rows were held"
    bounds = f"{number(figure.lower, 2)} to {number(figure.upper, 2)}"
    verdict = "clear of 0" if figure.excludes_zero else "which is not settled"
    return f"{size}, {verdict} (95{SPACE}% interval of the difference {bounds})"


def figures_table(found: BacktestResult, letters: dict[str, str], unit: str) -> pd.DataFrame:
    """Return a column per rule, every figure with its interval where it has one."""
    level = f"{100 * found.confidence:g}{SPACE}%"
    rows = {}
    for key, m in found.methods.items():
        letter = f"{letters[key]} · " if key in letters else ""
        rows[letter + m.label] = {
            "return, % a year": _ranged(m.growth_per_year, 100, 1),
            "volatility, % a year": _ranged(m.volatility, 100, 1),
            "Sharpe": _ranged(m.sharpe, 1, 2),
            "Sharpe − equal weight’s": _ranged(m.sharpe_difference, 1, 2) if key != "equal_weight" else "–",
            f"{unit} CVaR {level}, %": _ranged(m.cvar, 100, 2),
            "worst drawdown, %": number(100 * m.max_drawdown, 1),
            "turnover, % a year": number(100 * m.turnover_per_year, 0),
            "costs, % a year": number(100 * m.costs_per_year, 3),
            "dates without an answer": f"{len(m.failures)}",
        }
    return pd.DataFrame(rows)


def _ranged(figure: BacktestFigure | None, scale: float, digits: int) -> str:
    if figure is None:
        return "not defined"
    value = number(scale * figure.value, digits)
    if figure.lower is None or figure.upper is None:
        return value
    return f"{value} ({number(scale * figure.lower, digits)} to {number(scale * figure.upper, digits)})"


def trouble(found: BacktestResult) -> list[str]:
    """Return which rules are missing or stood still, and why, one sentence each."""
    said = [
        f"{ALLOCATORS[key].label} is left out: it had no weights at the first date. {reason}"
        for key, reason in found.refused.items()
    ]
    for m in found.methods.values():
        if m.failures:
            day, reason = next(iter(m.failures.items()))
            said.append(
                f"{m.label} had no answer at {counted(len(m.failures), 'date')} of {len(m.weights):,} and "
                f"kept its drifted weights there; first on {dated(day)}: {reason}"
            )
    return said


def few_rows(found: BacktestResult) -> list[str]:
    """Return what rests on fewer than ten rows of a tail, and what a negative Sharpe ratio cannot say."""
    said, level = [], f"CVaR {100 * found.confidence:g}{SPACE}%"
    using = [m.label for key, m in found.methods.items() if ALLOCATORS[key].uses_confidence]
    learned = found.window or found.warm_up
    for rows, what in (
        (learned if using else None, f"{listed(using)} at {'each' if found.window else 'the first'} trade"),
        (found.rows, "the figures of the paths"),
    ):
        tail = (1.0 - found.confidence) * (rows or np.inf)
        if tail < FEW_TAIL:
            said.append(
                f"Few rows in the tail: for {what}, {level} of {rows:,} rows rests on the worst {tail:.2g}."
            )
    if any(m.sharpe is not None and m.sharpe.value < 0 for m in found.methods.values()):
        said.append(
            "A negative Sharpe ratio comes nearer to 0 the more volatile a path is: among rules that earned "
            "less than the risk-free rate it ranks nothing."
        )
    return said


def caution(found: BacktestResult, source: str) -> str:
    """Return what the backtest cannot say."""
    intervals = found.no_intervals or f"In brackets: {percent(found.level, 0)} intervals."
    many = (
        " By chance alone the best of several rules looks better than it is."
        if len(found.methods) > 2
        else ""
    )
    return (
        f"{intervals}{many} The choice of assets and rules is not walk-forward: these are assets that "
        f"exist today (survivorship; {source}), so every path flatters."
    )


def basis(found: BacktestResult, unit: str) -> str:
    """Return how the paths and figures were made."""
    learned = f"the {found.window:,} rows before it" if found.window else "all rows before it"
    blocks = (
        ""
        if found.no_intervals
        else f" Intervals come from {found.resamples:,} block resamples, those of differences from the same "
        "blocks of both paths."
    )
    return (
        f"Each trade rests on {learned} and is made at the close that ends them; weights then drift. "
        f"{found.rows:,} {unit} returns were held. Turnover is one-way, without the first purchase; costs "
        f"include it. Risk-free {100 * found.risk_free:g}{SPACE}%.{blocks} The past settles little about the "
        "future."
    )
