"""From bytes to a grid of text cells: encoding, separator, quoting, and the limits on size.

Nothing here knows about dates or prices. A cell is the text between two separators, outer blanks removed.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from riskcore.errors import FileFormatError, listed

__all__ = [
    "GLANCED_AT",
    "MAX_BYTES",
    "MAX_CELLS",
    "MAX_TICKERS",
    "WIDEST",
    "Glance",
    "Grid",
    "check_size",
    "recognise",
    "split_text",
]

MAX_BYTES = 64 * 1024 * 1024
MAX_TICKERS = 500
WIDEST = MAX_TICKERS + 20  # columns, with those that hold no prices
MAX_CELLS = 5_000_000
SEPARATORS = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
MAX_LINES = 2_500_000  # one row per date and ticker: more would exceed the cells
SAMPLE_LINES, SAMPLE_LENGTH = 200, 2_000_000
GLANCED_AT = 20_000  # rows of a longer table that are judged before all are read
HEAD = 1_000  # of them, so many from the top one after the other
YEAR = re.compile(r"(?:19|20)[0-9]{2}")
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)?")
NOT_TEXT = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Excel workbook"),
    (b"SQLite format 3", "a database"),
)
ZIP, PARQUET, PICKLE = b"PK\x03\x04", b"PAR1", b"\x80"
MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
# The space most spreadsheets put between thousands cannot be told from a blank by eye.
BLANKS = " \t\r\n\f\u00a0\u202f\u2009\ufeff\u200e\u200f\u200b"
# Digits of other scripts, and the marks that stand between them, as 0–9 and the usual marks.
DIGITS = {
    chr(code): str(unicodedata.decimal(chr(code)))
    for code in range(0x80, 0x20000)
    if unicodedata.category(chr(code)) == "Nd"
}
FOREIGN_DIGIT = re.compile(f"[{''.join(DIGITS)}]")
# Arabic marks between digits, and the full-width ones of East Asia.
MARKS_OF_OTHERS = {
    "\u066b": ".",
    "\u066c": "'",
    "\uff0e": ".",
    "\uff0c": ",",
    "\uff0d": "-",
    "\uff0f": "/",
}
AS_WESTERN = str.maketrans(DIGITS | MARKS_OF_OTHERS)
# The line under the heads of a table written in Markdown.
RULE = re.compile(r":?-[-:]+")
# What spreadsheets write around a number to keep it text.
TEXT_MARKS = re.compile('\'(?=[0-9])|="([^"]*)"')
# Encodings of scripts other than Latin, as the reader knows them.
ENCODINGS = {
    "windows-1252": "cp1252",
    "windows-1251": "cp1251",
    "windows-1250": "cp1250",
    "windows-1253": "cp1253",
    "shift-jis": "cp932",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc-kr": "cp949",
}
# Western words seldom have three accented letters in a row, or signs between their letters.
NOT_WESTERN = re.compile(
    rb"[\x80-\xff]{3}|[A-Za-z][\xa1-\xa9\xab-\xb3\xb5\xb6\xb8\xb9\xbb-\xbf\xd7\xf7][A-Za-z]"
)


@dataclass(frozen=True)
class Grid:
    """Text cells with the place each row came from.

    Parameters
    ----------
    rows
        One list of cells per record; widths may differ.
    lines
        The line (or sheet row) on which each record starts, counted from 1.
    place
        What a row is called to the reader: "line" or "row".
    title
        The sheet's name; empty where a file has one table.
    separator
        The character between cells; empty where the file has typed cells.
    notes
        What was assumed on the way, in sentences.
    refusal
        Why the rows after these were not read; None where the grid is whole.
    """

    rows: list[list[str]]
    lines: list[int]
    place: str = "line"
    title: str = ""
    separator: str = ""
    notes: list[str] = field(default_factory=list)
    refusal: FileFormatError | None = None

    def at(self, row: int) -> str:
        """Return the place of a row in words: "line 27"."""
        return f"{self.place} {self.lines[row]}{f' of sheet {self.title}' if self.title else ''}"

    def starting(self, row: int) -> str:
        """Return the place as the first words of a sentence: "Line 27"."""
        words = self.at(row)
        return words[0].upper() + words[1:]


# Judges some rows of a table and refuses what no further row can make right.
Glance = Callable[[Grid], None]


def check_size(size: int) -> None:
    """Refuse a file of more than 64 MB before anything is read from it."""
    if size > MAX_BYTES:
        raise FileFormatError(
            f"The file has {size / 2**20:.0f} MB; the limit is {MAX_BYTES // 2**20} MB. "
            "Cut it into parts or leave columns out.",
            size=size,
        )
    if size == 0:
        raise FileFormatError("The file is empty: it has no data.")


def recognise(content: bytes) -> str:
    """Return "zip", "parquet" or "text" by the first bytes; refuse everything that is neither.

    Raises
    ------
    FileFormatError
        The content is an image, a document, an archive or a pickle, whatever its name says.

    Examples
    --------
    >>> recognise(b"Date,SPY")
    'text'
    """
    if content.startswith(PARQUET):
        return "parquet"
    if content.startswith(ZIP):
        return "zip"
    if content.startswith(PICKLE):
        raise FileFormatError(
            "The file is a Python pickle or another binary format, which is never opened because it can "
            "run programs; export CSV, Excel or Parquet instead."
        )
    for mark, what in NOT_TEXT:
        if content.startswith(mark):
            raise FileFormatError(f"The file is {what}, not text; save the prices as CSV.")
    return "text"


def split_text(content: bytes, encoding: str | None = None, glance: Glance | None = None) -> Grid:
    r"""Return the cells of a CSV, TSV or similar file.

    The encoding is taken from a byte-order mark, else UTF-8, else Windows-1252 (said), unless the letters
    look like another script: then it is asked. The separator is the one of tab, semicolon, bar and comma
    that cuts the most lines into the same number of cells.

    Parameters
    ----------
    content
        The bytes.
    encoding
        The answer to the question about the encoding, where it was asked.
    glance
        What judges a sample of a long table before all of it is read.

    Raises
    ------
    FileFormatError
        The content is not text, has no separator, breaks the rules of quoting, or exceeds a limit.

    Examples
    --------
    >>> split_text(b"Date;A\n2024-01-02;1,5\n").rows
    [['Date', 'A'], ['2024-01-02', '1,5']]
    """
    text, notes = _decode(content, encoding)
    _check_language(text)
    if not text.isascii() and FOREIGN_DIGIT.search(text):
        text = text.translate(AS_WESTERN)
        notes.append("Digits of another script were written as 0–9.")
    separator, start = _declared_separator(text)
    if not separator:
        separator = _separator(text)
    cells = text.count(separator)
    if cells > MAX_CELLS:
        raise FileFormatError(
            f"The file has about {cells / 1e6:.1f} million cells; the limit is {MAX_CELLS // 1_000_000} "
            "million. Leave columns or years out.",
            cells=cells,
        )
    _check_width(text, separator)
    if text.count("\n") > MAX_LINES or text.count("\r") > MAX_LINES:
        raise FileFormatError(
            f"The file has more than {MAX_LINES / 1e6:g} million lines, which is the limit; no table of "
            "prices has so many dates."
        )
    if glance is not None:
        _glance(text, separator, start, glance)
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(_lines(text), delimiter=separator, strict=True)
    line = 1
    try:
        for record in reader:
            if line > start:
                rows.append([cell.strip(BLANKS) for cell in record])
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error) and '"' not in text:
            raise FileFormatError(
                f"A cell in line {line} has more than {csv.field_size_limit():,} characters, which is the "
                "limit.",
                line=line,
            ) from error
        raise FileFormatError(
            f"The quotation marks from line {line} on do not close as they should; "
            "close them or remove them.",
            line=line,
        ) from error
    if separator == "|":
        told = [i for i, row in enumerate(rows) if not RULE.fullmatch("".join(row))]
        rows, lines = [rows[i] for i in told], [lines[i] for i in told]
    if TEXT_MARKS.search(text):
        rows = [[_unmarked(cell) for cell in row] for row in rows]
        notes.append("Marks that spreadsheets put around a number to keep it text were removed.")
    return Grid(rows, lines, separator=separator, notes=notes)


def _glance(text: str, separator: str, start: int, glance: Glance) -> None:
    """Judge the first lines of a long text and then one every so often to its end."""
    step = text.count("\n") // GLANCED_AT
    if not step:
        return
    lines = islice(_lines(text), start, None)
    sample = [*islice(lines, HEAD), *islice(lines, None, None, step)]
    try:
        rows = [[cell.strip(BLANKS) for cell in row] for row in csv.reader(sample, delimiter=separator)]
    except csv.Error:
        return  # judged with its line when all is read
    glance(Grid(rows, list(range(len(rows))), separator=separator))


def _check_width(text: str, separator: str) -> None:
    """Refuse too many columns before all are read; dates that run across are told by their name later."""
    lines = _first_lines(text)
    width = Counter(_widths(lines, separator)).most_common(1)[0][0]
    longest = max(lines, key=lambda line: line.count(separator))
    if width > WIDEST and 2 * len(YEAR.findall(longest)) < width:
        raise FileFormatError(
            f"The file has {width} columns; the limit is {MAX_TICKERS} tickers. Leave some out.",
            columns=width,
        )


def _unmarked(cell: str) -> str:
    match = TEXT_MARKS.match(cell)
    if match is None:
        return cell
    return (
        match[1].strip(BLANKS)
        if match[1] is not None and match.end() == len(cell)
        else cell.removeprefix("'")
    )


def _check_language(text: str) -> None:
    """Refuse by their true name what is text but no table."""
    start = text[:2000].lstrip(BLANKS).lower()
    if start.startswith(("<!doctype html", "<html", "<?xml", "<table", "<head", "<body")):
        raise FileFormatError(
            "The file is a web page or XML, not a table: did a download fail? Export the prices as CSV."
        )
    if start.startswith(("{", "[{", "[[")):
        raise FileFormatError("The file is JSON, not a table; export the prices as CSV.")


def _decode(content: bytes, answer: str | None) -> tuple[str, list[str]]:
    if answer is not None and answer not in ENCODINGS:
        raise FileFormatError(f"The encoding is one of {listed(ENCODINGS, most=20)}, not {answer[:40]!r}.")
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), None)
    encoding = encoding or _unmarked_utf16(content)
    notes: list[str] = []
    try:
        text = content.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise FileFormatError(
                f"The file says it is {encoding} text but breaks that encoding at byte {error.start}; "
                "save it again as UTF-8."
            ) from error
        text, note = _decode_local(content, answer)
        notes.append(note)
    found = CONTROLS.search(text)
    if found:
        raise FileFormatError(
            f"The file is binary, not text (a control character at position {found.start() + 1}); "
            "export the prices as CSV.",
            position=found.start(),
        )
    return text, notes


def _unmarked_utf16(content: bytes) -> str | None:
    head = content[:2000]
    if len(head) < 4 or len(content) % 2:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.6 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd == 0 else None


def _decode_local(content: bytes, answer: str | None) -> tuple[str, str]:
    """Read text in one of the encodings older than UTF-8: Western where it looks so, else asked."""
    if answer is None and NOT_WESTERN.search(content):
        readings = {name: shown for name in ENCODINGS if (shown := _tried(content, name))}
        if readings:
            words = "; ".join(f"{shown!r} as {name}" for name, shown in readings.items())
            raise FileFormatError(
                f"The file is not UTF-8, and its letters depend on the encoding: {words}. Say which, or save "
                "it again as UTF-8.",
                question="encoding",
                readings=tuple(readings),
            )
    try:
        text = content.decode(ENCODINGS[answer or "windows-1252"])
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"The encoding of the file is not recognised (byte {error.start}); save it again as UTF-8."
        ) from error
    if answer is not None:
        return text, f"The file was read as {answer}, as chosen."
    return text, "The file is not UTF-8; it was read as Windows-1252 (Western European): check accents."


def _tried(content: bytes, name: str) -> str:
    """Return the first foreign word of the content in an encoding, empty where it cannot be in it."""
    try:
        text = content.decode(ENCODINGS[name])
    except UnicodeDecodeError:
        return ""
    word = re.search(r"[^\x00-\x7f]+", text)
    if word is None or not all(c.isalpha() for c in word[0]) or CONTROLS.search(text):
        return ""
    return word[0][:12]


def _declared_separator(text: str) -> tuple[str, int]:
    """Excel's own first line, sep=; — the separator it names and how many lines it takes."""
    match = re.match(r"sep=([\t;|,])\r?\n", text, flags=re.IGNORECASE)
    return (match.group(1), 1) if match else ("", 0)


