"""Tables on the flows, dealers, repo segments and other markets of an episode: for comparison, never a run's input."""

from basis_data.tables.schema import CONTRACTS, TableLayout, choice, needed, optional

_DATE = needed("date", "date")

EPISODE = (
    TableLayout(
        "dealer_positions",
        "primary_dealer_positions.csv",
        "Net Treasury positions of primary dealers by maturity, Wednesdays from 2018",
        (
            needed("as_of_date", "date"),
            needed("bucket", "text"),
            needed("net_position_usd_bn", "bn", "negative is short"),
            needed("nyfed_series", "text"),
        ),
        ("as_of_date", "bucket"),
    ),
    TableLayout(
        "fed_holdings",
        "fed_treasury_purchases.csv",
        "Settled Treasury holdings of the Federal Reserve, Wednesdays of early 2020",
        (
            _DATE,
            *(
                needed(f"soma_{kind}_usd_bn", "bn", low=0)
                for kind in ("notes_bonds", "bills", "tips_par", "frn", "tips_inflation_compensation", "treasury_par")
            ),
            optional("change_on_week_usd_bn", "bn", "of the par holdings"),
        ),
        ("date",),
    ),
    TableLayout(
        "positions_partial",
        "cftc_futonly_gaps_partial.csv",
        "CFTC futures-only weeks that `positions` lacks: open interest and leveraged funds, four contracts only",
        (
            needed("report_date", "date"),
            choice("contract", *CONTRACTS),
            choice("report_type", "FutOnly"),
            needed("open_interest_contracts", "count", low=0),
            *(needed(f"lev_money_{side}_contracts", "count", low=0) for side in ("long", "short", "spread")),
        ),
        ("report_date", "contract"),
    ),
    TableLayout(
        "dealer_financing",
        "primary_dealer_treasury_financing_weekly.csv",
        "Treasury repo and reverse repo of primary dealers by segment and term, Wednesdays from 2022",
        (
            needed("as_of_date", "date"),
            choice("side", "securities_in_reverse_repo", "securities_out_repo"),
            *(needed(name, "text") for name in ("segment", "collateral", "term")),
            needed("usd_bn", "bn", low=0),
            needed("nyfed_series", "text"),
        ),
        ("as_of_date", "side", "segment", "collateral", "term"),
        ordered=False,
    ),
    TableLayout(
        "fed_flows",
        "fed_weekly_flows.csv",
        "Foreign custody holdings, foreign repo pool and holdings of the Federal Reserve, Wednesdays from 2018",
        (
            _DATE,
            *(
                optional(f"{name}_usd_bn", "bn", low=0)
                for name in (
                    "foreign_custody_treasury",
                    "foreign_custody_total",
                    "foreign_rrp_pool",
                    "fed_treasury_held_outright",
                    "fed_repo",
                    "fima_repo",
                    "soma_notes_bonds",
                    "soma_bills",
                    "soma_tips_par",
                    "soma_frn",
                    "soma_tips_inflation_compensation",
                )
            ),
        ),
        ("date",),
    ),
    TableLayout(
        "ofr_repo",
        "ofr_repo_daily.csv",
        "Repo rates and volumes by segment (DVP, GCF, tri-party, sponsored), daily from 2018",
        (
            _DATE,
            *(
                optional(f"{name}_rate_pct", "percent", "preliminary series", -5, 25)
                for name in ("dvp_overnight", "gcf_agency", "triparty_overnight", "triparty_term_to_30d")
            ),
            *(
                optional(f"{name}_usd_bn", "bn", low=0)
                for name in (
                    "dvp_volume",
                    "gcf_volume",
                    "triparty_volume",
                    "ficc_sponsored_repo",
                    "ficc_sponsored_reverse_repo",
                )
            ),
        ),
        ("date",),
    ),
    TableLayout(
        "dollar_index",
        "broad_dollar_index.csv",
        "Nominal broad dollar index, January 2006 = 100, daily, in two vintages that must not be joined",
        (
            _DATE,
            optional("broad_dollar_index_vintage_2026_08", "number", "revised yearly weights", 50, 200),
            optional("broad_dollar_index_vintage_2025_12", "number", "earlier weights", 50, 200),
        ),
        ("date",),
    ),
    TableLayout(
        "equity_quotes",
        "equity_quotes.csv",
        "Daily return of the US stock market, quoted for two windows",
        (_DATE, needed("us_stock_market_return_pct", "percent", "of the day", -30, 30), needed("source", "text")),
        ("date",),
    ),
    TableLayout(
        "fedinvest_notes",
        "fedinvest_prices_march2020_two_notes.csv",
        "FedInvest prices of two deliverable notes in March 2020, and their distance to the par curve",
        (
            _DATE,
            needed("cusip", "text"),
            needed("coupon_pct", "percent", "per year", 0, 20),
            needed("maturity", "date"),
            *(needed(side, "price", "clean", 20, 300) for side in ("buy", "sell", "end_of_day")),
            *(needed(name, "percent", "computed", -5, 25) for name in ("eod_yield_pct", "mid_yield_pct")),
            needed("par_curve_pct", "percent", "at the note's maturity, computed", -5, 25),
            needed("eod_minus_curve_bp", "bp", "computed", -1000, 1000),
        ),
        ("date", "cusip"),
    ),
)
