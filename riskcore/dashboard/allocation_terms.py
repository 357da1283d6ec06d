"""What allocators of the Allocation page are held to: constraints, estimates, budgets, all in the link."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import ALLOCATORS, Constraints, GroupBound, black_litterman_posterior
from riskcore.allocation.covariances import COVARIANCE_LABELS
from riskcore.dashboard import state
from riskcore.dashboard.book import Book
from riskcore.dashboard.linked_table import linked_table, read_linked
from riskcore.dashboard.opinions import Market, Tilt, read_market, read_tilts, views_of
from riskcore.dashboard.view import quoted
from riskcore.errors import InputError, listed
from riskcore.estimators import MEAN_LABELS, mean_returns
from riskcore.figures.words import number
from riskcore.scenarios import Scenarios

__all__ = [
    "MEANS",
    "PLAIN",
    "Terms",
    "estimate_lines",
    "linked_inputs",
    "literal",
    "mean_of",
    "terms",
    "use",
    "uses_opinions",
]

LOW, HIGH, BUDGET = "minimum, %", "maximum, %", "risk budget, %"
EDITABLE = {LOW: (-200.0, 300.0), HIGH: (-200.0, 300.0)}
BUDGETS = {BUDGET: (0.0, 100.0)}
EQUILIBRIUM, POSTERIOR = "equilibrium", "black_litterman"
MEANS = {
    **MEAN_LABELS,
    EQUILIBRIUM: "equilibrium, A as the market",
    POSTERIOR: "Black–Litterman, views below",
}
ROUND = "terms_round"
WHOLE = 1e-4

# By key in the link: label, smallest, largest, step, definition.
NUMBERS = {
    "short": ("Short at most, % of value", 0.0, 200.0, 5.0, "Sum of all short positions. Empty: long only."),
    "gross": (
        "Gross exposure at most, %",
        100.0,
        500.0,
        5.0,
        "Long and short positions added up, of value; 130 allows 15 short.",
    ),
    "turn": (
        "Turnover from A at most, %",
        0.0,
        300.0,
        5.0,
        "One-way: the larger of what is bought and what is sold, of value, on the way from A.",
    ),
    "fee": (
        "Cost of trading from A, bp",
        0.0,
        500.0,
        5.0,
        "Basis points of what is bought and sold, spread over a year; lowers means and raises CVaR.",
    ),
    "te": (
        "Tracking error at most, % per year",
        0.0,
        100.0,
        0.5,
        "Volatility of the return over the benchmark (under More), scaled by the root of time.",
    ),
    "ccap": ("CVaR at most, %", 0.0, 100.0, 0.1, "Per horizon, at the confidence of the page."),
    "acap": (
        "CVaR against the benchmark at most, %",
        0.0,
        100.0,
        0.1,
        "Of the loss beyond that of the benchmark, per horizon, at the confidence of the page.",
    ),
}


@dataclass(frozen=True)
class Terms:
    """What an allocator is given besides scenarios, confidence and rate; hashable, to remember results by."""

    constraints: Constraints | None = None
    mean: str = "sample"
    covariance: str = "sample"
    market: Market = ()
    tilts: tuple[Tilt, ...] = ()
    budgets: tuple[tuple[str, float], ...] = ()

    def touch(self, method: str) -> bool:
        """Return whether the allocator's weights may differ from those without terms."""
        takes = ALLOCATORS[method].takes
        return (
            (self.constraints is not None and "constraints" in takes)
            or (self.mean != "sample" and "mean" in takes)
            or (self.covariance != "sample" and "covariance" in takes)
            or (bool(self.budgets) and "budgets" in takes)
        )


PLAIN = Terms()


def terms(book: Book, *, drawn: bool) -> Terms:
    """Draw the fold with all inputs and return what they say; read the link where it is not drawn."""
    if not drawn:
        return _meant(book, _read(book))
    with st.expander("Constraints, estimates and risk budgets", icon=":material/rule:"):
        inputs = _drawn(book)
    return _meant(book, inputs)


@dataclass(frozen=True, eq=False)
class _Inputs:
    numbers: dict[str, float | None]
    bounds: pd.DataFrame
    groups: pd.DataFrame
    budgets: pd.DataFrame
    mean: str
    covariance: str


