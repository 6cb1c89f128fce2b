"""The progress bar of long commands."""

import sys
from contextlib import ExitStack
from typing import Any

import click


class Progress:
    """A progress bar on the error stream, created at the first progress: an error before that is one line alone."""

    def __init__(self, stack: ExitStack, label: str, length: int = 0) -> None:
        self.stack, self.length, self.label = stack, length, label
        self.bar: Any = None

    def __call__(self, done: int, of: int = 0) -> None:
        """Show how many are done, of how many, and the time left."""
        if self.bar is None:
            bar = click.progressbar(length=of or self.length, label=self.label, file=sys.stderr)
            self.bar = self.stack.enter_context(bar)
        self.bar.update(done - self.bar.pos)
