"""Describe a scenario in one sentence: its days, and every change with its date."""

import calendar
import datetime
from collections.abc import Iterator

from basis_data.scenarios.composition import Composition
from basis_data.scenarios.parts import DatedPart, MarketEra

Date = datetime.date
Clause = tuple[str, DatedPart | None]
"""A few words, and the dated part they describe, if any."""


def sentence(scenario: Composition) -> str:
    """Describe every change of a scenario, with its size and its dates."""
    return ", ".join([span(scenario.start, scenario.end), *(clauses(scenario) or ["as it was"])])


def clauses(scenario: Composition) -> list[str]:
    """Describe each change in a clause."""
    return [*_yields(scenario), *changes(scenario)]


def part_clauses(scenario: Composition, field: str) -> list[str]:
    """Describe the parts of one field of dated parts, a clause each."""
    alone = Composition.model_construct(
        **{name: info.default for name, info in Composition.model_fields.items()}
        | {"start": scenario.start, "end": scenario.end, field: getattr(scenario, field)}
    )
    return clauses(alone)


def changes(scenario: Composition) -> list[str]:
    """Describe each change other than those of yields in a clause."""
    return [clause for clause, _ in (*_funding(scenario), *_market(scenario))]


def dated_changes(scenario: Composition) -> list[tuple[str, DatedPart]]:
    """Return each dated change other than those of yields, by date: its clause and its part."""
    dated = [(clause, part) for clause, part in (*_funding(scenario), *_market(scenario)) if part is not None]
    return sorted(dated, key=lambda change: change[1].date)


def span(start: Date, end: Date) -> str:
    """Format two dates: 'April 2025', '13 to 27 January 2026', '18 February to 31 March 2020'."""
    last = calendar.monthrange(end.year, end.month)[1]
    if (start.year, start.month, start.day) == (end.year, end.month, 1) and end.day == last:
        return f"{end:%B %Y}"
    if start.year != end.year:
        return f"{_date(start, None)} to {_date(end, None)}"
    first = f"{start.day}" if start.month == end.month else _date(start, end.year)
    return f"{first} to {_date(end, None)}"


def _date(date: Date, year: int | None) -> str:
    """Format a date as '7 April', with its year if that is not `year`."""
    return f"{date.day} {date:%B}" if date.year == year else f"{date.day} {date:%B %Y}"


def _when(part: DatedPart, scenario: Composition) -> str:
    """Format the days of a part: 'from 7 to 11 April', 'on 9 April', or 'from 8 April' without an end."""
    year = scenario.start.year if scenario.start.year == scenario.end.year else None
    until = part.last_day(datetime.date.max)
    if until == datetime.date.max:
        return f"from {_date(part.date, year)}"
    if until == part.date:
        return f"on {_date(part.date, year)}"
    same_month = (part.date.year, part.date.month) == (until.year, until.month)
    return f"from {part.date.day if same_month else _date(part.date, year)} to {_date(until, year)}"


def _signed(value: float) -> str:
    """Format a number with its sign: '+30' or '−12.5'."""
    return f"{value:+.10g}".replace("-", "−")


def _yields(scenario: Composition) -> Iterator[str]:
    """Describe the path of yields, its moves, speed and scale."""
    if scenario.moves_from is not None:
        yield f"moves of {span(scenario.moves_from.start, scenario.moves_from.end)}"
    if scenario.transposed is not None:
        yield f"yields transposed from {span(scenario.transposed.start, scenario.transposed.end)}"
    if scenario.flat:
        yield "yields held"
    for move in scenario.yield_moves:
        named = {"parallel": "yields", "twist": "twist", "hump": "hump"}[move.shape]
        tenors = " ".join(f"{tenor} {_signed(bp)}" for tenor, bp in move.by_tenor.items())
        how = f"{tenors} bp" if move.bp is None else f"{named} {_signed(move.bp)} bp"
        yield f"{how} {_when(move, scenario)}"
    for mark in scenario.intraday:
        levels = " ".join(f"{tenor} {level:.10g}" for tenor, level in mark.yields_pct.items())
        yield f"{levels}% {_when(mark, scenario)} at {mark.time}"
    if scenario.yield_speed != 1.0:
        yield f"yields at speed x{scenario.yield_speed:.10g}"
    if scenario.yield_scale != 1.0:
        yield f"yields x{scenario.yield_scale:.10g}".replace("-", "−")
    if scenario.curve != "auto":
        yield f"{scenario.curve} curve"


def _funding(scenario: Composition) -> Iterator[Clause]:
    """Describe changes of repo, haircuts, margins, lenders, the basis, and losses in other businesses."""
    if scenario.scenario_repo_bp:
        yield f"expected repo at SOFR {_signed(scenario.scenario_repo_bp)} bp", None
    if scenario.repo_time != Composition.model_fields["repo_time"].default:
        yield f"repo cash at {scenario.repo_time}", None
    if scenario.cash_spread_bp:
        yield f"cash at SOFR {_signed(-scenario.cash_spread_bp)} bp", None
    for shift in scenario.repo_rate_shifts:
        which = "expected repo" if shift.until is None else "repo spike"
        yield f"{which} {_signed(shift.bp)} bp {_when(shift, scenario)}", shift
    if scenario.haircut:
        yield f"haircut {_percent(scenario.haircut)}", None
    for change in scenario.haircut_changes:
        whose = f"{change.contract} haircut" if change.contract else "haircut"
        yield f"{whose} {_percent(change.haircut)} {_when(change, scenario)}", change
    if scenario.margin_multiple != 1.0:
        yield f"margins x{scenario.margin_multiple:.10g}", None
    for notice in scenario.margin_notices:
        yield f"margins x{notice.multiple:.10g} {_when(notice, scenario)}", notice
    for cheap in scenario.dislocations:
        whose = f"{cheap.contract} basis" if cheap.contract else "basis"
        yield f"{whose} {_signed(cheap.bp)} bp {_when(cheap, scenario)}", cheap
    for roll in scenario.not_rolled:
        when = _when(roll, scenario)
        yield f"{_percent(roll.share)} of repo not rolled {when}", roll
    for loss in scenario.other_losses:
        lost = f"{_percent(loss.share)} of equity" if loss.share is not None else f"${loss.usd:,.10g}"
        yield f"{lost} lost elsewhere {_when(loss, scenario)}", loss
    for table, path in scenario.files.model_dump(exclude_none=True).items():
        yield f"{table} of {path.name}", None


def _market(scenario: Composition) -> Iterator[Clause]:
    """Describe flows, and settings of the market of funds that differ from their defaults."""
    for flow in scenario.flows:
        if flow.usd_bn:
            when = _when(flow, scenario)
            yield f"{flow.kind}s of ${flow.usd_bn:.10g}bn a day by {flow.who} {when}", flow
    era = scenario.market
    if era is None:
        return
    if era.haircut_floor is not None:
        yield f"no haircut below {_percent(era.haircut_floor)}", None
    if era.capacity_usd_bn != MarketEra.model_fields["capacity_usd_bn"].default:
        yield f"dealers' capacity ${era.capacity_usd_bn:.10g}bn", None
    if era.buffer_sd != MarketEra.model_fields["buffer_sd"].default:
        yield f"buffers of {era.buffer_sd:.10g} standard deviations", None


def _percent(share: float) -> str:
    """Format a decimal share in percent: '2%'."""
    return f"{100 * share:.10g}%".replace("-", "−")
