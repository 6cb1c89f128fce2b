"""What a scenario changes, as pages show it: a sentence, and a table of each parameter beside its base."""

from basis_data.scenarios.differences import counterpart, differences, is_counterfactual
from basis_data.scenarios.scenario import Scenario

Cells = tuple[list[str], list[list[str]]]


def nature(scenario: Scenario) -> str:
    """Whether a scenario is a record or a counterfactual, with its days and changes, in a sentence."""
    if not is_counterfactual(scenario):
        return f"A record, as the data have it: {scenario}."
    return f"A counterfactual, not a record: {scenario}."


def difference_cells(scenario: Scenario) -> Cells:
    """Heads and cells: a row per changed parameter, with its value in the base and here; no rows for a record."""
    base = counterpart(scenario)
    rows = [[each.parameter, each.before, each.after, each.unit or "–"] for each in differences(scenario)]
    named = base.name if base is not None else "base"
    return ["parameter", named if named != scenario.name else f"{named}, unchanged", "here", "unit"], rows
