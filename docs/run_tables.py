"""The blocks of the documents that tell what runs give, as tables of Markdown."""

import math
import tempfile
from pathlib import Path

import basis_stress as bs
from basis_data.markets.baskets import basket
from basis_data.markets.parameters import parameters
from basis_data.tables.reader import read
from basis_strategies.library import LIBRARY
from basis_stress.multi_year.published_figures import beside_published
from basis_stress.multi_year.run import run_strategies
from basis_stress.reporting import outcomes
from basis_stress.reporting.formatting import day, percent
from basis_stress.validation import ablations, choices, weekly_page
from basis_stress.validation.validate import as_markdown, reasons, validate
from basis_stress.validation.validate import headline as verdict
from basis_stress.validation.weekly import weekly_trial
from benchmarks.history import load
from benchmarks.page import headline

HERE = Path(__file__).parent
PERFORMANCE = HERE / "performance" / "bench.json"
"""Written by ``basis-stress bench --full --peers --out docs/performance``."""
HISTORY = {"2 to 4 April": (-10.8, "10%"), "4 to 9 April": (18.0, "25%")}
"""CFTC positions of 1 April 2025 times quoted closes, $bn, and the tolerance for the difference of clocks."""


def variation_margin() -> str:
    """Variation margin of the CFTC book, struck at each settlement, against history."""
    result = bs.backtest("april-2025", book="cftc")
    struck = result.positions.pivot_table(index="date", columns="contract", values="variation_margin_due_usd") / 1e9
    codes = list(result.market["contract"].unique())
    periods = {"2 to 4 April": struck["2025-04-03":"2025-04-04"], "4 to 9 April": struck["2025-04-07":"2025-04-09"]}
    rows = [f"| $bn | {' | '.join(codes)} | book | history | tolerance |", f"|---|{'---|' * (len(codes) + 3)}"]
    for period, days in periods.items():
        sums = days.sum()
        cells = " | ".join(f"{sums[code]:+.2f}" for code in codes)
        observed, tolerance = HISTORY[period]
        rows.append(f"| {period} | {cells} | **{sums.sum():+.2f}** | {observed:+.1f} | {tolerance} |")
    return "\n".join(rows) + "\n"


def evidence() -> str:
    """Rows of published tables that the program reproduces exactly."""
    months = [f"{year}-{month:02d}" for year in (2025, 2026) for month in (3, 6, 9, 12)]
    listed = read("baskets").groupby(["contract", "delivery_month"])["cusip"].apply(set)
    same = sum(
        len(cusips)
        for (code, month), cusips in listed.items()
        if set(basket(code, month, "2025-03-13")["cusip"]) == cusips
    )
    assert {month for _, month in listed.index} == set(months)
    rows = [
        "| published | rows | reproduced exactly |",
        "|---|---|---|",
        _factors("CME conversion factors (workbook of 13 March 2025)", "conversion_factors"),
        _factors("other published conversion factors", "published_factors"),
        f"| notes of CME's delivery baskets, {months[0]} to {months[-1]} | {listed.str.len().sum()} | {same} |",
    ]
    return "\n".join(rows) + "\n"


def _factors(title: str, table: str) -> str:
    """One row: a file of conversion factors."""
    rows = read(table)
    ours = bs.conversion_factor(
        rows["contract"], rows["coupon_pct"] / 100, rows["maturity_date"], rows["delivery_month"].astype(str)
    )
    return f"| {title} | {len(rows)} | {int((ours == rows['conversion_factor'].to_numpy()).sum())} |"


def validation() -> str:
    """Every target of history beside the model, with the digest of the frozen parameters."""
    table = validate()
    head = f"{verdict(table)} Parameters {table.attrs['digest']}."
    return "\n".join([head, "", as_markdown(table), "", "Not met, and not tuned away:", "", reasons(table)]) + "\n"


def trade_off() -> str:
    """Slope and loss at other placement rates."""
    (fit,) = parameters().fits
    rows = ["| placement rate | slope refitted | loss |", "|---|---|---|"]
    points = sorted((*fit.trade_off, (fit.placement_rate, fit.slope, fit.loss)))
    rows += [f"| {rate:.2f} | {slope:.2f} | {loss:.2f} |" for rate, slope, loss in points]
    return "\n".join(rows) + "\n"


