"""Ensembles: equal seeds give equal draws, quantiles are in order, the fan is drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from basis_data.markets.parameters import parameters
from basis_engine.base.errors import InputError
from basis_stress.cli.main import group
from basis_stress.validation.ensemble import QUANTILES, ensemble


def test_equal_seeds_give_equal_members() -> None:
    one, same, other = ensemble("april-2025", 6, 3), ensemble("april-2025", 6, 3), ensemble("april-2025", 6, 4)
    pd.testing.assert_frame_equal(one.shorts, same.shorts)
    pd.testing.assert_frame_equal(one.members, same.members)
    assert not one.members.equals(other.members)
    more = ensemble("april-2025", 8, 3)  # more members leave those drawn before as they are
    pd.testing.assert_frame_equal(one.shorts, more.shorts[list(range(6))])


def test_members_lie_inside_the_intervals_and_quantiles_in_order() -> None:
    drawn = ensemble("march-2020", 12)
    for row in drawn.members.itertuples():
        for name, (low, high) in parameters().fit(float(row.capacity_multiple)).intervals.items():
            assert low <= getattr(row, name) <= high
    quantiles = drawn.quantiles(drawn.shorts)
    assert list(quantiles) == list(QUANTILES)
    assert np.all(np.diff(quantiles.to_numpy(), axis=1) >= 0.0)
    assert quantiles.iloc[-1, 0] < -5.0


def test_the_command_writes_paths_and_a_fan(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["ensemble", "april-2025", "--members", "4", "--out", str(tmp_path)])
    assert done.exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"shorts.parquet", "balance_sheet_spread.parquet", "members.parquet", "fan.svg"}
    assert "<svg" in (tmp_path / "fan.svg").read_text()


def test_one_member_is_refused() -> None:
    with pytest.raises(InputError, match="members: 1 given, allowed are 2 to"):
        ensemble("april-2025", 1)
