"""Every limit that is set, as items: figures of the returns, positions, stresses."""

from riskcore.limits.item import Item
from riskcore.limits.position_items import factors, liquidity, weights
from riskcore.limits.risk_items import drawdown, risks, shares
from riskcore.limits.schema import Limits
from riskcore.limits.situation import Situation
from riskcore.limits.stress_items import index_fall, replayed, shocked

__all__ = ["Item", "items_of"]


def items_of(limits: Limits, situation: Situation) -> list[Item]:
    """Return every limit that is set, in the order the pages list them."""
    return [
        *risks(limits, situation),
        *drawdown(limits, situation),
        *weights(limits, situation),
        *shares(limits, situation),
        *replayed(limits, situation),
        *(index_fall(gap, situation) for gap in limits.index_gaps),
        *(shocked(shock, situation) for shock in limits.shocks),
        *liquidity(limits, situation),
        *factors(limits, situation),
    ]
