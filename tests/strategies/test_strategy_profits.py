"""What strategies earn: closed forms where nothing moves, and scaling, sign and additivity on markets that do."""

from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from basis_data.multi_year.market import multi_year_market
from basis_engine.simulation.names import FundColumn, PnlLine, PositionColumn
from basis_strategies.curve_trades import Butterfly, OnTheRunOffTheRun, Steepener
from basis_strategies.hedged_trades import (
    CalendarRoll,
    HoldToDelivery,
    LongBasis,
    MultiContractBasis,
    ShortBasis,
    SwapSpread,
)
from basis_strategies.multi_year_market import MarketRows, market_rows
from basis_strategies.plan import Execution
from basis_strategies.run import StrategyRun, run_years
from basis_strategies.strategy import Portfolio, Strategy
from basis_stress.multi_year.tables import tabulate_years
from support.flat_years import FREE, REPO, SPREAD, SWAP_SPREAD, YIELD, flat_stage


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> MarketRows:
    return flat_stage(tmp_path_factory.mktemp("flat"))


@pytest.fixture(scope="module")
def flat_swaps(tmp_path_factory: pytest.TempPathFactory) -> MarketRows:
    return flat_stage(tmp_path_factory.mktemp("swaps"), swaps=(2, 5, 10))


@cache
def a_year() -> MarketRows:
    """March 2020 and the year around it, as they were, free of costs."""
    return market_rows(multi_year_market("2019-07-01", "2020-07-31", ("FV", "TY"), terms=(2, 10)), FREE)


@pytest.fixture(scope="module")
def year() -> MarketRows:
    return a_year()


class Fixed(Strategy):
    """A face of dollars of the front month of each leg, sold before notice; nothing depends on equity."""

    face: float = 1e9

    def decide(terms, fund, pairs, target):
        for p in range(len(pairs)):
            if pairs[p].tradable:
                target[p] = terms.face if pairs[p].front and pairs[p].days_to_notice > 1 else 0.0


def excess(played: StrategyRun) -> float:
    """Profit over what the same equity would have earned as cash, day by day (both earn SOFR here), USD."""
    data = played.market.source.priced.data
    equity = played.run.fund_days[:, 0, FundColumn.EQUITY]
    interest = equity[:-1] * data.cash_rate[:-1] * np.diff(data.settle) / 360
    return float(np.sum(np.diff(equity) - interest))


def traded(played: StrategyRun) -> float:
    """Profit of the positions, before interest on the fund's cash, USD."""
    return float(played.run.attribution[:, : len(played.run.positions)].sum())


def value_days(played: StrategyRun) -> np.ndarray:
    """Market value of each position [days, positions] times the days from its mark to the next, signed."""
    rows = played.run.position_days
    dirty = rows[:, :, PositionColumn.CLEAN] + rows[:, :, PositionColumn.ACCRUED]
    value = rows[:, :, PositionColumn.FACE] * dirty / 100
    return value[:-1] * np.diff(played.market.source.priced.data.settle)[:, None]


def test_the_ledger_pays_what_the_quotes_say(year: MarketRows) -> None:
    """Face times change of price and coupons, less repo, less factor times change of the future: to a cent."""
    strategy = MultiContractBasis(legs=("FV", "TY"), repo_spread_bp=4)
    played = run_years(strategy, year)
    data, sleeve = year.source.priced.data, played.sleeves[0]
    notes, futures = np.asarray(year.quotes.notes)[:, sleeve.columns], np.asarray(year.quotes.futures)
    hedge = year.pairs["hedge"][sleeve.columns]
    clean = notes["clean"] * (1 - futures["dislocation"][:, hedge] / 1e4)
    face = played.run.position_days[:-1, :, PositionColumn.FACE]
    held = played.run.position_days[:-1, :, PositionColumn.CONTRACTS] * year.contracts["point_value"][hedge]
    dirty = clean + notes["accrued"]
    years = (np.diff(data.settle) / 360)[:, None]
    earned = face * (np.diff(dirty, axis=0) + notes["coupon_due"][1:]) / 100
    earned += held * np.diff(futures["price"][:, hedge], axis=0)
    rate = data.repo_rate[1:, None] + 4 / 1e4
    assert played.run.attribution[:, : len(sleeve.columns)].sum() == pytest.approx(
        np.sum(earned) - np.sum(face * dirty[:-1] / 100 * rate * years), rel=1e-9
    )


