"""The report: one file, equal bytes, figures that show something, sentences that agree with the tables."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_engine.base.errors import InputError
from basis_stress.reporting import figure_style as figures_style
from basis_stress.reporting import formatting
from basis_stress.reporting.files import save
from basis_stress.single_book import captions, sentences, views
from basis_stress.single_book import figures as figures
from basis_stress.single_book import page as report
from basis_stress.single_book import text_tables as tables
from support.sample_result import a_default, many_funds, one_fund


@pytest.fixture(params=[one_fund, a_default, many_funds], ids=lambda build: build.__name__)
def result(request):
    return request.param()


def test_report_is_self_contained_small_and_deterministic(result):
    page = whole = report.render(result)
    scripts = re.findall(r"<script[^>]*>", page)
    assert scripts == ["<script>", *2 * ['<script type="module">']]  # inline: charts, what draws them, sorting
    page = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    loads = re.findall(r"""(?:src|href|url|srcset|data)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert loads
    assert all(target.startswith("data:image/svg+xml;base64,") for target in loads)
    assert not re.search(r"<(script|link|iframe|object|embed)\b|@import", page)
    for encoded in re.findall(r"base64,([A-Za-z0-9+/=]+)", page):
        drawing = base64.b64decode(encoded).decode()
        assert not re.search(r'href="(?!#)', drawing)
    assert len(page) < 1_500_000
    assert len(report.render(result)) == len(whole) < 2_300_000
    assert whole == report.render(result)


def test_every_section_is_there(result):
    page = report.render(result)
    for name in ("summary", "figures", "daily", "settings", "assumptions", "events-log"):
        assert f'id="{name}"' in page
    for sentence in (sentences.headline(result), result.assumptions[0], "Source: CME Group", "Terms of Use posted"):
        assert sentence in page


def test_text_is_escaped():
    result = one_fund()
    result.settings["note"] = "<script>alert(1)</script>"
    assert "<script>alert" not in report.render(result)


def test_every_figure_shows_data_and_has_a_caption(result):
    with figures_style.style():
        for _, _, draw, caption in figures.FIGURES:
            panels = draw(result).axes
            assert panels
            assert all(panel.has_data() for panel in panels)
            assert caption(result).endswith(".")
            assert "nan" not in caption(result)


def test_report_is_written_whole(tmp_path):
    target = save(report.render(one_fund()), tmp_path / "new" / "report.html", "report")
    assert target.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_unwritable_report_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="is a folder"):
        save(report.render(one_fund()), tmp_path, "report")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        save(report.render(one_fund()), tmp_path / "file" / "report.html", "report")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        save(report.render(one_fund()), tmp_path / "report.html", "report")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_daily_cash_lines_add_up_to_the_change_in_cash(result):
    table, lines = views.daily(result), views.cash_by_day(result)
    parts = table[["variation_margin", "initial_margin", "repo", "carry", "other"]].sum(axis=1)
    np.testing.assert_allclose(parts, table["net"], rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(table["net"], lines.sum(axis=1), rtol=1e-12, atol=1e-6)


def test_calls_by_leg_and_by_contract_agree(result):
    np.testing.assert_allclose(
        views.calls_by_leg(result).sum(axis=1), views.calls_by_contract(result).sum(axis=1), rtol=1e-9, atol=1e-6
    )


def test_daily_table_is_aligned_and_fits_a_terminal(result):
    lines = tables.daily_table(result).splitlines()
    body = [line for line in lines if line.startswith("2025-")]
    assert len(body) == len(result.yields_pct)
    assert max(map(len, lines)) <= 110
    assert len({re.search(r"lev", lines[0]).end()} | {len(line[: lines[0].index("lev") + 3]) for line in body}) == 1


def test_summary_names_every_large_fund(result):
    text = tables.summary_lines(result)
    assert sentences.headline(result) in text
    assert "nan" not in text
    for fund in list(result.summary.index[:10]) if len(result.summary) > 1 else []:
        assert fund in text


def test_headline_of_a_survivor_and_of_a_default():
    survived = sentences.headline(one_fund())
    assert survived.startswith("A 50x TY basis book was called and survived April 2025: it paid $")
    assert " back by 14 April" in survived
    failed = sentences.headline(a_default())
    assert "became illiquid in April 2025" in failed
    assert "at 09:00 New York it missed a call of" in failed
    assert failed.index("missed a call") < failed.index("variation margin")
    assert re.search(r"\(\d+ survived, .*\): ", sentences.headline(many_funds()))


def test_squeeze_finds_the_heaviest_days_and_the_recovery():
    days = pd.date_range("2025-04-01", periods=6)
    found = sentences.worst_margin_call(pd.Series([1.0, -3.0, -2.5, 1.0, 2.0, -1.0], index=days))
    assert (found.dates, found.paid) == ([days[1], days[2]], 5.5)
    assert (found.returned_by, found.returned) == (days[4], 3.0)
    assert sentences.worst_margin_call(pd.Series([0.0, 1.0], index=days[:2])) is None
    last = sentences.worst_margin_call(pd.Series([1.0, -1.0], index=days[:2]))
    assert (last.dates, last.paid, last.returned) == ([days[1]], 1.0, 0.0)


def test_days_are_joined_as_spoken():
    assert formatting.days("2025-04-03", "2025-04-04") == "3–4 April"
    assert formatting.days("2025-04-04", "2025-04-07") == "4 and 7 April"
    assert formatting.days("2025-03-31", "2025-04-01") == "31 March–1 April"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0"),
        (999.6e6, "$1.00bn"),
        (-45.61e6, "−$45.6m"),
        (802e9, "$802bn"),
        (12.3, "$12"),
        (1234, "$1.23k"),
        (float("nan"), "–"),
    ],
)
def test_money_is_said_in_three_figures(amount, text):
    assert formatting.usd(amount) == text


def test_caption_of_a_loss_says_loss():
    assert captions.attribution(a_default()).startswith("Of a loss of $")


def test_summary_of_an_odd_number_of_facts_prints_every_one(monkeypatch):
    heads, (cells,) = tables.summary_cells(one_fund())
    kept = len(heads) - len(heads) % 2  # the first head is the fund
    monkeypatch.setattr(tables, "summary_cells", lambda _: (heads[:kept], [cells[:kept]]))
    assert all(f"{head} ." in tables.summary_lines(one_fund()) for head in heads[1:kept])


DRAWN = """
import sys
from basis_stress.reporting import figure_imports
figure_imports.COMMAND_LINE = sys.argv[1] == "command"
figure_imports.import_matplotlib()
from matplotlib.collections import Collection
from matplotlib.projections import get_projection_names
print("3d" in get_projection_names(), len(Collection.set.__doc__) > 1000)
"""


@pytest.mark.parametrize(("process", "printed"), [("command", "False False"), ("python", "True True")])
def test_a_command_does_not_import_what_only_python_users_need_of_matplotlib(process, printed):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRAWN, process], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(printed)
