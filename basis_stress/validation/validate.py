"""Validation: every historical target, the model with frozen parameters, and a model of nothing beside it.

Parameters are fitted on March 2020 alone. A target that is not met stays in the table, with its reason. The null sells
nothing and dislocates nothing: every change of positions, spreads and returns is zero. A target that the null meets is
no evidence for the model, and a target on data or arithmetic tests no model at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from basis_data.markets.flows import by_week, outside_flows
from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import changed, market_era
from basis_data.tables.reader import read
from basis_stress.funds_market.episodes import Episode, episode_market, run_episode
from basis_stress.reporting.registry import write_report
from basis_stress.validation.ablations import VARIANTS, ablations
from basis_stress.validation.ablations import as_markdown as ablations_as_markdown
from basis_stress.validation.choices import as_markdown as choices_as_markdown
from basis_stress.validation.choices import choices, tried
from basis_stress.validation.sensitivity import SENSITIVITY_RUNS, sensitivity
from basis_stress.validation.targets import EPISODES, TargetResult, Values, model_results, target_results

BEFORE = {
    "T02": "-9.738 | -13.33 | -14.98",
    "T03": "-9.74 | -14.98",
    "T04": "85.81",
    "T05": "26.26 | 26.26 | 18.38",
    "T06": "139.8",
    "T07": "-2.684",
    "T08": "-3.1",
    "T09": "17.15 | 0 | 0",
    "T10": "84.12",
    "T11": "-56.6 | -99.4",
    "T12": "-15.16 | 15.79",
    "T13": "-0.1333",
    "T14": "56.18",
    "T15": "0 | 0.2399",
    "T16": "-9.847 | 15.16",
    "T17": "0",
    "T18": "0",
    "T19": "0 | 0",
    "T20": "0",
    "T26": "89.25",
    "T27": "89.24",
}
"""Model values of the version before 21 November 2026: parameters 5dba7f0bb2ff, capacity multiple 2, futures carried at
the day's federal funds rate plus a median of 20 days, financing unhedged. Others did not depend on it."""


