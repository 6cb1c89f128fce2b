"""Formats of the publishers: the text of a response to rows of a table, refused if it is not what it used to be."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any

from basis_engine.base.errors import InputError

Rows = list[dict[str, str]]

PAR_YIELDS = {
    "1 Mo": "y_1mo_pct",
    "3 Mo": "y_3mo_pct",
    "6 Mo": "y_6mo_pct",
    "1 Yr": "y_1y_pct",
    "2 Yr": "y_2y_pct",
    "3 Yr": "y_3y_pct",
    "5 Yr": "y_5y_pct",
    "7 Yr": "y_7y_pct",
    "10 Yr": "y_10y_pct",
    "20 Yr": "y_20y_pct",
    "30 Yr": "y_30y_pct",
}
"""Columns of the Treasury's file of a year."""
SOFR = {
    "percentRate": "sofr_pct",
    "percentPercentile1": "p1_pct",
    "percentPercentile25": "p25_pct",
    "percentPercentile75": "p75_pct",
    "percentPercentile99": "p99_pct",
    "volumeInBillions": "volume_bn",
}
SVENSSON = {
    **{f"BETA{i}": f"beta{i}_pct" for i in range(4)},
    "TAU1": "tau1_years",
    "TAU2": "tau2_years",
    "SVENY10": "zero_10y_pct",
    "SVENY30": "zero_30y_pct",
}
CONTRACTS = {"042601": "TU", "044601": "FV", "043602": "TY", "043607": "TN", "020601": "US", "020604": "UB"}
"""Contract market codes of the CFTC."""
POSITIONS = {
    "open_interest_all": "open_interest_contracts",
    **{f"dealer_positions_{side}_all": f"dealer_{side}_contracts" for side in ("long", "short", "spread")},
    **{
        f"{theirs}_positions_{side}": f"{ours}_{side}_contracts"
        for theirs, ours in (("asset_mgr", "asset_mgr"), ("lev_money", "lev_money"), ("other_rept", "other"))
        for side in ("long", "short", "spread")
    },
    **{f"nonrept_positions_{side}_all": f"nonreportable_{side}_contracts" for side in ("long", "short")},
    "traders_lev_money_short_all": "traders_lev_short_count",
    "conc_net_le_4_tdr_short_all": "conc_net_short_4_pct",
    "conc_net_le_8_tdr_short_all": "conc_net_short_8_pct",
}
MOST_DIGITS = 30
"""Digits before or after the point: what is written without an exponent could otherwise fill the memory."""
MAY_BE_SUPPRESSED = {"traders_lev_money_short_all", "conc_net_le_4_tdr_short_all", "conc_net_le_8_tdr_short_all"}


class ChangedFormatError(InputError):
    """A response is not in the format that the publisher used to have."""


def par_yields(body: bytes) -> Rows:
    """Read the Treasury's par yields of a year: CSV, dates as MM/DD/YYYY, newest first."""
    table = _csv(body, ("Date", *PAR_YIELDS))
    return [
        {"date": _date(row["Date"], "%m/%d/%Y")} | {ours: _number(row[theirs]) for theirs, ours in PAR_YIELDS.items()}
        for row in table
    ]


def sofr(body: bytes) -> Rows:
    """Read the New York Fed's SOFR with percentiles and volume: JSON."""
    return [
        {"date": _date(entry["effectiveDate"])} | {ours: _number(entry.get(name)) for name, ours in SOFR.items()}
        for entry in _entries(body, ("refRates",), ("effectiveDate", "type", "percentRate"))
        if entry["type"] == "SOFR"
    ]


def effr(body: bytes) -> Rows:
    """Read the New York Fed's effective federal funds rate: JSON."""
    return [
        {"date": _date(entry["effectiveDate"]), "effr_pct": _number(entry["percentRate"])}
        for entry in _entries(body, ("refRates",), ("effectiveDate", "type", "percentRate"))
        if entry["type"] == "EFFR"
    ]


def positions(body: bytes, report: str) -> Rows:
    """Read the CFTC's Traders in Financial Futures: JSON of its public reporting service."""
    required = [name for name in POSITIONS if name not in MAY_BE_SUPPRESSED]
    rows = []
    for entry in _entries(body, (), ("report_date_as_yyyy_mm_dd", "cftc_contract_market_code", *required)):
        code = CONTRACTS.get(str(entry["cftc_contract_market_code"]).strip())
        if code is None:
            raise ChangedFormatError(f"an unknown contract {str(entry['cftc_contract_market_code'])[:40]!r}")
        key = {"report_date": _date(str(entry["report_date_as_yyyy_mm_dd"])[:10]), "contract": code}
        values = {ours: _number(entry.get(theirs)) for theirs, ours in POSITIONS.items()}
        rows.append({**key, "report_type": report, **values})
    return rows


def svensson(body: bytes) -> Rows:
    """Read the Federal Reserve's feds200628: CSV under some lines of text, NA where not fitted."""
    text = _text(body)
    start = text.find("Date,BETA0")
    if start < 0:
        raise ChangedFormatError("no line of column names that begins with 'Date,BETA0'")
    table = _csv(text[start:].encode(), ("Date", *SVENSSON))
    return [
        {"date": _date(row["Date"])} | {ours: _number(row[theirs]) for theirs, ours in SVENSSON.items()}
        for row in table
        if row["BETA0"].strip() not in ("NA", "")
    ]


