"""Validation: every historical target, the model with frozen parameters, and a model of nothing beside it.

Parameters are fitted on March 2020 alone. Every capacity multiple of the fit is run; a target counts as met only if all
of them meet it. A target that is not met stays in the table, with its reason. The null sells nothing and dislocates
nothing: every change of positions, spreads and returns is zero. A target that the null meets is no evidence for the
model, and a target on data or arithmetic tests no model at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_data.tables.reader import read
from basis_engine.simulation.names import PositionColumn
from basis_strategies.plan import BALANCE_SHEET_SHARES, DealerPlan
from basis_stress.funds_market.episodes import Episode, episode_market, run_episode
from basis_stress.validation.calibrate import TARGETS
from basis_stress.validation.checks import (
    amplification,
    cftc_totals,
    concentration,
    form_pf,
    margin_leverage,
    margin_rises,
    quarter_of_repo,
    thirty_year_spread,
    variation_margin_2020,
    variation_margin_2025,
)

Values = tuple[float, ...]


@dataclass(frozen=True)
class TargetResult:
    """A target beside the model's values."""

    observed: Values
    tolerance: Values
    model: Mapping[str, Values]
    """Values by capacity multiple, or under 'data' where no run is needed."""
    reason: str = ""

    @property
    def met(self) -> bool:
        """Whether every value of every run is within its tolerance."""
        return all(self._within(values) for values in self.model.values())

    @property
    def null(self) -> Values | None:
        """Values if no fund sells and the basis does not move; None where the target tests no model."""
        return None if "data" in self.model else (0.0,) * len(self.observed)

    @property
    def null_met(self) -> bool | None:
        """Whether the null is within the tolerance; None where the target tests no model."""
        return None if self.null is None else self._within(self.null)

    def _within(self, values: Values) -> bool:
        """Whether values are within the tolerance of the observed ones."""
        return all(
            abs(value - observed) <= allowed
            for value, observed, allowed in zip(values, self.observed, self.tolerance, strict=True)
        )


def validate(frozen: Parameters | None = None, say: Callable[[str], None] = lambda text: None) -> pd.DataFrame:
    """Compare the model with every target.

    Returns
    -------
    DataFrame
        `id`, `episode`, `role`, `target`, `observed`, `unit`, `tolerance`, `model`, `met` (yes or no), `null` and
        `null_met` (the same for a model of nothing; empty where the target tests no model), `reason`, `source`; one
        row per target of history/targets.csv. `attrs["digest"]` is that of the parameter file.
    """
    chosen = frozen or parameters()
    names = ("march-2020", "april-2025", "september-2019", "svb-2023", "january-2026")
    runs: dict[str, dict[str, Episode]] = {}
    for name in names:
        say(f"{name} ...")
        market = episode_market(name)
        runs[name] = {f"{fit.capacity_multiple:g}": run_episode(market, fit) for fit in chosen.fits}
    say("closed forms and data ...")
    results = _target_results(runs)
    targets = read("targets")
    outcomes = [_outcome(results[target]) for target in targets["id"]]
    table = pd.concat([targets, pd.DataFrame(outcomes, targets.index)], axis=1)
    table.attrs["digest"] = chosen.digest
    return table[[*_COLUMNS]]


_COLUMNS = (
    "id",
    "episode",
    "role",
    "target",
    "observed",
    "unit",
    "tolerance",
    "model",
    "met",
    "null",
    "null_met",
    "reason",
    "source",
)


def _outcome(result: TargetResult) -> dict[str, str]:
    """Values of model and null, whether each meets the target, and the reason, as text."""
    texts = {name: " | ".join(f"{value:.4g}" for value in values) for name, values in result.model.items()}
    same = len(set(texts.values())) == 1
    model = next(iter(texts.values())) if same else "; ".join(f"κ={name}: {text}" for name, text in texts.items())
    return {
        "model": model,
        "met": _YES[result.met],
        "null": "" if result.null is None else " | ".join(f"{value:g}" for value in result.null),
        "null_met": _YES[result.null_met],
        "reason": "" if result.met else result.reason,
    }


