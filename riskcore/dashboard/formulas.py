"""Numbers inside the formulas of Explain."""

from collections.abc import Sequence

__all__ = ["percent_sum"]


def percent_sum(fractions: Sequence[float], digits: int = 4) -> str:
    r"""Return fractions in percent as a sum in LaTeX, a negative one subtracted.

    Examples
    --------
    >>> percent_sum([0.0138, -0.0004, 0.0], digits=2)
    '1.38\\,\\%-0.04\\,\\%+0.00\\,\\%'
    """
    terms = []
    for place, fraction in enumerate(fractions):
        text = f"{abs(100.0 * fraction):.{digits}f}"
        negative = fraction < 0.0 and float(text) != 0.0
        sign = "-" if negative else "+" if place else ""
        terms.append(rf"{sign}{text}\,\%")
    return "".join(terms)
