"""A local HTTP server that answers as the publishers of the data do, with small responses in their formats."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

PAR = (
    'Date,"1 Mo","1.5 Month","2 Mo","3 Mo","4 Mo","6 Mo","1 Yr","2 Yr","3 Yr","5 Yr","7 Yr","10 Yr","20 Yr","30 Yr"\n'
    "08/24/2026,3.70,3.71,3.72,3.73,3.74,3.75,3.80,4.21,4.25,4.33,4.50,4.71,5.20,5.25\n"
    "08/21/2026,3.70,3.71,3.72,3.73,3.74,3.75,3.80,4.20,4.24,4.32,4.49,4.70,5.19,5.24\n"
    "08/20/2026,3.70,3.71,3.72,3.73,3.74,3.75,3.79,4.19,4.23,4.31,4.48,4.69,5.18,5.23\n"
)
SVENSSON = (
    "Note: This is not an official Federal Reserve statistical release.\n\n"
    "Series Description,Compounding Convention\nDate,N/A\n\n"
    "Date,BETA0,BETA1,BETA2,BETA3,SVENY10,SVENY30,TAU1,TAU2\n"
    "2026-08-23,NA,NA,NA,NA,NA,NA,NA,NA\n"
    "2026-08-24,1.5,2.1,-3.3,9.4,4.82,5.50,1.7,14.9\n"
)
PRICES = (
    "912797QX1,MARKET BASED BILL,0.000%,09/01/2026,,99.93,99.92,99.94\n"
    "91282CAA1,MARKET BASED NOTE,4.250%,08/15/2036,,100.1875,100.125,100.15625\n"
    "912810UR7,MARKET BASED BOND,4.750%,02/15/2056,,92.5,92.4375,92.46875\n"
    "91282CBB2,TIPS,1.875%,07/15/2034,,100.0,99.9,99.95\n"
)


def rates(kind: str, days: dict[str, float]) -> str:
    """Reference rates of the New York Fed."""
    entries = [
        {
            "effectiveDate": day,
            "type": kind,
            "percentRate": rate,
            "percentPercentile1": round(rate - 0.05, 2),
            "percentPercentile25": round(rate - 0.01, 2),
            "percentPercentile75": round(rate + 0.02, 2),
            "percentPercentile99": round(rate + 0.1, 2),
            "volumeInBillions": 3000,
            "revisionIndicator": "",
        }
        for day, rate in days.items()
    ]
    return json.dumps({"refRates": entries})


def tff(day: str, shorts: int) -> str:
    """The CFTC's report of a week, all numbers as text."""
    groups = {
        f"{group}_positions_{side}{'_all' if group in ('dealer', 'nonrept') else ''}": "1000"
        for group in ("dealer", "asset_mgr", "lev_money", "other_rept", "nonrept")
        for side in ("long", "short", "spread")
    }
    return json.dumps(
        [
            {
                "report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000",
                "cftc_contract_market_code": code,
                "open_interest_all": "5000000",
                **groups,
                "lev_money_positions_short": str(shorts),
                "traders_lev_money_short_all": "40",
                "conc_net_le_4_tdr_short_all": "20.5",
                "conc_net_le_8_tdr_short_all": "30.5",
            }
            for code in ("042601", "044601", "043602", "043607", "020601", "020604")
        ]
    )


def auction(cusip: str, term: str, issue: str, maturity: str, coupon: str, **other: str) -> dict[str, str]:
    """A row of the Treasury's auctions."""
    return {
        "cusip": cusip,
        "security_type": "Note",
        "original_security_term": term,
        "issue_date": issue,
        "maturity_date": maturity,
        "int_rate": coupon,
        "reopening": "No",
        "inflation_index_security": "No",
        "floating_rate": "No",
    } | other


AUCTIONS = [
    auction("91282CAA1", "10-Year", "2026-08-17", "2036-08-15", "4.250000"),
    auction("91282CBB2", "10-Year", "2026-07-31", "2036-07-15", "1.875000", inflation_index_security="Yes"),
    auction("91282ZCC3", "5-Year", "2026-07-31", "2031-07-31", "4.125000"),
    auction("91282CDD4", "7-Year", "2026-08-31", "2033-08-31", "null"),
]


def answers() -> dict[str, str]:
    """The body of each path of the publishers."""
    treasury = "/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv"
    fiscal = "/services/api/fiscal_service/v1/accounting/od/auctions_query"
    dealers = [{"asofdate": "2026-04-29", "keyid": "PDPOSGS-B", "value": "12345"}]
    dealers += [{"asofdate": "2026-04-29", "keyid": "PDPOSGSC-L2", "value": "*"}]
    return {
        f"{treasury}/2026/all": PAR,
        "/api/rates/secured/sofr/search.json": rates(
            "SOFR", {"2026-08-20": 3.63, "2026-08-21": 3.64, "2026-08-24": 3.66}
        ),
        "/api/rates/unsecured/effr/search.json": rates("EFFR", {"2026-08-21": 3.63, "2026-08-24": 3.64}),
        "/resource/gpe5-46if.json": tff("2026-09-08", 2_500_000),
        "/resource/yw9f-hn96.json": tff("2026-06-30", 2_400_000),
        "/data/yield-curve-tables/feds200628.csv": SVENSSON,
        fiscal: json.dumps({"data": AUCTIONS, "meta": {"total-count": len(AUCTIONS), "total-pages": 1}}),
        "/GA-FI/FedInvest/selectSecurityPriceDate": '<form><input name="_csrf" type="hidden" value="abc-123"/></form>',
        "/GA-FI/FedInvest/securityPriceDetail": PRICES,
        "/api/pd/get": json.dumps({"pd": {"timeseries": dealers}}),
    }


class Publishers:
    """What the server answers, path by path; a test changes it."""

    def __init__(self) -> None:
        self.answers: dict[str, str | bytes] = dict(answers())
        self.status: dict[str, list[int]] = {}
        """Status codes to answer first, by path."""
        self.cut: set[str] = set()
        """Paths whose body ends before its stated length."""
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []
        """Method, path and fields of every request."""
        self.address = ""


@contextmanager
def publishers() -> Iterator[Publishers]:
    """Serve the publishers' formats on a free port."""
    served = Publishers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(parse_qs(body))

        def answer(self, form: dict[str, list[str]]) -> None:
            split = urlsplit(self.path)
            path = "/api/pd/get" if split.path.startswith("/api/pd/get") else unquote(split.path)
            served.asked.append((self.command, path, form | parse_qs(split.query)))
            status = served.status.get(path) or [200]
            code = status.pop(0)
            if path.endswith("securityPriceDetail") and form.get("_csrf") != ["abc-123"]:
                code = 403
            found = served.answers.get(path, b"") if path in served.answers else b"<html>not found</html>"
            code = code if path in served.answers else 404
            body = found.encode() if isinstance(found, str) else found
            self.send_response(code)
            html = body.lstrip().startswith(b"<")
            self.send_header("Content-Type", "text/html" if html else "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if path in served.cut else body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
