"""Short futures positions: of CFTC leveraged funds, or of the user's own book."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from basis_data.tables.calendars import DateLike, day
from basis_data.tables.contracts import contract
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import header, read
from basis_engine.base.errors import InputError

NEAREST_DAYS = 14
"""Maximum distance in days of a report from the date requested."""


def leveraged_fund_shorts(date: DateLike, path: str | Path | None = None, report: str = "FutOnly") -> pd.DataFrame:
    """Return gross short futures of leveraged funds in the report nearest to a date.

    This is the last report at or before the date if at most 14 days old, otherwise the nearest within 14 days.

    Parameters
    ----------
    path
        The user's own positions, in CFTC layout or as `report_date,contract,short_contracts`.
    report
        'FutOnly' (futures) or 'Combined' (with options); do not mix them.

    Returns
    -------
    DataFrame
        `contract`, `report_date`, `short_contracts`, `face_usd`; one row per contract, by code.

    Raises
    ------
    InputError
        If no report is within 14 days.
    """
    return _reported(date, report).copy() if path is None else _nearest(_shorts(path, report), date, report, path)


@dataclass(frozen=True)
class ReportedShorts:
    """Gross short futures of leveraged funds in one report."""

    date: pd.Timestamp
    contracts: dict[str, float]
    """By contract code."""
    face_usd: float
    """Face of all contracts."""


def reported_shorts(date: DateLike, path: str | Path | None = None, report: str = "FutOnly") -> ReportedShorts:
    """Return the rows of `leveraged_fund_shorts` as numbers, those of the embedded table computed once.

    Raises
    ------
    InputError
        As `leveraged_fund_shorts`.
    """
    return (
        _known_shorts(date, report) if path is None else as_numbers(_nearest(_shorts(path, report), date, report, path))
    )


@cached
def _known_shorts(date: DateLike, report: str) -> ReportedShorts:
    """The nearest report of the embedded table, as numbers."""
    return as_numbers(_reported(date, report))


def as_numbers(report: pd.DataFrame) -> ReportedShorts:
    """The rows of a report as numbers."""
    given = dict(zip(report["contract"], report["short_contracts"], strict=True))
    return ReportedShorts(report["report_date"].iloc[0], given, float(report["face_usd"].sum()))


@cached
def _reported(date: DateLike, report: str) -> pd.DataFrame:
    """The nearest report of the embedded table."""
    return _nearest(_embedded(report), date, report, None)


@cached
def _embedded(report: str) -> pd.DataFrame:
    """All short positions of the embedded table."""
    return _shorts(None, report)


def _nearest(shorts: pd.DataFrame, date: DateLike, report: str, path: str | Path | None) -> pd.DataFrame:
    """The report nearest to a date among all short positions of a file."""
    asked = pd.Timestamp(day(date))
    dates = pd.DatetimeIndex(shorts["report_date"].unique())
    days_away = (dates - asked).to_series().abs().to_numpy()
    near = dates[days_away <= pd.Timedelta(days=NEAREST_DAYS)]
    if near.empty:
        nearest = dates[int(days_away.argmin())]
        raise InputError(
            f"positions: no {report} report within {NEAREST_DAYS} days of {asked.date()} in "
            f"{path or 'the CFTC data'}; the nearest is of {nearest.date()}; "
            "choose a date near it or give a positions file"
        )
    earlier = near[near <= asked]
    chosen = earlier.max() if len(earlier) else near.min()
    rows = shorts[shorts["report_date"] == chosen].sort_values("contract")
    face = [contract(code, chosen).notional_usd for code in rows["contract"]]
    return rows.assign(face_usd=rows["short_contracts"] * face).reset_index(drop=True)


def _shorts(path: str | Path | None, report: str) -> pd.DataFrame:
    """Read all short positions of a file: `report_date`, `contract`, `short_contracts`."""
    if path is not None and "short_contracts" in header(path):
        shorts = read("book", path)
    else:
        reports = read("positions", path)
        kinds = reports["report_type"].unique()
        if report not in kinds:
            raise InputError(f"report {report!r}: unknown; allowed are {', '.join(sorted(kinds))}")
        shorts = reports[reports["report_type"] == report].rename(
            columns={"lev_money_short_contracts": "short_contracts"}
        )
    return shorts[["contract", "report_date", "short_contracts"]]
