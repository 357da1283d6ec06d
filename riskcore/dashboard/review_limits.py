"""The limits editor of the Review page: the usual limits, one more of any kind, and saved ones."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.factors_model import default_factors
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_code import USUAL_PARTICIPATION, Held
from riskcore.dashboard.limits_gate import code_of, limits_in_force, saved_with, stresses_of
from riskcore.dashboard.review_command import command_file
from riskcore.dashboard.stress_direct import groups_of
from riskcore.dashboard.text import plain
from riskcore.dashboard.volumes import known_volumes
from riskcore.errors import listed

__all__ = ["limits_editor"]

# The limits most committees set, each with its label and the help beside it; all in percent.
MAIN = {
    "volatility": ("Volatility per year", "Of the returns over the horizon, annualised"),
    "var": ("VaR", "At the confidence and horizon above"),
    "cvar": ("CVaR", "At the confidence and horizon above"),
    "drawdown": ("Worst drawdown", "Compounded, over the sample window"),
    "worst_replay": ("Worst crisis replay", "Over all dated crises the data covers"),
    "largest_weight": ("Largest weight", "Of any one asset"),
    "largest_share": ("Largest share of CVaR", "That any one asset may contribute"),
}
TABLES = {"weight": "weights", "share": "shares", "replay": "replays", "factor": "factors"}
USUAL_GAP, GAPS = 0.15, (0.1, 0.2, 0.3, 0.4)
DAYS = "liquidity_days"
PARTICIPATION = "participation"


def limits_editor(frame: Frame) -> None:
    """Let the reader set, save and open limits."""
    book = frame.book
    held = limits_in_force(book)
    kept = None if frame.view.limits else saved_with(frame.view.a, frame.view.data)
    if kept is not None:
        st.caption(
            plain(
                f"In force: the limits {kept.name}, version {kept.version}, saved with {book.a.title}. "
                "Limits set here replace them in this link; deleting them below removes them."
            )
        )
    with st.expander("Set the limits", icon=":material/tune:"):
        with st.form("limits_form"):
            _form(book, held)
        _one_more(book, held)
        _shelf(book, held)
        command_file(book, held)


def _form(book: Book, held: Held) -> None:
    """Draw the usual limits; an empty or zero box sets none."""
    limits, columns = held.limits, st.columns(3)
    values: dict[str, float | None] = {}
    for place, (name, (label, words)) in enumerate(MAIN.items()):
        now = getattr(limits, name)
        values[name] = columns[place % 3].number_input(
            f"{label}, %",
            0.0,
            100.0,
            None if now is None else 100 * now,
            key=f"limit_{name}_{held.code}",
            placeholder="no limit",
            help=words,
        )
    index = book.benchmark
    usual = {g.fall: g.limit for g in limits.index_gaps}.get(USUAL_GAP)
    gap = columns[1].number_input(
        f"Loss if {plain(index or 'the index')} falls 15 %, %",
        0.0,
        100.0,
        None if usual is None else 100 * usual,
        key=f"limit_gap_{held.code}",
        placeholder="no limit",
        disabled=index is None,
        help="At once, each asset by its beta",
    )
    days = columns[2].number_input(
        "Days to liquidate",
        0.0,
        10_000.0,
        limits.liquidity_days,
        key=f"limit_days_{held.code}",
        placeholder="no limit",
        help=f"Selling {100 * held.participation:g} % of the average daily volume of the last 21 days; "
        + _volume_words(book),
    )
    if st.form_submit_button("Apply", type="primary"):
        main = {name: value / 100 if value else None for name, value in values.items()}
        gaps = [{"fall": g.fall, "limit": g.limit} for g in limits.index_gaps if g.fall != USUAL_GAP]
        if gap:
            gaps.insert(0, {"fall": USUAL_GAP, "limit": gap / 100})
        state.change(limits=held.but(**main, liquidity_days=days or None, index_gap=gaps).code)
        st.rerun()


def _volume_words(book: Book) -> str:
    """Return which volumes are known, and what is missing for days to liquidate."""
    known = known_volumes(book)
    absent = [asset for asset in book.assets if asset not in known]
    words = "all volumes come with the data."
    if absent:
        words = f"the data has no volume of {listed(absent)}: type it under “One more limit”."
    if book.view.value is None:
        words += " It needs the portfolio’s value, under More."
    return plain(words)


def _names(book: Book, held: Held) -> dict[str, str]:
    """Return everything one more limit can be set on, by its key in the code, with its words."""
    groups = [name for name, _ in groups_of(book)]
    crises = [c.event for c in cached.crises() if c.covered_by(pd.DatetimeIndex(book.whole.index))]
    names = {f"weight:{name}": f"Weight of {name}" for name in (*groups, *book.assets)}
    names |= {f"share:{name}": f"Share of CVaR of {name}" for name in (*groups, *book.assets)}
    factors = dict.fromkeys((*default_factors(book.prices, book.assets), *held.limits.factors))
    names |= {f"factor:{name}": f"Exposure to {name}" for name in factors}
    if book.benchmark is not None:
        falls = sorted({*GAPS, *(g.fall for g in held.limits.index_gaps)})
        names |= {f"gap:{fall:g}": f"Loss if {book.benchmark} falls {100 * fall:g} %" for fall in falls}
    for shock in stresses_of(book, held).values():
        said = "Loss in" if shock.at_once else "CVaR under"
        names[f"shock:{shock.name}"] = f"{said} {shock.name}"
    names |= {f"replay:{name}": f"Loss in a replay of {name}" for name in crises}
    names |= {f"volume:{asset}": f"Daily volume of {asset} (no limit)" for asset in book.assets}
    return names | {PARTICIPATION: "Share of the daily volume one can trade (no limit)"}


def _one_more(book: Book, held: Held) -> None:
    names = _names(book, held)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = str(
            st.selectbox(
                "One more limit, on",
                list(names),
                format_func=lambda k: names[k],
                key="limit_more",
                width=320,
                help="Exposures are those the Factors page opens with; stresses those of the Stress page, "
                "saved ones too.",
            )
        )
        label, most, box = _unit(book, key)
        st.number_input(
            label,
            0.0,
            most,
            None,
            key=box,
            placeholder="no limit",
            help="Left empty, Set removes it",
            width=180,
        )
        st.button(
            "Set", key="limit_more_set", on_click=state.told, args=(lambda: _set_one(book, held, key, box),)
        )


def _unit(book: Book, key: str) -> tuple[str, float, str]:
    """Return label, largest number and widget key of the box for a limit of this kind."""
    kind = key.partition(":")[0]
    if kind == "factor":
        return "at most, exposure", 100.0, "limit_more_exposure"
    if kind == "volume":
        return f"{book.view.currency} a day", 1e15, "limit_more_money"
    return "percent of it" if key == PARTICIPATION else "at most, %", 100.0, "limit_more_value"


def _set_one(book: Book, held: Held, key: str, box: str) -> str:
    kind, _, name = key.partition(":")
    typed = state.recall(box)
    number = float(typed) if typed else None
    value = None if number is None else number if kind in ("factor", "volume") else number / 100
    state.change(limits=_changed(book, held, kind, name, value).code)
    return ""


def _changed(book: Book, held: Held, kind: str, name: str, value: float | None) -> Held:
    """Return the limits with one of them set, or removed without a value."""
    given = held.limits.to_mapping()
    if kind == PARTICIPATION:
        return replace(held, participation=value or USUAL_PARTICIPATION)
    if kind == "volume":
        others = {asset: volume for asset, volume in held.volumes.items() if asset != name}
        return replace(held, volumes=others | ({} if value is None else {name: value}))
    if kind == "gap":
        gaps = [g for g in given.get("index_gap", []) if g["fall"] != float(name)]
        if value is not None:
            gaps.append({"fall": float(name), "limit": value})
        return held.but(index_gap=gaps)
    if kind == "shock":
        shocks = [s for s in given.get("shock", []) if s["name"] != name]
        if value is not None:
            shocks.append(replace(stresses_of(book, held)[name], limit=value).to_mapping())
        return held.but(shock=shocks)
    table = TABLES[kind]
    kept = {key: number for key, number in given.get(table, {}).items() if key != name}
    return held.but(**{table: kept | ({} if value is None else {name: value})})


def _shelf(book: Book, held: Held) -> None:
    """Save the limits by name, with A where it is saved, and open saved ones."""
    known = saved.store().kept.all("limits") if saved.present() else ()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", key="limits_name", max_chars=200, placeholder="Mandate 2026", width=240)
        st.button(
            "Save the limits",
            key="limits_save",
            disabled=not held.limits.any,
            on_click=state.told,
            args=(lambda: _keep(book, held),),
            help="With this portfolio: whenever it is A and the link sets no limits, these are in force.",
        )
        if known:
            names = {entry.key: f"{entry.name} (version {entry.version})" for entry in known}
            chosen = st.selectbox(
                "Saved limits",
                list(names),
                index=None,
                format_func=lambda k: names[k],
                placeholder="Choose",
                key="limits_chosen",
                width=260,
            )
            contents = {entry.key: entry.content for entry in known}
            if chosen in contents:
                doings = {"Use them": partial(_use, contents[chosen]), "Delete": partial(_drop, chosen)}
                for label, doing in doings.items():
                    st.button(label, on_click=state.told, args=(doing,), key=f"limits_{label}")


def _keep(book: Book, held: Held) -> str:
    name = str(state.recall("limits_name") or "")
    content = {
        "code": held.code,
        "limits": held.limits.to_mapping(),
        "portfolio": book.view.a,
        "portfolio title": book.a.title,
        "data": book.view.data,
    }
    kept = saved.store().kept.save("limits", name, content)
    return f"The limits {kept.name} are saved, version {kept.version}, for {book.a.title}."


def _drop(key: str) -> str:
    saved.store().kept.delete(key)
    return "The saved limits are deleted."


def _use(content: Mapping[str, object]) -> str:
    state.change(limits=code_of(content))
    return "The saved limits are in force."
