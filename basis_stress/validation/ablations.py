"""What each mechanism does to March 2020: the same run without it, parameters kept as they are frozen."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_strategies.plan import DealerPlan
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import Episode, Stage, play, stage
from basis_stress.validation.calibrate import TARGETS, observables

NEVER = 10.0
"""A value-at-risk limit, in multiples of entry, that no run reaches."""


def _without_margin_hikes(on: Stage) -> Stage:
    """The stage with every contract's margin kept at its first day."""
    frozen = np.broadcast_to(on.market.initial_margin[0], on.market.initial_margin.shape).copy()
    return replace(on, market=replace(on.market, initial_margin=frozen))


def _dealers(on: Stage) -> DealerPlan:
    """The era's dealers."""
    era = market_era(on.scenario)
    return DealerPlan(capacity_usd=era.capacity_usd_bn * 1e9, ceiling=era.ceiling_bp)


VARIANTS: dict[str, Callable[[Stage, Fit], Episode]] = {
    "as fitted": lambda on, fit: play(on, fit),
    "without value-at-risk limits": lambda on, fit: play(on, fit, Population(limit_low=NEVER, limit_high=NEVER)),
    "without volatility in the limit": lambda on, fit: play(on, fit, dealers=replace(_dealers(on), memory=1.0)),
    "without cash buffers": lambda on, fit: play(on, fit, Population(buffer_sd=0.0)),
    "without margin hikes": lambda on, fit: play(_without_margin_hikes(on), fit),
    "without outside sales": lambda on, fit: play(on, fit, extra_sales=-on.sales),
    "without the funds' own feedback": lambda on, fit: play(on, fit, dealers=replace(_dealers(on), feedback=0.0)),
    "without the dealers' kink": lambda on, fit: play(on, fit.model_copy(update={"kink": 1.0})),
    "without central-bank purchases": lambda on, fit: play(replace(on, purchases=0.0 * on.purchases), fit),
}


def ablations(frozen: Parameters | None = None, kink: float = 4.0) -> pd.DataFrame:
    """Run March 2020 without each mechanism in turn.

    Returns
    -------
    DataFrame
        Per variant: change in gross shorts from 3 to 17 and 31 March (percent), peak rise of the 2y and 5y implied repo
        (basis points a year), sales of funds ($bn), lowest average return (percent), defaults, and the loss of the
        calibration targets.
    """
    fit = (frozen or parameters()).fit(kink)
    on = stage("march-2020")
    rows = {}
    for name, run in VARIANTS.items():
        episode = run(on, fit)
        seen = observables(episode)
        rows[name] = {
            "shorts_17_mar_pct": seen["T02 17 Mar"],
            "shorts_31_mar_pct": seen["T02 31 Mar"],
            "rent_peak_bp": seen["T04"],
            "sales_usd_bn": seen["T06"],
            "lowest_return_pct": seen["T07 trough"],
            "defaults": episode.defaults,
            "loss": float(sum(((seen[key] - value) / allowed) ** 2 for key, (value, allowed) in TARGETS.items())),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variant")


def as_markdown(table: pd.DataFrame) -> str:
    """The table for README."""
    heads = "| March 2020 | shorts to 17 / 31 Mar, % | peak, bp/yr | sales, $bn | lowest return, % | defaults | loss |"
    lines = [heads, "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {row.shorts_17_mar_pct:.1f} / {row.shorts_31_mar_pct:.1f} | {row.rent_peak_bp:.0f} | "
        f"{row.sales_usd_bn:.0f} | {row.lowest_return_pct:.1f} | {row.defaults:.0f} | {row.loss:.1f} |"
        for name, row in table.iterrows()
    ]
    return "\n".join(lines)
