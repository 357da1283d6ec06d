"""The Tail page's further views in words: doubts about models, verdicts of tests, statistics with reasons."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.horizons import horizons_of
from riskcore.dashboard.sentences import PERIOD_WORDS
from riskcore.dashboard.view import HORIZONS
from riskcore.figures.words import dated, number, percent
from riskcore.results.statistics import StatisticsResult, UnderWater, WorstPeriod
from riskcore.results.tail_models import TailModelsResult
from riskcore.results.validation import ModelBacktestResult, TrafficLightResult, VarBacktestResult
from riskcore.tail_models import TAIL_MODELS

__all__ = [
    "ZONES",
    "backtest_table",
    "deepest_words",
    "doubts",
    "explained_models",
    "in_sample_note",
    "missing_reasons",
    "models_table",
    "p_words",
    "refusals",
    "single_period",
    "single_period_note",
    "solved_on_window",
    "statistics_rows",
    "tests_table",
    "zone_words",
]

SPACE = "\N{NO-BREAK SPACE}"
UNDEFINED = "not defined"
ZONES = {"green": "Green", "yellow": "Yellow", "red": "Red"}
TITLES = {
    "mean": "Mean return, per year",
    "growth": "Growth, compounded per year",
    "volatility": "Volatility, per year",
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "calmar": "Calmar ratio",
    "skewness": "Skewness",
    "excess_kurtosis": "Excess kurtosis",
    "worst_day": "Worst day",
    "worst_week": "Worst calendar week",
    "worst_month": "Worst calendar month",
    "max_drawdown": "Worst drawdown",
    "peak": "Peak before it",
    "trough": "Lowest on",
    "recovery": "Peak reached again",
    "longest_under_water": "Longest time under water",
    "average_drawdown": "Average drawdown",
    "ulcer_index": "Ulcer index",
    "diversification_ratio": "Diversification ratio",
    "effective_bets": "Effective bets",
}
DRAWDOWN_FIELDS = (
    "max_drawdown",
    "peak",
    "trough",
    "recovery",
    "longest_under_water",
    "average_drawdown",
    "ulcer_index",
)
PER_CENT = {"mean", "growth", "volatility", "max_drawdown", "average_drawdown", "ulcer_index"}


def models_table(found: Sequence[TailModelsResult]) -> pd.DataFrame:
    """Return VaR and CVaR of every model with their intervals, two decimals, to read."""
    columns: dict[str, list[str]] = {}
    for result in found:
        for key, title in (("var", "VaR"), ("cvar", "CVaR")):
            name = f"{result.portfolio} {title}, %"
            columns[name] = [_figure(row, key) for row in result.table.to_dict("records")]
    return pd.DataFrame(columns, index=pd.Index(found[0].table["label"], name="model"))


def _figure(row: dict[Hashable, object], key: str) -> str:
    value, low, high = (float(str(row[name])) for name in (key, f"{key}_lower", f"{key}_upper"))
    if np.isnan(value):
        return "no figure"
    if np.isinf(value):
        return "infinite"
    if not row["reliable"]:
        return f"{number(100 * value, 2)}, in doubt"
    low_words, high_words = (number(100 * v, 2) if np.isfinite(v) else "∞" for v in (low, high))
    return f"{number(100 * value, 2)} ({low_words} to {high_words})"


def doubts(found: Sequence[TailModelsResult]) -> list[str]:
    """Return one sentence per reason why a model's figure is missing or in doubt."""
    gathered: dict[tuple[str, str, str], list[str]] = {}
    for result in found:
        for row in result.table.to_dict("records"):
            if row["reliable"]:
                continue
            what = "in doubt" if np.isfinite(float(row["var"])) else "no figure"
            gathered.setdefault((str(row["label"]), what, str(row["note"])), []).append(result.portfolio)
    order = [str(label) for label in found[0].table["label"]]
    return [
        f"{label}, {what} for {' and '.join(names)}: {note}"
        for (label, what, note), names in sorted(gathered.items(), key=lambda item: order.index(item[0][0]))
    ]


def refusals(found: VarBacktestResult) -> list[str]:
    """Return which models made no forecasts, and why: "Gaussian made no forecasts: …"."""
    return [f"{TAIL_MODELS[key].label} made no forecasts: {why}" for key, why in found.refused.items()]


