"""Ensembles of paths: counts by hand, equal bytes from any threads and chunks, the page, mistakes in one sentence."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_engine.base.compile import set_threads, settings
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Outcome
from basis_stress.cli.main import main
from basis_stress.ensembles import streaming
from basis_stress.ensembles.statistics import expected_shortfall, shortfall_interval, time_to, wilson

TWO_LEVERAGES: dict[str, Any] = {"paths": 300, "days": 15, "seed": 8, "leverage": [25.0, 58.0]}


@pytest.fixture(autouse=True)
def _all_threads() -> Iterator[None]:
    """Give the threads back after a test."""
    yield
    set_threads(settings.NUMBA_NUM_THREADS)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> bs.Simulation:
    return bs.simulate_paths("bootstrap", out=tmp_path_factory.mktemp("paths"), **TWO_LEVERAGES)


def test_wilson_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I: method 3 for 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (count, of), ends in published.items():
        assert np.round(np.array(wilson(np.array(count), of)), 4).tolist() == list(ends)


def test_expected_shortfall_by_hand() -> None:
    losses = np.array([4.0, -1.0, 10.0, 0.0, 2.0, 6.0, 1.0, 3.0, 5.0, 8.0])
    assert expected_shortfall(losses, 0.8) == pytest.approx((10 + 8) / 2)
    assert expected_shortfall(losses, 0.75) == pytest.approx((10 + 8 + 0.5 * 6) / 2.5)
    assert expected_shortfall(losses, 0.95) == pytest.approx(10.0)
    low, high = shortfall_interval(losses, 0.8, 0.9, seed=0)
    assert low < 9.0 <= high <= 10.0


def test_time_to_by_hand() -> None:
    table = time_to(np.array([2, -1, 0, 2, 4, -1, -1, -1]), 5)
    assert table["share"].tolist() == [1 / 8, 1 / 8, 3 / 8, 3 / 8, 4 / 8, 4 / 8]
    assert table["day"].tolist() == [0, 1, 2, 3, 4, 5]
    assert ((table["low"] < table["share"]) & (table["share"] < table["high"])).all()


def test_losses_and_curves_count_the_outcomes_on_disk(found: bs.Simulation) -> None:
    assert found.file is not None
    rows = pd.read_parquet(found.file)
    assert rows["path"].nunique() == len(found) == 300
    mine = rows[rows["leverage"] == 58.0].sort_values("path")
    losses = 1 - mine["equity"] / mine["entry_equity"]
    table = found.losses().set_index("leverage").loc[58.0]
    assert table["mean"] == pytest.approx(losses.mean(), rel=1e-12)
    assert table["q95"] == pytest.approx(losses.quantile(0.95), rel=1e-12)
    assert table["es95"] == pytest.approx(losses.nlargest(15).mean(), rel=1e-12)
    assert table["es95_low"] < table["es95"] < table["es95_high"]
    curves = found.curves().set_index(["leverage", "event", "day"])["share"]
    for event, column in (("called", "first_call_day"), ("forced_sale", "first_order_day")):
        for day in (0, 3, 9, 15):
            assert curves[58.0, event, day] == pytest.approx((mine[column] <= day).sum() / 300)
    outcomes = found.outcomes().set_index(["leverage", "outcome"])["count"]
    assert outcomes[58.0].sum() == 300
    assert outcomes[58.0, "called"] == (mine["outcome"] == "called").sum()
    assert (mine["outcome"] != "survived").any()


def test_equal_bytes_from_any_threads_and_chunks(found: bs.Simulation, tmp_path: Path, monkeypatch: Any) -> None:
    assert found.file is not None
    whole = found.file.read_bytes()
    for threads, chunk in ((1, 37), (2, 256), (1, 300)):
        again = bs.simulate_paths(
            "bootstrap", out=tmp_path / f"{threads}-{chunk}", threads=threads, chunk=chunk, **TWO_LEVERAGES
        )
        assert again.file is not None
        assert again.file.read_bytes() == whole
        assert again.losses_by_path.tobytes() == found.losses_by_path.tobytes()
    monkeypatch.setattr(streaming, "GROUP", 64)
    grouped = [
        bs.simulate_paths("bootstrap", out=tmp_path / f"g{chunk}", chunk=chunk, **TWO_LEVERAGES).file
        for chunk in (50, 300)
    ]
    assert grouped[0] is not None
    assert grouped[1] is not None
    assert grouped[0].read_bytes() == grouped[1].read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(grouped[0]), pd.read_parquet(found.file))


def test_a_run_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bs.simulate_paths("bootstrap", paths=50, days=5, out=tmp_path / "out", progress=stop)
    assert list((tmp_path / "out").iterdir()) == []


def test_more_leverage_loses_more_often(found: bs.Simulation) -> None:
    called = (found.outcome_numbers >= Outcome.CALLED).mean(axis=0)
    assert called[0] < called[1]
    assert found.settings["delivery_month"] == "2025-06"
    assert bs.simulate_paths("parallel", paths=2, days=60).settings["delivery_month"] == "2025-09"


def test_the_command_streams_outcomes_and_writes_one_page(tmp_path: Path, capsys: Any) -> None:
    arguments = ["paths", "bootstrap", "--paths", "120", "--days", "10", "--leverage", "20,58", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--haircut", "0.0005"])
    assert left.value.code == 0
    assert (
        "Of 120 bootstrap paths of 10 business days from 1 April 2025, the outcome of a 58x TY book"
        in capsys.readouterr().out
    )
    page = (tmp_path / "paths.html").read_text()
    loads = re.findall(r"""(?:src|href|url|srcset)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert len(loads) == 2
    assert all(target.startswith("data:image/svg+xml;base64,") for target in loads)
    assert len(pd.read_parquet(tmp_path / "paths.parquet")) == 240


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"generator": "bootstrp"}, "did you mean 'bootstrap'"),
        ({"paths": 0}, "paths: 0 given"),
        ({"days": 0}, "days: 0 given"),
        ({"seed": -1}, "seed: -1 given"),
        ({"leverage": []}, "leverage: [] given"),
        ({"leverage": 500.0}, "500x given"),
        ({"buffer": 0.01}, "buffer: given"),
        ({"threads": 0}, "threads: 0 given"),
        ({"chunk": 0}, "chunk: 0 given"),
        ({"settings": {"run_days": 0}}, "run_days"),
        ({"scenario": "april-2052"}, "april-2052"),
        ({"haircut": 7.0}, "haircut"),
        ({"contract": "TZ"}, "'TZ': unknown"),
    ],
)
def test_mistakes_are_one_sentence(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        bs.simulate_paths(**{"paths": 2, "days": 5, **given})
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
