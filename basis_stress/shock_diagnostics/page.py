"""The diagnostic page of a shock generator: its paths, and how far history and held-back decades agree with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from basis_data.shocks import diagnosis
from basis_data.shocks.evidence import DECADES, Evidence, predicts, reproduces
from basis_data.shocks.generators import ImpulseShock, TailFactors, generator
from basis_data.shocks.history import history
from basis_data.shocks.innovations import Extremes
from basis_data.shocks.margin_check import margin_check
from basis_data.shocks.paths import Paths, generate
from basis_data.shocks.samplers import FactorPaths
from basis_data.shocks.statistics import TENOR_NAMES
from basis_engine.base.errors import InputError
from basis_stress.reporting.files import Content, save_tables
from basis_stress.reporting.html import embedded, fill
from basis_stress.reporting.pictures import Picture
from basis_stress.shock_diagnostics import figures as figures
from basis_stress.shock_diagnostics.tables import group_cells, horizon_cells, odd_sentence, outside_cells, summary

SIMULATIONS = 1000
"""Simulated histories per stretch; joint bands of 110 statistics need as many."""
FEWEST_SIMULATIONS = 20
WHOLE = "1990–2026"


@dataclass(frozen=True)
class Diagnosis:
    """Everything that the page of a generator shows."""

    name: str
    drawn: Paths
    settings: dict[str, Any]
    evidence: dict[str, Evidence]
    """By stretch; empty for impulses, on which history gives no evidence."""
    pictures: list[Picture]


def diagnose(
    name: str,
    paths: int = 1000,
    days: int = 60,
    seed: int = 0,
    simulations: int = SIMULATIONS,
    progress: Callable[[str], None] = lambda text: None,
    **settings: Any,
) -> Diagnosis:
    """Generate paths and compare the generator with history.

    Parameters
    ----------
    simulations
        Simulated histories per stretch of history, at least 20. See `basis_data.shocks.paths.generate` for the rest.

    Raises
    ------
    InputError
        See `basis_data.shocks.paths.generate`.
    """
    if simulations < FEWEST_SIMULATIONS:
        raise InputError(f"simulations: {simulations} given, allowed is {FEWEST_SIMULATIONS} or more")
    progress(f"{name}: {paths:,} paths of {days} days")
    drawn = generate(name, paths, days, seed, threads=os.cpu_count() or 1, **settings)
    kind = generator(name, **settings)
    if isinstance(kind, ImpulseShock):
        caption = (
            "Every path is the same. Margin follows the volatility that the shock causes, repo the turbulence; "
            "both start at the average of 1990–2026."
        )
        pictures = [figures.picture("impulse", "The shock", caption, lambda: figures.impulse(drawn, kind.profile()))]
        return Diagnosis(name, drawn, kind.model_dump(), {}, pictures)
    progress(f"{name}: {simulations:,} simulated histories")
    evidence = {WHOLE: reproduces(kind, simulations, seed)}
    for label in DECADES:
        progress(f"{name}: fitted without the {label}")
        evidence[label] = predicts(kind, label, simulations, seed)
    sampler = kind.fit(history())
    pictures = _stochastic(drawn, evidence[WHOLE].table(), diagnosis.clustering(sampler, history(), seed))
    if isinstance(kind, TailFactors) and isinstance(sampler, FactorPaths):
        pictures.append(_extremes(sampler))
    pictures.append(_margins())
    return Diagnosis(name, drawn, kind.model_dump(), evidence, pictures)


def _stochastic(drawn: Paths, whole: pd.DataFrame, memory: diagnosis.Clustering) -> list[Picture]:
    """Draw the five pictures of every random generator."""
    past, horizon = history(), drawn.changes.shape[1]
    return [
        figures.picture(
            "paths",
            "Paths",
            "Quantiles by day, and the first five paths. Each path begins on a random day of history, with that day's "
            "volatility.",
            lambda: figures.paths(drawn),
        ),
        figures.picture(
            "moments",
            "Spread and tails by tenor",
            "Dots: daily changes of 1990–2026. Bars: simulated histories of the same length and gaps.",
            lambda: figures.moments(whole),
        ),
        figures.picture(
            "clustering",
            "Volatility clusters",
            "Autocorrelation of absolute daily changes: how far a large day predicts large days after it.",
            lambda: figures.clustering(memory),
        ),
        figures.picture(
            "tails",
            "Tails",
            "Share of days with a larger move. The generated line ends at the largest move of all paths.",
            lambda: figures.tails(diagnosis.tails(drawn, past)),
        ),
        figures.picture(
            "shapes",
            "Curve shapes",
            f"Left: principal components of daily changes. Right: moves over {horizon} days, bars the middle 98% and "
            "90% of paths, marks the 1, 5, 50, 95 and 99% quantiles of history.",
            lambda: figures.shapes(diagnosis.shapes(drawn, past)),
        ),
    ]


def _extremes(sampler: FactorPaths) -> Picture:
    """Draw the fit of the tails."""
    innovations = sampler.innovations
    assert isinstance(innovations, Extremes)
    return figures.picture(
        "extremes",
        "The extreme-value fit",
        "Largest 5% of standardised surprises of the first three components, against the generalised Pareto "
        "distribution fitted to each tail; a good fit lies on the line. A larger shape is a fatter tail.",
        lambda: figures.extremes(diagnosis.extreme_fits(innovations)),
    )


def _margins() -> Picture:
    """Draw the margin model against CME's margins."""
    check = margin_check()
    row = check.table().loc["all"]
    caption = (
        "The margin rule on each contract's own tenor against CME's maintenance margins since 2009. Over 60 days the "
        f"two changes correlate {row['correlation']:.2f}; CME moved by {row['elasticity']:.2f}% for 1% of the rule's, "
        f"and gave {row['notices']:.1f} notices a year to the rule's {row['model_notices']:.1f}. The rule is off by "
        f"{row['error']:.0%} (root mean square), no rule at all by {row['unexplained']:.0%}."
    )
    return figures.picture("margins", "Do margins follow volatility?", caption, lambda: figures.margins(check))


