"""The jobs of the suite as pytest-benchmark cases: ``python -m pytest benchmarks`` (install the ``bench`` extra).

They are the suite's own contenders, so a case added there for a fixed job appears here with one name.
"""

from typing import Any

import numpy as np
import pytest

import basis_stress as bs
from basis_engine.bonds import vectors
from basis_engine.simulation.run import run
from benchmarks import books, numpy_walk, python_twin
from benchmarks.c_twin import CTwin, compiler
from benchmarks.cases_bonds import NOTES, basket_contenders, notes
from benchmarks.kernels import FullRecord, lean_cells
from benchmarks.timeline import timeline

DAYS, BOOKS = 250, 100
BASKET = {contender.who: contender.run for contender in basket_contenders()}


@pytest.fixture(params=["quiet", "stressed"])
def setups(request: pytest.FixtureRequest) -> Any:
    """Books of one kind."""
    return books.cells(getattr(books, request.param)(books.Size(DAYS)), BOOKS)


def test_kernel_with_full_record(benchmark: Any, setups: Any) -> None:
    """Every day, line and event kept; rows restored outside the time."""
    full = FullRecord(setups)
    benchmark.pedantic(full.run, setup=full.restore, rounds=9, warmup_rounds=1)


def test_lean_cells(benchmark: Any, setups: Any) -> None:
    """One outcome per book kept."""
    benchmark(lean_cells(setups))


def test_c_twin(benchmark: Any, setups: Any) -> None:
    """The limit."""
    if compiler() is None:
        pytest.skip("no C compiler (cc, gcc, clang) here")
    benchmark(CTwin(setups).run)


def test_numpy_twin(benchmark: Any, setups: Any) -> None:
    """All books at once."""
    benchmark.pedantic(numpy_walk.walk, (setups,), rounds=5)


def test_python_twin(benchmark: Any, setups: Any) -> None:
    """One book."""
    benchmark(python_twin.walk, setups[0], timeline(setups[0]))


def test_public_run(benchmark: Any, setups: Any) -> None:
    """One book, checked, laid out, handed back."""
    benchmark(run, setups[0])


def test_price_from_yield(benchmark: Any) -> None:
    """10,000 notes."""
    rows = notes()
    benchmark(vectors.clean_prices, rows.yields, rows.coupon, rows.maturity, rows.settle, np.empty(NOTES))


def test_yield_from_price(benchmark: Any) -> None:
    """10,000 notes."""
    rows = notes()
    benchmark(vectors.yields_to_maturity, rows.clean, rows.coupon, rows.maturity, rows.settle, np.empty(NOTES))


@pytest.mark.parametrize("who", BASKET)
def test_basket(benchmark: Any, who: str) -> None:
    """14 notes."""
    benchmark(BASKET[who])


def test_one_book_through_april_2025(benchmark: Any) -> None:
    """Data read, market priced, tables made."""
    benchmark(bs.backtest, "april-2025", contract="TY", leverage=50)


def test_market_of_funds(benchmark: Any) -> None:
    """Forty funds, three kinks."""
    benchmark.pedantic(lambda: bs.backtest("march-2020", market=True), rounds=3, warmup_rounds=1)
