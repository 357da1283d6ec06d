"""What the reader says where a file of prices can be read in several ways."""

from dataclasses import dataclass

__all__ = ["Answers"]


@dataclass(frozen=True)
class Answers:
    """What the reader answered where a file can be read in several ways; None asks again.

    Parameters
    ----------
    date_order
        What 03/04/2024 is: "day/month/year", "month/day/year" or "year/month/day".
    decimal
        The decimal mark, "." or ",".
    kind
        "prices", "returns" (0.012 = 1.2 %), "percent returns" (1.2 = 1.2 %) or "growth factors"
        (1.012 = 1.2 %).
    column
        Which of several columns holds the price.
    sheet
        Which of several sheets of a workbook to read.
    encoding
        In which encoding a file that is not UTF-8 was written, such as "windows-1251".
    """

    date_order: str | None = None
    decimal: str | None = None
    kind: str | None = None
    column: str | None = None
    sheet: str | None = None
    encoding: str | None = None
