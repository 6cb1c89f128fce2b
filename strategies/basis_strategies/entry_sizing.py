"""Sizing at entry: face of notes for a fund's equity, for a book or for many at a time.

Arrays are [books] or [books, contracts]; the operations and their order, and so the bytes, do not depend on the number
of books.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.base.errors import InputError
from basis_engine.simulation.world import Floats


@dataclass(frozen=True)
class Legs:
    """Price, hedge and initial margin of each pair at the first mark."""

    notes: tuple[int, ...]
    """[pairs] rows of the market's stacked baskets."""
    dirty: Floats
    """[pairs] points."""
    futures_per_face: Floats
    """[pairs] futures sold per dollar of face."""
    margin: Floats
    """[pairs] initial margin, USD per contract."""
    contracts: tuple[int, ...]
    """[pairs] index in the market's contracts."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of books at entry."""

    required: Floats
    """[books] haircut and initial margin as a share of the notes' value."""
    leverage: Floats
    """[books] notes over equity; not positive and finite where haircut, margin and buffer allow no book."""
    equity: Floats
    """[books] USD."""
    face: Floats
    """[books] USD of face in each contract."""
    contracts: Floats
    """[books, pairs] negative: short."""
    may_be_unhedged: bool = False
    """Whether notes without futures are meant, as in a user's own book."""

    @property
    def unhedged(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        """[books] Whether the futures of a contract round to none, so that its notes would have no hedge."""
        return np.asarray((self.contracts == 0.0).any(axis=1)) & (not self.may_be_unhedged)


@dataclass(frozen=True)
class BookColumns:
    """Many books of a strategy, in columns named as the fields of `FundPlan` and `PositionPlan`."""

    sizes: Sizes
    funds: dict[str, Floats]
    """[books]"""
    positions: dict[str, NDArray[Any]]
    """[books, pairs]"""


@dataclass(frozen=True)
class Needs:
    """Value of notes, haircut and initial margin of books at entry, USD."""

    value: Floats
    haircut: Floats
    margin: Floats

    def exceed(self, equity: Floats | float) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        """Whether haircut and margin exceed equity; rounding is allowed, so that a zero buffer is affordable."""
        return np.asarray(self.haircut + self.margin > equity * (1 + 1e-12))


def total(legs: Floats) -> Floats:
    """Sum over the last axis, contracts, from first to last."""
    summed: Floats = np.asarray(legs[..., 0])
    for c in range(1, legs.shape[-1]):
        summed = summed + legs[..., c]
    return summed


def sizes(
    legs: Legs,
    haircut: Floats,
    margin_multiple: Floats,
    *,
    leverage: Floats | None = None,
    buffer: Floats | float = 0.0,
    equity: Floats | float = 0.0,
    notional: Floats | None = None,
    whole_contracts: bool = True,
) -> Sizes:
    """Size books by leverage, or by buffer where it is None; by notional, or by equity where it is None.

    Parameters
    ----------
    haircut
        [books, contracts]
    margin_multiple
        [books] multiple of the legs' initial margin
    """
    count = len(legs.notes)
    per_face = total(legs.dirty / 100)
    margins = legs.futures_per_face * (legs.margin * margin_multiple[:, None])
    required = total(haircut) / count + total(margins) / per_face
    if leverage is None:
        with np.errstate(divide="ignore"):
            leverage = 1 / (required + buffer)
    # Each contract has the same face in dollars, so that a book of several contracts has one notional.
    if notional is None:
        notional = equity * leverage * count / per_face
    face = notional / count
    contracts = face[:, None] * legs.futures_per_face
    return Sizes(
        required=required,
        leverage=leverage,
        equity=face * per_face / leverage,
        face=face,
        contracts=-np.round(contracts) if whole_contracts else -contracts,
    )


def refuse_unhedged(of: Sizes, book: int) -> None:
    """Refuse a book in which the futures of a contract round to none."""
    if of.unhedged[book]:
        raise InputError(
            f"equity: ${of.equity[book]:,.0f} at {of.leverage[book]:.3g}x is less than a future of each contract "
            "and would leave notes unhedged; raise equity, notional or leverage, or set whole_contracts to false"
        )


def needs(face: Floats, dirty: Floats, haircut: Floats, contracts: Floats, margin: Floats) -> Needs:
    """Compute value, haircut and margin of positions, summed over the last axis; ``margin`` is USD per contract."""
    values = face * dirty / 100
    return Needs(total(values), total(haircut * values), total(np.abs(contracts) * margin))
