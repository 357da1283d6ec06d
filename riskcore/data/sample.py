"""The bundled samples: real prices, stale by design, for learning and trying out.

Provenance and licences lie beside the data in `samples/`.
"""

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

from riskcore.data.price_set import REQUIRED_COLUMNS, PriceSet
from riskcore.errors import InputError, listed

__all__ = ["DEFAULT_SAMPLE", "SAMPLES", "Sample", "load_sample", "sample_text"]

SOURCE = "educational sample"
DEFAULT_SAMPLE = "global"
TRADING_DAYS = 252.0


@dataclass(frozen=True)
class Sample:
    """One bundled set: what it is called, what it holds, and what to know before using it."""

    key: str
    label: str
    description: str
    file: str
    default_assets: tuple[str, ...]
    default_index: str | None
    notes: tuple[str, ...]


_ALL = (
    Sample(
        "global",
        "Global multi-asset, 2007–2026",
        "Stock indices of four regions, US bonds, gold, four currencies and Bitcoin, daily.",
        "global_2007_2026.csv.gz",
        ("SPY", "QQQ", "FTSE100", "NIKKEI225", "HANGSENG", "BND", "GOLD"),
        "SPY",
        (
            "Educational sample, stale by design: not investment data.",
            "Rows are US trading days. On foreign holidays the last price is carried forward and the day "
            "shows a 0 return (NIKKEI225 6.2 %, HANGSENG 4.6 %, FTSE100 1.9 % of days).",
            "Asian and European closes come before the US close: daily correlations and betas against SPY "
            "are understated; weekly ones are not.",
            "SPY, QQQ and BND include dividends; the three foreign indices do not; currencies exclude "
            "interest; GOLD is a rolled front-month future.",
            "BTC starts on 2014-09-17: choosing it shortens the history of the whole portfolio.",
        ),
    ),
    Sample(
        "us",
        "US stocks, 2000–2022",
        "Twenty large US stocks of seven sectors, daily, adjusted for splits and dividends.",
        "us_2000_2022.csv.gz",
        (),
        None,
        (
            "Educational sample, stale by design: not investment data.",
            "Survivorship bias: these companies were chosen because they are large today, so their past "
            "looks better than a portfolio picked in 2000 would have done.",
            "Early prices are rounded to three decimals, which adds noise to the returns of low prices.",
        ),
    ),
    Sample(
        "india",
        "Indian stocks, 2007–2023",
        "Five NSE stocks and the NIFTY 50 index in rupees, daily.",
        "india_2007_2023.csv.gz",
        ("RELIANCE", "HDFCBANK", "INFY", "TCS", "TATAMOTORS"),
        "NIFTY50",
        (
            "Educational sample, stale by design: not investment data.",
            "Stocks are adjusted for splits and dividends; the NIFTY 50 excludes dividends and 23 of its "
            "missing days carry the last price forward.",
            "Survivorship bias: five companies that are large today.",
        ),
    ),
)
SAMPLES: Mapping[str, Sample] = MappingProxyType({sample.key: sample for sample in _ALL})


@cache
def load_sample(key: str = DEFAULT_SAMPLE) -> PriceSet:
    """Return a bundled sample; loaded once per process.

    Parameters
    ----------
    key
        One of `SAMPLES`: "global", "us", "india".

    Raises
    ------
    InputError
        There is no such sample.

    Examples
    --------
    >>> load_sample("global")
    PriceSet('global', 4648 × 12, 2007-07-30 to 2026-01-16)
    >>> load_sample("india").default_index
    'NIFTY50'
    """
    if key not in SAMPLES:
        raise InputError(f"There is no sample called {key[:40]}; choose {listed(SAMPLES)}.", key=key)
    sample = SAMPLES[key]
    text = gzip.decompress((files("riskcore.data") / "samples" / sample.file).read_bytes())
    prices = pd.read_csv(io.BytesIO(text), index_col=0, parse_dates=[0])
    return PriceSet(
        key=key,
        label=sample.label,
        prices=prices,
        assets=_asset_table().loc[list(prices.columns), list(REQUIRED_COLUMNS)],
        periods_per_year=TRADING_DAYS,
        source=SOURCE,
        notes=sample.notes,
        default_assets=sample.default_assets,
        default_index=sample.default_index,
    )


def sample_text(name: str) -> str:
    """Return one of the text files beside the samples (PROVENANCE.md, a licence, a table).

    Examples
    --------
    >>> sample_text("PROVENANCE.md").startswith("# Bundled samples")
    True
    """
    available = sorted(f.name for f in (files("riskcore.data") / "samples").iterdir())
    if name not in available:
        raise InputError(f"There is no file {name[:60]} beside the samples.", name=name)
    return (files("riskcore.data") / "samples" / name).read_text(encoding="utf-8")


@cache
def _asset_table() -> pd.DataFrame:
    # Tickers and names stay text: "NA" is a ticker, not a missing value.
    return pd.read_csv(io.StringIO(sample_text("assets.csv")), dtype=str, keep_default_na=False).set_index(
        "asset"
    )
