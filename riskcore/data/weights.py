"""A typed or pasted table of tickers and weights, read as it stands and never rescaled."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from riskcore.data.dialect import BLANKS
from riskcore.data.matching import asset_names, match_asset, suggestions
from riskcore.data.numbers import decimal_mark, is_missing, is_number, parse_numbers
from riskcore.errors import AssetMismatchError, FileFormatError, listed

__all__ = ["TOTAL", "WeightsReading", "in_fractions", "parse_weights", "sum_note"]

LONGEST_TEXT = 200_000
MOST_LINES = 2_000
ROUNDING = 0.0005  # sums of weights printed to two decimals of a percent
# By the sum of absolute values: up to 3 are fractions, from 20 to 1,000 percent; between, nobody can tell.
MOST_FRACTION, LEAST_PERCENT, MOST_PERCENT = 3.0, 20.0, 1000.0
TOTAL = re.compile(
    r"(?:grand |sub|sous-)?(?:total(?:e|en|s)?|totaal|totalt|sum|summe|somme|suma|soma|gesamt(?:summe|wert)?"
    r"|всего|итого|合计|总计|合計|総計|합계)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WeightsReading:
    """What a table of weights says.

    Parameters
    ----------
    weights
        Asset label (as the data spells it) to fraction of the portfolio value, in the order given.
    unit
        How the table wrote them: "fraction" (0.6) or "percent" (60).
    notes
        What the reader should know: the reading chosen, matches by name, the sum.
    """

    weights: dict[str, float]
    unit: str
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """The sum of the weights, as a fraction."""
        return math.fsum(self.weights.values())


def parse_weights(text: str, assets: pd.DataFrame | Mapping[str, str] | Sequence[str]) -> WeightsReading:
    r"""Read lines of ticker and weight.

    Ticker and weight are parted by tab, semicolon, bar, comma or blanks; a heading and a total line are
    recognised. Tickers match the assets by ticker or by name, whatever the case. Weights are
    percentages where they carry % or their absolute values sum to 20–1,000, fractions where these sum to
    at most 3; they are never rescaled, and a sum other than 100 % is said.

    Parameters
    ----------
    text
        What was typed or pasted, at most 2,000 lines.
    assets
        The assets the data has: an asset table (index = ticker, column name), ticker to name, or tickers.

    Raises
    ------
    AssetMismatchError
        A ticker is not among the assets (`details["suggestions"]` gives close ones), or stands twice.
    FileFormatError
        A line is not a ticker and a number, percent and fractions cannot be told apart, % signs are
        mixed with plain numbers, or there is no line at all.

    Examples
    --------
    >>> reading = parse_weights("SPY\t60 %\nbnd\t38 %", ["SPY", "BND"])
    >>> reading.weights, reading.unit
    ({'SPY': 0.6, 'BND': 0.38}, 'percent')
    >>> reading.notes[-1]
    'The weights sum to 98 %: the remaining 2 % is treated as cash that earns 0.'
    """
    names = asset_names(assets)
    lines = _lines(text)
    pairs = [(number, *_pair(number, line, names)) for number, line in lines]
    pairs, notes = _without_frame(pairs, names)
    if not pairs:
        raise FileFormatError("There are no weights; write one line per asset, such as SPY 60 %.")
    numbers = [cell for _, _, cell in pairs]
    spelled = [label for _, label, _ in pairs]

    def place(row: int) -> str:
        return f"line {pairs[row][0]}"

    found, said = _match_all(spelled, [number for number, _, _ in pairs], names)
    decimal = decimal_mark([numbers], separator=",")
    column = parse_numbers(numbers, decimal=decimal, name="The weight", place=place)
    if column.currency:
        raise FileFormatError(
            f"The weights carry a currency ({column.currency}); this table needs weights, not amounts."
        )
    if column.missing:
        row = next(i for i, cell in enumerate(numbers) if is_missing(cell))
        raise FileFormatError(
            f"{spelled[row][:40]} has no weight in {place(row)}; write 0 where nothing is held."
        )
    values = [float(v) for v in column.values]
    unit, scaled, how = in_fractions(values, percent=column.percent)
    weights = dict(zip(found, scaled, strict=True))
    return WeightsReading(weights, unit, (*notes, *said, *how, *sum_note(math.fsum(scaled))))


def _lines(text: str) -> list[tuple[int, str]]:
    if len(text) > LONGEST_TEXT:
        raise FileFormatError(f"The text has {len(text)} characters; the limit is {LONGEST_TEXT}.")
    lines = [(i, line.strip(BLANKS)) for i, line in enumerate(text.splitlines(), 1)]
    filled = [(i, line) for i, line in lines if line.strip(" \t,;|")]
    if len(filled) > MOST_LINES:
        raise FileFormatError(f"The table has {len(filled)} lines; the limit is {MOST_LINES}.")
    return filled


def _pair(number: int, line: str, names: dict[str, str]) -> tuple[str, str]:
    """Return the label and the weight a line states."""
    for separator in "\t;|":
        if separator in line:
            return _cells(number, line, separator)
    if line.startswith('"'):
        return _cells(number, line, ",")
    readings = _readings(line)
    known = [reading for reading in readings if match_asset(reading[0], names)]
    if len(known) == 1 or (known and len({*known}) == 1):
        return known[0]
    if len(known) > 1:
        raise FileFormatError(
            f"Line {number} ({line[:40]!r}) can be read in two ways; part ticker and weight by a semicolon.",
            line=number,
        )
    if readings:
        return readings[0]
    raise FileFormatError(
        f"Line {number} ({line[:40]!r}) is not a ticker and a weight; write for example SPY 60 %.",
        line=number,
    )


def _readings(line: str) -> list[tuple[str, str]]:
    """Cut a line at its last blank and at its last comma, where a number may stand behind.

    "SPY 60,5" means SPY and 60.5, but "S&P 500,60" may mean S&P 500 and 60: the assets decide.
    """
    found = []
    blank = re.fullmatch(r"(.*\S)\s+([^\s%]\S*(?:\s?%)?)", line)
    if blank and not blank[1].endswith(","):
        found.append((blank[1].rstrip(":= "), blank[2]))
    label, comma, weight = line.rpartition(",")
    # One comma parts; with more of them a cell too many, or a decimal comma, cannot be told.
    if comma and "," not in label and label.strip(BLANKS):
        found.append((label.strip(BLANKS), weight.strip(BLANKS)))
    return [r for r in found if is_number(r[1])] or found


def _cells(number: int, line: str, separator: str) -> tuple[str, str]:
    try:
        cells = next(csv.reader(io.StringIO(line), delimiter=separator, strict=True))
    except csv.Error as error:
        raise FileFormatError(f"The quotation marks in line {number} do not close.", line=number) from error
    cells = [cell.strip(BLANKS) for cell in cells]
    while len(cells) > 2 and not cells[-1]:
        cells.pop()
    while len(cells) > 2 and not cells[0]:
        cells.pop(0)
    if len(cells) != 2:
        raise FileFormatError(
            f"Line {number} has {len(cells)} cells; give two, the ticker and its weight.", line=number
        )
    return cells[0], cells[1]


def _without_frame(
    pairs: list[tuple[int, str, str]], names: dict[str, str]
) -> tuple[list[tuple[int, str, str]], list[str]]:
    """Take off a heading and a total line, and say so. An asset is never either."""
    kept, notes = [], []
    for k, (number, label, weight) in enumerate(pairs):
        known = match_asset(label, names) is not None
        if k == 0 and not known and not is_number(weight) and not is_missing(weight):
            notes.append(f"Line {number} ({label[:20]}) was taken as the heading.")
        elif not known and TOTAL.fullmatch(label):
            notes.append(f"Line {number} ({label[:20]}) was left out: a total.")
        else:
            kept.append((number, label, weight))
    return kept, notes


def _match_all(spelled: list[str], lines: list[int], names: dict[str, str]) -> tuple[list[str], list[str]]:
    matches = [match_asset(label, names) for label in spelled]
    unknown = [label for label, match in zip(spelled, matches, strict=True) if match is None]
    if unknown:
        close = {label: suggestions(label, names) for label in unknown}
        words = listed(
            f"{label[:40]}{' (did you mean ' + ' or '.join(near) + '?)' if near else ''}"
            for label, near in close.items()
        )
        raise AssetMismatchError(
            f"The data has no {words}. It has {listed(names, most=20)}.", unknown=unknown, suggestions=close
        )
    found = [match for match in matches if match is not None]
    first: dict[str, int] = {}
    for line, ticker in zip(lines, found, strict=True):
        if ticker in first:
            raise AssetMismatchError(
                f"{ticker} stands twice, in line {first[ticker]} and line {line}; add the weights up first.",
                duplicates=[ticker],
            )
        first[ticker] = line
    renamed = [f"{s[:40]} as {t}" for s, t in zip(spelled, found, strict=True) if s.lower() != t.lower()]
    return found, [f"Matched by name: {listed(renamed)}."] if renamed else []


def in_fractions(values: list[float], *, percent: bool) -> tuple[str, list[float], list[str]]:
    """Return how weights were written, the weights as fractions, and what was assumed.

    By the sum of their absolute values: at most 3 are fractions, from 20 to 1,000 percent.

    Raises
    ------
    FileFormatError
        The numbers may be either, or are amounts or shares.

    Examples
    --------
    >>> in_fractions([60.0, 40.0], percent=False)[:2]
    ('percent', [0.6, 0.4])
    """
    if percent:  # parse_numbers has divided by 100
        return "percent", values, []
    gross = math.fsum(abs(v) for v in values)
    if gross <= MOST_FRACTION:
        return "fraction", values, ["The weights were read as fractions: 0.6 is 60 %."]
    if LEAST_PERCENT <= gross <= MOST_PERCENT:
        return "percent", [v / 100.0 for v in values], ["The weights were read as percent: 60 is 60 %."]
    if gross > MOST_PERCENT:
        raise FileFormatError(
            f"The numbers sum to {gross:,.0f}: these look like amounts or shares, and weights are needed."
        )
    raise FileFormatError(
        f"The numbers sum to {gross:g}: as percent that is {gross:g} %, as fractions {100 * gross:g} %. "
        "Write the % signs.",
        readings=("percent", "fraction"),
    )


def sum_note(total: float) -> list[str]:
    """Return what a sum of weights other than 100 % means, or nothing where it is 100 %.

    Examples
    --------
    >>> sum_note(1.2)
    ['The weights sum to 120 %: 20 % of leverage, financed at 0.']
    """
    rest = 1.0 - total
    if abs(rest) <= ROUNDING:
        return []
    words = f"The weights sum to {100 * total:.4g} %"
    if rest > 0:
        return [f"{words}: the remaining {100 * rest:.4g} % is treated as cash that earns 0."]
    return [f"{words}: {-100 * rest:.4g} % of leverage, financed at 0."]
