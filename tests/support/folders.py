"""Folders that a run wrote."""

from pathlib import Path


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a sweep but its lock and its journal, by name."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if not path.name.startswith(".")}
