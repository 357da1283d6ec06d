"""Historical replay: what today's weights would have lost in a dated crisis."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.numerics.paths import buy_and_hold, wealth
from riskcore.periods import nearest_window, row_window, spacing, trading_dates
from riskcore.portfolio import Portfolio
from riskcore.results.stress import Proxy, ReplayResult
from riskcore.scenarios import Scenarios

__all__ = ["DatedEvent", "replay", "replays"]


class DatedEvent(Protocol):
    """Anything with a name, a peak close and a trough close."""

    @property
    def event(self) -> str:
        """What it is called."""

    @property
    def start(self) -> pd.Timestamp:
        """The peak close."""

    @property
    def end(self) -> pd.Timestamp:
        """The trough close."""


def replay(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    event: str,
    start: object,
    end: object,
    approximate: bool = False,
    proxies: Sequence[Proxy] = (),
) -> ReplayResult:
    """Return what the portfolio loses when bought at the close of `start` and held to that of `end`.

    asset_return_i = Π (1 + r_ti) − 1 over the rows dated after `start`, up to and including `end`;
    total = Σ w_i asset_return_i. Nothing is rebalanced in between, so the losses of the assets add up to
    the loss of the portfolio; what the weights leave of 1 is cash at 0.

    Parameters
    ----------
    scenarios
        A history: dated, ordered, equally weighted, one period per row. It must contain both closes. The
        first row is the return *from* a close the data does not hold, so a history that begins after
        `start` is taken only if not one weekday lies between; likewise where it stops before `end`. When
        `start` or `end` is not a trading day, the last close before it counts, at most 5 days back.
    portfolio
        A weight for every asset of the scenarios and for no other.
    event
        Name for the reader.
    start, end
        Peak close and trough close, as dates.
    approximate
        Where rows sparser than daily do not close on these dates, replay from the last close at or before
        the peak to the last one at or before the trough, and say so in the result.
    proxies
        One for every asset of the portfolio that the scenarios do not have: from `proxy_of`. It is taken to
        have made beta times what the index made since the peak close, never less than −100 %, on every day
        of the path; the result says so.

    Returns
    -------
    ReplayResult
        Returns, negative = lost; `loss` turns the sign. Over the whole window, not per year.

    Raises
    ------
    MissingDataError
        The data does not cover the window. Nothing is taken as zero.
    InputError
        The scenarios are no history, a date cannot be read, or `start` is not before `end`.
    AssetMismatchError
        Weights and scenarios with proxies name different assets, or a proxy’s index is not among them.

    Examples
    --------
    >>> prices = pd.DataFrame({"SPY": [100.0, 90.0, 60.0, 80.0], "BND": [50.0, 51.0, 51.0, 50.0]},
    ...                       index=pd.date_range("2020-02-17", periods=4, freq="B"))
    >>> history = Scenarios.from_prices(prices, periods_per_year=252)
    >>> result = replay(history, Portfolio("60/40", {"SPY": 0.6, "BND": 0.4}), event="Fall",
    ...                 start="2020-02-17", end="2020-02-19")
    >>> round(result.loss, 10), result.table["contribution"].round(10).to_dict()
    (0.232, {'SPY': -0.24, 'BND': 0.008})
    """
    days = trading_dates(scenarios, "A replay")
    assets = (*scenarios.assets, *(proxy.asset for proxy in proxies))
    _check_proxies(scenarios, proxies)
    weights = portfolio.aligned(assets)
    peak, trough = _date(start, "start"), _date(end, "end")
    if peak >= trough:
        raise InputError(f"{event} starts on {peak:%Y-%m-%d}, which is not before its end {trough:%Y-%m-%d}.")
    first, stop, moved = _window(days, peak, trough, approximate)
    if moved:
        peak, trough = days[first - 1], days[stop - 1]
    known = len(scenarios.assets)
    gains, values = buy_and_hold(scenarios.returns[first:stop], weights[:known])
    stand_in = _proxied(scenarios, first, stop, proxies)
    gains, values = np.append(gains, stand_in[-1]), values + stand_in @ weights[known:]
    table = pd.DataFrame(
        {"weight": weights, "asset_return": gains, "contribution": weights * gains},
        index=pd.Index(assets, name="asset"),
    )
    dates = pd.DatetimeIndex([peak, *days[first:stop]])
    return ReplayResult(
        event=event,
        portfolio=portfolio.name,
        start=peak,
        end=trough,
        table=table,
        total_return=float(weights @ gains),
        path=pd.Series([1.0, *values], index=dates, name=portfolio.name),
        approximate=moved,
        spacing=spacing(days),
        proxies=tuple(proxies),
    )


def _check_proxies(scenarios: Scenarios, proxies: Sequence[Proxy]) -> None:
    """Refuse a proxy for an asset that has data, and one whose index has none."""
    needless = [proxy.asset for proxy in proxies if proxy.asset in scenarios.assets]
    if needless:
        raise AssetMismatchError(f"{listed(needless)} has prices and needs no proxy.", assets=needless)
    absent = [proxy.index_asset for proxy in proxies if proxy.index_asset not in scenarios.assets]
    if absent:
        raise AssetMismatchError(
            f"The index {listed(absent)} of a proxy is not among the scenarios.", unknown=absent
        )


def _proxied(scenarios: Scenarios, first: int, stop: int, proxies: Sequence[Proxy]) -> NDArray[np.float64]:
    """Return what each proxied asset has made since the peak close, row by row."""
    columns = [scenarios.assets.index(proxy.index_asset) for proxy in proxies]
    betas = np.array([proxy.beta for proxy in proxies])
    made = wealth(scenarios.returns[first:stop][:, columns]) - 1.0
    return np.asarray(np.maximum(made * betas, -1.0), dtype=np.float64)


def replays(
    scenarios: Scenarios, portfolio: Portfolio, crises: Iterable[DatedEvent]
) -> tuple[list[ReplayResult], dict[str, str]]:
    """Replay every crisis the data covers, and say why the others are left out.

    Rows sparser than daily are replayed between their closes next before the peak and the trough
    (`ReplayResult.approximate`), as long as one of them lies in the fall.

    Parameters
    ----------
    crises
        Objects with `event`, `start` and `end`.

    Returns
    -------
    (covered, left_out)
        The results in the order given, and for every other event the sentence that says what is missing.

    Raises
    ------
    InputError, AssetMismatchError
        As `replay`, for anything but missing data; or two events have the same name.
    """
    items = list(crises)
    names = [item.event for item in items]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"The event {listed(twice)} appears more than once; rename one.", duplicates=twice)
    covered: list[ReplayResult] = []
    left_out: dict[str, str] = {}
    for item in items:
        try:
            found = replay(
                scenarios, portfolio, event=item.event, start=item.start, end=item.end, approximate=True
            )
            covered.append(found)
        except MissingDataError as problem:
            left_out[item.event] = str(problem)
    return covered, left_out


def _window(
    days: pd.DatetimeIndex, peak: pd.Timestamp, trough: pd.Timestamp, approximate: bool
) -> tuple[int, int, bool]:
    """Return the rows of the window, and whether its closes are only the nearest before."""
    try:
        return *row_window(days, peak, trough), False
    except MissingDataError:
        if not approximate or spacing(days) == "day":
            raise
    return *nearest_window(days, peak, trough), True


def _date(value: object, name: str) -> pd.Timestamp:
    try:
        date = pd.Timestamp(str(value))
    except ValueError as problem:
        raise InputError(
            f"The {name} '{str(value)[:40]}' is not a date; write it like 2020-02-19."
        ) from problem
    if pd.isna(date):
        raise InputError(f"The {name} is missing; write a date like 2020-02-19.")
    return date.tz_localize(None).normalize()
