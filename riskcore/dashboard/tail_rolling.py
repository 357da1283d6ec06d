"""Rolling VaR on the Tail page: day-by-day forecasts, their exceptions and what the tests say.

A run takes seconds. It starts when its view is chosen, shows its progress, ends when the reader presses
Stop or changes anything, and is kept by what went in.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskcore.dashboard import state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.cached import LongRun
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.intervals import SEED
from riskcore.dashboard.tail_words import (
    ZONES,
    backtest_table,
    p_words,
    refusals,
    single_period,
    solved_on_window,
    tests_table,
    zone_words,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import View
from riskcore.dashboard.widgets import current_theme, data_table, explain, guarded, notice, show, show_table
from riskcore.figures import draw_exceptions
from riskcore.figures.words import percent
from riskcore.portfolio import Portfolio
from riskcore.results.validation import ModelBacktestResult, VarBacktestResult
from riskcore.scenarios import Scenarios
from riskcore.validation import backtest_var

__all__ = ["rolling", "rolling_script"]

WINDOWS = (250, 500, 1000)
REFIT_EVERY = 21
FEW_BEYOND = 5
PORTFOLIO, WINDOW, STOPPED = "tail_rolling_portfolio", "tail_rolling_window", "_tail_rolling_stopped"
ZONE_BADGES = {
    "green": "green-badge[:material/check_circle:",
    "yellow": "yellow-badge[:material/warning:",
    "red": "red-badge[:material/error:",
}
SCRIPT = """
rng = np.random.default_rng({seed})
settings = dict(confidence={confidence!r}, window={window}, refit_every={every}, rng=rng)
checked = backtest_var(history, {name}, **settings)
print(checked.table.drop(columns=["label", "verdict"]).to_string(float_format="%.10f"))
for model in checked.models.values():
    print(model.label, model.verdict)
"""

Run = LongRun[VarBacktestResult]


def rolling(frame: Frame) -> None:
    """Draw the choices, and the forecasts in a fragment of their own."""
    book = frame.book
    unit, periods = single_period(book)
    holding, window = _choices(book, periods)
    if book.periods > 1:
        notice(
            f"The backtest forecasts single periods ({unit}), whatever the horizon: overlapping "
            f"{book.horizon_label} returns would count one event several times."
            + (
                f" {holding.letter}’s weights are still solved at the horizon and level above."
                if solved_on_window(holding)
                else ""
            )
        )
    run: Run = LongRun(
        forecast,
        book.base,
        holding.portfolio,
        (("confidence", frame.view.confidence), ("seed", SEED), ("window", window)),
    )
    if state.recall(STOPPED) == run.key and not run.finished:
        st.markdown("Stopped before it was finished; nothing is shown of it.")
        st.button("Run the backtest", key="tail_rolling_start", on_click=state.store, args=(STOPPED, None))
        return
    # Outside the fragment: only a rerun of the whole page interrupts a run under way.
    stop = st.empty()
    if not run.finished:
        stop.button("Stop", key="tail_rolling_stop", on_click=state.store, args=(STOPPED, run.key))
    forecasts(frame.view, run, holding, (unit, periods))
    stop.empty()


def forecast(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    progress: Callable[[float], None],
    confidence: float,
    seed: int,
    window: int,
) -> VarBacktestResult:
    """Run the backtest of all models, from the seed that the page shows."""
    return backtest_var(
        scenarios,
        portfolio,
        confidence=confidence,
        window=window,
        refit_every=REFIT_EVERY,
        rng=np.random.default_rng(seed),
        progress=progress,
    )


def rolling_script(frame: Frame) -> str:
    """Return the lines that print the backtest's numbers."""
    return SCRIPT.format(
        name=str(state.recall(PORTFOLIO) or "A").lower(),
        confidence=frame.view.confidence,
        window=state.recall(WINDOW) or WINDOWS[-1],
        every=REFIT_EVERY,
        seed=SEED,
    )


def _choices(book: Book, periods: str) -> tuple[Holding, int]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        letter = st.segmented_control("Portfolio", ["A", "B"], default="A", required=True, key=PORTFOLIO)
        window = st.segmented_control(
            "Each forecast learns from",
            WINDOWS,
            format_func=lambda n: f"{n:,} {periods}",
            default=WINDOWS[-1],
            required=True,
            key=WINDOW,
        )
    return (book.a if letter == "A" else book.b), int(window or WINDOWS[-1])


