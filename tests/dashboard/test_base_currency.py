"""Base currency, value, shares and saved portfolios in the frame: the link says what every page shows."""

import io
from contextlib import redirect_stdout

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio, cvar
from riskcore.dashboard import cached, saved
from riskcore.dashboard.book import Book
from riskcore.dashboard.data_shares import LONGEST_CODE, Holdings
from riskcore.dashboard.portfolio_codes import code_of, content_of, shares_code, shares_of
from riskcore.dashboard.view import View, query_of, read_view
from riskcore.data import yahoo_call
from riskcore.data.currency import convert, ecb_rates
from riskcore.data.holdings_shares import Shares
from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.sample import load_sample
from riskcore.errors import InputError, MissingDataError
from tests.dashboard.reading import checked, words
from tests.data.yahoo_stand_in import closes_of, stand_in

SPACE = "\N{NO-BREAK SPACE}"
CODE = "n:SPY~100;FTSE100~3;$USD~5000"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    monkeypatch.setattr(saved, "_opened", [])
    for cache in (saved.store, saved.portfolios):
        cache.clear()
    yield tmp_path
    for cache in (saved.store, saved.portfolios):
        cache.clear()


def given_query(**query):
    return read_view({key: [value] for key, value in query.items()})


def test_the_link_keeps_base_and_currency():
    view, problems = given_query(base="EUR", value="100")
    assert (view.base, view.currency, problems) == ("EUR", "EUR", ())
    assert query_of(view) == {"value": "100", "base": "EUR"}
    dollars, _ = given_query(base="EUR", value="100", ccy="USD")
    assert dollars.currency == "USD"
    assert query_of(dollars) == {"value": "100", "ccy": "USD", "base": "EUR"}
    # Links from before there was a base mean what they meant.
    assert given_query(value="100", ccy="GBP")[0] == View(value=100.0, currency="GBP")
    assert "is not a currency code such as EUR" in given_query(base="eur")[1][0]


def test_every_number_is_in_the_base_currency(open_app):
    app = open_app("", base="EUR", value="1000000", ccy="USD", a="w:SPY~0.5;FTSE100~0.5")
    text = words(app)
    assert "returns in EUR, converted by ECB reference rates" in text
    euros = convert(load_sample("global"), "EUR", ecb_rates())
    held = Portfolio("A", {"SPY": 0.5, "FTSE100": 0.5})
    one = cvar(euros.scenarios(["SPY", "FTSE100"]), held, confidence=0.95).value
    rate = ecb_rates().at("USD", "EUR", "2026-01-16")
    assert f"Value USD 1,000,000 = EUR{SPACE}{1e6 * rate:,.0f}, ECB reference rates of 16 Jan 2026" in text
    assert f"EUR{SPACE}{1e6 * rate * one:,.0f}" in text
    local = cvar(load_sample("global").scenarios(["SPY", "FTSE100"]), held, confidence=0.95).value
    assert abs(local - one) > 1e-4
    code = next(c.value for c in app.code if "riskcore" in c.value)
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(code, "script", "exec"), {})
    assert f"A CVaR {one:.10f}" in out.getvalue()


def test_the_base_is_chosen_under_more_and_local_returns_are_the_default(open_app):
    app = open_app("", value="1000")
    assert app.selectbox(key="frame_base").value == ""
    checked(app.selectbox(key="frame_base").set_value("GBP").run())
    assert app.query_params["base"] == "GBP"
    # The value was given in dollars and stays that; it is shown in pounds.
    assert app.query_params["ccy"] == "USD"
    checked(app.selectbox(key="frame_base").set_value("").run())
    assert "base" not in app.query_params and "ccy" not in app.query_params
    app = open_app("")
    checked(app.selectbox(key="frame_base").set_value("GBP").run())
    assert app.selectbox(key="frame_currency").value == "GBP"
    assert "ccy" not in app.query_params


def test_groups_by_currency_are_still_those_of_the_assets():
    book = Book(View(base="EUR"))
    assert "currency" in book.groupings()
    assert set(book.prices.assets["currency"]) == {"EUR"}


