"""Help of every command: one readable line, examples, then usage and options; and completion of names in a shell."""

import inspect
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


class _Readable(click.Command):
    """Help that opens with what the command does and how it is called."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first line, examples, usage, the rest of the text, and options."""
        first, _, rest = (self.help or "").partition("\n\n")
        formatter.write_text(" ".join(first.split()))
        self.format_epilog(ctx, formatter)
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        if rest.strip():
            formatter.write_paragraph()
            formatter.write_text(inspect.cleandoc(rest))
        self.format_options(ctx, formatter)

    def get_help(self, ctx: click.Context) -> str:
        """The help without the marks of code, which a terminal does not show."""
        return super().get_help(ctx).replace("``", "")


class Command(_Readable):
    """A command with readable help."""


class Group(_Readable, click.Group):
    """A group of commands with readable help."""


def complete_scenarios(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names of scenarios that begin as typed, then files."""
    from basis_data.scenarios.scenario import names

    return _completed(names(), typed, files=True)


def complete_strategies(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names of strategies that begin as typed, then files."""
    from basis_strategies.library import strategy_names

    return _completed(strategy_names(), typed, files=True)


def complete_generators(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names of generators of shocks that begin as typed."""
    from basis_data.shocks.generators import GENERATORS

    return _completed(GENERATORS, typed, files=False)


def _completed(names: Iterable[str], typed: str, files: bool) -> list[CompletionItem]:
    """Names that begin as typed; a file where none does."""
    found = [CompletionItem(name) for name in names if name.startswith(typed)]
    return found or ([CompletionItem(typed, type="file")] if files else [])
