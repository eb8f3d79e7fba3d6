"""The unit for systemd: it is right, shuts out what it can, and names what the code reads."""

import os
import re
import shutil
import subprocess

import pytest

from crawler.process import environment
from crawler.process.lifeline import STOP_SECONDS
from tests.checkout import ROOT

UNIT = ROOT / "docs/deploy/views-stats.service"
MOST_EXPOSED = 15  # of 100, by systemd's own measure
WHERE = "/opt/views-stats"

pytestmark = pytest.mark.process


def analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        assert not os.environ.get("CI")
        pytest.skip("NOT TESTED, for lack of: systemd-analyze")
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong(tmp_path):
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace(WHERE, str(ROOT)))  # systemd looks for the program
    found = analyze("verify", here)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_it_is_shut_in():
    found = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}", UNIT)
    assert found.returncode == 0, found.stdout


def test_it_names_what_the_code_reads():
    text = UNIT.read_text()
    files = dict(re.findall(r"([A-Z_]+)_FILE=%d/(\w+)", text))
    assert set(files) < set(environment.SECRETS)
    assert set(files.values()) == set(re.findall(r"^LoadCredential=(\w+):", text, re.MULTILINE))
    assert f"ReadWritePaths={WHERE}/{environment.VAR.relative_to(ROOT)}" in text
    assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > STOP_SECONDS