@pytest.mark.parametrize(
    "cases",
    [
        {
            "base": ("XYZ", "base: ECB reference rates have none for XYZ"),
            "a": ("n:SPY~x", "a: “n:SPY~x” is not a list of ticker~shares"),
            "b": ("p:nothing", "b: No saved portfolio has the key nothing on this server"),
        },
        {
            "base": ("Euro", "base: “Euro” is not a currency code"),
            "a": ("n:SPY~1;SPY~2", "names SPY twice"),
            "b": ("p:../x", "b: “p:../x” does not name a saved portfolio"),
        },
        {
            "a": ("n:SPY~1~-2", "has a price of SPY that is not positive"),
            "b": ("n:SPY~-1", "weights need a positive value"),
            "bench": ("p:nothing@2", "No saved portfolio, version 2, has the key nothing"),
        },
        {
            "a": ("n:NONE~1", "has no NONE"),
            "b": ("n:BTC~1", "B holds BTC, which is not among the assets shown"),
        },
    ],
)
def test_what_the_link_cannot_mean_is_said_and_the_default_shown(open_app, home, cases):
    app = open_app("data", **{key: text for key, (text, _) in cases.items()})
    warned = [w.value.replace("\\", "") for w in app.warning]
    for _, said in cases.values():
        (sentence,) = [w for w in warned if said in w]
        assert sentence.endswith("The default is used instead.")
    assert not set(cases) & set(app.query_params)


def test_data_without_stated_currencies_has_no_base_currency(open_app):
    frame = load_sample("global").prices[["SPY", "BND"]]
    brought = PriceSet("file-1", "mine.csv", frame, plain_assets(["SPY", "BND"]), 252.0, "uploaded file")
    key = cached.keep_price_set(brought)
    box = open_app("", data=key).selectbox(key="frame_base")
    assert box.disabled and "does not state the currency of SPY, BND" in box.help
    app = open_app("", data=key, base="EUR")
    assert "base: The currency of SPY, BND is not stated" in words(app)
    assert "base" not in app.query_params
    # Shares need no currency where there is only one: they are worth what the reader calls it.
    with pytest.raises(MissingDataError, match="none for THB"):
        Book(View(data=key, a="n:SPY~1;$USD~1;$THB~5")).check("A", "n:SPY~1;$USD~1;$THB~5")


def test_shares_have_weights_value_and_a_day(open_app):
    app = open_app("contributions", a=CODE)
    text = words(app)
    last = load_sample("global").prices.iloc[-1]
    pound = ecb_rates().at("GBP", "USD", "2026-01-16")
    total = 100 * last["SPY"] + 3 * last["FTSE100"] * pound + 5000
    assert "A: shares at the prices of 16 Jan 2026" in text
    assert f"Value USD{SPACE}{total:,.0f}: the shares of A on 16 Jan 2026" in text
    assert app.query_params["a"] == CODE and "value" not in app.query_params
    book = Book(View(a=CODE))
    expected = {"SPY": 100 * last["SPY"] / total, "FTSE100": 3 * last["FTSE100"] * pound / total}
    held = book.a.portfolio.weights
    assert {k: v for k, v in held.items() if v} == pytest.approx(expected)
    assert book.a.cash == pytest.approx(5000 / total)
    # The same shares in another currency weigh the same.
    other = Book(View(a=CODE, base="JPY")).a.portfolio.weights
    assert np.allclose(held, other, rtol=1e-12)


def test_codes_of_shares_survive_any_label():
    shares = Shares({"A~B;C,%7E": 1.5, "$X": -2.0, "%24Y": 3.0}, {"EUR": -7.25, "": 1.0}, {"$X": 0.5})
    assert shares_of(shares_code(shares)) == shares


def test_saved_portfolios_are_a_b_and_the_benchmark(open_app, home):
    shelf = saved.store().portfolios
    first = shelf.save("**Growth** <b>", {"SPY": 0.6, "BND": 0.4})
    shelf.save("**Growth** <b>", {"SPY": 0.5, "BND": 0.5})
    pieces = shelf.save(
        "Pieces", {"SPY": 100.0, "FTSE100": 3.0}, kind="shares", details={"cash": {"USD": 5000}}
    )
    saved.forget()
    app = open_app("", a=code_of(first), b=code_of(first, pinned=True), bench=code_of(pieces))
    assert not app.warning
    assert "Pieces" in app.selectbox(key="frame_a").options
    assert app.selectbox(key="frame_a").value == code_of(first)
    book = Book(View(a=code_of(first), b=code_of(first, pinned=True), bench=code_of(pieces)))
    assert (book.a.title, book.b.title) == ("**Growth** <b>", "**Growth** <b>, version 1")
    assert book.a.portfolio.weights["SPY"] == 0.5 and book.b.portfolio.weights["SPY"] == 0.6
    assert content_of(code_of(pieces)) == shares_of(CODE)
    assert np.allclose(book.reference.portfolio.weights, Book(View(a=CODE)).a.portfolio.weights, rtol=1e-12)
    shelf.delete(first.key)
    saved.forget()
    with pytest.raises(InputError, match="was deleted; it can be restored"):
        content_of(code_of(first, pinned=True))
    app = open_app("", a=code_of(first))
    assert "a" not in app.query_params and "was deleted" in words(app)