_YES = {True: "yes", False: "no", None: ""}


def _each(runs: Mapping[str, Episode], value: Callable[[Episode], Values]) -> dict[str, Values]:
    """Compute a value for every capacity multiple."""
    return {capacity_multiple: value(episode) for capacity_multiple, episode in runs.items()}


def _spread(episode: Episode, day: str) -> Values:
    """Dealers' balance-sheet spread on a day, basis points a year; it is zero at the start."""
    return (float(episode.dealers["balance_sheet_spread"][day]),)


def _peak(episode: Episode) -> float:
    """Rise of dealers' balance-sheet spread from zero on 18 February to its peak, basis points a year."""
    return float(episode.dealers["balance_sheet_spread"].max())


def _forced_sales(episode: Episode) -> float:
    """Sales of basis trades as a share of the hedged book, percent."""
    face = episode.run.position_days[:, episode.run.positions["contract"] < len(episode.market.priced.codes)]
    held = face[:, :, PositionColumn.FACE].sum(axis=1)
    return float(100 * (1 - held[-1] / held[0]))


def _calibrated(*names: str) -> tuple[Values, Values]:
    """Observed values and tolerances of calibration targets."""
    observed, tolerances = zip(*(TARGETS[name] for name in names), strict=True)
    return observed, tolerances


def _target_results(runs: Mapping[str, Mapping[str, Episode]]) -> dict[str, TargetResult]:
    """Compare every target with the model, by its id."""
    march, april = runs["march-2020"], runs["april-2025"]
    years = DealerPlan().balance_sheet_years
    belly = [BALANCE_SHEET_SHARES[code] * years for code in ("TU", "FV", "TY")]
    return {
        "T01": TargetResult((745.52, 433.77, 860.26), (0.05,) * 3, {"data": cftc_totals()}),
        "T02": TargetResult(
            *_calibrated("T02 17 Mar", "T02 24 Mar", "T02 31 Mar"),
            _each(march, lambda episode: tuple(episode.change("2020-03-03", f"2020-03-{day}") for day in (17, 24, 31))),
        ),
        "T03": TargetResult(
            *_calibrated("T03 17 Mar", "T03 31 Mar"),
            _each(march, lambda episode: tuple(episode.change("2020-02-18", f"2020-03-{day}") for day in (17, 31))),
            "the fall of 18 to 25 February came before any known flow or dislocation",
        ),
        "T04": TargetResult(*_calibrated("T04"), _each(march, lambda episode: (_peak(episode),))),
        "T05": TargetResult(
            *_calibrated("T05 2y", "T05 5y", "T05 10y"),
            _each(march, lambda episode: tuple(factor * _peak(episode) for factor in belly)),
        ),
        "T06": TargetResult(
            *_calibrated("T06"),
            _each(march, lambda episode: (float(episode.dealers["fund_sales"].iloc[-1]),)),
            "sales of the funds exceed the published basis part",
        ),
        "T07": TargetResult(
            *_calibrated("T07 trough"),
            _each(march, lambda episode: (100 * float(episode.returns.min()),)),
            "the rate cut of 3 March made overnight financing cheaper than the carry in futures priced the day before; "
            "markets had expected it",
        ),
        "T08": TargetResult(
            (-5.5,),
            (3.0,),
            _each(march, lambda episode: (episode.change("2020-03-03", "2020-03-10"),)),
            "outside sales by day are not known: an even spread from 9 March starts the unwind late",
        ),
        "T09": TargetResult(
            (35.5, 8.75),
            (24.5, 17.75),
            _each(march, lambda episode: (*_spread(episode, "2020-03-18"), *_spread(episode, "2020-03-25"))),
            "central-bank purchases reduce the model's dealer inventory faster than the basis closed",
        ),
        "T10": TargetResult(
            (58.0,), (40.0,), _each(march, lambda episode: (float(episode.dealers["inventory"].max()),)), "see T09"
        ),
        "T11": TargetResult((-53.0, -106.0), (13.25, 26.5), {"data": thirty_year_spread(march["1"].market)}),
        "T12": TargetResult((-17.5, 15.9), (4.375, 3.975), {"data": variation_margin_2020()}, "the clocks differ"),
        "T13": TargetResult(
            (-0.4,), (2.0,), _each(april, lambda episode: (episode.change("2025-04-01", "2025-04-15"),))
        ),
        "T14": TargetResult(
            (60.0,), (20.0,), _each(april, lambda episode: (float(episode.dealers["swap_sales"].iloc[-1]),))
        ),
        "T15": TargetResult(
            (0.0, 0.0), (0.0, 2.0), _each(april, lambda episode: (float(episode.defaults), _forced_sales(episode)))
        ),
        "T16": TargetResult((-10.8, 18.0), (1.08, 4.5), {"data": variation_margin_2025()}, "the clocks differ"),
        "T17": TargetResult(
            (-0.6,),
            (2.0,),
            _each(runs["september-2019"], lambda episode: (episode.change("2019-09-10", "2019-09-17"),)),
        ),
        "T18": TargetResult(
            (18.0,),
            (10.0,),
            _each(runs["september-2019"], _september_rise),
            "one night at 5.25% costs one night; dealers' balance sheets before the quarter's end are not modelled",
        ),
        "T19": TargetResult(
            (-5.2, -24.0),
            (4.0, 8.0),
            _each(runs["svb-2023"], lambda episode: (episode.change("2023-03-07", "2023-03-14"), _two_year(episode))),
            "directional 2-year shorts were stopped out; no public series gives that flow, and the model assumes none",
        ),
        "T20": TargetResult(
            (-2.1,), (3.3,), _each(runs["january-2026"], lambda episode: (episode.change("2026-01-13", "2026-01-27"),))
        ),
        "T21": TargetResult((45.5, 155.5), (15.5, 55.5), {"data": margin_rises()}),
        "T22": TargetResult((117.0,), (3.51,), {"data": (margin_leverage(),)}),
        "T23": TargetResult((55.9,), (0.559,), {"data": (form_pf(),)}),
        "T24": TargetResult((3.6,), (0.7,), {"data": (quarter_of_repo(),)}),
        "T25": TargetResult((1.0,), (0.005,), {"data": (amplification(),)}),
        "T26": TargetResult(
            (83.0, 89.0),
            (5.0, 5.0),
            {"data": concentration(april["1"].market)},
            "77 is the most leveraged funds that the CFTC counts short in one contract; funds short in others alone "
            "would add to the tail",
        ),
    }


