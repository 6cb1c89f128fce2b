"""Swap-spread trades: what they earn in closed form, two houses that do not net, stops, and losses elsewhere."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.markets.swaps import NOTIONAL_USD
from basis_data.scenarios.scenario import changed, scenario
from basis_data.tables.calendars import mark_days
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import NODE_TIMES
from basis_engine.simulation.market import par_curves
from basis_engine.simulation.names import (
    CashLine,
    Claim,
    EventKind,
    LogEvent,
    Party,
    PnlLine,
    PositionColumn,
    Status,
    Unwind,
)
from basis_engine.simulation.quotes import SwapPath, swap_quotes
from basis_engine.simulation.run import assign_positions, run
from basis_engine.simulation.schedule import DatedEvent
from basis_engine.simulation.world import Market
from basis_strategies.assemble import assemble, dirty_price
from basis_strategies.plan import Execution, FundPlan, Plan
from basis_strategies.population import Population
from basis_strategies.swap_spread_funds import swap_spread_book, swap_spread_funds, swap_spread_pair
from support.laws import Books, check
from support.worlds import FIRST_DAY, hand_made

FREE = Execution(bond_cost_bp=0, futures_cost_bp=0, impact_bp_per_bn=0)


@pytest.fixture(scope="module")
def market() -> PricedMarket:
    return priced_market(market_data(scenario("april-2025"), ("TY",))).with_swaps()


def flat_path(treasury: list[float], spread: list[float], floating: float, years: int = 10) -> SwapPath:
    """Flat curves at a yield and a swap spread per mark, marks a day apart; the note pays 4%."""
    yields, spreads = np.array(treasury)[:, None] + np.zeros(11), np.array(spread)[:, None]
    tenors = np.array([1 / 12, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 20, 30])
    held = np.vstack([spreads[:1], spreads[:-1]])
    value_date = np.arange(FIRST_DAY, FIRST_DAY + len(treasury))
    maturity = np.array([value_date[0] + round(365.25 * years)])
    curves = (par_curves(tenors, yields + one) for one in (np.zeros_like(spreads), spreads, held))
    rates = np.array([0.04])
    return SwapPath(value_date, *curves, np.full(len(treasury), floating), rates, rates, maturity)


def test_without_a_spread_the_swap_is_the_note_financed_at_the_floating_rate() -> None:
    """Long the note at SOFR and paying fixed on the same curve earns nothing on any path."""
    treasury = [0.04, 0.043, 0.039, 0.031, 0.055, 0.02]
    path = flat_path(treasury, [0.0] * 6, 0.037)
    notes, swaps = (np.asarray(side)[:, 0] for side in swap_quotes(path))
    dirty = notes["clean"] + notes["accrued"]
    financed = np.diff(dirty) - dirty[:-1] * 0.037 / 360
    np.testing.assert_allclose(np.diff(swaps["price"]), financed, rtol=0, atol=1e-12)
    assert np.all(swaps["spread"] == 0.0)


def test_a_fall_of_the_spread_costs_its_dv01_and_is_named_so() -> None:
    path = flat_path([0.04] * 3, [-0.005, -0.005, -0.0051], 0.0)
    before, after = np.asarray(swap_quotes(path).swaps)[1:, 0]
    assert before["spread"] == 0.0
    level, bumped = (
        np.asarray(swap_quotes(flat_path([0.04], [spread], 0.0)).swaps)[0, 0]["price"] for spread in (-0.0049, -0.005)
    )
    assert after["spread"] == pytest.approx(bumped - level, rel=2e-3)
    # What is left is the day's pull to par, the curve's.
    assert after["price"] - before["price"] == pytest.approx(after["spread"] + after["accrual"], abs=2e-3)


def test_curves_of_spread_and_note_meet_the_nodes() -> None:
    """The quotes stand on the engine's nodes: a par note at entry is worth 100."""
    path = flat_path([0.04], [0.0], 0.0)
    assert path.treasury.shape == (1, len(NODE_TIMES))
    assert np.asarray(swap_quotes(path).notes)[0, 0]["clean"] == pytest.approx(100.0, abs=2e-3)


def one_fund(market: PricedMarket, **terms: float) -> FundPlan:
    """A fund of $100m with $1bn of swap-spread trades, equal DV01 at 10 and 30 years."""
    return FundPlan("swaps", 100e6, swap_spread_book(market, 1e9, 0.0), **terms)  # type: ignore[arg-type]


