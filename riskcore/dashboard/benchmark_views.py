"""Closer looks of the Benchmark page: attribution, relative figures and the overshoot."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.benchmark import active_at, active_portfolio, overshoot, stress_levels
from riskcore.dashboard import cached
from riskcore.dashboard.benchmark_sections import Against, relative_of, weights_key
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show, show_table
from riskcore.errors import NumericalError
from riskcore.figures.benchmark import draw_active_attribution
from riskcore.figures.benchmark_overshoot import draw_overshoot
from riskcore.figures.words import card_percent, number, percent, unbroken
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.results.benchmark import OvershootResult, RelativeResult
from riskcore.scenarios import Scenarios

__all__ = ["attribution", "figures", "overshoots"]

RHOS = (0.0, 0.25, 0.5, 0.75)
MULTIPLE, COUNT = 2.5, 7
FEW = 10.0
SMALL = 0.2


def _whose() -> int:
    """Let the reader choose whose positions a view is about: 0 for A, 1 for B."""
    chosen = st.segmented_control(
        "Of", ["A", "B"], default="A", required=True, key="whose", bind="query-params"
    )
    return ["A", "B"].index(str(chosen)) if chosen in ("A", "B") else 0


def attribution(against: Against) -> Lines:
    """Draw what each asset adds to each term."""
    which = _whose()
    show(
        draw_active_attribution(
            against.found[which],
            theme=current_theme(),
            which=which,
            name=against.names[which],
            horizon_label=against.book.horizon_label,
        ),
        key="benchmark_attribution",
    )
    st.caption(
        "The table has the two parts of f and the contributions to R(PF); every row and column adds up."
    )
    return Lines(f"print({'ab'[which]}_found.table.to_string(float_format='%.10f'))")


def figures(against: Against) -> Lines:
    """Show tracking error, information ratio, beta and capture of both."""
    found = [relative_of(against, which) for which in (0, 1)]
    table = pd.DataFrame({one.portfolio: _rows(one) for one in found}).rename_axis("figure")
    show_table(table, key="benchmark_figures")
    undefined = [one.portfolio for one in found if np.isnan(one.information_ratio)]
    notes = []
    if undefined:
        notes.append(f"No information ratio for {' and '.join(undefined)}: there is no tracking error.")
    if any(np.isnan(one.beta) for one in found):
        notes.append("No beta: the benchmark never moves.")
    notes.append(
        "Capture is the mean return in the periods in which the benchmark gains (loses), as a share of the "
        f"benchmark’s: {found[0].up_scenarios:,} gains, {found[0].down_scenarios:,} losses. Means are "
        "in-sample and not compounded; a year of active return says little about the next."
    )
    st.caption(plain(" ".join(notes)))
    explain(
        against.book.view,
        "The identity for the variance holds to rounding: tracking error alone does not say what it adds to "
        "the risk, its correlation with the benchmark does.",
        r"\sigma_{PF}^2=\sigma_{BM}^2+\sigma_{TE}^2+2\rho\,\sigma_{BM}\sigma_{TE},\qquad "
        r"\text{IR}=\frac{E[r_{PF}-r_{BM}]}{\sigma_{TE}}",
    )
    return Lines(
        "for portfolio in (wide_a, wide_b):\n    print(relative_figures(wide, portfolio, benchmark))",
        "from riskcore.benchmark import relative_figures",
    )


def _rows(found: RelativeResult) -> dict[str, float]:
    return {
        "tracking error per period (%)": 100.0 * found.tracking_error,
        "tracking error per year (%)": 100.0 * found.tracking_error_per_year,
        "mean active return per year (%)": 100.0 * found.active_return_per_year,
        "information ratio (per year)": found.information_ratio,
        "beta": found.beta,
        "correlation with the benchmark": found.correlation,
        "correlation ρ of benchmark and active return": found.active_correlation,
        "up capture (%)": 100.0 * found.up_capture,
        "down capture (%)": 100.0 * found.down_capture,
    }


def _small_plan(name: str) -> bool:
    """Let the reader plan less active risk than the portfolio takes now."""
    sizes = {"own": "as it is", "fifth": "a fifth of R(BM)"}
    chosen = st.segmented_control(
        "Planned active risk",
        list(sizes),
        format_func=lambda key: sizes[key],
        default="own",
        required=True,
        key="plan",
        bind="query-params",
        help=f"The risk of {name}’s active positions now, or the same positions scaled to a fifth of the "
        "benchmark’s risk",
    )
    return chosen == "fifth"


def overshoots(against: Against) -> Lines:
    """Draw how far total risk goes over plan when the active positions are riskier than planned."""
    book = against.book
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        which = _whose()
        small = _small_plan(against.names[which])
        follows = st.toggle(
            "Let the benchmark move too",
            key="follows",
            bind="query-params",
            help="Otherwise its risk stays at plan, and with volatility its correlation with the active "
            "positions as well.",
        )
    measure = "volatility" if book.view.measure == "volatility" else "cvar"
    level = None if measure == "volatility" else book.view.confidence
    if book.view.measure == "var":
        st.caption("Shown in CVaR: probabilities cannot be moved smoothly towards a VaR.")
    if not against.found[which].active:
        notice(f"{against.names[which]} holds exactly the benchmark: there is no active risk to stress.")
        return Lines("")
    lines, untold = cached.compute(
        _ladder,
        against.scenarios,
        against.portfolios[which],
        against=weights_key(against.benchmark.portfolio),
        measure=measure,
        confidence=level,
        hold=not follows,
        small=small,
    )
    own = f"{against.names[which]}’s own"
    scaled = ", scaled to a fifth of the benchmark’s risk," if small else ""
    st.markdown(plain(_overshoot_words(against, lines, own, scaled)))
    show(
        draw_overshoot(lines, theme=current_theme(), own=own, which=which, horizon_label=book.horizon_label),
        key="benchmark_overshoot",
    )
    st.caption(plain(" ".join([*_left_words(lines), *([untold] if untold else [])])))
    explain(
        book.view,
        "With normal returns, a benchmark of 10 % volatility and active positions planned at 2 % that turn "
        "out at 5 %, the total is 0.98, 1.57, 2.09 and 2.57 points over plan at ρ = 0, 0.25, 0.5 and 0.75.",
        r"\Delta=\sqrt{\sigma_{BM}^2+a^2+2\rho\,\sigma_{BM}a}-\sqrt{\sigma_{BM}^2+p^2+2\rho\,\sigma_{BM}p}",
    )
    name, settings = "ab"[which], "" if level is None else f", confidence={level!r}"
    smaller = (
        f"scale = {SMALL} * risk(wide, benchmark, {measure!r}{settings}).value / planned\n"
        "active, planned = Portfolio('active', active.weights * scale), scale * planned\n"
        if small
        else ""
    )
    return Lines(
        f"active = active_portfolio(wide_{name}, benchmark, wide.assets)\n"
        f"planned = risk(wide, active, {measure!r}{settings}).value\n{smaller}"
        f"found = overshoot(wide, benchmark, active, {measure!r}, levels=stress_levels(planned)"
        f"{settings}, hold={not follows})\n"
        "print(found.table.to_string(float_format='%.10f'))",
        "from riskcore.benchmark import active_portfolio, overshoot, stress_levels",
    )


def _ladder(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    against: tuple[tuple[str, float], ...],
    measure: str,
    confidence: float | None,
    hold: bool,
    small: bool,
) -> tuple[tuple[OvershootResult, ...], str]:
    """Return the portfolio's own line, those at other correlations, and why some of these are missing."""
    benchmark = Portfolio("BM", dict(against))
    active = active_portfolio(portfolio, benchmark, scenarios.assets).renamed(f"{portfolio.name}’s own")
    planned = risk(scenarios, active, measure, confidence=confidence).value
    if not planned > 0.0:
        raise NumericalError(
            f"The active positions of {portfolio.name} lose nothing against the benchmark in this measure "
            "(their risk is not positive), so there is no plan to overshoot; choose volatility."
        )
    base = risk(scenarios, benchmark, measure, confidence=confidence).value
    if small and base > 0.0:
        active = Portfolio(active.name, active.weights * (SMALL * base / planned))
        planned = risk(scenarios, active, measure, confidence=confidence).value
    levels = stress_levels(planned, multiple=MULTIPLE, count=COUNT)

    def line(positions: Portfolio) -> OvershootResult:
        return overshoot(
            scenarios, benchmark, positions, measure, levels=levels, confidence=confidence, hold=hold
        )

    lines, missing = [line(active)], ""
    for rho in RHOS:
        try:
            mixed = active_at(
                scenarios,
                benchmark,
                active,
                correlation=rho,
                planned=planned,
                measure=measure,
                confidence=confidence,
            )
            lines.append(line(mixed))
        except NumericalError as error:
            missing = str(error)
            break
    return tuple(lines), missing


