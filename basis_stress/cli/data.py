"""The commands `data`: what the tables hold, fresh data from their publishers, digests, imported margins."""

import datetime
from pathlib import Path

import click

from basis_engine.base.errors import InputError
from basis_stress.cli.help import Command, Group

EXAMPLES = """\b
Examples:
  basis-stress data status
  basis-stress data refresh
  basis-stress data refresh --until 2026-11-20 --only par-yields,sofr,effr
  basis-stress data refresh --only prices --since 2020-02-18 --until 2020-03-31
  basis-stress data verify 2026-11-20
  basis-stress data import-margins my-margins.csv
  basis-stress --data 2026-11-20 backtest april-2025 --as-of 2026-11-19

\b
A snapshot lies beside the embedded tables, never over them: in ~/.local/share/basis-stress/snapshots, or --out.
Runs use it with --data before the command, or with the environment variable BASIS_STRESS_DATA.
"""

_OUT = click.option("--out", type=click.Path(path_type=Path), help="Folder of snapshots. [default: the user's own]")


@click.group(cls=Group, epilog=EXAMPLES)
def data() -> None:
    """Show the data in use, refresh them from their publishers, and verify digests."""


@data.command(cls=Command)
@_OUT
def status(out: Path | None) -> None:
    """List the tables in use with their days and source, and the snapshots."""
    from basis_data.refresh.status import describe

    click.echo(describe(out))


@data.command(cls=Command)
@click.option("--until", help="Last day, YYYY-MM-DD. [default: today]")
@click.option(
    "--only", help="Some sources, comma-separated: par-yields, sofr, effr, cftc, svensson, auctions, prices, dealers."
)
@click.option(
    "--since",
    help="First day, YYYY-MM-DD. [default: prices of the last business day; others go on from the data in use]",
)
@_OUT
@click.option("--server", help="Address of a server that stands in for the publishers' own, with their paths.")
def refresh(until: str | None, only: str | None, since: str | None, out: Path | None, server: str | None) -> None:
    """Download newer data from their publishers into a new snapshot.

    Every response is checked; if one is wrong, no snapshot is written. Revised values are listed. Prices of notes
    (FedInvest) come day by day: days at hand are not asked for again, and a refresh that stops goes on when repeated.
    Backtests with such a snapshot price notes as observed.
    """
    from basis_data.refresh.snapshot import refresh as run
    from basis_data.tables.data_in_use import manifest

    folder = run(
        None if until is None else _day(until, "--until"),
        None if only is None else [name.strip() for name in only.split(",")],
        out,
        since=None if since is None else _day(since, "--since"),
        server=server,
        progress=lambda text: click.echo(f"{text} ...", err=True),
    )
    found = manifest(folder)
    click.echo("\n".join([*found["remarks"], "", f"snapshot: {folder}", f"digest: {found['digest'][:12]}"]))


@data.command(cls=Command)
@click.argument("snapshot", required=False)
def verify(snapshot: str | None) -> None:
    """Compute all digests of SNAPSHOT again; without one, check the tables in use."""
    from basis_data.refresh.status import check, verified

    click.echo(check() if snapshot is None else verified(snapshot))


@data.command("import-margins", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@_OUT
def import_margins(file: Path, out: Path | None) -> None:
    """Add the margins of FILE (SCHEMA.md: margins) to the data in use, as a new snapshot."""
    from basis_data.refresh.snapshot import import_margins as run

    click.echo(f"snapshot: {run(file, out)}")


def _day(text: str, option: str) -> datetime.date:
    """A date, from the text of an option."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option}: {text!r} given, allowed is a date as YYYY-MM-DD") from None
