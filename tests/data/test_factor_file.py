"""A factor file beside prices: the dates both have, nothing filled, or a sentence."""

import numpy as np
import pandas as pd
import pytest

from riskcore.data.factor_file import join_factors
from riskcore.data.files import Answers, load_prices
from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.errors import AssetMismatchError, MissingDataError

DAYS = pd.date_range("2024-01-01", periods=60, freq="B")


def made(names, days=DAYS, seed=0):
    steps = np.random.default_rng(seed).normal(0, 0.01, (len(days), len(names)))
    frame = pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index=days, columns=names)
    return PriceSet("made", "made.csv", frame, plain_assets(names), 252.0, "example", default_index=names[0])


def test_factors_stand_beside_the_prices_on_common_dates():
    prices, factors = made(["SPY", "BND"]), made(["VALUE"], DAYS.delete([10, 20]), 1)
    joined, names = join_factors(prices, factors)
    assert names == ("VALUE",)
    assert joined.tickers == ("SPY", "BND", "VALUE")
    assert joined.default_index == "SPY"
    assert "2 dates without factors in made.csv are left out." in joined.notes
    found = joined.scenarios(["SPY", "VALUE"])
    # The day before the gap to the day after it: both returns run over the same two days.
    raw = prices.prices["SPY"]
    assert found.frame.loc[DAYS[11], "SPY"] == pytest.approx(raw.iloc[11] / raw.iloc[9] - 1)


def test_a_file_of_returns_gives_its_returns_back():
    lines = [f"{day:%Y-%m-%d},{0.001 * (i % 7 - 3):.4f}" for i, day in enumerate(DAYS)]
    factors = load_prices(("Date,HML\n" + "\n".join(lines)).encode(), "returns.csv", Answers(kind="returns"))
    joined, (name,) = join_factors(made(["SPY"]), factors)
    got = joined.scenarios([name]).frame[name]
    expected = pd.Series([0.001 * (i % 7 - 3) for i in range(60)], index=DAYS)
    np.testing.assert_allclose(got, expected[got.index], atol=1e-12)


@pytest.mark.parametrize(
    "days", [DAYS[::5], pd.date_range("2027-01-01", periods=60, freq="B")], ids=["weekly", "elsewhere"]
)
def test_factors_on_other_dates_are_refused(days):
    with pytest.raises(MissingDataError, match="Bring factors as often as the prices"):
        join_factors(made(["SPY"]), made(["VALUE"], days))


def test_a_name_twice_is_refused():
    with pytest.raises(AssetMismatchError, match="both have SPY; rename it in the file"):
        join_factors(made(["SPY"]), made(["SPY", "VALUE"]))
