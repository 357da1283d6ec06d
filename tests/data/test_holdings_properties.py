"""Random holdings in a random dialect come back as they were; nothing escapes RiskcoreError."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskcore.data.holdings import HoldingsAnswers, read_holdings
from riskcore.errors import RiskcoreError

KNOWN = {
    "SPY": "S&P 500 ETF",
    "BND": "Bonds",
    "GLD": "Gold, spot",
    "0700": "Tencent",
    "NA": "Nano",
    "BTC": "Bitcoin",
}
HEADINGS = {
    "label": ["Ticker", "Symbol", "Wertpapier", "Libellé", "Título", "銘柄", "Name"],
    "shares": ["Shares", "Quantity", "Stück", "Quantité", "Cantidad", "数量", "Units"],
    "price": ["Price", "Kurs", "Cours", "Precio", "株価", "Last price"],
    "amount": ["Market value", "Kurswert", "Valorisation", "Importe", "時価", "Value (EUR)"],
    "weight": ["Weight", "Gewicht", "Poids", "Peso", "% of portfolio", "構成比"],
}
PREAMBLE = [[], ["My account"], ["My account", "As of 31 December"]]


@st.composite
def tables(draw):
    tickers = draw(st.lists(st.sampled_from(sorted(KNOWN)), min_size=2, max_size=6, unique=True))
    shares = [draw(st.integers(-500, 5000).filter(bool)) for _ in tickers]
    prices = [draw(st.integers(101, 99999).filter(lambda n: n % 10)) / 100 for _ in tickers]
    return tickers, shares, prices


def written(number, decimal, grouped):
    text = f"{number:,.2f}" if grouped else f"{number:.2f}"
    return text if decimal == "." else text.translate(str.maketrans(",.", ".,"))


@settings(deadline=None)
@given(tables(), st.data())
def test_written_holdings_come_back(table, data):
    tickers, shares, prices = table
    separator = data.draw(st.sampled_from(["\t", ";", "|"]))
    decimal = data.draw(st.sampled_from([".", ","]))
    grouped = data.draw(st.booleans())
    kinds = data.draw(
        st.sampled_from([("shares",), ("shares", "price"), ("shares", "price", "amount"), ("amount",)])
    )
    kinds = data.draw(st.permutations(kinds))
    numbers = {
        "shares": [str(n) for n in shares],
        "price": [written(p, decimal, grouped) for p in prices],
        "amount": [written(n * p, decimal, grouped) for n, p in zip(shares, prices, strict=True)],
    }
    by_name = data.draw(st.booleans())
    labels = [KNOWN[t] if by_name else t for t in tickers]
    columns = [labels, *(numbers[k] for k in kinds)]
    header = [data.draw(st.sampled_from(HEADINGS[k])) for k in ("label", *kinds)]
    lines = [*data.draw(st.sampled_from(PREAMBLE)), separator.join(header)]
    lines += [separator.join(row) for row in zip(*columns, strict=True)]
    cash = data.draw(st.sampled_from([None, 1234.56]))
    if cash is not None and "amount" in kinds:
        filled = {"amount": written(cash, decimal, grouped)}
        lines.append(separator.join(["Cash", *(filled.get(k, "") for k in kinds)]))
    lines += data.draw(st.sampled_from([[], ["", "Figures without guarantee"]]))
    text = data.draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    content = (
        text if data.draw(st.booleans()) else text.encode(data.draw(st.sampled_from(["utf-8-sig", "utf-16"])))
    )
    reading = read_holdings(content, known=KNOWN)
    assert [p.label for p in reading.positions] == tickers and reading.unmatched == ()
    total = math.fsum(round(n * p, 2) for n, p in zip(shares, prices, strict=True))
    if "shares" in kinds:
        assert reading.unit == "shares" and [p.quantity for p in reading.positions] == shares
    else:
        assert reading.unit == "amount"
    if "price" in kinds:
        assert [p.price for p in reading.positions] == prices
    if "amount" in kinds:
        assert reading.cash == (cash or 0.0)
        assert reading.total_value == pytest.approx(total + (cash or 0.0), abs=0.01)
    assume(reading.total_value is not None and reading.total_value > 0)
    weights = reading.weights
    assert math.fsum(weights.values()) + reading.cash / reading.total_value == pytest.approx(1.0)


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 1000), min_size=2, max_size=6),
    st.sampled_from([".", ","]),
    st.sampled_from(["percent", "points", "fraction"]),
    st.booleans(),
)
def test_written_weights_come_back(parts, decimal, how, total_line):
    tickers = sorted(KNOWN)[: len(parts)]
    weights = [p / sum(parts) for p in parts]
    cells = [f"{100 * w:.3f}%" if how == "percent" else f"{100 * w:.3f}" if how == "points" else f"{w:.6f}"
             for w in weights]  # fmt: skip
    if total_line:
        cells.append({"percent": "100.000%", "points": "100.000", "fraction": "1.000000"}[how])
    lines = [f"{t};{c}" for t, c in zip([*tickers, "Total"], cells, strict=False)]
    text = "\n".join(["Ticker;Weight", *lines]).replace(".", decimal)
    try:
        reading = read_holdings(text, known=KNOWN)
    except RiskcoreError as error:
        # 12.345 may be twelve thousand: asked, and right once answered.
        assert error.details["readings"] == (".", ",")
        reading = read_holdings(text, known=KNOWN, answers=HoldingsAnswers(decimal=decimal))
    assert reading.unit == "weight" and list(reading.weights) == tickers
    assert reading.weights == pytest.approx(dict(zip(tickers, weights, strict=True)), abs=1e-5)


@settings(deadline=None)
@given(st.text(alphabet="SPYBND TotalCash0123456789.,;|\t\n%$€-()\"'=é", max_size=120))
def test_any_text_is_read_or_refused(text):
    try:
        reading = read_holdings(text, known=KNOWN)
    except RiskcoreError as error:
        assert str(error)
        return
    assert reading.positions
    assert all(math.isfinite(p.quantity) for p in reading.positions)


@settings(deadline=None)
@given(st.sampled_from([b"", b"Ticker,Shares\nSPY,1\n"]), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(start, content):
    try:
        read_holdings(start + content, "upload.bin", known=KNOWN)
    except RiskcoreError as error:
        assert str(error)


@settings(deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_weight(table, random):
    tickers, shares, prices = table
    assume(sum(n * p for n, p in zip(shares, prices, strict=True)) > 1)
    rows = [f"{t}\t{n}\t{p:.2f}" for t, n, p in zip(tickers, shares, prices, strict=True)]
    first = read_holdings("\n".join(["Ticker\tShares\tPrice", *rows]), known=KNOWN)
    random.shuffle(rows)
    second = read_holdings("\n".join(["Ticker\tShares\tPrice", *rows]), known=KNOWN)
    assert first.weights == pytest.approx(second.weights)
