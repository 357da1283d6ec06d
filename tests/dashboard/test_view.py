"""The view and its URL, without Streamlit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.dashboard.text import plain
from riskcore.dashboard.view import View, query_of, read_view, typed_weights, weights_code
from riskcore.dashboard.widgets import safe_csv

labels = st.text(min_size=1, max_size=12).filter(lambda t: t.strip() == t and t)
weights = st.dictionaries(labels, st.floats(-5, 5).map(lambda x: float(f"{x:.12g}")), min_size=1, max_size=6)


def given_query(view: View) -> dict[str, list[str]]:
    return {key: [value] for key, value in query_of(view).items()}


def test_the_default_view_has_an_empty_query():
    assert query_of(View()) == {}
    assert read_view({}) == (View(), ())


def test_a_full_view_survives_the_url():
    view = View(
        data="india",
        assets=("TCS", "INFY"),
        start=date(2010, 1, 4),
        end=date(2012, 5, 6),
        a="cvar_parity",
        b="w:TCS~0.25;INFY~-0.1",
        bench="NIFTY50",
        measure="var",
        confidence=0.975,
        horizon="10d",
        risk_free=0.03,
        value=2.5e6,
        currency="INR",
        base="EUR",
        explain=True,
    )
    assert read_view(given_query(view)) == (view, ())


@given(weights, st.integers(900, 999), st.lists(labels, min_size=1, max_size=5, unique=True))
def test_any_view_survives_the_url(typed, per_mille, assets):
    view = View(a=weights_code(typed), confidence=per_mille / 1000, assets=tuple(assets))
    read, problems = read_view(given_query(view))
    assert problems == ()
    assert read == view
    assert typed_weights(read.a) == typed


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"conf": ["99"]}, "did you mean 0.99"),
        ({"conf": ["nan"]}, "conf"),
        ({"conf": ["0.5"]}, "conf"),
        ({"h": ["2y"]}, "1d, 1w"),
        ({"from": ["2030-13-01"]}, "2020-02-19"),
        ({"from": ["2030-01-01"], "to": ["2020-01-01"]}, "is not before"),
        ({"value": ["-5"]}, "amount of at least 0.01"),
        ({"value": ["1e400"]}, "amount of at least 0.01"),
        ({"rf": ["5"]}, "did you mean 0.05"),
        ({"ccy": ["XXX"]}, "ccy"),
        ({"a": ["w:SPY"]}, "ticker~weight"),
        ({"a": ["w:SPY~1e308;BND~-1e308"]}, "beyond"),
        ({"b": ["w:SPY~0.5;SPY~0.5"]}, "twice"),
        ({"assets": [","]}, "names no asset"),
        ({"assets": ["SPY,SPY"]}, "twice"),
        ({"explain": ["yes"]}, "explain"),
        ({"conf": ["0.95", "0.99"]}, "2 times"),
        ({"alpha": ["5"]}, "alpha"),
        ({"portfolio": ["../../secrets"]}, "portfolio"),
        ({"a": ["x" * 5000]}, "too long"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named_and_the_default_kept(query, named):
    view, problems = read_view(query)
    assert view == View()
    assert len(problems) == 1
    assert named in problems[0]
    assert next(iter(query)) in problems[0]
    assert len(problems[0]) < 200


@given(st.dictionaries(st.text(max_size=10), st.lists(st.text(max_size=30), max_size=3), max_size=5))
def test_no_query_raises(query):
    read_view(query)


@given(st.text(max_size=60))
def test_escaped_text_holds_no_bare_punctuation(text):
    escaped = plain(text)
    assert "\n" not in escaped
    stripped = escaped.replace("\\\\", "")
    for mark in "[]()*_`<>$:!#|~":
        assert mark not in stripped.replace(f"\\{mark}", "")


def test_csv_labels_cannot_start_a_formula():
    import pandas as pd

    table = pd.DataFrame(
        {"=A": ["+1", "-x", "@y", "fine"], "n": [-1.0, 2.0, 3.0, 4.0]}, index=["=1", "a", "b", "\tc"]
    )
    text = safe_csv(table).decode()
    assert text.splitlines() == [",'=A,n", "'=1,'+1,-1.0", "a,'-x,2.0", "b,'@y,3.0", "'\tc,fine,4.0"]
