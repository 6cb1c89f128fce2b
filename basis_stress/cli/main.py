"""The command line: it parses arguments, calls the library and prints; it contains no arithmetic."""

import atexit
import contextlib
import errno
import gc
import importlib
import keyword
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Any

import click

from basis_data.tables.files import CONTROL
from basis_engine.base.errors import InputError
from basis_stress.cli.help import Group
from basis_stress.reporting import figure_imports
from basis_stress.reporting.drawing_process import drawing_process

# Commands are imported on use, so that `basis-stress --help` is fast.
COMMANDS = {
    "backtest": ("backtest", "Run a leveraged basis book through a scenario, call by call."),
    "validate": ("validation", "Compare the market of funds with every historical target."),
    "calibrate": ("validation", "Fit the market of funds to March 2020, and write the parameter file."),
    "day-by-day": ("funds_market", "One page on April 2025: as reported, as it was, and what would have broken it."),
    "ensemble": ("validation", "Draw populations and parameters many times; a fan chart."),
    "scenarios": ("scenarios", "List the scenarios, show one, or compare one with its base."),
    "shocks": ("shocks", "List the generators of synthetic shocks, or compare one with history."),
    "sweep": ("sweeps", "Run many books through a scenario: leverage, haircut, margin, any field."),
    "sweep-report": ("sweeps", "Read one finished sweep, or compare two: outcome map, effects, one page."),
    "break": ("breaking", "Find the smallest shock that breaks a book, and the frontier of leverage and shock."),
    "slide": ("slide", "Draw a book on one slide: three scenarios, what breaks it, cash of five mornings."),
    "paths": ("ensembles", "Run a book through thousands of generated paths: losses, time to call and default."),
    "explore": ("explore", "Open a page on this machine that runs a book while its settings are dragged."),
    "clients": ("clients", "Run the books of many clients through scenarios: who fails, and who bears the loss."),
    "warm-up": ("warm_up", "Compile the kernels of all commands now, on all cores; later commands load them."),
    "data": ("data", "Show the data in use, refresh them from their publishers, verify digests."),
    "rerun": ("manifest", "Run the command of a result folder again, and compare every byte."),
    "bench": ("bench", "Run the benchmark suite (from a checkout): tables, figures, history, comparison."),
    "run": ("multi_year", "Run a strategy, of the library or your own, through 2018 to 2026."),
    "compare": ("multi_year", "Compare strategies over the same days, with intervals for chance."),
    "strategies": ("multi_year", "List the strategies, or show one with its parameters."),
}
"""Command: its module in `basis_stress.cli`, and one line of help."""

RENAMED = {"unrolled": "day-by-day"}
"""Old names of commands, which work for one release, and the new ones."""

EXAMPLES = """\b
Examples:
  basis-stress backtest april-2025 --contract TY --leverage 50
  basis-stress backtest april-2025 --contract TU,FV,TY,US --leverage 20 --haircut 0.02
  basis-stress backtest april-2025 --book cftc
  basis-stress backtest april-2025 --market
  basis-stress sweep april-2025 --leverage 10:100:1 --haircut 0,0.01,0.02
  basis-stress break april-2025 --contract TY --leverage 50
  basis-stress paths bootstrap --paths 10000 --leverage 20,30,50
  basis-stress explore
  basis-stress validate
  basis-stress scenarios show april-2025
  basis-stress shocks show bootstrap
  basis-stress run LongBasis --legs FV --leverage 20
  basis-stress compare LongBasis LongBasis:enter_bp=10,exit_bp=0
"""

COMPILING = "\r\033[KCompiling kernels for this machine: once, up to half a minute ..."
"""Begins with an escape sequence that clears the line, where a progress bar may be."""

GARBAGE = 500_000
"""Objects allocated between two garbage collections (Python: 700): a cached backtest takes an eighth less time."""


DRAWN = ("basis_stress.single_book.figures", "basis_stress.front_door.backtest")
"""What a process loads that draws the figures of a backtest."""

HELP = {"-h", "--help"}

NO_FIGURES = {"--no-report", *HELP}
"""Options of a backtest that draws none."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Why nothing more can be written to a disk, on which the output may be, too."""

MOST = 300
"""Characters of a message about a mistake."""


