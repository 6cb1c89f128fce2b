"""Controls of the page, made from the models that check the command line: name, unit, help, range, slider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.shock import Shock
from basis_data.tables.fields import meanings
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import EXECUTION_RANGES, Execution

WINDOW = ("start", "end", "curve", "margin_multiple", "yield_scale", "scenario_repo_bp", "repo_time")
"""Fields of a scenario that a backtest takes as options."""
SHOCKS = ("as_of", *WINDOW, *Shock.model_fields)
"""Options that change the scenario, and not the book."""


@dataclass(frozen=True)
class Control:
    """One option of `basis-stress backtest` as a control."""

    field: str
    label: str
    kind: str
    """'number', 'choice', 'switch', 'date' or 'text'."""
    unit: str
    help: str
    default: Any
    """None where the scenario or the strategy decides."""
    choices: tuple[str, ...] = ()
    slider: tuple[float, float, float] | None = None
    """Lowest and highest value, and step."""
    sets_aside: str = ""
    """The option that cannot be given beside this one."""

    @property
    def option(self) -> str:
        """Name in the query string: that of the command line without its dashes."""
        return self.field.replace("_", "-")


SLIDERS: dict[str, tuple[str, float, float, float]] = {
    "leverage": ("leverage, times equity", 1, 120, 0.5),
    "buffer": ("or cash buffer, share of bonds", 0, 0.05, 0.0005),
    "haircut": ("repo haircut", 0, 0.1, 0.0025),
    "term_share": ("share of repo to term", 0, 1, 0.05),
    "margin_multiple": ("initial margin, multiple", 0.25, 5, 0.05),
    "yield_scale": ("yield moves, multiple of the scenario's", -3, 6, 0.1),
    "scenario_repo_bp": ("repo above SOFR, bp", 0, 500, 5),
    "basis_bp": ("notes cheaper against futures, bp of price", 0, 100, 1),
    "not_rolled": ("share of repo not rolled", 0, 1, 0.05),
    "bond_cost_bp": ("cost of liquidation: half spread of notes, bp", 0, 50, 0.1),
}
"""Label and range of the sliders, within what the models allow; the number field beside takes all that they allow."""

_SETS_ASIDE = {"leverage": "buffer", "buffer": "leverage", "equity": "notional", "notional": "equity"}
_FOLDED = {
    "start": "first day",
    "end": "last day",
    "unwind": "rule of sale",
    "repo_time": "repo cash arrives at",
    "equity": "equity, $",
    "notional": "face, $",
}


def _kind(field: FieldInfo) -> tuple[str, tuple[str, ...]]:
    """Kind of a control, and its choices."""
    choices = tuple(choice for choice in get_args(field.annotation) if isinstance(choice, str))
    if choices:
        return "choice", choices
    if field.annotation is str:
        return "text", ()
    return ("switch" if field.annotation is bool else "number"), ()


def _control(model: type[BaseModel], name: str, own_default: bool) -> Control:
    """The control of a field of a model."""
    field = model.model_fields[name]
    label, *span = SLIDERS.get(name, (_FOLDED.get(name, name.replace("_", " ").replace(" bp", ", bp")),))
    kind, choices = ("date", ()) if name in ("start", "end") else _kind(field)
    return Control(
        field=name,
        label=str(label),
        kind=kind,
        unit=field.title or "",
        help=meanings(model)[name],
        default=field.default if own_default else None,
        choices=choices,
        slider=(float(span[0]), float(span[1]), float(span[2])) if span else None,
        sets_aside=_SETS_ASIDE.get(name, ""),
    )


AS_OF = Control(
    "as_of", "as-of day", "date", "business day",
    "Put the episode's moves on this day's curve, contracts, notes and rates.", None,
)  # fmt: skip


def _all() -> Iterator[Control]:
    """Every control, in the order of the page."""
    yield AS_OF
    for name in CashFuturesBasis.model_fields:
        yield _control(CashFuturesBasis, name, True)
    for name in WINDOW:
        yield _control(Scenario, name, False)
    for name in Shock.model_fields:
        yield _control(Shock, name, True)
    low, high = EXECUTION_RANGES["bond_cost_bp"]
    label, *span = SLIDERS["bond_cost_bp"]
    yield Control(
        "bond_cost_bp", label, "number", "basis points",
        f"Half spread of the notes that the fund sells, {low:g} to {high:g}.",
        Execution().bond_cost_bp, slider=(span[0], span[1], span[2]),
    )  # fmt: skip


CONTROLS = {control.field: control for control in _all()}
"""By field; the options `scenario`, `contract` and `book` have controls of their own."""
SLID = [CONTROLS[name] for name in SLIDERS]
FOLDED = [control for control in CONTROLS.values() if control.slider is None and control is not AS_OF]
