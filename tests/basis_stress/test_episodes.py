"""A market of funds in March 2020: accounting laws, dealers against a Python twin, equal bytes with any threads."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from basis_data.markets.parameters import Fit
from basis_data.scenarios.scenario import changed, market_era, scenario
from basis_engine.base.compile import set_threads, settings
from basis_engine.simulation.names import DealerColumn, FundColumn, LogEvent, Party, PositionColumn
from basis_engine.simulation.run import Setup, run, run_all
from basis_strategies.assemble import assemble
from basis_strategies.plan import BALANCE_SHEET_SHARES
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import Episode, EpisodeMarket, episode_market, era_dealers, run_episode
from support.laws import Books, check, twin
from support.worlds import digest

FIT = Fit(capacity_multiple=1, slope=0.8, placement_rate=0.36, risk_speed=0.08, loss=0)


@pytest.fixture(scope="module")
def march() -> EpisodeMarket:
    """March 2020."""
    return episode_market("march-2020")


@pytest.fixture(scope="module")
def episode(march: EpisodeMarket) -> Episode:
    """March 2020 with forty funds."""
    return run_episode(march, FIT)


@pytest.fixture(scope="module")
def books(episode: Episode) -> Books:
    """Its books, after a check of every accounting law."""
    return check(setup_of(episode))


@pytest.fixture
def all_threads() -> Iterator[None]:
    """Give the threads back after a test."""
    yield
    set_threads(settings.NUMBA_NUM_THREADS)


def setup_of(episode: Episode) -> Setup:
    """The world of an episode before it runs."""
    return assemble(episode.book.plan, episode.market.priced)


def test_forty_funds_in_four_contracts_for_thirty_days(books: Books, episode: Episode) -> None:
    """Equity is its parts, attribution explains it, and cash sums to zero over all parties, to 1e-9."""
    assert books.run.position_days.shape[:2] == (31, 40 * 4)
    assert digest([books.run]) == digest([episode.run])
    total = books.run.funds["cash"].sum() + books.run.parties["cash"].sum()
    assert abs(total) < 1e-9 * np.abs(books.run.parties["cash"]).sum()
    met = set(books.run.log["what"].tolist())
    assert {
        LogEvent.VALUE_AT_RISK_LIMIT,
        LogEvent.SALE,
        LogEvent.OUTSIDE_SALE,
        LogEvent.CENTRAL_BANK_PURCHASE,
        LogEvent.MARGIN_CHANGE,
    } <= met


@pytest.mark.parametrize("multiple", [2.0, 4.0])
@pytest.mark.parametrize("extra", [0.0, 6e10])
def test_the_laws_hold_in_a_market_that_breaks(march: EpisodeMarket, multiple: float, extra: float) -> None:
    """Thin buffers, a steep balance-sheet spread, and $60bn more sold every day: half of the shorts go, funds fail."""
    fit = Fit(capacity_multiple=multiple, slope=1.5, placement_rate=0.2, risk_speed=0.1, loss=0)
    thin = Population(buffer_sd=0.5, leverage_sd=0.8, seed=2)
    played = run_episode(march, fit, thin, extra_sales=extra)
    check(setup_of(played))
    assert played.shorts.iloc[-1] < 0.55 * played.shorts.iloc[0]
    assert (played.defaults > 0) == (extra > 0.0)


@pytest.mark.parametrize(
    "era",
    [
        {"mixed_share": 0.5, "buffer_sd": 0.5, "era_leverage": 60},
        {"mixed_share": 1.0},
        {"term_share": 0.7, "buffer_sd": 0.0, "era_leverage": 60},
    ],
)
def test_the_laws_hold_with_mixed_books_term_repo_and_losses_elsewhere(era: dict[str, float]) -> None:
    """Basis funds that also hold swaps, and lose half of their equity in other markets, sell both."""
    base = scenario("april-2025")
    chosen = changed(
        base,
        "test",
        market=market_era(base).model_dump() | era,
        other_losses=[{"date": "2025-04-07", "share": 0.5}],
    )
    played = run_episode(episode_market(chosen), FIT)
    books = check(setup_of(played))
    assert books.run.parties["cash"][Party.OTHER_MARKETS] > 0.0
    assert played.dealers["fund_sales"].iloc[-1] > 100.0
    assert played.dealers["swap_sales"].iloc[-1] > 50.0


def test_twice_is_the_same(march: EpisodeMarket, episode: Episode) -> None:
    assert digest([run_episode(march, FIT).run]) == digest([episode.run])
    assert digest([run_episode(march, FIT, Population(seed=1)).run]) != digest([episode.run])


def test_shorts_start_at_those_reported(episode: Episode) -> None:
    """CFTC, 18 February 2020: $774bn of face, of which 75% of the belly is the population's."""
    assert episode.book.report_date == episode.market.days[0]
    assert episode.shorts.iloc[0] == pytest.approx(774.3e9, abs=0.05e9)
    futures = episode.market.priced.data.futures
    hedged = sum(episode.book.hedged_shorts[future.code] * future.notional_usd for future in futures)
    held = -episode.run.position_days[:, :, PositionColumn.CONTRACTS]
    notional = np.array([future.notional_usd for future in futures])[episode.run.positions["contract"]]
    assert (held[0] * notional).sum() == pytest.approx(hedged, rel=1e-12)
    assert hedged < 0.75 * episode.shorts.iloc[0]
    assert np.all(np.diff(episode.shorts) <= 0.0)
    bought_back = ((held[0] - held[-1]) * notional).sum()
    assert episode.shorts.iloc[0] - episode.shorts.iloc[-1] == pytest.approx(bought_back, rel=1e-9)


