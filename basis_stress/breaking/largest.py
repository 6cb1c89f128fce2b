"""The largest leverage that survives a set of scenarios, or of generated paths, with a given probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.market_data import MarketData, market_data
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.shocks.paths import Paths
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError
from basis_engine.simulation.world import Floats, Integers
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import prepare
from basis_strategies.plan import Execution
from basis_stress.ensembles.simulate import entry_market, run_chunks
from basis_stress.ensembles.statistics import check_share, wilson
from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import UNTIL
from basis_stress.single_book.run import chosen_contracts

LEVELS = 64
"""Leverages tried over the whole range, and again inside each step of it that matters."""
TOLERANCE = 0.05
"""Leverage: half of what a desk would round to."""
_CHUNK = 1024
_LEAST = 1.0

Counts = Callable[[Floats], Integers]
"""How many of a set survive at each of some leverages."""


@dataclass(frozen=True)
class LargestLeverage:
    """The largest leverage that survives often enough."""

    until: str
    probability: float
    confidence: float
    of: int
    """Members of the set."""
    leverage: float
    """Largest of those tried up to which all survive often enough; NaN if not even the lowest does."""
    low: float
    """Largest up to which the lower end of the interval of the share that survives is high enough; NaN if none is."""
    high: float
    """Largest up to which its upper end is: the interval of the leverage is `low` to `high`."""
    table: pd.DataFrame
    """By `leverage`: `survived`, `share`, and the Wilson interval of the share `low` to `high`."""
    safe_again: tuple[float, ...]
    """Higher leverages tried at which enough survive once more."""

    def __str__(self) -> str:
        """In a sentence or two."""
        what = {"called": "a call beyond the buffer", "forced_sale": "a forced sale", "defaulted": "default"}[
            self.until
        ]
        share = formatting.percent(self.probability, 0 if round(100 * self.probability, 6) % 1 == 0 else 2)
        if np.isnan(self.leverage):
            return f"Not even {formatting.times(_LEAST)} goes without {what} in {share} of {self.of:,}."
        ends = ["none" if np.isnan(end) else formatting.times(end) for end in (self.low, self.high)]
        text = (
            f"{formatting.times(self.leverage)} is the largest leverage without {what} in {share} of {self.of:,} "
            f"({formatting.percent(self.confidence, 0)} interval {ends[0]} to {ends[1]})."
        )
        if self.safe_again:
            some = formatting.listing([formatting.times(one) for one in self.safe_again[:3]])
            text += f" Not monotone: enough survive again at {some}."
        return text


def largest_leverage(
    of: Paths | str | Path | Scenario | Sequence[str | Path | Scenario],
    probability: float = 0.95,
    until: str = "defaulted",
    *,
    scenario: str | Path | Scenario = "april-2025",
    contract: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    execution: Execution | None = None,
    **terms: Any,
) -> LargestLeverage:
    """Find the largest leverage that survives a set with a given probability.

    Parameters
    ----------
    of
        Generated paths (`generate`), or scenarios. A leverage that haircut and margin do not let in does not survive.
    probability
        Share of the set that is to survive.
    until
        What it is to survive: 'called', 'forced_sale' or 'defaulted', or worse.
    scenario
        Whose first day and terms generated paths begin from.
    confidence
        Of the interval for the chance of the draw; scenarios chosen by hand are no draw, and it says little of them.
    contract, execution, **terms
        See `breaking_point`.

    Raises
    ------
    InputError
        One sentence on the first thing that is wrong with what was given.
    """
    check_share("confidence", confidence)
    if probability != 1.0:
        check_share("probability", probability)
    if until not in UNTIL:
        raise InputError(f"until: {until!r} given{did_you_mean(until, UNTIL)}; allowed are {', '.join(UNTIL)}")
    for name in ("leverage", "buffer"):
        if name in terms:
            raise InputError(f"{name}: given, but the leverage is what is sought; drop it")
    base = validated(CashFuturesBasis, terms, "largest leverage")
    if isinstance(of, Paths):
        if not len(of):
            raise InputError("largest leverage: no paths given, needed is one or more; generate some")
        data = entry_market(scenario, contract, of.changes.shape[1])
        survivors, size = _of_paths(of, data, base, execution, until), len(of)
        top = _most([data], base)
    else:
        chosen = [of] if isinstance(of, (str, Path, Scenario)) else list(of)
        if not chosen:
            raise InputError("largest leverage: no scenarios given, needed is one or more; name some")
        codes = chosen_contracts(contract)
        data_of = [market_data(one if isinstance(one, Scenario) else load_scenario(one), codes) for one in chosen]
        survivors, size = _of_scenarios(data_of, base, execution, until), len(chosen)
        top = _most(data_of, base)
    return _searched(survivors, size, (_LEAST, max(top, 2 * _LEAST)), probability, until, confidence)


def _searched(
    survivors: Counts, size: int, span: tuple[float, float], probability: float, until: str, confidence: float
) -> LargestLeverage:
    """Try a grid, then a finer one in every step in which the share, or an end of its interval, falls short."""
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
    short = (table[column] < probability).to_numpy()
    return int(short.argmax()) - 1 if short.any() else len(table) - 1


def _table(levels: Floats, survived: Integers, size: int, confidence: float) -> pd.DataFrame:
    """Shares that survive, with their intervals."""
    low, high = wilson(survived, size, confidence)
    return pd.DataFrame({"leverage": levels, "survived": survived, "share": survived / size, "low": low, "high": high})


def _of_paths(of: Paths, data: MarketData, base: CashFuturesBasis, execution: Execution | None, until: str) -> Counts:
    """Count surviving paths."""

    def survivors(levels: Floats) -> Integers:
        counts = np.zeros(len(levels), np.int64)
        parts = (of.part(start, min(start + _CHUNK, len(of))) for start in range(0, len(of), _CHUNK))
        for rows in run_chunks(data, parts, base, execution, levels):
            counts += (rows["outcome"] < UNTIL[until]).sum(axis=0)
        return counts

    return survivors


def _of_scenarios(
    data: Sequence[MarketData], base: CashFuturesBasis, execution: Execution | None, until: str
) -> Counts:
    """Count surviving scenarios."""
    books = [prepare(priced_market(one), base, execution) for one in data]

    def survivors(levels: Floats) -> Integers:
        fates = np.array([book.outcomes({"leverage": levels})["outcome"] for book in books])
        return np.asarray((fates < UNTIL[until]).sum(axis=0))

    return survivors


def _most(data: Sequence[MarketData], base: CashFuturesBasis) -> float:
    """The most that any of the set lets in, and a little more, up to 1000x."""
    tops = []
    for one in data:
        market = priced_market(one)
        asked = float(base.books(market, base.legs(market), {}, 1).sizes.required[0])
        tops.append(min(1.02 / max(asked, 1e-3), 1000.0))
    return max(tops)
