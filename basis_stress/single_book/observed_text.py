"""Observed prices of notes as text: a sentence per contract, and the cells of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from basis_stress.reporting.formatting import count, usd

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result


def told(result: Result) -> list[str]:
    """A sentence per contract; none without observed prices."""
    days = len(result.priced.data.dates)
    lines = []
    for code, row in result.observed_differences.iterrows():
        spread = "no price of its notes"
        if np.isfinite(row["lowest_spread_bp"]):
            spread = f"spreads of {row['lowest_spread_bp']:.1f} to {row['highest_spread_bp']:.1f} bp over the curve"
        cheapest = f"cheapest at entry {row['cheapest']}"
        if row["cheapest"] != row["cheapest_modelled"]:
            cheapest += f", modelled {row['cheapest_modelled']}"
        lines.append(
            f"{code} on observed prices: {spread}; {cheapest}, another than modelled on "
            f"{row['days_cheapest_differs']} of {count(days, 'day')}; profit {usd(row['profit_usd'])}, "
            f"{usd(row['difference_usd'], signed=True)} against modelled prices"
        )
    return lines


_HEADS = (
    *("contract", "cheapest at entry", "modelled", "days another", "lowest, bp", "highest, bp"),
    *("profit", "modelled", "difference"),
)
_ENTRY = ("contract", "note", "coupon, %", "maturity", "price", "spread, bp", "implied repo, %", "")


def difference_cells(result: Result) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the comparison with modelled prices."""
    rows = [
        [
            str(code),
            str(row["cheapest"]),
            str(row["cheapest_modelled"]),
            str(row["days_cheapest_differs"]),
            *(_number(row[name], 1) for name in ("lowest_spread_bp", "highest_spread_bp")),
            *(usd(row[name], signed=True) for name in ("profit_usd", "profit_modelled_usd", "difference_usd")),
        ]
        for code, row in result.observed_differences.iterrows()
    ]
    return list(_HEADS), rows


def entry_cells(result: Result) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the deliverables with a price on the day of entry, by contract and spread."""
    table = result.deliverables
    table = table[(table["date"] == table["date"].min()) & table["observed_price"].notna()]
    rows = [
        [
            str(row["contract"]),
            str(row["cusip"]),
            _number(100 * row["coupon"], 3),
            f"{row['maturity']:%Y-%m-%d}",
            _number(row["observed_price"], 4),
            _number(row["spread_bp"], 1),
            _number(100 * row["implied_repo"], 2),
            "cheapest" if row["cheapest"] else "",
        ]
        for _, row in table.iterrows()
    ]
    return list(_ENTRY), rows


def _number(value: float, digits: int) -> str:
    """A fixed-point number with its minus sign; a dash for none."""
    return "–" if not np.isfinite(value) else f"{value:z.{digits}f}".replace("-", "−")
