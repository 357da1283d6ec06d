"""A and B as the Sizing page reads them: on the rows of the history, sized once for every section."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.widgets import notice
from riskcore.errors import NumericalError
from riskcore.results.sizing import KellyStake, VolatilityTarget
from riskcore.scenarios import Scenarios
from riskcore.sizing import kelly_stake, volatility_target

__all__ = ["Sized"]

T = TypeVar("T")


class Sized:
    """A and B on the rows of the history, sized once and read by every section.

    A size is lived one row at a time, so neither the horizon nor the active scenario set changes the rows:
    targets, stakes and falls are of the same days.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.book: Book = frame.book

    @property
    def days(self) -> Scenarios:
        """The rows of the window."""
        return self.book.base

    @property
    def rate(self) -> float:
        """The risk-free rate per row."""
        return self.book.view.risk_free / self.days.periods_per_year

    @cached_property
    def held(self) -> tuple[Holding, ...]:
        """A and B, or A alone where both are the same."""
        a, b = self.book.both
        return (a,) if a.portfolio.weights.equals(b.portfolio.weights) else (a, b)

    @cached_property
    def stakes(self) -> list[tuple[Holding, KellyStake]]:
        """Kelly's stakes, of those that have one."""
        return self._each(kelly_stake, risk_free=self.rate)

    def targets(self, **settings: float | int | None) -> list[tuple[Holding, VolatilityTarget]]:
        """Return A and B scaled to a volatility, where they can be."""
        return self._each(volatility_target, risk_free=self.rate, **settings)

    def _each(self, function: Callable[..., T], **settings: float | int | None) -> list[tuple[Holding, T]]:
        """Return the answer for A and B; who has none is named once, and the other goes on."""
        found = []
        for holding in self.held:
            try:
                found.append((holding, cached.compute(function, self.days, holding.portfolio, **settings)))
            except NumericalError as error:
                if state.first_time(str(error)):
                    notice(str(error))
        return found

    @property
    def gaining(self) -> list[tuple[Holding, KellyStake]]:
        """The stakes of those with an edge."""
        return [(holding, stake) for holding, stake in self.stakes if stake.edge > 0]
