"""Every result is one line in a terminal and one card in a notebook; signatures show the fields of a book."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import nbformat
import numpy as np
import pandas as pd
import pyarrow
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

import basis_stress as bs
from basis_data.tables.card import Card, as_html
from basis_strategies.terms import BookTerms, UnleveredTerms
from basis_stress.cli.main import COMMANDS, group
from basis_stress.reporting.registry import CARDS, PAGES
from support import ROOT
from support.one_of_each import one_of_each


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One small result of each kind."""
    return one_of_each(tmp_path_factory.mktemp("results"))


KINDS = [*CARDS, "Scenario", "Paths"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_is_one_line_and_one_screen(results: dict[str, Any], kind: str) -> None:
    line, card = repr(results[kind]), results[kind]._repr_html_()
    assert line.startswith(f"<{kind}")
    assert len(line) < 400
    assert "\n" not in line
    assert len(card) < 6_000
    assert card.count("<tr>") <= 14
    assert not re.search(r"<script|<link|<img|src=|href=|nan", card)


def test_every_result_with_a_page_has_a_card() -> None:
    assert set(PAGES) - {"Validation", "WeeklyTrial"} <= set(CARDS)  # these are tables already


def test_the_card_of_a_result_agrees_with_its_tables(results: dict[str, Any]) -> None:
    card = results["Result"]._repr_html_()
    row = results["Result"].summary.iloc[0]
    assert row["outcome"] in card
    assert f"${row['largest_call_usd'] / 1e6:.1f}m" in card


def test_a_card_escapes_what_users_write() -> None:
    told = bs.scenario("april-2025").but(story="<script>alert(1)</script> & more")
    assert "&lt;script&gt;" in told._repr_html_()
    assert "<script" not in told._repr_html_()


def test_a_card_is_cut_to_one_screen() -> None:
    wide = Card("many", ["x" * 5000], [str(i) for i in range(40)], [["1"] * 40] * 500)
    shown = as_html(wide)
    assert shown.count("<tr>") == 14
    assert "… and 488 more" in shown
    assert len(shown) < 15_000


@pytest.mark.parametrize(
    ("function", "terms"),
    [
        (bs.backtest, BookTerms),
        (bs.breaking_point, BookTerms),
        (bs.simulate_paths, UnleveredTerms),
        (bs.largest_leverage, UnleveredTerms),
        (bs.frontier, UnleveredTerms),
    ],
)
def test_signatures_show_the_fields_of_the_book(function: Any, terms: Any) -> None:
    shown = inspect.signature(function).parameters
    assert "haircut" in shown
    for name in get_type_hints(terms):
        assert shown[name].default == bs.CashFuturesBasis.model_fields[name].default


def test_the_typed_dictionary_is_the_model() -> None:
    fields = bs.CashFuturesBasis.model_fields
    hints = get_type_hints(BookTerms)
    assert set(hints) == set(fields)
    for name, field in fields.items():
        assert hints[name] == field.annotation, name
    assert set(hints) - set(get_type_hints(UnleveredTerms)) == {"leverage", "buffer"}


def test_an_editor_sees_a_wrong_field(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import basis_stress as bs\nbs.backtest('april-2025', levrage=50)\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), str(wrong)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert 'No overload variant of "backtest"' in done.stdout, done.stdout + done.stderr


def test_tables_are_arrow_streams(results: dict[str, Any]) -> None:
    cash = pyarrow.table(results["Result"].cash)
    assert cash.num_rows == len(results["Result"].cash)
    cells = pyarrow.table(results["Sweep"])
    assert cells.num_rows == results["Sweep"].size
    assert cells["calls"].to_pylist() == results["Sweep"].table()["calls"].tolist()


def test_grids_are_xarrays(results: dict[str, Any]) -> None:
    swept, table = results["Sweep"].to_xarray("outcome", "calls"), results["Sweep"].table()
    row = table[(table["scenario"] == "march-2020") & (table["leverage"] == 35) & (table["haircut"] == 0.01)].iloc[0]
    cell = swept.sel(scenario="march-2020", leverage=35, haircut=0.01)
    assert (str(cell.outcome.item()), cell.calls.item()) == (row["outcome"], row["calls"])
    ran = results["Simulation"]
    np.testing.assert_array_equal(ran.to_xarray().loss.sel(leverage=40), ran.losses_by_path[:, 1])
    drawn = results["Paths"]
    assert drawn.tenors[8] == "10y"
    np.testing.assert_array_equal(drawn.to_xarray().change.sel(tenor="10y"), drawn.changes[:, :, 8])


def test_a_sample_is_no_grid(tmp_path: Path) -> None:
    swept = bs.sweep("april-2025", out=tmp_path / "sample", leverage="10:60", design="lhs:8")
    with pytest.raises(bs.InputError, match="allowed is a grid"):
        swept.to_xarray()


@pytest.mark.parametrize("command", [*COMMANDS, "run LongBasis", "scenarios compare", "scenarios show"])
def test_help_opens_with_one_line(command: str) -> None:
    shown = CliRunner().invoke(group, [*command.split(), "--help"], prog_name="basis-stress", terminal_width=110)
    first, second = shown.output.splitlines()[:2]
    assert re.match(r"[A-Z].*[.?]", first), first
    assert second == "" or second.endswith("."), "the first line is longer than a line"
    assert "``" not in shown.output
    if "Example" in shown.output:
        assert shown.output.index("Example") < shown.output.index("Usage:")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("backtest april-2025-p", "april-2025-perfect-storm"),
        ("run Sw", "SwapSpread"),
        ("strategies show Long", "LongBasis"),
        ("shocks show boot", "bootstrap"),
        ("paths boot", "bootstrap"),
    ],
)
def test_a_shell_completes_names(typed: str, completed: str) -> None:
    from click.shell_completion import ShellComplete

    words = typed.split()
    found = ShellComplete(group, {}, "basis-stress", "_BASIS_STRESS_COMPLETE").get_completions(words[:-1], words[-1])
    assert completed in [item.value for item in found]


def test_the_notebook_of_the_documents_runs() -> None:
    """A fresh kernel runs every cell; the outputs are one card, no error, nothing on the error stream."""
    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "the notebook is kept without outputs"
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type in ("error", "stream")]
    cards = [output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert len(cards) >= 5
    assert all(len(card) < 12_000 for card in cards)
    assert "was called and survived April 2025" in cards[0]
    assert pd.notna(float(outputs[-1]["data"]["text/plain"]))


def test_choices_of_the_book_are_literals() -> None:
    assert "stop-out" in get_args(get_type_hints(BookTerms)["unwind"])
