"""The commands that fit and validate the market of funds."""

import os
from contextlib import ExitStack
from pathlib import Path

import click

from basis_data.markets.parameters import parameters
from basis_stress.cli.help import Command, complete_scenarios
from basis_stress.cli.manifest import place, write_manifest
from basis_stress.cli.progress import Progress
from basis_stress.reporting.figure_imports import import_matplotlib
from basis_stress.reporting.files import save, save_tables
from basis_stress.reporting.registry import render_report
from basis_stress.validation.checks import reported_change
from basis_stress.validation.ensemble import ensemble as draw_ensemble
from basis_stress.validation.validate import validation as compare_targets
from basis_stress.validation.weekly import weekly_trial

CORES = os.cpu_count() or 1
WORTH_A_PROCESS = 800
"""Members that take as long as starting a process: two seconds."""
FITTING_PROCESSES = max(1, CORES // 2)
"""All fits take six seconds of one core: of two, the second would be busy with its start."""
VALIDATE_EXAMPLES = """\b
Examples:
  basis-stress validate
  basis-stress validate --weekly
  basis-stress validate --parameters my-fit.toml --out results/validation
"""


@click.command(cls=Command, epilog=VALIDATE_EXAMPLES)
@click.option("--parameters", "file", type=click.Path(path_type=Path), help="Parameter file. [default: the frozen one]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/validation]")
@click.option("--weekly", is_flag=True, help="The trial of every week since 2018 instead of the targets.")
def validate(file: Path | None, out: Path | None, weekly: bool) -> None:
    """Compare the market of funds with every historical target, beside a model of nothing.

    Prints the table, and March 2020 without each mechanism; writes both as validation.md and Parquet, and a page,
    validation.html, with the targets that are not met first. With --weekly, runs the market through every week from
    2018 and compares it with the CFTC's change by contract: weekly.txt, weekly.parquet and weekly.html.
    """
    folder = place(out, Path("results/validation"))
    if weekly:
        _run_weekly(file, folder)
        write_manifest(folder)
        return
    with ExitStack() as stack:
        result = compare_targets(parameters(file), Progress(stack, "runs"))
    tables = {"sensitivity": result.moved, "ablations": result.without, "validation": result.table}
    plain = {name: table.copy() for name, table in tables.items()}
    plain["validation"]["digest"] = result.digest
    for table in plain.values():
        table.attrs = {}
    save_tables(folder, {**plain, "validation.md": result.text, "validation.html": render_report(result)})
    click.echo(result.text)
    click.echo(f"page: {folder / 'validation.html'}")
    write_manifest(folder)


def _run_weekly(file: Path | None, out: Path) -> None:
    """Run the weekly trial, print and write it."""
    with ExitStack() as stack:
        trial = weekly_trial(frozen=parameters(file), done=Progress(stack, "weeks"), processes=CORES)
    # Drawing costs 0.5 s of imports, which a wrong file should not wait for.
    from basis_stress.validation.weekly_page import text

    told = text(trial)
    save(f"{told}\n".encode(), out / "weekly.txt", "--out")
    save(trial.table.assign(digest=trial.digest).to_parquet(), out / "weekly.parquet", "--out")
    page = trial.report(out / "weekly.html")
    click.echo(told)
    click.echo(f"page: {page}")


@click.command(cls=Command)
@click.option("--out", type=click.Path(path_type=Path), help="Parameter file. [default: results/march-2020.toml]")
def calibrate(out: Path | None) -> None:
    """Fit the market of funds to the calibration targets of March 2020, with profile intervals.

    Takes some seconds. The file it writes is used by `basis-stress validate --parameters FILE`. The half-life of repo's
    expected spread is fitted on rates before September 2019, into expected-repo.toml beside it, for comparison with the
    one in force.
    """
    # scipy's optimisers take 0.4 s to import, which the other commands do not need.
    from basis_stress.validation.calibrate import as_toml, fit_expected_repo
    from basis_stress.validation.calibrate import calibrate as fit_march_2020

    path = place(out, Path("results/march-2020.toml"))
    beside = save(fit_expected_repo().encode(), path.parent / "expected-repo.toml", "--out")
    with ExitStack() as stack:
        fit = fit_march_2020(done=Progress(stack, "fits"), processes=FITTING_PROCESSES)
    save(as_toml(fit).encode(), path, "--out")
    for name, (low, high) in fit.intervals.items():
        click.echo(f"{name:14} {getattr(fit, name):8.4f}  [{low:.4f}, {high:.4f}]")
    click.echo(f"parameters: {path}")
    write_manifest(path, None, beside)


@click.command(cls=Command, epilog="\b\nExample:\n  basis-stress ensemble march-2020 --members 1000")
@click.argument("scenario", shell_complete=complete_scenarios)
@click.option("--members", type=int, default=1000, help="How many draws. [default: 1000]")
@click.option("--seed", type=int, default=0, help="Of all draws. [default: 0]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: results/SCENARIO-ensemble]")
def ensemble(scenario: str, members: int, seed: int, out: Path | None) -> None:
    """Draw populations and parameters of an episode many times: quantiles by day, and a fan chart."""
    processes = max(1, min(CORES, members // WORTH_A_PROCESS))
    with ExitStack() as stack:
        drawn = draw_ensemble(scenario, members, seed, done=Progress(stack, "members"), processes=processes)
    # Drawing costs 0.5 s of imports, which a wrong scenario should not wait for.
    import_matplotlib()
    from basis_stress.validation.figures import fan

    folder = place(out, Path("results") / f"{drawn.scenario}-ensemble")
    tables = {name: getattr(drawn, name).rename(columns=str) for name in ("shorts", "balance_sheet_spread", "members")}
    save_tables(folder, {**tables, "fan.svg": fan(drawn, reported_change(drawn.shorts.index))})
    click.echo(drawn.quantiles(drawn.shorts).round(1).to_string())
    click.echo(f"fan chart and paths: {folder}")
    write_manifest(folder)
