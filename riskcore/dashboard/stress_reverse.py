"""Reverse stress on the Stress page: the most plausible move that costs a given loss."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.stress_words import worth
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, show
from riskcore.errors import NumericalError
from riskcore.figures import draw_move_by_asset
from riskcore.figures.words import dated
from riskcore.results.reverse import ReverseStressResult
from riskcore.stress import reverse_stress

__all__ = ["reverse"]


def reverse(frame: Frame) -> Lines:
    """Show the most plausible move that costs as much as the reader names."""
    book = frame.book
    loss = (
        st.slider("Loss of at least, % of value", 1, 60, 5, key="lose", bind="query-params", width=320) / 100
    )
    pairs: list[tuple[Holding, ReverseStressResult]] = []
    for holding in book.both:
        try:
            result = cached.compute(reverse_stress, book.scenarios, holding.portfolio, loss=loss)
        except NumericalError as problem:
            st.markdown(plain(problem))
            continue
        st.markdown(plain(_reverse_words(book, holding, result)))
        pairs.append((holding, result))
    for column, (holding, result) in zip(st.columns(2, gap="medium"), pairs, strict=False):
        with column:
            tables = [_same_move(result.table["move"], h) for h in book.both]
            show(
                draw_move_by_asset(
                    tables[0],
                    tables[1],
                    what=f"The move that hurts {holding.letter}",
                    definition="The likeliest joint move, were returns elliptical, with which "
                    f"{holding.letter} loses that much; the other portfolio is shown under the same move.",
                    theme=current_theme(),
                    worth=worth(book),
                ),
                key=f"stress_reverse_{holding.letter.lower()}",
            )
    if not pairs:
        return Lines("")
    if len(pairs) > 1:
        st.caption("Each of the two charts has a scale of its own.")
    with st.popover("Every move", type="tertiary", icon=":material/table:"):
        for holding, result in pairs:
            st.caption(f"{holding.letter}: moves in percent, and in the asset’s own standard deviations")
            shown = pd.DataFrame(
                {
                    "weight, %": 100 * result.table["weight"],
                    "move, %": 100 * result.table["move"],
                    "in standard deviations": result.table["in_sigmas"],
                    "expected when days are reweighted, %": 100 * result.table["pooled_move"],
                }
            )
            data_table(shown, key=f"reverse_{holding.letter.lower()}")
    explain(
        frame.view,
        "Of all moves that cost so much, the one with the smallest Mahalanobis distance from the mean.",
        r"r^*=\mu-\Sigma w\,\frac{X+w^\top\mu}{w^\top\Sigma w}",
    )
    names = ", ".join(holding.letter.lower() for holding, _ in pairs)
    return Lines(
        f"for portfolio in ({names},):\n"
        f"    found = reverse_stress(scenarios, portfolio, loss={loss!r})\n"
        "    print(portfolio.name, 'distance', f'{found.distance:.10f}')\n"
        "    print(found.table['move'].to_string(float_format='%.10f'))",
        "from riskcore.stress import reverse_stress",
    )


def _same_move(move: pd.Series, holding: Holding) -> pd.DataFrame:
    weights = holding.portfolio.weights.reindex(move.index)
    return pd.DataFrame({"weight": weights, "asset_return": move, "contribution": weights * move})


def _reverse_words(book: Book, holding: Holding, found: ReverseStressResult) -> str:
    what = (
        f"{holding.letter} loses {amount(book, found.reached)} over {book.horizon_label.replace('-', ' ')} "
        f"in a move {found.distance:.1f} standard deviations of {holding.letter} from the mean"
    )
    if found.nearest is None:
        return f"{what}; no scenario here lost as much."
    return f"{what}; the likeliest scenario here that lost as much is {dated(found.nearest)}."
