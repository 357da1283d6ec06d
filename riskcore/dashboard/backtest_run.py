"""The walk-forward run of the Backtest page: its choices, when it starts, how it stops, what it keeps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskcore.allocation import ALLOCATORS
from riskcore.dashboard import state
from riskcore.dashboard.book import Book
from riskcore.dashboard.cached import LongRun
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.intervals import SEED
from riskcore.dashboard.portfolio_titles import RULES
from riskcore.errors import RiskcoreError
from riskcore.portfolio import Portfolio
from riskcore.results.backtest import BacktestResult
from riskcore.scenarios import Scenarios
from riskcore.validation import walk_forward

__all__ = ["IMPORTS", "Choices", "backtest_script", "choose", "letters_of", "outcome"]

EQUAL = "equal_weight"
FIRST = ("inverse_volatility", "equal_risk_contribution", "cvar_parity")
LABELS = {ALLOCATORS[key].label: key for key in ALLOCATORS if key != EQUAL}
WINDOWS = {"1 year": 1, "3 years": 3, "5 years": 5, "all before": 0}
EVERY = {"week": "weekly", "month": "monthly", "quarter": "quarterly"}
USUAL_WINDOW, USUAL_EVERY, USUAL_COSTS, MOST_COSTS = "3 years", "month", 10, 200
TRADES_A_YEAR = {"weekly": 52, "monthly": 12, "quarterly": 4}
# A run starts by itself up to this many weightings of the size below, about two seconds; more take minutes.
AT_ONCE, MINUTES = 2000, 40_000
USUAL_SIZE = 756 * 7
ASKED, STOPPED = "_backtest_asked", "_backtest_stopped"
IMPORTS = """
import numpy as np
from riskcore.validation import walk_forward
"""
SCRIPT = """
rng = np.random.default_rng({seed})
settings = dict(rebalance={every!r}, costs={costs!r}, risk_free={risk_free!r}, rng=rng)
found = walk_forward(history, {rules!r}, confidence={confidence!r}, window={window!r}, **settings)
print(f"held from {{found.start:%Y-%m-%d}} to {{found.end:%Y-%m-%d}}, {{found.rows}} rows")
print(found.table.drop(columns="label").T.to_string(float_format="%.10f"))
for method, reason in found.refused.items():
    print(method, "refused:", reason)
"""

Run = LongRun[BacktestResult]


@dataclass(frozen=True)
class Choices:
    """What the reader asked for: rules, years to learn from (0 for all), calendar, basis points."""

    rules: tuple[str, ...]
    years: int
    every: str
    points: float

    def window(self, book: Book) -> int | None:
        """Return the window in rows, None for all rows before a trade."""
        return round(self.years * book.base.periods_per_year) if self.years else None

    @property
    def costs(self) -> float:
        """The costs as a fraction of every purchase and sale."""
        return self.points / 1e4


def choose(*, hidden: bool) -> Choices:
    """Draw the page's own choices; hidden, they keep their values and their place in the URL."""
    with st.container(key="backtest_choices"):
        if hidden:
            st.html("<style>.st-key-backtest_choices { display: none; }</style>")
        return _controls()


