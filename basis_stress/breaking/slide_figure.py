"""One slide of a book: positions, three scenarios side by side, what breaks it, cash of the next five mornings."""

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint
from basis_stress.breaking.every_lever import LeverTable, every_lever
from basis_stress.front_door.backtest import backtest
from basis_stress.reporting import formatting
from basis_stress.reporting.colours import OUTCOME, ink_on
from basis_stress.reporting.figure_style import GREY, INK, PALE, style
from basis_stress.reporting.files import save
from basis_stress.reporting.outcomes import condition, label, name_of
from basis_stress.single_book import sentences, views
from basis_stress.single_book.result import Result

OTHER = "march-2020-basis"
"""The scenario beside the one given; April 2025 if that is this one."""
MORNINGS, MOST_POSITIONS, LETTERS = 5, 7, "ABC"
_LINE = 0.092


def slide(
    path: str | Path,
    scenario: str | Path | Scenario = "april-2025",
    until: str = "forced_sale",
    *,
    as_of: str | None = None,
    contract: str | Sequence[str] | None = None,
    **options: Any,
) -> list[Path]:
    """Draw one slide of a book, and write it as PNG and PDF.

    The scenarios are the one given, March 2020 with its basis on the same day's curve, and the one given with every
    move of yields doubled.

    Parameters
    ----------
    path
        File to write; ``slide.png`` also writes ``slide.pdf``.
    until
        What counts as broken, as in `breaking_point`.
    as_of, contract, **options
        As in `backtest`: terms, or ``book`` with ``funds`` or ``equity`` and of several funds the name of one as
        ``fund``, and ``execution``.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong, or if the book has several funds and none is named.
    """
    given = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    first = backtest(given, contract=contract, as_of=as_of, **options)
    if len(first.summary) > 1:
        raise InputError(f"slide: the book has {len(first.summary)} funds; a slide shows one, name it with fund")
    other = load_scenario("april-2025" if given.name == OTHER else OTHER)
    day = as_of or str(first.scenario.start)
    names = [_short(given), _short(other), f"{_short(given)}, yields × 2"]
    runs: list[Result | str] = [first]
    for chosen, on in ((other, day), (given.scaled(2.0), as_of)):
        try:
            runs.append(backtest(chosen, contract=contract, as_of=on, **options))
        except InputError as refused:
            runs.append(str(refused))
    broken = every_lever(given, until, contract=contract, as_of=as_of, **options)
    with style():
        figure = _draw(first, dict(zip(names, runs, strict=True)), broken)
        files = {}
        for kind, metadata in (("png", {"Software": None}), ("pdf", {"CreationDate": None, "Producer": None})):
            content = io.BytesIO()
            figure.savefig(content, format=kind, dpi=150, metadata=metadata)
            files[kind] = content.getvalue()
    return [save(content, Path(path).with_suffix(f".{kind}"), "slide") for kind, content in files.items()]


def _draw(first: Result, runs: dict[str, Result | str], broken: LeverTable) -> Figure:
    """Four panels under the name of the book."""
    figure = Figure(figsize=(13.333, 7.5))
    FigureCanvasAgg(figure)
    row = first.summary.iloc[0]
    figure.text(0.03, 0.945, sentences.book_name(first), fontsize=17, weight="bold", color=INK)
    equity, cash = (
        formatting.usd(row["equity_start_usd"]),
        formatting.usd(float(views.funds_by_day(first)["cash"].iloc[0])),
    )
    about = f"equity {equity}, of which {cash} cash after margin and haircuts; entered {first.scenario.start:%-d %B %Y}"
    figure.text(0.03, 0.91, about, fontsize=11, color=INK)
    places = ((0.03, 0.50, 0.40, 0.37), (0.46, 0.50, 0.51, 0.37), (0.03, 0.05, 0.40, 0.39), (0.46, 0.05, 0.51, 0.39))
    axes = [figure.add_axes(place) for place in places]
    _positions(axes[0], first)
    _scenarios(axes[1], runs)
    _breaks(axes[2], broken)
    _ladder(axes[3], runs)
    figure.text(
        0.03, 0.018, f"A model's result, not a forecast. Outflows negative; New York time. {first.settings['data']}",
        fontsize=8, color=GREY,
    )  # fmt: skip
    return figure


