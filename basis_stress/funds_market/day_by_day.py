"""A liquidation day by day: margin calls, sales, dislocation and the next calls, one sentence per day."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from basis_engine.simulation.names import CashLine, LogEvent, PnlLine
from basis_stress.funds_market.episodes import Episode
from basis_stress.reporting.formatting import count, day, usd

_LENDERS = (CashLine.REPO_REMARGIN, CashLine.HAIRCUT, CashLine.REPO_NOT_ROLLED)
_QUIET_USD = 5e7
_MENTIONED_USD = 5e8
"""Smallest flow that a sentence mentions; the book is $800bn."""


@dataclass(frozen=True)
class DayTotals:
    """One day of all basis funds together; amounts in USD, all positive."""

    date: pd.Timestamp
    clearing: float
    """Paid to the clearing house: variation and initial margin."""
    lenders: float
    """Paid to repo lenders: re-margin, haircut, loans not rolled."""
    advanced: float
    """Lent by repo lenders against higher note prices."""
    received: float
    """Received from the clearing house."""
    outside: float
    """Sold by outside investors."""
    swaps: float
    """Sold by swap-spread trades."""
    short_of_cash: int
    """Basis funds at their liquidity limit."""
    over_risk: int
    """Basis funds at their value-at-risk limit."""
    failed: int
    """Basis funds that failed."""
    sold: float
    """Sold by basis funds."""
    inventory: float
    """Dealers' inventory."""
    cheap_bp: float
    """Largest dislocation of any contract, basis points of price."""
    held: float
    """Hedged book at the end of the day, face."""
    lost: float
    """Loss of all basis funds on dislocation since entry."""

    @property
    def called(self) -> float:
        """Paid to the clearing house and to lenders."""
        return self.clearing + self.lenders

    @property
    def quiet(self) -> bool:
        """Whether no fund failed and no group sold a material amount."""
        return not self.failed and max(self.sold, self.outside, self.swaps) < _QUIET_USD