@st.fragment
def forecasts(view: View, run: Run, holding: Holding, words: tuple[str, str]) -> None:
    """Draw one model's forecasts with its exceptions, the tests' verdict, and all models beside."""
    with guarded():
        bar = st.empty()
        found = run.result(_Progress(bar))
        bar.empty()
        if found.models:
            _one_model(view, found, holding, words)
            with st.expander("All models side by side"):
                data_table(backtest_table(found), key="tail_backtest_models")
                with st.popover("Full digits", type="tertiary", icon=":material/table:"):
                    show_table(found.table.set_index("label"), key="tail_backtest_digits")
        for reason in refusals(found):
            st.caption(plain(reason))


class _Progress:
    """A progress bar that is redrawn once a per cent; each redrawing is a chance to be interrupted."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place, self._shown = place, -1

    def __call__(self, share: float) -> None:
        """Show the share done."""
        per_cent = int(100 * share)
        if per_cent > self._shown:
            self._shown = per_cent
            self._place.progress(min(per_cent, 100), text="Forecasting every period of the window")


def _one_model(view: View, found: VarBacktestResult, holding: Holding, words: tuple[str, str]) -> None:
    unit, periods = words
    chosen = st.selectbox(
        "Model",
        list(found.models),
        format_func=lambda key: found.models[key].label,
        key="tail_rolling_model",
        width=420,
    )
    model = found.models[chosen]
    level = f"VaR {100 * found.confidence:g} %"
    st.markdown(
        plain(
            f"On {model.exceptions:,} of {len(model.forecasts):,} {periods} {holding.letter} lost more than "
            f"its {level} forecast; {model.light.expected:,.1f} were expected. {model.verdict}"
        )
    )
    for light, recent in ((model.light, False), (model.recent_light, True)):
        badge = f":{ZONE_BADGES[light.zone]} {ZONES[light.zone]} zone]"
        st.markdown(f"{badge} {plain(zone_words(light, periods, recent=recent))}")
    show(
        draw_exceptions(
            model.forecasts,
            theme=current_theme(),
            model_label=model.label,
            confidence=found.confidence,
            name=holding.letter,
            which=int(holding.letter == "B"),
            horizon_label=unit,
        ),
        key="tail_exceptions",
    )
    st.table(tests_table(model), border="horizontal")
    st.caption(
        f"Each forecast uses the {found.window:,} {periods} before it; models are fitted again every "
        f"{found.refit_every} {periods} and today’s weights are held throughout. A test that does not reject "
        f"has found no fault, which is not proof. Z1 and Z2: {model.z1.simulations:,} simulations, "
        f"seed {SEED}."
    )
    beyond = found.window * (1 - found.confidence)
    if beyond < FEW_BEYOND - 1e-9:
        st.caption(
            plain(
                f"Few tail {periods}: the {found.window:,} {periods} behind each forecast hold about "
                f"{beyond:.1f} beyond {level}, fewer than {FEW_BEYOND}, so models that read the tail itself "
                "have little to learn from; choose more, or a lower confidence."
            )
        )
    if solved_on_window(holding):
        st.caption(
            f"In-sample: {holding.letter}’s weights were solved on the whole window, so the forecasts are of "
            "a portfolio nobody could have known at the time."
        )
    _explained(view, model, found.confidence)


def _explained(view: View, model: ModelBacktestResult, confidence: float) -> None:
    hits, count = model.exceptions, len(model.forecasts)
    explain(
        view,
        f"If VaR is right, each period exceeds it with probability {percent(1 - confidence)}: "
        f"{model.light.expected:,.1f} times in {count:,}. It happened {hits:,} times. Kupiec’s ratio "
        f"compares both shares and gives p = {p_words(model.kupiec.p_value)}: so often would chance "
        "alone lie at least as far off. Below 0.05 the forecast is rejected.",
        r"LR=2\log\frac{\hat\pi^x(1-\hat\pi)^{T-x}}{(1-c)^x c^{T-x}}="
        rf"{model.kupiec.statistic:.2f},\qquad x={hits},\;T={count},\;\hat\pi={hits / count:.4f},\;"
        rf"c={confidence:g}",
    )
