"""The Trade basket page: one basket everywhere, before and after as the library says, refusals."""

import numpy as np
import pytest

from riskcore.dashboard import saved
from riskcore.dashboard.basket import basket_code, traded, trades_of, with_change
from riskcore.dashboard.book import Book
from riskcore.dashboard.limits_gate import limits_in_force
from riskcore.dashboard.trades_sections import stress_table
from riskcore.dashboard.view import View
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError
from riskcore.measures import cvar
from riskcore.portfolio import Portfolio
from riskcore.statistics import describe
from tests.dashboard.reading import checked, words

BASKET = "QQQ~-0.1;BND~0.06;GOLD~0.04"


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty store."""
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    monkeypatch.setattr(saved, "_opened", [])
    saved.store.clear()
    yield tmp_path
    saved.store.clear()


def after_of(sample):
    weights = dict.fromkeys(sample.assets, 1 / 7)
    weights["QQQ"] -= 0.1
    weights["BND"] += 0.06
    weights["GOLD"] += 0.04
    return Portfolio("after", weights)


def table_of(app, column):
    return next(d.value for d in app.dataframe if column in d.value.columns)


def test_before_and_after_are_the_library_s_numbers(open_app, sample):
    table = table_of(open_app("trades", basket=BASKET), "A after")
    equal, after = Portfolio("A", dict.fromkeys(sample.assets, 1 / 7)), after_of(sample)
    name = next(row for row in table.index if "CVaR" in row)
    for column, held in (("A", equal), ("A after", after)):
        assert table.loc[name, column] == pytest.approx(
            100 * cvar(sample, held, confidence=0.95).value, rel=1e-12
        )
        assert table.loc["worst drawdown, %", column] == pytest.approx(
            100 * describe(sample, held).max_drawdown, rel=1e-12
        )
    moved = table.drop(index="invested, %")
    assert (moved["change"] == moved["A after"] - moved["A"]).all()
    assert table.loc["invested, %", "change"] == 0.0


def test_a_trade_is_added_paid_pro_rata_and_cleared(open_app):
    app = open_app("trades")
    assert "Put a trade in the basket to see A before and after it" in app.header[0].value
    assert not app.dataframe
    assert not app.get("plotly_chart")
    app.selectbox(key="basket_asset").set_value("SPY")
    app.number_input(key="basket_points").set_value(-6.0)
    button = next(b for b in app.button if b.label == "Add to the basket")
    checked(button.click().run())
    trades = trades_of(
        app.query_params["basket"][0]
        if isinstance(app.query_params["basket"], list)
        else app.query_params["basket"]
    )
    assert trades["SPY"] == pytest.approx(-0.06)
    assert [trades[a] for a in trades if a != "SPY"] == pytest.approx([0.01] * 6)
    assert "falls to" in app.header[0].value
    checked(next(b for b in app.button if b.label == "Clear").click().run())
    assert "basket" not in app.query_params


def test_the_basket_is_a_chip_on_other_pages_and_a_after_it_can_be_b(open_app, sample):
    app = open_app("tail", basket=BASKET, b="after")
    assert any("Basket for A" in m.value for m in app.markdown)
    script = next(c.value for c in app.code if c.language == "python")
    assert repr(float(after_of(sample).weights["BND"])) in script
    assert app.selectbox(key="frame_b").value == "after"
    assert "after" not in app.selectbox(key="frame_a").options


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"basket": "SPY"}, "is not a list of ticker"),
        ({"basket": "BTC~0.1"}, "The basket trades BTC, which is not among the assets shown"),
        ({"a": "after", "basket": BASKET}, "A after the basket can only be B"),
    ],
)
def test_a_basket_that_cannot_be_is_said_and_left_out(open_app, query, sentence):
    app = open_app("trades", **query)
    assert any(sentence in w.value.replace("\\", "") for w in app.warning), words(app)


def test_a_change_paid_by_hand():
    held = Portfolio("A", {"X": 0.5, "Y": 0.3, "Z": 0.2})
    assert with_change(held, {}, "X", 0.1, "cash") == {"X": 0.1}
    assert with_change(held, {}, "X", 0.1, "Z") == {"X": 0.1, "Z": -0.1}
    again = with_change(held, {"X": 0.1, "Z": -0.1}, "X", -0.1, "Z")
    assert again == {}
    after = traded(held, basket_code({"X": -0.5, "Y": 0.5}), "B")
    assert after.weights.to_dict() == {"X": 0.0, "Y": 0.8, "Z": 0.2}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: with_change(p, {}, "X", 0.0, "cash"), "is not 0"),
        (lambda p: with_change(p, {}, "X", float("nan"), "cash"), "A change lies between"),
        (lambda p: with_change(p, {}, "X", 0.1, "X"), "cannot pay for itself"),
        (
            lambda p: with_change(Portfolio("A", {"X": 1.0, "Y": 0.0}), {}, "X", -0.1, "pro rata"),
            "Nothing else",
        ),
        (lambda p: trades_of("X"), "The basket is not a list"),
        (lambda p: trades_of("X~1;X~2"), "names X twice"),
        (lambda p: traded(p, "Q~0.1", ""), "The basket trades Q"),
    ],
)
def test_changes_that_cannot_be_are_refused(call, sentence):
    with pytest.raises((InputError, AssetMismatchError), match=sentence):
        call(Portfolio("A", {"X": 0.5, "Y": 0.5}))


def test_stresses_before_and_after_are_sums_by_hand(sample):
    table = stress_table(Book(View(basket=BASKET)))
    loss = table.loc["Shock Rates +200 bp, %"]
    assert loss["A"] == pytest.approx(100 * 0.02 * 6 / 7, rel=1e-12)
    assert loss["A after"] == pytest.approx(100 * 0.02 * 6 * (1 / 7 + 0.06), rel=1e-12)
    doubled = table.loc[next(row for row in table.index if "Volatility doubles" in row)]
    losses = -(sample.returns @ np.full(7, 1 / 7))
    worst = np.sort(2 * (losses - losses.mean()) + losses.mean())[::-1]
    k = 0.05 * sample.count
    whole = int(k)
    assert doubled["A"] == pytest.approx(
        100 * (worst[:whole].sum() + (k - whole) * worst[whole]) / k, rel=1e-10
    )


def test_limits_saved_with_a_hold_on_the_basket_and_a_saved_basket_opens_again(open_app, home):
    book = Book(View(basket=BASKET))
    saved.store().kept.save(
        "limits",
        "Mandate",
        {"code": "cvar~0.016;liquidity_days~5", "portfolio": "equal_weight", "data": "global"},
    )
    saved.store().kept.save("basket", "Less", {"basket": BASKET, "a": "equal_weight", "data": "global"})
    app = open_app("trades")
    kept = saved.store().kept.find("basket", "Less")
    checked(app.selectbox(key="basket_chosen").set_value(kept.key).run())
    checked(app.button(key="basket_Open").click().run())
    assert app.query_params["basket"] in (BASKET, [BASKET])
    gate = table_of(app, "status after")
    assert gate["status"].tolist() == ["breach", "not checked"]
    assert gate["status after"].tolist() == ["warn", "not checked"]
    assert "1 breached before, 0 after the basket. 1 cannot be checked" in words(app)
    checked(app.button(key="basket_Delete").click().run())
    assert not saved.store().kept.all("basket")
    assert limits_in_force(Book(View(data="india"))).limits.cvar is None
    assert limits_in_force(book).limits.cvar == 0.016


def test_a_trade_can_be_typed_in_money(open_app):
    app = open_app("trades", value="200000")
    app.selectbox(key="basket_asset").set_value("GOLD")
    app.number_input(key="basket_points").set_value(5000.0)
    app.selectbox(key="basket_unit").set_value("USD")
    app.selectbox(key="basket_source").set_value("SPY")
    checked(next(b for b in app.button if b.label == "Add to the basket").click().run())
    assert app.query_params["basket"] in ("GOLD~0.025;SPY~-0.025", ["GOLD~0.025;SPY~-0.025"])
