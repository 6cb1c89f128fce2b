"""The benchmark suite: fair races, honest intervals, twins that walk the same days, tables that tell losses."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import CashLine, DealerColumn, EventKind, LogEvent, Party, PnlLine, column_names
from basis_engine.simulation.run import run
from basis_stress.sweeps.jobs import run_chunk
from benchmarks import cases_sweeps, cases_twins, goals, history, page, peers, ruin
from benchmarks.bounds import machine_bounds
from benchmarks.c_twin import LANES, CTwin, compiler
from benchmarks.harness import Contender, Fact, Interval, Timing, exponent, interval, race, ratio
from benchmarks.history import Record
from benchmarks.kernels import FullRecord, lean_cells
from support import timed_books as books
from support import worlds
from support.python_twin import naive_days, naive_fund
from support.timeline import timeline

needs_a_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang) here")
ONLY_THE_ENGINE = (EventKind.DELIVERY, EventKind.FINAL_SETTLEMENT, EventKind.REDEMPTION)
SHORT = books.Size(40, positions=2)
STREET = (Party.DEALERS, Party.OUTSIDE_INVESTORS, Party.CENTRAL_BANK)
"""Parties that also deal with each other, which a twin does not book."""


def twin_world(seed, funds=1, dealers_ask=False):
    """A random world less what the twins do not do; with several funds, without their losses elsewhere."""
    shape = worlds.Shape(25, funds, 1 + seed % 3, 2, 1 + seed % 2, shorts=False, swaps=False)
    setup = worlds.random_world(seed, shape)
    left_out = ONLY_THE_ENGINE if funds == 1 else (*ONLY_THE_ENGINE, EventKind.OTHER_LOSS)
    setup = replace(setup, schedule=setup.schedule[~np.isin(setup.schedule["kind"], left_out)])
    if dealers_ask:
        return setup
    dealers, contracts = setup.dealers.copy(), setup.contracts.copy()
    dealers["slope"], contracts["balance_sheet_share"] = 0.0, 0.0
    return replace(setup, dealers=dealers, contracts=contracts)


def walked_worlds(seeds, funds=1, dealers_ask=False):
    """Random worlds that the twins can walk, each with the engine's run of it."""
    for seed in seeds:
        setup = twin_world(seed, funds, dealers_ask)
        try:
            timeline(setup)
        except InputError:
            continue  # a mark at noon
        yield setup, run(setup)


def defaulted(outcome):
    return bool(np.any(outcome.log["what"] == LogEvent.DEFAULT))


@needs_a_compiler
def test_the_c_twin_keeps_every_line_of_every_day():
    seen = set()
    for setup, outcome in walked_worlds(range(120)):
        twin = CTwin([setup], keep_days=True)
        found = twin.run()
        assert bool(found["defaulted"][0]) == defaulted(outcome)
        if defaulted(outcome):
            continue
        scale = np.max(np.abs(outcome.cash_flows))
        days = outcome.cash_flows, outcome.attribution, outcome.fund_days[:, 0], outcome.position_days
        for ours, theirs in zip(days, twin.days[:4], strict=True):
            np.testing.assert_allclose(theirs[0], ours[..., : theirs.shape[-1]], rtol=1e-12, atol=1e-12 * scale)
        settled = ~np.isin(list(Party)[1:], STREET)
        parties = outcome.parties["cash"][settled]
        np.testing.assert_allclose(found["parties"][0][settled], parties, rtol=1e-12, atol=1e-12 * scale)
        for name in ("calls", "calls_paid", "largest_call", "lowest_cash", "sold"):
            assert found[name][0] == pytest.approx(outcome.funds[name][0], rel=1e-12, abs=1e-12 * scale)
        seen |= set(outcome.log["what"])
    sales = {
        LogEvent.SALE,
        LogEvent.CREDIT_DRAWN,
        LogEvent.CREDIT_REPAID,
        LogEvent.COLLATERAL_RECALLED,
        LogEvent.CALL_CURED,
    }
    assert sales | {LogEvent.DRAWDOWN_LIMIT, LogEvent.VALUE_AT_RISK_LIMIT, LogEvent.OTHER_LOSS} <= seen


