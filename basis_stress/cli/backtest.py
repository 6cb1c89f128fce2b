"""The command `backtest`: options from the fields of the strategy, printed results, tables and report."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click
import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.fields import meanings
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_stress.cli.execution import execution_options, taken_execution
from basis_stress.cli.help import Command, complete_scenarios
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.cli.nightly import exit_code, json_text, nightly_options, spreadsheet_options
from basis_stress.front_door.backtest import backtest as run_backtest
from basis_stress.single_book import observed_text
from basis_stress.single_book import text_tables as tables

BACKTEST_EXAMPLES = """\b
Examples:
  basis-stress backtest april-2025 --contract TY --leverage 50
  basis-stress backtest april-2025 --contract TU,FV,TY,US --leverage 20 --haircut 0.02 --term-share 0.5
  basis-stress backtest april-2025 --contract TY --leverage 55 --margin-multiple 1.05 --unwind cure
  basis-stress backtest april-2025 --book cftc --out results/cftc
  basis-stress backtest march-2020 --book positions.csv --equity 2e9
  basis-stress backtest my-scenario.toml --contract FV --buffer 0.005
  basis-stress backtest march-2020 --market
  basis-stress backtest april-2025 --book positions.csv --equity 2e9 --csv --xlsx
  basis-stress backtest march-2020 --contract TY --leverage 50 --as-of 2026-07-22
  basis-stress backtest april-2025 --leverage 50 --repo-time 09:30

\b
Three ways to make repo dearer:
  a new level     --scenario-repo-bp 50: every loan, and futures, which are carried at expected repo
  a spike         --repo-spike 300@2025-04-07:2025-04-11: the loans of those nights; futures move little
  a fund's own    --repo-spread-bp 50: this fund's overnight loans alone; term repo: --term-spread-bp
"""


def strategy_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option per field of the strategy, with its documentation, unit and default."""
    for name, field in reversed(CashFuturesBasis.model_fields.items()):
        text = meanings(CashFuturesBasis)[name]
        default = "" if field.default is None else f" [default: {field.default}]"
        unit = f" ({field.title})" if field.title else ""
        choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
        flag = f"--{name.replace('_', '-')}"
        if field.annotation is bool:
            flag += f"/--no-{name.replace('_', '-')}"
        kind: Any = click.Choice(choices) if choices else (bool if field.annotation is bool else float)
        kind = int if field.annotation is int else kind
        command = click.option(flag, name, type=kind, default=None, help=f"{text}{unit}{default}")(command)
    return command


