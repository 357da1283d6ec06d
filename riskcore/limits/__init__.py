"""May it go out of the door? Limits, what they are checked on, the gate, the smallest trade that cures."""

from riskcore.limits.cure import cure
from riskcore.limits.gate import breached_since, check
from riskcore.limits.schema import IndexGap, Limits, Shock
from riskcore.limits.situation import Situation

__all__ = ["IndexGap", "Limits", "Shock", "Situation", "breached_since", "check", "cure"]
