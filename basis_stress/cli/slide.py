"""The command `slide`: one page on a book, as PNG and PDF."""

from pathlib import Path
from typing import Any

import click

from basis_stress.cli.backtest import held_options
from basis_stress.cli.execution import taken_execution
from basis_stress.cli.help import Command, complete_scenarios
from basis_stress.cli.manifest import place, write_manifest

EXAMPLES = """\b
Examples:
  basis-stress slide april-2025 --book positions.csv --equity 2e9
  basis-stress slide april-2025 --contract TY --leverage 50 --out results/slide.png
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("scenario", default="april-2025", shell_complete=complete_scenarios)
@click.option(
    "--until",
    default="forced_sale",
    show_default=True,
    help="What counts as broken: called, forced_sale, defaulted or insolvent; each includes worse outcomes.",
)
@held_options
@click.option("--out", type=click.Path(path_type=Path), help="The picture. [default: results/SCENARIO-slide.png]")
def slide(scenario: str, contract: str | None, out: Path | None, **options: Any) -> None:
    """Draw a book on one slide: positions, three scenarios, what breaks it, and cash of the next five mornings.

    The scenarios are SCENARIO, March 2020 with its basis on the same day's curve, and SCENARIO with moves doubled.
    """
    # This import loads matplotlib, which `--help` does not need.
    from basis_stress.breaking.slide_figure import slide as draw

    given = {name: value for name, value in taken_execution(options).items() if value is not None}
    codes = None if contract is None else [code.strip() for code in contract.split(",")]
    path = place(out, Path("results") / f"{Path(scenario).stem}-slide.png")
    files = draw(path, scenario, contract=codes, **given)
    for file in files:
        click.echo(f"slide: {file}")
    write_manifest(path, None, *files)
