"""What a long run assumes, and what a reader must know before its figures."""

import pandas as pd

from basis_data.markets.on_the_run import CYCLE_MONTHS, PREMIUM_BP
from basis_data.markets.swaps import spread_windows
from basis_strategies.run import StrategyRun

FEW_DAYS = 0.5
"""Share of days with a swap-spread trade below which figures a year want a word."""


def caveats(played: StrategyRun, daily: pd.DataFrame) -> list[str]:
    """What a reader must know first, a sentence each; none for most runs."""
    legs = _legs(played)
    said = []
    terms = sorted({int(leg.split("Y")[0]) for leg in legs if leg.endswith("off-the-run")})
    if terms:
        steps = ", ".join(f"{PREMIUM_BP[term]:g} bp over {_months(CYCLE_MONTHS[term])} ({term}-year)" for term in terms)
        said.append(
            f"How much an old note cheapens against the newest one is an assumption, {steps}, without noise: what is "
            "earned on it, and the Sharpe ratio, restate the assumption and are no evidence."
        )
    held = int((daily["notes_usd"] > 0).sum())
    if any(leg.endswith("swap spread") for leg in legs) and held < FEW_DAYS * len(daily):
        said.append(
            f"Something was held on {held:,} of {len(daily):,} days, over all of which figures a year are spread; swap "
            f"spreads are known from {' and '.join(spread_windows())} unless you give your own."
        )
    return said


def assumptions(played: StrategyRun) -> list[str]:
    """What had to be assumed, a sentence each."""
    market, legs = played.market, _legs(played)
    charged = market.contracts[0]
    said = [
        "Notes are priced on the par curve; futures are the basket minimum of forward over conversion factor, no "
        "option value, carried at expected repo.",
        "Initial margins are published levels where known, and an assumed leverage elsewhere; houses offset no "
        "spreads.",
        f"Half spreads of {market.hedges[0]} are {charged['bond_cost']:g} bp of price in the note and "
        f"{charged['futures_cost']:g} bp in the future, other tenors by their ticks; decisions trade at the close.",
        "Cash and margin earn SOFR; repo is overnight; decisions see the day's close and nothing after it.",
    ]
    if any(leg in ("TU", "FV", "TY", "US") for leg in legs):
        said.insert(
            0,
            "The basis is observed where research data have it (Siriwardane, Sunderam and Wallen, April 2018 to August "
            "2024); elsewhere futures are modelled fair, and days on them are labelled so.",
        )
    if any(leg.endswith("swap spread") for leg in legs):
        said.append(
            "Swaps are struck at par each quarter on the Treasury curve plus the day's swap spread; their initial "
            "margin is 99% of five-day moves by the daily ones before, and the half spread is a future's of that tenor."
        )
    if any(leg.endswith("-the-run") for leg in legs):
        said.append("On-the-run premiums and what a new note costs to borrow are assumed, not observed.")
    return said


def _legs(played: StrategyRun) -> list[str]:
    """Legs of every strategy played."""
    return [leg for sleeve in played.sleeves for leg in sleeve.strategy.legs]


def _months(count: int) -> str:
    """A count of months."""
    return "one month" if count == 1 else f"{count} months"
