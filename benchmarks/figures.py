"""The figure of the performance section: every way of walking a fund-day, and how time grows."""

from collections.abc import Sequence
from typing import Any

from basis_stress.figures_style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, new_figure, style, svg
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
        axes[-1].set_xlabel("nanoseconds per fund-day, logarithmic; further left is faster")
        return _png(figure) if as_png else svg(figure)


def growth(record: Record, as_png: bool = False) -> str | bytes:
    """Time against size, each as a multiple of its smallest: on the dotted line growth is linear."""
    with style():
        figure, (ax,) = new_figure(3.8)
        largest = 1.0
        for what, colour in CURVES.items():
            points = [one for one in record.timings if one.group == f"growth, {what}"]
            sizes = [float(one.who) / float(points[0].who) for one in points]
            ax.plot(sizes, [one.median / points[0].median for one in points], "o-", color=colour, label=what)
            largest = max(largest, *sizes)
        ax.plot([1.0, largest], [1.0, largest], ":", color=INK, linewidth=1.0, label="linear")
        ax.set_xscale("log", base=2)
        ax.set_yscale("log", base=2)
        ax.xaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_major_formatter("{x:g}")
        ax.set_xlabel("size, multiple of the smallest")
        ax.set_ylabel("time, multiple of the smallest")
        ax.set_title("How time grows")
        ax.legend()
        return _png(figure) if as_png else svg(figure)


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
    """The figure as PNG, for places that take no SVG."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=160, metadata={"Software": None})
    return out.getvalue()