def _september_rise(episode: Episode) -> Values:
    """Rise of the 10-year's dislocation to 19 September 2019, basis points a year."""
    return (BALANCE_SHEET_SHARES["TY"] * _spread(episode, "2019-09-19")[0],)


def _two_year(episode: Episode) -> float:
    """Change in the population's 2-year shorts against all gross 2-year shorts, week to 14 March 2023, percent."""
    contracts = episode.run.position_days[:, :, PositionColumn.CONTRACTS]
    codes = np.array(episode.market.priced.hedges)[episode.run.positions["contract"]]
    held = contracts[:, codes == "TU"].sum(axis=1)
    day = int(np.searchsorted(np.asarray(episode.market.days), np.datetime64("2023-03-14")))
    return float(100 * market_era(episode.market.scenario).hedged_share * (held[day] / held[0] - 1))


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
        f"(the null {(fitted & (null == 'yes')).sum()}), of {checks.sum()} further checks of the fitted episodes "
        f"{(checks & model).sum()} (the null {(checks & (null == 'yes')).sum()}). "
        f"{(null == '').sum()} rows are data or arithmetic and test no model: {((null == '') & model).sum()} agree."
    )


def as_markdown(table: pd.DataFrame) -> str:
    """Format the table as Markdown for the documents and the terminal."""
    shown = table[[name for name in _COLUMNS if name not in ("reason", "source")]]
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + "---|" * len(shown.columns)]
    lines += ["| " + " | ".join(str(cell).replace(" | ", " / ") for cell in row) + " |" for row in shown.to_numpy()]
    return "\n".join(lines)
