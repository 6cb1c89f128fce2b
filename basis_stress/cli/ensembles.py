"""The command `paths`: an ensemble of generated paths, with progress, streamed outcomes and the page."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from basis_engine.base.errors import InputError
from basis_stress.cli.backtest import as_of_option, book_options, strategy_options
from basis_stress.cli.execution import execution_options, taken_execution
from basis_stress.cli.help import Command, complete_generators
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.cli.progress import Progress
from basis_stress.cli.shocks import setting

EXAMPLES = """\b
Examples:
  basis-stress paths bootstrap --paths 10000 --leverage 20,30,50
  basis-stress paths tails --paths 10000 --days 40 --seed 7 --contract FV --leverage 40 --haircut 0.01
  basis-stress paths garch --scenario march-2020 --leverage 20,40 --unwind hold
  basis-stress paths bootstrap --set run_days=20 --leverage 30 --out results/short-runs
"""


_SIZES = ("leverage", "buffer", "notional")


def terms_options(command: Any) -> Any:
    """Add the options of the strategy without those that size a book: here books differ only in leverage."""
    own = list(getattr(command, "__click_params__", ()))
    command = strategy_options(command)
    added = [option for option in command.__click_params__ if option not in own and option.name not in _SIZES]
    command.__click_params__ = own + added
    return command


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("generator", shell_complete=complete_generators)
@click.option("--paths", type=int, default=1000, show_default=True, help="Number of paths.")
@click.option("--days", type=int, default=60, show_default=True, help="Business days of each path.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all draws.")
@execution_options
@terms_options
@as_of_option
@book_options()
@click.option("--leverage", help="One or several, comma-separated: 20,30,50. [default: 20, or the book's]")
@click.option(
    "--scenario", default="april-2025", show_default=True, help="Scenario that sets the first day and the terms."
)
@click.option("--contract", help="One contract or several, comma-separated. [default: TY]")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SETTING=VALUE",
    help="A setting of the generator; see basis-stress shocks.",
)
@click.option("--threads", type=int, help="Threads; they do not change the result. [default: all]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/paths-GENERATOR]")
@click.option("--report/--no-report", default=True, help="Write the page. [default: yes]")
def paths(
    generator: str,
    paths: int,
    leverage: str | None,
    contract: str | None,
    settings: tuple[str, ...],
    out: Path | None,
    report: bool,
    **options: Any,
) -> None:
    """Run a basis book through every path that GENERATOR draws: loss distribution, time to call and to default.

    Streams every outcome to Parquet and writes a page. To list the generators: basis-stress shocks.
    """
    from basis_stress.reporting.figure_imports import import_matplotlib

    import_matplotlib()  # before the page's figures, which would import all of it
    # These imports load pandas, scipy and pyarrow, which `--help` does not need.
    from basis_stress.ensembles.page import headline
    from basis_stress.ensembles.simulate import simulate_paths
    from basis_stress.reporting.files import folder_beside, save_tables
    from basis_stress.reporting.registry import render_report

    given = {name: value for name, value in taken_execution(options).items() if value is not None}
    folder = place(out, Path("results") / f"paths-{generator}")
    with folder_beside(folder) as scratch:
        with ExitStack() as stack:
            found = simulate_paths(
                generator,
                paths,
                leverage=None if leverage is None else _leverages(leverage),
                contract=None if contract is None else [code.strip() for code in contract.split(",")],
                settings=dict(setting(text) for text in settings),
                out=scratch,
                progress=Progress(stack, f"{paths:,} paths", paths),
                **given,
            )
        page = {"paths.html": render_report(found)} if report else {}
        save_tables(folder, {"paths.parquet": scratch / "paths.parquet", **page}, replaces="paths.html")
    click.echo(headline(found))
    click.echo(f"outcomes: {folder / 'paths.parquet'}")
    if report:
        click.echo(f"report: {folder / 'paths.html'}")
    write_manifest(folder, found.settings)


def _leverages(given: str) -> list[float]:
    """Numbers separated by commas."""
    try:
        return [float(text) for text in given.split(",")]
    except ValueError:
        raise InputError(f"--leverage: {given!r} given, allowed are numbers such as 20,30,50") from None
