"""The commands of synthetic shocks: list the generators, or write the diagnostic page of one."""

from pathlib import Path
from typing import Any

import click

from basis_data.shocks.generators import GENERATORS
from basis_data.shocks.generators import shocks as shock_table
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_stress.cli.backtest import listing
from basis_stress.cli.help import Command, complete_generators
from basis_stress.cli.manifest import place, write_manifest

EXAMPLES = """\b
Examples:
  basis-stress shocks
  basis-stress shocks show bootstrap
  basis-stress shocks show tails --paths 20000 --days 60 --seed 7
  basis-stress shocks show steepener --set size_bp=50 --set day=5
  basis-stress shocks show bootstrap --set run_days=20 --out results/short-runs
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("action", required=False, type=click.Choice(["show"]))
@click.argument("name", required=False, shell_complete=complete_generators)
@click.option("--paths", type=int, default=1000, help="How many paths. [default: 1000]")
@click.option("--days", type=int, default=60, help="Business days of each. [default: 60]")
@click.option("--seed", type=int, default=0, help="Of all draws. [default: 0]")
@click.option("--simulations", type=int, default=1000, help="Of history and of each decade. [default: 1000]")
@click.option("--set", "settings", multiple=True, metavar="SETTING=VALUE", help="A setting that the list names.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/shocks-NAME]")
def shocks(
    action: str | None,
    name: str | None,
    paths: int,
    days: int,
    seed: int,
    simulations: int,
    settings: tuple[str, ...],
    out: Path | None,
) -> None:
    """List the generators of synthetic shocks, or show one: basis-stress shocks show bootstrap.

    Showing one generates paths, holds the generator to 1990-2026 and to decades that it was not fitted to, and writes
    a page, the quantiles by day and the evidence (Parquet). Takes about half a minute.
    """
    if action is None:
        click.echo(listing(shock_table(), "name", ["title", "story", "settings"]))
        return
    if name is None:
        raise InputError(f"shocks show: name a generator, one of {', '.join(GENERATORS)}")
    given = dict(setting(one) for one in settings)
    if name in GENERATORS:
        check_settings(name, given)
    # Drawing costs 0.5 s of imports, which a listing should not wait for.
    from basis_stress.shock_diagnostics.page import diagnose, headline, write

    found = diagnose(name, paths, days, seed, simulations, lambda text: click.echo(f"{text} ...", err=True), **given)
    page = write(found, place(out, Path("results") / f"shocks-{name}"))
    click.echo(headline(found))
    click.echo(f"page and tables: {page}")
    write_manifest(page.parent, found.settings)


def check_settings(name: str, given: dict[str, Any]) -> None:
    """Refuse what is no setting of a generator, such as an option of the command."""
    allowed = GENERATORS[name].model_fields
    for own in given:
        if own not in allowed:
            raise InputError(
                f"shocks {name}, {own}: unknown key{did_you_mean(own, allowed)}; allowed are "
                f"{', '.join(allowed) or 'none'}"
            )


def setting(given: str) -> tuple[str, Any]:
    """Name and value of NAME=VALUE; the generator checks both."""
    name, equals, value = given.partition("=")
    if not equals:
        raise InputError(f"--set: {given!r} given, allowed is SETTING=VALUE, such as size_bp=50")
    return name.strip(), value.strip()
