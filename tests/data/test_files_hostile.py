"""Files from everywhere: each loads exactly, loads with a report, or is refused for the true reason."""

import io

import numpy as np
import pandas as pd
import pytest

from riskcore.data.dates import parse_dates
from riskcore.data.files import Answers, load_prices
from riskcore.errors import FileFormatError, InputError, RiskcoreError

DAYS = [f"2024-01-{d:02}" for d in (2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17)]
A = [101.25, 102.5, 100.75, 103.1, 104.9, 99.95, 98.4, 97.2, 99.1, 101.9, 105.45, 106.3]
B = [1234.5, 1240.25, 1251.75, 1228.1, 1199.4, 1201.6, 1210.9, 1222.2, 1235.8, 1240.1, 1255.5, 1260.75]


def wide(days=DAYS, a=str, b=str, head="Date;A;B", sep=";"):
    lines = [head.replace(";", sep)]
    lines += [sep.join([d, a(x), b(y)]) for d, x, y in zip(days, A, B, strict=False)]
    return "\n".join(lines) + "\n"


def comma(value):
    return f"{value:.2f}".replace(".", ",")


def grouped(mark, decimal="."):
    return lambda value: f"{value:,.2f}".replace(".", "#").replace(",", mark).replace("#", decimal)


def in_digits(zero, text):
    return text.translate({ord("0") + k: ord(zero) + k for k in range(10)})


