"""The day-by-day page: April 2025 as the press reported it, as it was, and what would have broken the basis book."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pandas as pd

from basis_data.markets.parameters import Parameters, parameters
from basis_data.markets.positions import leveraged_fund_shorts
from basis_stress.funds_market import day_by_day_figures as figures
from basis_stress.funds_market.boundary import FALL, LEVERS, Boundary, boundaries
from basis_stress.funds_market.captions import moved, span
from basis_stress.funds_market.day_by_day import grouped
from basis_stress.funds_market.result import CAPACITY_MULTIPLES
from basis_stress.funds_market.variants import VariantRun, by_variant, run_variants, variants
from basis_stress.reporting import formatting
from basis_stress.reporting.files import save
from basis_stress.reporting.formatting import TableText
from basis_stress.reporting.html import embedded, fill

EACH_DAY_UNTIL = "2025-04-17"
_HEADS = ["", "called", "sold", "dealers hold", "cheap, bp", "book", "what happened"]


def outcome_cells(variant_runs: Sequence[VariantRun]) -> TableText:
    """Table of the outcome of each intensity."""
    multiples = [f"multiple {multiple:g}" for multiple in variant_runs[0].held.columns]
    heads = ["variant", "change", *multiples, "all short futures", "cheap, bp", "failed"]
    rows, before = [], None
    for run in variant_runs:
        name = "" if run.variant is before else run.variant.title
        before = run.variant
        book = [formatting.percent(change, 1, signed=True) for change in run.changes]
        worst = [
            span(pd.Series(run.shorts), 100, 1) + "%",
            span(pd.Series(run.cheapest)),
            span(pd.Series(run.defaults, dtype=float)),
        ]
        rows.append([name, run.intensity.label, *book, *worst])
    return heads, rows


def day_cells(run: VariantRun) -> TableText:
    """Table of one intensity, day by day."""
    start = float(run.held.to_numpy()[0, 0])
    rows = []
    for dates, totals, sentence in grouped(run.days, EACH_DAY_UNTIL):
        money = [formatting.usd(x) if x >= 5e7 else "–" for x in (totals.called, totals.sold, totals.inventory)]
        book = formatting.percent(totals.held / start - 1, 1, signed=True)
        rows.append([dates, *money, f"{totals.cheap_bp + 0.0:.1f}".replace("-", "−"), book, sentence])
    return _HEADS, rows


def boundary_cells(found: Sequence[Boundary]) -> TableText:
    """Table of the phase boundaries."""
    multiples = sorted({boundary.capacity_multiple for boundary in found})
    rows = []
    for lever in LEVERS:
        crossings = [boundary for boundary in found if boundary.lever is lever]
        safe = sorted({value for boundary in crossings for value in boundary.safe_values})
        if all(boundary.critical is None for boundary in crossings):
            remark = f"not crossed up to {lever.text_format.format(lever.grid[-1])}"
        elif safe:
            remark = f"safe again at {', '.join(lever.text_format.format(x) for x in safe)}"
        else:
            remark = "once crossed, always crossed"
        rows.append([lever.name, *map(_critical, crossings), remark])
    return ["what is changed", *(f"multiple {multiple:g}" for multiple in multiples), "beyond it, on the grid"], rows


def _critical(boundary: Boundary) -> str:
    """Critical value in the lever's unit."""
    return "none" if boundary.critical is None else boundary.lever.text_format.format(boundary.critical)


def _range(found: Sequence[Boundary], name: str) -> str:
    """Range of a lever's critical value over capacity multiples."""
    crossed = [boundary for boundary in found if boundary.lever.name == name and boundary.critical is not None]
    ends = min(crossed, key=_value), max(crossed, key=_value)
    return "–".join(dict.fromkeys(map(_critical, ends)))


def _value(boundary: Boundary) -> float:
    """Critical value, infinite if there is none."""
    return float("inf") if boundary.critical is None else boundary.critical


