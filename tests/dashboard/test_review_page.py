"""The Review page: the light agrees with the other pages, the cure fills the basket, decisions are frozen."""

import tomllib
from datetime import date

import pytest

from riskcore.check import situation_of
from riskcore.dashboard import saved
from riskcore.dashboard.book import Book
from riskcore.dashboard.limits_code import limits_code, limits_of
from riskcore.dashboard.limits_gate import gate_of, limits_in_force
from riskcore.dashboard.limits_gate import situation_of as gate_situation
from riskcore.dashboard.review_command import file_of
from riskcore.dashboard.review_decision import changes_since, snapshot_content
from riskcore.dashboard.review_frozen import frozen_limits
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.trades_sections import headline_numbers
from riskcore.dashboard.view import View, read_view
from riskcore.errors import InputError
from riskcore.limits import Limits, check, cure
from tests.dashboard.conftest import ROOT
from tests.dashboard.reading import checked, words


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty store, so that what is frozen here is not seen by other tests."""
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    monkeypatch.setattr(saved, "_opened", [])
    saved.store.clear()
    yield tmp_path
    saved.store.clear()


LIMITS = "volatility~0.1;cvar~0.016;drawdown~0.5;gap:0.15~0.1"


def said(app):
    return app.header[0].value.replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


def button(app, label):
    return next(b for b in app.button if b.label == label)


def test_the_light_agrees_with_the_other_pages_to_the_last_digit():
    everything = LIMITS + ";var~0.1;worst_replay~0.5;largest_share~0.5;share:Equity~0.99;weight:SPY~0.5"
    for view in (
        View(limits=everything),
        View(limits=everything, a="risk_parity", horizon="1w", confidence=0.99),
    ):
        book = Book(view)
        found = {f.key: f.value for f in gate_of(book, book.a).limits}
        pages = list(headline_numbers(book, book.a).values())
        shares = book.contributions(book.a, "cvar")
        for key, place in (("volatility", 0), ("var", 1), ("cvar", 2), ("drawdown", 3), ("worst_replay", 5)):
            assert 100 * found[key] == pages[place], key
        assert 100 * found["gap:0.15"] == pages[6]
        assert found["largest_share"] == shares.table["relative"].max()
        assert found["weight:SPY"] == book.a.portfolio.weights["SPY"]
        classes = dict(book.local.assets["asset_class"])
        grouped = shares.grouped({a: str(classes[a]) for a in book.assets})
        assert found["share:Equity"] == pytest.approx(grouped.loc["Equity", "relative"], rel=1e-14)


def test_a_crisis_before_an_asset_had_prices_is_the_same_for_the_gate_the_command_and_the_overview():
    """BTC has no prices in 2008: a beta stands in on the Overview, and the gate may not pass without it."""
    limits = "worst_replay~0.5;replay:2008~0.5"
    book = Book(View(a="w:SPY~0.95;BTC~0.05", assets=("SPY", "BND", "BTC"), limits=limits))
    shown = max(found.loss for found in both_replayed(book)[0])
    gate = gate_of(book, book.a)
    assert shown > 0.5
    assert [f.value for f in gate.limits] == [shown, shown]
    assert headline_numbers(book, book.a)["worst replay, % lost"] == 100 * shown
    content = {
        "data": {"sample": "global", "assets": ["SPY", "BND", "BTC"]},
        "portfolio": {"weights": {"SPY": 0.95, "BTC": 0.05}},
        "risk": {"confidence": 0.95},
        "groups": {},
        "limits": limits_of(limits).to_mapping(),
    }
    told = check(*situation_of(content, ROOT), limits_of(limits))
    assert [f.value for f in told.limits] == [shown, shown]
    cured = cure(gate_situation(book, book.a), book.a.portfolio, limits_of(limits))
    assert cured.exact
    assert cured.after.limits[0].value == pytest.approx(0.5, rel=1e-8)


@pytest.mark.parametrize(
    "view",
    [
        View(a="60_40", limits="cvar~0.01;share:Equity~0.4;weight:US~0.2;factor:SPY~0.3;gap:0.15~0.05"),
        View(
            a="w:SPY~0.7;BND~0.4;BTC~-0.1",
            assets=("SPY", "BND", "BTC"),
            start=date(2016, 1, 4),
            horizon="1w",
            confidence=0.99,
            value=1e6,
            limits="drawdown~0.3;worst_replay~0.3;shock:Up|Bonds=-0.01|!bp=200~0.1;shock:Wild|!vol=2~0.1"
            ";liquidity_days~2;volume:SPY~1e6;volume:BND~1e5;volume:BTC~1e6;of:volatility~1;largest_share~0.5",
        ),
        View(data="india", limits="var~0.02;replay:COVID 2020~0.3;largest_weight~0.1;warn_at~0.8"),
    ],
    ids=["sample", "short", "india"],
)
def test_the_command_prints_the_gate_of_the_page_to_the_last_digit(view, tmp_path):
    book = Book(view)
    text = file_of(book, limits_in_force(book))
    content = {"groups": {}} | tomllib.loads(text)
    told = check(*situation_of(content, tmp_path), Limits.from_mapping(content["limits"]))
    shown = gate_of(book, book.a)
    assert [(f.key, f.value, f.limit, f.status) for f in told.limits] == [
        (f.key, f.value, f.limit, f.status) for f in shown.limits
    ]
    assert all(f.value is not None for f in shown.limits)
    assert [f.name for f in told.limits] == [f.name for f in shown.limits]


def test_a_file_says_where_its_shares_can_differ_and_which_prices_it_needs():
    solved = Book(View(a="risk_parity", limits="largest_share~0.2"))
    assert file_of(solved, limits_in_force(solved)).startswith("# A was solved for its shares of risk.")
    fixed = Book(View(a="60_40", limits="largest_share~0.2"))
    assert file_of(fixed, limits_in_force(fixed)).startswith('[data]\nsample = "global"')


def test_overview_and_review_mark_a_crisis_by_beta_and_their_scripts_print_it(open_app, capsys):
    query = {"a": "w:SPY~0.95;BTC~0.05", "assets": "SPY,BND,BTC", "limits": "worst_replay~0.5"}
    for page, printed, marked in (
        ("", "Global Financial Crisis -0.5430", "Worst crisis replay β"),
        ("review", "Worst crisis replay  0.5430", "β: no prices then, so a beta stands in"),
    ):
        app = open_app(page, **query)
        assert "Gate: breach" in words(app) or "Breach" in words(app)
        assert marked in words(app)
        exec(next(c.value for c in app.code if c.language == "python"), {})
        assert printed in capsys.readouterr().out


def test_grey_without_limits_and_a_way_to_set_them(open_app):
    app = open_app("review")
    assert "No limits are set, so A neither passes nor fails" in said(app)
    assert not next(e for e in app.expander if e.label == "Set the limits").proto.expanded
    assert any("No limits" in m.value and "gray-badge" in m.value for m in app.markdown)
    app.number_input(key="limit_cvar_").set_value(2.0)
    checked(button(app, "Apply").click().run())
    assert app.query_params["limits"] in ("cvar~0.02", ["cvar~0.02"])
    assert "A passes 1 limit; the nearest is 1-day CVaR 95 % at 86 % of its limit" in said(app)


def test_a_breach_its_cure_and_the_decision(open_app, home):
    app = open_app("review", limits=LIMITS)
    assert "A may not go out: Volatility per year (1-day) is 11.45 %, above its limit of 10.00 %" in said(app)
    since = next(d.value for d in app.dataframe if "breached since" in d.value.columns)
    assert len(since) == 3
    checked(app.toggle(key="cure_find").set_value(True).run())
    assert any("smallest there is" in m.value for m in app.markdown)
    checked(button(app, "Put the cure in the basket").click().run())
    after = next(d.value for d in app.dataframe if "status after" in d.value.columns)
    assert "breach" not in set(after["status after"])
    assert "breach" in set(after["status"])
    app.text_input(key="decision_title").input("First quarter")
    app.text_input(key="decision_owner").input("Ann")
    checked(button(app, "Freeze a snapshot").click().run())
    frozen = next(d.value for d in app.dataframe if "owner" in d.value.columns)
    assert (frozen.iloc[0]["title"], frozen.iloc[0]["owner"], frozen.iloc[0]["gate"]) == (
        "First quarter",
        "Ann",
        "breach",
    )
    assert any("First quarter" in m.value and "weights are the same" in m.value for m in app.markdown)
    overview = open_app("", limits=LIMITS)
    assert any("Gate: breach" in m.value for m in overview.markdown)
    assert any("First quarter" in e.label for e in overview.expander)
    app.text_input(key="decision_title").input("Second quarter")
    checked(button(app, "Freeze a snapshot").click().run())
    assert app.selectbox(key="snapshot_chosen").value == saved.store().snapshots.all()[0].key
    assert any(m.value.startswith("Since Second quarter") for m in app.markdown)
    app.text_input(key="limits_name").input("Mandate")
    checked(button(app, "Save the limits").click().run())
    assert any("limits Mandate are saved" in w.value.replace("\\", "") for w in app.success)
    checked(button(app, "Freeze a snapshot").click().run())
    assert any("title is blank" in w.value for w in app.warning)


def test_a_snapshot_opens_as_it_was_whatever_is_saved_after_it(home):
    store = saved.store()
    held = store.portfolios.save("Growth", {"SPY": 0.8, "BND": 0.2})
    code = f"p:{held.key}"
    store.kept.save("limits", "Mandate", {"code": "cvar~0.01;liquidity_days~5", "portfolio": code})
    then = store.snapshots.freeze("Q1", snapshot_content(Book(View(a=code))), schema_version=1)
    assert frozen_limits(then)["limit"].tolist() == ["1.00\N{NO-BREAK SPACE}%", "5.0\N{NO-BREAK SPACE}days"]
    store.portfolios.save("Growth", {"SPY": 0.1, "BND": 0.9})
    store.kept.save("limits", "Mandate", {"code": "cvar~0.9", "portfolio": code})
    saved.forget()
    book = Book(View(a=code))
    words, _ = changes_since(book, then)
    assert "A’s weights moved by 70.0 % one way" in words
    assert "the gate was “breach” and is “pass”" in words
    view, problems = read_view({key: [value] for key, value in then.content["view"].items()})
    again = Book(view)
    assert not problems
    title = {"a": dict(then.content["a"]) | {"title": "Growth, version 1"}}
    assert snapshot_content(again) == dict(then.content) | title
    assert again.a.portfolio.weights["SPY"] == 0.8


def test_limits_come_back_from_their_code():
    code = "cvar~0.02;weight:A~B~0.1;share:Equity~0.9;replay:COVID 2020~0.25;factor:Market~1;gap:0.15~0.1"
    code = code.replace("A~B", "A%7EB")
    assert limits_code(limits_of(code)) == code
    assert not limits_of("").any


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("cvar", "list of limits is not a list of limit~number"),
        ("cvar~30", "Did you mean 0.3"),
        ("nonsense~0.1", "no limit called nonsense"),
        ("gap:x~0.1", "no fall of an index"),
        ("cvar~0.1;cvar~0.2", "names cvar twice"),
    ],
)
def test_codes_that_cannot_be_read_are_refused(open_app, code, sentence):
    with pytest.raises(InputError, match=sentence):
        limits_of(code)


def test_a_link_with_impossible_limits_says_so_and_goes_on(open_app):
    app = open_app("review", limits="nonsense~0.1")
    assert any("no limit called nonsense" in w.value for w in app.warning)
    assert "No limits are set" in said(app)
