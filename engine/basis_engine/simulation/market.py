"""The priced path: every deliverable note on the curve of every mark, the fair future, and the notes held.

The fair future is the basket's minimum of forward / conversion factor, less an option value (a parameter, 0 by
default). The cheapest-to-deliver is re-chosen at each mark as the note of highest implied repo.
"""

from typing import NamedTuple

import numpy as np

from basis_engine.base.compile import callee, kernel, pass_by_pointer
from basis_engine.base.units import Points, Rate
from basis_engine.bonds.curves import NODE_TIMES, clean_price_on_curve, par_discount_nodes
from basis_engine.bonds.delivery import carry, forward_price, futures_from_forward, implied_repo
from basis_engine.bonds.prices import accrued_interest, coupons_between
from basis_engine.simulation.rows import FuturesQuote, Mark, NoteQuote, empty_rows
from basis_engine.simulation.world import Floats, Integers, Market, RowTable


class CurvePath(NamedTuple):
    """Inputs of every mark for pricing."""

    time: Integers  # [marks] minutes UTC
    value_date: Integers  # [marks] days, settlement of a cash trade
    curve_kind: int  # basis_engine.bonds.curves.PAR or SVENSSON
    curves: Floats  # [marks, parameters] log discount factors at NODE_TIMES, or Svensson parameters
    repo: Floats  # [marks, contracts] decimal per year, the rate that carries notes to delivery


class Baskets(NamedTuple):
    """Deliverable notes of all contracts, stacked: the notes of contract c are rows start[c] to start[c + 1] - 1."""

    start: Integers  # [contracts + 1]
    coupon: Floats  # [notes] decimal per year
    maturity: Integers  # [notes] days
    factor: Floats  # [notes] conversion factors
    spread: Floats  # [marks, notes] decimal per year over the curve
    known_mark: Integers  # [notes] mark from which the note is in the basket: issued by then
    first_delivery: Integers  # [contracts] days
    last_delivery: Integers  # [contracts] days
    first_mark: Integers  # [contracts] mark from which contract and notes are priced
    final_mark: Integers  # [contracts] mark of the final settlement; past the path if it is not reached
    last_mark: Integers  # [contracts] mark up to which its notes are priced: delivered by then
    option_value: Floats  # [contracts] points


class Priced(NamedTuple):
    """Prices of a path."""

    clean: Floats  # [marks, notes] points
    futures: Floats  # [marks, contracts] points
    cheapest: Integers  # [marks, contracts] row of the cheapest-to-deliver
    delivery: Integers  # [marks, contracts] days, when the cheapest is best delivered


def par_curves(tenors: Floats, yields: Floats) -> Floats:
    """Return log discount factors [marks, nodes] of par yields [marks, tenors], decimal; NaN: no such tenor."""
    curves = np.empty((len(yields), len(NODE_TIMES)))
    bootstrap_rows(tenors, yields, NODE_TIMES, curves)
    return curves


@kernel
def bootstrap_rows(tenors: Floats, yields: Floats, node_times: Floats, curves: Floats) -> None:
    """Bootstrap each row."""
    for m in range(len(yields)):
        par_discount_nodes(tenors, yields[m], node_times, curves[m])


def price_path(path: CurvePath, baskets: Baskets) -> Priced:
    """Price every note and every contract at every mark."""
    marks, notes, contracts = len(path.time), len(baskets.coupon), len(baskets.first_delivery)
    priced = Priced(
        np.empty((marks, notes)),
        np.empty((marks, contracts)),
        np.empty((marks, contracts), np.int64),
        np.empty((marks, contracts), np.int64),
    )
    price_rows(path, baskets, priced)
    return priced


