"""Tail models on a portfolio, their intervals and their refusals."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from riskcore.errors import AssetMismatchError, ConfidenceError, InputError, MissingDataError, NumericalError
from riskcore.measures import risk
from riskcore.numerics.moment_tails import cornish_fisher_tail
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.tail_models import TAIL_MODELS, fit_tail, table_of_models, tail_risk, threshold_table
from riskcore.tail_models.doubts import cornish_fisher_doubt
from riskcore.uncertainty import risk_interval

ONE = Portfolio("A", {"SPY": 1.0})


def history(losses):
    return Scenarios(-np.asarray(losses)[:, None], ("SPY",), periods_per_year=252, ordered=True)


def rng():
    return np.random.default_rng(77)


T4 = history(stats.t.rvs(4, size=4000, random_state=5) / 100)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_historical_is_the_measure_itself(confidence):
    found = tail_risk(T4, ONE, "historical", confidence=confidence)
    assert found.var == risk(T4, ONE, "var", confidence=confidence).value
    assert found.cvar == pytest.approx(risk(T4, ONE, "cvar", confidence=confidence).value, rel=1e-12)


def test_gaussian_is_its_closed_form():
    losses = -T4.returns[:, 0]
    found = tail_risk(T4, ONE, "gaussian", confidence=0.975)
    z = stats.norm.ppf(0.975)
    assert found.var == pytest.approx(losses.mean() + losses.std() * z, rel=1e-12)
    assert found.cvar == pytest.approx(losses.mean() + losses.std() * stats.norm.pdf(z) / 0.025, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.95, 0.99, 0.999])
def test_the_right_models_find_the_true_tail(confidence):
    q = stats.t.ppf(confidence, 4)
    true = stats.t.expect(lambda x: x, (4,), lb=q, limit=200) / (1 - confidence) / 100
    assert tail_risk(T4, ONE, "student_t", confidence=confidence).cvar == pytest.approx(true, rel=0.08)
    assert tail_risk(T4, ONE, "evt", confidence=confidence).cvar == pytest.approx(true, rel=0.25)
    if confidence > 0.98:
        assert tail_risk(T4, ONE, "gaussian", confidence=confidence).cvar < 0.85 * true


@pytest.mark.parametrize("model", TAIL_MODELS)
def test_every_model_moves_with_the_unit_and_cvar_exceeds_var(model):
    for confidence in (0.9, 0.95, 0.99):
        one = tail_risk(T4, ONE, model, confidence=confidence)
        assert one.cvar >= one.var
        for scale in (1e-8, 1e6):
            scaled = tail_risk(history(-T4.returns[:, 0] * scale), ONE, model, confidence=confidence)
            assert (scaled.var / scale, scaled.cvar / scale) == pytest.approx((one.var, one.cvar), rel=1e-6)


@pytest.mark.parametrize("model", [m for m in TAIL_MODELS if m != "ewma_filtered"])
def test_a_sure_loss_is_added_except_where_volatility_is_taken_about_zero(model):
    one = tail_risk(T4, ONE, model, confidence=0.95)
    more = tail_risk(history(-T4.returns[:, 0] + 0.002), ONE, model, confidence=0.95)
    assert (more.var, more.cvar) == pytest.approx((one.var + 0.002, one.cvar + 0.002), rel=1e-6)


def test_filtered_history_follows_recent_volatility():
    source = np.random.default_rng(6).normal(size=3000) / 100
    calm, wild = source.copy(), source.copy()
    calm[-60:] *= 0.5
    wild[-60:] *= 3
    now = {
        name: tail_risk(history(x), ONE, "ewma_filtered", confidence=0.95).cvar
        for name, x in (("calm", calm), ("wild", wild))
    }
    assert now["wild"] / now["calm"] == pytest.approx(6, rel=0.25)


def test_the_table_holds_every_model_with_an_interval_around_it():
    found = table_of_models(T4, ONE, confidence=0.95, rng=rng())
    t = found.table
    assert list(t.index) == list(TAIL_MODELS)
    for key, row in t.iterrows():
        assert row.var_lower < row["var"] < row.var_upper
        assert row.cvar_lower < row.cvar < row.cvar_upper
        single = tail_risk(T4, ONE, key, confidence=0.95)
        assert (row["var"], row.cvar, row.note) == (single.var, single.cvar, single.note)
    assert not t.loc["cornish_fisher", "reliable"]
    assert "shown equal to VaR" in t.loc["cornish_fisher", "note"]
    assert "Outside the domain" in t.loc["cornish_fisher", "note"]
    assert found.warning is None


def test_historical_interval_in_the_table_is_that_of_the_measure():
    t = table_of_models(T4, ONE, confidence=0.95, rng=rng()).table.loc["historical"]
    for measure in ("var", "cvar"):
        alone = risk_interval(T4, ONE, measure, confidence=0.95, rng=rng())
        widths = t[f"{measure}_upper"] - t[f"{measure}_lower"], alone.upper - alone.lower
        assert widths[0] == pytest.approx(widths[1], rel=0.15)


@pytest.mark.parametrize("model", ["gaussian", "student_t", "cornish_fisher", "evt"])
def test_one_step_intervals_are_those_of_full_refits(model):
    s = history(stats.t.rvs(6, size=2500, random_state=8) / 100)
    row = table_of_models(s, ONE, confidence=0.95, method="iid", rng=rng()).table.loc[model]
    losses, source = -s.returns[:, 0], rng()
    p = np.full(2500, 1 / 2500)
    refits = [
        fit_tail(model, source.choice(losses, 2500), p, confidence=0.95).figures(0.95) for _ in range(400)
    ]
    for name, values in zip(("var", "cvar"), np.transpose(refits), strict=True):
        lower, upper = np.quantile(values, [0.025, 0.975])
        assert (row[f"{name}_upper"] - row[f"{name}_lower"]) / (upper - lower) == pytest.approx(1, abs=0.2)


@given(st.floats(-4, 4), st.floats(-2, 30), st.sampled_from([0.9, 0.95, 0.99, 0.9999]))
def test_the_expansion_is_doubted_where_its_quantiles_stop_rising(skew, kurtosis, level):
    z = np.linspace(stats.norm.ppf(0.05), stats.norm.ppf(0.9999), 4001)
    steps = np.diff(cornish_fisher_tail(skew, kurtosis, stats.norm.cdf(z))[0]) / np.diff(z)
    assume(abs(steps.min()) > 1e-3)
    said = cornish_fisher_doubt(skew, kurtosis, level) or ""
    assert ("Outside the domain" in said) == bool(steps.min() < 0)


@pytest.mark.parametrize("seed", range(6))
def test_nearly_normal_losses_are_not_doubted(seed):
    # Judged everywhere instead of up to 99.99 %, most of these would be: K < 4S²/3 or K < 0 by chance.
    losses = np.random.default_rng(seed).normal(size=4000) / 100
    for confidence in (0.9, 0.95, 0.99):
        assert tail_risk(history(losses), ONE, "cornish_fisher", confidence=confidence).reliable


def test_quantiles_that_fall_are_doubted():
    losses = -(np.random.default_rng(2).exponential(size=300) ** 2)
    assert (
        "do not rise with the level"
        in tail_risk(history(losses), ONE, "cornish_fisher", confidence=0.95).note
    )


def test_thresholds_show_where_the_shape_is_level():
    found = threshold_table(T4, ONE, confidence=0.99, thresholds=(0.9, 0.95, 0.995))
    assert found["exceedances"].tolist()[:2] == [400, 200]
    assert found["xi"].iloc[0] == pytest.approx(0.25, abs=0.15)
    assert found["xi_error"].iloc[1] > found["xi_error"].iloc[0]
    assert np.isnan(found["var"].iloc[2])
    assert "begins at the" in found["note"].iloc[2]
    # Smith (1987): √n times the error of ξ tends to 1 + ξ.
    assert found["xi_error"].iloc[0] == pytest.approx((1 + found["xi"].iloc[0]) / 20, rel=0.1)


def test_models_that_refuse_keep_their_row_and_say_why():
    p = np.linspace(1, 2, 4000)
    s = T4.with_probabilities(p / p.sum())
    t = table_of_models(s, ONE, confidence=0.8, method="iid", rng=rng()).table
    assert t.loc[["evt", "ewma_filtered"], ["var", "cvar", "var_lower"]].isna().all().all()
    assert "says nothing about" in t.loc["evt", "note"]
    assert "equal probability in time order" in t.loc["ewma_filtered", "note"]
    assert not t.loc[["evt", "ewma_filtered"], "reliable"].any()
    assert t.loc[["historical", "gaussian", "student_t"], "var"].notna().all()


def test_a_thin_tail_is_said():
    found = table_of_models(history(-T4.returns[:1000, 0]), ONE, confidence=0.99, rng=rng())
    assert "Only 10 independent scenarios" in found.warning


def test_infinite_moments_are_said():
    wild = history(stats.t.rvs(1.1, size=3000, random_state=9) / 100)
    t = tail_risk(wild, ONE, "student_t", confidence=0.95)
    assert "no finite volatility" in t.note
    heavy = history(stats.genpareto.rvs(1.6, size=3000, random_state=9) / 100)
    evt = tail_risk(heavy, ONE, "evt", confidence=0.95)
    assert np.isinf(evt.cvar)
    assert "CVaR is infinite" in evt.note
    table = table_of_models(heavy, ONE, confidence=0.95, rng=rng()).table
    assert np.isinf(table.loc["evt", "cvar_upper"])


@pytest.mark.parametrize("confidence", [0.05, 0.5, 1.0, 95, float("nan")])
def test_refuses_confidence_outside_its_range(confidence):
    for call in (
        lambda: tail_risk(T4, ONE, "gaussian", confidence=confidence),
        lambda: table_of_models(T4, ONE, confidence=confidence, rng=rng()),
        lambda: threshold_table(T4, ONE, confidence=confidence),
        lambda: fit_tail("gaussian", np.arange(9.0), np.full(9, 1 / 9), confidence=confidence),
    ):
        with pytest.raises(ConfidenceError):
            call()


def test_refuses_models_that_do_not_exist():
    with pytest.raises(InputError, match="no tail model 'cauchy'"):
        tail_risk(T4, ONE, "cauchy", confidence=0.95)


def test_refuses_an_extreme_value_tail_below_its_threshold():
    with pytest.raises(InputError, match="begins at the"):
        tail_risk(T4, ONE, "evt", confidence=0.89)
    with pytest.raises(ConfidenceError):
        tail_risk(T4, ONE, "evt", confidence=0.95, threshold=0.4)


def test_refuses_too_few_exceedances():
    with pytest.raises(MissingDataError, match=r"Only 20 independent losses .* use a longer window") as few:
        tail_risk(history(-T4.returns[:200, 0]), ONE, "evt", confidence=0.95)
    assert few.value.details["exceedances"] == pytest.approx(20)
    with pytest.raises(MissingDataError, match="Only 19 independent losses"):
        tail_risk(T4.over_horizon(21), ONE, "evt", confidence=0.95)


@pytest.mark.parametrize("change", ["unordered", "weighted", "overlapping"])
def test_refuses_to_filter_what_is_no_path(change):
    p = np.linspace(1, 2, 4000)
    s = {
        "unordered": Scenarios(T4.returns, ("SPY",), periods_per_year=252),
        "weighted": T4.with_probabilities(p / p.sum()),
        "overlapping": T4.over_horizon(5),
    }[change]
    advice = "choose the 1-day horizon" if change == "overlapping" else "use the plain history"
    with pytest.raises(InputError, match=f"Filtering by recent volatility .* {advice}"):
        tail_risk(s, ONE, "ewma_filtered", confidence=0.95)


def test_refuses_constant_losses():
    s = history(np.full(500, 0.01))
    for model in ("gaussian", "cornish_fisher", "student_t"):
        with pytest.raises(NumericalError):
            tail_risk(s, ONE, model, confidence=0.95)
    with pytest.raises(MissingDataError):
        tail_risk(s, ONE, "evt", confidence=0.95)
    assert tail_risk(s, ONE, "historical", confidence=0.95).cvar == pytest.approx(0.01)


def test_refuses_blocks_of_unordered_scenarios_and_other_assets():
    s = Scenarios(T4.returns, ("SPY",), periods_per_year=252)
    with pytest.raises(InputError, match="these are unordered"):
        table_of_models(s, ONE, confidence=0.95, rng=rng())
    with pytest.raises(AssetMismatchError):
        table_of_models(T4, Portfolio("A", {"BND": 1.0}), confidence=0.95, rng=rng())
