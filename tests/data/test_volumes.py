"""Volumes: carried by a price set, its recipe and the store, and averaged for the liquidity stress."""

import numpy as np
import pandas as pd
import pytest

from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.recipe import AdjustSplit, CutWindow, DropAsset, DropRows, Recipe, apply_recipe
from riskcore.data.store import open_store
from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.portfolio import Portfolio
from riskcore.stress.liquidity import liquidation

DAYS = pd.date_range("2024-01-01", periods=4, freq="B")
NAN = np.nan


def made(volumes: pd.DataFrame | None = None, **changes) -> PriceSet:
    frame = pd.DataFrame({"A": [10.0, 20, 10, 5], "B": [1.0, 1, 1, 1]}, index=DAYS)
    traded = pd.DataFrame({"A": [1.0, 2, 3, 6], "B": [NAN, 5, NAN, 7]}, index=DAYS)
    given = traded if volumes is None else volumes
    return PriceSet("t", "Test", frame, plain_assets(["A", "B"]), 252.0, "test", volumes=given, **changes)


def test_averages_by_hand():
    found = made().average_daily_volume(2)
    assert found.loc["A", ["shares", "value", "rows"]].tolist() == [4.5, 30.0, 2.0]
    assert found.loc["B", ["shares", "value", "rows"]].tolist() == [6.0, 6.0, 2.0]
    assert found.loc["B", "last"] == DAYS[3]
    # A longer window than there is: what there is.
    assert made().average_daily_volume(100).loc["A", ["shares", "value"]].tolist() == [3.0, 27.5]


def test_they_feed_the_liquidity_stress():
    value = made().average_daily_volume(2)["value"].to_dict()
    sold = liquidation(
        Portfolio("P", {"A": 0.5, "B": 0.5}), value=60.0, daily_volume=value, spread={"A": 0.0, "B": 0.01}
    )
    assert sold.days == pytest.approx(30.0 / (0.2 * 6.0))


def test_a_recipe_takes_them_along():
    prices = made()
    done, _ = apply_recipe(prices, Recipe((CutWindow(start="2024-01-02"), DropAsset("B"))))
    assert done.volumes is not None and done.volumes["A"].tolist() == [2.0, 3.0, 6.0]
    split, _ = apply_recipe(prices, Recipe((AdjustSplit("A", "2024-01-04", 0.5),)))
    assert split.prices["A"].tolist() == [5.0, 10.0, 5.0, 5.0]
    # What was traded in money is the same before and after.
    before, after = prices.prices["A"] * prices.volumes["A"], split.prices["A"] * split.volumes["A"]
    assert np.allclose(before, after)
    rows, _ = apply_recipe(prices, Recipe((DropRows((DAYS[1].date().isoformat(),)),)))
    assert rows.volumes is not None and rows.volumes["A"].tolist() == [1.0, 3.0, 6.0]


def test_the_store_brings_them_back_bit_for_bit(tmp_path):
    prices = made()
    with open_store(home=tmp_path) as store:
        store.price_sets.save(prices)
        back = store.price_sets.load("t")
        plain = PriceSet("p", "Plain", prices.prices, prices.assets, 252.0, "test")
        store.price_sets.save(plain)
        assert store.price_sets.load("p").volumes is None
    assert back.fingerprint == prices.fingerprint
    pd.testing.assert_frame_equal(back.volumes, prices.volumes, check_freq=False)


def test_they_are_part_of_the_content_and_cannot_be_changed():
    assert made().fingerprint != made(pd.DataFrame(1.0, index=DAYS, columns=["A", "B"])).fingerprint
    with pytest.raises(ValueError, match="read-only"):
        made().volumes.to_numpy()[0, 0] = 9.0


@pytest.mark.parametrize(
    ("volumes", "error", "said"),
    [
        (pd.DataFrame({"A": [1.0] * 4}, index=DAYS), AssetMismatchError, "same dates and assets"),
        (pd.DataFrame(1.0, index=DAYS[:3], columns=["A", "B"]), AssetMismatchError, "same dates"),
        (pd.DataFrame(-1.0, index=DAYS, columns=["A", "B"]), InputError, "A has the volume -1 on 2024-01-01"),
        (pd.DataFrame(np.inf, index=DAYS, columns=["A", "B"]), InputError, "A has the volume inf"),
    ],
)
def test_volumes_that_do_not_fit_are_refused(volumes, error, said):
    with pytest.raises(error, match=said):
        made(volumes)


def test_averages_that_do_not_exist_are_refused():
    plain = PriceSet("p", "Plain", made().prices, made().assets, 252.0, "test")
    with pytest.raises(MissingDataError, match="Plain has no volumes"):
        plain.average_daily_volume()
    for window in (0, -1, 2.5, True):
        with pytest.raises(InputError, match="whole number of rows"):
            made().average_daily_volume(window)
