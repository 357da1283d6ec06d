"""Views written as plain sentences, one to a line, and read into the view language."""

import re
from collections.abc import Callable, Mapping

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.scenarios import Scenarios
from riskcore.stress.view_language import (
    CorrelationView,
    CvarView,
    MeanView,
    On,
    QuantileView,
    RankView,
    Sense,
    SkewView,
    VarView,
    View,
    VolatilityView,
)
from riskcore.stress.view_rows import figure

__all__ = ["read_views"]

MOST_VIEWS = 50
COMPARISONS: Mapping[str, Sense] = {
    "=": "=",
    "is": "=",
    ">=": ">=",
    "≥": ">=",
    ">": ">=",
    "at least": ">=",
    "above": ">=",
    "<=": "<=",
    "≤": "<=",
    "<": "<=",
    "at most": "<=",
    "below": "<=",
}
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_ENDING = (
    r"\s*(?P<sense>is at least|is at most|at least|at most|above|below|>=|<=|≥|≤|=|>|<|\bis\b|(?=[×x*]))"
    rf"\s*(?P<times>[×x*])?\s*(?P<number>{_NUMBER})\s*(?P<percent>%)?$"
)
_LEVEL = r"(?P<level>\d+(?:\.\d+)?)\s*(?P<hundredths>%)?"
_FORMS = {
    "rank": re.compile(rf"mean of (?P<on>.+?)\s+-\s+mean of (?P<than>.+?){_ENDING}", re.I),
    "mean": re.compile(rf"(?:mean|return) of (?P<on>.+?){_ENDING}", re.I),
    "volatility": re.compile(rf"vol(?:atility)? of (?P<on>.+?){_ENDING}", re.I),
    "skewness": re.compile(rf"skew(?:ness)? of (?P<on>.+?){_ENDING}", re.I),
    "correlation": re.compile(rf"correlation of (?P<on>.+?){_ENDING}", re.I),
    "CVaR": re.compile(rf"(?:cvar|expected shortfall|es) {_LEVEL} of (?P<on>.+?){_ENDING}", re.I),
    "VaR": re.compile(rf"var {_LEVEL} of (?P<on>.+?){_ENDING}", re.I),
    "quantile": re.compile(rf"{_LEVEL} quantile of (?P<on>.+?){_ENDING}", re.I),
    "beats": re.compile(
        rf"(?P<on>.+?) beats (?P<than>.+?)(?: by (?:at least )?(?P<number>{_NUMBER})\s*(?P<percent>%)?)?$",
        re.I,
    ),
}
_TRUST = re.compile(
    r"\s*,?\s*\(?\s*(?:(?:confidence|trust)\s*(?P<a>\d+(?:\.\d+)?)\s*%|(?P<b>\d+(?:\.\d+)?)\s*%\s*sure)\s*\)?$",
    re.I,
)
SHAPES = (
    "“mean of SPY = −0.1 %”, “volatility of SPY × 2”, “correlation of SPY and BND ≥ 0.3”, “GOLD beats SPY by "
    "0.05 %”, “VaR 95 % of SPY = 3 %”, “CVaR 95 % of SPY ≥ 4 %”, “5 % quantile of SPY ≤ −2 %”, “skewness of "
    "SPY ≤ −1”; end one with “, 60 % sure” to trust it less"
)


