"""The decision on the Review page: a note with its owner, frozen with every number; what changed since."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

import pandas as pd
import streamlit as st

from riskcore.dashboard import saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_gate import gate_of, limits_in_force
from riskcore.dashboard.limits_words import WORDS
from riskcore.dashboard.portfolio_codes import pinned_code
from riskcore.dashboard.review_bridge import bridge_since, bridge_words
from riskcore.dashboard.review_frozen import as_frozen
from riskcore.dashboard.text import plain
from riskcore.dashboard.trades_sections import headline_numbers
from riskcore.dashboard.view import query_of, read_view
from riskcore.dashboard.widgets import data_table, guarded, notice
from riskcore.data.store import Snapshot
from riskcore.errors import AssetMismatchError, RiskcoreError
from riskcore.figures.words import dated

__all__ = ["changes_since", "decision", "frozen_view", "last_snapshot", "snapshot_content"]

VERSION = 1
CHOSEN = "snapshot_chosen"


def decision(frame: Frame) -> None:
    """Let the reader freeze what is decided, list what was frozen, and compare with the last."""
    book = frame.book
    st.subheader("Decision", anchor=False)
    with st.form("decision", clear_on_submit=True):
        left, right = st.columns(2)
        left.text_input("Title", key="decision_title", max_chars=200, placeholder="Committee, first quarter")
        right.text_input("Owner", key="decision_owner", max_chars=200, placeholder="Who decides")
        st.text_area("Decision note", key="decision_note", max_chars=5000, height=90)
        st.form_submit_button(
            "Freeze a snapshot", type="primary", on_click=state.told, args=(partial(_freeze, book),)
        )
    st.caption("A snapshot keeps this view, A’s weights, the limits and every number, and is never changed.")
    if not saved.present():
        return
    frozen = saved.store().snapshots.all()
    if frozen:
        _list(book, frozen)


def _freeze(book: Book) -> str:
    kept = saved.store().snapshots.freeze(
        str(state.recall("decision_title") or ""),
        snapshot_content(book),
        schema_version=VERSION,
        note=str(state.recall("decision_note") or ""),
        author=str(state.recall("decision_owner") or ""),
    )
    state.store(CHOSEN, kept.key)
    return f"{kept.title} is frozen."


def snapshot_content(book: Book) -> dict[str, object]:
    """Return everything a snapshot keeps."""
    found = gate_of(book, book.a)
    return {
        "view": frozen_view(book),
        "a": {"title": book.a.title, "weights": _weights(book)},
        "numbers": headline_numbers(book, book.a),
        "gate": {
            "status": found.status,
            "limits": [
                {
                    "key": f.key,
                    "name": f.name,
                    "limit": f.limit,
                    "value": f.value,
                    "unit": f.unit,
                    "status": f.status,
                }
                for f in found.limits
            ],
        },
        "data": {
            "fingerprint": book.prices.fingerprint,
            "last": f"{book.base.index[-1]:%Y-%m-%d}",
            "label": book.prices.label,
        },
    }


def frozen_view(book: Book) -> dict[str, str]:
    """Return the link of the view with everything in it that could be saved anew: versions and limits."""
    pinned = {name: pinned_code(getattr(book.asked, name)) for name in ("a", "b", "bench")}
    return query_of(book.asked.but(**pinned, limits=limits_in_force(book).code))


def _weights(book: Book) -> dict[str, float]:
    return {str(asset): float(weight) for asset, weight in book.a.portfolio.weights.items()}


def _list(book: Book, frozen: tuple[Snapshot, ...]) -> None:
    st.subheader("Snapshots", anchor=False)
    rows = [
        {
            "title": s.title,
            "owner": s.author,
            "frozen": f"{s.frozen_at:%Y-%m-%d %H:%M} UTC",
            "gate": WORDS.get(s.content.get("gate", {}).get("status", "unset"), "no limits"),
            "note": s.note,
        }
        for s in frozen
    ]
    data_table(pd.DataFrame(rows), key="snapshots", hide_index=True)
    named = {s.key: s for s in frozen}
    chosen = st.selectbox(
        "Snapshot",
        list(named),
        format_func=lambda k: f"{named[k].title} · {named[k].frozen_at:%Y-%m-%d %H:%M}",
        key=CHOSEN,
    )
    then = named[str(chosen)]
    query = then.content.get("view", {})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Restore its view",
            icon=":material/history:",
            key="snapshot_restore",
            on_click=_restore,
            args=(query,),
        )
        with st.popover("Link", type="tertiary", icon=":material/link:"):
            address = (st.context.url or "").split("?")[0]
            st.code(
                f"{address}?" + "&".join(f"{k}={quote(str(v), safe='~;,:.-_')}" for k, v in query.items()),
                language=None,
                wrap_lines=True,
            )
    as_frozen(then)
    words, table = changes_since(book, then)
    st.markdown(plain(words))
    data_table(table, key="snapshot_changes")
    with guarded():
        _bridge(book, then)


def _bridge(book: Book, then: Snapshot) -> None:
    """Say which steps lead from a snapshot to today, and show them where there are any."""
    try:
        steps = bridge_since(book, then)
    except AssetMismatchError as other_data:
        notice(str(other_data))
        return
    st.markdown(plain(bridge_words(steps)))
    if not steps.iloc[1:-1].any(axis=None):
        return
    data_table(steps, key="snapshot_bridge")
    st.caption(
        "Each step recomputes A with one more thing as it is today: the data up to the same day, the days "
        "since, the weights, the settings. In % of value; the steps add up."
    )


def _data_then(book: Book, data: Mapping[str, str]) -> str:
    """Return which data a snapshot was frozen on, where it is not today's."""
    label = data.get("label", book.prices.label)
    which = "" if label == book.prices.label else f" {label},"
    last = data.get("last")
    return f"the data was then{which} to {dated(pd.Timestamp(last)) if last else 'another day'}"


