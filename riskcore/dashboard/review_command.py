"""The gate as a file for `riskcore-check`: the same data, portfolio and limits as on the page."""

import streamlit as st

from riskcore.check import to_toml
from riskcore.dashboard.book import Book
from riskcore.dashboard.limits_code import Held
from riskcore.dashboard.limits_gate import situation_of
from riskcore.data.sample import SAMPLES

__all__ = ["command_file", "file_of"]

NO_FILE = {
    "scenario_set": "The command knows history alone; go back to history first.",
    "base": "The command knows local returns alone; take the base currency away first.",
}
PRICES = "prices.csv: the prices that were loaded into the page, beside this file."
TIES = (
    "A was solved for its shares of risk. Where scenarios tie at the edge of the tail, shares are not "
    "unique: the command's can differ from the page's in the fourth digit."
)


def command_file(book: Book, held: Held) -> None:
    """Offer the gate as a file, or say why there is none."""
    reason = next((said for name, said in NO_FILE.items() if getattr(book.view, name)), "")
    st.download_button(
        "portfolio.toml",
        data=lambda: file_of(book, held).encode(),
        file_name="portfolio.toml",
        mime="application/toml",
        icon=":material/terminal:",
        key="limits_file",
        disabled=bool(reason) or not held.limits.any,
        help=reason
        or "The same gate outside the browser: `riskcore-check portfolio.toml` prints it and exits with 1 "
        "when a limit is breached.",
    )


def file_of(book: Book, held: Held) -> str:
    """Return data, A and limits as the text of a portfolio file, weights as they are now."""
    situation = situation_of(book, book.a, held)
    view, known = book.view, book.view.data in SAMPLES
    risk = {
        "confidence": view.confidence,
        "horizon": book.periods,
        "index": book.benchmark,
        "value": view.value,
        "daily_volume": dict(situation.daily_volume),
        "participation": situation.participation,
        "factors": list(situation.exposures),
        "durations": dict(situation.durations),
    }
    content: dict[str, dict[str, object]] = {
        "data": {
            **({"sample": view.data} if known else {"file": "prices.csv"}),
            "assets": list(book.assets),
            **{key: day for key, day in (("start", view.start), ("end", view.end)) if day},
        },
        "portfolio": {
            "name": book.a.title,
            "weights": {str(asset): float(weight) for asset, weight in book.a.portfolio.weights.items()},
        },
        "risk": {key: value for key, value in risk.items() if value not in (None, {}, [])},
        "groups": {name: list(members) for name, members in situation.groups.items()},
        "limits": held.limits.to_mapping(),
    }
    notes = () if known else (PRICES,)
    if situation.given:
        notes = (*notes, TIES)
    return "".join(f"# {note}\n" for note in notes) + to_toml(content)
