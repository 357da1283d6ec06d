"""The same tasks by other libraries, where they are installed (the bench extra).

Each function returns the calls to time. Tables, means and covariances are made before the clock starts; what
a library computes by itself inside its call is its own affair. Every peer gets the settings nearest to ours:
long-only, fully invested, equally likely rows, no risk-free rate.
"""

import importlib.util
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from timing import Rival

__all__ = [
    "contributions",
    "equal_risk",
    "frontier",
    "hierarchical",
    "installed",
    "maximum_sharpe",
    "minimum_cvar",
    "parity",
]

NAMES = {
    "skfolio": "skfolio",
    "riskfolio": "riskfolio-lib",
    "pypfopt": "pyportfolioopt",
    "fortitudo": "fortitudo.tech",
    "cvx": "cvxrisk",
}
CONFIDENCE = 0.95


def installed() -> list[str]:
    """Return the peers there are, with their versions."""
    return [f"{name} {version(name)}" for module, name in NAMES.items() if _there(module)]


def _there(module: str) -> bool:
    if module == "cvx":
        return importlib.util.find_spec("cvx") is not None
    return importlib.util.find_spec(module) is not None


def table(returns: np.ndarray) -> pd.DataFrame:
    """Return the returns with labels and dates."""
    days = pd.date_range("1990-01-01", periods=len(returns), freq="D")
    return pd.DataFrame(returns, days, [f"A{i:03}" for i in range(returns.shape[1])])


def _skfolio(frame: pd.DataFrame, name: str, **settings: object) -> Rival:
    from skfolio import optimization

    def run() -> np.ndarray:
        return getattr(optimization, name)(**settings).fit(frame).weights_

    return Rival("skfolio", run)


def _riskfolio(frame: pd.DataFrame) -> object:
    warnings.simplefilter("ignore")  # it warns of its own deprecated calls at every import
    import riskfolio

    book = riskfolio.Portfolio(returns=frame)
    book.assets_stats(method_mu="hist", method_cov="hist")
    book.alpha = 1 - CONFIDENCE
    return book


def _weights(answer: pd.DataFrame | None) -> np.ndarray:
    if answer is None:
        raise RuntimeError("no solution")
    return answer.to_numpy().T.squeeze()


def equal_risk(returns: np.ndarray) -> list[Rival]:
    """Equal contributions to volatility; each returns weights."""
    frame, rivals = table(returns), []
    if _there("skfolio"):
        rivals.append(_skfolio(frame, "RiskBudgeting"))
    if _there("riskfolio"):
        book = _riskfolio(frame)
        rivals.append(Rival("riskfolio", lambda: _weights(book.rp_optimization(rm="MV"))))
    return rivals


def parity(returns: np.ndarray) -> list[Rival]:
    """Equal contributions to CVaR; each returns weights."""
    frame, rivals = table(returns), []
    if _there("skfolio"):
        from skfolio import RiskMeasure

        rivals.append(_skfolio(frame, "RiskBudgeting", risk_measure=RiskMeasure.CVAR))
    if _there("riskfolio"):
        book = _riskfolio(frame)
        rivals.append(Rival("riskfolio", lambda: _weights(book.rp_optimization(rm="CVaR"))))
    return rivals


def minimum_cvar(returns: np.ndarray) -> list[Rival]:
    """Make CVaR smallest; each returns weights."""
    frame, rivals = table(returns), []
    if _there("skfolio"):
        from skfolio import RiskMeasure

        rivals.append(_skfolio(frame, "MeanRisk", risk_measure=RiskMeasure.CVAR))
    if _there("riskfolio"):
        book = _riskfolio(frame)
        rivals.append(Rival("riskfolio", lambda: _weights(book.optimization(rm="CVaR", obj="MinRisk"))))
    if _there("pypfopt"):
        from pypfopt import EfficientCVaR

        mean = frame.mean()
        rivals.append(
            Rival("pypfopt", lambda: np.array([*EfficientCVaR(mean, frame, CONFIDENCE).min_cvar().values()]))
        )
    if _there("fortitudo"):
        rivals.append(Rival("fortitudo.tech", lambda: _benders(returns).efficient_portfolio().ravel()))
    if _there("cvx"):
        rivals.append(Rival("cvxrisk", lambda: _cvxrisk(returns)))
    return rivals


def _benders(returns: np.ndarray) -> object:
    from fortitudo.tech import MeanCVaR

    # By default it takes the means out first, which is another problem. Its tolerances are at their tightest.
    return MeanCVaR(returns, *_long_only(returns.shape[1]), alpha=CONFIDENCE, demean=False)


def _long_only(n: int) -> tuple[np.ndarray, np.ndarray]:
    return -np.eye(n), np.zeros(n)


def _cvxrisk(returns: np.ndarray) -> np.ndarray:
    from cvx.core.variable import Variable
    from cvx.risk.cvar import CVar
    from cvx.risk.portfolio import minrisk_problem

    count, n = returns.shape
    model, w = CVar(alpha=CONFIDENCE, n=count, m=n), Variable(n)
    model.update(returns=returns, lower_assets=np.zeros(n), upper_assets=np.ones(n))
    minrisk_problem(model, w).solve()
    return np.asarray(w.value)