def test_profit_over_april_2025_is_the_spread_times_dv01(market: PricedMarket) -> None:
    """In the first order: DV01 times the change of each spread; what is left is carry and convexity, named apart."""
    fund = one_fund(market, unwind=Unwind.HOLD)
    books = check(assemble(Plan((fund,), FREE), market))
    assert market.swaps is not None
    moved = market.swaps.spread_bp[-1] - market.swaps.spread_bp[0]
    for p, pair in enumerate(fund.positions):
        usd = pair.contracts * NOTIONAL_USD / 100 * market.swaps.swap_dv01[p]
        lines = books.run.attribution[1:, p].sum(axis=0)
        assert lines[PnlLine.SWAP_SPREAD] == pytest.approx(-usd * moved[p], rel=0.03)
        assert lines[PnlLine.SWAP_SPREAD] < 0.0
        assert abs(lines[PnlLine.CURVE]) < 0.15 * abs(lines[PnlLine.SWAP_SPREAD])
    # The house of futures has nothing to do with it.
    assert books.run.parties[Party.CLEARING_HOUSE].cash == 0.0
    paid = books.flows[1:, :, CashLine.VARIATION_MARGIN].sum()
    assert books.run.parties[Party.SWAP_HOUSE].cash == pytest.approx(
        -paid - books.flows[:, :, CashLine.INITIAL_MARGIN].sum()
    )


def test_pairs_are_hedged_in_dv01_and_worth_what_was_asked(market: PricedMarket) -> None:
    pairs = swap_spread_book(market, 1e9, 0.01)
    assert market.swaps is not None
    worth = sum(pair.face_usd * dirty_price(market, pair.note) / 100 for pair in pairs)
    assert worth == pytest.approx(1e9, rel=1e-12)
    for k, pair in enumerate(pairs):
        note = pair.face_usd * market.swaps.note_dv01[k]
        assert -pair.contracts * NOTIONAL_USD * market.swaps.swap_dv01[k] == pytest.approx(note, rel=1e-12)
    assert pairs[0].face_usd * market.swaps.note_dv01[0] == pytest.approx(pairs[1].face_usd * market.swaps.note_dv01[1])
    assert swap_spread_pair(market, 0, 2e6, 0.0).contracts == pytest.approx(
        2e6 / pairs[0].face_usd * pairs[0].contracts
    )


def two_houses(swap: bool, cash: float) -> Books:
    """Short two contracts: one falls two points, the other rises as much; equity beside margin is cash."""
    base = hand_made([100.0] * 6, fund={"unwind": Unwind.HOLD, "entry_equity": 2e5 + cash})
    market, days = base.market, len(base.market.marks)
    futures = np.repeat(np.asarray(market.futures), 2, axis=1).view(np.asarray(market.futures).dtype)
    futures["price"][1:, 0], futures["price"][1:, 1] = 98.0, 102.0
    positions, contracts = np.repeat(base.positions, 2), np.repeat(base.contracts, 2)
    positions, contracts = positions.view(base.positions.dtype), contracts.view(base.contracts.dtype)
    positions["contract"], positions["face"], positions["contracts"] = [0, 1], 0.0, -100.0
    contracts["swap"] = [False, swap]
    funds = base.funds.copy()
    assign_positions(funds, positions)
    return check(
        type(base)(Market(market.marks, market.notes, futures), base.schedule, funds, positions, contracts, days)
    )


@pytest.mark.parametrize("swap", [False, True])
def test_each_house_calls_on_its_own(swap: bool) -> None:
    """Two futures net to nothing; a future's gain of $200,000 and a swap's loss of as much are paid one by one."""
    books = two_houses(swap, 1e3)
    raised = books.run.log[books.run.log["what"] == LogEvent.CALL_RAISED]
    assert raised["party"].tolist() == [Party.SWAP_HOUSE] * swap
    assert raised["amount"].tolist() == [2e5] * swap
    assert (books.run.funds["calls"][0], books.run.funds["calls_paid"][0]) == (swap, 2e5 * swap)
    cash = books.run.parties["cash"]
    assert cash[Party.SWAP_HOUSE] == (1e5 + 2e5) * swap
    assert cash[Party.CLEARING_HOUSE] == (1e5 - 2e5 if swap else 2e5)


OTHER_LOSS = [DatedEvent(2, EventKind.OTHER_LOSS, 600, 5e5, fund=0)]


def test_a_loss_elsewhere_is_paid_by_selling_treasuries() -> None:
    """$400,000 of cash for a call of $500,000: the fund sells gap / (haircut + margin), and pays at nine."""
    books = check(hand_made([100.0] * 6, dated=OTHER_LOSS))
    (sold,) = books.run.log["amount"][books.run.log["what"] == LogEvent.SALE]
    assert sold == pytest.approx(1e5 / (0.02 + 0.01), rel=1e-6)
    assert books.flows[3, 0, CashLine.OTHER_LOSS] == -5e5
    assert books.lines[2, 0, PnlLine.OTHER_LOSS] == -5e5
    paid = books.run.log[books.run.log["what"] == LogEvent.CALL_PAID]
    assert (paid["claim"][-1], paid["amount"][-1]) == (Claim.OTHER_LOSS, 5e5)
    assert books.run.parties[Party.OTHER_MARKETS].cash == 5e5


