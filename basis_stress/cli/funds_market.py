"""The commands of the market of funds: `backtest --market`, and the page of April 2025 day by day."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from basis_data.scenarios.scenario import Scenario
from basis_stress.cli.help import Command
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.cli.progress import Progress
from basis_stress.funds_market.episodes import market_scenario


def show_market(
    scenario: str | Scenario, options: dict[str, Any], out: Path | None, report: bool, quiet: bool, **sheets: bool
) -> None:
    """Run SCENARIO with the market of funds, print the daily table, write tables and report."""
    # Reports load matplotlib and jinja2; `--help` and a plain backtest should not pay for them.
    from basis_stress.funds_market.captions import headline
    from basis_stress.funds_market.page import daily_table
    from basis_stress.funds_market.result import backtest_market

    chosen = market_scenario(scenario, {name: value for name, value in options.items() if value is not None})
    result = backtest_market(chosen, progress=lambda text: click.echo(f"{text} ...", err=True))
    folder = result.save(place(out, Path("results") / f"{result.scenario.name}-market"), report=report, **sheets)
    if not quiet:
        click.echo(daily_table(result))
        click.echo()
        click.echo(headline(result))
        click.echo()
    click.echo(f"tables: {folder}")
    if report:
        click.echo(f"report: {folder / 'report.html'}")
    write_manifest(folder)


@click.command(cls=Command)
@click.option("--out", type=click.Path(path_type=Path), help="The page. [default: results/day-by-day.html]")
def day_by_day(out: Path | None) -> None:
    """Write one page on April 2025 day by day: as the press reported it, as it was, and what would have broken it.

    Takes some seconds.
    """
    from basis_stress.funds_market.day_by_day_page import day_by_day as write_page

    with ExitStack() as stack:
        path = place(out, Path("results/day-by-day.html"))
        page = write_page(path, Progress(stack, "runs"))
    click.echo(f"page: {page}")
    write_manifest(page)
