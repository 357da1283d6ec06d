"""Weights as people write them: in percent or as fractions, with a sum that is said and never rescaled."""

import math
import re

from riskcore.errors import FileFormatError

__all__ = ["TOTAL", "in_fractions", "sum_note"]

ROUNDING = 0.0005  # sums of weights printed to two decimals of a percent
# By the sum of absolute values: up to 3 are fractions, from 20 to 1,000 percent; between, nobody can tell.
MOST_FRACTION, LEAST_PERCENT, MOST_PERCENT = 3.0, 20.0, 1000.0
TOTAL = re.compile(
    r"(?:grand |sub|sous-)?(?:total(?:e|en|s)?|totaal|totalt|sum|summe|somme|suma|soma|gesamt(?:summe|wert)?"
    r"|всего|итого|合计|总计|合計|総計|합계)\W*",
    re.IGNORECASE,
)


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
