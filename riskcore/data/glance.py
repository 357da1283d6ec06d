"""Too many tickers in a long table, told from part of its rows before all of them are read."""

from riskcore.data.answers import Answers
from riskcore.data.dialect import MAX_TICKERS, Glance, Grid
from riskcore.data.layout import lay_out
from riskcore.data.table import read_columns
from riskcore.errors import FileFormatError

__all__ = ["glance_at_tickers"]


def glance_at_tickers(answers: Answers) -> Glance:
    """Return what refuses some rows of a table with too many tickers; all else is left to the whole table.

    Parameters
    ----------
    answers
        The choice between several readings, as for the whole table.

    Returns
    -------
    Glance
        Raises FileFormatError where the rows name more than 500 tickers: more rows cannot make it fewer.

    Examples
    --------
    >>> rows = [["Date", "Ticker", "Price"], *(["2024-01-02", f"T{k}", "1"] for k in range(600))]
    >>> glance_at_tickers(Answers())(Grid(rows, list(range(601))))
    Traceback (most recent call last):
    riskcore.errors.FileFormatError: The file has more than 500 tickers, which is the limit. Leave some out.
    """

    def glance(rows: Grid) -> None:
        try:
            lay_out(read_columns(rows), ticker="", answers=answers)
        except FileFormatError as error:
            if "tickers" in error.details:
                raise FileFormatError(
                    f"The file has more than {MAX_TICKERS} tickers, which is the limit. Leave some out."
                ) from None

    return glance
