"""The Data page: holdings, the quality report, and what is saved."""

import io
import re

import pandas as pd
import pytest

from riskcore.dashboard import cached
from riskcore.dashboard.data_quality import decided
from riskcore.dashboard.view import typed_weights
from riskcore.data.quality import Finding
from riskcore.data.recipe import AdjustSplit, DropAsset, DropRows, Fill, Keep
from riskcore.data.sample import load_sample
from tests.dashboard.reading import checked, words

SHARES = "Ticker\tShares\tPrice\tCurrency\nSPY\t10\t500\tEUR\nBND\t20\t75\tEUR\nCash\t3500\t1\tEUR\n"


def pasted(open_app, text, **query):
    app = open_app("data", **query)
    return checked(app.text_area(key="weights_text").set_value(text).run())


def keys(elements):
    return [element.key for element in elements]


def make(app, letter):
    return checked(app.button(key=f"use_{letter}").click().run())


def by_label(elements, part):
    return next(e for e in elements if part in e.label.replace("\\", ""))


def test_shares_set_weights_value_and_currency(open_app):
    app = pasted(open_app, SHARES)
    text = words(app)
    assert "2 positions in shares, worth 10,000.00 EUR, of which 3,500.00 EUR are cash." in text
    assert "their weights drift with prices" in text
    make(app, "b")
    assert typed_weights(app.query_params["b"]) == pytest.approx({"SPY": 0.5, "BND": 0.15})
    assert app.query_params["value"] == "10000"
    assert app.query_params["ccy"] == "EUR"
    assert "a" not in app.query_params


def test_shares_without_prices_take_the_last_ones_of_the_data_and_say_so(open_app):
    app = pasted(open_app, "Ticker\tShares\nSPY\t10\nBND\t20\n")
    last = load_sample("global").prices.iloc[-1]
    total = 10 * last["SPY"] + 20 * last["BND"]
    assert f"worth {total:,.2f}" in words(app)
    assert "the data’s last ones (16 Jan 2026)" in words(app)
    make(app, "a")
    weights = typed_weights(app.query_params["a"])
    assert weights == pytest.approx({"SPY": 10 * last["SPY"] / total, "BND": 20 * last["BND"] / total})


def test_weights_do_not_drift_and_set_no_value(open_app):
    app = pasted(open_app, "SPY\t60 %\nBND\t30 %\nCash\t10 %")
    assert "the weights stay as they are, whatever prices do" in words(app)
    assert "10 % cash" in words(app)
    make(app, "a")
    assert "value" not in app.query_params
    assert typed_weights(app.query_params["a"]) == {"SPY": 0.6, "BND": 0.3}


def test_an_unknown_row_is_mapped_by_the_reader_only(open_app):
    app = pasted(open_app, "SPYY\t60 %\nBND\t40 %")
    assert "nothing is dropped unsaid" in words(app)
    assert "use_a" not in keys(app.button)
    row = by_label(app.selectbox, "SPYY")
    assert row.value is None
    assert row.options[0].startswith("SPY")
    checked(row.set_value("SPY").run())
    make(app, "a")
    assert typed_weights(app.query_params["a"]) == {"SPY": 0.6, "BND": 0.4}


def test_an_unknown_row_can_be_left_out_and_it_is_said(open_app):
    app = pasted(open_app, "ZZZZ9\t60 %\nBND\t40 %")
    row = by_label(app.selectbox, "ZZZZ9")
    checked(row.select_index(row.options.index("Leave it out")).run())
    assert "Left out as chosen: ZZZZ9" in words(app)
    make(app, "a")
    assert typed_weights(app.query_params["a"]) == {"BND": 0.4}


def test_all_unknown_rows_can_be_left_out_at_once(open_app):
    app = pasted(open_app, "Tesla\t10 %\nNokia\t10 %\nBND\t80 %")
    assert "use_a" not in keys(app.button)
    checked(app.checkbox[0].check().run())
    make(app, "a")
    assert typed_weights(app.query_params["a"]) == {"BND": 0.8}


def test_nothing_left_is_one_sentence(open_app):
    app = pasted(open_app, "Tesla\t10 %\nNokia\t90 %")
    checked(app.checkbox[0].check().run())
    assert [e.value for e in app.error] == ["No holding is left\\."]
    assert "use_a" not in keys(app.button)


def test_the_sample_that_has_the_holdings_is_offered(open_app):
    app = pasted(open_app, "AAPL\t50 %\nMSFT\t50 %")
    offer = app.button(key="holdings_sample")
    assert "2 of 2" in offer.label
    checked(offer.click().run())
    assert app.query_params["data"] == "us"
    make(app, "a")
    assert typed_weights(app.query_params["a"]) == {"AAPL": 0.5, "MSFT": 0.5}