@needs_a_compiler
@pytest.mark.parametrize("funds", [1, 4])
def test_the_c_twin_keeps_a_market_whose_dealers_ask_a_rent(funds):
    survived = 0
    for setup, outcome in walked_worlds(range(200), funds, dealers_ask=True):
        if defaulted(outcome):
            continue
        twin = CTwin([setup], keep_days=True)
        found = twin.run()
        assert not found["defaulted"].any()
        scale = np.max(np.abs(outcome.cash_flows))
        position_rows = np.arange(len(setup.positions)).reshape(funds, -1)
        rows = np.hstack([position_rows, len(setup.positions) + np.arange(funds)[:, None]])
        days = (
            outcome.cash_flows[:, rows],
            outcome.attribution[:, rows],
            outcome.fund_days,
            outcome.position_days[:, position_rows],
            outcome.dealer_days[:, None],
        )
        for ours, theirs in zip(days, twin.days, strict=True):
            ours = ours[..., : theirs.shape[-1]].swapaxes(0, 1)
            np.testing.assert_allclose(theirs, ours, rtol=1e-11, atol=1e-11 * scale)
        survived += bool(outcome.dealer_days[:, DealerColumn.BALANCE_SHEET_SPREAD].any())
    assert survived > 10


def side_by_side(setups):
    """Outcomes of books one by one, and of the same in the lanes of a vector."""
    return CTwin(setups).run().copy(), CTwin(setups, lanes=LANES).run().copy()


@needs_a_compiler
@pytest.mark.parametrize("kind", ["quiet", "stressed"])
def test_books_side_by_side_end_as_they_do_one_by_one(kind):
    alone, beside = side_by_side(books.cells(getattr(books, kind)(books.Size(60, positions=2)), 2 * LANES + 3))
    for name in alone.dtype.names:
        scale = np.max(np.abs(alone[name]))
        np.testing.assert_allclose(beside[name], alone[name], rtol=1e-12, atol=1e-12 * scale, err_msg=name)


@needs_a_compiler
def test_books_side_by_side_part_where_they_sell_or_fail_on_days_of_their_own():
    ends = []
    for setup, _ in walked_worlds(range(40), dealers_ask=True):
        rng, setups = np.random.default_rng(0), [replace(setup, positions=setup.positions.copy()) for _ in range(11)]
        for one, size in zip(setups, rng.uniform(0.2, 1.6, len(setups)), strict=True):
            one.positions["face"] *= size
            one.positions["contracts"] *= size
        alone, beside = side_by_side(setups)
        for name in alone.dtype.names:
            scale = max(np.max(np.abs(alone[name])), 1.0)
            np.testing.assert_allclose(beside[name], alone[name], rtol=1e-12, atol=1e-12 * scale, err_msg=name)
        ends.append((alone["defaulted"].sum(), (alone["sold"] > 0.0).sum()))
    failed, sold = np.array(ends).T
    assert np.any((failed > 0) & (failed < 11))
    assert np.any((sold > 0) & (sold < 11))


@needs_a_compiler
def test_books_side_by_side_are_single_and_keep_totals():
    with pytest.raises(InputError, match="give lanes=1"):
        CTwin(books.cells(books.quiet(SHORT), 2), keep_days=True, lanes=LANES)


@needs_a_compiler
def test_bounds_of_the_machine_are_below_what_a_twin_takes():
    bandwidth, arithmetic, moved, computed = (fact.value for fact in machine_bounds(2))
    assert bandwidth > 0.5
    assert arithmetic > 1.0
    assert moved < computed < 100.0


@needs_a_compiler
def test_the_c_twin_totals_are_the_sums_of_its_days():
    setups = books.cells(books.stressed(SHORT), 3)
    days, sums = CTwin(setups, keep_days=True), CTwin(setups)
    days.run()
    found = sums.run()
    np.testing.assert_allclose(found["cash_lines"], days.days[0].sum(axis=(1, 2)), rtol=1e-12, atol=1e-4)
    np.testing.assert_allclose(found["attribution"], days.days[1].sum(axis=(1, 2)), rtol=1e-12, atol=1e-4)


def test_the_python_twin_keeps_every_line_of_every_day():
    survivors = 0
    for setup, outcome in walked_worlds(range(90)):
        fund = naive_fund(setup, naive_days(setup))
        rows = fund.walk()
        assert fund.defaulted == defaulted(outcome)
        if fund.defaulted:
            continue
        scale = np.max(np.abs(outcome.cash_flows))
        for sums, words, record in (
            ([row.flows for row in rows], CashLine, outcome.cash_flows),
            ([row.gains for row in rows], PnlLine, outcome.attribution),
        ):
            lines = [[day.pop(name, 0.0) for name in column_names(words)] for day in sums]
            np.testing.assert_allclose(lines, record.sum(axis=1), rtol=1e-12, atol=1e-12 * scale)
            assert not any(sums)  # no line of another name
        days = np.array([(row.equity, row.cash) for row in rows])
        np.testing.assert_allclose(days, outcome.fund_days[:, 0, :2], rtol=1e-12, atol=1e-12 * scale)
        totals = outcome.funds["sold"][0], outcome.funds["calls_paid"][0]
        np.testing.assert_allclose([fund.sold, fund.calls_paid], totals, rtol=1e-12, atol=1e-12 * scale)
        survivors += 1
    assert survivors > 20


