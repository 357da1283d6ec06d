"""Closer look of the Allocation page: how far weights move when the history is drawn again."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskcore.allocation.stability import LADDER, SHRUNK, weight_stability
from riskcore.dashboard import state
from riskcore.dashboard.allocation_sections import Weighed
from riskcore.dashboard.allocation_terms import PLAIN
from riskcore.dashboard.cached import LongRun
from riskcore.dashboard.intervals import SEED
from riskcore.dashboard.portfolio_titles import RULES
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.figures.stability import draw_stability
from riskcore.figures.words import percent
from riskcore.portfolio import Portfolio
from riskcore.results.stability import StabilityResult
from riskcore.scenarios import Scenarios

__all__ = ["NAMES", "stability"]

RESAMPLES = 100
STOPPED = "_stability_stopped"
NAMES = {**RULES, SHRUNK: "Shrunk max Sharpe", "maximum_sharpe": "Raw max Sharpe"}


def stability(weighed: Weighed) -> Lines:
    """Draw the robustness ladder: the range of every weight on resampled histories."""
    book = weighed.book
    if weighed.terms != PLAIN:
        notice("The ladder resamples the plain allocators; constraints, estimates and budgets stand aside.")
    methods = (*LADDER[:2], *(m for m in weighed.methods if m not in LADDER), *LADDER[2:])
    run: LongRun[StabilityResult] = LongRun(
        _resampled,
        book.scenarios,
        Portfolio("all", dict.fromkeys(book.assets, 1.0 / len(book.assets))),
        (
            ("confidence", book.view.confidence),
            ("methods", methods),
            ("risk_free", book.view.risk_free / book.scenarios.periods_per_year),
            ("seed", SEED),
        ),
    )
    found = _result(run, drawn=not book.view.present)
    if found is None:
        return Lines("")
    st.markdown(plain(_ladder_words(found)))
    for method, reason in found.refused.items():
        notice(f"{NAMES[method]}: {reason}")
    for which, count in found.failures[found.failures > 0].items():
        notice(f"{NAMES[str(which)]} had no answer on {count} of {found.resamples} resamples, left out here.")
    show(draw_stability(found, NAMES, theme=current_theme()), key="allocation_stability")
    st.caption(
        f"Stationary block bootstrap of the window, {found.resamples} resamples, mean block "
        f"{found.block_length:.0f} rows, seed {SEED}. Shrunk: James–Stein means and Ledoit–Wolf covariance; "
        "raw: sample means and covariance; both long only. Steady weights are no promise of good ones."
    )
    explain(
        book.view,
        "Every resampled history gives an allocator other weights. What it moves on average is the share of "
        "the value that chance alone put where it is. Means move weights most, because they are known least.",
        r"\text{moved}=\frac1B\sum_{k=1}^{B}\tfrac12\sum_i\big|w_i^{*(k)}-w_i\big|",
    )
    return Lines(
        f"found = weight_stability(scenarios, {list(methods)!r}, confidence={book.view.confidence!r}, "
        f"risk_free={book.view.risk_free / book.scenarios.periods_per_year!r}, resamples={RESAMPLES}, "
        f"rng=np.random.default_rng({SEED}))\n"
        "print(found.moved.to_string(float_format='%.10f'))\n"
        "print(found.lower.to_string(float_format='%.10f'))\n"
        "print(found.upper.to_string(float_format='%.10f'))",
        "import numpy as np\nfrom riskcore.allocation.stability import weight_stability",
    )


def _result(run: LongRun[StabilityResult], *, drawn: bool) -> StabilityResult | None:
    """Return the resamples, None where the reader stopped them."""
    if run.finished:
        return run.result(lambda share: None)
    if drawn and state.recall(STOPPED) == run.key:
        st.markdown("Stopped before it was finished; nothing is shown of it.")
        st.button("Draw the history again", key="stability_start", on_click=state.store, args=(STOPPED, None))
        return None
    # A rerun of the whole page interrupts the run: any control does, and this button.
    stop, place = st.empty(), st.empty()
    stop.button("Stop", key="stability_stop", on_click=state.store, args=(STOPPED, run.key))
    bar = place.progress(0.0, "Drawing the history again …")
    found = run.result(lambda share: _show(bar, share))
    stop.empty()
    place.empty()
    return found


def _show(bar: DeltaGenerator, share: float) -> None:
    bar.progress(share, "Drawing the history again …")


def _resampled(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    progress: Callable[[float], None],
    confidence: float,
    methods: tuple[str, ...],
    risk_free: float,
    seed: int,
) -> StabilityResult:
    # What long runs are given besides; every allocator makes its own portfolio.
    del portfolio
    return weight_stability(
        scenarios,
        methods,
        confidence=confidence,
        risk_free=risk_free,
        resamples=RESAMPLES,
        rng=np.random.default_rng(seed),
        progress=progress,
    )


def _ladder_words(found: StabilityResult) -> str:
    """Return what each rung of the ladder moved, and whether the order held here."""
    rungs = [method for method in LADDER if method in found.moved.index and np.isfinite(found.moved[method])]
    moved = [float(found.moved[method]) for method in rungs]
    said = ", ".join(f"{NAMES[m]} {percent(v)}" for m, v in zip(rungs, moved, strict=True))
    order = "The ladder holds here" if moved == sorted(moved) else "Here the order is another"
    return f"Of the value, chance alone would have put elsewhere on average: {said}. {order}."
