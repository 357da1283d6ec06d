"""The overshoot: how far total risk goes over plan when active positions turn out riskier than planned."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from riskcore.benchmark.relative import relative_figures
from riskcore.errors import InfeasibleViewsError, InputError, NumericalError
from riskcore.measures import risk
from riskcore.numerics.moments import weighted_covariance
from riskcore.numerics.pooling import effective_scenarios, relative_entropy
from riskcore.portfolio import Portfolio
from riskcore.results.benchmark import OvershootResult
from riskcore.scenarios import Scenarios
from riskcore.stress import CorrelationView, CvarView, VolatilityView, apply_views

__all__ = ["active_at", "gaussian_overshoot", "overshoot", "stress_levels"]

MEASURES = ("volatility", "cvar")
COLUMNS = [
    "actual",
    "total",
    "benchmark",
    "tracking",
    "diversification",
    "effective_scenarios",
    "tail_scenarios",
    "kept_share",
]
SAME = 1e-12
STILL = 1e-9


def gaussian_overshoot(benchmark: float, planned: float, actual: float, correlation: float) -> float:
    """Return the volatility over plan when active risk is `actual` instead of `planned`, ρ unchanged.

        √(σ²_BM + a² + 2ρ σ_BM a) − √(σ²_BM + p² + 2ρ σ_BM p)

    Parameters
    ----------
    benchmark, planned, actual
        Volatilities of the benchmark and of the active positions, planned and as they turn out; not
        negative, in one unit.
    correlation
        ρ of benchmark and active positions, in [−1, 1].

    Returns
    -------
    float
        In the same unit, positive = over plan.

    Raises
    ------
    InputError
        A volatility is negative, or the correlation lies outside [−1, 1].

    Examples
    --------
    >>> [round(gaussian_overshoot(10.0, 2.0, 5.0, rho), 2) for rho in (0.0, 0.25, 0.5, 0.75)]
    [0.98, 1.57, 2.09, 2.57]
    """
    if not min(benchmark, planned, actual) >= 0.0:
        raise InputError(f"Volatilities are not negative, got {benchmark}, {planned} and {actual}.")
    if not -1.0 <= correlation <= 1.0:
        raise InputError(f"A correlation lies between −1 and 1, got {correlation}.")

    def total(active: float) -> float:
        return float(np.sqrt(benchmark**2 + active**2 + 2.0 * correlation * benchmark * active))

    return total(actual) - total(planned)


def stress_levels(planned: float, *, multiple: float = 2.5, count: int = 7) -> tuple[float, ...]:
    """Return `count` levels of active risk from its plan up to a multiple of it.

    Examples
    --------
    >>> [round(x, 12) for x in stress_levels(0.02, count=4)]
    [0.02, 0.03, 0.04, 0.05]
    """
    if not planned > 0.0 or not multiple > 1.0 or count < 2:
        raise InputError(
            f"Levels go up from a positive plan to a multiple above 1, got {planned} and {multiple}."
        )
    return tuple(float(x) for x in np.linspace(planned, multiple * planned, count))


def active_at(
    scenarios: Scenarios,
    benchmark: Portfolio,
    active: Portfolio,
    *,
    correlation: float,
    planned: float,
    measure: str = "volatility",
    confidence: float | None = None,
) -> Portfolio:
    """Return active positions with a given correlation to the benchmark and a given risk.

    They are the given positions with their part that moves with the benchmark exchanged for more or less of
    the benchmark itself: TE = a (ρ BM/σ_BM + √(1−ρ²) ε/σ_ε), ε = TE₀ − β BM, and a such that R(TE) is as
    planned. Their weights need not sum to zero; cash takes the rest.

    Parameters
    ----------
    scenarios
        S × n.
    benchmark, active
        One weight per asset; `active` gives the direction ε.
    correlation
        ρ in [−1, 1].
    planned
        R(TE), positive, in `measure` at `confidence`, per period.

    Raises
    ------
    InputError
        The correlation or the plan is impossible.
    NumericalError
        The benchmark never moves, or the active positions hold nothing but the benchmark.

    Examples
    --------
    >>> draws = np.random.default_rng(2).normal(0, 0.01, (500, 2))
    >>> s = Scenarios(draws, ("SPY", "BND"), 252)
    >>> bm, te = Portfolio("BM", {"SPY": 1.0, "BND": 0.0}), Portfolio("TE", {"SPY": -0.1, "BND": 0.1})
    >>> found = active_at(s, bm, te, correlation=0.5, planned=0.002)
    >>> round(risk(s, found, "volatility").value, 12)
    0.002
    """
    if not -1.0 <= correlation <= 1.0:
        raise InputError(f"A correlation lies between −1 and 1, got {correlation}.")
    if not planned > 0.0:
        raise InputError(f"The planned active risk is positive, got {planned}.")
    base, bets = benchmark.aligned(scenarios.assets), active.aligned(scenarios.assets)
    covariance = weighted_covariance(scenarios.returns, scenarios.probabilities)
    sigma = float(np.sqrt(base @ covariance @ base))
    moved = float(np.sqrt(bets @ covariance @ bets))
    if not sigma > 0.0:
        raise NumericalError("The benchmark never moves, so nothing is correlated with it.")
    own = bets - base * float(base @ covariance @ bets) / sigma**2
    spread = float(np.sqrt(np.maximum(own @ covariance @ own, 0.0)))
    if not spread > STILL * moved or not moved > 0.0:
        raise NumericalError(
            "The active positions are only more or less of the benchmark, so other correlations with it "
            "cannot be made of them."
        )
    mixed = correlation * base / sigma + np.sqrt(1.0 - correlation**2) * own / spread
    name = f"ρ = {correlation:g}"
    unit = Portfolio(name, dict(zip(scenarios.assets, mixed, strict=True)))
    value = risk(scenarios, unit, measure, confidence=confidence).value
    if not value > 0.0:
        raise NumericalError(
            "Active positions of this correlation lose nothing in this measure; use volatility."
        )
    return Portfolio(name, unit.weights * (planned / value))


def overshoot(
    scenarios: Scenarios,
    benchmark: Portfolio,
    active: Portfolio,
    measure: str = "cvar",
    *,
    levels: Sequence[float],
    confidence: float | None = None,
    hold: bool = True,
    progress: Callable[[float], None] | None = None,
) -> OvershootResult:
    """Return total risk over plan as the risk of the active positions is stressed upward by entropy pooling.

    The positions stay as they are; the probabilities become those nearest to the given ones under which
    R(TE) is at each level. With `hold` the benchmark's risk stays at plan, and for the volatility its
    correlation with TE as well; otherwise the benchmark follows whatever happens where TE is riskier.
    R(PF) is then measured under these probabilities: R(PF; stressed) − R(PF; plan).

    Parameters
    ----------
    scenarios
        The plan: S × n, weighted or not.
    benchmark, active
        Weights of BM and of TE by asset; PF = BM + TE.
    measure, confidence
        "volatility" or "cvar", and its level.
    levels
        Levels of R(TE), none below the plan, increasing.
    hold
        Whether the benchmark's risk is held at plan.
    progress
        Called with the share done after every level.

    Returns
    -------
    OvershootResult
        Up to the last level the scenarios reach; `refused` says which one they do not, and why.

    Raises
    ------
    InputError
        Another measure, or levels that are not increasing from the plan.
    NumericalError
        There are no active positions.
    ConfidenceError, AssetMismatchError
        As in `measures.risk`.

    References
    ----------
    Meucci (2008), Fully flexible views; Vorobets (2021), Sequential entropy pooling heuristics.

    Examples
    --------
    >>> draws = np.random.default_rng(3).normal(0, 0.01, (800, 2))
    >>> s = Scenarios(draws, ("SPY", "BND"), 252)
    >>> bm, te = Portfolio("BM", {"SPY": 1.0, "BND": 0.0}), Portfolio("TE", {"SPY": 0.0, "BND": 0.2})
    >>> plan = risk(s, te, "volatility").value
    >>> found = overshoot(s, bm, te, "volatility", levels=[plan, 1.5 * plan])
    >>> found.table["overshoot"].round(5).tolist()
    [0.0, 0.00026]
    """
    if measure not in MEASURES:
        raise InputError(f"The overshoot is of volatility or CVaR, not of {measure!r}.")
    names = scenarios.assets
    whole = Portfolio("PF", benchmark.on(names).weights + active.on(names).weights)
    trio = (whole, Portfolio("BM", benchmark.on(names).weights), Portfolio("TE", active.on(names).weights))
    figures = [risk(scenarios, one, measure, confidence=confidence) for one in trio]
    total, base, planned = (figure.value for figure in figures)
    if not np.abs(figures[2].losses).max() > 0.0:
        raise NumericalError("There are no active positions, so there is no active risk to stress.")
    _check_levels(levels, planned)
    rho = relative_figures(scenarios, whole, trio[1]).active_correlation
    hold = hold and float(np.abs(figures[1].losses).max()) > 0.0  # what never moves needs no holding
    rows: list[dict[str, float]] = []
    refused = None
    for done, level in enumerate(levels, 1):
        try:
            found = (
                scenarios
                if abs(level - planned) <= SAME * abs(planned)
                else _stressed(scenarios, trio[1], trio[2], level, (base, rho, hold), confidence, measure)
            )
        except (InfeasibleViewsError, NumericalError) as error:
            refused = (float(level), str(error))
            break
        rows.append({"actual": float(level), **_row(found, scenarios, trio, measure, confidence)})
        if progress is not None:
            progress(done / len(levels))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["overshoot"] = table["total"] - total
    return OvershootResult(
        name=active.name,
        measure=figures[0].measure,
        label=figures[0].label,
        confidence=figures[0].confidence,
        planned=planned,
        held=hold,
        table=table,
        refused=refused,
    )


def _stressed(
    scenarios: Scenarios,
    benchmark: Portfolio,
    active: Portfolio,
    level: float,
    plan: tuple[float, float, bool],
    confidence: float | None,
    measure: str,
) -> Scenarios:
    """Return the scenarios under the nearest probabilities with R(TE) at the level."""
    base, rho, hold = plan
    held: list[VolatilityView | CorrelationView | CvarView] = []
    if measure == "volatility":
        asked: VolatilityView | CvarView = VolatilityView(active, level)
        if hold:
            held = [VolatilityView(benchmark, base), CorrelationView(benchmark, active, rho)]
    else:
        asked = CvarView(active, confidence=float(confidence or 0.0), value=level)
        if hold:
            held = [CvarView(benchmark, confidence=float(confidence or 0.0), value=base)]
    return apply_views(scenarios, [asked, *held]).scenarios


def _row(
    posterior: Scenarios, prior: Scenarios, trio: Sequence[Portfolio], measure: str, confidence: float | None
) -> dict[str, float]:
    """Return the risks under the stressed probabilities, and how much of the scenarios is left."""
    total, base, extra = (risk(posterior, one, measure, confidence=confidence) for one in trio)
    tail = total.tail_scenarios
    return {
        "total": total.value,
        "benchmark": base.value,
        "tracking": extra.value,
        "diversification": total.value - base.value - extra.value,
        "effective_scenarios": effective_scenarios(posterior.probabilities),
        "tail_scenarios": np.nan if tail is None else tail,
        "kept_share": float(np.exp(-relative_entropy(posterior.probabilities, prior.probabilities))),
    }


def _check_levels(levels: Sequence[float], planned: float) -> None:
    values = np.asarray(levels, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all() or not (np.diff(values) > 0.0).all():
        raise InputError("Give increasing levels of active risk, the first at its plan.")
    if values[0] < planned - SAME * abs(planned):
        raise InputError(
            f"The level {100 * values[0]:.4g} % lies below the planned {100 * planned:.4g} %: the overshoot "
            "stresses upward only.",
            planned=planned,
        )
