"""A part of `make fuzz`: a hundred broken files."""

import subprocess
import sys

import pytest

from tests.checkout import ROOT

pytestmark = pytest.mark.process


def test_a_hundred_broken_files_harm_nothing_but_the_child():
    command = [sys.executable, "-m", "tests.security.broken_files", "--files", "100"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {what: int(count) for count, what in (line.split(maxsplit=1) for line in done.stdout.splitlines())}
    assert sum(count for what, count in found.items() if not what.startswith("answered")) == 100
    assert found["xlsx read"] + found["xlsx refused"] > 5
    assert found["answered 202"] > 0
