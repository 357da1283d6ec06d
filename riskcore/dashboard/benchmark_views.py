"""Closer looks of the Benchmark page: attribution and relative figures."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard.benchmark_found import Against, decomposed, relative_of
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, show, show_table
from riskcore.figures.benchmark import draw_active_attribution
from riskcore.results.benchmark import RelativeResult

__all__ = ["attribution", "figures", "whose"]


def whose() -> int:
    """Let the reader choose whose positions a view is about: 0 for A, 1 for B."""
    chosen = st.segmented_control(
        "Of", ["A", "B"], default="A", required=True, key="whose", bind="query-params"
    )
    return ["A", "B"].index(str(chosen)) if chosen in ("A", "B") else 0


def attribution(against: Against) -> Lines:
    """Draw what each asset adds to each term."""
    which = whose()
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
    table = against.found[which].table
    row = table.iloc[int(table["total"].abs().to_numpy().argmax())]
    explain(
        against.book.view,
        "An asset’s contribution is its weight times how fast the risk grows with it: in the benchmark, in "
        "the active positions, in the portfolio. Its part of f is what the portfolio’s has beyond the other "
        f"two. For {row.name} in {against.names[which]}, in this order: benchmark, active, f, portfolio.",
        r"w_i\frac{\partial R(PF)}{\partial w_i}=b_i\frac{\partial R(BM)}{\partial b_i}+"
        r"d_i\frac{\partial R(TE)}{\partial d_i}+f_i="
        + percent_sum(
            [
                row["benchmark"],
                row["tracking"],
                row["diversification_benchmark"] + row["diversification_active"],
            ]
        )
        + f"={percent_sum([row['total']])}",
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
    _explain_figures(against, found)
    return Lines(
        "for portfolio in (wide_a, wide_b):\n    print(relative_figures(wide, portfolio, benchmark))",
        "from riskcore.benchmark import relative_figures",
    )


def _explain_figures(against: Against, found: list[RelativeResult]) -> None:
    """Write A's volatility and information ratio with their numbers, where they exist."""
    risks = decomposed(against.book, against.portfolios[0], "volatility")
    a, formula = found[0], r"\sigma_{PF}=\sqrt{\sigma_{BM}^2+\sigma_{TE}^2+2\rho\,\sigma_{BM}\sigma_{TE}}"
    if not np.isnan(a.active_correlation):
        base, extra, rho = 100 * risks.benchmark_risk, 100 * risks.tracking_risk, a.active_correlation
        formula += (
            rf"=\sqrt{{{base:.4f}^2+{extra:.4f}^2+2({rho:.4f})({base:.4f})({extra:.4f})}}\,\%"
            rf"={percent_sum([risks.total])}"
        )
    ratio = r"\text{IR}=\frac{E[r_{PF}-r_{BM}]}{\sigma_{TE}}"
    if not np.isnan(a.information_ratio):
        above, below = a.active_return_per_year, a.tracking_error_per_year
        ratio += rf"=\frac{{{percent_sum([above])}}}{{{percent_sum([below])}}}={a.information_ratio:.3f}"
    explain(
        against.book.view,
        "Tracking error alone does not say what it adds to the risk; its correlation ρ with the benchmark "
        f"does. For A: the {against.book.horizon_label} volatility from the two and ρ, exactly, and the "
        "information ratio, mean active return over tracking error, both per year.",
        rf"\begin{{gathered}}{formula}\\ {ratio}\end{{gathered}}",
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
