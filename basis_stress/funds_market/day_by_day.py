"""A liquidation day by day: calls, sales, dislocation, the next calls, each day in a plain sentence."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from basis_engine.simulation.names import CashLine, LogEvent, PnlLine
from basis_stress.funds_market.episodes import Episode
from basis_stress.funds_market.measures import dislocations
from basis_stress.reporting.formatting import count, day, usd

_LENDERS = (CashLine.REPO_REMARGIN, CashLine.HAIRCUT, CashLine.REPO_NOT_ROLLED)
_QUIET_USD = 5e7
_TELLING_USD = 5e8  # less is not worth a sentence in a book of $800bn


@dataclass(frozen=True)
class Day:
    """One day of all basis funds together; USD, all positive."""

    date: pd.Timestamp
    clearing: float
    """Paid to the clearing house: variation and initial margin."""
    lenders: float
    """Paid to repo lenders: re-margin, haircut, loans not rolled."""
    advanced: float
    """Advanced by repo lenders against dearer notes."""
    received: float
    """Paid out by the clearing house."""
    outside: float
    swaps: float
    """Sold by swap-spread trades."""
    short_of_cash: int
    over_risk: int
    failed: int
    sold: float
    inventory: float
    cheap_bp: float
    held: float
    """Hedged book at the end of the day, face."""
    lost: float
    """What dislocation has cost all funds since entry."""

    @property
    def called(self) -> float:
        """Paid to the clearing house and to lenders."""
        return self.clearing + self.lenders

    @property
    def quiet(self) -> bool:
        """Whether nothing was forced."""
        return not self.failed and max(self.sold, self.outside, self.swaps) < _QUIET_USD


def unroll(episode: Episode) -> list[Day]:
    """Every day after entry."""
    run, days = episode.run, episode.stage.days
    funds = run.funds[: episode.book.basis_funds]
    flows = run.cash_flows[:, : funds["last"][-1]]
    legs = np.add.reduceat(flows, funds["first"].astype(np.int64), axis=1)
    clearing = legs[:, :, [CashLine.VARIATION_MARGIN, CashLine.INITIAL_MARGIN]].sum(axis=2)
    repo = legs[:, :, list(_LENDERS)].sum(axis=2)
    dealers = 1e9 * episode.dealers
    sold, swaps, outside = (dealers[name].diff().fillna(0.0) for name in ("fund_sales", "swap_sales", "outside_sales"))
    cheap, held = dislocations(episode).max(axis=1), episode.hedged
    lost = run.attribution[:, : funds["last"][-1], PnlLine.DISLOCATION].sum(axis=1).cumsum()
    at = np.searchsorted(episode.stage.market.data.dates, run.log["time"] // 1440)
    return [
        Day(
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


def _funds(episode: Episode, today: "np.ndarray[tuple[int], np.dtype[np.bool_]]", what: LogEvent) -> int:
    """Basis funds to which something happened."""
    log = episode.run.log[today & (episode.run.log["what"] == what)]
    return len(np.unique(log["fund"][log["fund"] < episode.book.basis_funds]))


def told(days: list[Day], until: str) -> list[tuple[str, Day, str]]:
    """Dates, figures and sentence of each day; quiet days in a row, and all days past a date, become one."""
    rows: list[list[Day]] = []
    for one in days:
        late = one.date > pd.Timestamp(until)
        if rows and ((one.quiet and rows[-1][-1].quiet) or (late and rows[-1][-1].date > pd.Timestamp(until))):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [(_dates(group), _sum(group), sentence(_sum(group))) for group in rows]


def _dates(group: list[Day]) -> str:
    """``7 April``, ``14–30 April``."""
    first, last = group[0].date, group[-1].date
    return day(first) if first == last else f"{first.day}–{day(last)}"


def _sum(group: list[Day]) -> Day:
    """Flows of several days added up, levels of the last."""
    flows = ("clearing", "lenders", "advanced", "received", "outside", "swaps", "sold", "failed")
    values = {field.name: getattr(group[-1], field.name) for field in fields(Day)}
    return Day(**values | {name: sum(getattr(one, name) for one in group) for name in flows})


def sentence(one: Day) -> str:
    """What happened, for someone who has never traded."""
    parts = []
    if one.outside > _TELLING_USD:
        parts.append(f"Outside investors sold {usd(one.outside)} of Treasuries to dealers.")
    if one.swaps > _TELLING_USD:
        parts.append(f"Swap-spread funds sold {usd(one.swaps)}.")
    parts += _margin(one)
    if one.failed:
        parts.append(
            f"{count(one.failed, 'fund').capitalize()} had no cash left for what was due and failed; lenders seize the "
            "notes and sell them."
        )
    parts += _sales(one)
    if one.cheap_bp > 0.5:
        lost = f", which has cost basis funds {usd(one.lost, figures=2)} so far" if one.lost > _QUIET_USD else ""
        parts.append(f"Notes are {one.cheap_bp:.1f} bp too cheap{lost}.")
    return " ".join(parts)


def _margin(one: Day) -> list[str]:
    """What was called, and what came in against it."""
    parts = []
    if one.clearing > _TELLING_USD:
        back = f"; lenders advanced {usd(one.advanced)} on the dearer notes" if one.advanced > _TELLING_USD else ""
        parts.append(f"The clearing house took {usd(one.clearing)} of margin{back}.")
    if one.lenders > _TELLING_USD:
        back = f"; the clearing house paid out {usd(one.received)}" if one.received > _TELLING_USD else ""
        parts.append(f"Repo lenders took back {usd(one.lenders)}{back}.")
    return parts


def _sales(one: Day) -> list[str]:
    """Who sold, and why."""
    if one.sold <= _QUIET_USD:
        return [] if one.failed else ["No basis fund had to sell."]
    why = []
    if one.short_of_cash:
        why.append(f"{count(one.short_of_cash, 'fund')} lacked cash for tomorrow's calls")
    if one.over_risk:
        why.append(f"{count(one.over_risk, 'fund')} stood above their risk limit")
    if not why:
        return [f"{usd(one.sold)} of notes were sold."]
    return [f"{' and '.join(why)}: {usd(one.sold)} of notes were sold."]