def explained_models(found: TailModelsResult) -> tuple[str, str]:
    """Return what the models assume, with today's numbers, and the Gaussian formula filled in."""
    said = []
    history = found.models.get("historical")
    if history is not None:
        said.append(f"For {found.portfolio}, history as it was gives a CVaR of {percent(history.cvar, 2)}.")
    formula = r"\text{CVaR}_c=\mu+\sigma\,\frac{\varphi(z_c)}{1-c}"
    gaussian = found.models.get("gaussian")
    if gaussian is not None:
        mean, volatility = gaussian.parameters["mean_loss"], gaussian.parameters["volatility"]
        said.append(
            f"A normal distribution with the same mean and volatility gives {percent(gaussian.cvar, 2)}."
        )
        formula += (
            rf",\qquad {100 * gaussian.cvar:.3f}\,\%={100 * mean:.3f}\,\%+{100 * volatility:.3f}\,\%\times"
            rf"{(gaussian.cvar - mean) / volatility:.3f}"
        )
    student = found.models.get("student_t")
    if student is not None:
        said.append(
            f"A Student-t fits best with ν = {number(student.parameters['nu'], 1)} and gives "
            f"{percent(student.cvar, 2)}; the smaller ν, the heavier the tail."
        )
    extreme = found.models.get("evt")
    if extreme is not None:
        said.append(
            f"Extreme value theory looks only at the {extreme.parameters['exceedances']:.0f} losses above "
            f"{percent(extreme.parameters['threshold'], 2)}, whose tail index ξ is "
            f"{number(extreme.parameters['xi'], 2)}."
        )
    filtered = found.models.get("ewma_filtered")
    if filtered is not None:
        said.append(
            "The last model scales all losses to the volatility of now, "
            f"{percent(filtered.parameters['volatility_now'], 2)} per period, so it moves with the market."
        )
    return " ".join(said), formula


def single_period(book: Book) -> tuple[str, str]:
    """Return how one period of the data is called: ("1-day", "days")."""
    code = next((key for key, length in horizons_of(book.prices).items() if length == 1), "1p")
    return HORIZONS[code].removesuffix("s").replace(" ", "-"), PERIOD_WORDS[code]


def solved_on_window(holding: Holding) -> bool:
    """Return whether the weights were computed from the returns shown, rather than given or equal."""
    return holding.allocation is not None and holding.allocation.method != "equal_weight"


def in_sample_note(book: Book) -> str | None:
    """Return that solved portfolios are judged on the returns they were solved on, None where none is."""
    letters = [h.letter for h in book.both if solved_on_window(h)]
    if not letters:
        return None
    if len(letters) == 1:
        return f"{letters[0]} was solved on these same returns, so its figures flatter it (in-sample)."
    return "A and B were solved on these same returns, so their figures flatter them (in-sample)."


def single_period_note(book: Book) -> str:
    """Return what the horizon and level above change in figures of single periods, for a longer horizon."""
    letters = [f"{h.letter}’s" for h in book.both if solved_on_window(h)]
    if not letters:
        return f"the horizon of {book.horizon_label.replace('-', ' ')} above does not change them."
    return (
        f"the figures use single periods; {' and '.join(letters)} weights are still solved at the horizon "
        "and level above."
    )


def deepest_words(found: StatisticsResult) -> str:
    """Return "A fell 39.2 % from 31 Oct 2007 to 27 Oct 2008 and was back at its peak on 13 Oct 2010."."""
    name = found.portfolio
    if found.max_drawdown is None:
        return f"{name} has no drawdown here: {found.reasons['max_drawdown']}"
    if found.max_drawdown == 0.0:
        return f"{name} never fell below its peak."
    start = "its starting value" if found.peak is None else dated(found.peak)
    end = (
        f"and was back at its peak on {dated(found.recovery)}"
        if found.recovery is not None
        else "and has not been back at its peak since"
    )
    return f"{name} fell {percent(found.max_drawdown)} from {start} to {dated(found.trough)} {end}."


