"""The page of a sweep and its commands: one file, equal bytes, every outcome named, mistakes in one sentence."""

import base64
import re

import numpy as np
import pytest

import basis_stress as bs
from basis_stress.cli.main import main
from basis_stress.reporting.outcomes import OUTCOMES, label
from basis_stress.sweeps import outcome_map_figure as figures_sweep
from basis_stress.sweeps import page as sweep_report
from basis_stress.sweeps.maps import OutcomeMap

AXES = {"leverage": "20:95:5", "haircut": "0,0.01,0.02", "margin_multiple": "1,1.5"}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return bs.sweep(["april-2025", "march-2020"], out=tmp_path_factory.mktemp("page") / "sweep", **AXES)


def run(*arguments):
    """Run a command that is to succeed."""
    with pytest.raises(SystemExit) as left:
        main(list(map(str, arguments)))
    assert left.value.code == 0


def drawn(page):
    """Names of the figures of a page."""
    return re.findall(r'<figure id="(\w[\w-]*)">', page)


def test_page_is_self_contained_and_deterministic(found):
    page = sweep_report.render(found, None, None, {}, None)
    assert page == sweep_report.render(found, None, None, {}, None)
    loads = re.findall(r"""(?:src|href|url|srcset|data)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert loads
    assert all(target.startswith("data:image/svg+xml;base64,") for target in loads)
    assert len(page) < 1_500_000
    assert drawn(page)[:3] == ["map", "break-even", "return"]
    assert "variance-worst_day" in drawn(page)
    assert found.manifest["code"] in page
    for encoded in re.findall(r"base64,([A-Za-z0-9+/=]+)", page):
        assert "nan" not in re.sub(r"<path[^>]*>", "", base64.b64decode(encoded).decode())


def test_page_of_very_many_cells_holds_the_map_alone(found, monkeypatch):
    monkeypatch.setattr(sweep_report, "_MOST_CELLS", 100)
    page = sweep_report.render(found, None, None, {}, None)
    assert drawn(page) == ["map"]
    assert "use `bs.read_sweep`" in page


def test_page_beside_another_sweep(found, tmp_path):
    calm = bs.sweep("april-2025", out=tmp_path / "calm", leverage="20:90:10", haircut="0,0.01")
    hard = bs.sweep("april-2025", out=tmp_path / "hard", leverage="20:90:10", haircut="0,0.01", margin_multiple=2)
    page = calm.report(tmp_path / "page.html", against=hard).read_text()
    worse = calm.compare(hard)["worse"].sum()
    assert f"Of 16 cells that both ran, {worse} have a worse outcome in hard than in calm" in page


def test_page_of_indices_says_alone_and_with_interactions(tmp_path):
    made = {"design": "saltelli:64", "leverage": "10:30", "haircut": "0:0.01"}
    page = sweep_report.render(bs.sweep("april-2025", out=tmp_path / "sobol", **made), None, None, {}, None)
    assert {"sobol-return", "sobol-worst_day"} <= set(drawn(page))
    assert "95% bootstrap intervals" in page
    assert "count as 0" not in page
    assert re.search(r"Most comes from leverage: \d+% alone, \d+% with its interactions", page)
    wide = {"design": "saltelli:64", "leverage": "10:400", "haircut": "0:0.01"}
    some = bs.sweep("april-2025", out=tmp_path / "wide", **wide)
    page = sweep_report.render(some, None, None, {}, None)
    assert (
        f"{some.outcome_counts()['not_entered'].sum():,} books that cannot enter stayed in cash and count as 0" in page
    )


def test_page_says_where_the_basis_keeps_its_price(tmp_path):
    axes = {"leverage": "20,30", "haircut": "0,0.01"}
    both = bs.sweep(["april-2025", "april-2025-basis"], out=tmp_path / "both", **axes)
    page = sweep_report.render(both, None, None, {}, None)
    assert "In April 2025 notes keep their model price against futures" in page
    stated = bs.sweep("april-2025-basis", out=tmp_path / "stated", **axes)
    assert "notes keep their model price" not in sweep_report.render(stated, None, None, {}, None)


def test_page_says_what_margin_lets_enter(tmp_path):
    """By hand: the most leverage that entered at no haircut, which margins of 2020 let be much higher."""
    both = bs.sweep(["april-2025", "march-2020"], out=tmp_path / "both", leverage="20:130:1", haircut="0,0.01")
    page = sweep_report.render(both, None, None, {}, None)
    table = both.table(["scenario", "leverage", "haircut", "outcome"])
    at = table[(table["haircut"] == 0) & (table["outcome"] != "not_entered")].groupby("scenario", observed=True)[
        "leverage"
    ]
    april, march = at.max()["april-2025"], at.max()["march-2020"]
    assert march > 1.5 * april
    assert f"initial margin alone allows at most {april:.0f}x in April 2025 and {march:.0f}x in March 2020" in page


def test_a_map_of_one_fate_is_not_drawn(tmp_path):
    calm = bs.sweep("april-2025", out=tmp_path / "calm", leverage="2,3", haircut="0,0.01")
    assert "map" not in drawn(sweep_report.render(calm, None, None, {}, None))


def test_page_of_a_single_axis_and_of_a_market(tmp_path):
    alone = bs.sweep("april-2025", out=tmp_path / "alone", leverage="20:60:10")
    assert drawn(sweep_report.render(alone, None, None, {}, None))[0] == "return"
    market = bs.sweep("april-2025", market=True, out=tmp_path / "market", era_leverage="15,30", capacity_usd_bn="60,90")
    assert drawn(sweep_report.render(market, None, None, {}, None))[0] == "shorts_change"


@pytest.mark.parametrize("seed", range(5))
def test_every_fate_on_a_map_is_named_once(seed):
    """Bands of random width, some a single cell: inside or beside, each outcome's name is in the picture."""
    random = np.random.default_rng(seed)
    size = random.integers(5, 60, 2)
    cuts = np.sort(random.integers(0, size.sum(), 4))
    place = np.add.outer(np.arange(size[0]), np.arange(size[1]))
    outcome = np.searchsorted(cuts, place, side="right").astype(np.int8)
    one = OutcomeMap(
        "x", "leverage", "haircut", np.linspace(10, 99, size[1]), np.linspace(0, 0.02, size[0]), outcome,
        np.full(outcome.shape, "variation margin", object), (),
    )  # fmt: skip
    names = []
    whole = figures_sweep._label

    def spy(axes, one, outcome, taken):
        names.append(OUTCOMES[outcome])
        before = len(axes.texts)
        whole(axes, one, outcome, taken)
        assert len(axes.texts) == before + 1
        assert axes.texts[-1].get_text().startswith(label(OUTCOMES[outcome]))

    figures_sweep._label = spy
    try:
        figures_sweep.outcome_maps([one], ["test"])
    finally:
        figures_sweep._label = whole
    assert sorted(names) == sorted({OUTCOMES[int(k)] for k in np.unique(outcome)})


def test_the_command_sweeps_tells_and_goes_on(tmp_path, capsys):
    command = ["sweep", "april-2025", "--leverage", "20:90:10", "--haircut", "0,0.01", "--out", str(tmp_path / "a")]
    run(*command)
    out = capsys.readouterr().out
    assert "april-2025, 16 books: " in out
    assert f"dataset: {tmp_path / 'a'}" in out
    assert (tmp_path / "a.html").read_text().rstrip().endswith("</html>")
    run(*command, "--no-report")
    again = capsys.readouterr()
    assert "16 of 16 cells were done before" in again.err
    run("sweep-report", tmp_path / "a", "--x", "haircut", "--y", "leverage", "--out", tmp_path / "b.html")
    assert f"report: {tmp_path / 'b.html'}" in capsys.readouterr().out
    assert bs.read_sweep(tmp_path / "a").size == 16


def test_the_command_sweeps_markets_by_named_axes(tmp_path, capsys):
    run("sweep", "april-2025", "--market", "--axis", "era-leverage=15,30", "--out", tmp_path / "m", "--no-report")
    assert "2 markets over era_leverage." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "april-2025", "--leverage", "10:5:1"], "sweep, leverage: '10:5:1' is empty"),
        (["sweep", "april-2025"], "nothing varies"),
        (["sweep", "april", "--leverage", "10,20"], "did you mean 'april-2025'"),
        (["sweep", "april-2025", "--axis", "leverage"], "allowed is NAME=VALUE"),
        (["sweep", "april-2025", "--axis", "kinks=1,2"], "kinks: unknown axis"),
        (["sweep-report", "no-such-folder"], "holds no sweep"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_sentence(arguments, sentence, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    error = capsys.readouterr().err
    assert left.value.code == 2
    assert error.count("\n") == 1
    assert sentence in error


def test_help_teaches_by_example(capsys):
    for command in ("sweep", "sweep-report"):
        run(command, "--help")
        told = capsys.readouterr().out
        assert f"basis-stress {command} " in told.split("Examples:")[1]
