"""Results of tail models."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

__all__ = ["TailModelResult", "TailModelsResult"]


@dataclass(frozen=True, eq=False)
class TailModelResult:
    """VaR and CVaR of one portfolio under one model of the tail.

    Attributes
    ----------
    model, label
        Key ("student_t") and words for the reader.
    var, cvar
        Losses per period of the scenarios, positive = bad.
    parameters
        By name, in the unit of the losses where they have one: what was fitted.
    note
        Why the figures should not be relied on, in words for the reader, or None.
    """

    model: str
    label: str
    portfolio: str
    confidence: float
    var: float
    cvar: float
    parameters: Mapping[str, float]
    note: str | None

    @property
    def reliable(self) -> bool:
        """Whether nothing speaks against the figures."""
        return self.note is None


@dataclass(frozen=True, eq=False)
class TailModelsResult:
    """All models of the tail of one portfolio, with intervals from the same resamples.

    Attributes
    ----------
    table
        Index = model keys; columns label, var, var_lower, var_upper, cvar, cvar_lower, cvar_upper (losses per
        period, positive = bad; NaN where a model refuses these scenarios), reliable, note.
    models
        The fitted models by key; a model that refuses is missing, its reason is the note of its row.
    level, method, block_length, resamples, tail_scenarios, warning
        As in `IntervalResult`.
    """

    portfolio: str
    confidence: float
    table: pd.DataFrame
    models: Mapping[str, TailModelResult]
    level: float
    method: str
    block_length: float | None
    resamples: int
    tail_scenarios: float
    warning: str | None
