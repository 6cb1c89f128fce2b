"""``python -m benchmarks``: the suite, as `basis-stress bench` runs it."""

from basis_stress.cli.bench import bench

if __name__ == "__main__":
    bench()
