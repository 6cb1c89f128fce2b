"""What the press told, what happened, what would have broken it: one page that unrolls April 2025 day by day."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from basis_data.markets.parameters import Parameters, parameters
from basis_data.markets.positions import leveraged_fund_shorts
from basis_stress.funds_market import day_by_day_figures as figures
from basis_stress.funds_market.boundary import FALL, LEVERS, Boundary, boundaries
from basis_stress.funds_market.captions import moved, span
from basis_stress.funds_market.day_by_day import told
from basis_stress.funds_market.result import KINKS
from basis_stress.funds_market.variant_runs import VariantRun, tell
from basis_stress.reporting import formatting
from basis_stress.reporting.files import save
from basis_stress.reporting.html import embedded, fill

EACH_DAY_UNTIL = "2025-04-17"
_HEADS = ["", "called", "sold", "dealers hold", "cheap, bp", "book", "what happened"]


def outcome_cells(variant_runs: Sequence[VariantRun]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of what each dose came to."""
    kinks = list(variant_runs[0].held.columns)
    heads = ["telling", "change", *(f"kink {kink:g}" for kink in kinks), "all short futures", "cheap, bp", "failed"]
    rows, before = [], None
    for one in variant_runs:
        name = "" if one.variant is before else one.variant.title
        before = one.variant
        book = [formatting.percent(change, 1, signed=True) for change in one.changes]
        worst = [
            span(pd.Series(one.shorts), 100, 1) + "%",
            span(pd.Series(one.cheapest)),
            span(pd.Series(one.defaults, dtype=float)),
        ]
        rows.append([name, one.dose.label, *book, *worst])
    return heads, rows


def day_cells(one: VariantRun) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of one dose, day by day."""
    start = float(one.held.to_numpy()[0, 0])
    rows = []
    for when, totals, sentence in told(one.days, EACH_DAY_UNTIL):
        money = [formatting.usd(x) if x >= 5e7 else "–" for x in (totals.called, totals.sold, totals.inventory)]
        book = formatting.percent(totals.held / start - 1, 1, signed=True)
        rows.append([when, *money, f"{totals.cheap_bp + 0.0:.1f}".replace("-", "−"), book, sentence])
    return _HEADS, rows


def boundary_cells(found: Sequence[Boundary]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the phase boundary."""
    kinks = sorted({one.kink for one in found})
    rows = []
    for lever in LEVERS:
        mine = [one for one in found if one.lever is lever]
        back = sorted({value for one in mine for value in one.safe_again})
        note = (
            f"safe again at {', '.join(lever.unit.format(x) for x in back)}" if back else "once crossed, always crossed"
        )
        if all(one.critical is None for one in mine):
            note = f"not crossed up to {lever.unit.format(lever.grid[-1])}"
        rows.append([lever.name, *(_critical(one) for one in mine), note])
    return ["what is moved", *(f"kink {kink:g}" for kink in kinks), "beyond it, on the grid"], rows


def _critical(one: Boundary) -> str:
    """A critical value in the lever's unit."""
    return "none" if one.critical is None else one.lever.unit.format(one.critical)


def _range(found: Sequence[Boundary], name: str) -> str:
    """Least and most critical value of a lever over kinks."""
    mine = sorted((one for one in found if one.lever.name == name and one.critical is not None), key=_value)
    return "–".join(dict.fromkeys((_critical(mine[0]), _critical(mine[-1]))))


def _value(one: Boundary) -> float:
    """A critical value, for sorting."""
    return float("inf") if one.critical is None else one.critical


def headline(variant_runs: Sequence[VariantRun], found: Sequence[Boundary]) -> str:
    """The page in two sentences, every number computed."""
    record, alone = variant_runs[0], variant_runs[1]
    book, label = formatting.usd(record.held.to_numpy()[0, 0]), alone.dose.label.replace(", ", " with ")
    actions = {
        "share of repo not rolled": "lenders stop rolling {} of repo",
        "rise in haircuts": "raise haircuts by {} of a note's value",
        "rise in futures margins": "the clearing house raises margins by {}",
        "outside sales in a week, $bn": "outside investors sell {} in a week",
    }
    crossed = {one.lever.name for one in found if one.critical is not None}
    breaks = [text.format(_range(found, name)) for name, text in actions.items() if name in crossed]
    end = f" A tenth of it goes once {', or '.join(breaks)}." if breaks else ""
    lone = "" if LEVERS[0].name in crossed else ": leverage alone breaks nothing"
    return (
        f"In April 2025 the hedged basis book of {book} {moved(pd.Series(record.changes))} in the model, and at "
        f"{label} it {moved(pd.Series(alone.changes))}{lone}.{end}"
    )


def seen() -> str:
    """What the CFTC's reports showed."""
    first, last = (float(leveraged_fund_shorts(day)["face_usd"].sum()) for day in ("2025-04-01", "2025-04-15"))
    return (
        f"Leveraged funds reported {formatting.usd(first, figures=4)} of short Treasury futures to the CFTC on 1 April "
        f"and {formatting.usd(last, figures=4)} on 15 April, {formatting.percent(last / first - 1, 1, signed=True)}."
    )


def render(variant_runs: Sequence[VariantRun], found: Sequence[Boundary], frozen: Parameters) -> str:
    """Render the page; equal results give equal bytes."""
    kinks = ", ".join(f"{kink:g}" for kink in variant_runs[0].held.columns)
    captions = (
        f"Face of the hedged basis book, for the dose of each telling that sold most; bands span kinks {kinks}.",
        f"Change of the hedged book by 30 April against how far one thing is moved from 7 April; dashed: a fall of "
        f"{-FALL:.0%}, dots: where a kink's line crosses it; lines part where dealers fill up.",
    )
    sections = []
    for variant in dict.fromkeys(id(one.variant) for one in variant_runs):
        mine = [one for one in variant_runs if id(one.variant) == variant]
        shown = [mine[i] for i in mine[0].variant.unrolled]
        sections.append((mine[0].variant, [(one.dose.label, day_cells(one)) for one in shown]))
    return fill(
        "unrolled.html",
        headline=headline(variant_runs, found),
        seen=seen(),
        outcomes=outcome_cells(variant_runs),
        boundary=boundary_cells(found),
        pictures=embedded(figures.draw(variant_runs, found, captions)),
        sections=sections,
        middle=f"{list(variant_runs[0].held.columns)[len(variant_runs[0].held.columns) // 2]:g}",
        source=f"{frozen.source}; digest {frozen.digest}",
    )


def unrolled(path: str | os.PathLike[str], progress: Callable[[str], None] | None = None) -> Path:
    """Play every telling of April 2025, find the phase boundaries, and write the page.

    Parameters
    ----------
    progress
        Told what is being done; the whole takes about 15 seconds.

    Raises
    ------
    InputError
        If the page cannot be written.
    """
    say = progress or (lambda text: None)
    frozen = parameters()
    variant_runs = tell(KINKS, frozen, say)
    found = boundaries(variant_runs[0].dose.scenario, [frozen.fit(kink) for kink in KINKS], say)
    return save(render(variant_runs, found, frozen), path, "report")
