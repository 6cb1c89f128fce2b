"""The manifest of a result, where results are put, and the command `rerun`, which makes one again and compares bytes.

The manifest of a folder is manifest.json in it. A result of one file, and a sweep, whose folder has a manifest of its
own, have it beside them: april-2025-break.html.manifest.json.
"""

import contextlib
import hashlib
import io
import itertools
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from basis_data.tables.files import CONTROL, read_bytes
from basis_engine.base.errors import InputError
from basis_stress.cli.help import Command
from basis_stress.cli.trust import trusted

MANIFEST = "manifest.json"
KINDS = (".parquet", ".html", ".csv", ".xlsx", ".svg", ".png", ".pdf", ".md", ".txt", ".toml")
"""Endings of the files of a result, in its folder or one folder below, that a rerun compares."""
SHOWING = {"out", "quiet", "report", "csv", "xlsx", "as_json", "fail_on", "threads", "cluster"}
"""Options that change no figure of a result."""
FAILED = 3
"""Exit code of a run in which `--fail-on` found an outcome, and of a rerun with other bytes."""

Entries = dict[str, Any]


def place(out: Path | None, usual: Path) -> Path:
    """Where the result of this command goes: ``out``, or its usual place.

    Where that holds the result of other settings, the usual place gets a number, as in ``april-2025-2``; that ``out``
    is replaced is said on the error stream.
    """
    run = _run()
    if run is None:
        return out or usual
    if out is not None:
        earlier = _entries(out)
        if earlier is not None and _differ(earlier, run):
            command = CONTROL.sub("?", " ".join(map(str, earlier["command"])))
            click.echo(f"replaces {out}, the result of: basis-stress {command}", err=True)
        return out
    ending = usual.suffix if usual.suffix in KINDS else ""
    name = usual.name.removesuffix(ending)
    several = (usual.with_name(f"{name}-{number}{ending}") for number in itertools.count(2))
    return next(path for path in (usual, *itertools.islice(several, 10_000)) if not _is_taken(path, run))


def write_manifest(target: Path, settings: Mapping[str, object] | None = None, *also: Path) -> None:
    """Write the manifest of a result: its command, inputs, data, code, settings with their units, and outputs.

    Parameters
    ----------
    target
        Folder or file of the result.
    settings
        What the run used, by name; options of the command are added.
    also
        Files outside the target that belong to it.
    """
    # This import loads pandas, which a command without a result does not need.
    from basis_stress.reporting.files import save
    from basis_stress.reporting.units import units

    run = _run()
    if run is None:
        return
    every = {**run["options"], **(settings or {})}
    entries = {
        **run,
        "settings": every,
        "units": units(every),
        "outputs": _outputs(target, [Path(os.path.relpath(path, _base(target))).as_posix() for path in also]),
    }
    save(json.dumps(entries, indent=1, ensure_ascii=False, default=str) + "\n", _manifest(target), "manifest")


@click.command(cls=Command)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--programs", is_flag=True, help="Run strategy files too: only those of a manifest that you trust.")
def rerun(result: Path, programs: bool) -> int:
    """Run the command of RESULT, a folder or file, again, and compare every file byte by byte.

    Inputs and data must be those of the manifest. The exit code is 0 if all bytes are equal, and 3 if not. Run it from
    where the command was run, because paths in it may be relative.
    """
    entries = _entries(result)
    if entries is None:
        raise InputError(f"rerun: {result} has no {MANIFEST}; give the folder or file that a command wrote")
    entries = trusted(entries, result, programs)
    for name, digest in entries["inputs"].items():
        if not Path(name).is_file() or _digest(Path(name)) != digest:
            raise InputError(f"rerun, {name}: is not the file of the manifest; restore it, or run where it is")
    changed = [name for name, value in _program().items() if entries.get(name) != value]
    if changed:
        click.echo(f"not the program of the manifest: {', '.join(changed)} differ", err=True)
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / result.resolve().name
        from basis_stress.cli.main import group

        with contextlib.redirect_stdout(io.StringIO()):
            group.main(
                args=[*entries["command"], "--out", str(again)],
                prog_name="basis-stress",
                standalone_mode=False,
                obj={"arguments": entries["command"]},
            )
        found = _outputs(again, [name for name in entries["outputs"] if (_base(again) / name).is_file()])
    wrong = sorted(
        name for name in found.keys() | entries["outputs"].keys() if found.get(name) != entries["outputs"].get(name)
    )
    if wrong:
        click.echo(CONTROL.sub("?", f"{len(wrong)} of {len(found)} files differ: {', '.join(wrong)}"))
        return FAILED
    click.echo(f"the same bytes: {len(found)} file{'s' * (len(found) != 1)} of {result}")
    return 0


