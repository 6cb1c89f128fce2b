"""The manifest of a result folder, and the command `rerun`, which makes the same folder again and compares bytes."""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from basis_engine.base.errors import InputError
from basis_stress.cli.help import Command

MANIFEST = "manifest.json"
OUTPUTS = ("*.parquet", "*.html", "*/*.parquet", "*/*.csv", "*/*.xlsx")
"""Files of a result folder that a rerun compares."""
FAILED = 3
"""Exit code of a run in which `--fail-on` found an outcome, and of a rerun with other bytes."""


def write_manifest(folder: Path, settings: Mapping[str, object]) -> None:
    """Write the command, the digests of its inputs and outputs, the data, the code, and the settings of a run."""
    # These imports load pandas and read the sources, which a command without a result does not need.
    from basis_stress.reporting.files import save

    arguments = (click.get_current_context().find_root().obj or {}).get("arguments")
    if arguments is None:  # a command that was called from Python
        return
    command = _without_out(arguments)
    entries = {
        "command": command,
        "inputs": {name: _digest(Path(name)) for name in _files(command)},
        **_program(),
        "settings": dict(settings),
        "outputs": _outputs(folder),
    }
    save(json.dumps(entries, indent=1, ensure_ascii=False, default=str) + "\n", folder / MANIFEST, "manifest")


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path))
def rerun(folder: Path) -> int:
    """Run the command of a result FOLDER again, and compare every file byte by byte.

    Inputs and data must be those of the manifest. The exit code is 0 if all bytes are equal, and 3 if not. Run it from
    where the command was run, because paths in it may be relative.
    """
    entries = _read(folder)
    for name, digest in entries["inputs"].items():
        if not Path(name).is_file() or _digest(Path(name)) != digest:
            raise InputError(f"rerun, {name}: is not the file of the manifest; restore it, or run where it is")
    changed = [name for name, value in _program().items() if entries.get(name) != value]
    if changed:
        click.echo(f"not the program of the manifest: {', '.join(changed)} differ", err=True)
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / "result"
        from basis_stress.cli.main import group

        group.main(
            args=[*entries["command"], "--out", str(again)],
            prog_name="basis-stress",
            standalone_mode=False,
            obj={"arguments": entries["command"], "silent": True},
        )
        found = _outputs(again)
    wrong = sorted(
        name for name in found.keys() | entries["outputs"].keys() if found.get(name) != entries["outputs"].get(name)
    )
    if wrong:
        click.echo(f"{len(wrong)} of {len(found)} files differ: {', '.join(wrong)}")
        return FAILED
    click.echo(f"the same bytes: {len(found)} files of {folder}")
    return 0


def _read(folder: Path) -> dict[str, Any]:
    """Read the manifest of a result folder."""
    try:
        entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"rerun: {folder} holds no {MANIFEST}; give the folder of a result") from None
    except ValueError:
        raise InputError(f"rerun: {folder / MANIFEST} is damaged; run the command itself again") from None
    if not isinstance(entries, dict) or not isinstance(entries.get("command"), list):
        raise InputError(f"rerun: {folder / MANIFEST} names no command; a sweep resumes with its own command")
    return entries


def _program() -> dict[str, object]:
    """Digests of the embedded data and of the sources, and the versions of libraries."""
    from basis_stress.sweeps.digests import code_digest, data_digest, versions

    return {
        "data": data_digest(),
        "code": code_digest("basis_stress.cli.main", "basis_stress.single_book.page"),
        "versions": versions(),
    }


def _without_out(arguments: list[str]) -> list[str]:
    """The command without its output folder."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip or argument.startswith("--out="):
            skip = False
        elif argument == "--out":
            skip = True
        else:
            kept.append(argument)
    return kept


def _files(command: list[str]) -> Iterator[str]:
    """Arguments that are files, those of a list too, and the files that a scenario file names."""
    from basis_data.scenarios.scenario import scenario

    for argument in command:
        for text in dict.fromkeys([argument, *argument.split(","), argument.partition("=")[2]]):
            if text and Path(text).is_file():
                yield text
                if text.endswith(".toml"):
                    yield from (str(path) for _, path in scenario(text).files if path is not None)


def _outputs(folder: Path) -> dict[str, str]:
    """Digests of the files of a result, by path within the folder."""
    found = sorted({path for pattern in OUTPUTS for path in folder.glob(pattern)})
    return {path.relative_to(folder).as_posix(): _digest(path) for path in found}


def _digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
