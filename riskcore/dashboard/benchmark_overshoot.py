"""Closer look of the Benchmark page: how far total risk goes over plan when active risk does."""

import numpy as np
import streamlit as st

from riskcore.benchmark import active_at, active_portfolio, overshoot, stress_levels
from riskcore.dashboard import cached
from riskcore.dashboard.benchmark_found import Against, relative_of, weights_key
from riskcore.dashboard.benchmark_views import whose
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.errors import NumericalError
from riskcore.figures.benchmark_overshoot import draw_overshoot
from riskcore.figures.words import card_percent, number, percent, unbroken
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.results.benchmark import OvershootResult
from riskcore.scenarios import Scenarios

__all__ = ["overshoots"]

RHOS = (0.0, 0.25, 0.5, 0.75)
MULTIPLE, COUNT = 2.5, 7
FEW = 10.0
SMALL = 0.2
# What total risk may move by, as a share of the active risk planned, and still be rounding.
STILL = 1e-7


def _small_plan(name: str) -> bool:
    """Let the reader plan less active risk than the portfolio takes now."""
    sizes = {"own": "as it is", "fifth": "a fifth of the benchmark’s"}
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
        which = whose()
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
    if _moves(lines):
        _draw(against, lines, untold, which)
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


def _moves(lines: tuple[OvershootResult, ...]) -> bool:
    """Whether there is anything to draw: a line of two levels or more whose total leaves its plan."""
    return any(
        len(line.table) > 1 and float(line.table["overshoot"].abs().max()) > STILL * line.planned
        for line in lines
    )


def _draw(against: Against, lines: tuple[OvershootResult, ...], untold: str, which: int) -> None:
    """Draw the lines, say what is left of the scenarios, and read the own line's last level aloud."""
    book, own = against.book, f"{against.names[which]}’s own"
    show(
        draw_overshoot(lines, theme=current_theme(), own=own, which=which, horizon_label=book.horizon_label),
        key="benchmark_overshoot",
    )
    st.caption(plain(" ".join([*_left_words(lines), *([untold] if untold else [])])))
    last = lines[0].table.iloc[-1]
    total, moved = float(last["total"]), float(last["overshoot"])
    explain(
        book.view,
        f"{own} line ends at its total under the stressed probabilities minus its total at plan: the numbers "
        "below. To check the method by hand: with normal returns, a benchmark of 10 % volatility and active "
        "positions planned at 2 % that turn out at 5 %, the total is 0.98, 1.57, 2.09 and 2.57 points over "
        "plan at ρ = 0, 0.25, 0.5 and 0.75.",
        r"\begin{gathered}\Delta=R_{\text{stressed}}(PF)-R_{\text{plan}}(PF)="
        rf"{percent_sum([total, moved - total])}={percent_sum([moved])}\\ "
        r"\Delta_{\text{normal}}=\sqrt{\sigma_{BM}^2+a^2+2\rho\,\sigma_{BM}a}-"
        r"\sqrt{\sigma_{BM}^2+p^2+2\rho\,\sigma_{BM}p}\end{gathered}",
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
        held = ", with the benchmark held at its own" if mine.held else ""
        drawn = "its own line is one point" if _moves(lines) else "there is no overshoot to show"
        return (
            f"No probabilities of these scenarios give {letter}’s active positions more risk than their plan "
            f"of {card_percent(mine.planned)}{held}: {drawn}."
        )
    if not _moves(lines):
        return (
            f"If {letter}’s active positions{scaled} turn out {number(times)} times as risky as planned "
            f"({card_percent(float(last['actual']))} instead of {card_percent(mine.planned)}), its {label} "
            f"stays at plan{_cash_words(against, letter)}: there is no overshoot to show."
        )
    moved = float(last["overshoot"])
    rho = relative_of(against, "AB".index(letter)).active_correlation
    related = "" if np.isnan(rho) else f"; their ρ with the benchmark at plan is {number(rho, 2)}"
    return (
        f"If {letter}’s active positions{scaled} turn out {number(times)} times as risky as planned "
        f"({card_percent(float(last['actual']))} instead of {card_percent(mine.planned)}), its {label} is "
        f"{percent(abs(moved), 2)} of value {'over' if moved >= 0.0 else 'under'} plan{related}."
    )


def _cash_words(against: Against, letter: str) -> str:
    """Return why active positions move nothing, where the portfolio is cash."""
    held = against.portfolios["AB".index(letter)].weights.abs().max() > 0.0
    return "" if held else ", as what they lose the benchmark gains and the rest is cash"


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
        held = ", with the benchmark held at plan" if lines[0].held else ""
        words.append(
            f"{', '.join(short)} {'stops' if len(short) == 1 else 'stop'} early: no probabilities of these "
            f"scenarios give the active positions more risk than that{held}."
        )
    return words
