"""What a report says, apart from how it is written down."""

from dataclasses import dataclass

import pandas as pd

from riskcore.errors import InputError
from riskcore.figures.drawing import Drawing

__all__ = ["Report", "ReportTable"]


@dataclass(frozen=True, eq=False)
class ReportTable:
    """A table of a report.

    Parameters
    ----------
    title
        One line above it, and the name of its sheet.
    table
        Labels down and across; every column names its unit. Numbers keep all their digits in the workbook.
    caption
        What the numbers are, in plain words.
    digits
        Decimals shown on the page.
    most
        Rows shown on the page, which says how many more there are; the workbook holds them all.
    """

    title: str
    table: pd.DataFrame
    caption: str = ""
    digits: int = 2
    most: int = 15

    def __post_init__(self) -> None:
        """Refuse a table that shows nothing."""
        if not self.title.strip() or self.table.empty:
            raise InputError("A table of a report needs a title and rows; leave it out instead.")


@dataclass(frozen=True, eq=False)
class Report:
    """A report: what was found, on what, and what was decided.

    Every text may hold names and notes a person typed: it is written as text, never as markup or formula.

    Parameters
    ----------
    title
        What the report is called.
    facts
        Label and text, such as ("Owner", "Chair"), in the order shown below the title.
    headline
        The one sentence the page begins with.
    sentences
        What follows from the numbers, a sentence each.
    tables, drawings
        In the order shown.
    note
        The decision in the words of who took it; may be empty, and may have several lines.
    foot
        What the reader has to know about the numbers: definitions, sources, how to get them again.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    headline: str
    sentences: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    note: str = ""
    foot: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a report without a title or a headline."""
        for name in ("title", "headline"):
            if not getattr(self, name).strip():
                raise InputError(f"A report needs a {name}; it is empty.", field=name)
