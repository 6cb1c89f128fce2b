"""Convert a plan and a priced market to the rows of the engine."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from basis_data.markets.as_of import roll_days
from basis_data.markets.pricing import PricedMarket
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.rows import ContractRow, Dealers, Fund, Position, empty_rows
from basis_engine.simulation.run import Setup, assign_positions
from basis_engine.simulation.schedule import (
    FLOW_TIME,
    SETTLEMENT_TIME,
    Calendar,
    DatedEvent,
    build_schedule,
    contract_roll,
    delivery,
    funding_change,
    margin_change,
    other_loss,
)
from basis_engine.simulation.world import Records
from basis_strategies.entry_sizing import needs
from basis_strategies.plan import BALANCE_SHEET_SHARES, DealerPlan, FundPlan, Plan

NEARLY = 1e-9
"""Share of equity within which a fund's own sum decides whether it can afford its positions."""
NOTICE_DAYS = 2
"""Business days from notice of delivery to delivery (CBOT: position day, notice day, delivery day)."""


FUND_FIELDS = {"equity_usd": "entry_equity", "peak_equity_usd": "peak_equity", "credit_line_usd": "credit_line"}
POSITION_FIELDS = {"face_usd": "face", "haircut": "base_haircut"}
"""Fields of plans with another name in the rows."""

POSITION_PLAN_FIELDS = (
    "contract",
    "face_usd",
    "contracts",
    "haircut",
    "term_share",
    "term_rate",
    "term_maturity",
    "repo_spread",
    "repo_threshold",
)
FUND_PLAN_FIELDS = (
    "equity_usd",
    "peak_equity_usd",
    "credit_line_usd",
    "unwind",
    "leverage_target",
    "leverage_limit",
    "drawdown_limit",
    "stop_cut",
    "stop_speed",
    "risk_limit",
    "risk_speed",
    "calm_volatility",
    "depth_share",
    "credit_spread",
    "call_back",
    "feedback",
    "financing_hedge",
)


def assemble(plan: Plan, market: PricedMarket) -> Setup:
    """Lay out the rows of a run.

    Raises
    ------
    InputError
        If a fund's equity is below its haircut and initial margin.
    """
    setup = lay_out(plan, market)
    positions, equity = setup.positions, setup.funds["entry_equity"]
    notes = np.array([position.note for fund in plan.funds for position in fund.positions])
    value = np.abs(positions["face"]) * market.entry_dirty[notes] / 100
    margin = np.abs(positions["contracts"]) * market.entry_margins[positions["contract"]]
    needed = np.bincount(positions["fund"], positions["base_haircut"] * value + margin, len(equity))
    for f in np.flatnonzero(needed >= equity - NEARLY * np.abs(equity)):
        _check_affordable(plan.funds[f], market)
    return setup


def lay_out(plan: Plan, market: PricedMarket) -> Setup:
    """Lay out the rows of a run, without checking that its funds can afford their positions."""
    pairs = [(fund, position) for fund in plan.funds for position in fund.positions]
    notes, columns = np.unique([position.note for _, position in pairs], return_inverse=True)
    positions = _position_rows(plan, market, columns)
    funds = _fund_rows(plan.funds)
    assign_positions(funds, positions)
    return Setup(
        market=market.held(notes.astype(np.int64)),
        schedule=_schedule(plan, market),
        funds=funds,
        positions=positions,
        contracts=contract_rows(plan, market),
        days=len(market.data.dates),
        dealers=_dealer_rows(plan.dealers),
    )


def dirty_price(market: PricedMarket, note: int) -> float:
    """Dirty price of a note at entry, points, with the dislocation of the first day."""
    return float(market.entry_dirty[note])


