"""Figures: a result in, a drawing out. One theme, no computing of risk, no Streamlit."""

from riskcore.figures.allocation import draw_weights
from riskcore.figures.backtest import draw_backtest, draw_held_weights
from riskcore.figures.budgets import draw_budgets
from riskcore.figures.by_day import draw_days_by_asset
from riskcore.figures.contributions import draw_paired, draw_weight_and_risk
from riskcore.figures.currency import draw_currency_effect
from riskcore.figures.drawing import Drawing
from riskcore.figures.exceptions import draw_exceptions
from riskcore.figures.frontier import draw_frontier
from riskcore.figures.index_gap import draw_index_gap
from riskcore.figures.intervals import draw_contribution_intervals
from riskcore.figures.limits import draw_utilisation
from riskcore.figures.lines import draw_drawdowns
from riskcore.figures.qq import draw_qq
from riskcore.figures.regimes import draw_regimes
from riskcore.figures.shocks import draw_move_by_asset, draw_stressed_risk
from riskcore.figures.sizing import draw_drawdown_odds, draw_growth_curves, draw_volatility_target
from riskcore.figures.stability import draw_stability
from riskcore.figures.stress import closes_words, draw_crisis_losses, draw_loss_by_asset, draw_replay_path
from riskcore.figures.tail import draw_tail_histogram
from riskcore.figures.tail_models import draw_tail_models, draw_thresholds
from riskcore.figures.theme import DARK, LIGHT, Theme
from riskcore.figures.through_time import draw_contributions_through_time
from riskcore.figures.update_trace import draw_update_traces
from riskcore.figures.worst_days import draw_worst_days

__all__ = [
    "DARK",
    "LIGHT",
    "Drawing",
    "Theme",
    "closes_words",
    "draw_backtest",
    "draw_budgets",
    "draw_contribution_intervals",
    "draw_contributions_through_time",
    "draw_crisis_losses",
    "draw_currency_effect",
    "draw_days_by_asset",
    "draw_drawdown_odds",
    "draw_drawdowns",
    "draw_exceptions",
    "draw_frontier",
    "draw_growth_curves",
    "draw_held_weights",
    "draw_index_gap",
    "draw_loss_by_asset",
    "draw_move_by_asset",
    "draw_paired",
    "draw_qq",
    "draw_regimes",
    "draw_replay_path",
    "draw_stability",
    "draw_stressed_risk",
    "draw_tail_histogram",
    "draw_tail_models",
    "draw_thresholds",
    "draw_update_traces",
    "draw_utilisation",
    "draw_volatility_target",
    "draw_weight_and_risk",
    "draw_weights",
    "draw_worst_days",
]
