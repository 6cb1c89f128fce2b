"""Compiled kernels are pickles: they load only from a folder that nobody else can write, and damaged ones heal."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from basis_engine.base import kernel_cache
from basis_engine.base.compile import settings
from basis_engine.base.kernel_cache import private_directory

pytestmark = pytest.mark.skipif(bool(settings.DISABLE_JIT) or not hasattr(os, "geteuid"), reason="nothing is cached")

SMALL = """
from basis_engine.base.compile import kernel
import twice
print(twice.twice(4))
"""
MODULE = """
from basis_engine.base.compile import kernel

@kernel
def twice(number):
    return 2 * number
"""


@pytest.fixture(autouse=True)
def _warn_again(monkeypatch, tmp_path):
    kernel_cache.warn_once.cache_clear()
    monkeypatch.setenv("BASIS_STRESS_CACHE", str(tmp_path / "cache"))


def run(tmp_path, **environment):
    """Compile and run one small kernel in a process of its own; its output and messages."""
    (tmp_path / "twice.py").write_text(MODULE)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", SMALL],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "8\n"
    return done.stderr.splitlines()


def cached(tmp_path, ending):
    return sorted((tmp_path / "cache").rglob(f"twice.*{ending}"))


def test_a_new_folder_is_private(tmp_path):
    folder = Path(private_directory("digest"))
    assert folder == tmp_path / "cache" / "digest"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o750, 0o707])
def test_a_folder_open_to_others_is_not_used(tmp_path, mode, caplog):
    folder = tmp_path / "cache" / "digest"
    folder.mkdir(parents=True)
    folder.chmod(mode)
    assert private_directory("digest") == ""
    assert "is open to other users; set BASIS_STRESS_CACHE" in caplog.text


def test_a_folder_that_others_can_replace_is_not_used(tmp_path, caplog):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    assert private_directory("digest") == ""
    assert f"{tmp_path / 'cache'} can be written by others" in caplog.text


def test_a_link_in_a_folder_of_others_is_not_followed(tmp_path, caplog):
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "shared").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "shared", target_is_directory=True)
    (tmp_path / "shared").chmod(0o777)
    assert private_directory("digest") == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("level", ["cache", "cache/digest"])
def test_a_folder_of_another_user_is_not_used(tmp_path, level, caplog):
    (tmp_path / "cache" / "digest").mkdir(parents=True, mode=0o700)
    os.chown(tmp_path / level, 12345, 12345)
    assert private_directory("digest") == ""
    assert "belongs to another user" in caplog.text


def test_a_planted_kernel_does_not_run(tmp_path):
    """The attack that worked: no writable home, and a pickle planted where the program looked under /tmp."""
    run(tmp_path)
    (index,) = cached(tmp_path, ".nbi")
    proof = tmp_path / "proof"

    class Planted:
        def __reduce__(self):
            return (os.mkdir, (str(proof),))

    index.write_bytes(pickle.dumps(Planted()))
    for folder in (index.parent, *index.parents[1:3]):
        folder.chmod(0o777)
    said = run(tmp_path)
    assert not proof.exists()
    assert len(said) == 1
    assert "kernels are not cached" in said[0]


def test_no_folder_is_shared_under_the_temporary_one(tmp_path):
    home = tmp_path / "file"
    home.write_text("")
    (tmp_path / "tmp").mkdir()
    said = run(tmp_path, BASIS_STRESS_CACHE=str(home / "cache"), TMPDIR=str(tmp_path / "tmp"))
    assert len(said) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04garbage", None])
def test_damaged_kernels_are_discarded_and_compile_once(tmp_path, ending, content):
    assert run(tmp_path) == []
    (file,) = cached(tmp_path, ending)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    said = run(tmp_path)
    assert len(said) == 1
    assert "discarded and compile again, once" in said[0]
    assert run(tmp_path) == []


def test_a_full_disk_costs_the_cache_and_not_the_run(tmp_path):
    run(tmp_path)
    code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))"  # writes fail, as they do on a full disk
    (tmp_path / "sitecustomize.py").write_text(code)
    (tmp_path / "twice.py").unlink()
    for file in cached(tmp_path, ""):
        file.unlink()
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    (tmp_path / "twice.py").write_text(MODULE)
    done = subprocess.run(
        [sys.executable, "-c", SMALL],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "8\n")
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be cached" in done.stderr


def test_a_cached_kernel_loads_without_what_only_compiling_needs(tmp_path):
    """numba would fill its tables of functions first, and import scipy.linalg for them: 0.4 s of each command."""
    code = f"{SMALL}\nimport sys\nprint('scipy.linalg' in sys.modules, twice.twice(2.5), 'scipy.linalg' in sys.modules)"
    run(tmp_path)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    loaded, compiled_next = done.stdout.splitlines()
    assert loaded == "8"
    assert compiled_next == "False 5.0 True"  # the float's kernel is not cached: it compiles
