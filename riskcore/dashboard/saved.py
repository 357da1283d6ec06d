"""What people saved, for the pages: the store of this server, and the data sets links restore."""

import atexit
import os
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import platformdirs
import streamlit as st

from riskcore.data.price_set import PriceSet
from riskcore.data.recipe import Recipe
from riskcore.errors import InputError

if TYPE_CHECKING:
    from riskcore.data.store import SavedPortfolio, Store

__all__ = [
    "SAVED",
    "forget",
    "load_price_set",
    "portfolios",
    "present",
    "recipe_of",
    "save_price_set",
    "store",
]

# How links name a saved data set.
SAVED = "saved-"
DATABASE = "riskcore.sqlite"
LISTED_SECONDS = 2.0
_opened: list[bool] = []


def present() -> bool:
    """Return whether there is a store to look into without making one: it is open, or its file is there."""
    if _opened:
        return True
    home = os.environ.get("RISKCORE_HOME")
    if os.environ.get("RISKCORE_DATABASE_URL"):
        return False
    folder = Path(home) if home else Path(platformdirs.user_data_dir("riskcore", appauthor=False))
    return (folder.expanduser() / DATABASE).is_file()


@st.cache_resource(show_spinner="Opening what is saved …")
def store() -> "Store":
    """Return the store, opened once for all readers.

    Raises
    ------
    StoreError
        It cannot be opened; nothing was changed, and the next call tries again.
    """
    from riskcore.data.store import open_store  # a quarter of a second that most visits need not wait

    opened = open_store()
    _opened.append(True)
    portfolios.clear()
    atexit.register(opened.close)
    return opened


@st.cache_resource(show_spinner=False, ttl=LISTED_SECONDS)
def portfolios() -> "dict[str, SavedPortfolio]":
    """Return the newest version of every saved portfolio by key, the last saved first.

    Read at most every two seconds: menus ask for each of them on every run. `forget` reads anew.

    Raises
    ------
    StoreError
        The store cannot be read.
    """
    return {entry.key: entry for entry in store().portfolios.all()}


def forget() -> None:
    """Read what is saved anew, after a change to it."""
    portfolios.clear()
    load_price_set.clear()


@st.cache_resource(show_spinner=False, max_entries=32)
def load_price_set(key: str) -> PriceSet:
    """Return a saved data set by its key; a key always means the same prices.

    Raises
    ------
    InputError
        Nothing is saved under the key.
    StoreError
        The store cannot be read, or the content is damaged.
    """
    return store().price_sets.load(key)


def save_price_set(prices: PriceSet, name: str, note: str, base: str, recipe: Recipe) -> str:
    """Save a data set with the decisions it was made by, and return the key links name it by.

    Raises
    ------
    InputError
        The name is taken or cannot be used.
    StoreError
        Nothing was saved, and why.
    """
    shelf = store().price_sets
    if any(entry.name == name for entry in shelf.all()):
        raise InputError(f"A saved data set is called {name[:60]} already; choose another name.", name=name)
    made = {"base": base, "recipe": recipe.to_json()} if recipe.steps else {}
    key = SAVED + token_hex(8)
    return shelf.save(replace(prices, key=key), name=name, recipe=made, note=note).key


def recipe_of(key: str) -> Recipe:
    """Return the decisions a saved data set was made by; none for any other data set."""
    if not key.startswith(SAVED):
        return Recipe()
    text = store().price_sets.about(key).recipe.get("recipe")
    return Recipe.from_json(text) if isinstance(text, str) else Recipe()
