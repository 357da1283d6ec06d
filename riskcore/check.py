"""The command `riskcore-check portfolio.toml`: print the gate, and say by the exit code whether it passes.

0 every limit holds (warnings included), 1 a limit is breached, 2 the file cannot be used or a limit cannot be
checked. One sentence on standard error says why.
"""

import math
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from riskcore.data.crises import load_crises
from riskcore.data.files import load_prices
from riskcore.data.price_set import PriceSet
from riskcore.data.sample import load_sample
from riskcore.errors import InputError, MissingDataError, RiskcoreError, listed
from riskcore.factors import fit_exposures
from riskcore.limits import Limits, Situation, check
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.portfolio import Portfolio
from riskcore.results.limits import GateResult, LimitResult
from riskcore.stress import DURATIONS, proxied_crises

__all__ = ["main", "report", "situation_of"]

PASSED, BREACHED, UNUSABLE = 0, 1, 2
USAGE = "Usage: riskcore-check portfolio.toml"
WORDS = {"pass": "pass", "warn": "WARN", "breach": "BREACH", "unchecked": "NOT CHECKED"}
TABLES = {
    "data": {"sample", "file", "assets", "start", "end"},
    "portfolio": {"name", "weights", "shares", "cash"},
    "risk": {
        "confidence",
        "horizon",
        "index",
        "value",
        "daily_volume",
        "participation",
        "factors",
        "durations",
    },
    "groups": None,
    "limits": None,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a portfolio file, print its gate, and return the exit code.

    Examples
    --------
    >>> main(["docs/portfolio.toml"])  # doctest: +ELLIPSIS
    60/40 with gold: WARN...
    0
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["-h"], ["--help"]):
        print(f"{USAGE}\n\n{__doc__}")
        return PASSED
    try:
        if len(given) != 1:
            raise InputError(f"{USAGE}: name one file.")
        path = Path(given[0])
        content = _read(path)
        situation, portfolio = situation_of(content, path.parent)
        limits = Limits.from_mapping(content["limits"])
        if not limits.any:
            raise InputError("There is no limit under [limits]; set at least one, such as cvar = 0.02.")
        gate = check(situation, portfolio, limits)
    except RiskcoreError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return UNUSABLE
    print(report(gate))
    if gate.breaches:
        print(f"Breached: {listed(f.name for f in gate.breaches)}.", file=sys.stderr)
        return BREACHED
    if gate.unchecked:
        first = gate.unchecked[0]
        print(f"{first.name} cannot be checked: {first.reason}", file=sys.stderr)
        return UNUSABLE
    return PASSED


def report(gate: GateResult) -> str:
    """Return the gate as lines of text: status, limit, value, highest value, utilisation."""
    rows = [("status", "limit on", "value", "limit", "used")]
    rows += [(WORDS[f.status], f.name, *_figures(f)) for f in gate.limits]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            cell.rjust(width) if column > 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([f"{gate.portfolio}: {WORDS[gate.status]}", "", *lines])


def _figures(found: LimitResult) -> tuple[str, str, str]:
    def written(value: float | None) -> str:
        if value is None:
            return "—"
        if found.unit == "exposure":
            return f"{value:.2f}"
        return f"{value:.1f} days" if found.unit == "days" else f"{100 * value:.2f} %"

    used = found.utilisation
    return written(found.value), written(found.limit), "—" if used is None else f"{100 * used:.1f} %"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'it is no file'}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.") from error
    _known("the file", content, set(TABLES))
    for name, keys in TABLES.items():
        table = content.setdefault(name, {})
        if not isinstance(table, dict):
            raise InputError(f"[{name}] is a table of names and values.")
        if keys is not None:
            _known(f"[{name}]", table, keys)
    return content


def _known(where: str, table: Mapping[str, object], known: set[str]) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise InputError(f"{where} has no {listed(unknown)}; it may have {', '.join(sorted(known))}.")


def situation_of(content: Mapping[str, Any], folder: Path) -> tuple[Situation, Portfolio]:
    """Return what the limits are checked on, and the portfolio, from the tables of a file.

    Parameters
    ----------
    content
        Tables data, portfolio, risk and groups, as in docs/portfolio.toml.
    folder
        Where a price file with a relative path lies.

    Raises
    ------
    InputError
        Something is missing or cannot be used: which, and what to write instead.
    """
    data, risk = content["data"], content["risk"]
    prices = _prices(data, folder)
    named = _numbers("portfolio, weights", content["portfolio"].get("weights", {}))
    pieces = _numbers("portfolio, shares", content["portfolio"].get("shares", {}))
    if bool(named) == bool(pieces):
        raise InputError("[portfolio] needs weights or shares, one of them, such as weights = { SPY = 0.6 }.")
    assets = _names("data, assets", data.get("assets", list(named or pieces)))
    window = (_day("data, start", data.get("start")), _day("data, end", data.get("end")))
    history = prices.scenarios(assets, *window)
    weights = named or _worth(prices, pieces, content["portfolio"].get("cash", 0.0), history.index[-1])
    name = str(content["portfolio"].get("name", "The portfolio"))
    index = _index(prices, risk.get("index", prices.default_index))
    horizon = risk.get("horizon", 1)
    if isinstance(horizon, bool) or not isinstance(horizon, int) or not 1 <= horizon <= 260:
        raise InputError(
            f"The horizon is a whole number of periods from 1 to 260, not {str(horizon)[:40]!r}."
        )
    confidence = risk.get("confidence")
    if confidence is None:
        raise InputError("[risk] needs a confidence, such as confidence = 0.95.")
    exposures, reason = _exposures(prices, assets, window, content)
    crises = load_crises()
    situation = Situation(
        history.over_horizon(horizon),
        _number("risk, confidence", confidence),
        history=history,
        whole=prices.scenarios(assets),
        crises=crises,
        proxied=proxied_crises(prices, assets, crises, index_asset=index),
        with_index=None
        if index is None
        else prices.scenarios(list(dict.fromkeys([*assets, index])), *window),
        index=index,
        groups=_groups(prices, assets, content["groups"]),
        value=None if "value" not in risk else _number("risk, value", risk["value"]),
        daily_volume=_numbers("risk, daily_volume", risk.get("daily_volume", {})),
        participation=_number("risk, participation", risk.get("participation", 0.2)),
        exposures=exposures,
        no_exposures=reason,
        durations=_durations(prices, assets) | _numbers("risk, durations", risk.get("durations", {})),
        horizon=f"{horizon}-{'day' if prices.periods_per_year > 200 else 'period'}",
    )
    return situation, Portfolio(name, weights).on(assets)


