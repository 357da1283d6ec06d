"""The inputs of the frame as one value, and their form in the URL.

A View is everything a copied link must restore. It knows nothing of Streamlit: `read_view` turns query
parameters into a View and says which of them could not be used, `query_of` writes back only what differs
from the defaults.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import pandas as pd

__all__ = [
    "CODED",
    "CURRENCIES",
    "HORIZONS",
    "INSTEAD",
    "KEYS",
    "LOWEST_VALUE",
    "MEASURES",
    "PAGE_KEYS",
    "SAVED_CODE",
    "SHARES_CODE",
    "View",
    "query_of",
    "quoted",
    "read_view",
    "typed_weights",
    "unquoted",
    "weights_code",
]

HORIZONS = {"1d": "1 day", "1w": "1 week", "10d": "10 days", "1m": "1 month", "1p": "1 period"}
MEASURES = {"cvar": "CVaR", "volatility": "Volatility", "var": "VaR"}
# The first ones are asked for most; all have reference rates of the ECB.
CURRENCIES = tuple(
    """USD EUR GBP JPY CHF INR HKD CAD AUD
    CNY SEK NOK DKK SGD KRW BRL ZAR MXN NZD PLN CZK HUF TRY""".split()
)
LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE = 0.90, 0.999
HIGHEST_WEIGHT = 100.0
LOWEST_VALUE = 0.01
# How portfolio codes with a content of their own begin: weights, shares, saved ones.
TYPED, SHARES_CODE, SAVED_CODE = "w:", "n:", "p:"
CODED = (TYPED, SHARES_CODE, SAVED_CODE)
# Streamlit's own parameters, which are none of ours to judge.
FOREIGN_KEYS = frozenset({"embed", "embed_options"})
# Inputs that belong to one page; its own widgets are bound to them.
PAGE_KEYS = frozenset(
    {"gap", "crises", "crisis", "more", "door", "by", "compared", "closer", "view"}
    | {"rules", "learn", "every", "bp", "held"}
    | {"frontier", "point", "bounds"}
    | {"betas", "rise", "dur", "rho", "stress", "views", "moves", "times", "adv", "lose", "seed"}
    | {"drawn", "turb", "named", "own", "drise", "dtimes", "drho", "part", "half", "side", "share", "block"}
    | {"like", "wide"}
    | {"groups", "budgets", "short", "gross", "turn", "fee", "te", "ccap", "acap", "cov", "mu", "shared"}
    | {"market", "tilts", "atmost"}
    | {"exhibit", "reveal", *(f"g{place}" for place in range(1, 9))}
    | {"target", "lookback", "cap", "lag", "years", "borrow", "win", "pays"}
    | {"aim", "te", "pf", "each", "whose", "follows", "plan"}
    | {"factors", "model", "pcs", "fitted", "se", "ridge", "fx", "others"}
    | {f"f{place}" for place in range(1, 13)}
)
INSTEAD = "The default is used instead."


@dataclass(frozen=True)
class View:
    """What the frame shows: data, window, the two portfolios and how risk is read.

    `assets` empty means the data set's own default; `start` and `end` None mean all the data; `value`
    None means no money figures, and `currency` is the one it was given in; `base` is the currency returns
    and money are converted to, empty for local returns; `basket` is
    changes of A’s weights that are tried out and `limits` what the gate holds A to; `bench` is an asset or a
    portfolio code, empty for the data set's default index; `scenario_set` is a code of `scenario_set`, empty
    for history; `present` is the part of the page shown large, counted from 1, and 0 for the whole page.
    """

    data: str = "global"
    assets: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    a: str = "equal_weight"
    b: str = "risk_parity"
    basket: str = ""
    limits: str = ""
    bench: str = ""
    measure: str = "cvar"
    confidence: float = 0.95
    horizon: str = "1d"
    risk_free: float = 0.0
    value: float | None = None
    currency: str = "USD"
    base: str = ""
    explain: bool = False
    present: int = 0
    scenario_set: str = ""

    def but(self, **changes: object) -> "View":
        """Return the view with some inputs changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


# URL key of each input; the order is the order in a copied link.
KEYS = {
    "data": "data",
    "assets": "assets",
    "start": "from",
    "end": "to",
    "a": "a",
    "b": "b",
    "basket": "basket",
    "limits": "limits",
    "bench": "bench",
    "scenario_set": "scen",
    "measure": "measure",
    "confidence": "conf",
    "horizon": "h",
    "risk_free": "rf",
    "value": "value",
    "currency": "ccy",
    "base": "base",
    "explain": "explain",
    "present": "present",
}


def read_view(query: Mapping[str, Sequence[str]]) -> tuple[View, tuple[str, ...]]:
    """Return the view a query asks for, and a sentence for every parameter that cannot be used.

    `query` maps each key to all the values given for it, as a URL may repeat a key.

    Examples
    --------
    >>> view, problems = read_view({"conf": ["0.99"], "h": ["1w"], "value": ["abc"]})
    >>> view.confidence, view.horizon, view.value
    (0.99, '1w', None)
    >>> problems
    ('value: “abc” is not an amount of at least 0.01. The default is used instead.',)
    """
    found: dict[str, object] = {}
    known = {*KEYS.values(), *FOREIGN_KEYS, *PAGE_KEYS}
    problems = [f"{key[:60]}: this page has no such input." for key in query if key not in known]
    for name, key in KEYS.items():
        given = query.get(key, ())
        if len(given) > 1:
            problems.append(f"{key}: is given {len(given)} times. {INSTEAD}")
        if len(given) != 1:
            continue
        text = given[0]
        try:
            found[name] = _READERS[name](text)
        except ValueError as problem:
            said = str(problem)
            problems.append(f"{key}: “{text[:60]}” {said}{'' if said.endswith('?') else '.'} {INSTEAD}")
    if "base" in found:
        # A value without a currency of its own is in the currency everything is shown in.
        found.setdefault("currency", found["base"] if found["base"] in CURRENCIES else View.currency)
    view = View(**found)  # type: ignore[arg-type]
    if view.start and view.end and view.start >= view.end:
        problems.append(f"from/to: {view.start} is not before {view.end}. {INSTEAD}")
        view = view.but(start=None, end=None)
    return view, tuple(problems)


