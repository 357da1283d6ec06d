"""What the reader decided about the data, as a list of steps that can be shown, stored and repeated.

A step never guesses: where it does not fit the data it refuses, and what it did is said in a sentence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from hashlib import blake2b

import pandas as pd

from riskcore.data.price_set import PriceSet, complete_assets
from riskcore.data.recipe_steps import (
    LARGEST_RATIO,
    AdjustSplit,
    CutWindow,
    Describe,
    DropAsset,
    DropRows,
    Fill,
    Keep,
    Step,
    ratio_words,
)
from riskcore.errors import FileFormatError, InputError, listed

__all__ = [
    "LARGEST_RATIO",
    "AdjustSplit",
    "CutWindow",
    "Describe",
    "DropAsset",
    "DropRows",
    "Fill",
    "Keep",
    "Recipe",
    "Step",
    "apply_recipe",
    "apply_steps",
    "ratio_words",
]

VERSION = 1
MOST_STEPS = 2_000

STEPS: Mapping[str, type] = {
    step.action: step for step in (Keep, DropAsset, DropRows, Fill, CutWindow, AdjustSplit, Describe)
}


@dataclass(frozen=True)
class Recipe:
    """Steps in the order in which they are applied.

    Examples
    --------
    >>> recipe = Recipe((DropAsset("OLD"), CutWindow(start="2020-01-01")))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    >>> recipe.words
    ['Leave OLD out.', 'Use the rows from 2020-01-01 only.']
    """

    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Validate."""
        object.__setattr__(self, "steps", tuple(self.steps))
        if len(self.steps) > MOST_STEPS:
            raise InputError(f"The recipe has {len(self.steps)} steps; the limit is {MOST_STEPS}.")
        for step in self.steps:
            if type(step) not in STEPS.values():
                raise InputError(f"{str(step)[:60]} is not a step of a recipe; choose {listed(STEPS)}.")

    @property
    def words(self) -> list[str]:
        """One sentence per step."""
        return [step.words for step in self.steps]

    @property
    def fingerprint(self) -> str:
        """A digest of the steps, to key caches with."""
        return blake2b(self.to_json().encode(), digest_size=8).hexdigest()

    def then(self, *steps: Step) -> "Recipe":
        """Return the recipe with further steps at its end."""
        return Recipe((*self.steps, *steps))

    def to_json(self) -> str:
        """Return the recipe as JSON text, the same text for the same steps."""
        steps = [
            {"step": step.action} | {f.name: getattr(step, f.name) for f in fields(step)}  # type: ignore[arg-type]
            for step in self.steps
        ]
        return json.dumps({"version": VERSION, "steps": steps}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read what `to_json` wrote.

        Raises
        ------
        FileFormatError
            The text is not a recipe of this version.
        InputError
            A step is not valid.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileFormatError("The recipe is damaged: it is not JSON text.") from error
        steps = content.get("steps") if isinstance(content, dict) else None
        if not isinstance(steps, list) or content.get("version") != VERSION:
            raise FileFormatError(f"The recipe is not one of version {VERSION}: it needs a list of steps.")
        return cls(tuple(_step(entry) for entry in steps))


def _step(entry: object) -> Step:
    kind = STEPS.get(str(entry.get("step"))) if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or kind is None:
        raise FileFormatError(f"{str(entry)[:60]} is not a step of a recipe; choose {listed(STEPS)}.")
    values = {str(k): tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k != "step"}
    names = {f.name for f in fields(kind)}
    if set(values) - names:
        raise FileFormatError(f"The step {entry['step']} has no {listed(sorted(set(values) - names))[:60]}.")
    try:
        step: Step = kind(**values)
    except TypeError as error:
        raise FileFormatError(
            f"The step {entry['step']} needs {listed(sorted(names))}; some are missing or of a wrong kind."
        ) from error
    return step


def apply_steps(prices: pd.DataFrame, recipe: Recipe) -> tuple[pd.DataFrame, list[str]]:
    """Apply the steps one after the other to a table of prices, dates × assets.

    Returns
    -------
    tuple
        A new table, and one sentence per step. The input is not changed.

    Raises
    ------
    InputError
        A step does not fit the data; the sentence begins with the number of the step.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> frame = pd.DataFrame({"A": [4.0, 2.0, 2.1]}, index=days)
    >>> done, report = apply_steps(frame, Recipe((AdjustSplit("A", "2024-01-02", 0.5),)))
    >>> done["A"].tolist(), report
    ([2.0, 2.0, 2.1], ['The 1 prices of A before 2024-01-02 were multiplied by 1/2.'])
    """
    report = []
    for number, step in enumerate(recipe.steps, 1):
        try:
            prices, sentence = step.apply(prices)
        except InputError as error:
            raise type(error)(
                f"Step {number} of the recipe: {error}", step=number, **error.details
            ) from error
        report.append(sentence)
    return prices.copy(), report


def apply_recipe(prices: PriceSet, recipe: Recipe) -> tuple[PriceSet, list[str]]:
    """Return the price set the recipe makes, with what was done among its notes.

    The same price set and recipe give the same fingerprint. An empty recipe returns the set itself.

    Raises
    ------
    InputError
        A step does not fit the data, as `apply_steps`.
    """
    if not recipe.steps:
        return prices, []
    frame, report = apply_steps(prices.prices, recipe)
    left = set(frame.columns)
    # Assets that were not complete at first join the default ones once a step has made them so.
    chosen = set(prices.default_assets)
    chosen |= set(complete_assets(frame)) - set(complete_assets(prices.prices))
    index = prices.default_index if prices.default_index in left else None
    # What assets are called is seen in their table; what was done to prices is said beside them.
    said = [w for w, step in zip(report, recipe.steps, strict=True) if not isinstance(step, Describe)]
    made = replace(
        prices,
        key=f"{prices.key}-{recipe.fingerprint[:8]}",
        prices=frame,
        assets=_described(prices.assets, recipe).loc[list(frame.columns)],
        volumes=_volumes(prices, frame, recipe),
        notes=(*prices.notes, *said),
        default_assets=tuple(a for a in frame.columns if a in chosen),
        default_index=index,
    )
    return made, report


def _described(assets: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    for step in recipe.steps:
        if isinstance(step, Describe):
            assets = step.describe(assets)
    return assets


def _volumes(prices: PriceSet, frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame | None:
    """Return the volumes of the rows and assets that are left; a split moves them against the price."""
    if prices.volumes is None:
        return None
    volumes = prices.volumes.reindex(index=frame.index, columns=frame.columns)
    for step in recipe.steps:
        if isinstance(step, AdjustSplit) and step.asset in volumes.columns:
            # What was traded in money stays the same.
            before = volumes.index < pd.Timestamp(step.date)
            volumes.loc[before, step.asset] /= step.ratio
    return volumes
