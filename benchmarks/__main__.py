"""``python -m benchmarks``: print what a user waits for."""

from benchmarks.main_job import REPEATS, rows

if __name__ == "__main__":
    print(f"| what (median of {REPEATS} fresh processes, first ever once) | seconds |\n|---|---|")
    for name, wall in rows():
        print(f"| {name} | {wall:.2f} |")
