"""Views on the Stress page: sentences in, the scenarios reweighted as little as possible out."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, scenario_set, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.script import Lines
from riskcore.dashboard.stress_risk import draw_stressed
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import data_table, explain, notice
from riskcore.figures.words import number, percent
from riskcore.results.views import ViewsResult

__all__ = ["use_everywhere", "views"]

KEY = "views"
MOST_PAIRS = 2
PAIR = ["first", "second", "before", "after"]
NOTHING = 1e-14
# A move below this share of a volatility is not worth a sentence.
STILL = 1e-3
BLENDED = "blended"
COLUMNS = {"before": "before", "asked": "asked", "imposed": "used", "after": "after"}


def views(frame: Frame) -> Lines:
    """Let the reader write views, and show what they do to the scenarios and to A and B."""
    past = Frame(frame.page, frame.view.but(scenario_set=""), Book(frame.view.but(scenario_set="")))
    book = past.book
    text = _written(frame, book)
    if not text.strip():
        st.caption(
            "Nothing is reweighted until a view is written. A view is a sentence about a mean, a "
            "volatility, a correlation, a skewness, a quantile, a VaR or a CVaR; “≥” and “≤” say at "
            "least and at most, “× 2” twice what it is now, “, 60 % sure” trusts it less."
        )
        return Lines("")
    found = cached.derived(scenario_set.pooled, book.history, text=text, named=book.viewable(KEY_ALL))
    _carried(found)
    _held(found)
    draw_stressed(past, found.scenarios, "views", key="stress_views")
    _moved(found)
    use_everywhere(f"{scenario_set.VIEWS}{text}", "views_use")
    explain(
        frame.view,
        "Of all probabilities under which the views hold, those closest to the prior in relative entropy; "
        "means come first, then volatilities about them, then correlations and skewness, then CVaR.",
        r"\min_q\sum_s q_s\log\frac{q_s}{p_s}\quad\text{such that}\quad Aq=b,\;Gq\le h,"
        r"\;\textstyle\sum_s q_s=1",
    )
    return Lines(
        f"names = {scenario_set.names_literal(book.viewable(KEY_ALL))}\n"
        f"prior = history.over_horizon({book.periods})\n"
        f"posterior = apply_views(prior, read_views({text!r}, names, prior))\n"
        "print(posterior.views.to_string())\n"
        "print('effective', posterior.effective_scenarios, 'kept', posterior.kept_share)\n"
        "for portfolio in (a, b):\n"
        "    found = risk_contributions(posterior.scenarios, portfolio, 'cvar', "
        f"confidence={book.view.confidence!r})\n"
        "    print(portfolio.name, 'under the views', f'{found.total:.10f}')",
        "from riskcore.stress import apply_views\nfrom riskcore.stress.view_sentences import read_views",
    )


# A text that mentions A and B, so that both can be named.
KEY_ALL = f"{scenario_set.VIEWS}A B"


def _written(frame: Frame, book: Book) -> str:
    """Draw the editor and the examples, and return the text."""
    active = frame.view.scenario_set
    if state.recall(KEY) is None and active.startswith(scenario_set.VIEWS):
        state.store(KEY, active.removeprefix(scenario_set.VIEWS))
    names = [name for name, _ in book.viewable(KEY_ALL)]
    st.text_area(
        f"Views, one sentence to a line, about {book.horizon_label} returns",
        key=KEY,
        bind="query-params",
        height=120,
        placeholder="CVaR 95 % of SPY ≥ 5 %",
        max_chars=3500,
    )
    with st.container(horizontal=True, gap="small"):
        for place, example in enumerate(_examples(book, names)):
            st.button(
                plain(example),
                key=f"views_example_{place}",
                type="tertiary",
                icon=":material/add:",
                on_click=_add,
                args=(example,),
            )
    st.caption(
        plain(
            f"Can be named: {', '.join(names)}. A and B are as they are on history; a class or "
            "region is equal weights."
        )
    )
    return str(state.recall(KEY) or "")


def _examples(book: Book, names: list[str]) -> list[str]:
    first, last = book.assets[0], book.assets[-1]
    level = f"{100 * book.view.confidence:g}"
    found = [f"volatility of {first} × 2", f"mean of {first} ≤ -0.2 %"]
    # A portfolio of cash alone cannot be named.
    found += [f"CVaR {level} % of A × 1.5"] if "A" in names else []
    if first != last:
        found += [f"{last} beats {first} by 0.1 %, 60 % sure", f"correlation of {first} and {last} ≥ 0.5"]
    return found


def _add(example: str) -> None:
    text = str(state.recall(KEY) or "").rstrip()
    state.store(KEY, f"{text}\n{example}" if text else example)


def _carried(found: ViewsResult) -> None:
    """Say how much of the prior is left, always, and warn where few scenarios carry the result."""
    count = found.prior.count
    st.markdown(
        plain(
            f"{found.effective_scenarios:,.0f} effective of {count:,} scenarios; "
            f"{percent(found.kept_share)} of the prior is kept (exp(−relative entropy), "
            f"{found.relative_entropy:.3g} nats); residual {found.residual:.1e}. "
            f"Steps: {', then '.join(found.steps)}."
        )
    )
    if found.held_fixed:
        st.caption(plain(f"Held fixed on the way: {', '.join(found.held_fixed)}."))
    if found.few_scenarios:
        notice(
            f"Few scenarios carry this: the largest has {percent(found.largest_probability)} of the "
            f"probability, and {found.effective_scenarios:,.1f} are effective. The figures are exact for "
            "these probabilities, and rest on a handful of days."
        )


def _held(found: ViewsResult) -> None:
    table = found.views
    shown = pd.DataFrame(
        {
            "view": table["view"],
            "trust": [f"{100 * t:g}\N{NO-BREAK SPACE}%" for t in table["trust"]],
            **{
                title: [_valued(v, words) for v, words in zip(table[name], table["view"], strict=True)]
                for title, name in COLUMNS.items()
            },
        }
    )
    # What a blend changes beyond the digits shown is not worth a doubt.
    held = table["held"] | (shown["after"] == shown["imposed"])
    shown["holds"] = [_holding(h, t) for h, t in zip(held, table["trust"], strict=True)]
    data_table(shown, key="views_table", hide_index=True)
    snapped = table["asked"] != table["used"]
    if snapped.any():
        st.caption(
            "VaR and quantile views are imposed at the nearest scenario, which is what “imposed” says."
        )
    if (table["trust"] < 1.0).any():
        st.caption(
            "A view trusted less than fully holds only in part: the result is a blend of the scenarios with "
            "it and without it."
        )
    if (shown["holds"] == BLENDED).any():
        st.caption(
            f"“{BLENDED}”: all but means differ in a blend from what they are in its parts, so that a view "
            "trusted fully is off as well."
        )


def _holding(held: bool, trust: float) -> str:
    if held:
        return "yes"
    return "in part" if trust < 1.0 else BLENDED


def _valued(value: float, words: str) -> str:
    """Return a figure in the unit of its view: percent, but for correlations and skewness."""
    bare = words.startswith(("correlation", "skewness"))
    # Rounding leaves 4e-17 where a view says 0.
    value = 0.0 if abs(value) < NOTHING else value
    text = f"{value:.6g}" if bare else f"{100 * value:.6g}\N{NO-BREAK SPACE}%"
    return text.replace("-", "−")


def _moved(found: ViewsResult) -> None:
    """Show what else the views moved: means, volatilities and correlations nobody spoke of."""
    st.markdown(plain(f"What else moved: {'; '.join(_moved_words(found))}."))
    table = found.moved
    with st.popover("Everything that moved", type="tertiary", icon=":material/table:"):
        shown = pd.DataFrame(
            {
                "mean before, %": 100 * table["mean_before"],
                "mean after, %": 100 * table["mean_after"],
                "volatility before, %": 100 * table["volatility_before"],
                "volatility after, %": 100 * table["volatility_after"],
                "named by a view": table["viewed"].map({True: "yes", False: "no"}),
            }
        )
        data_table(shown, key="views_moved")
        pairs = found.correlations.rename(columns={"viewed": "named by a view"})
        pairs["named by a view"] = pairs["named by a view"].map({True: "yes", False: "no"})
        data_table(pairs, key="views_correlations", hide_index=True)


def _moved_words(found: ViewsResult) -> list[str]:
    """Return the largest moves of a mean, a volatility and correlations that no view is about by itself."""
    table = found.moved
    others, beside = table[~table["viewed"]], ", which no view names"
    if others.empty:
        # A view on a portfolio names all it holds: then what is not named by itself is what else there is.
        others, beside = (table if table["alone"].all() else table[~table["alone"]]), ""
    drift = (others["mean_after"] - others["mean_before"]) / others["volatility_before"]
    spread = others["volatility_after"] / others["volatility_before"] - 1.0
    if not max(drift.abs().max(), spread.abs().max()) > STILL:
        return ["next to nothing"]
    mean, vol = str(drift.fillna(0.0).abs().idxmax()), str(spread.fillna(0.0).abs().idxmax())
    before, after = (float(others[f"mean_{when}"][mean]) for when in ("before", "after"))
    said = [
        f"the volatility of {vol}{beside}, by {percent(float(spread[vol]))}",
        f"the mean of {mean} {percent(before, 3)} → {percent(after, 3)}",
    ]
    pairs = found.correlations[~found.correlations["viewed"]].head(MOST_PAIRS)
    return said + [
        f"the correlation of {first} and {second} {number(float(old), 2)} → {number(float(new), 2)}"
        for first, second, old, new in zip(*(pairs[c] for c in PAIR), strict=True)
    ]


def use_everywhere(code: str, key: str) -> None:
    """Offer to make a set the active one of every page."""
    active = state.choose("scenario_set", "") == code
    st.button(
        "In use on every page" if active else "Use on every page",
        key=key,
        icon=":material/public:",
        disabled=active,
        on_click=state.change,
        kwargs={"scenario_set": code},
        help="Every page then computes on these scenarios, says so, and offers the way back to history.",
    )
