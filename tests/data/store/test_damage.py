"""Damaged, missing, locked and foreign files: set aside, restored, or refused, and always said."""

import random
import shutil
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskcore.data.sample import load_sample
from riskcore.data.store import backups as backups_module
from riskcore.data.store import open_store
from riskcore.data.store.backups import KEPT, Backups
from riskcore.data.store.recovery import alone
from riskcore.errors import StoreError

BACKED_UP = {f"P{n}": {"A": float(n), "B": 1 / 3} for n in range(40)}
LATER = {"saved after the backup": {"A": 77.0}}


def fill(home, *, later=True):
    """Save, back up, save one more, and leave as a killed process does: without a last backup."""
    with open_store(home=home) as store:
        for name, positions in BACKED_UP.items():
            store.portfolios.save(name, positions)
        store.snapshots.freeze("S", {"x": 1}, schema_version=1)
        store.kept.save("limits", "L", {"volatility": 0.15})
        store.price_sets.save(load_sample("india"))
    if later:
        with open_store(home=home) as store:
            for name, positions in LATER.items():
                store.portfolios.save(name, positions)
            store._unsaved = False


def found_in(store):
    return {p.name: dict(p.positions) for p in store.portfolios.all()}


def overwrite(file, start, data):
    with file.open("r+b") as handle:
        handle.seek(start)
        handle.write(data)


def flip_a_position(file):
    """Change one digit inside a saved text: a damage that SQLite itself does not notice."""
    raw = file.read_bytes()
    overwrite(file, raw.index(b'{"A": 7.0') + 7, b"8")


def flip_a_price(file):
    with closing(sqlite3.connect(file)) as connection:
        (content,) = connection.execute("SELECT content FROM price_contents").fetchone()
    overwrite(file, file.read_bytes().index(content[9000:9016]), b"\xff" * 8)


