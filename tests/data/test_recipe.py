"""A recipe does what it says, in its order, the same way every time, or refuses naming the step."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.recipe import (
    AdjustSplit,
    CutWindow,
    Describe,
    DropAsset,
    DropRows,
    Fill,
    Keep,
    Recipe,
    apply_recipe,
    apply_steps,
    ratio_words,
)
from riskcore.errors import AssetMismatchError, FileFormatError, InputError, MissingDataError, RiskcoreError

NAN = np.nan
DAYS = pd.date_range("2024-01-01", periods=8, freq="D")
HOSTILE = "<script>alert(1)</script> =cmd|' /C calc'!A0 [x](javascript:1)"


def frame(**columns):
    return pd.DataFrame(columns, index=DAYS[: len(next(iter(columns.values())))])


def price_set(table, **more):
    return PriceSet("demo", "Demo", table, plain_assets(list(table.columns)), 252.0, "test", **more)


TABLE = frame(
    A=[10.0, 11, 12, 13, 14, 15, 16, 17],
    GAPS=[NAN, 20, NAN, 22, NAN, NAN, 25, NAN],
    SPLIT=[90.0, 91, 30, 31, 32, 33, 34, 35],
)


def test_every_step_by_hand():
    done, report = apply_steps(TABLE, Recipe((Fill("GAPS", 1),)))
    assert done["GAPS"].tolist()[1:7] == pytest.approx([20, 20, 22, NAN, NAN, 25], nan_ok=True)
    assert report == ["1 missing prices of GAPS filled with the last price; 2 in longer gaps stay missing."]
    done, report = apply_steps(TABLE, Recipe((Fill("GAPS", 2),)))
    # Nothing before the first price, nothing after the last.
    assert done["GAPS"].tolist() == pytest.approx([NAN, 20, 20, 22, 22, 22, 25, NAN], nan_ok=True)
    done, report = apply_steps(TABLE, Recipe((AdjustSplit("SPLIT", "2024-01-03", 1 / 3),)))
    assert done["SPLIT"].tolist() == pytest.approx([30, 91 / 3, 30, 31, 32, 33, 34, 35])
    assert report == ["The 2 prices of SPLIT before 2024-01-03 were multiplied by 1/3."]
    done, report = apply_steps(TABLE, Recipe((DropRows(("2024-01-05", "2024-01-03", "2024-01-05")),)))
    assert [d.day for d in done.index] == [1, 2, 4, 6, 7, 8]
    assert report == ["2 rows left out (2024-01-03, 2024-01-05)."]
    done, report = apply_steps(TABLE, Recipe((CutWindow("2024-01-02", "2024-01-04"),)))
    assert [d.day for d in done.index] == [2, 3, 4]
    assert report == ["The window was cut to 2024-01-02 – 2024-01-04: 5 rows left out."]
    done, report = apply_steps(TABLE, Recipe((DropAsset("GAPS"), Keep("young", "A"), Keep("missing days"))))
    assert list(done.columns) == ["A", "SPLIT"] and done["A"].equals(TABLE["A"])
    assert report[1:] == ["A was kept as it is (young).", "The table was kept as it is (missing days)."]


def test_the_order_of_the_steps_counts():
    fill, drop = Fill("GAPS", 1), DropRows(("2024-01-02",))
    first, _ = apply_steps(TABLE, Recipe((fill, drop)))
    assert first["GAPS"].iloc[1] == 20.0  # filled with the price of a row that is left out afterwards
    with pytest.raises(InputError, match="Step 2 of the recipe: GAPS has no gap of up to 1 day"):
        apply_steps(TABLE, Recipe((drop, fill)))


def test_the_input_is_never_changed():
    before = TABLE.copy()
    apply_steps(TABLE, Recipe((Fill("GAPS", 2), AdjustSplit("SPLIT", "2024-01-03", 1 / 3), DropAsset("A"))))
    pd.testing.assert_frame_equal(TABLE, before)
    done, _ = apply_steps(TABLE, Recipe())
    done.iloc[0, 0] = 99.0
    pd.testing.assert_frame_equal(TABLE, before)


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (DropAsset("B"), AssetMismatchError, "no asset B; the data has A, GAPS, SPLIT"),
        (Keep("stale", "B"), AssetMismatchError, "no asset B"),
        (Fill("B", 2), AssetMismatchError, "no asset B"),
        (Fill("A", 2), InputError, "A has no gap .* no price is missing inside its history"),
        (DropRows(("2024-01-03", "2025-01-01")), InputError, "no row on 2025-01-01"),
        (DropRows(tuple(f"2024-01-0{d}" for d in range(1, 8))), MissingDataError, "leave 1 row;"),
        (CutWindow(start="2025-01-01"), MissingDataError, "leave 0 rows"),
        (CutWindow(start="2024-01-08"), MissingDataError, "leave 1 row"),
        (
            AdjustSplit("A", "2024-01-03", 0.5),
            InputError,
            r"factor of 1\.091 on 2024-01-03, not by about 0\.5",
        ),
        (AdjustSplit("A", "2024-01-01", 0.5), InputError, "no price on 2024-01-01 with one before"),
        (AdjustSplit("A", "2024-02-01", 0.5), InputError, "no price on 2024-02-01"),
        (AdjustSplit("GAPS", "2024-01-03", 0.5), InputError, "no price on 2024-01-03"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(step, error, words):
    with pytest.raises(error, match=words) as caught:
        apply_steps(TABLE, Recipe((Keep("young", "A"), step)))
    assert str(caught.value).startswith("Step 2 of the recipe: ") and caught.value.details["step"] == 2


def test_the_last_asset_stays():
    with pytest.raises(MissingDataError, match="only asset left"):
        apply_steps(TABLE[["A"]], Recipe((DropAsset("A"),)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: DropRows(()), "at least one date"),
        (lambda: DropRows("2024-01-01"), "at least one date"),
        (lambda: DropRows(("1.2.2024",)), "not a date"),
        (lambda: Fill("A", 0), "1 to 60 days"),
        (lambda: Fill("A", 61), "1 to 60 days"),
        (lambda: Fill("A", True), "whole number"),
        (lambda: Fill("A", 1.5), "whole number"),
        (lambda: CutWindow(), "first or the last date"),
        (lambda: CutWindow("2024-02-01", "2024-01-01"), "start before it ends"),
        (lambda: AdjustSplit("A", "2024-01-01", 1.0), "0.5 for 2:1"),
        (lambda: AdjustSplit("A", "2024-01-01", -2.0), "0.5 for 2:1"),
        (lambda: AdjustSplit("A", "2024-01-01", NAN), "0.5 for 2:1"),
        (lambda: AdjustSplit("A", "2024-01-01", "2"), "must be a number"),
        (lambda: DropAsset(""), "must be a text"),
        (lambda: DropAsset(3), "must be a text"),
        (lambda: Recipe(("drop A",)), "not a step"),
    ],
)
def test_a_step_that_means_nothing_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "steps": []}',
        '{"version": 1}',
        '{"version": 1, "steps": [3]}',
        '{"version": 1, "steps": [{"step": "eval", "code": "1"}]}',
        '{"version": 1, "steps": [{"step": "fill", "asset": "A"}]}',
        '{"version": 1, "steps": [{"step": "fill", "asset": "A", "days": 1, "more": 2}]}',
        '{"version": 1, "steps": [{"step": "fill", "asset": "A", "days": "1"}]}',
        '{"version": 1, "steps": [{"step": "drop rows", "dates": "2024-01-01"}]}',
        '{"version": 1, "steps": [{"step": ["fill"]}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(InputError):
        Recipe.from_json(text)


def test_hostile_names_stay_text():
    table = TABLE.rename(columns={"A": HOSTILE})
    recipe = Recipe((Keep("stale", HOSTILE), DropAsset(HOSTILE)))
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe and HOSTILE in again.words[1]
    done, report = apply_steps(table, again)
    assert HOSTILE not in done.columns and HOSTILE in report[1]
    with pytest.raises(FileFormatError, match="damaged"):
        Recipe.from_json(recipe.to_json()[:-1])


def test_a_price_set_keeps_what_is_known_and_says_what_was_done():
    table = frame(A=[1.0, 2, 3, 4], B=[1.0, NAN, 3, 4], IDX=[5.0, 6, 7, 8])
    given = price_set(table, default_assets=("A",), default_index="IDX", notes=("First.",))
    made, report = apply_recipe(given, Recipe((Fill("B", 3), DropAsset("IDX"))))
    assert made.tickers == ("A", "B") and list(made.assets.index) == ["A", "B"]
    assert made.default_assets == ("A", "B")  # B became complete, and takes part from now on
    assert made.default_index is None
    assert made.notes == ("First.", *report) and made.label == "Demo" and made.key != given.key
    same, nothing = apply_recipe(given, Recipe())
    assert same is given and nothing == []


def test_a_set_without_its_defaults_falls_back_to_all():
    given = price_set(frame(A=[1.0, 2, 3], B=[1.0, 2, 3]), default_assets=("A",))
    made, _ = apply_recipe(given, Recipe((DropAsset("A"),)))
    assert made.default_assets == ("B",)


@st.composite
def recipes(draw):
    steps = [
        st.builds(Keep, st.sampled_from(["stale", "young"]), st.sampled_from(["", "A", "GAPS"])),
        st.builds(DropAsset, st.sampled_from(["A", "GAPS", "SPLIT", "B"])),
        st.builds(
            lambda d: DropRows(tuple(f"2024-01-0{x}" for x in d)),
            st.lists(st.integers(1, 8), min_size=1, max_size=3),
        ),
        st.builds(Fill, st.sampled_from(["A", "GAPS"]), st.integers(1, 4)),
        st.builds(
            CutWindow, st.sampled_from(["2024-01-01", "2024-01-03"]), st.sampled_from([None, "2024-01-07"])
        ),
        st.builds(
            AdjustSplit, st.just("SPLIT"), st.sampled_from(["2024-01-03", "2024-01-04"]), st.just(1 / 3)
        ),
    ]
    return Recipe(tuple(draw(st.lists(st.one_of(steps), max_size=5))))


@given(recipes())
def test_the_same_input_and_recipe_give_the_same_set_or_the_same_refusal(recipe):
    given_set = price_set(TABLE)
    again = Recipe.from_json(json.dumps(json.loads(recipe.to_json()), indent=1))
    assert again == recipe and again.fingerprint == recipe.fingerprint
    try:
        made, report = apply_recipe(given_set, recipe)
    except RiskcoreError as error:
        with pytest.raises(type(error)) as caught:
            apply_recipe(price_set(TABLE), again)
        assert str(caught.value) == str(error)
        return
    twin, _ = apply_recipe(price_set(TABLE), again)
    assert twin.fingerprint == made.fingerprint
    assert len(report) == len(recipe.steps)
    # Step by step is the same as all at once.
    frame_by_steps = TABLE
    for step in recipe.steps:
        frame_by_steps, _ = apply_steps(frame_by_steps, Recipe((step,)))
    pd.testing.assert_frame_equal(made.prices, frame_by_steps, check_freq=False, check_names=False)


@given(st.integers(1, 99), st.integers(1, 99))
def test_ratios_are_written_as_the_fractions_they_are(new, old):
    words = ratio_words(new / old)
    top, _, bottom = words.partition("/")
    assert float(top) / float(bottom or 1) == pytest.approx(new / old, rel=1e-9)


def test_what_an_asset_is_can_be_said_and_is_recorded():
    base = price_set(TABLE)
    recipe = Recipe(
        (
            Describe("A", "group", "  Core\n bonds "),
            Describe("A", "duration", "6.20"),
            Describe("GAPS", "currency", "eur"),
            Describe("SPLIT", "name", HOSTILE),
            Fill("GAPS", 1),
        )
    )
    made, report = apply_recipe(base, Recipe.from_json(recipe.to_json()))
    assert made.assets.loc["A", ["group", "duration"]].tolist() == ["Core bonds", "6.2"]
    assert made.durations == {"A": 6.2}
    assert made.assets["currency"].tolist() == ["", "EUR", ""]
    assert made.assets.loc["SPLIT", "name"] == HOSTILE
    assert report[1] == "The duration of A is 6.2 years."
    assert made.notes == (report[-1],)  # the notes are about prices
    assert base.durations == {}
    assert made.fingerprint != base.fingerprint
    blank, _ = apply_recipe(made, Recipe((Describe("A", "duration", ""),)))
    assert blank.durations == {}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("isin", "x", "has no 'isin'"),
        ("duration", "long", "number of years"),
        ("duration", "500", "number of years, -5 to 50"),
        ("duration", "nan", "number of years"),
        ("currency", "euros", "three letters"),
        ("name", "x" * 121, "longer than 120"),
        ("name", 7, "must be a text"),
    ],
)
def test_what_cannot_describe_an_asset_is_refused(field, value, words):
    with pytest.raises(InputError, match=words):
        Describe("A", field, value)


def test_an_unknown_asset_is_not_described():
    with pytest.raises(AssetMismatchError, match="Step 1 of the recipe: There is no asset NEW"):
        apply_recipe(price_set(TABLE), Recipe((Describe("NEW", "group", "x"),)))
