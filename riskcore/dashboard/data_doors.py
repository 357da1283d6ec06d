"""Which door to prices a link asks for: by its short key or by the words on the screen."""

from collections.abc import Mapping

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.widgets import notice
from riskcore.errors import listed

__all__ = ["open_door"]


def open_door(titles: Mapping[str, str]) -> None:
    """Open the door whose key stands in the link, and say what stands there that is no door.

    Parameters
    ----------
    titles
        The words on the screen by the key of the door; a link that was copied has the words.
    """
    asked = st.query_params.get("door", "")
    # Once the reader has chosen another door, the link is no longer asked.
    if not asked or asked in titles.values() or state.recall("door") != asked:
        return
    if asked in titles:
        state.store("door", asked)
    else:
        notice(f"door: there is no source “{asked[:60]}”; choose {listed(titles.values())}.")