DAMAGES = {
    "header": lambda f: overwrite(f, 0, b"\0" * 100),
    "first page": lambda f: overwrite(f, 0, random.Random(1).randbytes(4096)),
    "one page in the middle": lambda f: overwrite(f, 5 * 4096, b"\xff" * 4096),
    "half is missing": lambda f: f.open("r+b").truncate(f.stat().st_size // 2),
    "the end is missing": lambda f: f.open("r+b").truncate(f.stat().st_size - 1),
    "not a database": lambda f: f.write_text("name,weight\nSPY,0.6\n" * 500),
    "zero length": lambda f: f.open("r+b").truncate(0),
    "noise": lambda f: f.write_bytes(random.Random(2).randbytes(50_000)),
    "one digit": flip_a_position,
    "one price": flip_a_price,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_set_aside_and_what_was_saved_is_restored_and_said(tmp_path, damage):
    fill(tmp_path)
    file = tmp_path / "riskcore.sqlite"
    damage(file)
    raw = file.read_bytes()
    with open_store(home=tmp_path) as store:
        (message,) = store.messages
        found = found_in(store)
        assert {name: found.get(name) for name in BACKED_UP} == BACKED_UP
        assert {name: p for name, p in found.items() if name not in BACKED_UP}.items() <= LATER.items()
        assert [s.content for s in store.snapshots.all()] == [{"x": 1}]
        assert [k.content for k in store.kept.all("limits")] == [{"volatility": 0.15}]
        assert store.price_sets.load("india").fingerprint == load_sample("india").fingerprint
        (aside,) = tmp_path.glob("riskcore.damaged-*.sqlite")
        assert aside.read_bytes() == raw
        assert aside.name in message
        assert str(file) in message
        assert "was restored" in message
        assert ("recovered from the damaged file" in message) == (set(found) > set(BACKED_UP))
        store.portfolios.save("new", {"A": 1.0})
    with open_store(home=tmp_path) as store:
        assert store.messages == ()
        assert found_in(store) == found | {"new": {"A": 1.0}}


@pytest.mark.parametrize("damage", ["one digit", "one price", "one page in the middle"])
def test_what_is_newer_than_the_backup_is_recovered_from_what_can_be_read(tmp_path, damage):
    fill(tmp_path)
    DAMAGES[damage](tmp_path / "riskcore.sqlite")
    with open_store(home=tmp_path) as store:
        assert found_in(store) == BACKED_UP | LATER
        # A portfolio is two entries: its name, and its first version.
        assert "and 2 newer entries were recovered from the damaged file." in store.messages[0]


def test_without_a_backup_whole_rows_are_recovered_and_changed_ones_are_not_passed_off_as_saved(tmp_path):
    fill(tmp_path)
    shutil.rmtree(tmp_path / "backups")
    flip_a_position(tmp_path / "riskcore.sqlite")
    with open_store(home=tmp_path) as store:
        found = found_in(store)
        assert found == {name: p for name, p in (BACKED_UP | LATER).items() if name != "P7"}
        assert "There was no backup of it, so a new one was begun" in store.messages[0]


def test_without_a_backup_rows_on_both_sides_of_a_damaged_page_are_recovered(tmp_path):
    with open_store(home=tmp_path) as store:
        for n in range(300):
            store.portfolios.save(f"P{n}", {"A": float(n)}, note="n" * 200)
    shutil.rmtree(tmp_path / "backups")
    file = tmp_path / "riskcore.sqlite"
    page = file.read_bytes().index(b'{"A": 150.0}') // 4096
    overwrite(file, page * 4096, b"\0" * 4096)
    with open_store(home=tmp_path) as store:
        numbers = {int(name[1:]) for name in found_in(store)}
        assert {*range(100), *range(200, 300)} <= numbers
        assert 150 not in numbers
        assert store.portfolios.save("P150", {"A": 1.0}).version == 1


def test_a_file_that_is_gone_comes_back_from_its_backup(tmp_path):
    fill(tmp_path, later=False)
    (tmp_path / "riskcore.sqlite").unlink()
    with open_store(home=tmp_path) as store:
        assert found_in(store) == BACKED_UP
        assert "is gone. Its backup of 20" in store.messages[0]


def test_a_change_that_sqlite_does_not_notice_never_gets_into_a_backup(tmp_path):
    fill(tmp_path, later=False)
    with open_store(home=tmp_path) as store:
        store.portfolios.save("later", {"A": 5.0})
        flip_a_position(tmp_path / "riskcore.sqlite")
        before = Backups(tmp_path / "riskcore.sqlite").all()
        store.back_up()
        assert Backups(tmp_path / "riskcore.sqlite").all() == before
        assert "no new backup could be made: its file is damaged" in store.messages[0]
    with open_store(home=tmp_path) as store:
        assert found_in(store) == BACKED_UP | {"later": {"A": 5.0}}


def test_a_backup_changed_on_the_disk_is_passed_over_for_an_older_one(tmp_path):
    fill(tmp_path, later=False)
    newest, *older = Backups(tmp_path / "riskcore.sqlite").all()
    shutil.copy(newest, older[0])
    flip_a_position(newest)
    (tmp_path / "riskcore.sqlite").write_bytes(b"")
    with open_store(home=tmp_path) as store:
        assert found_in(store) == BACKED_UP


def test_a_damaged_backup_is_passed_over_for_an_older_one(tmp_path):
    fill(tmp_path, later=False)
    newest, *older = Backups(tmp_path / "riskcore.sqlite").all()
    assert older
    newest.write_bytes(b"noise" * 1000)
    (tmp_path / "riskcore.sqlite").write_bytes(b"")
    with open_store(home=tmp_path) as store:
        assert store.messages
        assert older[0].name.split("-")[1][9:13] in store.messages[0].replace(":", "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    wounds=st.lists(
        st.tuples(
            # The list of tables lies at the beginning, where most is at stake.
            st.one_of(st.integers(0, 8191), st.floats(0, 1)),
            st.binary(min_size=1, max_size=300),
        ),
        min_size=1,
        max_size=4,
    ),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)
def test_no_damage_of_any_kind_loses_what_has_a_backup_or_shows_what_was_not_saved(
    tmp_path_factory, healthy, wounds, cut
):
    home = tmp_path_factory.mktemp("hurt") / "home"
    shutil.copytree(healthy, home)
    file = home / "riskcore.sqlite"
    size = file.stat().st_size
    for place, data in wounds:
        overwrite(file, place if isinstance(place, int) else int(place * (size - 1)), data)
    if cut is not None:
        with file.open("r+b") as handle:
            handle.truncate(int(cut * size))
    with open_store(home=home) as store:
        found = found_in(store)
        assert {name: found.get(name) for name in BACKED_UP} == BACKED_UP
        assert found.items() <= (BACKED_UP | LATER).items()
        assert [s.content for s in store.snapshots.all()] == [{"x": 1}]
        assert [k.content for k in store.kept.all("limits")] == [{"volatility": 0.15}]
        assert store.price_sets.load("india").fingerprint == load_sample("india").fingerprint


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    home = tmp_path_factory.mktemp("healthy") / "home"
    fill(home)
    return home


def test_damaged_copies_of_prices_are_set_aside_and_begun_anew(tmp_path):
    fill(tmp_path, later=False)
    with open_store(home=tmp_path) as store:
        store.series.keep_better("SPY", load_sample("global").prices["SPY"])
    (tmp_path / "prices.sqlite").write_bytes(b"noise" * 5000)
    with open_store(home=tmp_path) as store:
        (message,) = store.messages
        assert "The copies of fetched prices in" in message
        assert "the file was damaged and is set aside as prices.damaged-" in message
        assert "They will be fetched again when they are needed." in message
        assert found_in(store) == BACKED_UP
        assert store.series.load("SPY") is None
        assert store.series.keep_better("SPY", load_sample("global").prices["SPY"]).outcome == "stored"
    assert len(list(tmp_path.glob("prices.damaged-*"))) == 1


def test_a_damaged_lock_is_no_reason_to_stay_closed(tmp_path):
    fill(tmp_path, later=False)
    (tmp_path / "opening.sqlite").write_bytes(b"noise" * 1000)
    with open_store(home=tmp_path) as store:
        assert found_in(store) == BACKED_UP
        assert store.messages == ()


def test_a_process_that_still_holds_the_file_set_aside_goes_on_in_the_restored_one(tmp_path):
    fill(tmp_path)
    with open_store(home=tmp_path) as old:
        old.portfolios.all()
        flip_a_position(tmp_path / "riskcore.sqlite")
        with open_store(home=tmp_path) as new:
            assert new.messages
            saved = old.portfolios.save("not lost", {"A": 1.0})
            assert new.portfolios.load(saved.key) == saved
            assert found_in(old) == found_in(new) == BACKED_UP | LATER | {"not lost": {"A": 1.0}}


def test_a_file_set_aside_in_the_moment_of_saving_is_not_called_saved(tmp_path):
    with open_store(home=tmp_path) as store:
        store.portfolios.save("Mine", {"A": 1.0})
        file = tmp_path / "riskcore.sqlite"
        with pytest.raises(StoreError, match="“It” may or may not have been saved: another process set"):
            with store.portfolios._database.saving("“It”"):
                file.rename(tmp_path / "aside.sqlite")
                shutil.copy(tmp_path / "aside.sqlite", file)


def test_a_file_deleted_while_the_store_is_open_is_explained_and_comes_back(tmp_path):
    with open_store(home=tmp_path) as store:
        store.portfolios.save("Mine", {"A": 1.0})
        store.back_up()
        for path in tmp_path.glob("riskcore.sqlite*"):
            path.unlink()
        for call in (store.portfolios.all, lambda: store.portfolios.save("Mine", {"A": 2.0})):
            with pytest.raises(StoreError, match="The file of the store is gone") as caught:
                call()
            assert caught.value.details["kind"] == "gone"
    with open_store(home=tmp_path) as store:
        assert found_in(store) == {"Mine": {"A": 1.0}}


def test_a_database_of_another_program_is_left_alone(tmp_path):
    file = tmp_path / "riskcore.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (x)")
    before = file.read_bytes()
    with pytest.raises(StoreError, match="is a database of another program") as caught:
        open_store(home=tmp_path)
    assert caught.value.details["kind"] == "foreign"
    assert file.read_bytes() == before


