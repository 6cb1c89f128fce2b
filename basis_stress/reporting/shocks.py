"""What a scenario changes, as pages show it: a sentence, and a table of each parameter beside its base."""

from basis_data.scenarios.differences import counterpart, differences, is_counterfactual
from basis_data.scenarios.scenario import Scenario
from basis_stress.reporting.formatting import TableText


def nature(scenario: Scenario) -> str:
    """Whether a scenario is a record, an episode on another day or a counterfactual, with its changes."""
    if scenario.moves_from is not None and not is_counterfactual(scenario):
        return f"Not a record: what an episode moved, put on the market of another day: {scenario}."
    if not is_counterfactual(scenario):
        return f"A record, as the data have it: {scenario}."
    return f"A counterfactual, not a record: {scenario}.{_repo(scenario)}"


def _repo(scenario: Scenario) -> str:
    """How repo was made dearer or cheaper: a new level, which futures price, or a spike, which they price little of."""
    level = scenario.scenario_repo_bp != 0.0 or any(shift.until is None for shift in scenario.repo_rate_shifts)
    spike = any(shift.until is not None for shift in scenario.repo_rate_shifts)
    texts = [" Expected repo is a new level: futures are carried at it."] if level else []
    texts += [" A repo spike costs its nights: futures move little with it."] if spike else []
    return "".join(texts)


def difference_cells(scenario: Scenario) -> TableText:
    """Heads and cells: a row per changed parameter, with its value in the base and here; no rows for a record."""
    base = counterpart(scenario)
    rows = [[each.parameter, each.before, each.after, each.unit or "–"] for each in differences(scenario)]
    named = base.name if base is not None else "base"
    return ["parameter", named if named != scenario.name else f"{named}, unchanged", "here", "unit"], rows
