"""The largest leverage without an outcome, or a worse one, in a given share of scenarios or of generated paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import numpy as np
import pandas as pd

from basis_data.markets.as_of import scenario_as_of
from basis_data.markets.market_data import MarketData, market_data
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario
from basis_data.shocks.paths import Paths
from basis_data.tables.calendars import DateLike
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError
from basis_engine.base.search import first_crossing
from basis_engine.simulation.world import Floats, Integers
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import prepare
from basis_strategies.entry_sizing import refuse_unhedged
from basis_strategies.plan import Execution
from basis_strategies.terms import UnleveredTerms, showing
from basis_stress.ensembles.entry import entry_market
from basis_stress.ensembles.simulate import run_chunks
from basis_stress.ensembles.statistics import check_share, wilson
from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import UNTIL, check_until, condition
from basis_stress.reporting.registry import Shown
from basis_stress.single_book.run import chosen_contracts

LEVELS = 64
"""Leverages on the grid over the whole range."""
TOLERANCE = 0.05
"""Width of the last step, multiples of equity: half of what a desk would round to."""
_CHUNK = 1024
_LOWEST = 1.0

Counts = Callable[[Floats], Integers]
"""Number of members of the set that survive at each of some leverages."""


@dataclass(frozen=True, repr=False)
class LargestLeverage(Shown):
    """The largest leverage at which a required share of a set survives: has an outcome better than ``until``."""

    until: str
    probability: float
    confidence: float
    of: int
    """Members of the set."""
    leverage: float
    """Largest leverage up to which the share that survives is high enough; NaN if not even the lowest."""
    low: float
    """Largest leverage up to which the lower end of the share's interval is high enough; NaN if none."""
    high: float
    """The same for the upper end: the interval of the leverage is `low` to `high`."""
    table: pd.DataFrame
    """By `leverage`: `survived`, `share`, and the Wilson interval of the share `low` to `high`."""
    safe_above: tuple[float, ...]
    """Higher leverages on the grid at which the share is high enough again."""

    def __str__(self) -> str:
        """In a sentence or two."""
        better = f"do not end {condition(self.until)}"
        share = formatting.percent(self.probability, 0 if round(100 * self.probability, 6) % 1 == 0 else 2)
        if np.isnan(self.leverage):
            return f"Even at {formatting.times(_LOWEST)} fewer than {share} of {self.of:,} {better}."
        ends = ["none" if np.isnan(end) else formatting.times(end) for end in (self.low, self.high)]
        text = (
            f"{formatting.times(self.leverage)} is the largest leverage at which {share} of {self.of:,} {better} "
            f"({formatting.percent(self.confidence, 0)} interval {ends[0]} to {ends[1]})."
        )
        if self.safe_above:
            some = formatting.listing([formatting.times(leverage) for leverage in self.safe_above[:3]])
            text += f" Not monotone: the share is reached again at {some}."
        return text


