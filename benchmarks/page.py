"""The tables of a run as Markdown, lost races included."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.bounds import GROUP as BOUNDS
from benchmarks.goals import GOALS, HEADS, ruler
from benchmarks.harness import Fact, Interval, Timing, ratio
from benchmarks.history import Record, Verdict
from benchmarks.peers import GROUP as PEER_GROUP
from benchmarks.ruin import GROUP as RUIN_GROUP

FACTS = {BOUNDS: "", "growth": " (exponent 1 is linear)", "peak memory": ""}


def headline(record: Record) -> str:
    """The tables of docs/performance/README.md: machine, goals, other backtesters, the ruin probe."""
    return _page(record, [PEER_GROUP], [_ruin_table(record.facts)])


def markdown(record: Record) -> str:
    """Every table."""
    groups = dict.fromkeys(one.group for one in record.timings if not one.group.startswith("growth"))
    return _page(record, groups, [_ruin_table(record.facts), *(_fact_table(record.facts, name) for name in FACTS)])


def _fact_table(facts: Sequence[Fact], group: str) -> str:
    """Figures that are no times."""
    rows = [[fact.who, _figures(fact.value), fact.unit] for fact in facts if fact.group == group]
    return f"**{group[0].upper()}{group[1:]}**{FACTS[group]}\n\n{table(['', '', ''], rows)}" if rows else ""


def _page(record: Record, groups: Iterable[str], last: Sequence[str]) -> str:
    """The machine, remarks, goals, the tables of some groups, and what comes after them."""
    machine = "; ".join(f"{name} {value}" for name, value in record.machine.items())
    timings = [(group, [one for one in record.timings if one.group == group]) for group in groups]
    tables = [_group_table(group, rows, record.facts) for group, rows in timings if rows]
    parts = [f"{machine}.", *(f"*{note}*" for note in record.notes), _goal_table(record), *tables, *last]
    return "\n\n".join(part for part in parts if part) + "\n"


def duration(seconds: float) -> str:
    """A time in the unit that suits it, three figures."""
    if not math.isfinite(seconds):
        return "–"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{_figures(seconds / size)} {unit}"
    return f"{_figures(seconds / 1e-9)} ns"


def times(span: Interval) -> str:
    """A ratio and its interval."""
    return f"{_figures(span.median)} ({_figures(span.low)}–{_figures(span.high)})"


def comparison(verdicts: Sequence[Verdict], before: Record, now: Record) -> str:
    """What changed since an earlier run."""
    order = ("slower", "faster", "unsure", "new", "gone", "same")
    rows = [
        [verdict.key, times(verdict.ratio) if verdict.ratio else "–", verdict.word]
        for verdict in sorted(verdicts, key=lambda verdict: order.index(verdict.word))
    ]
    counts = Counter(row[-1] for row in rows)
    told = ", ".join(f"{counts[word]} {word}" for word in order if counts[word])
    text = f"Against {before.machine.get('commit')} of {before.machine.get('date')}: {told}."
    if before.machine.get("processor") != now.machine.get("processor"):
        text += " The processors differ; the yardstick corrects for plain Python only."
    return f"{text}\n\n{table(['what', 'now / then (95%)', 'verdict'], rows)}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figures(value: float) -> str:
    """Three significant figures without an exponent."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def _group_table(group: str, timings: Sequence[Timing], facts: Sequence[Fact]) -> str:
    """One race; each contender against its ruler, where the group has one."""
    rows, against = [], any(ruler(one, timings) for one in timings) and group in HEADS
    for one in timings:
        cells = [one.who, duration(one.median), *([f"{1.0 / one.median:,.0f}"] if group == PEER_GROUP else [])]
        if against:
            other = ruler(one, timings)
            cells.append("–" if other is None else "1" if one is other else times(ratio(one, other)))
        rows.append([*cells, one.note])
    skipped = [fact for fact in facts if fact.group == group and fact.unit == "skipped"]
    width = len(rows[0]) if rows else 3
    rows += [[fact.who, *["–"] * (width - 2), f"skipped: {fact.note}"] for fact in skipped]
    heads = ["", f"per {timings[0].per}", *(["bars a second"] if group == PEER_GROUP else [])]
    heads += [HEADS[group]] if against else []
    return f"**{group[0].upper()}{group[1:]}**\n\n{table([*heads, ''], rows)}"


def _goal_table(record: Record) -> str:
    rows = []
    for goal in GOALS:
        found = goal.find(record)
        limit = f"{'at most' if goal.at_most else 'at least'} {goal.limit:g} {goal.unit}"
        measured = f"{times(found) if found.low < found.high else _figures(found.median)} {goal.unit}" if found else ""
        rows.append(
            [
                goal.what,
                limit,
                measured or "not measured",
                "–" if not found else "yes" if goal.reached(found) else "**no**",
            ]
        )
    return table(["", "to reach", "measured", "reached"], rows)


def _ruin_table(facts: Sequence[Fact]) -> str:
    rows = [[fact.who, f"{fact.value:,.0f}", fact.note] for fact in facts if fact.group == RUIN_GROUP]
    return (
        f"**{RUIN_GROUP[0].upper()}{RUIN_GROUP[1:]}**\n\n{table(['', 'final equity, $', 'position'], rows)}"
        if len(rows) > 1
        else ""
    )
