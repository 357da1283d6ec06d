"""The quality report: every check, over one table of prices."""

from collections.abc import Mapping

import pandas as pd

from riskcore.data.price_set import PriceSet
from riskcore.data.quality.calendars import find_markets
from riskcore.data.quality.closes import close_findings
from riskcore.data.quality.expected import coverage
from riskcore.data.quality.histories import history_findings, table_findings
from riskcore.data.quality.jumps import jump_findings
from riskcore.data.quality.raw import cleaned
from riskcore.data.quality.report import KINDS, SEVERITIES, Finding, QualityReport
from riskcore.data.quality.runs import still_findings

__all__ = ["inspect"]


def inspect(
    prices: PriceSet | pd.DataFrame,
    *,
    calendars: Mapping[str, str] | None = None,
    today: pd.Timestamp | None = None,
) -> QualityReport:
    """Return what is wrong, doubtful or worth knowing about the prices. Nothing is changed.

    Parameters
    ----------
    prices
        A price set, or a raw table (dates × tickers) that may have repeated dates and impossible prices.
    calendars
        Asset to exchange (XNYS, XTKS, …, or "24/7"), where it is known better than by region and currency.
    today
        The last day that is not in the future; the present day when omitted.

    Raises
    ------
    InputError
        The table has no dates or numbers, or an exchange does not exist.
    AssetMismatchError
        A calendar was given for an asset that is not there.
    MissingDataError
        There are no rows or columns.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=6, freq="B")
    >>> frame = pd.DataFrame({"A": [50.0, 51.0, 5.1, 5.2, 5.1, 5.3]}, index=days)
    >>> inspect(frame).findings[0].sentence
    'A moves by −90.0 % on 2024-01-03 (from 51 to 5.1), the size of a 10:1 split nobody adjusted for.'
    """
    limit = (today if today is not None else pd.Timestamp.now("UTC").tz_localize(None)).normalize()
    raw = prices.prices if isinstance(prices, PriceSet) else prices
    frame, found = cleaned(raw, limit)
    markets = find_markets(frame, prices.assets if isinstance(prices, PriceSet) else None, calendars)
    found += history_findings(frame, markets)
    found += table_findings(frame, markets)
    found += jump_findings(frame, markets)
    found += still_findings(frame, markets)
    index = prices.default_index if isinstance(prices, PriceSet) else None
    found += close_findings(frame, markets, index)
    names = {str(c): j for j, c in enumerate(frame.columns)}
    return QualityReport(
        findings=tuple(sorted(found, key=lambda f: _rank(f, names))),
        coverage=coverage(frame, markets, "year"),
        by_month=coverage(frame, markets, "month"),
        table_calendar=markets.table.code if markets.table is not None else "",
        calendars={a: c.code if c is not None else "" for a, c in markets.assets.items()},
        first=frame.index[0],
        last=frame.index[-1],
        rows=len(raw),
    )


def _rank(finding: Finding, names: dict[str, int]) -> tuple[int, int, int]:
    return (
        SEVERITIES.index(finding.severity),
        KINDS.index(finding.kind),
        names.get(finding.asset, -1),
    )
