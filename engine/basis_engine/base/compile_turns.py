"""Processes that need a kernel at the same time compile it once: one compiles, the others wait and load it.

Two processes can so share the compiling of one kernel and its callees, each beginning at another end. A process holds
the turn of a kernel until the kernel is in the cache, so that no process overwrites what another has just added to the
kernel's index. Turns end with the process that holds them, even by kill -9. Windows has no such locks: there each
process compiles for itself.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PATIENCE = 60.0
"""Seconds that a process waits for others, all waits together: one that is stopped must not stop the rest."""

PAUSE = 0.002
"""Seconds between two looks at a kernel that another process compiles."""


class Turns:
    """The turns of this process: a range of one byte in a file of the cache, for each kernel that it compiles."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}  # never closed: that would end all turns of this process
        self.patience = PATIENCE

    def take(self, folder: str, kernel: str) -> bool:
        """Take the turn of a kernel; return whether another process had it in the meantime."""
        place, waited = self._place(folder, kernel), False
        while place is not None and self.patience > 0.0:
            try:
                fcntl.lockf(place[0], fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place[1])
            except BlockingIOError:
                waited = True
                self.patience -= PAUSE
                time.sleep(PAUSE)
            except OSError:  # a file system without locks
                break
            else:
                break
        return waited

    def give_back(self, folder: str, kernel: str) -> None:
        """Give the turn of a kernel back."""
        place = self._place(folder, kernel)
        if place is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(place[0], fcntl.LOCK_UN, 1, place[1])

    def _place(self, folder: str, kernel: str) -> tuple[int, int] | None:
        """(file, byte) of a kernel's turn."""
        if folder not in self.files:
            if fcntl is None:
                return None
            try:
                self.files[folder] = os.open(f"{folder}/turns", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError:  # a full disk, a folder that has gone
                return None
        return self.files[folder], int.from_bytes(hashlib.sha256(kernel.encode()).digest()[:7], "big")


TURNS = Turns()


def shares_work(dispatcher: Any) -> bool:
    """Whether a second process could help with a kernel: none of it is cached, and processes can take turns."""
    cached = dispatcher._cache
    if fcntl is None or not hasattr(cached, "cache_path"):
        return False
    return not any(Path(cached.cache_path).glob(f"{cached._impl.filename_base}.*"))


class Ahead:
    """What this process compiles before the first kernel that is not cached; nothing unless a command sets it."""

    compile: Callable[[], object] | None = None


def take_turns(dispatcher: Any) -> None:
    """Let a kernel that is not cached wait for its turn to compile, and load it if another process compiled it."""
    cached, compile_now = dispatcher._cache, dispatcher.compile
    if not hasattr(cached, "cache_path"):
        return
    load, taken = cached.load_overload, []

    def load_or_take_turn(*arguments: Any) -> Any:
        found = load(*arguments)
        if found is not None:
            return found
        if Ahead.compile is not None:
            ahead, Ahead.compile = Ahead.compile, None
            ahead()
        taken.append((cached.cache_path, cached._impl.filename_base))
        return load(*arguments) if TURNS.take(*taken[-1]) else None

    def compile_in_turn(signature: Any) -> Any:
        try:
            return compile_now(signature)
        finally:
            while taken:
                TURNS.give_back(*taken.pop())

    cached.load_overload, dispatcher.compile = load_or_take_turn, compile_in_turn
