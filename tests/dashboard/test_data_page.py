"""The Data page: holdings, the quality report, and what is saved."""

import io
import re
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from riskcore.dashboard import cached, data_yahoo, saved
from riskcore.dashboard.data_quality import decided
from riskcore.dashboard.portfolio_codes import content_of, shares_of
from riskcore.dashboard.view import typed_weights
from riskcore.data.currency import ecb_rates
from riskcore.data.quality import Finding
from riskcore.data.recipe import AdjustSplit, DropAsset, DropRows, Fill, Keep
from riskcore.data.sample import load_sample
from riskcore.data.store import open_store
from tests.dashboard.reading import checked, words
from tests.data.yahoo_stand_in import stand_in

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
    shares = shares_of(app.query_params["b"])
    assert (shares.pieces, shares.cash) == ({"SPY": 10.0, "BND": 20.0}, {"EUR": 3500.0})
    worth = shares.values(load_sample("global"), ecb_rates(), "EUR")
    assert worth.weights == pytest.approx({"SPY": 0.5, "BND": 0.15})
    # The value is not in the link: it follows the shares.
    assert "value" not in app.query_params
    assert app.query_params["ccy"] == "EUR"
    assert "Value EUR\N{NO-BREAK SPACE}10,000: the shares of B on 16 Jan 2026" in words(app)
    assert "a" not in app.query_params


def test_shares_without_prices_take_the_last_ones_of_the_data_and_say_so(open_app):
    app = pasted(open_app, "Ticker\tShares\nSPY\t10\nBND\t20\n")
    last = load_sample("global").prices.iloc[-1]
    total = 10 * last["SPY"] + 20 * last["BND"]
    assert f"worth {total:,.2f}" in words(app)
    assert "They are weighed at the prices of 16 Jan 2026" in words(app)
    make(app, "a")
    assert app.query_params["a"] == "n:SPY~10;BND~20"
    weights = shares_of(app.query_params["a"]).values(load_sample("global"), ecb_rates(), "").weights
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


def test_a_money_market_fund_is_money_by_the_readers_word(open_app):
    app = pasted(open_app, "Symbol\tShares\tPrice\tCurrency\nVMFXX\t1000\t1\tUSD\nSPY\t10\t600.5\tUSD")
    row = by_label(app.selectbox, "VMFXX")
    checked(row.select_index(row.options.index("Money in the account, which earns 0")).run())
    assert "1 position in shares, worth 7,005.00 USD, of which 1,000.00 USD are cash." in words(app)
    make(app, "a")
    assert app.query_params["a"].startswith("n:SPY~10~") and "VMFXX" not in app.query_params["a"]


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