@pytest.mark.parametrize(("lost", "unpaid"), [(5e5, 0.0), (1.5e6, 5e5)])
def test_a_loss_elsewhere_that_cash_cannot_meet_is_a_default(lost: float, unpaid: float) -> None:
    """A fund that does not sell fails; Treasuries pay what they can, and who lent elsewhere bears the rest."""
    dated = [DatedEvent(2, EventKind.OTHER_LOSS, 600, lost, fund=0)]
    books = check(hand_made([100.0] * 8, fund={"unwind": Unwind.HOLD}, dated=dated))
    assert books.run.funds["status"][0] == Status.CLOSED
    assert books.run.parties["loss"][Party.OTHER_MARKETS] == pytest.approx(unpaid, abs=1e-6)


def test_a_stop_sells_its_cut_by_shares_of_what_is_left() -> None:
    """Past its drawdown a fund cuts 60% in all, a third of what is left each day: 20, 13.3, 8.9% ... of the book."""
    terms = {"unwind": Unwind.STOP_OUT, "drawdown_limit": 0.05, "stop_cut": 0.6, "stop_speed": 1 / 3}
    books = check(hand_made([100.0, 99.6, *[99.6] * 20], np.full(22, 100.0), fund=terms))
    sold = books.run.log["amount"][books.run.log["what"] == LogEvent.SALE] / 2e7
    np.testing.assert_allclose(sold[:6], 0.2 * (2 / 3) ** np.arange(6), rtol=1e-9)
    assert books.run.positions["face"][0] / 2e7 == pytest.approx(0.4, abs=1e-3)


def test_drawdown_is_from_the_high_water_mark_given() -> None:
    terms = {"unwind": Unwind.STOP_OUT, "drawdown_limit": 0.1, "peak_equity": 1.2e6}
    assert LogEvent.SALE in run(hand_made([100.0] * 4, fund=terms)).log["what"]
    assert LogEvent.SALE not in run(hand_made([100.0] * 4, fund={**terms, "peak_equity": 1.05e6})).log["what"]


def test_funds_stop_out_in_the_order_of_their_stops(market: PricedMarket) -> None:
    funds = swap_spread_funds(Population(swap_funds=8), market, 290e9)
    outcome = run(assemble(Plan(tuple(funds), FREE), market))
    face = outcome.position_days[:, :, PositionColumn.FACE].reshape(len(outcome.position_days), 8, 2).sum(axis=2)
    cut = 1.0 - face[-1] / face[0]
    assert np.all(np.diff(cut) <= 1e-9)
    assert cut[0] == pytest.approx(0.6, abs=0.02)  # the cut is in value, and prices move
    assert cut[-1] == 0.0
    assert sum(one.face_usd for fund in funds for one in fund.positions) == pytest.approx(290e9, rel=0.01)


def test_repo_lenders_of_swap_spread_funds_raise_haircuts_too(market: PricedMarket) -> None:
    dearer = changed(scenario("april-2025"), "test", haircut_changes=[{"date": "2025-04-07", "haircut": 0.02}])
    stressed = priced_market(market_data(dearer, ("TY",))).with_swaps()
    fund = one_fund(stressed, unwind=Unwind.HOLD)
    asked = run(assemble(Plan((fund,), FREE), stressed)).cash_flows[:, :, CashLine.HAIRCUT]
    assert asked[1:].sum() == pytest.approx(-0.02 * 1e9, rel=0.03)


def test_swap_spreads_of_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "swaps.csv"
    days = [str(day) for day in mark_days("2025-05-27", "2025-06-13")]
    file.write_text("date,tenor_years,swap_spread_bp\n" + "".join(f"{d},10,-50\n{d},30,-85\n" for d in days))
    window = {"start": days[0], "end": days[-1], "delivery_month": "2025-09", "files": {"swap_spreads": file}}
    own = priced_market(market_data(changed(scenario("april-2025"), "test", **window), ("TY",))).with_swaps()
    assert own.swaps is not None
    assert np.unique(own.swaps.spread_bp).tolist() == [-85.0, -50.0]
    assert np.asarray(own.swaps.quotes.swaps)["spread"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"start": "2025-03-01", "end": "2025-06-10"}, "swap spreads: history/swap_spread_windows.csv has none for"),
        (
            {"other_losses": [{"date": "2025-04-04"}]},
            "share and usd: give one of them",
        ),
        ({"other_losses": [{"date": "2025-06-04", "share": 0.1}]}, "allowed is a date inside the window"),
        ({"other_losses": [{"date": "2025-04-04", "share": 1.5}]}, "other_losses, entry 1, share: 1.5 given"),
    ],
)
def test_wrong_input_gets_one_sentence(terms: Mapping[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        priced_market(market_data(changed(scenario("april-2025"), "test", **terms), ("TY",))).with_swaps()


def test_stop_range_is_ordered() -> None:
    with pytest.raises(InputError, match="stop_high: 5 given, allowed is stop_low"):
        Population(stop_low=8.0, stop_high=5.0)