class Lasting:
    """An output stream that replaces characters it cannot print, and goes on in silence when its reader has gone."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write text, if somebody reads it."""
        try:
            self.stream.write(text)
        except BrokenPipeError:
            self._go_on()
        return len(text)

    def flush(self) -> None:
        """Flush, if somebody reads it."""
        try:
            self.stream.flush()
        except BrokenPipeError:
            self._go_on()

    def _go_on(self) -> None:
        """Write to nowhere from now on."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())
        os.close(nowhere)


class LazyGroup(Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the help text."""
        return list(COMMANDS)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``--data SNAPSHOT`` before the command or after it."""
        given = _data_first(args)
        if given[:1] == ["backtest"] and not ctx.resilient_parsing and not NO_FIGURES & set(given):
            ctx.with_resource(drawing_process(*DRAWN))
        return super().parse_args(ctx, given)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if name in RENAMED:
            click.echo(f"basis-stress: {name} is now {RENAMED[name]}", err=True)
            name = RENAMED[name]
        if name not in COMMANDS:
            return None
        if not HELP & set((ctx.obj or {"arguments": HELP})["arguments"]):
            from basis_stress.cli.ahead import compile_ahead

            compile_ahead(name)
        function = name.replace("-", "_") + "_" * keyword.iskeyword(name)
        command: click.Command = getattr(importlib.import_module(f"basis_stress.cli.{COMMANDS[name][0]}"), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _data_first(args: list[str]) -> list[str]:
    """Move the option ``--data`` to the front, where it is one of all commands."""
    for at, text in enumerate(args):
        if text == "--":
            break
        if text.startswith("--data="):
            return [text, *args[:at], *args[at + 1 :]]
        if text == "--data" and at + 1 < len(args):
            return [*args[at : at + 2], *args[:at], *args[at + 2 :]]
    return args


@click.group(
    cls=LazyGroup,
    epilog=EXAMPLES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="basis-stress", prog_name="basis-stress")
@click.option("--data", "snapshot", metavar="SNAPSHOT", help="Run on a snapshot of `data refresh`. [default: embedded]")
@click.pass_context
def group(context: click.Context, snapshot: str | None) -> None:
    """Replay a leveraged Treasury cash-futures basis book through a real crisis."""
    if snapshot is not None:
        from basis_data.tables.data_in_use import use_data

        use_data(snapshot)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    if sys.stderr.isatty():
        from basis_engine.base.compile import when_compiling

        when_compiling(lambda: click.echo(COMPILING, err=True))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: exit code 0 for success, 2 for a user's mistake (one sentence), 1 for a bug."""
    os.environ.pop("MPLBACKEND", None)  # figures are drawn into files; a wrong name would stop them
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Lasting(sys.stdout), Lasting(sys.stderr)
    try:
        with _stoppable():
            _run(arguments)
    finally:
        sys.stdout, sys.stderr = streams


class _Terminated(KeyboardInterrupt):
    """SIGTERM was sent."""


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, with what it was writing deleted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: list[str] | None) -> None:
    """Run the command line on streams that do not fail."""
    gc.set_threshold(GARBAGE, 20, 100)
    atexit.register(gc.freeze)  # Python would look for garbage a last time: 0.2 s of a cached backtest of 1.0
    figure_imports.COMMAND_LINE = True
    warnings.filterwarnings("always", ".* is now .*", DeprecationWarning)
    warnings.showwarning = _print_warning
    given = sys.argv[1:] if arguments is None else arguments
    for number, argument in enumerate(given, 1):
        if "\0" in argument:
            _refuse(f"argument {number}: {argument!r} given, which holds a null character; leave it out")
    try:
        obj = {"arguments": given}
        code: Any = group.main(args=arguments, prog_name="basis-stress", standalone_mode=False, obj=obj)
        sys.stdout.flush()
    except InputError as mistake:
        _refuse(str(mistake))
    except OSError as problem:
        if problem.errno in FULL:
            _refuse(f"{problem.filename or 'the output'}: cannot be written ({problem.strerror}); free some space")
        if problem.errno != errno.ENAMETOOLONG:
            raise
        _refuse(f"{problem.filename}: the name of a file or folder is too long; give a shorter one")
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message())
        sys.exit(0)
    except click.ClickException as mistake:
        _refuse(mistake.format_message())
    except (click.Abort, KeyboardInterrupt) as stopped:  # click turns what stops a command into Abort
        click.echo("basis-stress: stopped", err=True)
        sys.exit(143 if isinstance(stopped.__cause__ or stopped, _Terminated) else 130)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _print_warning(message: Warning | str, *where: Any, **options: Any) -> None:
    """Print a warning on one line, without the line of code."""
    click.echo(f"basis-stress: {message}", err=True)


def _refuse(sentence: str) -> None:
    """Print the mistake on one line of at most 300 characters, and exit with code 2."""
    text = CONTROL.sub("?", " ".join(sentence.split()))
    for long in sorted(set(re.findall(r"\S{81,}", text)), key=len, reverse=True):
        text = text.replace(long, f"{long[:50]}...{long[-15:]}")
    text = f"basis-stress: {text}"
    with contextlib.suppress(OSError):  # the disk of the error stream may be full
        click.echo(text if len(text) <= MOST else f"{text[: MOST - 60]} ... {text[-55:]}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
