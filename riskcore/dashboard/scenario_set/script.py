"""From a code to the Python that makes its scenarios."""

from riskcore.dashboard.scenario_set.codes import parsed
from riskcore.dashboard.scenario_set.making import STATE_WINDOW, Named

__all__ = ["names_literal", "script_lines"]


def names_literal(named: Named) -> str:
    """Return what views can be about as Python."""
    parts = (
        f"{name!r}: {name!r}" if held == ((name, 1.0),) else f"{name!r}: Portfolio({name!r}, {dict(held)!r})"
        for name, held in named
    )
    return f"{{{', '.join(parts)}}}"


def script_lines(code: str, named: Named, index: str | None, periods: int, base: str) -> tuple[str, str]:
    """Return the lines that turn `scenarios` into the active set, and their imports.

    `base` is the expression for the single-period returns with the index.
    """
    if not code:
        return "", ""
    found = parsed(code)
    n = found.numbers
    if found.kind == "views":
        return (
            f"names = {names_literal(named)}\n"
            f"scenarios = apply_views(scenarios, read_views({found.text!r}, names, scenarios)).scenarios",
            "from riskcore.stress import apply_views\nfrom riskcore.stress.view_sentences import read_views",
        )
    if found.kind in ("vol", "corr"):
        function = "volatility_shock" if found.kind == "vol" else "correlation_shock"
        return (
            f"scenarios = {function}(scenarios, {n[0]!r}).scenarios",
            f"from riskcore.stress import {function}",
        )
    if found.kind == "decay":
        return (
            f"half_life = {n[0]!r} * scenarios.periods_per_year * {periods}\n"
            "scenarios = exponential_decay(scenarios, half_life=half_life)",
            "from riskcore.stress import exponential_decay",
        )
    known = (
        f"known = realised_volatility({base}, {index!r}, window={STATE_WINDOW})\n"
        f"known = known.shift({periods - 1}).reindex(scenarios.index)\n"
    )
    if found.kind == "near":
        return (
            f"{known}level = float(np.log(known.quantile({n[0]!r})))\n"
            "closeness = np.log(known.where(known > 0.0))\n"
            f"scenarios = conditioned_by_kernel(scenarios, closeness, at=level, bandwidth={n[1]!r})",
            "import numpy as np\nfrom riskcore.stress import conditioned_by_kernel, realised_volatility",
        )
    if found.kind == "state":
        share = 1.0 - n[0] if found.side == "high" else n[0]
        end = "low" if found.side == "high" else "high"
        return (
            f"{known}edge = float(known.quantile({share!r}))\n"
            f"scenarios = conditioned_by_range(scenarios, known, {end}=edge)",
            "from riskcore.stress import conditioned_by_range, realised_volatility",
        )
    rng = f"np.random.default_rng({int(n[-1])})"
    if found.kind == "blocks":
        call = f"block_paths(history, periods={periods}, paths={int(n[1])}, block_length={n[0]!r}, rng={rng})"
        return f"scenarios = {call}", "import numpy as np\nfrom riskcore.stress import block_paths"
    if found.kind == "paths":
        return (
            f"recent = exponential_decay(history, half_life={n[0]!r} * history.periods_per_year)\n"
            f"scenarios = resampled_paths(recent, periods={periods}, paths={int(n[1])}, rng={rng})",
            "import numpy as np\nfrom riskcore.stress import exponential_decay, resampled_paths",
        )
    function = "simulated_t" if found.kind == "t" else "simulated_copula"
    return (
        f"scenarios = {function}(scenarios, count={int(n[0])}, rng={rng})",
        f"import numpy as np\nfrom riskcore.stress import {function}",
    )