def _drawn(book: Book) -> _Inputs:
    with st.container(horizontal=True, gap="small"):
        mean = st.selectbox(
            "Means",
            list(MEANS),
            format_func=MEANS.__getitem__,
            key="mu",
            bind="query-params",
            width=230,
            help="Used by what looks at means: maximum Sharpe, Gaussian CVaR parity, the frontiers, the "
            "highest mean. Views are typed under Black–Litterman below.",
        )
        covariance = st.selectbox(
            "Covariance",
            list(COVARIANCE_LABELS),
            format_func=COVARIANCE_LABELS.__getitem__,
            key="cov",
            bind="query-params",
            width=180,
            help="Used by what looks at volatility. CVaR is always that of the scenarios.",
        )
    numbers: dict[str, float | None] = {}
    with st.container(horizontal=True, gap="small"):
        for key, (label, low, high, step, meaning) in NUMBERS.items():
            numbers[key] = st.number_input(
                label,
                low,
                high,
                None,
                step,
                key=key,
                bind="query-params",
                placeholder="none",
                help=meaning,
                width=225,
            )
    again = int(state.recall(ROUND) or 0)
    left, right = st.columns(2)
    with left:
        st.caption("Bounds per asset; empty: as short positions allow, and no more than all.")
        bounds = linked_table("bounds", _no_bounds(book), ranges=EDITABLE, again=again)
    with right:
        groups = _no_groups(book)
        if len(groups):
            st.caption("Bounds per group.")
            groups = linked_table("groups", groups, ranges=EDITABLE, again=again)
        st.caption("Risk budgets, for the parities; empty: the same for all.")
        budgets = linked_table("budgets", _no_budgets(book), ranges=BUDGETS, again=again)
    st.caption(
        "Minimum variance, maximum Sharpe, minimum CVaR, maximum diversification, the frontiers and the "
        "highest mean can be held to constraints; the others say which of them they miss."
    )
    return _Inputs(numbers, bounds, groups, budgets, str(mean), str(covariance))


def _read(book: Book) -> _Inputs:
    def text(key: str) -> str:
        return str(st.query_params.get(key, ""))

    def value(key: str) -> float | None:
        try:
            return float(text(key))
        except ValueError:
            return None

    def one_of(key: str, labels: object) -> str:
        names = dict(labels) if isinstance(labels, dict) else {}
        return next((k for k, label in names.items() if text(key) == label), "sample")

    return _Inputs(
        {key: value(key) for key in NUMBERS},
        read_linked(text("bounds"), _no_bounds(book), EDITABLE)[0],
        read_linked(text("groups"), _no_groups(book), EDITABLE)[0],
        read_linked(text("budgets"), _no_budgets(book), BUDGETS)[0],
        one_of("mu", MEANS),
        one_of("cov", dict(COVARIANCE_LABELS)),
    )


def _no_bounds(book: Book) -> pd.DataFrame:
    return pd.DataFrame({LOW: np.nan, HIGH: np.nan}, index=pd.Index(book.assets, name="asset"))


def _no_budgets(book: Book) -> pd.DataFrame:
    return pd.DataFrame({BUDGET: np.nan}, index=pd.Index(book.assets, name="asset"))


def _no_groups(book: Book) -> pd.DataFrame:
    return pd.DataFrame({LOW: np.nan, HIGH: np.nan}, index=pd.Index(list(_members(book)), name="group"))


def _members(book: Book) -> dict[str, tuple[str, ...]]:
    """Return the assets of every group, by what the group is called."""
    members: dict[str, tuple[str, ...]] = {}
    for column, title in book.groupings().items():
        labels = book.prices.assets.loc[list(book.assets), column].astype(str)
        for label in dict.fromkeys(labels):
            members[f"{title} {label}"] = tuple(str(a) for a in labels.index[labels == label])
    return members


def _meant(book: Book, inputs: _Inputs) -> Terms:
    """Return the inputs as terms; what cannot be meant is refused with the input's own words."""
    wanted = inputs.budgets[BUDGET]
    market: Market = ()
    tilts: tuple[Tilt, ...] = ()
    if inputs.mean == EQUILIBRIUM:
        market = tuple((str(a), float(w)) for a, w in book.a.portfolio.weights.items())
    elif inputs.mean == POSTERIOR:
        market, tilts = read_market(book), read_tilts(book.assets)[0]
    return Terms(
        constraints=_constraints(book, inputs),
        mean=inputs.mean,
        covariance=inputs.covariance,
        market=market,
        tilts=tilts,
        budgets=_budgets(wanted) if wanted.notna().any() else (),
    )


def _budgets(wanted: pd.Series) -> tuple[tuple[str, float], ...]:
    empty = [str(asset) for asset, share in wanted.items() if not share > 0.0]
    if empty:
        raise InputError(
            f"Risk budgets: {listed(empty)} {'has' if len(empty) == 1 else 'have'} none above 0. Give every "
            "asset one, or empty all of them."
        )
    total = float(wanted.sum())
    if abs(total - 100.0) > WHOLE * 100.0:
        raise InputError(
            f"The risk budgets add up to {number(total, 2)} %, not to 100 %: {number(abs(100.0 - total), 2)} "
            f"points are {'missing' if total < 100.0 else 'too many'}."
        )
    return tuple((str(asset), float(share) / total) for asset, share in wanted.items())


