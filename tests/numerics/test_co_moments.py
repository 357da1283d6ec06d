"""Moments of a portfolio's losses and their gradients, against full tensors and extended precision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskcore.errors import NumericalError
from riskcore.numerics.co_moments import PortfolioMoments, co_moments, figure_gradient, shape_gradients
from riskcore.numerics.moment_tails import Slope, cornish_fisher_slopes, cornish_fisher_tail

LONG = np.longdouble


def sample(seed=3, count=60, size=4):
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(5, (count, size)) @ rng.normal(size=(size, size)) / 100
    return returns, rng.dirichlet(np.ones(count)), rng.normal(size=size)


def tensor_moments(returns, p, w):
    """The definition: means, then every central co-moment of the assets' losses, contracted with w."""
    losses = -returns
    mean = np.einsum("s,si->i", p, losses)
    d = losses - mean
    m2 = np.einsum("s,si,sj->ij", p, d, d)
    m3 = np.einsum("s,si,sj,sk->ijk", p, d, d, d)
    m4 = np.einsum("s,si,sj,sk,sl->ijkl", p, d, d, d, d)
    rows = [
        mean,
        2 * m2 @ w,
        3 * np.einsum("ijk,j,k->i", m3, w, w),
        4 * np.einsum("ijkl,j,k,l->i", m4, w, w, w),
    ]
    gradients = np.array(rows)
    return gradients @ w / np.arange(1, 5), gradients


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("seed", range(5))
def test_one_pass_gives_the_contracted_tensors(seed, scale):
    returns, p, w = sample(seed)
    found = co_moments(returns * scale, p, -(returns * scale) @ w)
    values, gradients = tensor_moments(returns, p, w)
    powers = scale ** np.arange(1, 5)
    assert found.values / powers == pytest.approx(values, rel=1e-9)
    for row, expected in zip(found.gradients / powers[:, None], gradients, strict=True):
        assert row == pytest.approx(expected, abs=1e-12 * np.abs(expected).max())


def test_an_asset_that_never_moves_has_no_co_moments():
    returns, p, w = sample()
    returns[:, 2] = 0.03
    found = co_moments(returns, p, -returns @ w).gradients
    assert found[0, 2] == pytest.approx(-0.03)
    assert np.abs(found[1:, 2]) == pytest.approx(0.0, abs=1e-15)


def long_moments(returns, p, w):
    losses = -(returns.astype(LONG) @ w)
    mean = p @ losses
    return mean, *(p @ (losses - mean) ** k for k in (2, 3, 4))


def long_shape(returns, p, w):
    mean, m2, m3, m4 = long_moments(returns, p, w)
    return np.array([mean, np.sqrt(m2), m3 / m2 ** LONG(1.5), m4 / m2**2 - 3])


def test_gradients_of_the_shape_are_finite_differences_in_extended_precision():
    returns, p, w = sample(8)
    found = shape_gradients(co_moments(returns, p, -returns @ w))
    w, p, step = w.astype(LONG), p.astype(LONG), LONG(1e-5)
    p = p / p.sum()
    assert found.values == pytest.approx(long_shape(returns, p, w).astype(float), rel=1e-12)
    for i in range(4):
        near, far = (
            (long_shape(returns, p, w + h * np.eye(4)[i]) - long_shape(returns, p, w - h * np.eye(4)[i]))
            / (2 * h)
            for h in (step, 2 * step)
        )
        # Two step widths cancel the error of third order.
        assert found.gradients[:, i] == pytest.approx(((4 * near - far) / 3).astype(float), rel=1e-9)


@given(
    st.floats(-2.5, 2.5),
    st.floats(-1.5, 12),
    st.sampled_from([0.6, 0.9, 0.95, 0.975, 0.99, 0.999]),
)
def test_slopes_are_differences_of_the_closed_form(s, k, c):
    h = 1e-5
    for position, slope in enumerate(cornish_fisher_slopes(s, k, c)):

        def figure(ds=0.0, dk=0.0, position=position):
            return float(cornish_fisher_tail(s + ds, k + dk, c)[position])

        assert slope.value == figure()
        for rate, up, down in (
            (slope.by_skewness, figure(ds=h), figure(ds=-h)),
            (slope.by_kurtosis, figure(dk=h), figure(dk=-h)),
        ):
            # At the kink, where CVaR is about to be held at VaR, the slope is that of one side.
            sides = (up - figure()) / h, (figure() - down) / h
            if abs(sides[0] - sides[1]) > 1e-3 * (1 + abs(rate)):
                assert min(abs(rate - side) for side in sides) < 1e-2 * (1 + abs(rate))
            else:
                assert rate == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-5)


def test_slopes_without_skewness_and_kurtosis_by_hand():
    z = stats.norm.ppf(0.95)
    tail = stats.norm.pdf(z) / 0.05
    var, cvar = cornish_fisher_slopes(0.0, 0.0, 0.95)
    assert var == pytest.approx((z, (z**2 - 1) / 6, (z**3 - 3 * z) / 24))
    # Through VaR −z · tail per unit, directly tail · z³/6 and tail · (z⁴ − 2z² − 1)/24.
    assert cvar == pytest.approx((tail, tail * z / 6, tail * (z**2 - 1) / 24))


def test_where_cvar_is_held_at_var_it_moves_with_it():
    var, cvar = cornish_fisher_slopes(2.597, 18.6011, 0.99)
    assert var == cvar


def test_figure_gradient_by_hand():
    moments = PortfolioMoments(np.array([0.02, 0.04, 0.0, 0.0048]), np.zeros((4, 1)))
    moments.gradients[:, 0] = 1 * 0.02, 2 * 0.04, 0.0, 4 * 0.0048
    value, gradient = figure_gradient(shape_gradients(moments), Slope(1.5, 7.0, 9.0))
    assert value == pytest.approx(0.32)
    assert gradient == pytest.approx([0.32])


@pytest.mark.parametrize("returns", [np.zeros((5, 2)), np.full((5, 2), 0.01)])
def test_constant_losses_are_refused(returns):
    with pytest.raises(NumericalError, match="same loss"):
        co_moments(returns, np.full(5, 0.2), -returns @ np.ones(2))


def test_a_perfect_hedge_is_refused():
    one = np.random.default_rng(0).normal(size=50)
    returns = np.column_stack([one, one])
    w = np.array([1.0, -1.0])
    with pytest.raises(NumericalError, match="no distribution"):
        co_moments(returns, np.full(50, 0.02), -returns @ w)