def test_a_rate_is_asked_only_where_there_is_none(open_app):
    app = pasted(open_app, "Ticker\tShares\tPrice\tCurrency\nSPY\t10\t500\tAED\nGOLD\t2\t100\tEUR\n")
    checked(app.radio[-1].set_value("EUR").run())
    assert "use_a" not in keys(app.button)
    checked(by_label(app.number_input, "EUR for 1 AED").set_value(0.9).run())
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
        ("SPY", "one line per asset"),
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


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty store of its own."""
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    monkeypatch.delenv("RISKCORE_DATABASE_URL", raising=False)
    clear()
    yield tmp_path
    saved.store().close()
    clear()


def clear():
    saved.store.clear()
    saved.load_price_set.clear()


def type_and_click(app, button, **typed):
    for start, value in typed.items():
        next(t for t in app.text_input if str(t.key).startswith(start)).set_value(value)
    return checked(app.button(key=button).click().run())


def pick(app, kind, name):
    box = app.selectbox(key=f"chosen_{kind}")
    return checked(box.select_index(box.options.index(name)).run())


def mended_and_saved(open_app, name="Mended"):
    app = open_app("data", data="us")
    decide(app, "AAPL", "Multiply")
    checked(app.button(key="quality_apply").click().run())
    return type_and_click(app, "save_set", save_set_name=name, save_set_note="split of 2000")


def test_a_saved_data_set_is_restored_by_its_link_after_a_restart(open_app, home):
    app = mended_and_saved(open_app)
    key = app.query_params["data"]
    assert key.startswith("saved-")
    before = cached.price_set(key).prices
    saved.store().close()
    clear()  # as after a restart
    app = open_app("tail", data=key)
    assert not app.error
    assert not app.warning
    assert "Mended" in words(app)
    assert cached.price_set(key).prices.equals(before)
    text = words(open_app("data", data=key))
    assert "Made and saved by your decisions" in text
    assert "1. Multiply the prices of AAPL before 2000-09-29 by 1/2." in text


def test_the_script_of_a_saved_data_set_loads_it(open_app, home):
    app = mended_and_saved(open_app)
    script = next(c.value for c in app.code if c.language == "python")
    space = {}
    exec(compile(script, "script", "exec"), space)
    assert space["prices"].fingerprint == cached.price_set(app.query_params["data"]).fingerprint


def test_decisions_on_a_saved_data_set_keep_the_earlier_ones(open_app, home):
    app = mended_and_saved(open_app)
    decide(app, "AMD", "Leave AMD out")
    checked(app.button(key="quality_apply").click().run())
    text = words(app)
    assert "1. Multiply the prices of AAPL" in text
    assert "2. Leave AMD out." in text


def test_data_sets_are_renamed_duplicated_deleted_and_restored(open_app, home):
    app = mended_and_saved(open_app)
    key = app.query_params["data"]
    pick(app, "sets", "Mended")
    type_and_click(app, "rename_sets", name_sets="Mended twice")
    assert app.success[0].value.replace("\\", "") == "Mended is now Mended twice."
    assert cached.price_set(key).label == "Mended twice"
    type_and_click(app, "duplicate_sets", name_sets="Copy")
    assert {s.name for s in saved.store().price_sets.all()} == {"Mended twice", "Copy"}
    pick(app, "sets", "Copy")
    checked(app.button(key="delete_sets").click().run())
    assert {s.name for s in saved.store().price_sets.all()} == {"Mended twice"}


def test_what_is_deleted_comes_back_under_another_name_where_its_own_is_taken(open_app, home):
    shelf = saved.store().portfolios
    shelf.delete(shelf.save("Spring", {"SPY": 1.0}).key)
    shelf.save("Spring", {"BND": 1.0})
    app = open_app("data")
    checked(app.button(key="restore_portfolios").click().run())
    assert "exists already; choose another name" in app.error[0].value.replace("\\", "")
    type_and_click(app, "restore_portfolios", back_portfolios="First spring")
    assert app.success[0].value.replace("\\", "") == "Spring is restored as First spring."
    assert {p.name: dict(p.positions) for p in shelf.all()} == {
        "Spring": {"BND": 1.0},
        "First spring": {"SPY": 1.0},
    }


def test_a_saved_data_set_is_opened(open_app, home):
    key = mended_and_saved(open_app).query_params["data"]
    app = open_app("data")
    pick(app, "sets", "Mended")
    checked(app.button(key="open_set").click().run())
    assert app.query_params["data"] == key
    assert not app.error


def test_a_portfolio_is_saved_with_versions_and_opened(open_app, home):
    app = open_app("data", a="w:SPY~0.6;BND~0.4", value="1000", ccy="EUR")
    type_and_click(app, "save_portfolio", save_portfolio_name="Mine", save_portfolio_note="first")
    app = open_app("data", a="w:SPY~0.5;BND~0.5")
    type_and_click(app, "save_portfolio", save_portfolio_name="Mine")
    assert "Mine is saved, version 2." in app.success[0].value.replace("\\", "")
    app = open_app("data")
    pick(app, "portfolios", "Mine")
    box = next(s for s in app.selectbox if str(s.key).startswith("version_"))
    checked(box.set_value(1).run())
    checked(app.button(key="open_b").click().run())
    (entry,) = saved.store().portfolios.all()
    assert app.query_params["b"] == f"p:{entry.key}@1"
    assert content_of(app.query_params["b"]) == {"SPY": 0.6, "BND": 0.4}
    assert app.query_params["value"] == "1000"
    assert app.query_params["ccy"] == "EUR"


def test_a_portfolio_brings_the_data_it_was_saved_with(open_app, home):
    app = open_app("data", data="us", b="w:AAPL~0.6;MSFT~0.4")
    checked(app.segmented_control(key="save_which").set_value("B").run())
    type_and_click(app, "save_portfolio", save_portfolio_name="Tech")
    app = open_app("data")
    pick(app, "portfolios", "Tech")
    checked(app.button(key="open_a").click().run())
    assert app.query_params["data"] == "us"
    assert content_of(app.query_params["a"]) == {"AAPL": 0.6, "MSFT": 0.4}
    assert not app.error
    assert not app.warning


@pytest.mark.parametrize(("name", "said"), [("", "blank"), ("a\tb", "control character")])
def test_a_name_that_cannot_be_used_is_one_sentence_and_the_form_stays(open_app, home, name, said):
    app = open_app("data")
    type_and_click(app, "save_portfolio", save_portfolio_name=name, save_portfolio_note="keep me")
    assert len(app.error) == 1
    assert said in app.error[0].value.replace("\\", "")
    assert app.text_input(key="save_portfolio_note").value == "keep me"
    assert saved.store().portfolios.all() == ()


def test_a_data_set_s_name_is_not_taken_twice(open_app, home):
    mended_and_saved(open_app)
    app = open_app("data")
    type_and_click(app, "save_set", save_set_name="Mended")
    assert any("called Mended already" in e.value.replace("\\", "") for e in app.error)
    assert "data" not in app.query_params


def test_a_link_to_what_was_never_saved_is_one_sentence(open_app, home):
    app = open_app("data", data="saved-0000")
    assert len(app.warning) == 1
    assert "no saved price set" in app.warning[0].value.replace("\\", "")


def test_a_store_that_cannot_be_opened_is_one_sentence_and_the_page_works(open_app, home):
    (home / "riskcore.sqlite").unlink(missing_ok=True)
    file = home / "not a folder"
    file.write_text("x")
    clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKCORE_HOME", str(file))
        app = open_app("data")
        assert len(app.error) == 1
        assert "RISKCORE_HOME" in app.error[0].value.replace("\\", "")
        assert app.multiselect(key="frame_assets").value
    clear()


def test_what_the_store_mended_is_said(open_app, home):
    with open_store(home=home) as store:
        store.portfolios.save("Mine", {"SPY": 1.0})
    file = next(f for f in home.glob("*.sqlite") if "portfolios" in sqlite_tables(f))
    raw = bytearray(file.read_bytes())
    raw[:64] = b"\0" * 64
    file.write_bytes(bytes(raw))
    app = open_app("data")
    assert any("set aside" in w.value.replace("\\", "") for w in app.warning), words(app)
    assert "Mine" in app.selectbox(key="chosen_portfolios").options


def sqlite_tables(file):
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


def test_saved_names_are_shown_as_text(open_app, home):
    saved.store().portfolios.save("![x](https://evil.example)<b>", {"SPY": 1.0}, note="=1+1")
    app = open_app("data")
    pick(app, "portfolios", "![x](https://evil.example)<b>")
    checked(app.button(key="delete_portfolios").click().run())
    for element in (*app.markdown, *app.caption, *app.success, *app.warning, *app.error):
        assert "![x](" not in element.value
    assert "is deleted" in app.success[0].value


def fetch(app, tickers):
    app.text_input(key="yahoo_tickers").set_value(tickers)
    return checked(by_label(app.button, "Fetch").click().run())


def test_stored_copies_are_offered_when_yahoo_fails(open_app, home):
    with stand_in({"SPY": "well", "BND": "well"}):
        app = fetch(open_app("data", door="Yahoo tickers"), "SPY BND")
        assert "yahoo_copies" not in keys(app.button)
        fetched = saved.store().series.load("SPY").frame["close"]
    with stand_in({}, refuse=True):
        app = fetch(open_app("data", door="Yahoo tickers"), "SPY BND GLD")
        assert "Copies of 2 tickers of the 3 are stored" in words(app)
        checked(app.button(key="yahoo_copies").click().run())
        assert "SPY: stored copy fetched on" in words(app)
        checked(app.button(key="yahoo_use").click().run())
    prices = cached.price_set(app.query_params["data"])
    assert prices.tickers == ("SPY", "BND")
    assert prices.prices["SPY"].to_numpy() == pytest.approx(fetched.to_numpy())
    assert not app.error


def test_without_copies_nothing_is_offered(open_app, home):
    with stand_in({}, refuse=True):
        app = fetch(open_app("data", door="Yahoo tickers"), "SPY")
        assert len(app.error) == 1
        assert "yahoo_copies" not in keys(app.button)


def uploaded(app, *files):
    values = [(name, content.encode(), "text/csv") for name, content in files]
    box = app.file_uploader(key="csv_file")
    return checked(box.set_value(values if len(values) > 1 else values[0]).run())


def tables(app):
    return [element.value for element in app.dataframe]


def run_script(app, folder, monkeypatch, *files):
    """Run the page's script beside the files and return the prices it loads."""
    for name, content in files:
        (folder / name).write_text(content, encoding="utf-8")
    script = next(c.value for c in app.code if c.language == "python")
    monkeypatch.chdir(folder)
    space = {}
    exec(compile(script, "script", "exec"), space)
    return space["prices"]


