"""Every mode gives the same bytes: interpreted, compiled, by plain numba, bounds-checked, one thread and two.

Run as a program, this module prints a digest of its evidence under whatever mode the environment asks for.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import basis_stress
from basis_engine.base.compile import set_threads, settings
from basis_engine.simulation.names import LogEvent
from basis_engine.simulation.run import Run, Setup, run, run_all
from basis_stress.single_book.result import TABLES, Result
from support import ROOT
from support.worlds import Shape, digest, random_world

SHAPE = Shape(days=25, funds=2, positions=2, contracts=2, daily_marks=2)
SEEDS = range(10)


def table_digest(result: Result) -> str:
    """SHA-256 of every column of every table."""
    total = hashlib.sha256()
    for name in TABLES:
        table = getattr(result, name)
        for column in table:
            values = table[column].to_numpy()
            fixed = values.dtype.kind in "fiubM"
            total.update(f"{name} {column} {len(table)}".encode())
            total.update(np.ascontiguousarray(values).tobytes() if fixed else "\n".join(map(str, values)).encode())
    return total.hexdigest()


def april() -> str:
    """Digest of a book of four contracts in April 2025."""
    return table_digest(basis_stress.backtest("april-2025", contract=["TU", "FV", "TY", "US"], leverage=20))


def random_runs() -> list[Run]:
    """Runs of random worlds."""
    return [run(random_world(seed, SHAPE)) for seed in SEEDS]


def siblings(seed: int) -> list[Setup]:
    """Worlds of one market and one shape, each a little smaller than the one before."""
    whole = random_world(seed, SHAPE)
    setups = []
    for share in np.linspace(1.0, 0.5, 7):
        positions = whole.positions.copy()
        positions["face"] *= share
        positions["contracts"] *= share
        setups.append(replace(whole, positions=positions))
    return setups


def evidence() -> str:
    """One line for one mode."""
    batches = [one for seed in SEEDS for one in run_all(siblings(seed))]
    return " ".join([april(), digest(random_runs()), digest(batches)])


def evidence_under(**environment: str) -> str:
    """The same line from a process of its own."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "error", __file__],
        env={**os.environ, "PYTHONPATH": path, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def all_threads() -> Iterator[None]:
    """Give the threads back after a test."""
    yield
    set_threads(settings.NUMBA_NUM_THREADS)


def test_the_worlds_default_sell_and_survive() -> None:
    """Equal bytes of uneventful worlds would prove little."""
    met = np.concatenate([one.log["what"] for one in random_runs()])
    assert {
        LogEvent.DEFAULT,
        LogEvent.LOSS,
        LogEvent.SALE,
        LogEvent.SEIZURE,
        LogEvent.CALL_FAILED,
        LogEvent.CALL_PAID,
    } <= set(met.tolist())
    assert any(np.all(one.funds["status"] == 0) for one in random_runs())


def test_twice_is_the_same() -> None:
    assert evidence() == evidence()


def test_interpreted_and_compiled_give_equal_bytes() -> None:
    assert evidence_under(NUMBA_DISABLE_JIT="1") == evidence()


@pytest.mark.slow
def test_plain_numba_gives_equal_bytes() -> None:
    """Without the accelerator everything compiles in two and a half minutes; the cache keeps it."""
    assert evidence_under(BASIS_STRESS_PLAIN_NUMBA="1") == evidence()


@pytest.mark.slow
def test_bounds_checked_and_compiled_give_equal_bytes() -> None:
    """No kernel reads or writes outside its rows; everything compiles once more."""
    assert evidence_under(NUMBA_BOUNDSCHECK="1") == evidence()


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_byte(threads: int) -> None:
    if threads > settings.NUMBA_NUM_THREADS:
        pytest.skip("this machine has one core")
    set_threads(threads)
    for seed in SEEDS:
        alone = [run(setup) for setup in siblings(seed)]
        assert digest(run_all(siblings(seed), parallel=True)) == digest(alone)
        assert digest(run_all(siblings(seed), parallel=False)) == digest(alone)


if __name__ == "__main__":
    print(evidence())
