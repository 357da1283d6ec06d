"""What the numbers say, in plain words: computed sentences, the same on every page."""

from collections.abc import Sequence

from riskcore.dashboard.book import Book, Holding
from riskcore.figures.words import card_percent, money, percent
from riskcore.results import ContributionResult, ReplayResult, RiskResult

__all__ = [
    "amount",
    "few_tail_note",
    "holding_note",
    "in_text",
    "loss_words",
    "money_and_risk",
    "parity_note",
    "tail_words",
    "worst_part",
    "worst_replay",
]

CLASS_WORDS = {
    "Equity": "Stocks are",
    "Bonds": "Bonds are",
    "Commodity": "Commodities are",
    "Currency": "Currencies are",
    "Crypto": "Crypto is",
}
PERIOD_WORDS = {
    "1d": "days",
    "1w": "weeks",
    "10d": "10-day periods",
    "1m": "months",
    "1p": "periods",
}
MEASURE_WORDS = {
    "volatility": "volatility",
    "cvar": "CVaR",
    "var": "VaR",
    "gaussian_cvar": "CVaR under normal returns",
}


def in_text(label: str) -> str:
    """Return the label of a measure as it stands inside a sentence: "volatility", but "CVaR 95 %"."""
    return label.lower() if label == "Volatility" else label


def worst_part(book: Book) -> str:
    """Return "On the worst 5 % of days A loses 1.9 % on average, B loses 0.7 %.", with money if valued."""
    share = _share_words(book.view.confidence)
    where = "On" if book.horizon == "1d" else "In"
    losses = [book.risk(holding, "cvar").value for holding in book.both]
    a, b = (loss_words(book, loss) for loss in losses)
    if all(loss >= 0 for loss in losses):
        b = b.removeprefix("loses ")
    return f"{where} the worst {share} of {PERIOD_WORDS[book.horizon]} A {a} on average, B {b}."


def loss_words(book: Book, loss: float) -> str:
    """Return "loses 1.9 %", or "gains" where the loss is negative, with money when there is a value."""
    verb = "loses" if loss >= 0 else "gains"
    return f"{verb} {amount(book, abs(loss))}"


def amount(book: Book, fraction: float) -> str:
    """Return a fraction of the portfolio as a percentage, and as money when there is a value."""
    words = card_percent(fraction)
    if book.view.value is None:
        return words
    return f"{words} ({money(fraction * book.view.value, book.view.currency)})"


def tail_words(book: Book, holding: Holding) -> str:
    """Return what VaR and CVaR say: "On 19 days in 20 A loses less than 1.1 %; beyond that …"."""
    var, cvar = (book.risk(holding, measure).value for measure in ("var", "cvar"))
    often = f"On {_odds(book.view.confidence)} {PERIOD_WORDS[book.horizon]}"
    within = f"loses no more than {amount(book, var)}" if var >= 0 else f"gains at least {amount(book, -var)}"
    return f"{often} {holding.letter} {within}; on the others it {loss_words(book, cvar)} on average."


def _odds(confidence: float) -> str:
    """Return 0.95 as "19 of 20"; levels that are no such fraction as a percentage."""
    total = 1.0 / (1.0 - confidence)
    whole = round(total)
    return (
        f"{whole - 1:,} of {whole:,}"
        if abs(total - whole) < 1e-6
        else f"{100 * confidence:g}\N{NO-BREAK SPACE}% of"
    )


def _share_words(confidence: float) -> str:
    return f"{100 * (1 - confidence):.3g}\N{NO-BREAK SPACE}%"


def money_and_risk(book: Book, holding: Holding, contributions: ContributionResult) -> str:
    """Return "Stocks are 71 % of A's money and 94 % of its CVaR." for the group with most risk."""
    if not contributions.relative_defined:
        measure = MEASURE_WORDS[contributions.measure]
        return f"The {measure} of {holding.letter} is too near zero to be shared out."
    classes = book.prices.assets["asset_class"]
    grouped = {str(a): str(classes[a]) for a in book.assets}
    if len(set(grouped.values())) > 1 and "" not in grouped.values():
        table = contributions.grouped(grouped)
        largest = str(table["relative"].idxmax())
        subject = CLASS_WORDS.get(largest, f"{largest} is")
    else:
        table = contributions.table
        largest = str(table["relative"].idxmax())
        subject = f"{largest} is"
    weight, share = float(table["weight"][largest]), float(table["relative"][largest])
    risk = MEASURE_WORDS[contributions.measure]
    return (
        f"{subject} {percent(weight, 0)} of {holding.letter}’s money and {percent(share, 0)} of its {risk}."
    )


def worst_replay(replays: Sequence[ReplayResult], short: dict[str, str], left_out: int = 0) -> str:
    """Return "Worst of 17 replays: in 2008 A loses 34 %.", nothing when no crisis is covered."""
    if not replays:
        return ""
    worst = min(replays, key=lambda r: r.total_return)
    marks = " ≈" * worst.approximate + " β" * bool(worst.proxies)
    name = short.get(worst.event, worst.event) + marks
    of = f" (of {len(replays) + left_out} dated crises)" if left_out else ""
    verb = "loses" if worst.loss >= 0 else "gains"
    return (
        f"Worst of {len(replays)} replays{of}: in {name} {worst.portfolio} {verb} "
        f"{card_percent(abs(worst.loss))}."
    )


def parity_note(book: Book, holding: Holding, measure: str) -> str | None:
    """Return why the risk shares of a parity portfolio are not equal under the measure shown, if so."""
    solved = holding.solved_for
    if solved is None or solved == measure:
        return None
    return (
        f"{holding.letter} was solved for equal shares of {MEASURE_WORDS[solved]}; under "
        f"{MEASURE_WORDS[measure]} its shares are not equal."
    )


def holding_note(holding: Holding) -> str | None:
    """Return what is not invested, borrowed or short; None for long portfolios that sum to 1."""
    parts = []
    cash, short, gross = holding.cash, holding.short, float(holding.portfolio.weights.abs().sum())
    if cash > 0:
        parts.append(f"holds {percent(cash, 1)} in cash, counted as riskless")
    if cash < 0:
        parts.append(f"borrows {percent(-cash, 1)} of its value, at no cost")
    if short > 0:
        parts.append(f"is short {percent(short, 1)}, positions of {percent(gross, 0)} in all")
    return f"{holding.letter} {' and '.join(parts)}." if parts else None


def few_tail_note(results: Sequence[RiskResult]) -> str | None:
    """Return the warning for figures that fewer than 10 effective scenarios carry."""
    few = [r for r in results if r.few_tail_scenarios and r.tail_scenarios is not None]
    if not few:
        return None
    parts = ", ".join(f"{r.portfolio} {r.tail_scenarios:.1f}" for r in few)
    return (
        f"Few tail scenarios: {few[0].label} rests on fewer than 10 independent observations ({parts}). "
        "Read it as an order of magnitude; a longer window or a lower confidence gives more."
    )