def prices(body: bytes, day: date) -> Rows:
    """Read FedInvest's prices of a day: CSV without column names; notes and bonds with an end-of-day price."""
    rows = []
    for number, cells in enumerate(_rows(body), 1):
        if len(cells) != 8 or len(cells[0].strip()) != 9:
            raise ChangedFormatError(
                f"line {number} is not CUSIP, type, rate, maturity, call date, buy, sell, end of day"
            )
        if cells[1].strip() in ("MARKET BASED NOTE", "MARKET BASED BOND") and float(_number(cells[7]) or 0.0) > 0.0:
            rows.append({"date": str(day), "cusip": cells[0].strip(), "clean_price": _number(cells[7])})
    return sorted(rows, key=lambda row: row["cusip"])


def securities(body: bytes) -> Rows:
    """Read the Treasury's auctions: JSON; nominal notes and bonds at first issue, with coupon."""
    needed = (
        "cusip",
        "security_type",
        "original_security_term",
        "issue_date",
        "maturity_date",
        "int_rate",
        "reopening",
    )
    entries = _entries(body, ("data",), (*needed, "inflation_index_security", "floating_rate"))
    rows = []
    for entry in entries:
        nominal = entry["inflation_index_security"] == "No" and entry["floating_rate"] == "No"
        known = entry["int_rate"] not in (None, "", "null")
        if entry["security_type"] in ("Note", "Bond") and nominal and entry["reopening"] == "No" and known:
            rows.append(
                {
                    "cusip": str(entry["cusip"]),
                    "type": str(entry["security_type"]).lower(),
                    "original_term_years": _years(str(entry["original_security_term"])),
                    "issue_date": _date(entry["issue_date"]),
                    "maturity_date": _date(entry["maturity_date"]),
                    "coupon_pct": _number(entry["int_rate"]),
                    "coupon_source": "Treasury auction results",
                    "issue_date_inferred": "false",
                    "issue_date_source": "Treasury auction results",
                }
            )
    return rows


def dealers(body: bytes, buckets: Mapping[str, str]) -> Rows:
    """Read the New York Fed's primary-dealer series, millions of dollars: JSON; '*' is a suppressed value.

    Parameters
    ----------
    buckets
        Bucket of each series.
    """
    rows = []
    for entry in _entries(body, ("pd", "timeseries"), ("asofdate", "keyid", "value")):
        bucket = buckets.get(str(entry["keyid"]))
        if bucket is None:
            raise ChangedFormatError(f"an unknown series {str(entry['keyid'])[:40]!r}")
        value = _number(entry["value"])
        if value:
            millions = Decimal(value)
            rows.append(
                {
                    "as_of_date": _date(entry["asofdate"]),
                    "bucket": bucket,
                    "net_position_usd_bn": f"{(millions / 1000).normalize():f}",
                    "nyfed_series": str(entry["keyid"]),
                }
            )
    return rows


def _text(body: bytes) -> str:
    """Text of a response, without a byte-order mark."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ChangedFormatError("a response that is not text") from None


def _rows(body: bytes) -> list[list[str]]:
    """Rows of a CSV."""
    try:
        return list(csv.reader(StringIO(_text(body))))
    except csv.Error as problem:
        raise ChangedFormatError(f"a CSV that cannot be read ({problem})") from None


def _csv(body: bytes, needed: Sequence[str]) -> Rows:
    """Rows of a CSV with column names, all of them whole."""
    lines = [cells for cells in _rows(body) if cells]
    names = [name.strip() for name in lines[0]] if lines else []
    missing = [name for name in needed if name not in names]
    if missing:
        raise ChangedFormatError(f"no column {missing[0]!r}")
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(names):
            raise ChangedFormatError(f"line {number} has {len(cells)} of {len(names)} cells, as if cut short")
    return [dict(zip(names, cells, strict=True)) for cells in lines[1:]]


def _entries(body: bytes, path: Sequence[str], needed: Sequence[str]) -> list[dict[str, Any]]:
    """Entries of a JSON response, at a path of keys, each with the keys needed."""
    try:
        found = json.loads(_text(body))
    except (ValueError, RecursionError):
        raise ChangedFormatError("a response that is no JSON, or is cut short") from None
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ChangedFormatError(f"no list under {'.'.join(path) or 'the response'}")
    for entry in found:
        missing = [name for name in needed if name not in entry]
        if missing:
            raise ChangedFormatError(f"no field {missing[0]!r}")
    return found


def _date(given: Any, form: str = "%Y-%m-%d") -> str:
    """ISO date."""
    try:
        return str(datetime.strptime(str(given).strip()[:10], form).date())
    except ValueError:
        raise ChangedFormatError(f"{str(given)[:40]!r} in place of a date") from None


def _number(given: Any) -> str:
    """A plain number as text; blank where the publisher has none."""
    text = str("" if given is None else given).strip().removesuffix("%").replace(",", "")
    if text in ("", "NA", "N/A", "null", ".", "*"):
        return ""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ChangedFormatError(f"{str(given)[:40]!r} in place of a number") from None
    if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS:
        raise ChangedFormatError(f"{str(given)[:40]!r} in place of a number")
    return f"{value.normalize():f}"


def _years(term: str) -> str:
    """Years of an original term such as '10-Year'."""
    years, _, unit = term.partition("-")
    if unit != "Year" or not years.isdigit():
        raise ChangedFormatError(f"{str(term)[:40]!r} in place of a term such as '10-Year'")
    return f"{float(years):.1f}"