@pytest.mark.parametrize("what", ["a file", "under a file"])
def test_a_folder_that_cannot_be_one_is_explained(tmp_path, what):
    blocked = tmp_path / "blocked"
    blocked.write_text("x")
    with pytest.raises(
        StoreError, match="The store could not be opened: its folder or file cannot"
    ) as caught:
        open_store(home=blocked if what == "a file" else blocked / "inner")
    assert caught.value.details["kind"] == "no access"


@pytest.mark.slow
def test_a_locked_database_is_explained_within_six_seconds_and_can_be_read_meanwhile(tmp_path):
    fill(tmp_path)
    with open_store(home=tmp_path) as store, closing(sqlite3.connect(tmp_path / "riskcore.sqlite")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        began = time.perf_counter()
        with pytest.raises(StoreError, match="“Mine” was not saved: the store has been busy") as caught:
            store.portfolios.save("Mine", {"A": 1.0})
        assert 4.0 < time.perf_counter() - began < 6.5
        assert caught.value.details["kind"] == "busy"
        with open_store(home=tmp_path) as second:
            assert len(second.portfolios.all()) == len(store.portfolios.all()) == 41
        other.execute("ROLLBACK")
        assert store.portfolios.save("Mine", {"A": 1.0}).version == 1


def test_opening_waits_for_another_process_that_is_mending(tmp_path):
    held, began = threading.Event(), time.perf_counter()

    def mend():
        with alone(tmp_path):
            held.set()
            time.sleep(0.4)

    thread = threading.Thread(target=mend)
    thread.start()
    held.wait()
    with open_store(home=tmp_path):
        assert time.perf_counter() - began >= 0.4
    thread.join()


def test_a_save_waits_for_another_that_ends_in_time(tmp_path):
    with open_store(home=tmp_path) as store:
        with closing(sqlite3.connect(tmp_path / "riskcore.sqlite", check_same_thread=False)) as other:
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE")
            timer = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
            timer.start()
            assert store.portfolios.save("Mine", {"A": 1.0}).version == 1
            timer.join()


def test_threads_of_one_process_share_a_store(where):
    with open_store(**where) as store:

        def work(me):
            for n in range(10):
                store.portfolios.save(f"{me} {n}", {"A": float(n)})

        threads = [threading.Thread(target=work, args=(me,)) for me in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.portfolios.all()) == 40


def test_a_save_that_fails_in_the_middle_leaves_nothing_half_done(store, monkeypatch):
    mine = store.portfolios.save("Mine", {"A": 1.0})

    def fail(*_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(store.portfolios, "_append", fail)
    for name in ("Mine", "Other"):
        with pytest.raises(StoreError, match=f"“{name}” was not saved"):
            store.portfolios.save(name, {"A": 2.0})
    assert store.portfolios.all() == (mine,)


def test_backups_are_made_while_saving_and_the_last_few_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(backups_module, "BACKUP_EVERY", -1.0)
    with open_store(home=tmp_path) as store:
        for n in range(KEPT + 4):
            store.portfolios.save("Mine", {"A": float(n)})
            newest = Backups(tmp_path / "riskcore.sqlite").all()[0]
            with closing(sqlite3.connect(newest)) as connection:
                assert connection.execute("SELECT count(*) FROM portfolio_versions").fetchone() == (n + 1,)
    assert len(Backups(tmp_path / "riskcore.sqlite").all()) == KEPT
    assert {p.suffix for p in (tmp_path / "backups").iterdir()} == {".sqlite"}


def test_a_backup_is_made_every_two_minutes_at_most_and_at_the_end(tmp_path):
    made = Backups(tmp_path / "riskcore.sqlite").all
    with open_store(home=tmp_path) as store:
        assert len(made()) == 1
        for n in range(5):
            store.portfolios.save("Mine", {"A": float(n)})
        assert len(made()) == 1
    assert len(made()) == 2
    with open_store(home=tmp_path) as store:
        store.portfolios.all()
        store.back_up()  # nothing has changed, so an older one is not pushed out for the same again
    assert len(made()) == 2


def test_a_backup_that_cannot_be_made_is_said_and_the_save_stands(tmp_path):
    (tmp_path / "backups").write_text("in the way")
    with open_store(home=tmp_path) as store:
        saved = store.portfolios.save("Mine", {"A": 1.0})
        assert len(store.messages) == 1
        assert "Everything is saved, but no new backup could be made" in store.messages[0]
    with open_store(home=tmp_path) as store:
        assert store.portfolios.all() == (saved,)
