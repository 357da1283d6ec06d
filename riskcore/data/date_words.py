"""The months as people write them, and labels that mean a whole week, month, quarter or year."""

import calendar
import datetime as dt
import re

__all__ = ["date_in_words", "full_year", "month_of", "period_of"]

# The first letters by which months are told apart, in about thirty languages. The longest that fits decides:
# Finnish "marraskuu" is November and "maaliskuu" March. Croatian is left out: its listopad is October where
# the Polish and the Czech one is November.
STARTS = (
    "jan ene gen jän янв січ sty led oca ιαν ian tam जन",
    "feb fév fev фев лют lut úno uno şub sub φεβ hel फर फ़र helm",
    "mar mär mrz maa mrt мар бер bře bre μαρ μάρ már मार्च",
    "apr avr abr апр кві kwi dub nis απρ ápr huh अप्र",
    "may mai mag mei maj май мая тра kvě kve μαΐ μαϊ μάι máj tou मई mag",
    "jun juin giu июн чер cze čer haz ιουν jún kes जून cer iun",
    "jul juil lug июл лип lipc lipi červenec července tem ιουλ júl hei जुल iul",
    "aug aoû aou ago авг сер sie srpe srpna ağu agu αυγ αύγ elo अग",
    "sep set сен вер wrz zář zar eyl σεπ szep syy सित",
    "oct okt ott out окт жов paź paz říj rij eki οκτ lok अक्",
    "nov ноя лис lis kas νοε νοέ marras नव noi",
    "dec dez déc dic дек гру gru pro ara δεκ jou दिस",
)
MONTHS = {start: number for number, starts in enumerate(STARTS, 1) for start in starts.split()}
LONGEST_START = max(map(len, MONTHS))
WORD = r"[^\W\d_][^\s\d.,/\-]{1,14}"
WEEKDAY = re.compile(rf"{WORD}[.,]* +(?=\d|{WORD}[.]? +\d)")
DAY_MONTH = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?[.\- /]*({WORD})[.,\- /]*(\d{{4}}|\d{{2}})", re.IGNORECASE
)
MONTH_DAY = re.compile(rf"({WORD})[.\- ]*(\d{{1,2}})(?:st|nd|rd|th)?[, ]+(\d{{4}})", re.IGNORECASE)
YEAR_WORD_DAY = re.compile(rf"(\d{{4}})[- ./]({WORD})[- ./](\d{{1,2}})", re.IGNORECASE)
BETWEEN = re.compile(r" (?:de|del|di|of) |d[’']", re.IGNORECASE)
YEAR_SIGN = re.compile(r" ?(?:г\.?|р\.?|r\.)$")
QUARTER = re.compile(
    r"(\d{4})[- ./]?[QKTКqkt]([1-4])|[QKTКqkt]([1-4])[- ./]?(\d{4})|([1-4])[QKTqkt][- ./]?(\d{4})"
)
MONTH = re.compile(r"(\d{4})[-/](\d{1,2})|(\d{4})[Mm](\d{1,2})|(\d{4})[年년] ?(\d{1,2})[月월]", re.ASCII)
MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{4})", re.ASCII)
MONTH_WORD = re.compile(
    rf"({WORD}|[^\W\d_]{{2}})[.,]?[ \-/]*(\d{{4}}|'?\d{{2}})|(\d{{4}})[ \-/]({WORD})", re.IGNORECASE
)
WEEK = re.compile(r"(\d{4})-?[Ww](\d{2})(?:-?([1-7]))?", re.ASCII)


def month_of(word: str) -> int:
    """Return the number of a month by its name or abbreviation, 0 for any other word.

    Examples
    --------
    >>> month_of("Oktober"), month_of("января"), month_of("Foo")
    (10, 1, 0)
    """
    low = word.casefold()
    lengths = range(min(LONGEST_START, len(low)), 1, -1)
    return next((MONTHS[low[:n]] for n in lengths if low[:n] in MONTHS), 0)


def date_in_words(cell: str) -> tuple[int, int, int] | None:
    """Return year, month and day of a date with the month in letters, None where it is none.

    Examples
    --------
    >>> date_in_words("3. März 2024"), date_in_words("Jan 4, 2024"), date_in_words("Total 4")
    ((2024, 3, 3), (2024, 1, 4), None)
    """
    text = YEAR_SIGN.sub("", BETWEEN.sub(" ", cell))
    for candidate in (text, WEEKDAY.sub("", text, count=1)):
        parts = _parts(candidate)
        if parts is None:
            continue
        year, word, day = parts
        month = month_of(word)
        if month:
            return full_year(year), month, int(day)
    return None


def _parts(text: str) -> tuple[str, str, str] | None:
    match = DAY_MONTH.fullmatch(text)
    if match:
        return match[3], match[2], match[1]
    match = MONTH_DAY.fullmatch(text)
    if match:
        return match[3], match[1], match[2]
    match = YEAR_WORD_DAY.fullmatch(text)
    return (match[1], match[2], match[3]) if match else None


def full_year(year: str) -> int:
    """Return a year in full: 24 is 2024, 70 is 1970."""
    number = int(year)
    if len(year) == 4:
        return number
    return number + (2000 if number < 70 else 1900)


def period_of(cell: str) -> tuple[str, dt.date | None, dt.date | None] | None:
    """Return what a label names (week, month, quarter), with its first and last day; None for no label.

    The days are None where the label has the shape of a period that does not exist, such as 2024-13.

    Examples
    --------
    >>> period_of("2024-Q1")
    ('quarter', datetime.date(2024, 1, 1), datetime.date(2024, 3, 31))
    """
    for kind, found in (("week", _week(cell)), ("quarter", _quarter(cell)), ("month", _month(cell))):
        if found is not None:
            return kind, *found
    return None


Span = tuple[dt.date | None, dt.date | None]
NO_SUCH: Span = (None, None)


def _week(cell: str) -> Span | None:
    match = WEEK.fullmatch(cell)
    if match is None:
        return None
    year, week, day = match.groups()
    try:
        if day:
            found = dt.date.fromisocalendar(int(year), int(week), int(day))
            return found, found
        monday = dt.date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        return NO_SUCH
    return monday, monday + dt.timedelta(days=6)


def _quarter(cell: str) -> Span | None:
    match = QUARTER.fullmatch(cell)
    if match is None:
        return None
    year, quarter, after, later, before, last = match.groups()
    number, full = int(quarter or after or before), int(year or later or last)
    return _months(full, 3 * number - 2, 3 * number)


def _month(cell: str) -> Span | None:
    match = MONTH.fullmatch(cell)
    if match:
        year, month = (g for g in match.groups() if g)
        return _months(int(year), int(month), int(month))
    match = MONTH_FIRST.fullmatch(cell)
    if match:
        return _months(int(match[2]), int(match[1]), int(match[1]))
    match = MONTH_WORD.fullmatch(cell)
    if match is None:
        return None
    word, year = (match[1], match[2]) if match[1] else (match[4], match[3])
    number = month_of(word)
    return _months(full_year(year.strip("'")), number, number) if number else None


def _months(year: int, first: int, last: int) -> Span:
    if not (1 <= first <= last <= 12 and 1 <= year <= 9999):
        return NO_SUCH
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])
