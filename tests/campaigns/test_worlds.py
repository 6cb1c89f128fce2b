"""A sample of the campaign on public tables.

`BASIS_STRESS_WORLDS=1000` runs trials 0 to 999 (12 by default), each of 201 books, and `BASIS_STRESS_FIRST_WORLD=1000`
starts at 1000, so that a failure names the trial to run again.
"""

import os

import pytest

from campaigns import engine_worlds, public_tables

FIRST, WORLDS = int(os.environ.get("BASIS_STRESS_FIRST_WORLD", 0)), int(os.environ.get("BASIS_STRESS_WORLDS", 12))
SEEDS = range(FIRST, FIRST + WORLDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_laws_of_the_tables(seed: int) -> None:
    tried = public_tables.trial(seed)
    assert tried["books through bs.clients"] == public_tables.BOOKS


def test_every_outcome_occurs() -> None:
    found = {outcome for seed in SEEDS for outcome in public_tables.world(seed).clients().table["outcome"]}
    assert found >= {"survived", "called", "forced_sale", "illiquid", "insolvent"}


@pytest.mark.parametrize("seed", range(4))
def test_worlds_in_batches_keep_the_laws_of_the_ledger(seed: int) -> None:
    assert sum(engine_worlds.trial(seed).values()) == engine_worlds.BATCH
