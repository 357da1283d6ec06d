"""Reports: every text stays text, every number keeps its digits, and the page needs no other place."""

import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from riskcore.errors import InputError
from riskcore.figures import LIGHT, draw_weight_and_risk
from riskcore.report import Report, ReportTable, to_html, to_xlsx
from riskcore.results import ContributionResult

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("x")',
    "+1+1",
    "@SUM(A1)",
    "#N/A",
    "</script><b>",
    "{{ 7*7 }}",
    "Ünï\x00code\x0b",
]


def table(names):
    return pd.DataFrame(
        {"weight, %": np.linspace(1.0, 2.0, len(names)) / 3.0, "said": names},
        index=pd.Index(names, name="asset"),
    )


def drawing(name):
    shares = pd.DataFrame(
        {
            "weight": [0.5, 0.5],
            "marginal": [0.03, 0.01],
            "component": [0.015, 0.005],
            "relative": [0.75, 0.25],
        },
        index=[name, "BND"],
    )
    found = ContributionResult(name, "cvar", "CVaR 95 %", 0.95, 0.02, shares)
    return draw_weight_and_risk([found], theme=LIGHT, horizon_label="1-day")[0]


def hostile_report(**more):
    return Report(
        title=HOSTILE[0],
        facts=tuple(("Owner", text) for text in HOSTILE),
        headline=HOSTILE[1],
        sentences=tuple(HOSTILE),
        tables=(ReportTable(HOSTILE[2], table(HOSTILE), HOSTILE[0]),),
        drawings=(drawing(HOSTILE[0]),),
        note="\n".join(HOSTILE),
        foot=tuple(HOSTILE),
        **more,
    )


class Elements(HTMLParser):
    """The elements of a document, and its text outside scripts and styles."""

    def __init__(self):
        super().__init__()
        self.names, self.handlers, self.text, self.inside = [], [], [], ""

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.handlers += [key for key, _ in attrs if key.startswith("on") or key in ("src", "href")]
        self.inside = tag

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.text.append(data)


def test_no_text_becomes_markup_and_nothing_is_loaded_from_elsewhere():
    page = to_html(hostile_report())
    found = Elements()
    found.feed(page)
    # One copy of Plotly and one chart: whatever else began with <script> is text.
    plain = Elements()
    plain.feed(to_html(Report("R", (), "H", drawings=(drawing("SPY"),))))
    assert found.names.count("script") == plain.names.count("script")
    assert "img" not in found.names
    assert "b" not in found.names
    assert not found.handlers
    assert "default-src 'none'" in page
    text = "".join(found.text)
    assert HOSTILE[0] in text
    assert "{{ 7*7 }}" in text


def test_a_report_without_charts_carries_no_script():
    page = to_html(Report("R", (), "H", tables=(ReportTable("T", table(["SPY"])),)))
    assert "<script" not in page
    assert len(page) < 10_000


def test_the_page_shows_some_rows_and_says_how_many_are_left():
    many = table([f"N{i}" for i in range(40)])
    page = to_html(Report("R", (), "H", tables=(ReportTable("T", many, digits=3, most=10),)))
    assert "30 more rows are in the workbook." in page
    assert re.search(r"<td>N9</td>", page)
    assert "<td>N10</td>" not in page
    assert '<td class="n">0.333</td>' in page


def test_the_workbook_keeps_digits_and_holds_no_formula():
    report = hostile_report()
    book = load_workbook(io.BytesIO(to_xlsx(report)))
    assert len(book.worksheets) == 3
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    sheet = book.worksheets[1]
    numbers = [row[1].value for row in sheet.iter_rows(min_row=2, max_row=1 + len(HOSTILE))]
    assert numbers == list(report.tables[0].table["weight, %"])
    said = [row[0].value for row in sheet.iter_rows(min_row=2, max_row=1 + len(HOSTILE))]
    assert said[:8] == HOSTILE[:8]
    assert "\x00" not in said[8]


def test_missing_numbers_are_empty_and_sheets_of_one_title_apart():
    odd = pd.DataFrame({"x": [np.nan, np.inf, 1e-300], "ok": [True, False, None]})
    title = "A title/with [marks]: longer than sheets allow"
    book = load_workbook(
        io.BytesIO(to_xlsx(Report(title, (), "H", tables=(ReportTable(title, odd), ReportTable(title, odd)))))
    )
    assert len({name.lower() for name in book.sheetnames}) == 3
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert [row[1].value for row in book.worksheets[1].iter_rows(min_row=2, max_row=4)] == [
        None,
        None,
        1e-300,
    ]
    page = to_html(Report("R", (), "H", tables=(ReportTable("T", odd),)))
    assert page.count(">—<") == 2


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        (lambda: Report(" ", (), "H"), "needs a title"),
        (lambda: Report("R", (), ""), "needs a headline"),
        (lambda: ReportTable("T", pd.DataFrame()), "needs a title and rows"),
        (lambda: ReportTable("", table(["SPY"])), "needs a title and rows"),
    ],
)
def test_a_report_that_says_nothing_is_refused(doing, said):
    with pytest.raises(InputError, match=said):
        doing()
