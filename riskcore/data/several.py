"""Several files at once, one per ticker or more: joined by date, conflicts refused by file name."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from riskcore.data.assembly import common_days
from riskcore.data.checks import quality_notes
from riskcore.data.dialect import MAX_BYTES, MAX_CELLS, MAX_TICKERS
from riskcore.data.files import Answers, Content, price_set_of, read_content
from riskcore.data.numbers import iso_currency
from riskcore.data.price_set import PriceSet
from riskcore.errors import FileFormatError, InputError, RiskcoreError, listed

__all__ = ["load_many", "load_many_prices"]

PACE = 3.0  # files whose usual steps between rows differ more are not of one frequency


def load_many(
    paths: Sequence[str | Path], answers: Mapping[str, Answers] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Read several files and join them by date.

    Parameters
    ----------
    paths
        Files as `load` reads them; together at most 64 MB, 500 tickers and 5 million cells. A file of one
        ticker without a name in it is called after the file.
    answers
        File name to the choice between several readings, after a refusal that listed them.

    Returns
    -------
    tuple
        A table (dates × tickers) of the days on which every ticker alive at the time has a price, and the
        report: the coverage of each ticker, and what was found in each file.

    Raises
    ------
    FileFormatError, MissingDataError
        As `load`, the sentence beginning with the file's name, which is also in `details["file"]`; or the
        files together exceed a limit, disagree on a price, mix prices and returns, or differ in frequency.
    """
    _check_total([Path(p).name for p in paths], [_size(Path(p)) for p in paths])
    contents = [(Path(p).name, Path(p).read_bytes()) for p in paths]
    joined = _joined(_read_all(contents, answers or {}))[0]
    return joined.frame, joined.report


def load_many_prices(
    files: Sequence[tuple[str, bytes]], answers: Mapping[str, Answers] | None = None
) -> PriceSet:
    r"""Read the bytes of several uploaded files (name, content) into one price set.

    Raises
    ------
    FileFormatError, MissingDataError
        As `load_many`.

    Examples
    --------
    >>> files = [(f"{t}.csv", f"Date,Close\n2024-01-02,{p}\n2024-01-03,{p + 1}\n".encode())
    ...          for t, p in (("AAA", 10), ("BBB", 20))]
    >>> load_many_prices(files).prices.iloc[-1].to_dict()
    {'AAA': 11.0, 'BBB': 21.0}
    """
    _check_total([name for name, _ in files], [len(content) for _, content in files])
    digest = blake2b(repr(answers).encode(), digest_size=6)
    for name, content in files:
        digest.update(f"{PurePath(name).name}:{len(content)}:".encode() + content)
    joined, currencies = _joined(_read_all(files, answers or {}))
    label = listed((PurePath(name).stem for name, _ in files), most=4)[:80]
    return price_set_of(joined, f"files-{digest.hexdigest()}", label, currencies)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise FileFormatError(f"{path.name} cannot be opened: {error.strerror or 'refused'}.") from error


