"""A figure together with everything a page or a report shows beside it."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError

__all__ = ["Drawing"]


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
