"""What limits are checked on: scenarios, histories, groups, and what is known about liquidity and factors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.scenarios import Scenarios
from riskcore.stress.proxies import ProxiedCrisis
from riskcore.stress.replay import DatedEvent

__all__ = ["Situation"]


@dataclass(frozen=True, eq=False)
class Situation:
    """Everything a gate needs besides the portfolio and the limits.

    Attributes
    ----------
    scenarios
        Over the horizon: volatility, VaR, CVaR, contributions and shocks.
    confidence
        Of VaR and CVaR, in (0.5, 1).
    history
        Single periods of the window: drawdown, and breaches through time. None where there is no history.
    whole
        Single periods of all the data: replays.
    crises
        What can be replayed.
    proxied
        Crises some assets have no prices in, by name: what betas stand in for them.
    with_index, index
        Single periods with the index among the assets: index gaps.
    groups
        Group to its assets.
    value, daily_volume, participation
        Money, average daily volume by asset in the same money, and the share of it one can trade.
    exposures
        Factor to asset to exposure.
    no_exposures
        Why there are none, where there are none.
    durations
        Asset to modified duration in years, for stresses that move yields.
    horizon
        The horizon as an adjective, for names: "1-day".
    given
        Contributions of this very portfolio where an optimiser certifies them: "cvar" or "volatility" to
        the result the pages show.
    """

    scenarios: Scenarios
    confidence: float
    history: Scenarios | None = None
    whole: Scenarios | None = None
    crises: Sequence[DatedEvent] = ()
    proxied: Mapping[str, ProxiedCrisis] = field(default_factory=dict)
    with_index: Scenarios | None = None
    index: str | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    value: float | None = None
    daily_volume: Mapping[str, float] = field(default_factory=dict)
    participation: float = 0.2
    exposures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    no_exposures: str = ""
    durations: Mapping[str, float] = field(default_factory=dict)
    horizon: str = "1-period"
    given: Mapping[str, ContributionResult] = field(default_factory=dict)

    def members(self, name: str) -> tuple[str, ...]:
        """Return the assets behind the name of an asset or a group.

        Raises
        ------
        AssetMismatchError
            It is neither.
        """
        if name in self.scenarios.assets:
            return (name,)
        if name in self.groups:
            return tuple(asset for asset in self.groups[name] if asset in self.scenarios.assets)
        raise AssetMismatchError(
            f"{name[:40]} is neither an asset nor a group; choose one of "
            f"{listed([*self.scenarios.assets, *self.groups], most=20)}.",
            unknown=[name],
        )

    def needs(self, what: str) -> Scenarios:
        """Return "history", "whole" or "with_index".

        Raises
        ------
        InputError
            It is not there.
        """
        found: Scenarios | None = getattr(self, what)
        if found is None:
            raise InputError({"with_index": "No index is known."}.get(what, "There is no history of prices."))
        return found

    def on_index(self, portfolio: Portfolio) -> Portfolio:
        """Return the portfolio over the assets and the index."""
        return portfolio.on(self.needs("with_index").assets)
