"""Stresses, limits, baskets and other small things saved by kind, on SQLite and on PostgreSQL."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from riskcore.data.store import open_store
from riskcore.errors import InputError, StoreError

CONTENT = {"Z": 1 / 3, "A": [None, True, "基金", {"deep": 1e-300}], "é": -0.0}


def test_what_is_kept_is_there_when_the_store_is_opened_again(where):
    with open_store(**where) as store:
        before = datetime.now(UTC)
        saved = store.kept.save("stress", "Oil 2026 🚀", CONTENT, note="first\nline", author="Ann")
    with open_store(**where) as store:
        found = store.kept.load("stress", "Oil 2026 🚀")
        assert found == saved
        assert json.dumps(dict(found.content)) == json.dumps(CONTENT)
        assert (found.kind, found.name, found.version) == ("stress", "Oil 2026 🚀", 1)
        assert (found.note, found.author) == ("first\nline", "Ann")
        assert timedelta(0) <= found.saved_at - before < timedelta(seconds=30)
        assert store.kept.load("stress", saved.key) == store.kept.find("stress", "Oil 2026 🚀") == saved
        assert store.kept.find("stress", "oil 2026 🚀") is None
        with pytest.raises(TypeError):
            found.content["Z"] = 0.0


def test_a_change_makes_a_version_and_the_same_again_makes_none(store):
    first = store.kept.save("limits", "Mine", {"volatility": 0.1}, note="n", author="Ann")
    assert store.kept.save("limits", "Mine", {"volatility": 0.1}, note="n", author="Bob") == first
    second = store.kept.save("limits", "Mine", {"volatility": 0.2}, note="n")
    third = store.kept.save("limits", "Mine", {"volatility": 0.2}, note="why")
    assert [k.version for k in (first, second, third)] == [1, 2, 3]
    assert store.kept.versions(first.key) == (third, second, first)
    assert store.kept.load("limits", "Mine", 1) == first
    assert store.kept.all("limits") == (third,)


def test_kinds_do_not_see_each_other(store):
    stress = store.kept.save("stress", "Mine", {"x": 1})
    basket = store.kept.save("basket", "Mine", {"x": 2})
    assert stress.key != basket.key
    assert store.kept.all("stress") == (stress,)
    assert store.kept.all("basket") == (basket,)
    assert store.kept.all("crisis") == ()
    with pytest.raises(InputError, match="no saved basket"):
        store.kept.load("basket", stress.key)
    store.kept.delete(stress.key)
    assert store.kept.all("stress") == ()
    assert store.kept.all("basket") == (basket,)
    assert [k.key for k in store.kept.all("stress", deleted=True)] == [stress.key]
    assert store.kept.all("basket", deleted=True) == ()


def test_renamed_deleted_and_restored_beside_a_newer_one(store):
    old = store.kept.save("crisis", "1998", {"from": "1998-07-17"})
    other = store.kept.save("crisis", "1987", {})
    store.kept.rename(old.key, "LTCM")
    assert store.kept.load("crisis", "LTCM").content == old.content
    with pytest.raises(InputError, match="“1987” exists already; choose another name"):
        store.kept.rename(old.key, "1987")
    store.kept.delete(old.key)
    assert store.kept.load("crisis", old.key).deleted_at is not None
    new = store.kept.save("crisis", "LTCM", {"from": "1998-08-17"})
    assert new.key != old.key
    with pytest.raises(InputError, match="“LTCM” exists already"):
        store.kept.restore(old.key)
    store.kept.restore(old.key, "LTCM, first form")
    assert {k.name for k in store.kept.all("crisis")} == {"LTCM", "LTCM, first form", other.name}


def test_the_last_saved_comes_first(store):
    for name in "abc":
        store.kept.save("stress", name, {})
    store.kept.save("stress", "a", {"changed": True})
    assert [k.name for k in store.kept.all("stress")] == ["a", "c", "b"]


def test_two_threads_saving_one_name_make_versions_and_not_two_entries(where):
    with open_store(**where) as store:

        def work(me):
            for n in range(10):
                store.kept.save("limits", "shared", {"n": n, "me": me})

        threads = [threading.Thread(target=work, args=(me,)) for me in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (shared,) = store.kept.all("limits")
        contents = [dict(k.content) for k in store.kept.versions(shared.key)]
        assert len(contents) == 20
        assert all({"n": n, "me": me} in contents for n in range(10) for me in "ab")


@pytest.mark.parametrize("table", ["documents", "document_versions"])
def test_what_was_changed_behind_the_store_is_noticed(store, table):
    store.kept.save("limits", "Mine", {"volatility": 0.1})
    change = {"documents": "kind = 'stress'", "document_versions": "content = '{\"volatility\": 0.9}'"}
    with store.portfolios._database.saving("x") as connection:
        connection.execute(text(f"UPDATE {table} SET {change[table]}"))
    with pytest.raises(StoreError, match="“Mine” is not what was saved"):
        store.kept.all("stress" if table == "documents" else "limits")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda s, key: s.load("stress", "none"), "There is no saved stress “none”; choose one of the list"),
        (lambda s, key: s.load("stress", "Mine", 2), "“Mine” has no version 2"),
        (lambda s, key: s.versions("x"), "There is no saved entry with the key “x”"),
        (lambda s, key: s.rename("x", "y"), "There is no saved entry with the key “x”"),
        (lambda s, key: s.delete("x"), "There is no saved entry"),
        (lambda s, key: s.restore(key), "“Mine” is not deleted"),
        (lambda s, key: s.save("Stress", "y", {}), "A kind is one word of small letters"),
        (lambda s, key: s.save("two words", "y", {}), "A kind is one word"),
        (lambda s, key: s.all(""), "A kind is one word"),
        (lambda s, key: s.find(7, "x"), "A kind is one word"),
        (lambda s, key: s.save("stress", " ", {}), "blank"),
        (lambda s, key: s.save("stress", "y", {"a": float("nan")}), "content, a is nan"),
        (lambda s, key: s.save("stress", "y", {"a": {1: 2}}), "content, a has the key 1"),
        (lambda s, key: s.save("stress", "y", {"a": object()}), "content, a is a object"),
        (lambda s, key: s.save("stress", "y", {}, note="a\0b"), "The note holds characters"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_changes(store, call, sentence):
    mine = store.kept.save("stress", "Mine", {"x": 1})
    with pytest.raises(InputError, match=sentence):
        call(store.kept, mine.key)
    assert store.kept.all("stress") == (mine,)
    assert store.kept.all("stress", deleted=True) == ()