def query_of(view: View) -> dict[str, str]:
    """Return the query parameters of a view: only what differs from the defaults.

    Examples
    --------
    >>> query_of(View(confidence=0.99, assets=("SPY", "BND")))
    {'assets': 'SPY,BND', 'conf': '0.99'}
    """
    default = View(currency=view.base if view.base in CURRENCIES else View.currency)
    return {
        KEYS[f.name]: _written(getattr(view, f.name))
        for f in fields(View)
        if getattr(view, f.name) != getattr(default, f.name)
    }


def weights_code(weights: Mapping[str, float]) -> str:
    """Return typed weights as one portfolio code for the URL.

    Examples
    --------
    >>> weights_code({"SPY": 0.6, "BND": 0.4})
    'w:SPY~0.6;BND~0.4'
    """
    return TYPED + ";".join(f"{quoted(asset)}~{float(weight):.12g}" for asset, weight in weights.items())


def typed_weights(code: str) -> dict[str, float] | None:
    """Return the weights behind a typed portfolio code, None for a named one.

    Raises
    ------
    ValueError
        The code starts as typed weights but cannot be read.

    Examples
    --------
    >>> typed_weights("w:SPY~0.6;BND~0.4")
    {'SPY': 0.6, 'BND': 0.4}
    """
    if not code.startswith(TYPED):
        return None
    weights: dict[str, float] = {}
    for part in code[len(TYPED) :].split(";"):
        asset, mark, number = part.rpartition("~")
        if not mark or not asset:
            raise ValueError("is not a list of ticker~weight")
        weight = _number(number)
        label = unquoted(asset)
        if abs(weight) > HIGHEST_WEIGHT:
            raise ValueError(f"gives {label} a weight beyond ±{HIGHEST_WEIGHT:g} times the portfolio")
        if label in weights:
            raise ValueError(f"names {label} twice")
        weights[label] = weight
    return weights


def quoted(asset: str) -> str:
    """Return a label that holds none of the marks a list in the URL is made of."""
    return asset.replace("%", "%25").replace("~", "%7E").replace(";", "%3B").replace(",", "%2C")


def unquoted(text: str) -> str:
    """Return the label behind a quoted one."""
    return text.replace("%2C", ",").replace("%3B", ";").replace("%7E", "~").replace("%25", "%")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return ",".join(quoted(str(v)) for v in value)
    return "" if value is None else str(value)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if not np.isfinite(value):
        raise ValueError("is not a number")
    return value


def _one_of(options: Mapping[str, str] | tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(f"is none of {', '.join(options)}")
        return text

    return read


def _confidence(text: str) -> float:
    value = _number(text)
    if not LOWEST_CONFIDENCE <= value <= HIGHEST_CONFIDENCE:
        meant = value / 100 if 90 <= value < 100 else 1 - value
        hint = f"; did you mean {meant:g}?" if LOWEST_CONFIDENCE <= meant <= HIGHEST_CONFIDENCE else ""
        raise ValueError(f"is not between {LOWEST_CONFIDENCE} and {HIGHEST_CONFIDENCE}{hint}")
    return round(value, 3)


def _date(text: str) -> date:
    try:
        return pd.Timestamp(date.fromisoformat(text)).date()
    except (ValueError, OverflowError):
        raise ValueError("is not a date like 2020-02-19") from None


def _amount(text: str) -> float:
    try:
        value = _number(text)
    except ValueError:
        value = -1.0
    if not LOWEST_VALUE <= value <= 1e15:
        raise ValueError(f"is not an amount of at least {LOWEST_VALUE}")
    return value


def _rate(text: str) -> float:
    value = _number(text)
    if not -0.2 <= value <= 0.5:
        hint = f"; did you mean {value / 100:g}?" if abs(value) <= 50 else ""
        raise ValueError(f"is not a yearly rate between -0.2 and 0.5{hint}")
    return value


def _labels(text: str) -> tuple[str, ...]:
    labels = tuple(unquoted(part) for part in text.split(",") if part)
    if not labels:
        raise ValueError("names no asset")
    if len(set(labels)) != len(labels):
        raise ValueError("names an asset twice")
    return labels


def _short_text(text: str) -> str:
    if not text or len(text) > 4000:
        raise ValueError("is empty or too long")
    return text


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError("is not a currency code such as EUR")
    return text


def _portfolio(text: str) -> str:
    typed_weights(_short_text(text))
    return text


def _basket(text: str) -> str:
    typed_weights(TYPED + _short_text(text))
    return text


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("is neither 0 nor 1")
    return text == "1"


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise ValueError("is not a small whole number")
    return int(text)


_READERS: dict[str, Callable[[str], object]] = {
    "data": _short_text,
    "assets": _labels,
    "start": _date,
    "end": _date,
    "a": _portfolio,
    "b": _portfolio,
    "basket": _basket,
    "limits": _short_text,
    "bench": _portfolio,
    "scenario_set": _short_text,
    "measure": _one_of(MEASURES),
    "confidence": _confidence,
    "horizon": _one_of(HORIZONS),
    "risk_free": _rate,
    "value": _amount,
    "currency": _one_of(CURRENCIES),
    "base": _currency,
    "explain": _flag,
    "present": _count,
}
