"""The Sizing page in words and tables: what a target would have done, stakes with their doubts, falls."""

from typing import TypeVar

import pandas as pd

from riskcore.dashboard.book import Holding
from riskcore.figures.words import dated, number, percent
from riskcore.results.sizing import KellyStake, VolatilityTarget
from riskcore.sizing import fall_probability

__all__ = ["SHARES", "by_letter", "fall_table", "growth_words", "stake_table", "target_table", "target_words"]

T = TypeVar("T")
SPACE = "\N{NO-BREAK SPACE}"
SHARES = {"quarter Kelly": 0.25, "half Kelly": 0.5, "full Kelly": 1.0}
# 95 % of a normal estimate lies within this many standard errors.
WIDTH = 1.959963984540054


def by_letter(found: list[tuple[Holding, T]]) -> dict[str, T]:
    """Return the answers by the letter of the portfolio."""
    return {holding.letter: answer for holding, answer in found}


def target_words(found: list[tuple[Holding, VolatilityTarget]]) -> str:
    """Return what the target would have done, in one sentence each."""
    words = []
    for holding, one in found:
        low, high = float(one.scale.min()), float(one.scale.max())
        words.append(
            f"{holding.letter}, held {number(low, 2)} to {number(high, 2)} times its size, had a volatility "
            "of "
            f"{percent(one.realised)} instead of {percent(one.unscaled_realised)}; what was seen by "
            f"{dated(one.scale.index[-1])} asks for {number(one.next_scale, 2)} times next."
        )
    return f"Aiming at {percent(found[0][1].target, 0)} volatility a year: " + " ".join(words)


def target_table(found: list[tuple[Holding, VolatilityTarget]]) -> pd.DataFrame:
    """Return the figures of the target, one column per portfolio."""
    return pd.DataFrame(
        {
            _title(holding): {
                "realised, % per year": 100 * one.realised,
                "unscaled, % per year": 100 * one.unscaled_realised,
                "held on average, times": float(one.scale.mean()),
                "to hold next, times": one.next_scale,
                "rows at the cap, %": 100 * one.capped,
                "traded per year, times its value": one.turnover_per_year,
            }
            for holding, one in found
        }
    )


def growth_words(holding: Holding, stake: KellyStake) -> str:
    """Return the stake of one portfolio in a sentence, with how unsure it is."""
    low, high = number(max(stake.lowest, 0.0), 1), number(stake.farthest, 1)
    safe = stake.safe_share * stake.exact
    parts = [
        f"{holding.letter} grew fastest in hindsight at {number(stake.exact, 1)} times its size; its edge is "
        f"known only well enough to say {low} to {high} times (95{SPACE}% range).",
        f"Being that unsure leaves {number(safe, 1)} times."
        if safe > 0
        else "Its edge is no larger than its standard error, which leaves nothing to stake.",
    ]
    if stake.break_even <= 0.98 * stake.highest:
        parts.append(f"Beyond {number(stake.break_even, 1)} times, more risk earns less than no risk.")
    parts.append(
        f"From {number(stake.highest, 1)} times, the worst single loss of the past would have taken "
        "everything."
    )
    return " ".join(parts)


def stake_table(found: list[tuple[Holding, KellyStake]]) -> pd.DataFrame:
    """Return the stakes and what stands behind them, one column per portfolio."""
    return pd.DataFrame(
        {
            _title(holding): {
                "edge, % per year": 100 * stake.edge,
                "± two standard errors": 100 * WIDTH * stake.edge / stake.t_statistic,
                "volatility, % per year": 100 * stake.volatility,
                "full Kelly, exact (times)": stake.exact,
                "edge / variance (times)": stake.gaussian,
                "half Kelly (times)": stake.exact / 2,
                "quarter Kelly (times)": stake.exact / 4,
                "lowest of the 95 % range (times)": stake.lowest,
                "highest of the 95 % range (times)": stake.farthest,
                "left when unsure (times)": stake.safe_share * stake.exact,
                "break-even (times)": stake.break_even,
                "ruined from (times)": stake.highest,
            }
            for holding, stake in found
        }
    )


def fall_table() -> pd.DataFrame:
    """Return the odds of ever falling to shares of the start, by share of Kelly, in percent."""
    levels = {"to 90 % of it": 0.9, "to 75 %": 0.75, "to half": 0.5, "to a quarter": 0.25}
    return pd.DataFrame(
        {
            f"{words}, %": [100 * fall_probability(level, share) for level in levels.values()]
            for words, share in (SHARES | {"twice Kelly": 2.0}).items()
        },
        index=pd.Index(list(levels), name="falls"),
    )


def _title(holding: Holding) -> str:
    return f"{holding.letter}: {holding.title}"
