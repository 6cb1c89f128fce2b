"""`clients`: run the books of many clients through several scenarios at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.as_of import remarks as as_of_remarks
from basis_data.markets.as_of import scenario_as_of
from basis_data.markets.books import FUND_COLUMNS, Book, Table, held_in
from basis_data.markets.cached_markets import scenario_market
from basis_data.markets.parameters import parameters
from basis_data.scenarios.scenario import Scenario, market_era
from basis_data.tables.calendars import DateLike
from basis_data.tables.data_in_use import data_in_use
from basis_engine.base.compile import settings as numba_settings
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint, Outcome
from basis_strategies.clients import ClientRows, run_client_books
from basis_strategies.plan import DealerPlan, Execution
from basis_stress.client_books.result import ClientsResult
from basis_stress.funds_market.episodes import era_dealers
from basis_stress.reporting.outcomes import names_of
from basis_stress.single_book.own_book import own_book
from basis_stress.sweeps.cluster import connected

CHUNK = 2_500
"""Funds per task: two threads share 10,000 evenly, and a task outlasts the time that it takes to start."""
UNNAMED = "not named"


def clients(
    book: Table,
    scenarios: str | Path | Scenario | Sequence[str | Path | Scenario],
    *,
    funds: Table | None = None,
    equity: float | None = None,
    together: bool = False,
    as_of: DateLike | None = None,
    execution: Execution | None = None,
    dealers: DealerPlan | None = None,
    threads: int | None = None,
    cluster: Any = None,
    **terms: Any,
) -> ClientsResult:
    """Run every fund of a book through every scenario.

    Parameters
    ----------
    book, funds, equity
        Tables of positions and funds, as in `backtest`; ``equity`` is that of each fund without one.
    scenarios
        Names, TOML paths or scenarios.
    together
        All funds sell into the same dealers, whose balance sheet then costs more: one fund's failure is a loss of the
        others. Without it each fund is alone in its market.
    as_of
        As in `backtest`.
    execution
        Costs of trading and liquidation, impact and depth of the market.
    dealers
        With ``together``: how dealers absorb sales; by default the fit to March 2020, with the scenario's capacity.
    threads, cluster
        As in `sweep`: they do not change the result.
    **terms
        Terms for blank cells, such as ``haircut=0.02``.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    if equity is not None:
        terms["equity"] = equity
    read = own_book(book, funds, None, None, terms, shared_equity=True)
    if read is None:
        raise InputError("book: a table of positions is needed; 'cftc' and reports of the CFTC are for backtest")
    if dealers is not None and not together:
        raise InputError("dealers: given without together, and funds alone sell to no dealers; give together=True too")
    several = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    chosen = [scenario_as_of(given, as_of, read.codes) for given in several]
    names = [scenario.name for scenario in chosen]
    if not names or len(set(names)) < len(names):
        raise InputError(f"scenarios: {', '.join(names) or 'none'} given, allowed are one or more, each once")
    held = [held_in(read, scenario) for scenario in chosen]
    parts = [read] if together else _parts(read)
    tasks = [
        (part, scenario, execution or Execution(), _dealers(scenario, dealers) if together else None)
        for scenario, _ in held
        for part in parts
    ]
    if cluster is not None:
        with connected(cluster) as client:
            done = client.gather(client.map(_run, tasks, pure=False))
    else:
        most = int(numba_settings.NUMBA_NUM_THREADS)
        if threads is not None and not 1 <= threads <= most:
            raise InputError(f"threads: {threads} given, allowed are 1 to {most} on this machine")
        for scenario, _ in held:
            scenario_market(scenario)  # priced once here, not once in each thread
        with ThreadPoolExecutor(threads or most) as pool:
            done = list(pool.map(_run, tasks))
    tables, lenders = zip(*done, strict=True)
    return ClientsResult(
        table=pd.concat(tables, ignore_index=True),
        lender_losses=pd.concat(lenders, ignore_index=True),
        scenarios=tuple(chosen),
        together=together,
        assumptions=[
            *dict.fromkeys(
                remark
                for scenario, remarks in held
                for remark in (*remarks, *(as_of_remarks(scenario_market(scenario).data) if as_of is not None else ()))
            ),
            *_elsewhere(chosen, together),
        ],
        settings={
            "book": Path(read.source).name,
            "funds": len(read.funds),
            "positions": len(read.positions),
            "together": together,
            **({} if as_of is None else {"as_of": str(as_of)}),
            "data": str(data_in_use()),
            **vars(execution or Execution()),
            **({f"dealers, {name}": value for name, value in vars(tasks[0][3]).items()} if tasks[0][3] else {}),
        },
    )


