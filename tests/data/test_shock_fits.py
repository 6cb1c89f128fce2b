"""Fits recover what they are given; laws, notices, gaps and statistics agree with naive twins."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from basis_data.shocks import garch
from basis_data.shocks.components import components, products
from basis_data.shocks.funding import FundingTerms, along, march_2020_loading_bp, notices, repo_noise
from basis_data.shocks.generators import generator
from basis_data.shocks.history import BILLS, decade, filled, history, turbulence
from basis_data.shocks.innovations import fit_jumps, fit_tail, fit_tails, pareto
from basis_data.shocks.margin_check import margin_check
from basis_data.shocks.samplers import FactorPaths
from basis_data.shocks.statistics import INDEX, LAGS, TENOR_NAMES, joint_band, statistics
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_history_is_the_file_where_the_file_has_it() -> None:
    past, rows = history(), read("par_yields")
    rows = rows[rows["date"] <= "2026-04-17"]  # newer rows would change what a seed draws
    changes = rows[list(TENOR_YEARS)].diff().iloc[1:].to_numpy() / 100
    np.testing.assert_array_equal(past.observed, ~np.isnan(changes))
    np.testing.assert_allclose(past.seen, changes, atol=1e-15)
    assert not np.isnan(past.changes).any()
    assert not past.observed[past.dates < np.datetime64("2001-07-31"), 0].any()
    spread = past.changes.std(axis=0) / np.nanstd(past.seen, axis=0)
    assert np.abs(spread - 1).max() < 0.03  # what is filled moves as much as what is seen


def test_filled_gaps_keep_covariance() -> None:
    """A third of one tenor's days blanked out of correlated days: spread and correlation come back."""
    root = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.5, 0.5, 0.7]])
    days = rng(3).standard_normal((12_000, 3)) @ root.T
    holes = days.copy()
    holes[:4000, 2] = np.nan
    whole = filled(holes)
    np.testing.assert_array_equal(whole[4000:], days[4000:])
    np.testing.assert_array_equal(whole[:, :2], days[:, :2])
    np.testing.assert_allclose(np.cov(whole[:4000].T), root @ root.T, atol=0.06)


def test_a_held_back_window_is_gone_and_the_rest_is_not() -> None:
    whole, window = history(), decade("2000-01-01", "2009-12-31")
    rest = history(("2000-01-01", "2009-12-31"))
    assert len(window.dates) + len(rest.dates) == len(whole.dates)
    assert not np.isin(window.dates, rest.dates).any()
    with pytest.raises(InputError, match="at least 500 are needed"):
        history(("1991-01-01", "2030-01-01"))


def test_turbulence_is_the_plain_recursion() -> None:
    days, scale = rng(1).standard_normal((50, 3)), np.array([1.0, 2.0, 0.5])
    level, naive = 1.0, []
    for day in days:
        level = 0.9 * level + 0.1 * ((day / scale) ** 2).mean()
        naive.append(level)
    np.testing.assert_allclose(turbulence(days, scale, 0.9), naive)


def test_components_rebuild_the_days() -> None:
    parts = components(history().changes)
    np.testing.assert_allclose(parts.scores @ parts.loadings, history().changes, atol=1e-15)
    np.testing.assert_allclose(parts.loadings @ parts.loadings.T, np.eye(11), atol=1e-12)
    off = products(parts.scores, parts.scores) / len(parts.scores) - np.diag(parts.variance)
    assert np.abs(off).max() < 1e-12 * parts.variance[0] * 1e3
    assert (np.diff(parts.variance) <= 0).all()
    assert parts.explained[:3].sum() > 0.9


@pytest.mark.parametrize(("reaction", "memory"), [(0.05, 0.93), (0.12, 0.80), (0.0, 0.0)])
def test_garch_finds_the_parameters_that_made_the_series(reaction: float, memory: float) -> None:
    shocks, variance, series = rng(7).standard_normal(20_000), 4.0, []
    for shock in shocks:
        series.append(np.sqrt(variance) * shock)
        variance = 4.0 * (1 - reaction - memory) + reaction * series[-1] ** 2 + memory * variance
    found = garch.fit(np.array(series))
    assert found.target == pytest.approx(4.0, rel=0.1)
    assert found.reaction == pytest.approx(reaction, abs=0.02)
    if reaction:
        assert found.memory == pytest.approx(memory, abs=0.03)


def test_garch_variances_are_the_plain_recursion() -> None:
    series, naive, h = rng(2).standard_normal(40), [], 1.5
    for x in [np.sqrt(1.5), *series[:-1]]:
        h = 1.5 * (1 - 0.1 - 0.8) + 0.1 * x * x + 0.8 * h
        naive.append(h)
    np.testing.assert_allclose(garch.variances(series, 1.5, 0.1, 0.8), naive)


