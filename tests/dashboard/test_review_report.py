"""The bridge from a snapshot to today, and the report of the Review page."""

import io
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from riskcore import Portfolio, cvar
from riskcore.dashboard import saved
from riskcore.dashboard.book import Book
from riskcore.dashboard.review_bridge import bridge_since, bridge_words
from riskcore.dashboard.review_decision import snapshot_content
from riskcore.dashboard.review_report import report_of
from riskcore.dashboard.view import View
from riskcore.data.sample import load_sample
from riskcore.data.store import Snapshot
from riskcore.errors import RiskcoreError
from riskcore.report import to_html, to_xlsx
from tests.dashboard.reading import checked, words

THEN = View(a="60_40", end=date(2024, 6, 28), limits="volatility~0.1;cvar~0.02")
NOW = View(a="w:SPY~0.5;GOLD~0.5", confidence=0.99, limits=THEN.limits)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    monkeypatch.setattr(saved, "_opened", [])
    saved.store.clear()
    yield tmp_path
    saved.store.clear()


def snapshot(content):
    return Snapshot("k", "June", 1, content, "", "Ann", datetime(2024, 7, 1, tzinfo=UTC))


def frozen_in_june():
    """What a snapshot would hold that was taken when the data ended in June 2024, the window open."""
    content = snapshot_content(Book(THEN))
    view = {key: text for key, text in content["view"].items() if key != "to"}
    return content | {"view": view}


def test_the_bridge_names_market_trades_and_settings_and_adds_up():
    table = bridge_since(Book(NOW), snapshot(frozen_in_june()))
    prices = load_sample("global")
    names = list(prices.default_assets)
    old, new = Portfolio("A", {"SPY": 0.6, "BND": 0.4}), Portfolio("A", {"SPY": 0.5, "GOLD": 0.5})
    cut, whole = prices.scenarios(names, end="2024-06-28"), prices.scenarios(names)
    levels = [
        100 * cvar(rows, held.on(rows.assets), confidence=level).value
        for rows, held, level in (
            (cut, old, 0.95),
            (whole, old, 0.95),
            (whole, new, 0.95),
            (whole, new, 0.99),
        )
    ]
    steps = table.iloc[:, -1]
    # BND and SPY alone start no later than all seven assets, so the window of the two is the longer one.
    assert steps["as frozen"] == pytest.approx(levels[0], rel=1e-12)
    assert steps["settings"] == pytest.approx(levels[3] - levels[2], rel=1e-9)
    assert steps["today"] == pytest.approx(levels[3], rel=1e-12)
    assert steps.iloc[:-1].sum() == pytest.approx(steps["today"], rel=1e-12)
    assert steps["market: days since"] == pytest.approx(levels[1] - levels[0], rel=1e-9)
    assert steps["trades"] == pytest.approx(levels[2] - levels[1], rel=1e-9)
    assert steps["data corrected or changed"] == 0.0
    assert "trades" in bridge_words(table)


def test_a_corrected_price_is_a_step_of_its_own():
    content = frozen_in_june()
    name = next(n for n in content["numbers"] if "CVaR" in n)
    content["numbers"] = content["numbers"] | {name: content["numbers"][name] - 0.25}
    steps = bridge_since(Book(NOW), snapshot(content)).iloc[:, -1]
    assert steps["data corrected or changed"] == pytest.approx(0.25, rel=1e-9)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"a": {}}, "keeps no weights"),
        ({"numbers": {}}, "keeps no weights, numbers"),
        ({"numbers": {"another": 1.0}}, "keeps no volatility"),
        (
            {"a": {"weights": {"TSLA": 1.0}}, "data": {"last": "2024-06-28", "label": "My stocks"}},
            "June was frozen on other data, My stocks: Global multi-asset, 2007–2026 has no TSLA",
        ),
        (
            {"view": {"data": "us"}, "a": {"weights": {"TSLA": 1.0}}, "data": {"last": "2024-06-28"}},
            "June was frozen on other data, US stocks, 2000–2022: ",
        ),
    ],
)
def test_a_bridge_from_nothing_is_refused(broken, said):
    with pytest.raises(RiskcoreError, match=said):
        bridge_since(Book(NOW), snapshot(frozen_in_june() | broken))


