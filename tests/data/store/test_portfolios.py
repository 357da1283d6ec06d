"""Saved portfolios, on SQLite and on PostgreSQL."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskcore.data.store import open_store
from riskcore.errors import InputError, MissingDataError

WEIGHTS = {"SPY": 0.6, "BND": 0.4}


def test_what_is_saved_is_there_when_the_store_is_opened_again(where):
    positions = {"Z": 1 / 3, "A": -0.1, "Ünïcode 基金": 1e-17}
    with open_store(**where) as store:
        before = datetime.now(UTC)
        saved = store.portfolios.save(
            "Mine", positions, details={"currency": "EUR", "value": 1e6}, note="first\nline", author="Ann"
        )
    with open_store(**where) as store:
        found = store.portfolios.load(saved.key)
        assert found == saved
        assert list(found.positions.items()) == list(positions.items())
        assert found.portfolio().weights.to_dict() == positions
        assert (found.name, found.version, found.kind) == ("Mine", 1, "weights")
        assert (found.note, found.author, found.details["value"]) == ("first\nline", "Ann", 1e6)
        assert timedelta(0) <= found.saved_at - before < timedelta(seconds=30)
        assert store.portfolios.find("Mine") == saved
        assert store.portfolios.find("mine") is None
        assert store.messages == ()


def test_a_change_makes_a_version_and_overwrites_none(store):
    first = store.portfolios.save("Mine", WEIGHTS, note="first", author="Ann")
    second = store.portfolios.save("Mine", {"SPY": 100.0}, kind="shares", note="second", author="Bob")
    third = store.portfolios.save("Mine", WEIGHTS, note="back")
    assert [v.version for v in (first, second, third)] == [1, 2, 3]
    assert store.portfolios.versions(first.key) == (third, second, first)
    assert store.portfolios.load(first.key, 1) == first
    assert store.portfolios.load(first.key, 2) == second
    assert store.portfolios.all() == (third,)


def test_saving_the_same_again_makes_no_version(store):
    first = store.portfolios.save("Mine", WEIGHTS, note="n", author="Ann")
    assert store.portfolios.save("Mine", WEIGHTS, note="n", author="Bob") == first
    assert store.portfolios.save("Mine", dict(reversed(WEIGHTS.items())), note="n").version == 2


def test_renamed_duplicated_deleted_and_restored(store):
    shelf = store.portfolios
    mine = shelf.save("Mine", WEIGHTS, note="n", author="Ann")
    shelf.rename(mine.key, "mine ")
    assert [p.name for p in shelf.all()] == ["mine "]
    copy = shelf.duplicate(mine.key, "Mine", author="Bob")
    assert copy.key != mine.key
    assert (copy.name, copy.version, copy.author, copy.positions) == ("Mine", 1, "Bob", WEIGHTS)
    shelf.delete(mine.key)
    assert [p.key for p in shelf.all()] == [copy.key]
    (gone,) = shelf.all(deleted=True)
    assert gone.key == mine.key
    assert gone.deleted_at is not None
    assert shelf.load(mine.key).positions == WEIGHTS
    shelf.restore(mine.key)
    assert {p.name for p in shelf.all()} == {"Mine", "mine "}
    assert shelf.all(deleted=True) == ()


def test_a_name_that_was_deleted_can_be_used_again_and_the_old_one_restored_beside_it(store):
    shelf = store.portfolios
    old = shelf.save("Mine", WEIGHTS)
    shelf.delete(old.key)
    new = shelf.save("Mine", {"SPY": 1.0})
    assert new.key != old.key
    with pytest.raises(InputError, match=r"“Mine” exists already; choose another name. Nothing was changed"):
        shelf.restore(old.key)
    assert shelf.load(old.key).deleted_at is not None
    shelf.restore(old.key, "Mine of yesterday")
    assert {p.name: p.positions for p in shelf.all()} == {"Mine": {"SPY": 1.0}, "Mine of yesterday": WEIGHTS}


def test_a_taken_name_is_refused_and_nothing_changes(store):
    shelf = store.portfolios
    a, b = shelf.save("A", WEIGHTS), shelf.save("B", WEIGHTS)
    for refused in (
        lambda: shelf.rename(a.key, "B"),
        lambda: shelf.duplicate(a.key, "B"),
    ):
        with pytest.raises(InputError, match="“B” exists already"):
            refused()
    assert {p.key: p.name for p in shelf.all()} == {a.key: "A", b.key: "B"}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda s, key: s.load("no such key"), "There is no saved portfolio with the key “no such key”"),
        (lambda s, key: s.load(key, 2), "“Mine” has no version 2"),
        (lambda s, key: s.versions("x"), "There is no saved portfolio"),
        (lambda s, key: s.duplicate("x", "y"), "There is no saved portfolio"),
        (lambda s, key: s.delete("x"), "There is no saved portfolio"),
        (lambda s, key: s.restore(key), "“Mine” is not deleted"),
        (lambda s, key: (s.delete(key), s.delete(key)), "“Mine” is deleted; restore it first"),
        (lambda s, key: (s.delete(key), s.rename(key, "z")), "“Mine” is deleted; restore it first"),
        (lambda s, key: s.save("x", {}), "at least one position"),
        (lambda s, key: s.save("x", {"A": math.nan}), "“A” is nan"),
        (lambda s, key: s.save("x", {"A": math.inf}), "“A” is inf"),
        (lambda s, key: s.save("x", {"A": "much"}), "“A” is no number"),
        (lambda s, key: s.save("x", {" ": 1.0}), "is no name"),
        (lambda s, key: s.save("x", {7: 1.0}), "is no name"),
        (lambda s, key: s.save("x", WEIGHTS, kind="euros"), "weights or shares, not 'euros'"),
        (lambda s, key: s.save("x", WEIGHTS, note="a\0b"), "The note holds characters"),
        (lambda s, key: s.save("x", WEIGHTS, note="n" * 10_001), "The note has 10,001 characters"),
        (lambda s, key: s.save("x", WEIGHTS, author=b"Ann"), "The author must be text"),
        (lambda s, key: s.save("x", WEIGHTS, details={"a": [1, math.nan]}), "details, a, item 2 is nan"),
        (lambda s, key: s.save("x", WEIGHTS, details={"a": {1: 2}}), "details, a has the key 1"),
        (
            lambda s, key: s.save("x", WEIGHTS, details={"when": datetime.now(UTC)}),
            "details, when is a datet",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_changes(store, call, sentence):
    mine = store.portfolios.save("Mine", WEIGHTS)
    with pytest.raises((InputError, MissingDataError), match=sentence):
        call(store.portfolios, mine.key)
    everything = (*store.portfolios.all(), *store.portfolios.all(deleted=True))
    assert [(p.key, p.name, p.version) for p in everything] == [(mine.key, "Mine", 1)]


def test_shares_are_no_weights(store):
    held = store.portfolios.save("Held", {"SPY": 12.0}, kind="shares")
    with pytest.raises(InputError, match="“Held” holds shares; multiply them by prices"):
        held.portfolio()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    positions=st.dictionaries(
        st.text(min_size=1).filter(str.strip), st.floats(allow_nan=False, allow_infinity=False), min_size=1
    )
)
def test_any_label_and_any_number_come_back_bit_for_bit(store, positions):
    saved = store.portfolios.save("Any", positions)
    found = store.portfolios.load(saved.key).positions
    assert list(found) == list(positions)
    assert [v.hex() for v in found.values()] == [float(v).hex() for v in positions.values()]
