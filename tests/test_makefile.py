"""The targets' first steps: what a fresh machine may lack is said in one line."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[1]
OLD = '#!/bin/sh\necho "3.10"\n'
NO_VENV = '#!/bin/sh\ncase $2 in *venv*) exit 1;; *) echo "3.13";; esac\n'


@pytest.fixture
def fresh(tmp_path):
    """A checkout without .venv, as far as an installation looks at it."""
    for name in ("Makefile", "requirements.txt", ".ci"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def programs(tmp_path):
    """The directory that is all of PATH: the programs of a small machine, to which a test adds its Python."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("sh", "cmp", "awk", "tail", "touch", "cp", "rm", "id"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def make(folder, programs, *arguments):
    environment = {"PATH": str(programs), "HOME": str(folder)}
    command = [shutil.which("make"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def add(programs, name, text):
    (programs / name).write_text(text)
    (programs / name).chmod(0o755)


@pytest.mark.parametrize("target", ["run", "test", "demo"])
@pytest.mark.parametrize(
    ("pythons", "line"),
    [
        ({}, "Python 3.11 or later is needed, python3 is no such; PYTHON=… names another one"),
        ({"python3": OLD}, "Python 3.11 or later is needed, python3 is 3.10; PYTHON=… names another one"),
        ({"python3": OLD, "python3.13": NO_VENV}, "python3.13 has no venv module; on Debian and Ubuntu: {advice}"),
    ],
)
def test_what_is_missing_is_one_line(fresh, programs, target, pythons, line):
    for name, text in pythons.items():
        add(programs, name, text)
    assert refused(make(fresh, programs, target)) == line.format(advice="apt install python3-venv")
    assert not (fresh / ".venv").exists()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("nonesuch", "PYTHON=nonesuch is no Python 3.11 or later"),
        ("old", "PYTHON=old is Python 3.10, 3.11 or later is needed"),
    ],
)
def test_a_chosen_python_that_will_not_do_is_one_line(fresh, programs, name, line):
    add(programs, "old", OLD)
    add(programs, "python3", NO_VENV)
    assert refused(make(fresh, programs, "install", f"PYTHON={name}")) == line


def refused(result):
    """What is said, beside make's own word."""
    assert result.returncode != 0
    assert result.stdout == ""
    (line,) = (each for each in result.stderr.splitlines() if not each.startswith("make"))
    return line.removeprefix("views-stats cannot be installed: ")


def environment_of(fresh, log):
    """A .venv that is whole, whose uv writes down how it is called."""
    folder = fresh / ".venv/bin"
    folder.mkdir(parents=True)
    add(folder, "python", '#!/bin/sh\necho "3.13"\n')
    add(folder, "uv", f'#!/bin/sh\n[ "$1" = --version ] || echo "$*" >>{log}\n')


def test_an_installation_is_done_once_anew_when_the_pins_change_and_repaired(fresh, programs):
    log = fresh / "uv.log"
    environment_of(fresh, log)

    def installs():
        result = make(fresh, programs, "install")
        assert result.returncode == 0, result.stderr
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return calls

    once = "pip install --quiet --require-hashes --compile-bytecode --python .venv/bin/python{} -r requirements.txt"
    assert installs() == [once.format("")]
    assert installs() == []
    with (fresh / "requirements.txt").open("a") as pins:
        pins.write("# another pin\n")
    assert installs() == [once.format("")]
    (fresh / ".venv/requirements.txt").unlink()
    (fresh / ".venv/unfinished").touch()
    assert installs() == [once.format(" --reinstall")]
    assert installs() == []


def test_help_lists_every_target():
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):", text, re.MULTILINE)
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in listed.splitlines()] == targets
    assert set(targets) == set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())
