"""The result of many clients' books: a row per fund and scenario, and losses by lender, clearing member and day."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_stress.reporting import formatting
from basis_stress.reporting.files import save_tables
from basis_stress.reporting.outcomes import OUTCOMES, label
from basis_stress.reporting.spreadsheets import FOLDER, spreadsheets

LOSSES = ("lender_loss_usd", "clearing_loss_usd", "credit_loss_usd")
DEFAULTS = ("illiquid", "insolvent")


@dataclass(frozen=True, repr=False)
class ClientsResult:
    """Outcomes of many clients."""

    table: pd.DataFrame
    """A row per scenario and fund: `outcome`, `constraint` (the first that bound), `day` (of default, else of the first
    forced sale or call), `missed_call_usd`, `cash_at_hand_usd` (when the call was missed, else the lowest), equity, and
    the losses of lenders, clearing member and credit bank. Labels of the table of funds follow."""
    lender_losses: pd.DataFrame
    """A row per scenario, lender and position that it lost on."""
    scenarios: tuple[Scenario, ...]
    together: bool
    """Whether all funds sold into the same dealers."""
    assumptions: list[str]
    settings: dict[str, object]
    """Inputs of the run, by name."""

    @property
    def by_lender(self) -> pd.DataFrame:
        """Losses by scenario and lender, largest first: `loss_usd`, and the `funds` that caused them."""
        groups = self.lender_losses.groupby(["scenario", "lender"], sort=False)
        total = groups.agg(loss_usd=("loss_usd", "sum"), funds=("fund", "nunique")).reset_index()
        return self._in_order(total, "lender")

    @property
    def by_clearing_member(self) -> pd.DataFrame:
        """Losses by scenario and clearing member, largest first."""
        lost = self.table[self.table["clearing_loss_usd"] > 0.0]
        groups = lost.groupby(["scenario", "clearing_member"], sort=False)
        total = groups.agg(loss_usd=("clearing_loss_usd", "sum"), funds=("fund", "nunique")).reset_index()
        return self._in_order(total, "clearing_member")

    @property
    def by_day(self) -> pd.DataFrame:
        """Defaults by scenario and day: `defaults`, `missed_calls_usd`, and the losses that follow."""
        failed = self.table[self.table["outcome"].isin(DEFAULTS)]
        groups = failed.groupby(["scenario", "day"], sort=True)
        total = groups.agg(
            defaults=("fund", "size"),
            missed_calls_usd=("missed_call_usd", "sum"),
            **{name: (name, "sum") for name in LOSSES},
        ).reset_index()
        order = {scenario.name: number for number, scenario in enumerate(self.scenarios)}
        return total.sort_values("scenario", key=lambda names: names.map(order), kind="stable", ignore_index=True)

    @property
    def summary(self) -> pd.DataFrame:
        """A row per scenario: the number of funds of each outcome, and losses, USD."""
        names = [scenario.name for scenario in self.scenarios]
        counts = pd.crosstab(self.table["scenario"], self.table["outcome"]).reindex(names)
        counts = counts.reindex(columns=list(OUTCOMES), fill_value=0)
        return counts.join(self.table.groupby("scenario")[list(LOSSES)].sum())

    def _in_order(self, total: pd.DataFrame, name: str) -> pd.DataFrame:
        """Scenarios as given; in each the largest loss first."""
        order = {scenario.name: number for number, scenario in enumerate(self.scenarios)}
        keys = pd.DataFrame({"order": total["scenario"].map(order), "loss": -total["loss_usd"], "name": total[name]})
        return total.loc[keys.sort_values(["order", "loss", "name"]).index].reset_index(drop=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables, by name of their file."""
        return {
            "clients": self.table,
            "by_lender": self.by_lender,
            "by_clearing_member": self.by_clearing_member,
            "by_day": self.by_day,
            "summary": self.summary.reset_index(),
        }

    def save(self, folder: str | Path, *, csv: bool = False, xlsx: bool = False) -> Path:
        """Write every table as Parquet into a folder: all of them, or none.

        ``csv`` and ``xlsx`` write them a second time into the folder ``spreadsheets`` within it, for a spreadsheet.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        tables = self.tables()
        return save_tables(folder, {**tables, **spreadsheets(tables, csv, xlsx)}, replaces=FOLDER)

    def __str__(self) -> str:
        """A table of outcomes and losses by scenario, and a sentence on the largest loss."""
        found = [name for name in OUTCOMES if self.summary[name].any()]
        heads = ["scenario", *map(label, found), "lenders lose", "clearing members", "credit banks"]
        rows = [heads]
        for row in self.summary.reset_index().to_dict("records"):
            counts = [f"{row[outcome]:,.0f}" for outcome in found]
            rows.append([str(row["scenario"]), *counts, *(formatting.usd(row[loss]) for loss in LOSSES)])
        how = "all in one market of dealers" if self.together else "each alone in its market"
        lines = [f"{self.settings['funds']:,} clients, {how}", "", formatting.aligned(rows)]
        if len(self.by_lender):
            worst = self.by_lender.nlargest(1, "loss_usd").to_dict("records")[0]
            funds = formatting.count(int(worst["funds"]), "fund")
            loss = formatting.usd(worst["loss_usd"])
            lines += ["", f"Largest loss of a lender: {worst['lender']}, {loss} in {worst['scenario']}, on {funds}."]
        return "\n".join(lines)

    __repr__ = __str__
