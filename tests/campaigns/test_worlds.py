"""A sample of the campaign on public tables.

`BASIS_STRESS_WORLDS=1000` runs the worlds 0 to 999 (60 by default) and `BASIS_STRESS_FIRST_WORLD=1000` starts at 1000,
so that a failure names the world to run again.
"""

import os

import numpy as np
import pytest

import basis_stress as bs
from campaigns import engine_worlds, public_tables
from campaigns.public_tables import played

FIRST, WORLDS = int(os.environ.get("BASIS_STRESS_FIRST_WORLD", 0)), int(os.environ.get("BASIS_STRESS_WORLDS", 60))


@pytest.fixture(params=range(FIRST, FIRST + WORLDS))
def result(request: pytest.FixtureRequest) -> bs.Result:
    found = played(request.param)
    if found is None:
        pytest.skip("the book is refused at entry")
    return found


def test_laws_of_the_tables(result: bs.Result) -> None:
    public_tables.check(result)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS, 4))
def test_twice_a_frictionless_book_is_twice_every_amount(seed: int) -> None:
    if played(seed) is None:
        pytest.skip("the book is refused at entry")
    public_tables.check_twice(seed)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS, 4))
def test_nothing_depends_on_what_happens_later(seed: int) -> None:
    if played(seed) is None:
        pytest.skip("the book is refused at entry")
    public_tables.check_past(seed)


def test_most_worlds_are_entered() -> None:
    entered = [played(seed) is not None for seed in range(FIRST, FIRST + min(WORLDS, 60))]
    assert np.mean(entered) > 0.6


@pytest.mark.parametrize("seed", range(4))
def test_worlds_in_batches_keep_the_laws_of_the_ledger(seed: int) -> None:
    assert engine_worlds.trial(seed) == engine_worlds.BATCH
