"""Resampling kernels against brute-force resamples, hand cases and known distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.block_length import optimal_block_length
from riskcore.numerics.bootstrap import block_tail_risks, iid_counts, iid_tail_risks, membership_counts
from riskcore.numerics.resampled import TailResamples, counted_tail, resampled_tail, tail_interval


def all_counts(count, **settings):
    return np.concatenate(list(membership_counts(count, **settings)))


def tail_by_definition(losses, confidence):
    """VaR and CVaR of an explicit equally weighted sample, from the sorted sample itself."""
    ranked = np.sort(losses)[::-1]
    mass = losses.size * (1 - confidence)
    whole = int(np.floor(mass + 1e-9))
    var = ranked[whole]
    return var, (ranked[:whole].sum() + (mass - whole) * var) / mass


def test_every_resample_has_as_many_observations_as_the_sample():
    for block_length in (1, 2.5, 30, 500):
        counts = all_counts(500, block_length=block_length, resamples=700, rng=np.random.default_rng(3))
        assert counts.shape == (700, 500)
        assert counts.min() >= 0
        assert (counts.sum(axis=1) == 500).all()


def test_every_observation_is_drawn_equally_often_including_the_ends():
    counts = all_counts(40, block_length=8, resamples=40_000, rng=np.random.default_rng(4))
    mean, error = counts.mean(axis=0), counts.std(axis=0) / np.sqrt(40_000)
    assert (np.abs(mean - 1) < 4.5 * error).all()


def test_blocks_wrap_around_the_end():
    counts = all_counts(40, block_length=8, resamples=20_000, rng=np.random.default_rng(5)).astype(float)
    around = np.corrcoef(counts[:, 0], counts[:, -1])[0, 1]
    beside = np.corrcoef(counts[:, 10], counts[:, 11])[0, 1]
    assert around == pytest.approx(beside, abs=0.03)
    assert beside > 0.7


def test_variance_of_the_mean_is_that_of_the_stationary_bootstrap():
    # Politis and Romano (1994, Lemma 1): n Var* = R(0) + 2 Σ (1 − k/n)(1 − 1/b)^k R_circular(k).
    rng = np.random.default_rng(6)
    n, b = 60, 6.0
    series = np.convolve(rng.normal(size=n + 4), np.ones(5), "valid")
    centred = series - series.mean()
    circular = np.array([centred @ np.roll(centred, -k) for k in range(n)]) / n
    lags = np.arange(1, n)
    exact = circular[0] + 2 * ((1 - lags / n) * (1 - 1 / b) ** lags) @ circular[1:]
    means = all_counts(n, block_length=b, resamples=60_000, rng=rng) @ centred / n
    assert n * means.var() == pytest.approx(exact, rel=0.03)


@given(
    st.integers(12, 60),
    st.sampled_from([0.6, 0.8, 0.9, 0.95, 0.99]),
    st.integers(0, 1000),
    st.booleans(),
)
def test_counted_tail_is_the_tail_of_the_explicit_resample(count, confidence, seed, ties):
    rng = np.random.default_rng(seed)
    losses = rng.standard_t(3, count)
    if ties:
        losses = np.round(losses)
    order = np.argsort(-losses, kind="stable")
    counts = all_counts(count, block_length=3, resamples=5, rng=rng)
    weights, position = resampled_tail(counts, order, count * (1 - confidence))
    assert weights.sum(axis=1) == pytest.approx(1)
    for row, shares, at in zip(counts, weights, position, strict=True):
        var, cvar = tail_by_definition(np.repeat(losses, row), confidence)
        assert losses[order[at]] == var
        assert shares @ losses[order[: shares.size]] == pytest.approx(cvar, abs=1e-12)


def test_iid_tail_has_the_distribution_of_plain_resampling():
    rng = np.random.default_rng(7)
    losses = rng.standard_t(4, 200)
    p = np.full(200, 1 / 200)
    fast = iid_tail_risks(losses, p, confidence=0.95, draws=200, resamples=4000, rng=rng)[:2]
    plain = [tail_by_definition(rng.choice(losses, 200), 0.95) for _ in range(4000)]
    for ours, theirs in zip(fast, np.transpose(plain), strict=True):
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


def test_iid_tail_with_a_fraction_of_a_boundary_scenario():
    rng = np.random.default_rng(8)
    losses = rng.standard_t(4, 110)
    p = np.full(110, 1 / 110)
    _, fast, _ = iid_tail_risks(losses, p, confidence=0.95, draws=110, resamples=4000, rng=rng)
    plain = [tail_by_definition(rng.choice(losses, 110), 0.95)[1] for _ in range(4000)]
    assert stats.ks_2samp(fast, plain).pvalue > 1e-3


def test_weighted_iid_draws_follow_the_probabilities():
    rng = np.random.default_rng(9)
    losses = np.arange(6.0)
    p = np.array([0.0, 0.4, 0.3, 0.1, 0.15, 0.05])
    var, cvar, _ = iid_tail_risks(losses, p, confidence=0.9, draws=50, resamples=6000, rng=rng)
    plain = [tail_by_definition(rng.choice(losses, 50, p=p), 0.9) for _ in range(6000)]
    for ours, theirs in zip((var, cvar), np.transpose(plain), strict=True):
        assert ours.mean() == pytest.approx(theirs.mean(), abs=0.03)
        assert ours.std() == pytest.approx(theirs.std(), rel=0.05)
    counts = np.concatenate(list(iid_counts(p, draws=50, resamples=6000, rng=rng)))
    assert counts.mean(axis=0) / 50 == pytest.approx(p, abs=0.003)
    assert (counts[:, 0] == 0).all()


def test_block_length_grows_with_dependence_and_is_near_one_without():
    rng = np.random.default_rng(10)
    noise = rng.normal(size=6000)
    lengths = []
    for persistence in (0.0, 0.5, 0.9):
        series = np.zeros(6000)
        for t in range(1, 6000):
            series[t] = persistence * series[t - 1] + noise[t]
        lengths.append(optimal_block_length(series))
    # For an AR(1) the target is (2 G²/D)^{1/3} n^{1/3} with G/g(0) = 2φ/(1 − φ²).
    expected = [max(1.0, ((2 * f / (1 - f**2)) ** 2 * 6000) ** (1 / 3)) for f in (0.0, 0.5, 0.9)]
    assert lengths[0] < 4
    assert lengths[1] == pytest.approx(expected[1], rel=0.35)
    assert lengths[2] == pytest.approx(expected[2], rel=0.35)


def test_block_length_does_not_depend_on_unit_or_level():
    series = np.convolve(np.random.default_rng(11).normal(size=900), np.ones(6), "valid")
    expected = optimal_block_length(series)
    for changed in (1e-8 * series, 1e8 * series, series + 5, series[::-1].copy()):
        assert optimal_block_length(changed) == pytest.approx(expected, rel=1e-6)


def test_constant_series_needs_no_blocks():
    assert optimal_block_length(np.full(100, 0.02)) == 1.0


def test_the_same_seed_gives_the_same_resamples():
    losses = np.random.default_rng(0).normal(size=300)
    runs = [
        block_tail_risks(losses, confidence=0.9, block_length=5, resamples=50, rng=np.random.default_rng(1))
        for _ in range(2)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])


def test_losses_are_not_modified():
    losses = np.random.default_rng(0).normal(size=300)
    before = losses.copy()
    block_tail_risks(losses, confidence=0.9, block_length=5, resamples=50, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(losses, before)


@pytest.mark.parametrize("block_length", [0.5, 0.0, -3.0, 101.0, float("nan")])
def test_refuses_block_lengths_outside_the_sample(block_length):
    with pytest.raises(InputError, match="block length"):
        all_counts(100, block_length=block_length, resamples=10, rng=np.random.default_rng(0))


def test_refuses_no_resamples():
    with pytest.raises(InputError, match="at least 1 resample"):
        all_counts(100, block_length=5, resamples=0, rng=np.random.default_rng(0))


def test_refuses_a_block_length_from_too_few_values():
    with pytest.raises(MissingDataError, match="at least 12"):
        optimal_block_length(np.arange(11.0))


def test_refuses_an_iid_bootstrap_of_one_draw():
    with pytest.raises(InputError, match="at least 2"):
        iid_tail_risks(
            np.arange(5.0),
            np.full(5, 0.2),
            confidence=0.9,
            draws=1,
            resamples=10,
            rng=np.random.default_rng(0),
        )


def test_both_bootstraps_give_the_spread_of_the_excess():
    rng = np.random.default_rng(12)
    losses = rng.standard_t(5, 150) + 100
    p = np.full(150, 1 / 150)
    counts = all_counts(150, block_length=1, resamples=4000, rng=rng)
    order = np.argsort(-losses)
    by_counts = counted_tail(counts, order, losses[order], confidence=0.9)
    for row, var, cvar, spread in zip(counts[:20], *(part[:20] for part in by_counts), strict=True):
        sample = np.repeat(losses, row)
        assert (var, cvar) == pytest.approx(tail_by_definition(sample, 0.9))
        assert spread == pytest.approx(np.maximum(sample - var, 0).std(), rel=1e-9)
    by_order = iid_tail_risks(losses, p, confidence=0.9, draws=150, resamples=4000, rng=rng)
    for ours, theirs in zip(by_order, by_counts, strict=True):
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


def test_studentised_interval_by_hand():
    drawn = TailResamples(
        np.zeros(5), np.array([1.6, 1.8, 2.0, 2.5, 3.0]), np.array([0.5, 0.8, 1.0, 1.25, 2.0])
    )
    # (CVaR* − 2) / s* = −0.8, −0.25, 0, 0.4, 0.5 with s = 1.
    assert tail_interval(2.0, 1.0, drawn, level=0.99, studentised=True) == pytest.approx((1.5, 2.8))
    assert tail_interval(2.0, 1.0, drawn, level=0.99, studentised=False) == pytest.approx((1.6, 3.0))


def test_a_tail_without_spread_has_a_percentile_interval():
    drawn = TailResamples(np.ones(3), np.ones(3), np.zeros(3))
    assert tail_interval(1.0, 0.0, drawn, level=0.95, studentised=True) == (1.0, 1.0)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    # Independent t4 losses, n = 4000, c = 0.95: nominal 95 % must cover 93–97 %.
    rng = np.random.default_rng(20261121)
    n, c = 4000, 0.95
    q = stats.t.ppf(c, 4)
    truth = q, stats.t.pdf(q, 4) / (1 - c) * (4 + q * q) / 3
    p = np.full(n, 1 / n)
    hits = np.zeros(2)
    for _ in range(2000):
        losses = rng.standard_t(4, n)
        drawn = iid_tail_risks(losses, p, confidence=c, draws=n, resamples=1000, rng=rng)
        var, cvar = tail_by_definition(losses, c)
        spread = np.maximum(losses - var, 0).std()
        lower, upper = np.quantile(drawn.var, [0.025, 0.975])
        hits[0] += lower <= truth[0] <= upper
        lower, upper = tail_interval(cvar, spread, drawn, level=0.95, studentised=True)
        hits[1] += lower <= truth[1] <= upper
    assert 0.93 <= hits[0] / 2000 <= 0.97
    assert 0.93 <= hits[1] / 2000 <= 0.97
