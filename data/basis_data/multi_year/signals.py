"""Quotes of a window of years for the engine, and each day's signals of its pairs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.expectations import expected_repo
from basis_data.markets.on_the_run import spreads
from basis_data.markets.pricing import PricedMarket
from basis_data.multi_year.pairs import MultiYearPairs
from basis_data.tables.reader import read
from basis_engine.simulation.market import held_market
from basis_engine.simulation.quotes import quote_outrights
from basis_engine.simulation.rows import FuturesQuote, NoteQuote, empty_rows
from basis_engine.simulation.signals import VOLATILITY_MARKS, Signal, SignalInputs, fill_signals
from basis_engine.simulation.world import Market, Records

Array = NDArray[np.float64]

NO_HEDGE_PRICE = 100.0
"""Price in points, at all marks, of the hedge column of a note without futures."""


def engine_market(market: PricedMarket, pairs: MultiYearPairs, terms: Sequence[int]) -> Market:
    """Quote notes [marks, pairs] and futures [marks, contract-months and terms]; constant outside each life."""
    hedged = pairs.rows["hedged"]
    held = held_market(
        market.path, market.baskets, market.priced, pairs.rows["note"][hedged], market.data.dislocation_bp
    )
    marks = len(market.data.dates)
    notes = _rows(NoteQuote, marks, len(hedged))
    notes[:, hedged] = held.notes
    alone = _rows(NoteQuote, marks, int((~hedged).sum()))
    if alone.size:
        over = spreads(pairs.outrights, market.data.settle)
        quote_outrights(market.path, pairs.rows[~hedged], over, alone)
        notes[:, ~hedged] = alone
    futures = _rows(FuturesQuote, marks, len(market.codes) + len(terms))
    futures["price"] = NO_HEDGE_PRICE
    futures[:, : len(market.codes)] = held.futures
    return Market(held.marks, notes, futures)


def signals_of(
    market: PricedMarket, seen: Market, pairs: MultiYearPairs, margin: Array, observed: NDArray[np.bool_]
) -> Records:
    """Compute the signals of all pairs [marks, pairs].

    Parameters
    ----------
    seen
        Quotes, as `engine_market` returns them.
    margin
        [m, h] USD per USD of notional.
    observed
        [m, h] whether the dislocation is from published data.
    """
    data = market.data
    alone = margin.shape[1] - len(market.codes)
    haircut = np.hstack([data.haircut, np.tile(data.other_haircut[:, None], alone)])
    quarter = expected_repo(market.data.dates.astype("datetime64[D]")) + data.scenario.scenario_repo_bp / 1e4
    expected = np.hstack([market.path.repo, np.tile(quarter[:, None], alone)])
    terms = SignalInputs(
        data.repo_rate, expected, haircut, margin, observed.astype(np.float64), _yield_volatility(market)
    )
    signals = _rows(Signal, len(data.dates), len(pairs.rows))
    room = np.zeros(len(data.dates))
    fill_signals(market.path, market.baskets, market.priced, seen, terms, pairs.rows, room, signals)
    return signals


def _yield_volatility(market: PricedMarket) -> Array:
    """Standard deviation of the last 20 daily changes of the 10-year par yield, decimal [m]."""
    data = market.data
    yields = read("par_yields").set_index("date")["y_10y_pct"].dropna()
    rolling = (yields.diff() / 100).rolling(VOLATILITY_MARKS, min_periods=2).std()
    days = pd.DatetimeIndex(data.dates.astype("datetime64[D]"))
    volatility: Array = rolling.reindex(days).ffill().fillna(0.0).to_numpy(np.float64)
    return volatility


def _rows(row: type, marks: int, columns: int) -> Records:
    """Zeroed rows [marks, columns]."""
    return empty_rows(row, marks * columns).reshape(marks, columns)