@kernel
def price_rows(path: CurvePath, baskets: Baskets, priced: Priced) -> None:
    """Price mark by mark; prices are constant after final settlement and outside a contract's life."""
    path, baskets, priced = pass_by_pointer(path), pass_by_pointer(baskets), pass_by_pointer(priced)
    for m in range(len(path.time)):
        for c in range(len(baskets.first_delivery)):
            if baskets.first_mark[c] <= m <= baskets.last_mark[c]:
                price_notes(path, baskets, priced, m, c)
                if m > baskets.final_mark[c]:
                    keep_contract(priced, m, m - 1, c)
                else:
                    price_contract(path, baskets, priced, m, c)
    for c in range(len(baskets.first_delivery)):
        hold_constant(baskets, priced, c)


@callee
def price_notes(path: CurvePath, baskets: Baskets, priced: Priced, m: int, c: int) -> None:
    """Price every note of a contract's basket on the curve."""
    for n in range(baskets.start[c], baskets.start[c + 1]):
        priced.clean[m, n] = clean_price_on_curve(
            path.curve_kind,
            path.curves[m],
            baskets.coupon[n],
            baskets.maturity[n],
            path.value_date[m],
            baskets.spread[m, n],
        )


@callee
def keep_contract(priced: Priced, m: int, source: int, c: int) -> None:
    """Copy a contract's prices from another mark."""
    priced.futures[m, c] = priced.futures[source, c]
    priced.cheapest[m, c] = priced.cheapest[source, c]
    priced.delivery[m, c] = priced.delivery[source, c]


@callee
def hold_constant(baskets: Baskets, priced: Priced, c: int) -> None:
    """Hold prices of a contract and its notes constant before its first mark and after its last."""
    first, last = baskets.first_mark[c], baskets.last_mark[c]
    for m in range(len(priced.futures)):
        if m < first or m > last:
            source = first if m < first else last
            keep_contract(priced, m, source, c)
            for n in range(baskets.start[c], baskets.start[c + 1]):
                priced.clean[m, n] = priced.clean[source, n]


@callee
def price_contract(path: CurvePath, baskets: Baskets, priced: Priced, m: int, c: int) -> None:
    """Price: fair future = basket minimum of forward / factor less option value; cheapest = highest implied repo."""
    futures = fair_future(path, baskets, priced, m, c, path.repo[m, c])
    priced.futures[m, c] = futures
    highest = -np.inf
    for n in range(baskets.start[c], baskets.start[c + 1]):
        if m < baskets.known_mark[n]:
            continue
        delivery = best_delivery(path, baskets, priced, m, c, n, path.repo[m, c])
        rank = delivery_rank(path, baskets, priced, m, n, futures, delivery)
        if rank > highest:
            highest = rank
            priced.cheapest[m, c] = n
            priced.delivery[m, c] = delivery


@callee
def fair_future(path: CurvePath, baskets: Baskets, priced: Priced, m: int, c: int, repo: Rate) -> Points:
    """Return the basket minimum of forward / factor at a repo rate, less the option value."""
    lowest = np.inf
    for n in range(baskets.start[c], baskets.start[c + 1]):
        if m >= baskets.known_mark[n]:
            lowest = min(lowest, future_from(path, baskets, priced, m, c, n, repo))
    fair: float = lowest - baskets.option_value[c]
    return fair


@callee
def future_from(path: CurvePath, baskets: Baskets, priced: Priced, m: int, c: int, n: int, repo: Rate) -> Points:
    """Return the future at which a note would be delivered without gain: forward / factor at a repo rate."""
    forward = forward_price(
        priced.clean[m, n],
        baskets.coupon[n],
        baskets.maturity[n],
        path.value_date[m],
        best_delivery(path, baskets, priced, m, c, n, repo),
        repo,
    )
    future: float = futures_from_forward(forward, baskets.factor[n])
    return future


@callee
def best_delivery(path: CurvePath, baskets: Baskets, priced: Priced, m: int, c: int, n: int, repo: Rate) -> int:
    """Deliver on the last day while carry is positive, on the first that is left while it is negative."""
    last: int = baskets.last_delivery[c]
    earned: float = carry(priced.clean[m, n], baskets.coupon[n], baskets.maturity[n], path.value_date[m], last, repo)
    if earned >= 0.0:
        return last
    first: int = max(baskets.first_delivery[c], path.value_date[m])
    return min(first, last)


