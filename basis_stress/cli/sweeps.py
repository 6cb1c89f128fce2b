"""The commands `sweep` and `sweep-report`: an option per axis, a progress bar, and the page."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from basis_data.tables.fields import meanings
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_stress.cli.backtest import as_of_option, book_options
from basis_stress.cli.execution import execution_options, taken_execution
from basis_stress.cli.help import Command, complete_scenarios
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.sweeps.fields import BOOK_FIELDS

SWEEP_EXAMPLES = """\b
Examples:
  basis-stress sweep april-2025 --leverage 10:100:1 --haircut 0,0.005,0.01,0.02
  basis-stress sweep april-2025 march-2020 --leverage 20:120:100x --haircut 0:0.04:100x
  basis-stress sweep april-2025 --buffer 0:0.02:0.001 --margin-multiple 1:3:0.1 --yield-scale 1:4:0.5
  basis-stress sweep april-2025 --buffer 0.001:0.02 --haircut 0:0.02 --yield-scale 1,2,3 --design saltelli:8192
  basis-stress sweep april-2025 march-2020 --book positions.csv --equity 1e8:2e9:20x --haircut 0:0.04:20x
  basis-stress sweep april-2025 --cells my-cells.csv --unwind stop-out
  basis-stress sweep march-2020 --market --axis era_leverage=15:40:5 --axis seed=0:9:1
  basis-stress sweep april-2025 --leverage 10:100:0.001 --haircut 0:0.02:100x --cluster tcp://scheduler:8786
\b
An axis is lo:hi:step (both ends), lo:hi:Nx (N even points), lo:hi (a range, for a sample), or a list; a single number
is the same in every cell. The same command resumes an interrupted sweep.
"""

READING_EXAMPLES = """\b
Examples:
  basis-stress sweep-report results/april-2025-sweep
  basis-stress sweep-report results/april-2025-sweep --x leverage --y margin_multiple --at haircut=0
  basis-stress sweep-report results/hold results/cure --out results/hold-or-cure.html
  basis-stress sweep-report results/april-2025-sweep --interactive
"""


def axis_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option per field of the book that can vary, with its documentation and unit."""
    for name in reversed(BOOK_FIELDS):
        field = CashFuturesBasis.model_fields[name]
        unit = f" ({field.title})" if field.title else ""
        text = f"{meanings(CashFuturesBasis)[name]}{unit}"
        command = click.option(f"--{name.replace('_', '-')}", name, metavar="AXIS", help=text)(command)
    return command


@click.command(cls=Command, epilog=SWEEP_EXAMPLES)
@click.argument("scenario", nargs=-1, required=True, shell_complete=complete_scenarios)
@click.option("--contract", help="One contract or several, comma-separated. [default: TY]")
@as_of_option
@book_options()
@execution_options
@axis_options
@click.option("--margin-multiple", metavar="AXIS", help="Multiple of each contract's initial margin.")
@click.option("--scale", hidden=True)
@click.option("--leverage-limit", hidden=True)
@click.option("--yield-scale", metavar="AXIS", help="Multiple of each yield's move from the first day.")
@click.option(
    "--axis",
    "more",
    multiple=True,
    metavar="NAME=AXIS",
    help="Any other axis, such as era_leverage=15:40:5 of --market.",
)
@click.option("--sizing", type=click.Choice(["conversion-factor", "dv01"]), help="Futures per note.")
@click.option(
    "--unwind", type=click.Choice(["hold", "cure", "target-leverage", "stop-out"]), help="Rule by which the fund sells."
)
@click.option("--whole-contracts/--no-whole-contracts", default=None, help="Round futures to whole contracts.")
@click.option("--start", help="First day, YYYY-MM-DD. [default: the scenario's]")
@click.option("--end", help="Last day, YYYY-MM-DD. [default: the scenario's]")
@click.option("--curve", type=click.Choice(["auto", "svensson", "par"]), help="Curve on which notes are priced.")
@click.option(
    "--design", default="grid", show_default=True, help="grid, sobol:N, lhs:N, or saltelli:N for Sobol indices."
)
@click.option("--cells", type=click.Path(path_type=Path), help="CSV or Parquet with a row per cell, instead of axes.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of a sample.")
@click.option("--market", is_flag=True, help="Sweep the market of funds: each cell a whole market, about 40 ms.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the dataset. [default: results/SCENARIO-sweep]")
@click.option("--threads", type=int, help="Threads on this machine. [default: all]")
@click.option("--cluster", help="Address of a Dask scheduler, or 'local' to start one here.")
@click.option("--chunk", type=int, help="Cells per file of the dataset. [default: 25000; markets: 64]")
@click.option("--part", type=int, hidden=True)
@click.option("--report/--no-report", default=True, help="Write the page of the sweep. [default: yes]")
@click.option("--quiet", is_flag=True, help="Print only the paths of the results.")
def sweep(scenario: tuple[str, ...], more: tuple[str, ...], report: bool, quiet: bool, **options: Any) -> None:
    """Run many books through SCENARIO (or several): every combination of the axes, a sample, or a table of cells.

    Writes a Parquet dataset with a manifest of its inputs, and a page with the outcome map.
    """
    # These imports load pandas, scipy and pyarrow, which `--help` does not need.
    from basis_stress.sweeps.run import sweep as run_sweep
    from basis_stress.sweeps.text import describe

    given = {name: value for name, value in taken_execution(options).items() if value is not None}
    try:
        with ExitStack() as stack:
            progress = (lambda done, total: None) if quiet else Bar(stack)
            found = run_sweep(list(scenario), **{**given, **_named_axes(more)}, progress=progress)
    except KeyboardInterrupt:
        click.echo("\nstopped: finished chunks are kept; the same command resumes the sweep", err=True)
        raise
    if not quiet:
        click.echo(describe(found))
        click.echo()
    click.echo(f"dataset: {found.folder}")
    pages = [found.report(found.folder.with_name(f"{found.folder.name}.html"))] if report else []
    for page in pages:
        click.echo(f"report: {page}")
    write_manifest(found.folder, None, *pages)