def test_holdings_go_to_the_yahoo_door(open_app):
    app = pasted(open_app, "VTI\t50 %\nSPY\t50 %")
    checked(app.button(key="holdings_yahoo").click().run())
    assert app.text_input(key="yahoo_tickers").value == "VTI SPY"


@pytest.mark.parametrize(
    ("kind", "weights"),
    [("Shares (pieces held)", None), ("Amounts of money", {"SPY": 1 / 3, "BND": 2 / 3})],
)
def test_the_kind_of_numbers_is_asked_not_guessed(open_app, kind, weights):
    app = pasted(open_app, "SPY\t10\nBND\t20")
    assert "use_a" not in keys(app.button)
    asked = app.radio[-1]
    assert asked.value is None
    checked(
        asked.set_value(next(k for k, o in zip(KINDS, asked.options, strict=True) if kind in plain(o))).run()
    )
    make(app, "a")
    if weights:
        assert typed_weights(app.query_params["a"]) == pytest.approx(weights)


KINDS = ("shares", "amount", "weight")


def plain(text):
    return text.replace("\\", "")


def test_the_decimal_mark_is_asked(open_app):
    app = pasted(open_app, "Name;Value\nSPY;1,234\nBND;2,468")
    checked(app.radio[-1].set_value(",").run())
    assert "worth 3.70" in words(app)
    checked(app.radio[-1].set_value(".").run())
    assert "worth 3,702.00" in words(app)


def test_columns_without_headings_are_asked(open_app):
    app = pasted(open_app, "SPY\t10\t500\nBND\t11\t700")
    assert "use_a" not in keys(app.button)
    checked(by_label(app.selectbox, "column 2").set_value("shares").run())
    checked(by_label(app.selectbox, "column 3").set_value("price").run())
    assert "worth 12,700.00" in words(app)


def test_rates_are_asked_where_currencies_are_mixed(open_app):
    app = pasted(open_app, "Ticker\tShares\tPrice\tCurrency\nSPY\t10\t500\tUSD\nGOLD\t2\t100\tEUR\n")
    checked(app.radio[-1].set_value("EUR").run())
    assert "use_a" not in keys(app.button)
    checked(by_label(app.number_input, "EUR for 1 USD").set_value(0.9).run())
    assert "worth 4,700.00 EUR" in words(app)
    make(app, "a")
    assert app.query_params["ccy"] == "EUR"


def test_a_currency_the_table_does_not_name_is_chosen_by_the_reader(open_app):
    app = pasted(open_app, "Ticker\tAmount\nSPY\t100\nBND\t300\n")
    checked(by_label(app.selectbox, "Currency of these amounts").set_value("JPY").run())
    make(app, "a")
    assert app.query_params["ccy"] == "JPY"
    assert app.query_params["value"] == "400"


