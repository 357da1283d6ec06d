"""The script of the Stress page: the replays and the three shocks, with the numbers the reader chose."""

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.script import window_literal
from riskcore.dashboard.stress_crises import own_crises
from riskcore.dashboard.stress_gap import BETAS, USUAL_BETAS, USUAL_GAP
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_shocks import USUAL_CORRELATION, USUAL_RISE, durations_of, number_of
from riskcore.data.crises import Crisis
from riskcore.errors import InputError
from riskcore.stress import index_gap

__all__ = ["script_of"]

REPLAYS = """
whole = prices.scenarios({assets!r})
for portfolio in (a, b):
    covered, left_out = replays(whole, portfolio, {events})
    for found in covered:
        print(portfolio.name, found.event, f"{{found.total_return:.10f}}")
"""
PROXIED = """
proxies = [
    proxy_of(prices.scenarios([asset, {index!r}]), asset=asset, index_asset={index!r}) for asset in {absent!r}
]
known = prices.scenarios({known!r})
for portfolio in (a, b):
    held = portfolio.on([*known.assets, *{absent!r}])
    found = replay(
        known, held, event={event!r}, start={start!r}, end={end!r}, approximate=True, proxies=proxies
    )
    print(portfolio.name, found.event, f"{{found.total_return:.10f}}")
"""
GAP = """
with_index = prices.scenarios({assets!r}{window})
for portfolio in (a, b):
    held = portfolio.on(with_index.assets)
    fall = index_gap(with_index, held, index_asset={index!r}, gap={gap!r}, betas={betas!r})
    print(portfolio.name, "gap", f"{{fall.total_return:.10f}}")
    given = conditional_index_gap(with_index, held, index_asset={index!r}, gap={gap!r})
    print(portfolio.name, "given", f"{{given.total_return:.10f}}", "extrapolated", given.extrapolated)
"""
RATES = """
risen = rates_shock(scenarios, {rise!r}, durations={durations!r})
for portfolio in (a, b):
    print(portfolio.name, "rates", f"{{shock_contributions(risen, portfolio)['contribution'].sum():.10f}}")
"""
TOGETHER = """
together = correlation_shock(scenarios, {rho!r}).scenarios
for portfolio in (a, b):
    found = risk_contributions(together, portfolio, "cvar", confidence={confidence!r})
    print(portfolio.name, "together", f"{{found.total:.10f}}")
"""


def script_of(book: Book) -> tuple[str, str]:
    """Return the lines that print the page's main numbers, and their imports."""
    own = own_crises(book)
    events = f"[*load_crises(), *{_literals(own)}]" if own else "load_crises()"
    body, names = [REPLAYS.format(assets=list(book.assets), events=events)], ["replays"]
    index = book.benchmark
    proxied = _proxied(book, own)
    if proxied:
        body.append(proxied)
        names += ["proxy_of", "replay"]
    if index is not None and _has_betas(book, index):
        fall = number_of("gap", USUAL_GAP, 1, 60)
        betas = state.recall("betas")
        body.append(
            GAP.format(
                assets=list(dict.fromkeys((*book.assets, index))),
                window=window_literal(book),
                index=index,
                gap=-fall / 100,
                betas=betas if betas in BETAS else USUAL_BETAS,
            )
        )
        names += ["conditional_index_gap", "index_gap"]
    durations = durations_of(book)
    if durations:
        body.append(RATES.format(rise=number_of("rise", USUAL_RISE, -300, 500), durations=durations))
        names += ["rates_shock", "shock_contributions"]
    if len(book.assets) > 1:
        rho = number_of("rho", USUAL_CORRELATION, -1.0, 1.0)
        body.append(TOGETHER.format(rho=rho, confidence=book.view.confidence))
        names.append("correlation_shock")
    imports = f"from riskcore.stress import {', '.join(sorted(names))}"
    crisis = "Crisis, load_crises" if own else "load_crises"
    dates = "\nimport pandas as pd" if own else ""
    return "".join(body), f"from riskcore.data.crises import {crisis}\n{imports}{dates}"


def _has_betas(book: Book, index: str) -> bool:
    """Whether the window is long enough for the gap: where it is not, the page says so."""
    wide = book.with_index
    try:
        cached.compute(index_gap, wide, book.a.portfolio.on(wide.assets), index_asset=index, gap=-0.1)
    except InputError:
        return False
    return True


def _literals(own: tuple[Crisis, ...]) -> str:
    """Return the reader's own crises as Python."""
    parts = [
        f"Crisis({c.event!r}, {c.short!r}, pd.Timestamp({str(c.start.date())!r}), "
        f"pd.Timestamp({str(c.end.date())!r}))"
        for c in own
    ]
    return f"[{', '.join(parts)}]"


def _proxied(book: Book, own: tuple[Crisis, ...]) -> str:
    """Return the lines that replay the crises in which a beta stands in for an asset."""
    dates = {crisis.event: crisis for crisis in (*cached.crises(), *own)}
    lines = []
    for result in both_replayed(book, own)[0]:
        if result.proxies:
            crisis = dates[result.event]
            lines.append(
                PROXIED.format(
                    index=result.proxies[0].index_asset,
                    absent=list(result.proxied),
                    known=[str(a) for a in result.table.index if a not in result.proxied],
                    event=result.event,
                    start=str(crisis.start.date()),
                    end=str(crisis.end.date()),
                )
            )
    return "".join(lines)
