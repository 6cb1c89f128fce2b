"""What moving each parameter does, as a table and as a figure."""

from pathlib import Path

import pandas as pd
from click.testing import CliRunner

from basis_data.tables.reader import read
from basis_stress.cli.main import group
from basis_stress.validation.figures import tornado
from basis_stress.validation.sensitivity import sensitivity
from basis_stress.validation.validate import headline


def test_at_most_eight_parameters_each_with_unit_origin_and_range() -> None:
    table = sensitivity()
    assert len(table) == 8
    assert (table["low"] < table["high"]).all()
    assert table["low"].le(table["value"]).all()
    assert table["value"].le(table["high"]).all()
    assert table[["unit", "origin"]].map(bool).all(axis=None)
    steeper = table.loc["slope"]
    assert steeper["march_high"] < table.attrs["march"] < steeper["march_low"]
    drawn = tornado(table)
    assert drawn == tornado(table.iloc[::-1])  # rows are ordered by the width of their effect, not by their place
    assert drawn != tornado(table.assign(march_high=table["march_high"] + 1.0))


def test_validate_writes_its_tables_and_its_page(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["validate", "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    written = pd.read_parquet(tmp_path / "validation.parquet")
    assert headline(written) in done.output.splitlines()
    assert len(written) == len(read("targets"))
    names = {"validation.md", "validation.parquet", "ablations.parquet", "sensitivity.parquet", "validation.html"}
    assert {path.name for path in tmp_path.iterdir()} == names