@callee
def delivery_rank(
    path: CurvePath, baskets: Baskets, priced: Priced, m: int, n: int, futures: float, delivery: int
) -> float:
    """Return implied repo; on the delivery day itself, the invoice price over the price of the note."""
    clean, factor = priced.clean[m, n], baskets.factor[n]
    if delivery <= path.value_date[m]:
        return float(futures * factor / clean)
    return implied_repo(clean, futures, factor, baskets.coupon[n], baskets.maturity[n], path.value_date[m], delivery)


def held_market(path: CurvePath, baskets: Baskets, priced: Priced, held: Integers, dislocation: Floats) -> Market:
    """Return the market of the positions: one column per held note (rows of the baskets), futures of every contract."""
    marks = empty_rows(Mark, len(path.time))
    marks["time"], marks["value_date"] = path.time, path.value_date
    notes = empty_rows(NoteQuote, len(path.time) * len(held)).reshape(len(path.time), len(held))
    notes["clean"] = priced.clean[:, held]
    futures = empty_rows(FuturesQuote, dislocation.size).reshape(dislocation.shape)
    futures["price"], futures["dislocation"] = priced.futures, dislocation
    contract_of = (np.searchsorted(baskets.start, held, side="right") - 1).astype(np.int64)
    fill_held(path, baskets, priced, held, contract_of, notes)
    split_futures(path, baskets, priced, futures)
    return Market(marks, notes, futures)


@kernel
def split_futures(path: CurvePath, baskets: Baskets, priced: Priced, futures: RowTable[FuturesQuote]) -> None:
    """Fill what changes of expected repo, and a switch of the cheapest note, add to the price of each future.

    The future is priced again at the repo rate of the mark before; then with the note that was the cheapest there.
    """
    path, baskets, priced = pass_by_pointer(path), pass_by_pointer(baskets), pass_by_pointer(priced)
    for c in range(len(baskets.first_delivery)):
        last = min(baskets.final_mark[c], baskets.last_mark[c])
        for m in range(baskets.first_mark[c] + 1, last + 1):
            quote, repo, before = futures[m, c], path.repo[m - 1, c], priced.cheapest[m - 1, c]
            as_before = fair_future(path, baskets, priced, m, c, repo)
            quote.expected_repo = priced.futures[m, c] - as_before
            quote.cheapest_switch = as_before - future_from(path, baskets, priced, m, c, before, repo)
            quote.cheapest_switch += baskets.option_value[c]


@kernel
def fill_held(
    path: CurvePath, baskets: Baskets, priced: Priced, held: Integers, contract_of: Integers, notes: RowTable[NoteQuote]
) -> None:
    """Fill accrued interest, coupons that fall due and convergence of the basis of each held note, while priced."""
    path, baskets, priced = pass_by_pointer(path), pass_by_pointer(baskets), pass_by_pointer(priced)
    for m in range(len(path.time)):
        for h in range(len(held)):
            c, n, quote = contract_of[h], held[h], notes[m, h]
            mark = min(max(m, baskets.first_mark[c]), baskets.last_mark[c])
            settle, coupon, maturity = path.value_date[mark], baskets.coupon[n], baskets.maturity[n]
            quote.accrued = accrued_interest(coupon, maturity, settle)
            if m == mark and m > baskets.first_mark[c]:
                before, repo, clean = path.value_date[m - 1], path.repo[m - 1, c], priced.clean[m - 1, n]
                delivery = priced.delivery[m - 1, c]
                quote.coupon_due = coupons_between(coupon, maturity, before, settle)
                if settle <= delivery:
                    earned: float = carry(clean, coupon, maturity, before, delivery, repo)
                    quote.convergence = earned - carry(clean, coupon, maturity, settle, delivery, repo)
