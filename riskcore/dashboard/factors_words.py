"""What the Factors page says about its model: the common bet, what it rests on, what to read with care."""

from collections.abc import Sequence

import numpy as np

from riskcore.dashboard.book import Holding
from riskcore.dashboard.factors_model import Model, base_of
from riskcore.dashboard.sentences import in_text
from riskcore.errors import listed
from riskcore.factors import joint_bet
from riskcore.figures.words import number, percent
from riskcore.results.factors import FactorContributionResult

__all__ = ["bet_words", "notes_of", "peg_words", "remarks_of", "rest_words"]

# A correlation of the factors' part with the specific part beyond this is worth a sentence.
NOTABLE = 0.1
# Below half a percent a share is not worth a sentence.
HARDLY = 0.005
# The usual bound on variance inflation.
ALIKE = 10.0
# Assets of the whole world have no market whose close comes early or late.
WORLDWIDE = {"", "Global"}


def bet_words(model: Model, holding: Holding, found: FactorContributionResult) -> str:
    """Return "80 % of A’s 1-day CVaR 95 % comes from one factor: SPY.", or from factors moving alike."""
    measure = f"{model.book.horizon_label} {in_text(found.label)}"
    if not (holding.portfolio.weights != 0.0).any():
        return f"{holding.letter} holds nothing, so no factor moves it."
    if not found.relative_defined:
        return f"The {measure} of {holding.letter} is too near zero to be shared out."
    names, share = joint_bet(found, model.groups)
    names = tuple(n for n in names if abs(found.factors[n]) >= HARDLY * abs(found.total)) or names[:1]
    if share <= 0.0:
        return f"No factor adds to the {measure} of {holding.letter}: all of it is specific to its assets."
    alone = len(names) == 1
    called = _called(model, names[0]) if alone else f"{_and(names)}, which share their moves"
    if share > 1.0 + HARDLY:
        return (
            f"{'One factor, ' if alone else ''}{called}, {'carries' if alone else 'carry'} "
            f"{percent(share, 0)} of {holding.letter}’s {measure}: the other parts lower it."
        )
    from_one = "one factor: " if alone else ""
    return f"{percent(share, 0)} of {holding.letter}’s {measure} comes from {from_one}{called}."


def _called(model: Model, name: str) -> str:
    return name if model.choices.factors else f"{name}, the {_ordinal(name)} principal component"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def notes_of(model: Model) -> list[str]:
    """Return what the reader should not miss about the model."""
    return [note for note in (_shortened(model), _unhedged(model), _alike(model)) if note]


def remarks_of(model: Model, found: list[FactorContributionResult]) -> list[str]:
    """Return what the figures rest on, for the small print."""
    return [
        words for words in (_weekly_words(model, found), _shared_words(model), _itself_words(model)) if words
    ]


def _ordinal(component: str) -> str:
    place = int(component.removeprefix("PC"))
    return {1: "first", 2: "second", 3: "third"}.get(place, f"{place}th")


def rest_words(model: Model, found: list[FactorContributionResult]) -> str:
    """Return how much of the risk is specific to the assets."""
    shares = {
        holding.letter: float(one.specific.sum()) / one.total
        for holding, one in zip(model.book.both, found, strict=True)
        if one.relative_defined
    }
    adds = [f"{percent(share, 0)} of {letter}’s" for letter, share in shares.items() if share >= HARDLY]
    lowers = [f"{letter}’s by {percent(-share, 0)}" for letter, share in shares.items() if share <= -HARDLY]
    words = f"No factor explains {' and '.join(adds)}: it is specific to the assets." if adds else ""
    if lowers:
        words += f" What is specific to the assets lowers {' and '.join(lowers)}."
    if shares and not (adds or lowers):
        words = "Hardly any of it is specific to the assets."
    return words.strip()