def _signed(basis_points: float) -> str:
    """Basis points with their sign."""
    return f"{basis_points:+.0f}".replace("-", "−")


def _impulse_headline(found: Diagnosis) -> str:
    """Describe an impulse in one sentence."""
    kind = generator(found.name, **found.settings)
    assert isinstance(kind, ImpulseShock)
    two, ten, thirty = (_signed(1e4 * kind.profile()[TENOR_NAMES.index(name)]) for name in ("2y", "10y", "30y"))
    left = "and the move is permanent" if kind.kept == 1.0 else f"and {kind.kept:.0%} of it remains a day later"
    return (
        f"{found.name}: on day {kind.day} the 2-, 10- and 30-year yields move by {two}, {ten} and {thirty} bp, {left}."
    )


def headline(found: Diagnosis) -> str:
    """Summarise the page in one or two sentences; every number is computed."""
    if not found.evidence:
        return _impulse_headline(found)
    last = summary(found.drawn).query("of == '10y' and day == day.max()").set_index("quantile")["value"]
    horizon = found.drawn.changes.shape[1]
    whole, recent = found.evidence[WHOLE].table(), found.evidence["last ten years"].table()
    return (
        f"{found.name}: {whole['inside'].sum()} of {len(whole)} statistics of 1990–2026 lie in their 95% bands, "
        f"{whole['inside_joint'].sum()} in the joint band; of the last ten years, held back, "
        f"{recent['inside_joint'].sum()} of {len(recent)} lie in it. In 98 of 100 paths the 10-year moves by "
        f"{_signed(last[0.01])} to {_signed(last[0.99])} bp in {horizon} days."
    )


def render(found: Diagnosis) -> str:
    """Render the page; equal diagnoses give equal bytes."""
    kind = generator(found.name, **found.settings)
    latest = history()
    return fill(
        "shocks.html",
        name=found.name,
        title=kind.title,
        story=kind.story,
        headline=headline(found),
        settings={name: str(value) for name, value in found.settings.items()},
        drawn=found.drawn,
        first_year=str(latest.dates[0])[:4],
        horizon=horizon_cells(found.drawn),
        odd=odd_sentence(found.drawn),
        groups=group_cells(found.evidence) if found.evidence else None,
        outside=[(label, outside_cells(stretch.table())) for label, stretch in found.evidence.items()],
        simulations=[len(stretch.simulated) for stretch in found.evidence.values()][:1],
        pictures=embedded(found.pictures),
    )


def write(found: Diagnosis, folder: str | Path) -> Path:
    """Write page, quantiles by day and evidence into a folder; see `basis_stress.reporting.files.save_tables`."""
    files: dict[str, Content] = {"summary": summary(found.drawn), "shocks.html": render(found)}
    if found.evidence:
        tables = [evidence.table().reset_index().assign(stretch=label) for label, evidence in found.evidence.items()]
        files["evidence"] = pd.concat(tables, ignore_index=True)
    return save_tables(folder, files, replaces="evidence.parquet") / "shocks.html"
