"""The figure of the performance section: every way of walking a fund-day, and how time grows."""

import io
from collections.abc import Sequence
from typing import Any

from basis_stress.reporting.figure_style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, new_figure, style, svg
from benchmarks.cases_sweeps import GROUP as SWEEPS
from benchmarks.harness import Timing
from benchmarks.history import Record
from benchmarks.page import duration

RACES = ("timeline, quiet", "timeline, stressed")
CURVES = {"books": BLUE, "paths": ORANGE, "funds": GREEN, "days": PURPLE}


def performance(record: Record, as_png: bool = False) -> str | bytes:
    """Time per fund-day of every contender, on a logarithmic axis: SVG text, or PNG bytes."""
    with style():
        figure, axes = new_figure(5.2, panels=len(RACES), shared=True)
        races = [[one for one in record.timings if one.group == group] for group in RACES]
        nanoseconds = [one.median * 1e9 for timings in races for one in timings]
        for ax, group, timings in zip(axes, RACES, races, strict=True):
            _dots(ax, group, timings)
            ax.set_xscale("log")
            ax.set_xlim(min(nanoseconds) / 1.5, max(nanoseconds) * 2.5)
        axes[-1].xaxis.set_major_formatter("{x:,.0f}")
        axes[-1].set_xlabel("nanoseconds per fund-day, logarithmic; further left is faster")
        return _png(figure) if as_png else svg(figure)


def growth(record: Record, as_png: bool = False) -> str | bytes:
    """Time against size, each as a multiple of its smallest: on the dotted line growth is linear; and a cell's cost."""
    with style():
        figure, (ax, below) = new_figure(6.4, panels=2, shared=False)
        largest = 1.0
        for what, colour in CURVES.items():
            points = [one for one in record.timings if one.group == f"growth, {what}"]
            sizes = [float(one.who) / float(points[0].who) for one in points]
            ax.plot(sizes, [one.median / points[0].median for one in points], "o-", color=colour, label=what)
            largest = max(largest, *sizes)
        ax.plot([1.0, largest], [1.0, largest], ":", color=INK, linewidth=1.0, label="linear")
        ax.loglog(base=2)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter("{x:g}")
        ax.set(title="How time grows", xlabel="size, multiple of the smallest", ylabel="time, multiple of the smallest")
        ax.legend()
        _cell_costs(below, [one for one in record.timings if one.group == SWEEPS and one.who.endswith(" 1 thread")])
        return _png(figure) if as_png else svg(figure)


def _cell_costs(ax: Any, timings: Sequence[Timing]) -> None:
    sizes = [float(one.who.split()[0].replace(",", "")) for one in timings]
    costs = [1e6 * one.median for one in timings]
    ax.plot(sizes, costs, "o-", color=BLUE)
    for size, one, cost in zip(sizes, timings, costs, strict=True):
        ax.annotate(duration(one.median), (size, cost), (0, 8), textcoords="offset points", ha="center")
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set(ylim=(0.0, 1.3 * max(costs)), xlabel="cells in the sweep, one thread", ylabel="microseconds a cell")
    ax.set_title("A cell of a sweep through April 2025, results on disk")


def _dots(ax: Any, group: str, timings: Sequence[Timing]) -> None:
    """One race, the fastest on top; ours in blue, the limit in red."""
    ordered = sorted(timings, key=lambda one: one.median, reverse=True)
    for row, one in enumerate(ordered):
        colour = BLUE if one.who.startswith("engine") else RED if one.who.startswith("C ") else GREY
        ax.plot(one.median * 1e9, row, "o", color=colour, markersize=7)
        ax.annotate(duration(one.median), (one.median * 1e9, row), (7, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(ordered)), [one.who for one in ordered])
    ax.set_ylim(-0.6, len(ordered) - 0.4)
    ax.set_title(f"A fund-day, {group.split(', ')[1]}")


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=160, metadata={"Software": None})
    return out.getvalue()
