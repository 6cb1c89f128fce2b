"""The command of breaking points: what is turned up, until what, and the page."""

from pathlib import Path
from typing import Any

import click

from basis_stress.cli.backtest import strategy_options

EXAMPLES = """\b
Examples:
  basis-stress break april-2025 --contract TY --leverage 50
  basis-stress break april-2025 --leverage 58 --until forced_sale
  basis-stress break march-2020 --leverage 40 --lever haircut --until "defaulted" --unwind hold
  basis-stress break april-2025 --leverage 50 --lever margin_multiple --until forced_sale --day 2025-04-07
  basis-stress break april-2025 --leverage 50 --lever unrolled --until forced_sale --high 0.1
  basis-stress break april-2025 --contract TU,FV,TY,US --leverage 20 --haircut 0.02 --lever repo_bp --until forced_sale
\b
Levers: scale of yield moves; repo_bp, overnight repo dearer; haircut, every haircut up by so much (0.01 is a point);
margin_multiple of initial margins; unrolled, the share of overnight repo that lenders do not roll.
"""


@click.command("break", epilog=EXAMPLES)
@click.argument("scenario")
@click.option("--lever", default="scale", show_default=True, help="scale, repo_bp, haircut, margin_multiple, unrolled.")
@click.option("--until", default="called", show_default=True, help="called, unwound, 'defaulted'; or what is worse.")
@click.option("--contract", help="One contract or several, comma-separated: TU, FV, TY, TN, US, UB. [default: TY]")
@strategy_options
@click.option("--low", type=float, help="Where the search begins. [default: no change]")
@click.option("--high", type=float, help="Where it ends. [default: 10, 1000 bp, 0.5, 10, 1]")
@click.option("--steps", type=int, default=500, show_default=True, help="Of the grid; finds islands as wide as one.")
@click.option("--day", help="Day from which the lever acts, YYYY-MM-DD; not for scale. [default: the second]")
@click.option("--out", type=click.Path(path_type=Path), help="The page. [default: results/SCENARIO-break.html]")
@click.option("--report/--no-report", default=True, help="Write the page. [default: yes]")
def break_(scenario: str, contract: str | None, out: Path | None, report: bool, **options: Any) -> None:
    """Find the smallest shock at which a book in SCENARIO is called, sells, or is wiped out.

    Prints the breaking point, what binds first there and where it would be safe again, and writes a page with the
    frontier of leverage and shock.
    """
    # What follows loads pandas; `--help` should not pay for it.
    from basis_stress.breaking.point import breaking_point

    given = {name: value for name, value in options.items() if value is not None}
    found = breaking_point(
        scenario, contract=None if contract is None else [code.strip() for code in contract.split(",")], **given
    )
    click.echo(str(found))
    if report:
        page = found.report(out or Path("results") / f"{found.of.scenario.name}-break.html")
        click.echo(f"report: {page}")
