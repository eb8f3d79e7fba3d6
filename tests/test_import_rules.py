"""The arrows of the design, seen from a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def modules(package):
    """Name every module of a package."""
    files = sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def loaded(names):
    program = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\nprint(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    ("package", "never"),
    [
        ("crawler", {"flask", "control"}),
        ("crawler.platforms", {"scrapy", "sqlalchemy", "flask", "twisted", "requests"}),
        ("control.scheduler", {"flask"}),
        ("control.scrapyd", {"flask", "control.scheduler"}),
    ],
)
def test_a_room_loads_nothing_it_may_not_know(package, never):
    names = modules(package) or [package]
    assert loaded(names) & never == set()


def test_the_spider_knows_no_user_and_the_platforms_no_environment():
    text = "\n".join(file.read_text() for file in (ROOT / "crawler/platforms").rglob("*.py"))
    assert "os.environ" not in text
    assert "time()" not in text