def test_jumps_finds_the_mixture_that_made_the_days() -> None:
    random = rng(11)
    kind = random.choice(3, 40_000, p=[0.85, 0.12, 0.03])
    days = random.standard_normal((40_000, 4)) * np.array([0.6, 1.5, 4.0])[kind][:, None]
    found = fit_jumps(days)
    np.testing.assert_allclose(found.shares, [0.85, 0.12, 0.03], atol=0.015)
    np.testing.assert_allclose(np.sqrt(found.covariances[:, 0, 0]), [0.6, 1.5, 4.0], rtol=0.08)
    drawn = found.draw(rng(5), 200_000)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(days.T), atol=0.03)
    np.testing.assert_allclose(stats.kurtosis(drawn[:, 1]), stats.kurtosis(days[:, 1]), rtol=0.15)


def test_pareto_is_scipys_quantile() -> None:
    chances = np.array([0.0, 0.2, 0.9, 0.999])
    for shape in (-0.2, 0.0, 0.3):
        ours = pareto(chances, np.full(4, shape), np.full(4, 1.7))
        np.testing.assert_allclose(ours, stats.genpareto.ppf(chances, shape, scale=1.7), rtol=1e-12)


def test_a_tail_is_found_and_drawn_again() -> None:
    values = stats.t.rvs(4, size=60_000, random_state=9)  # its tail has shape 1/4
    threshold, shape, _ = fit_tail(values)
    assert threshold == pytest.approx(stats.t.ppf(0.95, 4), rel=0.03)
    assert shape == pytest.approx(0.25, abs=0.09)
    law = fit_tails(np.column_stack([values, -values]))
    drawn = law.draw(rng(1), 400_000)
    for chance in (1e-4, 1e-3, 0.01, 0.5, 0.99, 0.999):
        assert np.quantile(drawn[:, 0], chance) == pytest.approx(stats.t.ppf(chance, 4), rel=0.15, abs=0.02)
    assert np.abs(drawn).max() > np.abs(values).max()


def test_runs_of_history_keep_the_even_law_over_days() -> None:
    """Each day follows from days whose chances sum to one, so every day stays equally likely."""
    sampler = generator("bootstrap").fit(history())
    n, size = len(sampler.changes), np.diff(sampler.first)
    assert size.sum() == n == len(np.unique(sampler.members))
    for cell in range(len(size)):
        inside = sampler.members[sampler.first[cell] : sampler.first[cell + 1]]
        assert (sampler.cell[inside] == cell).all()
    drawn = np.empty((4000, 60, 11))
    sampler.draw(rng(4), drawn)
    where = {day.tobytes(): place for place, day in enumerate(sampler.changes)}
    places = np.array([[where[day.tobytes()] for day in path] for path in drawn])
    assert np.isin(drawn[:, :, 6], sampler.changes[:, 6]).all()
    follows = np.diff(places, axis=1) == 1
    assert follows.mean() == pytest.approx(1 - 1 / sampler.run_days, abs=0.01)
    joints = np.argwhere(~follows)
    before, after = places[tuple(joints.T)], places[joints[:, 0], joints[:, 1] + 1]
    alike = sampler.cell[before] == sampler.cell[after - 1]  # a day may stand twice in history with equal changes
    assert alike.mean() > 0.98
    assert drawn[:, -1].std(axis=0) == pytest.approx(sampler.changes.std(axis=0), rel=0.25)


def test_component_paths_are_the_plain_recursion() -> None:
    """Surprises of known size: each component's variance feeds on its last move, and moves add up by loadings."""

    class Known:
        def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
            return np.tile([1.5, -0.5], (count, 1))

    loadings = np.array([[0.6, 0.8], [0.8, -0.6]])
    constant, reaction, memory = np.array([0.1, 0.2]), np.array([0.1, 0.3]), np.array([0.85, 0.5])
    history_variances = np.array([[1.0, 4.0], [2.0, 0.5], [3.0, 1.0]])
    sampler = FactorPaths(loadings, constant, reaction, memory, history_variances, Known())
    drawn = np.empty((6, 5, 2))
    start = sampler.draw(rng(3), drawn)
    assert len(set(start.tolist())) > 1
    for path, first in zip(drawn, start, strict=True):
        h = history_variances[first].copy()
        for day in path:
            moved = [np.sqrt(h[0]) * 1.5, np.sqrt(h[1]) * -0.5]
            np.testing.assert_allclose(day, [sum(moved[k] * loadings[k][t] for k in (0, 1)) for t in (0, 1)])
            h = np.array([constant[k] + reaction[k] * moved[k] ** 2 + memory[k] * h[k] for k in (0, 1)])


