"""The command `explore`: a page on this machine that runs a book while its settings are dragged."""

from pathlib import Path

import click

from basis_engine.base.errors import InputError
from basis_stress.cli.help import Command, complete_scenarios

EXAMPLES = """\b
Examples:
  basis-stress explore
  basis-stress explore march-2020-basis --no-browser
  basis-stress explore april-2025 --port 8000 --book my-positions.csv
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("scenario", default="april-2025", shell_complete=complete_scenarios)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of this machine. [default: a free one]")
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser. [default: yes]")
@click.option(
    "--book", "books", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Positions file that the page may open; may be given again.",
)  # fmt: skip
def explore(scenario: str, port: int, browser: bool, books: tuple[Path, ...]) -> None:
    """Open the explorer, beginning with SCENARIO [default: april-2025]; Ctrl-C ends it.

    Prints one line: the address, with a token that only this machine's user knows. Nothing leaves the machine.
    """
    try:
        from basis_stress.explorer.serve import serve
    except ModuleNotFoundError as missing:
        if missing.name not in ("starlette", "uvicorn"):
            raise
        raise InputError(
            f"explore: needs the package {missing.name}; install it with: python -m pip install 'basis-stress[explore]'"
        ) from None
    if len({path.name for path in books}) < len(books):
        raise InputError("--book: two files of one name given, allowed are files of different names; rename one")
    serve(scenario, port, browser, {path.name: path for path in books}, click.echo)
