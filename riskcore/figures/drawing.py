"""A figure together with everything a page or a report shows beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError

__all__ = ["Drawing", "check_names", "readable_index"]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawn result.

    Attributes
    ----------
    figure
        The Plotly figure; show it without a further theme (`theme=None`) and at full width.
    title
        One line above the figure. It may hold names a user gave: show it as text, never as markup.
    alt
        What the picture shows, with its numbers, for who cannot see it; plain text as well.
    table
        The same numbers with full digits; every column names its unit.
    definition
        What is drawn and how to read it, in plain words.
    """

    figure: go.Figure
    title: str
    alt: str
    table: pd.DataFrame
    definition: str

    def __post_init__(self) -> None:
        """Refuse a drawing that leaves someone out."""
        for name in ("title", "alt", "definition"):
            if not getattr(self, name).strip():
                raise InputError(f"A drawing needs a {name}; it is empty.", field=name)
        if self.table.empty:
            raise InputError("A drawing needs a table with the numbers it shows; it is empty.", field="table")


def check_names(names: Sequence[str]) -> None:
    """Refuse portfolios that cannot be told apart by name.

    Raises
    ------
    InputError
        A name is empty, or two are the same.

    Examples
    --------
    >>> check_names(["A", "B"])
    """
    if any(not name.strip() for name in names):
        raise InputError("A portfolio without a name cannot be drawn; name it.", names=list(names))
    if len(set(names)) < len(names):
        raise InputError(
            f"Two portfolios have the same name, {names[0]!r}; give them different ones.", names=list(names)
        )


def readable_index(index: pd.Index, name: str) -> pd.Index:
    """Return dates as 2020-03-16, without the time that a table would show; other labels as they are.

    Examples
    --------
    >>> readable_index(pd.to_datetime(["2020-03-16"]), "date").tolist()
    ['2020-03-16']
    """
    labels = index.strftime("%Y-%m-%d") if isinstance(index, pd.DatetimeIndex) else index
    return labels.rename(name)
