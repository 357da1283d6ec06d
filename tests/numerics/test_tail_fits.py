"""Parametric tails: closed forms against numerical integration, fits against scipy's own optimiser."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from riskcore.errors import ConvergenceError, InputError, MissingDataError, NumericalError
from riskcore.numerics.empirical import rank_sample
from riskcore.numerics.ewma import BURN_IN, filtered_losses
from riskcore.numerics.gpd import fit_gpd, gpd_figures
from riskcore.numerics.likelihood import maximise_likelihood
from riskcore.numerics.moment_tails import (
    cornish_fisher_tail,
    fit_moments,
    gaussian_tail,
    shape_of,
)
from riskcore.numerics.student_t import fit_student_t, student_t_figures, student_t_tail
from riskcore.numerics.tail import tail_weights, value_at_risk

LEVELS = [0.6, 0.9, 0.95, 0.975, 0.99, 0.999]


def equal(count):
    return np.full(count, 1 / count)


@pytest.mark.parametrize("c", LEVELS)
def test_gaussian_tail_is_the_integral_of_its_density(c):
    var, cvar = gaussian_tail(c)
    assert var == pytest.approx(stats.norm.ppf(c), rel=1e-12)
    whole, _ = integrate.quad(lambda x: x * stats.norm.pdf(x), var, 40, epsabs=1e-14, epsrel=1e-12)
    assert cvar == pytest.approx(whole / (1 - c), rel=1e-9)


@pytest.mark.parametrize("c", LEVELS)
@pytest.mark.parametrize("nu", [1.2, 2.0, 3.0, 4.0, 12.0, 150.0])
def test_student_tail_is_the_integral_of_its_density(nu, c):
    var, cvar = student_t_tail(nu, c)
    assert var == pytest.approx(stats.t.ppf(c, nu), rel=1e-10)
    # With x = var/u the heavy tail becomes a smooth integrand on (0, 1].
    whole, _ = integrate.quad(
        lambda u: (var / u) * stats.t.pdf(var / u, nu) * var / u**2,
        0,
        1,
        epsabs=1e-15,
        epsrel=1e-12,
        limit=500,
    )
    assert cvar == pytest.approx(whole / (1 - c), rel=1e-8 if nu < 2 else 1e-9)


def test_student_quantiles_printed_in_tables():
    # Percentage points of Student's t, any statistical table: t4 2.132 and 3.747, t10 1.812 and 2.764.
    for nu, printed in ((4, (2.132, 3.747)), (10, (1.812, 2.764))):
        assert student_t_tail(nu, np.array([0.95, 0.99]))[0] == pytest.approx(printed, abs=5e-4)


def test_student_tail_without_a_mean_is_infinite():
    var, cvar = student_t_tail(np.array([0.9, 1.0, 1.5]), 0.95)
    assert np.isfinite(var).all()
    assert np.isinf(cvar).tolist() == [True, True, False]


@pytest.mark.parametrize("c", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("s", "k"), [(0.0, 0.0), (0.3, 1.0), (-0.4, 2.0), (0.8, 4.0)])
def test_modified_cvar_is_the_integral_of_the_edgeworth_density(s, k, c):
    g, cvar = cornish_fisher_tail(s, k, c)
    z = stats.norm.ppf(c)
    assert g == pytest.approx(
        z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36, rel=1e-12
    )
    he = [np.polynomial.hermite_e.HermiteE.basis(n) for n in range(7)]

    def density(x):
        return stats.norm.pdf(x) * (1 + s / 6 * he[3](x) + k / 24 * he[4](x) + s**2 / 72 * he[6](x))

    whole, _ = integrate.quad(lambda x: x * density(x), g, 40, epsabs=1e-14, epsrel=1e-12)
    assert cvar == pytest.approx(max(whole / (1 - c), g), rel=1e-9)


def test_cornish_fisher_quantiles_printed_elsewhere():
    # Documentation of mir.stat.distribution.cornish_fisher (quantile, skewness, excess kurtosis).
    printed = [
        (0.9, 0.1, 0, 1.292868),
        (0.9, 0.1, 1, 1.220374),
        (0.9, 0.1, -1, 1.365363),
        (0.99, 0.1, 0, 2.396116),
        (0.99, 0.1, 1, 2.629904),
        (0.99, 0.1, -1, 2.162328),
        (0.01, 0.1, 1, -2.482841),
    ]
    for c, s, k, value in printed:
        assert cornish_fisher_tail(s, k, c)[0] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_moments_are_the_sample_moments(seed):
    losses = np.random.default_rng(seed).gamma(2.0, 0.01, 400) - 0.01
    fit = fit_moments(losses, equal(400), order=4)
    mean, deviation, skewness, kurtosis = (float(v) for v in shape_of(fit.theta))
    assert (fit.location, fit.scale) == pytest.approx((losses.mean(), losses.std()), rel=1e-12)
    assert (mean, deviation) == pytest.approx((0, 1), abs=1e-12)
    assert skewness == pytest.approx(stats.skew(losses), rel=1e-10)
    assert kurtosis == pytest.approx(stats.kurtosis(losses), rel=1e-10)


@pytest.mark.parametrize("nu", [1.5, 3.0, 6.0, 20.0])
def test_student_fit_is_the_maximum_found_by_another_optimiser(nu):
    losses = 0.01 * stats.t.rvs(nu, size=1500, random_state=1) + 0.0005
    fit = fit_student_t(losses, equal(1500))
    ours = (
        float(np.exp(fit.theta[2])),
        fit.location + fit.scale * fit.theta[0],
        fit.scale * np.exp(fit.theta[1]),
    )

    def minus_log_likelihood(t):
        return -stats.t.logpdf(losses * 100, np.exp(t[0]), t[1], np.exp(t[2])).mean()

    theirs = optimize.minimize(
        minus_log_likelihood,
        [np.log(5), 0, 0],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000},
    ).x
    assert ours[0] == pytest.approx(np.exp(theirs[0]), rel=1e-4)
    assert (ours[1] * 100, ours[2] * 100) == pytest.approx((theirs[1], np.exp(theirs[2])), abs=1e-5)
    assert equal(1500) @ fit.scores == pytest.approx(0, abs=1e-8)


def test_student_fit_of_gaussian_losses_stops_at_its_bound_and_is_gaussian():
    losses = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    fit = fit_student_t(losses, equal(4000))
    var, _ = student_t_figures(fit.theta, 0.99)
    assert np.exp(fit.theta[2]) == pytest.approx(200)
    assert fit.location + fit.scale * var == pytest.approx(stats.norm.ppf(0.99), rel=0.01)


def test_student_fit_moves_with_location_and_scale():
    losses = stats.t.rvs(4, size=800, random_state=2)
    base = student_t_figures(fit_student_t(losses, equal(800)).theta, 0.99)
    for scale in (1e-8, 1e8):
        fit = fit_student_t(scale * (losses + 0.3), equal(800))
        var, _ = student_t_figures(fit.theta, 0.99)
        first = fit_student_t(losses, equal(800))
        assert (fit.location + fit.scale * var) / scale == pytest.approx(
            first.location + first.scale * base[0] + 0.3, rel=1e-7
        )


def test_weights_count_like_repeated_losses():
    losses = stats.t.rvs(4, size=300, random_state=3)
    times = np.random.default_rng(3).integers(1, 4, 300)
    repeated = np.repeat(losses, times)
    for fit in (fit_student_t, lambda x, p: fit_gpd(x, p, threshold=0.7)):
        weighted, plain = fit(losses, times / times.sum()), fit(repeated, equal(repeated.size))
        a = [weighted.location, weighted.scale, *weighted.theta]
        b = [plain.location, plain.scale, *plain.theta]
        assert a == pytest.approx(b, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("xi", [-0.3, 0.0, 0.2, 0.7])
def test_pareto_fit_is_the_maximum_found_by_another_optimiser(xi):
    losses = np.concatenate([np.zeros(1000), 0.02 * stats.genpareto.rvs(xi, size=600, random_state=4)])
    fit = fit_gpd(losses, equal(1600), threshold=0.62)
    excess = losses[losses > fit.location] - fit.location

    def minus_log_likelihood(t):
        return -stats.genpareto.logpdf(excess * 50, t[0], 0, np.exp(t[1])).mean()

    theirs = optimize.minimize(
        minus_log_likelihood, [0.05, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}
    ).x
    ours = (fit.theta[0], fit.scale * np.exp(fit.theta[1]) * 50)
    assert ours == pytest.approx((theirs[0], np.exp(theirs[1])), rel=2e-4, abs=2e-5)
    assert fit.theta[2] == pytest.approx((losses > fit.location).mean())
    assert equal(1600) @ fit.scores == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("xi", [-0.3, 0.0, 1e-13, 1e-7, 0.2, 0.7])
def test_pareto_cvar_is_the_mean_of_its_quantiles(xi):
    theta = np.array([xi, np.log(0.02), 0.1])
    var, cvar = gpd_figures(theta, 0.97)
    exact = stats.genpareto.ppf(1 - 0.03 / 0.1, xi, scale=0.02)
    # E[Y | Y > v] = v + ∫ P(Y > y)/P(Y > v) dy beyond v.
    end = np.inf if xi >= 0 else -0.02 / xi
    beyond, _ = integrate.quad(lambda y: stats.genpareto.sf(y, xi, scale=0.02), exact, end, epsabs=1e-13)
    assert var == pytest.approx(exact, rel=1e-6)
    assert cvar == pytest.approx(exact + beyond / 0.3, rel=1e-6)


def test_pareto_tail_without_a_mean_is_infinite():
    _, cvar = gpd_figures(np.array([[1.2, 0.0, 0.1], [0.9, 0.0, 0.1]]), 0.95)
    assert np.isinf(cvar).tolist() == [True, False]


def test_filter_is_the_recursion_and_reads_no_later_loss():
    losses = np.random.default_rng(5).standard_t(4, 400) / 100
    volatility, filtered = filtered_losses(losses)
    variance = np.mean(losses[:BURN_IN] ** 2)
    for t in range(BURN_IN, 400):
        assert volatility[t - BURN_IN] == pytest.approx(np.sqrt(variance), rel=1e-10)
        assert filtered[t - BURN_IN] == pytest.approx(losses[t] / np.sqrt(variance), rel=1e-10)
        variance = 0.94 * variance + 0.06 * losses[t] ** 2
    assert volatility[-1] == pytest.approx(np.sqrt(variance), rel=1e-10)
    changed = losses.copy()
    changed[300:] *= 50
    assert filtered_losses(changed)[0][: 301 - BURN_IN] == pytest.approx(
        volatility[: 301 - BURN_IN], rel=1e-12
    )


@given(st.integers(2, 60), st.integers(0, 500), st.booleans())
def test_ranked_sample_agrees_with_the_exact_tail(count, seed, ties):
    rng = np.random.default_rng(seed)
    losses = np.round(rng.normal(size=count)) if ties else rng.normal(size=count)
    p = rng.dirichlet(np.ones(count))
    levels = np.array([0.55, 0.8, 0.95, 0.99])
    var, cvar = rank_sample(losses, p).figures(levels)
    for c, v, e in zip(levels, var, cvar, strict=True):
        assert v == value_at_risk(losses, p, c)
        assert e == pytest.approx(tail_weights(losses, p, c) @ losses, abs=1e-10)


def test_refuses_too_few_losses():
    with pytest.raises(MissingDataError, match="at least 50"):
        fit_student_t(np.arange(49.0), equal(49))
    with pytest.raises(MissingDataError, match="Only 29 independent losses exceed the 90 % quantile"):
        fit_gpd(np.arange(299.0), equal(299), threshold=0.9)
    with pytest.raises(MissingDataError, match="more than 150"):
        filtered_losses(np.ones(150))


def test_overlapping_rows_count_less_in_the_tail():
    fit_gpd(np.arange(1000.0), equal(1000), threshold=0.9)
    with pytest.raises(MissingDataError, match="Only 10 independent"):
        fit_gpd(np.arange(1000.0), equal(1000), threshold=0.9, overlap=10)


@pytest.mark.parametrize("losses", [np.full(100, 0.01), np.r_[np.zeros(80), np.arange(20.0)]])
def test_refuses_a_student_fit_of_losses_that_are_mostly_one_number(losses):
    with pytest.raises(NumericalError, match="Half of the losses are equal"):
        fit_student_t(losses, equal(100))


def test_refuses_moments_and_filter_of_a_constant():
    with pytest.raises(NumericalError, match="same loss"):
        fit_moments(np.full(50, 0.3), equal(50), order=2)
    with pytest.raises(NumericalError, match="stay at 0"):
        filtered_losses(np.zeros(400))


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.2, float("nan")])
def test_refuses_decays_outside_zero_and_one(decay):
    with pytest.raises(InputError, match="decay"):
        filtered_losses(np.ones(400), decay=decay)


def test_a_likelihood_without_a_maximum_is_reported():
    def rising(theta):
        return np.array([theta[0]]), np.ones((1, 1)), np.zeros((1, 1))

    with pytest.raises(ConvergenceError, match="hill could not be fitted"):
        maximise_likelihood(
            rising,
            np.zeros(1),
            np.ones(1),
            lower=np.array([-np.inf]),
            upper=np.array([np.inf]),
            name="hill",
        )


def test_fits_survive_two_regimes_of_very_different_size():
    rng = np.random.default_rng(6)
    losses = np.r_[rng.normal(size=300) / 1000, rng.standard_t(3, 300)]
    fit = fit_student_t(losses, equal(600))
    assert np.exp(fit.theta[2]) == pytest.approx(1.05)
    tail = fit_gpd(losses, equal(600), threshold=0.9)
    assert np.isfinite(tail.theta).all()
