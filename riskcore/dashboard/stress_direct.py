"""Direct and named stresses on the Stress page: moves by asset, class, region or currency, kept by name."""

from functools import partial

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.linked_table import linked_table
from riskcore.dashboard.script import Lines
from riskcore.dashboard.stress_risk import draw_stressed
from riskcore.dashboard.stress_shocks import durations_of
from riskcore.dashboard.stress_words import both_words, worth
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.data.groups import groups_in
from riskcore.errors import InputError
from riskcore.figures import draw_move_by_asset
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress import NAMED, NamedStress, named_stress, read_stress, shock_contributions

__all__ = ["direct", "groups_of", "library", "saved_stresses", "say_below"]

KIND = "stress"
MOVE = "move, %"
Groups = tuple[tuple[str, tuple[str, ...]], ...]


def direct(frame: Frame) -> Lines:
    """Let the reader move assets, classes, regions and currencies, yields, volatility and correlations."""
    book = frame.book
    groups = groups_of(book)
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        typed = linked_table(
            "moves",
            pd.DataFrame({MOVE: 0.0}, index=pd.Index([*book.assets, *(n for n, _ in groups)], name="what")),
            ranges={MOVE: (-100.0, 500.0)},
            helps={MOVE: "−20 for a fall of 20 %. An asset in a group that moves compounds both moves."},
        )
        with st.container(width=300):
            rise = st.number_input(
                "Yields, basis points",
                -1000,
                1000,
                0,
                25,
                key="drise",
                bind="query-params",
                help="For what has a duration, as typed under “If yields move at once”",
            )
            times = st.number_input("Volatility ×", 0.0, 10.0, 1.0, 0.25, key="dtimes", bind="query-params")
            rho = st.number_input(
                "Correlations → (empty: as they are)", -1.0, 1.0, None, 0.1, key="drho", bind="query-params"
            )
    moves = tuple((str(name), float(v) / 100.0) for name, v in typed[MOVE].fillna(0.0).items() if v)
    if not moves and not rise and times == 1.0 and rho is None:
        st.caption("Nothing moves yet: type a move, −20 for a fall of 20 %.")
        return Lines("")
    built = NamedStress("Your stress", moves, float(rise), float(times), rho)
    lines = _drawn(frame, built, key="stress_direct")
    with guarded():
        _save(built)
    return lines


def library(frame: Frame) -> Lines:
    """Show one of the named stresses, bundled or saved."""
    own = saved_stresses()
    every = {stress.name: stress for stress in (*NAMED, *own)}
    chosen = st.selectbox(
        "Named stress",
        list(every),
        key="named",
        bind="query-params",
        width=420,
        help="Each is nothing but the shocks named under it: assumptions, not forecasts.",
    )
    stress = every.get(str(chosen), NAMED[0])
    st.caption(plain(f"{stress.words}."))
    lines = _drawn(frame, stress, key="stress_named")
    if stress in own:
        st.button(
            "Delete this stress",
            icon=":material/delete:",
            on_click=state.told,
            args=(partial(_delete, stress.name),),
        )
    return lines


def groups_of(book: Book) -> Groups:
    """Return classes, regions and currencies of the assets shown, under names no asset has."""
    return tuple(groups_in(book.prices.assets, book.assets).items())


def _stressed(
    scenarios: Scenarios,
    *,
    stress: tuple[object, ...],
    groups: Groups,
    durations: tuple[tuple[str, float], ...],
) -> ShockResult:
    name, moves, rise, times, rho = stress
    built = NamedStress(name, moves, rise, times, rho)  # type: ignore[arg-type]
    return named_stress(scenarios, built, groups=dict(groups), durations=dict(durations))


def _drawn(frame: Frame, stress: NamedStress, *, key: str) -> Lines:
    """Say and draw a stress: the instant loss by asset, then the risk from before it."""
    book = frame.book
    durations = tuple(durations_of(book).items())
    key_of = (stress.name, stress.moves, stress.basis_points, stress.volatility, stress.correlation)
    groups = groups_of(book)
    found = cached.derived(_stressed, book.scenarios, stress=key_of, groups=groups, durations=durations)
    if (found.moves != 0.0).any():
        a, b = (shock_contributions(found, h.portfolio) for h in book.both)
        said = both_words(book, [-float(t["contribution"].sum()) for t in (a, b)])
        st.markdown(plain(f"{said} at once."))
        show(
            draw_move_by_asset(
                a,
                b,
                what=stress.name,
                definition="Weight × the move of the asset.",
                theme=current_theme(),
                worth=worth(book),
            ),
            key=f"{key}_moves",
        )
        st.caption(
            "The risk below is from before the move to the end of an ordinary period after it, so the move "
            "is in it."
        )
    draw_stressed(frame, found.scenarios, stress.name, key=key)
    for note in found.notes:
        st.caption(plain(note))
    say_below(found)
    explain(
        frame.view,
        "Moves come first and the ordinary period follows; several moves of one asset compound.",
        r"r'=\prod_k(1+m_k)\,(1+r)-1",
    )
    return Lines(
        f"stress = NamedStress(*{key_of!r})\n"
        f"found = named_stress(scenarios, stress, groups={dict(groups)!r}, durations={dict(durations)!r})\n"
        "for portfolio in (a, b):\n"
        "    print(portfolio.name, stress.name, "
        "f\"{shock_contributions(found, portfolio)['contribution'].sum():.10f}\")\n"
        "    level = cvar(found.scenarios, portfolio, "
        f"confidence={book.view.confidence!r})\n"
        "    print(portfolio.name, 'CVaR', f'{level.value:.10f}')",
        "from riskcore.stress import NamedStress, named_stress, shock_contributions",
    )


def say_below(found: ShockResult) -> None:
    """Flag the assets that would lose more than everything in some scenarios."""
    if found.flagged:
        parts = ", ".join(f"{asset} in {count:,}" for asset, count in found.below_total_loss.items())
        notice(
            f"Beyond what a price can do: below −100\N{NO-BREAK SPACE}% lies {parts} of "
            f"{found.scenarios.count:,} scenarios."
        )


def _save(built: NamedStress) -> None:
    with st.popover("Save this stress", icon=":material/bookmark_add:"), st.form("stress_save", border=False):
        name = st.text_input("Name", max_chars=80, key="stress_name")
        if st.form_submit_button("Save", icon=":material/save:"):
            if not name.strip():
                raise InputError("Give the stress a name to save it under.")
            if name in {stress.name for stress in NAMED}:
                raise InputError(f"{name} is the name of a bundled stress; choose another.")
            saved.store().kept.save(KIND, name.strip(), built.content)
            st.success(plain(f"{name.strip()} is saved; it is in the list under “Named”."))


def saved_stresses() -> list[NamedStress]:
    """Return the stresses kept in the store, none where there is no store; damaged ones are told."""
    found: list[NamedStress] = []
    if not saved.present():
        return found
    with guarded():
        for kept in saved.store().kept.all(KIND):
            with guarded():
                found.append(read_stress(kept.name, kept.content))
    return found


def _delete(name: str) -> str:
    shelf = saved.store().kept
    shelf.delete(shelf.load(KIND, name).key)
    return f"{name} is deleted."