def daily_totals(episode: Episode) -> list[DayTotals]:
    """Compute the totals of every day after entry."""
    run, days = episode.run, episode.market.days
    funds = run.funds[: episode.book.basis_funds]
    flows = run.cash_flows[:, : funds["last"][-1]]
    legs = np.add.reduceat(flows, funds["first"].astype(np.int64), axis=1)
    clearing = legs[:, :, [CashLine.VARIATION_MARGIN, CashLine.INITIAL_MARGIN]].sum(axis=2)
    repo = legs[:, :, list(_LENDERS)].sum(axis=2)
    dealers = 1e9 * episode.dealers
    sold, swaps, outside = (dealers[name].diff().fillna(0.0) for name in ("fund_sales", "swap_sales", "outside_sales"))
    cheap, held = episode.dislocations.max(axis=1), episode.hedged
    lost = run.attribution[:, : funds["last"][-1], PnlLine.DISLOCATION].sum(axis=1).cumsum()
    at = np.searchsorted(episode.market.priced.data.dates, run.log["time"] // 1440)
    return [
        DayTotals(
            date=days[d],
            clearing=-float(np.minimum(clearing[d], 0.0).sum()),
            lenders=-float(np.minimum(repo[d], 0.0).sum()),
            advanced=float(np.maximum(repo[d], 0.0).sum()),
            received=float(np.maximum(clearing[d], 0.0).sum()),
            outside=float(outside.iloc[d]),
            swaps=float(swaps.iloc[d]),
            short_of_cash=_funds(episode, at == d, LogEvent.LIQUIDITY_LIMIT),
            over_risk=_funds(episode, at == d, LogEvent.VALUE_AT_RISK_LIMIT),
            failed=_funds(episode, at == d, LogEvent.DEFAULT),
            sold=float(sold.iloc[d]),
            inventory=float(dealers["inventory"].iloc[d]),
            cheap_bp=float(cheap.iloc[d]),
            held=float(held.iloc[d]),
            lost=-float(lost[d]),
        )
        for d in range(1, len(days))
    ]


def _funds(episode: Episode, today: "np.ndarray[tuple[int], np.dtype[np.bool_]]", event: LogEvent) -> int:
    """Count the basis funds with an event on a day."""
    log = episode.run.log[today & (episode.run.log["what"] == event)]
    return len(np.unique(log["fund"][log["fund"] < episode.book.basis_funds]))


def grouped(days: list[DayTotals], until: str) -> list[tuple[str, DayTotals, str]]:
    """Dates, totals and sentence of each row; consecutive quiet days, and all days after ``until``, share one row."""
    rows: list[list[DayTotals]] = []
    for totals in days:
        late = totals.date > pd.Timestamp(until)
        if rows and ((totals.quiet and rows[-1][-1].quiet) or (late and rows[-1][-1].date > pd.Timestamp(until))):
            rows[-1].append(totals)
        else:
            rows.append([totals])
    return [(_dates(row), _sum(row), sentence(_sum(row))) for row in rows]


def _dates(group: list[DayTotals]) -> str:
    """Text such as ``7 April`` or ``14–30 April``."""
    first, last = group[0].date, group[-1].date
    return day(first) if first == last else f"{first.day}–{day(last)}"


def _sum(group: list[DayTotals]) -> DayTotals:
    """Sum the flows of several days, and keep the levels of the last."""
    flows = ("clearing", "lenders", "advanced", "received", "outside", "swaps", "sold", "failed")
    values = {field.name: getattr(group[-1], field.name) for field in fields(DayTotals)}
    return DayTotals(**values | {name: sum(getattr(totals, name) for totals in group) for name in flows})


def sentence(totals: DayTotals) -> str:
    """Describe a day for a reader who has never traded."""
    parts = []
    if totals.outside > _MENTIONED_USD:
        parts.append(f"Outside investors sold {usd(totals.outside)} of Treasuries to dealers.")
    if totals.swaps > _MENTIONED_USD:
        parts.append(f"Swap-spread funds sold {usd(totals.swaps)}.")
    parts += _margin(totals)
    if totals.failed:
        parts.append(
            f"{count(totals.failed, 'fund').capitalize()} had no cash left for the payments due and failed; lenders "
            "seize the notes and sell them."
        )
    parts += _sales(totals)
    if totals.cheap_bp > 0.5:
        lost = f", which has cost basis funds {usd(totals.lost, figures=2)} so far" if totals.lost > _QUIET_USD else ""
        parts.append(f"Notes are {totals.cheap_bp:.1f} bp too cheap{lost}.")
    return " ".join(parts)


def _margin(totals: DayTotals) -> list[str]:
    """Margin and repo payments of the day, and receipts that offset them."""
    parts = []
    if totals.clearing > _MENTIONED_USD:
        lent = f"; lenders lent {usd(totals.advanced)} more on the notes" if totals.advanced > _MENTIONED_USD else ""
        parts.append(f"The clearing house collected {usd(totals.clearing)} of margin{lent}.")
    if totals.lenders > _MENTIONED_USD:
        paid = f"; the clearing house paid out {usd(totals.received)}" if totals.received > _MENTIONED_USD else ""
        parts.append(f"Repo lenders took back {usd(totals.lenders)}{paid}.")
    return parts


def _sales(totals: DayTotals) -> list[str]:
    """Sales of basis funds, with their reasons."""
    if totals.sold <= _QUIET_USD:
        return [] if totals.failed else ["No basis fund had to sell."]
    reasons = []
    if totals.short_of_cash:
        reasons.append(f"{count(totals.short_of_cash, 'fund')} lacked cash for tomorrow's calls")
    if totals.over_risk:
        reasons.append(f"{count(totals.over_risk, 'fund')} exceeded their risk limit")
    if not reasons:
        return [f"{usd(totals.sold)} of notes were sold."]
    return [f"{' and '.join(reasons)}: {usd(totals.sold)} of notes were sold."]
