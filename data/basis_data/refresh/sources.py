"""Sources: what to ask each publisher for, from which address, and the table that its answers extend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from basis_data.markets.note_spreads import FEDINVEST as FEDINVEST_FILE
from basis_data.refresh import formats
from basis_data.refresh.download import Request
from basis_data.refresh.formats import Rows
from basis_data.tables.calendars import mark_days
from basis_data.tables.data_in_use import table_file
from basis_data.tables.reader import read

OVERLAP_DAYS = 14
"""Days before the last one known that are asked for again, so that a revision is seen."""
RATES = "https://markets.newyorkfed.org/api/rates"
CFTC = "https://publicreporting.cftc.gov/resource"
FEDINVEST = "https://www.treasurydirect.gov/GA-FI/FedInvest"


@dataclass(frozen=True)
class Source:
    """A publisher's series."""

    name: str
    """As `--only` names it."""
    publisher: str
    table: str
    """Key of `basis_data.tables.layouts.TABLES`."""
    requests: Callable[[date, date], list[Request]]
    """Requests for the days from one to another."""
    parse: Callable[[Request, bytes], Rows]
    adds_rows: bool = True
    """False: it fills columns of rows that another source adds."""
    by_day: bool = False
    """Whether each day is a request of its own: days at hand are not asked for again, and answers are kept at once."""


def _years(since: date, until: date) -> list[Request]:
    """Ask the Treasury for the par yields of each year."""
    where = "https://home.treasury.gov/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv"
    return [
        Request(
            f"par-yields-{year}.csv",
            f"{where}/{year}/all",
            {"type": "daily_treasury_yield_curve", "field_tdr_date_value": str(year), "page": "", "_format": "csv"},
        )
        for year in range(since.year, until.year + 1)
    ]


def _rates(path: str) -> Callable[[date, date], list[Request]]:
    """Ask the New York Fed for a reference rate."""

    def requests(since: date, until: date) -> list[Request]:
        days = {"startDate": str(since), "endDate": str(until), "type": "rate"}
        return [Request(f"{path.rpartition('/')[2]}.json", f"{RATES}/{path}/search.json", days)]

    return requests


def _positions(dataset: str, report: str) -> Callable[[date, date], list[Request]]:
    """Ask the CFTC's public reporting service for one of its two financial reports."""

    def requests(since: date, until: date) -> list[Request]:
        codes = ", ".join(f"'{code}'" for code in formats.CONTRACTS)
        days = f"report_date_as_yyyy_mm_dd between '{since}T00:00:00' and '{until}T00:00:00'"
        query = {"$where": f"{days} and cftc_contract_market_code in ({codes})", "$limit": "50000"}
        return [Request(f"cftc-{report.lower()}.json", f"{CFTC}/{dataset}.json", query)]

    return requests


def _svensson(since: date, until: date) -> list[Request]:
    """Ask the Federal Reserve for all Svensson parameters: one file."""
    return [Request("feds200628.csv", "https://www.federalreserve.gov/data/yield-curve-tables/feds200628.csv")]


def _prices(since: date, until: date) -> list[Request]:
    """Ask FedInvest for the prices of all securities, a file for each business day that is not at hand."""
    file = table_file(FEDINVEST_FILE)
    known = set(read("prices", file)["date"].dt.date) if file.exists() else set()
    days = [day for day in mark_days(since, until).astype(object) if day not in known]
    return [
        Request(
            f"fedinvest-{day}.csv",
            f"{FEDINVEST}/securityPriceDetail",
            form={
                "priceDateDay": str(day.day),
                "priceDateMonth": str(day.month),
                "priceDateYear": str(day.year),
                "fileType": "csv",
                "csv": "CSV FORMAT",
            },
            token_page=f"{FEDINVEST}/selectSecurityPriceDate",
        )
        for day in days
    ]


def _auctions(since: date, until: date) -> list[Request]:
    """Ask the Treasury's Fiscal Data for auctions of notes and bonds."""
    where = "https://api.fiscaldata.treasury.gov/services/api/fiscal_service/v1/accounting/od/auctions_query"
    chosen = f"issue_date:gte:{since},issue_date:lte:{until},security_type:in:(Note,Bond)"
    return [Request("auctions.json", where, {"filter": chosen, "sort": "issue_date", "page[size]": "10000"})]


def _series() -> dict[str, str]:
    """Series of primary-dealer positions and their buckets."""
    known = read("dealer_positions").drop_duplicates("nyfed_series", keep="last")
    return dict(zip(known["nyfed_series"], known["bucket"], strict=True))


def _dealers(since: date, until: date) -> list[Request]:
    """Ask the New York Fed for primary dealers' positions: all weeks, all buckets."""
    return [Request("dealers.json", f"https://markets.newyorkfed.org/api/pd/get/{'_'.join(_series())}.json")]


SOURCES: Sequence[Source] = (
    Source("par-yields", "US Treasury", "par_yields", _years, lambda request, body: formats.par_yields(body)),
    Source("sofr", "New York Fed", "repo", _rates("secured/sofr"), lambda request, body: formats.sofr(body)),
    Source("effr", "New York Fed", "repo", _rates("unsecured/effr"), lambda r, body: formats.effr(body), False),
    Source(
        "cftc",
        "CFTC",
        "positions",
        lambda since, until: [
            *_positions("gpe5-46if", "FutOnly")(since, until),
            *_positions("yw9f-hn96", "Combined")(since, until),
        ],
        lambda request, body: formats.positions(body, "FutOnly" if "futonly" in request.file else "Combined"),
    ),
    Source("svensson", "Federal Reserve", "svensson", _svensson, lambda request, body: formats.svensson(body)),
    Source("auctions", "Treasury Fiscal Data", "securities", _auctions, lambda request, body: formats.securities(body)),
    Source(
        "prices",
        "FedInvest",
        "prices",
        _prices,
        lambda request, body: formats.prices(body, date.fromisoformat(request.file[10:20])),
        by_day=True,
    ),
    Source(
        "dealers",
        "New York Fed",
        "dealer_positions",
        _dealers,
        lambda request, body: formats.dealers(body, _series()),
    ),
)
