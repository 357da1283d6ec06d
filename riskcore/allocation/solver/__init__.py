"""Convex programs over weights under constraints.

The only place that knows cvxpy. Arrays only, in one common scale (see `Region`).
"""

from riskcore.allocation.solver.program import HUGE, Answer, Objective, Region, Tail
from riskcore.allocation.solver.relaxation import Elastic, relax
from riskcore.allocation.solver.solution import solve_program, support

__all__ = ["HUGE", "Answer", "Elastic", "Objective", "Region", "Tail", "relax", "solve_program", "support"]