def statistics_rows(found: Sequence[StatisticsResult], *, part: str = "all") -> pd.DataFrame:
    """Return the statistics as words, one column per portfolio; part "drawdowns" for these only."""
    skipped = {"peak", "trough", "recovery"} if part == "all" else set()
    fields = [f for f in (TITLES if part == "all" else DRAWDOWN_FIELDS) if f not in skipped]
    columns = {f.portfolio: [_said(f, name) for name in fields] for f in found}
    return pd.DataFrame(columns, index=pd.Index([TITLES[name] for name in fields], name=""))


def missing_reasons(found: Sequence[StatisticsResult], *, part: str = "all") -> list[str]:
    """Return why statistics are not defined, each reason once: "Sharpe ratio of B: …"."""
    fields = TITLES if part == "all" else DRAWDOWN_FIELDS
    gathered: dict[tuple[str, str], list[str]] = {}
    for result in found:
        for name, why in result.reasons.items():
            if name in fields:
                gathered.setdefault((result.portfolio, why), []).append(TITLES[name])
    return [f"{', '.join(names)} of {portfolio}: {why}" for (portfolio, why), names in gathered.items()]


def _said(found: StatisticsResult, name: str) -> str:
    value = getattr(found, name)
    if value is None:
        return UNDEFINED
    if isinstance(value, WorstPeriod):
        when = dated(value.end) if value.start == value.end else f"{dated(value.start)} – {dated(value.end)}"
        return (
            f"{percent(value.loss)} lost, {when}"
            if value.loss >= 0
            else f"{percent(-value.loss)} won, {when}"
        )
    if isinstance(value, UnderWater):
        end = dated(value.end) if value.recovered else "still"
        return f"{value.periods:,} periods, {dated(value.start)} – {end}"
    if name in ("peak", "trough", "recovery"):
        return dated(value)
    return percent(value) if name in PER_CENT else number(value, 2)


def p_words(p: float) -> str:
    """Return a p-value: "0.098", "< 0.001", or that there is none."""
    if np.isnan(p):
        return "none"
    return f"<{SPACE}0.001" if p < 0.001 else f"{p:.3f}"


def zone_words(light: TrafficLightResult, periods: str, *, recent: bool = False) -> str:
    """Return what a traffic light counts: "161 exceptions in all 3,647 days, 182.4 expected; …"."""
    said = (
        f"{light.exceptions:,} exceptions in {'the last' if recent else 'all'} "
        f"{light.observations:,} {periods}, {light.expected:,.1f} expected; yellow from "
        f"{light.yellow_from:,}, red from {light.red_from:,}."
    )
    if recent:
        return said
    return f"{said} The light counts exceptions only: not how large they were, nor whether they cluster."


def tests_table(found: ModelBacktestResult) -> pd.DataFrame:
    """Return what each test asks, what it answers at 5 %, and its p-value."""
    many = found.light.exceptions > found.light.expected
    questions = (
        ("Kupiec", "Is the number of exceptions right?", found.kupiec, "too many" if many else "too few"),
        ("Christoffersen", "Do they come independently?", found.independence, "they cluster"),
        ("Both together", "Number and independence?", found.conditional, "one of the two fails"),
        ("Acerbi–Szekely Z1", "Are they as large as CVaR says?", found.z1, "larger"),
        ("Acerbi–Szekely Z2", "Is CVaR large enough overall?", found.z2, "too small"),
    )
    rows = {
        name: {
            "question": asked,
            "answer at 5 %": (
                test.note if test.note is not None else f"No: {wrong}" if test.rejected else "Not rejected"
            ),
            "p-value": p_words(test.p_value),
        }
        for name, asked, test, wrong in questions
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("test")


def backtest_table(found: VarBacktestResult) -> pd.DataFrame:
    """Return all models side by side, one row each, to read."""
    table = found.table
    tests = {
        "Kupiec": "kupiec_p",
        "independence": "independence_p",
        "both": "conditional_p",
        "Z1": "z1_p",
        "Z2": "z2_p",
    }
    columns: dict[str, list[object]] = {
        "exceptions": table["exceptions"].tolist(),
        "expected": [round(float(v), 1) for v in table["expected"]],
        "zone, all": [ZONES[z] for z in table["zone"]],
        "zone, last 250": [ZONES[z] for z in table["recent_zone"]],
        **{f"p {title}": [p_words(float(p)) for p in table[key]] for title, key in tests.items()},
        "verdict": table["verdict"].tolist(),
    }
    return pd.DataFrame(columns, index=pd.Index(table["label"], name="model"))
