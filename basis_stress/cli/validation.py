"""The commands that fit and validate the market of funds."""

from contextlib import ExitStack
from pathlib import Path

import click
import pandas as pd

from basis_data.markets.parameters import parameters
from basis_stress.cli.ensembles import Progress
from basis_stress.cli.help import Command, scenario_names
from basis_stress.reporting.files import save
from basis_stress.validation.ablations import ablations
from basis_stress.validation.ablations import as_markdown as ablations_as_markdown
from basis_stress.validation.calibrate import as_toml
from basis_stress.validation.calibrate import calibrate as fit_march_2020
from basis_stress.validation.checks import reported_change
from basis_stress.validation.ensemble import ensemble as draw_ensemble
from basis_stress.validation.sensitivity import sensitivity
from basis_stress.validation.validate import as_markdown, headline
from basis_stress.validation.validate import validate as compare_targets

VALIDATE_EXAMPLES = """\b
Examples:
  basis-stress validate
  basis-stress validate --parameters my-fit.toml --out results/validation
"""


@click.command(cls=Command, epilog=VALIDATE_EXAMPLES)
@click.option("--parameters", "file", type=click.Path(path_type=Path), help="Parameter file. [default: the frozen one]")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/validation"), help="Folder of the table.")
def validate(file: Path | None, out: Path) -> None:
    """Compare the market of funds with every historical target: five episodes, frozen parameters.

    Prints the table, and March 2020 without each mechanism; writes both as validation.md and Parquet, with a tornado
    figure of the sensitivity to each parameter.
    """
    table = compare_targets(parameters(file), lambda text: click.echo(text, err=True))
    digest = table.attrs["digest"]
    without = ablations(parameters(file))
    parts = headline(table), f"Parameters {digest}", as_markdown(table), _reasons(table), ablations_as_markdown(without)
    text = "\n\n".join(parts) + "\n"
    save(text.encode(), out / "validation.md", "--out")
    # Drawing costs 0.5 s of imports, which a wrong file should not wait for.
    from basis_stress.validation.figures import tornado

    table.attrs = {}
    moved = sensitivity(parameters(file))
    save(tornado(moved).encode(), out / "tornado.svg", "--out")
    moved.attrs = {}
    save(moved.to_parquet(), out / "sensitivity.parquet", "--out")
    save(without.to_parquet(), out / "ablations.parquet", "--out")
    save(table.assign(digest=digest).to_parquet(), out / "validation.parquet", "--out")
    click.echo(text)
    click.echo(f"table: {out}")


def _reasons(table: pd.DataFrame) -> str:
    """The reason for each target that is not met."""
    return "\n".join(f"{row['id']}: {row['reason']}" for row in table[table["met"] != "yes"].to_dict("records"))


@click.command(cls=Command)
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/march-2020.toml"), help="Parameter file.")
def calibrate(out: Path) -> None:
    """Fit the market of funds to the calibration targets of March 2020, with profile intervals.

    Takes some minutes. The file it writes is used by `basis-stress validate --parameters FILE`.
    """
    fits = fit_march_2020(lambda text: click.echo(text, err=True))
    save(as_toml(fits).encode(), out, "--out")
    for fit in fits:
        for name, (low, high) in fit.intervals.items():
            value = getattr(fit, name)
            click.echo(f"capacity multiple {fit.capacity_multiple:g}  {name:14} {value:8.4f}  [{low:.4f}, {high:.4f}]")
    click.echo(f"parameters: {out}")


@click.command(cls=Command, epilog="\b\nExample:\n  basis-stress ensemble march-2020 --members 1000")
@click.argument("scenario", shell_complete=scenario_names)
@click.option("--members", type=int, default=1000, help="How many draws. [default: 1000]")
@click.option("--seed", type=int, default=0, help="Of all draws. [default: 0]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/SCENARIO-ensemble]")
def ensemble(scenario: str, members: int, seed: int, out: Path | None) -> None:
    """Draw populations and parameters of an episode many times: quantiles by day, and a fan chart."""
    with ExitStack() as stack:
        progress = Progress(stack, members, scenario)
        drawn = draw_ensemble(scenario, members, seed, say=progress)
    # Drawing costs 0.5 s of imports, which a wrong scenario should not wait for.
    from basis_stress.validation.figures import fan

    folder = out or Path("results") / f"{drawn.scenario}-ensemble"
    for name, series in (
        ("shorts", drawn.shorts),
        ("balance_sheet_spread", drawn.balance_sheet_spread),
        ("members", drawn.members),
    ):
        save(series.rename(columns=str).to_parquet(), folder / f"{name}.parquet", "--out")
    save(fan(drawn, reported_change(drawn.shorts.index)).encode(), folder / "fan.svg", "--out")
    click.echo(drawn.quantiles(drawn.shorts).round(1).to_string())
    click.echo(f"fan chart and paths: {folder}")
