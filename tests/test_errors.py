"""One base for everything a reader may see, with the offending values at hand."""

import pytest

from riskcore import errors
from riskcore.errors import (
    AssetMismatchError,
    ConfidenceError,
    ConvergenceError,
    FileFormatError,
    InfeasibleError,
    InfeasibleViewsError,
    InputError,
    MissingDataError,
    NumericalError,
    ProbabilityError,
    RiskcoreError,
    SourceError,
    listed,
)

INPUTS = [AssetMismatchError, ProbabilityError, ConfidenceError, MissingDataError, FileFormatError]
NUMERICAL = [ConvergenceError, InfeasibleError, InfeasibleViewsError]


@pytest.mark.parametrize("kind", [InputError, *INPUTS])
def test_bad_input_is_a_value_error_too(kind):
    assert issubclass(kind, InputError) and issubclass(kind, ValueError)
    assert issubclass(kind, RiskcoreError)


@pytest.mark.parametrize("kind", [NumericalError, *NUMERICAL])
def test_an_answer_nobody_can_trust_is_a_runtime_error_too(kind):
    assert issubclass(kind, NumericalError) and issubclass(kind, RuntimeError)
    assert issubclass(kind, RiskcoreError)


def test_infeasible_views_are_infeasible_and_a_source_is_neither_input_nor_number():
    assert issubclass(InfeasibleViewsError, InfeasibleError)
    assert not issubclass(SourceError, InputError | NumericalError)


def test_every_exported_error_is_for_the_reader():
    kinds = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    assert all(issubclass(kind, RiskcoreError) and kind.user_facing for kind in kinds)
    assert len(kinds) == len(errors.__all__) - 1


def test_an_error_carries_its_message_and_what_it_concerns():
    caught = AssetMismatchError("No returns for XYZ.", unknown=["XYZ"])
    assert str(caught) == "No returns for XYZ."
    assert caught.details == {"unknown": ["XYZ"]}
    assert InputError("Nothing more to say.").details == {}


@pytest.mark.parametrize(
    ("labels", "most", "words"),
    [
        ([], 5, ""),
        (["SPY"], 5, "SPY"),
        (["SPY", 3, None], 5, "SPY, 3, None"),
        (list("abcde"), 5, "a, b, c, d, e"),
        (list("abcdef"), 5, "a, b, c, d, e and 1 more"),
        ((x for x in "abc"), 1, "a and 2 more"),
    ],
)
def test_labels_are_listed_and_long_lists_cut(labels, most, words):
    assert listed(labels, most=most) == words