def tail(played: StrategyRun) -> float:
    """What a hedge by conversion factor gains as prices move: it exceeds the forward's by repo to delivery, USD."""
    market, columns = played.market, np.concatenate([one.columns for one in played.sleeves])
    signals, notes = market.signals[:, columns], np.asarray(market.quotes.notes)[:, columns]
    face = played.run.position_days[:-1, :, PositionColumn.FACE]
    earned = np.diff(notes["clean"] + notes["accrued"], axis=0) + notes["coupon_due"][1:]
    ahead = np.maximum(signals["days_to_delivery"][:-1], 0) / 360
    return float(-REPO * np.sum(face * ahead * earned / 100))


def test_a_basis_earns_its_spread(flat: MarketRows) -> None:
    """A spread a year of the notes, long; minus that, short; less what the note costs to borrow."""
    for legs in (("TU",), ("FV",), ("TY",)):
        for sign, strategy in ((1, LongBasis(legs=legs, band=0)), (-1, ShortBasis(legs=legs, special_bp=15, band=0))):
            played = run_years(strategy, flat)
            days = np.abs(value_days(played)).sum() / 360
            special = 15 / 1e4 if sign < 0 else 0.0
            assert excess(played) - tail(played) == pytest.approx((sign * SPREAD - special) * days, rel=0.01)


def test_hold_to_delivery_earns_implied_repo_less_financing(flat: MarketRows) -> None:
    """Of every pair that was delivered: implied repo at entry less repo, of its price, to the delivery it implied."""
    played = run_years(HoldToDelivery(legs=("TY",), leverage=10, unwind="hold"), flat)
    columns, run = played.sleeves[0].columns, played.run
    delivered = 0
    for p, column in enumerate(columns):
        held = np.flatnonzero(run.position_days[:, p, PositionColumn.FACE])
        if len(held) and held[-1] < len(flat.dates) - 1:
            signal = flat.signals[held[0], column]
            value = run.position_days[held[0], p, PositionColumn.FACE] * signal["dirty"] / 100
            earned = (signal["implied_repo"] - REPO) * value * signal["days_to_delivery"] / 360
            assert run.attribution[:, p].sum() == pytest.approx(earned, rel=0.06)
            delivered += 1
    assert delivered == 3


def test_several_contracts_earn_the_spread_of_each(flat: MarketRows) -> None:
    played = run_years(MultiContractBasis(band=0), flat)
    assert excess(played) - tail(played) == pytest.approx(SPREAD * value_days(played).sum() / 360, rel=0.01)


def test_a_roll_of_one_spread_earns_nothing(flat: MarketRows) -> None:
    played = run_years(CalendarRoll(band=0), flat)
    gross = np.abs(value_days(played)).sum() / 360
    assert gross > 0
    assert abs(played.run.attribution[:, :, PnlLine.DISLOCATION].sum()) < 0.05 * SPREAD * gross
    assert abs(excess(played)) < 2e-3 * gross


@pytest.mark.parametrize(
    "strategy",
    [
        Steepener(haircut=0, band=0),
        Butterfly(haircut=0, band=0),
        OnTheRunOffTheRun(haircut=0, band=0, special_bp=30),
    ],
    ids=lambda strategy: type(strategy).__name__,
)
def test_notes_earn_yield_less_repo_and_the_change_of_their_premium(flat: MarketRows, strategy: Strategy) -> None:
    """Yield less repo of each note's value, less DV01 times the rise of its yield, less the special rate on shorts."""
    played = run_years(strategy, flat)
    signals = flat.signals[:, played.sleeves[0].columns]
    face = played.run.position_days[:-1, :, PositionColumn.FACE]
    risen = np.diff(signals["yield_"], axis=0) * 1e4
    premium = -np.sum(face / 100 * signals["note_dv01"][:-1] * risen * (face != 0))
    held = value_days(played)
    carry = held * ((1 + signals["yield_"][:-1] / 2) ** (2 / 365.25) - 1 - REPO / 360)
    special = strategy.special_bp / 1e4 * np.sum(np.minimum(held, 0.0)) / 360
    size = abs(premium) + np.abs(carry).sum() + abs(special)
    assert excess(played) == pytest.approx(premium + carry.sum() + special, abs=0.02 * size)


def test_a_swap_spread_earns_yield_less_the_fixed_rate(flat_swaps: MarketRows) -> None:
    """The note yields a spread more than the swap pays; repo and the floating leg cancel."""
    played = run_years(SwapSpread(legs=("2Y swap spread", "5Y swap spread", "10Y swap spread"), band=0), flat_swaps)
    assert excess(played) == pytest.approx(-SWAP_SPREAD * value_days(played).sum() / 360, rel=0.05)


