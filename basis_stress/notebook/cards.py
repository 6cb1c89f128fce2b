"""The card of each kind of result: its headline, and the table with which its page begins."""

from __future__ import annotations

from basis_data.tables.card import Card
from basis_stress.breaking.frontier import Frontier
from basis_stress.breaking.largest import LargestLeverage
from basis_stress.breaking.point import BreakingPoint
from basis_stress.ensembles import page as ensemble_page
from basis_stress.ensembles.simulate import Simulation
from basis_stress.funds_market import captions
from basis_stress.funds_market import page as market_page
from basis_stress.funds_market.result import TABLES as MARKET_TABLES
from basis_stress.funds_market.result import MarketResult
from basis_stress.multi_year import page as years_page
from basis_stress.multi_year.comparison import Comparison
from basis_stress.multi_year.result import MULTI_YEAR_TABLES, MultiYearRun
from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import label
from basis_stress.single_book import sentences
from basis_stress.single_book.result import TABLES, Result
from basis_stress.sweeps import text as sweep_text
from basis_stress.sweeps.reading import Sweep

_YEAR_ROWS = ("return a year", "over cash", "volatility", "Sharpe ratio", "deepest drawdown", "worst month")


def result(of: Result) -> Card:
    """One book through one scenario: a line per fund."""
    rows = [
        [
            str(fund),
            label(str(row["outcome"])),
            formatting.usd(row["equity_start_usd"]),
            formatting.usd(row["equity_end_usd"]),
            formatting.percent(row["return"], 2, signed=True),
            formatting.usd(row["largest_call_usd"]),
            formatting.usd(row["forced_sales_usd"]),
            formatting.usd(row["loss_beyond_equity_usd"]),
        ]
        for fund, row in of.summary.head(13).iterrows()
    ]
    head = ["fund", "outcome", "equity", "at the end", "return", "largest call", "forced sales", "loss beyond equity"]
    return Card(f"Result of {of.scenario.name}", [sentences.headline(of)], head, rows, _tables(TABLES))


def market_result(of: MarketResult) -> Card:
    """A market of funds: its figures by capacity multiple."""
    head, rows = market_page.summary_cells(of)
    return Card(f"MarketResult of {of.scenario.name}", [captions.headline(of)], head, rows[:8], _tables(MARKET_TABLES))


def multi_year_run(of: MultiYearRun) -> Card:
    """A strategy over years: its performance."""
    head, rows = years_page.performance_cells(of.performance)
    chosen = [row for row in rows if row[0] in _YEAR_ROWS]
    texts = [years_page.headline(of), *of.caveats[:2]]
    title = f"MultiYearRun of {of.name}, {of.settings['start']} to {of.settings['end']}"
    return Card(title, texts, head, chosen, _tables(MULTI_YEAR_TABLES))


def comparison(of: Comparison) -> Card:
    """Strategies over the same days: verdicts, and performance side by side."""
    head, rows = years_page.performance_cells(of.performance)
    chosen = [row for row in rows if row[0] in _YEAR_ROWS]
    more = "tables: performance, differences; also runs, save(folder), report(path)"
    return Card(f"Comparison of {len(of.runs)} strategies", of.verdicts[:4], head, chosen, more)


def sweep(of: Sweep) -> Card:
    """Many books: a line per scenario with the shares of outcomes."""
    more = "table(), outcome_map(), break_even(), effects(), to_xarray(), report(path)"
    title = f"Sweep of {of.size:,} cells in {of.folder}"
    if of.market:
        return Card(title, [sweep_text.describe(of)], more=more)
    head, rows = sweep_text.outcome_cells(of)
    return Card(title, [f"A {of.kind} over {formatting.listing(of.axes)}."], head, rows, more)


def simulation(of: Simulation) -> Card:
    """Generated paths: losses by leverage."""
    head, rows = ensemble_page.loss_cells(of)
    more = "tables: losses(), curves(), outcomes(); also losses_by_path, to_xarray(), report(path)"
    return Card(f"Simulation of {len(of):,} {of.generator} paths", [ensemble_page.headline(of)], head, rows, more)


def breaking_point(of: BreakingPoint) -> Card:
    """The smallest change that breaks a book, and every interval in which it is broken."""
    lever = of.of.lever
    rows = [
        [
            lever.describe(float(row["first"])),
            "the end of the range" if row["last"] == float("inf") else lever.describe(float(row["last"])),
            label(str(row["outcome"])),
            str(row["constraint"]),
            formatting.day(row["day"]),
        ]
        for row in of.brackets.head(13).to_dict("records")
    ]
    more = "value, constraint, day, monotone, brackets, frontier, report(path)"
    return Card("BreakingPoint", [str(of)], ["broken from", "to", "outcome", "binds first", "day"], rows, more)


def largest_leverage(of: LargestLeverage) -> Card:
    """The largest leverage that survives a set."""
    return Card("LargestLeverage", [str(of)], more="leverage, low, high, table")


def frontier(of: Frontier) -> Card:
    """Outcomes over leverage and a lever."""
    levels = f"{formatting.times(float(of.leverages[0]))} to {formatting.times(float(of.leverages[-1]))}"
    lever = of.of.lever
    text = (
        f"{len(of.leverages)} leverages from {levels} by {len(of.values)} values of {lever.title}, "
        f"{lever.describe(float(of.values[0]))} to {lever.describe(float(of.values[-1]))}."
    )
    return Card(f"Frontier of {of.of.scenario.name}", [text], more="table, borders, figure()")


def _tables(names: tuple[str, ...]) -> str:
    """Where to read on."""
    return f"tables: {', '.join(names)}; also save(folder), report(path)"
