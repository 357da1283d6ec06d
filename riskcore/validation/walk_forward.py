"""Walk-forward backtest: at every rebalance the weights come from rows before it, and only from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation import ALLOCATORS, allocate
from riskcore.errors import InputError, MissingDataError, NumericalError, listed
from riskcore.numerics.drift import drift
from riskcore.numerics.tail import check_confidence
from riskcore.periods import trading_dates
from riskcore.results.allocation import AllocationResult
from riskcore.results.backtest import BacktestResult
from riskcore.scenarios import Scenarios
from riskcore.validation.walk_forward_figures import LEVEL, RESAMPLES, Path, judged, why_no_intervals

__all__ = ["REBALANCES", "Rebalance", "walk_forward"]

Floats = NDArray[np.float64]
Rebalance = Literal["weekly", "monthly", "quarterly"]
Rule = Callable[..., AllocationResult]

# Calendar of each rebalance, the longest usual gap between rows it can be read from (days), and its noun.
REBALANCES: dict[str, tuple[str, float, str]] = {
    "weekly": ("W-FRI", 9.0, "week"),
    "monthly": ("M", 33.0, "month"),
    "quarterly": ("Q", 95.0, "quarter"),
}
EQUAL = "equal_weight"
LEAST_ROWS = 2  # the fewest rows that have a volatility
MOST_COSTS = 0.1


def walk_forward(
    scenarios: Scenarios,
    methods: Sequence[str],
    *,
    confidence: float,
    window: int | None,
    rebalance: Rebalance = "monthly",
    costs: float = 0.0,
    warm_up: int | None = None,
    risk_free: float = 0.0,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None = None,
) -> BacktestResult:
    """Hold the portfolios that rules would have chosen, each time from past rows only, net of costs.

    The rows of a week, month or quarter are held with weights estimated on the `window` rows before it and
    traded at the close of the last of those; between trades the weights drift with returns. A trade from
    drifted weights w⁻ to w costs `costs` · Σ|w_i − w_i⁻| of the value before it; it lowers the return of the
    next row: (1 − cost)(1 + r) − 1. The first purchase, from cash, pays too. One-way turnover is
    ½ Σ|w_i − w_i⁻|, without the first purchase.

    A rule without an answer at a trade keeps its drifted weights, trades nothing, and the date is listed in
    its `failures`; without an answer at the first trade it is `refused`. Equal weight is always included,
    first. The figures of one rule do not depend on which others are asked for. A search for weights begins at
    those held: that changes its time, and its answer only within the residual to which it is verified.

    Parameters
    ----------
    scenarios
        Dated single-period history of equal probability.
    methods
        Keys of `ALLOCATORS`.
    confidence
        c in (0.5, 1), for rules that use one and for the CVaR of the paths.
    window
        Rows each estimate rests on, at least 2; None for all rows before the trade (expanding).
    rebalance
        "weekly" (after Friday's close), "monthly" or "quarterly" (after the last close).
    costs
        Fraction of every purchase and every sale: 0.001 for 10 basis points; at most 0.1.
    warm_up
        Rows before the first one held; the window by default, one year for an expanding one. A longer one
        lets several windows be compared on the same rows.
    risk_free
        Per year, simple, decimal; for the Sharpe ratio, and for rules that use one.
    rng
        For the intervals: stationary block bootstrap, for differences the same blocks of both paths.
    progress
        Called with the share of the trades done. An exception it raises ends the run and reaches the caller.

    Returns
    -------
    BacktestResult
        Weights saw only the past; the choice of rules, assets and settings did not. The assets are those
        that exist today (survivorship), so all paths flatter.

    Raises
    ------
    ConfidenceError, InputError
        Scenarios that are no dated history, rules that do not exist, rows too sparse for the rebalance, or
        settings out of range.
    MissingDataError
        No row is left to hold after the warm-up.

    References
    ----------
    DeMiguel, Garlappi, Uppal (2009), Review of Financial Studies 22 (the comparison with equal weight).

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=500, freq="B")
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(0.0005, [0.01, 0.02], (500, 2)), index=days, columns=["SPY", "QQQ"])
    >>> history = Scenarios.from_returns(table, periods_per_year=252)
    >>> found = walk_forward(history, ["inverse_volatility"], confidence=0.95, window=250, rng=rng)
    >>> list(found.methods), f"{found.start:%Y-%m-%d}", found.rows
    (['equal_weight', 'inverse_volatility'], '2024-12-31', 238)
    """
    level = check_confidence(confidence)
    days = trading_dates(scenarios, "A walk-forward backtest")
    scenarios = _row_by_row(scenarios)
    asked = _asked(methods)
    _check_settings(costs, window, risk_free)
    rows = _rows_before(scenarios, window, warm_up)
    starts = _first_rows_held(days, rebalance, rows)
    books = [_Book(key, np.zeros(scenarios.size)) for key in asked]
    rule = partial(allocate, confidence=level, risk_free=risk_free / scenarios.periods_per_year)
    refused = _walk(books, scenarios, starts, (window, rule, float(costs)), progress)
    books = [book for book in books if book.method not in refused]
    paths = {book.method: book.path(scenarios, starts, float(costs)) for book in books}
    # One seed for all: the interval of a rule is the same whichever others are asked for.
    seed = int(rng.integers(2**63))
    found = judged(paths, paths[EQUAL], level, float(risk_free), seed)
    reason = why_no_intervals(scenarios.count - starts[0])
    return BacktestResult(
        methods=MappingProxyType(found),
        refused=MappingProxyType(refused),
        window=window,
        rebalance=rebalance,
        costs=float(costs),
        warm_up=rows,
        risk_free=float(risk_free),
        confidence=level,
        start=days[starts[0] - 1],
        end=days[-1],
        periods_per_year=scenarios.periods_per_year,
        rows=scenarios.count - starts[0],
        level=LEVEL,
        resamples=0 if reason else RESAMPLES,
        no_intervals=reason,
    )


@dataclass(eq=False)
class _Book:
    """What one rule holds and has done so far."""

    method: str
    held: Floats
    earned: list[Floats] = field(default_factory=list)
    weights: list[Floats] = field(default_factory=list)
    traded: list[float] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)

    def trade(self, past: Scenarios, rule: Rule) -> str | None:
        """Move to the weights the rule finds on past rows; where it finds none, return why and keep them."""
        problem = None
        before = after = self.held
        try:
            start = before if before.any() else None
            after = rule(self.method, past, start=start).weights.to_numpy()
        except NumericalError as error:
            problem = str(error)
            self.failures[len(self.traded)] = problem
        moved = float(np.abs(after - before).sum())
        self.held = after
        self.weights.append(after)
        self.traded.append(moved)
        return problem

    def path(self, scenarios: Scenarios, starts: Sequence[int], costs: float) -> Path:
        """Return what was done, with labels."""
        days = pd.DatetimeIndex(scenarios.index)
        dates = days[[first - 1 for first in starts]]
        traded = np.array(self.traded)
        return Path(
            method=self.method,
            label=ALLOCATORS[self.method].label,
            returns=pd.Series(np.concatenate(self.earned), index=days[starts[0] :], name=self.method),
            start=dates[0],
            weights=pd.DataFrame(np.array(self.weights), index=dates, columns=list(scenarios.assets)),
            turnover=pd.Series(0.5 * traded[1:], index=dates[1:], name="turnover"),
            costs=pd.Series(costs * traded, index=dates, name="costs"),
            failures={dates[number]: problem for number, problem in self.failures.items()},
            periods_per_year=scenarios.periods_per_year,
        )


def _walk(
    books: Sequence[_Book],
    scenarios: Scenarios,
    starts: Sequence[int],
    settings: tuple[int | None, Rule, float],
    progress: Callable[[float], None] | None,
) -> dict[str, str]:
    """Trade and hold through all rows; return the rules that had no weights at the first trade."""
    window, rule, costs = settings
    refused: dict[str, str] = {}
    ends = [*starts[1:], scenarios.count]
    for number, (first, stop) in enumerate(zip(starts, ends, strict=True)):
        past = _past(scenarios, window, first)
        for book in [b for b in books if b.method not in refused]:
            problem = book.trade(past, rule)
            if problem is not None and number == 0:
                refused[book.method] = problem
        live = [b for b in books if b.method not in refused]
        _hold(live, scenarios.returns[first:stop], costs)
        # Outside the trade: what the callback raises is the caller's, not a failure of a rule.
        if progress is not None:
            progress((number + 1) / len(starts))
    return refused


def _hold(books: Sequence[_Book], returns: Floats, costs: float) -> None:
    """Let the weights drift over rows; the cost of the trade before them falls on the first."""
    earned, last = drift(returns, np.column_stack([book.held for book in books]))
    for column, book in enumerate(books):
        own = earned[:, column]
        own[0] = (1.0 - costs * book.traded[-1]) * (1.0 + own[0]) - 1.0
        if not (np.isfinite(own).all() and own.min() > -1.0):
            raise NumericalError(
                f"{ALLOCATORS[book.method].label} loses everything, because what it holds falls to 0. "
                "Leave out the asset that became worthless."
            )
        book.earned.append(own)
        book.held = last[:, column]


def _row_by_row(scenarios: Scenarios) -> Scenarios:
    """Return the same scenarios with rows one after another in memory.

    The last digit of a sum follows the memory order; so the same history gives the same bits.
    """
    returns = np.array(scenarios.returns, order="C")
    returns.setflags(write=False)
    return Scenarios(
        returns=returns,
        assets=scenarios.assets,
        periods_per_year=scenarios.periods_per_year,
        index=scenarios.index,
        ordered=True,
        source=scenarios.source,
    )


def _past(scenarios: Scenarios, window: int | None, first: int) -> Scenarios:
    """Return the rows strictly before the first one held: all of them, or the last `window`."""
    return scenarios.rows(0 if window is None else first - window, first)


def _first_rows_held(days: pd.DatetimeIndex, rebalance: str, before: int) -> list[int]:
    """Return the first row of each week, month or quarter that has enough rows before it."""
    if rebalance not in REBALANCES:
        raise InputError(f"No rebalance {rebalance!r}; choose one of {listed(REBALANCES)}.")
    calendar, widest, noun = REBALANCES[rebalance]
    gap = float(np.median(np.diff(days.to_numpy()) / np.timedelta64(1, "D"))) if len(days) > 1 else 0.0
    if gap > widest:
        raise InputError(
            f"A {rebalance} rebalance needs at least one row a {noun}; these rows are about {gap:.0f} days "
            "apart. Rebalance less often.",
            rebalance=rebalance,
        )
    codes = days.to_period(calendar).to_timestamp().to_numpy()
    firsts = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    firsts = firsts[firsts >= before]
    if firsts.size == 0:
        raise MissingDataError(
            f"No {noun} begins after the first {before:,} rows, which the first weights rest on; the "
            f"history has {len(days):,} rows. Choose a shorter window or more data.",
            rows=len(days),
        )
    return [int(first) for first in firsts]


def _rows_before(scenarios: Scenarios, window: int | None, warm_up: int | None) -> int:
    """Return how many rows come before the first one held."""
    if warm_up is None:
        year = max(round(scenarios.periods_per_year), LEAST_ROWS)
        return year if window is None else window
    least = LEAST_ROWS if window is None else window
    if warm_up < least:
        raise InputError(
            f"The warm-up must be at least {least} rows, which the first weights rest on; got {warm_up}."
        )
    return warm_up


def _asked(methods: Sequence[str]) -> list[str]:
    """Return the rules, equal weight first, each once."""
    if isinstance(methods, str):
        raise InputError(f"Give the rules as a list: [{methods!r}].")
    unknown = [key for key in methods if key not in ALLOCATORS]
    if unknown:
        raise InputError(f"No allocator {listed(unknown)}; choose from {listed(ALLOCATORS, most=20)}.")
    return list(dict.fromkeys([EQUAL, *methods]))


def _check_settings(costs: float, window: int | None, risk_free: float) -> None:
    if not -1.0 < risk_free < 1.0:
        raise InputError(f"The risk-free rate is a decimal per year (0.03 for 3 %), got {risk_free:g}.")
    if not 0.0 <= costs <= MOST_COSTS:
        hint = f" Did you mean {costs / 1e4:g}, {costs:g} basis points?" if MOST_COSTS < costs <= 1000 else ""
        raise InputError(
            f"Costs are a fraction of what is traded, from 0 to {MOST_COSTS:g}; got {costs:g}.{hint}"
        )
    if window is not None and window < LEAST_ROWS:
        raise InputError(f"A window has at least {LEAST_ROWS} rows; got {window}.")
