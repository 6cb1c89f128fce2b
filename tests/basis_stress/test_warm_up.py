"""`warm-up` compiles for every command, and says where the kernels are kept or why they are not."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from basis_engine.base.compile import CACHE_DIRECTORY
from basis_stress.cli import warm_up
from basis_stress.cli.main import group

LOADED = """
import sys
from basis_stress.cli import warm_up
from basis_engine.base import compile
for job in warm_up.JOBS:
    job()
misses = {kernel.__name__: sum(kernel.stats.cache_misses.values()) for kernel in compile._COMPILED}
sys.exit(str({name: count for name, count in misses.items() if count}) if any(misses.values()) else 0)
"""


@pytest.mark.slow
def test_after_it_nothing_is_left_to_compile() -> None:
    done = CliRunner().invoke(group, ["warm-up"])
    assert done.exit_code == 0, done.output
    assert CACHE_DIRECTORY in done.output
    again = subprocess.run([sys.executable, "-c", LOADED], env=os.environ, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


def test_without_a_folder_for_kernels_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "CACHE_DIRECTORY", "")
    done = CliRunner().invoke(group, ["warm-up"])
    assert done.exit_code == 1
    assert "set BASIS_STRESS_CACHE" in str(done.exception)


QUIET_BACKTEST = """
import sys
from basis_stress.cli.main import main
try:
    main(["backtest", "april-2025", "--no-report", "--quiet", "--out", sys.argv[1]])
except SystemExit:
    print(*sorted({"scipy.linalg", "matplotlib", "jinja2", "basis_strategies.library"} & set(sys.modules)))
"""


def test_a_backtest_without_report_loads_nothing_that_it_does_not_use(tmp_path):
    """Each of them costs a tenth to a half of a cached command."""
    command = [sys.executable, "-c", QUIET_BACKTEST, str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True)  # compiles kernels, which loads scipy
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == ""
