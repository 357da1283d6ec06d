"""The exhibits: a question, a guess, and what is true, each from one fixed data set and a fixed seed."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.exhibit_answers import (
    BETS,
    DAYS,
    GAMBLERS,
    METHODS,
    ROWS,
    SEED,
    STAKES,
    Material,
    a_view,
    asynchronous,
    failing_objective,
    markowitz_moves,
    past_kelly,
    three_conventions,
    var_hides,
    weight_is_not_risk,
)

__all__ = ["EXHIBITS", "Exhibit"]


@dataclass(frozen=True)
class Exhibit:
    """One idea: `ask` draws the guess and returns it; `reveal` shows what is true.

    `guess_key` is the guess's place in the link and `start` its first value; `script` prints the numbers.
    """

    title: str
    question: str
    guess_key: str
    start: float | str
    ask: Callable[[str], float | str]
    reveal: Callable[[float | str, Material], None]
    script: str

    def reset(self) -> None:
        """Take the guess and the answer back."""
        state.store(self.guess_key, self.start)
        state.store("reveal", False)


def _number(label: str, low: float, high: float, start: float, step: float) -> Callable[[str], float | str]:
    def ask(key: str) -> float | str:
        return float(st.slider(label, low, high, start, step, key=key, bind="query-params"))

    return ask


def _choice(label: str, options: tuple[str, ...]) -> Callable[[str], float | str]:
    def ask(key: str) -> float | str:
        chosen = st.segmented_control(
            label, options, default=options[0], key=key, bind="query-params", required=True
        )
        return str(chosen or options[0])

    return ask


IMPORTS = "from riskcore import Portfolio\nfrom riskcore.data.sample import load_sample\n"
DATA = "prices = load_sample('global')\ndays = prices.scenarios(list(prices.default_assets))\n"
EXHIBITS: tuple[Exhibit, ...] = (
    Exhibit(
        "What VaR hides",
        "Every loss beyond VaR becomes three times as far from it. How far does VaR move?",
        "g1",
        "A little",
        _choice("VaR moves", ("A little", "By half", "As much", "Not at all")),
        var_hides,
        IMPORTS
        + "from riskcore import cvar, risk\n"
        + DATA
        + "equal = Portfolio('Equal', dict.fromkeys(days.assets, 1 / days.size))\n"
        "print(risk(days, equal, measure='var', confidence=0.95).value, cvar(days, equal, "
        "confidence=0.95).value)\n",
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
        "Yes",
        _choice("The shares are equal", ("Yes", "No")),
        failing_objective,
        IMPORTS
        + "import numpy as np\nfrom riskcore.exhibits import squared_differences\n"
        + DATA
        + f"rng = np.random.default_rng({SEED})\n"
        + "print(squared_differences(days, starts=3, rng=rng).attempts.to_string())\n",
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
        + f"print(one_day_more(days, {METHODS!r}, rows={ROWS}, days={DAYS}).worst)\n",
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
        "    print(variant, cvar(losses, one, confidence=0.95, variant=variant).value)\n",
    ),
    Exhibit(
        "Betting past Kelly",
        "A bet is won 55 times in 100 and pays 1 for 1. What share of your money do you stake, every time?",
        "g6",
        25.0,
        _number("Stake, % of the money", 0.0, 60.0, 25.0, 1.0),
        past_kelly,
        "import numpy as np\nfrom riskcore.exhibits import betting_paths\n"
        f"found = betting_paths(\n    0.55, 1.0, multiples={STAKES!r}, bets={BETS}, paths={GAMBLERS}, "
        f"rng=np.random.default_rng({SEED})\n)\nprint(found.kelly)\nprint(found.median.iloc[-1])\n",
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
        "BND",
        _choice("It moves most", ("BND", "FTSE100", "GOLD", "NIKKEI225", "QQQ")),
        a_view,
        IMPORTS
        + "from riskcore.stress import MeanView, apply_views\n"
        + DATA
        + "print(apply_views(days, [MeanView('SPY', -0.002)]).moved)\n",
    ),
)
