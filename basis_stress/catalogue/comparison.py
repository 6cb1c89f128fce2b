"""A scenario compared with its base: the same run with and without its changes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.base.errors import InputError
from basis_stress.front_door.backtest import backtest

BOOK = (
    "outcome",
    "equity_end_usd",
    "return",
    "calls",
    "calls_paid_usd",
    "largest_call_usd",
    "lowest_cash_usd",
    "forced_sales_usd",
    "loss_beyond_equity_usd",
)
MARKET = (
    "shorts_change",
    "fund_sales_usd",
    "peak_dislocation_bp",
    "peak_inventory_usd",
    "worst_return",
    "defaults",
)


def compare_scenarios(
    scenario: str | Path | Scenario,
    base: str | Path | Scenario | None = None,
    *,
    market: bool = False,
    **options: Any,
) -> pd.DataFrame:
    """Run a scenario and its base with the same options.

    Parameters
    ----------
    base
        The scenario to compare with; by default the `base` of its file.
    market
        Run the market of funds instead of a single book.
    **options
        Options of `backtest`, ``book``, ``funds`` and ``as_of`` among them.

    Returns
    -------
    DataFrame
        A row per figure (per capacity multiple and figure with ``market``, per fund and figure of a book of several);
        columns are the base and the scenario.

    Raises
    ------
    InputError
        If there is no base, or a run is refused.
    """
    chosen = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    against = base or chosen.base
    if against is None:
        raise InputError(f"scenario {chosen.name}, base: none given; name a base in its TOML file, or give base=...")
    base_scenario = against if isinstance(against, Scenario) else load_scenario(against)
    names = (base_scenario.name, chosen.name if chosen.name != base_scenario.name else f"{chosen.name}, changed")
    return figures_of(dict(zip(names, (base_scenario, chosen), strict=True)), market, **options)


def figures_of(scenarios: Mapping[str, Scenario], market: bool = False, **options: Any) -> pd.DataFrame:
    """Run several scenarios, by the name of their column, with the same options; see `compare_scenarios`."""
    return pd.DataFrame({name: _figures(each, market, options) for name, each in scenarios.items()})


def by_scenario(figures: pd.DataFrame) -> pd.DataFrame:
    """The table of `figures_of` turned: a row per scenario, and fund where there are several, a column per figure."""
    turned: Any = figures.T.rename_axis("scenario")
    if turned.columns.nlevels > 1:
        turned = turned.stack(0, future_stack=True).rename_axis(["scenario", "fund"])
    table: pd.DataFrame = turned.reset_index().infer_objects()
    return table


def _figures(chosen: Scenario, market: bool, options: dict[str, Any]) -> "pd.Series[Any]":
    """The figures of one run."""
    if market:
        figures = backtest(chosen, market=True, **options).summary[list(MARKET)]
        return pd.Series(
            {(multiple, name): figures.at[multiple, name] for multiple in figures.index for name in MARKET}
        )
    table: Any = backtest(chosen, **options).summary[list(BOOK)]
    of_funds: pd.Series[Any] = table.iloc[0] if len(table) == 1 else table.stack(future_stack=True)
    return of_funds
