"""Tables that only the program supplies: securities, contract rules, published factors, validation targets."""

from basis_data.tables.schema import CONTRACTS, TableLayout, choice, needed, optional

_DATE = needed("date", "date")
_CONTRACT = choice("contract", *CONTRACTS, "TWE")
_MONTH = needed("delivery_month", "month")
_CUSIP = needed("cusip", "text")
_SOURCE = needed("source", "text")
_COUPON = needed("coupon_pct", "percent", "per year", 0, 20)
_MATURITY = needed("maturity_date", "date")

REFERENCE = (
    TableLayout(
        "margins_assumed",
        "margins_assumed.csv",
        "Assumed margin leverage where no public margin exists; holds until the contract's next row",
        (
            _CONTRACT,
            _DATE,
            needed("margin_leverage", "number", "futures notional over margin", 1, 1000),
            _SOURCE,
        ),
        ("contract", "date"),
    ),
    TableLayout(
        "securities",
        "treasury_securities.csv",
        "Nominal Treasury notes and bonds, one row per CUSIP",
        (
            _CUSIP,
            choice("type", "note", "bond"),
            needed("original_term_years", "number", low=0.5, high=31),
            needed("issue_date", "date"),
            _MATURITY,
            needed("coupon_pct", "percent", "per year, blank if unknown", 0, 20, blank=True),
            optional("coupon_source", "text"),
            optional("issue_date_inferred", "bool"),
            optional("issue_date_source", "text"),
        ),
        ("cusip",),
        ordered=False,
    ),
    TableLayout(
        "listings",
        "listings.csv",
        "Further days and terms from which a security counts: re-openings, auctions before issue",
        (_CUSIP, needed("listed_from", "date"), needed("term_years", "number", low=0.5, high=31), _SOURCE),
        ("cusip", "listed_from"),
    ),
    TableLayout(
        "holidays",
        "holidays.csv",
        "Weekdays on which cash (SIFMA US) or CME interest-rate futures do not trade, by the calendar library",
        (_DATE, choice("calendar", "sifma_us", "cme_interest_rate")),
        ("date", "calendar"),
    ),
    TableLayout(
        "closures",
        "closures.csv",
        "Weekdays without a par curve or without SOFR that the calendar library counts as open",
        (_DATE, needed("reason", "text")),
        ("date",),
    ),
    TableLayout(
        "baskets",
        "deliverable_baskets_2025.csv",
        "Deliverable baskets as CME listed them on 2025-03-13",
        (_CONTRACT, _MONTH, _CUSIP, _COUPON, needed("issue_date", "date"), _MATURITY),
        ("contract", "delivery_month", "cusip"),
        ordered=False,
    ),
    TableLayout(
        "conversion_factors",
        "cme_conversion_factors.csv",
        "Conversion factors as CME published them on 2025-03-13",
        (
            _CONTRACT,
            _MONTH,
            _CUSIP,
            _COUPON,
            needed("issue_date", "date"),
            _MATURITY,
            needed("issuance_usd_bn", "bn", low=0),
            needed("conversion_factor", "number", low=0.1, high=3),
        ),
        ("contract", "delivery_month", "cusip"),
        ordered=False,
    ),
    TableLayout(
        "contract_specs",
        "contract_specs.csv",
        "Contract rules of the Treasury futures; TY has an older and a newer row",
        (
            _CONTRACT,
            *(optional(name, "text") for name in ("globex", "cftc_code")),
            needed("notional_usd", "usd", low=1),
            needed("point_value_usd", "usd", low=1),
            optional("tick_points", "number", low=0),
            optional("tick_usd", "usd", low=0),
            *(optional(f"{end}_remaining_months", "count", low=0) for end in ("min", "max")),
            optional("max_original_term_months", "count", low=0),
            *(optional(f"observed_{end}_remaining_months_2025", "count", low=0) for end in ("min", "max")),
            optional("eligibility_rounding", "text"),
            needed("cf_remaining_term_rounding_months", "count"),
            optional("last_trading_day", "text"),
            needed("last_delivery_day", "text"),
            choice("cf_mode", "short", "long"),
            optional("effective_from", "text"),
            *(optional(name, "text") for name in ("deliverable_grade", "source", "confidence")),
        ),
        (),
        ordered=False,
    ),
    TableLayout(
        "published_factors",
        "published_conversion_factors.csv",
        "Conversion factors published elsewhere, five of them with every intermediate",
        (
            _CONTRACT,
            _MONTH,
            optional("cusip", "text"),
            _COUPON,
            _MATURITY,
            needed("conversion_factor", "number", low=0.1, high=3),
            *(optional(name, "count", low=0) for name in ("n_years", "z_months", "v_months")),
            *(optional(name, "number") for name in ("a", "b", "c", "d", "conversion_factor_unrounded")),
            _SOURCE,
        ),
        (),
        ordered=False,
    ),
    TableLayout(
        "worked_examples",
        "worked_examples.csv",
        "Published worked examples of futures price, implied repo and invoice",
        (
            needed("example", "text"),
            needed("quantity", "text"),
            *(optional(f"{name}_points", "number") for name in ("futures_price", "clean_price")),
            optional("conversion_factor", "number"),
            _COUPON,
            _MATURITY,
            needed("settle_date", "date"),
            optional("delivery_date", "date"),
            optional("daycount", "text"),
            optional("repo_pct", "percent"),
            needed("published_output", "text"),
            optional("note", "text"),
            _SOURCE,
        ),
        (),
        ordered=False,
    ),
    TableLayout(
        "policy",
        "policy_timeline.csv",
        "Dated official actions in stress episodes",
        (
            _DATE,
            *(needed(name, "text") for name in ("episode", "institution", "action")),
            optional("amount_bn", "bn", "billions of amount_currency"),
            *(optional(name, "text") for name in ("amount_currency", "amount_basis")),
            _SOURCE,
            choice("source_grade", "primary", "secondary"),
        ),
        (),
        ordered=False,
    ),
    TableLayout(
        "funding_facts",
        "facts_haircuts_margin_leverage.csv",
        "Quoted facts on haircuts, hedge-fund repo and margins, one number per row",
        (
            needed("topic", "text"),
            needed("as_of", "text", "ISO year, month or day"),
            needed("value", "number"),
            needed("unit", "text"),
            needed("statement", "text"),
            _SOURCE,
        ),
        (),
        ordered=False,
    ),
    TableLayout(
        "targets",
        "targets.csv",
        "Validation targets: observed figures of each episode, and the tolerance of each",
        (
            needed("id", "text"),
            needed("episode", "text", "scenario, or the kind of check"),
            choice("role", "calibration", "out-of-sample", "check"),
            needed("target", "text", "what is compared; several figures are separated by ' | '"),
            needed("observed", "text", "in `unit`, in the order of the target; negative is a fall"),
            needed("unit", "text"),
            needed("tolerance", "text", "in `unit` unless it says percent, days, or a range"),
            _SOURCE,
        ),
        ("id",),
    ),
    TableLayout(
        "basis_spreads",
        "basis_spreads.csv",
        "Implied repo spreads of Siriwardane, Sunderam and Wallen, 2018-04 to 2024-08; swap spreads in three windows",
        (
            _DATE,
            *(
                optional(f"implied_repo_minus_ois_{tenor}y_bp", "bp", "per year; positive: cash cheap", -1000, 1000)
                for tenor in (2, 5, 10, 20)
            ),
            *(
                optional(f"ois_swap_minus_treasury_{tenor}y_bp", "bp", "swap rate less Treasury yield", -1000, 1000)
                for tenor in (10, 30)
            ),
        ),
        ("date",),
    ),
)