def _check_affordable(fund: FundPlan, market: PricedMarket) -> None:
    """Refuse leverage that haircut and initial margin do not allow."""
    needed = needs(
        face=np.array([abs(position.face_usd) for position in fund.positions]),
        dirty=np.array([dirty_price(market, position.note) for position in fund.positions]),
        haircut=np.array([position.haircut for position in fund.positions]),
        contracts=np.array([position.contracts for position in fund.positions]),
        margin=np.array([market.entry_margins[position.contract] for position in fund.positions]),
    )
    value, haircut, margin = float(needed.value), float(needed.haircut), float(needed.margin)
    if needed.exceed(fund.equity_usd):
        raise InputError(
            f"leverage: {value / fund.equity_usd:.1f}x given for {fund.name}, but a haircut of {haircut / value:.2%} "
            f"and initial margin of {margin / value:.2%} of the book allow at most {value / (haircut + margin):.1f}x; "
            "lower the leverage, the haircut or the margin multiple"
        )


def _position_rows(plan: Plan, market: PricedMarket, columns: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Records:
    """Fill the rows of positions, sorted by fund."""
    rows = empty_rows(Position, len(columns))
    pairs = [pair for fund in plan.funds for pair in fund.positions]
    notes = np.array([pair.note for pair in pairs])
    in_baskets = notes < len(market.cusips)
    rows["fund"] = np.repeat(np.arange(len(plan.funds)), [len(fund.positions) for fund in plan.funds])
    rows["bond"] = columns
    rows["factor"][in_baskets] = market.baskets.factor[notes[in_baskets]]
    _fill(rows, pairs, POSITION_PLAN_FIELDS, POSITION_FIELDS)
    return rows


def _fill(rows: Records, plans: Sequence[Any], names: tuple[str, ...], renamed: dict[str, str]) -> None:
    """Fill columns of rows from the fields of plans."""
    for name, column in zip(names, zip(*map(attrgetter(*names), plans), strict=True), strict=True):
        rows[renamed.get(name, name)] = column


def _fund_rows(funds: tuple[FundPlan, ...]) -> Records:
    """Fill the rows of funds."""
    rows = empty_rows(Fund, len(funds))
    _fill(rows, funds, FUND_PLAN_FIELDS, FUND_FIELDS)
    return rows


def _dealer_rows(dealers: DealerPlan | None) -> Records:
    """Fill the row of dealers; without a plan their balance sheet costs nothing."""
    rows = empty_rows(Dealers, 1)
    if dealers is None:
        return rows
    for name in ("slope", "capacity_multiple", "placement_rate", "ceiling", "memory"):
        rows[name] = getattr(dealers, name)
    rows["capacity"] = dealers.capacity_usd
    return rows


def contract_rows(plan: Plan, market: PricedMarket) -> Records:
    """Fill the rows of contracts."""
    execution = plan.execution
    rows = empty_rows(ContractRow, len(market.hedges))
    margins = market.entry_margins
    for c, (row, name, notional) in enumerate(zip(rows, market.hedges, market.notionals, strict=True)):
        row.swap = c >= len(market.codes)
        row.notional, row.point_value = notional, notional / 100
        row.initial_margin = row.announced_margin = margins[c]
        row.bond_cost, row.futures_cost = execution.bond_cost_bp, execution.futures_cost_bp
        row.impact, row.depth = execution.impact_bp_per_bn, execution.depth_usd
        row.seizure_cost = execution.seizure_cost
        if plan.dealers is not None:
            row.balance_sheet_share = BALANCE_SHEET_SHARES.get(name, 0.0)
            row.balance_sheet_years = plan.dealers.balance_sheet_years
    return rows


def minute_of_day(clock: str) -> int:
    """Return a New York time HH:MM as minutes after midnight."""
    return 60 * int(clock[:2]) + int(clock[3:])


def _schedule(plan: Plan, market: PricedMarket) -> Records:
    """Events of a run: those of the market are kept, as a book changes them by its flows and number of funds alone."""
    equities = tuple(fund.equity_usd for fund in plan.funds) if market.data.other_loss_usd.any() else ()
    inputs = (plan.outside_sales, plan.purchases, len(plan.funds), equities)
    return market.keep("schedule", inputs, lambda: build_schedule(calendar(plan, market))).copy()


def calendar(plan: Plan, market: PricedMarket) -> Calendar:
    """Collect the days, rates and dated events of a run."""
    data = market.data
    return Calendar(
        midnight=data.minutes - SETTLEMENT_TIME,
        repo_rate=data.repo_rate,
        cash_rate=data.cash_rate,
        mark_time=market.marks.path.time,
        mark_day=market.marks.day,
        repo_time=minute_of_day(data.scenario.repo_time),
        dated=(
            *_funding_changes(market),
            *_margin_changes(market),
            *_deliveries(market),
            *_outside_flows(plan.outside_sales, 1.0),
            *_outside_flows(plan.purchases, -1.0),
            *_other_losses(plan, market),
            *_contract_rolls(plan, market),
        ),
    )


def _funding_changes(market: PricedMarket) -> Iterator[DatedEvent]:
    """Changes of haircuts, as the rise since entry, and of the share of repo not rolled."""
    data = market.data
    for day in range(1, len(data.dates)):
        if data.not_rolled[day] != (data.not_rolled[day - 1] if day > 1 else 0.0):
            yield funding_change(day, EventKind.NOT_ROLLED_CHANGE, float(data.not_rolled[day]))
        for c in range(len(market.codes)):
            if data.haircut[day, c] != data.haircut[day - 1, c]:
                rise = float(data.haircut[day, c] - data.haircut[0, c])
                yield funding_change(day, EventKind.HAIRCUT_CHANGE, rise, c)
        if data.other_haircut[day] != data.other_haircut[day - 1]:
            rise = float(data.other_haircut[day] - data.other_haircut[0])
            for c in range(len(market.codes), len(market.hedges)):
                yield funding_change(day, EventKind.HAIRCUT_CHANGE, rise, c)


def _other_losses(plan: Plan, market: PricedMarket) -> Iterator[DatedEvent]:
    """Losses of each fund in its other businesses, USD."""
    data, total = market.data, sum(fund.equity_usd for fund in plan.funds)
    for day in np.flatnonzero(data.other_loss_share + data.other_loss_usd):
        share, usd = float(data.other_loss_share[day]), float(data.other_loss_usd[day])
        for f, fund in enumerate(plan.funds):
            yield other_loss(int(day), usd * (fund.equity_usd / total), f, share)


def _contract_rolls(plan: Plan, market: PricedMarket) -> Iterator[DatedEvent]:
    """Rolls of each fund where the front month of a run as of another day ends within the window."""
    for c, day in enumerate(roll_days(market.data)):
        for f in range(len(plan.funds)) if day else ():
            yield contract_roll(day, f, c)


def _outside_flows(flows: tuple[float, ...], sign: float) -> Iterator[DatedEvent]:
    """Outside sales (+) or purchases of the central bank (-), USD, at 09:30."""
    for day, flow in enumerate(flows):
        if day > 0 and flow != 0.0:
            yield DatedEvent(day, EventKind.OUTSIDE_FLOW, FLOW_TIME, sign * flow)


def _margin_changes(market: PricedMarket) -> Iterator[DatedEvent]:
    """Changes of margin: notice at settlement of the day before, call at settlement of the first day in force."""
    for day in range(1, len(market.initial_margin)):
        for c in range(len(market.codes)):
            level = float(market.initial_margin[day, c])
            if level != market.initial_margin[day - 1, c]:
                yield from margin_change(day, level, c)


def _deliveries(market: PricedMarket) -> Iterator[DatedEvent]:
    """Final settlement and delivery of each contract, if within the window.

    Notes are delivered on the last delivery day, at the final settlement of the last trading day. If carry is negative
    two business days before the first delivery day, the short gives notice then and delivers on the first day.
    """
    dates = market.data.dates
    for c, future in enumerate(market.data.futures):
        first, final, last = np.searchsorted(dates, [future.first_delivery, future.last_trading, future.last_delivery])
        notice = int(first) - NOTICE_DAYS
        if notice > 0 and first < len(dates) and market.priced.delivery[notice, c] <= future.first_delivery:
            final, last = notice, int(first)
        if final == 0:
            raise InputError(
                f"start: {np.datetime64(int(dates[0]), 'D')} given, on which {future.code} {future.delivery_month} "
                "trades no more or for the last day; start earlier, or give a later delivery_month"
            )
        yield from delivery(len(dates), int(final), int(last), c)
