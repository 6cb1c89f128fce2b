"""The blocks of the model card: embedded data, fitted parameters, and the verdict of validation."""

from pathlib import Path

from basis_data.markets.parameters import parameters as frozen_parameters
from basis_data.tables.layouts import TABLES
from basis_data.tables.reader import read

HERE = Path(__file__).parent
FITTED = ("slope", "placement_rate", "risk_speed")


def data() -> str:
    """The embedded tables that runs read: rows, and first and last day."""
    names = (
        "par_yields",
        "svensson",
        "repo",
        "margins",
        "positions",
        "basis_spreads",
        "swap_spreads",
        "flows",
        "targets",
    )
    lines = ["| table | what it is | rows | first | last |", "|---|---|---|---|---|"]
    for name in names:
        rows, layout = read(name), TABLES[name]
        dates = next((rows[column] for column in ("date", "report_date") if column in rows), None)
        ends = ("–", "–") if dates is None else (f"{dates.min():%Y-%m-%d}", f"{dates.max():%Y-%m-%d}")
        lines.append(f"| {layout.file} | {layout.about.split('; ')[0]} | {len(rows):,} | {ends[0]} | {ends[1]} |")
    return "\n".join(lines) + "\n"


def parameters() -> str:
    """The fitted numbers, each with the range over which the fit is nearly as good."""
    frozen = frozen_parameters()
    heads = ("capacity multiple", "slope, bp a year per $bn", "placed a day", "sold a day past the limit", "loss")
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|"]
    for fit in frozen.fits:
        cells = [f"{getattr(fit, n):.3g} ({fit.intervals[n][0]:.2g} to {fit.intervals[n][1]:.2g})" for n in FITTED]
        lines.append(f"| {fit.capacity_multiple:g} | {' | '.join(cells)} | {fit.loss:.2f} |")
    return "\n".join([*lines, "", f"{frozen.source}; digest {frozen.digest}."]) + "\n"


def evidence() -> str:
    """The verdict and the misses of docs/validation.md, which a test computes anew."""
    text = (HERE / "validation.md").read_text(encoding="utf-8")
    inside = text.partition("<!-- begin: validation -->\n")[2].partition("<!-- end -->")[0]
    head, misses = inside.partition("| id |")[0], inside.partition("Not met, and not tuned away:")[2]
    return f"{head.strip()}\n\nNot met, and not tuned away:\n\n{misses.strip()}\n"
