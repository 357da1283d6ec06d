"""Each flaw put into clean prices is found once, with ticker, date and choices; clean prices are clean."""

import numpy as np
import pandas as pd
import pytest

from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.quality import inspect
from riskcore.data.quality.calendars import calendar_of
from riskcore.data.recipe import AdjustSplit, CutWindow, DropAsset, DropRows, Fill, Keep, Recipe, apply_steps
from riskcore.errors import AssetMismatchError, InputError, MissingDataError

TODAY = pd.Timestamp("2026-11-21")
NEW_YORK = calendar_of("XNYS", pd.Timestamp("2021-01-01"), pd.Timestamp("2022-12-31"))
DAYS = NEW_YORK.between(pd.Timestamp("2021-01-01"), pd.Timestamp("2022-12-31"))
TOKYO = calendar_of("XTKS", DAYS[0], DAYS[-1])


def clean(names=("A", "B", "C"), days=DAYS, seed=1, scale=0.01):
    rng = np.random.default_rng(seed)
    moves = np.clip(rng.standard_normal((len(days), len(names))), -3, 3) * scale
    return pd.DataFrame(100 * np.exp(np.cumsum(moves, axis=0)), index=days, columns=list(names))


def found(frame, **more):
    return inspect(frame, today=TODAY, **more).findings


def only(frame, kind, **more):
    findings = found(frame, **more)
    assert [f.kind for f in findings] == [kind]
    return findings[0]


def test_clean_prices_have_no_findings():
    report = inspect(clean(), today=TODAY)
    assert report.findings == () and report.table_calendar == "XNYS"
    assert report.sentence.startswith("Nothing was found")
    assert set(report.calendars.values()) == {"XNYS"}
    assert (report.coverage.share == 1.0).all(axis=None)
    assert report.coverage.expected.loc["A"].to_dict() == {
        "2021": 252,
        "2022": 251,
    }  # the exchange's own count


def test_a_split_is_told_from_a_jump_and_adjusted_away():
    frame = clean()
    frame.loc[DAYS[300] :, "B"] /= 3
    finding = only(frame, "split")
    assert finding.severity == "problem" and finding.asset == "B" and finding.dates[0] == DAYS[300]
    assert "3:1 split" in finding.sentence and f"{DAYS[300]:%Y-%m-%d}" in finding.sentence
    assert finding.size == pytest.approx(frame["B"].iloc[300] / frame["B"].iloc[299])
    assert [type(c) for c in finding.choices] == [Keep, AdjustSplit, CutWindow, DropAsset]
    done, _ = apply_steps(frame, Recipe((finding.choices[1],)))
    pd.testing.assert_series_equal(done["B"], clean()["B"] / 3)
    assert found(done) == ()


@pytest.mark.parametrize(
    ("factor", "words"),
    [(0.5, "2:1"), (2 / 3, "3:2"), (0.1, "10:1"), (10.0, "1:10"), (0.05, "20:1"), (3.0, "1:3")],
)
def test_the_usual_splits(factor, words):
    frame = clean(scale=0.003)
    frame.loc[DAYS[300] :, "B"] *= factor
    finding = only(frame, "split")
    assert f" {words} split" in finding.sentence and finding.choices[1].ratio == pytest.approx(factor)


def test_a_false_third_among_stale_prices():
    """Range Resources on 1990-04-10: 3.322 for weeks, then 1.107, exactly a third."""
    frame = clean()
    frame["RRC"] = np.r_[np.full(69, 3.322), 1.107 * clean(seed=9)["A"].to_numpy()[69:] / 100]
    frame.loc[DAYS[69], "RRC"] = 1.107
    split, stale = found(frame)
    assert (split.kind, stale.kind) == ("split", "stale")
    assert "−66.7 %" in split.sentence and "3:1 split" in split.sentence
    assert split.choices[1] == AdjustSplit("RRC", f"{DAYS[69]:%Y-%m-%d}", 1 / 3)
    assert stale.count == 68 and "69 rows" in stale.sentence and stale.severity == "problem"


def test_a_demerger_is_no_split():
    """Bajaj Auto on 2008-05-26: −42.4 %, for good."""
    frame = clean()
    frame.loc[DAYS[200] :, "A"] *= 201.76 / 350.482
    finding = only(frame, "jump")
    assert finding.severity == "problem" and "demerger" in finding.sentence
    assert finding.choices[1].ratio == pytest.approx(finding.size)
    rise = clean()
    rise.loc[DAYS[200] :, "A"] *= 1.36
    assert only(rise, "jump").severity == "check"


def test_a_typing_error_is_back_soon_and_counted_once():
    frame = clean()
    frame.loc[DAYS[100], "C"] *= 10
    finding = only(frame, "typing error")
    assert "back in the next row" in finding.sentence and list(finding.dates) == [DAYS[100]]
    assert finding.choices[1] == DropRows((f"{DAYS[100]:%Y-%m-%d}",))
    two = clean()
    two.loc[DAYS[100:102], "C"] *= 0.1
    assert only(two, "typing error").count == 2


