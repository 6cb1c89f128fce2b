"""The command `warm-up`: compile the kernels of all commands at once, on all cores, before a first result."""

import os
import time
from collections.abc import Callable
from concurrent.futures import as_completed

import click
import numpy as np

from basis_data.markets.cached_markets import scenario_market
from basis_data.scenarios.scenario import scenario
from basis_engine.base.compile import CACHE_DIRECTORY
from basis_engine.base.errors import InputError
from basis_engine.base.processes import process_pool
from basis_engine.simulation.ahead import compile_last_steps, compile_loop
from basis_strategies.cells import outcomes
from basis_strategies.hedged_trades import LongBasis
from basis_stress.cli.help import Command
from basis_stress.ensembles.simulate import simulate_paths
from basis_stress.front_door.backtest import backtest
from basis_stress.multi_year.run import run_strategy


def backtests() -> None:
    """Compile what a backtest of a book, its tables and a market of funds need."""
    backtest("april-2025").positions  # noqa: B018
    backtest("april-2025", market=True)


def sweeps() -> None:
    """Compile what sweeps and the search for breaking points need."""
    outcomes(scenario_market(scenario("april-2025"), ("TY",)), {"leverage": np.array([10.0, 20.0])})


def paths() -> None:
    """Compile what generated paths need."""
    simulate_paths("bootstrap", paths=2, days=5, leverage=20, threads=1)


def years() -> None:
    """Compile what strategies over years need."""
    run_strategy(LongBasis.model_validate({"legs": ("FV",)}), "2024-01-02", "2024-03-28")


JOBS: tuple[Callable[[], None], ...] = (compile_loop, compile_last_steps, years, paths, sweeps, backtests)
"""What others need first, then the longest first; processes wait for each other's kernels and load them."""


EXAMPLES = """\b
Example:
  basis-stress warm-up
"""


@click.command("warm-up", cls=Command, epilog=EXAMPLES)
def warm_up() -> None:
    """Compile the kernels of all commands now, on all cores; later commands load them.

    Kernels are compiled once for each machine and version. Without this the first command of each kind compiles what it
    needs, 10 to 20 seconds.
    """
    if not CACHE_DIRECTORY:
        raise InputError(
            "warm-up: no folder that only you can write is found for compiled kernels; set BASIS_STRESS_CACHE"
        )
    start = time.perf_counter()
    with process_pool(min(len(JOBS), os.cpu_count() or 1)) as pool:
        waiting = {pool.submit(job): job.__name__.removeprefix("compile_").replace("_", " ") for job in JOBS}
        for number, done in enumerate(as_completed(waiting), 1):
            done.result()
            click.echo(f"{number} of {len(JOBS)}: {waiting[done]}, {time.perf_counter() - start:.0f} s", err=True)
    click.echo(f"The kernels of all commands are compiled, in {CACHE_DIRECTORY}")