@dataclass(frozen=True)
class Validation:
    """The targets, and March 2020 without each mechanism."""

    table: pd.DataFrame
    without: pd.DataFrame
    moved: pd.DataFrame
    """Two episodes with each parameter at both ends of its range (`basis_stress.validation.sensitivity`)."""
    choices: pd.DataFrame
    """Each constant, its value, when it was chosen and on which data."""
    digest: str
    """Of the parameter file."""

    @property
    def text(self) -> str:
        """Everything as Markdown."""
        told = (headline(self.table), f"Parameters {self.digest}", as_markdown(self.table), reasons(self.table))
        made = (choices_as_markdown(self.choices), choices_as_markdown(tried()))
        return "\n\n".join((*told, ablations_as_markdown(self.without), *made)) + "\n"

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML page."""
        return write_report(self, path)


def validation(
    frozen: Parameters | None = None, done: Callable[[int, int], None] = lambda count, of: None
) -> Validation:
    """Compare the model with every target, and run March 2020 without each mechanism.

    Parameters
    ----------
    done
        Called with the number of runs that are done, and of all.
    """
    counted, of = count(1), 2 * len(EPISODES) + len(VARIANTS) + SENSITIVITY_RUNS

    def ran() -> None:
        done(next(counted), of)

    table, without, moved = validate(frozen, ran), ablations(frozen, ran=ran), sensitivity(frozen, ran=ran)
    return Validation(table, without, moved, choices(frozen or parameters()), table.attrs["digest"])


def validate(frozen: Parameters | None = None, ran: Callable[[], None] = lambda: None) -> pd.DataFrame:
    """Compare the model with every target; ``ran`` is called after each run of an episode.

    Returns
    -------
    DataFrame
        `id`, `episode`, `role`, `target`, `observed`, `unit`, `tolerance`, `null`, `null_met` (for a model of nothing;
        empty where the target tests no model), `before` (of the version before), `other_flows` (the model with
        the other source of outside flows: March 2020 by the weekly rule, all others with none), `model`, `met` (yes or
        no), `reason`, `source`; one row per target of history/targets.csv. `attrs["digest"]` is that of the parameters.
    """
    chosen = frozen or parameters()
    fit, runs, with_others = chosen.fits[len(chosen.fits) // 2], {}, {}
    for name in EPISODES:
        runs[name] = run_episode(episode_market(name), fit)
        ran()
        with_others[name] = with_other_flows(runs[name], fit)
        ran()
    others = model_results(with_others)
    results = target_results(runs)
    targets = read("targets")
    outcomes = [
        {
            "before": BEFORE.get(target, ""),
            "other_flows": _text(others[target].model) if target in others else "",
            **_outcome(results[target]),
        }
        for target in targets["id"]
    ]
    table = pd.concat([targets, pd.DataFrame(outcomes, targets.index)], axis=1)
    table.attrs["digest"] = chosen.digest
    return table[[*_COLUMNS]]


def with_other_flows(episode: Episode, fit: Fit) -> Episode:
    """Run an episode again with the weekly rule in place of the rows of history/flows.csv, or the reverse."""
    market = episode.market
    other = "table" if by_week(market.scenario) else "weekly"
    era = market_era(market.scenario).model_dump() | {"outside_flows": other, "episode": None}
    swapped = changed(market.scenario, market.scenario.name, market=era)
    days = market.priced.data.dates.astype("datetime64[D]")
    if other == "table" and market.scenario.name not in set(read("flows")["episode"]):
        sales = purchases = np.zeros(len(days))
    else:
        sales, purchases = outside_flows(swapped, days)
    return run_episode(replace(market, sales=sales, purchases=purchases), fit)


_COLUMNS = (
    *("id", "episode", "role", "target", "observed", "unit", "tolerance"),
    *("null", "null_met", "before", "other_flows", "model", "met", "reason", "source"),
)


def _outcome(result: TargetResult) -> dict[str, str]:
    """Values of null and model, whether each meets the target, and the reason, as text."""
    return {
        "null": "" if result.null is None else _text(result.null),
        "null_met": _YES[result.null_met],
        "model": _text(result.model),
        "met": _YES[result.met],
        "reason": "" if result.met else result.reason,
    }


def _text(values: Values) -> str:
    """Values of a cell."""
    return " | ".join(f"{round(value, 3) + 0.0:.4g}" for value in values)


_YES = {True: "yes", False: "no", None: ""}


def headline(table: pd.DataFrame) -> str:
    """Count what the targets show, in four sentences; only out-of-sample targets that the null fails are tests."""
    model, null = table["met"] == "yes", table["null_met"]
    tested = (table["role"] == "out-of-sample") & (null != "")
    hard, fitted = tested & (null == "no"), (table["role"] == "calibration") & (null != "")
    checks = ~tested & ~fitted & (null != "")
    return (
        f"Out of sample, {hard.sum()} of {tested.sum()} targets can tell the model from a null that sells nothing and "
        f"dislocates nothing; the model meets {(hard & model).sum()} of them ({', '.join(table['id'][hard])}). "
        f"The other {(tested & ~hard).sum()} are quiet episodes, which the null meets too; the model meets "
        f"{(tested & ~hard & model).sum()}. Of {fitted.sum()} targets of the fit it meets {(fitted & model).sum()} "
        f"(the null {(fitted & (null == 'yes')).sum()}), of {checks.sum()} further checks of episodes that were looked "
        f"at {(checks & model).sum()} (the null {(checks & (null == 'yes')).sum()}). "
        f"{(null == '').sum()} rows are data or arithmetic and test no model: {((null == '') & model).sum()} agree."
    )


def reasons(table: pd.DataFrame) -> str:
    """The reason for each target that is not met."""
    return "\n".join(f"- {row['id']}: {row['reason']}." for row in table[table["met"] != "yes"].to_dict("records"))


def as_markdown(table: pd.DataFrame) -> str:
    """Format the table as Markdown for the documents and the terminal."""
    shown = table[[name for name in _COLUMNS if name not in ("reason", "source")]]
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + "---|" * len(shown.columns)]
    lines += ["| " + " | ".join(str(cell).replace(" | ", " / ") for cell in row) + " |" for row in shown.to_numpy()]
    return "\n".join(lines)
