"""What the active scenarios do not reach, page by page."""

__all__ = ["still_history"]

# What follows the days in order, and so stays on history.
STAYS = {
    "overview": "Worst drawdown, dated returns and crisis replays follow the days in order: they stay on "
    "history.",
    "contributions": "Contributions through time and resampled intervals need days in order and of equal "
    "probability: they say so where they cannot use these scenarios. The currency view stays on history.",
    "tail": "Drawdowns, rolling VaR and statistics follow the days in order: they stay on history. "
    "Models and resampled intervals say so where they cannot use these scenarios.",
    "factors": "Exposures need days of equal probability, and factors have no returns in these scenarios: "
    "this whole page stays on history. Weights of A and B that a rule solves follow the scenarios, and all "
    "shares and exposures move with those weights.",
    "stress": "Replays, betas, regimes and what is conditioned on an index stay on history; the other "
    "stresses start from these scenarios.",
    "allocation": "Drawdowns follow the days in order and stay on history; stability and whatever else "
    "resamples days says so where it cannot use these scenarios.",
    "backtest": "A backtest walks through the days in order: this whole page stays on history.",
    "benchmark": "Nothing on this page follows the days in order: all of it, beta and capture too, is "
    "computed from these scenarios.",
    "sizing": "A size is lived one day after the other: this whole page stays on history; only the weights "
    "of A "
    "and B follow.",
    "trades": "Drawdowns, crisis replays and betas follow the days in order: they stay on history.",
    "exhibits": "Exhibits bring scenarios of their own: none of them changes.",
    "data": "The data is what it was; only what is computed from it changes.",
}
ELSEWHERE = "What follows the days in order stays on history."


def still_history(page: str) -> str:
    """Return which parts of a page do not follow the active scenarios, and why."""
    return STAYS.get(page, ELSEWHERE)
