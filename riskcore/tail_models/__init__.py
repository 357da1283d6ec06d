"""VaR and CVaR of a portfolio under several models of its tail, side by side and with intervals."""

from riskcore.tail_models.components import MOMENT_MODELS, model_contributions
from riskcore.tail_models.models import TAIL_MODELS, FittedTail, TailModel, fit_tail
from riskcore.tail_models.quantiles import quantile_table
from riskcore.tail_models.tables import table_of_models, tail_risk, threshold_table

__all__ = [
    "MOMENT_MODELS",
    "TAIL_MODELS",
    "FittedTail",
    "TailModel",
    "fit_tail",
    "model_contributions",
    "quantile_table",
    "table_of_models",
    "tail_risk",
    "threshold_table",
]