def frontier(returns: np.ndarray, measure: str, points: int) -> list[Rival]:
    """Points of the mean–CVaR or mean–variance frontier; each returns points × n weights."""
    frame, rivals = table(returns), []
    mean, covariance = returns.mean(axis=0), np.cov(returns.T)
    n = mean.size
    if _there("skfolio"):
        from skfolio import RiskMeasure

        key = RiskMeasure.CVAR if measure == "cvar" else RiskMeasure.VARIANCE
        rivals.append(_skfolio(frame, "MeanRisk", risk_measure=key, efficient_frontier_size=points))
    if _there("riskfolio"):
        book, key = _riskfolio(frame), "CVaR" if measure == "cvar" else "MV"
        rivals.append(
            Rival("riskfolio", lambda: _weights(book.efficient_frontier(rm=key, points=points, hist=True)))
        )
    if _there("fortitudo"):
        from fortitudo.tech import MeanVariance

        if measure == "cvar":
            rivals.append(Rival("fortitudo.tech", lambda: _benders(returns).efficient_frontier(points).T))
        else:
            rivals.append(
                Rival(
                    "fortitudo.tech",
                    lambda: MeanVariance(mean, covariance, *_long_only(n)).efficient_frontier(points).T,
                )
            )
    if _there("pypfopt") and measure == "variance":
        from pypfopt.cla import CLA

        rivals.append(
            Rival(
                "pypfopt CLA",
                lambda: np.array(CLA(mean, covariance).efficient_frontier(points)[2]).squeeze(),
            )
        )
    return rivals


def maximum_sharpe(returns: np.ndarray) -> list[Rival]:
    """Make the mean over volatility largest; each returns weights."""
    frame, rivals = table(returns), []
    mean, covariance = returns.mean(axis=0), np.cov(returns.T)
    if _there("skfolio"):
        from skfolio.optimization import ObjectiveFunction

        rivals.append(_skfolio(frame, "MeanRisk", objective_function=ObjectiveFunction.MAXIMIZE_RATIO))
    if _there("riskfolio"):
        book = _riskfolio(frame)
        rivals.append(
            Rival("riskfolio", lambda: _weights(book.optimization(rm="MV", obj="Sharpe", hist=True)))
        )
    if _there("pypfopt"):
        from pypfopt import EfficientFrontier
        from pypfopt.cla import CLA
        from pypfopt.exceptions import OptimizationError

        def run() -> np.ndarray:
            try:
                found = EfficientFrontier(mean, covariance).max_sharpe(risk_free_rate=0.0)
            except OptimizationError as error:
                raise RuntimeError("no solution") from error
            return np.array([*found.values()])

        rivals += [
            Rival("pypfopt", run),
            Rival("pypfopt CLA", lambda: np.array([*CLA(mean, covariance).max_sharpe().values()])),
        ]
    return rivals


def hierarchical(returns: np.ndarray) -> list[Rival]:
    """Hierarchical risk parity with single linkage; each returns weights."""
    frame, rivals = table(returns), []
    if _there("skfolio"):
        from skfolio.cluster import HierarchicalClustering, LinkageMethod

        clusters = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
        rivals.append(_skfolio(frame, "HierarchicalRiskParity", hierarchical_clustering_estimator=clusters))
    if _there("riskfolio"):
        warnings.simplefilter("ignore")
        import riskfolio

        rivals.append(
            Rival(
                "riskfolio",
                lambda: _weights(
                    riskfolio.HCPortfolio(returns=frame).optimization(
                        model="HRP", rm="MV", linkage="single", leaf_order=False
                    )
                ),
            )
        )
    if _there("pypfopt"):
        from pypfopt import HRPOpt

        def run() -> np.ndarray:
            found = HRPOpt(returns=frame).optimize()
            return np.array([found[name] for name in frame.columns])

        rivals.append(Rival("pypfopt", run))
    return rivals


def contributions(returns: np.ndarray, weights: np.ndarray) -> list[Rival]:
    """Contributions to CVaR; each returns them by asset."""
    frame, rivals = table(returns), []
    if _there("skfolio"):
        from skfolio import Portfolio, RiskMeasure

        rivals.append(
            Rival(
                "skfolio",
                lambda: np.asarray(Portfolio(X=frame, weights=weights).contribution(RiskMeasure.CVAR)),
            )
        )
    if _there("riskfolio"):
        warnings.simplefilter("ignore")
        import riskfolio

        held, covariance = pd.DataFrame(weights, index=frame.columns), frame.cov()
        rivals.append(
            Rival(
                "riskfolio",
                lambda: np.asarray(
                    riskfolio.Risk_Contribution(held, frame, covariance, rm="CVaR", alpha=1 - CONFIDENCE)
                ).ravel(),
            )
        )
    return rivals
