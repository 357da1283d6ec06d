"""Rolling forecasts: made of the past only, equal to a plain loop, judged as they should be."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskcore.errors import ConfidenceError, InputError, MissingDataError
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.tail_models import TAIL_MODELS, tail_risk
from riskcore.validation import backtest_var

ONE = Portfolio("A", {"SPY": 1.0})


def rng():
    return np.random.default_rng(5)


def history(losses):
    dates = pd.bdate_range("2010-01-04", periods=len(losses))
    frame = pd.DataFrame({"SPY": -np.asarray(losses)}, index=dates)
    return Scenarios.from_returns(frame, periods_per_year=252)


LOSSES = stats.t.rvs(5, size=1400, random_state=1) / 100


def run(losses=LOSSES, models=tuple(TAIL_MODELS), **settings):
    chosen = {"confidence": 0.95, "window": 500, "rng": rng()} | settings
    return backtest_var(history(losses), ONE, models, **chosen)


@pytest.fixture(scope="module")
def everything():
    return run()


@pytest.mark.parametrize("model", TAIL_MODELS)
@pytest.mark.parametrize("day", [500, 520, 521, 1399])
def test_forecasts_are_those_of_the_model_on_the_window_before(everything, model, day):
    forecasts = everything.models[model].forecasts
    row = forecasts.iloc[day - 500]
    assert forecasts.index[day - 500] == history(LOSSES).index[day]
    assert row.loss == LOSSES[day]
    fitted_on = day - (day - 500) % 21
    if model == "ewma_filtered":
        variance, spreads = np.mean(LOSSES[:75] ** 2), {}
        for t in range(75, day + 1):
            spreads[t] = np.sqrt(variance)
            variance = 0.94 * variance + 0.06 * LOSSES[t] ** 2
        first = max(75, fitted_on - 500)
        sample = history([LOSSES[t] / spreads[t] for t in range(first, fitted_on)])
        expected = [spreads[day] * risk(sample, ONE, m, confidence=0.95).value for m in ("var", "cvar")]
    else:
        found = tail_risk(history(LOSSES[fitted_on - 500 : fitted_on]), ONE, model, confidence=0.95)
        expected = [found.var, found.cvar]
    assert [row["var"], row.cvar] == pytest.approx(expected, rel=1e-9)
    assert row.exception == (row.loss > row["var"])


@pytest.mark.parametrize("model", TAIL_MODELS)
def test_no_forecast_sees_its_own_day_or_a_later_one(everything, model):
    before = everything.models[model].forecasts
    for day in (640, 647, 900):
        changed = LOSSES.copy()
        changed[day:] = 3 * LOSSES[day:][::-1]
        after = run(changed, [model]).models[model].forecasts
        known = day - 500 + 1
        pd.testing.assert_frame_equal(
            after[["var", "cvar"]].iloc[:known], before[["var", "cvar"]].iloc[:known], rtol=1e-12
        )
        assert not np.allclose(after["var"].iloc[known + 21 :], before["var"].iloc[known + 21 :])


def test_right_forecasts_pass_and_the_table_repeats_the_tests(everything):
    t = everything.table
    assert list(t.index) == list(TAIL_MODELS)
    m = everything.models["student_t"]
    assert m.verdict == "No test objects."
    assert t.loc["student_t", "exceptions"] == m.exceptions == int(m.forecasts["exception"].sum())
    assert t.loc["student_t", "expected"] == pytest.approx(45)
    assert t.loc["student_t", "kupiec_p"] == m.kupiec.p_value
    assert t.loc["student_t", "z2_p"] == m.z2.p_value
    assert m.recent_light.observations == 250
    assert everything.refused == {}


def test_wrong_forecasts_are_named():
    wilder = np.r_[LOSSES[:500], 3 * LOSSES[500:750], LOSSES[750:]]
    found = run(wilder, ["gaussian", "historical"], window=500, refit_every=300)
    m = found.models["gaussian"]
    assert m.kupiec.rejected
    assert m.light.zone == "red"
    assert m.z2.rejected
    assert "Too many exceptions" in m.verdict
    assert "CVaR is too small overall" in m.verdict


def test_a_calmer_time_gives_too_few_exceptions():
    calmer = np.r_[LOSSES[:500], 0.2 * LOSSES[500:900]]
    m = run(calmer, ["gaussian"], refit_every=1000).models["gaussian"]
    assert m.verdict.startswith("Too few exceptions: VaR is larger than needed")
    assert m.light.zone == "green"


def test_filtering_by_volatility_spreads_clustered_exceptions():
    source = np.random.default_rng(8)
    variance, losses = 1e-4, []
    for _ in range(2500):
        loss = np.sqrt(variance) * source.normal()
        losses.append(loss)
        variance = 2e-6 + 0.10 * loss**2 + 0.88 * variance
    found = run(np.array(losses), ["historical", "ewma_filtered"], window=750)
    plain, filtered = (found.models[k].conditional for k in ("historical", "ewma_filtered"))
    assert filtered.p_value > plain.p_value
    assert not filtered.rejected


def test_progress_rises_to_one_and_an_exception_in_it_cancels():
    seen = []
    run(models=["gaussian", "historical"], progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)
    assert len(seen) == 2 * 43

    class StoppedError(InputError):
        pass

    def stop(share):
        if share > 0.3:
            raise StoppedError("stopped by the reader")

    with pytest.raises(StoppedError, match="stopped by the reader"):
        run(models=["gaussian", "historical"], progress=stop)


def test_models_that_cannot_speak_are_named_with_their_reason():
    found = run(window=250)
    assert set(found.refused) == {"evt"}
    assert "independent losses exceed" in found.refused["evt"]
    assert set(found.models) == set(TAIL_MODELS) - {"evt"}
    gains = run(LOSSES - 0.2, ["historical", "gaussian"])
    assert set(gains.refused) == {"historical", "gaussian"}
    assert "CVaR is not positive" in gains.refused["gaussian"]
    assert gains.table.empty


def test_the_unit_does_not_matter(everything):
    scaled = run(LOSSES * 1e-6)
    for key, m in scaled.models.items():
        assert m.exceptions == everything.models[key].exceptions
        assert m.z2.statistic == pytest.approx(everything.models[key].z2.statistic, rel=1e-6)


@pytest.mark.parametrize("confidence", [0.05, 0.5, 1.0, 95, float("nan")])
def test_refuses_confidence_outside_its_range(confidence):
    with pytest.raises(ConfidenceError):
        run(confidence=confidence)


@pytest.mark.parametrize("change", ["unordered", "weighted", "overlapping"])
def test_refuses_scenarios_that_are_no_path(change):
    s = history(LOSSES)
    p = np.linspace(1, 2, s.count)
    s = {
        "unordered": Scenarios(s.returns, ("SPY",), periods_per_year=252),
        "weighted": s.with_probabilities(p / p.sum()),
        "overlapping": s.over_horizon(5),
    }[change]
    with pytest.raises(InputError, match="A backtest needs"):
        backtest_var(s, ONE, confidence=0.95, window=500, rng=rng())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"window": 249}, "at least 250"),
        ({"refit_every": 0}, "every 1 period"),
        ({"models": ["cauchy"]}, "no tail model 'cauchy'"),
        ({"models": []}, "at least one"),
    ],
)
def test_refuses_settings_out_of_range(settings, words):
    with pytest.raises(InputError, match=words):
        run(**settings)


def test_refuses_too_few_days_to_forecast():
    with pytest.raises(MissingDataError, match="leaves 99 of 599"):
        run(LOSSES[:599])
    with pytest.raises(MissingDataError, match="leaves 0 of 400"):
        run(LOSSES[:400])
