"""What was found in a table of prices: findings in sentences, each with the choices it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskcore.data.recipe import Keep, Recipe, Step
from riskcore.errors import InputError, listed
from riskcore.results.quality import Coverage

__all__ = ["KINDS", "SEVERITIES", "Finding", "QualityReport", "counted", "days", "percent"]

SEVERITIES = ("problem", "check", "note")
KINDS = (
    "empty",
    "not positive",
    "infinite",
    "duplicate dates",
    "future dates",
    "order",
    "split",
    "typing error",
    "jump",
    "gap",
    "missing days",
    "closed days",
    "stale",
    "filled holidays",
    "young",
    "ended",
    "asynchronous",
)
SHOWN_DATES = 3


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing to know about the data, or to decide.

    Parameters
    ----------
    kind
        One of `KINDS`.
    severity
        "problem" (results would be wrong or refused), "check" (may be true or an error), "note".
    asset
        The ticker; empty where the whole table is concerned.
    dates
        The dates concerned, increasing.
    count
        How many prices, rows or days are concerned.
    sentence
        What was found, in plain words. Names are plain text, never markup.
    choices
        What can be done about it; the first leaves the data as it is where that is possible.
    size
        The size of what was found, where it has one: the years a young asset costs or an ended one ends
        early, the factor of a jump (0.5 for a halved price), the correlation an asynchronous close hides.
    """

    kind: str
    severity: str
    asset: str
    dates: pd.DatetimeIndex
    count: int
    sentence: str
    choices: tuple[Step, ...] = ()
    size: float | None = None

    def __post_init__(self) -> None:
        """Validate."""
        if self.kind not in KINDS or self.severity not in SEVERITIES:
            raise InputError(f"A finding is one of {listed(KINDS, most=30)}, and {listed(SEVERITIES)}.")


@dataclass(frozen=True, eq=False)
class QualityReport:
    """All findings, problems first, and how much of each history is there.

    Parameters
    ----------
    findings
        Sorted by severity, then by kind, then by the order of the assets.
    coverage, by_month
        Shares of the expected prices by asset, per year and per month.
    table_calendar
        The exchange the rows follow; empty where none fits.
    calendars
        Asset to the exchange its gaps were judged by; empty where none is known.
    first, last
        The span of the table.
    rows
        Its number of rows.
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    by_month: Coverage
    table_calendar: str
    calendars: dict[str, str]
    first: pd.Timestamp
    last: pd.Timestamp
    rows: int

    def of(self, asset: str) -> tuple[Finding, ...]:
        """Return the findings of one asset; "" gives those of the whole table."""
        return tuple(f for f in self.findings if f.asset == asset)

    def kind(self, kind: str) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        if kind not in KINDS:
            raise InputError(f"There is no kind of finding {kind[:40]!r}; choose {listed(KINDS, most=30)}.")
        return tuple(f for f in self.findings if f.kind == kind)

    def undecided(self, recipe: Recipe) -> tuple[Finding, ...]:
        """Return the findings that the recipe does not keep by name; inspect what the recipe made."""
        kept = {(step.kind, step.asset) for step in recipe.steps if isinstance(step, Keep)}
        return tuple(f for f in self.findings if (f.kind, f.asset) not in kept)

    @property
    def sentence(self) -> str:
        """The report in one sentence: how many problems, things to check, and notes."""
        if not self.findings:
            return "Nothing was found: every expected price is there, and none stands out."
        counts = {s: sum(f.severity == s for f in self.findings) for s in SEVERITIES}
        words = {"problem": "problem", "check": "thing to check", "note": "note"}
        plural = {"problem": "problems", "check": "things to check", "note": "notes"}
        parts = [f"{n} {words[s] if n == 1 else plural[s]}" for s, n in counts.items() if n]
        return f"{', '.join(parts)} in {len(self.calendars)} assets and {self.rows} rows."

    def table(self) -> pd.DataFrame:
        """Return one row per finding: severity, kind, asset, first and last date, count, sentence."""
        rows = [
            (
                f.severity,
                f.kind,
                f.asset,
                f.dates[0] if len(f.dates) else pd.NaT,
                f.dates[-1] if len(f.dates) else pd.NaT,
                f.count,
                f.sentence,
            )
            for f in self.findings
        ]
        names = ["severity", "kind", "asset", "first", "last", "count", "sentence"]
        return pd.DataFrame(rows, columns=names)


def days(dates: pd.DatetimeIndex | Sequence[pd.Timestamp], *, most: int = SHOWN_DATES) -> str:
    """Return the first dates as words: "2024-01-02, 2024-01-05 and 7 more"."""
    return listed((f"{d:%Y-%m-%d}" for d in dates), most=most)


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 row", "3 rows"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def percent(change: float) -> str:
    """Return a change as signed percent: −41.8 %."""
    return f"{'+' if change > 0 else '−'}{abs(100 * change):.1f} %"
