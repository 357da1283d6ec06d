"""The first view of the Benchmark page: the sentence, the waterfall, the active positions."""

import numpy as np
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.benchmark_found import Against
from riskcore.dashboard.benchmark_words import basis, few_note, headline, shared_explained, shared_name
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.sentences import holding_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.figures.benchmark import draw_active_positions
from riskcore.figures.benchmark_waterfall import draw_risk_waterfall

__all__ = ["ask", "positions", "shared_risk", "told"]


def ask() -> None:
    """Ask for a benchmark where the data has no index of its own."""
    st.header("Against what?", anchor=False)
    st.markdown("This data has no known index: choose a benchmark below, an asset or a portfolio.")
    st.button(
        "Use equal weight", key="benchmark_equal", on_click=state.change, kwargs={"bench": "equal_weight"}
    )


def told(against: Against) -> None:
    """Say in a sentence each what the benchmark and the active positions bring to A and B."""
    st.header(plain(headline(against, 0)), anchor=False)
    st.markdown(plain(headline(against, 1)))


def shared_risk(against: Against) -> None:
    """Draw what the benchmark and the active positions bring."""
    book = against.book
    for note in filter(None, (holding_note(h) for h in (*book.both, against.benchmark))):
        notice(note.replace("BM ", "The benchmark ", 1) if note.startswith("BM ") else note)
    same = [one.portfolio for one in against.found if not one.active]
    if same:
        notice(
            f"{' and '.join(same)} {'hold' if len(same) > 1 else 'holds'} exactly the benchmark: there is no "
            "active position, so nothing to attribute, and no information ratio."
        )
    if few := few_note(against):
        notice(few)
    show(
        draw_risk_waterfall(
            against.found,
            theme=current_theme(),
            names=against.names,
            horizon_label=book.horizon_label,
            shared=shared_name(against),
        ),
        key="benchmark_waterfall",
    )
    st.caption(plain(basis(against)))
    explain(book.view, *shared_explained(against))


def positions(against: Against) -> None:
    """Draw the active weights and what each adds to the active risk."""
    if not any(one.active for one in against.found):
        if against.book.view.present:
            notice("Neither A nor B has an active position: both hold exactly the benchmark.")
        return
    st.subheader("Active positions", anchor=False)
    drawings = draw_active_positions(
        against.found, theme=current_theme(), names=against.names, horizon_label=against.book.horizon_label
    )
    for column, drawing, key in zip(
        st.columns(2, gap="medium"), drawings, ("weights", "contributions"), strict=True
    ):
        with column:
            show(drawing, key=f"benchmark_{key}")
    unequal = [one.portfolio for one in against.found if one.active and one.shares.isna().any()]
    if unequal:
        st.caption(f"The active risk of {' and '.join(unequal)} is too near zero to be shared out.")
    found = next(one for one in against.found if one.active)
    bets, parts = (found.table[column].to_numpy() for column in ("active_weight", "tracking"))
    place = int(np.abs(parts).argmax())
    slope = parts[place] / bets[place] if bets[place] else 0.0
    explain(
        against.book.view,
        "Contributions to active risk are those of the differences of the weights, treated as a portfolio "
        f"of their own. {found.portfolio}’s largest is {found.table.index[place]}: its active weight times "
        "how fast the risk of the active positions grows with it.",
        r"R(TE)=\sum_i d_i\,\frac{\partial R(TE)}{\partial d_i},\qquad d_i=w_i-b_i,\qquad "
        rf"{percent_sum([bets[place]])}\times({slope:.4f})={percent_sum([parts[place]])}",
    )
