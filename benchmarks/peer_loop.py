"""What every peer's process does: probe ruin, then answer each line with seconds per bar; JSON in, JSON out."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def serve(prepare: Callable[[dict[str, Any]], tuple[float, bool, str, Callable[[], float]]]) -> None:
    """Answer the suite on standard output.

    Parameters
    ----------
    prepare
        Given prices of ``bond`` and ``future`` and of the ruin ``probe``: the equity that the probe ends with, USD,
        whether it is still held, which of its margin features were on, and a function that runs the book once and
        returns the seconds of its loop.
    """
    given = json.loads(sys.stdin.readline())
    equity, is_open, note, run = prepare(given)
    print(json.dumps({"equity": equity, "open": is_open, "note": note}), flush=True)
    for _ in sys.stdin:
        seconds = list[float]()
        until = time.perf_counter() + given["budget"]
        while time.perf_counter() < until or not seconds:
            seconds.append(run() / len(given["bond"]))
        print(sum(seconds) / len(seconds), flush=True)