def headline(variant_runs: Sequence[VariantRun], found: Sequence[Boundary]) -> str:
    """Summarise the page in two sentences; every number is computed."""
    record, levered = variant_runs[0], variant_runs[1]
    book, label = formatting.usd(record.held.to_numpy()[0, 0]), levered.intensity.label.replace(", ", " with ")
    actions = {
        "share of repo not rolled": "lenders do not roll {} of repo",
        "rise in haircuts": "lenders raise haircuts by {} of a note's value",
        "rise in futures margins": "the clearing house raises margins by {}",
        "outside sales in a week, $bn": "outside investors sell {} in a week",
    }
    crossed = {boundary.lever.name for boundary in found if boundary.critical is not None}
    breaks = [text.format(_range(found, name)) for name, text in actions.items() if name in crossed]
    end = f" It falls by more than a tenth if {', or '.join(breaks)}." if breaks else ""
    leverage = "" if LEVERS[0].name in crossed else ": leverage alone does not break it"
    return (
        f"In April 2025 the hedged basis book of {book} {moved(pd.Series(record.changes))} in the model, and at "
        f"{label} it {moved(pd.Series(levered.changes))}{leverage}.{end}"
    )


def reported_shorts() -> str:
    """State what leveraged funds reported to the CFTC."""
    first, last = (float(leveraged_fund_shorts(day)["face_usd"].sum()) for day in ("2025-04-01", "2025-04-15"))
    return (
        f"Leveraged funds reported {formatting.usd(first, figures=4)} of short Treasury futures to the CFTC on 1 April "
        f"and {formatting.usd(last, figures=4)} on 15 April, {formatting.percent(last / first - 1, 1, signed=True)}."
    )


def render(variant_runs: Sequence[VariantRun], found: Sequence[Boundary], frozen: Parameters) -> str:
    """Render the page; equal results give equal bytes."""
    multiples = [f"{multiple:g}" for multiple in variant_runs[0].held.columns]
    captions = (
        "Face of the hedged basis book, for the intensity of each variant that sold most; bands span capacity "
        f"multiples {', '.join(multiples)}.",
        "Change of the hedged book by 30 April against the size of one change from 7 April; dashed: a fall of "
        f"{-FALL:.0%}; dots: the crossing for each capacity multiple; lines part where inventory exceeds capacity.",
    )
    sections = []
    for group in by_variant(variant_runs):
        shown = [group[i] for i in group[0].variant.day_by_day]
        days = [(run.intensity.label, day_cells(run)) for run in shown]
        sections.append((group[0].variant, days, embedded([figures.draw_variant(group)])[0]))
    return fill(
        "day_by_day.html",
        headline=headline(variant_runs, found),
        reported=reported_shorts(),
        outcomes=outcome_cells(variant_runs),
        boundary=boundary_cells(found),
        pictures=embedded(figures.draw(variant_runs, found, captions)),
        sections=sections,
        middle=multiples[len(multiples) // 2],
        source=f"{frozen.source.replace('`', '')}; digest {frozen.digest}",
    )


def day_by_day(
    path: str | os.PathLike[str], done: Callable[[int, int], None] = lambda count, of: None, processes: int = 1
) -> Path:
    """Run every variant of April 2025, find the phase boundaries, and write the page.

    Parameters
    ----------
    done
        Called with the number of steps that are done, and of all.
    processes
        Processes of this machine that share the runs; they do not change the page.

    Raises
    ------
    InputError
        If the page cannot be written.
    """
    frozen, steps = parameters(), count(1)
    of = sum(len(variant.intensities) for variant in variants()) + len(LEVERS)

    def progress(_: str) -> None:
        done(next(steps), of)

    variant_runs = run_variants(CAPACITY_MULTIPLES, frozen, progress, processes)
    fits = [frozen.fit(multiple) for multiple in CAPACITY_MULTIPLES]
    found = boundaries(variant_runs[0].intensity.scenario, fits, progress, processes)
    return save(render(variant_runs, found, frozen), path, "report")
