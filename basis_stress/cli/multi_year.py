"""The commands of strategies over years: list and show them, run one, compare several."""

from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource
from pydantic import BaseModel

from basis_data.tables.fields import meanings
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.library import find, known_strategies, parse_strategy, strategy_names
from basis_strategies.run import StrategyError
from basis_strategies.strategy import FundRules, Portfolio, Strategy, first_line, own_document
from basis_stress.cli.backtest import as_of_option, book_options
from basis_stress.cli.help import Command, Group, complete_strategies
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.multi_year.run import run_strategy

RUN_EXAMPLES = """\b
Examples:
  basis-stress run LongBasis --leverage 20 --legs FV
  basis-stress run MultiContractBasis --enter-bp 10 --exit-bp 0 --start 2018-04-02 --end 2024-08-06
  basis-stress run SwapSpread --start 2025-03-03 --end 2025-04-30
  basis-stress run my_basis.py:CheapBasis --out results/mine
  basis-stress run Portfolio LongBasis:legs=FV SwapSpread OnTheRunOffTheRun --shares 0.6,0.2,0.2
"""

COMPARE_EXAMPLES = """\b
Examples:
  basis-stress compare LongBasis LongBasis:enter_bp=10,exit_bp=0
  basis-stress compare april-2025 march-2020-basis --book positions.csv --equity 2e9
  basis-stress compare LongBasis:legs=FV HoldToDelivery:legs=FV my_basis.py:CheapBasis:leverage=15
"""

WINDOW = [
    click.Option(["--start"], help="First day, YYYY-MM-DD. [default: 2018-04-02]"),
    click.Option(["--end"], help="Last day, YYYY-MM-DD. [default: the last of the data; embedded 2026-04-17]"),
    click.Option(
        ["--basis"], type=click.Choice(["observed", "none"]), help="Published basis, or fair. [default: observed]"
    ),
    click.Option(["--swap-spreads"], help="Your own swap spreads (CSV), for days without public ones."),
]

PORTFOLIO = [
    click.Argument(["strategies"], nargs=-1, required=True, metavar="STRATEGY..."),
    click.Option(["--shares"], help="Share of equity that each sizes by, comma-separated. [default: even]"),
]


def strategy_parameters(kind: type[FundRules]) -> list[click.Parameter]:
    """One option per field of a strategy, or of any fund, with its documentation, unit and default."""
    made: list[click.Parameter] = []
    for name, field in kind.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        choices = [one for one in get_args(field.annotation) if isinstance(one, str)]
        default = ",".join(field.default) if name == "legs" else field.default
        help_text = f"{' '.join((field.description or '').split())} ({field.title}) [default: {default}]"
        if field.annotation is bool:
            flag += f"/--no-{name.replace('_', '-')}"
        whole = any(type(one) is int for one in get_args(field.annotation)) or field.annotation is int
        option_type: Any = click.Choice(choices) if choices else int if whole else str if name == "legs" else float
        made.append(click.Option([flag, name], type=option_type, default=None, help=help_text.replace(" (None)", "")))
    return made


