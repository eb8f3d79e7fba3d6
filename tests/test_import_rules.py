"""The rooms and what each may know: docs/architecture.md names them. Seen from fresh interpreters, and from the
imports.
"""

import ast
import subprocess
import sys
from functools import cache
from itertools import product

import pytest

from tests.checkout import ROOT

DOMAINS = ("accounts", "batches", "imports", "exports", "campaigns", "reports", "webhooks", "monitoring", "nodes")
WEB = {"flask", "control.web", "control.routes", "control.pages"}
LIBRARIES = {"scrapy", "sqlalchemy", "flask", "twisted", "requests"}
GROUND = {"store", "queue", "platforms", "spreadsheets", "reasons", "process"}  # of crawler, for control
# Of Scrapy: to check them, and to ask as a spider does.
READ_SETTINGS = {"control.supervision.prepare", "control.doctor.examination", "control.doctor.wire"}
TYPES = {f"sqlalchemy.{name}" for name in ("Row", "Engine", "Connection")}  # what routes and pages may name of it
ABOVE = {  # what a room of control never loads, beside Flask
    "reports": {"control.batches", "control.campaigns"},
    "batches": {"control.campaigns"},
    "accounts": {"control.web"},
    "nodes": {"control.monitoring"},
}


def there(package):
    path = ROOT / package.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def modules(package):
    """Name every module of a package that can be imported."""
    files = sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return [name.removesuffix(".__init__") for name in names if not name.endswith(("__main__", "migrations.env"))]


def loaded(names):
    program = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\nprint(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@cache
def imported(package):
    """Every module that the files of a package name in an import, with the file's own."""
    return list(_imported(package))


def _imported(package):
    for file in sorted((ROOT / package.replace(".", "/")).rglob("*.py")):
        own = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((own, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((own, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def room(module):
    """`control.web` of `control.web.auth.caller`; what lies beside the rooms is no room."""
    name = ".".join(module.split(".")[:2])
    return name if (ROOT / name.replace(".", "/")).is_dir() else None


RULES = [
    ("crawler", {"flask", "control"}),
    *((f"control.{domain}", WEB | ABOVE.get(domain, set())) for domain in DOMAINS),
    ("control.doctor", WEB),
    ("control.scheduler", WEB),
    ("control.supervision", WEB),
    ("control.supervision.start_checks", {"sqlalchemy", "alembic"}),
    ("control.supervision.supervisor", {"sqlalchemy", "alembic"}),
    ("crawler.queue", {"scrapy"}),
    ("crawler.store", {"scrapy"}),
    ("crawler.platforms", LIBRARIES),
    ("crawler.spreadsheets", LIBRARIES),
]


@pytest.mark.process
@pytest.mark.parametrize(("package", "never"), [rule for rule in RULES if there(rule[0])])
def test_a_room_loads_nothing_it_may_not_know(package, never):
    names = modules(package) or ([package] if (ROOT / (package.replace(".", "/") + ".py")).exists() else [])
    assert loaded(names) & never == set()


def test_routes_and_pages_never_import_each_other():
    for one, other in (("control.routes", "control.pages"), ("control.pages", "control.routes")):
        assert [pair for pair in imported(one) if room(pair[1]) == other] == []


@pytest.mark.parametrize("package", ["control.routes", "control.pages"])
def test_routes_and_pages_hold_no_sql(package):
    """They may name a type or an error of SQLAlchemy, and make no statement."""
    names = {name for _, name in imported(package) if name.partition(".")[0] == "sqlalchemy"}
    assert {name for name in names if not name.startswith("sqlalchemy.exc.")} <= TYPES
    files = (ROOT / package.replace(".", "/")).rglob("*.py")
    assert [file for file in files if ".execute(" in file.read_text() or "exec_driver_sql" in file.read_text()] == []


@pytest.mark.parametrize("package", ["control.routes", "control.pages"])
def test_routes_and_pages_know_domains_and_web_only(package):
    known = {room(name) for _, name in imported(package)} - {None, package}
    of_control = {name for name in known if name.startswith("control.")}
    assert of_control <= {"control.web", *(f"control.{domain}" for domain in DOMAINS)}


def test_control_knows_of_the_crawler_its_ground_only():
    known = {f"crawler.{name}" for name in GROUND}
    foreign = {
        (own, name)
        for own, name in imported("control")
        if name.startswith("crawler.") and ".".join(name.split(".")[:2]) not in known
    }
    assert {own for own, _ in foreign} <= READ_SETTINGS


def test_no_two_rooms_import_each_other():
    known = {
        (room(own), room(name))
        for package in ("control", "crawler")
        for own, name in imported(package)
        if room(own) and room(name) and room(own) != room(name)
    }
    assert {pair for pair in known if pair[::-1] in known} == set()
    assert _cycles(known) == set()


def _cycles(arrows):
    """Rooms that lead back to themselves."""
    reached = set(arrows)
    while more := {(a, d) for (a, b), (c, d) in product(reached, arrows) if b == c} - reached:
        reached |= more
    return {a for a, b in reached if a == b}


def test_the_ground_of_control_imports_no_room_of_it():
    for name in ("settings", "errors", "times", "logs"):
        names = {imported_name for own, imported_name in imported("control") if own == f"control.{name}"}
        assert [each for each in names if (room(each) or "").startswith("control.")] == []


def test_the_spider_knows_no_user_and_the_platforms_no_environment():
    text = "\n".join(file.read_text() for file in (ROOT / "crawler/platforms").rglob("*.py"))
    assert "os.environ" not in text
    assert "time()" not in text


@pytest.mark.process
def test_no_process_of_control_pays_for_what_structlog_would_load_beside_itself():
    assert {"rich", "twisted"} & loaded(["control.api", "control.scheduler.__main__"]) == set()
