"""The active scenario set: what all pages compute on instead of history, as a code that fits in a link.

A code is empty for history, or a kind and its settings: "views:" with the sentences themselves, "vol:2",
"corr:0.8", "decay:2", "state:high~0.2", "t:5000~1", "copula:5000~1", "blocks:10~5000~1",
"paths:2~5000~1". Nothing is stored: a copied link brings the set back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.errors import InputError
from riskcore.numerics.pooling import effective_scenarios
from riskcore.portfolio import Portfolio
from riskcore.results.views import ViewsResult
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    apply_views,
    block_paths,
    conditioned_by_range,
    correlation_shock,
    exponential_decay,
    realised_volatility,
    resampled_paths,
    simulated_copula,
    simulated_t,
    volatility_shock,
)
from riskcore.stress.view_language import On
from riskcore.stress.view_sentences import read_views

__all__ = [
    "OFFERED",
    "VIEWS",
    "Named",
    "active",
    "build",
    "kind_of",
    "mentions",
    "names_literal",
    "needs_state",
    "pooled",
    "script_lines",
    "set_title",
    "set_words",
    "still_history",
    "viewable",
]

VIEWS = "views:"
SEPARATOR = "~"
MOST_DRAWS = 50_000
STATE_WINDOW = 21
OFFERED = (
    "vol:1.5",
    "vol:2",
    "corr:0.8",
    "decay:2",
    "state:high~0.2",
    "state:low~0.5",
    "t:5000~1",
    "copula:5000~1",
)
"""The sets offered under More; any other setting can be made active on the Stress page."""
Named = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]

# What follows the days in order, page by page, and so stays on history.
STAYS = {
    "overview": "Worst drawdown, dated returns and crisis replays follow the days in order: they stay on "
    "history.",
    "contributions": "Contributions through time and resampled intervals need days in order and of equal "
    "probability: they say so where they cannot use these scenarios. The currency view stays on history.",
    "tail": "Drawdowns, rolling VaR and statistics follow the days in order: they stay on history. "
    "Models and resampled intervals say so where they cannot use these scenarios.",
    "factors": "Exposures need days of equal probability, and factors have no returns in these scenarios: "
    "this whole page stays on history. Weights of A and B that a rule solves follow the scenarios, and all "
    "shares and exposures move with those weights.",
    "stress": "Replays, betas, regimes and what is conditioned on an index stay on history; the other "
    "stresses start from these scenarios.",
    "allocation": "Drawdowns follow the days in order and stay on history; stability and whatever else "
    "resamples days says so where it cannot use these scenarios.",
    "backtest": "A backtest walks through the days in order: this whole page stays on history.",
    "benchmark": "Nothing on this page follows the days in order: all of it, beta and capture too, is "
    "computed from these scenarios.",
    "sizing": "A size is lived one day after the other: this whole page stays on history; only the weights "
    "of A "
    "and B follow.",
    "trades": "Drawdowns, crisis replays and betas follow the days in order: they stay on history.",
    "exhibits": "Exhibits bring scenarios of their own: none of them changes.",
    "data": "The data is what it was; only what is computed from it changes.",
}
ELSEWHERE = "What follows the days in order stays on history."


def still_history(page: str) -> str:
    """Return which parts of a page do not follow the active scenarios, and why."""
    return STAYS.get(page, ELSEWHERE)


@dataclass(frozen=True)
class _Code:
    kind: str
    numbers: tuple[float, ...]
    side: str = ""
    text: str = ""


def _parsed(code: str) -> _Code:
    """Return the parts of a code, refusing what no code is."""
    kind, mark, rest = code.partition(":")
    if not mark or kind not in TITLES:
        raise InputError(f"“{code[:40]}” is no scenario set this version knows.")
    if kind == "views":
        if not rest.strip():
            raise InputError("A scenario set of views holds no sentence.")
        return _Code(kind, (), text=rest)
    parts = rest.split(SEPARATOR)
    side = parts.pop(0) if kind == "state" else ""
    if kind == "state" and side not in ("high", "low"):
        raise InputError("A scenario set by volatility is “high” or “low”.")
    try:
        numbers = tuple(float(part) for part in parts)
    except ValueError:
        numbers = ()
    ranges = RANGES[kind]
    fits = len(numbers) == len(ranges) and all(
        low <= v <= high for v, (low, high) in zip(numbers, ranges, strict=True)
    )
    if not fits:
        asked = ", ".join(f"{low:g} to {high:g}" for low, high in ranges)
        raise InputError(f"“{code[:40]}” needs numbers in the ranges {asked}.")
    return _Code(kind, numbers, side)


TITLES = {
    "views": "Views",
    "vol": "Volatility ×",
    "corr": "Correlations →",
    "decay": "Recent days weigh more",
    "state": "By volatility",
    "t": "Simulated, multivariate t",
    "copula": "Simulated, t copula",
    "blocks": "Resampled blocks",
    "paths": "Resampled days",
}
DRAWS = (100.0, float(MOST_DRAWS))
SEEDS = (0.0, 1e9)
RANGES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "vol": ((0.0, 20.0),),
    "corr": ((-1.0, 1.0),),
    "decay": ((0.01, 100.0),),
    "state": ((0.01, 0.99),),
    "t": (DRAWS, SEEDS),
    "copula": (DRAWS, SEEDS),
    "blocks": ((1.0, 1000.0), DRAWS, SEEDS),
    "paths": ((0.01, 100.0), DRAWS, SEEDS),
}


def kind_of(code: str) -> str:
    """Return the kind of a set, "" for history.

    Examples
    --------
    >>> kind_of("vol:2"), kind_of("")
    ('vol', '')
    """
    return code.partition(":")[0] if code else ""


def needs_state(code: str) -> bool:
    """Whether the set divides days by the volatility before them."""
    return kind_of(code) == "state"


def mentions(code: str, name: str) -> bool:
    """Whether a set of views may speak of a name: a cheap test before a portfolio is solved for it."""
    return code.startswith(VIEWS) and name.lower() in code.lower()


def set_title(code: str) -> str:
    r"""Return what the menu calls a set; a code that cannot be read is shown as it is.

    Examples
    --------
    >>> set_title(""), set_title("vol:2"), set_title("state:high~0.2")
    ('History', 'Volatility × 2', 'Most volatile 20\xa0% of days')
    """
    if not code:
        return "History"
    try:
        found = _parsed(code)
    except InputError:
        return code[:40]
    n = found.numbers
    if found.kind == "views":
        count = len([line for line in found.text.splitlines() if line.strip()])
        return f"{count} view{'s' if count != 1 else ''}"
    if found.kind == "state":
        side = "Most" if found.side == "high" else "Least"
        return f"{side} volatile {100 * n[0]:g}\N{NO-BREAK SPACE}% of days"
    if found.kind == "decay":
        return f"Recent weighs more: half-life {n[0]:g} years"
    if found.kind in ("vol", "corr"):
        return f"{TITLES[found.kind]} {n[0]:g}"
    if found.kind == "blocks":
        return f"{n[1]:,.0f} resampled paths in blocks of {n[0]:g}, seed {n[2]:.0f}"
    if found.kind == "paths":
        return f"{n[1]:,.0f} resampled paths, half-life {n[0]:g} years, seed {n[2]:.0f}"
    return f"{TITLES[found.kind]}: {n[0]:,.0f} draws, seed {n[1]:.0f}"


def set_words(code: str, active: Scenarios) -> str:
    """Return the badge: what the set is, and how many scenarios carry it."""
    found = _parsed(code)
    what = set_title(code)
    if found.kind == "views":
        lines = [line.strip() for line in found.text.splitlines() if line.strip()]
        what += f" ({'; '.join(lines)})"
    p = active.probabilities
    carried = f"{active.count:,} scenarios"
    if active.weighted:
        carried = f"{effective_scenarios(p):,.0f} effective of {active.count:,} scenarios"
    largest = float(p.max())
    heavy = f"; one alone carries {100 * largest:.0f}\N{NO-BREAK SPACE}%" if largest > 0.05 else ""
    return f"Active scenarios: {what}. {carried}{heavy}."


def viewable(assets: tuple[str, ...], table: pd.DataFrame, portfolios: Mapping[str, Portfolio]) -> Named:
    """Return what views can be about: assets, then A and B, then classes and regions as equal weights.

    A name already taken by what comes before is left out.
    """
    found: dict[str, tuple[tuple[str, float], ...]] = {a: ((a, 1.0),) for a in assets}
    for name, portfolio in portfolios.items():
        held = tuple((str(a), float(w)) for a, w in portfolio.weights.items() if w)
        if name not in found and held:
            found[name] = held
    for column in ("asset_class", "sector", "region"):
        for group, rows in table.loc[list(assets)].groupby(column, sort=False):
            name = str(group)
            if name and name not in found and len(rows) > 1:
                found[name] = tuple((str(a), 1.0 / len(rows)) for a in rows.index)
    return tuple(found.items())


def _names(named: Named, assets: tuple[str, ...]) -> dict[str, On]:
    return {
        name: name if held == ((name, 1.0),) and name in assets else Portfolio(name, dict(held))
        for name, held in named
    }


def pooled(scenarios: Scenarios, *, text: str, named: Named) -> ViewsResult:
    """Return the posterior of the sentences of a text, and what it moved."""
    return apply_views(scenarios, read_views(text, _names(named, scenarios.assets), scenarios))


@st.cache_resource(show_spinner=False, max_entries=64)
def _built(
    fingerprints: tuple[str, str],
    code: str,
    named: Named,
    periods: int,
    state_of: str,
    _scenarios: Scenarios,
    _single: Scenarios,
) -> Scenarios:
    return build(_scenarios, code=code, named=named, periods=periods, single=_single, state_of=state_of)


def active(
    scenarios: Scenarios, single: Scenarios, *, code: str, named: Named, periods: int, state_of: str
) -> Scenarios:
    """Return what `build` returns, remembered by what goes in."""
    if code.startswith(VIEWS):
        text = code.removeprefix(VIEWS)
        return cached.derived(pooled, scenarios, text=text, named=named).scenarios
    key = (scenarios.fingerprint, single.fingerprint)
    return _built(key, code, named, periods, state_of, scenarios, single)


def build(
    scenarios: Scenarios,
    *,
    code: str,
    named: Named = (),
    periods: int = 1,
    single: Scenarios | None = None,
    state_of: str = "",
) -> Scenarios:
    """Return the scenarios a code asks for, made from those of history over the horizon.

    `single` are the single-period returns behind them, with the asset `state_of`, for sets that read the
    days before.
    """
    found = _parsed(code)
    n = found.numbers
    if found.kind == "views":
        return pooled(scenarios, text=found.text, named=named).scenarios
    if found.kind == "vol":
        return volatility_shock(scenarios, n[0]).scenarios
    if found.kind == "corr":
        return correlation_shock(scenarios, n[0]).scenarios
    if found.kind == "decay":
        rows = n[0] * scenarios.periods_per_year * periods
        return exponential_decay(scenarios, half_life=rows)
    if found.kind == "state":
        return _by_state(scenarios, found, periods, single, state_of)
    rng = np.random.default_rng(int(n[-1]))
    if found.kind in ("blocks", "paths"):
        days = single.select(scenarios.assets) if single else scenarios
        if found.kind == "blocks":
            return block_paths(days, periods=periods, paths=int(n[1]), block_length=n[0], rng=rng)
        recent = exponential_decay(days, half_life=n[0] * days.periods_per_year)
        return resampled_paths(recent, periods=periods, paths=int(n[1]), rng=rng)
    draw: Callable[..., Scenarios] = simulated_t if found.kind == "t" else simulated_copula
    return draw(scenarios, count=int(n[0]), rng=rng)


def _by_state(
    scenarios: Scenarios, found: _Code, periods: int, single: Scenarios | None, state_of: str
) -> Scenarios:
    """Return the rows before which the index was most or least volatile."""
    if single is None or not state_of:
        raise InputError(
            "Scenarios by volatility need an index whose volatility divides the days: choose one under "
            "More → Benchmark."
        )
    before = realised_volatility(single, state_of, window=STATE_WINDOW)
    # A row over several periods is judged by what was known before its first one.
    known = before.shift(periods - 1).reindex(scenarios.index) if periods > 1 else before
    known = known.reindex(scenarios.index)
    share = found.numbers[0]
    high = found.side == "high"
    edge = float(known.quantile(1.0 - share if high else share))
    return conditioned_by_range(scenarios, known, **({"low": edge} if high else {"high": edge}))


def names_literal(named: Named) -> str:
    """Return what views can be about as Python."""
    parts = (
        f"{name!r}: {name!r}" if held == ((name, 1.0),) else f"{name!r}: Portfolio({name!r}, {dict(held)!r})"
        for name, held in named
    )
    return f"{{{', '.join(parts)}}}"


def script_lines(code: str, named: Named, index: str | None, periods: int, base: str) -> tuple[str, str]:
    """Return the lines that turn `scenarios` into the active set, and their imports.

    `base` is the expression for the single-period returns with the index.
    """
    if not code:
        return "", ""
    found = _parsed(code)
    n = found.numbers
    if found.kind == "views":
        return (
            f"names = {names_literal(named)}\n"
            f"scenarios = apply_views(scenarios, read_views({found.text!r}, names, scenarios)).scenarios",
            "from riskcore.stress import apply_views\nfrom riskcore.stress.view_sentences import read_views",
        )
    if found.kind in ("vol", "corr"):
        function = "volatility_shock" if found.kind == "vol" else "correlation_shock"
        return (
            f"scenarios = {function}(scenarios, {n[0]!r}).scenarios",
            f"from riskcore.stress import {function}",
        )
    if found.kind == "decay":
        return (
            f"half_life = {n[0]!r} * scenarios.periods_per_year * {periods}\n"
            "scenarios = exponential_decay(scenarios, half_life=half_life)",
            "from riskcore.stress import exponential_decay",
        )
    if found.kind == "state":
        share = 1.0 - n[0] if found.side == "high" else n[0]
        end = "low" if found.side == "high" else "high"
        return (
            f"known = realised_volatility({base}, {index!r}, window={STATE_WINDOW})\n"
            f"known = known.shift({periods - 1}).reindex(scenarios.index)\n"
            f"scenarios = conditioned_by_range(scenarios, known, {end}=float(known.quantile({share!r})))",
            "from riskcore.stress import conditioned_by_range, realised_volatility",
        )
    rng = f"np.random.default_rng({int(n[-1])})"
    if found.kind == "blocks":
        call = f"block_paths(history, periods={periods}, paths={int(n[1])}, block_length={n[0]!r}, rng={rng})"
        return f"scenarios = {call}", "import numpy as np\nfrom riskcore.stress import block_paths"
    if found.kind == "paths":
        return (
            f"recent = exponential_decay(history, half_life={n[0]!r} * history.periods_per_year)\n"
            f"scenarios = resampled_paths(recent, periods={periods}, paths={int(n[1])}, rng={rng})",
            "import numpy as np\nfrom riskcore.stress import exponential_decay, resampled_paths",
        )
    function = "simulated_t" if found.kind == "t" else "simulated_copula"
    return (
        f"scenarios = {function}(scenarios, count={int(n[0])}, rng={rng})",
        f"import numpy as np\nfrom riskcore.stress import {function}",
    )
