"""Layouts of the tables that a user's own file may replace, and the list of all tables.

``python -m basis_data.tables.layouts > data/basis_data/SCHEMA.md`` writes that document from these objects; a test
checks that they agree.
"""

from basis_data.tables.episode_tables import EPISODE
from basis_data.tables.reference import REFERENCE
from basis_data.tables.schema import CONTRACTS, Column, TableLayout, choice, needed, optional, section

TENOR_YEARS: dict[str, float] = {
    "y_1mo_pct": 1 / 12,
    "y_3mo_pct": 0.25,
    "y_6mo_pct": 0.5,
    "y_1y_pct": 1.0,
    "y_2y_pct": 2.0,
    "y_3y_pct": 3.0,
    "y_5y_pct": 5.0,
    "y_7y_pct": 7.0,
    "y_10y_pct": 10.0,
    "y_20y_pct": 20.0,
    "y_30y_pct": 30.0,
}
"""Par-yield columns and their tenor in years, shortest first."""

LEAST_USD, MOST_USD = 1e3, 1e14
"""Smallest and largest equity or book, US dollars; all Treasuries outstanding are about 3e13."""

DAY_USD_BN = 2000.0
"""Maximum flow of a day: about twice the turnover of the whole cash market on an average day of 2024."""

UNWIND_NAMES = ("hold", "cure", "target-leverage", "stop-out")
"""What makes a fund sell: nothing; an unmet call; leverage above its limit; a drawdown."""

_MAY_LACK = ("y_1mo_pct", "y_3mo_pct", "y_3y_pct", "y_20y_pct", "y_30y_pct")
_DATE = needed("date", "date")
_CONTRACT = choice("contract", *CONTRACTS)


_FUND = (
    optional(
        "equity_usd",
        "usd",
        "equity at entry; with `cash_usd`, the part not in this book is left out",
        LEAST_USD,
        MOST_USD,
    ),
    optional(
        "cash_usd", "usd", "free cash at entry, after haircut and initial margin; alone it sets equity", 0, MOST_USD
    ),
    optional("credit_line_usd", "usd", "committed credit, drawn after cash; 0 if blank", 0, MOST_USD),
    optional("clearing_member", "text", "who clears the fund's futures"),
    Column("unwind", "text", False, True, meaning="what makes the fund sell; `cure` if blank", choices=UNWIND_NAMES),
    optional(
        "leverage_limit_multiple", "number", "leverage over that at entry at which `target-leverage` sells", 1, 1000
    ),
    optional("drawdown_limit", "number", "loss from the peak of equity at which `stop-out` sells, 0.25 is 25%", 0, 1),
    optional("depth_share", "number", "largest slice of an unwind, as a share of market depth", 1e-6, 1),
)
"""Columns of a fund, in the table of funds or on its rows of positions."""


def _par_column(name: str) -> Column:
    """Declare the par yield of a tenor: -5 to 25 percent; blank where the Treasury published none."""
    return Column(name, "percent", name not in _MAY_LACK, True, -5, 25, "par yield, semi-annual bond basis")


_CFTC_COUNTS = (
    "open_interest_contracts",
    *(
        f"{group}_{side}_contracts"
        for group in ("dealer", "asset_mgr", "lev_money", "other", "nonreportable")
        for side in ("long", "short", "spread")
        if (group, side) not in {("lev_money", "short"), ("nonreportable", "spread")}
    ),
    "traders_lev_short_count",
)

