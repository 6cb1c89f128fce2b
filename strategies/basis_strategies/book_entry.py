"""The positions of a user's book at the first mark of a market: the note of each, its size, haircut and margin.

A row of positions may state futures, notes or both. What is blank is the hedge of the other by conversion factor.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from basis_data.markets.books import QUARTERS_ON, later_month
from basis_data.markets.pricing import PricedMarket
from basis_engine.base.errors import InputError
from basis_engine.simulation.world import Floats, Integers
from basis_strategies.entry_sizing import Needs


@dataclass(frozen=True)
class Entries:
    """Positions of a book at the first mark, a row each."""

    contract: Integers
    """Index in the market's contracts."""
    note: Integers
    """Row of the market's stacked baskets."""
    face: Floats
    """USD; negative: sold short."""
    contracts: Floats
    """Negative: short."""
    haircut: Floats
    dirty: Floats
    """Points."""
    margin: Floats
    """Initial margin, USD per contract."""
    futures_per_face: Floats
    """Futures that hedge a dollar of face, by conversion factor."""

    def needs(self) -> Needs:
        """Value of notes, haircut and initial margin of each position, USD."""
        values = np.abs(self.face) * self.dirty / 100
        return Needs(values, self.haircut * values, np.abs(self.contracts) * self.margin)


def entries(positions: pd.DataFrame, market: PricedMarket, source: str) -> Entries:
    """Choose the note of every position, and its size where it is not given.

    Raises
    ------
    InputError
        If a note named is not deliverable into its contract.
    """
    contract = _contracts(positions, market)
    note = _notes(positions, contract, market, source)
    dirty = market.entry_dirty[note]
    notional = np.array(market.notionals)[contract]
    per_face = market.baskets.factor[note] / notional
    given, face = positions["contracts"].to_numpy(np.float64), positions["face_usd"].to_numpy(np.float64)
    own = market.data.haircut[0][contract]
    haircut = positions["haircut"].to_numpy(np.float64)
    return Entries(
        contract=contract,
        note=note,
        face=np.where(np.isnan(face), -given / per_face, face),
        contracts=np.where(np.isnan(given), -np.round(face * per_face), given),
        haircut=np.where(np.isnan(haircut), own, haircut),
        dirty=dirty,
        margin=market.entry_margins[contract],
        futures_per_face=per_face,
    )


def _contracts(positions: pd.DataFrame, market: PricedMarket) -> Integers:
    """Index of each position's contract in the market: its own month, or as many quarters after the market's first."""
    futures = market.data.futures
    months = {future.delivery_month for future in futures}
    front = min(months)
    place = {(future.code, future.delivery_month): c for c, future in enumerate(futures)}
    first = {code: market.codes.index(code) for code in market.codes}
    found = []
    for code, month, ahead in zip(
        positions["contract"], positions["delivery_month"], positions[QUARTERS_ON], strict=True
    ):
        held = month
        if month and later_month(month, -int(ahead)) not in months:  # a book of another date
            held = later_month(front, int(ahead))
        found.append(place.get((code, held), first[code]))
    return np.array(found, np.int64)


def _notes(positions: pd.DataFrame, contract: Integers, market: PricedMarket, source: str) -> Integers:
    """Rows of the stacked baskets: the note named, or the cheapest to deliver at the first mark.

    A book of another delivery month holds the cheapest, because its own notes are not deliverable here.
    """
    note: Integers = market.priced.cheapest[0][contract].astype(np.int64)
    month = np.array([future.delivery_month for future in market.data.futures])[contract]
    stated = positions["delivery_month"].to_numpy(str)
    named = (positions["cusip"] != "").to_numpy() | positions["maturity"].notna().to_numpy()
    for row in np.flatnonzero(named):
        c = int(contract[row])
        basket = range(*market.baskets.start[c : c + 2].tolist())
        where, record = positions.index.tolist()[row], positions.iloc[row]
        if record["cusip"]:
            found = [number for number in basket if market.cusips[number] == record["cusip"]]
            what = f"cusip: {record['cusip']}"
        else:
            matures = int(np.datetime64(record["maturity"], "D").astype(np.int64))
            found = [
                number
                for number in basket
                if market.baskets.maturity[number] == matures
                and abs(100 * market.baskets.coupon[number] - record["coupon_pct"]) < 1e-9
            ]
            what = f"coupon_pct and maturity: {record['coupon_pct']:g} of {np.datetime64(matures, 'D')}"
        if found:
            note[row] = found[0]
        elif stated[row] in ("", month[row]):
            raise InputError(
                f"{source}, row {where}, {what} given, which is not deliverable into {market.codes[c]} {month[row]}; "
                f"allowed are {len(basket)} notes such as {market.cusips[int(note[row])]}, or blank for the cheapest"
            )
    return note
