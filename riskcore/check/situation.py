"""What a portfolio file is checked on: prices, weights, groups and all that its limits need."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from riskcore.check.tables import day, names, number, numbers
from riskcore.data.crises import load_crises
from riskcore.data.currency import unit_of
from riskcore.data.files import load_prices
from riskcore.data.groups import groups_in
from riskcore.data.price_set import PriceSet
from riskcore.data.sample import load_sample
from riskcore.errors import InputError, MissingDataError, RiskcoreError, listed
from riskcore.factors import fit_exposures
from riskcore.limits import Situation
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.stress import DURATIONS, proxied_crises

__all__ = ["situation_of"]

# More is a percentage typed for a fraction.
HIGHEST_WEIGHT = 10.0
VOLUME_DAYS = 21
# Horizons of daily data that have a name of their own.
DAYS = {1: "1-day", 5: "1-week", 10: "10-day", 21: "1-month"}


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
    held = _held(content["portfolio"])
    assets = names("data, assets", data.get("assets", list(held)))
    window = (day("data, start", data.get("start")), day("data, end", data.get("end")))
    history = prices.scenarios(assets, *window)
    portfolio, worth = _portfolio(prices, content["portfolio"], held, history)
    index = _index(prices, risk.get("index", prices.default_index))
    periods = _horizon(risk.get("horizon", 1))
    if "confidence" not in risk:
        raise InputError("[risk] needs a confidence, such as confidence = 0.95.")
    exposures, reason = _exposures(prices, assets, window, content)
    crises = load_crises()
    situation = Situation(
        history.over_horizon(periods),
        number("risk, confidence", risk["confidence"]),
        history=history,
        whole=prices.scenarios(assets),
        crises=crises,
        proxied=proxied_crises(prices, assets, crises, index_asset=index),
        with_index=None
        if index is None
        else prices.scenarios(list(dict.fromkeys([*assets, index])), *window),
        index=index,
        groups=_groups(prices, assets, content["groups"]),
        value=number("risk, value", risk["value"], above=0.0) if "value" in risk else worth,
        daily_volume=_volumes(prices, assets)
        | _by_asset(assets, "risk, daily_volume", risk.get("daily_volume", {}), above=0.0),
        participation=number("risk, participation", risk.get("participation", 0.2), above=0.0, most=1.0),
        exposures=exposures,
        no_exposures=reason,
        durations=_durations(prices, assets)
        | _by_asset(assets, "risk, durations", risk.get("durations", {})),
        horizon=DAYS.get(periods, f"{periods}-day") if prices.periods_per_year > 200 else f"{periods}-period",
    )
    return situation, portfolio.on(assets)


def _held(given: Mapping[str, Any]) -> dict[str, float]:
    """Return the weights or the shares of a portfolio."""
    weights = numbers("portfolio, weights", given.get("weights", {}))
    shares = numbers("portfolio, shares", given.get("shares", {}))
    if bool(weights) == bool(shares):
        raise InputError("[portfolio] needs weights or shares, one of them, such as weights = { SPY = 0.6 }.")
    if weights and "cash" in given:
        raise InputError("Cash goes with shares; weights that add up to less than 1 leave the rest in cash.")
    for asset, weight in weights.items():
        if abs(weight) > HIGHEST_WEIGHT:
            raise InputError(
                f"The weight of {asset[:40]} is {weight:g} times the value; did you mean {weight / 100:g} "
                f"({weight:g} %)?"
            )
    return weights or shares


def _portfolio(
    prices: PriceSet, given: Mapping[str, Any], held: dict[str, float], history: Scenarios
) -> tuple[Portfolio, float | None]:
    """Return the portfolio by weights, and what its shares are worth, None without shares."""
    name = given.get("name", "The portfolio")
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"portfolio, name is a text in quotes, not {str(name)[:40]!r}.")
    if "shares" not in given:
        return Portfolio(name, held), None
    values, total = _worth(prices, held, given.get("cash", 0.0), history.index[-1])
    return Portfolio(name, {asset: value / total for asset, value in values.items()}), total


def _horizon(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 260:
        raise InputError(f"The horizon is a whole number of periods from 1 to 260, not {str(given)[:40]!r}.")
    return given


def _by_asset(
    assets: Sequence[str], name: str, table: object, *, above: float = -math.inf
) -> dict[str, float]:
    """Return a number for some of the assets; a name that is none of them is refused."""
    found = numbers(name, table, above=above)
    unknown = [asset for asset in found if asset not in assets]
    if unknown:
        raise InputError(f"{name} names {listed(unknown)}, which is not among the assets.", unknown=unknown)
    return found


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
    factors = list(limited) if given is None else names("risk, factors", given)
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


def _worth(
    prices: PriceSet, pieces: Mapping[str, float], cash: object, last_day: object
) -> tuple[dict[str, float], float]:
    """Return what shares are worth at the last prices, and all of it with cash; one currency only."""
    currencies = {str(prices.assets.loc[asset, "currency"]) for asset in pieces if asset in prices.tickers}
    if len(currencies) > 1:
        raise InputError(
            f"The shares are in several currencies ({listed(sorted(currencies))}); write weights instead."
        )
    last = prices.prices.loc[: str(last_day)].iloc[-1]
    values = {asset: count * float(last[asset]) for asset, count in pieces.items() if asset in last.index}
    absent = [asset for asset in pieces if asset not in values]
    if absent:
        raise InputError(f"{prices.label} has no {listed(absent)}.", unknown=absent)
    total = sum(values.values()) + number("portfolio, cash", cash)
    if not (math.isfinite(total) and total > 0.0):
        raise MissingDataError(
            "The shares and cash are worth nothing together; weights need a positive value."
        )
    return values, total


def _groups(prices: PriceSet, assets: Sequence[str], given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return classes, regions and currencies, as on the pages, and the groups of the file."""
    groups = {name: list(members) for name, members in groups_in(prices.assets, assets).items()}
    for name, typed in given.items():
        members = names(f"groups, {name}", typed)
        unknown = [asset for asset in members if asset not in prices.tickers]
        if unknown:
            raise InputError(f"groups, {name} names {listed(unknown)}, which {prices.label} does not have.")
        groups[name] = members
    return groups


def _volumes(prices: PriceSet, assets: Sequence[str]) -> dict[str, float]:
    """Return what is traded a day on average, where the data knows it and all of it is in one currency."""
    units = {asset: unit_of(str(prices.assets.loc[asset, "currency"])) for asset in assets}
    if prices.volumes is None or len({code for code, _ in units.values()}) > 1:
        return {}
    money = prices.average_daily_volume(VOLUME_DAYS)["value"]
    return {asset: float(money[asset]) * units[asset][1] for asset in assets if money[asset] > 0.0}


def _index(prices: PriceSet, given: object) -> str | None:
    if given is None or (isinstance(given, str) and given in prices.tickers):
        return given
    raise InputError(f"{prices.label} has no index {str(given)[:40]!r}; name one of its assets.")


def _durations(prices: PriceSet, assets: Sequence[str]) -> dict[str, float]:
    """Return the durations stresses start with, as on the pages: those of the data, else the usual one."""
    bonds = [asset for asset in assets if prices.assets.loc[asset, "asset_class"] == "Bonds"]
    known = {asset: years for asset, years in prices.durations.items() if asset in assets}
    return dict.fromkeys(bonds, DURATIONS["broad bonds"]) | known
