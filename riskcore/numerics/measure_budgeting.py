"""Risk budgets for any convex, positively homogeneous measure that is known by its gradient in the losses.

min ρ(−R y) − Σ b_i log y_i over y > 0. Quasi-Newton steps in log y come close; where the measure has kinks
(quantiles, worst paths) the supporting planes met on the way are mixed until they prove the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from riskcore.errors import ConvergenceError, InfeasibleError

__all__ = ["MeasureBudgets", "solve_measure_budgets"]

Floats = NDArray[np.float64]
ACCEPTED = 1e-6
SMOOTH_STEPS, MOST_PLANES, MOST_NEWTON = 80, 400, 60
BARRIERS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10)
RISKLESS = 1e-10


@dataclass(frozen=True, eq=False)
class MeasureBudgets:
    """Weights Σ w = 1, shares of the risk, and how well both are known.

    `shares` follow from a mixture of gradients; `residual` is the larger of the largest |share − b|/b and of
    the relative gap between ρ(w) and that mixture's value, which bounds it from below.
    """

    weights: Floats
    shares: Floats
    residual: float
    iterations: int


class _Risk:
    """ρ and its gradient in the multiples of the assets, in units of each asset's own risk."""

    def __init__(self, returns: Floats, identifier: Callable[[Floats], Floats]) -> None:
        self.returns, self.identifier = returns, identifier
        self.planes: list[Floats] = []
        alone = [float(identifier(-returns[:, i]) @ -returns[:, i]) for i in range(returns.shape[1])]
        for i, risk in enumerate(alone):
            if risk <= 0.0:
                _refuse(np.eye(returns.shape[1])[i], risk)
        self.unit = np.array(alone)

    def at(self, x: Floats) -> tuple[float, Floats]:
        """Return the risk of x / unit and its gradient; a portfolio without risk ends the search."""
        held = x / self.unit
        losses = -(self.returns @ held)
        q = self.identifier(losses)
        plane = -(self.returns.T @ q) / self.unit
        value = float(plane @ x)
        if value <= RISKLESS * float(x.sum()):
            _refuse(held / held.sum(), value / float(held.sum()))
        self.planes.append(plane)
        return value, plane


def solve_measure_budgets(
    returns: Floats, identifier: Callable[[Floats], Floats], budgets: Floats
) -> MeasureBudgets:
    """Return the long-only weights whose shares of a risk are the budgets.

    Parameters
    ----------
    returns
        S × n.
    identifier
        Losses of the S scenarios ↦ q with ρ = q·losses and ρ(other losses) ≥ q·other for every other vector.
    budgets
        n, positive, sum 1.

    Raises
    ------
    InfeasibleError
        A long-only portfolio has no risk: `details` holds its "weights" and "risk".
    ConvergenceError
        The shares could not be verified to 1e-6.

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> mad = lambda l: (np.sign(l - l.mean()) - np.sign(l - l.mean()).mean()) / l.size
    >>> solve_measure_budgets(rows, mad, np.full(2, 0.5)).weights.round(6).tolist()
    [0.333333, 0.666667]
    """
    risk = _Risk(returns, identifier)

    def goal(z: Floats) -> tuple[float, Floats]:
        x = np.exp(np.clip(z, -60.0, 60.0))
        value, plane = risk.at(x)
        return value - float(budgets @ z), x * plane - budgets

    near = minimize(
        goal,
        np.log(budgets),
        jac=True,
        method="BFGS",
        options={"gtol": 1e-3 * ACCEPTED * float(budgets.min()), "maxiter": SMOOTH_STEPS},
    )
    x = np.exp(near.x)
    value, plane = risk.at(x)
    shares = x * plane / value
    residual = float(np.abs(shares / budgets - 1.0).max())
    if residual > ACCEPTED:
        x, shares, residual = _mixed(risk, budgets, x)
    held = x / risk.unit
    return MeasureBudgets(held / held.sum(), shares, residual, len(risk.planes))


def _mixed(risk: _Risk, budgets: Floats, x: Floats) -> tuple[Floats, Floats, float]:
    """Add supporting planes where the model of all of them is lowest, until it meets the risk there."""
    planes = np.array(risk.planes[-4 * budgets.size :] or risk.planes)
    best = (np.inf, x, budgets)
    for _ in range(MOST_PLANES):
        x, mixture = _lowest(planes, budgets, x)
        value, plane = risk.at(x)
        part = x * (mixture @ planes)
        below = float(part.sum())
        gap = max(float(np.abs(part / below / budgets - 1.0).max()), max(0.0, value - below) / value)
        if gap < best[0]:
            best = (gap, x, part / below)
        if gap <= ACCEPTED:
            return best[1], best[2], best[0]
        # Planes without weight for long are no longer near; a few more than the kinks needs stay.
        keep = np.argsort(-mixture, kind="stable")[: 6 * budgets.size + 20]
        planes = np.vstack([planes[np.sort(keep)], plane])
    raise ConvergenceError(
        f"The risk budgets could be verified only to {best[0]:.1e}, not to {ACCEPTED:.0e}; choose a longer "
        "window or another measure.",
        residual=best[0],
    )


def _lowest(planes: Floats, budgets: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return argmin max_k planes_k·x − Σ b log x, and the mixture of planes that proves it.

    Newton steps on t − Σ b log x − μ Σ log(t − planes·x) for falling μ.
    """
    n = budgets.size
    t = float((planes @ x).max()) * 1.01 + 1e-12
    room = t - planes @ x
    for mu in BARRIERS:
        for _ in range(MOST_NEWTON):
            force = mu / room
            slope = np.append(planes.T @ force - budgets / x, 1.0 - force.sum())
            curve = force / room
            square = np.empty((n + 1, n + 1))
            square[:n, :n] = (planes.T * curve) @ planes + np.diag(budgets / x**2)
            square[:n, n] = square[n, :n] = -(planes.T @ curve)
            square[n, n] = curve.sum()
            scale = 1.0 / np.sqrt(np.diag(square))
            try:
                factor = cho_factor(square * np.outer(scale, scale), lower=True)
            except LinAlgError:
                break
            step = -scale * cho_solve(factor, scale * slope)
            fall = float(-slope @ step)
            if fall <= 1e-12 * mu:
                break
            moved = step[n] - planes @ step[:n]
            shrunk = np.concatenate([-step[:n] / x, -moved / room])
            length = min(1.0, 0.99 / max(float(shrunk.max()), 1e-300))
            x, t, room = x + length * step[:n], t + length * float(step[n]), room + length * moved
            if length == 1.0 and fall <= 1e-9 * mu:
                break
    mixture = BARRIERS[-1] / room
    return x, mixture / mixture.sum()


def _refuse(weights: Floats, risk: float) -> None:
    raise InfeasibleError("A long-only portfolio has no risk to share out.", weights=weights, risk=risk)
