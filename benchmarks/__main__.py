"""``python -m benchmarks``: the suite, as `basis-stress bench` runs it."""

from basis_stress.commands.bench import bench

if __name__ == "__main__":
    bench()
