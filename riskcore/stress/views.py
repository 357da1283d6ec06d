"""Views imposed on scenarios by sequential entropy pooling."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InfeasibleViewsError, InputError, listed
from riskcore.numerics.moments import weighted_covariance, weighted_mean
from riskcore.numerics.pooling import effective_scenarios, relative_entropy
from riskcore.numerics.pooling_cvar import pool_cvar
from riskcore.portfolio import Portfolio
from riskcore.results.views import ViewsResult
from riskcore.scenarios import Scenarios
from riskcore.stress.view_language import CorrelationView, CvarView, MeanView, On, RankView, View, name_of
from riskcore.stress.view_rows import Rows, figure, snapped, step_of

__all__ = ["apply_views"]

Floats = NDArray[np.float64]
STEPS = (
    "means, rankings, quantiles and VaR",
    "volatilities",
    "correlations and skewness",
    "CVaR",
)
HELD = 1e-7


def apply_views(scenarios: Scenarios, views: Sequence[View]) -> ViewsResult:
    """Return the probabilities closest to the given ones under which the views hold, and what they moved.

    Sequentially: means, rankings, quantiles and VaR first; then volatilities, about the means reached; then
    correlations and skewness, with the volatilities reached; then CVaR. Each step starts from the prior and
    imposes all views so far, and the moments it takes over from the step before are held fixed and listed.

    A view trusted by less than 1 is blended: with trusts t₁ < t₂ < …, and q_k the posterior of the views
    trusted at least t_k, the result is Σ (t_k − t_{k−1}) q_k + (1 − t_last) p. The trust is then the
    probability that a view holds at all, the more trusted ones holding whenever the less trusted do.

    Parameters
    ----------
    scenarios
        The prior, weighted or not.
    views
        From `view_language`, per period of the scenarios.

    Returns
    -------
    ViewsResult
        Without views the posterior is the prior, exactly.

    Raises
    ------
    InfeasibleViewsError
        No probabilities satisfy the views; the message names them, `details["views"]` has their places.
    AssetMismatchError
        A view names something the scenarios do not have.
    InputError
        Two views are the same, or one needs the spread of something that never moves.
    ConvergenceError
        A step stopped short of its views.

    References
    ----------
    Meucci (2008), Fully flexible views: theory and practice; Vorobets (2021), Sequential entropy pooling
    heuristics, H1.

    Examples
    --------
    >>> from riskcore.stress.view_language import CvarView, MeanView
    >>> draws = np.random.default_rng(1).normal(0, 0.01, (900, 2))
    >>> prior = Scenarios(draws, ("SPY", "BND"), 252)
    >>> found = apply_views(prior, [MeanView("SPY", -0.002), CvarView("BND", confidence=0.95, value=0.025)])
    >>> found.views["after"].round(9).tolist(), found.views["held"].tolist()
    ([-0.002, 0.025], [True, True])
    """
    listed_views = list(views)
    _check_distinct(listed_views)
    p = scenarios.probabilities
    levels = sorted({float(view.trust) for view in listed_views})
    posterior, below = np.zeros(p.size), 0.0
    residual, fixed, taken = 0.0, {}, set()
    for level in levels:
        trusted = [k for k, view in enumerate(listed_views) if view.trust >= level]
        q, rows, miss, steps = _sequence(scenarios, listed_views, trusted)
        posterior += (level - below) * q
        below, residual = level, max(residual, miss)
        fixed.update(rows.fixed)
        taken |= steps
    posterior = p if not levels else posterior + (1.0 - below) * p
    words = f"{len(listed_views)} view{'s' if len(listed_views) != 1 else ''}"
    source = f"{scenarios.source}; {words}" if scenarios.source else words
    return ViewsResult(
        scenarios=scenarios.with_probabilities(posterior, source=source if listed_views else ""),
        prior=scenarios,
        views=_views_table(scenarios, listed_views, posterior),
        moved=_moved(scenarios, listed_views, posterior),
        correlations=_correlations(scenarios, listed_views, posterior),
        held_fixed=tuple(
            f"{moment} of {name} at {100 * value:.4g} %" for (moment, name), value in fixed.items()
        ),
        steps=tuple(STEPS[step] for step in sorted(taken)),
        relative_entropy=relative_entropy(posterior, p),
        effective_scenarios=effective_scenarios(posterior),
        residual=residual,
    )


def _sequence(
    scenarios: Scenarios, views: list[View], chosen: list[int]
) -> tuple[Floats, Rows, float, set[int]]:
    """Return the posterior of some of the views, the rows behind it, its residual and the steps taken."""
    rows, q, residual = Rows(scenarios), scenarios.probabilities, 0.0
    taken: set[int] = set()
    for step in range(len(STEPS)):
        now = [k for k in chosen if step_of(views[k]) == step]
        if not now:
            continue
        for k in now:
            rows.add(views[k], k, q)
        taken.add(step)
        try:
            found = pool_cvar(
                scenarios.probabilities,
                rows.goals,
                np.vstack(rows.values) if rows.values else None,
                np.array(rows.targets) if rows.values else None,
                np.array(rows.at_most, dtype=np.bool_) if rows.values else None,
            )
        except InfeasibleViewsError as problem:
            raise _explained(problem, views, rows) from problem
        q, residual = found.probabilities, found.residual
    return q, rows, residual, taken


def _explained(problem: InfeasibleViewsError, views: list[View], rows: Rows) -> InfeasibleViewsError:
    owners = rows.owners + rows.goal_owners
    found = [int(row) for row in np.atleast_1d(np.asarray(problem.details["views"]))]
    places = sorted({owners[row] for row in found if owners[row] >= 0})
    named = listed((f"“{views[place].words}”" for place in places), most=8)
    if len(found) == 1 and "low" in problem.details:
        reason = f"lies outside what the scenarios reach{_reach(problem, views, places)}"
        advice = "Ask for less, or add scenarios that go further."
        return InfeasibleViewsError(f"The view {named} {reason}. {advice}", views=places)
    held = [f"the {moment} of {name}" for moment, name in rows.fixed]
    beside = (
        f" beside {listed(held)}, held fixed from an earlier step" if -1 in {owners[r] for r in found} else ""
    )
    return InfeasibleViewsError(
        f"No probabilities of these scenarios satisfy {named}{beside}. Weaken or remove one of them.",
        views=places,
    )


def _reach(problem: InfeasibleViewsError, views: list[View], places: list[int]) -> str:
    """Return the range of what a view is about, where the row it was refused by is that very thing."""
    view = views[places[0]] if places else None
    if not isinstance(view, MeanView | RankView | CvarView):
        return ""
    ends = [100.0 * float(str(problem.details[end])) for end in ("low", "high")]
    if view.sense == ">=" and not isinstance(view, CvarView):
        ends = [-end for end in reversed(ends)]
    return f", {ends[0]:.4g} % to {ends[1]:.4g} %"


def _subjects(view: View) -> tuple[On, ...]:
    if isinstance(view, RankView):
        return view.better, view.worse
    return (view.first, view.second) if isinstance(view, CorrelationView) else (view.on,)


def _check_distinct(views: list[View]) -> None:
    """Refuse a view given twice, and one name for two different things."""
    words = [view.words for view in views]
    twice = sorted({phrase for phrase in words if words.count(phrase) > 1})
    if twice:
        raise InputError(f"The view {listed(twice)} is given more than once; keep one.", views=twice)
    meant: dict[str, object] = {}
    for on in (on for view in views for on in _subjects(view)):
        thing = tuple(sorted(on.weights.items())) if isinstance(on, Portfolio) else on
        if meant.setdefault(name_of(on), thing) != thing:
            raise InputError(f"Two views call different things {name_of(on)}; rename one.", name=name_of(on))


def _views_table(scenarios: Scenarios, views: list[View], q: Floats) -> pd.DataFrame:
    records = []
    for view in views:
        asked = view.by if isinstance(view, RankView) else view.value
        used = snapped(scenarios, view)
        before, after = figure(scenarios, view, scenarios.probabilities), figure(scenarios, view, q)
        # Judged against the size of what is viewed, 1e-7 of it.
        slack = HELD * max(abs(used), abs(before))
        low, high = after >= used - slack, after <= used + slack
        held = {"=": low and high, ">=": low, "<=": high}[view.sense]
        records.append((view.words, float(view.trust), view.sense, asked, used, before, after, held))
    columns = ["view", "trust", "sense", "asked", "used", "before", "after", "held"]
    return pd.DataFrame(records, columns=columns)


def _moved(scenarios: Scenarios, views: list[View], q: Floats) -> pd.DataFrame:
    subjects = [on for view in views for on in _subjects(view)]
    alone = {on for on in subjects if isinstance(on, str)}
    held = {
        str(a) for on in subjects if isinstance(on, Portfolio) for a in on.weights[on.weights != 0.0].index
    }
    columns = {}
    for name, p in (("before", scenarios.probabilities), ("after", q)):
        columns[f"mean_{name}"] = weighted_mean(scenarios.returns, p)
        away = scenarios.returns - columns[f"mean_{name}"]
        columns[f"volatility_{name}"] = np.sqrt(p @ away**2)
    table = pd.DataFrame(columns, index=pd.Index(scenarios.assets, name="asset"))
    table = table[["mean_before", "mean_after", "volatility_before", "volatility_after"]]
    return table.assign(
        viewed=[asset in alone | held for asset in scenarios.assets],
        alone=[asset in alone for asset in scenarios.assets],
    )


def _correlations(scenarios: Scenarios, views: list[View], q: Floats) -> pd.DataFrame:
    """Return every pair of assets that move, the largest change first."""
    first, second = np.triu_indices(scenarios.size, 1)
    found = []
    for p in (scenarios.probabilities, q):
        covariance = weighted_covariance(scenarios.returns, p)
        spread = np.sqrt(np.diag(covariance))
        size = np.outer(spread, spread)
        table = np.divide(covariance, size, out=np.full_like(covariance, np.nan), where=size > 0.0)
        found.append(table[first, second])
    names = np.array(scenarios.assets)
    table = pd.DataFrame(
        {"first": names[first], "second": names[second], "before": found[0], "after": found[1]}
    )
    table["change"] = table["after"] - table["before"]
    spoken = [{name_of(v.first), name_of(v.second)} for v in views if isinstance(v, CorrelationView)]
    table["viewed"] = [set(pair) in spoken for pair in zip(table["first"], table["second"], strict=True)]
    order = np.argsort(-np.abs(table["change"].to_numpy()), kind="stable")
    return table.iloc[order].reset_index(drop=True)
