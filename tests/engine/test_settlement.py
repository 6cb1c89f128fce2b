"""Repo, calls, clearing, unwinds and defaults, each function alone on a world of one position, in closed form.

The world has $20m of notes at par with a 2% haircut, 200 futures short at $1,000 of initial margin, $1m of equity and
$400,000 of free cash; see `support.worlds.hand_made`.
"""

from collections.abc import Mapping
from typing import Any

import pytest

import basis_engine.simulation.calls
import basis_engine.simulation.clearing
import basis_engine.simulation.defaults
import basis_engine.simulation.repo
import basis_engine.simulation.unwind
from basis_engine.base.compile import kernel
from basis_engine.simulation.names import EventKind, Party
from basis_engine.simulation.record import enter
from basis_engine.simulation.run import scratch_worlds
from basis_engine.simulation.world import World
from support.worlds import FIRST_DAY, hand_made

TERM = {"term_share": 0.5, "term_maturity": FIRST_DAY + 90}


def entered(fund: Mapping[str, float] | None = None, position: Mapping[str, float] | None = None) -> World:
    """A world just after entry, all arrays with the types of a run's."""
    setup = hand_made([100.0] * 3, fund=fund, position=position)
    worlds = scratch_worlds(setup, 1, 64)
    arrays: list[Any] = [array[0].view(array.dtype) for array in map(_as_array, worlds)]
    world = World(setup.market, *arrays)
    enter(world)
    return world


def _as_array(rows: Any) -> Any:
    """Rows of a batch as the array that they are."""
    return rows


@kernel
def amounts(world: World, not_rolled: float) -> tuple[float, float, float, float]:
    """Loan, roll, term surplus and spare liquidity of the only position, USD."""
    position = world.positions[0]
    return (
        basis_engine.simulation.repo.lendable(position, position.haircut, not_rolled),
        basis_engine.simulation.repo.roll_flow(position, not_rolled),
        basis_engine.simulation.repo.term_surplus(position),
        basis_engine.simulation.unwind.spare_liquidity(world, 0),
    )


@kernel
def raised(world: World, amount: float) -> bool:
    """Raise cash up to an amount."""
    return basis_engine.simulation.calls.raise_cash(world, 0, amount, -1)


@kernel
def cycle(world: World, due: int) -> None:
    """Run one clearing cycle."""
    basis_engine.simulation.clearing.clear(world, due)


@kernel
def order(world: World, gap: float) -> tuple[float, float]:
    """Market value to sell for a gap of cash, and the cash that the sale of everything releases, USD."""
    book = 20e6
    asked = basis_engine.simulation.unwind.cash_order(world, world.funds[0], gap, book, False)
    return asked, basis_engine.simulation.unwind.cash_freed(world, 0)


@kernel
def left_of(world: World, proceeds: float) -> float:
    """Apply the proceeds of a seizure to the loan of the only position; return the rest, USD."""
    return basis_engine.simulation.defaults.repay(world.positions[0], proceeds)


@kernel
def unpaid(world: World, clearing_house: int, claim: float) -> float:
    """Pay a clearing house from the estate; return what its member pays, USD."""
    return basis_engine.simulation.defaults.pay_clearing_house(world, 0, clearing_house, claim)


def test_overnight_lenders_advance_one_less_haircut_on_the_share_they_roll() -> None:
    lent, roll, _, spare = amounts(entered(), 0.25)
    assert lent == pytest.approx(0.75 * 0.98 * 20e6)
    assert roll == pytest.approx(-0.25 * 0.98 * 20e6)
    assert spare == pytest.approx(4e5)  # nothing is called; the share of the clock is zero


def test_a_term_loan_has_no_surplus_at_entry_and_a_deficit_of_the_rise_after_one() -> None:
    world = entered(position=TERM)
    assert amounts(world, 0.0)[2] == pytest.approx(0.0, abs=1e-6)
    world.positions[0].haircut = 0.05
    assert amounts(world, 0.0)[2] == pytest.approx(-0.03 * 10e6)


def test_cash_is_raised_from_credit_first_then_from_excess_collateral() -> None:
    """$450,000 with $20,000 of credit: the term lender returns the other $30,000 of its excess of $100,000."""
    world = entered({"credit_line": 2e4}, TERM)
    world.positions[0].haircut = 0.01
    assert raised(world, 4.5e5)
    assert world.funds[0].credit_drawn == pytest.approx(2e4)
    assert world.funds[0].cash == pytest.approx(4.5e5)
    assert world.positions[0].term == pytest.approx(0.98 * 10e6 + 3e4)
    assert not raised(world, 4.5e5 + 7e4 + 1.0)
    assert world.funds[0].cash == pytest.approx(4.5e5 + 7e4)


@pytest.mark.parametrize(
    ("open_margin", "margin", "kinds"),
    [
        (-3e5, 1000.0, [EventKind.VARIATION_CALL]),
        (3e5, 1000.0, [EventKind.VARIATION_CREDIT]),
        (0.0, 1500.0, [EventKind.INITIAL_CALL]),
        (0.0, 500.0, [EventKind.MARGIN_RELEASE]),
        (-3e5, 1500.0, [EventKind.VARIATION_CALL, EventKind.INITIAL_CALL]),
    ],
)
def test_a_clearing_cycle_calls_losses_and_missing_margin(
    open_margin: float, margin: float, kinds: list[EventKind]
) -> None:
    world = entered()
    world.positions[0].variation_open = open_margin
    world.contracts[0].initial_margin = margin
    cycle(world, int(world.clock[0].now) + 60)
    assert [world.queue[row].kind for row in range(world.clock[0].queued)] == kinds
    assert {world.queue[row].party for row in range(world.clock[0].queued)} == {Party.CLEARING_HOUSE}
    assert world.positions[0].variation_due == open_margin
    assert world.positions[0].variation_open == 0.0


def test_a_sale_for_cash_releases_haircut_and_initial_margin() -> None:
    """2% haircut and 1% margin: $600,000 of $20m, so that a gap of $150,000 takes a quarter of the book."""
    asked, freed = order(entered(), 1.5e5)
    assert freed == pytest.approx(6e5)
    assert asked == pytest.approx(5e6)
    assert order(entered(), 7e5)[0] == 20e6


@pytest.mark.parametrize(("proceeds", "rest", "owed"), [(15e6, 0.0, 4.6e6), (20e6, 4e5, 0.0), (-1e6, 0.0, 20.6e6)])
def test_a_lender_keeps_what_it_is_owed_of_the_proceeds(proceeds: float, rest: float, owed: float) -> None:
    world = entered()
    assert left_of(world, proceeds) == pytest.approx(rest)
    assert world.positions[0].overnight == pytest.approx(owed)


def test_the_member_pays_the_clearing_house_what_the_estate_cannot() -> None:
    world = entered()
    house, member = (float(world.parties[party].cash) for party in (Party.CLEARING_HOUSE, Party.CLEARING_MEMBER))
    assert unpaid(world, Party.CLEARING_HOUSE, 7e5) == pytest.approx(3e5)
    assert world.funds[0].cash == 0.0
    assert world.parties[Party.CLEARING_HOUSE].cash - house == pytest.approx(7e5)
    assert member - world.parties[Party.CLEARING_MEMBER].cash == pytest.approx(3e5)
