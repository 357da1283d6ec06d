"""Programs that the tests run as processes of their own, to kill them, starve them and let them compete."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

# Saves portfolios, snapshots and price sets for ever and prints a line only after each save has returned.
SAVE_FOR_EVER = """
import itertools, json, sys
from dataclasses import replace
from riskcore.data.sample import load_sample
from riskcore.data.store import open_store
store = open_store(**json.loads(sys.argv[1]))
prices = load_sample("india")
for n in itertools.count():
    saved = store.portfolios.save(f"P{n}", {"A": float(n), "B": 1.0})
    print("portfolio", saved.key, n, flush=True)
    saved = store.portfolios.save("same", {"A": float(n)}, note=str(n))
    print("version", saved.key, saved.version, n, flush=True)
    frozen = store.snapshots.freeze(f"S{n}", {"n": n}, schema_version=1)
    print("snapshot", frozen.key, n, flush=True)
    if n % 3 == 0:
        store.price_sets.save(replace(prices, key=f"K{n}"))
        print("prices", f"K{n}", n, flush=True)
"""

# Saves 400 portfolios of its own, and 400 versions of one that all processes share.
SAVE_400 = """
import json, sys
from riskcore.data.store import open_store
me = sys.argv[2]
with open_store(**json.loads(sys.argv[1])) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(400):
        store.portfolios.save(f"{me} {n}", {"A": float(n)}, author=me)
        store.portfolios.save("shared", {"A": float(n)}, note=f"{me} {n}", author=me)
print("done", flush=True)
"""

# Saves ever more under a limit, until a save fails, and tells how.
SAVE_UNTIL_FULL = """
import json, sys
from dataclasses import replace
from riskcore.data.sample import load_sample
from riskcore.data.store import open_store
from riskcore.errors import StoreError
arguments = json.loads(sys.argv[1])
store = open_store(home=arguments["home"])
mine = store.portfolios.save("Mine", {"A": 1.0}, note="before")
if arguments["limit"]:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (arguments["limit"], arguments["limit"]))
prices = load_sample("global")
told, saved, n = None, [], 0
while told is None and n < 200:
    try:
        store.price_sets.save(replace(prices, key=f"K{n}", prices=prices.prices * (1.0 + n)))
        saved.append(f"K{n}")
    except StoreError as error:
        told = [str(error), error.details["kind"]]
    n += 1
try:
    later = store.portfolios.save("Mine", {"A": 2.0}, note="x" * 9000).version
except StoreError as error:
    later = str(error)
store.back_up()
found = {k: store.price_sets.load(k).fingerprint == replace(
    prices, key=k, prices=prices.prices * (1.0 + int(k[1:]))).fingerprint for k in saved}
print(json.dumps({
    "told": told, "saved": saved, "sound": all(found.values()), "later": later,
    "mine": dict(store.portfolios.load(mine.key, 1).positions),
    "version": store.portfolios.load(mine.key).version, "messages": store.messages,
}), flush=True)
"""

# Opens, reads and saves as a user who owns nothing; root is let in everywhere and has to step down first.
AS_NOBODY = """
import json, os, sys
from riskcore.data.store import open_store
from riskcore.errors import StoreError
import sqlalchemy.dialects.sqlite
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
try:
    with open_store(home=json.loads(sys.argv[1])["home"]) as store:
        print(json.dumps(["opened", [p.name for p in store.portfolios.all()]]))
except StoreError as error:
    print(json.dumps([error.details["kind"], str(error)]))
"""


def start(program: str, arguments: dict, *more: str) -> "subprocess.Popen[str]":
    """Start a program with its arguments as JSON."""
    command = [sys.executable, "-c", program, json.dumps(arguments), *more]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answer(program: str, arguments: dict) -> object:
    """Run a program to its end and return what its last line says."""
    with start(program, arguments) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])
