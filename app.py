"""Overview: how risky are A and B, and where does it come from? The two portfolios at a glance."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.review_overview import gate_light
from riskcore.dashboard.script import page_script
from riskcore.dashboard.sentences import (
    few_tail_note,
    holding_note,
    money_and_risk,
    parity_note,
    worst_part,
    worst_replay,
)
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_words import proxy_note, ruin_words, short_names
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import card, current_theme, explain, guarded, notice, show, show_table
from riskcore.figures import closes_words, draw_crisis_losses, draw_weight_and_risk
from riskcore.figures.words import card_percent, dated
from riskcore.results.statistics import DatedReturn
from riskcore.statistics import dated_returns, describe

CRISES_SHOWN = 5
SCRIPT = """
for portfolio in (a, b):
    level = cvar(scenarios, portfolio, confidence={confidence!r})
    yearly = risk(scenarios, portfolio, "volatility").value * scenarios.periods_per_year**0.5
    print(portfolio.name, "CVaR", f"{{level.value:.10f}}", "volatility per year", f"{{yearly:.10f}}")
    print("worst drawdown", f"{{describe(history, portfolio).max_drawdown:.10f}}")
    covered, left_out = replays(whole, portfolio, load_crises())
    covered += [crisis.replay(portfolio) for crisis in proxied.values()]
    for crisis in sorted(covered, key=lambda found: found.total_return)[:{crises}]:
        print(crisis.event, f"{{crisis.total_return:.10f}}")
    print(dated_returns(history, portfolio))
    print(risk_contributions(scenarios, portfolio, {measure!r}, confidence={confidence!r}).table)
