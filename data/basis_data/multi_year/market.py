"""Market of a window of years: contract-months of each quarter, a pair in each, notes on the run, swaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.contract_months import ContractMonth, contract_months
from basis_data.markets.observed_basis import ObservedBasis, dislocation_bp, observed_basis
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.markets.swaps import NOTIONAL_USD
from basis_data.markets.yield_paths import ALWAYS_NEEDED
from basis_data.multi_year.pairs import MultiYearPairs, multi_year_pairs
from basis_data.multi_year.rates import Expectations, multi_year_data
from basis_data.multi_year.signals import engine_market, signals_of
from basis_data.multi_year.swaps import SWAP_TENORS, MultiYearSwaps, multi_year_swaps, with_swaps
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import DateLike, Days, day, mark_days
from basis_data.tables.reader import read
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError
from basis_engine.simulation.world import Market, Records

Array = NDArray[np.float64]

FIRST_DAY = "2018-04-02"
"""First day of SOFR."""
NOTES_KNOWN = np.timedelta64(35, "D")
"""After the newest note was issued: later, notes that the data do not hold are on the run."""
CODES = ("TU", "FV", "TY", "US")
TERMS = (2, 5, 10, 30)
"""Terms in years at issue of the notes held without futures."""


@dataclass(frozen=True)
class MultiYearMarket:
    """m days, p pairs, h hedges: k contract-months, a column for each term of notes without futures, swaps.

    Each value is known on its day: baskets at listing, notes at entry, spreads and rates that day.
    """

    priced: PricedMarket
    """Contract-months as contracts: `priced.data.futures` and all [m, k] arrays are by contract-month."""
    months: tuple[ContractMonth, ...]
    """[k]"""
    basis: ObservedBasis
    pairs: MultiYearPairs
    market: Market
    """Quotes for the engine: notes [m, p] of the pairs, futures [m, h]."""
    hedges: tuple[str, ...]
    """[h] 'TY 2019-06'; '10Y' for notes without futures (price 100, no margin); '10Y swap 2020-03'."""
    is_swap: NDArray[np.bool_]
    """[h] whether the hedge is a cleared swap; swaps have their own clearing house."""
    notionals: Array
    """[h] USD per contract."""
    initial_margin: Array
    """[m, h] USD per contract; constant outside the life of a contract-month."""
    margin_assumed: NDArray[np.bool_]
    """[m, h] whether the margin is from an assumed leverage, because no public level exists."""
    observed: NDArray[np.bool_]
    """[m, h] whether dislocation or swap spread is from published data; false for notes without futures."""
    signals: Records
    """[m, p] rows of `basis_engine.simulation.signals.Signal`."""

    @property
    def dates(self) -> Days:
        """[m] business days."""
        return self.priced.data.dates.astype("datetime64[D]")


def last_day() -> np.datetime64:
    """Last day of the tables in use with a whole par curve and SOFR, at most five weeks after the newest note."""
    yields = read("par_yields").set_index("date")[[*ALWAYS_NEEDED, "y_30y_pct"]].dropna()
    rates = read("repo").set_index("date")["sofr_pct"].dropna()
    known = read("securities")["issue_date"].max() + NOTES_KNOWN
    whole = yields.index.intersection(rates.index)
    return np.datetime64(whole[whole <= known].max(), "D")


def multi_year_market(
    start: DateLike = FIRST_DAY,
    end: DateLike | None = None,
    codes: Sequence[str] = CODES,
    *,
    terms: Sequence[int] = TERMS,
    haircut: float = 0.0,
    scenario_repo_bp: float = 0.0,
    cash_spread_bp: float = 0.0,
    expectations: Expectations = "bills",
    basis: Literal["observed", "none"] = "observed",
    swap_tenors: Sequence[int] = SWAP_TENORS,
    swap_spreads: Path | None = None,
) -> MultiYearMarket:
    """Build the market of all business days from start to end, one mark a day at 15:00 New York.

    Parameters
    ----------
    start, end
        From 2018-04-02, the first day of SOFR, to `last_day`, which is also the default.
    codes
        Contract codes, each once.
    terms
        Years at issue of the notes without futures: of 2, 5, 10, 30.
    haircut
        Of all repo collateral, decimal share of market value.
    repo_spread_bp, cash_spread_bp
        Repo costs SOFR plus the first; cash earns SOFR minus the second.
    expectations
        Rate that carries notes to delivery: 'bills' (`basis_data.markets.expectations.expected_repo`) or 'overnight'
        (`basis_data.markets.expectations.overnight_rate`).
    basis
        'observed': the published basis, to August 2024, as a dislocation; 'none': fair futures throughout.
    swap_tenors
        Tenors in years of swap-spread trades, which exist where swap spreads are known; () for none.
    swap_spreads
        The user's own swap spreads (data/basis_data/SCHEMA.md); by default the two windows that come with the program.

    Four contracts and eight years take about 3 s and 0.3 GB.

    Raises
    ------
    InputError
        If the window has fewer than two business days or leaves the data, or a parameter is out of range.
    """
    _check("expectations", expectations, ("bills", "overnight"))
    _check("basis", basis, ("observed", "none"))
    for term in terms:
        _check("terms", term, TERMS)
    if day(start) < day(FIRST_DAY):
        raise InputError(
            f"market of years, start: {start} given, allowed is {FIRST_DAY}, the first day of SOFR, or later"
        )
    last = last_day()
    end = last if end is None else end
    for name, given_day, is_allowed in (("start", start, day(start) < last), ("end", end, day(end) <= last)):
        if not is_allowed:
            raise InputError(
                f"market of years, {name}: {given_day} given, the last day of the data in use is {last}; give an "
                "earlier one, or refresh the data"
            )
    given = {"contracts": tuple(codes), "curve": "par", "haircut": haircut}
    spreads_bp = {"scenario_repo_bp": scenario_repo_bp, "cash_spread_bp": cash_spread_bp}
    window = {"name": "market of years", "start": str(day(start)), "end": str(day(end))}
    scenario = validated(Scenario, {**window, **given, **spreads_bp}, "market of years")
    days = mark_days(scenario.start, scenario.end)
    if len(days) < 2:
        raise InputError(f"market of years: {start} to {end} holds {len(days)} business days; give at least 2")
    months = contract_months(scenario.contracts, days)
    fair = priced_market(multi_year_data(scenario, days, months, expectations))
    measured = observed_basis(fair, months, scenario.contracts)
    path = dislocation_bp(measured, months, days, fair.data.settle)
    cheapened = replace(fair, data=replace(fair.data, dislocation_bp=path))
    priced = cheapened if basis == "observed" else fair
    pairs = multi_year_pairs(priced, months, tuple(terms))
    swaps = multi_year_swaps(priced.data, pairs, tuple(swap_tenors), swap_spreads)
    return _quoted(priced, months, measured, pairs, swaps, tuple(terms))


def _check(name: str, given: object, allowed: Sequence[object]) -> None:
    """Refuse a value that is not among those allowed."""
    if given not in allowed:
        raise InputError(f"market of years, {name}: {given!r} given, allowed are {', '.join(map(str, allowed))}")


def _quoted(
    priced: PricedMarket,
    months: tuple[ContractMonth, ...],
    basis: ObservedBasis,
    pairs: MultiYearPairs,
    swaps: MultiYearSwaps,
    terms: tuple[int, ...],
) -> MultiYearMarket:
    """Quote the pairs, add swap-spread trades and compute each day's signals."""
    data, marks = priced.data, len(priced.data.dates)
    market = engine_market(priced, pairs, terms)
    none, q = np.zeros((marks, len(terms))), len(swaps.names)
    every = np.ones((marks, q))
    observed = basis.observed[:, [basis.codes.index(code) for code in priced.codes]] & bool(data.dislocation_bp.any())
    assumed = np.column_stack([np.isnan(future.margin.usd) for future in data.futures])
    margin = np.hstack([priced.initial_margin, none, every * swaps.margin_usd])
    notionals = np.array([*priced.notionals, *([NOTIONAL_USD] * (len(terms) + q))])
    mark = np.arange(marks)[:, None]
    quoted = (mark >= swaps.rows["first_mark"]) & (mark <= swaps.rows["last_mark"])
    flags = np.hstack([observed, none, quoted]) > 0
    pairs, market = with_swaps(pairs, market, swaps)
    signals = signals_of(priced, market, pairs, margin / notionals, flags)
    # Besides repo, a note hedged by a swap earns its yield less the fixed rate.
    signals["implied_repo"][:, len(signals[0]) - q :] -= swaps.spread_bp / 1e4
    return MultiYearMarket(
        priced=priced,
        months=months,
        basis=basis,
        pairs=pairs,
        market=market,
        hedges=(*(month.name for month in months), *(f"{term}Y" for term in terms), *swaps.hedges),
        is_swap=np.arange(len(notionals)) >= len(notionals) - q,
        notionals=notionals,
        initial_margin=margin,
        margin_assumed=np.hstack([assumed, none, every]) > 0,
        observed=flags,
        signals=signals,
    )
