"""What the exhibits are made from: one fixed data set, one seed, and the words before each answer."""

from functools import cached_property

import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.text import plain
from riskcore.data.price_set import PriceSet
from riskcore.scenarios import Scenarios

__all__ = ["CONFIDENCE", "SEED", "SPACE", "Guess", "Material", "said"]

# None until the reader has made one.
Guess = float | str | None
SAMPLE, SEED = "global", 1
CONFIDENCE = 0.95
SPACE = "\N{NO-BREAK SPACE}"


class Material:
    """What every exhibit is made from: the bundled sample, whatever the frame shows."""

    @cached_property
    def prices(self) -> PriceSet:
        """The sample."""
        return cached.price_set(SAMPLE)

    @cached_property
    def days(self) -> Scenarios:
        """Daily returns of its first assets."""
        return cached.scenarios(self.prices, self.prices.default_assets, None, None)


def said(guess: str | None, truth: str) -> None:
    """Set what is true beside the guess, where the reader has made one."""
    st.subheader(plain(truth if guess is None else f"You said {guess}. {truth}"), anchor=False)
