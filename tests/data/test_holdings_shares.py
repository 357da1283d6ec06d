"""Shares: their worth and weights by hand, through time, in several currencies, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from riskcore.data.currency import Rates, ecb_rates
from riskcore.data.holdings import HoldingsAnswers, drifted_weights, read_holdings
from riskcore.data.holdings_shares import Shares, shares_from
from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.errors import AssetMismatchError, MissingDataError

DAYS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"])
RATES = Rates(
    pd.DataFrame({"USD": [1.0, 1.25, 2.0], "GBP": [0.5, 0.5, 0.5]}, index=DAYS), "EUR", "test rates"
)
NAN = np.nan


def data(currencies=("USD", "GBp", "EUR")) -> PriceSet:
    frame = pd.DataFrame({"US": [10.0, 10, 20], "UK": [100.0, 200, 200], "EU": [5.0, 5, NAN]}, index=DAYS)
    table = plain_assets(list(frame), currencies=list(currencies))
    return PriceSet("t", "Test", frame, table, 252.0, "test")


def test_worth_and_weights_by_hand_in_three_currencies():
    # On 4 January a dollar is 0.5 EUR and a pound 2 EUR; UK trades in pence.
    found = Shares({"US": 3.0, "UK": 5.0}, {"USD": 20.0}).values(data(), RATES, "EUR")
    assert found.values == {"US": 3 * 20 * 0.5, "UK": 5 * 2.0 * 2.0}
    assert (found.cash, found.total, found.currency) == (10.0, 60.0, "EUR")
    assert found.day == DAYS[2]
    assert found.weights == pytest.approx({"US": 0.5, "UK": 1 / 3})
    # In another currency the weights are the same.
    dollars = Shares({"US": 3.0, "UK": 5.0}, {"USD": 20.0}).values(data(), RATES, "USD")
    assert dollars.total == pytest.approx(120.0) and dollars.weights == pytest.approx(found.weights)


def test_the_day_is_the_last_one_all_have_a_price_on():
    found = Shares({"US": 1.0, "EU": 2.0}).values(data(), RATES, "EUR")
    assert found.day == DAYS[1] and found.values == {"US": 8.0, "EU": 10.0}
    earlier = Shares({"US": 1.0}).values(data(), RATES, "USD", day="2024-01-02")
    assert earlier.total == 10.0


def test_without_stated_currencies_nothing_is_converted():
    found = Shares({"US": 1.0, "UK": 1.0}, {"": 10.0}).values(data(("", "", "")), RATES, "CHF")
    assert found.total == 230.0 and found.currency == "CHF"


def test_weights_through_time_are_those_of_each_day():
    shares = Shares({"US": 3.0, "UK": 5.0}, {"EUR": 10.0}, {"US": 2.0})
    table = shares.through_time(data(), RATES, "EUR")
    assert list(table.columns) == ["US", "UK", "cash"]
    assert np.allclose(table.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    for day in DAYS:
        worth = shares.values(data(), RATES, "EUR", day=day)
        assert table.loc[day, ["US", "UK"]].to_dict() == pytest.approx(worth.weights)
        assert table.loc[day, "cash"] == pytest.approx(worth.cash / worth.total)


def test_drift_in_one_currency_is_that_of_drifted_weights():
    text = "Ticker\tShares\nUS\t3\nUK\t5\n"
    prices = data(("", "", ""))
    reading = read_holdings(text, known=["US", "UK"], prices_at={"US": 20.0, "UK": 200.0})
    shares = shares_from(reading, prices, RATES)
    assert shares is not None and shares.factors == {}
    table = shares.through_time(prices, RATES)
    for day in DAYS:
        assert table.loc[day].to_dict() == pytest.approx(drifted_weights(reading, prices, day).to_dict())


def test_the_table_s_own_prices_hold_on_the_last_day_and_move_with_the_data():
    text = "Ticker\tShares\tPrice\tCurrency\nUS\t3\t500\tUSD\nUK\t5\t2\tGBP\nCash\t100\t1\tUSD\n"
    reading = read_holdings(text, known=["US", "UK"], rates=RATES)
    assert reading.currency == "USD"
    assert reading.total_value == pytest.approx(1500.0 + 5 * 2 * 4.0 + 100.0)  # a pound is 4 dollars
    shares = shares_from(reading, data(), RATES)
    assert shares is not None
    assert shares.factors == pytest.approx({"US": 25.0, "UK": 1.0}, abs=1e-12) or shares.factors == {
        "US": 25.0
    }
    now = shares.values(data(), RATES, "USD")
    assert now.total == pytest.approx(reading.total_value) and now.weights == pytest.approx(reading.weights)
    before = shares.values(data(), RATES, "USD", day=DAYS[0])
    assert before.values["US"] == pytest.approx(750.0)  # half, as the data's price


def test_amounts_in_several_currencies_are_added_at_the_last_common_rate():
    text = "Ticker\tAmount\tCurrency\nSPY\t1000\tUSD\nDAX\t1000\tEUR\n"
    short = Rates(RATES.per_pivot.assign(USD=[1.0, 1.25, NAN]), "EUR", "test rates")
    reading = read_holdings(text, rates=short, base="EUR")
    assert reading.total_value == pytest.approx(1000 / 1.25 + 1000) and reading.currency == "EUR"
    assert "Amounts were converted: 1 USD = 0.8 EUR, test rates of 2024-01-03." in reading.notes
    # Without a base the first currency of the table; an answer goes before both.
    assert read_holdings(text, rates=short).total_value == pytest.approx(1000 + 1250)
    chosen = read_holdings(text, rates=short, base="EUR", answers=HoldingsAnswers(currency="GBP"))
    assert chosen.currency == "GBP" and chosen.total_value == pytest.approx(400 + 500)


def test_shares_valued_at_the_data_s_prices_are_in_the_data_s_currency():
    reading = read_holdings(
        "Ticker\tShares\nUS\t1\nUK\t10\n",
        known=data().assets,
        prices_at={"US": 20.0, "UK": 200.0},
        rates=RATES,
        base="EUR",
        day="2024-01-03",
    )
    # Of the day of the prices: a dollar is 0.8 EUR then, a pound 2 EUR, and UK is in pence.
    assert reading.total_value == pytest.approx(20 * 0.8 + 10 * 2.0 * 2.0)
    assert any("test rates of 2024-01-03" in note for note in reading.notes)


def test_an_amount_without_a_currency_among_several_is_said():
    text = "Ticker\tAmount\tCurrency\nSPY\t1000\tUSD\nDAX\t1000\tEUR\nOLD\t500\t\n"
    reading = read_holdings(text, rates=RATES, base="EUR")
    assert any("No currency is stated for OLD" in note and "taken as EUR" in note for note in reading.notes)


def test_one_currency_is_never_converted():
    text = "Ticker\tAmount\tCurrency\nSPY\t1000\tUSD\nBND\t1000\tUSD\n"
    reading = read_holdings(text, rates=RATES, base="EUR")
    assert (reading.total_value, reading.currency) == (2000.0, "USD")


def test_without_a_rate_it_is_still_asked():
    text = "Ticker\tAmount\tCurrency\nSPY\t1000\tAED\nDAX\t1000\tEUR\n"
    with pytest.raises(MissingDataError, match="in AED, EUR, which cannot be added up"):
        read_holdings(text, rates=ecb_rates(), base="EUR")


def test_only_shares_become_shares():
    weights = read_holdings("Ticker\tWeight\nUS\t60%\nUK\t40%\n", known=["US", "UK"])
    assert shares_from(weights, data(), RATES) is None
    amounts = read_holdings("Ticker\tAmount USD\nUS\t60\nUK\t40\n", known=["US", "UK"])
    assert shares_from(amounts, data(), RATES) is None


@pytest.mark.parametrize(
    ("shares", "error", "said"),
    [
        (Shares({"US": 0.0}), MissingDataError, "hold nothing"),
        (Shares({"NONE": 1.0}), AssetMismatchError, "Test has no NONE"),
        (Shares({"US": 1.0}, {"THB": 5.0}), MissingDataError, "none for THB"),
    ],
)
def test_shares_that_cannot_be_valued_are_refused(shares, error, said):
    with pytest.raises(error, match=said):
        shares.values(data(), RATES, "EUR")


def test_short_shares_without_their_cash_have_no_weights():
    short = Shares({"US": -1.0})
    with pytest.raises(MissingDataError, match="need a positive value"):
        _ = short.values(data(), RATES, "EUR").weights
    with pytest.raises(MissingDataError, match="no positive value on 2024-01-02"):
        short.through_time(data(), RATES, "EUR")
    with pytest.raises(MissingDataError, match="no price on 2023-12-29"):
        Shares({"US": 1.0}).values(data(), RATES, "EUR", day="2023-12-29")
