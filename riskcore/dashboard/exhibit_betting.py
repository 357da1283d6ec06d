"""The exhibit about sizes: what becomes of gamblers who stake more than Kelly."""

import streamlit as st

from riskcore.dashboard.exhibit_material import SPACE, Guess, Material, said
from riskcore.dashboard.widgets import current_theme, show
from riskcore.exhibits import betting_odds
from riskcore.figures.exhibits import draw_betting
from riskcore.figures.words import number, percent
from riskcore.sizing import binary_kelly

__all__ = ["BETS", "STAKES", "WIN", "past_kelly"]

STAKES = (0.5, 1.0, 2.0, 3.0)
WIN, BETS = 0.55, 1000
MILLION, BILLION = 1e6, 1e9


def past_kelly(guess: Guess, material: Material) -> None:
    """Let gamblers with the same edge stake different shares, the reader's among them."""
    best = binary_kelly(WIN, 1.0)
    own = None if guess is None else round(float(guess) / 100 / best, 9)
    stakes = STAKES if own is None or own in STAKES else (*STAKES, own)
    found = betting_odds(WIN, 1.0, multiples=stakes, bets=BETS)
    ends = {float(m): float(v) for m, v in found.median.iloc[-1].items()}  # type: ignore[arg-type]
    said(
        None
        if own is None or guess is None
        else f"{float(guess):.0f}{SPACE}%, which {left_words(ends[own])}",
        f"{percent(best, 0)} makes the median gambler richest: it {left_words(ends[1.0])} in {BETS:,} bets. "
        f"Twice that {left_words(ends[2.0])} and three times {left_words(ends[3.0])}, with the same edge.",
    )
    show(draw_betting(found, theme=current_theme(), guess=own), key="exhibit_kelly")
    st.caption(
        f"{BETS:,} bets, each won with {percent(WIN, 0)} and paying 1 for 1. The median follows from the "
        "number of wins: nothing is simulated."
    )


def left_words(wealth: float) -> str:
    """Return what became of 1: "turns 1 into 150", "leaves one part in 11 million".

    Examples
    --------
    >>> left_words(149.66), left_words(0.871), left_words(9.2e-8)
    ('turns 1 into 150', 'turns 1 into 0.87', 'leaves one part in 11 million')
    >>> left_words(0.00047), left_words(0.0)
    ('leaves one part in 2,128', 'leaves nothing')
    """
    if wealth <= 0.0:
        return "leaves nothing"
    parts = 1.0 / wealth
    if parts > BILLION:
        return "leaves less than a billionth"
    if parts > MILLION:
        return f"leaves one part in {parts / MILLION:,.0f} million"
    if parts > 100.0:
        return f"leaves one part in {parts:,.0f}"
    return f"turns 1 into {number(wealth, 0 if wealth >= 10.0 else 2)}"
