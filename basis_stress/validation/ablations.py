"""Ablations: March 2020 without each mechanism in turn, fitted parameters unchanged."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_strategies.plan import DealerPlan
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import (
    Episode,
    EpisodeMarket,
    episode_market,
    era_dealers,
    era_population,
    run_episode,
)
from basis_stress.validation.calibration_targets import observables, weighted_misses

NEVER = 10.0
"""A value-at-risk limit, in multiples of entry, that no run reaches."""


def _without_margin_hikes(market: EpisodeMarket) -> EpisodeMarket:
    """The market with every contract's margin kept at its first day."""
    frozen = np.broadcast_to(market.priced.initial_margin[0], market.priced.initial_margin.shape).copy()
    return replace(market, priced=replace(market.priced, initial_margin=frozen))


def _funds(market: EpisodeMarket) -> Population:
    """The era's population of funds."""
    return era_population(market_era(market.scenario))


def _dealers(market: EpisodeMarket, **changes: float) -> DealerPlan:
    """The era's dealers with changes."""
    return era_dealers(market_era(market.scenario), **changes)


VARIANTS: dict[str, Callable[[EpisodeMarket, Fit], Episode]] = {
    "as fitted": run_episode,
    "without value-at-risk limits": lambda market, fit: run_episode(
        market, fit, replace(_funds(market), limit_low=NEVER, limit_high=NEVER)
    ),
    "without volatility in the limit": lambda market, fit: run_episode(
        market, fit, dealers=_dealers(market, memory=1.0)
    ),
    "without cash buffers": lambda market, fit: run_episode(market, fit, replace(_funds(market), buffer_sd=0.0)),
    "without margin hikes": lambda market, fit: run_episode(_without_margin_hikes(market), fit),
    "without outside sales": lambda market, fit: run_episode(market, fit, extra_sales=-market.sales),
    "without the funds' own feedback": lambda market, fit: run_episode(
        market, fit, dealers=_dealers(market, feedback=0.0)
    ),
    "without the capacity multiple": lambda market, fit: run_episode(
        market, fit.model_copy(update={"capacity_multiple": 1.0})
    ),
    "without the hedge of financing": lambda market, fit: run_episode(
        market, fit, replace(_funds(market), financing_hedge=0.0)
    ),
    "without central-bank purchases": lambda market, fit: run_episode(
        replace(market, purchases=0.0 * market.purchases), fit
    ),
}


def ablations(
    frozen: Parameters | None = None, capacity_multiple: float = 2.0, ran: Callable[[], None] = lambda: None
) -> pd.DataFrame:
    """Run March 2020 without each mechanism in turn; ``ran`` is called after each run.

    Returns
    -------
    DataFrame
        Per variant: change in gross shorts from 3 to 17 and 31 March (percent), peak rise of the 2y and 5y implied repo
        (basis points a year), sales of funds ($bn), lowest average return and that at the month's end (percent),
        defaults, and the loss of the calibration targets.
    """
    fit = (frozen or parameters()).fit(capacity_multiple)
    market = episode_market("march-2020")
    rows = {}
    for name, run in VARIANTS.items():
        episode = run(market, fit)
        ran()
        values = observables(episode)
        rows[name] = {
            "shorts_17_mar_pct": values["T02 17 Mar"],
            "shorts_31_mar_pct": values["T02 31 Mar"],
            "spread_peak_bp": values["T04"],
            "sales_usd_bn": values["T06"],
            "lowest_return_pct": float(100 * episode.returns.min()),
            "last_return_pct": float(100 * episode.returns.iloc[-1]),
            "defaults": episode.defaults,
            "loss": float(sum(miss**2 for miss in weighted_misses([values]))),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variant")


def as_markdown(table: pd.DataFrame) -> str:
    """Format the table as Markdown for README."""
    heads = ("shorts to 17 / 31 Mar, %", "peak, bp/yr", "sales, $bn", "lowest / last return, %", "defaults", "loss")
    lines = [f"| March 2020 | {' | '.join(heads)} |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {row.shorts_17_mar_pct:z.1f} / {row.shorts_31_mar_pct:z.1f} | {row.spread_peak_bp:.0f} | "
        f"{row.sales_usd_bn:.0f} | {row.lowest_return_pct:z.1f} / {row.last_return_pct:z.1f} | {row.defaults:.0f} | "
        f"{row.loss:.1f} |"
        for name, row in table.iterrows()
    ]
    return "\n".join(lines)