def _controls() -> Choices:
    usual = [ALLOCATORS[key].label for key in FIRST]
    rules = st.multiselect(
        "Rules beside equal weight",
        list(LABELS),
        default=usual,
        key="rules",
        bind="query-params",
        placeholder="Equal weight alone",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        learn = st.segmented_control(
            "Weights learn from",
            list(WINDOWS),
            default=USUAL_WINDOW,
            required=True,
            key="learn",
            bind="query-params",
        )
        every = st.segmented_control(
            "Set anew every",
            list(EVERY),
            default=USUAL_EVERY,
            required=True,
            key="every",
            bind="query-params",
        )
        points = st.number_input(
            "Costs, basis points",
            min_value=0,
            max_value=MOST_COSTS,
            value=USUAL_COSTS,
            step=5,
            key="bp",
            bind="query-params",
            width=150,
            help="Paid on every purchase and on every sale: 10 basis points are 0.1 % of the amount traded.",
        )
    chosen = tuple(LABELS[label] for label in rules)
    return Choices(
        (EQUAL, *chosen),
        WINDOWS[learn or USUAL_WINDOW],
        EVERY[every or USUAL_EVERY],
        float(USUAL_COSTS if points is None else points),
    )


def letters_of(book: Book) -> dict[str, str]:
    """Return the allocators that A and B are solved by now, each with its letter."""
    return {
        book.rule(code): letter for letter, code in (("B", book.view.b), ("A", book.view.a)) if code in RULES
    }


def outcome(frame: Frame, choices: Choices) -> BacktestResult | None:
    """Return the result, running it where it is not there yet; None while it waits to be started."""
    book = frame.book
    run: Run = LongRun(
        simulate,
        book.base,
        Portfolio("equal weight", dict.fromkeys(book.assets, 1.0 / len(book.assets))),
        (
            ("confidence", frame.view.confidence),
            ("costs", choices.costs),
            ("every", choices.every),
            ("risk_free", frame.view.risk_free),
            ("rules", choices.rules),
            ("window", choices.window(book)),
        ),
    )
    if run.finished:
        return run.result(lambda share: None)
    work = _work(book, choices)
    stopped, asked = state.recall(STOPPED) == run.key, state.recall(ASKED) == run.key
    if not frame.view.present and (stopped or (work > AT_ONCE and not asked)):
        st.header("Would it have worked?", anchor=False)
        st.markdown(
            "Stopped before it was finished; nothing is shown of it."
            if stopped
            else f"These choices need about {round(work, -2):,.0f} weightings: "
            f"{'several seconds' if work < MINUTES else 'a minute or longer'}."
        )
        st.button("Run the backtest", type="primary", key="backtest_start", on_click=_start, args=(run.key,))
        return None
    # A rerun of the whole page interrupts the run: any control does, and this button.
    stop, bar = st.empty(), st.empty()
    stop.button("Stop", key="backtest_stop", on_click=_stop, args=(run.key,))
    try:
        found = run.result(_Progress(bar))
    except RiskcoreError:
        stop.empty()
        bar.empty()
        raise
    stop.empty()
    bar.empty()
    return found


def simulate(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    progress: Callable[[float], None],
    confidence: float,
    costs: float,
    every: str,
    risk_free: float,
    rules: tuple[str, ...],
    window: int | None,
) -> BacktestResult:
    """Run the backtest from the seed that the page shows; the portfolio only names the assets."""
    return walk_forward(
        scenarios.select(list(portfolio.weights.index)),
        rules,
        confidence=confidence,
        window=window,
        rebalance=every,  # type: ignore[arg-type]
        costs=costs,
        risk_free=risk_free,
        rng=np.random.default_rng(SEED),
        progress=progress,
    )


def backtest_script(frame: Frame, choices: Choices) -> str:
    """Return the lines that print the page's numbers."""
    return SCRIPT.format(
        seed=SEED,
        every=choices.every,
        costs=choices.costs,
        risk_free=frame.view.risk_free,
        rules=list(choices.rules),
        confidence=frame.view.confidence,
        window=choices.window(frame.book),
    )


def _work(book: Book, choices: Choices) -> float:
    """Return how many weightings a run needs, counted in ones of the usual size."""
    base, window = book.base, choices.window(book)
    held = max(base.count - (window or round(base.periods_per_year)), 0)
    trades = min(held / base.periods_per_year * TRADES_A_YEAR[choices.every], held)
    size = (window or base.count / 2) * base.size / USUAL_SIZE
    return trades * len(choices.rules) * max(size, 1.0)


def _start(key: object) -> None:
    state.store(STOPPED, None)
    state.store(ASKED, key)


def _stop(key: object) -> None:
    state.store(STOPPED, key)
    state.store(ASKED, None)


class _Progress:
    """A progress bar that is redrawn once a per cent; each redrawing is a chance to be interrupted."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place, self._shown = place, -1

    def __call__(self, share: float) -> None:
        """Show the share done."""
        per_cent = int(100 * share)
        if per_cent > self._shown:
            self._shown = per_cent
            self._place.progress(min(per_cent, 100), text="Weighting anew at every date, from earlier rows")
