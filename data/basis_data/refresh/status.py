"""What the tables in use hold, and which snapshots exist, as text."""

from pathlib import Path

from basis_data.refresh.snapshot import FILES, STAGING, verify
from basis_data.tables.data_in_use import (
    HISTORY,
    MANIFEST,
    data_in_use,
    manifest,
    snapshots_folder,
    table_file,
    use_data,
)
from basis_data.tables.layouts import TABLES
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError

DAILY = ("par_yields", "repo", "svensson", "positions", "securities", "dealer_positions", "fed_flows", "margins")
"""Tables that are refreshed, or whose last day matters."""


def describe(folder: Path | None = None) -> str:
    """List the tables in use: first and last day, rows, and where the file comes from; then the snapshots."""
    used = data_in_use()
    lines = [f"data in use: {used}", ""]
    for name in DAILY:
        layout = TABLES[name]
        dates = [column.name for column in layout.columns if column.kind == "date"]
        days = read(name)[dates[0]]
        origin = "embedded" if table_file(layout.file).parent == HISTORY else used.name
        lines.append(f"  {name:18} {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}  {len(days):>6,} rows  {origin}")
    for name, file in FILES.items():
        if table_file(file).exists():
            days = read(name, table_file(file))["date"]
            lines.append(
                f"  {name:18} {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}  {len(days):>6,} rows  {used.name}, "
                f"{days.nunique():,} days"
            )
    yields = read("par_yields").set_index("date")
    whole = yields[[name for name in yields if name != "y_3y_pct"]].dropna().index.max()
    lines += ["", f"last whole par curve (3 years aside): {whole:%Y-%m-%d}", "", "snapshots:"]
    root = folder or snapshots_folder()
    try:
        found = sorted(path.parent for path in root.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(STAGING))
    except OSError as problem:
        raise InputError(f"{str(root)[:80]}: {problem.strerror}; give a folder of snapshots") from None
    for path in found:
        content = manifest(path)
        lines.append(
            f"  {path.name:14} digest {content['digest'][:12]}, over {content['base']['name']}, "
            f"{len(content['tables'])} tables, made {content['made'][:16]}"
        )
    return "\n".join(lines if found else [*lines, f"  none in {root}"])


def verified(snapshot: str | Path) -> str:
    """Verify a snapshot by path or name.

    Raises
    ------
    InputError
        On the first file that differs, is missing or is not in the manifest.
    """
    folders = (Path(snapshot), snapshots_folder() / snapshot)
    folder = next((path for path in folders if (path / MANIFEST).is_file()), None)
    if folder is None:
        use_data(snapshot)  # says how to name one
        raise AssertionError("unreachable")
    content, wrong = manifest(folder), verify(folder)
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise InputError(f"{folder.name}: {wrong[0]}{more}; do not use it, refresh the data again")
    count = len(content["tables"]) + len(content["raw"])
    return f"{folder.name}: {count} digests are as written, digest {content['digest'][:12]}"


def check() -> str:
    """Read every table in use, with all checks of its layout."""
    names = [
        name for name, table in TABLES.items() if table.file or (name in FILES and table_file(FILES[name]).exists())
    ]
    for name in names:
        read(name, None if TABLES[name].file else table_file(FILES[name]))
    return f"{len(names)} tables pass the checks of their layouts; {data_in_use()}"