USER = (
    TableLayout(
        "par_yields",
        "treasury_par_yields.csv",
        "Treasury par yield curve, one row per business day",
        (_DATE, *(_par_column(name) for name in TENOR_YEARS)),
        ("date",),
        decimal_check=tuple(TENOR_YEARS),
    ),
    TableLayout(
        "svensson",
        "treasury_svensson.csv",
        "Svensson zero-curve parameters (Gürkaynak, Sack and Wright 2007), one row per business day",
        (
            _DATE,
            *(needed(f"beta{i}_pct", "percent", "continuously compounded", -2000, 2000) for i in range(4)),
            needed("tau1_years", "number", "years", 1e-6, 100),
            needed("tau2_years", "number", "years", 1e-6, 100),
            optional("zero_10y_pct", "percent", "published zero yield, for checking", -5, 25),
            optional("zero_30y_pct", "percent", "published zero yield, for checking", -5, 25),
        ),
        ("date",),
        decimal_check=("beta0_pct", "beta1_pct", "beta2_pct", "beta3_pct"),
    ),
    TableLayout(
        "repo",
        "sofr.csv",
        "Overnight Treasury repo rate struck on each business day, act/360",
        (
            _DATE,
            needed("sofr_pct", "percent", "rate of the trade struck that day", -5, 25),
            *(optional(f"{p}_pct", "percent", "percentile of the trades", -5, 25) for p in ("p1", "p25", "p75", "p99")),
            optional("volume_bn", "bn", low=0),
            optional("effr_pct", "percent", "effective federal funds rate", -5, 25),
            optional("iorb_pct", "percent", "interest on reserve balances", -5, 25),
            optional("on_rrp_pct", "percent", "overnight reverse repo rate", -5, 25),
            optional("srf_pct", "percent", "standing repo facility, minimum bid", -5, 25),
            optional("on_rrp_volume_bn", "bn", low=0),
            optional("pre_production", "bool", "indicative series before April 2018"),
        ),
        ("date",),
    ),
    TableLayout(
        "margins",
        "cme_margins.csv",
        "Futures margin per contract; each row holds until the next of its contract",
        (
            _CONTRACT,
            _DATE,
            needed("initial_usd", "usd", "per contract", 1, 1e6),
            optional("maintenance_usd", "usd", "per contract; taken as the margin due where given", 1, 1e6),
        ),
        ("contract", "date"),
    ),
    TableLayout(
        "basis",
        "",
        "Dislocation of cash against futures; holds until the contract's next row, zero before its first",
        (
            _DATE,
            _CONTRACT,
            needed("basis_bp", "bp", "of price, positive when cash is cheap against futures", -1000, 1000),
        ),
        ("date", "contract"),
    ),
    TableLayout(
        "prices",
        "",
        "Observed prices of single notes; each sets a note's spread over the curve from its day on, the first before",
        (
            _DATE,
            needed("cusip", "text"),
            needed("clean_price", "price", "without accrued interest", 20, 300),
        ),
        ("date", "cusip"),
    ),
    TableLayout(
        "book",
        "",
        "Short futures positions to hedge, in contracts",
        (
            needed("report_date", "date"),
            _CONTRACT,
            needed("short_contracts", "count", "contracts sold, a positive number", 0, 1e9),
        ),
        ("report_date", "contract"),
    ),
    TableLayout(
        "book_positions",
        "",
        "Positions of your own book, or of many clients: `--book`, `book=`; CSV, Parquet or DataFrame",
        (
            choice("contract", *CONTRACTS),
            optional(
                "contracts", "number", "futures held, negative is short; blank: the hedge of `face_usd`", -1e9, 1e9
            ),
            optional("face_usd", "usd", "face of notes held; blank: what `contracts` hedge", -MOST_USD, MOST_USD),
            optional("fund", "text", "blank: the name of the file"),
            Column("delivery_month", "month", False, True, meaning="blank: the front month of the first day"),
            optional("cusip", "text", "the note held; blank: the cheapest to deliver"),
            optional("coupon_pct", "percent", "with `maturity`, the note held", 0, 25),
            optional("maturity", "date", "with `coupon_pct`, the note held"),
            optional("haircut", "number", "share of market value, 0.02 is 2%; blank: the scenario's", -0.1, 0.5),
            optional("term_share", "number", "share financed to term, 0 if blank", 0, 1),
            optional("term_days", "count", "days to the end of the term loan, 90 if blank", 1, 3650),
            optional("term_spread_bp", "bp", "term repo over the overnight rate of the first day", -1000, 1000),
            optional("repo_spread_bp", "bp", "overnight repo of this position over the scenario's", -1000, 1000),
            optional("repo_threshold", "number", "deficit of term collateral below which lenders do not call", 0, 1),
            optional("lender", "text", "who lends against the notes"),
            *_FUND,
        ),
        (),
        ordered=False,
        labels=True,
    ),
    TableLayout(
        "book_funds",
        "",
        "Funds of your own book: `--funds`, `funds=`; CSV, Parquet or DataFrame",
        (needed("fund", "text"), *_FUND),
        ("fund",),
        ordered=False,
        labels=True,
    ),
    TableLayout(
        "positions",
        "cftc_tff_treasury.csv",
        "CFTC Traders in Financial Futures, weekly, in contracts",
        (
            needed("report_date", "date"),
            _CONTRACT,
            choice("report_type", "FutOnly", "Combined"),
            needed("lev_money_short_contracts", "count", "gross shorts of leveraged funds", low=0),
            *(optional(name, "count", low=0) for name in _CFTC_COUNTS),
            optional("conc_net_short_4_pct", "percent", "of open interest, four largest net shorts", 0, 100),
            optional("conc_net_short_8_pct", "percent", "of open interest, eight largest net shorts", 0, 100),
        ),
        ("report_date", "contract", "report_type"),
    ),
    TableLayout(
        "flows",
        "flows.csv",
        "Treasuries sold or bought by those outside the market of funds, by day of an episode",
        (
            needed("episode", "text", "name of the scenario, or the `episode` of its [market] table"),
            needed("date", "date", "business day of the trade"),
            needed("who", "text"),
            choice("kind", "sale", "purchase"),
            needed("usd_bn", "bn", "of that day, never negative: purchases have the kind `purchase`", 0, DAY_USD_BN),
            needed("source", "text", "source of the figure, and what is assumed"),
        ),
        ("episode", "date", "who", "kind"),
    ),
    TableLayout(
        "swap_spreads",
        "swap_spread_windows.csv",
        "SOFR swap rate minus Treasury par yield; the file of the program has two windows only",
        (
            _DATE,
            needed("tenor_years", "count", low=1, high=50),
            needed("swap_spread_bp", "bp", "negative where the swap rate is lower", -1000, 1000),
        ),
        ("date", "tenor_years"),
    ),
)

TABLES: dict[str, TableLayout] = {table.name: table for table in (*USER, *REFERENCE, *EPISODE)}


def markdown() -> str:
    """Write SCHEMA.md: the tables that a user's own file may replace."""
    head = (
        "# Files of your own\n\n"
        "A scenario's `[files]` may name your own CSV for each table below, by a path relative to the\n"
        "scenario's TOML: comma-separated, UTF-8, one header line, decimal point, no thousands separators.\n"
        "Columns that are not listed are refused, but in the tables of a book.\n"
        "`positions` takes either the CFTC table (`positions`) or the short one (`book`).\n"
        "`book_positions` and `book_funds` describe a book of your own, given with `--book` and `--funds`.\n"
        "Written by `python -m basis_data.tables.layouts`; edit `data/basis_data/tables/layouts.py` instead.\n"
    )
    return "\n\n".join([head.rstrip(), *map(section, USER)]) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