def _constraints(book: Book, inputs: _Inputs) -> Constraints | None:
    """Return what is asked as constraints, None where nothing is."""
    given, bounds = inputs.numbers, inputs.bounds / 100.0
    groups = tuple(
        GroupBound(
            name,
            _members(book)[name],
            -np.inf if np.isnan(low) else float(low) / 100.0,
            np.inf if np.isnan(high) else float(high) / 100.0,
        )
        for name, low, high in inputs.groups.itertuples()
        if not (np.isnan(low) and np.isnan(high))
    )
    bounded = bool(bounds.notna().to_numpy().any())
    fee = given["fee"] or 0.0
    asked = [value for key, value in given.items() if key != "fee" and value is not None]
    if not (groups or bounded or fee or asked):
        return None
    short, gross = given["short"], given["gross"]
    allowed = (short or 0.0) / 100.0 if gross is None or short is not None else (gross - 100.0) / 200.0
    low, high = bounds[LOW].fillna(0.0 - allowed), bounds[HIGH].fillna(1.0 + allowed)
    against = given["te"] is not None or given["acap"] is not None
    moved = given["turn"] is not None or bool(fee)
    per_year = book.scenarios.periods_per_year
    return Constraints(
        lower={str(a): float(v) for a, v in low.items()},
        upper={str(a): float(v) for a, v in high.items()},
        groups=groups,
        short=None if short is None else short / 100.0,
        gross=None if gross is None else gross / 100.0,
        current=_weights(book.a.portfolio.weights) if moved else None,
        turnover=None if given["turn"] is None else given["turn"] / 100.0,
        costs=fee / 1e4,
        periods_held=per_year,
        benchmark=_benchmark(book) if against else None,
        tracking_error=None if given["te"] is None else given["te"] / 100.0 / per_year**0.5,
        cvar=None if given["ccap"] is None else given["ccap"] / 100.0,
        active_cvar=None if given["acap"] is None else given["acap"] / 100.0,
        confidence=book.view.confidence,
    )


def _benchmark(book: Book) -> dict[str, float]:
    held = _weights(book.reference.portfolio.weights)
    absent = [asset for asset in held if asset not in book.assets]
    if absent:
        raise InputError(
            f"The benchmark holds {listed(absent)}, which is not among the assets shown, so nothing can be "
            "held to it; show it on the Data page, or choose another benchmark under More."
        )
    return held


def _weights(weights: pd.Series) -> dict[str, float]:
    return {str(asset): float(w) for asset, w in weights.items() if w != 0.0}


def mean_of(scenarios: Scenarios, asked: Terms, risk_free: float) -> pd.Series:
    """Return the means per period that the terms ask for; what a market implies is over the rate."""
    if asked.mean not in (EQUILIBRIUM, POSTERIOR):
        return mean_returns(scenarios, asked.mean)
    views = views_of(scenarios, asked.tilts, asked.covariance)
    found = black_litterman_posterior(scenarios, dict(asked.market), views, covariance=asked.covariance)
    means: pd.Series = found.mean + risk_free
    return means


def uses_opinions() -> bool:
    """Return whether the means chosen come from the typed market and views."""
    return state.recall("mu") in (POSTERIOR, MEANS[POSTERIOR])


def linked_inputs() -> tuple[str, str]:
    """Return the market and the views that the link holds now."""
    return str(st.query_params.get("market", "")), str(st.query_params.get("tilts", ""))


def literal(constraints: Constraints) -> str:
    """Return the constraints as Python, only what differs from none.

    Examples
    --------
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


def use(nearest: Constraints, per_year: float) -> None:
    """Take constraints into the inputs and the link, from a button's callback."""
    for key, value, scale in (
        ("short", nearest.short, 100.0),
        ("gross", nearest.gross, 100.0),
        ("turn", nearest.turnover, 100.0),
        ("te", nearest.tracking_error, 100.0 * per_year**0.5),
        ("ccap", nearest.cvar, 100.0),
        ("acap", nearest.active_cvar, 100.0),
    ):
        if value is not None:
            state.store(key, round(scale * value, 6))
    lower, upper = nearest.lower, nearest.upper
    allowed = 0.0
    if nearest.short is not None:
        allowed = nearest.short
    elif nearest.gross is not None:
        allowed = (nearest.gross - 1.0) / 2.0
    rows = []
    if isinstance(lower, dict) and isinstance(upper, dict):
        for asset, low in lower.items():
            ends = (low, upper[asset])
            free = (abs(low + allowed) < WHOLE, abs(upper[asset] - 1.0 - allowed) < WHOLE)
            if not all(free):
                rows.append(
                    "~".join(
                        [
                            quoted(asset),
                            *("" if f else f"{100 * v:.6g}" for v, f in zip(ends, free, strict=True)),
                        ]
                    )
                )
    _link("bounds", rows)
    _link(
        "groups",
        [
            "~".join(
                [quoted(g.name), *(f"{100 * v:.6g}" if np.isfinite(v) else "" for v in (g.lower, g.upper))]
            )
            for g in nearest.groups
        ],
    )
    state.store(ROUND, int(state.recall(ROUND) or 0) + 1)


def _link(key: str, rows: list[str]) -> None:
    if rows:
        st.query_params[key] = ";".join(rows)
    else:
        st.query_params.pop(key, None)