def _elsewhere(scenarios: Sequence[Scenario], together: bool) -> list[str]:
    """What losses elsewhere of so many dollars mean for clients that run alone, a sentence per scenario."""
    return [
        f"{one.name}: each client alone bears the whole ${loss.usd:,.0f} lost elsewhere on {loss.date}."
        for one in scenarios
        for loss in one.other_losses
        if loss.usd is not None and not together
    ]


def _dealers(scenario: Scenario, given: DealerPlan | None) -> DealerPlan:
    """Dealers as given, or as fitted to March 2020 at the middle capacity multiple, with the era's capacity."""
    if given is not None:
        return given
    fits = parameters().fits
    fit = fits[len(fits) // 2]
    fitted = {name: getattr(fit, name) for name in ("slope", "placement_rate", "capacity_multiple")}
    return DealerPlan(**fitted) if scenario.market is None else era_dealers(market_era(scenario), **fitted)


def _parts(book: Book) -> list[Book]:
    """The book in parts of `CHUNK` funds."""
    owner = np.searchsorted(np.arange(0, len(book.funds), CHUNK), np.arange(len(book.funds)), side="right") - 1
    part_of = dict(zip(book.funds.index, owner.tolist(), strict=True))
    rows = np.array([part_of[fund] for fund in book.positions["fund"]])
    return [
        Book(book.positions[rows == part], book.funds[owner == part], book.source, book.codes)
        for part in range(int(owner[-1]) + 1)
    ]


def _run(task: tuple[Book, Scenario, Execution, DealerPlan | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run a part of the clients through a scenario: a row per fund, and a row per loss of a lender."""
    book, scenario, execution, dealers = task
    market = scenario_market(scenario)
    rows = run_client_books(book, market, execution, dealers)
    dates = market.data.dates.astype("datetime64[D]")
    return _table(book, scenario, rows, dates), _lenders(book, scenario, rows)


def _table(book: Book, scenario: Scenario, of: ClientRows, dates: Any) -> pd.DataFrame:
    """A row per fund."""
    rows = of.outcomes
    entered = rows["outcome"] != Outcome.NOT_ENTERED
    lender = np.zeros(len(rows))
    number = {fund: f for f, fund in enumerate(book.funds.index)}
    np.add.at(lender, [number[fund] for fund in book.positions["fund"]], of.lender_loss)
    first = np.where(rows["first_order_day"] < 0, rows["first_call_day"], rows["first_order_day"])
    day = np.where(rows["default_day"] < 0, first, rows["default_day"])
    table = pd.DataFrame(
        {
            "scenario": scenario.name,
            "fund": book.funds.index,
            "outcome": pd.Categorical(names_of(Outcome, rows["outcome"])),
            "constraint": pd.Categorical(names_of(Constraint, rows["constraint"])),
            "day": pd.Series(dates[np.maximum(day, 0)].astype("datetime64[s]")).where(day >= 0),
            "missed_call_usd": rows["missed_call"],
            "cash_at_hand_usd": np.where(rows["missed_call"] > 0, rows["missed_call_cash"], rows["lowest_cash"]),
            "credit_drawn_usd": rows["missed_call_credit"],
            "equity_start_usd": of.equity,
            "equity_end_usd": np.where(entered, rows["equity"], np.nan),
            "notes_usd": of.value,
            "haircut_and_margin_usd": of.required,
            "calls": rows["calls"],
            "largest_call_usd": rows["largest_call"],
            "forced_sales_usd": rows["sold"],
            "lender_loss_usd": lender,
            "clearing_member": book.funds["clearing_member"].where(book.funds["clearing_member"] != "", UNNAMED).array,
            "clearing_loss_usd": of.clearing_loss,
            "credit_loss_usd": of.credit_loss,
        }
    )
    labels = [name for name in book.funds if name not in FUND_COLUMNS]
    return table.assign(**{str(name): book.funds[name].to_numpy() for name in labels if name not in table})


def _lenders(book: Book, scenario: Scenario, of: ClientRows) -> pd.DataFrame:
    """A row per position on which its lender lost."""
    lost = of.lender_loss > 0.0
    rows = book.positions[lost]
    return pd.DataFrame(
        {
            "scenario": scenario.name,
            "lender": rows["lender"].where(rows["lender"] != "", UNNAMED).to_numpy(),
            "fund": rows["fund"].to_numpy(),
            "loss_usd": of.lender_loss[lost],
        }
    )
