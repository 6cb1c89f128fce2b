"""Costs never exceed the price: no sale fetches less than zero, and every loss has a party."""

import numpy as np
import pytest

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import EventKind, LogEvent, Party, PnlLine, Unwind
from basis_engine.simulation.schedule import DatedEvent, other_loss
from support.laws import check
from support.worlds import Shape, hand_made, random_world

ABSURD = {"bond_cost": 1e6, "futures_cost": 1e6, "impact": 1e9, "seizure_cost": 10.0}


def test_a_sale_at_any_cost_fetches_nothing_and_not_less() -> None:
    """A sale costs its notes and as much in futures; the fund's lenders lose all they lent."""
    loss = [DatedEvent(2, EventKind.OTHER_LOSS, 600, 5e5, fund=0)]
    books = check(hand_made([100.0] * 8, contract=ABSURD, dated=loss))
    cost = -books.lines[:, 0, PnlLine.COST].sum()
    assert cost == pytest.approx(4e7)  # the price of the notes, and that of the futures
    losses = books.run.parties["loss"]
    assert losses[Party.REPO_LENDER] > 0.0
    assert losses.sum() == pytest.approx(cost + 5e5 - 1e6)


def test_a_seizure_at_any_cost_fetches_nothing_and_not_less() -> None:
    """The lender loses its loan of 19.6m, and no more."""
    loss = [DatedEvent(2, EventKind.OTHER_LOSS, 600, 5e5, fund=0)]
    fund = {"unwind": Unwind.HOLD}
    books = check(hand_made([100.0] * 8, fund=fund, contract=ABSURD, dated=loss))
    assert LogEvent.SEIZURE in books.run.log["what"]
    assert books.run.parties["loss"][Party.REPO_LENDER] == pytest.approx(0.98 * 2e7)


@pytest.mark.parametrize("seed", range(30))
def test_the_laws_hold_at_any_cost(seed: int) -> None:
    """Funds with several positions, some of them short, whose costs are up to a million times the usual."""
    setup = random_world(seed, Shape())
    for name in ("bond_cost", "futures_cost", "impact"):
        setup.contracts[name] *= 10.0 ** np.random.default_rng(seed).uniform(0, 6)
    books = check(setup)
    lost = books.run.attribution[:, :, PnlLine.DEFAULT_LOSS].sum()
    books.near(lost, books.run.parties["loss"].sum())
    books.near(lost, books.run.outcomes["loss_beyond_equity"].sum())


def test_a_loss_on_the_day_of_entry_is_paid_the_next_morning() -> None:
    books = check(hand_made([100.0] * 6, dated=[other_loss(0, 1e5, 0)]))
    np.testing.assert_array_equal(books.lines[:2, 0, PnlLine.OTHER_LOSS], [0.0, -1e5])
    paid = books.run.log[books.run.log["what"] == LogEvent.CALL_PAID]
    first = books.run.log[books.run.log["what"] == LogEvent.OTHER_LOSS]
    assert (paid["time"][0] - first["time"][0], paid["amount"][0]) == (30, 1e5)  # from 08:30 to 09:00


@pytest.mark.parametrize("day", [0, 6])
def test_no_event_is_on_the_day_of_entry_or_after_the_last(day: int) -> None:
    with pytest.raises(InputError, match=f"engine: REDEMPTION on day {day}, allowed is 1 to 5"):
        hand_made([100.0] * 6, dated=[DatedEvent(day, EventKind.REDEMPTION, 600, 1e5, fund=0)])