@click.command("sweep-report", cls=Command, epilog=READING_EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("other", required=False, type=click.Path(path_type=Path))
@click.option("--x", help="Horizontal axis. [default: leverage, or the longest]")
@click.option("--y", help="Vertical axis. [default: the next longest]")
@click.option("--at", multiple=True, metavar="NAME=VALUE", help="Hold another axis at one of its levels.")
@click.option("--interactive", is_flag=True, help="One file with sliders over up to four axes; it needs no server.")
@click.option("--out", type=click.Path(path_type=Path), help="The page. [default: FOLDER.html, or FOLDER-reading.html]")
def sweep_report(
    folder: Path,
    other: Path | None,
    x: str | None,
    y: str | None,
    at: tuple[str, ...],
    interactive: bool,
    out: Path | None,
) -> None:
    """Read the sweep in FOLDER: outcome map, break-even leverage, effects; compared with OTHER if given."""
    from basis_stress.sweeps.reading import read_sweep
    from basis_stress.sweeps.text import describe

    found = read_sweep(folder)
    held = {name: _number(name, value) for name, value in _pairs(at, "--at")}
    against = None if other is None else read_sweep(other)
    click.echo(describe(found))
    click.echo()
    chosen = other is not None or bool(x or y or held)
    ending = "-cube" if interactive else "-reading" if chosen else ""
    usual = folder.with_name(f"{folder.name}{ending}.html")
    page = place(out, usual) if ending else out or usual
    if interactive:
        if against is not None or held:
            raise InputError("--interactive: given with OTHER or --at, whose choices the page itself offers; drop them")
        from basis_stress.sweeps.cube import write

        click.echo(f"cube: {write(found, page, x, y)}")
        write_manifest(page)
        return
    click.echo(f"report: {found.report(page, x=x, y=y, at=held, against=against)}")
    write_manifest(page)


class Bar:
    """A progress bar on the error stream, created at the first report of progress: share, rate, time left."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack: ExitStack = stack
        self.bar: Any = None
        self.begun, self.done = 0.0, 0

    def __call__(self, done: int, total: int) -> None:
        """Show the number of cells done, of the total."""
        if self.bar is None:
            if done:
                click.echo(f"{done:,} of {total:,} cells were done before; resuming", err=True)
            self.bar = self.stack.enter_context(
                click.progressbar(
                    length=total - done,
                    label=f"{total:,} cells",
                    item_show_func=lambda rate: rate or "",
                    file=sys.stderr,
                )
            )
            self.begun, self.done, self.first = perf_counter(), done, done
            return
        rate = (done - self.first) / max(perf_counter() - self.begun, 1e-9)
        self.bar.update(done - self.done, f"{rate:,.0f} cells/s")
        self.done = done


def _named_axes(given: tuple[str, ...]) -> dict[str, str]:
    """Axes given as NAME=AXIS."""
    return {name.replace("-", "_"): value for name, value in _pairs(given, "--axis")}


def _pairs(given: tuple[str, ...], option: str) -> list[tuple[str, str]]:
    """Texts of the form NAME=VALUE, split."""
    for text in given:
        if "=" not in text:
            raise InputError(f"{option}: {text!r} given, allowed is NAME=VALUE, such as haircut=0.01")
    return [(text.partition("=")[0].strip(), text.partition("=")[2].strip()) for text in given]


def _number(name: str, text: str) -> float:
    """A level, from text."""
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--at, {name}: {text!r} is not a number; give a level of the sweep") from None
