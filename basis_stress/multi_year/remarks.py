"""The remarks of a multi-year run: its assumptions, and caveats on its figures."""

import pandas as pd

from basis_data.markets.on_the_run import CYCLE_MONTHS, PREMIUM_BP
from basis_data.markets.swaps import spread_windows
from basis_strategies.run import StrategyRun

FEW_DAYS = 0.5
"""Share of days with a swap-spread trade below which figures a year need a caveat."""


def caveats(played: StrategyRun, daily: pd.DataFrame) -> list[str]:
    """List the caveats on the figures, a sentence each; most runs have none."""
    legs = _legs(played)
    remarks = []
    terms = sorted({int(leg.split("Y")[0]) for leg in legs if leg.endswith("off-the-run")})
    if terms:
        steps = ", ".join(f"{PREMIUM_BP[term]:g} bp over {_months(CYCLE_MONTHS[term])} ({term}-year)" for term in terms)
        remarks.append(
            f"The discount of an old note against the newest one is an assumption, {steps}, without noise: the return "
            "on it and the Sharpe ratio restate the assumption and are not evidence."
        )
    held = int((daily["notes_usd"] > 0).sum())
    if any(leg.endswith("swap spread") for leg in legs) and held < FEW_DAYS * len(daily):
        remarks.append(
            f"A position was held on {held:,} of {len(daily):,} days; figures a year count all days. Swap "
            f"spreads are known from {' and '.join(spread_windows())} unless you give your own."
        )
    return remarks


def assumptions(played: StrategyRun) -> list[str]:
    """List the assumptions, a sentence each."""
    stage, legs = played.market, _legs(played)
    charged = stage.contracts[0]
    remarks = [
        "Notes are priced on the par curve; a future is the minimum over its basket of forward price over conversion "
        "factor, carried at expected repo, without option value.",
        "Initial margins are published levels where known, and an assumed leverage elsewhere; clearing houses "
        "give no spread offsets.",
        f"Half spreads of {stage.hedges[0]} are {charged['bond_cost']:g} bp of price in the note and "
        f"{charged['futures_cost']:g} bp in the future, other tenors by their ticks; decisions trade at the close.",
        "Cash and margin earn SOFR; repo is overnight; decisions use data up to the day's close only.",
    ]
    if any(leg in ("TU", "FV", "TY", "US") for leg in legs):
        remarks.insert(
            0,
            "The basis is observed where research data have it (Siriwardane, Sunderam and Wallen, April 2018 to August "
            "2024); elsewhere futures are modelled fair, and days on them are labelled so.",
        )
    if any(leg.endswith("swap spread") for leg in legs):
        remarks.append(
            "Swaps are set to par each quarter on the Treasury curve plus the day's swap spread; their initial "
            "margin covers 99% of five-day moves, from past daily ones, half spreads are those of the tenor's future."
        )
    if any(leg.endswith("-the-run") for leg in legs):
        remarks.append("On-the-run premiums and the cost of borrowing a new note are assumed, not observed.")
    return remarks


def _legs(played: StrategyRun) -> list[str]:
    """Legs of every strategy that was run."""
    return [leg for sleeve in played.sleeves for leg in sleeve.strategy.legs]


def _months(count: int) -> str:
    """A count of months."""
    return "one month" if count == 1 else f"{count} months"