def test_a_market_that_moves_together_is_only_noted():
    frame = clean(names=list("ABCDEFGH"))
    frame.loc[DAYS[250] :, list("ABCD")] *= 0.6
    findings = found(frame)
    assert {f.kind for f in findings} == {"jump"} and {f.severity for f in findings} == {"note"}
    assert "as 3 others do on that day" in findings[0].sentence


def test_an_ordinary_bad_day_is_no_jump():
    frame = clean(scale=0.03)
    frame.loc[DAYS[250] :, "A"] *= 0.75  # ten usual days of 3 % are more than this
    assert found(frame) == ()


def test_stale_runs_from_five_equal_prices_on():
    four, five = clean(), clean()
    four.loc[DAYS[50:54], "A"] = four["A"].iloc[50]
    five.loc[DAYS[50:55], "A"] = five["A"].iloc[50]
    assert found(four) == ()
    finding = only(five, "stale")
    assert finding.severity == "check" and finding.count == 4 and list(finding.dates) == list(DAYS[51:55])
    assert finding.choices[1] == DropRows(tuple(DAYS[51:55].strftime("%Y-%m-%d")))


def test_gaps_on_trading_days_and_on_holidays():
    frame = clean()
    holes = DAYS[[30, 31, 200]]
    frame.loc[holes, "B"] = np.nan
    finding = only(frame, "gap")
    assert finding.count == 3 and list(finding.dates) == list(holes) and finding.size == 2
    assert "closed" not in finding.sentence
    assert finding.choices[0] == DropRows(tuple(holes.strftime("%Y-%m-%d")))
    assert finding.choices[1] == Fill("B", 2)
    done, _ = apply_steps(frame, Recipe((finding.choices[1],)))
    assert done.notna().all(axis=None)
    shut = DAYS[TOKYO.closed(DAYS)]
    abroad = clean()
    abroad.loc[shut, "C"] = np.nan
    finding = only(abroad, "gap", calendars={"C": "XTKS"})
    assert f"{len(shut)} of them on days XTKS was closed" in finding.sentence
    # On its own trading days nothing is missing.
    report = inspect(abroad, calendars={"C": "XTKS"}, today=TODAY)
    assert (report.coverage.share.loc["C"] == 1.0).all()
    assert report.coverage.expected.loc["C"].sum() == len(DAYS) - len(shut)


def test_long_gaps_are_not_offered_for_filling_only():
    frame = clean()
    frame.loc[DAYS[100:140], "B"] = np.nan
    finding = only(frame, "gap")
    assert not any(isinstance(c, Fill) for c in finding.choices)
    assert CutWindow(start=f"{DAYS[140]:%Y-%m-%d}") in finding.choices


def test_unequal_histories():
    frame = clean()
    frame.loc[: DAYS[251], "B"] = np.nan
    frame.loc[DAYS[-5] :, "C"] = np.nan
    frame["NONE"] = np.nan
    empty, ended, young = found(frame)
    assert (empty.kind, empty.asset, empty.choices) == ("empty", "NONE", (DropAsset("NONE"),))
    assert (ended.kind, ended.count, ended.severity) == ("ended", 5, "problem")
    assert ended.choices[1] == CutWindow(end=f"{DAYS[-6]:%Y-%m-%d}")
    years = (DAYS[252] - DAYS[0]).days / 365.25
    assert (
        young.kind == "young"
        and young.size == pytest.approx(years)
        and f"{years:.1f} years" in young.sentence
    )
    share = inspect(frame, today=TODAY).coverage.share
    assert share.loc["B"].to_dict() == {"2021": 0.0, "2022": 1.0} and (share.loc["NONE"] == 0).all()


def test_days_the_table_lacks_and_days_too_many():
    frame = clean().drop(DAYS[[10, 11, 12]])
    finding = only(frame, "missing days")
    assert finding.asset == "" and list(finding.dates) == list(DAYS[10:13]) and "XNYS" in finding.sentence
    coverage = inspect(frame, today=TODAY).by_month
    assert coverage.share.loc["A", "2021-01"] == pytest.approx(16 / 19)
    assert coverage.total["A"] == pytest.approx(1 - 3 / len(DAYS))
    extra = clean()
    extra.loc[pd.Timestamp("2021-07-05")] = extra.loc[pd.Timestamp("2021-07-02")]  # the observed holiday
    finding = only(extra.sort_index(), "closed days")
    assert "2021-07-05" in finding.sentence and "repeats the day before" in finding.sentence
    assert DropRows(("2021-07-05",)) in finding.choices


def test_holidays_carried_forward_are_told_from_stale_prices():
    frame = clean()
    shut = TOKYO.closed(DAYS)
    frame.loc[shut, "C"] = np.nan
    frame["C"] = frame["C"].ffill()
    finding = only(frame, "filled holidays", calendars={"C": "XTKS"})
    assert finding.count == int(shut.sum()) and list(finding.dates) == list(DAYS[shut])
    assert finding.severity == "note" and finding.size == pytest.approx(shut.mean())
    assert f"({100 * shut.mean():.1f} %)" in finding.sentence