@pytest.mark.parametrize("kind", ["quiet", "stressed"])
def test_timed_books_do_what_they_say_and_nobody_defaults(kind):
    setups = books.cells(getattr(books, kind)(), 3)
    runs = [run(setup) for setup in setups]
    told = {LogEvent(what).name for outcome in runs for what in outcome.log["what"]}
    assert "DEFAULT" not in told
    assert {"CALL_PAID", "COUPON_PAID", "REPO_REMARGIN"} <= told
    stress = {"SALE", "HAIRCUT_CHANGE", "MARGIN_CHANGE", "NOT_ROLLED_CHANGE", "LEVERAGE_LIMIT"}
    assert stress <= told if kind == "stressed" else not stress & told


def test_the_timed_kernel_is_the_public_run():
    setups = books.cells(books.quiet(SHORT), 3)
    full = FullRecord(setups)
    for _ in range(2):  # restored in between
        full.restore()
        full.run()
        expected = [run(setup).fund_days[-1, 0, 0] for setup in setups]
        np.testing.assert_array_equal(full.equity(), expected)
    np.testing.assert_array_equal(lean_cells(setups)()["equity"], expected)


def test_twins_refuse_what_they_do_not_do():
    setup = worlds.hand_made(
        [100.0, 101.0, 102.0], dated=[worlds.DatedEvent(1, EventKind.REDEMPTION, 9 * 60, 1e4, fund=0)]
    )
    with pytest.raises(InputError, match="REDEMPTION is scheduled"):
        timeline(setup)
    asking = worlds.hand_made([100.0, 101.0, 102.0], contract={"balance_sheet_share": 1.0})
    with pytest.raises(InputError, match="dealers who charge for balance sheet"):
        naive_days(asking)
    noon = worlds.hand_made([100.0, 101.0, 102.0], minutes=(12 * 60, 15 * 60))
    with pytest.raises(InputError, match="12:00"):
        timeline(noon)


def test_a_race_runs_contenders_in_turn_and_counts_work():
    order = []
    contenders = [
        Contender("a", lambda: order.append("a"), 10, prepare=lambda: order.append("p")),
        Contender("b", lambda: sum(range(10_000)), most=2),
    ]
    a, b = race("group", "unit", contenders, rounds=3)
    assert len(a.seconds) == 3
    assert len(b.seconds) == 2
    assert order.count("p") == order.count("a")
    assert all(second > 0.0 for second in (*a.seconds, *b.seconds))


def test_intervals_hold_the_median_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2_000):
        span = interval(rng.lognormal(0.0, 0.3, 9).tolist())
        held += span.low <= 1.0 <= span.high
    assert 0.95 <= held / 2_000 <= 0.99
    assert interval([3.0, 1.0, 2.0]) == Interval(1.0, 2.0, 3.0)


def test_ratios_are_taken_within_rounds():
    slow = Timing("g", "slow", "run", (2.0, 20.0, 2.2))
    fast = Timing("g", "fast", "run", (1.0, 10.0, 1.1))
    assert ratio(slow, fast) == Interval(2.0, 2.0, 2.0)


def test_exponents_are_powers():
    sizes = [10.0, 20.0, 40.0]
    assert exponent(sizes, [3e-6 * size**1.5 for size in sizes]) == pytest.approx(1.5)


def record(seconds, yard=1.0, who="x"):
    timings = [Timing("g", who, "run", tuple(seconds), yard=(yard,) * len(seconds))]
    return Record({"processor": "p", "commit": "c", "date": "d"}, timings)


def noisy(scale, seed):
    return (scale * np.random.default_rng(seed).lognormal(0.0, 0.03, 9)).tolist()


@pytest.mark.parametrize(
    ("now", "yard", "expected"),
    [(1.0, 1.0, "same"), (1.02, 1.0, "same"), (1.3, 1.0, "slower"), (0.7, 1.0, "faster"), (1.3, 1.3, "same")],
)
def test_verdicts_know_noise_and_the_machine(now, yard, expected):
    verdicts = history.compare(record(noisy(1.0, 1)), record(noisy(now, 2), yard))
    assert [verdict.word for verdict in verdicts] == [expected]


