"""The command `break`: a lever, the outcome to search for, and the page."""

from pathlib import Path
from typing import Any

import click

from basis_engine.base.errors import InputError
from basis_stress.cli.backtest import held_options
from basis_stress.cli.execution import taken_execution
from basis_stress.cli.help import Command, complete_scenarios
from basis_stress.cli.manifest import place, write_manifest

EXAMPLES = """\b
Examples:
  basis-stress break april-2025 --contract TY --leverage 50
  basis-stress break april-2025 --leverage 58 --until forced_sale
  basis-stress break march-2020 --leverage 40 --lever haircut --until defaulted --unwind hold
  basis-stress break april-2025 --leverage 50 --lever margin_multiple --until forced_sale --day 2025-04-07
  basis-stress break april-2025 --leverage 50 --lever not_rolled --until forced_sale --high 0.1
  basis-stress break april-2025 --lever all --book positions.csv --equity 2e9 --until forced_sale
  basis-stress break april-2025 --book positions.csv --equity 2e9 --until forced_sale
  basis-stress break april-2025 --contract TU,FV,TY,US --leverage 20 --haircut 0.02 --lever repo_bp --until forced_sale
\b
Levers: scale, multiple of every move of yields; repo_bp, a spike of overnight repo in basis points, which all expect
to pass, so that futures do not move (a new level of repo is --scenario-repo-bp of backtest, a fund's own spread
--repo-spread-bp); haircut, rise of every
haircut (0.01 is one point); margin_multiple of every initial margin; not_rolled, share of overnight repo that lenders
do not roll.
"""


@click.command("break", cls=Command, epilog=EXAMPLES)
@click.argument("scenario", shell_complete=complete_scenarios)
@click.option(
    "--lever", default="scale", show_default=True, help="scale, repo_bp, haircut, margin_multiple, not_rolled, or all."
)
@click.option(
    "--until",
    default="called",
    show_default=True,
    help="called, forced_sale, defaulted (illiquid or insolvent) or insolvent; each includes worse outcomes.",
)
@held_options
@click.option("--low", type=float, help="Lowest value of the search. [default: no change]")
@click.option("--high", type=float, help="Highest value of the search. [default: 10, 1000 bp, 0.5, 10, 1]")
@click.option(
    "--steps",
    type=int,
    default=500,
    show_default=True,
    help="Steps of the grid; the search can miss an interval narrower than a step.",
)
@click.option("--day", help="Day from which the lever acts, YYYY-MM-DD; not for scale. [default: the second day]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The page, or a folder with --lever all. [default: results/SCENARIO-break.html, results/SCENARIO-levers]",
)
@click.option("--report/--no-report", default=True, help="Write the page, or the tables. [default: yes]")
def break_(scenario: str, contract: str | None, out: Path | None, report: bool, **options: Any) -> None:
    """Find the smallest shock at which a book in SCENARIO is called, forced to sell, or defaults.

    Prints the breaking point, which constraint binds first there, and any larger shock at which the book is safe again;
    writes a page with the frontier of leverage and shock. With --lever all it prints and writes one table: each lever
    alone, the worst pair, and the nearest joint shock.
    """
    # These imports load pandas, which `--help` does not need.
    from basis_stress.breaking.find import breaking_point
    from basis_stress.single_book.own_book import settings_of

    given = {name: value for name, value in taken_execution(options).items() if value is not None}
    if given["lever"] == "all":
        show_all(scenario, contract, given, out, report)
        return
    found = breaking_point(
        scenario, contract=None if contract is None else [code.strip() for code in contract.split(",")], **given
    )
    click.echo(str(found))
    if report:
        page = found.report(place(out, Path("results") / f"{found.of.scenario.name}-break.html"))
        click.echo(f"report: {page}")
        write_manifest(page, settings_of(found.of.terms))


def show_all(scenario: str, contract: str | None, given: dict[str, Any], out: Path | None, report: bool) -> None:
    """Print what each lever, the worst pair and the nearest joint shock are, and write the tables into a folder."""
    from basis_stress.breaking.every_lever import every_lever
    from basis_stress.reporting.files import Content, save_tables
    from basis_stress.single_book.own_book import settings_of

    for name in ("low", "high", "day"):
        if name in given:
            raise InputError(f"--{name}: given with --lever all, whose levers have their own ranges; drop it")
    rest = {name: value for name, value in given.items() if name not in ("lever", "steps", "until")}
    codes = None if contract is None else [code.strip() for code in contract.split(",")]
    found = every_lever(scenario, given["until"], contract=codes, **rest)
    click.echo(str(found))
    if report:
        tables: dict[str, Content] = {"levers": found.table, "pairs": found.pairs, "levers.txt": f"{found}\n"}
        folder = save_tables(place(out, Path("results") / f"{found.of.scenario.name}-levers"), tables)
        click.echo(f"tables: {folder}")
        write_manifest(folder, settings_of(found.of.terms))