def _run() -> Entries | None:
    """What this command runs: command, options, inputs and program; None for a command called from Python."""
    context = click.get_current_context(silent=True)
    arguments = None if context is None else (context.find_root().obj or {}).get("arguments")
    if context is None or arguments is None:
        return None
    command = _kept(arguments)
    options = {name: value for name, value in context.params.items() if name not in SHOWING and value is not None}
    return {
        "command": command,
        "options": json.loads(json.dumps({"command": context.command_path, **options}, default=str)),
        "inputs": {name: _digest(Path(name)) for name in _files(command)},
        **_program(),
    }


def _program() -> Entries:
    """Digests of the data in use and of the program, and the versions of libraries."""
    # This import loads pandas, which `--help` does not need.
    from basis_stress.sweeps.digests import data_digest, program_digest, versions

    return {"data": data_digest(), "code": program_digest(), "versions": versions()}


def _manifest(target: Path) -> Path:
    """File of the manifest of a result."""
    full = target.absolute()
    beside = full.with_name(f"{full.name}.{MANIFEST}") if full.name else full / MANIFEST
    # A sweep's folder has a manifest by which an interrupted sweep goes on.
    return target / MANIFEST if target.is_dir() and not _is_sweep(target) else beside


def _is_sweep(folder: Path) -> bool:
    """Whether a folder holds a sweep."""
    return any(folder.glob("chunk-*.parquet"))


def _entries(target: Path) -> Entries | None:
    """The manifest of a result; None if it has none that names a command.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = _manifest(target)
    try:
        if not path.is_file():
            return None
        entries = json.loads(read_bytes(path, "the folder of a result"))
    except OSError:
        return None
    except InputError:
        raise
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is damaged; delete it, or run the command into another --out") from None
    return entries if isinstance(entries, dict) and isinstance(entries.get("command"), list) else None


def _is_taken(path: Path, run: Entries) -> bool:
    """Whether a path holds a result of other settings, or one without a manifest."""
    if not path.exists() or (path.is_dir() and not _outputs(path)):
        return False
    earlier = _entries(path)
    return earlier is None or _differ(earlier, run)


def _differ(earlier: Entries, run: Entries) -> bool:
    """Whether options, inputs or data differ."""
    return any(earlier.get(name) != run[name] for name in ("options", "inputs", "data"))


def _kept(arguments: list[str]) -> list[str]:
    """The command without its output folder and cluster, which do not change its result."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument.partition("=")[0] in ("--out", "--cluster"):
            skip = "=" not in argument
        else:
            kept.append(argument)
    return kept


def _files(command: list[str]) -> Iterator[str]:
    """Arguments that are files, those of a list too, the files that a scenario file names, and manifests of folders."""
    from basis_data.scenarios.scenario import scenario

    for argument in command:
        parts = [argument, *argument.split(","), argument.partition("=")[2], argument.partition(":")[0]]
        for text in dict.fromkeys(filter(None, parts)):
            if Path(text).is_file():
                yield text
                if text.endswith(".toml"):
                    with contextlib.suppress(InputError):  # a file of parameters is no scenario
                        yield from (str(path) for _, path in scenario(text).files if path is not None)
            elif "sweep-report" in command and _is_sweep(Path(text)):
                yield str(Path(text) / MANIFEST)


def _base(target: Path) -> Path:
    """The folder from which outputs are named."""
    return target if target.is_dir() else target.parent


def _outputs(target: Path, also: list[str] | None = None) -> dict[str, str]:
    """Digests of the files of a result, by path from its folder."""
    base = _base(target)
    found = {target} if target.is_file() else {*target.glob("*"), *target.glob("*/*")}
    names = [path.relative_to(base).as_posix() for path in found if path.suffix in KINDS and path.is_file()]
    return {name: _digest(base / name) for name in sorted({*names, *(also or [])})}


def _digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
