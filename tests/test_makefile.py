"""The workflow on a fresh machine: what `make` says when something is missing."""

import shutil
import subprocess
import sys

import pytest

from tests.checkout import copy_to
from tests.system import clean_environment


@pytest.fixture
def checkout(tmp_path):
    folder = copy_to(tmp_path / "views")
    (folder / ".venv").unlink()
    return folder


def make(folder, *targets, **environment):
    return subprocess.run(
        ["make", *targets],
        cwd=folder,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def fake_python(folder, script):
    file = folder / "fake-python"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def problem(result):
    assert result.returncode != 0
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("make"))
    return line


def test_help_lists_the_targets(checkout):
    listed = make(checkout).stdout
    for target in ("help", "install", "run", "demo", "test", "lint", "lock", "clean"):
        assert f"make {target}" in listed


def test_an_old_python_is_one_clear_line(checkout):
    python = fake_python(checkout, 'test "$1" = --version && echo Python 3.10.12 && exit; exit 1')
    line = problem(make(checkout, "run", PYTHON=python))
    assert "Python 3.11 or later" in line
    assert "3.10.12" in line


def test_a_python_without_venv_is_one_clear_line(checkout):
    script = f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    assert "python3-venv" in problem(make(checkout, "run", PYTHON=fake_python(checkout, script)))


def test_no_python_at_all(checkout):
    assert "Python 3.11 or later" in problem(make(checkout, "run", PYTHON="/no/such/python"))


def test_what_is_installed_is_not_installed_again(checkout, tmp_path):
    """A copy shares an installed .venv: make finds the same requirements there and starts nothing."""
    (checkout / ".venv").mkdir()
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(checkout / name, checkout / ".venv" / name)
    result = make(checkout, "develop", PYTHON="/no/such/python")
    assert (result.returncode, result.stderr) == (0, "")
