"""Processes that are killed, compete, or lack room or rights lose nothing they said was saved."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from riskcore.data.sample import load_sample
from riskcore.data.store import open_store
from riskcore.errors import StoreError
from tests.data.store.programs import AS_NOBODY, SAVE_400, SAVE_FOR_EVER, SAVE_UNTIL_FULL, answer, start

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits and rights as Linux has them")


def kill_after(where, seconds):
    """Let a process save until it is killed, and return what it said was saved."""
    process = start(SAVE_FOR_EVER, where)
    first = process.stdout.readline()
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    rest = process.stdout.read()
    process.wait()
    timer.cancel()
    assert process.returncode == -9
    process.stdin.close()
    process.stderr.close()
    whole = (first + rest).split("\n")[:-1]  # a line that was cut in the middle has not been said
    return [line.split() for line in whole]


def check_said(store, said):
    prices = {s.key: s for s in store.price_sets.all()}
    for kind, key, *numbers in said:
        n = int(numbers[-1])
        if kind == "portfolio":
            assert store.portfolios.load(key).positions == {"A": float(n), "B": 1.0}
        elif kind == "version":
            assert store.portfolios.load(key, int(numbers[0])).positions == {"A": float(n)}
        elif kind == "snapshot":
            assert store.snapshots.load(key).content == {"n": n}
        else:
            assert kind == "prices"
            assert key in prices
    for key in [key for kind, key, *_ in said if kind == "prices"][-2:]:
        assert store.price_sets.load(key).prices.equals(load_sample("india").prices)


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize("seconds", [0.31, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.05, 2.0))])
def test_killing_the_process_in_the_middle_of_saves_loses_nothing_it_said_was_saved(where, seconds):
    said = kill_after(where, seconds)
    assert said
    with open_store(**where) as store:
        assert store.messages == ()
        check_said(store, said)
        extra = len(store.portfolios.all()) - len(
            {k for kind, k, *_ in said if kind in ("portfolio", "version")}
        )
        assert extra in (0, 1)  # one may have been saved and not yet said
        store.portfolios.save("after", {"A": 1.0})


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.slow
def test_killing_it_again_and_again_loses_nothing(where):
    said = []
    for round_ in range(8):
        said += [line for line in kill_after(where, 0.1 + 0.07 * round_) if line[0] != "portfolio"]
        with open_store(**where) as store:
            assert store.messages == ()
            check_said(store, [line for line in said if line[0] != "prices"])


@pytest.mark.slow
def test_two_processes_that_save_400_portfolios_each_lose_none(where):
    with open_store(**where):
        pass
    processes = [start(SAVE_400, where, name) for name in ("Ann", "Bob")]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert (process.returncode, out) == (0, "done\n"), err
    with open_store(**where) as store:
        assert store.messages == ()
        everything = {p.name: p for p in store.portfolios.all()}
        assert set(everything) == {"shared"} | {f"{me} {n}" for me in ("Ann", "Bob") for n in range(400)}
        assert all(
            p.positions == {"A": float(name.split()[1])} for name, p in everything.items() if " " in name
        )
        versions = store.portfolios.versions(everything["shared"].key)
        assert [v.version for v in versions] == list(range(800, 0, -1))
        assert {v.note for v in versions} == set(everything) - {"shared"}


@pytest.mark.slow
def test_processes_that_open_a_new_store_at_once_all_can(where):
    processes = [start(SAVE_400.replace("range(400)", "range(5)"), where, name) for name in "AB"]
    for process in processes:
        _, err = process.communicate("go\n", timeout=60)
        assert process.returncode == 0, err
    with open_store(**where) as store:
        assert len(store.portfolios.all()) == 11


def check_full(report, kinds):
    sentence, kind = report["told"]
    assert kind in kinds, sentence
    assert "was not saved" in sentence
    assert "What was saved before is unchanged." in sentence
    assert sentence.startswith("The price set “Global multi-asset")
    assert report["sound"]
    assert report["mine"] == {"A": 1.0}
    assert report["later"] == 2 or "was not saved" in report["later"]
    assert report["version"] == (2 if report["later"] == 2 else 1)


@LINUX
def test_a_file_that_may_not_grow_leaves_what_was_saved(tmp_path):
    report = answer(SAVE_UNTIL_FULL, {"home": str(tmp_path), "limit": 1_500_000})
    check_full(report, {"full", "device"})
    with open_store(home=tmp_path) as store:
        assert {s.key for s in store.price_sets.all()} == set(report["saved"])
        assert store.portfolios.find("Mine").version == report["version"]


@LINUX
@pytest.mark.slow
def test_a_full_disk_leaves_what_was_saved(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to make a small disk; the limit on file sizes is tested instead")
    try:
        report = answer(SAVE_UNTIL_FULL, {"home": str(disk / "home"), "limit": None})
        check_full(report, {"full"})
        assert "the disk is full" in report["told"][0]
        assert any("no new backup could be made: the disk is full" in m for m in report["messages"])
        with pytest.raises(StoreError, match="could not be opened: the disk is full") as caught:
            open_store(home=disk / "home")
        assert "Nothing was changed. Free some space" in str(caught.value)
        subprocess.run(["mount", "-o", "remount,size=9m", str(disk)], check=True)
        with open_store(home=disk / "home") as store:
            assert store.messages == ()
            assert {s.key for s in store.price_sets.all()} == set(report["saved"])
            assert store.portfolios.find("Mine").version == report["version"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@LINUX
@pytest.mark.parametrize(
    "kept", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["with a store in it", "empty"]
)
def test_a_folder_without_the_right_to_write_is_explained(kept):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folder lets nobody else in
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir()
        if kept:
            with open_store(home=home) as store:
                store.portfolios.save("Mine", {"A": 1.0})
        before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
        for path in [home, *home.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        kind, sentence = answer(AS_NOBODY, {"home": str(home)})
        assert kind in {"no access", "read-only"}, sentence
        assert "The store could not be opened" in sentence
        assert "Nothing was changed." in sentence
        assert "RISKCORE_HOME" in sentence
        assert {p: p.read_bytes() for p in home.rglob("*") if p.is_file()} == before
        for path in [home, *home.rglob("*")]:
            path.chmod(0o755)