def _restore(query: Mapping[str, str]) -> None:
    view, _ = read_view({key: [value] for key, value in query.items()})
    state.change(**{name: getattr(view, name) for name in view.__dataclass_fields__ if name != "present"})


def last_snapshot() -> Snapshot | None:
    """Return the newest snapshot, None without one or where the store cannot be read."""
    if not saved.present():
        return None
    try:
        frozen = saved.store().snapshots.all()
    except RiskcoreError:
        return None  # the Data page says what is wrong with the store
    return frozen[0] if frozen else None


def changes_since(book: Book, then: Snapshot) -> tuple[str, pd.DataFrame]:
    """Return what changed since a snapshot: one sentence, and each number then and now."""
    old: dict[str, float | None] = dict(then.content.get("numbers", {}))
    now = headline_numbers(book, book.a)
    table = pd.DataFrame({"then": pd.Series(old, dtype=float), "now": pd.Series(now, dtype=float)})
    table = table.reindex([*now, *(name for name in old if name not in now)])
    change = table["now"] - table["then"]
    # What differs by rounding alone has not changed.
    table["change"] = change.where(change.abs() > 1e-9 * table["now"].abs(), 0.0).where(change.notna())
    weights: dict[str, float] = dict(then.content.get("a", {}).get("weights", {}))
    mine = _weights(book)
    moved = sum(abs(mine.get(a, 0.0) - weights.get(a, 0.0)) for a in {*mine, *weights}) / 2
    data = then.content.get("data", {})
    same = data.get("fingerprint") == book.prices.fingerprint
    parts = [
        f"Since {then.title} ({dated(pd.Timestamp(then.frozen_at))}): "
        f"A’s weights {'are the same' if moved < 1e-9 else f'moved by {100 * moved:.1f} % one way'}",
        "the data is the same" if same else _data_then(book, data),
    ]
    gates = [then.content.get("gate", {}).get("status", "unset"), gate_of(book, book.a).status]
    was, now_is = (WORDS.get(status, "no limits") for status in gates)
    parts.append(
        f"the gate was “{was}” and is “{now_is}”" if was != now_is else f"the gate is “{was}” as then"
    )
    settings = then.content.get("view", {})
    differing = [
        k
        for k in ("conf", "h", "from", "to", "scen", "base", "bench")
        if settings.get(k) != query_of(book.asked).get(k)
    ]
    if differing:
        parts.append(f"other settings differ too ({', '.join(differing)}), so not every number compares")
    return "; ".join(parts) + ".", table.rename_axis("of A")
