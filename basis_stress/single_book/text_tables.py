"""The daily table, the summary and the events as text, for the terminal and the page."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import pandas as pd

from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import label
from basis_stress.single_book import sentences, views

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result

_MONEY = ("variation_margin", "initial_margin", "repo", "carry", "other", "net", "cash", "equity")
_HEADS = ("VM", "IM", "repo", "carry", "other", "net", "cash", "equity")
_MOST_FUNDS = 10
_WIDTH = 110

# Columns of the summary and their heads; those that can be added over funds.
SUMMARY = {
    "outcome": "outcome",
    "equity_start_usd": "equity at start",
    "equity_end_usd": "equity at end",
    "profit_usd": "profit",
    "return": "return",
    "leverage_start": "leverage at start",
    "leverage_max": "highest leverage",
    "notional_usd": "notional",
    "calls": "calls",
    "calls_paid_usd": "calls paid",
    "largest_call_usd": "largest call",
    "lowest_cash_usd": "lowest cash",
    "forced_sales_usd": "forced sales",
    "worst_day": "worst day",
    "worst_day_profit_usd": "profit that day",
    "loss_beyond_equity_usd": "loss beyond equity",
    "peak_variation_margin_usd": "most margin paid",
    "deepest_drawdown": "deepest drawdown",
    "days_of_cash_left": "days of cash left",
    "cash_return": "return in cash",
}
DEFAULT_FACTS = {
    "failed_on": "failed on",
    "failed_at": "failed at",
    "missed_call_usd": "missed call",
    "cash_at_call_usd": "cash at hand",
    "credit_drawn_usd": "credit line drawn",
    "equity_at_default_usd": "equity at default",
    "seized_usd": "notes seized, face",
    "seizure_proceeds_usd": "notes fetched",
    "loss_of_lenders_usd": "loss of lenders",
    "loss_of_clearing_usd": "loss of clearing",
    "loss_of_others_usd": "loss of others",
}
_WHERE_KNOWN = {
    "base_outcome": "without changes",
    "base_return": "return without them",
    "term_repo_mark_usd": "mark of term repo",
    "return_marked": "return, marked",
    **DEFAULT_FACTS,
}
"""Columns shown only where some fund has them."""
_SHOWN_WITH = {
    "return_marked": "term_repo_mark_usd",
    "base_return": "base_outcome",
    "seizure_proceeds_usd": "seized_usd",
}
_TERMINAL_HEADS = (
    "fund",
    "outcome",
    "equity at start",
    "equity at end",
    "return",
    "highest leverage",
    "calls paid",
    "loss beyond equity",
)
_ADDS_UP = {
    "equity_start_usd",
    "equity_end_usd",
    "profit_usd",
    "notional_usd",
    "calls",
    "calls_paid_usd",
    "forced_sales_usd",
    "loss_beyond_equity_usd",
}


def _unit(table: pd.DataFrame) -> tuple[float, str]:
    """The unit in which the largest amount of the table has at most four digits before the point."""
    size = float(table[list(_MONEY)].abs().to_numpy().max())
    return next(((d, name) for d, name in ((1e3, "k"), (1e6, "m"), (1e9, "bn")) if size < 1e4 * d), (1e9, "bn"))


def _number(value: float, digits: int) -> str:
    """A fixed-point number with its minus sign, a dash for none, and no minus zero."""
    if not math.isfinite(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def daily_cells(result: Result) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the daily table: date, market, cash lines in one unit, balance, leverage, note.

    The cash lines add up to ``net``: VM and IM, ``repo`` (re-margin and haircut), ``carry`` (coupons, repo and
    cash interest), ``other`` (capital, sales, credit line and the rest). Outflows are negative.
    """
    table = views.daily(result)
    divisor, unit = _unit(table)
    digits = 1 if float(table[list(_MONEY)].abs().to_numpy().max()) >= 1e3 * divisor else 2
    heads = ["date", "10y %", views.contracts(result)[0], *_HEADS, "lev", "note"]
    columns = [
        [f"{day:%Y-%m-%d}" for day in pd.DatetimeIndex(table.index)],
        [_number(value, 2) for value in table["ten_year"].tolist()],
        [_number(value, 3) for value in table["futures"].tolist()],
        *([_number(value / divisor, digits) for value in table[name].tolist()] for name in _MONEY),
        [_number(value, 1) for value in table["leverage"].tolist()],
        table["note"].tolist(),
    ]
    rows = [list(row) for row in zip(*columns, strict=True)]
    heads[3] += f" ${unit}"
    return heads, rows