def test_a_busy_machine_is_not_judged():
    busy = record(noisy(2.0, 1))
    busy = replace(busy, timings=[replace(one, yard=(*one.yard[:-1], 2.0)) for one in busy.timings])
    (verdict,) = history.compare(record(noisy(1.0, 1)), busy)
    assert verdict.word == "unsure"


def test_one_run_alone_proves_nothing():
    (verdict,) = history.compare(record([1.0]), record([3.0]))
    assert verdict.word == "same"
    assert verdict.ratio.high == math.inf


def test_what_came_and_went_is_told():
    words = {verdict.key: verdict.word for verdict in history.compare(record([1.0]), record([1.0], who="y"))}
    assert words == {"g: y": "new", "g: x": "gone"}


def test_a_history_comes_back_as_it_was(tmp_path):
    before = replace(record([1.0, 2.0]), facts=[Fact("g", "f", 1.5, "MiB"), Fact("g", "h", math.nan, "skipped", "why")])
    path = tmp_path / "bench.json"
    path.write_text(history.as_json(before))
    after = history.load(path)
    assert after.timings == before.timings
    assert after.timings[0].yard == (1.0, 1.0)
    assert after.facts[0] == before.facts[0]
    assert math.isnan(after.facts[1].value)


@pytest.mark.parametrize("content", [None, "nonsense", json.dumps({"format": 99}), json.dumps({"format": 1})])
def test_a_history_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "bench.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"--compare .*bench\.json"):
        history.load(path)


def full_record():
    rounds = (2e-6, 2.1e-6, 1.9e-6, 2e-6, 2e-6, 2e-6)
    timings = [
        Timing("timeline, quiet", "engine, full record", "fund-day", rounds),
        Timing("timeline, quiet", "engine, lean cells", "fund-day", tuple(x / 20 for x in rounds)),
        Timing("timeline, quiet", "C twin, totals", "fund-day", tuple(x / 40 for x in rounds)),
        Timing("timeline, quiet", "C twin, full record", "fund-day", tuple(x / 20 for x in rounds)),
        Timing(peers.GROUP, "basis-stress, full record", "bar", rounds),
        Timing(peers.GROUP, "quick 1.0", "bar", tuple(x / 2 for x in rounds), "does less"),
    ]
    facts = [
        Fact(peers.GROUP, "missing", math.nan, "skipped", "no wheel"),
        *ruin.facts("quick", -3e6, True, ""),
        *ruin.facts("basis-stress", 0.0, False, "the lender lost"),
        Fact("growth", "time against books", 1.01, "exponent"),
    ]
    return Record({"processor": "p"}, timings, facts, ["No C compiler."])


def test_the_page_tells_losses_and_what_was_skipped():
    text = page.markdown(full_record())
    assert "| engine, full record | 2.00 µs | 20.0 (20.0–20.0) |" in text  # the C twin that keeps as much
    assert "| engine, lean cells | 100 ns | 2.00 (2.00–2.00) |" in text
    assert "| basis-stress, full record | 2.00 µs | 500,000 | 2.00 (2.00–2.00) |" in text  # twice as long as a peer
    assert "| missing | – | – | – | skipped: no wheel |" in text
    assert "| quick | -3,000,000 | still open |" in text
    assert "*No C compiler.*" in text
    widths = {line.count("|") for line in text.split("**Timeline, quiet**")[1].split("\n\n")[1].splitlines()}
    assert len(widths) == 1


def test_goals_say_what_is_reached_and_what_is_not():
    told = {goal.what: goal for goal in goals.GOALS}
    lean, full = told["lean cells over C twin, quiet book"], told["full record over C twin, quiet book"]
    record = full_record()
    assert lean.find(record).median == pytest.approx(2.0)
    assert lean.reached(Interval(1.0, 2.0, 3.0))
    assert not lean.reached(Interval(1.0, 2.1, 3.0))
    text = page.headline(record)
    assert "| full record over C twin, quiet book | at most 2 times | 20.0 times | **no** |" in text
    assert f"| {told['first ever'].what} | at most 15 s | not measured | – |" in text
    assert full.find(record).median == pytest.approx(20.0)
    peers_goal = told["bars a second over the fastest peer's"]
    assert peers_goal.find(record) is None  # no lean cells in this race
    assert not peers_goal.at_most


