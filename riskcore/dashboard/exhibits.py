"""The exhibits: a question, a guess, and what is true, each from one fixed data set and a fixed seed."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.exhibit_betting import BETS, STAKES, WIN, past_kelly
from riskcore.dashboard.exhibit_markets import a_view, asynchronous
from riskcore.dashboard.exhibit_material import CONFIDENCE, SEED, Guess, Material
from riskcore.dashboard.exhibit_risk import TIMES, three_conventions, var_hides, weight_is_not_risk
from riskcore.dashboard.exhibit_solvers import (
    DAYS,
    METHODS,
    ROWS,
    STARTS,
    failing_objective,
    markowitz_moves,
)

__all__ = ["EXHIBITS", "Exhibit", "hide_answer"]


@dataclass(frozen=True)
class Exhibit:
    """One idea: `ask` draws the guess and returns it; `reveal` shows what is true.

    `guess_key` is the guess's place in the link and `start` where its control begins, which is no guess yet;
    `script` prints the numbers.
    """

    title: str
    question: str
    guess_key: str
    start: Guess
    ask: Callable[[str], Guess]
    reveal: Callable[[Guess, Material], None]
    script: str

    def guess(self) -> Guess:
        """Draw the control of the guess; None as long as it stands where it began."""
        given = self.ask(self.guess_key)
        return None if given == self.start else given

    def reset(self) -> None:
        """Take the guess and the answer back."""
        state.store(self.guess_key, self.start)
        hide_answer()


def hide_answer() -> None:
    """Take the answer back: another exhibit begins with its question."""
    state.store("reveal", False)


def _number(label: str, low: float, high: float, start: float, step: float) -> Callable[[str], Guess]:
    def ask(key: str) -> Guess:
        digits = "%.1f" if step < 1 else "%.0f"
        return float(st.slider(label, low, high, start, step, format=digits, key=key, bind="query-params"))

    return ask


def _choice(label: str, options: tuple[str, ...]) -> Callable[[str], Guess]:
    def ask(key: str) -> Guess:
        return st.segmented_control(label, options, key=key, bind="query-params")

    return ask


IMPORTS = "from riskcore import Portfolio\nfrom riskcore.data.sample import load_sample\n"
DATA = "prices = load_sample('global')\ndays = prices.scenarios(list(prices.default_assets))\n"
EXHIBITS: tuple[Exhibit, ...] = (
    Exhibit(
        "What VaR hides",
        "Every loss beyond VaR becomes three times as far from it. How far does VaR move?",
        "g1",
        None,
        _choice("VaR moves", ("A little", "By half", "As much", "Not at all")),
        var_hides,
        IMPORTS
        + "import numpy as np\nfrom riskcore import Scenarios, cvar, risk\n"
        + DATA
        + f"""equal = Portfolio('Equal', dict.fromkeys(days.assets, 1 / days.size))
before = risk(days, equal, measure='var', confidence={CONFIDENCE!r})
beyond = np.maximum(before.losses - before.value, 0)
worse = before.losses + {TIMES - 1:g} * beyond
after = Scenarios(-worse[:, None], ('worse',), days.periods_per_year)
one = Portfolio('Worse', {{'worse': 1.0}})
for data, held in ((days, equal), (after, one)):
    var = risk(data, held, measure='var', confidence={CONFIDENCE!r})
    print(var.value, cvar(data, held, confidence={CONFIDENCE!r}).value, var.losses.max())
