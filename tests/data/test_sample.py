"""The bundled samples are what they claim to be."""

import csv
import gzip
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from riskcore.data.crises import crisis_table, load_crises
from riskcore.data.price_set import infer_periods_per_year
from riskcore.data.sample import DEFAULT_SAMPLE, SAMPLES, load_sample, sample_text
from riskcore.errors import InputError

FOLDER = files("riskcore.data") / "samples"


def move(prices: pd.DataFrame, asset: str, start: str, end: str) -> float:
    return prices.loc[end, asset] / prices.loc[start, asset] - 1


@pytest.mark.parametrize(
    ("key", "rows", "assets", "first", "last"),
    [
        ("global", 4648, 12, "2007-07-30", "2026-01-16"),
        ("us", 5785, 20, "2000-01-03", "2022-12-28"),
        ("india", 3779, 6, "2007-09-17", "2023-01-12"),
    ],
)
def test_size_span_and_metadata(key, rows, assets, first, last):
    data = load_sample(key)
    assert data.prices.shape == (rows, assets)
    assert (data.prices.index[0], data.prices.index[-1]) == (pd.Timestamp(first), pd.Timestamp(last))
    assert infer_periods_per_year(data.prices.index) == data.periods_per_year == 252
    assert set(data.assets["asset_class"]) <= {"Equity", "Bonds", "Commodity", "Crypto", "Currency"}
    assert (data.assets[["name", "region", "currency", "kind"]] != "").all().all()
    assert data.source == "educational sample" and any("not investment data" in n for n in data.notes)
    assert load_sample(key) is data


def test_default_sample_and_defaults():
    assert DEFAULT_SAMPLE == "global" and set(SAMPLES) == {"global", "us", "india"}
    data = load_sample()
    assert data.default_assets == ("SPY", "QQQ", "FTSE100", "NIKKEI225", "HANGSENG", "BND", "GOLD")
    assert data.default_index == "SPY"
    assert load_sample("us").default_index is None and len(load_sample("us").default_assets) == 20
    assert load_sample("india").default_index == "NIFTY50"
    assert "NIFTY50" not in load_sample("india").default_assets
    assert load_sample("us").assets.loc["XOM", "sector"] == "Energy"
    assert any("urvivorship" in note for note in load_sample("us").notes)


def test_stored_numbers_are_read_exactly():
    with gzip.open(FOLDER / "global_2007_2026.csv.gz", "rt") as handle:
        rows = list(csv.reader(handle))
    prices = load_sample().prices
    expected = np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in rows[1:]])
    np.testing.assert_array_equal(prices.to_numpy(), expected)
    assert list(prices.columns) == rows[0][1:]


def test_covid_in_spy():
    assert move(load_sample().prices, "SPY", "2020-02-19", "2020-03-23") == pytest.approx(-0.3372, abs=5e-5)
    s = load_sample().scenarios(["SPY"], "2020-02-19", "2020-03-23")
    assert np.prod(1 + s.returns) - 1 == pytest.approx(-0.3372, abs=5e-5)
    assert s.count == 23


def test_bitcoin_costs_seven_years_of_common_history():
    data = load_sample()
    assert data.scenarios(data.default_assets).count == 4647
    assert data.shortened_by(data.default_assets) == []
    [(asset, first, years)] = data.shortened_by(["SPY", "BTC", "GOLD"])
    assert (asset, first) == ("BTC", pd.Timestamp("2014-09-17"))
    assert years == pytest.approx(7.1, abs=0.05)
    both = data.scenarios(["SPY", "BTC"])
    assert both.index[0] == pd.Timestamp("2014-09-18")
    assert both.count == (data.prices.index > "2014-09-17").sum()


@pytest.mark.parametrize("asset", ["SPY", "BND", "GOLD", "NIKKEI225", "HANGSENG", "FTSE100", "BTC"])
def test_crisis_table_is_reproduced_by_the_prices(asset):
    """The table was computed from the same closes; each move must come out to the printed 0.01 points."""
    prices = load_sample().prices
    column = {"SPY": "SPY_total_return_pct"}.get(asset, f"{asset}_pct")
    checked = 0
    for row in crisis_table().itertuples():
        printed = getattr(row, column)
        if row.peak < prices.index[0] or np.isnan(printed):
            continue
        assert 100 * move(prices, asset, row.peak, row.trough) == pytest.approx(printed, abs=0.011), row.event
        checked += 1
    assert checked >= (11 if asset == "BTC" else 17)


def test_crises_are_dated_in_order_with_distinct_names():
    crises = load_crises()
    assert len(crises) == len({c.short for c in crises}) == len({c.event for c in crises}) == 21
    assert all(c.start < c.end for c in crises)
    assert [c.start for c in crises] == sorted(c.start for c in crises)
    assert all(len(c.short) <= 14 for c in crises)
    dates = load_sample().prices.index
    covered = [c.short for c in crises if c.covered_by(dates)]
    assert len(covered) == 17 and "Dot-com 2000" not in covered and "2008" in covered
    assert not crises[0].covered_by(dates[:0])
    assert all(c.start in dates and c.end in dates for c in crises if c.covered_by(dates))


def test_what_is_handed_out_cannot_spoil_what_is_kept():
    load_crises().clear()
    crisis_table().pop("event")
    assert len(load_crises()) == 21 and "event" in crisis_table()


def test_files_are_small_licensed_and_free_of_machine_paths():
    names = [f.name for f in FOLDER.iterdir()]
    # Three samples and the daily ECB rates; what is installed with the library stays a small download.
    assert sum(len((FOLDER / name).read_bytes()) for name in names) < 1_200_000
    packages = pd.read_csv(FOLDER / "assets.csv", keep_default_na=False)["package"].str.split(" ").str[0]
    for package in packages.unique():
        stem = package.lower().replace("-", "_")
        assert any(n.startswith(f"LICENSE-{stem}") for n in names), package
    for name in names:
        raw = (FOLDER / name).read_bytes()
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
        assert not any(mark in text for mark in ("/work", "/home", "/tmp", "../", "C:\\")), name


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="no sample called mars; choose global, us, india"):
        load_sample("mars")
    for name in ("../sample.py", "nothing.csv", "/etc/passwd"):
        with pytest.raises(InputError, match="no file"):
            sample_text(name)