def test_a_portfolio_of_five_hundred_positions_fits_a_link(home):
    weights = {f"TICKER{k}": 1 / 500 for k in range(500)}
    holdings = Holdings(weights, "global")
    assert len(holdings.code) > LONGEST_CODE
    code = holdings.save("All of it")
    assert len(code) < 60 and content_of(code) == weights
    with pytest.raises(InputError, match="called All of it already"):
        holdings.save("All of it")


@pytest.mark.slow
def test_too_many_positions_for_a_link_are_saved_from_the_page(open_app, home):
    names = [f"A-LONG-TICKER-{k:03d}" for k in range(250)]
    days = pd.bdate_range("2024-01-01", periods=30)
    steps = np.random.default_rng(5).normal(0.0, 0.01, (30, 250))
    frame = pd.DataFrame(100.0 * np.exp(np.cumsum(steps, axis=0)), index=days, columns=names)
    table = plain_assets(names, currencies=["USD"] * 250)
    key = cached.keep_price_set(PriceSet("file-2", "wide.csv", frame, table, 252.0, "uploaded file"))
    app = open_app("data", data=key, b="equal_weight")
    rows = "\n".join(f"{name}\t{10 + k}" for k, name in enumerate(names))
    checked(app.text_area(key="weights_text").set_value("Ticker\tShares\n" + rows).run())
    assert "250 positions are too many for a link" in words(app)
    checked(app.button(key="use_a").click().run())
    assert "a" not in app.query_params and "blank" in words(app)
    checked(app.text_input(key="holdings_name").set_value("Wide").run())
    checked(app.button(key="use_a").click().run())
    assert app.query_params["a"].startswith("p:") and app.query_params["data"] == key
    held = Book(View(data=key, a=app.query_params["a"])).a
    assert held.title == "Wide" and (held.portfolio.weights > 0).sum() == 250


def test_pasted_amounts_in_two_currencies_become_one_value(open_app):
    app = open_app("data")
    text = "Ticker\tAmount\tCurrency\nSPY\t1000\tUSD\nFTSE100\t1000\tEUR\n"
    checked(app.text_area(key="weights_text").set_value(text).run())
    rate = ecb_rates().at("EUR", "USD", "2026-10-30")
    assert f"1 EUR = {rate:g} USD, ECB reference rates of 2026-10-30" in words(app)
    checked(app.button(key="use_a").click().run())
    assert app.query_params["value"] == f"{1000 + 1000 * rate:.2f}".rstrip("0").rstrip(".")
    assert app.query_params["a"].startswith("w:")


def test_yahoo_s_rates_are_offered_where_the_bundled_ones_end(open_app, monkeypatch):
    monkeypatch.setattr(yahoo_call, "FIRST_PAUSE", 0.01)
    days = pd.bdate_range("2026-09-01", "2026-11-20")
    frame = pd.DataFrame({"AAA": 100.0 + np.arange(len(days)) % 7}, index=days)
    brought = PriceSet("yahoo-1", "Mine", frame, plain_assets(["AAA"], currencies=["GBp"]), 252.0, "test")
    key = cached.keep_price_set(brought)
    app = open_app("data", data=key, base="USD")
    assert "end on 30 Oct 2026, the prices on 20 Nov 2026" in words(app)
    with stand_in({"GBPUSD=X": "well"}):
        checked(app.button(key="rates_fetch").click().run())
    assert app.query_params["base"] == "USD" and app.query_params["data"] != key
    assert "converted by Yahoo’s exchange rates" in words(app)
    book = Book(View(data=app.query_params["data"], base="USD"))
    assert book.assets == ("AAA",) and book.last == days[-1]
    made = np.array(closes_of("GBPUSD=X", days)) * 0.9 * frame["AAA"].to_numpy() / 100
    assert np.allclose(book.prices.prices["AAA"], made, rtol=1e-12)
    app = open_app("data", data=key)
    with stand_in({"GBPUSD=X": "dead"}):
        checked(app.button(key="rates_fetch").click().run())
    assert app.query_params["data"] == key and "Yahoo does not know this ticker" in words(app)
    assert "rates_fetch" not in [b.key for b in open_app("data").button]


def test_drift_is_drawn_for_shares_only(open_app):
    app = open_app("data", a="n:SPY~100;BND~300")
    assert any("How these shares drifted" in e.label for e in app.expander)
    assert not any("drifted" in e.label for e in open_app("data", a="w:SPY~0.5;BND~0.5").expander)
