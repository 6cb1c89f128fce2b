"""Levels that a user puts on top of a scenario from the second business day on: the first after entry."""

from typing import Annotated

from pydantic import Field

from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.fields import Share, StrictModel


class Shock(StrictModel):
    """Shocks in force from the second business day to the last, or to the scenario's own next change of the same."""

    basis_bp: Annotated[float, Field(ge=-1000, le=1000, title="basis points of price")] = 0.0
    """Cash is cheap against futures by this from the second day on."""
    not_rolled: Share = 0.0
    """Share of the repo falling due that lenders do not roll, on each day from the second on."""

    def on(self, scenario: Scenario) -> Scenario:
        """Put the shock on a scenario."""
        if self == Shock():
            return scenario
        second, last = (str(day) for day in mark_days(scenario.start, scenario.end)[[1, -1]])
        if self.basis_bp != 0.0:
            scenario = scenario.with_dislocation(second, self.basis_bp)
        if self.not_rolled != 0.0:
            scenario = scenario.with_pull_back(second, self.not_rolled, until=last)
        return scenario
