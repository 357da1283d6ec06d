"""The frame of every page: menu, control strip, chips and footer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskcore.dashboard import cached, scenario_set, state
from riskcore.dashboard.basket import basket_words
from riskcore.dashboard.book import Book
from riskcore.dashboard.controls import draw_controls
from riskcore.dashboard.horizons import horizons_of
from riskcore.dashboard.limits_code import limits_of
from riskcore.dashboard.money import shares_words
from riskcore.dashboard.portfolio_titles import benchmark_title
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.view import HORIZONS, INSTEAD, MEASURES, PAGE_KEYS, View, query_of
from riskcore.dashboard.widgets import guarded
from riskcore.errors import InputError, RiskcoreError
from riskcore.figures.words import dated

__all__ = ["PAGES", "Frame", "data_words", "open_page", "setting_words"]


@dataclass(frozen=True)
class Page:
    """One line of the menu."""

    file: str
    title: str
    icon: str
    group: str
    presents: bool = True
    explains: bool = True


PAGES = {
    "overview": Page("app.py", "Overview", ":material/dashboard:", ""),
    "data": Page("pages/data.py", "Data", ":material/table_view:", "My portfolio", False, False),
    "contributions": Page("pages/contributions.py", "Contributions", ":material/bar_chart:", "Understand"),
    "tail": Page("pages/tail.py", "Tail", ":material/area_chart:", "Understand"),
    "factors": Page("pages/factors.py", "Factors", ":material/hub:", "Understand"),
    "benchmark": Page("pages/benchmark.py", "Benchmark", ":material/balance:", "Understand"),
    "stress": Page("pages/stress.py", "Stress", ":material/thunderstorm:", "What if"),
    "trades": Page("pages/trades.py", "Trade basket", ":material/shopping_basket:", "What if"),
    "allocation": Page("pages/allocation.py", "Allocation", ":material/pie_chart:", "Choose"),
    "backtest": Page("pages/backtest.py", "Backtest", ":material/history:", "Choose"),
    "sizing": Page("pages/sizing.py", "Sizing", ":material/straighten:", "Choose"),
    "review": Page("pages/review.py", "Review", ":material/gavel:", "Decide"),
    "exhibits": Page("pages/exhibits.py", "Exhibits", ":material/school:", "Learn", explains=False),
}

# Controls of the frame; a page names those that change what it shows.
CONTROLS = frozenset({"a", "b", "confidence", "horizon", "measure", "window", "bench", "risk_free", "value"})
# These change every page where A or B is solved with them.
THROUGH_RULES = frozenset({"confidence", "horizon", "measure", "risk_free"})
FREQUENCIES = (
    (200, "daily"),
    (40, "weekly"),
    (20, "fortnightly"),
    (10, "monthly"),
    (3, "quarterly"),
    (0, "yearly"),
)
MENU_WIDTH = 220
LEAST_YEARS = 0.1
DAYS_PER_YEAR = 365.25
# For a projector; the sizes are relative to the reader's own.
LARGE_TYPE = """<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
[data-testid="stMain"] h2 { font-size: 2.6rem; line-height: 1.25; }
[data-testid="stMain"] h3 { font-size: 2.2rem; }
[data-testid="stMain"] p { font-size: 1.45rem; line-height: 1.4; }
[data-testid="stMain"] [data-testid="stSliderThumbValue"] p { font-size: 1rem; }
</style>"""

# On a phone the foot of the page stands on one line, by its words alone.
NARROW_FOOT = """<style>
@media (max-width: 640px) {
.st-key-footer { gap: 0.5rem; justify-content: space-between; }
.st-key-footer button :has(> [data-testid="stIconMaterial"]) { display: none; }
}
</style>"""

# Seen before anything else on a page that does not compute on history.
LOUD = "<style>.st-key-scenario_set { border: 2px solid #D6453A; background: #D6453A1A; }</style>"


@dataclass(frozen=True)
class Frame:
    """What a page gets back: the view to show and the book to compute from."""

    page: str
    view: View
    book: Book

    def sections(self, *parts: Callable[["Frame"], object]) -> None:
        """Draw the parts of the page, each with its own errors; when presenting, one of them alone."""
        state.count_parts(len(parts))
        shown = parts
        if self.view.present:
            shown = (parts[min(self.view.present, len(parts)) - 1],)
        for part in shown:
            with guarded():
                part(self)
        if self.view.present:
            self._draw_steps(len(parts))

    def _draw_steps(self, count: int) -> None:
        """Draw previous, next and the way back to the whole page; the arrow keys and Esc do the same."""
        now = min(self.view.present, count)
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            for label, icon, shortcut, target, possible in (
                ("Previous", ":material/chevron_left:", "Left", now - 1, now > 1),
                ("Next", ":material/chevron_right:", "Right", now + 1, now < count),
                ("Whole page", ":material/close_fullscreen:", "Esc", 0, True),
            ):
                st.button(
                    label,
                    icon=icon,
                    shortcut=shortcut,
                    key=f"present_{label}",
                    disabled=not possible,
                    on_click=state.change,
                    kwargs={"present": target},
                    type="tertiary",
                )
            st.caption(f"{now} of {count}", width="content")

    def footer(self, script: str) -> None:
        """Draw the foot of the page: the link, the script that prints the same numbers, Explain, Present."""
        if self.view.present:
            return
        st.space("small")
        st.html(NARROW_FOOT)
        with st.container(horizontal=True, vertical_alignment="center", key="footer"):
            with st.popover("Copy link", icon=":material/link:", type="tertiary"):
                st.code(self._link(), language=None, wrap_lines=True)
                if self.view.data.startswith("upload-"):
                    st.caption(
                        "This data set was loaded by hand and lives only until the server restarts: "
                        "the link works on this server until then."
                    )
            with st.popover("Show the Python", icon=":material/code:", type="tertiary"):
                st.caption("A complete script that prints the main numbers of this page.")
                st.code(script, language="python")
            if PAGES[self.page].explains:
                key = state.seed("explain", self.view.explain)
                st.toggle("Explain", key=key, on_change=state.touched)
            if state.parts_counted():
                st.button(
                    "Present",
                    icon=":material/present_to_all:",
                    type="tertiary",
                    key="present",
                    help="One picture at a time, in large type, without the menu",
                    on_click=state.change,
                    kwargs={"present": 1},
                )

    def _link(self) -> str:
        query = query_of(self.book.asked)
        # What the page's own widgets have bound to the address belongs to the link as well.
        query |= {key: st.query_params[key] for key in st.query_params if key in PAGE_KEYS}
        address = (st.context.url or "").split("?")[0]
        encoded = "&".join(f"{key}={quote(value, safe='~;,:.-_')}" for key, value in query.items())
        return f"{address}?{encoded}" if encoded else address


def open_page(page: str, *, uses: Iterable[str] = CONTROLS) -> Frame:
    """Draw menu and controls, and return the view and its book; the first line of every page.

    `uses` names the controls that change what the page shows, whatever A and B are; confidence, horizon and
    measure count as well where a rule solves A or B with them. The others are disabled with the reason.
    """
    st.set_page_config(
        page_title=f"{PAGES[page].title} · riskcore",
        page_icon="📉",
        layout="wide",
        initial_sidebar_state=MENU_WIDTH,
    )
    cached.settle_memory()
    view, problems = state.enter(page)
    state.count_parts(0)
    view, book, complaints = _usable(view if PAGES[page].presents else view.but(present=0))
    used = frozenset(uses)
    if used & {"a", "b"}:
        used |= {control for control in THROUGH_RULES if book.depends_on(control)}
    if view.present:
        state.leave(view)
        st.html(LARGE_TYPE)
    else:
        menu = st.sidebar.container(gap=None, key="menu")
        view = draw_controls(page, st.container(key="strip"), view, book, used)
        book = Book(view)
        _draw_menu(menu, state.leave(view))
    _draw_status(view, book)
    _draw_scenario_set(page, view, book)
    if state.done():
        st.success(plain(state.done()), icon=":material/check_circle:")
    for problem in (*problems, *complaints):
        st.warning(plain(problem), icon=":material/link_off:")
    # Money follows the base currency, and without a value of its own the shares of A or B.
    shown = view.but(value=book.money.value, currency=book.money.currency)
    return Frame(page, shown, Book(shown, view))


def _usable(view: View) -> tuple[View, Book, tuple[str, ...]]:
    """Return the nearest view the data can show, and what had to be given up, one sentence each."""
    complaints = []
    whole_set: dict[str, object] = {"data": View.data, "assets": (), "start": None, "end": None, "bench": ""}
    checks: tuple[tuple[str, dict[str, object], Callable[[Book], object]], ...] = (
        ("data", whole_set, lambda book: book.local),
        ("assets", {"assets": ()}, lambda book: book.assets),
        ("base", {"base": ""}, lambda book: book.prices),
        ("assets", {"assets": ()}, lambda book: book.whole),
        ("assets", whole_set, lambda book: book.whole),
        ("from", {"start": None}, _check_start),
        ("to", {"end": None}, _check_end),
        ("from/to", {"start": None, "end": None}, lambda book: book.base),
        ("bench", {"bench": ""}, _check_benchmark),
        ("h", {"horizon": View.horizon}, _check_horizon),
        ("scen", {"scenario_set": ""}, lambda book: book.scenarios),
        ("a", {"a": View.a}, lambda book: book.check("A", book.view.a)),
        ("limits", {"limits": ""}, lambda book: limits_of(book.view.limits)),
        ("basket", {"basket": ""}, lambda book: book.basket_fits()),
        ("b", {"b": View.b}, lambda book: book.check("B", book.view.b)),
        ("value", {"value": None}, lambda book: book.money),
    )
    for name, reset, check in checks:
        try:
            check(Book(view))
        except RiskcoreError as error:
            complaints.append(f"{name}: {error} {INSTEAD}")
            view = view.but(**reset)
    return view, Book(view), tuple(complaints)


def _check_benchmark(book: Book) -> None:
    if book.benchmark_code is not None:
        _ = book.benchmark_weights


def _check_start(book: Book) -> None:
    if book.view.start is not None and not book.first.date() <= book.view.start < book.last.date():
        raise InputError(
            f"The history these assets share runs from {book.first.date()} to {book.last.date()}."
        )


def _check_end(book: Book) -> None:
    if book.view.end is not None and not book.first.date() < book.view.end <= book.last.date():
        raise InputError(
            f"The history these assets share runs from {book.first.date()} to {book.last.date()}."
        )


def _check_horizon(book: Book) -> None:
    if book.view.horizon not in (*horizons_of(book.prices), View.horizon):
        raise InputError(f"{book.prices.label} has no {HORIZONS[book.view.horizon]} returns.")


def _draw_menu(menu: DeltaGenerator, query: dict[str, str]) -> None:
    group = None
    with menu:
        st.markdown("**riskcore**")
        for page in PAGES.values():
            if page.group and page.group != group:
                group = page.group
                st.caption(group)
            st.page_link(page.file, label=page.title, icon=page.icon, query_params=query, width="stretch")


def _draw_status(view: View, book: Book) -> None:
    """Draw the grey line about the data, and a chip for every input not at its default."""
    st.caption(plain(data_words(book)))
    chips = setting_words(view, book)
    if chips:
        with st.container(horizontal=True, gap="small", key="chips"):
            for chip in chips:
                st.badge(plain(chip), color="gray")


def data_words(book: Book) -> str:
    """Return what the numbers are computed from: dates, frequency, source, currency; may hold typed names."""
    prices, dates = book.prices, book.base.index
    often = next(word for least, word in FREQUENCIES if prices.periods_per_year > least)
    span = f"{dated(dates[0])} to {dated(dates[-1])}"
    parts = [f"Data to {dated(prices.prices.index[-1])}", f"{often} returns {span}", prices.source]
    return " · ".join([*parts, book.basis_words, prices.label])


def _draw_scenario_set(page: str, view: View, book: Book) -> None:
    """Say loudly that the page computes on other scenarios than history, what does not, and the way back."""
    if not view.scenario_set:
        return
    st.html(LOUD)
    with st.container(border=True, key="scenario_set"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("Not history", icon=":material/warning:", color="red")
            words = scenario_set.set_words(view.scenario_set, book.scenarios, book.benchmark)
            st.markdown(f"**{plain(words)}**")
            st.button(
                "Back to history",
                icon=":material/history:",
                key="to_history",
                on_click=state.change,
                kwargs={"scenario_set": ""},
            )
        st.caption(scenario_set.still_history(page))


def _later(book: Book) -> str:
    """Say what history the base currency costs, where its rates start after the prices or end before them."""
    start, end = book.local.common_start(book.assets), book.local.common_end(book.assets)
    years = ((book.first - start) + (end - book.last)).days / DAYS_PER_YEAR
    return f": {years:.1f} years less history" if years >= LEAST_YEARS else ""


def setting_words(view: View, book: Book) -> list[str]:
    """Return a few words for every input that is not at its default; may hold typed names."""
    chips = []
    if view.assets:
        chips.append(f"{counted(len(book.assets), 'asset')} chosen")
    for asset, day, years in (
        *book.prices.shortened_by(book.assets)[:1],
        *book.prices.cut_by(book.assets)[:1],
    ):
        if years >= LEAST_YEARS:
            verb = "starts" if day == book.first else "ends"
            chips.append(f"{asset} {verb} {dated(day)}: {years:.1f} years less history")
    if view.start or view.end:
        chips.append(f"Window {view.start or book.first.date()} to {view.end or book.last.date()}")
    if view.basket:
        chips.append(f"Basket for A: {basket_words(view.basket)}")
    if view.horizon != View.horizon:
        chips.append(f"Horizon {HORIZONS[view.horizon]}")
    if view.confidence != View.confidence:
        chips.append(f"Confidence {100 * view.confidence:g}\N{NO-BREAK SPACE}%")
    if view.measure != View.measure:
        chips.append(f"Measure {MEASURES[view.measure]}")
    if view.bench:
        chips.append(f"Benchmark {benchmark_title(view.bench, book.prices)}")
    if view.risk_free:
        chips.append(f"Risk-free {100 * view.risk_free:g}\N{NO-BREAK SPACE}% per year")
    if view.base:
        chips.append(f"Base currency {view.base}{_later(book)}")
    for letter, code in (("A", view.a), ("B", view.b)):
        said = shares_words(letter, code, book.local)
        if said is not None:
            chips.append(said)
    if book.money.words:
        chips.append(book.money.words)
    elif view.currency not in (View.currency, view.base):
        chips.append(f"Currency {view.currency}, without a value")
    return chips