def test_the_variance_after_a_day_of_history_is_that_before_the_next() -> None:
    sampler = generator("garch").fit(history())
    scores = components(history().changes).scores
    for k in (0, 4, 10):
        found = garch.fit(scores[:, k])
        np.testing.assert_allclose(sampler.variances[:-1, k], found.variances[1:])


def test_notices_are_the_naive_walk() -> None:
    required = np.exp(np.cumsum(0.05 * rng(6).standard_normal((20, 40)), axis=1))
    multiple = notices(required, 0.1)
    for path, found in zip(required, multiple, strict=True):
        in_force, naive = path[0], []
        for level in path[1:]:
            naive.append(in_force / path[0])
            if abs(level / in_force - 1) >= 0.1:
                in_force = level
        np.testing.assert_allclose(found, naive)


def test_margins_rise_with_volatility_and_stop_at_the_cap() -> None:
    sampler = generator("parallel", size_bp=500, day=2).fit(history())
    changes = np.empty((1, 10, 11))
    sampler.draw(rng(), changes)
    level = np.sqrt(along(changes, history(), None, 0.99))[0]
    assert level[:2] == pytest.approx(1.0)
    assert level[2] > 3 > level[1]
    from basis_data.shocks.funding import margin_multiple

    capped = margin_multiple(changes, history(), None, FundingTerms(margin_cap=2.0))[0]
    np.testing.assert_allclose(capped, [1, 1, *[2.0] * 8])


def test_margin_rule_against_cme() -> None:
    """The claims of `basis_data.shocks.funding`: one for one, two thirds correlated, about as many notices."""
    row = margin_check().table().loc["all"]
    assert row["elasticity"] == pytest.approx(1.0, abs=0.05)
    assert 0.6 < row["correlation"] < 0.75
    assert row["model_notices"] == pytest.approx(row["notices"], rel=0.1)
    assert row["error"] < 0.8 * row["unexplained"]
    asked = margin_check().asked.values()
    terms = FundingTerms()
    assert terms.margin_floor < min(one.min() for one in asked) < terms.margin_floor + 0.1
    assert terms.margin_cap - 0.1 < max(one.max() for one in asked) < terms.margin_cap


def test_repo_loading_is_march_2020s_and_its_shocks_are_historys() -> None:
    assert march_2020_loading_bp() == pytest.approx(FundingTerms().repo_loading_bp, abs=0.5)
    noise = repo_noise()
    assert 1e4 * noise.shocks.max() > 250  # 17 September 2019
    assert 0.2 < noise.persistence < 0.5


def test_statistics_are_the_naive_ones() -> None:
    random = rng(8)
    changes = random.standard_t(5, (400, 11)) * np.exp(random.standard_normal((400, 1)) / 2) / 1e4
    changes[:100, 0] = np.nan
    changes[50:80, 9] = np.nan
    frame, found = pd.DataFrame(changes, columns=TENOR_NAMES), pd.Series(statistics(changes), INDEX)
    for name in TENOR_NAMES:
        column = frame[name].dropna()
        assert found["standard deviation, bp", name] == pytest.approx(1e4 * column.std(ddof=0))
        assert found["excess kurtosis", name] == pytest.approx(stats.kurtosis(column))
        sizes = (frame[name] - 0).abs()
        centred = sizes - sizes.mean()
        lagged = [np.nanmean(centred[lag:].to_numpy() * centred[:-lag].to_numpy()) for lag in range(1, 61)]
        for group, (first, last) in LAGS.items():
            naive = np.mean(lagged[first - 1 : last]) / np.nanmean(centred**2)
            assert found[group, name] == pytest.approx(naive)
    assert found["correlation", "2y-10y"] == pytest.approx(frame["2y"].corr(frame["10y"]))
    assert found["correlation", "1mo-20y"] == pytest.approx(frame["1mo"].corr(frame["20y"]), abs=0.01)
    assert np.isnan(statistics(np.where(np.arange(11) == 0, np.nan, changes))[0])


def test_a_joint_band_holds_the_share_it_says() -> None:
    simulated = rng(1).standard_normal((4000, 20))
    low, high, share = joint_band(simulated)
    fresh = rng(2).standard_normal((4000, 20))
    inside = ((fresh >= low) & (fresh <= high)).all(axis=1).mean()
    assert inside == pytest.approx(0.95, abs=0.012)
    assert share == pytest.approx(0.95, abs=0.012)
    few = joint_band(simulated[:100])
    assert few[2] < 0.9
    np.testing.assert_array_equal(few[0], simulated[:100].min(axis=0))


def test_bills_are_the_tenors_up_to_a_year() -> None:
    assert [years <= 1.0 for years in TENOR_YEARS.values()] == [True] * BILLS + [False] * (11 - BILLS)
