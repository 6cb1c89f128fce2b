"""Fields of the basis book as keyword arguments: what an editor, mypy and ``help`` show for ``**terms``.

A test compares them with the fields of `CashFuturesBasis`, one by one.
"""

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypedDict, TypeVar, get_type_hints

from basis_strategies.cash_futures_basis import CashFuturesBasis

Function = TypeVar("Function", bound=Callable[..., Any])


class UnleveredTerms(TypedDict, total=False):
    """Fields of `CashFuturesBasis` other than its leverage, for runs over many leverages."""

    equity: float | None
    notional: float | None
    haircut: float | None
    term_share: float
    term_days: int
    term_spread_bp: float
    repo_spread_bp: float
    financing_hedge: float
    repo_threshold: float
    sizing: Literal["conversion-factor", "dv01"]
    whole_contracts: bool
    unwind: Literal["hold", "cure", "target-leverage", "stop-out"]
    leverage_limit_multiple: float
    drawdown_limit: float
    credit_line: float
    depth_share: float


class BookTerms(UnleveredTerms, total=False):
    """Fields of `CashFuturesBasis`, with its units, ranges and defaults."""

    leverage: float | None
    buffer: float | None


def _defaults(types: dict[str, Any]) -> dict[str, Any]:
    """Defaults by name: None of options, then those of the fields of a book."""
    fields = CashFuturesBasis.model_fields
    others = {name: None for name in types if name not in fields}
    return others | {name: field.default for name, field in fields.items() if name in types}


def showing(terms: type[Any]) -> Callable[[Function], Function]:
    """Show the options in the signature of a function instead of its ``**terms``, with their defaults."""

    def shown(function: Function) -> Function:
        written = inspect.signature(function)
        kept = [parameter for parameter in written.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        types = get_type_hints(terms)
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=types[name])
            for name, default in _defaults(types).items()
        ]
        function.__signature__ = written.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        return function

    return shown
