"""The parts of the Review page: the gate, its limits, since when it is breached, the cure, the decision."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.basket import basket_code, basket_words, trades_of
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_code import gate_of, limits_code, limits_of, situation_of
from riskcore.dashboard.limits_words import COLOURS, ICONS, WORDS, gate_sentence, gate_table
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.errors import RiskcoreError
from riskcore.figures import draw_utilisation
from riskcore.figures.words import dated, percent
from riskcore.limits import IndexGap, Limits, breached_since, cure
from riskcore.portfolio import Portfolio
from riskcore.results.limits import BreachSince, CureResult
from riskcore.scenarios import Scenarios

__all__ = ["basket_and_cure", "gate", "limits_editor", "since"]

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
KINDS = {"weight": "Weight of", "share": "Share of CVaR of", "replay": "Replay of"}
USUAL_GAP = 0.15
OPEN = "review_opened"


def gate(frame: Frame) -> None:
    """Say and draw whether A may go out."""
    book = frame.book
    found = gate_of(book, book.a)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(WORDS[found.status].capitalize(), icon=ICONS[found.status], color=COLOURS[found.status])
    st.header(plain(gate_sentence(found)), anchor=False)
    if found.limits:
        show(draw_utilisation(found, theme=current_theme()), key="review_limits")
        for unchecked in found.unchecked:
            notice(f"{unchecked.name} is not checked: {unchecked.reason}")
    explain(
        frame.view,
        "Each limit is used by its figure divided by the limit; the gate is as bad as its worst limit, and "
        "without limits it is grey. What cannot be checked never passes.",
        r"u_k=\frac{\text{value}_k}{\text{limit}_k},\qquad u_k>1\;\Rightarrow\;\text{breach}",
    )


def limits_editor(frame: Frame) -> None:
    """Let the reader set, save and open limits."""
    book = frame.book
    held = limits_of(frame.view.limits)
    with st.expander("Set the limits", expanded=not held.any, icon=":material/tune:"):
        with st.form("limits_form"):
            columns = st.columns(4)
            values = {}
            for place, (name, (label, words)) in enumerate(MAIN.items()):
                now = getattr(held, name)
                values[name] = columns[place % 4].number_input(
                    f"{label}, %",
                    0.0,
                    100.0,
                    None if now is None else 100 * now,
                    key=f"limit_{name}_{frame.view.limits}",
                    placeholder="no limit",
                    help=words,
                )
            index = book.benchmark
            gaps = {g.fall: g.limit for g in held.index_gaps}
            usual = gaps.get(USUAL_GAP)
            gap = columns[3].number_input(
                f"Loss if {plain(index or 'the index')} falls 15 %, %",
                0.0,
                100.0,
                None if usual is None else 100 * usual,
                key=f"limit_gap_{frame.view.limits}",
                placeholder="no limit",
                disabled=index is None,
                help="At once, each asset by its beta",
            )
            if st.form_submit_button("Apply", type="primary"):
                _apply(held, values, gap)
        _one_more(book, held)
        _shelf(book, held)


def _apply(held: Limits, values: dict[str, float | None], gap: float | None) -> None:
    """Put the limits of the form in force; an empty or zero box sets none."""
    main = {name: value / 100 if value else None for name, value in values.items()}
    others = tuple(g for g in held.index_gaps if g.fall != USUAL_GAP)
    gaps = ((IndexGap(USUAL_GAP, gap / 100),) if gap else ()) + others
    changed = Limits(
        **main,  # type: ignore[arg-type]
        liquidity_days=held.liquidity_days,
        weights=held.weights,
        shares=held.shares,
        replays=held.replays,
        factors=held.factors,
        index_gaps=gaps,
    )
    state.change(limits=limits_code(changed))
    st.rerun()


def _one_more(book: Book, held: Limits) -> None:
    classes = book.local.assets.loc[list(book.assets), "asset_class"]
    groups = [str(kind) for kind in classes.unique() if kind and kind not in book.assets]
    crises = [c.event for c in cached.crises() if c.covered_by(pd.DatetimeIndex(book.whole.index))]
    names = {
        **{f"weight:{name}": f"Weight of {name}" for name in (*groups, *book.assets)},
        **{f"share:{name}": f"Share of CVaR of {name}" for name in (*groups, *book.assets)},
        **{f"replay:{name}": f"Loss in a replay of {name}" for name in crises},
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            "One more limit, on", list(names), format_func=lambda k: names[k], key="limit_more", width=320
        )
        st.number_input(
            "at most, %",
            0.0,
            100.0,
            None,
            key="limit_more_value",
            placeholder="no limit",
            help="Left empty, Set removes the limit",
            width=150,
        )
        st.button("Set", key="limit_more_set", on_click=_set_one, args=(held, str(key)))


def _set_one(held: Limits, key: str) -> None:
    kind, _, name = key.partition(":")
    table = {"weight": "weights", "share": "shares", "replay": "replays"}[kind]
    given = held.to_mapping()
    changed = dict(getattr(held, table))
    value = state.recall("limit_more_value")
    if value:
        changed[name] = float(value) / 100
    else:
        changed.pop(name, None)
    state.change(limits=limits_code(Limits.from_mapping({**given, table: changed})))


def _shelf(book: Book, held: Limits) -> None:
    """Save the limits by name, with A where it is saved, and open saved ones."""
    known = saved.store().kept.all("limits") if saved.present() else ()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", key="limits_name", max_chars=200, placeholder="Mandate 2026", width=240)
        st.button(
            "Save the limits",
            key="limits_save",
            disabled=not held.any,
            on_click=_told,
            args=(lambda: _keep(book, held),),
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
            st.button(
                "Use them",
                disabled=chosen is None,
                on_click=_told,
                args=(lambda: _use(dict(contents.get(str(chosen), {}).get("limits", {}))),),
            )


def _keep(book: Book, held: Limits) -> str:
    name = str(state.recall("limits_name") or "")
    content = {"limits": held.to_mapping(), "portfolio": book.view.a, "portfolio title": book.a.title}
    kept = saved.store().kept.save("limits", name, content)
    return f"The limits {kept.name} are saved, version {kept.version}, for {book.a.title}."


def _use(content: dict[str, object]) -> str:
    state.change(limits=limits_code(Limits.from_mapping(content)))
    return "The saved limits are in force."


def _told(doing: Callable[[], str]) -> None:
    try:
        state.say(doing())
    except RiskcoreError as error:
        state.say(str(error))


def since(frame: Frame) -> None:
    """Say since when limits would have been breached, window after window."""
    book = frame.book
    held = limits_of(frame.view.limits)
    window = round(book.history.periods_per_year * book.periods)
    dated_limits = [n for n in ("volatility", "var", "cvar", "drawdown") if getattr(held, n) is not None]
    if not dated_limits or window > book.history.count:
        return
    st.subheader("Breached since when", anchor=False)
    found = cached.compute(
        _since,
        book.history,
        book.a.portfolio,
        code=frame.view.limits,
        level=frame.view.confidence,
        window=window,
    )
    names = {f.key: f.name for f in gate_of(book, book.a).limits}
    rows = [_since_row(names[key], getattr(held, key), one) for key, one in found.items()]
    data_table(pd.DataFrame(rows), key="review_since", hide_index=True)
    st.caption(
        "Each figure over the last year alone, on every date, with today’s weights: it says how long the "
        "market has been like this, not how long the positions have been held. Figures above use all the "
        "window."
    )


def _since(
    history: Scenarios, portfolio: Portfolio, *, code: str, level: float, window: int
) -> dict[str, BreachSince]:
    return breached_since(history, portfolio, limits_of(code), confidence=level, window=window)


def _since_row(name: str, limit: float, found: BreachSince) -> dict[str, object]:
    if found.first is None:
        words = "not breached over the last year"
    else:
        words = f"{dated(found.first)}{' or before' if found.reaches_back else ''}"
    return {
        "limit on": name,
        "limit": percent(limit, 2),
        "over the last year": percent(found.value, 2),
        "breached since": words,
        "share of dates in breach, %": round(100 * found.share, 1),
    }


def basket_and_cure(frame: Frame) -> None:
    """Show the gate before and after the basket, and find the smallest trade that cures."""
    book, view = frame.book, frame.view
    held = limits_of(view.limits)
    if not held.any:
        return
    before = gate_of(book, book.a)
    if view.basket:
        st.subheader("Before and after the basket", anchor=False)
        after = gate_of(book, book.after)
        st.markdown(
            plain(f"{basket_words(view.basket)}. After it {gate_sentence(replace(after, portfolio='A'))}")
        )
        data_table(gate_table(before, after), key="review_after", hide_index=True)
    if not before.breaches:
        return
    st.subheader("The cure", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        cash = st.toggle("Proceeds may stay in cash", key="cure_cash")
        asked = st.toggle("Find the smallest trade that cures", key="cure_find")
    if not asked:
        st.caption("Limits on VaR and on shares of risk are searched for, which takes some seconds.")
        return
    with st.spinner("Looking for the smallest trade …"):
        found = cached.compute(_cured, book.scenarios, book.a.portfolio, view=_CureFor(book), cash=bool(cash))
    _draw_cure(book, found)


class _CureFor:
    """A book as a setting of a cached calculation: two are the same where all that goes in is."""

    def __init__(self, book: Book) -> None:
        self.book = book
        parts = (book.base, book.whole, *([book.with_index] if book.benchmark else []))
        self._key = (
            tuple(p.fingerprint for p in parts),
            book.view.limits,
            book.view.confidence,
            book.view.value,
            book.view.horizon,
            book.benchmark,
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _CureFor) and self._key == other._key

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        # Streamlit keys its cache by what pickles: the inputs, not the book.
        return tuple, (self._key,)


def _cured(_: Scenarios, portfolio: Portfolio, *, view: _CureFor, cash: bool) -> CureResult:
    book = view.book
    return cure(situation_of(book, book.a), portfolio, limits_of(book.view.limits), cash=cash)


def _draw_cure(book: Book, found: CureResult) -> None:
    moved = found.trades[found.trades.abs() > 5e-7]
    code = basket_code({str(a): float(c) for a, c in found.trades.items()})
    st.markdown(
        plain(
            f"Trading {percent(found.turnover, 2)} one way cures every limit ({found.words}): "
            f"{basket_words(code, most=8)}."
        )
    )
    table = pd.DataFrame(
        {
            "change of weight, points": 100 * moved,
            "after, %": 100 * (book.a.portfolio.weights + found.trades)[moved.index],
        }
    )
    data_table(table, key="review_cure")
    st.button(
        "Put the cure in the basket",
        icon=":material/shopping_basket:",
        type="primary",
        on_click=state.change,
        kwargs={"basket": code},
        disabled=trades_of(code) == trades_of(book.view.basket),
    )