def book_options(also: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of a user's own book."""
    text = f"{also}your positions, CSV or Parquet (SCHEMA.md: book_positions)."

    def add(command: Callable[..., None]) -> Callable[..., None]:
        command = click.option("--fund", help="The fund of the book, if it has several.")(command)
        command = click.option("--funds", help="Equity and terms of the book's funds, CSV or Parquet.")(command)
        return click.option("--book", help=text[0].upper() + text[1:])(command)

    return add


as_of_option = click.option(
    "--as-of",
    metavar="YYYY-MM-DD",
    help="Put the episode's moves on this day's curve, contracts, notes and rates. [default: its own first day]",
)


def held_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of one book: contracts, the day it is put on, its tables, trading costs and terms."""
    codes = "One contract or several, comma-separated: TU, FV, TY, TN, US, UB. [default: TY]"
    shown = (click.option("--contract", help=codes), as_of_option, book_options(), execution_options, strategy_options)
    for add in reversed(shown):
        command = add(command)
    return command


@click.command(cls=Command, epilog=BACKTEST_EXAMPLES)
@click.argument("scenario", shell_complete=complete_scenarios)
@click.option("--contract", help="One contract or several, comma-separated: TU, FV, TY, TN, US, UB. [default: TY]")
@book_options("'cftc' for the book of leveraged funds at the nearest report, or ")
@execution_options
@strategy_options
@as_of_option
@click.option("--start", help="First day, YYYY-MM-DD. [default: the scenario's]")
@click.option("--end", help="Last day, YYYY-MM-DD. [default: the scenario's]")
@click.option("--curve", type=click.Choice(["auto", "svensson", "par"]), help="Curve on which notes are priced.")
@click.option("--margin-multiple", type=float, help="Multiple of each contract's initial margin, 1.5 is +50%.")
@click.option("--leverage-limit", type=float, hidden=True)
@click.option("--yield-scale", type=float, help="Multiple of each yield's move from the first day.")
@click.option(
    "--scenario-repo-bp", "scenario_repo_bp", type=float, help="New level of repo for everyone, bp over SOFR."
)
@click.option(
    "--repo-spike",
    "repo_spikes",
    multiple=True,
    metavar="BP@FIRST:LAST",
    help="Repo dearer by BP for everyone on these nights, which all expect to pass; without days, from the second on.",
)
@click.option(
    "--repo-time", help="New York time at which repo cash arrives; clearing is paid at 09:00. [default: 08:30]"
)
@click.option(
    "--basis-bp", type=float, help="Cash is cheap against futures by this from the second day on, bp of price."
)
@click.option("--not-rolled", type=float, help="Share of the repo falling due not rolled from the second day on.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for tables and report. [default: results/SCENARIO]"
)
@click.option("--report/--no-report", default=True, help="Draw the HTML report. [default: yes]")
@click.option(
    "--market",
    is_flag=True,
    help="The market of funds: contagion, dealers, CFTC shorts.",
)
@click.option("--quiet", is_flag=True, help="Print only the paths of the results.")
@spreadsheet_options
@nightly_options
def backtest(
    scenario: str,
    contract: str | None,
    book: str | None,
    funds: str | None,
    out: Path | None,
    report: bool,
    market: bool,
    quiet: bool,
    csv: bool,
    xlsx: bool,
    scenario_repo_bp: float | None,
    repo_spikes: tuple[str, ...],
    as_json: bool,
    fail_on: str | None,
    **options: Any,
) -> int:
    """Run a leveraged basis book through SCENARIO (a name or a TOML file), call by call.

    Prints the daily table, writes every table as Parquet and one self-contained HTML report.
    """
    given = {name: value for name, value in taken_execution(options).items() if value is not None}
    spiked = _spiked(scenario, repo_spikes) if repo_spikes else scenario
    if market:
        from basis_stress.cli.funds_market import show_market

        show_market(
            spiked,
            {"contract": contract, "book": book, "funds": funds, "scenario_repo_bp": scenario_repo_bp, **given},
            out,
            report,
            quiet,
            csv=csv,
            xlsx=xlsx,
        )
        return 0
    result = run_backtest(
        spiked,
        contract=None if contract is None else [code.strip() for code in contract.split(",")],
        book=book,
        funds=funds,
        scenario_repo_bp=scenario_repo_bp,
        **given,
    )
    folder = result.save(place(out, Path("results") / result.scenario.name), report=report, csv=csv, xlsx=xlsx)
    if as_json:
        click.echo(json_text(result.summary.reset_index()))
    elif not quiet:
        click.echo(tables.daily_table(result))
        click.echo()
        click.echo(tables.summary_lines(result))
        click.echo()
        for line in observed_text.told(result):
            click.echo(line)
    if not as_json:
        click.echo(f"tables: {folder}")
    if report and not as_json:
        click.echo(f"report: {folder / 'report.html'}")
    write_manifest(folder, result.settings)
    return exit_code(result.summary["outcome"], fail_on)


def _spiked(name: str, spikes: tuple[str, ...]) -> Scenario:
    """The scenario with spikes of repo, each BP or BP@FIRST:LAST."""
    chosen = load_scenario(name)
    for given in spikes:
        bp, _, days = given.partition("@")
        first, _, last = days.partition(":")
        try:
            size = float(bp)
        except ValueError:
            raise InputError(f"--repo-spike: {given!r} given, allowed is such as 300@2025-04-07:2025-04-11") from None
        window = [str(day) for day in mark_days(chosen.start, chosen.end)]
        chosen = chosen.with_repo(first or window[1], size, until=last or first or window[-1])
    return chosen


def listing(table: pd.DataFrame, head: str, fields: list[str]) -> str:
    """A row as a heading with indented fields."""
    blocks = []
    for _, row in table.iterrows():
        blocks.append("\n".join([str(row[head]), *(f"  {field:12} {row[field]}" for field in fields)]))
    return "\n\n".join(blocks)
