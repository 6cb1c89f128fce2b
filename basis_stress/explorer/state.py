"""A state of the page: a query string under the names of the command line, read into a book that can be run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from basis_data.markets.as_of import scenario_as_of
from basis_data.scenarios.scenario import Scenario, names
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.scenarios.shock import Shock
from basis_data.tables.contracts import codes
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import Execution
from basis_stress.explorer.controls import CONTROLS, WINDOW
from basis_stress.front_door.backtest import backtest
from basis_stress.single_book.result import Result
from basis_stress.single_book.run import changed_scenario, chosen_contracts

LONGEST = 80
"""Characters of a value."""


@dataclass(frozen=True)
class State:
    """A book and its scenario, as the page states them."""

    scenario_name: str
    contract: tuple[str, ...]
    book: str | None
    """'cftc', or the name of a positions file that the command line named."""
    options: dict[str, Any]
    """By field of `CONTROLS`, typed; only what is stated."""
    files: Mapping[str, Path]

    @property
    def terms(self) -> dict[str, Any]:
        """Stated fields of the strategy."""
        return {name: value for name, value in self.options.items() if name in CashFuturesBasis.model_fields}

    @property
    def strategy(self) -> CashFuturesBasis:
        """The strategy with its stated fields, checked."""
        return validated(CashFuturesBasis, self.terms, "explore")

    @property
    def execution(self) -> Execution | None:
        """Trading costs, if stated."""
        return Execution(bond_cost_bp=self.options["bond_cost_bp"]) if "bond_cost_bp" in self.options else None

    @property
    def contracts(self) -> tuple[str, ...]:
        """Contracts of the run."""
        return chosen_contracts(self.contract or None, self.book)

    def scenario(self, **other: object) -> Scenario:
        """The scenario with its stated changes, on the day stated."""
        changes = {name: self.options.get(name) for name in (*WINDOW, *Shock.model_fields)}
        changed = changed_scenario(load_scenario(self.scenario_name), {**changes, **other})
        return scenario_as_of(changed, self.options.get("as_of"), self.contracts)

    def run(self) -> Result:
        """Backtest the book."""
        path = None if self.book is None else self.files.get(self.book, self.book)
        result: Result = backtest(self.scenario_name, contract=self.contract or None, book=path, **self.options)
        return result

    @property
    def query(self) -> list[tuple[str, str]]:
        """Names and values of the query string."""
        given = [("scenario", self.scenario_name)]
        if self.contract:
            given.append(("contract", ",".join(self.contract)))
        if self.book is not None:
            given.append(("book", self.book))
        return given + [(CONTROLS[name].option, _text(value)) for name, value in self.options.items()]

    @property
    def command(self) -> str:
        """The command that runs the same book."""
        words = ["basis-stress", "backtest", self.scenario_name]
        for name, value in self.query[1:]:
            if name in ("whole-contracts",):
                words.append(f"--{'' if value == 'true' else 'no-'}{name}")
            else:
                text = str(self.files[value]) if name == "book" and value in self.files else value
                words += [f"--{name}", shlex.quote(text)]
        return " ".join(words)

    @property
    def python(self) -> str:
        """The call that runs the same book."""
        given = [repr(self.scenario_name)]
        if self.contract:
            given.append(f"contract={list(self.contract) if len(self.contract) > 1 else self.contract[0]!r}")
        if self.book is not None:
            given.append(f"book={str(self.files.get(self.book, self.book))!r}")
        given += [f"{name}={value!r}" for name, value in self.options.items()]
        return f"import basis_stress as bs\n\nresult = bs.backtest({', '.join(given)})"


def _text(value: Any) -> str:
    """A value as the command line takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def read_state(query: Iterable[tuple[str, str]], files: Mapping[str, Path]) -> State:
    """Read a query string; empty values are as if not given.

    Raises
    ------
    InputError
        One sentence on the first name or value that is wrong; what a value may be is checked where it is run.
    """
    known = {control.option: control for control in CONTROLS.values()}
    allowed = ["scenario", "contract", "book", *known]
    scenario_name, contract, book = "april-2025", list[str](), None
    options: dict[str, Any] = {}
    for name, raw in query:
        value = raw.strip()
        if len(value) > LONGEST:
            raise InputError(f"{name[:LONGEST]}: {len(value)} characters given, allowed are {LONGEST}; shorten it")
        if name not in allowed:
            raise InputError(f"{name[:40]!r}: unknown{did_you_mean(name, allowed)}; give an option of the backtest")
        if not value:
            continue
        if name == "scenario":
            scenario_name = _catalogued(value)
        elif name == "contract":
            contract += [code.strip() for code in value.split(",") if code.strip()]
        elif name == "book":
            book = _named_book(value, files)
        elif known[name].field in options:
            raise InputError(f"{name}: given twice; give it once")
        else:
            options[known[name].field] = _typed(known[name].kind, name, value)
    chosen = chosen_contracts(contract) if contract else ()
    if options.get("whole_contracts") is True:
        del options["whole_contracts"]
    return State(scenario_name, tuple(code for code in codes() if code in chosen), book, options, files)


def _catalogued(given: str) -> str:
    """A scenario of the catalogue: the page opens no other file."""
    if given not in names():
        raise InputError(f"scenario {given!r}: not of the catalogue{did_you_mean(given, names())}; choose one of it")
    return given


def _named_book(given: str, files: Mapping[str, Path]) -> str:
    """The CFTC's book, or a file that the command line named."""
    allowed = ["cftc", *files]
    if given not in allowed:
        raise InputError(f"book {given!r}: allowed are {', '.join(allowed)}; name a file with --book when you start")
    return given


def _typed(kind: str, name: str, text: str) -> Any:
    """A value of its kind; the models check its range."""
    if kind == "switch":
        if text not in ("true", "false"):
            raise InputError(f"{name}: {text!r} given, allowed is true or false")
        return text == "true"
    if kind != "number":
        return text
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{name}: {text!r} given, allowed is a number") from None
    return int(number) if name == "term-days" and number.is_integer() else number
