"""The command `clients`: the books of many clients through several scenarios."""

from pathlib import Path
from typing import Any

import click

from basis_stress.cli.backtest import as_of_option
from basis_stress.cli.execution import execution_options, taken_execution
from basis_stress.cli.help import Command
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.cli.nightly import exit_code, json_text, nightly_options, spreadsheet_options

EXAMPLES = """\b
Examples:
  basis-stress clients positions.csv --funds funds.csv --scenarios april-2025,march-2020-basis
  basis-stress clients positions.csv --funds funds.csv --scenarios april-2025 --together --impact-bp-per-bn 0.5
  basis-stress clients positions.csv --funds funds.csv --scenarios march-2020-basis --as-of 2026-07-22
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("positions")
@click.option("--funds", help="Equity and terms of the funds, CSV or Parquet (SCHEMA.md: book_funds).")
@click.option("--scenarios", required=True, help="Names or TOML files, comma-separated.")
@click.option("--equity", type=float, help="Equity of each fund that has none in the tables, US dollars.")
@click.option("--together", is_flag=True, help="All funds sell into the same dealers. [default: each alone]")
@as_of_option
@execution_options
@click.option("--threads", type=int, help="Threads; they do not change the result. [default: all]")
@click.option("--cluster", help="Address of a Dask scheduler, or 'local' to start one here.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/clients]")
@click.option("--quiet", is_flag=True, help="Print only the path of the results.")
@spreadsheet_options
@nightly_options
def clients(
    positions: str,
    scenarios: str,
    out: Path | None,
    quiet: bool,
    csv: bool,
    xlsx: bool,
    as_json: bool,
    fail_on: str | None,
    **options: Any,
) -> int:
    """Run the books of many clients, POSITIONS: who fails, on what, and who bears the loss.

    Writes clients.parquet (a row per client and scenario), by_lender, by_clearing_member, by_day and summary.
    """
    # This import loads pandas, which `--help` does not need.
    from basis_stress.client_books.run import clients as run_clients

    given = {name: value for name, value in taken_execution(options).items() if value is not None}
    found = run_clients(positions, [name.strip() for name in scenarios.split(",")], **given)
    folder = found.save(place(out, Path("results/clients")), csv=csv, xlsx=xlsx)
    if as_json:
        click.echo(json_text(found.summary.reset_index()))
    elif not quiet:
        click.echo(str(found))
        for assumption in found.assumptions:
            click.echo(assumption)
        click.echo()
    if not as_json:
        click.echo(f"tables: {folder}")
    write_manifest(folder, found.settings)
    return exit_code(found.table["outcome"], fail_on)