def _weekly_words(model: Model, found: list[FactorContributionResult]) -> str:
    """Return on which rows the exposures were fitted, and what others would say."""
    fit, book = model.fit, model.book
    if not model.choices.weekly:
        return f"Exposures from {fit.rows:,} {model.rows_words}."
    words = f"Exposures from {fit.rows:,} weekly returns."
    if _apart(model):
        words = words[:-1] + ": markets that close at different hours share more than daily returns show."
    names, _ = joint_bet(found[0], model.groups)
    daily = [model.contributions(h, weekly=False) for h in book.both]
    if all(one.relative_defined and set(names) <= set(one.factors.index) for one in daily):
        shares = [float(one.factors[list(names)].sum()) / one.total for one in daily]
        words += (
            f" With exposures from {book.basis} {names[0] if len(names) == 1 else _and(names)} would carry "
            f"{percent(shares[0], 0)} of A’s and {percent(shares[1], 0)} of B’s."
        )
    offsets = [
        f"{number(one.relation, 2)} in {h.letter}"
        for h, one in zip(book.both, found, strict=True)
        if abs(one.relation) > NOTABLE
    ]
    if offsets:
        words += (
            f" In {book.basis} the specific part is then not independent of the factors (correlation "
            f"{' and '.join(offsets)}): {_offset_reason(model, found)}"
        )
    return words


def _apart(model: Model) -> bool:
    """Whether the assets' markets close at different hours."""
    return len(set(model.book.prices.assets.loc[list(model.book.assets), "region"]) - WORLDWIDE) > 1


def _offset_reason(model: Model, found: list[FactorContributionResult]) -> str:
    """Return why the specific part follows the factors in rows other than those of the fit.

    Late closes make exposures from days smaller than those from weeks, so that the weekly ones overstate
    the day and leave a remainder against the factors. Any other case has no reason we know.
    """
    late = [one.relation < 0.0 for one in found if abs(one.relation) > NOTABLE]
    if model.book.periods == 1 and _apart(model) and all(late):
        return "a factor’s move reaches markets that have closed already only a day later."
    return "exposures from weekly returns are not the ones that fit these rows best."


def _shared_words(model: Model) -> str:
    """Return which factors are read together, and why."""
    covariance, words = model.fit.factor_covariance, []
    for group in (list(one) for one in model.groups if len(one) > 1):
        own = covariance.loc[group, group].to_numpy()
        scale = np.sqrt(np.diag(own))
        apart = (own / np.outer(scale, scale))[np.triu_indices(len(group), 1)]
        strongest = float(apart[np.abs(apart).argmax()])
        words.append(
            f"{_and(group)} share their moves (correlation {number(strongest, 2)}"
            f"{' at the strongest' if apart.size > 1 else ''}): how the risk splits between them rests on "
            "small differences, their sum does not."
        )
    return " ".join(words)


def _itself_words(model: Model) -> str:
    if not model.choices.factors:
        return "Statistical factors are portfolios of these same assets, so part of what they explain is own."
    own = [asset for asset in model.fit.made_of_factors if asset in model.choices.factors]
    if not own:
        return ""
    are = "is an asset and a factor" if len(own) == 1 else "are assets and factors"
    return (
        f"{listed(own)} {are} at once: nothing of them can be specific, by construction. That says nothing "
        "about the market."
    )


def _shortened(model: Model) -> str:
    if not model.shortened:
        return ""
    rows, all_rows = model.data.count, model.book.base.count
    return (
        f"The factors cover {rows:,} of the {all_rows:,} rows of the assets: this page uses those, so its "
        "risk differs from the other pages’."
    )


def _alike(model: Model) -> str:
    """Return which factors move so much together that the split between them means little."""
    inflation = model.fit.inflation
    alike = [str(name) for name in inflation.index[inflation > ALIKE]]
    if len(alike) < 2:
        return ""
    return (
        f"{listed(alike)} follow almost from one another (variance inflation up to "
        f"{number(float(inflation.max()), 0)}): how the risk is split between them means little, what they "
        "carry together stays. Leave one out, or raise the ridge penalty under Model."
    )


def _unhedged(model: Model) -> str:
    rates = dict(model.choices.rates)
    if not rates:
        return ""
    base = base_of(model.book)
    if model.book.view.base:
        words = f"Unhedged, like every page in {base}; here exchange rates are factors as well."
    else:
        words = (
            f"Unhedged: this page counts {listed(rates, most=8)} in {base}, with exchange rates as factors. "
            "The other pages are on local returns and show another risk."
        )
    return " ".join([words, *(peg_words(model) if model.choices.factors else ())])


def peg_words(model: Model) -> list[str]:
    """Return which exchange rates are no factors because a peg holds them."""
    return [
        f"{rate} is no factor: it moved by only {percent(moved, 1)} per year"
        f"{f' against {anchor}' if anchor else ''}, as a pegged rate does, so no exposure to it can be "
        "measured; the little it moves is specific to its assets."
        for rate, anchor, moved in model.choices.pegged
    ]
