"""The result of a backtest of one book: its tables, and the report drawn from them."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from basis_data.markets.pricing import PricedMarket
from basis_data.scenarios.differences import counterpart
from basis_data.scenarios.scenario import Scenario, changed
from basis_engine.base.errors import InputError
from basis_engine.simulation.run import Run
from basis_strategies.plan import Plan
from basis_stress.reporting.registry import Saved
from basis_stress.single_book import observed_prices, tabulate

TABLES = ("summary", "timeline", "positions", "market", "yields_pct", "cash", "calls", "attribution", "events")


@dataclass(frozen=True, repr=False)
class Result(Saved):
    """The tables of each fund, each built on first use. Money in USD, outflows negative; times in New York.

    Day 0 is the day of entry.
    """

    TABLES = TABLES
    scenario: Scenario
    settings: dict[str, object]
    """Inputs of the run, by name."""
    assumptions: list[str]
    """Assumptions, a sentence each."""
    run: Run
    """What the engine recorded, in its own columns and numbers."""
    plan: Plan
    priced: PricedMarket
    """The market of the run, shared with other results: never change its arrays."""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns of a user's book that label its positions, in the order of the plan."""
    through: "Callable[..., Result] | None" = None
    """Runs the same book through another scenario; with `snapshot_prices` False, on modelled prices."""

    @property
    def saved_tables(self) -> tuple[str, ...]:
        """Names of the tables that are written: those of observed prices too, where there are any."""
        return TABLES if self.priced.data.note_spreads is None else (*TABLES, "deliverables", "observed_differences")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per fund, with what the same equity earns in cash, and the same book without the changes."""
        base = None if self.base is None else self.base.run.outcomes
        return tabulate.summary(self.run, self.plan, self.priced, base)

    @cached_property
    def base(self) -> "Result | None":
        """The same book through the scenario without its changes; None for a record, or if it cannot be run there."""
        without = None if self.through is None else counterpart(self.scenario)
        if without is None or self.through is None:
            return None
        try:
            return replace(self.through(without), through=None)
        except InputError:
            return None

    @cached_property
    def modelled(self) -> "Result | None":
        """The same run with notes priced on the curve; None where no observed price was used."""
        if self.through is None or self.priced.data.note_spreads is None:
            return None
        files = {**self.scenario.files.model_dump(), "prices": None}
        plain = changed(self.scenario, self.scenario.name, files=files)
        return replace(self.through(plain, snapshot_prices=False), through=None)

    @cached_property
    def deliverables(self) -> pd.DataFrame:
        """One row per day, contract and deliverable: prices, spread over the curve, implied repo, the cheapest."""
        return observed_prices.deliverables(self.priced)

    @cached_property
    def observed_differences(self) -> pd.DataFrame:
        """One row per contract: the run on observed prices beside the same run on modelled ones; else none."""
        alone = self.modelled
        beside = None if alone is None else (alone.run, alone.priced)
        return observed_prices.observed_differences(self.run, self.priced, beside)

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """One row per fund and day, after the risk limits of 15:30: the balance sheet."""
        return tabulate.timeline(self.run, self.plan, self.priced)

    @cached_property
    def positions(self) -> pd.DataFrame:
        """One row per position and day: sizes, prices, basis, implied repo, financing."""
        table = tabulate.positions(self.run, self.plan, self.priced)
        days = len(self.run.position_days)
        return table.assign(**{name: np.tile(cells, days) for name, cells in self.labels.items()})

    @cached_property
    def market(self) -> pd.DataFrame:
        """One row per contract and day: future, cheapest-to-deliver, initial margin."""
        return tabulate.market_table(self.priced)

    @cached_property
    def yields_pct(self) -> pd.DataFrame:
        """One row per day: par yields and SOFR, percent as published. Rates whose name does not say so are decimals."""
        return tabulate.yields_table(self.priced)

    @property
    def yields(self) -> pd.DataFrame:
        """The old name of `yields_pct`."""
        warnings.warn("Result.yields is now Result.yields_pct, in percent as before", DeprecationWarning, stacklevel=2)
        return self.yields_pct

    @cached_property
    def cash(self) -> pd.DataFrame:
        """One row per fund and day: the cash waterfall from opening to closing balance."""
        return tabulate.cash(self.run, self.plan, self.priced)

    @cached_property
    def calls(self) -> pd.DataFrame:
        """One row per position and day: variation margin, initial margin, repo re-margin, haircut."""
        return tabulate.calls(self.run, self.plan, self.priced)

    @cached_property
    def attribution(self) -> pd.DataFrame:
        """One row per fund and day: the change in equity, line by line."""
        return tabulate.attribution(self.run, self.plan, self.priced)

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per event, with the event that caused it."""
        return tabulate.events(self.run, self.plan, self.priced)
