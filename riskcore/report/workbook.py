"""A report as a workbook: a sheet of words, then one sheet per table and chart, with full digits."""

import io
import re

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from riskcore.report.contents import Report

__all__ = ["to_xlsx"]

SHEET_NAME = 31  # the most characters Excel allows
CELL_TEXT = 32_767  # likewise
# Control characters, which no workbook can hold.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
WIDEST = 60


def to_xlsx(report: Report) -> bytes:
    """Return a report as an .xlsx workbook.

    Numbers are numbers with all their digits; every text is stored as text, so that none is a formula,
    whatever it begins with. Missing numbers are empty cells.

    Parameters
    ----------
    report
        Its tables and the tables of its drawings become a sheet each.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> from openpyxl import load_workbook
    >>> made = to_xlsx(Report("Review", (("Owner", "=1+1"),), "A passes all 3 limits."))
    >>> sheet = load_workbook(io.BytesIO(made))["Review"]
    >>> [(cell.value, cell.data_type) for cell in sheet[2]]
    [('Owner', 's'), ('=1+1', 's')]
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    words = _sheet(book, report.title)
    rows = [(report.title, ""), *report.facts, ("", ""), (report.headline, "")]
    rows += [(sentence, "") for sentence in report.sentences]
    rows += [("Decision", report.note)] if report.note else []
    rows += [(line, "") for line in report.foot]
    for row, texts in enumerate(rows, start=1):
        for column, text in enumerate(texts, start=1):
            _write(words, row, column, text)
    words["A1"].font = Font(bold=True, size=14)
    words.column_dimensions["A"].width = words.column_dimensions["B"].width = WIDEST
    for table in report.tables:
        _fill(_sheet(book, table.title), table.table, table.caption)
    for drawing in report.drawings:
        _fill(_sheet(book, drawing.title), drawing.table, drawing.definition)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheet(book: Workbook, title: str) -> Worksheet:
    """Return a new sheet, its name as near to the title as Excel allows and unlike the others."""
    name = re.sub(r"[\[\]:*?/\\]", " ", UNWRITABLE.sub(" ", title)).strip("' ")[:SHEET_NAME].strip("' ")
    name = name or "Sheet"
    taken = {known.lower() for known in book.sheetnames}
    free, place = name, 2
    while free.lower() in taken or free.lower() == "history":
        free = f"{name[: SHEET_NAME - 4]} {place}"
        place += 1
    sheet = book.create_sheet()
    sheet.title = free
    return sheet


def _fill(sheet: Worksheet, table: pd.DataFrame, caption: str) -> None:
    heads = [str(table.index.name or ""), *(str(column) for column in table.columns)]
    for column, head in enumerate(heads, start=1):
        _write(sheet, 1, column, head)
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = min(max(len(head) + 2, 14), WIDEST)
    for row, (label, values) in enumerate(
        zip(table.index, table.itertuples(index=False, name=None), strict=True), start=2
    ):
        for column, value in enumerate((label, *values), start=1):
            _write(sheet, row, column, value)
    sheet.freeze_panes = "B2"
    if caption:
        _write(sheet, len(table) + 3, 1, caption)


def _write(sheet: Worksheet, row: int, column: int, value: object) -> None:
    """Write one value: a number as a number, a missing one as nothing, everything else as text."""
    cell = sheet.cell(row, column)
    if isinstance(value, bool | np.bool_):
        cell.value = bool(value)
    elif isinstance(value, int | float | np.number):
        cell.value = float(value) if np.isfinite(float(value)) else None
    elif value is not None and value is not pd.NaT and str(value):
        cell.value = UNWRITABLE.sub(" ", str(value))[:CELL_TEXT]
        # openpyxl takes a text that begins with "=" for a formula, and one like "#N/A" for an error.
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=len(str(value)) > WIDEST, vertical="top")
