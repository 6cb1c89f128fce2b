"""The data dictionary has every column of every public table, and every field of a scenario, with its unit."""

import inspect
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel

import basis_stress as bs
from basis_data.scenarios import files, parts
from basis_data.shocks.generators import GENERATORS
from basis_data.tables.fields import meanings
from basis_stress.breaking import every_lever, joint
from basis_stress.breaking.levers import LEVERS as KNOWN_LEVERS
from basis_stress.reporting.dictionary import LEVERS, meaning_of
from support.one_of_each import one_of_each

METHODS = {
    "Sweep": ("table", "outcome_counts", "break_even", "marginals", "effects"),
    "Simulation": ("losses", "curves", "outcomes"),
}
"""Methods without arguments that return a table."""
ELSEWHERE = ("MultiYearRun.lines", "Comparison.performance", "Result.yields")
"""Tables whose columns are those of another, and an old name."""


def books() -> dict[str, Any]:
    """What many clients lose, and what breaks a book, on coarse grids."""
    rows = {"fund": ["A", "B"], "contract": "TY", "contracts": [-5000, -3000], "term_share": 0.7, "lender": "Bank"}
    thin = pd.DataFrame(rows | {"cash_usd": 1e4, "unwind": "hold", "clearing_member": "FCM"})
    with pytest.MonkeyPatch.context() as coarse:
        for home, name, value in ((every_lever, "STEPS", 4), (every_lever, "PAIR_STEPS", 4), (joint, "FARTHEST", 1.0)):
            coarse.setattr(home, name, value)
        levers = bs.every_lever("april-2025", leverage=55)
    return {
        "ClientsResult": bs.clients(thin, "march-2020-basis", execution=bs.Execution(seizure_cost=60.0)),
        "LeverTable": levers,
    }


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Every table of every result, by ``Class.table``: each attribute that is a DataFrame, and those of `METHODS`."""
    found = {name: getattr(bs, name)() for name in ("scenarios", "strategies", "shocks")}
    for kind, result in {**one_of_each(tmp_path_factory.mktemp("results")), **books()}.items():
        if isinstance(result, BaseModel):
            continue
        for name in dir(type(result)) + list(vars(result)):
            called = name in METHODS.get(kind, ())
            if name.startswith("_") or f"{kind}.{name}" in ELSEWHERE:
                continue
            if callable(getattr(type(result), name, None)) and not called:
                continue
            table = getattr(result, name)() if called else getattr(result, name)
            if isinstance(table, pd.DataFrame):
                found[f"{kind}.{name}"] = table
    return found


def columns(table: pd.DataFrame) -> list[str]:
    """Names of the columns and of the index."""
    named = [str(name) for name in table.index.names if name is not None and str(name) != "year"]
    return [*named, *map(str, table.columns)]


def test_every_column_of_every_table_has_a_unit(tables: dict[str, pd.DataFrame]) -> None:
    assert len(tables) > 30
    missing = [
        f"{name}.{column}"
        for name, table in tables.items()
        for column in columns(table)
        if not meaning_of(name, column)
    ]
    assert not missing, f"add rows to basis_stress/reporting/columns.csv for: {', '.join(missing)}"


def test_every_row_of_the_dictionary_is_of_a_column(tables: dict[str, pd.DataFrame]) -> None:
    rows = bs.data_dictionary()
    assert set(rows["table"]) - {"*"} <= set(tables)
    stale = [
        f"{row.table}.{row.column}"
        for row in rows.itertuples()
        if row.table != "*" and "{" not in str(row.column) and str(row.column) not in columns(tables[str(row.table)])
    ]
    assert not stale


def test_every_row_has_a_unit_and_a_meaning() -> None:
    rows = bs.data_dictionary()
    assert (rows["unit"].str.len() > 0).all()
    assert (rows["meaning"].str.len() > 9).all()
    assert not rows.duplicated(["table", "column"]).any()
    money = rows[rows["column"].str.endswith("_usd")]
    assert money["unit"].str.startswith("USD").all()
    assert rows[rows["column"].str.endswith("_bp")]["unit"].str.startswith("bp").all()


def test_money_of_both_signs_has_its_sign_explained(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        for column in table.columns:
            meaning = meaning_of(name, str(column))
            assert meaning is not None
            if meaning[0].startswith("USD") and (pd.to_numeric(table[column]) < -1).any():
                assert meaning[1], f"{name}.{column} is negative somewhere; the dictionary has no sign for it"


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(bs.InputError, match="did you mean"):
        bs.data_dictionary("Result.cahs")


def test_the_levers_are_those_of_the_search() -> None:
    assert set(LEVERS) == set(KNOWN_LEVERS)


def models() -> Iterator[type[BaseModel]]:
    """Every model of user input."""
    yield from (bs.Scenario, bs.CashFuturesBasis, bs.Strategy, bs.Portfolio, bs.FundingTerms, *GENERATORS.values())
    yield from (
        model
        for model in (*vars(parts).values(), files.Files)
        if inspect.isclass(model) and issubclass(model, parts.StrictModel)
    )


@pytest.mark.parametrize("model", sorted(set(models()), key=lambda model: model.__name__))
def test_every_field_is_described_with_its_unit(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert meanings(model)[name], f"{model.__name__}.{name} has no description: add a docstring below it"
        if field.annotation in (float, int):
            assert field.title, f"{model.__name__}.{name} has no unit: add Field(title=...)"


def test_every_public_name_is_documented() -> None:
    for name in bs.__all__:
        value: Any = getattr(bs, name)
        assert (value.__doc__ or "").strip(), name
