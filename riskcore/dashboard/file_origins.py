"""From which files, and by which answers, an uploaded data set was read: what its script has to repeat."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

import streamlit as st

from riskcore.data.files import Answers
from riskcore.data.price_set import PriceSet

__all__ = ["loading_lines", "remember_files"]

MOST = 256
Origin = tuple[tuple[str, ...], dict[str, Answers]]


class _Origins:
    """Names and answers by the fingerprint of what they gave, the oldest dropped first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Origin] = OrderedDict()
        self._lock = Lock()

    def keep(self, fingerprint: str, origin: Origin) -> None:
        with self._lock:
            self._known[fingerprint] = origin
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def find(self, fingerprint: str) -> Origin | None:
        with self._lock:
            return self._known.get(fingerprint)


@st.cache_resource(show_spinner=False)
def _origins() -> _Origins:
    return _Origins()


def remember_files(prices: PriceSet, names: Sequence[str], answers: Mapping[str, Answers]) -> None:
    """Note from which files a data set was read."""
    _origins().keep(prices.fingerprint, (tuple(names), dict(answers)))


def loading_lines(prices: PriceSet) -> list[str]:
    """Return the imports, in one text, and the lines that read the files of a data set again."""
    names, answers = _origins().find(prices.fingerprint) or ((prices.label,), {})
    if len(names) == 1:
        given = answers.get(names[0], Answers())
        asked = "" if given == Answers() else f", {given!r}"
        imported = "load_prices" if not asked else "Answers, load_prices"
        return [
            f"from pathlib import Path\n\nfrom riskcore.data.files import {imported}",
            f"path = Path({names[0]!r})  # the file as it was loaded",
            f"prices = load_prices(path.read_bytes(), path.name{asked})",
        ]
    imports = "from pathlib import Path\n\nfrom riskcore.data.several import load_many_prices"
    if answers:
        imports += "\nfrom riskcore.data.files import Answers"
    return [
        imports,
        f"names = {list(names)!r}  # the files as they were loaded",
        f"prices = load_many_prices([(n, Path(n).read_bytes()) for n in names], {answers!r})",
    ]