def _aligned(rows: list[list[str]]) -> list[str]:
    """Lines of text with the first column aligned left and the others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def daily_table(result: Result) -> str:
    """The daily table as aligned text, at most 110 columns wide; longer notes are cut."""
    heads, rows = daily_cells(result)
    unit = heads[3].removeprefix("VM ")
    heads[3] = "VM"
    cells, notes = [row[:-1] for row in [heads, *rows]], [row[-1] for row in [heads, *rows]]
    lines = [f"{line}  {note}".rstrip() for line, note in zip(_aligned(cells), notes, strict=True)]
    lines = [line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…" for line in lines]
    rule = "─" * max(map(len, lines))
    foot = (
        f"Money in {unit}, outflows negative, on the day the cash moves; cash, equity and leverage at "
        f"{views.clock(result)} New York.\n"
        "10y: par-curve close, about 15:30. repo: re-margin and haircut. other: capital, sales, credit and the rest."
    )
    return "\n".join([lines[0], rule, *lines[1:], rule, foot])


def summary_cells(result: Result) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the summary: a row per fund, largest first, below their total when there are several."""
    table = result.summary.sort_values("equity_start_usd", ascending=False, kind="stable")
    shown = summary_heads(result)
    facts = views.facts_by_fund(result)
    rows = [[fund, *(_fact(name, facts[fund][name]) for name in shown)] for fund in map(str, table.index)]
    if len(rows) > 1:
        sums = table[[name for name in shown if name in _ADDS_UP]].sum()
        rows.insert(0, ["all funds", *(_fact(name, sums[name]) if name in sums else "" for name in shown)])
    return ["fund", *shown.values()], rows


def summary_heads(result: Result) -> dict[str, str]:
    """Columns of the summary that are shown, and their heads."""
    rows = views.facts_by_fund(result).values()
    return SUMMARY | {name: head for name, head in _WHERE_KNOWN.items() if any(_is_known(name, row) for row in rows)}


def _is_known(name: str, row: dict[str, Any]) -> bool:
    """Whether a fund has a fact that not every fund has: a default, term repo, a base."""
    name = _SHOWN_WITH.get(name, name)
    return bool(pd.notna(row[name]) and row[name] not in ("", 0.0))


def _fact(name: str, value: Any) -> str:
    """One cell of the summary."""
    if name in ("profit_usd", "worst_day_profit_usd", "term_repo_mark_usd"):
        return formatting.usd(value, signed=True)
    if name.endswith("_usd"):
        return formatting.usd(value)
    if name.startswith("leverage"):
        return formatting.times(value)
    if "return" in name:
        return formatting.percent(value, 2 if name == "cash_return" else 1, signed=True)
    if name == "deepest_drawdown":
        return formatting.percent(value) if value >= 0.0005 else "under 0.1%" if value > 0.0 else "none"
    if name == "days_of_cash_left":
        return ("none" if value == 0.0 else f"{value:.1f}") if math.isfinite(value) else "no call"
    if name == "failed_at":
        return f"{formatting.day(value)} {value:%H:%M}" if pd.notna(value) else "–"
    if name == "calls":
        return f"{value:.0f}"
    if name in ("outcome", "base_outcome"):
        return label(str(value))
    return formatting.day(value) if name == "worst_day" and pd.notna(value) else str(value)


def summary_lines(result: Result) -> str:
    """The headline, then the facts of a single fund in two columns, or a line for each of the largest funds."""
    heads, rows = summary_cells(result)
    if len(rows) == 1:
        pairs = [f"{head + ' ':.<20} {cell:<12}" for head, cell in zip(heads[1:], rows[0][1:], strict=True)]
        half = (len(pairs) + 1) // 2
        lines = [f"{left}    {right}".rstrip() for left, right in zip_longest(pairs[:half], pairs[half:], fillvalue="")]
    else:
        kept = [heads.index(head) for head in _TERMINAL_HEADS]
        lines = _aligned([[row[i] for i in kept] for row in [heads, *rows[: 1 + _MOST_FUNDS]]])
        if len(rows) > 1 + _MOST_FUNDS:
            lines.append(f"… and {len(rows) - 1 - _MOST_FUNDS} smaller funds")
    mapped = [str(result.settings["held"])] if "held" in result.settings else []
    return "\n".join([sentences.headline(result), *mapped, "", *lines])


def event_cells(result: Result, most: int) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the first ``most`` events, in New York time, without price moves."""
    heads = ["time", "fund", "contract", "event", "claim", "cause", "amount", "party"]
    shown = result.events[result.events["event"] != "price_move"].head(most)
    names = shown[["fund", "contract", "event", "claim", "cause", "party"]].astype(object)
    names = names.where(names.notna(), "").map(lambda name: formatting.words(str(name)))
    rows = [
        [f"{time:%d %b %H:%M}", *cells[:5], formatting.usd(amount), cells[5]]
        for time, amount, cells in zip(shown["time"], shown["amount_usd"], names.to_numpy(), strict=True)
    ]
    return heads, rows