def test_portfolios_of_fixed_faces_add_up(year: MarketRows) -> None:
    parts = (Fixed(legs=("FV",)), Fixed(legs=("TY",), face=4e8), Fixed(legs=("10Y on-the-run",), face=-2e8))
    equity = {"equity": 1e9}
    alone = [run_years(type(part)(**{**part.model_dump(), **equity}), year) for part in parts]
    together = run_years(Portfolio(strategies=parts, **equity), year)
    assert traded(together) == pytest.approx(sum(traded(one) for one in alone), rel=1e-9)


@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(times=st.floats(0.1, 50.0))
def test_money_scales(times: float) -> None:
    """Equity and faces by a factor: every line of profit by the same factor."""
    one, many = (run_years(LongBasis(legs=("FV",), equity=e), a_year()) for e in (100e6, 100e6 * times))
    lines = [run.run.attribution.sum(axis=(0, 1)) for run in (one, many)]
    np.testing.assert_allclose(lines[1], times * lines[0], rtol=1e-9, atol=1e-6 * times)


@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(face=st.floats(1e6, 2e9), leg=st.sampled_from(["FV", "TY", "2Y on-the-run"]))
def test_the_reverse_earns_what_the_trade_loses(face: float, leg: str) -> None:
    long, short = (run_years(Fixed(legs=(leg,), face=side * face, equity=1e9), a_year()) for side in (1.0, -1.0))
    assert traded(short) == pytest.approx(-traded(long), abs=1e-9 * face)


@pytest.mark.parametrize(("special", "cost"), [(0.0, 0.0), (40.0, 0.0), (0.0, 2.0), (40.0, 2.0)])
def test_the_reverse_earns_what_the_trade_loses_less_the_stated_frictions(special: float, cost: float) -> None:
    """Less the special rate on the cash lent, and what trading costs each way round."""
    market = multi_year_market("2019-10-01", "2020-03-31", ("FV",), terms=(2,))
    costly = market_rows(market, Execution(bond_cost_bp=cost, futures_cost_bp=cost, impact_bp_per_bn=0.0))
    long = run_years(Fixed(legs=("FV",), equity=1e9), costly)
    short = run_years(Fixed(legs=("FV",), face=-1e9, equity=1e9, special_bp=special), costly)
    lines = [one.run.attribution[:, : len(one.run.positions)].sum(axis=(0, 1)) for one in (long, short)]
    lent = -value_days(short).sum() / 360
    costs = lines[0][PnlLine.COST] + lines[1][PnlLine.COST]
    assert costs == pytest.approx(2 * lines[0][PnlLine.COST], rel=1e-9)
    assert (costs < 0) == (cost > 0)
    assert lines[0].sum() + lines[1].sum() == pytest.approx(costs - special / 1e4 * lent, rel=1e-6, abs=1.0)


class Once(Strategy):
    """Buys on the first day and never trades again."""

    face: float = 1e9

    def decide(terms, fund, pairs, target):
        if fund.day == 1:
            for p in range(len(pairs)):
                target[p] = terms.face if pairs[p].front else 0.0


def test_a_loss_in_one_forces_sales_in_another() -> None:
    """Alone, the small book is never sold; behind a pool of cash drained by the other it is, pro rata or first."""
    stress = market_rows(multi_year_market("2020-02-18", "2020-03-31", ("TY",), terms=(10,)))
    calm, wild = Once(legs=("10Y on-the-run",), face=2e8, haircut=0.02), Once(legs=("TY",), face=9e9)
    assert tabulate_years(run_years(calm, stress)).daily["sold_usd"].sum() == 0
    sold = {}
    for order in ("pro-rata", "most-liquid"):
        result = tabulate_years(run_years(Portfolio(strategies=(calm, wild), equity=1e8, sell_first=order), stress))
        orders = result.events[result.events["event"] == "order"]
        assert result.daily["sold_usd"].sum() > 0
        sold[order] = orders[orders["time"] == orders["time"].iloc[0]]["contract"].tolist()
    assert sorted(sold["pro-rata"]) == ["10Y", "TY 2020-06"]
    assert sold["most-liquid"][0] == "10Y"
    assert sold["most-liquid"] != sold["pro-rata"]


def test_yields_and_rates_are_flat(flat: MarketRows) -> None:
    """The evidence above is empty unless the market stands still."""
    alive = flat.signals["tradable"]
    on_the_run = np.array(["on-the-run" in name for name in flat.names])
    seen = flat.signals["yield_"][:, on_the_run][alive[:, on_the_run]]
    assert seen == pytest.approx(YIELD, abs=4e-4)
    assert flat.signals["overnight_repo"][alive] == pytest.approx(REPO)