def test_repeated_rows_are_added_up_only_when_said(open_app):
    app = pasted(open_app, "Ticker\tShares\tPrice\nSPY\t10\t500\nSPY\t-4\t500\nBND\t1\t75")
    assert "use_a" not in keys(app.button)
    checked(app.radio[-1].set_value("sum").run())
    assert "10 + -4 = 6" in words(app)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SPY", "Give one column"),
        ("Ticker\tShares\nSPY\tmany\nBND\t3", "many"),
        ("SPY\t-60 %\nBND\t-50 %\n", None),
        ("Ticker\tAmount\nSPY\t-100\nBND\t50\n", "positive total value"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_the_page_goes_on(open_app, text, said):
    app = pasted(open_app, text)
    if said:
        assert any(said in plain(e.value) for e in app.error), words(app)
        assert "use_a" not in keys(app.button)
    assert app.multiselect(key="frame_assets").value


def test_a_workbook_of_holdings_is_read_and_its_sheet_asked(open_app):
    file = io.BytesIO()
    with pd.ExcelWriter(file) as writer:
        for title, share in (("March", 10), ("April", 30)):
            frame = pd.DataFrame({"Ticker": ["SPY", "BND"], "Amount": [share, 70]})
            frame.to_excel(writer, sheet_name=title, index=False)
    app = open_app("data")
    upload = app.file_uploader(key="holdings_file")
    checked(upload.set_value(("mine.xlsx", file.getvalue(), "application/octet-stream")).run())
    checked(app.radio[-1].set_value("April").run())
    make(app, "a")
    assert typed_weights(app.query_params["a"]) == pytest.approx({"SPY": 0.3, "BND": 0.7})


def test_names_are_shown_as_text(open_app):
    name = "![x](https://evil.example/p.png)<script>"
    app = pasted(open_app, f"{name}\t5 %\nSPY\t95 %")
    for element in (*app.markdown, *app.caption, *app.warning, *app.info, *app.error):
        assert "![x](" not in element.value
    assert all("![x](" not in s.label for s in app.selectbox)
    shown = by_label(app.selectbox, "script")
    assert re.search("evil", shown.label)


SPLIT = "2000-09-29"


def decide(app, asset, part):
    """Choose the first choice whose words hold `part`, of the first open finding about the asset."""
    box = next(
        s for s in app.selectbox if str(s.key).startswith("quality_") and any(asset in o for o in s.options)
    )
    return checked(box.select_index(next(i for i, o in enumerate(box.options) if part in o)).run())


def test_problems_come_first_and_a_split_is_adjusted_by_the_readers_word(open_app):
    app = open_app("data", data="us")
    found = [
        m.value.replace("\\", "") for m in app.markdown if "**Problem." in m.value or "**To check" in m.value
    ]
    assert "AAPL moves by −51.8 % on 2000-09-29" in found[0]
    assert [("**Problem." in f) for f in found] == sorted((("**Problem." in f) for f in found), reverse=True)
    assert "quality_apply" not in keys(app.button)
    decide(app, "AAPL", "Multiply")
    checked(app.button(key="quality_apply").click().run())
    made = cached.price_set(app.query_params["data"])
    before = load_sample("us").prices["AAPL"]
    assert made.prices["AAPL"].loc[:SPLIT].iloc[:-1].to_numpy() == pytest.approx(
        0.5 * before.loc[:SPLIT].iloc[:-1].to_numpy()
    )
    assert made.prices["AAPL"].loc[SPLIT:].equals(before.loc[SPLIT:])
    text = words(app)
    assert "Made from US stocks, 2000–2022 by your decisions" in text
    assert "1. Multiply the prices of AAPL before 2000-09-29 by 1/2." in text
    assert "AAPL moves by −51.8 %" not in text


def test_the_script_repeats_the_decisions(open_app, capsys):
    app = open_app("data", data="us")
    decide(app, "AAPL", "Multiply")
    checked(app.button(key="quality_apply").click().run())
    script = next(c.value for c in app.code if c.language == "python")
    space = {}
    exec(compile(script, "script", "exec"), space)
    assert space["prices"].fingerprint == cached.price_set(app.query_params["data"]).fingerprint
    assert "AAPL" in capsys.readouterr().out


def test_decisions_add_up_and_the_data_as_it_came_comes_back(open_app):
    app = open_app("data", data="us")
    decide(app, "AAPL", "Multiply")
    checked(app.button(key="quality_apply").click().run())
    decide(app, "AMD", "Leave AMD out")
    checked(app.button(key="quality_apply").click().run())
    assert "2. Leave AMD out." in words(app)
    assert "AMD" not in cached.price_set(app.query_params["data"]).tickers
    checked(app.button(key="quality_back").click().run())
    assert app.query_params["data"] == "us"
    assert "by your decisions" not in words(app)


def test_a_kept_finding_is_not_shown_again(open_app):
    app = open_app("data")
    decide(app, "BTC", "Keep BTC as it is (jump)")
    checked(app.button(key="quality_apply").click().run())
    text = words(app)
    assert "BTC moves by −37.2 %" not in text
    assert "1 finding kept as decided." in text
    made = cached.price_set(app.query_params["data"])
    assert made.prices.equals(load_sample("global").prices)


def test_a_portfolio_of_an_asset_left_out_is_one_sentence(open_app):
    app = open_app("data", data="us", a="w:AMD~1")
    decide(app, "AMD", "Leave AMD out")
    checked(app.button(key="quality_apply").click().run())
    assert any("AMD" in w.value for w in app.warning)
    assert app.selectbox(key="frame_a").value == "equal_weight"


def finding(kind, asset, *choices):
    return Finding(kind, "check", asset, pd.DatetimeIndex([]), 1, "…", choices)


def test_rows_left_out_for_several_assets_are_one_step():
    first, second = DropRows(("2024-01-02", "2024-01-03")), DropRows(("2024-01-03", "2024-01-04"))
    chosen = [(finding("stale", "A", first), first), (finding("stale", "B", second), second)]
    assert decided(chosen, [f for f, _ in chosen]) == (DropRows(("2024-01-02", "2024-01-03", "2024-01-04")),)


def test_an_asset_left_out_needs_no_other_step():
    chosen = [
        (finding("jump", "A"), DropAsset("A")),
        (finding("split", "A"), AdjustSplit("A", "2024-01-02", 0.5)),
        (finding("stale", "A"), Keep("stale", "A")),
        (finding("gap", "B"), Fill("B", 3)),
    ]
    assert decided(chosen, [f for f, _ in chosen]) == (Fill("B", 3), DropAsset("A"))


def test_keeping_one_of_two_like_findings_hides_neither():
    one, two = finding("jump", "A"), finding("jump", "A")
    assert decided([(one, Keep("jump", "A"))], [one, two]) == ()
    assert decided([(one, Keep("jump", "A")), (two, Keep("jump", "A"))], [one, two]) == (Keep("jump", "A"),)