def _separator(text: str) -> str:
    # Commas come last: in a tie, a comma that also cuts evenly is a decimal comma.
    best, share, width = "", 0.0, 0
    lines = _first_lines(text)
    for separator in SEPARATORS:
        widths = Counter(n for n in _widths(lines, separator) if n > 0)
        if not widths:
            continue
        usual, count = max(((n, c) for n, c in widths.items() if n > 1), key=lambda p: p[1], default=(0, 0))
        found = count / widths.total()
        if found > share:
            best, share, width = separator, found, usual
    if width < 2:
        names = listed(SEPARATORS.values())
        raise FileFormatError(
            f"No separator ({names}) cuts the lines into cells: the file has no columns, or it is not a CSV. "
            "Give one column of dates and one column per ticker."
        )
    return best


def _lines(text: str) -> Iterator[str]:
    """Give the lines with their ends, without a second copy of the whole."""
    return (match[0] for match in LINE.finditer(text) if match[0])


def _first_lines(text: str) -> list[str]:
    lines = list(islice(_lines(text[:SAMPLE_LENGTH]), SAMPLE_LINES))
    # The last one may be cut.
    return lines[:-1] if len(text) > SAMPLE_LENGTH and 1 < len(lines) < SAMPLE_LINES else lines


def _widths(lines: list[str], separator: str) -> list[int]:
    """How many cells each record has; 0 for a blank one. Quoting errors are judged later, not here."""
    reader = csv.reader(lines, delimiter=separator)
    widths = []
    try:
        for record in reader:
            widths.append(len(record) if any(cell.strip(BLANKS) for cell in record) else 0)
    except csv.Error:
        return widths
    return widths