def test_a_snapshot_of_other_data_is_a_remark_that_names_it(open_app, home):
    saved.store().snapshots.freeze("Q1", snapshot_content(Book(View())), schema_version=1)
    app = checked(open_app("review", data="india"))
    text = words(app)
    assert "Q1 was frozen on other data, Global multi-asset, 2007–2026: Indian stocks" in text
    assert "the data was then Global multi-asset, 2007–2026, to 16 Jan 2026" in text
    assert not app.error


def test_the_report_carries_the_decision_only_for_what_was_decided(home):
    saved.store().snapshots.freeze(
        "June <b>", snapshot_content(Book(THEN)), schema_version=1, note="Sell some.", author="Ann"
    )
    decided = report_of(Book(THEN))
    assert (decided.title, decided.note) == ("June <b>", "Sell some.")
    assert ("Owner", "Ann") in decided.facts
    other = report_of(Book(NOW))
    assert other.note == ""
    assert ("Decision", "none is frozen for this view") in other.facts
    assert any(t.title.startswith("Since June <b>") for t in other.tables)
    assert "June &lt;b&gt;" in to_html(other)
    sheet = load_workbook(io.BytesIO(to_xlsx(other)))["Headline numbers"]
    found = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=2)}
    book = Book(NOW)
    level = next(n for n in found if n and "CVaR" in n)
    assert found[level] == 100 * book.risk(book.a, "cvar").value


def test_a_report_names_the_scenario_set_and_keeps_every_breach_on_the_page(home):
    passing = ";".join(f"gap:{fall}~0.9" for fall in (0.1, 0.11, 0.12, 0.13, 0.14, 0.16, 0.17, 0.18, 0.19))
    passing += ";" + ";".join(f"weight:{asset}~0.9" for asset in load_sample("global").default_assets)
    limits = (
        f"{passing};largest_weight~0.9;liquidity_days~5;drawdown~0.5;var~0.001;cvar~0.001;volatility~0.001"
    )
    report = report_of(Book(View(scenario_set="vol:2", value=1e6, limits=limits)))
    assert ("B", "Risk parity") in report.facts
    assert ("Scenarios", "not history: Volatility × 2") in report.facts
    assert report.sentences[0].startswith("Not history. Active scenarios: Volatility × 2.")
    assert "of the active scenarios; CVaR" in " ".join(report.foot)
    table = next(t for t in report.tables if t.title == "Limits")
    assert table.table["status"].tolist()[:5] == ["breach"] * 3 + ["not checked", "pass"]
    assert (len(table.table), table.most) == (22, 20)
    assert report.headline.endswith("Days to liquidate cannot be checked.")
    assert any(line.startswith("Not checked: Days to liquidate. ") for line in report.foot)
    plain_history = report_of(Book(THEN))
    assert not any(label == "Scenarios" for label, _ in plain_history.facts)


def test_a_report_does_not_print_a_link_of_a_page_s_length(home):
    names = ";".join(f"weight:{'x' * 60}{place}~0.5" for place in range(20))
    report = report_of(Book(View(limits=names)))
    assert "The link of this view is too long to print" in report.foot[-1]
    assert "and 16 more cannot be checked" in report.headline


def test_what_a_report_cannot_show_is_said(home):
    saved.store().snapshots.freeze("Empty", {}, schema_version=1, note="", author="")
    report = report_of(Book(View(a="cash", limits="cvar~0.02")))
    assert report.headline.startswith("A passes")
    assert any("What changed not shown: Empty keeps no weights" in line for line in report.foot)
    assert "What changed not shown" in to_html(report)


def test_the_page_offers_both_files(open_app, home):
    app = checked(open_app("review", limits=THEN.limits))
    labels = [b.label for b in app.get("download_button")]
    assert {"A4 page (HTML)", "Workbook (XLSX)"} <= set(labels)
