"""The command `scenarios`: list the catalogue, show one scenario, compare one with its base."""

from pathlib import Path
from typing import Any

import click

from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.base.errors import InputError
from basis_stress.catalogue import text as scenario_page
from basis_stress.catalogue.listing import scenarios as scenario_table
from basis_stress.cli.backtest import as_of_option, book_options
from basis_stress.cli.help import Command, Group, complete_scenarios
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.reporting.files import save

EXAMPLES = """\b
Examples:
  basis-stress scenarios
  basis-stress scenarios show april-2025
  basis-stress scenarios show my-scenario.toml --out page.html
  basis-stress scenarios compare buybacks --market
  basis-stress scenarios compare april-2025-margin --contract TY --leverage 50
  basis-stress scenarios compare march-2020-basis --book positions.csv --equity 2e9 --as-of 2026-07-22

\b
A scenario of your own is a small file; with a base only its name is required:
  name = "my-scenario"
  base = "april-2025"
  yield_scale = 2
\b
  [[repo_rate_shifts]]
  date = 2025-04-07
  until = 2025-04-11
  bp = 300
"""


@click.group(cls=Group, epilog=EXAMPLES, invoke_without_command=True)
@click.pass_context
def scenarios(context: click.Context) -> None:
    """List the scenarios: name, days, what moves, story, source. Nothing is priced."""
    if context.invoked_subcommand is None:
        click.echo(scenario_page.listing(scenario_table()))


@scenarios.command(cls=Command)
@click.argument("name", shell_complete=complete_scenarios)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Also write a page to this .html file, or a figure as PNG."
)
def show(name: str, out: Path | None) -> None:
    """Show NAME (or a TOML file): its sentence, terms, and yields as a small plot."""
    chosen = load_scenario(name)
    click.echo(scenario_page.page(chosen))
    if out is None:
        return
    if out.suffix == ".html":
        # Drawing costs half a second of imports.
        from basis_stress.catalogue.page import render

        click.echo(f"page: {save(render(chosen), place(out, out), 'page')}")
    else:
        click.echo(f"figure: {scenario_page.draw(chosen, place(out, out))}")
    write_manifest(out)


@scenarios.command(cls=Command)
@click.argument("name", shell_complete=complete_scenarios)
@click.option("--base", help="Scenario to compare with. [default: its base]")
@click.option("--market", is_flag=True, help="The market of funds, instead of a single book.")
@click.option("--contract", help="One contract or several of a single book, comma-separated. [default: TY]")
@click.option("--leverage", type=float, help="Of a single book: bonds over equity. [default: 20]")
@click.option("--haircut", type=float, help="Of a single book: decimal share. [default: the scenario's]")
@book_options()
@click.option("--equity", type=float, help="Equity of the book's only fund, or of a single book, US dollars.")
@as_of_option
@click.option("--out", type=click.Path(path_type=Path), help="Also write both as one page to this .html file.")
def compare(name: str, base: str | None, market: bool, out: Path | None, **options: Any) -> None:
    """Run NAME and its base with the same options, and print both side by side."""
    # Runs need the engine, which a listing does not.
    from basis_stress.catalogue.comparison import compare_scenarios as run_both

    given = {option: value for option, value in options.items() if value is not None}
    own = [option for option in given if option != "as_of"]
    if market and own:
        raise InputError(f"--{own[0]}: given with --market, whose funds are the scenario's; leave it out")
    if "contract" in given:
        given["contract"] = [code.strip() for code in given["contract"].split(",")]
    chosen = load_scenario(name)
    table = run_both(chosen, base, market=market, **given)
    click.echo(scenario_page.side_by_side(table))
    if out is not None:
        from basis_data.markets.as_of import scenario_as_of
        from basis_stress.catalogue.page import render_comparison

        against = scenario_as_of(load_scenario(str(base or chosen.base)), given.get("as_of"))
        page = render_comparison(scenario_as_of(chosen, given.get("as_of")), against, table, given, market)
        click.echo(f"page: {save(page, place(out, out), 'page')}")
        write_manifest(out)