def test_dealers_follow_their_twin(episode: Episode) -> None:
    """Inventory, balance-sheet spread and its volatility in Python; each contract's notes cheapen by their share."""
    plan, era = episode.book.plan.dealers, market_era(episode.market.scenario)
    assert plan is not None
    terms = {
        name: getattr(plan, name) for name in ("slope", "capacity_multiple", "placement_rate", "ceiling", "memory")
    }
    terms["capacity"] = era.capacity_usd_bn * 1e9
    sold = np.diff(episode.run.dealer_days[:, DealerColumn.FUND_SALES], prepend=0.0)
    flows = (episode.market.sales - episode.market.purchases)[1:]
    expected = twin(terms, flows + sold[:-1])
    columns = [DealerColumn.INVENTORY, DealerColumn.BALANCE_SHEET_SPREAD, DealerColumn.VOLATILITY]
    got = episode.run.dealer_days[1:][:, columns]
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12 * expected.max())
    rate = episode.market.priced.data.repo_rate
    jump = 1e4 * np.diff(rate)[1:] / 360.0
    widened = plan.balance_sheet_years * expected[1:, 1] + jump
    market = setup_of(episode).market
    notes, futures = np.asarray(market.notes), np.asarray(market.futures)
    for p, pair in enumerate(episode.run.positions):
        share = BALANCE_SHEET_SHARES[episode.market.priced.codes[pair.contract]]
        basis = futures["dislocation"][2:, pair.contract] + share * widened
        clean = notes["clean"][2:, pair.bond] * (1.0 - basis / 1e4)
        np.testing.assert_allclose(episode.run.position_days[2:, p, PositionColumn.CLEAN], clean, rtol=1e-12)


def test_every_sale_has_a_buyer(books: Books, episode: Episode) -> None:
    """Each dollar of the flows of others, and of the funds' sales, moved between two named parties."""
    sales, purchases = episode.market.sales[1:].sum(), episode.market.purchases[1:].sum()
    parties, last = books.run.parties["cash"], books.run.dealer_days[-1]
    capital = books.setup.funds["entry_equity"].sum()
    assert parties[Party.OUTSIDE_INVESTORS] == pytest.approx(sales - capital, rel=1e-9)
    assert parties[Party.CENTRAL_BANK] == pytest.approx(-purchases, rel=1e-9)
    assert last[DealerColumn.OUTSIDE_SALES] == pytest.approx(sales, rel=1e-12)
    assert last[DealerColumn.PURCHASES] == pytest.approx(purchases, rel=1e-12)
    settled = last[DealerColumn.FUND_SALES] - books.run.positions["unsettled"].sum()
    bought_at_entry = books.run.fund_days[0, :, FundColumn.BONDS].sum()
    assert parties[Party.DEALERS] == pytest.approx(bought_at_entry - sales + purchases - settled, rel=1e-9)


def test_feedback_and_speed_cause_sales(march: EpisodeMarket, episode: Episode) -> None:
    """Without feedback funds sell less; without speed no value-at-risk limit makes them sell."""
    dealers = era_dealers(market_era(march.scenario), feedback=0.0)
    sold = episode.dealers["fund_sales"].iloc[-1]
    assert 0.0 < run_episode(march, FIT, dealers=dealers).dealers["fund_sales"].iloc[-1] < sold
    idle = run_episode(march, FIT.model_copy(update={"risk_speed": 0.0}))
    assert not np.isin(idle.run.log["what"], LogEvent.VALUE_AT_RISK_LIMIT).any()


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_byte_of_many_markets(march: EpisodeMarket, episode: Episode, threads: int) -> None:
    """Six populations of one market, spread over threads or one after the other."""
    if threads > settings.NUMBA_NUM_THREADS:
        pytest.skip("this machine has one core")
    set_threads(threads)
    first = setup_of(episode)
    others = [setup_of(run_episode(march, FIT, Population(seed=seed))) for seed in range(1, 6)]
    setups = [first, *(replace(other, market=first.market) for other in others)]
    alone = digest(run(setup) for setup in setups)
    assert digest(run_all(setups, parallel=True)) == alone
    assert digest(run_all(setups, parallel=False)) == alone
