"""The command `bench`: run the benchmark suite, write its tables and figures, compare it with an earlier run."""

import importlib
import sys
from pathlib import Path

import click

from basis_engine.base.errors import InputError
from basis_stress.cli.help import Command

EXAMPLES = """\b
Examples:
  basis-stress bench
  basis-stress bench --full --peers --out results/bench
  basis-stress bench --compare results/bench/bench.json
"""
SLOWER = 3
"""Exit code if a benchmark has become slower."""


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--full", is_flag=True, help="Every benchmark at full length: some minutes instead of one.")
@click.option(
    "--peers", is_flag=True, help="Other backtesters too, each installed by pip in an environment of its own."
)
@click.option(
    "--compare", "earlier", type=click.Path(path_type=Path), help="An earlier bench.json; exit code 3 if slower."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/bench"), help="Folder of the results.")
@click.pass_context
def bench(context: click.Context, full: bool, peers: bool, earlier: Path | None, out: Path) -> None:
    """Time everything a user waits for, beside twins in C and Python and, with --peers, other programs.

    Writes bench.json (the history), bench.md (the tables), and two figures, each as SVG and PNG.
    """
    # The suite stands above the package, which does not import it: the command line loads it by name.
    run = importlib.import_module(_suite()).run
    if run(full, peers, earlier, out):
        context.exit(SLOWER)


def _suite() -> str:
    """Name the suite's module, with the checkout of this package on the path of imports: the suite is not installed.

    Raises
    ------
    InputError
        If the package does not run from a checkout.
    """
    checkout = Path(__file__).resolve().parents[2]
    if not (checkout / "benchmarks" / "suite.py").is_file():
        raise InputError(
            "bench: the benchmark suite is not part of the installed package; run it in a checkout of basis-stress, "
            "as in `make april` and then `.venv/bin/basis-stress bench`"
        )
    sys.path.append(str(checkout))
    return "benchmarks.suite"