""",
    ),
    Exhibit(
        "Weight is not risk",
        "60 % stocks, 40 % bonds. What share of the loss on the worst 5 % of days do the stocks carry?",
        "g2",
        60.0,
        _number("Share of the stocks, %", 0.0, 120.0, 60.0, 1.0),
        weight_is_not_risk,
        IMPORTS
        + "from riskcore import risk_contributions\n"
        + DATA
        + "mix, pair = Portfolio('60/40', {'SPY': 0.6, 'BND': 0.4}), days.select(('SPY', 'BND'))\n"
        "print(risk_contributions(pair, mix, measure='cvar', confidence=0.95).table)\n",
    ),
    Exhibit(
        "Why the squared-difference objective fails",
        "A solver makes the squared differences of risk contributions small and reports success. Are they "
        "equal?",
        "g3",
        None,
        _choice("The shares are equal", ("Yes", "No")),
        failing_objective,
        IMPORTS
        + "import numpy as np\nfrom riskcore.exhibits import squared_differences\n"
        + DATA
        + f"rng = np.random.default_rng({SEED})\n"
        + f"found = squared_differences(days, starts={STARTS}, rng=rng)\n"
        + "print(found.attempts.to_string())\nprint(found.shares.to_string())\n",
    ),
    Exhibit(
        "How Markowitz moves when one day is added",
        f"Maximum Sharpe on {ROWS} days, then on one day more. How much of the money moves, at worst?",
        "g4",
        2.0,
        _number("Money moved, %", 0.0, 100.0, 2.0, 1.0),
        markowitz_moves,
        IMPORTS
        + "from riskcore.exhibits import one_day_more\n"
        + DATA
        + f"found = one_day_more(days, {METHODS!r}, rows={ROWS}, days={DAYS})\n"
        + "print(found.worst, found.turnover.median(), found.turnover.idxmax())\n"
        + "print(found.before.T, found.after.T)\n",
    ),
    Exhibit(
        "Three CVaR conventions on 50 losses",
        "The losses are 1, 2, 3, … 50. What is their CVaR at 95 %?",
        "g5",
        48.0,
        _number("CVaR", 45.0, 50.0, 48.0, 0.1),
        three_conventions,
        "import numpy as np\nfrom riskcore import Portfolio, Scenarios, cvar\n"
        "losses = Scenarios(-np.arange(1.0, 51.0)[:, None], ('loss',), 1.0)\n"
        "one = Portfolio('One', {'loss': 1.0})\n"
        "for variant in ('exact', 'tail_mean', 'floor'):\n"
        "    found = cvar(losses, one, confidence=0.95, variant=variant)\n"
        "    print(variant, found.value, found.identifier[-3:])\n",
    ),
    Exhibit(
        "Betting past Kelly",
        f"A bet is won {100 * WIN:.0f} times in 100 and pays 1 for 1. What share of your money do you stake, "
        "every time?",
        "g6",
        25.0,
        _number("Stake, % of the money", 0.0, 60.0, 25.0, 1.0),
        past_kelly,
        "from riskcore.exhibits import betting_odds\n"
        f"found = betting_odds({WIN!r}, 1.0, multiples={STAKES!r}, bets={BETS})\n"
        "print(found.kelly)\nprint(found.median.iloc[-1])\n",
    ),
    Exhibit(
        "Asynchronous closes",
        "The S&P 500 falls 10 %. By how much do daily returns say that the Nikkei falls?",
        "g7",
        8.0,
        _number("Fall of the Nikkei, %", 0.0, 15.0, 8.0, 0.5),
        asynchronous,
        IMPORTS
        + "from riskcore.stress import index_gap\n"
        + DATA
        + "nikkei = Portfolio('Nikkei', dict.fromkeys(days.assets, 0.0) | {'NIKKEI225': 1.0})\n"
        "print(index_gap(days, nikkei, index_asset='SPY', gap=-0.10).table[['beta_daily', 'beta']])\n",
    ),
    Exhibit(
        "What a view does to other assets",
        "You expect SPY to lose 0.2 % a day and say nothing else. Which other asset moves most?",
        "g8",
        None,
        _choice("It moves most", ("BND", "FTSE100", "GOLD", "HANGSENG", "NIKKEI225", "QQQ")),
        a_view,
        IMPORTS
        + "from riskcore.stress import MeanView, apply_views\n"
        + DATA
        + "found = apply_views(days, [MeanView('SPY', -0.002)])\n"
        "print(found.moved, found.effective_scenarios)\n",
    ),
)
