"""The slide of a book: both files, its numbers those of backtests, equal bytes, one fund only."""

from pathlib import Path
from typing import Any

import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_stress.breaking import slide_figure as module
from basis_stress.cli.main import main
from basis_stress.reporting import formatting


@pytest.mark.slow
def test_the_slide_shows_the_numbers_of_backtests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[str]] = []
    write = module._table

    def seen(axes: Any, title: str, rows: list[list[str]], places: Any, left: int = 1) -> float:
        drawn.extend(rows)
        return write(axes, title, rows, places, left)

    monkeypatch.setattr(module, "_table", seen)
    with pytest.raises(SystemExit) as ended:
        main(["slide", "april-2025", "--leverage", "50", "--out", str(tmp_path / "a.png")])
    assert not ended.value.code
    png, pdf = (tmp_path / f"a.{kind}" for kind in ("png", "pdf"))
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")
    same = bs.backtest("april-2025", leverage=50)
    twice = bs.backtest("april-2025", leverage=50, yield_scale=2.0)
    march = bs.backtest("march-2020-basis", leverage=50, as_of="2025-04-01")
    runs = (same, march, twice)
    cells = {row[0]: row[1:] for row in drawn}
    assert cells["lowest cash"] == [formatting.usd(run.summary["lowest_cash_usd"].iloc[0]) for run in runs]
    assert cells["return"] == [formatting.percent(run.summary["return"].iloc[0], 1, signed=True) for run in runs]
    morning = cells["Fri 4 April"]
    cash = same.cash.set_index("date").loc["2025-04-04"]
    assert morning[0] == formatting.usd(cash["opening_cash_usd"])
    assert morning[5] == formatting.usd(cash["closing_cash_usd"])
    again = bs.slide(tmp_path / "b.png", leverage=50)
    assert [file.read_bytes() for file in again] == [png.read_bytes(), pdf.read_bytes()]


def test_a_book_of_several_funds_is_refused(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("fund,contract,contracts\nOne,TY,-200\nTwo,TY,-300\n")
    funds = tmp_path / "funds.csv"
    funds.write_text("fund,equity_usd\nOne,1e7\nTwo,1e7\n")
    with pytest.raises(InputError, match="slide: the book has 2 funds"):
        bs.slide(tmp_path / "slide.png", book=book, funds=funds)
    assert not (tmp_path / "slide.png").exists()