def _table(axes: Axes, title: str, rows: list[list[str]], places: Sequence[float], left: int = 1) -> float:
    """Write a table with its head; the first ``left`` columns begin at their place, others end there. The last line."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.text(0, 1.0, title, fontsize=11.5, weight="bold", color=INK, va="top")
    y = 0.86
    for number, row in enumerate(rows):
        for column, (cell, place) in enumerate(zip(row, places, strict=True)):
            ground = next((name for name in OUTCOME if label(name) == cell), None) if number else None
            box = {"facecolor": OUTCOME[ground].light, "edgecolor": "none", "pad": 2} if ground else None
            axes.text(
                place, y, cell, fontsize=9.5, va="center", ha="left" if column < left else "right",
                color=ink_on(OUTCOME[ground].light) if ground else GREY if not number else INK, bbox=box,
            )  # fmt: skip
        y -= _LINE
        axes.plot([0, 1], [y + _LINE / 2] * 2, color=PALE if number else GREY, lw=0.7)
    return y


def _positions(axes: Axes, result: Result) -> None:
    """The positions at entry, the largest first."""
    table = result.positions[result.positions["date"] == result.positions["date"].min()]
    table = table.sort_values("face_usd", key=lambda face: face.abs(), ascending=False, kind="stable")
    rows = [["contract", "note", "contracts", "face", "futures", "clean"]]
    for row in table.head(MOST_POSITIONS).to_dict("records"):
        number = f"{row['contracts']:,.0f}".replace("-", "−")
        prices = [f"{row['futures_price']:.3f}", f"{row['clean_price']:.3f}"]
        rows.append([str(row["contract"]), str(row["cusip"]), number, formatting.usd(row["face_usd"]), *prices])
    y = _table(axes, "Position", rows, (0, 0.14, 0.5, 0.66, 0.83, 1.0), left=2)
    more = f"and {len(table) - MOST_POSITIONS} smaller ones; " if len(table) > MOST_POSITIONS else ""
    repo, term, margin = (
        formatting.usd(float(table[name].sum())) for name in ("repo_owed_usd", "term_usd", "initial_margin_usd")
    )
    text = f"{more}repo owed {repo}, of which term {term}; initial margin {margin}"
    axes.text(0, y, text, fontsize=9, color=GREY, va="center")


def _scenarios(axes: Axes, runs: dict[str, Result | str]) -> None:
    """The scenarios side by side."""
    heads = "scenario, outcome, return, same equity in cash, largest call, lowest cash, first constraint, day of it"
    columns = [["", *heads.split(", ")]]
    for letter, (name, run) in zip(LETTERS, runs.items(), strict=True):
        facts = _column(run) if isinstance(run, Result) else ["cannot be run", *["–"] * 6]
        columns.append([letter, name, *facts])
    rows = [list(row) for row in zip(*columns, strict=True)]
    y = _table(axes, "Three scenarios, the same book", rows, (0, 0.42, 0.72, 1.0))
    for refused in (f"{name}: {run}" for name, run in runs.items() if isinstance(run, str)):
        axes.text(0, y, textwrap.fill(refused, 105), fontsize=8, color=GREY, va="top")


def _column(result: Result) -> list[str]:
    """The facts of a scenario."""
    row, outcome = result.summary.iloc[0], result.run.outcomes[0]
    constraint = Constraint(int(outcome["constraint"]))
    days = [int(outcome[name]) for name in ("default_day", "first_order_day", "first_call_day") if outcome[name] >= 0]
    return [
        label(str(row["outcome"])),
        formatting.percent(row["return"], 1, signed=True),
        formatting.percent(row["cash_return"], 1, signed=True),
        formatting.usd(row["largest_call_usd"]),
        formatting.usd(row["lowest_cash_usd"]),
        label(name_of(constraint)),
        formatting.day(views.business_days(result)[days[0]]) if days else "–",
    ]


def _short(scenario: Scenario) -> str:
    """Name of a scenario that fits a column."""
    title = scenario.title.partition(":")[0].removesuffix(" as published")
    return textwrap.shorten(title, 26, placeholder=" …") if title else scenario.name[:26]


def _breaks(axes: Axes, broken: LeverTable) -> None:
    """Each lever, the worst pair and the nearest joint shock."""
    rows = [["lever, each alone", "breaks at", "first constraint", "day"]]
    for row in broken.table.to_dict("records"):
        found = pd.notna(row["breaks_at"])
        facts = [label(str(row["constraint"])), formatting.day(row["day"])] if found else ["–", "–"]
        rows.append([str(row["lever"]), str(row["described"]), *facts])
    title = f"What breaks it: {condition(broken.until)} in A"
    y = _table(axes, title, rows, (0, 0.53, 0.82, 1.0))
    text = "\n".join(textwrap.fill(line, 88) for line in str(broken).splitlines()[-2:])
    axes.text(0, y + 0.02, text, fontsize=8.5, color=INK, va="top", linespacing=1.35)


def _ladder(axes: Axes, runs: dict[str, Result | str]) -> None:
    """Cash of the first five mornings in the first scenario, and the closing cash in the others."""
    letters = [letter for letter, run in zip(LETTERS, runs.values(), strict=True) if isinstance(run, Result)]
    done = [run for run in runs.values() if isinstance(run, Result)]
    lines = [views.cash_by_day(run).iloc[: MORNINGS + 1] for run in done]
    closing = [line.sum(axis=1).cumsum() for line in lines]
    main = lines[0]
    parts = {
        "variation": main["variation_margin"],
        "initial": main["initial_margin"],
        "repo": main[["repo_remargin", "haircut", "repo_not_rolled"]].sum(axis=1),
    }
    parts["other"] = main.sum(axis=1) - sum(parts.values())
    rows = [["morning", "opening", *parts, *(f"closing {letter}" for letter in letters)]]
    for at in range(1, len(main)):
        flows = [formatting.usd(float(part.iloc[at]), signed=True) for part in parts.values()]
        amounts = [formatting.usd(float(one.iloc[at])) if at < len(one) else "–" for one in closing]
        opening = formatting.usd(float(closing[0].iloc[at - 1]))
        rows.append([f"{main.index[at]:%a} {formatting.day(main.index[at])}", opening, *flows, *amounts])
    places = (0, 0.25, 0.36, 0.435, 0.545, 0.655, 0.775, 0.89, 1.0)[: len(rows[0])]
    y = _table(axes, f"Cash of the next five mornings in A, {next(iter(runs))}", rows, places)
    text = (
        "variation, initial: margin of the futures. repo: re-margin, haircuts and repo not rolled. other: carry, "
        "sales, credit and the rest. Closing cash of B and C is after the same number of mornings."
    )
    axes.text(0, y + 0.02, textwrap.fill(text, 118), fontsize=8.5, color=GREY, va="top", linespacing=1.35)
