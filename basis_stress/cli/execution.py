"""Options of trading costs and market depth, for every command that runs a book."""

from collections.abc import Callable
from typing import Any

import click

from basis_strategies.plan import EXECUTION_RANGES, Execution

TEXTS = {
    "bond_cost_bp": "Half spread of notes, basis points of price.",
    "futures_cost_bp": "Half spread of futures, basis points of price.",
    "impact_bp_per_bn": "Price impact of a slice, basis points per $bn.",
    "depth_usd": "Face that the market takes per contract and mark, US dollars; 0 is without limit.",
    "seizure_cost": "Multiple of cost and impact when legs are seized and sold separately.",
}


def execution_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option per field of `basis_strategies.plan.Execution`."""
    for name in reversed(EXECUTION_RANGES):
        default = getattr(Execution, name)
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, type=float, help=f"{TEXTS[name]} [default: {default:g}]")(command)
    return command


def taken_execution(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a command, with those of execution taken into one, if any is given."""
    rest = {name: value for name, value in options.items() if name not in EXECUTION_RANGES}
    given = {name: options[name] for name in EXECUTION_RANGES if options.get(name) is not None}
    return {**rest, "execution": Execution(**given)} if given else rest
