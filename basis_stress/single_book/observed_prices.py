"""What observed prices of notes change: spreads of deliverables, the cheapest note, and the profit by contract."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from basis_data.markets.market_data import FuturesContract
from basis_data.markets.pricing import PricedMarket
from basis_engine.bonds.vectors import implied_repos
from basis_engine.simulation.run import Run
from basis_engine.simulation.world import Floats
from basis_stress.single_book.tabulate import days_of

DIFFERENCES = (
    "cheapest",
    "cheapest_modelled",
    "days_cheapest_differs",
    "lowest_spread_bp",
    "highest_spread_bp",
    "profit_usd",
    "profit_modelled_usd",
    "difference_usd",
)
"""Columns of `observed_differences`, by contract."""


def labels(futures: Sequence[FuturesContract]) -> list[str]:
    """Contract codes, with the delivery month where one code is held in several."""
    codes = [future.code for future in futures]
    return [f.code if codes.count(f.code) == 1 else f"{f.code} {f.delivery_month}" for f in futures]


def deliverables(market: PricedMarket) -> pd.DataFrame:
    """One row per day, contract and deliverable known by then: prices, spread over the curve, implied repo, cheapest.

    Implied repo is to the delivery day of the cheapest; NaN once that day is here.
    """
    baskets, priced, days = market.baskets, market.priced, days_of(market)
    marks, notes = priced.clean.shape
    contract = np.searchsorted(baskets.start, np.arange(notes), side="right") - 1
    mark, note = np.repeat(np.arange(marks), notes), np.tile(np.arange(notes), marks)
    of = contract[note]
    delivery, settle = priced.delivery[mark, of], market.path.value_date[mark]
    repos = np.empty(len(mark))
    bond = baskets.coupon[note], baskets.maturity[note], settle
    implied_repos(priced.clean[mark, note], priced.futures[mark, of], baskets.factor[note], *bond, delivery, repos)
    spreads = market.data.note_spreads
    observed = np.full(priced.clean.shape, np.nan) if spreads is None else spreads.clean
    table = pd.DataFrame(
        {
            "date": days[mark],
            "contract": np.array(labels(market.data.futures))[of],
            "cusip": np.array(market.cusips)[note],
            "coupon": baskets.coupon[note],
            "maturity": baskets.maturity[note].astype("datetime64[D]").astype("datetime64[s]"),
            "conversion_factor": baskets.factor[note],
            "clean_price": priced.clean.ravel(),
            "observed_price": observed.ravel(),
            "spread_bp": 1e4 * baskets.spread.ravel(),
            "implied_repo": np.where(delivery > settle, repos, np.nan),
            "cheapest": priced.cheapest[mark, of] == note,
        }
    )
    return table[baskets.known_mark[note] <= mark].reset_index(drop=True)


def observed_differences(run: Run, market: PricedMarket, modelled: tuple[Run, PricedMarket] | None) -> pd.DataFrame:
    """One row per contract: a run on observed prices beside the same run on modelled ones; none without prices."""
    if modelled is None or market.data.note_spreads is None:
        return pd.DataFrame(columns=list(DIFFERENCES)).rename_axis("contract")
    seen = ~np.isnan(market.data.note_spreads.clean)
    spreads = np.where(seen, 1e4 * market.baskets.spread, np.nan)
    profits, others = _profits(run, market), _profits(*modelled)
    rows = {}
    for c, code in enumerate(labels(market.data.futures)):
        own = spreads[:, market.baskets.start[c] : market.baskets.start[c + 1]]
        ours, theirs = market.priced.cheapest[:, c], modelled[1].priced.cheapest[:, c]
        rows[code] = (
            market.cusips[int(ours[0])],
            market.cusips[int(theirs[0])],
            int((ours != theirs).sum()),
            float(np.nanmin(own)) if np.isfinite(own).any() else np.nan,
            float(np.nanmax(own)) if np.isfinite(own).any() else np.nan,
            float(profits[c]),
            float(others[c]),
            float(profits[c] - others[c]),
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(DIFFERENCES)).rename_axis("contract")


def _profits(run: Run, market: PricedMarket) -> Floats:
    """Profit of the positions of each contract, USD [contracts]."""
    positions = run.positions
    by_position = run.attribution[:, : len(positions)].sum(axis=(0, 2))
    total: Floats = np.bincount(positions["contract"], by_position, len(market.codes)).astype(np.float64)
    return total
