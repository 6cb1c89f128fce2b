"""The market report: one HTML page on shorts, dealers and funds in an episode, beside the CFTC's data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from basis_data.markets.flows import told
from basis_data.markets.note_spreads import FEDINVEST
from basis_data.scenarios.differences import changed_title
from basis_data.scenarios.scenario import market_era
from basis_data.tables.data_in_use import table_file
from basis_stress.funds_market import captions as captions
from basis_stress.reporting import formatting
from basis_stress.reporting.comovement import stocks_bonds_dollar
from basis_stress.reporting.drawing_process import begin
from basis_stress.reporting.html import embedded, fill
from basis_stress.reporting.shocks import difference_cells, nature

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult

_SUMMARY = {
    "shorts_change": ("gross shorts", "%"),
    "hedged_change": ("hedged basis book", "%"),
    "without_feedback_change": ("gross shorts, without feedback", "%"),
    "fund_sales_usd": ("sold by basis trades", "$"),
    "swap_sales_usd": ("sold by swap-spread trades", "$"),
    "amplification": ("sales with feedback over without", "x"),
    "peak_dislocation_bp": ("cheapest notes, bp of price", "n"),
    "peak_inventory_usd": ("largest inventory of dealers", "$"),
    "worst_return": ("worst return of the average fund", "%"),
    "defaults": ("basis funds that failed", "0"),
}


def _cell(value: float, kind: str) -> str:
    """A figure of the summary."""
    if kind == "%":
        return formatting.percent(value, 1, signed=True)
    if kind == "$":
        return formatting.usd(value)
    if not math.isfinite(value):
        return "–"
    return f"{value:.2f}" if kind == "x" else f"{value:.1f}" if kind == "n" else f"{value:.0f}"


def summary_cells(result: MarketResult) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the summary: a row per figure, a column per capacity multiple."""
    heads = ["", *_columns(result)]
    rows = [[label, *(_cell(float(x), kind) for x in result.summary[name])] for name, (label, kind) in _SUMMARY.items()]
    return heads, rows


def _columns(result: MarketResult) -> list[str]:
    """Heads of the columns of capacity multiples."""
    if len(result.capacity_multiples) == 1:
        return ["model"]
    return [f"multiple {multiple:g}" for multiple in result.capacity_multiples]


def flow_cells(result: MarketResult) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of sales (+) and purchases (-) by group, a column per capacity multiple."""
    groups = list(result.flows["group"].unique())
    wide = result.flows.pivot(index="group", columns="capacity_multiple", values="usd").loc[groups]
    rows = [[str(name), *(formatting.usd(float(x), signed=True) for x in row)] for name, row in wide.iterrows()]
    return ["sold (+), bought (−)", *_columns(result)], rows


def daily_cells(result: MarketResult) -> tuple[list[str], list[list[str]]]:
    """Heads and cells by day at the middle capacity multiple; $bn, percent of the first day, bp of price."""
    contract = "TY" if "TY" in result.dealers else next(name for name in map(str, result.dealers) if name.isupper())
    shorts = result.by_capacity_multiple("shorts", "shorts_usd")[result.middle].to_numpy() / 1e9
    dealers = result.dealers[result.dealers["capacity_multiple"] == result.middle]
    columns = zip(
        result.days,
        shorts,
        100 * (shorts / shorts[0] - 1),
        dealers[contract],
        dealers["inventory"] / 1e9,
        dealers["fund_sales"] / 1e9,
        strict=True,
    )
    heads = ["date", "shorts $bn", "change %", f"dislocation {contract} bp", "inventory $bn", "fund sales $bn"]
    rows = []
    for day, *numbers in columns:
        cells = [
            f"{round(x, digits) + 0.0:.{digits}f}".replace("-", "−")
            for x, digits in zip(numbers, (1, 2, 1, 1, 1), strict=True)
        ]
        rows.append([f"{day:%Y-%m-%d}", *cells])
    return heads, rows


def daily_table(result: MarketResult) -> str:
    """The daily table as aligned text."""
    heads, rows = daily_cells(result)
    return formatting.aligned([heads, *rows])


def assumptions(result: MarketResult) -> list[str]:
    """List the assumptions, a sentence each."""
    era = market_era(result.scenario)
    return [
        f"Parameters: {result.source.replace('`', '')}.",
        f"The hedged basis book is {formatting.percent(era.hedged_share, 0)} of leveraged funds' reported shorts in "
        f"{', '.join(era.contracts)}, {formatting.usd(result.hedged_usd)}; the other funds never sell here.",
        f"{_counted(result)}, leverage drawn around {formatting.times(era.era_leverage)}; dealers' "
        f"capacity {formatting.usd(result.capacity_usd)} and ceiling {era.ceiling_bp:g} bp a year are assumptions.",
        f"{_multiples(result)} What more or less capacity does rests on it.",
        f"{formatting.percent(era.financing_hedge, 0)} of overnight repo is hedged against policy (assumption): the "
        "hedge gains what futures lose when expected policy rises, and its margin is paid in cash.",
        f"{told(result.scenario, result.days.to_numpy().astype('datetime64[D]'))}.",
        *_prices_left_out(),
        "Swap spreads, where the scenario has funds that hold them, move as observed and do not react to those funds' "
        "sales.",
    ]


def _prices_left_out() -> list[str]:
    """Say that observed prices of a snapshot do not count here."""
    if not table_file(FEDINVEST).exists():
        return []
    return ["Notes are priced on the curve, on which the parameters are fitted: observed prices are not used."]


def _multiples(result: MarketResult) -> str:
    """Say which capacity multiples were run, and that they are assumed."""
    if len(result.capacity_multiples) > 1:
        return "History does not identify the capacity multiple: bands span its values, and are no confidence interval."
    return f"The capacity multiple of {result.middle:g} is assumed: history does not identify it."


def _counted(result: MarketResult) -> str:
    """``40 basis funds and 40 swap-spread funds``."""
    books = result.funds.groupby("book", sort=False)["fund"].nunique()
    names = [f"{str(book).replace(' ', '-')} fund" for book in books.index]
    return " and ".join(formatting.count(int(number), name) for number, name in zip(books, names, strict=True))


def render(result: MarketResult) -> str:
    """Render a market result as one self-contained HTML page; equal results give equal bytes."""
    pictures = begin("basis_stress.funds_market.figures:draw", result)
    days = result.days
    return fill(
        "market.html",
        scenario=result.scenario,
        title=changed_title(result.scenario),
        nature=nature(result.scenario),
        together=stocks_bonds_dollar(result.scenario),
        changes=difference_cells(result.scenario),
        headline=captions.headline(result),
        window=f"{formatting.day(days[0])} {days[0].year} to {formatting.day(days[-1])} {days[-1].year}",
        summary=summary_cells(result),
        flows=flow_cells(result),
        daily=daily_cells(result),
        quiet=list(captions.quiet(result).values()),
        assumptions=assumptions(result),
        pictures=embedded(pictures()),
    )
