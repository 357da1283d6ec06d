"""A random table in a random dialect comes back identical or is refused; no bytes escape RiskcoreError."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from riskcore.data.files import Answers, load_prices
from riskcore.data.price_set import PriceSet
from riskcore.errors import RiskcoreError

NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f\xa0"),
    min_size=1,
    max_size=8,
)
PRICES = st.floats(0.01, 99999.0).map(lambda x: round(x, 4))
FORMATS = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%Y/%m/%d",
    "%d. %B %Y",
    "%Y年%m月%d日",
    "%Y-%m-%dT16:00:00-05:00",
    "serial",
]
MARKS = ["", ",", " ", "'", "\u00a0", "\u202f", "’"]


@st.composite
def tables(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    rows = draw(st.integers(2, 30))
    start = draw(st.dates(pd.Timestamp("1975-01-01").date(), pd.Timestamp("2024-01-01").date()))
    index = pd.date_range(start, periods=rows, freq=draw(st.sampled_from(["D", "B", "W-FRI"])))
    values = draw(
        st.lists(st.lists(PRICES, min_size=len(names), max_size=len(names)), min_size=rows, max_size=rows)
    )
    frame = pd.DataFrame(values, index=index, columns=pd.Index(names, dtype="str"))
    if draw(st.booleans()):  # late starts and gaps
        mask = draw(
            st.lists(
                st.lists(st.integers(0, 9), min_size=len(names), max_size=len(names)),
                min_size=rows,
                max_size=rows,
            )
        )
        frame = frame.mask(np.array(mask) == 0)
    return frame


def grouped(text: str, mark: str) -> str:
    whole, _, rest = text.partition(".")
    parts = []
    while len(whole) > 3:
        whole, last = whole[:-3], whole[-3:]
        parts.insert(0, last)
    return mark.join([whole, *parts]) + (f".{rest}" if rest else "")


def written(frame, *, sep, decimal, thousands, date_format, order, encoding, newline, long):
    other = {".": ",", ",": "."}[decimal]

    def marked(text):
        mark = other if thousands == "," else thousands
        text = grouped(text, "#") if thousands else text
        return text.replace(".", decimal).replace("#", mark)

    days = [
        str((d - pd.Timestamp("1899-12-30")).days) if date_format == "serial" else d.strftime(date_format)
        for d in frame.index
    ]

    def cell(value):
        if np.isnan(value):
            return ""
        text = repr(float(value))
        return marked(text)

    if long:
        lines = [["date", "ticker", "close"]]
        lines += [
            [d, n, cell(v)]
            for d, row in zip(days, frame.to_numpy(), strict=True)
            for n, v in zip(frame.columns, row, strict=True)
        ]
    else:
        lines = [["Date", *frame.columns]] + [
            [d, *map(cell, row)] for d, row in zip(days, frame.to_numpy(), strict=True)
        ]
    body = lines[1:][::-1] if order == "newest first" else lines[1:]
    out = io.StringIO(newline="")
    for line in [lines[0], *body]:
        out.write(
            sep.join(
                '"' + c.replace('"', '""') + '"'
                if any(x in c for x in f'{sep}"\n\r') or c.startswith('"')
                else c
                for c in line
            )
            + newline
        )
    return out.getvalue().encode(encoding, errors="strict")


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    frame=tables(),
    sep=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from(MARKS),
    date_format=st.sampled_from(FORMATS),
    order=st.sampled_from(["oldest first", "newest first"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    long=st.booleans(),
)
def test_written_and_read_back_is_identical_or_refused(frame, **dialect):
    content = written(frame, **dialect)
    try:
        data = load_prices(content, "random.csv")
    except RiskcoreError as error:
        assert "\n" not in str(error)
        return
    expected = frame.dropna(how="all") if dialect["long"] else frame
    got = data.prices
    names = [" ".join(n.split()) for n in expected.columns]
    if dialect["long"] or set(got.columns) == set(names):
        got = got[names] if set(got.columns) == set(names) else got
    if dialect["long"] and len(got) != len(expected):
        expected = frame
    assert list(got.columns) == names
    assert got.index.tolist() == expected.index.tolist()
    np.testing.assert_array_equal(got.to_numpy(), expected.to_numpy())


def test_a_plain_table_is_loaded_in_every_dialect_not_just_refused():
    """The property above would hold for a loader that refuses everything; this one would not."""
    rng = np.random.default_rng(4)
    index = pd.date_range("2023-11-20", periods=40, freq="B")
    frame = pd.DataFrame(
        np.round(50 + rng.normal(size=(40, 3)).cumsum(0), 2), index=index, columns=["AAA", "NA", "CCC"]
    )
    loaded = 0
    for sep in ",;\t|":
        for decimal in ".,":
            for date_format in FORMATS:
                for order in ("oldest first", "newest first"):
                    for long in (False, True):
                        content = written(
                            frame,
                            sep=sep,
                            decimal=decimal,
                            thousands="",
                            date_format=date_format,
                            order=order,
                            encoding="utf-8",
                            newline="\n",
                            long=long,
                        )
                        data = load_prices(content, "x.csv")
                        np.testing.assert_array_equal(data.prices[frame.columns].to_numpy(), frame.to_numpy())
                        assert (data.prices.index == frame.index).all()
                        loaded += 1
    assert loaded == 4 * 2 * len(FORMATS) * 4


SEED = (
    b"Date,AAA,BBB\n2024-01-02,10.5,100\n2024-01-03,10.75,101.25\n2024-01-04,10.25,99.5\n",
    b"sep=;\nDate;A;B\n02.01.2024;1.234,5;7%\n03.01.2024;1.234,6;8%\n",
    b"date,ticker,close\n2024-01-02,A,1\n2024-01-02,B,2\n2024-01-03,A,1\n",
    "Date,Ä\n2024-01-02,1\n2024-01-03,2\n".encode("utf-16"),
)


@given(
    seed=st.sampled_from(SEED),
    edits=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 3), st.binary(max_size=4)), max_size=8),
    answers=st.sampled_from(
        [None, Answers(date_order="day/month/year"), Answers(kind="returns"), Answers(decimal=",")]
    ),
)
@example(seed=b"", edits=[], answers=None)
def test_spoiled_bytes_load_or_are_refused(seed, edits, answers):
    content = bytearray(seed)
    for position, length, replacement in edits:
        content[position : position + length] = replacement
    check(bytes(content), answers)


@given(content=st.binary(max_size=300))
def test_random_bytes_load_or_are_refused(content):
    check(content, None)


@given(content=st.text(alphabet="0123456789.,;-/|\t\n\"'%$€ \r:TABCaté=+()", max_size=200))
def test_random_text_loads_or_is_refused(content):
    check(content.encode(), None)


def check(content, answers):
    try:
        data = load_prices(content, "any.csv", answers)
    except RiskcoreError as error:
        assert str(error)
    else:
        assert isinstance(data, PriceSet)


@pytest.mark.parametrize(
    "cell", ["1" * 100_000, " ".join("1" * 50_000), "1" + "," * 5000, "(" * 5000, "9" * 400]
)
def test_hostile_cells_are_refused_quickly(cell):
    with pytest.raises(RiskcoreError):
        load_prices(f'Date;A\n2024-01-02;"{cell}"\n2024-01-03;1\n'.encode(), "x.csv")
    with pytest.raises(RiskcoreError):
        load_prices(f'Date;A\n"{cell}";1\n2024-01-03;1\n'.encode(), "x.csv")
