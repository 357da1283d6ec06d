"""How long the store takes: 500 tickers × 5,040 days saved and read, and many small saves.

Run `python benchmarks/bench_store.py`. It uses a folder of its own, and the server as well where
RISKCORE_TEST_DATABASE_URL names one. The reading has to stay under a second.
"""

import os
import tempfile
import time
from uuid import uuid4

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sqlalchemy import create_engine, text

from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.store import open_store
from riskcore.data.store.database import server_url

TICKERS, DAYS, SAVES, COPIES = 500, 5040, 200, 20
MOST_SECONDS = 1.0
REPETITIONS = 5


def shortest(call, times=REPETITIONS):
    """Return the shortest and the longest time of a call in seconds, and its last answer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - start)
    return min(taken), max(taken), answer


def large_set(seed=0):
    """Twenty years of made-up prices, rounded to cents like real ones, a tenth of them starting late."""
    rng = np.random.default_rng(seed)
    values = np.round(100.0 * np.exp(np.cumsum(rng.normal(2e-4, 0.012, (DAYS, TICKERS)), axis=0)), 2) + 0.01
    for column in range(0, TICKERS, 10):
        values[: rng.integers(1, DAYS // 2), column] = np.nan
    names = [f"T{n:03}" for n in range(TICKERS)]
    frame = pd.DataFrame(values, index=pd.bdate_range("2005-01-03", periods=DAYS), columns=names)
    return PriceSet("large", "Large", frame, plain_assets(names), 252.0, "made up")


def measure(where):
    """Print the times of one store."""
    prices = large_set()
    with open_store(**where) as store:
        start = time.perf_counter()
        store.price_sets.save(prices)
        first = time.perf_counter() - start
        low, high, loaded = shortest(lambda: store.price_sets.load("large"))
        assert loaded.fingerprint == prices.fingerprint
        print(f"  {TICKERS} × {DAYS:,}: saved in {first:.2f} s, read in {low:.2f} to {high:.2f} s")
        start = time.perf_counter()
        for n in range(SAVES):
            store.portfolios.save(f"P{n}", {"A": float(n), "B": 1.0})
        each = (time.perf_counter() - start) / SAVES
        low, _, _ = shortest(store.portfolios.all)
        print(
            f"  one portfolio saved in {1000 * each:.1f} ms, the list of {SAVES} read in {1000 * low:.1f} ms"
        )
        series = [prices.prices[f"T{n:03}"] for n in range(1, COPIES + 1)]
        start = time.perf_counter()
        for n, closes in enumerate(series):
            store.series.keep_better(f"T{n}", closes)
        write = time.perf_counter() - start
        low, _, _ = shortest(lambda: [store.series.load(f"T{n}") for n in range(COPIES)])
        print(f"  {COPIES} copies of {DAYS:,} days kept in {write:.2f} s, read in {low:.2f} s")
    low, high, _ = shortest(lambda: open_store(**where).close())
    print(f"  opened in {low:.2f} to {high:.2f} s")
    with open_store(**where) as store:
        low, _, _ = shortest(lambda: store.price_sets.load("large"))
    if low > MOST_SECONDS:
        raise SystemExit(f"Reading took {low:.2f} s; at most {MOST_SECONDS} s are allowed.")


def main():
    """Measure the file, and the server where there is one."""
    with tempfile.TemporaryDirectory() as home:
        print("SQLite")
        measure({"home": home})
    address = os.environ.get("RISKCORE_TEST_DATABASE_URL")
    if address:
        engine, schema = create_engine(server_url(address)), f"bench_{uuid4().hex}"
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            url = server_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
            print("PostgreSQL")
            measure({"url": url.render_as_string(hide_password=False)})
        finally:
            with engine.begin() as connection:
                connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


if __name__ == "__main__":
    main()
