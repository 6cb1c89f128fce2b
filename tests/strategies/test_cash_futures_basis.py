"""The cash-futures basis: old names of its terms, and of the scenario's own, for one release."""

import numpy as np
import pytest

import basis_stress as bs
from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import scenario
from basis_engine.base.errors import InputError
from basis_strategies.cells import outcomes


def test_the_old_leverage_limit_is_a_multiple_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="leverage_limit is now leverage_limit_multiple"):
        old = bs.CashFuturesBasis(leverage=30, leverage_limit=1.2)
    assert old == bs.CashFuturesBasis(leverage=30, leverage_limit_multiple=1.2)
    with pytest.raises(InputError, match=r"leverage_limit_multiple: 0\.5 given, allowed is greater than or equal to 1"):
        bs.backtest("april-2025", leverage_limit_multiple=0.5)


def test_cells_read_the_old_name_of_a_column() -> None:
    market = priced_market(market_data(scenario("april-2025"), ["TY"]))
    limits = np.array([1.0, 1.05, 2.0])
    base = bs.CashFuturesBasis(leverage=50, unwind="target-leverage")
    with pytest.warns(DeprecationWarning, match="cells: leverage_limit is now leverage_limit_multiple"):
        old = outcomes(market, {"leverage_limit": limits}, base)
    assert old.tobytes() == outcomes(market, {"leverage_limit_multiple": limits}, base).tobytes()


def test_the_old_name_of_the_scenarios_repo_works_with_a_warning() -> None:
    new = bs.backtest("april-2025", contract="TY", scenario_repo_bp=40)
    with pytest.warns(DeprecationWarning, match="repo_spread_bp_all is now scenario_repo_bp"):
        old = bs.backtest("april-2025", contract="TY", repo_spread_bp_all=40)
    assert old.cash.equals(new.cash)
    assert old.scenario.scenario_repo_bp == 40