def test_both_readings_are_shown_before_one_is_chosen(open_app, tmp_path, monkeypatch):
    rows = "".join(f"{day:02}/04/2024,{100 + day * 7 % 5},{50 + day * 3 % 4}\n" for day in range(1, 12))
    app = uploaded(open_app("data", door="File of prices"), ("eu.csv", f"Date,AAA,BBB\n{rows}"))
    assert "csv_use" not in keys(app.button)
    text = words(app)
    assert "As day/month/year:" in text
    assert "11 rows, 01 April 2024 to 11 April 2024." in text
    assert "11 rows, 04 January 2024 to 04 November 2024." in text
    firsts = [str(t.index[0]) for t in tables(app) if list(t.columns) == ["AAA", "BBB"]]
    assert firsts == ["2024-04-01", "2024-01-04"]
    checked(app.radio[-1].set_value("day/month/year").run())
    assert "Dates were read as day/month/year, as chosen." in words(app)
    checked(app.button(key="csv_use").click().run())
    made = run_script(app, tmp_path, monkeypatch, ("eu.csv", f"Date,AAA,BBB\n{rows}"))
    assert made.fingerprint == cached.price_set(app.query_params["data"]).fingerprint


def test_the_kind_of_numbers_is_shown_by_what_a_row_would_move(open_app):
    rows = "".join(f"2024-01-{day:02},{(day % 5 - 2) * 0.3:.2f}\n" for day in range(2, 28))
    app = uploaded(open_app("data", door="File of prices"), ("r.csv", f"Date,AAA\n{rows}"))
    assert "A typical move per row is 30 %." in words(app)
    assert "A typical move per row is 0.3 %." in words(app)
    checked(app.radio[-1].set_value("percent returns").run())
    assert "Values were divided by 100" in words(app)


