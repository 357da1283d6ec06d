"""What only a table that no loader has cleaned can show: repeated and future dates, impossible prices."""

import numpy as np
import pandas as pd

from riskcore.data.quality.report import Finding, counted, days
from riskcore.data.recipe import CutWindow, DropAsset, DropRows
from riskcore.errors import InputError, MissingDataError

__all__ = ["cleaned"]


def cleaned(prices: pd.DataFrame, today: pd.Timestamp) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the table sorted, each date once, impossible prices missing, and what was found on the way.

    The table returned serves the other checks only; nobody computes risk with it.

    Raises
    ------
    InputError
        The rows carry no dates, or a column holds no numbers.
    MissingDataError
        There are no rows or no columns.
    """
    if prices.shape[0] == 0 or prices.shape[1] == 0:
        raise MissingDataError("There is nothing to inspect: the table has no rows or no columns.")
    index = prices.index
    if not isinstance(index, pd.DatetimeIndex) or index.hasnans:
        raise InputError("The rows must be indexed by dates, none missing.")
    try:
        values = prices.to_numpy(dtype=np.float64, copy=True)
    except (TypeError, ValueError) as error:
        raise InputError("Some columns hold no numbers; read the file with the loader first.") from error
    dates = index.tz_localize(None).as_unit("us")
    frame = pd.DataFrame(values, index=dates, columns=pd.Index([str(c) for c in prices.columns], dtype="str"))
    findings: list[Finding] = []
    if not dates.is_monotonic_increasing:
        findings.append(_order_finding(dates))
        frame = frame.sort_index(kind="stable")
    frame, found = _without_repeats(frame)
    findings += found + _future(frame, today) + _impossible(frame)
    wrong = ~(frame.to_numpy() > 0) | np.isinf(frame.to_numpy())
    return frame.mask(wrong), findings


def _order_finding(dates: pd.DatetimeIndex) -> Finding:
    back = dates[1:][np.diff(dates.to_numpy()) < np.timedelta64(0)]
    return Finding(
        "order",
        "note",
        "",
        back.sort_values(),
        len(back),
        f"The rows are not in date order: {counted(len(back), 'step')} back in time ({days(back)}). "
        "They were sorted for this report.",
    )


def _without_repeats(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    dates = pd.DatetimeIndex(frame.index)
    if dates.is_unique:
        return frame, []
    repeated = dates[dates.duplicated()].unique()
    again = frame.loc[dates.isin(repeated)]
    conflicts = again.groupby(level=0).nunique(dropna=False).max(axis=1) > 1
    differ = pd.DatetimeIndex(conflicts.index[conflicts])
    how = f"with different prices on {days(differ)}" if len(differ) else "with the same prices"
    finding = Finding(
        "duplicate dates",
        "problem" if len(differ) else "check",
        "",
        repeated,
        int(dates.duplicated().sum()),
        f"{counted(len(repeated), 'date')} {'appears' if len(repeated) == 1 else 'appear'} more than once, "
        f"{how}. Keep one row of each in the file, or leave them out.",
        (DropRows(_isos(repeated)),),
    )
    return frame.loc[~dates.duplicated()], [finding]


def _future(frame: pd.DataFrame, today: pd.Timestamp) -> list[Finding]:
    dates = pd.DatetimeIndex(frame.index)
    late = dates[dates > today + pd.Timedelta(days=1)]  # it may already be tomorrow elsewhere
    if not len(late):
        return []
    choices = (CutWindow(end=f"{today:%Y-%m-%d}"),) if len(late) < len(dates) - 1 else ()
    return [
        Finding(
            "future dates",
            "problem",
            "",
            late,
            len(late),
            f"{counted(len(late), 'row')} dated after today ({days(late)}): a wrong year, or day and month "
            "exchanged?",
            choices,
        )
    ]


def _impossible(frame: pd.DataFrame) -> list[Finding]:
    values = frame.to_numpy()
    found = []
    for j in np.flatnonzero(((values <= 0) | np.isinf(values)).any(axis=0)).tolist():
        name, column = str(frame.columns[j]), values[:, j]
        for kind, wrong in (
            ("infinite", np.isinf(column)),
            ("not positive", (column <= 0) & ~np.isinf(column)),
        ):
            dates = pd.DatetimeIndex(frame.index[wrong])
            if not len(dates):
                continue
            zeros = int((column[wrong] == 0).sum())
            what = "infinite" if kind == "infinite" else _signs(zeros, len(dates))
            found.append(
                Finding(
                    kind,
                    "problem",
                    name,
                    dates,
                    len(dates),
                    f"{name} has {counted(len(dates), 'price')} that {'is' if len(dates) == 1 else 'are'} "
                    f"{what} ({days(dates)}); no return can be computed from them.",
                    (DropRows(_isos(dates)), DropAsset(name)),
                )
            )
    return found


def _signs(zeros: int, count: int) -> str:
    if zeros == count:
        return "zero"
    return "negative" if zeros == 0 else "zero or negative"


def _isos(dates: pd.DatetimeIndex) -> tuple[str, ...]:
    return tuple(dates.strftime("%Y-%m-%d"))
