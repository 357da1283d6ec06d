"""Saved price sets and snapshots, on SQLite and on PostgreSQL."""

import json
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from riskcore.data.price_set import PriceSet
from riskcore.data.sample import SAMPLES, load_sample
from riskcore.data.store import open_store
from riskcore.errors import InputError, StoreError


def assert_same(found: PriceSet, expected: PriceSet):
    """Every field, bit for bit."""
    for field in fields(PriceSet):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(other, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)
        else:
            assert one == other, field.name
    assert found.prices.to_numpy().tobytes() == expected.prices.to_numpy().tobytes()
    assert found.fingerprint == expected.fingerprint


def test_a_price_set_comes_back_whole(where, prices):
    recipe = {"source": "upload", "steps": [{"fill": 3, "assets": ["date"]}, None], "share": 0.1}
    fetched = datetime(2026, 11, 20, 18, 0, tzinfo=timezone(timedelta(hours=1)))
    with open_store(**where) as store:
        saved = store.price_sets.save(prices, recipe=recipe, fetched_at=fetched, note="n", author="Ann")
    with open_store(**where) as store:
        assert_same(store.price_sets.load("upload-1"), prices)
        assert store.price_sets.about("upload-1") == saved
        assert (saved.recipe, saved.fetched_at, saved.fingerprint) == (recipe, fetched, prices.fingerprint)
        assert (saved.rows, saved.tickers, saved.first, saved.last) == (
            4,
            prices.tickers,
            "2024-01-02",
            "2024-01-08",
        )


@pytest.mark.parametrize("key", SAMPLES)
def test_the_bundled_samples_come_back_whole(file_store, key):
    file_store.price_sets.save(load_sample(key))
    assert_same(file_store.price_sets.load(key), load_sample(key))


def test_another_content_under_the_same_key_is_another_version(store, prices):
    changed = replace(prices, prices=prices.prices * 2.0, notes=())
    first = store.price_sets.save(prices)
    assert store.price_sets.save(prices) == first
    second = store.price_sets.save(changed)
    third = store.price_sets.save(changed, recipe={"step": 1})
    assert [s.version for s in (first, second, third)] == [1, 2, 3]
    assert store.price_sets.versions("upload-1") == (third, second, first)
    assert store.price_sets.all() == (third,)
    assert_same(store.price_sets.load("upload-1", 1), prices)
    assert_same(store.price_sets.load("upload-1"), changed)


def test_renamed_duplicated_deleted_and_restored(store, prices):
    shelf = store.price_sets
    shelf.save(prices, name="Mine")
    assert_same(shelf.load("upload-1"), replace(prices, label="Mine"))
    shelf.rename("upload-1", "Other")
    copy, another = (shelf.duplicate("upload-1", "Copy") for _ in range(2))
    assert (copy.key, another.key) == ("upload-1-2", "upload-1-3")
    assert_same(shelf.load(copy.key), replace(prices, key="upload-1-2", label="Copy"))
    shelf.delete("upload-1")
    assert {s.key for s in shelf.all()} == {copy.key, another.key}
    assert [s.name for s in shelf.all(deleted=True)] == ["Other"]
    assert_same(shelf.load("upload-1"), replace(prices, label="Other"))
    shelf.restore("upload-1")
    assert {s.name for s in shelf.all()} == {"Other", "Copy"}
    shelf.delete("upload-1")
    assert shelf.save(prices).deleted_at is None
    assert shelf.all(deleted=True) == ()


def test_numbers_saved_twice_are_kept_once(store, prices):
    for name in ("A", "B", "C"):
        store.price_sets.save(replace(prices, key=name))
    with store.price_sets._database.reading("x") as connection:
        assert connection.scalar(text("SELECT count(*) FROM price_contents")) == 1


def test_what_would_not_come_back_is_refused(file_store, prices):
    assets = prices.assets.copy()
    assets["sector"] = pd.Series([7, "x", "y"], index=assets.index, dtype=object)
    with pytest.raises(StoreError, match="was not saved: written and read back it would not be the same"):
        file_store.price_sets.save(replace(prices, assets=assets))
    assets["sector"] = pd.Series([np.nan, "x", "y"], index=assets.index, dtype=object)
    with pytest.raises(InputError, match="assets, sector, item 1 is nan"):
        file_store.price_sets.save(replace(prices, assets=assets))
    assert file_store.price_sets.all() == ()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda s, p: s.load("upload-2"), "no saved price set with the key “upload-2”"),
        (lambda s, p: s.load("upload-1", 9), "has no version 9"),
        (lambda s, p: s.about("nothing"), "no saved price set"),
        (lambda s, p: s.save(p, fetched_at=datetime(2026, 1, 1)), "no time zone"),
        (lambda s, p: s.save(p, recipe={"x": {1, 2}}), "recipe, x is a set"),
        (lambda s, p: s.save(replace(p, key="\n")), "key is blank"),
        (lambda s, p: s.duplicate("nothing", "x"), "no saved price set"),
    ],
)
def test_what_cannot_be_done_is_refused(store, prices, call, sentence):
    store.price_sets.save(prices)
    with pytest.raises(InputError, match=sentence):
        call(store.price_sets, prices)
    assert [s.version for s in store.price_sets.all()] == [1]


def test_changed_numbers_are_noticed(store, prices):
    store.price_sets.save(prices)
    with store.price_sets._database.saving("x") as connection:
        connection.execute(text("UPDATE price_contents SET content = :new"), {"new": b"PAR1"})
    with pytest.raises(StoreError, match="“My file, 2024” is not what was saved: its numbers are damaged"):
        store.price_sets.load("upload-1")


CONTENT = {"A": {"weights": {"SPY": 0.6}, "cvar": 0.1 + 0.2, "notes": ["ü", None, True]}, "rows": 10**30}


def test_a_snapshot_stays_as_it_was_frozen(where):
    with open_store(**where) as store:
        frozen = [
            store.snapshots.freeze("Committee", CONTENT, schema_version=2, note="passed", author="Ann"),
            store.snapshots.freeze("Committee", {}, schema_version=2),
        ]
    with open_store(**where) as store:
        assert [store.snapshots.load(s.key) for s in frozen] == frozen
        assert store.snapshots.all() == tuple(reversed(frozen))
        first = store.snapshots.load(frozen[0].key)
        assert json.dumps(first.content) == json.dumps(CONTENT)
        assert (first.title, first.schema_version, first.note, first.author) == (
            "Committee",
            2,
            "passed",
            "Ann",
        )


def test_a_snapshot_changed_behind_the_store_is_noticed(store):
    frozen = store.snapshots.freeze("Committee", CONTENT, schema_version=1)
    with store.portfolios._database.saving("x") as connection:
        connection.execute(text("UPDATE snapshots SET title = 'Other'"))
    with pytest.raises(StoreError, match="“Other” is not what was saved"):
        store.snapshots.load(frozen.key)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda s: s.freeze("T", {"x": float("inf")}, schema_version=1), "snapshot, x is inf"),
        (lambda s: s.freeze("T", {"x": b"raw"}, schema_version=1), "snapshot, x is a bytes"),
        (lambda s: s.freeze("T", {}, schema_version=0), "at least 1, got 0"),
        (lambda s: s.load("nothing"), "no snapshot with the key “nothing”"),
    ],
)
def test_what_cannot_be_frozen_or_found_is_refused(file_store, call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(file_store.snapshots)
    assert file_store.snapshots.all() == ()
