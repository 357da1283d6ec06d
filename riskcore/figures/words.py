"""Numbers and labels as words: true minus, no-break spaces, nothing clipped, nothing interpreted.

Rounding happens here and only here, for display; tables keep full digits.
"""

import html
import math
import re
import unicodedata

from riskcore.errors import InputError

__all__ = [
    "MISSING",
    "card_percent",
    "dated",
    "interval",
    "money",
    "number",
    "percent",
    "plain",
    "shorten",
    "unbroken",
]

MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
MISSING = "no data"
# Characters that reorder the text around them could make a label read as another one.
REORDERING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
BREAKING = {"Cc", "Zl", "Zp"}
# The text of a Plotly figure is a small HTML with MathJax ($) and hover templates ({) besides.
INTERPRETED = {"$": "&#36;", "{": "&#123;", "}": "&#125;"}
SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"))


def number(value: float, digits: int = 1) -> str:
    """Return the number with thousands separators and a true minus; zero carries no sign.

    Parameters
    ----------
    value
        Any number; NaN and infinities read "no data".
    digits
        Decimals shown, 0 to 12.

    Raises
    ------
    InputError
        `digits` lies outside 0 … 12.

    Examples
    --------
    >>> number(-1234.56)
    '−1,234.6'
    >>> number(-0.04)
    '0.0'
    """
    if not 0 <= digits <= 12:
        raise InputError(f"digits must be 0 to 12, got {digits}.", digits=digits)
    if not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{digits}f}"
    zero = not any(c in "123456789" for c in text)
    return text if value >= 0 or zero else MINUS + text


def percent(fraction: float, digits: int = 1) -> str:
    r"""Return a fraction in percent, one decimal as in charts.

    Examples
    --------
    >>> percent(-0.2414)
    '−24.1\xa0%'
    """
    text = number(100.0 * fraction, digits)
    return text if text == MISSING else f"{text}{SPACE}%"


def card_percent(fraction: float) -> str:
    r"""Return a fraction in percent with two significant figures, as on cards.

    Whole percents above 10 % stay whole (123 %, not 120 %); below 0.001 % the bound is shown, so that a
    tiny number neither reads as zero nor outgrows its card.

    Examples
    --------
    >>> [card_percent(x) for x in (0.0412, 0.386, -0.00042, 0.0996, 1e-9)]
    ['4.1\xa0%', '39\xa0%', '−0.042\xa0%', '10\xa0%', '<0.001\xa0%']
    """
    if not math.isfinite(fraction):
        return MISSING
    size = abs(100.0 * fraction)
    if size == 0.0:
        return f"0{SPACE}%"
    if size < 0.001:
        return f"{'<' if fraction > 0 else '>' + MINUS}0.001{SPACE}%"
    # Rounded first: 9.96 is 10, and 10 has no decimals.
    magnitude = math.floor(math.log10(float(f"{size:.1e}")))
    return percent(fraction, max(0, 1 - magnitude))


def interval(low: float, high: float, digits: int = 1) -> str:
    r"""Return two fractions as an interval in percent: "3.4 to 4.9 %".

    Raises
    ------
    InputError
        The bounds are not finite or not in order.

    Examples
    --------
    >>> interval(0.034, 0.049)
    '3.4 to 4.9\xa0%'
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InputError(f"An interval needs two finite bounds in order, got {low} and {high}.")
    return f"{number(100.0 * low, digits)} to {percent(high, digits)}"


def money(amount: float, currency: str) -> str:
    r"""Return an amount with its currency: whole units below a million, three figures above.

    Parameters
    ----------
    amount
        In units of the currency, any sign.
    currency
        A code such as "EUR"; three letters.

    Raises
    ------
    InputError
        The currency is not a three-letter code.

    Examples
    --------
    >>> money(-19235.4, "USD"), money(1_924_000, "EUR")
    ('−USD\xa019,235', 'EUR\xa01.92\xa0m')
    """
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise InputError(f"{currency!r} is no currency code; use three letters such as 'USD'.")
    if not math.isfinite(amount):
        return MISSING
    size, scale = abs(amount), ""
    if round(size) >= 1_000_000:
        size = float(f"{size:.2e}")
        unit, scale = next((u, SPACE + s) for u, s in SCALES if size >= u)
        size /= unit
    digits = 0 if not scale else max(0, 2 - int(math.log10(size)))
    text = number(size, digits)
    sign = MINUS if amount < 0 and text != "0" else ""
    return f"{sign}{currency}{SPACE}{text}{scale}"


def dated(label: object) -> str:
    """Return an index label for the reader: a date as "16 Mar 2020", anything else as it stands.

    Examples
    --------
    >>> import pandas as pd
    >>> dated(pd.Timestamp("2020-03-06")), dated(17)
    ('6 Mar 2020', '17')
    """
    try:
        day, month_year = label.day, label.strftime("%b %Y")  # type: ignore[attr-defined]
    except AttributeError:
        return str(label)
    return f"{day} {month_year}"


def shorten(label: object, most: int = 24) -> str:
    """Return a label on one line, without reordering characters, cut after `most` with an ellipsis.

    Examples
    --------
    >>> shorten("Vanguard Total Bond Market Index Fund")
    'Vanguard Total Bond Mar…'
    """
    if most < 2:
        raise InputError(f"A label needs room for at least 2 characters, got {most}.")
    # Control characters and line breaks (Cc, Zl, Zp) become spaces; a no-break space stays one.
    visible = "".join(" " if unicodedata.category(c) in BREAKING else c for c in str(label))
    text = re.sub(" +", " ", REORDERING.sub("", visible)).strip(" ")
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def plain(label: object, most: int = 24) -> str:
    """Return a user-given label that Plotly shows letter by letter, cut after `most`.

    Plotly turns <a href>, <b> and entities in titles, ticks, legends and hover into markup, `$…$` into
    formulas and `%{…}` in templates into values; all of these are escaped here.

    Examples
    --------
    >>> plain("<a href='x'>A</a>")
    "&lt;a href='x'&gt;A&lt;/a&gt;"
    >>> plain("$x$ %{y}")
    '&#36;x&#36; %&#123;y&#125;'
    """
    text = html.escape(shorten(label, most), quote=False)
    for character, entity in INTERPRETED.items():
        text = text.replace(character, entity)
    return text


def unbroken(text: str) -> str:
    r"""Return the text with number and percent sign held together, so that no line ends between them.

    Examples
    --------
    >>> unbroken("CVaR 95 %")
    'CVaR 95\xa0%'
    """
    return re.sub(r"(?<=\d) %", f"{SPACE}%", text)