def _overshoot_words(against: Against, lines: tuple[OvershootResult, ...], own: str, scaled: str) -> str:
    """Return what happens to the reader's own portfolio at the last level."""
    mine = next(line for line in lines if line.name == own)
    last, letter = mine.table.iloc[-1], own[0]
    label = unbroken(f"{against.book.horizon_label} {in_text(mine.label)}")
    times = float(last["actual"]) / mine.planned
    if len(mine.table) < 2:
        held = ", with the benchmark held at its own," if mine.held else ""
        return (
            f"No probabilities of these scenarios give {letter}’s active positions more risk than their plan "
            f"of {card_percent(mine.planned)}{held} so there is no overshoot to show."
        )
    moved = float(last["overshoot"])
    rho = relative_of(against, "AB".index(letter)).active_correlation
    related = "" if np.isnan(rho) else f"; their ρ with the benchmark at plan is {number(rho, 2)}"
    return (
        f"If {letter}’s active positions{scaled} turn out {number(times)} times as risky as planned "
        f"({card_percent(float(last['actual']))} instead of {card_percent(mine.planned)}), its {label} is "
        f"{percent(abs(moved), 2)} of value {'over' if moved >= 0.0 else 'under'} plan{related}."
    )


def _left_words(lines: tuple[OvershootResult, ...]) -> list[str]:
    """Return how much of the scenarios is left, and which lines stop early."""
    fewest = min(float(line.table["effective_scenarios"].min()) for line in lines)
    tails = [float(line.table["tail_scenarios"].min()) for line in lines]
    words = [
        "Active positions at other correlations are made of the same ones and more or less of the benchmark, "
        f"with the same planned risk. Effective scenarios: {fewest:,.0f} at the fewest"
    ]
    if not np.isnan(tails).all():
        words[0] += f", {np.nanmin(tails):,.0f} of them behind the CVaR"
        if np.nanmin(tails) < FEW:
            words.append("Fewer than 10 in the tail: read the ends of the lines as an order of magnitude.")
    words[0] += "."
    short = [line.name for line in lines if line.refused]
    if short:
        words.append(
            f"{', '.join(short)} stop early: no probabilities of these scenarios give the active positions "
            f"more risk than that{', with the benchmark held at plan' if lines[0].held else ''}."
        )
    return words