def _check_total(names: Sequence[str], sizes: Sequence[int]) -> None:
    if not names:
        raise InputError("Give at least one file.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileFormatError(f"Two of the files are called {listed(twice)}; rename one.", files=twice)
    if len(names) > MAX_TICKERS:
        raise FileFormatError(f"{len(names)} files are too many; the limit is {MAX_TICKERS} tickers.")
    if sum(sizes) > MAX_BYTES:
        raise FileFormatError(
            f"The files have {sum(sizes) / 2**20:.0f} MB together; the limit is {MAX_BYTES // 2**20} MB.",
            size=sum(sizes),
        )


def _read_all(files: Sequence[tuple[str, bytes]], answers: Mapping[str, Answers]) -> dict[str, Content]:
    found: dict[str, Content] = {}
    tickers = 0
    for name, content in files:
        try:
            found[name] = read_content(content, name, answers.get(name, Answers()))
        except RiskcoreError as error:
            raise type(error)(
                f"{PurePath(name).name}: {error}", **(error.details | {"file": name})
            ) from error
        tickers += found[name].frame.shape[1]
        if tickers > MAX_TICKERS:
            raise FileFormatError(
                f"The files have more than {MAX_TICKERS} tickers (the last read is {name}), the limit."
            )
    return found


def _joined(found: Mapping[str, Content]) -> tuple[Content, dict[str, str]]:
    """Return the contents as one, and the currency of each ticker as far as a file names it."""
    _check_alike(found)
    columns: dict[str, pd.Series] = {}
    volumes: dict[str, pd.Series] = {}
    sources: dict[str, str] = {}
    currencies: dict[str, str] = {}
    for name, content in found.items():
        for ticker in map(str, content.frame.columns):
            values = content.frame[ticker].dropna()
            if ticker in columns:
                values = _merged(ticker, columns[ticker], values, (sources[ticker], name))
            columns[ticker], sources[ticker] = values, name
            currencies[ticker] = iso_currency(content.currency)
            if content.volumes is not None:
                volumes[ticker] = content.volumes[ticker]
    days = len(set().union(*(series.index for series in columns.values())))
    if days * len(columns) > MAX_CELLS:
        raise FileFormatError(
            f"{days} dates × {len(columns)} tickers exceed {MAX_CELLS // 1_000_000} million cells, the limit."
        )
    frame, left_out = common_days(pd.DataFrame(columns).sort_index())
    frame.index = pd.DatetimeIndex(frame.index).as_unit("us").rename("date")
    frame.columns = pd.Index(list(columns), dtype="str")
    report = [
        f"{ticker}: {len(series)} rows, {series.index[0]:%Y-%m-%d} to {series.index[-1]:%Y-%m-%d} "
        f"({sources[ticker]})."
        if len(series)
        else f"{ticker}: no values at all ({sources[ticker]})."
        for ticker, series in columns.items()
    ]
    report += _said_of_files(found) + left_out
    returns = next(iter(found.values())).returns
    if not returns:
        report += quality_notes(frame)
    traded = pd.DataFrame(volumes).reindex(index=frame.index, columns=frame.columns) if volumes else None
    return Content(frame, returns, report, volumes=traded), currencies


def _said_of_files(found: Mapping[str, Content]) -> list[str]:
    """Return what was said of the files, once where it is the same; what concerns prices follows later."""
    said: dict[str, list[str]] = {}
    for name, content in found.items():
        later = set() if content.returns else set(quality_notes(content.frame))
        for sentence in content.report:
            if sentence not in later and "is taken from the file's name" not in sentence:
                said.setdefault(sentence, []).append(PurePath(name).name)
    return [f"{listed(names, most=3)}: {sentence}" for sentence, names in said.items()]


def _merged(ticker: str, first: pd.Series, second: pd.Series, files: tuple[str, str]) -> pd.Series:
    common = first.index.intersection(second.index)
    apart = common[(first[common] != second[common]).to_numpy()]
    if len(apart):
        raise FileFormatError(
            f"{ticker} is in {files[0]} and {files[1]} with different values, first on {apart[0]:%Y-%m-%d} "
            f"({first[apart[0]]:g} and {second[apart[0]]:g}); remove one file, or rename its ticker.",
            asset=ticker,
            files=files,
        )
    return first.combine_first(second)


def _check_alike(found: Mapping[str, Content]) -> None:
    kinds = {content.returns: name for name, content in found.items()}
    if len(kinds) > 1:
        raise FileFormatError(
            f"{kinds[True]} holds returns and {kinds[False]} prices; load them apart.",
            files=tuple(kinds.values()),
        )
    steps = {name: _pace(content.frame.index) for name, content in found.items()}
    fast, slow = min(steps, key=steps.__getitem__), max(steps, key=steps.__getitem__)
    if steps[slow] > PACE * steps[fast]:
        raise FileFormatError(
            f"The rows of {slow} are about {steps[slow]:.0f} days apart, those of {fast} {steps[fast]:.0f}; "
            "load files of one frequency together.",
            files=(fast, slow),
        )


def _pace(index: pd.Index) -> float:
    """Return the usual number of days between rows; 1 for daily rows, weekends or not."""
    return float(np.median(np.diff(index.to_numpy()) / np.timedelta64(1, "D")))