class StrategyGroup(Group):
    """A command for each strategy, made from its fields; a user's own file is one too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the library, and of what puts several into one fund."""
        return [*strategy_names(), Portfolio.__name__]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command that runs a strategy, or a portfolio of them."""
        together = name.lower() == Portfolio.__name__.lower()
        kind = Portfolio if together else find(name)
        document = own_document(kind).split(">>>")[0]

        def callback(out: Path | None, report: bool, quiet: bool, **given: Any) -> None:
            play(kind, out, report, quiet, {key: value for key, value in given.items() if value is not None})

        own = [*PORTFOLIO, *strategy_parameters(FundRules)] if together else strategy_parameters(kind)
        shown = [
            click.Option(["--out"], type=click.Path(path_type=Path), help="Folder. [default: results/NAME]"),
            click.Option(["--report/--no-report"], default=True, help="Draw the HTML report. [default: yes]"),
            click.Option(["--quiet"], is_flag=True, help="Print only where the results are."),
        ]
        return Command(
            name,
            callback=callback,
            params=[*own, *WINDOW, *shown],
            help=document,
            epilog=RUN_EXAMPLES,
        )


@click.group(cls=StrategyGroup, epilog=RUN_EXAMPLES)
def run() -> None:
    """Play a strategy, of the library or of your own file, through the years 2018 to 2026."""


def play(
    kind: type[Strategy] | type[Portfolio], out: Path | None, report: bool, quiet: bool, given: dict[str, Any]
) -> None:
    """Run one strategy, print its performance, write tables and report; after an error, those of the days before it."""
    from basis_stress.multi_year.page import headline, performance_text

    names = ("start", "end", "basis", "swap_spreads")
    window = {name: given.pop(name) for name in names if name in given}
    if "legs" in given:
        given["legs"] = [leg.strip() for leg in given["legs"].split(",")]
    if "strategies" in given:
        given["strategies"] = tuple(parse_strategy(one) for one in given["strategies"])
    if "shares" in given:
        given["shares"] = tuple(_share(share) for share in given["shares"].split(","))
    folder = place(out, Path("results") / kind.__name__)
    try:
        result = run_strategy(kind(**given), **window)
    except StrategyError as error:
        if error.result is not None:
            click.echo(f"tables up to {error.result.settings['end']}: {error.result.save(folder)}")
        raise
    result.save(folder, report=report)
    if not quiet:
        click.echo("\n".join([performance_text(result.performance), "", headline(result), *result.caveats, ""]))
    click.echo(f"tables: {folder}")
    if report:
        click.echo(f"report: {folder / 'report.html'}")
    write_manifest(folder, result.settings)


def _share(text: str) -> float:
    """A share of equity as typed."""
    try:
        return float(text)
    except ValueError:
        raise InputError(f"Portfolio, shares: {text!r} given, allowed are numbers such as 0.7,0.3") from None


@click.command(cls=Command, epilog=COMPARE_EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="STRATEGY...", shell_complete=complete_strategies)
@click.option("--draws", type=int, default=4000, help="Bootstrap samples. [default: 4000]")
@click.option("--block-days", type=int, default=20, help="Business days to a block. [default: 20]")
@click.option("--level", type=float, default=0.9, help="Share of samples inside the interval. [default: 0.9]")
@click.option("--seed", type=int, default=1, help="Seed of the draws. [default: 1]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/comparison]")
@click.option("--report/--no-report", default=True, help="Draw the HTML page. [default: yes]")
@book_options("with a book each name is a scenario, through which it goes: ")
@click.option("--equity", type=float, help="Equity of the book's only fund, US dollars.")
@as_of_option
def compare(names: tuple[str, ...], out: Path | None, report: bool, **given: Any) -> None:
    """Is this rule better, or lucky? Strategies over the same days, with paired bootstrap intervals.

    A STRATEGY is a name with parameters: LongBasis:leverage=30,legs=TU+FV, or file.py:Class. The first is the one that
    the others are compared to. With --book, each name is a scenario: your positions in several, side by side.
    """
    window = {name: value for name, value in given.items() if value is not None}
    if "book" in window:
        _compare_scenarios(names, out, window)
        return
    for name in ("funds", "fund", "equity", "as_of"):
        if name in window:
            raise InputError(f"--{name.replace('_', '-')}: given without --book; strategies have their own parameters")
    from basis_stress.multi_year.comparison import compare as compare_strategies
    from basis_stress.multi_year.page import performance_text

    result = compare_strategies(*[parse_strategy(name) for name in names], **window)
    click.echo(performance_text(result.performance))
    click.echo()
    for sentence in [*result.verdicts, *result.caveats]:
        click.echo(sentence)
    folder = result.save(place(out, Path("results/comparison")), report=report)
    click.echo(f"tables: {folder}")
    if report:
        click.echo(f"report: {folder / 'report.html'}")
    write_manifest(folder, {run.name: run.settings for run in result.runs})


compare.params.extend(WINDOW)


def _compare_scenarios(names: tuple[str, ...], out: Path | None, given: dict[str, Any]) -> None:
    """Run a book through several scenarios, print them side by side, and write the table."""
    # These imports load pandas and the tables of scenarios, which strategies do not need.
    from basis_data.scenarios.scenario import scenario as load_scenario
    from basis_stress.catalogue.comparison import by_scenario, figures_of
    from basis_stress.catalogue.text import side_by_side
    from basis_stress.reporting.files import save_tables

    context = click.get_current_context()
    for name in ("draws", "block_days", "level", "seed", "start", "end", "basis", "swap_spreads"):
        if context.get_parameter_source(name) != ParameterSource.DEFAULT:
            raise InputError(f"--{name.replace('_', '-')}: given with --book, which goes through scenarios; drop it")
        given.pop(name, None)
    chosen = {each.name: each for each in map(load_scenario, names)}
    if len(chosen) < len(names):
        raise InputError(f"compare: {', '.join(names)} given, allowed are scenarios, each once")
    table = figures_of(chosen, **given)
    click.echo(side_by_side(table))
    folder = save_tables(place(out, Path("results/comparison")), {"comparison": by_scenario(table)})
    click.echo(f"tables: {folder}")
    write_manifest(folder)


@click.command(cls=Command)
@click.argument("action", required=False, type=click.Choice(["show"]))
@click.argument("name", required=False, shell_complete=complete_strategies)
def strategies(action: str | None, name: str | None) -> None:
    """List the strategies, or show one with its parameters: basis-stress strategies show LongBasis."""
    if action is None:
        for kind in known_strategies().values():
            click.echo(f"{kind.__name__:20} {first_line(kind)}")
        click.echo(f"{'Portfolio':20} {first_line(Portfolio)}")
        click.echo(f"{'CashFuturesBasis':20} One book through one scenario: basis-stress backtest.")
        return
    if name is None:
        raise InputError(f"strategies show: name a strategy, one of {', '.join(strategy_names())}")
    chosen: type[BaseModel] = CashFuturesBasis if name == CashFuturesBasis.__name__ else find(name)
    click.echo(f"{chosen.__name__}: {own_document(chosen) or 'no docstring; give the class one'}\n")
    for field, about in chosen.model_fields.items():
        unit = f" ({about.title})" if about.title else ""
        default = "not set" if about.default is None else about.default
        click.echo(f"{field} = {default}{unit}\n    {meanings(chosen)[field]}")