NUMBERS = {
    "apostrophe thousands": wide(b=grouped("'")),
    "right quotation mark as thousands": wide(b=grouped("’")),
    "no-break space thousands": wide(a=comma, b=grouped("\u00a0", ",")),
    "narrow no-break space thousands": wide(a=comma, b=grouped("\u202f", ",")),
    "thin space thousands": wide(a=comma, b=grouped("\u2009", ",")),
    "decimal comma, all quoted": "\n".join(
        ";".join(f'"{c}"' for c in line.split(";"))
        for line in wide(a=comma, b=grouped(".", ",")).splitlines()
    ),
    "Arabic digits": in_digits("٠", wide()),
    "Arabic digits and marks": in_digits(
        "٠",
        wide(a=lambda x: str(x).replace(".", "٫"), b=lambda x: f"{x:,}".replace(",", "٬").replace(".", "٫")),
    ),
    "Devanagari digits": in_digits("०", wide()),
    "full-width digits and marks": in_digits("０", wide()).replace(".", "．"),
    "text marks": wide(days=[f'="{d}"' for d in DAYS], a=lambda x: f"'{x}"),
    "powers": wide(b=lambda x: f"{x:.6e}"),
    "powers with a comma": wide(a=comma, b=lambda x: f"{x:.6e}".replace(".", ",")),
    "euro after a no-break space": wide(a=comma, b=lambda x: grouped(".", ",")(x) + "\u00a0€"),
    "BOM and UTF-16": wide().encode("utf-16"),
    "line breaks in quotes": wide(head='Date;"A";"B"').replace('"A"', '"A"').replace("101.25", '"101.25\n"'),
    "the header again in the middle": wide().replace("2024-01-08", "Date;A;B\n2024-01-08"),
    "totals in Russian": wide() + "Итого;1220;14000\n",
    "totals and source in German": wide() + "\nSumme;1220;14000\nQuelle: Bank\n",
    "totals in Japanese": wide() + "合計;1220;14000\n",
    "a row of units": wide().replace("A;B\n", "A;B\n;EUR;USD\n"),
    "a row of units in brackets": wide().replace("A;B\n", "A;B\n(dd);(EUR);(USD)\n"),
    "two rows of header": "Price;Close;Close;Open;Open\nTicker;A;B;A;B\nDate;;;;\n"
    + "".join(f"{d};{x};{y};1;2\n" for d, x, y in zip(DAYS, A, B, strict=True)),
    "merged cells above": "x;A;;B;\nDate;Close;Volume;Close;Volume\n"
    + "".join(f"{d};{x};5;{y};6\n" for d, x, y in zip(DAYS, A, B, strict=True)),
    "long, unsorted": "ticker,date,price\n"
    + "".join(
        f"{t},{DAYS[k]},{v[k]}\n"
        for k in (5, 0, 11, 3, 1, 2, 4, 6, 7, 8, 9, 10)
        for t, v in (("A", A), ("B", B))
    ),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_of_every_country_are_read_exactly(case):
    content = NUMBERS[case]
    data = load_prices(content if isinstance(content, bytes) else content.encode(), "x.csv")
    assert data.prices["A"].tolist() == A
    assert data.prices["B"].tolist() == B
    assert data.prices.index.strftime("%Y-%m-%d").tolist() == DAYS
    assert data.tickers == ("A", "B")


def test_what_was_assumed_about_such_files_is_said():
    for case, words in {
        "Arabic digits": "Digits of another script",
        "text marks": "keep it text were removed",
        "a row of units": "Line 2 holds units",
        "two rows of header": "Close was taken as the price of each ticker; Open",
        "totals in Russian": "Итого",
    }.items():
        notes = load_prices(NUMBERS[case].encode(), "x.csv").notes
        assert any(words in note for note in notes), (case, notes)


def test_indian_grouping_and_signs_behind_or_around():
    data = load_prices(b"Date;A\n2024-01-02;1,23,456.78\n2024-01-03;12,34,567.5\n", "x.csv")
    assert data.prices["A"].tolist() == [123456.78, 1234567.5]
    text = "Date;A\n2024-01-02;0.010\n2024-01-03;{}\n2024-01-04;0.005\n"
    for cell, kind in (("0.020-", "returns"), ("(0.020)", "returns"), ("(2.0%)", None), ("(2.0)%", None)):
        content = (
            text.format(cell)
            .replace("0.010", "0.010" if kind else "1%")
            .replace("0.005", "0.005" if kind else "0.5%")
        )
        got = load_prices(content.encode(), "x.csv", Answers(kind=kind)).scenarios(["A"]).returns[:, 0]
        assert got == pytest.approx([0.01, -0.02, 0.005], abs=1e-15), cell


TWELVE = range(1, 13)
LAST = ["2023-01-31", "2023-02-28", "2023-12-31"]
PERIODS = {
    "months": ([f"2023-{m:02}" for m in TWELVE], LAST),
    "months, year last": ([f"{m:02}/2023" for m in TWELVE], LAST),
    "months of the ECB": ([f"2023M{m:02}" for m in TWELVE], LAST),
    "months without a mark": ([f"2023{m:02}" for m in TWELVE], LAST),
    "months in French": (
        [
            f"{m} 2023"
            for m in (
                "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
            ).split()
        ],
        LAST,
    ),
    "months in English": (
        [f"{m}-23" for m in "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()],
        LAST,
    ),
    "quarters": (
        [f"{y}-Q{q}" for y in (2021, 2022, 2023) for q in (1, 2, 3, 4)],
        ["2021-03-31", "2021-06-30", "2023-12-31"],
    ),
    "quarters, year last": (
        [f"Q{q} {y}" for y in (2021, 2022, 2023) for q in (1, 2, 3, 4)],
        ["2021-03-31", "2021-06-30", "2023-12-31"],
    ),
    "weeks": ([f"2024-W{w:02}" for w in TWELVE], ["2024-01-07", "2024-01-14", "2024-03-24"]),
    "years": ([str(y) for y in range(2010, 2022)], ["2010-12-31", "2011-12-31", "2021-12-31"]),
}


@pytest.mark.parametrize("case", PERIODS)
def test_a_label_of_a_period_is_its_last_day_and_it_is_said(case):
    labels, (first, second, last) = PERIODS[case]
    data = load_prices(wide(labels).encode(), "x.csv")
    index = data.prices.index.strftime("%Y-%m-%d")
    assert (index[0], index[1], index[-1]) == (first, second, last)
    assert any("last day" in note for note in data.notes)
    assert data.prices["A"].tolist() == A


def languages(pattern):
    return [pattern.format(k) for k in range(10, 22)]


DATES = {
    "Japanese": languages("2024年1月{}日"),
    "Korean": languages("2024년 1월 {}일"),
    "Korean with points": languages("2024. 1. {}."),
    "Hungarian": languages("2024.01.{}."),
    "Russian": languages("{} января 2024 г."),
    "Polish": languages("{} stycznia 2024"),
    "Turkish": languages("{} Ocak 2024"),
    "Hindi": languages("{} जनवरी 2024"),
    "Greek": languages("{} Ιανουαρίου 2024"),
    "Spanish": languages("{} de enero de 2024"),
    "Finnish": languages("{}. tammikuuta 2024"),
    "weekday and zone": languages("Wed, {} Jan 2024 00:00:00 GMT"),
    "afternoon": languages("01/{}/2024 4:00:00 PM"),
    "named zone": languages("2024-01-{} 16:00:00 America/New_York"),
    "zone letters": languages("2024-01-{} 16:00 EST"),
    "year in front": languages("2024-Jan-{}"),
    "day of an ISO week": [f"2024-W{w:02}-{d}" for w in (2, 3) for d in range(3 if w == 2 else 1, 8)],
    "seconds since 1970": [str(1704844800 + 86400 * k) for k in range(12)],
    "milliseconds since 1970": [str(1000 * (1704844800 + 86400 * k)) for k in range(12)],
    "serial numbers as text": [f"'{45301 + k}" for k in range(12)],
}


@pytest.mark.parametrize("case", DATES)
def test_dates_of_every_country(case):
    data = load_prices(wide([f'"{d}"' for d in DATES[case]]).encode(), "x.csv")
    expected = pd.date_range("2024-01-10", periods=12)
    assert data.prices.index.tolist() == expected.tolist()


def test_two_digit_years_are_asked_with_every_order_and_each_answer_holds():
    content = wide([f"{k:02}/02/03" for k in range(1, 13)]).encode()
    with pytest.raises(FileFormatError, match="ambiguous") as caught:
        load_prices(content, "x.csv")
    assert caught.value.details["question"] == "date_order"
    firsts = {
        order: load_prices(content, "x.csv", Answers(date_order=order)).prices.index[0]
        for order in caught.value.details["readings"]
    }
    assert {o: f"{d:%Y-%m-%d}" for o, d in firsts.items()} == {
        "day/month/year": "2003-02-01",
        "month/day/year": "2003-01-02",
        "year/month/day": "2001-02-03",
    }
    with pytest.raises(InputError, match="order of dates"):
        load_prices(content, "x.csv", Answers(date_order="backwards"))


@pytest.mark.parametrize(
    ("encoding", "name", "names"),
    [
        ("cp1251", "windows-1251", ("Сбербанк", "Газпром")),
        ("shift-jis", "shift-jis", ("トヨタ", "ソニー")),
        ("gb18030", "gb18030", ("茅台", "平安")),
        ("big5", "big5", ("台積電", "鴻海")),
        ("cp949", "euc-kr", ("삼성전자", "현대차")),
        ("cp1253", "windows-1253", ("Εθνική", "Κύπρου")),
    ],
)
def test_letters_of_other_scripts_are_asked_not_guessed(encoding, name, names):
    content = wide(head=f"Date;{names[0]};{names[1]}").encode(encoding)
    with pytest.raises(FileFormatError, match="depend on the encoding") as caught:
        load_prices(content, "x.csv")
    assert caught.value.details["question"] == "encoding"
    assert name in caught.value.details["readings"]
    assert load_prices(content, "x.csv", Answers(encoding=name)).tickers == names


REFUSED = {
    "a mean in the middle": (
        wide().replace("2024-01-08", "Mittelwert;1;2\n2024-01-08"),
        "Line 6 has 'Mittelwert'",
    ),
    "percent and decimals": (wide(a=lambda x: f"{x - 101:.2f}%"), "A holds percentages"),
    "percent here and there": (
        wide(a=lambda x: f"{x - 101:.2f}%" if x < 101 else f"{x:.2f}"),
        r"A mixes percentages \(line 4\) and plain numbers \(line 2\)",
    ),
    "an endless name": (wide(head="Date;A;" + "x" * 5000), "5000 characters"),
    "a year of another calendar": (wide([f"{k}/01/2567" for k in range(13, 25)]), "in the future"),
    "no such month": (wide([f"2023-{m:02}" for m in range(2, 14)]), "no date 2023-13"),
    "no such week": (wide([f"2023-W{w:02}" for w in range(42, 54)]), "no date 2023-W53"),
    "days without a year": (wide([f"Jan-{d:02}" for d in (30, 31)] + ["Feb-01", "Feb-02"]), "no date Jan-30"),
    "months among days": (wide([*DAYS[:6], "2024-02", *DAYS[6:11]]), "where a date should be"),
    "a web page": ("<!DOCTYPE html><html><body>Forbidden; go, away</body></html>", "web page"),
    "a failed request": ('{"Note": "5 calls per minute"}', "JSON"),
    "an unknown encoding": (wide(), "one of windows-1252"),
    "transactions": (
        "Date,Identifier,Currency,Volume,Price\n2000-01-07,ASML,USD,9,49.37\n2000-01-10,SKY,USD,12,23.44\n",
        "'Identifier', 'Currency' holds text, .* list of transactions",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_for_the_true_reason(case):
    text, words = REFUSED[case]
    answers = Answers(encoding="klingon") if case == "an unknown encoding" else None
    content = text.encode("cp1252") + ("é;1;1".encode("cp1252") if answers else b"")
    with pytest.raises(RiskcoreError, match=words) as caught:
        load_prices(content, "x.csv", answers)
    assert "\n" not in str(caught.value)


def test_a_period_that_has_begun_is_not_in_the_future():
    today = pd.Timestamp("2024-02-10").date()
    read = parse_dates(["2024-01", "2024-02"], place=str, today=today)
    assert read.dates.strftime("%Y-%m-%d").tolist() == ["2024-01-31", "2024-02-29"]
    with pytest.raises(FileFormatError, match="future"):
        parse_dates(["2024-01", "2024-03"], place=str, today=today)


def days_of(rows=80, seed=3):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(rng.normal(0, 0.012, rows).cumsum())
    opens = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.003, rows))
    high = np.maximum(opens, close) * (1 + np.maximum(rng.normal(0.002, 0.003, rows), 0))
    low = np.minimum(opens, close) * (1 - np.maximum(rng.normal(0.002, 0.003, rows), 0))
    factor = np.where(np.arange(rows) < rows // 2, 0.97, 1.0)
    index = pd.bdate_range("2023-01-02", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "o": opens,
            "h": high,
            "l": low,
            "c": close,
            "a": close * factor,
            "v": rng.integers(10**5, 10**6, rows),
        },
        index=index,
    ).round(4)


HEADINGS = {
    "German": ("Datum", {"o": "Erster", "h": "Hoch", "l": "Tief", "c": "Schlusskurs", "v": "Stücke"}),
    "Japanese": ("日付", {"o": "始値", "h": "高値", "l": "安値", "c": "終値", "v": "出来高"}),
    "Hindi": ("दिनांक", {"o": "खुला", "h": "उच्च", "l": "निम्न", "c": "बंद", "v": "मात्रा"}),
    "Russian": ("Дата", {"c": "Цена", "o": "Откр.", "h": "Макс.", "l": "Мин.", "v": "Объём"}),
    "French": ("Date", {"o": "Ouverture", "h": "+ Haut", "l": "+ Bas", "c": "Clôture", "v": "Volume"}),
    "unheard of": ("x0", {"l": "x1", "c": "x2", "h": "x3", "o": "x4"}),
}


@pytest.mark.parametrize("language", HEADINGS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_one_tickers_days_are_recognised_in_every_language(language, newest_first):
    days = days_of()
    date, names = HEADINGS[language]
    frame = days[list(names)].rename(columns=names)[:: -1 if newest_first else 1]
    data = load_prices(frame.to_csv(index_label=date).encode(), "ABC.csv")
    assert data.tickers == ("ABC",)
    assert data.prices["ABC"].tolist() == days["c"].tolist()
    if "v" in names:
        assert data.volumes["ABC"].tolist() == days["v"].tolist()


def test_the_adjusted_close_is_found_by_its_numbers():
    frame = days_of()[["a", "l", "o", "c", "h"]].set_axis(["p", "q", "r", "s", "t"], axis=1)
    data = load_prices(frame.to_csv(index_label="zz").encode(), "ABC.csv")
    assert data.prices["ABC"].tolist() == frame["p"].tolist()
    assert any("p was taken as the price (by its numbers" in note for note in data.notes)


def test_days_that_leave_it_open_are_asked_and_the_answer_holds():
    frame = days_of(14)[["o", "h", "l", "c"]].set_axis(["p", "q", "r", "s"], axis=1)
    content = frame.to_csv(index_label="zz").encode()
    with pytest.raises(FileFormatError, match="may hold the price") as caught:
        load_prices(content, "ABC.csv")
    readings = caught.value.details["readings"]
    assert caught.value.details["question"] == "column"
    assert {"p", "s"} <= set(readings)
    assert load_prices(content, "ABC.csv", Answers(column="s")).prices["ABC"].tolist() == frame["s"].tolist()
    assert load_prices(content, "ABC.csv", Answers(column=readings[-1])).tickers == ("p", "q", "r", "s")


@pytest.mark.parametrize("rows", [10, 30, 250])
def test_several_assets_are_never_taken_for_one_tickers_days(rows):
    rng = np.random.default_rng(rows)
    for trial in range(25):
        count = int(rng.integers(3, 8))
        moves = rng.normal(0, rng.uniform(0.004, 0.02), (rows, 1)) + rng.normal(0, 0.006, (rows, count))
        levels = 100 * np.exp(np.vstack([np.zeros(count), moves[:-1]]).cumsum(0))
        if trial % 2:
            levels *= rng.uniform(0.9, 1.2, count)
        index = pd.bdate_range("2020-01-01", periods=rows, name="Date")
        frame = pd.DataFrame(levels.round(4), index=index, columns=[f"X{k}" for k in range(count)])
        assert len(load_prices(frame.to_csv().encode(), "x.csv").tickers) == count


def test_long_tables_of_days_with_foreign_headings():
    days = days_of()
    parts = [days.assign(k=t)[["k", "o", "h", "l", "c"]] for t in ("XX", "YY")]
    parts[1][["o", "h", "l", "c"]] *= 2
    frame = pd.concat(parts).set_axis(["コード", "p", "q", "r", "s"], axis=1)
    data = load_prices(frame.to_csv(index_label="日付").encode(), "x.csv")
    assert data.tickers == ("XX", "YY")
    assert data.prices["XX"].tolist() == days["c"].tolist()


def test_a_vendor_s_changes_and_short_volumes():
    text = '"Date","Price","Open","High","Low","Vol.","Change %"\n'
    text += '"01/16/2024","1,251.5","1,240","1,260","1,235","1.25M","0.90%"\n'
    text += '"01/15/2024","1,240.25","1,238","1,246","1,230","950.5K","-0.20%"\n'
    data = load_prices(b"\xef\xbb\xbf" + text.encode(), "AAPL Historical Data.csv")
    assert data.prices.iloc[:, 0].tolist() == [1240.25, 1251.5]
    assert data.volumes.iloc[:, 0].tolist() == [950500.0, 1250000.0]


def test_a_european_workbook_with_titles_and_totals():
    file = io.BytesIO()
    rows = [["Kursliste 2024"], ["Stand:", "17.01.2024"], [], ["Datum", "Fonds A", "Fonds B"]]
    rows += [
        [f"{d[8:]}.{d[5:7]}.{d[:4]}", comma(x), grouped(".", ",")(y)]
        for d, x, y in zip(DAYS, A, B, strict=True)
    ]
    rows += [["Summe", "1.220,80", "14.782,85"], ["alle Angaben ohne Gewähr"]]
    pd.DataFrame([row + [None] * (3 - len(row)) for row in rows]).to_excel(file, index=False, header=False)
    data = load_prices(file.getvalue(), "x.xlsx")
    assert data.prices["Fonds A"].tolist() == A
    assert data.prices["Fonds B"].tolist() == B
    said = " ".join(data.notes)
    assert "Kursliste" in said
    assert "Summe" in said
    assert "Gewähr" in said
