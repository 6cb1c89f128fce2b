"""The folder of compiled kernels, which only this user can write, and its repair if files in it are damaged.

numba caches kernels as pickles, and loading a pickle can run any code. Kernels are therefore loaded only from a folder
that no other user can write or replace; without one they compile anew in each process.
"""

import contextlib
import logging
import multiprocessing
import os
import stat
from functools import cache
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path


@cache
def warn_once(sentence: str) -> None:
    """Print a warning on stderr, once, and not again in the worker processes."""
    if multiprocessing.parent_process() is None:
        logging.getLogger("basis_stress").warning("basis-stress: %s", sentence)


def private_directory(name: str) -> str:
    """Find or make the cache folder of a name, under ``BASIS_STRESS_CACHE`` or the user's cache.

    Returns an empty string, and warns, if another user could write into the folder or it cannot be written.
    """
    directory = Path(os.environ.get("BASIS_STRESS_CACHE") or user_cache_path("basis-stress") / "kernels").absolute()
    directory /= name
    try:
        for folder in reversed((directory, *directory.parents)):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        reason = _why_unsafe(directory)
        if not reason and not os.access(directory, os.W_OK):
            reason = f"{directory} cannot be written"
    except (OSError, RuntimeError, ValueError) as problem:  # RuntimeError: there is no home
        reason = f"{directory} cannot be made ({getattr(problem, 'strerror', None) or problem})"
    if not reason:
        return str(directory)
    warn_once(
        f"kernels are not cached and compile in each run: {reason}; set BASIS_STRESS_CACHE to a folder that only you "
        "can write"
    )
    return ""


def _why_unsafe(directory: Path) -> str:
    """Say why another user could write into a folder or replace it; empty if none could."""
    if not hasattr(os, "geteuid"):  # Windows: the user's cache is protected by access lists, not by modes
        return ""
    own = directory.stat()
    if own.st_uid != os.geteuid():
        return f"{directory} belongs to another user"
    if own.st_mode & 0o077:
        return f"{directory} is open to other users"
    real = directory.resolve()
    for folder in dict.fromkeys((directory, *directory.parents, real, *real.parents)):
        found = folder.lstat()
        if found.st_uid not in (0, os.geteuid()):
            return f"{folder} belongs to another user"
        if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX:
            continue  # in a sticky folder only the owner of an entry, who is checked, can replace it
        if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _own_group(found.st_gid)):
            return f"{folder} can be written by others"
    return ""


def _own_group(group: int) -> bool:
    """Whether a group is the user's private one, which many systems let write by default."""
    import grp  # not on Windows
    import pwd

    try:
        user, known = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return known.gr_name == user.pw_name and set(known.gr_mem) <= {user.pw_name}


def heal(dispatcher: Any) -> None:
    """Let a kernel compile if its cached files are damaged or cannot be written: numba would stop with a traceback."""
    cached = dispatcher._cache
    if not hasattr(cached, "cache_path"):
        return
    load, save = cached.load_overload, cached.save_overload

    def load_or_discard(*arguments: Any) -> Any:
        try:
            return load(*arguments)
        except Exception as problem:  # damaged pickles raise errors of any type
            warn_once(f"damaged kernels in {cached.cache_path} are discarded and compile again, once")
            logging.getLogger("basis_stress").debug("discarded %r: %r", cached, problem)
            with contextlib.suppress(OSError):
                _discard(cached)
            return None

    def save_if_possible(*arguments: Any) -> None:
        try:
            save(*arguments)
        except OSError as problem:
            warn_once(f"kernels cannot be cached in {cached.cache_path} ({problem.strerror}); they compile in each run")
        except Exception:  # the index is damaged and cannot be replaced
            warn_once(f"kernels cannot be cached in {cached.cache_path}; they compile in each run")

    cached.load_overload, cached.save_overload = load_or_discard, save_if_possible


def _discard(cached: Any) -> None:
    """Delete the index and the data files of a kernel."""
    for file in Path(cached.cache_path).iterdir():
        if file.name.startswith(f"{cached._impl.filename_base}."):
            file.unlink()