@showing(UnleveredTerms)
def largest_leverage(
    of: Paths | str | Path | Scenario | Sequence[str | Path | Scenario],
    probability: float = 0.95,
    until: str = "defaulted",
    *,
    scenario: str | Path | Scenario = "april-2025",
    contract: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    execution: Execution | None = None,
    as_of: DateLike | None = None,
    **terms: Unpack[UnleveredTerms],
) -> LargestLeverage:
    """Find the largest leverage that survives a set with a given probability.

    Parameters
    ----------
    of
        Generated paths (`generate`), or scenarios. A book that cannot be entered does not survive.
    probability
        Required share of the set.
    until
        Outcome to avoid, with the worse ones: 'called', 'forced_sale', 'defaulted' (either kind) or 'insolvent'.
    scenario
        Scenario that sets the first day and the terms of generated paths.
    confidence
        Of the interval for sampling error; it has little meaning for scenarios that are chosen by hand.
    contract, execution, as_of, **terms
        See `breaking_point`.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    check_share("confidence", confidence)
    if probability != 1.0:
        check_share("probability", probability)
    until = check_until(until)
    for name in ("leverage", "buffer"):
        if name in terms:
            raise InputError(f"{name}: given, but the leverage is what is sought; leave it out")
    base = validated(CashFuturesBasis, dict(terms), "largest leverage")
    if isinstance(of, Paths):
        if not len(of):
            raise InputError("largest leverage: no paths given; give one or more")
        data = entry_market(scenario, contract, of.changes.shape[1], as_of)
        survivors, size = _of_paths(of, data, base, execution, until), len(of)
        top = _most([data], base)
    else:
        chosen = [of] if isinstance(of, (str, Path, Scenario)) else list(of)
        if not chosen:
            raise InputError("largest leverage: no scenarios given; name one or more")
        codes = chosen_contracts(contract)
        data_of = [market_data(scenario_as_of(name, as_of, codes), codes) for name in chosen]
        survivors, size = _of_scenarios(data_of, base, execution, until), len(chosen)
        top = _most(data_of, base)
    return _searched(survivors, size, (_LOWEST, max(top, 2 * _LOWEST)), probability, until, confidence)


def _searched(
    survivors: Counts, size: int, span: tuple[float, float], probability: float, until: str, confidence: float
) -> LargestLeverage:
    """Evaluate a grid, then a finer grid in every step in which the share, or an end of its interval, falls short."""
    levels = np.linspace(*span, LEVELS)
    table = _table(levels, survivors(levels), size, confidence)
    while True:
        ends = [_last_enough(table, column, probability) for column in ("low", "share", "high")]
        steps = table["leverage"].to_numpy(np.float64)
        wide = {i for i in ends if 0 <= i < len(steps) - 1 and steps[i + 1] - steps[i] > TOLERANCE}
        if not wide:
            break
        finer = np.concatenate([np.linspace(steps[i], steps[i + 1], 10)[1:-1] for i in sorted(wide)])
        table = pd.concat([table, _table(finer, survivors(finer), size, confidence)]).sort_values("leverage")
        table = table.reset_index(drop=True)
    low, found, high = (float(table["leverage"].iloc[i]) if i >= 0 else float("nan") for i in ends)
    enough = table["share"] >= probability
    again = table["leverage"][enough & (table.index > ends[1])] if ends[1] >= 0 else table["leverage"][enough]
    return LargestLeverage(until, probability, confidence, size, found, low, high, table, tuple(map(float, again)))


def _last_enough(table: pd.DataFrame, column: str, probability: float) -> int:
    """Row of the last leverage up to which a column is high enough; -1 if the first is not."""
    return int(first_crossing((table[column] < probability).to_numpy())) - 1


def _table(levels: Floats, survived: Integers, size: int, confidence: float) -> pd.DataFrame:
    """Share that survives at each leverage, with its interval."""
    low, high = wilson(survived, size, confidence)
    return pd.DataFrame({"leverage": levels, "survived": survived, "share": survived / size, "low": low, "high": high})


def _of_paths(of: Paths, data: MarketData, base: CashFuturesBasis, execution: Execution | None, until: str) -> Counts:
    """Count surviving paths."""

    def survivors(levels: Floats) -> Integers:
        counts = np.zeros(len(levels), np.int64)
        chunks = (of.part(start, min(start + _CHUNK, len(of))) for start in range(0, len(of), _CHUNK))
        for rows in run_chunks(data, chunks, base, execution, levels):
            counts += (rows["outcome"] < UNTIL[until]).sum(axis=0)
        return counts

    return survivors


def _of_scenarios(
    data: Sequence[MarketData], base: CashFuturesBasis, execution: Execution | None, until: str
) -> Counts:
    """Count surviving scenarios."""
    books = [prepare(priced_market(market), base, execution) for market in data]

    def survivors(levels: Floats) -> Integers:
        outcomes = np.array([book.outcomes({"leverage": levels})["outcome"] for book in books])
        return np.asarray((outcomes < UNTIL[until]).sum(axis=0))

    return survivors


def _most(data: Sequence[MarketData], base: CashFuturesBasis) -> float:
    """Highest leverage that can be entered in any market of the set, and 2% more, up to 1000x; refuse tiny books."""
    tops = []
    for market in map(priced_market, data):
        sized = base.books(market, base.legs(market), {"leverage": np.array([_LOWEST])}, 1).sizes
        refuse_unhedged(sized, 0)
        tops.append(min(1.02 / max(float(sized.required[0]), 1e-3), 1000.0))
    return max(tops)