"""
IMPORTS = """
from riskcore.data.crises import load_crises
from riskcore.statistics import dated_returns, describe
from riskcore.stress import proxied_crises, replays
"""


def headline(frame: Frame) -> None:
    """Say in two sentences what the numbers say."""
    book = frame.book
    st.header(plain(worst_part(book)), anchor=False)
    of_a, of_b, left_out = both_replayed(book)
    shares = money_and_risk(book, book.a, book.contributions(book.a))
    st.markdown(plain(f"{shares} {worst_replay(of_a, short_names(), len(left_out))}"))
    notes = [holding_note(book.a), holding_note(book.b)]
    notes += [parity_note(book, holding, frame.view.measure) for holding in book.both]
    notes += [ruin_words(*one) for one in (("A", of_a), ("B", of_b))]
    notes += [few_tail_note([book.risk(holding, "cvar") for holding in book.both])]
    for note in filter(None, notes):
        notice(note)


def cards(frame: Frame) -> None:
    """Draw the four headline cards."""
    book = frame.book
    level = f"{100 * frame.view.confidence:g}\N{NO-BREAK SPACE}%"
    facts = {h.letter: cached.compute(describe, book.base, h.portfolio) for h in book.both}
    of_a, of_b, _ = both_replayed(book)
    worst = [min(found, key=lambda r: r.total_return) for found in (of_a, of_b) if found]
    yearly = book.scenarios.periods_per_year**0.5
    with st.container(horizontal=True, gap="small", key="cards"):
        card(
            "Volatility · per year" + ("" if book.periods == 1 else f" ({book.horizon_label})"),
            [(h.letter, card_percent(book.risk(h, "volatility").value * yearly)) for h in book.both],
            definition=f"Standard deviation of {book.basis}, times the square root of the periods per year.",
        )
        card(
            f"CVaR {level} · {book.horizon_label}",
            [(h.letter, card_percent(book.risk(h, "cvar").value)) for h in book.both],
            definition=f"Average loss in the worst {100 - 100 * frame.view.confidence:.3g} % of the "
            f"{book.basis}, also called expected shortfall.",
        )
        card(
            "Worst drawdown",
            [(letter, _share(fact.max_drawdown)) for letter, fact in facts.items()],
            definition="Largest fall from a former peak over the window, weights rebalanced every period.",
        )
        if worst:
            card(
                "Worst crisis replay"
                + " ≈" * any(r.approximate for r in worst)
                + " β" * any(r.proxies for r in worst),
                [(r.portfolio, card_percent(r.loss)) for r in worst],
                definition="Largest loss over the dated crises the data covers: today’s weights bought at "
                "the S&P 500’s peak close and held to its trough close. "
                + "; ".join(f"{r.portfolio}: {r.event}, {closes_words(r)}" for r in worst),
            )


def _share(loss: float | None) -> str:
    return "undefined" if loss is None else card_percent(loss)


def summary(frame: Frame) -> None:
    """Say and show the four headline figures."""
    headline(frame)
    cards(frame)
    with guarded():
        gate_light(frame)


def shares(frame: Frame) -> None:
    """Draw weight against risk share for A and B."""
    book = frame.book
    drawings = draw_weight_and_risk(
        [book.contributions(h) for h in book.both], theme=current_theme(), horizon_label=book.horizon_label
    )
    for column, drawing, holding in zip(st.columns(2, gap="medium"), drawings, book.both, strict=True):
        with column:
            show(drawing, key=f"overview_shares_{holding.letter.lower()}")
    explain(
        frame.view,
        "Pale bars are money, solid bars are risk: the share of the loss each asset carries in the scenarios "
        "that make the figure. Where the solid bar is the longer one, the asset adds more risk than money.",
        r"\text{share}_i=\frac{w_i\,\partial\rho/\partial w_i}{\rho(w)},\qquad\sum_i\text{share}_i=1",
    )


def crises_and_returns(frame: Frame) -> None:
    """Draw the worst crises and the returns to date."""
    book = frame.book
    left, right = st.columns([3, 2], gap="medium")
    with left:
        of_a, of_b, _ = both_replayed(book)
        short = short_names()
        rows = [(short[a.event], a.total_return, b.total_return) for a, b in zip(of_a, of_b, strict=True)]
        if rows:
            drawing = draw_crisis_losses(
                rows[:CRISES_SHOWN], theme=current_theme(), replayed=of_a[:CRISES_SHOWN]
            )
            show(drawing, key="overview_crises")
            if note := proxy_note(of_a[:CRISES_SHOWN]):
                st.caption(plain(note))
        else:
            notice("No dated crisis lies inside this data, so nothing is replayed.")
    with right:
        st.markdown(
            "**Returns to date**",
            help="Compounded from the last close before the period to the last date of the data, with the "
            "weights rebalanced every period.",
        )
        returns = {h.letter: cached.compute(dated_returns, book.base, h.portfolio) for h in book.both}
        full = returns_table(returns)
        show_table(full, key="overview_returns", shown=rounded(full))


def returns_table(returns: dict[str, dict[str, DatedReturn | None]]) -> pd.DataFrame:
    """Return the compounded returns of A and B, in percent with all digits, and the close they start from."""
    rows = {}
    for name, one in returns["A"].items():
        rows[name] = {
            **{f"{letter}, %": 100 * r.value if (r := of[name]) else None for letter, of in returns.items()},
            "from the close of": one.start if one else None,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("period")


def rounded(full: pd.DataFrame) -> pd.DataFrame:
    """Return the returns as they read: two significant figures, dates in words."""
    shown = pd.DataFrame(index=full.index)
    for letter in "AB":
        of = full[f"{letter}, %"].astype(float)
        shown[letter] = ["–" if pd.isna(value) else card_percent(value / 100) for value in of]
    starts = full["from the close of"]
    shown[starts.name] = ["before the data" if pd.isna(day) else dated(day) for day in starts]
    return shown


frame = open_page("overview", uses={"a", "b", "confidence", "horizon", "measure", "window", "value"})
frame.sections(summary, shares, crises_and_returns)
with guarded():
    assets, index = list(frame.book.assets), frame.book.benchmark
    whole = (
        f"whole = prices.scenarios({assets!r})\n"
        f"proxied = proxied_crises(prices, {assets!r}, load_crises(), index_asset={index!r})\n"
    )
    body = SCRIPT.format(confidence=frame.view.confidence, measure=frame.view.measure, crises=CRISES_SHOWN)
    frame.footer(page_script(frame.book, whole + body, imports=IMPORTS))
