"""riskcore-check as a process: its table, its one sentence, and its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from riskcore.check import main
from riskcore.data.sample import load_sample
from riskcore.measures import cvar
from riskcore.portfolio import Portfolio

ROOT = Path(__file__).parents[2]
PORTFOLIO = """
[data]
sample = "global"
[portfolio]
name = "Half and half"
weights = { SPY = 0.5, BND = 0.5 }
[risk]
confidence = 0.99
[limits]
"""


def run(path):
    return subprocess.run(
        [sys.executable, "-m", "riskcore.check", str(path)], cwd=ROOT, capture_output=True, text=True
    )


def written(folder, limits, head=PORTFOLIO):
    path = folder / "portfolio.toml"
    path.write_text(head + limits, "utf-8")
    return path


def test_a_breach_is_printed_named_and_exits_with_1(tmp_path):
    prices = load_sample("global")
    data = prices.scenarios(["SPY", "BND"])
    now = cvar(data, Portfolio("", {"SPY": 0.5, "BND": 0.5}), confidence=0.99).value
    done = run(written(tmp_path, f"cvar = {now * 0.999}\nlargest_weight = 0.9\n"))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "Half and half: BREACH"
    assert lines[3].split()[0] == "BREACH"
    assert f"{100 * now:.2f} %" in lines[3]
    assert lines[4].startswith("pass")
    assert done.stderr.splitlines() == ["Breached: 1-day CVaR 99\N{NO-BREAK SPACE}%."]


def test_the_example_passes_as_a_process():
    done = run(ROOT / "docs" / "portfolio.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("60/40 with gold: ")
    assert "SPY falls 15" in done.stdout


def test_a_price_file_beside_the_portfolio_and_shares(tmp_path, capsys):
    rows = load_sample("global").prices[["SPY", "BND"]].dropna().tail(300)
    rows.to_csv(tmp_path / "prices.csv", index_label="date")
    last = rows.iloc[-1]
    head = PORTFOLIO.replace('sample = "global"', 'file = "prices.csv"').replace(
        "weights = { SPY = 0.5, BND = 0.5 }", "shares = { SPY = 10, BND = 20 }\ncash = 500"
    )
    assert main([str(written(tmp_path, "largest_weight = 0.9\n", head))]) == 0
    total = 10 * last["SPY"] + 20 * last["BND"] + 500
    largest = max(10 * last["SPY"], 20 * last["BND"]) / total
    assert f"{100 * largest:.2f} %" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("cvar = 0.5", "cvar = 2.5.1"), "is not TOML"),
        (("cvar = 0.5", ""), "There is no limit under [limits]"),
        (("cvar = 0.5", "cvr = 0.5"), "There is no limit called cvr"),
        (("cvar = 0.5", "cvar = 'x'"), "The limit cvar must be a number"),
        (("0.99", "99"), "did you mean 0.99?"),
        (("[risk]", "[risks]"), "the file has no risks; it may have data, groups, limits"),
        (("sample", "smaple"), "[data] has no smaple"),
        (('"global"', '"globe"'), "globe"),
        (('sample = "global"', 'file = "nowhere.csv"'), "nowhere.csv cannot be read"),
        (("SPY = 0.5", "SPX = 0.5"), "SPX"),
        (("weights", "shares = { SPY = 1 }\nweights"), "needs weights or shares, one of them"),
        (("SPY = 0.5", "SPY = 'half'"), "portfolio, weights, SPY must be a number"),
        (("cvar = 0.5", "replays = { Atlantis = 0.2 }"), "no crisis called Atlantis"),
        (("0.99", "0.99\nhorizon = 1.5"), "horizon is a whole number"),
        (("0.99", '0.99\nindex = ["SPY"]'), "has no index"),
        (("0.99", "0.99\nvalue = 0"), "risk, value must be above 0"),
        (("0.99", "0.99\nparticipation = 20"), "risk, participation must be above 0 and at most 1"),
        (("0.99", "0.99\ndaily_volume = { Q = 1e6 }"), "daily_volume names Q, which is not among the assets"),
        (("0.99", '0.99\n[groups]\nSafe = ["BMD"]'), "groups, Safe names BMD"),
        (("[risk]", "cash = 5\n[risk]"), "Cash goes with shares"),
        (("SPY = 0.5", "SPY = 60"), "did you mean 0.6 (60 %)?"),
        (("[portfolio]", "start = 5\n[portfolio]"), "data, start is a date such as 2020-02-19"),
        (('"Half and half"', "5"), "portfolio, name is a text in quotes"),
        (("cvar = 0.5", "shock = ''"), "The limits shock are a list of tables"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exits_with_2(tmp_path, capsys, change, sentence):
    path = written(tmp_path, "")
    path.write_text((PORTFOLIO + "cvar = 0.5\n").replace(*change, 1), "utf-8")
    assert main([str(path)]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.splitlines()) == 1


def test_what_is_not_invested_is_said_and_every_breach_is_named(tmp_path, capsys):
    names = ["volatility = 0.001", "var = 0.001", "cvar = 0.001", "drawdown = 0.001"]
    more = ["worst_replay = 0.001", "largest_weight = 0.1", "weights = { SPY = 0.1 }"]
    head = PORTFOLIO.replace("BND = 0.5", "BND = 0.3")
    assert main([str(written(tmp_path, "\n".join([*names, *more]), head))]) == 1
    told = capsys.readouterr()
    assert "20.00 % of the value is in cash." in told.out
    assert len(told.err.split(", ")) == 7


def test_no_file_or_several_are_refused(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path / "none.toml")]) == 2
    assert main(["--help"]) == 0
    out = capsys.readouterr()
    assert "name one file" in out.err
    assert "none.toml cannot be read: No such file" in out.err
    assert "Usage" in out.out
