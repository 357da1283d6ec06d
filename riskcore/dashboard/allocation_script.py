"""Constraints, means and covariance of the Allocation page as Python."""

import numpy as np

from riskcore.allocation import Constraints
from riskcore.dashboard.allocation_terms import EQUILIBRIUM, POSTERIOR, Terms
from riskcore.dashboard.book import Book
from riskcore.dashboard.opinions import views_of

__all__ = ["estimate_lines", "literal"]


def literal(constraints: Constraints) -> str:
    """Return the constraints as Python, only what differs from none.

    Examples
    --------
    >>> from riskcore.allocation import GroupBound
    >>> literal(Constraints(gross=1.2, groups=(GroupBound("Bonds", ("BND",), 0.6),)))
    "Constraints(groups=(GroupBound('Bonds', ('BND',), 0.6, float('inf')),), gross=1.2)"
    """
    plain, parts = Constraints(), []
    for name in constraints.__dataclass_fields__:
        value = getattr(constraints, name)
        if name == "groups" and value:
            groups = "".join(
                f"GroupBound({g.name!r}, {g.assets!r}, {_float(g.lower)}, {_float(g.upper)}), " for g in value
            )
            parts.append(f"groups=({groups.rstrip(' ')})")
        elif value != getattr(plain, name):
            parts.append(f"{name}={value!r}")
    return f"Constraints({', '.join(parts)})"


def estimate_lines(book: Book, asked: Terms) -> tuple[str, str]:
    """Return what a script needs before, and as further arguments, for the means and the covariance."""
    before, arguments = "", ""
    if asked.mean != "sample":
        if asked.mean in (EQUILIBRIUM, POSTERIOR):
            rate = book.view.risk_free / book.scenarios.periods_per_year
            views = views_of(book.scenarios, asked.tilts, asked.covariance)
            before = (
                "from riskcore.allocation import View, black_litterman_posterior\n"
                f"mean = black_litterman_posterior(scenarios, {dict(asked.market)!r}, {views!r}, "
                f"covariance={asked.covariance!r}).mean + {rate!r}\n"
            )
        else:
            before = (
                "from riskcore.estimators import mean_returns\n"
                f"mean = mean_returns(scenarios, {asked.mean!r})\n"
            )
        arguments = ", mean=mean"
    if asked.covariance != "sample":
        arguments += f", covariance={asked.covariance!r}"
    return before, arguments


def _float(value: float) -> str:
    return repr(value) if np.isfinite(value) else f"float('{value}')"
