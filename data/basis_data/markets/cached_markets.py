"""Priced markets of scenarios, kept by the content of their inputs: a new leverage does not price its market again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.data_in_use import on_new_data
from basis_data.tables.files import read_bytes
from basis_engine.base.errors import InputError

MARKETS = 256
"""Markets kept in a process, of about 0.2 MB each: those of an outcome map with a market for each level, and more."""


@dataclass(frozen=True)
class _Inputs:
    """Inputs of a market, compared by content: parts of a scenario hold tables, which can be changed in place."""

    text: str
    files: tuple[str, ...]
    contracts: tuple[str, ...] | None
    snapshot_prices: bool
    scenario: Scenario = field(compare=False)


def scenario_market(
    scenario: Scenario, contracts: Sequence[str] | None = None, *, snapshot_prices: bool = True
) -> PricedMarket:
    """Price a scenario's market for its contracts or those given, once for equal inputs; never change its arrays.

    ``snapshot_prices`` is that of `basis_data.markets.market_data.market_data`.

    Raises
    ------
    InputError
        As `basis_data.markets.market_data.market_data`.
    """
    chosen = None if contracts is None else tuple(contracts)
    try:
        files = tuple(_digests(scenario))
    except InputError:  # a run that needs the file says what is wrong with it
        return priced_market(market_data(scenario, chosen, snapshot_prices=snapshot_prices))
    return _priced(_Inputs(scenario.model_dump_json(), files, chosen, snapshot_prices, scenario))


@lru_cache(maxsize=MARKETS)
def _priced(inputs: _Inputs) -> PricedMarket:
    """Price a market; threads that ask for it at the same time may each price it."""
    return priced_market(market_data(inputs.scenario, inputs.contracts, snapshot_prices=inputs.snapshot_prices))


on_new_data(_priced.cache_clear)


def _digests(scenario: Scenario) -> list[str]:
    """Digests of the user's own files that a scenario names."""
    given = [path for _, path in scenario.files if path is not None]
    return [hashlib.sha256(read_bytes(path, "the path of a CSV file")).hexdigest() for path in given]
