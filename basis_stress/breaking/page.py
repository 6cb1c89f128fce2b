"""The page of a breaking point: the sentence, the breaking point of every outcome, the frontier."""

from __future__ import annotations

from basis_data.scenarios.differences import changed_title
from basis_data.tables.data_in_use import data_in_use
from basis_stress.breaking.figures import draw_frontier
from basis_stress.breaking.find import find_breaking_point
from basis_stress.breaking.point import BreakingPoint
from basis_stress.reporting import formatting
from basis_stress.reporting.formatting import TableText
from basis_stress.reporting.html import embedded, fill, setting
from basis_stress.reporting.outcomes import UNTIL, condition
from basis_stress.reporting.pictures import Picture
from basis_stress.reporting.shocks import difference_cells, nature
from basis_stress.single_book.own_book import settings_of

LEVER_DEFINITIONS = {
    "scale": "every move of yields from the first day is multiplied; the first day, repo and margins do not change",
    "repo_bp": "overnight repo costs more by this, to the last day; the carry of futures does not change",
    "haircut": "every lender's haircut is higher by this, to the last day",
    "margin_multiple": "every initial margin is multiplied, with a day's notice, to the last day",
    "not_rolled": "lenders do not roll this share of overnight repo, to the last day",
}


def breaking_points(found: BreakingPoint) -> list[BreakingPoint]:
    """The breaking points of every condition, over the same range."""
    steps = round((found.high - found.low) / found.step)
    return [
        found if until == found.until else find_breaking_point(found.of, until, found.low, found.high, steps)
        for until in UNTIL
    ]


def cells(points: list[BreakingPoint]) -> TableText:
    """Heads and cells: a row per outcome."""
    heads = ["outcome", "smallest value", "what binds first", "day", "above it"]
    rows = []
    for point in points:
        lever = point.of.lever
        if not len(point.brackets):
            rows.append([condition(point.until), f"none up to {lever.describe(point.high)}", "–", "–", "–"])
            continue
        unchanged = point.value == point.low == lever.neutral
        value = lever.describe(point.value) + (" (no change)" if unchanged else "")
        above = "the same outcome or worse" if point.monotone else point.safe_intervals()
        rows.append([condition(point.until), value, point.constraint, formatting.day(point.day), above])
    return heads, rows


def render(found: BreakingPoint) -> str:
    """Render the page; equal breaking points give equal bytes."""
    of, frontier = found.of, found.frontier
    caption = (
        f"Areas: the outcome of the book at each leverage and value ({of.lever.title}). Lines: the lowest value with "
        "each outcome or a worse one, in the colour of the constraint that binds first."
    )
    if frontier.borders["safe_above"].any():
        caption += " Above some lines the book is safe again."
    given = settings_of(of.terms)
    return fill(
        "break.html",
        title=changed_title(of.scenario, most=0),
        nature=nature(of.scenario),
        changes=difference_cells(of.scenario),
        name=of.scenario.name,
        headline=str(found),
        points=cells(breaking_points(found)),
        range=f"{of.lever.describe(found.low)} to {of.lever.describe(found.high)}",
        step=of.lever.describe(found.step),
        tolerance=of.lever.describe(of.lever.tolerance),
        lever=LEVER_DEFINITIONS[of.lever.name],
        since=None if of.lever.name == "scale" else formatting.day(of.dates()[of.day]),
        replay=found.replay_command(),
        pictures=embedded([Picture("frontier", "Leverage and shock", caption, draw_frontier(frontier, found))]),
        settings=[
            ("contracts", ", ".join(of.contracts)),
            ("curve", of.book.market.data.curves.remark),
            ("data", str(data_in_use())),
            *((formatting.words(name), setting(value)) for name, value in given.items()),
        ],
    )
