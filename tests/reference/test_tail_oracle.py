"""VaR, CVaR and contributions against exact rational arithmetic, written from the definitions."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest

from riskcore.contributions import risk_contributions
from riskcore.measures import cvar, value_at_risk, volatility
from riskcore.numerics import tail
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

CASES = 1500
CONFIDENCES = ("0.51", "0.75", "0.9", "0.95", "0.975", "0.99", "0.995", "0.999")


def exact_var(losses, probabilities, confidence):
    """inf{x : P(l ≤ x) ≥ c}: walk up the sorted losses until their probability reaches c."""
    mass = defaultdict(Fraction)
    for loss, p in zip(losses, probabilities, strict=True):
        mass[loss] += p
    reached = Fraction(0)
    for loss in sorted(mass):
        reached += mass[loss]
        if reached >= confidence:
            return loss
    raise AssertionError("probabilities do not sum to 1")


def exact_tail(losses, probabilities, confidence):
    """Weights of the worst 1 − c of probability: whole groups of equal losses, then a share of the last."""
    groups = defaultdict(list)
    for s, loss in enumerate(losses):
        groups[loss].append(s)
    left, q = 1 - confidence, [Fraction(0)] * len(losses)
    for loss in sorted(groups, reverse=True):
        mass = sum(probabilities[s] for s in groups[loss])
        taken = min(mass, left)
        if taken > 0:
            for s in groups[loss]:
                q[s] = probabilities[s] / mass * taken / (1 - confidence)
        left -= taken
    return q


def exact_sum(weights, values):
    return sum((a * b for a, b in zip(weights, values, strict=True)), Fraction(0))


def random_case(rng):
    """Scenarios with ties, zero probabilities, shorts and any scale, whose products are exact in floats."""
    count, size = int(rng.integers(1, 41)), int(rng.integers(1, 6))
    spread = int(rng.choice([2, 6, 100]))
    scale = 2.0 ** int(rng.integers(-27, 28))
    returns = rng.integers(-spread, spread + 1, (count, size)) * scale
    weights = rng.integers(-4, 9, size) / 4.0
    counts = rng.integers(0, int(rng.choice([2, 5, 40])), count)
    if rng.random() < 0.3 or counts.sum() == 0:
        counts = np.ones(count, dtype=int)
    return returns, weights, [int(k) for k in counts], str(rng.choice(CONFIDENCES))


def as_types(returns, weights, counts):
    names = tuple(f"a{i}" for i in range(returns.shape[1]))
    p = np.array(counts) / sum(counts)
    scenarios = Scenarios(returns, names, periods_per_year=252, probabilities=p)
    return scenarios, Portfolio("case", dict(zip(names, weights.tolist(), strict=True)))


@pytest.mark.parametrize("seed", range(5))
def test_var_cvar_and_contributions_are_exact(seed):
    rng = np.random.default_rng(seed)
    for _ in range(CASES // 5):
        returns, weights, counts, level = random_case(rng)
        scenarios, portfolio = as_types(returns, weights, counts)
        c = Fraction(level)
        p = [Fraction(k, sum(counts)) for k in counts]
        w = [Fraction(x) for x in weights.tolist()]
        rows = [[Fraction(x) for x in row] for row in returns.tolist()]
        losses = [-exact_sum(w, row) for row in rows]
        q = exact_tail(losses, p, c)
        largest = max(abs(x) for x in losses)
        unit = float(largest) or 1.0

        found = cvar(scenarios, portfolio, confidence=float(level))
        assert abs(found.value - float(exact_sum(q, losses))) <= 1e-10 * unit
        np.testing.assert_allclose(found.identifier, [float(x) for x in q], rtol=0, atol=1e-10)
        quantile = value_at_risk(scenarios, portfolio, confidence=float(level))
        assert abs(quantile.value - float(exact_var(losses, p, c))) <= 1e-10 * unit

        table = risk_contributions(scenarios, portfolio, "cvar", confidence=float(level)).table
        components = [w[i] * exact_sum(q, [-row[i] for row in rows]) for i in range(len(w))]
        gross = float(max(abs(x * row[i]) for i, x in enumerate(w) for row in rows)) or 1.0
        np.testing.assert_allclose(
            table["component"], [float(x) for x in components], rtol=0, atol=1e-10 * gross
        )


def test_volatility_is_exact():
    rng = np.random.default_rng(99)
    for _ in range(500):
        returns, weights, counts, _ = random_case(rng)
        scenarios, portfolio = as_types(returns, weights, counts)
        p = [Fraction(k, sum(counts)) for k in counts]
        w = [Fraction(x) for x in weights.tolist()]
        losses = [-exact_sum(w, [Fraction(x) for x in row]) for row in returns.tolist()]
        mean = exact_sum(p, losses)
        variance = exact_sum(p, [(x - mean) ** 2 for x in losses])
        unit = float(max(abs(x) for x in losses)) or 1.0
        assert abs(volatility(scenarios, portfolio).value - float(variance) ** 0.5) <= 1e-10 * unit


def test_unequal_probabilities_of_every_size_are_exact():
    """Probabilities spanning ten powers of ten, so that the tail is found by growing the candidates."""
    rng = np.random.default_rng(3)
    for _ in range(300):
        count = int(rng.integers(2, 200))
        counts = [int(10 ** rng.uniform(0, 10)) for _ in range(count)]
        losses = rng.standard_normal(count)
        c = Fraction(int(rng.integers(500_001, 999_999)), 1_000_000)
        p = [Fraction(k, sum(counts)) for k in counts]
        exact = exact_sum(exact_tail(losses.tolist(), p, c), [Fraction(x) for x in losses.tolist()])
        q = tail.tail_weights(losses, np.array([float(x) for x in p]), float(c))
        assert abs(q @ losses - float(exact)) <= 1e-10 * np.abs(losses).max()


@pytest.mark.parametrize("level", CONFIDENCES[1:])
def test_a_tail_of_exactly_k_scenarios_gives_the_next_worst_loss(level):
    """1 − c is inexact in floating point (100 × (1 − 0.95) > 5); the boundary must not move for it."""
    rng = np.random.default_rng(5)
    for count in (200, 400, 1000, 2000, 7000, 40_000):
        k = count * (1 - Fraction(level))
        if k.denominator > 1:
            continue
        losses = rng.permutation(np.arange(1.0, count + 1))
        p = np.full(count, 1.0 / count)
        assert tail.value_at_risk(losses, p, float(level)) == count - int(k)
        q = tail.tail_weights(losses, p, float(level))
        assert np.count_nonzero(q) == int(k)
        assert q @ losses == pytest.approx(count - (int(k) - 1) / 2, rel=1e-12)