def chosen() -> str:
    """Each constant of the market of funds, its value, when it was chosen and on which data."""
    return choices.as_markdown(choices.choices(parameters())) + "\n"


def rejected() -> str:
    """What was tried and rejected."""
    return choices.as_markdown(choices.tried()) + "\n"


def weeks() -> str:
    """The weekly trial: what the market of funds foresees of the CFTC's weekly changes, by contract and size."""
    trial = weekly_trial()
    parts = [weekly_page.headline(trial), ""]
    for heads, rows in (weekly_page.summary_cells(trial), weekly_page.size_cells(trial)):
        lines = [heads, ["---"] * len(heads), *rows]
        parts += [*(f"| {' | '.join(cells)} |" for cells in lines), ""]
    return "\n".join(parts)


def mechanisms() -> str:
    """What each mechanism does to March 2020."""
    return ablations.as_markdown(ablations.ablations()) + "\n"


def composed() -> str:
    """A composed scenario as one sentence, and what it does to a book."""
    chosen = bs.scenario("april-2025").scaled(2).with_repo("2025-04-07", 300, until="2025-04-11")
    chosen = chosen.with_margin("2025-04-08", 1.5)
    rows = ["| " + str(chosen) + " | 20x | 30x | 40x |", "|---|---|---|---|"]
    summaries = [bs.backtest(chosen, contract="TY", leverage=leverage).summary.iloc[0] for leverage in (20, 30, 40)]
    calls = [row["largest_call_usd"] / row["equity_start_usd"] for row in summaries]
    sold = [row["forced_sales_usd"] / row["notional_usd"] for row in summaries]
    for label, text in (
        ("outcome", [str(row["outcome"]) for row in summaries]),
        ("largest call, share of equity", [f"{share:.0%}" for share in calls]),
        ("forced sales, share of the book", [f"{share:.1%}" for share in sold]),
        ("return", [f"{row['return']:+.1%}" for row in summaries]),
    ):
        rows.append(f"| {label} | {' | '.join(text)} |")
    return "\n".join(rows) + "\n"


