"""A report as one page of HTML: self-contained, prints on A4, asks nothing of any other place."""

from functools import cache
from importlib.resources import files

import pandas as pd
import plotly.io
from jinja2 import Environment, StrictUndefined, Template
from plotly.offline import get_plotlyjs

from riskcore.figures.drawing import Drawing
from riskcore.figures.words import number
from riskcore.report.contents import Report, ReportTable

__all__ = ["to_html"]

# Two charts stand side by side between the margins of an A4 page.
CHART_WIDTH, CHART_HEIGHT = 332, 205
CHART_LETTERS = 10


def to_html(report: Report) -> str:
    """Return a report as an HTML document that holds everything it shows.

    Charts are drawn by the copy of Plotly inside it (some 5 MB) and stand still; a policy in its head keeps
    the document from loading anything.

    Parameters
    ----------
    report
        Its texts are escaped: what looks like markup is shown as text.

    Returns
    -------
    str
        From doctype to the closing tag; write it as UTF-8.

    Examples
    --------
    >>> page = to_html(Report("Review <b>", (("Owner", "Chair"),), "A passes all 3 limits."))
    >>> "Review &lt;b&gt;" in page, "<b>" in page
    (True, False)
    """
    return _template().render(
        report=report,
        tables=[_table(table) for table in report.tables],
        charts=[(drawing, _chart(drawing)) for drawing in report.drawings],
        plotly=get_plotlyjs() if report.drawings else "",
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(files("riskcore.report").joinpath("page.html.j2").read_text("utf-8"))


def _table(found: ReportTable) -> dict[str, object]:
    """Return the texts of a table: its title, its heads, its rows and what stands below."""
    table = found.table.head(found.most)
    heads = [str(table.index.name or ""), *(str(column) for column in table.columns)]
    rows = [
        [str(label), *(_cell(value, found.digits) for value in row)]
        for label, row in zip(table.index, table.itertuples(index=False, name=None), strict=True)
    ]
    left = len(found.table) - len(table)
    more = f"{left} more {'row is' if left == 1 else 'rows are'} in the workbook." if left else ""
    caption = " ".join(filter(None, (found.caption, more)))
    return {"title": found.title, "caption": caption, "heads": heads, "rows": rows}


def _cell(value: object, digits: int) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "—" if pd.isna(value) else number(float(value), digits)
    return "—" if value is None else str(value)


def _chart(drawing: Drawing) -> str:
    """Return the chart's own markup, in which Plotly escapes every text for the script it stands in."""
    figure = drawing.figure.__class__(drawing.figure)
    figure.update_layout(width=CHART_WIDTH, height=CHART_HEIGHT, autosize=False, font={"size": CHART_LETTERS})
    figure.update_xaxes(tickfont={"size": CHART_LETTERS}, title={"font": {"size": CHART_LETTERS}})
    figure.update_yaxes(tickfont={"size": CHART_LETTERS})
    figure.update_traces(textfont={"size": CHART_LETTERS})
    config = {"staticPlot": True, "displayModeBar": False}
    return str(plotly.io.to_html(figure, full_html=False, include_plotlyjs=False, config=config))