def test_sweeps_are_told_by_size_and_threads(monkeypatch):
    def told(jobs):
        return [{"cells": n, "threads": t, "wall": n / t, "cpu": n, "peak": 100.0, "stored": 20.0 * n} for n, t in jobs]

    monkeypatch.setattr(cases_sweeps, "measured", told)
    monkeypatch.setattr(cases_sweeps, "clusters", lambda cells: [])
    monkeypatch.setattr(cases_sweeps, "sampled", lambda axes, cells: [])
    monkeypatch.setattr(cases_sweeps, "against_release", lambda cells, rounds: [])
    monkeypatch.setattr(cases_sweeps.os, "cpu_count", lambda: 2)
    timings, facts = cases_sweeps.sweep_races((10, 100), 100, 2)
    assert {one.who: one.seconds for one in timings} == {
        "10 cells, 1 thread": (1.0,) * cases_sweeps.OFTEN,
        "100 cells, 1 thread": (1.0,) * (cases_sweeps.OFTEN + 2),
        "100 cells, 2 threads": (0.5, 0.5),
    }
    values = {fact.who: fact.value for fact in facts}
    assert values["time against cells of a sweep"] == pytest.approx(1.0)
    assert values["sweep of 100 cells, 2 threads over one"] == pytest.approx(2.0)
    assert values["cores at work, sweep of 100 cells, 2 threads"] == pytest.approx(2.0)
    assert values["sweep of 10 cells, 1 thread"] == 100.0
    assert timings[0].note == "20 bytes a cell stored"


def test_a_contender_in_another_process_tells_its_own_time():
    (one,) = race("g", "bar", [Contender("peer", lambda: 0.25, own_clock=True)], rounds=2)
    assert one.seconds == (0.25, 0.25)


@needs_a_compiler
def test_the_c_twin_runs_the_market_of_funds():
    setup = cases_twins.market_setup()
    expected = run(setup)
    twin = CTwin([setup], keep_days=True)
    found = twin.run()
    np.testing.assert_allclose(found["equity"], expected.fund_days[-1, :, 0], rtol=1e-11)
    np.testing.assert_allclose(twin.days[4][0], expected.dealer_days, rtol=1e-11)
    assert found["sold"].sum() > 1e10


@pytest.mark.parametrize(("table", "name", "value"), [("positions", "face", -1e6), ("contracts", "swap", True)])
def test_twins_refuse_positions_that_only_the_engine_carries(table, name, value):
    setup = worlds.hand_made([100.0, 101.0, 102.0])
    rows = getattr(setup, table).copy()
    rows[name] = value
    with pytest.raises(InputError, match="the twins"):
        timeline(replace(setup, **{table: rows}))


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.234, "1.23 s"), (0.0456, "45.6 ms"), (7e-9, "7.00 ns"), (123.4, "123 s")]
)
def test_durations_have_three_figures(seconds, text):
    assert page.duration(seconds) == text


def test_ruin_ends_closed_at_nothing_and_the_lender_pays():
    (fact,) = ruin.ours()
    assert fact.value == 0.0
    held = next(price for price in ruin.PATH if price <= 95.0)
    assert fact.note == f"closed: seized on the day equity went; the lender lost ${(95.0 - held) * 200_000:,.0f}"


def test_a_peer_that_does_not_install_is_skipped_with_a_word(monkeypatch):
    def refuse(peer):
        raise OSError("no index here")

    monkeypatch.setattr(peers, "_environment", refuse)
    told = []
    assert peers._start(peers.PEERS[0], "{}", told.append) == "no index here"
    assert told[-1] == "hftbacktest: skipped (no index here)"


def test_only_permissive_peers_are_installed():
    assert {peer.licence for peer in peers.PEERS} <= {"MIT", "Apache-2.0", "BSD-3-Clause", "LGPL-3.0"}
    refused = ("backtrader", "backtesting", "vectorbt", "rateslib", "financepy")
    assert not [peer for peer in peers.PEERS if peer.requirement.lower().startswith(refused)]


def test_the_sampled_sweep_is_the_sweep_that_is_run(tmp_path):
    job = cases_sweeps.large_job(cases_sweeps.AXES, 150)
    swept = bs.sweep("april-2025", out=tmp_path / "sweep", leverage="10:50:3x", **cases_sweeps.AXES, threads=1)
    assert (swept.folder / "chunk-000000.parquet").read_bytes() == run_chunk(job, 0)
