"""The benchmark of the frame: any asset, any portfolio, and what the pages make of it."""

import numpy as np
import pytest

from riskcore.allocation import cvar_parity
from riskcore.dashboard.book import Book
from riskcore.dashboard.view import View
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError
from tests.dashboard.reading import checked, words


def weights_of(view: View) -> dict[str, float]:
    weights = Book(view).reference.portfolio.weights
    return {str(asset): float(weight) for asset, weight in weights.items() if weight}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", {"SPY": 1.0}),
        ("GOLD", {"GOLD": 1.0}),
        ("BTC", {"BTC": 1.0}),
        ("60_40", {"SPY": 0.6, "BND": 0.4}),
        ("low_risk_gold", {"SPY": 0.15, "BND": 0.7, "GOLD": 0.15}),
        ("cash", {}),
        ("w:SPY~0.5;EURUSD~-0.1", {"SPY": 0.5, "EURUSD": -0.1}),
    ],
)
def test_a_benchmark_is_an_asset_or_a_portfolio_of_any_assets_of_the_data(code, expected):
    assert weights_of(View(bench=code)) == expected


def test_a_rule_is_solved_on_the_assets_shown():
    sample = load_sample("global")
    solved = cvar_parity(sample.scenarios(list(sample.default_assets)), confidence=0.95).weights
    book = Book(View(bench="cvar_parity"))
    assert np.allclose(book.reference.portfolio.weights, solved, atol=1e-12)
    assert book.against_assets == book.assets


def test_assets_only_the_benchmark_holds_join_the_scenarios_and_not_the_assets_shown():
    book = Book(View(assets=("SPY", "BND"), bench="GOLD"))
    assert book.assets == ("SPY", "BND")
    assert book.against.assets == book.reference.portfolio.assets == ("SPY", "BND", "GOLD")


def test_betas_are_to_the_asset_or_to_the_index_of_the_data():
    assert Book(View(bench="QQQ")).benchmark == "QQQ"
    assert Book(View(bench="60_40")).benchmark == "SPY"
    assert Book(View(data="us", bench="equal_weight")).benchmark is None


@pytest.mark.parametrize(
    ("view", "kind", "named"),
    [
        (View(bench="MSCI"), AssetMismatchError, "has no MSCI; choose another benchmark"),
        (View(bench="w:TSLA~1"), AssetMismatchError, "holds TSLA"),
        (View(data="india", bench="60_40"), AssetMismatchError, "has no 60_40"),
        (View(data="us"), InputError, "no known index; choose a benchmark"),
    ],
)
def test_a_benchmark_the_data_does_not_have_is_refused_by_name(view, kind, named):
    with pytest.raises(kind, match=named):
        _ = Book(view).reference


@pytest.mark.parametrize("code", ["MSCI", "w:TSLA~1", "w:SPY", "p:nothing-saved"])
def test_a_link_with_an_unknown_benchmark_is_said_and_the_default_kept(open_app, code):
    app = open_app("stress", bench=code)
    assert any("bench" in w.value for w in app.warning)
    assert "bench" not in app.query_params
    assert "If SPY falls" in words(app)


def test_the_stress_page_says_why_a_portfolio_does_not_fall_as_an_index(open_app):
    app = open_app("stress", bench="60_40")
    text = words(app)
    assert "If SPY falls" in text
    assert "60/40 (SPY/BND), is a portfolio" in text
    assert any("Benchmark 60/40" in badge.value.replace("\\", "") for badge in app.markdown)
    checked(app.selectbox(key="frame_bench").set_value("QQQ").run())
    assert app.query_params["bench"] == "QQQ"
    assert "is a portfolio" not in words(app)