def test_rates_without_a_fixing():
    names = ["SPY", "EURUSD", "GBPUSD"]
    frame = clean(names)
    still = DAYS[[20, 90, 160, 230]]
    for day in still:
        before = DAYS[DAYS.get_loc(day) - 1]
        frame.loc[day, ["EURUSD", "GBPUSD"]] = frame.loc[before, ["EURUSD", "GBPUSD"]]
    about = plain_assets(names, currencies=["USD"] * 3)
    about["asset_class"] = ["Equity", "Currency", "Currency"]
    findings = inspect(PriceSet("x", "x", frame, about, 252.0, "x"), today=TODAY).findings
    assert [(f.kind, f.asset, f.count) for f in findings] == [
        ("filled holidays", "EURUSD", 4),
        ("filled holidays", "GBPUSD", 4),
    ]


def test_closes_before_and_after():
    rng = np.random.default_rng(3)
    days = calendar_of("XNYS", pd.Timestamp("2016-01-01"), pd.Timestamp("2022-12-31")).sessions
    world = rng.standard_normal(len(days) + 1)
    noise = rng.standard_normal((len(days), 4)) * 0.6
    moves = np.column_stack([world[1:], world[1:], 0.3 * world[1:] + 0.7 * world[:-1], world[1:]]) + noise
    frame = pd.DataFrame(100 * np.exp(np.cumsum(0.01 * moves, axis=0)), index=days, columns=list("ABEC"))
    finding = only(frame, "asynchronous")
    assert finding.asset == "E" and "close before" in finding.sentence and finding.severity == "note"
    assert "weekly" in finding.sentence
    backwards = frame.iloc[::-1].set_axis(frame.index)
    assert "close after" in only(backwards, "asynchronous").sentence
    assert found(frame[["A", "B", "C"]]) == ()


def test_raw_tables_may_be_anything():
    frame = clean()
    frame.iloc[5, 0], frame.iloc[6, 0], frame.iloc[7, 1] = 0.0, -1.0, np.inf
    same, other = frame.iloc[[20]], frame.iloc[[30]] * 1.01
    late = frame.iloc[[-1]].set_axis([TODAY + pd.Timedelta(days=30)])
    raw = pd.concat([frame.iloc[::-1], same, other, late])
    findings = {f.kind: f for f in found(raw)}
    assert findings["not positive"].asset == "A" and "zero or negative" in findings["not positive"].sentence
    assert list(findings["not positive"].dates) == list(DAYS[5:7])
    assert findings["infinite"].asset == "B" and findings["infinite"].count == 1
    assert list(findings["duplicate dates"].dates) == list(DAYS[[20, 30]])
    assert f"different prices on {DAYS[30]:%Y-%m-%d}" in findings["duplicate dates"].sentence
    assert findings["duplicate dates"].severity == "problem"
    assert findings["future dates"].choices == (CutWindow(end="2026-11-21"),)
    assert findings["order"].severity == "note"


def test_problems_come_first():
    frame = clean()
    frame.loc[DAYS[300] :, "C"] /= 2
    frame.loc[: DAYS[3], "A"] = np.nan
    report = inspect(frame, today=TODAY)
    assert [f.severity for f in report.findings] == ["problem", "note"]
    assert report.sentence == f"1 problem, 1 note in 3 assets and {len(DAYS)} rows."
    table = report.table()
    assert table.columns.tolist() == ["severity", "kind", "asset", "first", "last", "count", "sentence"]
    assert table["asset"].tolist() == ["C", "A"] and report.of("A") == (report.findings[1],)
    assert report.kind("split") == (report.findings[0],)
    kept = Recipe((report.findings[0].choices[0], Keep("young", "B")))
    assert report.undecided(kept) == (report.findings[1],) and report.undecided(Recipe()) == report.findings
    with pytest.raises(InputError, match="no kind of finding 'holes'"):
        report.kind("holes")


def test_hostile_names_stay_text():
    name = "<img src=x onerror=alert(1)> {0} %s"
    frame = clean([name, "=1+1", "B"])
    frame.loc[DAYS[300] :, name] /= 2
    finding = only(frame, "split")
    assert finding.asset == name and finding.sentence.startswith(f"{name} moves by")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: clean().iloc[:0], MissingDataError, "nothing to inspect"),
        (lambda: clean()[[]], MissingDataError, "nothing to inspect"),
        (lambda: clean().reset_index(drop=True), InputError, "indexed by dates"),
        (lambda: clean().set_axis([pd.NaT, *DAYS[1:]]), InputError, "indexed by dates"),
        (lambda: clean().astype(object).replace(100, "x").assign(A="x"), InputError, "no numbers"),
    ],
)
def test_what_cannot_be_inspected_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        inspect(make())


def test_calendars_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match=r"no calendar of 'XXXX'; the known exchanges are .*XNYS"):
        inspect(clean(), calendars={"A": "XXXX"})
    with pytest.raises(AssetMismatchError, match="Calendars were given for Z"):
        inspect(clean(), calendars={"Z": "XNYS"})
    old = clean(days=pd.date_range("1950-01-02", periods=300, freq="B"))
    with pytest.raises(InputError, match="XTKS are not recorded for 1950 to 1951"):
        inspect(old, calendars={"A": "XTKS"})