def _exposures(
    prices: PriceSet,
    assets: list[str],
    window: tuple[str | None, str | None],
    content: Mapping[str, Any],
) -> tuple[dict[str, dict[str, float]], str]:
    """Return the exposures to the factors of the file, and else why there are none.

    The factors are series of the data; without a list, those that are limited. Daily data is fitted on weekly
    returns, as on the Factors page.
    """
    limited = content["limits"].get("factors", {})
    if not limited or not isinstance(limited, dict):
        return {}, ""
    given = content["risk"].get("factors")
    factors = list(limited) if given is None else _names("risk, factors", given)
    try:
        wide = prices.scenarios(list(dict.fromkeys([*assets, *factors])), *window)
        daily = spacing(trading_dates(wide, "Exposures")) == "day"
        rows = weekly(wide) if daily else wide
        found = fit_exposures(rows.select(assets), rows.select(factors))
    except RiskcoreError as error:
        return {}, str(error)
    return {
        str(factor): {str(asset): float(x) for asset, x in column.items()}
        for factor, column in found.exposures.items()
    }, ""


def _prices(data: Mapping[str, Any], folder: Path) -> PriceSet:
    if ("sample" in data) == ("file" in data):
        raise InputError('[data] needs a sample or a file, one of them, such as sample = "global".')
    if "sample" in data:
        return load_sample(str(data["sample"]))
    path = folder / str(data["file"])
    try:
        return load_prices(path.read_bytes(), path.name)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'it is no file'}.") from error


def _worth(prices: PriceSet, pieces: Mapping[str, float], cash: object, day: object) -> dict[str, float]:
    """Return the weights of shares at the last prices; assets in several currencies are refused."""
    currencies = {str(prices.assets.loc[asset, "currency"]) for asset in pieces if asset in prices.tickers}
    if len(currencies) > 1:
        raise InputError(
            f"The shares are in several currencies ({listed(sorted(currencies))}); write weights instead."
        )
    last = prices.prices.loc[: str(day)].iloc[-1]
    values = {asset: number * float(last[asset]) for asset, number in pieces.items() if asset in last.index}
    absent = [asset for asset in pieces if asset not in values]
    if absent:
        raise InputError(f"{prices.label} has no {listed(absent)}.", unknown=absent)
    total = sum(values.values()) + _number("portfolio, cash", cash)
    if not (math.isfinite(total) and total > 0.0):
        raise MissingDataError(
            "The shares and cash are worth nothing together; weights need a positive value."
        )
    return {asset: value / total for asset, value in values.items()}


def _groups(prices: PriceSet, assets: Sequence[str], given: Mapping[str, Any]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for asset in assets:
        groups.setdefault(str(prices.assets.loc[asset, "asset_class"]), []).append(asset)
    groups.pop("", None)
    return groups | {name: _names(f"groups, {name}", members) for name, members in given.items()}


def _index(prices: PriceSet, given: object) -> str | None:
    if given is None or (isinstance(given, str) and given in prices.tickers):
        return given
    raise InputError(f"{prices.label} has no index {str(given)[:40]!r}; name one of its assets.")


def _durations(prices: PriceSet, assets: Sequence[str]) -> dict[str, float]:
    """Return the durations stresses start with, as on the pages: those of the data, else the usual one."""
    bonds = [asset for asset in assets if prices.assets.loc[asset, "asset_class"] == "Bonds"]
    known = {asset: years for asset, years in prices.durations.items() if asset in assets}
    return dict.fromkeys(bonds, DURATIONS["broad bonds"]) | known


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{name} must be a number, not {str(value)[:40]!r}.")
    return float(value)


def _numbers(name: str, table: object) -> dict[str, float]:
    if not isinstance(table, dict):
        raise InputError(f"{name} is a table of names and numbers, such as {{ SPY = 0.6 }}.")
    return {key: _number(f"{name}, {key}", value) for key, value in table.items()}


def _names(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise InputError(f'{name} is a list of names, such as ["SPY", "BND"].')
    return value


def _day(name: str, value: object) -> str | None:
    if value is None:
        return None
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise InputError(f"{name} is a date such as 2020-02-19, not {str(value)[:40]!r}.") from None


if __name__ == "__main__":
    sys.exit(main())
