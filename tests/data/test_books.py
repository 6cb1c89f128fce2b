"""A user's own book: two tables in any order, as CSV, Parquet or DataFrame."""

from pathlib import Path

import pandas as pd
import pytest

from basis_data.markets.books import held_in, read_book
from basis_data.scenarios.scenario import scenario
from basis_engine.base.errors import InputError

POSITIONS = "fund,contract,contracts,haircut,desk\nB,ZN,-20,0.01,rates\nA,ZT,-40,,west\nB,FV,-30,0.02,rates\n"
FUNDS = "fund,equity_usd,unwind\nB,2e6,hold\nA,1e6,\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    positions, funds = tmp_path / "positions.csv", tmp_path / "funds.csv"
    positions.write_text(POSITIONS)
    funds.write_text(FUNDS)
    return positions, funds


def test_globex_codes_labels_and_blanks(files: tuple[Path, Path]) -> None:
    book = read_book(*files)
    assert book.codes == ("TU", "FV", "TY")
    assert book.labels == ["desk"]
    assert book.positions["contract"].tolist() == ["FV", "TY", "TU"]  # the funds' order, then tenor
    assert book.positions["term_days"].tolist() == [90, 90, 90]
    assert book.funds["unwind"].tolist() == ["hold", "cure"]


def test_neither_order_nor_kind_of_file_matters(files: tuple[Path, Path], tmp_path: Path) -> None:
    csv = read_book(*files)
    table = pd.read_csv(files[0])
    table.iloc[::-1].to_parquet(tmp_path / "positions.parquet")
    for given in (table, table.sample(frac=1, random_state=3), tmp_path / "positions.parquet"):
        found = read_book(given, pd.read_csv(files[1]))
        pd.testing.assert_frame_equal(
            found.positions.reset_index(drop=True), csv.positions.reset_index(drop=True), check_like=True
        )


def test_a_fund_may_stand_on_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "macro.csv"
    path.write_text("contract,contracts,equity_usd,credit_line_usd\nTY,-20,,5\nFV,-30,2e9,\n")
    book = read_book(path)
    assert book.funds.index.tolist() == ["macro"]
    assert book.funds.loc["macro", ["equity_usd", "credit_line_usd"]].tolist() == [2e9, 5.0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("contract,contracts\nTY,-20\n", "fund 'book' has no equity; give --equity"),
        ("contract,contracts,equity_usd\nZQ,-20,1e6\n", r"row 2, column contract: 'ZQ' given, allowed are TU"),
        ("contract,contracts,equity_usd\nTY,,1e6\n", "row 2, contracts: and face_usd are both blank"),
        ("contract,contracts,equity_usd\nTY,0,1e6\n", "row 2, contracts: 0 given with no face_usd"),
        ("contract,contracts,equity_usd,haircuts\nTY,-1,1e6,0\n", "column 'haircuts' is close to 'haircut'"),
        ("contract,contracts,equity_usd\nTY,-1,1e6\nFV,-1,2e6\n", "column equity_usd: fund 'book' has 2 values"),
        ("contract,contracts,equity_usd,coupon_pct\nTY,-1,1e6,4\n", "coupon_pct: and maturity name a note together"),
        ("contract,contracts,equity_usd,delivery_month\nTY,-1,1e6,2025-05\n", "delivery_month: allowed are March"),
        (
            "contract,contracts,equity_usd,haircut\nTY,-1,1e6,2\n",
            "row 2, column haircut: '2' given, allowed is",
        ),
        ("contract,contracts,equity_usd\nTY,nan,1e6\n", "row 2, column contracts: 'nan' given"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "book.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_book(path)


def test_the_delivery_month_of_a_book() -> None:
    def book(*months: str) -> pd.DataFrame:
        return pd.DataFrame({"contract": "TY", "contracts": -20, "delivery_month": months, "equity_usd": 1e6})

    april = scenario("april-2025")
    assert held_in(read_book(book("2025-06")), april)[1] == ()
    assert held_in(read_book(book("2025-09")), april)[0].delivery_month == "2025-09"
    mapped, remarks = held_in(read_book(book("2026-06")), april)
    assert mapped.delivery_month is None
    assert "held in 2025-06" in remarks[0]
    assert held_in(read_book(book("2025-06", "2025-09")), april)[0].contracts == ("TY 2025-06", "TY 2025-09")
    mapped, remarks = held_in(read_book(book("2026-06", "2026-12")), april)
    assert mapped.contracts == ("TY 2025-06", "TY 2025-12")
    assert "held in 2025-06, 2025-12" in remarks[0]
    assert held_in(read_book(book("2025-09", "")), april)[0].contracts == ("TY 2025-06", "TY 2025-09")
    with pytest.raises(InputError, match="2025-06 and 2027-12 given, allowed are months at most 3 quarters apart"):
        held_in(read_book(book("2025-06", "2027-12")), april)


def test_heads_in_other_letters_and_files_of_another_country(tmp_path: Path) -> None:
    path = tmp_path / "desk.csv"
    path.write_text("Contract,Contracts,Face USD,Equity_USD,Trader\nTY,-20,,1e6,joe\n")
    book = read_book(path)
    assert (book.positions["contracts"].tolist(), book.labels) == ([-20.0], ["Trader"])
    path.write_text("contract;contracts;haircut\nTY;-20;0,01\n")
    with pytest.raises(InputError, match="separated by semicolons; separate cells by commas"):
        read_book(path)
    path.write_text('contract,contracts,haircut\nTY,-20,"0,01"\n')
    with pytest.raises(InputError, match="'0,01' given, a plain number is needed, such as"):
        read_book(path)