def read_views(text: str, names: Mapping[str, On], prior: Scenarios) -> list[View]:
    r"""Return the views a text holds, one sentence to a line; empty lines count for nothing.

    Values are per period of the scenarios, as returns (VaR and CVaR: as losses), with a percent sign or as
    a decimal. “× 2” means twice what the prior says. Whatever `View.words` writes is read back.

    Parameters
    ----------
    text
        The sentences, see the examples.
    names
        What a sentence may name, asset, group or portfolio; upper and lower case count only where two names
        differ in nothing else.
    prior
        The scenarios the views are about.

    Raises
    ------
    InputError
        A line cannot be read; the message says which and shows the sentences that can.
    AssetMismatchError
        A line names something unknown.

    Examples
    --------
    >>> import numpy as np
    >>> prior = Scenarios(np.array([[0.01, 0.0], [-0.03, 0.01]]), ("SPY", "BND"), 252)
    >>> names = {"SPY": "SPY", "BND": "BND"}
    >>> found = read_views("volatility of SPY × 2\nBND beats spy by 1 %, 60 % sure", names, prior)
    >>> [view.words for view in found], found[1].trust
    (['volatility of SPY = 4 %', 'mean of BND − mean of SPY ≥ 1 %'], 0.6)
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_VIEWS:
        raise InputError(f"At most {MOST_VIEWS} views at once; the text has {len(lines)} lines.")
    return [_read(line, names, prior) for line in lines]


def _read(line: str, names: Mapping[str, On], prior: Scenarios) -> View:
    """Return the view of one line."""
    plain = re.sub(r"\s+", " ", line.replace("−", "-").replace("–", "-").replace("\N{NO-BREAK SPACE}", " "))
    trusted = _TRUST.search(plain)
    trust = float(trusted["a"] or trusted["b"]) / 100.0 if trusted else 1.0
    words = plain[: trusted.start()] if trusted else plain
    for kind, form in _FORMS.items():
        found = form.fullmatch(words.strip().rstrip("."))
        if found:
            try:
                return _view(kind, found, names, prior, trust)
            except AssetMismatchError:
                raise
            except InputError as problem:
                raise InputError(f"“{line[:80]}”: {problem}", line=line) from problem
    raise InputError(f"“{line[:80]}” is no view that can be read. Write it like {SHAPES}.", line=line)


def _view(kind: str, found: re.Match[str], names: Mapping[str, On], prior: Scenarios, trust: float) -> View:
    if kind in ("rank", "beats"):
        better, worse = _known(found["on"], names), _known(found["than"], names)
        by = _fraction(found) if found["number"] else 0.0
        sense: Sense = ">=" if kind == "beats" else _sense(found)
        return RankView(better, worse, by, sense, trust)
    sense = _sense(found)
    if kind == "correlation":
        first, second = _pair(found["on"], names)
        value = float(found["number"]) / (100.0 if found["percent"] else 1.0)
        if found["times"]:
            value *= figure(prior, CorrelationView(first, second, 0.0), prior.probabilities)
        return CorrelationView(first, second, value, sense, trust)
    on = _known(found["on"], names)
    level = _level(found) if "level" in found.re.groupindex else 0.0
    makers: dict[str, Callable[[float], View]] = {
        "mean": lambda v: MeanView(on, v, sense, trust),
        "volatility": lambda v: VolatilityView(on, v, sense, trust),
        "skewness": lambda v: SkewView(on, v, sense, trust),
        "VaR": lambda v: VarView(on, level, v, sense, trust),
        "CVaR": lambda v: CvarView(on, level, v, sense, trust),
        "quantile": lambda v: QuantileView(on, level, v, sense, trust),
    }
    make = makers[kind]
    if found["times"]:
        now = figure(prior, make(0.01), prior.probabilities)
        return make(float(found["number"]) * now)
    return make(float(found["number"]) if kind == "skewness" else _fraction(found))


def _sense(found: re.Match[str]) -> Sense:
    words = (found["sense"] or "=").lower()
    return COMPARISONS[words.removeprefix("is ") if words != "is" else "="]


def _level(found: re.Match[str]) -> float:
    """Return a level: 95 %, 95 and 0.95 mean the same."""
    level = float(found["level"])
    return level if level < 1.0 and not found["hundredths"] else level / 100.0


def _fraction(found: re.Match[str]) -> float:
    """Return a value as a decimal; a bare number that can only be meant in percent is asked about."""
    value = float(found["number"])
    if found["percent"]:
        return value / 100.0
    if abs(value) >= 1.0:
        raise InputError(f"is {value:g} meant as {value:g} %? Write the percent sign, or {value / 100:g}.")
    return value


def _known(text: str, names: Mapping[str, On]) -> On:
    """Return what a name means."""
    name = text.strip().strip("“”\"'")
    if name in names:
        return names[name]
    alike = [known for known in names if known.lower() == name.lower()]
    if len(alike) == 1:
        return names[alike[0]]
    raise AssetMismatchError(
        f"A view names {name[:40]}, which is not among what it can be about: {listed(names, most=20)}.",
        unknown=[name],
    )


def _pair(text: str, names: Mapping[str, On]) -> tuple[On, On]:
    """Return the two things named on either side of an “and” or a comma."""
    for mark in re.finditer(r" and |, ?", text):
        try:
            return _known(text[: mark.start()], names), _known(text[mark.end() :], names)
        except AssetMismatchError:
            continue
    if not re.search(r" and |,", text):
        raise InputError("a correlation needs two names with “and” between them")
    first, _, second = text.partition(" and ")
    return _known(first, names), _known(second, names)
