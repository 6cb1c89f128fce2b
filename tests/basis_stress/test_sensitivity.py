"""What moving each parameter does, as a table and as a figure."""

from pathlib import Path

from click.testing import CliRunner

from basis_stress.cli.main import group
from basis_stress.validation.sensitivity import sensitivity
from basis_stress.validation.tornado_figure import tornado


def test_at_most_eight_parameters_each_with_unit_origin_and_range() -> None:
    table = sensitivity()
    assert len(table) == 8
    assert (table["low"] < table["high"]).all()
    assert table["low"].le(table["value"]).all()
    assert table["value"].le(table["high"]).all()
    assert table[["unit", "origin"]].map(bool).all(axis=None)
    steeper = table.loc["slope"]
    assert steeper["march_high"] < table.attrs["march"] < steeper["march_low"]
    assert tornado(table) == tornado(table)
    assert "<svg" in tornado(table)


def test_validate_writes_its_table_its_ablations_and_the_tornado(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["validate", "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "22 yes, 4 no" in done.output
    names = {"validation.md", "validation.parquet", "ablations.parquet", "sensitivity.parquet", "tornado.svg"}
    assert {path.name for path in tmp_path.iterdir()} == names