def repo_clock() -> str:
    """What becomes of a 10-year book when repo cash arrives before and after clearing is paid."""
    rows = ["| | cash at 08:30 | at 09:15, `hold` | at 09:15, `cure` |", "|---|---|---|---|"]
    for name, title, leverages in (
        ("april-2025", "April 2025", (30, 40, 50)),
        ("march-2020", "March 2020", (40, 50, 60)),
    ):
        for leverage in leverages:
            cells = []
            for clock, unwind in (("08:30", "hold"), ("09:15", "hold"), ("09:15", "cure")):
                ended = bs.backtest(name, leverage=leverage, unwind=unwind, repo_time=clock).summary.iloc[0]
                cells.append(f"{outcomes.label(ended['outcome'])}, {percent(ended['return'], signed=True)}")
            rows.append(f"| {title}, {leverage}x | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def expected_repo() -> str:
    """How much of a book's gain in March 2020 is a fall of expected repo, and what term repo leaves of it."""
    rows = ["| 60x 10-year book, March 2020 with its basis | gain, share of equity |", "|---|---|"]
    overnight = bs.backtest("march-2020-basis", leverage=60)
    fallen = overnight.attribution["expected_repo"].sum() / overnight.summary["equity_start_usd"].iloc[0]
    rows += [f"| overnight | {percent(overnight.summary['return'].iloc[0], signed=True)} |"]
    rows += [f"| of which the fall of expected repo | {percent(fallen, signed=True)} |"]
    term = bs.backtest("march-2020-basis", leverage=60, term_share=1.0, term_days=90).summary.iloc[0]
    rows += [f"| in term repo of 90 days, loans at accrued value | {percent(term['return'], signed=True)} |"]
    rows += [f"| in term repo of 90 days, loans marked to market | {percent(term['return_marked'], signed=True)} |"]
    return "\n".join(rows) + "\n"


def highest_leverage() -> str:
    """Highest leverage that holds without a forced sale, by haircut, in two episodes."""
    with tempfile.TemporaryDirectory() as folder:
        swept = bs.sweep(
            ["april-2025", "march-2020", "march-2020-basis"],
            out=f"{folder}/sweep",
            leverage="10:120:1",
            haircut="0,0.01,0.02",
        )
        found = swept.break_even("leverage", "forced_sale")
    rows = ["| highest leverage of a TY book | haircut 0 | 1% | 2% | what binds above |", "|---|---|---|---|---|"]
    for name, row in found.groupby("scenario", sort=False, observed=True):
        cells = " | ".join(f"{level:g}x" for level in row["break_even"])
        rows.append(f"| {name} | {cells} | {', '.join(dict.fromkeys(row['bound_by']))} |")
    return "\n".join(rows) + "\n"


def performance() -> str:
    """The headline of the run of the benchmark suite that is kept in docs/performance."""
    return headline(load(PERFORMANCE))


def breaking_points() -> str:
    """The smallest rise of each lever at which a book is forced to sell, and what binds first."""
    rows = ["| April 2025, TY at 50x: forced to sell at | | what binds first | day |", "|---|---|---|---|"]
    units = {
        "scale": ("moves of yields", "{:.2f} times those of history"),
        "repo_bp": ("repo", "+{:,.0f} bp"),
        "haircut": ("haircut", "+{:.2%}"),
        "margin_multiple": ("initial margin", "{:.2f} times"),
        "not_rolled": ("repo not rolled", "{:.2%}"),
    }
    for lever, (label, unit) in units.items():
        found = bs.breaking_point("april-2025", lever, "forced_sale", leverage=50)
        if math.isnan(found.value):
            rows.append(f"| {label} | not within its range | – | – |")
        else:
            rows.append(f"| {label} | {unit.format(found.value)} | {found.constraint} | {day(found.day)} |")
    return "\n".join(rows) + "\n"


def example() -> str:
    """The source of the strategy in docs/examples."""
    source = (HERE / "examples" / "cheap_basis.py").read_text(encoding="utf-8")
    return f"```python\n{source.strip()}\n```\n"


def years() -> str:
    """Eight years of the library, as its defaults are."""
    rows = [
        "| 2018 to 2026 | over cash, a year | volatility | deepest drawdown | worst month | days held "
        "| basis observed |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in run_strategies([kind() for kind in LIBRARY.values()]):
        row = run.performance.iloc[0]
        lost = (row[name] for name in ("max_drawdown", "worst_month_return"))
        cells = " | ".join([f"{row['excess_return_pa']:+.1%}", f"{row['volatility']:.1%}", *(f"{x:.1%}" for x in lost)])
        seen = "no basis" if math.isnan(row["observed_share"]) else f"{row['observed_share']:.0%}"
        name = f"{run.name} *" if run.caveats else run.name
        rows.append(f"| {name} | {cells} | {row['days_held']:,} | {seen} |")
    return "\n".join(rows) + "\n"


def library() -> str:
    """Each strategy of the library: what it is, when it earns and when it loses."""
    rows = ["| strategy | what it is | when it earns, and loses |", "|---|---|---|"]
    for kind in LIBRARY.values():
        paragraphs = [" ".join(part.split()) for part in (kind.__doc__ or "").split("\n\n")]
        rows.append(f"| {kind.__name__} | {paragraphs[0]} | {paragraphs[1]} |")
    return "\n".join(rows) + "\n"


def published() -> str:
    """Published figures for the trade beside the same figures here."""
    run = bs.run_strategy(bs.LongBasis(legs=("FV",)), "2018-04-02", "2024-08-06")
    row = run.performance.iloc[0]
    rows = ["| figure | published | here | why they differ |", "|---|---|---|---|"]
    for name, key in (("return a year", "return_pa"), ("over cash", "excess_return_pa"), ("volatility", "volatility")):
        rows.append(f"| {name}, after costs | – | {row[key]:.1%} | – |")
    rows.append(f"| deepest drawdown | – | {row['max_drawdown']:.1%} | – |")
    rows += [f"| {' | '.join(map(str, row))} |" for row in beside_published(run).to_numpy()]
    return "\n".join(rows) + "\n"
