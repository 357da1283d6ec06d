"""VaR and CVaR of a portfolio under several models of its tail, side by side and with intervals."""

from riskcore.tail_models.models import TAIL_MODELS, FittedTail, TailModel, fit_tail
from riskcore.tail_models.quantiles import quantile_table
from riskcore.tail_models.tables import table_of_models, tail_risk, threshold_table

__all__ = [
    "TAIL_MODELS",
    "FittedTail",
    "TailModel",
    "fit_tail",
    "quantile_table",
    "table_of_models",
    "tail_risk",
    "threshold_table",
]