def test_several_files_are_joined_and_a_bad_one_is_named(open_app, tmp_path, monkeypatch):
    day = "Datum;Schluss\n{}.01.2024;{}\n{}.01.2024;{}\n"
    files = [(f"{t}.csv", day.format(30, "1,5", 31, "1,6")) for t in ("SPY", "BND")]
    app = uploaded(open_app("data", door="File of prices"), *files)
    assert "SPY: 2 rows, 2024-01-30 to 2024-01-31 (SPY.csv)." in words(app)
    checked(app.button(key="csv_use").click().run())
    used = cached.price_set(app.query_params["data"])
    assert used.tickers == ("SPY", "BND")
    with monkeypatch.context() as patch:
        assert run_script(app, tmp_path, patch, *files).fingerprint == used.fingerprint
    app = uploaded(open_app("data", door="File of prices"), files[0], ("bad.csv", "Date;A\n2024-01-02;x\n"))
    assert any(e.value.startswith("bad") for e in app.error)
    assert "csv_use" not in keys(app.button)


def test_a_preset_fills_the_ticker_box(open_app):
    app = open_app("data", door="Yahoo tickers")
    checked(app.button(key="yahoo_preset_60/40").click().run())
    assert app.text_input(key="yahoo_tickers").value == "SPY AGG"


def test_only_missing_days_are_fetched_the_second_time(open_app, home):
    with stand_in({"SPY": "well"}) as first:
        fetch(open_app("data", door="Yahoo tickers"), "SPY")
    with stand_in({"SPY": "well"}) as second:
        app = fetch(open_app("data", door="Yahoo tickers"), "spy")
    assert second.ranges["SPY"][0][0] > first.ranges["SPY"][0][0]
    status = next(t for t in tables(app) if "sentence" in t)
    assert "the rest is the stored copy of" in status["sentence"].iloc[0]


def test_a_download_that_is_stopped_keeps_what_arrived():
    with stand_in({"AAA": "well", "SLO": "slow", "CCC": "well"}, slowness=1.0):
        job = data_yahoo._Download("aaa, slo ccc", "2021-01-04")
        while job.done < 1:
            assert not job.finished.wait(0.02)
        job.stop.set()
        assert job.finished.wait(5)
    assert job.names == ["AAA", "SLO", "CCC"]
    assert [s.status for s in job.answer.statuses] == ["ok", "cancelled", "not asked"]
    assert job.answer.prices.tickers == ("AAA",)


def edited(app, data, **cells):
    """Edit cells of the asset table: the first asset's, by column."""
    key = f"assets_{cached.price_set(data).fingerprint[:12]}"
    app.session_state[key] = {"edited_rows": {0: cells}, "added_rows": [], "deleted_rows": []}
    return checked(app.run())


def test_what_an_asset_is_can_be_edited_saved_and_restored_by_its_link(open_app, home):
    app = edited(open_app("data"), "global", group="Core", duration=6.5, region="US")
    assert "The duration of SPY is 6.5 years." in words(app)
    assert "The region of SPY" not in words(app)  # as it was
    checked(app.button(key="assets_apply").click().run())
    made = cached.price_set(app.query_params["data"])
    assert made.assets.loc["SPY", "group"] == "Core"
    assert "1. The group of SPY is Core." in words(app)
    type_and_click(app, "save_set", save_set_name="Grouped")
    key = app.query_params["data"]
    saved.store().close()
    clear()
    assert cached.price_set(key).durations == {"SPY": 6.5}
    assert "The group of SPY is Core." in words(open_app("data", data=key))


def test_an_edit_that_cannot_be_used_is_one_sentence(open_app):
    app = edited(open_app("data"), "global", currency="dollars")
    assert any("three letters" in e.value for e in app.error)
    assert "assets_apply" not in keys(app.button)
